/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::WAFv2::WebACL, RuleGroup and WebACLAssociation (aws-waf.md 1.1, 1.2).
 */
#include <stdlib.h>

#include "model/read_waf.h"

enum { DOMAIN_MAX = 253, DOMAINS_MAX = 1000 };

struct acl_input {
    const struct value *value;
    struct entity_input entity;
    struct field default_action;
    struct field rules;
    struct field before; /* of Firewall Manager */
    struct field after;
    struct field visibility;
    struct field bodies;
    struct field captcha;
    struct field challenge;
    struct field domains;
    struct field protection;
    struct field capacity; /* of a rule group */
};

#define AT(member) offsetof(struct acl_input, member)

#define OF_BOTH                                                                \
    ENTITY_PROPERTIES(struct acl_input, entity),                               \
        {.name = "Rules", .kind = PROPERTY_RAW, .offset = AT(rules)},          \
        {.name = "VisibilityConfig",                                           \
         .kind = PROPERTY_STRUCT,                                              \
         .offset = AT(visibility),                                             \
         .flags = PROPERTY_REQUIRED,                                           \
         .schema = &waf_visibility_schema,                                     \
         .example = "{MetricName: shop, SampledRequestsEnabled: true, "        \
                    "CloudWatchMetricsEnabled: true}"},                        \
        {.name = "CustomResponseBodies",                                       \
         .kind = PROPERTY_RAW,                                                 \
         .offset = AT(bodies)},                                                \
    {                                                                          \
        .name = "MonetizationConfig", .kind = PROPERTY_IGNORED                 \
    }

static const struct property acl_properties[] = {
    OF_BOTH,
    {.name = "DefaultAction",
     .kind = PROPERTY_RAW,
     .offset = AT(default_action),
     .flags = PROPERTY_REQUIRED,
     .example = "{Allow: {}}"},
    {.name = "PreProcessFirewallManagerRuleGroups",
     .kind = PROPERTY_RAW,
     .offset = AT(before)},
    {.name = "PostProcessFirewallManagerRuleGroups",
     .kind = PROPERTY_RAW,
     .offset = AT(after)},
    {.name = "CaptchaConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(captcha),
     .schema = &waf_immunity_schema},
    {.name = "ChallengeConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(challenge),
     .schema = &waf_immunity_schema},
    {.name = "TokenDomains", .kind = PROPERTY_RAW, .offset = AT(domains)},
    {.name = "DataProtectionConfig",
     .kind = PROPERTY_RAW,
     .offset = AT(protection)},
    {.name = "AssociationConfig", .kind = PROPERTY_IGNORED},
    {.name = "OnSourceDDoSProtectionConfig", .kind = PROPERTY_IGNORED},
    {.name = "ApplicationConfig", .kind = PROPERTY_IGNORED},
};

static const struct property group_properties[] = {
    OF_BOTH,
    {.name = "Capacity",
     .kind = PROPERTY_INTEGER,
     .offset = AT(capacity),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = INT32_MAX,
     .example = "100"},
    {.name = "AvailableLabels", .kind = PROPERTY_IGNORED},
    {.name = "ConsumedLabels", .kind = PROPERTY_IGNORED},
};

static const struct schema acl_schema =
    SCHEMA(acl_properties, struct acl_input);
static const struct schema group_schema =
    SCHEMA(group_properties, struct acl_input);

static bool is_given(const struct field *field)
{
    return field->value && field->value->kind != VALUE_NULL;
}

/* What it refers to must be of the same Scope. */
static void set_scope(struct waf_reader *r, const struct waf_entity *entity)
{
    r->scoped = true;
    r->cloudfront = entity->cloudfront;
}

static struct waf_reader begin(struct build *build,
                               const struct resource *resource)
{
    struct waf_reader r = {
        .build = build, .waf = waf_build(build), .resource = *resource};

    if (!sha256_init(&r.sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    sha256_begin(&r.sha);
    waf_digest_value(&r.sha, resource->properties);
    return r;
}

static void end(struct waf_reader *r, const struct waf_entity *entity,
                const void *object)
{
    waf_digest_str(&r->sha, entity->arn);
    waf_digest_note(r->waf, object, &r->sha);
    sha256_end(&r->sha);
}

static void check_references(const struct waf_reader *r)
{
    unsigned max = quota_value(&r->build->config->quotas, QUOTA_WAF_REFERENCES);

    if (r->nreferences > max)
        waf_limit(&r->resource, resource_place(&r->resource),
                  "it refers to rule groups and sets %u times: AWS takes %u\n"
                  "leave some out, or say --quota %s=%u",
                  r->nreferences, max, quota_name(QUOTA_WAF_REFERENCES),
                  r->nreferences);
}

/* ---- rule groups ------------------------------------------------------------------ */

static void check_group_capacity(const struct waf_reader *r,
                                 const struct field *field,
                                 const struct config_rule_group *group)
{
    struct problem_detail detail = {.code = "WAFLimitsExceededException"};
    unsigned needed = waf_capacity(group->rules, group->nrules);

    if (field->ok && group->capacity > WAF_WCU_MAX)
        waf_limit(&r->resource, field_place(field),
                  "Capacity is %u: a rule group has %d WCU at most\nwrite "
                  "Capacity: %u, and spread the rules over several groups when "
                  "they need more",
                  group->capacity, WAF_WCU_MAX,
                  needed < WAF_WCU_MAX ? needed : WAF_WCU_MAX);
    if (!field->ok || needed <= group->capacity)
        return;
    resource_tell(&r->resource, PROBLEM_ERROR, field_place(field), &detail,
                  "Capacity is %u, and the rules need %u\nwrite Capacity: %u",
                  group->capacity, needed, needed);
}

void read_rule_group(struct build *build, const struct resource *resource)
{
    struct waf_reader r = begin(build, resource);
    struct config_waf *waf = r.waf->waf;
    struct acl_input input = {.value = NULL};
    struct config_rule_group *group = waf_take(r.waf, 1, sizeof(*group));

    r.group = true;
    schema_read(&r.resource, &group_schema, NULL, resource->properties, &input);
    waf_read_entity(build, resource, KNOWN_RULE_GROUP, &input.entity, group,
                    &group->entity);
    set_scope(&r, &group->entity);
    group->label_prefix = waf_label_prefix(r.waf, &group->entity, "rulegroup");
    group->capacity = input.capacity.number;
    group->visibility =
        waf_read_visibility(&r, &input.visibility, "VisibilityConfig");
    waf_read_bodies(&r, &input.bodies);
    if (is_given(&input.rules))
        group->rules =
            waf_read_rules(&r, input.rules.value, "Rules", &group->nrules);
    check_group_capacity(&r, &input.capacity, group);
    check_references(&r);
    end(&r, &group->entity, group);
    group->index = waf->nrule_groups;
    waf->rule_groups[waf->nrule_groups++] = group;
}

/* ---- rules of an ACL ---------------------------------------------------------------- */

/* An entry of Pre- or PostProcessFirewallManagerRuleGroups as a rule. */
static struct value *as_rule(struct region *region, const struct value *entry)
{
    struct value *rule = value_new(region, VALUE_MAP, &entry->place);

    for (const struct value *v = entry->first; v; v = v->next) {
        bool statement = str_eq(v->key, STR("FirewallManagerStatement"));
        struct value *copy = value_copy(region, v);

        copy->key_place = v->key_place;
        value_put(region, rule, statement ? STR("Statement") : v->key, copy);
    }
    return rule;
}

static const struct waf_rule *read_outer(struct waf_reader *r,
                                         const struct field *field,
                                         const char *name, unsigned *n)
{
    struct region *region = r->resource.region;
    struct value *list;

    *n = 0;
    if (!is_given(field) || field->value->kind != VALUE_LIST)
        return NULL;
    list = value_new(region, VALUE_LIST, &field->value->place);
    for (const struct value *v = field->value->first; v; v = v->next)
        value_append(list, as_rule(region, v));
    return waf_read_rules(r, list, name, n);
}

static void read_all_rules(struct waf_reader *r, const struct acl_input *input,
                           struct config_web_acl *acl)
{
    const struct waf_rule *lists[3];
    unsigned n[3] = {0, 0, 0};
    struct waf_rule *rules;

    lists[0] = read_outer(r, &input->before,
                          "PreProcessFirewallManagerRuleGroups", &n[0]);
    lists[1] = is_given(&input->rules)
                   ? waf_read_rules(r, input->rules.value, "Rules", &n[1])
                   : NULL;
    lists[2] = read_outer(r, &input->after,
                          "PostProcessFirewallManagerRuleGroups", &n[2]);
    rules = waf_take(r->waf, n[0] + n[1] + n[2], sizeof(*rules));
    for (unsigned i = 0; i < 3; i++) {
        if (lists[i])
            memcpy(rules + acl->nrules, lists[i], n[i] * sizeof(*rules));
        acl->nrules += n[i];
    }
    acl->rules = rules;
}

/* ---- other settings -------------------------------------------------------------------- */

static void read_domains(struct waf_reader *r, const struct field *field,
                         struct config_web_acl *acl)
{
    unsigned max =
        quota_value(&r->build->config->quotas, QUOTA_WAF_TOKEN_DOMAINS);

    if (!is_given(field) || value_count(field->value) == 0)
        return;
    r->resource.field = "TOKEN_DOMAIN";
    acl->token_domains =
        waf_strings(r, field->value, "TokenDomains", DOMAINS_MAX, DOMAIN_MAX,
                    &acl->ntoken_domains);
    r->resource.field = NULL;
    for (unsigned i = 0; acl->token_domains && i < acl->ntoken_domains; i++) {
        struct str domain = acl->token_domains[i];

        if (!waf_is_word(domain, "_.-/"))
            waf_refuse(&r->resource, field_place(field), "TOKEN_DOMAIN", domain,
                       WAF_BAD_FORMAT,
                       "TokenDomains cannot have \"" STR_FMT
                       "\"\nwrite domains such as shop.example",
                       STR_ARG(shown(domain)));
    }
    if (acl->ntoken_domains > max)
        waf_limit(&r->resource, field_place(field),
                  "TokenDomains has %u domains: AWS takes %u\nleave some out",
                  acl->ntoken_domains, max);
}

static void check_capacity(const struct waf_reader *r,
                           const struct config_web_acl *acl)
{
    unsigned max = quota_value(&r->build->config->quotas, QUOTA_WAF_CAPACITY);

    if (acl->capacity > max)
        waf_limit(&r->resource, resource_place(&r->resource),
                  "its rules need %u capacity units: AWS takes %u\nleave some "
                  "out, or say --quota %s=%u",
                  acl->capacity, max, quota_name(QUOTA_WAF_CAPACITY),
                  acl->capacity);
}

static void read_settings(struct waf_reader *r, const struct acl_input *input,
                          struct config_web_acl *acl)
{
    acl->visibility =
        waf_read_visibility(r, &input->visibility, "VisibilityConfig");
    acl->captcha_immunity_s =
        waf_read_immunity(r, &input->captcha, "CaptchaConfig", 60);
    acl->challenge_immunity_s =
        waf_read_immunity(r, &input->challenge, "ChallengeConfig", 300);
    read_domains(r, &input->domains, acl);
    waf_read_protections(r, &input->protection, acl);
    waf_read_bodies(r, &input->bodies);
    if (is_given(&input->default_action))
        waf_read_default_action(r, input->default_action.value,
                                &acl->default_action);
}

void read_web_acl(struct build *build, const struct resource *resource)
{
    struct waf_reader r = begin(build, resource);
    struct config_waf *waf = r.waf->waf;
    struct acl_input input = {.value = NULL};
    struct config_web_acl *acl = waf_take(r.waf, 1, sizeof(*acl));

    schema_read(&r.resource, &acl_schema, NULL, resource->properties, &input);
    waf_read_entity(build, resource, KNOWN_WEB_ACL, &input.entity, acl,
                    &acl->entity);
    set_scope(&r, &acl->entity);
    acl->waf = waf;
    acl->label_prefix = waf_label_prefix(r.waf, &acl->entity, "webacl");
    read_settings(&r, &input, acl);
    read_all_rules(&r, &input, acl);
    acl->capacity = waf_capacity(acl->rules, acl->nrules);
    check_capacity(&r, acl);
    check_references(&r);
    end(&r, &acl->entity, acl);
    acl->index = waf->nacls;
    waf->acls[waf->nacls++] = acl;
}

/* ---- associations ----------------------------------------------------------------------- */

struct association_input {
    const struct value *value;
    struct field acl;
    struct field resource;
};

static const struct property association_properties[] = {
    {.name = "WebACLArn",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct association_input, acl),
     .flags = NEEDED,
     .example = "!GetAtt Acl.Arn"},
    {.name = "ResourceArn",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct association_input, resource),
     .flags = NEEDED,
     .example = "!Ref LoadBalancer"},
};

static const struct schema association_schema =
    SCHEMA(association_properties, struct association_input);

/* The load balancer; NULL: it is something else, or was said to be wrong. */
static struct config_load_balancer *
find_resource(struct build *build, const struct resource *resource,
              const struct field *field)
{
    const struct known *known;

    if (!field->ok)
        return NULL;
    known = known_get(build, field->text);
    if (known == NULL && str_starts(field->text, STR("arn:")))
        return NULL; /* another stack's, an API, a user pool ... */
    return known_find(build, resource, KNOWN_LOAD_BALANCER, field,
                      "ResourceArn");
}

static bool check_acl(const struct resource *resource,
                      const struct association_input *input,
                      const struct config_web_acl *acl,
                      const struct config_load_balancer *lb)
{
    if (acl->entity.cloudfront)
        waf_refuse(resource, field_place(&input->acl), "SCOPE_VALUE",
                   STR("CLOUDFRONT"), "The scope is not valid.",
                   "web ACL " STR_FMT " has Scope CLOUDFRONT: it checks no "
                   "load balancer\nwrite Scope: REGIONAL there",
                   STR_ARG(acl->entity.id));
    else if (lb->web_acl && lb->web_acl != acl)
        waf_refuse(resource, field_place(&input->resource), "RESOURCE_ARN",
                   lb->arn, NULL,
                   "load balancer " STR_FMT " has web ACL " STR_FMT
                   " already\nit has one at most: leave one association out",
                   STR_ARG(lb->id), STR_ARG(lb->web_acl->entity.id));
    else
        return true;
    return false;
}

static void give(struct config_load_balancer *lb,
                 const struct config_web_acl *acl)
{
    lb->web_acl = acl;
    lb->logs[WAF_LOG] = acl->log;
}

void read_association(struct build *build, const struct resource *resource)
{
    struct waf_reader r = {
        .build = build, .waf = waf_build(build), .resource = *resource};
    struct association_input input = {.value = NULL};
    struct config_load_balancer *lb;
    const struct config_web_acl *acl;
    struct identity_input identity;

    schema_read(resource, &association_schema, NULL, resource->properties,
                &input);
    read_identity_alone(resource, &identity);
    acl = waf_find(&r, KNOWN_WEB_ACL, &input.acl, "WebACLArn",
                   "no request is checked by it");
    lb = find_resource(build, resource, &input.resource);
    if (acl && lb && check_acl(resource, &input, acl, lb))
        give(lb, acl);
    else if (lb == NULL && input.resource.value &&
             (!input.resource.ok || !known_has(build, input.resource.text)))
        report_partly(resource->report, &input.resource.value->place,
                      "%s: ResourceArn is of no load balancer that is here: "
                      "no request is checked by it\nname one of this template, "
                      "if that is meant",
                      resource->name);
}
