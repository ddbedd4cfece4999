/* SPDX-License-Identifier: Apache-2.0
 *
 * What values can be after a chain of transformations, and so which tests of
 * them are never or always true.
 */
#include "match/bytes.h"
#include "match/regex.h"
#include "match/transform.h"
#include "waf/describe.h"
#include "waf/lint_internal.h"

/* ---- transformations -------------------------------------------------------------- */

struct str lint_transform(struct lint *lint, const struct waf_chain *chain,
                          struct str text)
{
    for (unsigned i = 0; i < chain->n && text.p; i++)
        text = transform_apply((enum transform)chain->transformations[i], text,
                               &lint->arena);
    return text;
}

bool lint_is_true_of(const struct waf_statement *s, struct str value)
{
    struct regex_scratch *scratch;
    struct regex *regex;
    struct error error;
    uint64_t least;
    uint64_t most;
    size_t at;
    bool is = false;

    switch (s->type) {
    case WAF_BYTE_MATCH:
        return bytes_match(s->u.byte_match.position, s->u.byte_match.search,
                           value, &at);
    case WAF_SIZE:
        if (s->u.size.comparison == WAF_NE)
            return value.n != s->u.size.size;
        return lint_size_range(s, &least, &most) && value.n >= least &&
               value.n <= most;
    case WAF_REGEX_MATCH:
        regex = regex_new(s->u.regex.pattern, &error);
        scratch = regex_scratch_new();
        is = regex &&
             regex_search(regex, scratch, value, NULL, NULL) == REGEX_YES;
        regex_release(regex);
        regex_scratch_free(scratch);
        return is;
    default:
        return false;
    }
}

bool lint_is_single(const struct waf_field *field)
{
    switch (field->type) {
    case WAF_FIELD_METHOD:
    case WAF_FIELD_URI_PATH:
    case WAF_FIELD_URI_FRAGMENT:
    case WAF_FIELD_QUERY_STRING:
    case WAF_FIELD_HEADER_ORDER:
    case WAF_FIELD_BODY:
    case WAF_FIELD_JA3:
    case WAF_FIELD_JA4:
        return true;
    default:
        return false;
    }
}

bool lint_is_true_unseen(const struct waf_field *field)
{
    return field->oversize == WAF_OVERSIZE_MATCH ||
           field->fallback == WAF_FALLBACK_MATCH ||
           field->fallback == WAF_FALLBACK_AS_STRING;
}

static bool is_always_there(const struct waf_field *field)
{
    return field->type == WAF_FIELD_METHOD || field->type == WAF_FIELD_URI_PATH;
}

/* ---- what a value can be -------------------------------------------------------------- */

/* What is left of all values by a chain. */
struct shape {
    struct byte_set bytes;
    int removed_by[256]; /* the step that leaves none; -1: the part */
    uint64_t least;      /* bytes */
    uint64_t most;
};

static void forbid(struct shape *shape, const char *bytes, size_t n, int step)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];

        shape->bytes.bits[c >> 6] &= ~(UINT64_C(1) << (c & 63));
        shape->removed_by[c] = step;
    }
}

static void forbid_range(struct shape *shape, char from, char to, int step)
{
    for (char c = from; c <= to; c++)
        forbid(shape, &c, 1, step);
}

static void allow_all(struct shape *shape)
{
    shape->bytes = (struct byte_set){{0}};
    byte_set_invert(&shape->bytes);
}

static bool is_of_line(const struct waf_field *field)
{
    return field->type != WAF_FIELD_BODY && field->type != WAF_FIELD_JSON_BODY;
}

static void begin_shape(struct shape *shape, const struct waf_field *field)
{
    *shape = (struct shape){.most = is_of_line(field) ? LINT_LINE_MAX
                                                      : WAF_BODY_LIMIT};
    allow_all(shape);
    if (is_of_line(field) && field->npre_parse == 0)
        forbid(shape, "\n", 1, -1);
    switch (field->type) {
    case WAF_FIELD_METHOD:
        forbid(shape, " \t/\"(),:;<=>?@[\\]{}", 20, -1);
        shape->least = 1;
        break;
    case WAF_FIELD_URI_PATH:
        forbid(shape, "?#", 2, -1);
        shape->least = 1;
        break;
    case WAF_FIELD_QUERY_STRING:
        forbid(shape, "#", 1, -1);
        shape->least = 1;
        break;
    case WAF_FIELD_SINGLE_QUERY_ARGUMENT:
    case WAF_FIELD_ALL_QUERY_ARGUMENTS:
        if (field->npre_parse == 0)
            forbid(shape, "#&", 2, -1);
        break;
    case WAF_FIELD_HEADER_ORDER:
        forbid_range(shape, 'A', 'Z', -1);
        break;
    case WAF_FIELD_BODY:
        shape->least = 1;
        break;
    case WAF_FIELD_JA3:
        shape->least = shape->most = 32;
        break;
    case WAF_FIELD_JA4:
        shape->least = shape->most = 36;
        break;
    default:
        break;
    }
}

static void become_digest(struct shape *shape, unsigned n)
{
    allow_all(shape);
    shape->least = shape->most = n;
}

#define SPACES "\t\n\v\f\r"

/* Bytes that a transformation never leaves; false: it may make any byte. */
static bool forbid_of(struct shape *shape, enum waf_transformation type,
                      int step)
{
    switch (type) {
    case WAF_LOWERCASE:
        forbid_range(shape, 'A', 'Z', step);
        return true;
    case WAF_UPPERCASE:
        forbid_range(shape, 'a', 'z', step);
        return true;
    case WAF_COMPRESS_WHITE_SPACE:
        byte_set_add(&shape->bytes, ' ');
        forbid(shape, SPACES "\xa0", 6, step);
        return true;
    case WAF_REMOVE_WHITESPACE:
        forbid(shape, SPACES " ", 6, step);
        return true;
    case WAF_CMD_LINE:
        byte_set_add(&shape->bytes, ' ');
        forbid(shape, SPACES "\\\"'^,;", 11, step);
        forbid_range(shape, 'A', 'Z', step);
        return true;
    case WAF_REMOVE_NULLS:
        forbid(shape, "", 1, step);
        return true;
    case WAF_REPLACE_NULLS:
        byte_set_add(&shape->bytes, ' ');
        forbid(shape, "", 1, step);
        return true;
    case WAF_NORMALIZE_PATH_WIN:
        byte_set_add(&shape->bytes, '/');
        forbid(shape, "\\", 1, step);
        return true;
    case WAF_NORMALIZE_PATH:
    case WAF_TRIM:
    case WAF_TRIM_LEFT:
    case WAF_TRIM_RIGHT:
        return true;
    default:
        return false;
    }
}

static bool keeps_length(enum waf_transformation type)
{
    return type == WAF_LOWERCASE || type == WAF_UPPERCASE ||
           type == WAF_REPLACE_NULLS;
}

static void apply(struct shape *shape, const struct waf_chain *chain)
{
    for (unsigned i = 0; i < chain->n; i++) {
        enum waf_transformation type =
            (enum waf_transformation)chain->transformations[i];

        if (type == WAF_MD5 || type == WAF_SHA256) {
            become_digest(shape, type == WAF_MD5 ? 16 : 32);
            continue;
        }
        if (!keeps_length(type))
            shape->least = 0;
        if (type == WAF_UTF8_TO_UNICODE)
            shape->most *= 3;
        /* Case may be folded to letters that were not there before. */
        if (type == WAF_LOWERCASE || type == WAF_UPPERCASE ||
            type == WAF_CMD_LINE)
            byte_set_fold(&shape->bytes);
        if (!forbid_of(shape, type, (int)i))
            allow_all(shape);
    }
}

/* ---- search strings ---------------------------------------------------------------------- */

static enum lint_truth never(struct lint *lint, struct lint_reason *reason,
                             const char *why, const char *remedy)
{
    reason->why = region_copy(&lint->region, str_of(why));
    reason->remedy = region_copy(&lint->region, str_of(remedy));
    return LINT_NEVER;
}

static void put_byte_name(struct text *t, unsigned char c)
{
    if (c > 0x20 && c < 0x7f)
        text_printf(t, "'%c'", c);
    else
        text_printf(t, "\\x%02x", c);
}

static const char *part_remedy(const struct waf_field *field)
{
    switch (field->type) {
    case WAF_FIELD_URI_PATH:
        return "a path ends before \"?\" and \"#\": look at QueryString for "
               "what is behind";
    case WAF_FIELD_SINGLE_QUERY_ARGUMENT:
    case WAF_FIELD_ALL_QUERY_ARGUMENTS:
        return "arguments end at \"&\": look at QueryString for it";
    case WAF_FIELD_HEADER_ORDER:
        return "names are in lower case there";
    default:
        return "look at another part of the request";
    }
}

/* Whether the reader has warned of it: capitals after LOWERCASE. */
static bool is_told(const struct waf_chain *chain, int step)
{
    if (step < 0 || chain->transformations[step] != WAF_LOWERCASE)
        return false;
    for (unsigned i = (unsigned)step + 1; i < chain->n; i++) {
        if (chain->transformations[i] != WAF_COMPRESS_WHITE_SPACE)
            return false;
    }
    return true;
}

/* Says why there is no such byte. */
static enum lint_truth byte_missing(struct lint *lint,
                                    const struct waf_statement *s,
                                    const struct shape *shape, unsigned char c,
                                    struct lint_reason *reason)
{
    char room[300];
    struct text t = text_in(room, sizeof(room) - 1);
    int step = shape->removed_by[c];
    const char *remedy = part_remedy(&s->field);
    enum waf_transformation type =
        step < 0 ? WAF_TRANSFORMATIONS
                 : (enum waf_transformation)s->chain.transformations[step];

    if (is_told(&s->chain, step))
        return LINT_NEVER;
    TEXT_LITERAL(&t, "the search string ");
    describe_put_quoted(&t, s->u.byte_match.search);
    TEXT_LITERAL(&t, " has ");
    put_byte_name(&t, c);
    if (step < 0) {
        TEXT_LITERAL(&t, ", which this part never has");
    } else {
        text_printf(&t, ", which no value has after %s",
                    waf_transformation_words[type]);
        remedy = "write the search string as values are after the "
                 "transformations, or leave that one out";
    }
    if (type == WAF_LOWERCASE)
        remedy = "write the search string in lower case";
    if (type == WAF_UPPERCASE)
        remedy = "write the search string in upper case";
    room[t.n] = '\0';
    return never(lint, reason, room, remedy);
}

/* Applied twice it does no more than once: what it changes it never makes. */
static bool is_idempotent(enum waf_transformation type)
{
    switch (type) {
    case WAF_LOWERCASE:
    case WAF_UPPERCASE:
    case WAF_COMPRESS_WHITE_SPACE:
    case WAF_REMOVE_WHITESPACE:
    case WAF_REMOVE_NULLS:
    case WAF_REPLACE_NULLS:
    case WAF_TRIM:
    case WAF_TRIM_LEFT:
    case WAF_TRIM_RIGHT:
    case WAF_NORMALIZE_PATH:
    case WAF_NORMALIZE_PATH_WIN:
        return true;
    default:
        return false;
    }
}

static enum lint_truth not_made(struct lint *lint,
                                const struct waf_statement *s,
                                enum waf_transformation last, struct str made,
                                struct lint_reason *reason)
{
    char room[500];
    struct text t = text_in(room, sizeof(room) - 1);

    TEXT_LITERAL(&t, "no value is ");
    describe_put_quoted(&t, s->u.byte_match.search);
    text_printf(&t, " after %s, which makes ", waf_transformation_words[last]);
    describe_put_quoted(&t, made);
    TEXT_LITERAL(&t, " of it");
    room[t.n] = '\0';
    return never(lint, reason, room,
                 "write the search string as values are after the "
                 "transformations");
}

/* Strings that the last transformation never leaves anywhere. */
static const char *never_left(enum waf_transformation last)
{
    switch (last) {
    case WAF_COMPRESS_WHITE_SPACE:
        return "  ";
    case WAF_NORMALIZE_PATH:
    case WAF_NORMALIZE_PATH_WIN:
        return "//";
    case WAF_REPLACE_COMMENTS:
        return "/*";
    default:
        return NULL;
    }
}

static enum lint_truth check_last(struct lint *lint,
                                  const struct waf_statement *s,
                                  struct lint_reason *reason)
{
    struct str search = s->u.byte_match.search;
    struct waf_chain chain = {.n = 1};
    enum waf_transformation last;
    const char *string;
    struct str made;

    if (s->chain.n == 0)
        return LINT_DEPENDS;
    last = (enum waf_transformation)s->chain.transformations[s->chain.n - 1];
    chain.transformations[0] = (uint8_t)last;
    made = lint_transform(lint, &chain, search);
    if (made.p == NULL)
        return LINT_DEPENDS;
    if (s->u.byte_match.position == WAF_EXACTLY && is_idempotent(last) &&
        !str_eq(made, search))
        return not_made(lint, s, last, made, reason);
    string = never_left(last);
    if (string && memmem(search.p, search.n, string, strlen(string)))
        return not_made(lint, s, last, made, reason);
    return LINT_DEPENDS;
}

static bool keeps_first(const struct waf_chain *chain)
{
    for (unsigned i = 0; i < chain->n; i++) {
        switch (chain->transformations[i]) {
        case WAF_LOWERCASE:
        case WAF_UPPERCASE:
        case WAF_URL_DECODE:
        case WAF_URL_DECODE_UNI:
        case WAF_COMPRESS_WHITE_SPACE:
        case WAF_NORMALIZE_PATH:
        case WAF_REMOVE_NULLS:
            break;
        default:
            return false;
        }
    }
    return true;
}

static bool is_of_begin(const struct waf_statement *s)
{
    return s->u.byte_match.position == WAF_EXACTLY ||
           s->u.byte_match.position == WAF_STARTS_WITH;
}

static enum lint_truth check_begin(struct lint *lint,
                                   const struct waf_statement *s,
                                   struct lint_reason *reason)
{
    char first = s->u.byte_match.search.p[0];

    if (s->field.type != WAF_FIELD_URI_PATH || !is_of_begin(s) ||
        !keeps_first(&s->chain))
        return LINT_DEPENDS;
    if (first == '/' && s->u.byte_match.search.n == 1 &&
        s->u.byte_match.position == WAF_STARTS_WITH) {
        reason->why = STR("every path begins with \"/\"");
        reason->remedy = STR("write what only the meant paths begin with");
        return LINT_ALWAYS;
    }
    if (first == '/' || first == '*')
        return LINT_DEPENDS;
    return never(lint, reason,
                 "a path begins with \"/\", the search string "
                 "does not",
                 "write the \"/\" as well");
}

static enum lint_truth check_length(struct lint *lint,
                                    const struct waf_statement *s,
                                    const struct shape *shape,
                                    struct lint_reason *reason)
{
    size_t n = s->u.byte_match.search.n;
    bool exactly = s->u.byte_match.position == WAF_EXACTLY;
    struct str why;

    if (n <= shape->most && (!exactly || n >= shape->least))
        return LINT_DEPENDS;
    why = region_printf(&lint->region,
                        "the search string has %zu bytes, and the value %s "
                        "%llu",
                        n, shape->least == shape->most ? "always" : "at most",
                        (unsigned long long)shape->most);
    return never(lint, reason, why.p,
                 shape->least == shape->most && shape->most < 33 &&
                         is_of_line(&s->field) && s->chain.n
                     ? "digests are raw bytes, not hexadecimal digits: write "
                       "those, in base64"
                     : "write the whole of what is compared");
}

static enum lint_truth byte_match(struct lint *lint,
                                  const struct waf_statement *s,
                                  struct lint_reason *reason)
{
    struct str search = s->u.byte_match.search;
    struct shape shape;
    enum lint_truth truth;

    if (search.n == 0)
        return LINT_DEPENDS;
    begin_shape(&shape, &s->field);
    apply(&shape, &s->chain);
    for (size_t i = 0; i < search.n; i++) {
        unsigned char c = (unsigned char)search.p[i];

        if (!byte_set_has(&shape.bytes, c))
            return byte_missing(lint, s, &shape, c, reason);
    }
    truth = check_length(lint, s, &shape, reason);
    if (truth == LINT_DEPENDS)
        truth = check_begin(lint, s, reason);
    return truth == LINT_DEPENDS ? check_last(lint, s, reason) : truth;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

bool lint_size_range(const struct waf_statement *s, uint64_t *least,
                     uint64_t *most)
{
    uint64_t size = s->u.size.size;

    *least = 0;
    *most = UINT64_MAX;
    switch (s->u.size.comparison) {
    case WAF_EQ:
        *least = *most = size;
        break;
    case WAF_LE:
        *most = size;
        break;
    case WAF_LT:
        *most = size - 1;
        return size > 0;
    case WAF_GE:
        *least = size;
        break;
    case WAF_GT:
        *least = size + 1;
        break;
    case WAF_NE:
        break;
    }
    return true;
}

static struct str limit_why(struct lint *lint, const struct waf_statement *s,
                            const struct shape *shape, bool is_never)
{
    char room[200];
    struct text t = text_in(room, sizeof(room) - 1);

    describe_put_part(&t, s);
    if (shape->least == shape->most)
        text_printf(&t, " always has %llu bytes",
                    (unsigned long long)shape->most);
    else if (!is_of_line(&s->field))
        text_printf(&t,
                    " is looked at up to %d bytes, and is as long as that "
                    "at most",
                    WAF_BODY_LIMIT);
    else if (is_never && s->u.size.comparison <= WAF_LT &&
             s->u.size.comparison >= WAF_LE)
        text_printf(&t, " is never that short");
    else
        text_printf(&t, " has %llu to %llu bytes",
                    (unsigned long long)shape->least,
                    (unsigned long long)shape->most);
    return region_copy(&lint->region, text_str(&t));
}

static struct str limit_remedy(const struct waf_statement *s)
{
    if (is_of_line(&s->field))
        return STR("compare with a size that there can be");
    return STR("bodies beyond 8192 bytes are told by OversizeHandling: MATCH "
               "with GT 8192");
}

static enum lint_truth size_match(struct lint *lint,
                                  const struct waf_statement *s,
                                  struct lint_reason *reason)
{
    struct shape shape;
    uint64_t least;
    uint64_t most;
    bool some = lint_size_range(s, &least, &most);
    bool is_never;
    bool is_always;

    begin_shape(&shape, &s->field);
    apply(&shape, &s->chain);
    if (s->u.size.comparison == WAF_NE) {
        is_always = s->u.size.size < shape.least || s->u.size.size > shape.most;
        is_never = shape.least == shape.most && shape.least == s->u.size.size;
    } else {
        is_never = !some || least > shape.most || most < shape.least;
        is_always = some && least <= shape.least && most >= shape.most;
    }
    if (!is_never && !is_always)
        return LINT_DEPENDS;
    reason->why = limit_why(lint, s, &shape, is_never);
    reason->remedy = limit_remedy(s);
    return is_never ? LINT_NEVER : LINT_ALWAYS;
}

/* ---- regexes -------------------------------------------------------------------------------- */

/* It matches the empty string, and asks nothing of where that stands. */
static enum lint_truth regex_match(const struct waf_statement *s,
                                   struct lint_reason *reason)
{
    struct str pattern = s->u.regex.pattern;

    for (size_t i = 0; i < pattern.n; i++) {
        if (strchr("^$\\", pattern.p[i]) ||
            (pattern.p[i] == '(' && i + 1 < pattern.n &&
             pattern.p[i + 1] == '?'))
            return LINT_DEPENDS;
    }
    if (!lint_is_true_of(s, STR("")))
        return LINT_DEPENDS;
    reason->why = STR("the pattern matches nothing at all, too, and so every "
                      "value");
    reason->remedy = STR("write a pattern that needs something to be there");
    return LINT_ALWAYS;
}

/* ---- a statement ---------------------------------------------------------------------------- */

static enum lint_truth of_values(struct lint *lint,
                                 const struct waf_statement *s,
                                 struct lint_reason *reason)
{
    switch (s->type) {
    case WAF_BYTE_MATCH:
        return byte_match(lint, s, reason);
    case WAF_SIZE:
        return size_match(lint, s, reason);
    case WAF_REGEX_MATCH:
        return regex_match(s, reason);
    case WAF_REGEX_SET:
        if (s->u.regex_set == NULL || s->u.regex_set->n)
            return LINT_DEPENDS;
        return never(lint, reason, "the regex pattern set is empty",
                     "add patterns to it");
    default:
        return LINT_DEPENDS;
    }
}

enum lint_truth lint_leaf(struct lint *lint, const struct waf_statement *s,
                          struct lint_reason *reason)
{
    enum lint_truth truth;

    if (s->type == WAF_IP_SET) {
        if (s->u.ip_set.set == NULL || s->u.ip_set.set->n ||
            (s->u.ip_set.forwarded.header.n &&
             s->u.ip_set.forwarded.fallback == WAF_FALLBACK_MATCH))
            return LINT_DEPENDS;
        return never(lint, reason, "the IP set is empty",
                     "add addresses to it");
    }
    if (s->type > WAF_XSS)
        return LINT_DEPENDS;
    truth = of_values(lint, s, reason);
    if (truth == LINT_NEVER && lint_is_true_unseen(&s->field))
        return LINT_DEPENDS;
    if (truth == LINT_ALWAYS && !is_always_there(&s->field))
        return LINT_DEPENDS;
    return truth;
}
