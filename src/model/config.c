/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/attributes.h"
#include "model/read.h"
#include "model/read_vpc.h"

/* ---- types of resources --------------------------------------------------- */

enum phase {
    PHASE_NODES,
    PHASE_LISTENERS,
    PHASE_RULES,
    PHASE_SERVICES,
    PHASES
};

static const struct type {
    const char *name;
    const char *word; /* what messages call one */
    enum phase phase;
    void (*read)(struct build *build, const struct resource *resource);
} types[] = {
    {"AWS::ElasticLoadBalancingV2::LoadBalancer", "load balancer", PHASE_NODES,
     read_load_balancer},
    {"AWS::ElasticLoadBalancingV2::TargetGroup", "target group", PHASE_NODES,
     read_target_group},
    {"AWS::ElasticLoadBalancingV2::Listener", "listener", PHASE_LISTENERS,
     read_listener},
    {"AWS::ElasticLoadBalancingV2::ListenerRule", "rule", PHASE_RULES,
     read_rule},
    {"AWS::ECS::Service", "service", PHASE_SERVICES, read_service},
    {"AWS::CertificateManager::Certificate", "certificate", PHASE_NODES,
     read_certificate},
    {"AWS::ElasticLoadBalancingV2::ListenerCertificate", "listener certificate",
     PHASE_RULES, read_listener_certificate},
    {"AWS::ElasticLoadBalancingV2::TrustStore", "trust store", PHASE_NODES,
     read_trust_store},
    {"AWS::ElasticLoadBalancingV2::TrustStoreRevocation",
     "trust store revocation", PHASE_LISTENERS, read_revocation},
    {"AWS::WAFv2::IPSet", "IP set", PHASE_NODES, read_ip_set},
    {"AWS::WAFv2::RegexPatternSet", "regex pattern set", PHASE_NODES,
     read_regex_set},
    {"AWS::WAFv2::RuleGroup", "rule group", PHASE_LISTENERS, read_rule_group},
    {"AWS::WAFv2::WebACL", "web ACL", PHASE_RULES, read_web_acl},
    {"AWS::WAFv2::WebACLAssociation", "web ACL association", PHASE_SERVICES,
     read_association},
    {"AWS::WAFv2::LoggingConfiguration", "logging configuration",
     PHASE_SERVICES, read_logging},
    {"AWS::CloudWatch::Alarm", "alarm", PHASE_NODES, read_alarm},
    {"AWS::CloudWatch::CompositeAlarm", "composite alarm", PHASE_NODES,
     read_composite},
    {"AWS::SNS::Topic", "topic", PHASE_NODES, read_topic},
    {"AWS::SNS::Subscription", "subscription", PHASE_SERVICES,
     read_subscription},
    {"AWS::EC2::SecurityGroup", "security group", PHASE_NODES,
     read_security_group},
    {"AWS::EC2::SecurityGroupIngress", "security group ingress", PHASE_NODES,
     read_ingress},
    {"AWS::EC2::Subnet", "subnet", PHASE_NODES, read_subnet},
};

enum { NTYPES = sizeof(types) / sizeof(*types) };

static const struct type *find_type(struct str name)
{
    for (unsigned i = 0; i < NTYPES; i++) {
        if (str_eq(str_of(types[i].name), name))
            return &types[i];
    }
    return NULL;
}

/* "AWS::WAFv2::" when it is a type of that service and Sluice reads such;
 * NULL: it is another's. */
static const char *our_prefix(struct str type)
{
    static const char *const prefixes[] = {"AWS::ElasticLoadBalancingV2::",
                                           "AWS::WAFv2::"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
        if (str_starts(type, str_of(prefixes[i])))
            return prefixes[i];
    }
    return NULL;
}

/* A type that looks like one of ours. */
static void unknown_type(struct report *report, const struct value *resource,
                         const struct value *type)
{
    struct str id = shown(resource->key);
    struct str name = shown(type->text);
    const char *prefix = our_prefix(type->text);
    size_t n = prefix ? strlen(prefix) : 0;
    struct suggest near;

    if (prefix == NULL)
        return;
    near = suggest_for(str_make(type->text.p + n, type->text.n - n));
    for (unsigned i = 0; i < NTYPES; i++) {
        if (str_starts(str_of(types[i].name), str_make(prefix, n)))
            suggest_offer(&near, types[i].name + n);
    }
    if (suggest_best(&near))
        report_error(report, &type->place,
                     "resource " STR_FMT ": there is no type \"" STR_FMT
                     "\"\ndid you mean \"%s%s\"?",
                     STR_ARG(id), STR_ARG(name), prefix, suggest_best(&near));
    else
        report_doubt(report, &type->place,
                     "resource " STR_FMT ": Sluice does not know the type "
                     "\"" STR_FMT "\": the resource is ignored\nif AWS has it "
                     "all is well",
                     STR_ARG(id), STR_ARG(name));
}

static void check_type(struct report *report, const struct value *resource)
{
    const struct value *type = value_get(resource, STR("Type"));
    struct str id = shown(resource->key);

    if (type == NULL || type->kind != VALUE_STRING)
        report_error(report, type ? &type->place : &resource->key_place,
                     "resource " STR_FMT ": Type %s\nwrite the type of the "
                     "resource, such as %s",
                     STR_ARG(id), type ? "must be a string" : "is missing",
                     types[0].name);
    else if (find_type(type->text) == NULL)
        unknown_type(report, resource, type);
}

static const struct type *type_of(const struct value *resource)
{
    const struct value *type = value_get(resource, STR("Type"));

    return type && type->kind == VALUE_STRING ? find_type(type->text) : NULL;
}

/* ---- a resource ------------------------------------------------------------ */

static const struct value *given(const struct value *map, const char *key)
{
    const struct value *v = value_get(map, str_of(key));

    return v && v->kind != VALUE_NULL ? v : NULL;
}

static void read_metadata(struct resource *r)
{
    const struct value *metadata = given(r->value, "Metadata");
    const struct value *path = given(metadata, "aws:cdk:path");

    if (path && path->kind == VALUE_STRING)
        r->cdk_path = path->text;
    for (const struct value *v = metadata ? metadata->first : NULL; v;
         v = v->next) {
        if (str_ieq(v->key, STR("Sluice")) && !str_eq(v->key, STR("Sluice")))
            resource_error(r, &v->key_place,
                           "Metadata has no key \"" STR_FMT
                           "\" for Sluice\ndid you mean \"Sluice\"?",
                           STR_ARG(v->key));
    }
}

static const struct resource *make_resource(struct build *build,
                                            const struct type *type,
                                            const struct value *value)
{
    struct resource *r = region_take(&build->region, sizeof(*r));

    r->id = value->key;
    r->value = value;
    r->region = &build->region;
    r->report = build->report;
    r->properties = given(value, "Properties");
    r->sluice = given(given(value, "Metadata"), "Sluice");
    r->name = resource_called(r, type->word);
    read_metadata(r);
    waf_resource(build, r);
    return r;
}

static void read_phase(struct build *build, const struct value *resources,
                       enum phase phase)
{
    const struct value *v;

    for (v = resources ? resources->first : NULL; v; v = v->next) {
        const struct type *type = type_of(v);

        if (type && type->phase == phase)
            type->read(build, make_resource(build, type, v));
    }
}

/* ---- the whole -------------------------------------------------------------- */

static void *take_array(struct region *region, unsigned n, size_t size)
{
    return region_take(region, (n + 1) * size);
}

/* Room for n resources of whatever type. */
static void make_room(struct build *b, unsigned n)
{
    struct config *c = b->config;

    c->load_balancers = take_array(&c->region, n, sizeof(void *));
    c->listeners = take_array(&c->region, n, sizeof(void *));
    c->groups = take_array(&c->region, n, sizeof(void *));
    c->trust_stores = take_array(&c->region, n, sizeof(void *));
    c->services = take_array(&c->region, n, sizeof(void *));
    c->alarms.all = take_array(&c->region, n, sizeof(void *));
    c->alarms.topics = take_array(&c->region, n, sizeof(void *));
    b->alarm_resources = take_array(&b->region, n, sizeof(void *));
    b->suppressors = take_array(&b->region, n, sizeof(*b->suppressors));
    b->known = take_array(&b->region, n, sizeof(*b->known));
    b->balancers = take_array(&b->region, n, sizeof(*b->balancers));
    b->uses = take_array(&b->region, n, sizeof(*b->uses));
    b->rules = take_array(&b->region, n, sizeof(*b->rules));
    b->certificates = take_array(&b->region, n, sizeof(*b->certificates));
    b->group_hints = take_array(&b->region, n, sizeof(*b->group_hints));
    b->listener_hints = take_array(&b->region, n, sizeof(*b->listener_hints));
    b->balancer_hints = take_array(&b->region, n, sizeof(*b->balancer_hints));
    b->balancer_names.names =
        take_array(&b->region, n, sizeof(*b->balancer_names.names));
    b->trust_store_names.names =
        take_array(&b->region, n, sizeof(*b->trust_store_names.names));
    b->ids.ids = take_array(&b->region, n, sizeof(*b->ids.ids));
    b->group_names.names =
        take_array(&b->region, n, sizeof(*b->group_names.names));
}

static unsigned count_resources(const struct value *resources)
{
    unsigned n = 0;

    for (const struct value *v = resources ? resources->first : NULL; v;
         v = v->next)
        n += type_of(v) != NULL;
    return n;
}

static struct str or_default(struct str s, struct str initial)
{
    return s.n ? s : initial;
}

static struct config *make_config(struct str stack, const struct local *local)
{
    struct config *config = memory_zeroed(1, sizeof(*config));

    atomic_init(&config->refs, 1);
    config->region_name = region_copy(
        &config->region, or_default(local->region_name, STR("us-east-1")));
    config->account = region_copy(
        &config->region, or_default(local->account, STR("000000000000")));
    config->stack = region_copy(&config->region, stack);
    config->zone = region_copy(&config->region, local->zone);
    config->quotas = local->quotas;
    return config;
}

/* The listeners of each load balancer. */
static void list_listeners(struct config *config)
{
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        struct config_load_balancer *lb = config->load_balancers[i];

        lb->listeners =
            take_array(&config->region, lb->nlisteners, sizeof(void *));
        lb->nlisteners = 0;
    }
    for (unsigned i = 0; i < config->nlisteners; i++) {
        struct config_listener *listener = config->listeners[i];
        struct config_load_balancer *lb =
            config->load_balancers[listener->load_balancer->index];

        lb->listeners[lb->nlisteners++] = listener;
    }
}

static void read_resources(struct build *build, const struct value *resources)
{
    struct config *config = build->config;

    for (const struct value *v = resources ? resources->first : NULL; v;
         v = v->next)
        check_type(build->report, v);
    read_phase(build, resources, PHASE_NODES);
    check_names(&build->balancer_names, "load balancer");
    check_names(&build->group_names, "target group");
    check_names(&build->trust_store_names, "trust store");
    read_phase(build, resources, PHASE_LISTENERS);
    read_phase(build, resources, PHASE_RULES);
    for (unsigned i = 0; i < config->nlisteners; i++)
        read_rules(build, config->listeners[i]);
    read_phase(build, resources, PHASE_SERVICES);
    read_waf_end(build);
    read_alarms_end(build);
    read_vpc_end(build);
    check_ids(&build->ids);
    list_listeners(config);
    list_certificates(build);
}

static void apply_local(struct build *build)
{
    struct local_hints hints = {
        .groups = build->group_hints,
        .listeners = build->listener_hints,
        .balancers = build->balancer_hints,
    };
    struct config *config = build->config;

    for (unsigned i = 0; i < config->ngroups; i++)
        config->groups[i]->retry = build->local->retry;
    local_apply(config, &hints, build->local, build->report);
    for (unsigned i = 0; i < config->ngroups; i++)
        attributes_check_zone(config->groups[i], config->zone, build->report);
}

/* Some problems have places of the config, which does not live as long as the
 * report. */
static void keep_files(struct report *report, const struct problem *before)
{
    struct problem *p = before ? before->next : report->first;
    const char *from = NULL;
    const char *kept = NULL;

    for (; p; p = p->next) {
        if (p->place.file && p->place.file != from) {
            from = p->place.file;
            kept = region_copy(&report->region, str_of(from)).p;
        }
        if (p->place.file)
            p->place.file = kept;
    }
}

struct config *config_build(const struct value *resources, struct str stack,
                            const struct local *local, struct report *report)
{
    unsigned errors = report->errors;
    const struct problem *before = report->last;
    struct config *config = make_config(stack, local);
    struct build build = {
        .config = config,
        .local = local,
        .report = report,
        .scope = {config->region_name, config->account, config->stack},
    };

    build.nresources = count_resources(resources);
    make_room(&build, build.nresources);
    read_resources(&build, resources);
    /* It wants a graph without holes. */
    if (report->errors == errors)
        apply_local(&build);
    keep_files(report, before);
    region_end(&build.region);
    if (report->errors == errors)
        return config;
    config_release(config);
    return NULL;
}

struct config *config_hold(struct config *config)
{
    atomic_fetch_add_explicit(&config->refs, 1, memory_order_relaxed);
    return config;
}

void config_release(struct config *config)
{
    while (config && atomic_fetch_sub_explicit(&config->refs, 1,
                                               memory_order_acq_rel) == 1) {
        struct config *base = config->base;
        struct region region = config->region;

        config_waf_release(config->waf);
        free(config);
        region_end(&region);
        config = base;
    }
}
