/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookies of all Cookie fields: pieces between `;`, a name in front of the
 * first `=`.  A piece without `=` is a value without a name, as browsers have
 * it (RFC 6265bis §5.6), so that nothing of the field escapes.
 */
#include "match/part_internal.h"

struct walk {
    const struct fields *fields;
    unsigned field;
    struct str rest;
};

static bool next_cookie(struct walk *walk, struct part_value *cookie)
{
    for (;;) {
        struct str piece, rest;

        while (walk->rest.p == NULL) {
            const struct field *f;

            if (walk->field == walk->fields->n)
                return false;
            f = &walk->fields->v[walk->field++];
            if (str_ieq(field_name(walk->fields, f), STR("cookie")))
                walk->rest = field_value(walk->fields, f);
        }
        piece = rest = str_trim(str_cut(&walk->rest, ';'));
        if (piece.n == 0)
            continue;
        cookie->name = str_trim(str_cut(&rest, '='));
        cookie->text = str_trim(rest);
        if (rest.p == NULL)
            *cookie = (struct part_value){.text = piece, .name = STR("")};
        return true;
    }
}

/* False when it is not looked at any more; otherwise its value is cut to what
 * is. */
static bool fits(const struct part_limits *limits, unsigned n, size_t *left,
                 struct part_value *cookie, bool *oversize)
{
    size_t size = cookie->name.n + cookie->text.n;

    *oversize = n == limits->number || size > *left;
    if (n == limits->number || cookie->name.n > *left)
        return false;
    if (size > *left)
        cookie->text.n = *left - cookie->name.n;
    *left -= cookie->name.n + cookie->text.n;
    return true;
}

static unsigned count(const struct part_request *r)
{
    struct walk walk = {.fields = r->request->fields};
    struct part_value cookie = {.is_name = false};
    unsigned n = 0;

    while (n < r->limits->number && next_cookie(&walk, &cookie))
        n++;
    return n;
}

static bool parse(struct part_request *r, struct part_pairs *cookies)
{
    struct walk walk = {.fields = r->request->fields};
    struct part_value cookie = {.is_name = false};
    unsigned n = count(r);
    size_t left = r->limits->fields;

    if (n) {
        cookies->v = arena_take(r->arena, n * sizeof(*cookies->v));
        if (cookies->v == NULL)
            return false;
    }
    while (!cookies->oversize && next_cookie(&walk, &cookie)) {
        if (fits(r->limits, cookies->n, &left, &cookie, &cookies->oversize))
            cookies->v[cookies->n++] = cookie;
    }
    cookies->known = true;
    return true;
}

/* Names of cookies have a case. */
static bool is_selected(const struct waf_field *part, struct str name)
{
    if (part->pattern == WAF_PATTERN_ALL)
        return true;
    for (unsigned i = 0; i < part->nnames; i++) {
        if (str_eq(name, part->names[i]))
            return part->pattern == WAF_PATTERN_INCLUDED;
    }
    return part->pattern == WAF_PATTERN_EXCLUDED;
}

void part_read_cookies(struct part_request *r, const struct waf_field *part,
                       struct part_values *values)
{
    struct part_pairs *cookies = &r->parsed->cookies;

    if (!cookies->known && !parse(r, cookies)) {
        part_fail(values);
        return;
    }
    if (cookies->oversize &&
        !part_oversize(part, values, PART_OVERSIZE_COOKIES))
        return;
    if (cookies->n == 0 || !part_room(r, values, 2 * (size_t)cookies->n))
        return;
    for (unsigned i = 0; i < cookies->n; i++) {
        if (is_selected(part, cookies->v[i].name))
            part_put_pair(values, part->scope, cookies->v[i].name,
                          cookies->v[i].text);
    }
}
