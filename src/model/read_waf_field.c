/* SPDX-License-Identifier: Apache-2.0
 *
 * FieldToMatch: the part of a request that a statement looks at (aws-waf.md 3).
 */
#include "model/read_waf.h"

enum { NAMES_MAX = 199, HEADER_MAX = 64, COOKIE_MAX = 60, POINTER_MAX = 512 };

static const char *const members[] = {
    [WAF_FIELD_METHOD] = "Method",
    [WAF_FIELD_URI_PATH] = "UriPath",
    [WAF_FIELD_URI_FRAGMENT] = "UriFragment",
    [WAF_FIELD_QUERY_STRING] = "QueryString",
    [WAF_FIELD_SINGLE_QUERY_ARGUMENT] = "SingleQueryArgument",
    [WAF_FIELD_ALL_QUERY_ARGUMENTS] = "AllQueryArguments",
    [WAF_FIELD_SINGLE_HEADER] = "SingleHeader",
    [WAF_FIELD_HEADERS] = "Headers",
    [WAF_FIELD_HEADER_ORDER] = "HeaderOrder",
    [WAF_FIELD_COOKIES] = "Cookies",
    [WAF_FIELD_BODY] = "Body",
    [WAF_FIELD_JSON_BODY] = "JsonBody",
    [WAF_FIELD_JA3] = "JA3Fingerprint",
    [WAF_FIELD_JA4] = "JA4Fingerprint",
    [WAF_FIELD_JA4 + 1] = NULL,
};

static const char *const scopes[] = {
    [WAF_SCOPE_ALL] = "ALL",
    [WAF_SCOPE_KEY] = "KEY",
    [WAF_SCOPE_VALUE] = "VALUE",
    [WAF_SCOPE_VALUE + 1] = NULL,
};
static const char *const oversizes[] = {
    [WAF_OVERSIZE_CONTINUE] = "CONTINUE",
    [WAF_OVERSIZE_MATCH] = "MATCH",
    [WAF_OVERSIZE_NO_MATCH] = "NO_MATCH",
    [WAF_OVERSIZE_NO_MATCH + 1] = NULL,
};
/* From WAF_FALLBACK_MATCH on. */
static const char *const fallbacks[] = {"MATCH", "NO_MATCH", NULL};
static const char *const json_fallbacks[] = {"MATCH", "NO_MATCH",
                                             "EVALUATE_AS_STRING", NULL};

struct part_input {
    const struct value *value;
    struct field name;
    struct field fallback;
    struct field pattern;
    struct field scope;
    struct field oversize;
};

#define AT(member) offsetof(struct part_input, member)

#define OVERSIZE(flags_)                                                       \
    {                                                                          \
        .name = "OversizeHandling", .kind = PROPERTY_WORD,                     \
        .offset = AT(oversize), .flags = (flags_), .words = oversizes,         \
        .example = "CONTINUE"                                                  \
    }
#define FALLBACK(name_, words_, flags_)                                        \
    {                                                                          \
        .name = (name_), .kind = PROPERTY_WORD, .offset = AT(fallback),        \
        .flags = (flags_), .words = (words_), .example = "NO_MATCH"            \
    }
#define PATTERN                                                                \
    {.name = "MatchPattern",                                                   \
     .kind = PROPERTY_RAW,                                                     \
     .offset = AT(pattern),                                                    \
     .flags = PROPERTY_REQUIRED,                                               \
     .example = "{All: {}}"},                                                  \
    {                                                                          \
        .name = "MatchScope", .kind = PROPERTY_WORD, .offset = AT(scope),      \
        .flags = PROPERTY_REQUIRED, .words = scopes, .example = "ALL"          \
    }

static const struct property name_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = AT(name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = HEADER_MAX,
     .example = "user-agent"},
};
static const struct property fragment_properties[] = {
    FALLBACK("FallbackBehavior", fallbacks, 0)};
static const struct property fingerprint_properties[] = {
    FALLBACK("FallbackBehavior", fallbacks, PROPERTY_REQUIRED)};
static const struct property parts_properties[] = {PATTERN,
                                                   OVERSIZE(PROPERTY_REQUIRED)};
static const struct property order_properties[] = {OVERSIZE(PROPERTY_REQUIRED)};
static const struct property body_properties[] = {OVERSIZE(0)};
static const struct property json_properties[] = {
    PATTERN, OVERSIZE(0),
    FALLBACK("InvalidFallbackBehavior", json_fallbacks, 0)};

#define PART(table) SCHEMA(table, struct part_input)

static const struct schema schemas[] = {
    [WAF_FIELD_METHOD] = {.size = sizeof(struct part_input)},
    [WAF_FIELD_URI_PATH] = {.size = sizeof(struct part_input)},
    [WAF_FIELD_URI_FRAGMENT] = PART(fragment_properties),
    [WAF_FIELD_QUERY_STRING] = {.size = sizeof(struct part_input)},
    [WAF_FIELD_SINGLE_QUERY_ARGUMENT] = PART(name_properties),
    [WAF_FIELD_ALL_QUERY_ARGUMENTS] = {.size = sizeof(struct part_input)},
    [WAF_FIELD_SINGLE_HEADER] = PART(name_properties),
    [WAF_FIELD_HEADERS] = PART(parts_properties),
    [WAF_FIELD_HEADER_ORDER] = PART(order_properties),
    [WAF_FIELD_COOKIES] = PART(parts_properties),
    [WAF_FIELD_BODY] = PART(body_properties),
    [WAF_FIELD_JSON_BODY] = PART(json_properties),
    [WAF_FIELD_JA3] = PART(fingerprint_properties),
    [WAF_FIELD_JA4] = PART(fingerprint_properties),
};

/* ---- MatchPattern ---------------------------------------------------------------- */

static const char *const header_patterns[] = {"All", "IncludedHeaders",
                                              "ExcludedHeaders", NULL};
static const char *const cookie_patterns[] = {"All", "IncludedCookies",
                                              "ExcludedCookies", NULL};
static const char *const json_patterns[] = {"All", "IncludedPaths", NULL};

static const struct {
    const char *const *words;
    const char *field;
    const char *parameter;
    unsigned length;
} patterns[] = {
    [WAF_FIELD_HEADERS] = {header_patterns, "HEADER_MATCH_PATTERN",
                           "HeaderMatchPattern", HEADER_MAX},
    [WAF_FIELD_COOKIES] = {cookie_patterns, "COOKIE_MATCH_PATTERN",
                           "CookieMatchPattern", COOKIE_MAX},
    [WAF_FIELD_JSON_BODY] = {json_patterns, "JSON_MATCH_PATTERN",
                             "JsonMatchPattern", POINTER_MAX},
};

/* RFC 6901: "/" and what follows, "~" only as ~0 and ~1. */
static bool is_pointer(struct str s)
{
    if (s.n == 0 || s.p[0] != '/')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '~' &&
            (i + 1 == s.n || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
            return false;
    }
    return true;
}

static bool check_pointers(const struct waf_reader *r, const struct value *list,
                           const char *path)
{
    for (const struct value *v = list->first; v; v = v->next) {
        if (is_pointer(v->text))
            continue;
        waf_refuse(&r->resource, &v->place, "JSON_MATCH_PATTERN", v->text,
                   WAF_BAD_FORMAT,
                   "%s cannot have \"" STR_FMT "\"\nwrite JSON pointers such "
                   "as /user/name, with ~1 for / and ~0 for ~",
                   path, STR_ARG(shown(v->text)));
        return false;
    }
    return true;
}

static bool read_pattern(struct waf_reader *r, const struct value *value,
                         const char *path, struct waf_field *field)
{
    const struct value *member;
    unsigned index;

    path = waf_path(r, path, "MatchPattern");
    member = waf_one(r, value, path, patterns[field->type].words,
                     patterns[field->type].field,
                     patterns[field->type].parameter, &index);
    if (member == NULL)
        return false;
    field->pattern = (enum waf_pattern)index;
    if (field->pattern == WAF_PATTERN_ALL)
        return true;
    path = waf_path(r, path, patterns[field->type].words[index]);
    field->names = waf_strings(r, member, path, NAMES_MAX,
                               patterns[field->type].length, &field->nnames);
    return field->names && (field->type != WAF_FIELD_JSON_BODY ||
                            check_pointers(r, member, path));
}

/* ---- the whole --------------------------------------------------------------------- */

bool waf_read_field(struct waf_reader *r, const struct value *value,
                    const char *path, struct waf_field *field)
{
    struct part_input input = {.value = NULL};
    const struct value *member;
    unsigned type;

    member = waf_one(r, value, path, members, "FIELD_TO_MATCH", "FieldToMatch",
                     &type);
    if (member == NULL)
        return false;
    path = waf_path(r, path, members[type]);
    if (!schema_read(&r->resource, &schemas[type], path, member, &input))
        return false;
    field->type = (enum waf_field_type)type;
    field->name = waf_keep_text(r->waf, &input.name);
    field->scope = (enum waf_scope)input.scope.number;
    field->oversize_given = input.oversize.ok;
    field->oversize = (enum waf_oversize)input.oversize.number;
    if (input.fallback.ok)
        field->fallback =
            (enum waf_fallback)(WAF_FALLBACK_MATCH + input.fallback.number);
    return input.pattern.value == NULL ||
           read_pattern(r, input.pattern.value, path, field);
}
