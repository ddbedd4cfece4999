/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers: one, those of a pattern, and their order.
 *
 * What the codec marked as not to be passed on is looked at like the rest.
 */
#include "match/part_internal.h"

/* `wanted` is trimmed. */
static inline bool is_called(struct str name, struct str wanted)
{
    return name.n == wanted.n && str_ieq(name, wanted);
}

/* Also of a name that stands in a rule: AWS trims both. */
static bool is_named(struct str name, struct str wanted)
{
    return is_called(name, str_trim(wanted));
}

/* ---- the host ------------------------------------------------------------ */

/* Whether the target names one (RFC 9112 §3.2.2) that no field says: that is
 * where the request goes, and what its target is told. */
static bool has_other_host(const struct inspected *q)
{
    const struct fields *fields = q->fields;

    if (q->host.n == 0)
        return false;
    for (unsigned i = 0; i < fields->n; i++) {
        struct str value = field_value(fields, &fields->v[i]);

        if (is_called(field_name(fields, &fields->v[i]), STR("host")) &&
            str_istarts(value, q->host) && value.n <= q->host.n + 1)
            return false; /* "h:" says no more than "h" */
    }
    return true;
}

/* ---- one header ---------------------------------------------------------- */

void part_read_header(struct part_request *r, const struct waf_field *part,
                      struct part_values *values)
{
    const struct fields *fields = r->request->fields;
    struct str wanted = str_trim(part->name);
    bool host = is_called(STR("host"), wanted) && has_other_host(r->request);
    unsigned n = 0;

    for (unsigned i = 0; i < fields->n; i++)
        n += is_called(field_name(fields, &fields->v[i]), wanted);
    if (n + host == 0 || !part_room(r, values, n + host))
        return;
    for (unsigned i = 0; values->n < n; i++) {
        const struct field *f = &fields->v[i];

        if (is_called(field_name(fields, f), wanted))
            part_put_pair(values, WAF_SCOPE_VALUE, field_name(fields, f),
                          field_value(fields, f));
    }
    if (host)
        part_put_pair(values, WAF_SCOPE_VALUE, STR("host"), r->request->host);
}

/* ---- the limits ---------------------------------------------------------- */

static void measure(const struct part_request *r, struct part_headers *headers)
{
    const struct fields *fields = r->request->fields;
    size_t left = r->limits->fields;

    headers->known = true;
    for (headers->n = 0; headers->n < fields->n; headers->n++) {
        const struct field *f = &fields->v[headers->n];

        if (headers->n == r->limits->number || f->name_len > left) {
            headers->oversize = true;
            return;
        }
        left -= f->name_len;
        headers->last = f->value_len < left ? f->value_len : left;
        left -= headers->last;
        if (headers->last < f->value_len) {
            headers->oversize = true;
            headers->n++;
            return;
        }
    }
}

/* Those that are looked at; false when the state says it all. */
static bool take_headers(struct part_request *r, const struct waf_field *part,
                         struct part_values *values)
{
    struct part_headers *headers = &r->parsed->headers;

    if (!headers->known)
        measure(r, headers);
    return !headers->oversize ||
           part_oversize(part, values, PART_OVERSIZE_HEADERS);
}

/* ---- headers of a pattern ------------------------------------------------ */

static bool is_selected(const struct waf_field *part, struct str name)
{
    if (part->pattern == WAF_PATTERN_ALL)
        return true;
    for (unsigned i = 0; i < part->nnames; i++) {
        if (is_named(name, part->names[i]))
            return part->pattern == WAF_PATTERN_INCLUDED;
    }
    return part->pattern == WAF_PATTERN_EXCLUDED;
}

void part_read_headers(struct part_request *r, const struct waf_field *part,
                       struct part_values *values)
{
    const struct part_headers *headers = &r->parsed->headers;
    const struct fields *fields = r->request->fields;

    if (!take_headers(r, part, values) ||
        !part_room(r, values, 2 * ((size_t)headers->n + 1)))
        return;
    for (unsigned i = 0; i < headers->n; i++) {
        struct str name = field_name(fields, &fields->v[i]);
        struct str text = field_value(fields, &fields->v[i]);

        if (i + 1 == headers->n)
            text.n = headers->last;
        if (is_selected(part, name))
            part_put_pair(values, part->scope, name, text);
    }
    if (is_selected(part, STR("host")) && has_other_host(r->request))
        part_put_pair(values, part->scope, STR("host"), r->request->host);
}

/* ---- their order --------------------------------------------------------- */

/* In lower case: HTTP/2 has no other, and AWS's example is. */
void part_read_order(struct part_request *r, const struct waf_field *part,
                     struct part_values *values)
{
    const struct part_headers *headers = &r->parsed->headers;
    const struct fields *fields = r->request->fields;
    size_t n = 0;
    char *text, *p;

    if (!take_headers(r, part, values) || headers->n == 0)
        return;
    for (unsigned i = 0; i < headers->n; i++)
        n += fields->v[i].name_len + 1u;
    text = p = arena_take(r->arena, n);
    if (text == NULL) {
        part_fail(values);
        return;
    }
    for (unsigned i = 0; i < headers->n; i++) {
        struct str name = field_name(fields, &fields->v[i]);

        for (size_t k = 0; k < name.n; k++)
            *p++ = str_lower(name.p[k]);
        *p++ = ':';
    }
    part_give(r, values, str_make(text, n - 1), STR(""));
}
