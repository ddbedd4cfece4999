/* SPDX-License-Identifier: Apache-2.0
 *
 * Which statements follow from others, and which exclude each other.
 *
 * Truth has two values here, as within a rule that is applied: what is missing
 * is false.  Whether a rule is applied is lint_applies_with()'s.
 */
#include "waf/lint_internal.h"

enum { REGEX_WORK = 2000 }; /* of compiling one */

/* ---- equal things -------------------------------------------------------------------- */

static bool same_names(const struct waf_field *a, const struct waf_field *b)
{
    if (a->nnames != b->nnames)
        return false;
    for (unsigned i = 0; i < a->nnames; i++) {
        if (!str_eq(a->names[i], b->names[i]))
            return false;
    }
    return true;
}

static bool same_field(const struct waf_field *a, const struct waf_field *b)
{
    bool no_case = a->type == WAF_FIELD_SINGLE_HEADER ||
                   a->type == WAF_FIELD_SINGLE_QUERY_ARGUMENT;

    return a->type == b->type && a->pattern == b->pattern &&
           a->scope == b->scope && a->oversize == b->oversize &&
           a->fallback == b->fallback && a->npre_parse == b->npre_parse &&
           memcmp(a->pre_parse, b->pre_parse, a->npre_parse) == 0 &&
           (no_case ? str_ieq(a->name, b->name) : str_eq(a->name, b->name)) &&
           same_names(a, b);
}

static bool same_chain(const struct waf_chain *a, const struct waf_chain *b)
{
    return a->n == b->n &&
           memcmp(a->transformations, b->transformations, a->n) == 0;
}

bool lint_same_values(const struct waf_statement *a,
                      const struct waf_statement *b)
{
    return same_field(&a->field, &b->field) && same_chain(&a->chain, &b->chain);
}

static bool same_forwarded(const struct waf_forwarded *a,
                           const struct waf_forwarded *b)
{
    return str_ieq(a->header, b->header) && a->fallback == b->fallback &&
           a->position == b->position;
}

/* ---- byte matches ------------------------------------------------------------------------ */

static bool ends(struct str s, struct str end)
{
    return s.n >= end.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

static bool bytes_imply(const struct waf_statement *a,
                        const struct waf_statement *b)
{
    enum waf_position from = a->u.byte_match.position;
    struct str s = a->u.byte_match.search;
    struct str t = b->u.byte_match.search;

    if (from == WAF_EXACTLY)
        return lint_is_true_of(b, s);
    switch (b->u.byte_match.position) {
    case WAF_STARTS_WITH:
        return from == WAF_STARTS_WITH && str_starts(s, t);
    case WAF_ENDS_WITH:
        return from == WAF_ENDS_WITH && ends(s, t);
    case WAF_CONTAINS:
        return memmem(s.p, s.n, t.p, t.n) != NULL;
    case WAF_CONTAINS_WORD:
        return from == WAF_CONTAINS_WORD && str_eq(s, t);
    case WAF_EXACTLY:
        break;
    }
    return false;
}

static bool sizes_imply(const struct waf_statement *a,
                        const struct waf_statement *b)
{
    uint64_t a_least, a_most, b_least, b_most;

    if (a->u.size.comparison == b->u.size.comparison &&
        a->u.size.size == b->u.size.size)
        return true;
    if (a->u.size.comparison == WAF_NE ||
        !lint_size_range(a, &a_least, &a_most))
        return false;
    if (b->u.size.comparison == WAF_NE)
        return b->u.size.size < a_least || b->u.size.size > a_most;
    return lint_size_range(b, &b_least, &b_most) && b_least <= a_least &&
           a_most <= b_most;
}

/* A value that is known whole: as it is after the other one's chain, which may
 * be a longer one. */
static bool exactly_implies(struct lint *lint, const struct waf_statement *a,
                            const struct waf_statement *b)
{
    struct str value;

    if (a->u.byte_match.position != WAF_EXACTLY || a->chain.n > b->chain.n ||
        !same_field(&a->field, &b->field) ||
        memcmp(a->chain.transformations, b->chain.transformations,
               a->chain.n) != 0 ||
        lint_is_true_unseen(&a->field))
        return false;
    if (b->type == WAF_REGEX_MATCH)
        lint->work += REGEX_WORK;
    value = a->u.byte_match.search;
    for (unsigned i = a->chain.n; i < b->chain.n && value.p; i++) {
        struct waf_chain step = {.n = 1};

        step.transformations[0] = b->chain.transformations[i];
        value = lint_transform(lint, &step, value);
    }
    return value.p && lint_is_true_of(b, value);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static bool ranges_imply(struct lint *lint, const struct config_ip_set *a,
                         const struct config_ip_set *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->ipv6 != b->ipv6)
        return false;
    lint->work += (uint64_t)a->n * b->n;
    if (lint->work > LINT_WORK_MAX)
        return false;
    for (unsigned i = 0; i < a->n; i++) {
        unsigned k = 0;

        while (k < b->n && !cidr_covers(&b->ranges[k], &a->ranges[i]))
            k++;
        if (k == b->n)
            return false;
    }
    return true;
}

static bool has_country(const struct waf_statement *s, struct str country)
{
    for (unsigned i = 0; i < s->u.geo.n; i++) {
        if (str_eq(s->u.geo.countries[i], country))
            return true;
    }
    return false;
}

static bool countries_imply(const struct waf_statement *a,
                            const struct waf_statement *b)
{
    for (unsigned i = 0; i < a->u.geo.n; i++) {
        if (!has_country(b, a->u.geo.countries[i]))
            return false;
    }
    return same_forwarded(&a->u.geo.forwarded, &b->u.geo.forwarded);
}

static bool has_number(const struct waf_statement *s, uint32_t number)
{
    for (unsigned i = 0; i < s->u.asn.n; i++) {
        if (s->u.asn.numbers[i] == number)
            return true;
    }
    return false;
}

static bool numbers_imply(const struct waf_statement *a,
                          const struct waf_statement *b)
{
    for (unsigned i = 0; i < a->u.asn.n; i++) {
        if (!has_number(b, a->u.asn.numbers[i]))
            return false;
    }
    return same_forwarded(&a->u.asn.forwarded, &b->u.asn.forwarded);
}

static bool patterns_imply(const struct config_regex_set *a,
                           const struct config_regex_set *b)
{
    if (a == b || a == NULL || b == NULL)
        return a == b;
    for (unsigned i = 0; i < a->n; i++) {
        unsigned k = 0;

        while (k < b->n && !str_eq(a->patterns[i], b->patterns[k]))
            k++;
        if (k == b->n)
            return false;
    }
    return true;
}

static bool labels_imply(const struct lint *lint, const struct waf_statement *a,
                         const struct waf_statement *b)
{
    struct str key = a->u.label.key;
    struct str wide = b->u.label.key;

    if (lint->later > 0)
        return false;
    if (a->u.label.name_space == b->u.label.name_space && str_eq(key, wide))
        return true;
    return b->u.label.name_space && str_starts(key, wide) &&
           str_starts(wide, STR("awswaf:"));
}

/* ---- leaves -------------------------------------------------------------------------------- */

static bool values_imply(const struct waf_statement *a,
                         const struct waf_statement *b)
{
    switch (a->type) {
    case WAF_BYTE_MATCH:
        return bytes_imply(a, b);
    case WAF_SIZE:
        return sizes_imply(a, b);
    case WAF_REGEX_MATCH:
        return str_eq(a->u.regex.pattern, b->u.regex.pattern);
    case WAF_REGEX_SET:
        return patterns_imply(a->u.regex_set, b->u.regex_set);
    case WAF_SQLI:
        return a->u.sqli.high == b->u.sqli.high;
    case WAF_XSS:
        return true;
    default:
        return false;
    }
}

static bool leaf_implies(struct lint *lint, const struct waf_statement *a,
                         const struct waf_statement *b)
{
    if (a->type == WAF_BYTE_MATCH && b->type <= WAF_SIZE &&
        b->type != WAF_REGEX_SET && exactly_implies(lint, a, b))
        return true;
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case WAF_GEO:
        return countries_imply(a, b);
    case WAF_IP_SET:
        return same_forwarded(&a->u.ip_set.forwarded, &b->u.ip_set.forwarded) &&
               ranges_imply(lint, a->u.ip_set.set, b->u.ip_set.set);
    case WAF_ASN:
        return numbers_imply(a, b);
    case WAF_LABEL:
        return labels_imply(lint, a, b);
    default:
        return a->type <= WAF_XSS && lint_same_values(a, b) &&
               values_imply(a, b);
    }
}

/* ---- statements over statements --------------------------------------------------------------- */

static bool is_nested(const struct waf_statement *s)
{
    return s->type == WAF_AND || s->type == WAF_OR;
}

/* Whether it follows for one, or for all, of `s`. */
static bool some_implies(struct lint *lint, const struct waf_statement *s,
                         const struct waf_statement *b)
{
    for (unsigned i = 0; i < s->u.nested.n; i++) {
        if (lint_implies(lint, s->u.nested.statements[i], b))
            return true;
    }
    return false;
}

static bool all_imply(struct lint *lint, const struct waf_statement *s,
                      const struct waf_statement *b)
{
    for (unsigned i = 0; i < s->u.nested.n; i++) {
        if (!lint_implies(lint, s->u.nested.statements[i], b))
            return false;
    }
    return true;
}

static bool implies_some(struct lint *lint, const struct waf_statement *a,
                         const struct waf_statement *s)
{
    for (unsigned i = 0; i < s->u.nested.n; i++) {
        if (lint_implies(lint, a, s->u.nested.statements[i]))
            return true;
    }
    return false;
}

static bool implies_all(struct lint *lint, const struct waf_statement *a,
                        const struct waf_statement *s)
{
    for (unsigned i = 0; i < s->u.nested.n; i++) {
        if (!lint_implies(lint, a, s->u.nested.statements[i]))
            return false;
    }
    return true;
}

static bool nested_implies(struct lint *lint, const struct waf_statement *a,
                           const struct waf_statement *b)
{
    if (a->type == WAF_OR)
        return all_imply(lint, a, b);
    if (b->type == WAF_AND)
        return implies_all(lint, a, b);
    if (b->type == WAF_OR && implies_some(lint, a, b))
        return true;
    return a->type == WAF_AND && some_implies(lint, a, b);
}

/* The other way round in time, too. */
static bool implies_back(struct lint *lint, const struct waf_statement *b,
                         const struct waf_statement *a)
{
    bool implies;

    lint->later = -lint->later;
    implies = lint_implies(lint, b, a);
    lint->later = -lint->later;
    return implies;
}

bool lint_implies(struct lint *lint, const struct waf_statement *a,
                  const struct waf_statement *b)
{
    if (b == NULL || (a == b && lint->later == 0))
        return true;
    if (a == NULL || ++lint->work > LINT_WORK_MAX)
        return false;
    if (is_nested(a) || is_nested(b))
        return nested_implies(lint, a, b);
    if (b->type == WAF_NOT)
        return a->type == WAF_NOT
                   ? implies_back(lint, b->u.nested.statements[0],
                                  a->u.nested.statements[0])
                   : lint_excludes(lint, a, b->u.nested.statements[0]);
    if (a->type == WAF_NOT)
        return false;
    return leaf_implies(lint, a, b);
}

/* ---- what excludes --------------------------------------------------------------------------- */

static bool ranges_exclude(const struct waf_statement *a,
                           const struct waf_statement *b)
{
    uint64_t a_least, a_most, b_least, b_most;

    if (a->u.size.comparison == WAF_NE || b->u.size.comparison == WAF_NE)
        return false;
    return !lint_size_range(a, &a_least, &a_most) ||
           !lint_size_range(b, &b_least, &b_most) || a_most < b_least ||
           b_most < a_least;
}

static bool bytes_exclude(const struct waf_statement *a,
                          const struct waf_statement *b)
{
    struct str s = a->u.byte_match.search;
    struct str t = b->u.byte_match.search;
    enum waf_position position = a->u.byte_match.position;

    if (position != b->u.byte_match.position)
        return false;
    if (position == WAF_STARTS_WITH)
        return !str_starts(s, t) && !str_starts(t, s);
    return position == WAF_ENDS_WITH && !ends(s, t) && !ends(t, s);
}

static bool knows_exactly(const struct waf_statement *s)
{
    return s->type == WAF_BYTE_MATCH && s->u.byte_match.position == WAF_EXACTLY;
}

static bool is_tried(const struct waf_statement *s)
{
    return s->type == WAF_BYTE_MATCH || s->type == WAF_SIZE ||
           s->type == WAF_REGEX_MATCH;
}

static bool values_exclude(struct lint *lint, const struct waf_statement *a,
                           const struct waf_statement *b)
{
    if (!is_tried(a) || !is_tried(b) || !lint_is_single(&a->field) ||
        lint_is_true_unseen(&a->field) || !lint_same_values(a, b))
        return false;
    if (a->type == WAF_REGEX_MATCH || b->type == WAF_REGEX_MATCH)
        lint->work += REGEX_WORK;
    if (knows_exactly(a))
        return !lint_is_true_of(b, a->u.byte_match.search);
    if (knows_exactly(b))
        return !lint_is_true_of(a, b->u.byte_match.search);
    if (a->type != b->type)
        return false;
    return a->type == WAF_SIZE
               ? ranges_exclude(a, b)
               : a->type == WAF_BYTE_MATCH && bytes_exclude(a, b);
}

static bool origins_exclude(const struct waf_statement *a,
                            const struct waf_statement *b)
{
    if (a->type == WAF_GEO) {
        for (unsigned i = 0; i < a->u.geo.n; i++) {
            if (has_country(b, a->u.geo.countries[i]))
                return false;
        }
        return a->u.geo.forwarded.header.n == 0 &&
               b->u.geo.forwarded.header.n == 0;
    }
    for (unsigned i = 0; i < a->u.asn.n; i++) {
        if (has_number(b, a->u.asn.numbers[i]))
            return false;
    }
    return a->u.asn.forwarded.header.n == 0 && b->u.asn.forwarded.header.n == 0;
}

bool lint_excludes(struct lint *lint, const struct waf_statement *a,
                   const struct waf_statement *b)
{
    if (++lint->work > LINT_WORK_MAX)
        return false;
    if (a->type == WAF_NOT)
        return implies_back(lint, b, a->u.nested.statements[0]);
    if (b->type == WAF_NOT)
        return lint_implies(lint, a, b->u.nested.statements[0]);
    if (a->type == b->type && (a->type == WAF_GEO || a->type == WAF_ASN))
        return origins_exclude(a, b);
    return a->type <= WAF_XSS && b->type <= WAF_XSS &&
           values_exclude(lint, a, b);
}

/* ---- whether a rule is applied ----------------------------------------------------------------- */

static struct str header_of(const struct waf_statement *s)
{
    switch (s->type) {
    case WAF_GEO:
        return s->u.geo.forwarded.header;
    case WAF_IP_SET:
        return s->u.ip_set.forwarded.header;
    case WAF_ASN:
        return s->u.asn.forwarded.header;
    default:
        return STR("");
    }
}

static bool needs_header(const struct waf_statement *s, struct str header)
{
    bool nested = is_nested(s) || s->type == WAF_NOT;

    if (!nested)
        return str_ieq(header_of(s), header);
    for (unsigned i = 0; i < s->u.nested.n; i++) {
        if (needs_header(s->u.nested.statements[i], header))
            return true;
    }
    return false;
}

bool lint_applies_with(const struct waf_statement *a,
                       const struct waf_statement *b)
{
    bool nested = is_nested(a) || a->type == WAF_NOT;

    if (!nested)
        return header_of(a).n == 0 || (b && needs_header(b, header_of(a)));
    for (unsigned i = 0; i < a->u.nested.n; i++) {
        if (!lint_applies_with(a->u.nested.statements[i], b))
            return false;
    }
    return true;
}
