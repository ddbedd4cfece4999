/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes of Terraform's aws_wafv2_* resources in CloudFormation's words:
 * names in capitals, blocks, which Terraform has as lists, as the maps that they
 * are (aws-waf.md 1.6).  What nobody set (null, "", a list without elements) is
 * left out, but for the addresses of an IP set that has none.
 */
#include "template/waf_file_internal.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define RESOURCE "resource" /* no block has this name */

enum { DEPTH_MAX = 256 };

enum shape {
    AS_IT_IS, /* a scalar, a list of scalars, or a block, which is unwrapped */
    LIST,     /* blocks of which there may be several */
    LEFT_OUT,
};

/* Those that are not just written with capitals. */
static const struct word {
    const char *terraform;
    const char *name; /* NULL: made of the other */
    enum shape shape;
} words[] = {
    {"rule", "Rules", LIST},
    {"text_transformation", "TextTransformations", LIST},
    {"pre_parse_text_transformation", "PreParseTextTransformations", LIST},
    {"rule_label", "RuleLabels", LIST},
    {"custom_key", "CustomKeys", LIST},
    {"rule_action_override", "RuleActionOverrides", LIST},
    {"excluded_rule", "ExcludedRules", LIST},
    {"insert_header", "InsertHeaders", LIST},
    {"response_header", "ResponseHeaders", LIST},
    {"custom_response_body", "CustomResponseBodies", LIST},
    {"regular_expression", "RegularExpressionList", LIST},
    {"data_protection", "DataProtections", LIST},
    {"redacted_fields", "RedactedFields", LIST},
    {"filter", "Filters", LIST},
    {"condition", "Conditions", LIST},
    {"arn", "Arn", AS_IT_IS},
    {"ip", "IP", AS_IT_IS},
    {"asn", "ASN", AS_IT_IS},
    {"forwarded_ip", "ForwardedIP", AS_IT_IS},
    {"forwarded_ip_config", "ForwardedIPConfig", AS_IT_IS},
    {"http_method", "HTTPMethod", AS_IT_IS},
    {"ip_address_version", "IPAddressVersion", AS_IT_IS},
    {"ip_set_reference_statement", "IPSetReferenceStatement", AS_IT_IS},
    {"ip_set_forwarded_ip_config", "IPSetForwardedIPConfig", AS_IT_IS},
    {"ja3_fingerprint", "JA3Fingerprint", AS_IT_IS},
    {"ja4_fingerprint", "JA4Fingerprint", AS_IT_IS},
    {"cloudwatch_metrics_enabled", "CloudWatchMetricsEnabled", AS_IT_IS},
    {"managed_rule_group_configs", NULL, LEFT_OUT},
    {"association_config", NULL, LEFT_OUT},
    {"name_prefix", NULL, LEFT_OUT},
    {"application_integration_url", NULL, LEFT_OUT},
    {"lock_token", NULL, LEFT_OUT},
    {"id", NULL, LEFT_OUT},
    {"region", NULL, LEFT_OUT},
    {"tags", NULL, LEFT_OUT},
    {"tags_all", NULL, LEFT_OUT},
    {"timeouts", NULL, LEFT_OUT},
    {"rule_json", NULL, LEFT_OUT},
};

static struct value *convert(struct waf_loader *l, const struct value *v,
                             struct str of, unsigned depth);

static const struct word *find_word(struct str name)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        if (str_eq(name, str_of(words[i].terraform)))
            return &words[i];
    }
    return NULL;
}

/* "uri_path": UriPath. */
static struct str in_capitals(struct waf_loader *l, struct str name)
{
    char *made = region_take(l->region, name.n + 1);
    bool capital = true;
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (c != '_')
            made[n++] = capital && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        capital = c == '_';
    }
    return str_make(made, n);
}

static bool is_set(const struct value *v)
{
    if (v->kind == VALUE_NULL || (v->kind == VALUE_STRING && v->text.n == 0))
        return false;
    return v->kind != VALUE_LIST || v->first;
}

static bool is_blocks(const struct value *v)
{
    return v->kind == VALUE_LIST && v->first && v->first->kind == VALUE_MAP;
}

/* Some plans have null where others have {}. */
static bool is_empty_block(const struct value *v)
{
    return v->kind == VALUE_LIST && v->first && v->first->kind == VALUE_NULL;
}

/* ---- lists that CloudFormation has in another way --------------------------------- */

/* [{key, content, content_type}]: a map. */
static struct value *as_bodies(struct waf_loader *l, const struct value *list)
{
    struct value *map = value_new(l->region, VALUE_MAP, &list->place);

    for (const struct value *v = list->first; v; v = v->next) {
        const struct value *key = value_get(v, STR("key"));
        struct value *body = value_new(l->region, VALUE_MAP, &v->place);

        for (const struct value *e = v->first; e; e = e->next) {
            struct value *copy = value_copy(l->region, e);

            copy->key_place = e->key_place;
            if (e != key)
                value_put(l->region, body, in_capitals(l, e->key), copy);
        }
        value_put(l->region, map, key ? key->text : STR(""), body);
    }
    return map;
}

/* [{regex_string}]: their texts. */
static struct value *as_patterns(struct waf_loader *l, const struct value *list)
{
    struct value *made = value_new(l->region, VALUE_LIST, &list->place);

    for (const struct value *v = list->first; v; v = v->next) {
        const struct value *text = value_get(v, STR("regex_string"));

        if (text)
            value_append(made, value_copy(l->region, text));
    }
    return made;
}

static struct value *as_list(struct waf_loader *l, const struct value *list,
                             unsigned depth)
{
    struct value *made;

    if (str_eq(list->key, STR("custom_response_body")))
        return as_bodies(l, list);
    if (str_eq(list->key, STR("regular_expression")))
        return as_patterns(l, list);
    made = value_new(l->region, VALUE_LIST, &list->place);
    for (const struct value *v = list->first; v; v = v->next)
        value_append(made, convert(l, v, list->key, depth));
    return made;
}

/* ---- maps --------------------------------------------------------------------------- */

/* In And and Or there are several blocks `statement`. */
static bool is_many(const struct value *v, struct str of)
{
    return str_eq(v->key, STR("statement")) &&
           (str_eq(of, STR("and_statement")) ||
            str_eq(of, STR("or_statement")));
}

static struct value *entry_of(struct waf_loader *l, const struct value *v,
                              struct str of, unsigned depth, struct str *key)
{
    const struct word *word = find_word(v->key);

    *key = word && word->name ? str_of(word->name) : in_capitals(l, v->key);
    if (is_many(v, of)) {
        *key = STR("Statements");
        return as_list(l, v, depth);
    }
    if (word && word->shape == LIST && v->kind == VALUE_LIST)
        return as_list(l, v, depth);
    if (is_empty_block(v))
        return value_new(l->region, VALUE_MAP, &v->place);
    return convert(l, is_blocks(v) ? v->first : v, v->key, depth);
}

/* What a state says beside what the resource was made with. */
static bool is_computed(const struct value *map, const struct value *v,
                        struct str of)
{
    if (!str_eq(of, STR(RESOURCE)))
        return false;
    return str_eq(v->key, STR("arn")) ||
           (str_eq(v->key, STR("capacity")) &&
            value_get(map, STR("default_action")));
}

/* A state that was never read again has null where an IP set is empty; what a plan
 * does not know yet it does not have. */
static bool are_addresses(const struct value *v)
{
    return str_eq(v->key, STR("addresses")) &&
           (v->kind == VALUE_LIST || v->kind == VALUE_NULL);
}

/* `of` is the name that the block has. */
static struct value *convert_map(struct waf_loader *l, const struct value *map,
                                 struct str of, unsigned depth)
{
    struct value *made = value_new(l->region, VALUE_MAP, &map->place);

    for (const struct value *v = map->first; v; v = v->next) {
        const struct word *word = find_word(v->key);
        struct value *entry;
        struct str key;

        if ((!is_set(v) && !are_addresses(v)) ||
            (word && word->shape == LEFT_OUT) || is_computed(map, v, of))
            continue;
        entry = entry_of(l, v, of, depth, &key);
        if (are_addresses(v) && v->kind == VALUE_NULL)
            entry = value_new(l->region, VALUE_LIST, &v->place);
        entry->key_place = v->key_place;
        value_put(l->region, made, key, entry);
    }
    return made;
}

static struct value *convert(struct waf_loader *l, const struct value *v,
                             struct str of, unsigned depth)
{
    struct value *made;

    if (depth == 0) {
        report_error(l->report, &v->place,
                     "blocks are nested too deeply\nmake them fewer");
        return value_new(l->region, VALUE_NULL, &v->place);
    }
    if (v->kind == VALUE_MAP)
        return convert_map(l, v, of, depth - 1);
    made = value_new(l->region, v->kind, &v->place);
    made->text = region_copy(l->region, v->text);
    for (const struct value *e = v->kind == VALUE_LIST ? v->first : NULL; e;
         e = e->next)
        value_append(made, convert(l, e, STR(""), depth - 1));
    return made;
}

struct value *waf_terraform_words(struct waf_loader *l,
                                  const struct value *values)
{
    unsigned errors = l->report->errors;
    struct value *made = convert_map(l, values, STR(RESOURCE), DEPTH_MAX);

    return l->report->errors == errors ? made : NULL;
}
