/* SPDX-License-Identifier: Apache-2.0
 *
 * What kind of part is read where, and the parts that are one value.
 */
#include "match/part.h"

#include "match/part_internal.h"

bool part_fail(struct part_values *values)
{
    values->state = PART_FAILED;
    values->n = 0;
    return false;
}

bool part_room(struct part_request *r, struct part_values *values, size_t n)
{
    if (n > SIZE_MAX / sizeof(*values->values))
        return part_fail(values);
    values->values = arena_take(r->arena, n * sizeof(*values->values));
    return values->values || part_fail(values);
}

void part_give(struct part_request *r, struct part_values *values,
               struct str text, struct str name)
{
    if (!part_room(r, values, 1))
        return;
    if (text.p == NULL)
        text = STR("");
    values->values[0] = (struct part_value){.text = text, .name = name};
    values->n = 1;
}

void part_put_pair(struct part_values *values, enum waf_scope scope,
                   struct str name, struct str text)
{
    if (scope != WAF_SCOPE_VALUE && name.n)
        values->values[values->n++] =
            (struct part_value){.text = name, .name = name, .is_name = true};
    if (scope != WAF_SCOPE_KEY)
        values->values[values->n++] =
            (struct part_value){.text = text, .name = name};
}

bool part_oversize(const struct waf_field *part, struct part_values *values,
                   uint8_t bit)
{
    values->oversized |= bit;
    if (part->oversize == WAF_OVERSIZE_CONTINUE)
        return true;
    values->state =
        part->oversize == WAF_OVERSIZE_MATCH ? PART_TRUE : PART_FALSE;
    return false;
}

void part_fall_back(const struct waf_field *part, struct part_values *values)
{
    values->state = part->fallback == WAF_FALLBACK_MATCH      ? PART_TRUE
                    : part->fallback == WAF_FALLBACK_NO_MATCH ? PART_FALSE
                                                              : PART_MISSING;
}

bool part_take_body(struct part_request *r, const struct waf_field *part,
                    uint8_t oversize_bit, struct part_values *values,
                    struct str *body)
{
    const struct inspected *q = r->request;

    *body = q->body;
    if (q->grpc)
        return false;
    if (body->n > r->limits->body || !q->body_whole) {
        if (!part_oversize(part, values, oversize_bit))
            return false;
        if (body->n > r->limits->body)
            body->n = r->limits->body;
    }
    return body->n > 0;
}

static void read_body(struct part_request *r, const struct waf_field *part,
                      struct part_values *values)
{
    struct str body;

    if (part_take_body(r, part, PART_OVERSIZE_BODY, values, &body))
        part_give(r, values, body, STR(""));
}

/* What a request may lack: the part says what that means. */
static void read_or_fall_back(struct part_request *r,
                              const struct waf_field *part, bool there,
                              struct str text, struct part_values *values)
{
    if (there)
        part_give(r, values, text, STR(""));
    else
        part_fall_back(part, values);
}

static void read_any(struct part_request *r, const struct waf_field *part,
                     struct part_values *values)
{
    const struct inspected *q = r->request;

    switch (part->type) {
    case WAF_FIELD_METHOD:
        part_give(r, values, q->method, STR(""));
        return;
    case WAF_FIELD_URI_PATH:
        part_give(r, values, q->path, STR(""));
        return;
    case WAF_FIELD_URI_FRAGMENT:
        read_or_fall_back(r, part, q->fragment.p != NULL, q->fragment, values);
        return;
    case WAF_FIELD_QUERY_STRING:
        if (q->query.n)
            part_give(r, values, q->query, STR(""));
        return;
    case WAF_FIELD_SINGLE_QUERY_ARGUMENT:
        part_read_argument(r, part, values);
        return;
    case WAF_FIELD_ALL_QUERY_ARGUMENTS:
        part_read_arguments(r, part, values);
        return;
    case WAF_FIELD_SINGLE_HEADER:
        part_read_header(r, part, values);
        return;
    case WAF_FIELD_HEADERS:
        part_read_headers(r, part, values);
        return;
    case WAF_FIELD_HEADER_ORDER:
        part_read_order(r, part, values);
        return;
    case WAF_FIELD_COOKIES:
        part_read_cookies(r, part, values);
        return;
    case WAF_FIELD_BODY:
        read_body(r, part, values);
        return;
    case WAF_FIELD_JSON_BODY:
        part_read_json(r, part, values);
        return;
    case WAF_FIELD_JA3:
        read_or_fall_back(r, part, q->ja3.n > 0, q->ja3, values);
        return;
    case WAF_FIELD_JA4:
        read_or_fall_back(r, part, q->ja4.n > 0, q->ja4, values);
        return;
    }
}

void part_read(struct part_request *request, const struct waf_field *part,
               struct part_values *values)
{
    *values = (struct part_values){.state = PART_VALUES};
    if (request->parsed == NULL) {
        request->parsed = arena_take(request->arena, sizeof(*request->parsed));
        if (request->parsed == NULL) {
            part_fail(values);
            return;
        }
        *request->parsed = (struct part_parsed){.headers = {.known = false}};
    }
    read_any(request, part, values);
    if (values->state == PART_VALUES && values->n == 0)
        values->state = PART_MISSING;
}
