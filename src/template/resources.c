/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources: which types somebody reads, what stands in them, and which
 * exist.
 */
#include "base/suggest.h"
#include "template/resolve.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ELB "AWS::ElasticLoadBalancingV2::"

static const struct {
    const char *type;
    enum resource_kind kind;
} types[] = {
    {ELB "LoadBalancer", KIND_LOAD_BALANCER},
    {ELB "Listener", KIND_LISTENER},
    {ELB "ListenerRule", KIND_RULE},
    {ELB "TargetGroup", KIND_GROUP},
    {ELB "ListenerCertificate", KIND_READ},
    {ELB "TrustStore", KIND_TRUST_STORE},
    {ELB "TrustStoreRevocation", KIND_READ},
    {"AWS::ECS::Service", KIND_READ},
    {"AWS::CertificateManager::Certificate", KIND_CERTIFICATE},
    {"AWS::WAFv2::WebACL", KIND_WEB_ACL},
    {"AWS::WAFv2::RuleGroup", KIND_RULE_GROUP},
    {"AWS::WAFv2::IPSet", KIND_IP_SET},
    {"AWS::WAFv2::RegexPatternSet", KIND_REGEX_SET},
    {"AWS::WAFv2::WebACLAssociation", KIND_READ},
    {"AWS::WAFv2::LoggingConfiguration", KIND_READ},
    {"AWS::CloudWatch::Alarm", KIND_ALARM},
    {"AWS::CloudWatch::CompositeAlarm", KIND_ALARM},
    {"AWS::SNS::Topic", KIND_TOPIC},
    {"AWS::SNS::Subscription", KIND_READ},
    {"AWS::EC2::SecurityGroup", KIND_SECURITY_GROUP},
    {"AWS::EC2::SecurityGroupIngress", KIND_INGRESS},
    {"AWS::EC2::SecurityGroupEgress", KIND_IGNORED},
    {"AWS::EC2::Subnet", KIND_SUBNET},
};

static const char *const attributes[] = {
    "Type",         "Properties",     "Metadata",       "DependsOn",
    "Condition",    "CreationPolicy", "DeletionPolicy", "UpdateReplacePolicy",
    "UpdatePolicy", "Connectors",     "IgnoreGlobals",
};

/* Of a load balancer that Sluice is: Fn::GetAtt. */
const char *const *resource_attributes(enum resource_kind kind)
{
    static const char *const of_load_balancer[] = {"DNSName",
                                                   "LoadBalancerArn",
                                                   "LoadBalancerFullName",
                                                   "LoadBalancerName",
                                                   "SecurityGroups",
                                                   "CanonicalHostedZoneID",
                                                   NULL};
    static const char *const of_listener[] = {"ListenerArn", NULL};
    static const char *const of_rule[] = {"RuleArn", "IsDefault", NULL};
    static const char *const of_group[] = {
        "TargetGroupArn", "TargetGroupFullName", "TargetGroupName",
        "LoadBalancerArns", NULL};
    static const char *const of_certificate[] = {"Id", NULL};
    static const char *const of_trust_store[] = {
        "TrustStoreArn", "NumberOfCaCertificates", "Status", NULL};
    static const char *const of_security_group[] = {"GroupId", "Id", "VpcId",
                                                    "GroupName", NULL};
    static const char *const of_subnet[] = {"SubnetId",
                                            "AvailabilityZone",
                                            "AvailabilityZoneId",
                                            "CidrBlock",
                                            "Ipv6CidrBlocks",
                                            "Ipv6CidrBlock",
                                            "NetworkAclAssociationId",
                                            "OutpostArn",
                                            "VpcId",
                                            "Tags",
                                            "BlockPublicAccessStates",
                                            NULL};
    static const char *const of_web_acl[] = {"Arn", "Id", "LabelNamespace",
                                             "Capacity", NULL};
    static const char *const of_rule_group[] = {"Arn", "Id", "LabelNamespace",
                                                NULL};
    static const char *const of_set[] = {"Arn", "Id", NULL};
    static const char *const of_alarm[] = {"Arn", NULL};
    static const char *const of_topic[] = {"TopicArn", "TopicName", NULL};

    switch (kind) {
    case KIND_LOAD_BALANCER:
        return of_load_balancer;
    case KIND_LISTENER:
        return of_listener;
    case KIND_RULE:
        return of_rule;
    case KIND_GROUP:
        return of_group;
    case KIND_CERTIFICATE:
        return of_certificate;
    case KIND_TRUST_STORE:
        return of_trust_store;
    case KIND_SECURITY_GROUP:
        return of_security_group;
    case KIND_SUBNET:
        return of_subnet;
    case KIND_WEB_ACL:
        return of_web_acl;
    case KIND_RULE_GROUP:
        return of_rule_group;
    case KIND_IP_SET:
    case KIND_REGEX_SET:
        return of_set;
    case KIND_ALARM:
        return of_alarm;
    case KIND_TOPIC:
        return of_topic;
    case KIND_IGNORED:
    case KIND_READ:
    case KIND_INGRESS:
        break;
    }
    return NULL;
}

/* ---- types --------------------------------------------------------------- */

/* A type that looks like one of ours.  AWS::ElasticLoadBalancing:: (without
 * V2) is the Classic Load Balancer. */
static const char *mistyped(struct str type)
{
    struct str classic = STR("AWS::ElasticLoadBalancing::");
    struct suggest s = suggest_for(type);
    unsigned near = 3;
    const char *best = NULL;

    if (str_starts(type, STR(ELB))) {
        for (size_t i = 0; i < COUNT(types); i++)
            suggest_offer(&s, types[i].type);
        return suggest_best(&s);
    }
    for (size_t i = 0; i < COUNT(types); i++) {
        unsigned distance = suggest_distance(type, str_of(types[i].type));

        if (distance < near && !str_starts(type, classic)) {
            near = distance;
            best = types[i].type;
        }
    }
    return best;
}

static void read_type(struct resolver *r, struct declared *d)
{
    const struct value *type = value_get(d->value, STR("Type"));
    const char *near;

    if (type == NULL || !value_is_scalar(type)) {
        report_error(r->report, type ? &type->place : &d->value->key_place,
                     STR_FMT " has no Type\nwrite Type: " ELB
                             "Listener, or what it is",
                     STR_ARG(d->id));
        return;
    }
    d->type = type->text;
    for (size_t i = 0; i < COUNT(types); i++) {
        if (str_eq(d->type, str_of(types[i].type))) {
            d->kind = types[i].kind;
            return;
        }
    }
    near = mistyped(d->type);
    if (near)
        report_error(r->report, &type->place,
                     STR_FMT " is no type of resource\ndid you mean %s?",
                     STR_ARG(d->type), near);
    else if (str_starts(d->type, STR(ELB)) ||
             memmem(d->type.p, d->type.n, "::", 2) == NULL)
        report_doubt(r->report, &type->place,
                     STR_FMT " is a type that Sluice does not know: it is "
                             "ignored\ncheck the spelling",
                     STR_ARG(d->type));
    if (str_eq(d->type, STR("AWS::ElasticLoadBalancing::LoadBalancer")))
        report_warning(r->report, &type->place,
                       STR_FMT " is a Classic Load Balancer: it is ignored\n"
                               "an Application Load Balancer is " ELB
                               "LoadBalancer",
                       STR_ARG(d->id));
}

/* ---- what stands in them ------------------------------------------------- */

static void check_attributes(struct resolver *r, const struct declared *d)
{
    for (const struct value *v = d->value->first; v; v = v->next) {
        struct suggest s = suggest_for(v->key);
        size_t i = 0;

        while (i < COUNT(attributes) && !str_eq(v->key, str_of(attributes[i])))
            suggest_offer(&s, attributes[i++]);
        if (i < COUNT(attributes) || str_starts(v->key, STR("Fn::")))
            continue;
        if (suggest_best(&s) &&
            suggest_distance(v->key, str_of(suggest_best(&s))) < 4)
            report_error(r->report, &v->key_place,
                         STR_FMT " of " STR_FMT " is no attribute of a "
                                 "resource\ndid you mean %s?",
                         STR_ARG(v->key), STR_ARG(d->id), suggest_best(&s));
        else
            report_error(r->report, &v->key_place,
                         STR_FMT " of " STR_FMT " stands beside Type, where "
                                 "no property does\n"
                                 "indent it below Properties:",
                         STR_ARG(v->key), STR_ARG(d->id));
    }
}

static bool is_logical_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = str_lower(id.p[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
            return false;
    }
    return id.n > 0 && id.n <= 255;
}

static void declare(struct resolver *r, struct declared *d)
{
    const struct value *properties;

    if (str_starts(d->id, STR("Fn::")))
        return; /* names.c and sections.c speak of macros and loops */
    if (!is_logical_id(d->id))
        report_error(r->report, &d->value->key_place,
                     STR_FMT " is no logical id\n"
                             "use letters and digits only",
                     STR_ARG(d->id));
    if (section_find(r, SECTION_PARAMETERS, d->id) >= 0)
        report_error(r->report, &d->value->key_place,
                     STR_FMT " is the name of a parameter, too\n"
                             "rename one of them",
                     STR_ARG(d->id));
    if (d->value->kind != VALUE_MAP) {
        report_error(r->report, &d->value->place,
                     STR_FMT " is %s, not a resource\n"
                             "write Type: and Properties:, indented below it",
                     STR_ARG(d->id), value_kind_name(d->value->kind));
        return;
    }
    read_type(r, d);
    check_attributes(r, d);
    properties = value_get(d->value, STR("Properties"));
    if (properties && d->kind != KIND_IGNORED && !resource_is_of_vpc(d->kind) &&
        properties->kind != VALUE_MAP && properties->kind != VALUE_NULL)
        report_error(r->report, &properties->place,
                     "Properties of " STR_FMT " is %s\n"
                     "write NAME: VALUE lines, indented below it",
                     STR_ARG(d->id), value_kind_name(properties->kind));
}

void resources_declare(struct resolver *r)
{
    const struct section *section = &r->sections[SECTION_RESOURCES];

    r->resources =
        region_take(r->region, (section->n + 1) * sizeof(*r->resources));
    for (unsigned i = 0; i < section->n; i++) {
        struct declared *d = &r->resources[i];

        d->value = section->entries[i];
        d->id = d->value->key;
        declare(r, d);
        if (str_starts(d->id, STR("Fn::ForEach")))
            report_error(r->report, &d->value->key_place,
                         "Fn::ForEach is not supported\n"
                         "write out the resources that the loop would make");
    }
}

/* ---- which of them exist ------------------------------------------------- */

/* `sound`: nothing is wrong so far that could be the reason. */
static void drop(struct resolver *r, struct declared *d, bool sound)
{
    const struct value *condition = value_get(d->value, STR("Condition"));
    struct str cause;

    if (condition == NULL)
        return;
    if (!value_is_scalar(condition)) {
        report_error(r->report, &condition->place,
                     "Condition of " STR_FMT " is %s\n"
                     "write the name of one that Conditions declares",
                     STR_ARG(d->id), value_kind_name(condition->kind));
        return;
    }
    switch (condition_truth(r, condition->text, &condition->place, &cause)) {
    case IS_TRUE:
        return;
    case IS_FALSE:
        d->dropped = true;
        return;
    case IS_UNKNOWN:
        if (d->kind != KIND_IGNORED && !resource_is_of_vpc(d->kind) && sound)
            report_error(r->report, &condition->place,
                         "whether " STR_FMT
                         " exists cannot be known here: " STR_FMT
                         "\nlet the condition depend on parameters that have "
                         "values",
                         STR_ARG(d->id), STR_ARG(cause));
    }
}

void resources_drop(struct resolver *r)
{
    bool sound = r->report->errors == 0;

    for (unsigned i = 0; i < r->sections[SECTION_RESOURCES].n; i++)
        drop(r, &r->resources[i], sound);
}

/* ---- their properties ---------------------------------------------------- */

static void circle(struct resolver *r, const struct declared *d,
                   const struct place *place)
{
    const struct declared *step = r->running;
    char buffer[512];
    struct text t = text_in(buffer, sizeof(buffer));

    text_str_put(&t, d->id);
    for (; step && step != d; step = step->asked_by)
        text_printf(&t, " is needed by " STR_FMT ",", STR_ARG(step->id));
    text_printf(&t, " is needed by " STR_FMT, STR_ARG(d->id));
    report_error(r->report, place,
                 "these resources need one another: " STR_FMT "\n"
                 "break the circle: a name written out needs nobody",
                 STR_ARG(text_str(&t)));
}

const struct value *resource_properties(struct resolver *r, struct declared *d,
                                        const struct place *place)
{
    const struct value *properties = value_get(d->value, STR("Properties"));
    unsigned quiet = r->quiet;

    if (d->progress == RUNNING && place)
        circle(r, d, place);
    if (d->progress != FRESH || properties == NULL)
        return d->properties;
    d->progress = RUNNING;
    d->asked_by = r->running;
    r->running = d;
    r->quiet = d->kind == KIND_IGNORED || d->kind == KIND_READ ||
               d->kind == KIND_CERTIFICATE || d->kind == KIND_TRUST_STORE ||
               d->kind >= KIND_SECURITY_GROUP;
    d->properties = resolve(r, properties);
    r->quiet = quiet;
    r->running = d->asked_by;
    d->progress = DONE;
    return d->properties;
}

/* The attribute under its own key, at its own place. */
static void put(struct resolver *r, struct value *resource,
                const struct value *from, const struct value *resolved)
{
    struct value *copy;

    if (from == NULL || resolved == &resolve_no_value || resolved == NULL)
        return;
    copy = region_take(r->region, sizeof(*copy));
    *copy = *resolved;
    copy->next = NULL;
    copy->place = from->place;
    copy->key = from->key;
    copy->key_place = from->key_place;
    value_append(resource, copy);
}

static const struct value *resolve_metadata(struct resolver *r,
                                            const struct value *metadata)
{
    const struct value *v;

    if (metadata == NULL)
        return NULL;
    r->quiet++;
    v = resolve(r, metadata);
    r->quiet--;
    return v;
}

static void resolve_resource(struct resolver *r, struct value *resources,
                             struct declared *d)
{
    const struct value *metadata = value_get(d->value, STR("Metadata"));
    const struct value *type = value_get(d->value, STR("Type"));
    const struct value *properties;
    struct value *resource;

    if (d->dropped || type == NULL)
        return;
    resource = value_new(r->region, VALUE_MAP, &d->value->place);
    resource->key = d->id;
    resource->key_place = d->value->key_place;
    value_append(resources, resource);
    properties = resource_properties(r, d, NULL);
    put(r, resource, type, type);
    put(r, resource, value_get(d->value, STR("Properties")), properties);
    put(r, resource, metadata, resolve_metadata(r, metadata));
}

const struct value *resources_resolve(struct resolver *r)
{
    struct value *resources = value_new(r->region, VALUE_MAP, NULL);

    for (unsigned i = 0; i < r->sections[SECTION_RESOURCES].n; i++)
        resolve_resource(r, resources, &r->resources[i]);
    return resources;
}

/* ---- what nobody reads --------------------------------------------------- */

struct ignored {
    struct str type;
    struct place place;
    unsigned n;
};

enum { TYPES_LISTED = 200 };

void resources_note_ignored(struct resolver *r)
{
    struct ignored *list = region_take(r->region, TYPES_LISTED * sizeof(*list));
    unsigned n = 0;

    for (unsigned i = 0; i < r->sections[SECTION_RESOURCES].n; i++) {
        const struct declared *d = &r->resources[i];
        unsigned at = 0;

        if (d->kind != KIND_IGNORED || d->dropped || d->type.n == 0)
            continue;
        while (at < n && !str_eq(list[at].type, d->type))
            at++;
        if (at == TYPES_LISTED)
            continue;
        if (at == n)
            list[n++] = (struct ignored){d->type, d->value->key_place, 0};
        list[at].n++;
    }
    for (unsigned i = 0; i < n; i++)
        report_add(r->report, PROBLEM_NOTE, &list[i].place, NULL,
                   STR_FMT " is ignored (%u %s)", STR_ARG(list[i].type),
                   list[i].n, list[i].n == 1 ? "resource" : "resources");
}
