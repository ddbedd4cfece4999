/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements about who asks: countries, IP sets, ASNs, labels (aws-waf.md 2.7
 * to 2.10, 1.4).
 */
#include "model/read_waf.h"

enum { COUNTRIES_MAX = 50, ASNS_MAX = 100, LABEL_MAX = 1024 };

/* From WAF_FALLBACK_MATCH on. */
static const char *const fallbacks[] = {"MATCH", "NO_MATCH", NULL};
static const char *const ip_positions[] = {
    [WAF_IP_FIRST] = "FIRST",
    [WAF_IP_LAST] = "LAST",
    [WAF_IP_ANY] = "ANY",
    [WAF_IP_ANY + 1] = NULL,
};

/* ---- ForwardedIPConfig ------------------------------------------------------- */

struct forwarded_input {
    const struct value *value;
    struct field header;
    struct field fallback;
    struct field position;
};

#define FORWARDED(member) offsetof(struct forwarded_input, member)

#define FORWARDED_PROPERTIES                                                   \
    {.name = "HeaderName",                                                     \
     .kind = PROPERTY_STRING,                                                  \
     .offset = FORWARDED(header),                                              \
     .flags = PROPERTY_REQUIRED,                                               \
     .min = 1,                                                                 \
     .max = 255,                                                               \
     .example = "X-Forwarded-For"},                                            \
    {                                                                          \
        .name = "FallbackBehavior", .kind = PROPERTY_WORD,                     \
        .offset = FORWARDED(fallback), .flags = PROPERTY_REQUIRED,             \
        .words = fallbacks, .example = "NO_MATCH"                              \
    }

static const struct property forwarded_properties[] = {FORWARDED_PROPERTIES};
static const struct property ip_set_forwarded_properties[] = {
    FORWARDED_PROPERTIES,
    {.name = "Position",
     .kind = PROPERTY_WORD,
     .offset = FORWARDED(position),
     .flags = PROPERTY_REQUIRED,
     .words = ip_positions,
     .example = "FIRST"},
};

const struct schema waf_forwarded_schema =
    SCHEMA(forwarded_properties, struct forwarded_input);
static const struct schema ip_set_forwarded_schema =
    SCHEMA(ip_set_forwarded_properties, struct forwarded_input);

bool waf_read_forwarded(struct waf_reader *r, const struct field *field,
                        const char *path, struct waf_forwarded *forwarded)
{
    const struct forwarded_input *input = field->items;

    if (!field->ok)
        return field->value == NULL;
    if (!waf_is_word(input->header.text, "-")) {
        waf_refuse(&r->resource, field_place(&input->header), "HEADER_NAME",
                   input->header.text, WAF_BAD_FORMAT,
                   "%s.HeaderName cannot be \"" STR_FMT "\"\nwrite letters, "
                   "digits and \"-\"",
                   path, STR_ARG(shown(input->header.text)));
        return false;
    }
    forwarded->header = waf_keep_text(r->waf, &input->header);
    forwarded->fallback =
        (enum waf_fallback)(WAF_FALLBACK_MATCH + input->fallback.number);
    forwarded->position = (enum waf_ip_position)input->position.number;
    return true;
}

/* ---- statements ----------------------------------------------------------------- */

struct address_input {
    const struct value *value;
    struct field list;
    struct field forwarded;
    struct field arn;
};

#define AT(member) offsetof(struct address_input, member)

static const struct property geo_properties[] = {
    {.name = "CountryCodes",
     .kind = PROPERTY_RAW,
     .offset = AT(list),
     .flags = PROPERTY_REQUIRED,
     .example = "[AQ]"},
    {.name = "ForwardedIPConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(forwarded),
     .schema = &waf_forwarded_schema},
};

static const struct property asn_properties[] = {
    {.name = "AsnList",
     .kind = PROPERTY_RAW,
     .offset = AT(list),
     .flags = PROPERTY_REQUIRED,
     .example = "[64496]"},
    {.name = "ForwardedIPConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(forwarded),
     .schema = &waf_forwarded_schema},
};

static const struct property ip_set_properties[] = {
    {.name = "Arn",
     .kind = PROPERTY_STRING,
     .offset = AT(arn),
     .flags = NEEDED,
     .example = "!GetAtt Addresses.Arn"},
    {.name = "IPSetForwardedIPConfig",
     .kind = PROPERTY_STRUCT,
     .offset = AT(forwarded),
     .schema = &ip_set_forwarded_schema},
};

static const struct schema geo_schema =
    SCHEMA(geo_properties, struct address_input);
static const struct schema asn_schema =
    SCHEMA(asn_properties, struct address_input);
static const struct schema ip_set_schema =
    SCHEMA(ip_set_properties, struct address_input);

static bool check_country(const struct waf_reader *r, const struct value *v,
                          const char *path, struct str code)
{
    if (waf_is_country(code))
        return true;
    waf_refuse(&r->resource, &v->place, "GEO_MATCH_STATEMENT", code,
               WAF_BAD_FORMAT,
               "%s.CountryCodes cannot have \"" STR_FMT "\"\nwrite codes of "
               "ISO 3166 in capitals, such as DE or US",
               path, STR_ARG(shown(code)));
    return false;
}

bool waf_read_geo(struct waf_reader *r, const struct value *value,
                  const struct waf_at *at, struct waf_statement *to)
{
    struct address_input input = {.value = NULL};
    const struct value *v;

    if (!schema_read(&r->resource, &geo_schema, at->path, value, &input))
        return false;
    to->u.geo.countries =
        waf_strings(r, input.list.value, waf_path(r, at->path, "CountryCodes"),
                    COUNTRIES_MAX, 16, &to->u.geo.n);
    if (to->u.geo.countries == NULL)
        return false;
    for (v = input.list.value->first; v; v = v->next) {
        if (!check_country(r, v, at->path, v->text))
            return false;
    }
    return waf_read_forwarded(r, &input.forwarded,
                              waf_path(r, at->path, "ForwardedIPConfig"),
                              &to->u.geo.forwarded);
}

bool waf_read_asn(struct waf_reader *r, const struct value *value,
                  const struct waf_at *at, struct waf_statement *to)
{
    struct address_input input = {.value = NULL};
    const char *path = waf_path(r, at->path, "AsnList");
    const struct str *texts;
    uint32_t *numbers;
    unsigned n;

    if (!schema_read(&r->resource, &asn_schema, at->path, value, &input))
        return false;
    texts = waf_strings(r, input.list.value, path, ASNS_MAX, 16, &n);
    if (texts == NULL)
        return false;
    numbers = waf_take(r->waf, n, sizeof(*numbers));
    for (unsigned i = 0; i < n; i++) {
        uint64_t number;

        if (!str_to_u64(texts[i], UINT32_MAX, &number)) {
            waf_refuse(&r->resource, &input.list.value->place, "STATEMENT",
                       texts[i], WAF_BAD_FORMAT,
                       "%s cannot have \"" STR_FMT "\"\nwrite numbers from 0 "
                       "to 4294967295, such as 64496",
                       path, STR_ARG(shown(texts[i])));
            return false;
        }
        numbers[i] = (uint32_t)number;
    }
    to->u.asn.n = n;
    to->u.asn.numbers = numbers;
    return waf_read_forwarded(r, &input.forwarded,
                              waf_path(r, at->path, "ForwardedIPConfig"),
                              &to->u.asn.forwarded);
}

bool waf_read_ip_set_match(struct waf_reader *r, const struct value *value,
                           const struct waf_at *at, struct waf_statement *to)
{
    struct address_input input = {.value = NULL};

    if (!schema_read(&r->resource, &ip_set_schema, at->path, value, &input))
        return false;
    r->nreferences++;
    to->u.ip_set.set = waf_find(r, KNOWN_IP_SET, &input.arn,
                                waf_path(r, at->path, "Arn"), WAF_NO_MATCH);
    waf_digest_add(&r->sha, r->waf, to->u.ip_set.set);
    return waf_read_forwarded(r, &input.forwarded,
                              waf_path(r, at->path, "IPSetForwardedIPConfig"),
                              &to->u.ip_set.forwarded);
}

/* ---- labels ------------------------------------------------------------------------ */

struct label_input {
    const struct value *value;
    struct field scope;
    struct field key;
};

static const char *const label_scopes[] = {"LABEL", "NAMESPACE", NULL};

static const struct property label_properties[] = {
    {.name = "Scope",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct label_input, scope),
     .flags = PROPERTY_REQUIRED,
     .words = label_scopes,
     .example = "LABEL"},
    {.name = "Key",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct label_input, key),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = LABEL_MAX,
     .example = "suspicious"},
};

static const struct schema label_schema =
    SCHEMA(label_properties, struct label_input);

bool waf_read_label_match(struct waf_reader *r, const struct value *value,
                          const struct waf_at *at, struct waf_statement *to)
{
    struct label_input input = {.value = NULL};
    const char *fault;

    if (!schema_read(&r->resource, &label_schema, at->path, value, &input))
        return false;
    to->u.label.name_space = input.scope.number == 1;
    to->u.label.key = waf_keep_text(r->waf, &input.key);
    fault = waf_label_key_fault(input.key.text, to->u.label.name_space);
    if (fault == NULL)
        return true;
    waf_refuse(&r->resource, field_place(&input.key), "LABEL_MATCH_STATEMENT",
               input.key.text, WAF_BAD_FORMAT,
               "%s.Key cannot be \"" STR_FMT "\": %s", at->path,
               STR_ARG(shown(input.key.text)), fault);
    return false;
}
