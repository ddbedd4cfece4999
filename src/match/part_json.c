/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys and values of a body in JSON.  A text with escapes is there twice: as it
 * came, and as what it stands for.
 */
#include "match/part_internal.h"

/* Nodes of the body from `from` up to `to`. */
struct range {
    uint32_t from;
    uint32_t to;
};

static bool read_body(struct part_request *r, struct str text)
{
    struct part_json *json = &r->parsed->json;

    if (!json->known) {
        json->known = true;
        json->failed = !json_body_read(&json->body, text, r->arena);
    }
    return !json->failed;
}

/* ---- what is looked at --------------------------------------------------- */

/* What is below the pointer: of a value that has nothing below, itself. */
static struct range below(const struct json_body *json, struct str pointer)
{
    uint32_t at = json_find(json, pointer);

    if (at == JSON_NONE)
        return (struct range){0, 0};
    if (json->nodes[at].kind == JSON_NODE_OBJECT ||
        json->nodes[at].kind == JSON_NODE_ARRAY)
        return (struct range){at + 1, json->nodes[at].end};
    return (struct range){at, at + 1};
}

/* Ranges are apart or one is in the other; a range that another has says
 * nothing new. */
static bool is_covered(const struct range *ranges, unsigned n, unsigned i)
{
    struct range r = ranges[i];

    for (unsigned k = 0; k < n; k++) {
        if (k != i && ranges[k].from <= r.from && r.to <= ranges[k].to &&
            (k < i || ranges[k].from != r.from || ranges[k].to != r.to))
            return true;
    }
    return false;
}

/* NULL: the arena is at its limit. */
static struct range *select_ranges(struct part_request *r,
                                   const struct waf_field *part, unsigned *n)
{
    const struct json_body *json = &r->parsed->json.body;
    struct range *ranges;

    *n = part->pattern == WAF_PATTERN_ALL ? 1 : part->nnames;
    ranges = arena_take(r->arena, (*n + 1) * sizeof(*ranges));
    if (ranges == NULL)
        return NULL;
    if (part->pattern == WAF_PATTERN_ALL) {
        ranges[0] = (struct range){0, json->n};
        return ranges;
    }
    for (unsigned i = 0; i < part->nnames; i++)
        ranges[i] = below(json, part->names[i]);
    for (unsigned i = 0; i < part->nnames; i++) {
        if (is_covered(ranges, part->nnames, i))
            ranges[i].to = ranges[i].from;
    }
    return ranges;
}

/* ---- values -------------------------------------------------------------- */

static bool is_wanted(const struct json_node *node, enum waf_scope scope)
{
    switch (node->kind) {
    case JSON_NODE_KEY:
        return scope != WAF_SCOPE_VALUE;
    case JSON_NODE_STRING:
    case JSON_NODE_WORD:
        return scope != WAF_SCOPE_KEY;
    case JSON_NODE_OBJECT:
    case JSON_NODE_ARRAY:
        break;
    }
    return false;
}

static size_t count(const struct json_body *json, struct range range,
                    enum waf_scope scope)
{
    size_t n = 0;

    for (uint32_t i = range.from; i < range.to; i++) {
        if (is_wanted(&json->nodes[i], scope))
            n += json->nodes[i].nplain == JSON_NONE ? 1 : 2;
    }
    return n;
}

static void put(const struct json_body *json, const struct json_node *node,
                struct part_values *values)
{
    struct part_value value = {.text = json_raw(json, node), .name = STR("")};

    value.is_name = node->kind == JSON_NODE_KEY;
    if (value.is_name)
        value.name = json_plain(json, node);
    else if (node->key != JSON_NONE)
        value.name = json_plain(json, &json->nodes[node->key]);
    values->values[values->n++] = value;
    if (node->nplain == JSON_NONE)
        return;
    value.text = json_plain(json, node);
    values->values[values->n++] = value;
}

static void put_ranges(struct part_request *r, const struct waf_field *part,
                       struct part_values *values)
{
    const struct json_body *json = &r->parsed->json.body;
    struct range *ranges;
    unsigned nranges;
    size_t n = 0;

    ranges = select_ranges(r, part, &nranges);
    if (ranges == NULL) {
        part_fail(values);
        return;
    }
    for (unsigned i = 0; i < nranges; i++)
        n += count(json, ranges[i], part->scope);
    if (n == 0 || !part_room(r, values, n))
        return;
    for (unsigned i = 0; i < nranges; i++) {
        for (uint32_t k = ranges[i].from; k < ranges[i].to; k++) {
            if (is_wanted(&json->nodes[k], part->scope))
                put(json, &json->nodes[k], values);
        }
    }
}

void part_read_json(struct part_request *r, const struct waf_field *part,
                    struct part_values *values)
{
    struct str text;

    if (!part_take_body(r, part, PART_OVERSIZE_JSON, values, &text))
        return;
    if (!read_body(r, text)) {
        part_fail(values);
        return;
    }
    if (r->parsed->json.body.fault) {
        if (part->fallback == WAF_FALLBACK_AS_STRING) {
            part_give(r, values, text, STR(""));
            return;
        }
        if (part->fallback != WAF_FALLBACK_NONE) {
            part_fall_back(part, values);
            return;
        }
    }
    put_ranges(r, part, values);
}
