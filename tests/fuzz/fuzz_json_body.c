/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON bodies: an optional pointer in front of the first LF, the body behind
 * it.  Nodes nest and lie in the text, a fault lies in it too, the number of
 * nodes and of looks into the table of keys is bounded, keys of an object are
 * different, and what jansson reads without a fault has none here.
 */
#include <stdlib.h>

#include <jansson.h>

#include "fuzz.h"
#include "match/json_body.h"
#include "match_check.h"

enum { ARENA_LIMIT = 64 << 20 };

static void check_text(const struct json_body *json,
                       const struct json_node *node)
{
    MATCH_CHECK(node->from + (size_t)node->n <= json->text.n);
    if (node->nplain != JSON_NONE)
        MATCH_CHECK(node->nplain < node->n);
}

static void check_node(const struct json_body *json, uint32_t i)
{
    const struct json_node *node = &json->nodes[i];

    MATCH_CHECK(node->end > i && node->end <= json->n);
    MATCH_CHECK((node->parent == JSON_NONE) == (i == 0));
    if (i) {
        MATCH_CHECK(node->parent < i);
        MATCH_CHECK(node->end <= json->nodes[node->parent].end);
    }
    if (node->key != JSON_NONE)
        MATCH_CHECK(node->key < i &&
                    json->nodes[node->key].kind == JSON_NODE_KEY);
    if (node->kind == JSON_NODE_OBJECT || node->kind == JSON_NODE_ARRAY)
        return;
    MATCH_CHECK(node->end == i + 1);
    check_text(json, node);
}

/* Slow and simple: each key against all others.  The last one of a broken text
 * may be the begin of one. */
static void check_keys(const struct json_body *json)
{
    for (uint32_t i = 0; i < json->n && json->n < 300; i++) {
        for (uint32_t k = i + 1; k < json->n; k++) {
            const struct json_node *a = &json->nodes[i], *b = &json->nodes[k];

            if (a->kind != JSON_NODE_KEY || b->kind != JSON_NODE_KEY ||
                a->parent != b->parent || (json->fault && k + 1 == json->n))
                continue;
            MATCH_CHECK(!str_eq(json_plain(json, a), json_plain(json, b)));
        }
    }
}

/* What is JSON to a strict reader is none of the faults.  jansson passes over
 * some NULs. */
static void check_strict(const struct json_body *json)
{
    json_t *strict;

    if (json->text.n == 0 || memchr(json->text.p, 0, json->text.n))
        return;
    strict = json_loadb(json->text.p, json->text.n,
                        JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    if (strict)
        MATCH_CHECK(json->fault == NULL);
    json_decref(strict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size), pointer = {NULL, 0};
    struct chunk_pool pool = {.free = {NULL}};
    struct arena arena;
    struct json_body json;
    uint32_t found;

    if (size > 1 << 17)
        return 0;
    if (size && memchr(data, '\n', size))
        pointer = str_cut(&text, '\n');
    if (text.p == NULL)
        text = STR("");
    arena_init(&arena, &pool, ARENA_LIMIT);
    MATCH_CHECK(json_body_read(&json, text, &arena));
    MATCH_CHECK(json.n <= text.n && json.fault_at <= text.n);
    MATCH_CHECK(arena.size <= 256 * text.n + 8192);
    MATCH_CHECK(json.probes <= 16 * (uint64_t)json.n + 256);
    for (uint32_t i = 0; i < json.n; i++)
        check_node(&json, i);
    check_keys(&json);
    check_strict(&json);
    found = json_find(&json, pointer);
    MATCH_CHECK(found == JSON_NONE || found < json.n);
    MATCH_CHECK(json_find(&json, STR("")) == (json.n ? 0 : JSON_NONE));
    arena_reset(&arena);
    chunk_pool_end(&pool);
    return 0;
}
