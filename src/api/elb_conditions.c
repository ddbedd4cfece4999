/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_conditions.h"

#define MEMBERS_OF(table) (&(const struct shape)SHAPE_OF(table))

enum { FIELD_MAX = 64, TEXT_MAX = 128, REGEX_MAX = 1024 };

/* In the order in which AWS lists them. */
static const struct kind {
    const char *field;
    const char *config;
    bool wildcards;
    bool escapes; /* \* and \? are none */
    bool bare;    /* shows its values without the config, too */
} kinds[] = {
    [CONDITION_PATH] = {"path-pattern", "PathPatternConfig", true, false, true},
    [CONDITION_HOST] = {"host-header", "HostHeaderConfig", true, false, true},
    [CONDITION_HEADER] = {"http-header", "HttpHeaderConfig", true, false,
                          false},
    [CONDITION_METHOD] = {"http-request-method", "HttpRequestMethodConfig",
                          false, false, false},
    [CONDITION_QUERY] = {"query-string", "QueryStringConfig", true, true,
                         false},
    [CONDITION_SOURCE_IP] = {"source-ip", "SourceIpConfig", false, false,
                             false},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static const char fields_listed[] =
    "[path-pattern,host-header,http-header,http-request-method,query-string,"
    "source-ip]";

/* ---- shapes ---------------------------------------------------------------------- */

static const struct member values[] = {
    {.name = "Values", .kind = MEMBER_TEXTS, .max = TEXT_MAX},
    {.name = "RegexValues", .kind = MEMBER_TEXTS, .max = TEXT_MAX},
};

static const struct member header[] = {
    {.name = "HttpHeaderName", .kind = MEMBER_TEXT},
    {.name = "Values", .kind = MEMBER_TEXTS, .max = TEXT_MAX},
    {.name = "RegexValues", .kind = MEMBER_TEXTS, .max = TEXT_MAX},
};

static const struct member pair[] = {
    {.name = "Key", .kind = MEMBER_TEXT, .max = TEXT_MAX},
    {.name = "Value", .kind = MEMBER_TEXT, .max = TEXT_MAX},
};

static const struct member query[] = {
    {.name = "Values", .kind = MEMBER_STRUCTS, .shape = MEMBERS_OF(pair)},
};

static const struct member plain[] = {
    {.name = "Values", .kind = MEMBER_TEXTS, .max = TEXT_MAX},
};

static const struct member condition[] = {
    {.name = "Field", .kind = MEMBER_TEXT, .max = FIELD_MAX},
    {.name = "Values", .kind = MEMBER_TEXTS, .max = TEXT_MAX},
    {.name = "HostHeaderConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(values)},
    {.name = "PathPatternConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(values)},
    {.name = "HttpHeaderConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(header)},
    {.name = "QueryStringConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(query)},
    {.name = "HttpRequestMethodConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(plain)},
    {.name = "SourceIpConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(plain)},
    {.name = "RegexValues", .kind = MEMBER_TEXTS, .max = TEXT_MAX},
};

const struct shape elb_condition_shape = SHAPE_OF(condition);

static const struct member rewrite[] = {
    {.name = "Regex", .kind = MEMBER_TEXT, .required = true, .max = REGEX_MAX},
    {.name = "Replace",
     .kind = MEMBER_TEXT,
     .required = true,
     .max = REGEX_MAX},
};

static const struct member rewrites[] = {
    {.name = "Rewrites", .kind = MEMBER_STRUCTS, .shape = MEMBERS_OF(rewrite)},
};

static const char *const transform_types[] = {
    [TRANSFORM_HOST] = "host-header-rewrite",
    [TRANSFORM_URL] = "url-rewrite",
    NULL,
};

static const char *const transform_configs[] = {
    [TRANSFORM_HOST] = "HostHeaderRewriteConfig",
    [TRANSFORM_URL] = "UrlRewriteConfig",
};

static const struct member transform[] = {
    {.name = "Type",
     .kind = MEMBER_WORD,
     .required = true,
     .words = transform_types},
    {.name = "HostHeaderRewriteConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(rewrites)},
    {.name = "UrlRewriteConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(rewrites)},
};

const struct shape elb_transform_shape = SHAPE_OF(transform);

/* ---- what calls give ---------------------------------------------------------------- */

/* The lists of one condition; NULL: it has none. */
struct lists {
    const struct kind *kind;
    const struct value *values[4]; /* bare ones first */
};

static bool same_texts(const struct value *a, const struct value *b)
{
    const struct value *x = a->first;
    const struct value *y = b->first;

    while (x && y && str_eq(x->text, y->text)) {
        x = x->next;
        y = y->next;
    }
    return x == NULL && y == NULL;
}

static bool find_kind(struct call *call, const struct value *given,
                      struct lists *lists)
{
    struct str field = member_text(given, "Field");
    const struct value *config;

    for (unsigned i = 0; i < KINDS; i++) {
        if (str_eq(field, str_of(kinds[i].field)))
            lists->kind = &kinds[i];
    }
    if (field.n == 0)
        return call_refuse(call, "ValidationError",
                           "A condition field must be specified");
    if (lists->kind == NULL)
        return call_refuse(call, "ValidationError",
                           "Condition field '" STR_FMT "' must be one of '%s'",
                           STR_ARG(field), fields_listed);
    config = value_get(given, str_of(lists->kind->config));
    lists->values[0] = value_get(given, STR("Values"));
    lists->values[1] = value_get(given, STR("RegexValues"));
    lists->values[2] = value_get(config, STR("Values"));
    lists->values[3] = value_get(config, STR("RegexValues"));
    return true;
}

/* What stands in two places is one list when it is the same in both. */
static const struct value *without_copies(struct region *region,
                                          const struct value *given,
                                          struct lists *lists)
{
    static const char *const bare[] = {"Values", "RegexValues"};

    for (unsigned i = 0; i < 2; i++) {
        const struct value *in_config = lists->values[i + 2];

        if (lists->values[i] == NULL)
            continue;
        if (value_count(lists->values[i]) == 0 ||
            (value_count(in_config) &&
             same_texts(lists->values[i], in_config))) {
            given = with_entry(region, given, bare[i], NULL);
            lists->values[i] = NULL;
        }
    }
    return given;
}

static unsigned count_wildcards(struct str text, bool escapes)
{
    unsigned n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (escapes && text.p[i] == '\\')
            i++;
        else
            n += text.p[i] == '*' || text.p[i] == '?';
    }
    return n;
}

static unsigned wildcards_of(const struct kind *kind, const struct value *list)
{
    unsigned n = 0;

    if (list == NULL || !kind->wildcards)
        return 0;
    for (const struct value *v = list->first; v; v = v->next) {
        struct str text =
            v->kind == VALUE_MAP ? member_text(v, "Value") : v->text;

        n += count_wildcards(text, kind->escapes) +
             count_wildcards(member_text(v, "Key"), kind->escapes);
    }
    return n;
}

struct counts {
    unsigned values;
    unsigned wildcards;
};

static bool count(struct call *call, const struct lists *lists,
                  struct counts *counts)
{
    unsigned before = counts->values;

    for (unsigned i = 0; i < 4; i++) {
        bool regex = i % 2;

        counts->values += value_count(lists->values[i]);
        if (!regex)
            counts->wildcards += wildcards_of(lists->kind, lists->values[i]);
    }
    return counts->values > before ||
           call_refuse(call, "ValidationError",
                       "A condition value must be specified");
}

static bool check_counts(struct call *call, const struct account_view *view,
                         const struct counts *counts)
{
    const struct quotas *quotas = &view->config->quotas;
    unsigned max = quota_value(quotas, QUOTA_CONDITION_VALUES);
    unsigned max_wildcards = quota_value(quotas, QUOTA_CONDITION_WILDCARDS);

    if (counts->values > max)
        return call_refuse(call, "ValidationError",
                           "A rule can only have '%u' condition values", max);
    return counts->wildcards <= max_wildcards ||
           call_refuse(call, "ValidationError",
                       "A rule can only have '%u' condition wildcards",
                       max_wildcards);
}

const struct value *elb_conditions_take(struct call *call,
                                        const struct account_view *view,
                                        const struct value *conditions)
{
    struct value *list = make_list(call->region);
    struct counts counts = {0, 0};

    if (value_count(conditions) == 0) {
        call_refuse(call, "ValidationError",
                    "At least one condition must be specified");
        return NULL;
    }
    for (const struct value *v = conditions->first; v; v = v->next) {
        struct lists lists = {.kind = NULL};
        const struct value *taken;

        if (!find_kind(call, v, &lists))
            return NULL;
        taken = without_copies(call->region, v, &lists);
        if (!count(call, &lists, &counts))
            return NULL;
        value_append(list, value_copy(call->region, taken));
    }
    return check_counts(call, view, &counts) ? list : NULL;
}

/* ---- how they are shown ---------------------------------------------------------------- */

static void show_texts(struct region *region, const struct config_condition *c,
                       struct value *map)
{
    struct value *list =
        put_list(region, map, c->regex ? "RegexValues" : "Values");

    for (unsigned i = 0; i < c->nvalues; i++)
        add_text(region, list, c->values[i].value);
}

static void show_pairs(struct region *region, const struct config_condition *c,
                       struct value *map)
{
    struct value *list = put_list(region, map, "Values");

    for (unsigned i = 0; i < c->nvalues; i++) {
        struct value *shown = add_map(region, list);

        if (c->values[i].has_key)
            put_text(region, shown, "Key", c->values[i].key);
        put_text(region, shown, "Value", c->values[i].value);
    }
}

static void show_condition(struct region *region,
                           const struct config_condition *c,
                           struct value *shown)
{
    const struct kind *kind = &kinds[c->field];
    struct value *config;

    put_text(region, shown, "Field", str_of(kind->field));
    if (kind->bare && !c->regex)
        show_texts(region, c, shown);
    config = put_map(region, shown, kind->config);
    if (c->field == CONDITION_HEADER)
        put_text(region, config, "HttpHeaderName", c->header);
    if (c->field == CONDITION_QUERY)
        show_pairs(region, c, config);
    else
        show_texts(region, c, config);
}

struct value *elb_conditions_shown(struct region *region,
                                   const struct config_rule *rule)
{
    struct value *list = make_list(region);

    for (unsigned i = 0; i < rule->nconditions; i++)
        show_condition(region, &rule->conditions[i], add_map(region, list));
    return list;
}

struct value *elb_transforms_shown(struct region *region,
                                   const struct config_rule *rule)
{
    struct value *list = make_list(region);

    for (unsigned i = 0; i < rule->ntransforms; i++) {
        const struct config_transform *t = &rule->transforms[i];
        struct value *shown = add_map(region, list);
        struct value *config, *one;

        put_text(region, shown, "Type", str_of(transform_types[t->type]));
        config = put_map(region, shown, transform_configs[t->type]);
        one = add_map(region, put_list(region, config, "Rewrites"));
        put_text(region, one, "Regex", t->regex);
        put_text(region, one, "Replace", t->replace);
    }
    return list;
}
