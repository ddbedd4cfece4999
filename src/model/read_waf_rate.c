/* SPDX-License-Identifier: Apache-2.0
 *
 * Rate-based statements (aws-waf.md 2.11).
 */
#include "model/read_waf.h"

enum { LIMIT_MIN = 10, LIMIT_MAX = 2000000000, WINDOW_DEFAULT = 300 };

static const char *const windows[] = {"60", "120", "300", "600", NULL};
static const unsigned window_seconds[] = {60, 120, 300, 600};

static const char *const aggregates[] = {
    [WAF_BY_IP] = "IP",
    [WAF_BY_FORWARDED_IP] = "FORWARDED_IP",
    [WAF_BY_CONSTANT] = "CONSTANT",
    [WAF_BY_KEYS] = "CUSTOM_KEYS",
    [WAF_BY_KEYS + 1] = NULL,
};

struct rate_input {
    const struct value *value;
    struct field limit;
    struct field window;
    struct field aggregate;
    struct field forwarded;
    struct field keys;
    struct field scope_down;
};

#define AT(member) offsetof(struct rate_input, member)

static const struct property rate_properties[] = {
    {.name = "Limit",
     .kind = PROPERTY_INTEGER,
     .offset = AT(limit),
     .flags = PROPERTY_REQUIRED,
     .min = LIMIT_MIN,
     .max = LIMIT_MAX,
     .example = "2000"},
    {.name = "EvaluationWindowSec",
     .kind = PROPERTY_WORD,
     .offset = AT(window),
     .words = windows,
     .example = "300"},
    {.name = "AggregateKeyType",
     .kind = PROPERTY_WORD,
     .offset = AT(aggregate),
     .flags = PROPERTY_REQUIRED,
     .words = aggregates,
     .example = "IP"},
    {.name = "ForwardedIPConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(forwarded),
     .schema = &waf_forwarded_schema},
    {.name = "CustomKeys", .kind = PROPERTY_RAW, .offset = AT(keys)},
    {.name = "ScopeDownStatement",
     .kind = PROPERTY_RAW,
     .offset = AT(scope_down)},
};

static const struct schema rate_schema =
    SCHEMA(rate_properties, struct rate_input);

/* ---- keys ----------------------------------------------------------------------- */

static const char *const key_members[] = {
    [WAF_KEY_HEADER] = "Header",
    [WAF_KEY_COOKIE] = "Cookie",
    [WAF_KEY_QUERY_ARGUMENT] = "QueryArgument",
    [WAF_KEY_QUERY_STRING] = "QueryString",
    [WAF_KEY_URI_PATH] = "UriPath",
    [WAF_KEY_METHOD] = "HTTPMethod",
    [WAF_KEY_IP] = "IP",
    [WAF_KEY_FORWARDED_IP] = "ForwardedIP",
    [WAF_KEY_LABEL_NAMESPACE] = "LabelNamespace",
    [WAF_KEY_JA3] = "JA3Fingerprint",
    [WAF_KEY_JA4] = "JA4Fingerprint",
    [WAF_KEY_ASN] = "ASN",
    [WAF_KEY_ASN + 1] = NULL,
};

struct key_input {
    const struct value *value;
    struct field name;
    struct field transformations;
    struct field fallback;
};

#define KEY(member) offsetof(struct key_input, member)
#define NAME(name_, length)                                                    \
    {                                                                          \
        .name = (name_), .kind = PROPERTY_STRING, .offset = KEY(name),         \
        .flags = PROPERTY_REQUIRED, .min = 1, .max = (length),                 \
        .example = "x-api-key"                                                 \
    }
#define TRANSFORMATIONS                                                        \
    {                                                                          \
        .name = "TextTransformations", .kind = PROPERTY_STRUCTS,               \
        .offset = KEY(transformations), .flags = PROPERTY_REQUIRED,            \
        .schema = &waf_transformation_schema,                                  \
        .example = "[{Priority: 0, Type: NONE}]"                               \
    }

static const char *const fallbacks[] = {"MATCH", "NO_MATCH", NULL};

static const struct property named_properties[] = {NAME("Name", 64),
                                                   TRANSFORMATIONS};
static const struct property part_properties[] = {TRANSFORMATIONS};
static const struct property label_properties[] = {NAME("Namespace", 1024)};
static const struct property fingerprint_properties[] = {
    {.name = "FallbackBehavior",
     .kind = PROPERTY_WORD,
     .offset = KEY(fallback),
     .flags = PROPERTY_REQUIRED,
     .words = fallbacks,
     .example = "NO_MATCH"}};

#define OF(table) SCHEMA(table, struct key_input)

static const struct schema key_schemas[] = {
    [WAF_KEY_HEADER] = OF(named_properties),
    [WAF_KEY_COOKIE] = OF(named_properties),
    [WAF_KEY_QUERY_ARGUMENT] = OF(named_properties),
    [WAF_KEY_QUERY_STRING] = OF(part_properties),
    [WAF_KEY_URI_PATH] = OF(part_properties),
    [WAF_KEY_METHOD] = {.size = sizeof(struct key_input)},
    [WAF_KEY_IP] = {.size = sizeof(struct key_input)},
    [WAF_KEY_FORWARDED_IP] = {.size = sizeof(struct key_input)},
    [WAF_KEY_LABEL_NAMESPACE] = OF(label_properties),
    [WAF_KEY_JA3] = OF(fingerprint_properties),
    [WAF_KEY_JA4] = OF(fingerprint_properties),
    [WAF_KEY_ASN] = {.size = sizeof(struct key_input)},
};

static bool refuse_keys(const struct waf_reader *r, const struct place *place,
                        const char *path, const char *what)
{
    waf_refuse(&r->resource, place, "CUSTOM_KEYS", STR("CustomKeys"), NULL,
               "%s %s", path, what);
    return false;
}

static bool check_namespace(const struct waf_reader *r,
                            const struct key_input *input, const char *path)
{
    const char *fault = waf_label_key_fault(input->name.text, true);

    if (fault == NULL)
        return true;
    waf_refuse(&r->resource, field_place(&input->name), "CUSTOM_KEYS",
               input->name.text, WAF_BAD_FORMAT,
               "%s.Namespace cannot be \"" STR_FMT "\": %s", path,
               STR_ARG(shown(input->name.text)), fault);
    return false;
}

static bool read_key(struct waf_reader *r, const struct value *value,
                     const char *path, struct waf_key *key)
{
    struct key_input input = {.value = NULL};
    const struct value *member;
    unsigned type;

    member = waf_one(r, value, path, key_members, "CUSTOM_KEYS", "CustomKeys",
                     &type);
    if (member == NULL)
        return false;
    path = waf_path(r, path, key_members[type]);
    if (!schema_read(&r->resource, &key_schemas[type], path, member, &input))
        return false;
    key->type = (enum waf_key_type)type;
    key->name = waf_keep_text(r->waf, &input.name);
    if (input.fallback.ok)
        key->fallback =
            (enum waf_fallback)(WAF_FALLBACK_MATCH + input.fallback.number);
    if (type == WAF_KEY_LABEL_NAMESPACE && !check_namespace(r, &input, path))
        return false;
    return waf_read_chain(r, &input.transformations, path, &key->chain);
}

static bool may_repeat(enum waf_key_type type)
{
    return type == WAF_KEY_HEADER || type == WAF_KEY_COOKIE ||
           type == WAF_KEY_QUERY_ARGUMENT || type == WAF_KEY_LABEL_NAMESPACE;
}

static bool is_address(enum waf_key_type type)
{
    return type == WAF_KEY_IP || type == WAF_KEY_FORWARDED_IP;
}

static bool check_keys(const struct waf_reader *r, const struct place *place,
                       const char *path, const struct waf_statement *to)
{
    const struct waf_key *keys = to->u.rate.keys;
    unsigned n = to->u.rate.nkeys;

    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (keys[i].type == keys[j].type && !may_repeat(keys[i].type))
                return refuse_keys(r, place, path,
                                   region_printf(r->resource.region,
                                                 "has %s twice\nleave one out",
                                                 key_members[keys[i].type])
                                       .p);
        }
        if (keys[i].type == WAF_KEY_FORWARDED_IP &&
            to->u.rate.forwarded.header.n == 0)
            return refuse_keys(r, place, path,
                               "has ForwardedIP, and there is no "
                               "ForwardedIPConfig\nadd ForwardedIPConfig: "
                               "{HeaderName: X-Forwarded-For, "
                               "FallbackBehavior: NO_MATCH}");
    }
    if (n == 1 && is_address(keys[0].type))
        return refuse_keys(r, place, path,
                           keys[0].type == WAF_KEY_IP
                               ? "is an address alone\nwrite "
                                 "AggregateKeyType: IP, or add a key"
                               : "is an address alone\nwrite "
                                 "AggregateKeyType: FORWARDED_IP, or add a "
                                 "key");
    return true;
}

static bool read_keys(struct waf_reader *r, const struct value *list,
                      const struct waf_at *at, struct waf_statement *to)
{
    const char *path = waf_path(r, at->path, "CustomKeys");
    unsigned n = value_count(list);
    struct waf_key *keys;
    unsigned i = 0;

    if (list->kind != VALUE_LIST || n == 0 || n > WAF_CUSTOM_KEYS_MAX)
        return refuse_keys(r, &list->place, path,
                           "must be a list of 1 to 5 keys\nwrite CustomKeys: "
                           "[{IP: {}}, {HTTPMethod: {}}]");
    keys = waf_take(r->waf, n, sizeof(*keys));
    for (const struct value *v = list->first; v; v = v->next, i++) {
        if (!read_key(r, v, waf_path_at(r, path, i), &keys[i]))
            return false;
    }
    to->u.rate.keys = keys;
    to->u.rate.nkeys = n;
    return check_keys(r, &list->place, path, to);
}

/* ---- the statement ----------------------------------------------------------------- */

static bool is_given(const struct field *field)
{
    return field->value && field->value->kind != VALUE_NULL;
}

/* What a kind of aggregation needs. */
static bool check_aggregate(const struct waf_reader *r,
                            const struct rate_input *input, const char *path,
                            enum waf_aggregate aggregate)
{
    static const struct {
        const char *field;
        const char *parameter;
        const char *remedy;
    } needs[] = {
        [WAF_BY_IP] = {"", "", ""},
        [WAF_BY_FORWARDED_IP] = {"FORWARDED_IP_CONFIG", "ForwardedIPConfig",
                                 "{HeaderName: X-Forwarded-For, "
                                 "FallbackBehavior: NO_MATCH}"},
        [WAF_BY_CONSTANT] = {"SCOPE_DOWN", "ScopeDownStatement", "{...}"},
        [WAF_BY_KEYS] = {"CUSTOM_KEYS", "CustomKeys",
                         "[{IP: {}}, {HTTPMethod: {}}]"},
    };
    const struct field *fields[] = {
        [WAF_BY_IP] = NULL,
        [WAF_BY_FORWARDED_IP] = &input->forwarded,
        [WAF_BY_CONSTANT] = &input->scope_down,
        [WAF_BY_KEYS] = &input->keys,
    };

    if (aggregate != WAF_BY_IP && !is_given(fields[aggregate])) {
        waf_refuse(&r->resource, field_place(&input->aggregate),
                   needs[aggregate].field, str_of(needs[aggregate].parameter),
                   NULL, "%s has AggregateKeyType %s and no %s\nadd %s: %s",
                   path, aggregates[aggregate], needs[aggregate].parameter,
                   needs[aggregate].parameter, needs[aggregate].remedy);
        return false;
    }
    if (aggregate != WAF_BY_KEYS && is_given(&input->keys)) {
        waf_refuse(&r->resource, &input->keys.value->place, "CUSTOM_KEYS",
                   STR("CustomKeys"), NULL,
                   "%s has CustomKeys and AggregateKeyType %s\nwrite "
                   "AggregateKeyType: CUSTOM_KEYS, or leave them out",
                   path, aggregates[aggregate]);
        return false;
    }
    return true;
}

static void count_rate(struct waf_reader *r, const struct place *place)
{
    enum quota quota = r->group ? QUOTA_WAF_GROUP_RATES : QUOTA_WAF_RATES;
    unsigned max = quota_value(&r->build->config->quotas, quota);

    if (++r->nrates == max + 1)
        waf_limit(&r->resource, place,
                  "there are more than %u rate-based rules\nleave some out, or "
                  "say --quota %s=N",
                  max, quota_name(quota));
}

bool waf_read_rate(struct waf_reader *r, const struct value *value,
                   const struct waf_at *at, struct waf_statement *to)
{
    struct rate_input input = {.value = NULL};
    struct waf_at in = {waf_path(r, at->path, "ScopeDownStatement"),
                        at->depth + 1, true};

    if (!schema_read(&r->resource, &rate_schema, at->path, value, &input))
        return false;
    count_rate(r, &value->key_place);
    to->u.rate.limit = input.limit.number;
    to->u.rate.window_s =
        input.window.ok ? window_seconds[input.window.number] : WINDOW_DEFAULT;
    to->u.rate.aggregate = (enum waf_aggregate)input.aggregate.number;
    if (!check_aggregate(r, &input, at->path, to->u.rate.aggregate) ||
        !waf_read_forwarded(r, &input.forwarded,
                            waf_path(r, at->path, "ForwardedIPConfig"),
                            &to->u.rate.forwarded))
        return false;
    if (is_given(&input.scope_down))
        to->u.rate.scope_down =
            waf_read_statement(r, input.scope_down.value, &in);
    if (is_given(&input.scope_down) && to->u.rate.scope_down == NULL)
        return false;
    return !is_given(&input.keys) || read_keys(r, input.keys.value, at, to);
}
