/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of web ACLs and rule groups (aws-waf.md 1.2).
 */
#include <limits.h>
#include <stdlib.h>

#include "model/read_waf.h"

enum { LABELS_MAX = 100, IMMUNITY_MAX = 259200 };

struct label_input {
    const struct value *value;
    struct field name;
};

static const struct property label_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct label_input, name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 1024,
     .example = "suspicious"},
};

static const struct schema label_schema =
    SCHEMA(label_properties, struct label_input);

/* ---- VisibilityConfig, CaptchaConfig, ChallengeConfig ------------------------- */

struct visibility_input {
    const struct value *value;
    struct field metric;
    struct field sampled;
    struct field metrics;
};

static const struct property visibility_properties[] = {
    {.name = "MetricName",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct visibility_input, metric),
     .flags = NEEDED,
     .min = 1,
     .max = 255,
     .example = "shop"},
    {.name = "SampledRequestsEnabled",
     .kind = PROPERTY_BOOL,
     .offset = offsetof(struct visibility_input, sampled),
     .flags = PROPERTY_REQUIRED,
     .example = "true"},
    {.name = "CloudWatchMetricsEnabled",
     .kind = PROPERTY_BOOL,
     .offset = offsetof(struct visibility_input, metrics),
     .flags = PROPERTY_REQUIRED,
     .example = "true"},
};

const struct schema waf_visibility_schema =
    SCHEMA(visibility_properties, struct visibility_input);

struct immunity_input {
    const struct value *value;
    struct field time;
};

static const struct property time_properties[] = {
    {.name = "ImmunityTime",
     .kind = PROPERTY_INTEGER,
     .offset = offsetof(struct immunity_input, time),
     .flags = PROPERTY_REQUIRED,
     .min = 60,
     .max = IMMUNITY_MAX,
     .example = "300"},
};

static const struct schema time_schema =
    SCHEMA(time_properties, struct immunity_input);

static const struct property immunity_properties[] = {
    {.name = "ImmunityTimeProperty",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct immunity_input, time),
     .schema = &time_schema,
     .example = "{ImmunityTime: 300}"},
};

const struct schema waf_immunity_schema =
    SCHEMA(immunity_properties, struct immunity_input);

struct waf_visibility waf_read_visibility(const struct waf_reader *r,
                                          const struct field *field,
                                          const char *path)
{
    const struct visibility_input *input = field->items;
    struct waf_visibility visibility = {.metric = STR("")};
    struct str name;

    if (!field->ok)
        return visibility;
    visibility.sampled = input->sampled.number;
    visibility.metrics = input->metrics.number;
    visibility.metric = waf_keep_text(r->waf, &input->metric);
    name = visibility.metric;
    if (input->metric.ok &&
        (!waf_is_word(name, "_#:.-/") || str_eq(name, STR("All")) ||
         str_eq(name, STR("Default_Action"))))
        waf_refuse(&r->resource, field_place(&input->metric), "METRIC_NAME",
                   name, WAF_BAD_FORMAT,
                   "%s.MetricName cannot be \"" STR_FMT "\"\nwrite letters, "
                   "digits, \"-\" and \"_\"; All and Default_Action are AWS's "
                   "own",
                   path, STR_ARG(shown(name)));
    return visibility;
}

unsigned waf_read_immunity(const struct waf_reader *r,
                           const struct field *field, const char *path,
                           unsigned least)
{
    const struct immunity_input *outer = field->items;
    const struct immunity_input *inner =
        field->ok && outer->time.ok ? outer->time.items : NULL;

    if (inner == NULL)
        return 0;
    if (inner->time.number < least)
        waf_refuse(&r->resource, field_place(&inner->time), "CHALLENGE_CONFIG",
                   inner->time.text, NULL,
                   "%s.ImmunityTimeProperty.ImmunityTime is %u: it is %u to %d "
                   "seconds\nwrite ImmunityTime: %u",
                   path, inner->time.number, least, IMMUNITY_MAX, least);
    return inner->time.number;
}

/* ---- a rule ---------------------------------------------------------------------- */

struct rule_input {
    const struct value *value;
    struct field name;
    struct field priority;
    struct field statement;
    struct field action;
    struct field override_action;
    struct field labels;
    struct field visibility;
    struct field captcha;
    struct field challenge;
};

#define AT(member) offsetof(struct rule_input, member)

static const struct property rule_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = AT(name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = WAF_NAME_MAX,
     .example = "block-bots"},
    {.name = "Priority",
     .kind = PROPERTY_INTEGER,
     .offset = AT(priority),
     .flags = PROPERTY_REQUIRED,
     .max = INT_MAX,
     .example = "10"},
    {.name = "Statement",
     .kind = PROPERTY_RAW,
     .offset = AT(statement),
     .flags = PROPERTY_REQUIRED,
     .example = "{GeoMatchStatement: {CountryCodes: [AQ]}}"},
    {.name = "Action", .kind = PROPERTY_RAW, .offset = AT(action)},
    {.name = "OverrideAction",
     .kind = PROPERTY_RAW,
     .offset = AT(override_action)},
    {.name = "RuleLabels",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(labels),
     .schema = &label_schema,
     .example = "[{Name: suspicious}]"},
    {.name = "VisibilityConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(visibility),
     .schema = &waf_visibility_schema},
    {.name = "CaptchaConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(captcha),
     .schema = &waf_immunity_schema},
    {.name = "ChallengeConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(challenge),
     .schema = &waf_immunity_schema},
};

static const struct schema rule_schema =
    SCHEMA(rule_properties, struct rule_input);

static bool given(const struct field *field)
{
    return field->value && field->value->kind != VALUE_NULL;
}

static void check_rule_name(const struct waf_reader *r, const char *path,
                            const struct field *name)
{
    if (name->ok && !waf_is_word(name->text, "_-"))
        waf_refuse(&r->resource, field_place(name), "RULE", name->text,
                   WAF_BAD_FORMAT,
                   "%s.Name cannot be \"" STR_FMT "\"\nwrite letters, digits, "
                   "\"-\" and \"_\"",
                   path, STR_ARG(shown(name->text)));
}

/* Exactly one of Action and OverrideAction, by the kind of the statement. */
static bool check_actions(const struct waf_reader *r, const char *path,
                          const struct rule_input *input, bool of_group)
{
    bool action = given(&input->action);
    bool override_action = given(&input->override_action);
    const struct place *place = &input->value->place;

    if (of_group ? override_action && !action : action && !override_action)
        return true;
    if (action && override_action)
        waf_refuse(&r->resource, place, "RULE", STR("Rule"), WAF_MANY,
                   "%s has Action and OverrideAction\nleave out %s", path,
                   of_group ? "Action: its statement is a rule group"
                            : "OverrideAction: that is of rule groups");
    else if (of_group)
        waf_refuse(&r->resource, place, "RULE", STR("Rule"),
                   action ? WAF_BAD_REFERENCE : WAF_MANY,
                   "%s has no OverrideAction\nadd OverrideAction: {None: {}}%s",
                   path,
                   action ? " in the place of Action: its statement is a rule "
                            "group"
                          : "");
    else
        waf_refuse(&r->resource, place, "RULE", STR("Rule"), WAF_MANY,
                   "%s has no Action\nadd Action: {Block: {}}%s", path,
                   override_action ? " in the place of OverrideAction, which "
                                     "is of rule groups"
                                   : "");
    return false;
}

static bool read_override(const struct waf_reader *r, const struct value *value,
                          const char *path, struct waf_rule *rule)
{
    static const char *const words[] = {"None", "Count", NULL};
    unsigned index;

    if (!waf_one(r, value, waf_path(r, path, "OverrideAction"), words,
                 "OVERRIDE_ACTION", "OverrideAction", &index))
        return false;
    rule->count = index == 1;
    return true;
}

static bool read_labels(struct waf_reader *r, const char *path,
                        const struct field *list, struct waf_rule *rule)
{
    const struct label_input *inputs = list->items;
    struct str *labels = waf_take(r->waf, list->n, sizeof(*labels));
    bool ok = list->value == NULL || list->ok;

    for (unsigned i = 0; i < list->n; i++) {
        struct str name = inputs[i].name.text;
        const char *fault = inputs[i].name.ok ? waf_label_fault(name) : NULL;

        labels[i] = waf_keep_text(r->waf, &inputs[i].name);
        if (fault == NULL || r->managed)
            continue;
        ok = false;
        waf_refuse(&r->resource, field_place(&inputs[i].name), "RULE", name,
                   WAF_BAD_FORMAT,
                   "%s.RuleLabels[%u].Name cannot be \"" STR_FMT "\": %s", path,
                   i, STR_ARG(shown(name)), fault);
    }
    if (list->n > LABELS_MAX) {
        waf_refuse(&r->resource, field_place(list), "RULE", STR("RuleLabels"),
                   NULL,
                   "%s.RuleLabels has %u labels: AWS takes %d\nleave "
                   "some out",
                   path, list->n, LABELS_MAX);
        ok = false;
    }
    rule->nlabels = list->n;
    rule->labels = labels;
    return ok;
}

static bool check_group_rule(const struct waf_reader *r, const char *path,
                             const struct rule_input *input)
{
    if (input->labels.value == NULL || input->labels.n == 0)
        return true;
    waf_refuse(&r->resource, field_place(&input->labels), "RULE",
               STR("RuleLabels"), WAF_BAD_REFERENCE,
               "%s.RuleLabels stands at a rule whose statement is a rule "
               "group\nleave it out: the rules of the group have labels",
               path);
    return false;
}

/* Of a managed group of ours VisibilityConfig need not be said. */
static void read_settings(struct waf_reader *r, const char *path,
                          const struct rule_input *input, struct waf_rule *rule)
{
    rule->visibility = waf_read_visibility(
        r, &input->visibility, waf_path(r, path, "VisibilityConfig"));
    if (input->visibility.value == NULL && r->managed)
        rule->visibility = (struct waf_visibility){rule->name, true, true};
    else if (input->visibility.value == NULL)
        resource_error(&r->resource, &input->value->place,
                       "%s.VisibilityConfig is missing\nadd VisibilityConfig: "
                       "{MetricName: NAME, SampledRequestsEnabled: true, "
                       "CloudWatchMetricsEnabled: true}",
                       path);
    rule->captcha_immunity_s = waf_read_immunity(
        r, &input->captcha, waf_path(r, path, "CaptchaConfig"), 60);
    rule->challenge_immunity_s = waf_read_immunity(
        r, &input->challenge, waf_path(r, path, "ChallengeConfig"), 300);
}

static bool read_what_it_does(struct waf_reader *r, const char *path,
                              const struct rule_input *input,
                              struct waf_rule *rule)
{
    enum waf_statement_type type = rule->statement->type;

    rule->of_group = type == WAF_MANAGED_GROUP || type == WAF_GROUP;
    if (!check_actions(r, path, input, rule->of_group))
        return false;
    if (rule->of_group)
        return check_group_rule(r, path, input) &&
               read_override(r, input->override_action.value, path, rule);
    if (!waf_read_action(r, input->action.value, waf_path(r, path, "Action"),
                         &rule->action))
        return false;
    if (type == WAF_RATE && rule->action.type == WAF_ALLOW) {
        waf_refuse(&r->resource, &input->action.value->place, "RULE_ACTION",
                   STR("RuleAction"), NULL,
                   "%s.Action is Allow: a rate-based rule has any other one\n"
                   "write Action: {Block: {}}, or Count, Captcha, Challenge",
                   path);
        return false;
    }
    return true;
}

static bool read_one(struct waf_reader *r, const struct value *value,
                     const char *path, struct waf_rule *rule)
{
    struct rule_input input = {.value = NULL};
    struct waf_at at = {.path = waf_path(r, path, "Statement")};
    bool ok = schema_read(&r->resource, &rule_schema, path, value, &input);

    rule->place = waf_place(r->build, &value->place);
    rule->name = waf_keep_text(r->waf, &input.name);
    rule->priority = input.priority.number;
    check_rule_name(r, path, &input.name);
    if (input.value == NULL)
        return false;
    read_settings(r, path, &input, rule);
    ok &= read_labels(r, path, &input.labels, rule);
    if (input.statement.value == NULL)
        return false;
    rule->statement = waf_read_statement(r, input.statement.value, &at);
    return rule->statement && read_what_it_does(r, path, &input, rule) && ok;
}

/* ---- all of them ------------------------------------------------------------------- */

static int compare_priorities(const void *a, const void *b)
{
    const struct waf_rule *x = a;
    const struct waf_rule *y = b;

    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    return (x->place.line > y->place.line) - (x->place.line < y->place.line);
}

static int compare_names(const void *a, const void *b)
{
    const struct waf_rule *const *x = a;
    const struct waf_rule *const *y = b;
    int order = strcmp((*x)->name.p, (*y)->name.p);

    if (order)
        return order;
    return ((*x)->place.line > (*y)->place.line) -
           ((*x)->place.line < (*y)->place.line);
}

static void check_twice(const struct waf_reader *r,
                        const struct waf_rule *rules, unsigned n)
{
    const struct resource *resource = &r->resource;
    const struct waf_rule **sorted =
        region_take(resource->region, (n + 1) * sizeof(void *));

    for (unsigned i = 0; i < n; i++)
        sorted[i] = &rules[i];
    qsort(sorted, n, sizeof(void *), compare_names);
    for (unsigned i = 1; i < n; i++) {
        const struct waf_rule *a = &rules[i - 1];
        const struct waf_rule *b = &rules[i];

        if (a->priority == b->priority)
            waf_refuse(resource, &b->place, "RULE", STR("Priority"), NULL,
                       "rule " STR_FMT " has priority %u, which is that of "
                       "rule " STR_FMT "%s as well\ngive it another one",
                       STR_ARG(b->name), b->priority, STR_ARG(a->name),
                       resource_see(resource, &b->place, &a->place));
        a = sorted[i - 1];
        b = sorted[i];
        if (b->name.n && str_eq(a->name, b->name))
            waf_refuse(resource, &b->place, "RULE", b->name, NULL,
                       "two rules are called " STR_FMT "%s\ngive this one "
                       "another name",
                       STR_ARG(b->name),
                       resource_see(resource, &b->place, &a->place));
    }
}

const struct waf_rule *waf_read_rules(struct waf_reader *r,
                                      const struct value *list,
                                      const char *path, unsigned *n)
{
    unsigned count = value_count(list);
    struct waf_rule *rules = waf_take(r->waf, count, sizeof(*rules));
    unsigned index = 0;

    *n = 0;
    if (list->kind == VALUE_UNKNOWN) {
        resource_unknown(&r->resource, list, path);
        return rules;
    }
    if (list->kind != VALUE_LIST) {
        resource_error(&r->resource, &list->place,
                       "%s must be a list of rules, this is %s\nwrite it as a "
                       "list, even of one",
                       path, value_kind_name(list->kind));
        return rules;
    }
    for (const struct value *v = list->first; v; v = v->next, index++) {
        struct waf_rule *rule = &rules[*n];

        r->resource.field = "RULE";
        *rule = (struct waf_rule){.priority = 0};
        *n += read_one(r, v, waf_path_at(r, path, index), rule);
    }
    r->resource.field = NULL;
    if (*n)
        qsort(rules, *n, sizeof(*rules), compare_priorities);
    check_twice(r, rules, *n);
    return rules;
}
