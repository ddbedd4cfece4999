/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions of rules (alb.md 2.3).
 */
#include "model/read.h"

struct values_input {
    const struct value *value;
    struct field name; /* of a header */
    struct field values;
    struct field regexes;
};

struct pair_input {
    const struct value *value;
    struct field key;
    struct field text;
};

enum { FIELDS = 6 };

struct input {
    const struct value *value;
    struct field field;
    struct field values; /* the old way: without a config */
    struct field regexes;
    struct field configs[FIELDS]; /* by enum condition_field */
};

enum { TEXT_MAX = 128, NAME_MAX_LEN = 40 };

#define VALUES(member) offsetof(struct values_input, member)

static const struct property values_properties[] = {
    {.name = "Values",
     .kind = PROPERTY_STRINGS,
     .offset = VALUES(values),
     .min = 1,
     .max = TEXT_MAX,
     .example = "[\"*.example.com\"]"},
    {.name = "RegexValues",
     .kind = PROPERTY_STRINGS,
     .offset = VALUES(regexes),
     .min = 1,
     .max = TEXT_MAX,
     .example = "[\"^a+$\"]"},
};

static const struct schema values_schema =
    SCHEMA(values_properties, struct values_input);

static const struct property header_properties[] = {
    {.name = "HttpHeaderName",
     .kind = PROPERTY_STRING,
     .offset = VALUES(name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = NAME_MAX_LEN,
     .example = "User-Agent"},
    {.name = "Values",
     .kind = PROPERTY_STRINGS,
     .offset = VALUES(values),
     .min = 1,
     .max = TEXT_MAX,
     .example = "[\"*Chrome*\"]"},
    {.name = "RegexValues",
     .kind = PROPERTY_STRINGS,
     .offset = VALUES(regexes),
     .min = 1,
     .max = TEXT_MAX,
     .example = "[\"^a+$\"]"},
};

static const struct schema header_schema =
    SCHEMA(header_properties, struct values_input);

static const struct property method_properties[] = {
    {.name = "Values",
     .kind = PROPERTY_STRINGS,
     .offset = VALUES(values),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = NAME_MAX_LEN,
     .example = "[GET, HEAD]"},
};

static const struct schema method_schema =
    SCHEMA(method_properties, struct values_input);

static const struct property source_properties[] = {
    {.name = "Values",
     .kind = PROPERTY_STRINGS,
     .offset = VALUES(values),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .example = "[10.0.0.0/8]"},
};

static const struct schema source_schema =
    SCHEMA(source_properties, struct values_input);

static const struct property pair_properties[] = {
    {.name = "Key",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct pair_input, key),
     .min = 1,
     .max = TEXT_MAX,
     .example = "version"},
    {.name = "Value",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct pair_input, text),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = TEXT_MAX,
     .example = "v1"},
};

static const struct schema pair_schema =
    SCHEMA(pair_properties, struct pair_input);

static const struct property query_properties[] = {
    {.name = "Values",
     .kind = PROPERTY_STRUCTS,
     .offset = VALUES(values),
     .flags = PROPERTY_REQUIRED,
     .schema = &pair_schema,
     .example = "[{Key: version, Value: v1}]"},
};

static const struct schema query_schema =
    SCHEMA(query_properties, struct values_input);

#define AT(member) offsetof(struct input, member)
#define CONFIG(which) (AT(configs) + (which) * sizeof(struct field))

static const struct property properties[] = {
    {.name = "Field",
     .kind = PROPERTY_STRING,
     .offset = AT(field),
     .flags = PROPERTY_REQUIRED,
     .example = "path-pattern"},
    {.name = "Values",
     .kind = PROPERTY_STRINGS,
     .offset = AT(values),
     .min = 1,
     .max = TEXT_MAX,
     .example = "[\"/api/*\"]"},
    {.name = "RegexValues",
     .kind = PROPERTY_STRINGS,
     .offset = AT(regexes),
     .min = 1,
     .max = TEXT_MAX,
     .example = "[\"^/v[0-9]+/\"]"},
    {.name = "HostHeaderConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(CONDITION_HOST),
     .schema = &values_schema,
     .example = "{Values: [\"*.example.com\"]}"},
    {.name = "PathPatternConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(CONDITION_PATH),
     .schema = &values_schema,
     .example = "{Values: [\"/api/*\"]}"},
    {.name = "HttpHeaderConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(CONDITION_HEADER),
     .schema = &header_schema,
     .example = "{HttpHeaderName: User-Agent, Values: [\"*Chrome*\"]}"},
    {.name = "HttpRequestMethodConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(CONDITION_METHOD),
     .schema = &method_schema,
     .example = "{Values: [GET]}"},
    {.name = "QueryStringConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(CONDITION_QUERY),
     .schema = &query_schema,
     .example = "{Values: [{Key: version, Value: v1}]}"},
    {.name = "SourceIpConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(CONDITION_SOURCE_IP),
     .schema = &source_schema,
     .example = "{Values: [10.0.0.0/8]}"},
};

const struct schema condition_schema = SCHEMA(properties, struct input);

/* ---- what the fields are ------------------------------------------------------- */

static const struct condition_kind {
    const char *name;
    const char *config;
    const char *example; /* of the config */
    bool bare;           /* may have Values without a config */
    bool regex;          /* may have RegexValues */
    bool once;           /* at most one in a rule */
    bool wildcards;
} kinds[FIELDS] = {
    [CONDITION_HOST] = {"host-header", "HostHeaderConfig",
                        "{Values: [\"*.example.com\"]}", true, true, true,
                        true},
    [CONDITION_PATH] = {"path-pattern", "PathPatternConfig",
                        "{Values: [\"/api/*\"]}", true, true, true, true},
    [CONDITION_HEADER] = {"http-header", "HttpHeaderConfig",
                          "{HttpHeaderName: ..., Values: ...}", false, true,
                          false, true},
    [CONDITION_METHOD] = {"http-request-method", "HttpRequestMethodConfig",
                          "{Values: [GET]}", false, false, true, false},
    [CONDITION_QUERY] = {"query-string", "QueryStringConfig",
                         "{Values: [{Key: ..., Value: ...}]}", false, false,
                         false, true},
    [CONDITION_SOURCE_IP] = {"source-ip", "SourceIpConfig",
                             "{Values: [10.0.0.0/8]}", false, false, true,
                             false},
};

static bool find_kind(const struct resource *resource,
                      const struct field *field, enum condition_field *found)
{
    const char *names[FIELDS + 1] = {NULL};
    struct str text = shown(field->text);

    if (!field->ok)
        return false;
    for (unsigned i = 0; i < FIELDS; i++) {
        names[i] = kinds[i].name;
        if (str_eq(field->text, str_of(names[i]))) {
            *found = (enum condition_field)i;
            return true;
        }
    }
    resource_error(resource, field_place(field),
                   "Field of a condition cannot be \"" STR_FMT "\"%s",
                   STR_ARG(text), resource_words(resource, field->text, names));
    return false;
}

/* ---- where the values stand ------------------------------------------------------ */

/* What belongs to other fields. */
static bool check_configs(const struct resource *resource,
                          const struct input *input, enum condition_field field)
{
    const struct condition_kind *kind = &kinds[field];

    for (unsigned i = 0; i < FIELDS; i++) {
        if (i == field || input->configs[i].value == NULL)
            continue;
        resource_error(resource, &input->configs[i].value->key_place,
                       "%s does not belong to a %s condition\n"
                       "write %s, or Field: %s",
                       kinds[i].config, kind->name, kind->config,
                       kinds[i].name);
        return false;
    }
    return true;
}

static bool check_bare(const struct resource *resource,
                       const struct input *input,
                       const struct condition_kind *kind)
{
    const struct field *given =
        input->values.value ? &input->values : &input->regexes;
    bool regexes = input->values.value == NULL;

    if (given->value == NULL)
        return true;
    if (!(regexes ? kind->regex : kind->bare)) {
        resource_error(resource, &given->value->key_place,
                       "%s %s\nwrite %s: %s", kind->name,
                       regexes ? "takes no RegexValues"
                               : "has its values in a config",
                       kind->config, kind->example);
        return false;
    }
    if (!regexes && given->ok && given->n > 1)
        resource_doubt(resource, field_place(given),
                       "Values without %s has %u values: AWS takes one there\n"
                       "write %s: {Values: ...}",
                       kind->config, given->n, kind->config);
    return true;
}

/* The list that has the values; NULL with an error when there is none, or
 * more than one. */
static const struct field *choose_list(const struct resource *resource,
                                       const struct input *input,
                                       enum condition_field field, bool *regex)
{
    const struct condition_kind *kind = &kinds[field];
    const struct values_input *config = input->configs[field].items;
    const struct field *lists[] = {config ? &config->values : NULL,
                                   config ? &config->regexes : NULL,
                                   &input->values, &input->regexes};
    const struct field *chosen = NULL;

    for (unsigned i = 0; i < 4; i++) {
        if (lists[i] == NULL || lists[i]->value == NULL)
            continue;
        if (chosen) {
            resource_error(resource, &lists[i]->value->key_place,
                           "a condition has one list of values, Values or "
                           "RegexValues\nleave one out; a condition of its "
                           "own would have to hold as well");
            return NULL;
        }
        chosen = lists[i];
        *regex = i % 2;
    }
    if (chosen == NULL) {
        resource_error(resource, &input->value->place,
                       "%s has no values\nadd %s: %s", kind->name, kind->config,
                       kind->example);
    } else if (chosen->ok && chosen->n == 0) {
        resource_error(
            resource, field_place(chosen),
            "%s has an empty list of values\nadd a value, or leave the "
            "condition out",
            kind->name);
    }
    return chosen && chosen->ok && chosen->n ? chosen : NULL;
}

/* ---- one condition ---------------------------------------------------------------- */

/* "&" may be written "&amp;" in path patterns. */
static struct str plain_path(struct build *build, struct str text)
{
    char *copy = region_take(&build->region, text.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        copy[n++] = text.p[i];
        if (str_starts(str_make(text.p + i, text.n - i), STR("&amp;")))
            i += 4;
    }
    return str_make(copy, n);
}

static void read_values(struct build *build, const struct resource *resource,
                        const struct field *list,
                        struct config_condition *condition)
{
    const struct field *values = list->items;

    for (unsigned i = 0; i < list->n; i++) {
        struct config_match *match = &condition->values[i];
        struct field value = values[i];

        match->place = keep_place(build, field_place(&values[i]));
        if (condition->field == CONDITION_PATH && !condition->regex)
            value.text = plain_path(build, value.text);
        match->value = keep(build, value.text);
        if (!condition->regex)
            check_match(resource, condition->field, &value);
    }
}

static void read_pairs(struct build *build, const struct field *list,
                       struct config_condition *condition)
{
    const struct pair_input *pairs = list->items;

    for (unsigned i = 0; i < list->n; i++) {
        struct config_match *match = &condition->values[i];

        match->place = keep_place(build, field_place(&pairs[i].text));
        match->has_key = pairs[i].key.ok;
        match->key = keep_text(build, &pairs[i].key);
        match->value = keep_text(build, &pairs[i].text);
    }
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && strchr("!#$%&'*+-.^_`|~", s.p[i]) == NULL)
            return false;
    }
    return s.n > 0;
}

static void check_header_name(const struct resource *resource,
                              const struct field *name)
{
    struct str text = shown(name->text);

    if (!name->ok)
        return;
    if (str_ieq(name->text, STR("Host")))
        resource_error(resource, field_place(name),
                       "an http-header condition cannot look at Host\n"
                       "write Field: host-header");
    else if (!is_token(name->text))
        resource_error(resource, field_place(name),
                       "HttpHeaderName \"" STR_FMT
                       "\" is no name of a header\nwrite the name alone, "
                       "without colon and wildcards",
                       STR_ARG(text));
}

static bool read_condition(struct build *build, const struct resource *resource,
                           const struct input *input,
                           struct config_condition *condition)
{
    const struct field *list;
    const struct values_input *config;

    if (!find_kind(resource, &input->field, &condition->field) ||
        !check_configs(resource, input, condition->field) ||
        !check_bare(resource, input, &kinds[condition->field]))
        return false;
    config = input->configs[condition->field].items;
    condition->place = keep_place(build, &input->value->place);
    if (condition->field == CONDITION_HEADER) {
        if (config == NULL) {
            resource_error(resource, &input->value->place,
                           "http-header has no HttpHeaderConfig\n"
                           "add HttpHeaderConfig: %s",
                           kinds[CONDITION_HEADER].example);
            return false;
        }
        check_header_name(resource, &config->name);
        condition->header = keep_text(build, &config->name);
    }
    list = choose_list(resource, input, condition->field, &condition->regex);
    if (list == NULL)
        return false;
    condition->nvalues = list->n;
    condition->values = region_take(&build->config->region,
                                    list->n * sizeof(*condition->values));
    if (condition->field == CONDITION_QUERY)
        read_pairs(build, list, condition);
    else
        read_values(build, resource, list, condition);
    return true;
}

/* ---- all of a rule ------------------------------------------------------------------- */

static unsigned count_wildcards(struct str s, bool escapes)
{
    unsigned n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (escapes && s.p[i] == '\\' && i + 1 < s.n)
            i++;
        else if (s.p[i] == '*' || s.p[i] == '?')
            n++;
    }
    return n;
}

static unsigned wildcards_of(const struct config_condition *c)
{
    bool escapes = c->field == CONDITION_QUERY;
    unsigned n = 0;

    if (c->regex || !kinds[c->field].wildcards)
        return 0;
    for (unsigned i = 0; i < c->nvalues; i++)
        n += count_wildcards(c->values[i].key, escapes) +
             count_wildcards(c->values[i].value, escapes);
    return n;
}

/* AWS's quotas, which Sluice does not have. */
static void check_quotas(const struct build *build,
                         const struct resource *resource,
                         const struct field *list,
                         const struct config_rule *rule)
{
    const struct quotas *quotas = &build->config->quotas;
    unsigned values_quota = quota_value(quotas, QUOTA_CONDITION_VALUES);
    unsigned wildcards_quota = quota_value(quotas, QUOTA_CONDITION_WILDCARDS);
    unsigned values = 0;
    unsigned wildcards = 0;

    for (unsigned i = 0; i < rule->nconditions; i++) {
        values += rule->conditions[i].nvalues;
        wildcards += wildcards_of(&rule->conditions[i]);
    }
    if (values > values_quota)
        resource_doubt(resource, field_place(list),
                       "the conditions have %u values: AWS takes %u in a "
                       "rule\nspread them over several rules with the same "
                       "actions",
                       values, values_quota);
    if (wildcards > wildcards_quota)
        resource_doubt(resource, field_place(list),
                       "the conditions have %u wildcards: AWS takes %u in a "
                       "rule\nspread them over several rules with the same "
                       "actions",
                       wildcards, wildcards_quota);
}

static bool check_once(const struct resource *resource,
                       const struct place *place,
                       const struct config_rule *rule,
                       const struct config_condition *c)
{
    for (unsigned i = 0; kinds[c->field].once && i < rule->nconditions; i++) {
        const struct config_condition *other = &rule->conditions[i];

        if (other->field != c->field)
            continue;
        resource_error(resource, place,
                       "a rule has at most one %s condition, and has it "
                       "already%s\nput all its "
                       "values into one condition",
                       kinds[c->field].name,
                       resource_see(resource, place, &other->place));
        return false;
    }
    return true;
}

void read_conditions(struct build *build, const struct resource *resource,
                     const struct field *list, struct config_rule *rule)
{
    const struct input *inputs = list->items;

    rule->conditions = region_take(&build->config->region,
                                   (list->n + 1) * sizeof(*rule->conditions));
    if (list->ok && list->n == 0)
        resource_error(resource, field_place(list),
                       "Conditions is empty: a rule has at least one\n"
                       "for every request write {Field: path-pattern, Values: "
                       "[\"*\"]}");
    for (unsigned i = 0; i < list->n; i++) {
        struct config_condition *c = &rule->conditions[rule->nconditions];

        *c = (struct config_condition){.nvalues = 0};
        if (inputs[i].value && read_condition(build, resource, &inputs[i], c) &&
            check_once(resource, &inputs[i].value->place, rule, c))
            rule->nconditions++;
    }
    check_quotas(build, resource, list, rule);
}
