/* SPDX-License-Identifier: Apache-2.0
 *
 * What is right as it stands and mostly not what was meant.
 */
#include <stdlib.h>

#include "base/base64.h"
#include "base/suggest.h"
#include "model/managed_groups.h"
#include "waf/describe.h"
#include "waf/lint_internal.h"

enum { CODED_MIN = 8 }; /* characters of what may be base64 by chance */

/* ---- search strings ------------------------------------------------------------------ */

static bool is_quoted(struct str s)
{
    return s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') &&
           s.p[s.n - 1] == s.p[0];
}

static bool is_printable(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] < 0x20 || p[i] >= 0x7f)
            return false;
    }
    return true;
}

/* Whether it is base64 of a text; that is put into `t`. */
static bool is_coded(struct str s, struct text *t)
{
    uint8_t bytes[BASE64_BYTES(WAF_SEARCH_MAX) + 4];
    long n;

    if (s.n < CODED_MIN || s.n > WAF_SEARCH_MAX || s.n % 4)
        return false;
    n = base64_read(s, bytes);
    if (n <= 0 || !is_printable(bytes, (size_t)n))
        return false;
    describe_put_quoted(t, str_make((const char *)bytes, (size_t)n));
    return true;
}

static void check_search(struct lint *lint, const struct lint_at *at,
                         const struct waf_statement *s)
{
    char room[600];
    char other[600];
    struct text shown = text_in(room, sizeof(room));
    struct text decoded = text_in(other, sizeof(other));
    struct str search = s->u.byte_match.search;

    describe_put_quoted(&shown, search);
    if (is_quoted(search))
        lint_say(lint, PROBLEM_WARNING, at, s,
                 "the quotes are bytes of the search string " STR_FMT
                 "\nencode the text without quotes, if they are not meant",
                 STR_ARG(text_str(&shown)));
    else if (search.n && search.p[search.n - 1] == '\n')
        lint_say(lint, PROBLEM_WARNING, at, s,
                 "the search string " STR_FMT " ends with a line end\nencode "
                 "the text without it (`printf %%s TEXT | base64`), if it is "
                 "not meant",
                 STR_ARG(text_str(&shown)));
    else if (is_coded(search, &decoded))
        lint_say(lint, PROBLEM_WARNING, at, s,
                 "the search string " STR_FMT " is base64 of " STR_FMT
                 " itself: requests are searched for the former\nencode it "
                 "once for the API, not at all in SearchString of "
                 "CloudFormation or search_string of Terraform",
                 STR_ARG(text_str(&shown)), STR_ARG(text_str(&decoded)));
}

/* ---- regexes ---------------------------------------------------------------------------- */

/* An upper-case letter that stands for itself; 0: there is none, or it is not
 * simple to tell. */
static char literal_capital(struct str p)
{
    for (size_t i = 0; i < p.n; i++) {
        if (p.p[i] == '\\' || p.p[i] == '[' ||
            (p.p[i] == '(' && i + 1 < p.n && p.p[i + 1] == '?'))
            return 0;
        if (p.p[i] >= 'A' && p.p[i] <= 'Z')
            return p.p[i];
    }
    return 0;
}

static bool ends_in_lower_case(const struct waf_chain *chain)
{
    return chain->n && (chain->transformations[chain->n - 1] == WAF_LOWERCASE ||
                        chain->transformations[chain->n - 1] == WAF_CMD_LINE);
}

static void check_regex(struct lint *lint, const struct lint_at *at,
                        const struct waf_statement *s)
{
    char capital = literal_capital(s->u.regex.pattern);

    if (capital && ends_in_lower_case(&s->chain))
        lint_say(
            lint, PROBLEM_WARNING, at, s,
            "the pattern has '%c', which no value has after %s\nwrite it "
            "in lower case",
            capital,
            waf_transformation_words[s->chain.transformations[s->chain.n - 1]]);
}

/* ---- parts that are cut off, or missing ---------------------------------------------------- */

static const char *cut_part(const struct waf_field *field)
{
    switch (field->type) {
    case WAF_FIELD_BODY:
    case WAF_FIELD_JSON_BODY:
        return "the body";
    case WAF_FIELD_HEADERS:
    case WAF_FIELD_HEADER_ORDER:
        return "the headers";
    case WAF_FIELD_COOKIES:
        return "the cookies";
    default:
        return NULL;
    }
}

static void check_continue(struct lint *lint, const struct lint_at *at,
                           const struct waf_statement *s)
{
    const char *part = cut_part(&s->field);

    if (part == NULL || at->rule->of_group ||
        at->rule->action.type != WAF_ALLOW ||
        s->field.oversize != WAF_OVERSIZE_CONTINUE)
        return;
    lint_say(lint, PROBLEM_WARNING, at, s,
             "the rule allows requests by the first 8192 bytes of %s: nothing "
             "looks at what is behind\nwrite OversizeHandling: NO_MATCH",
             part);
}

static bool may_be_missing(const struct waf_statement *s)
{
    return s->type <= WAF_XSS && s->field.type != WAF_FIELD_METHOD &&
           s->field.type != WAF_FIELD_URI_PATH &&
           s->field.type != WAF_FIELD_HEADERS &&
           s->field.type != WAF_FIELD_HEADER_ORDER &&
           s->field.fallback == WAF_FALLBACK_NONE;
}

static struct str forwarded_header(const struct waf_statement *s)
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

/* A statement under NOT. */
static void check_missing(struct lint *lint, const struct lint_at *at,
                          const struct waf_statement *s)
{
    struct str header = forwarded_header(s);
    bool allows = at->rule->action.type == WAF_ALLOW;
    char room[400];
    struct text part = text_in(room, sizeof(room));

    if (header.n)
        lint_say(lint, PROBLEM_WARNING, at, s,
                 "a request without " STR_FMT " is not what NOT makes of it: "
                 "the whole rule is not applied\nlet another rule see to "
                 "requests without that header",
                 STR_ARG(header));
    if (!may_be_missing(s))
        return;
    describe_put_part(&part, s);
    lint_say(lint, allows ? PROBLEM_WARNING : PROBLEM_NOTE, at, s,
             "NOT makes it true of requests that have no " STR_FMT
             " as well\nadd a statement that it is there (SizeConstraint GE "
             "0), if they are not meant",
             STR_ARG(text_str(&part)));
}

/* ---- statements ---------------------------------------------------------------------------- */

static void walk(struct lint *lint, const struct lint_at *at,
                 const struct waf_statement *s, bool negated)
{
    switch (s->type) {
    case WAF_AND:
    case WAF_OR:
    case WAF_NOT:
        for (unsigned i = 0; i < s->u.nested.n; i++)
            walk(lint, at, s->u.nested.statements[i],
                 negated != (s->type == WAF_NOT));
        return;
    case WAF_RATE:
        if (s->u.rate.scope_down)
            walk(lint, at, s->u.rate.scope_down, negated);
        return;
    case WAF_MANAGED_GROUP:
        if (s->u.group.scope_down)
            walk(lint, at, s->u.group.scope_down, negated);
        return;
    case WAF_BYTE_MATCH:
        check_search(lint, at, s);
        break;
    case WAF_REGEX_MATCH:
        check_regex(lint, at, s);
        break;
    default:
        break;
    }
    if (negated)
        check_missing(lint, at, s);
    else if (s->type <= WAF_XSS)
        check_continue(lint, at, s);
}

/* ---- groups ---------------------------------------------------------------------------------- */

/* Offers what rules the group has; false: nobody knows. */
static bool has_rule(const struct waf_statement *s, struct str name, bool *has,
                     struct suggest *near)
{
    const struct managed_group *managed =
        s->type == WAF_MANAGED_GROUP
            ? managed_group_find(s->u.group.vendor, s->u.group.name)
            : NULL;
    const struct config_rule_group *group = s->u.group.group;

    *has = false;
    for (unsigned i = 0; managed && i < managed->nrules; i++) {
        *has |= str_eq(name, str_of(managed->rules[i].name));
        suggest_offer(near, managed->rules[i].name);
    }
    for (unsigned i = 0; group && !managed && i < group->nrules; i++) {
        *has |= str_eq(name, group->rules[i].name);
        suggest_offer(near, group->rules[i].name.p);
    }
    return managed ? managed->nrules > 0 : group != NULL;
}

static void check_overrides(struct lint *lint, const struct lint_at *at,
                            const struct waf_statement *s)
{
    for (unsigned i = 0; i < s->u.group.noverrides; i++) {
        struct str name = s->u.group.overrides[i].rule;
        struct suggest near = suggest_for(name);
        bool has;

        if (!has_rule(s, name, &has, &near) || has)
            continue;
        if (suggest_best(&near))
            lint_say(lint, PROBLEM_WARNING, at, s,
                     "the group has no rule \"" STR_FMT "\": nothing is "
                     "overridden\ndid you mean %s?",
                     STR_ARG(name), suggest_best(&near));
        else
            lint_say(lint, PROBLEM_WARNING, at, s,
                     "the group has no rule \"" STR_FMT "\": nothing is "
                     "overridden\nleave it out",
                     STR_ARG(name));
    }
}

void lint_habits(struct lint *lint, const struct lint_at *at)
{
    const struct waf_statement *s = at->rule->statement;

    walk(lint, at, s, false);
    if (at->rule->of_group)
        check_overrides(lint, at, s);
}
