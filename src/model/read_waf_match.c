/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements that look at parts of a request: byte match, regexes, size, SQLi,
 * XSS (aws-waf.md 2.1 to 2.6), and their transformations.
 */
#include <limits.h>

#include "base/base64.h"
#include "model/read_waf.h"

enum { REGEX_QUOTA = 200, SEARCH_TEXT_MAX = BASE64_LEN(WAF_SEARCH_MAX) };

const char *const waf_transformation_words[] = {
#define X(name) [WAF_##name] = #name,
#include "model/waf_transformations.def"
#undef X
    [WAF_TRANSFORMATIONS] = NULL,
};

enum { PRE_PARSE_NONE = WAF_PRE_REPLACE_SEMICOLONS + 1 };

static const char *const pre_parse_words[] = {
    [WAF_PRE_URL_DECODE] = "URL_DECODE",
    [WAF_PRE_URL_DECODE_UNI] = "URL_DECODE_UNI",
    [WAF_PRE_COMBINE_DUPLICATES] = "COMBINE_DUPLICATE_QUERY_ARGS_BY_COMMA",
    [WAF_PRE_REPLACE_SEMICOLONS] = "REPLACE_SEMICOLONS_WITH_AMPERSANDS",
    [PRE_PARSE_NONE] = "NONE",
    [PRE_PARSE_NONE + 1] = NULL,
};

struct transformation_input {
    const struct value *value;
    struct field priority;
    struct field type;
};

#define TRANSFORMATION(words_, example_)                                       \
    {                                                                          \
        {.name = "Priority",                                                   \
         .kind = PROPERTY_INTEGER,                                             \
         .offset = offsetof(struct transformation_input, priority),            \
         .flags = PROPERTY_REQUIRED,                                           \
         .max = INT_MAX,                                                       \
         .example = "0"},                                                      \
        {                                                                      \
            .name = "Type", .kind = PROPERTY_WORD,                             \
            .offset = offsetof(struct transformation_input, type),             \
            .flags = PROPERTY_REQUIRED, .words = (words_),                     \
            .example = (example_)                                              \
        }                                                                      \
    }

static const struct property transformation_properties[] =
    TRANSFORMATION(waf_transformation_words, "NONE");
static const struct property pre_parse_properties[] =
    TRANSFORMATION(pre_parse_words, "URL_DECODE");

const struct schema waf_transformation_schema =
    SCHEMA(transformation_properties, struct transformation_input);
static const struct schema pre_parse_schema =
    SCHEMA(pre_parse_properties, struct transformation_input);

/* What all of them have, and what each has besides. */
struct match_input {
    const struct value *value;
    struct field field;
    struct field transformations;
    struct field pre_parse;
    struct field search;
    struct field search_base64;
    struct field constraint;
    struct field regex;
    struct field arn;
    struct field comparison;
    struct field size;
    struct field sensitivity;
};

#define AT(member) offsetof(struct match_input, member)
#define INSPECTING                                                             \
    {.name = "FieldToMatch",                                                   \
     .kind = PROPERTY_RAW,                                                     \
     .offset = AT(field),                                                      \
     .flags = PROPERTY_REQUIRED,                                               \
     .example = "{UriPath: {}}"},                                              \
        {.name = "TextTransformations",                                        \
         .kind = PROPERTY_STRUCTS,                                             \
         .offset = AT(transformations),                                        \
         .flags = PROPERTY_REQUIRED,                                           \
         .schema = &waf_transformation_schema,                                 \
         .example = "[{Priority: 0, Type: NONE}]"},                            \
    {                                                                          \
        .name = "PreParseTextTransformations", .kind = PROPERTY_STRUCTS,       \
        .offset = AT(pre_parse), .schema = &pre_parse_schema,                  \
        .example = "[{Priority: 0, Type: URL_DECODE}]"                         \
    }

/* ---- transformations -------------------------------------------------------------- */

/* The words of a list in the order of their priorities, without `none`. */
static bool order(struct waf_reader *r, const struct field *list,
                  const char *path, unsigned none, uint8_t *into, unsigned *n)
{
    const struct transformation_input *items = list->items;
    unsigned priorities[WAF_TRANSFORMATIONS_MAX];

    *n = 0;
    if (!list->ok)
        return list->value == NULL;
    if (list->n == 0 || list->n > WAF_TRANSFORMATIONS_MAX) {
        waf_refuse(&r->resource, field_place(list), "TEXT_TRANSFORMATION",
                   STR("TextTransformations"), WAF_TOO_FEW,
                   "%s has %u entries: it has 1 to %d\n%s", path, list->n,
                   WAF_TRANSFORMATIONS_MAX,
                   list->n ? "leave some out"
                           : "write [{Priority: 0, Type: NONE}] for none");
        return false;
    }
    for (unsigned i = 0; i < list->n; i++) {
        unsigned priority = items[i].priority.number;
        unsigned at = i;

        for (; at && priorities[at - 1] > priority; at--) {
            priorities[at] = priorities[at - 1];
            into[at] = into[at - 1];
        }
        priorities[at] = priority;
        into[at] = (uint8_t)items[i].type.number;
        if (at && priorities[at - 1] == priority) {
            waf_refuse(&r->resource, field_place(&items[i].priority),
                       "TEXT_TRANSFORMATION", items[i].priority.text, NULL,
                       "%s has two entries of Priority %u\ngive each another "
                       "one",
                       path, priority);
            return false;
        }
    }
    for (unsigned i = 0; i < list->n; i++) {
        if (into[i] != none)
            into[(*n)++] = into[i];
    }
    return true;
}

bool waf_read_chain(struct waf_reader *r, const struct field *list,
                    const char *path, struct waf_chain *chain)
{
    return order(r, list, waf_path(r, path, "TextTransformations"), WAF_NONE,
                 chain->transformations, &chain->n);
}

static bool is_of_arguments(enum waf_field_type type)
{
    return type == WAF_FIELD_SINGLE_QUERY_ARGUMENT ||
           type == WAF_FIELD_ALL_QUERY_ARGUMENTS;
}

static bool read_pre_parse(struct waf_reader *r, const struct field *list,
                           const char *path, struct waf_field *field)
{
    path = waf_path(r, path, "PreParseTextTransformations");
    if (list->value && list->value->kind != VALUE_NULL &&
        !is_of_arguments(field->type)) {
        waf_refuse(&r->resource, &list->value->place,
                   "PRE_PARSE_TEXT_TRANSFORMATION",
                   STR("PreParseTextTransformations"), NULL,
                   "%s is of SingleQueryArgument and AllQueryArguments alone\n"
                   "leave it out",
                   path);
        return false;
    }
    return order(r, list, path, PRE_PARSE_NONE, field->pre_parse,
                 &field->npre_parse);
}

/* ---- what is looked at --------------------------------------------------------------- */

static bool check_fingerprint(const struct waf_reader *r,
                              const struct value *value, const char *path,
                              const struct waf_statement *to)
{
    bool ja =
        to->field.type == WAF_FIELD_JA3 || to->field.type == WAF_FIELD_JA4;

    if (!ja || (to->type == WAF_BYTE_MATCH &&
                to->u.byte_match.position == WAF_EXACTLY))
        return true;
    waf_refuse(&r->resource, &value->place, "FIELD_TO_MATCH",
               STR("FieldToMatch"), NULL,
               "%s.FieldToMatch is a fingerprint of TLS, which only a "
               "ByteMatchStatement EXACTLY looks at\nwrite one",
               path);
    return false;
}

/* What all of them have; what is the statement's own is read before. */
static bool inspect(struct waf_reader *r, const struct match_input *input,
                    const struct waf_at *at, struct waf_statement *to)
{
    return waf_read_field(r, input->field.value,
                          waf_path(r, at->path, "FieldToMatch"), &to->field) &&
           waf_read_chain(r, &input->transformations, at->path, &to->chain) &&
           read_pre_parse(r, &input->pre_parse, at->path, &to->field) &&
           check_fingerprint(r, input->field.value, at->path, to);
}

/* ---- byte match ----------------------------------------------------------------------- */

static const char *const positions[] = {
    [WAF_EXACTLY] = "EXACTLY",
    [WAF_STARTS_WITH] = "STARTS_WITH",
    [WAF_ENDS_WITH] = "ENDS_WITH",
    [WAF_CONTAINS] = "CONTAINS",
    [WAF_CONTAINS_WORD] = "CONTAINS_WORD",
    [WAF_CONTAINS_WORD + 1] = NULL,
};

static const struct property byte_properties[] = {
    INSPECTING,
    {.name = "SearchString",
     .kind = PROPERTY_STRING,
     .offset = AT(search),
     .example = "/admin"},
    {.name = "SearchStringBase64",
     .kind = PROPERTY_STRING,
     .offset = AT(search_base64),
     .example = "L2FkbWlu"},
    {.name = "PositionalConstraint",
     .kind = PROPERTY_WORD,
     .offset = AT(constraint),
     .flags = PROPERTY_REQUIRED,
     .words = positions,
     .example = "STARTS_WITH"},
};

static const struct schema byte_schema =
    SCHEMA(byte_properties, struct match_input);

static bool check_search(const struct waf_reader *r, const struct field *field,
                         const char *path, struct str search)
{
    if (search.n <= WAF_SEARCH_MAX)
        return true;
    waf_refuse(&r->resource, field_place(field), "BYTE_MATCH_STATEMENT",
               STR("SearchString"), NULL,
               "%s.SearchString has %zu bytes: AWS takes %d\nmake it shorter",
               path, search.n, WAF_SEARCH_MAX);
    return false;
}

static bool decode_search(const struct waf_reader *r, const struct field *field,
                          const char *path, struct str *search)
{
    uint8_t bytes[BASE64_BYTES(SEARCH_TEXT_MAX)];
    long n = -1;

    if (field->text.n > SEARCH_TEXT_MAX)
        return check_search(r, field, path,
                            str_make(NULL, BASE64_BYTES(field->text.n)));
    n = base64_read(field->text, bytes);
    if (n < 0) {
        waf_refuse(&r->resource, field_place(field), "BYTE_MATCH_STATEMENT",
                   STR("SearchString"), WAF_BAD_FORMAT,
                   "%s.SearchStringBase64 is \"" STR_FMT "\", which is no "
                   "base64\nwrite what `printf TEXT | base64` prints",
                   path, STR_ARG(shown(field->text)));
        return false;
    }
    *search = waf_keep(r->waf, str_make((const char *)bytes, (size_t)n));
    return check_search(r, field, path, *search);
}

static bool read_search(const struct waf_reader *r,
                        const struct match_input *input, const char *path,
                        struct str *search)
{
    const struct field *text = &input->search;
    const struct field *coded = &input->search_base64;

    if ((text->value && coded->value) || (!text->value && !coded->value)) {
        waf_refuse(&r->resource, &input->value->place, "BYTE_MATCH_STATEMENT",
                   STR("SearchString"), WAF_NONE_OR_MANY,
                   "%s has %s SearchString %s SearchStringBase64\nwrite one of "
                   "them",
                   path, text->value ? "both" : "neither",
                   text->value ? "and" : "nor");
        return false;
    }
    if (coded->value)
        return decode_search(r, coded, path, search);
    *search = waf_keep_text(r->waf, text);
    return check_search(r, text, path, *search);
}

static bool check_word(const struct waf_reader *r,
                       const struct match_input *input, const char *path,
                       const struct waf_statement *to)
{
    if (to->u.byte_match.position != WAF_CONTAINS_WORD ||
        waf_is_word(to->u.byte_match.search, "_"))
        return true;
    waf_refuse(&r->resource, field_place(&input->constraint),
               "BYTE_MATCH_STATEMENT", STR("SearchString"), WAF_BAD_FORMAT,
               "%s: CONTAINS_WORD looks for letters, digits and \"_\" alone\n"
               "write CONTAINS, or another SearchString",
               path);
    return false;
}

/* Nothing in lower case is equal to it. */
static void warn_of_case(const struct waf_reader *r,
                         const struct match_input *input, const char *path,
                         const struct waf_statement *to)
{
    struct str s = to->u.byte_match.search;
    bool lower = false;
    bool upper = false;

    for (unsigned i = 0; i < to->chain.n; i++) {
        if (to->chain.transformations[i] == WAF_LOWERCASE)
            lower = true;
        else if (to->chain.transformations[i] != WAF_COMPRESS_WHITE_SPACE)
            lower = false; /* it may make capitals */
    }
    for (size_t i = 0; i < s.n; i++)
        upper = upper || (s.p[i] >= 'A' && s.p[i] <= 'Z');
    if (lower && upper)
        resource_warning(&r->resource, &input->value->place,
                         "%s never matches: LOWERCASE comes before it, and "
                         "SearchString has capitals\nwrite it in lower case",
                         path);
}

bool waf_read_byte_match(struct waf_reader *r, const struct value *value,
                         const struct waf_at *at, struct waf_statement *to)
{
    struct match_input input = {.value = NULL};

    if (!schema_read(&r->resource, &byte_schema, at->path, value, &input) ||
        !read_search(r, &input, at->path, &to->u.byte_match.search))
        return false;
    to->u.byte_match.position = (enum waf_position)input.constraint.number;
    if (!check_word(r, &input, at->path, to) || !inspect(r, &input, at, to))
        return false;
    warn_of_case(r, &input, at->path, to);
    return true;
}

/* ---- regexes ---------------------------------------------------------------------------- */

static const struct property regex_properties[] = {
    INSPECTING,
    {.name = "RegexString",
     .kind = PROPERTY_STRING,
     .offset = AT(regex),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = WAF_REGEX_MAX,
     .example = "\"^/admin\""},
};

static const struct property set_properties[] = {
    INSPECTING,
    {.name = "Arn",
     .kind = PROPERTY_STRING,
     .offset = AT(arn),
     .flags = NEEDED,
     .example = "!GetAtt Patterns.Arn"},
};

static const struct schema regex_schema =
    SCHEMA(regex_properties, struct match_input);
static const struct schema set_schema =
    SCHEMA(set_properties, struct match_input);

bool waf_read_regex_match(struct waf_reader *r, const struct value *value,
                          const struct waf_at *at, struct waf_statement *to)
{
    struct match_input input = {.value = NULL};

    if (!schema_read(&r->resource, &regex_schema, at->path, value, &input))
        return false;
    to->u.regex.pattern = waf_keep_text(r->waf, &input.regex);
    if (to->u.regex.pattern.n > REGEX_QUOTA && !r->managed)
        resource_warning(&r->resource, field_place(&input.regex),
                         "%s.RegexString has %zu characters: AWS's quota is "
                         "%d\nmake it shorter, or ask AWS for more",
                         at->path, to->u.regex.pattern.n, REGEX_QUOTA);
    return inspect(r, &input, at, to);
}

bool waf_read_regex_set_match(struct waf_reader *r, const struct value *value,
                              const struct waf_at *at, struct waf_statement *to)
{
    struct match_input input = {.value = NULL};

    if (!schema_read(&r->resource, &set_schema, at->path, value, &input))
        return false;
    r->nreferences++;
    to->u.regex_set = waf_find(r, KNOWN_REGEX_SET, &input.arn,
                               waf_path(r, at->path, "Arn"), WAF_NO_MATCH);
    waf_digest_add(&r->sha, r->waf, to->u.regex_set);
    return inspect(r, &input, at, to);
}

/* ---- size, SQLi, XSS ------------------------------------------------------------------------ */

static const char *const comparisons[] = {
    [WAF_EQ] = "EQ", [WAF_NE] = "NE", [WAF_LE] = "LE",     [WAF_LT] = "LT",
    [WAF_GE] = "GE", [WAF_GT] = "GT", [WAF_GT + 1] = NULL,
};
static const char *const levels[] = {"LOW", "HIGH", NULL};

static const struct property size_properties[] = {
    INSPECTING,
    {.name = "ComparisonOperator",
     .kind = PROPERTY_WORD,
     .offset = AT(comparison),
     .flags = PROPERTY_REQUIRED,
     .words = comparisons,
     .example = "GT"},
    {.name = "Size",
     .kind = PROPERTY_STRING,
     .offset = AT(size),
     .flags = PROPERTY_REQUIRED,
     .example = "8192"},
};

static const struct property sqli_properties[] = {
    INSPECTING,
    {.name = "SensitivityLevel",
     .kind = PROPERTY_WORD,
     .offset = AT(sensitivity),
     .words = levels,
     .example = "LOW"},
};

static const struct property xss_properties[] = {INSPECTING};

static const struct schema size_schema =
    SCHEMA(size_properties, struct match_input);
static const struct schema sqli_schema =
    SCHEMA(sqli_properties, struct match_input);
static const struct schema xss_schema =
    SCHEMA(xss_properties, struct match_input);

bool waf_read_size(struct waf_reader *r, const struct value *value,
                   const struct waf_at *at, struct waf_statement *to)
{
    const uint64_t most = 21474836480;
    struct match_input input = {.value = NULL};

    if (!schema_read(&r->resource, &size_schema, at->path, value, &input))
        return false;
    if (!str_to_u64(input.size.text, most, &to->u.size.size)) {
        waf_refuse(&r->resource, field_place(&input.size),
                   "SIZE_CONSTRAINT_STATEMENT", input.size.text, NULL,
                   "%s.Size is \"" STR_FMT "\": it must be a whole number from "
                   "0 to %llu\nwrite Size: 8192",
                   at->path, STR_ARG(shown(input.size.text)),
                   (unsigned long long)most);
        return false;
    }
    to->u.size.comparison = (enum waf_comparison)input.comparison.number;
    return inspect(r, &input, at, to);
}

bool waf_read_sqli(struct waf_reader *r, const struct value *value,
                   const struct waf_at *at, struct waf_statement *to)
{
    struct match_input input = {.value = NULL};

    if (!schema_read(&r->resource, &sqli_schema, at->path, value, &input))
        return false;
    to->u.sqli.high = input.sensitivity.ok && input.sensitivity.number == 1;
    return inspect(r, &input, at, to);
}

bool waf_read_xss(struct waf_reader *r, const struct value *value,
                  const struct waf_at *at, struct waf_statement *to)
{
    struct match_input input = {.value = NULL};

    return schema_read(&r->resource, &xss_schema, at->path, value, &input) &&
           inspect(r, &input, at, to);
}
