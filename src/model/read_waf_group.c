/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements that are rule groups: the account's own and managed ones
 * (aws-waf.md 1.5, 9).
 */
#include <stdlib.h>

#include "model/managed_groups.h"
#include "model/read_waf.h"

enum { OVERRIDES_MAX = 100 };

/* A managed group of which there are rules, read once for a build. */
struct waf_managed {
    struct waf_managed *next;
    const struct managed_group *group;
    const struct config_rule_group *read;
};

struct override_input {
    const struct value *value;
    struct field name;
    struct field action;
};

static const struct property override_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct override_input, name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = WAF_NAME_MAX,
     .example = "SizeRestrictions_BODY"},
    {.name = "ActionToUse",
     .kind = PROPERTY_RAW,
     .offset = offsetof(struct override_input, action),
     .flags = PROPERTY_REQUIRED,
     .example = "{Count: {}}"},
};

static const struct property excluded_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct override_input, name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = WAF_NAME_MAX,
     .example = "SizeRestrictions_BODY"},
};

static const struct schema override_schema =
    SCHEMA(override_properties, struct override_input);
static const struct schema excluded_schema =
    SCHEMA(excluded_properties, struct override_input);

struct group_input {
    const struct value *value;
    struct field vendor;
    struct field name;
    struct field version;
    struct field arn;
    struct field excluded;
    struct field overrides;
    struct field scope_down;
};

#define AT(member) offsetof(struct group_input, member)
#define OVERRIDES                                                              \
    {.name = "ExcludedRules",                                                  \
     .kind = PROPERTY_STRUCTS,                                                 \
     .offset = AT(excluded),                                                   \
     .schema = &excluded_schema,                                               \
     .example = "[{Name: SizeRestrictions_BODY}]"},                            \
    {                                                                          \
        .name = "RuleActionOverrides", .kind = PROPERTY_STRUCTS,               \
        .offset = AT(overrides), .schema = &override_schema,                   \
        .example = "[{Name: SizeRestrictions_BODY, ActionToUse: {Count: {}}}]" \
    }

static const struct property managed_properties[] = {
    {.name = "VendorName",
     .kind = PROPERTY_STRING,
     .offset = AT(vendor),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = WAF_NAME_MAX,
     .example = "AWS"},
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = AT(name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = WAF_NAME_MAX,
     .example = "AWSManagedRulesCommonRuleSet"},
    {.name = "Version",
     .kind = PROPERTY_STRING,
     .offset = AT(version),
     .min = 1,
     .max = 64,
     .example = "Version_1.0"},
    OVERRIDES,
    {.name = "ScopeDownStatement",
     .kind = PROPERTY_RAW,
     .offset = AT(scope_down)},
    {.name = "ManagedRuleGroupConfigs", .kind = PROPERTY_IGNORED},
};

static const struct property group_properties[] = {
    {.name = "Arn",
     .kind = PROPERTY_STRING,
     .offset = AT(arn),
     .flags = NEEDED,
     .example = "!GetAtt Group.Arn"},
    OVERRIDES,
};

static const struct schema managed_schema =
    SCHEMA(managed_properties, struct group_input);
static const struct schema group_schema =
    SCHEMA(group_properties, struct group_input);

/* ---- overrides ------------------------------------------------------------------ */

static bool read_override(struct waf_reader *r,
                          const struct override_input *input, const char *path,
                          struct waf_override *to)
{
    to->rule = waf_keep_text(r->waf, &input->name);
    return waf_read_action(r, input->action.value,
                           waf_path(r, path, "ActionToUse"), &to->action);
}

static bool check_number(const struct waf_reader *r, const struct field *list,
                         const char *path, const char *name)
{
    if (list->n <= OVERRIDES_MAX)
        return true;
    waf_refuse(&r->resource, field_place(list), "RULE", str_of(name), NULL,
               "%s.%s has %u entries: AWS takes %d\nleave some out", path, name,
               list->n, OVERRIDES_MAX);
    return false;
}

static bool read_overrides(struct waf_reader *r,
                           const struct group_input *input, const char *path,
                           struct waf_statement *to)
{
    const struct override_input *overrides = input->overrides.items;
    const struct override_input *excluded = input->excluded.items;
    unsigned n = 0;
    struct waf_override *made;

    if (!check_number(r, &input->overrides, path, "RuleActionOverrides") ||
        !check_number(r, &input->excluded, path, "ExcludedRules"))
        return false;
    made =
        waf_take(r->waf, input->overrides.n + input->excluded.n, sizeof(*made));
    path = waf_path(r, path, "RuleActionOverrides");
    for (unsigned i = 0; i < input->overrides.n; i++) {
        if (!read_override(r, &overrides[i], waf_path_at(r, path, i),
                           &made[n++]))
            return false;
    }
    for (unsigned i = 0; i < input->excluded.n; i++)
        made[n++] = (struct waf_override){
            .rule = waf_keep_text(r->waf, &excluded[i].name),
            .action = {.type = WAF_COUNT},
            .excluded = true};
    to->u.group.noverrides = n;
    to->u.group.overrides = made;
    return true;
}

/* ---- managed groups ---------------------------------------------------------------- */

static const struct config_rule_group *
read_ours(struct build *build, const struct resource *resource,
          const struct managed_group *managed, const struct value *rules)
{
    struct waf_build *waf = build->waf;
    struct config_rule_group *group = waf_take(waf, 1, sizeof(*group));
    struct waf_reader r = {.build = build,
                           .waf = waf,
                           .resource = *resource,
                           .group = true,
                           .managed = true};

    if (!sha256_init(&r.sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    r.resource.name = managed->name;
    group->managed = true;
    group->entity.name = str_of(managed->name);
    group->entity.id = group->entity.name;
    group->label_prefix = str_of(managed->label_prefix);
    group->capacity = managed->capacity;
    group->visibility.metric = group->entity.name;
    group->rules = waf_read_rules(&r, rules, managed->name, &group->nrules);
    sha256_end(&r.sha);
    return group;
}

/* NULL: we have no rules for it. */
static const struct config_rule_group *
find_ours(const struct waf_reader *r, const struct managed_group *managed)
{
    const struct value *rules = managed ? managed_group_rules(managed) : NULL;
    struct waf_managed *m = r->waf->managed;

    while (m && m->group != managed)
        m = m->next;
    if (m || rules == NULL)
        return m ? m->read : NULL;
    m = region_take(&r->build->region, sizeof(*m));
    m->group = managed;
    m->read = read_ours(r->build, &r->resource, managed, rules);
    m->next = r->waf->managed;
    r->waf->managed = m;
    return m->read;
}

static void note_unknown(const struct waf_reader *r,
                         const struct group_input *input)
{
    bool sold = !str_eq(input->vendor.text, STR("AWS"));
    const struct problem_detail detail = {
        .code = sold ? "WAFSubscriptionNotFoundException"
                     : "WAFNonexistentItemException"};
    struct str text = shown(input->name.text);
    const char *why =
        sold ? "what vendors sell on AWS Marketplace is there alone"
             : "if AWS has it all is well";

    resource_tell(&r->resource, report_doubtful(r->build->report),
                  field_place(&input->name), &detail,
                  "there is no managed rule group " STR_FMT
                  " that is known here: it never matches\n%s",
                  STR_ARG(text), why);
}

static void note_empty(const struct waf_reader *r,
                       const struct group_input *input,
                       const struct managed_group *managed)
{
    struct str text = shown(input->name.text);

    if (managed == NULL)
        note_unknown(r, input);
    else
        report_partly(r->build->report, field_place(&input->name),
                      "%s: there are no rules for " STR_FMT " here: it never "
                      "matches\nAWS tells nobody what its rules look for",
                      r->resource.name, STR_ARG(text));
}

static void check_version(const struct waf_reader *r,
                          const struct field *version,
                          const struct managed_group *managed)
{
    struct problem_detail detail = {
        .code = "WAFExpiredManagedRuleGroupVersionException"};

    if (!version->ok || managed == NULL ||
        managed_group_has_version(managed, version->text))
        return;
    resource_tell(&r->resource, report_doubtful(r->build->report),
                  field_place(version), &detail,
                  "%s has no version \"" STR_FMT "\" that is known here: its "
                  "rules are those of every version\nwrite one that AWS lists, "
                  "or leave Version out",
                  managed->name, STR_ARG(shown(version->text)));
}

static bool read_scope_down(struct waf_reader *r,
                            const struct group_input *input,
                            const struct waf_at *at, struct waf_statement *to)
{
    struct waf_at in = {waf_path(r, at->path, "ScopeDownStatement"),
                        at->depth + 1, true};
    const struct value *value = input->scope_down.value;

    if (value == NULL || value->kind == VALUE_NULL)
        return true;
    to->u.group.scope_down = waf_read_statement(r, value, &in);
    return to->u.group.scope_down != NULL;
}

bool waf_read_managed_group(struct waf_reader *r, const struct value *value,
                            const struct waf_at *at, struct waf_statement *to)
{
    struct group_input input = {.value = NULL};
    const struct managed_group *managed;

    if (!schema_read(&r->resource, &managed_schema, at->path, value, &input))
        return false;
    to->u.group.vendor = waf_keep_text(r->waf, &input.vendor);
    to->u.group.name = waf_keep_text(r->waf, &input.name);
    to->u.group.version = waf_keep_text(r->waf, &input.version);
    managed = managed_group_find(to->u.group.vendor, to->u.group.name);
    to->u.group.group = find_ours(r, managed);
    if (to->u.group.group == NULL)
        note_empty(r, &input, managed);
    check_version(r, &input.version, managed);
    r->nreferences++;
    return read_overrides(r, &input, at->path, to) &&
           read_scope_down(r, &input, at, to);
}

/* ---- the account's ------------------------------------------------------------------- */

bool waf_read_group(struct waf_reader *r, const struct value *value,
                    const struct waf_at *at, struct waf_statement *to)
{
    struct group_input input = {.value = NULL};

    if (!schema_read(&r->resource, &group_schema, at->path, value, &input))
        return false;
    r->nreferences++;
    to->u.group.arn = waf_keep_text(r->waf, &input.arn);
    to->u.group.group = waf_find(r, KNOWN_RULE_GROUP, &input.arn,
                                 waf_path(r, at->path, "Arn"), WAF_NO_MATCH);
    waf_digest_add(&r->sha, r->waf, to->u.group.group);
    if (to->u.group.group)
        to->u.group.name = to->u.group.group->entity.name;
    return read_overrides(r, &input, at->path, to);
}
