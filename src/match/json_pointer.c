/* SPDX-License-Identifier: Apache-2.0 */
#include "match/json_body.h"

/* A token of a pointer against a key: "~1" is "/", "~0" is "~". */
static bool is_token(struct str token, struct str key)
{
    size_t n = 0;

    for (size_t i = 0; i < token.n; i++, n++) {
        char c = token.p[i];

        if (c == '~' && i + 1 < token.n &&
            (token.p[i + 1] == '0' || token.p[i + 1] == '1'))
            c = token.p[++i] == '0' ? '~' : '/';
        if (n == key.n || key.p[n] != c)
            return false;
    }
    return n == key.n;
}

static uint32_t member(const struct json_body *json, uint32_t object,
                       struct str token)
{
    uint32_t end = json->nodes[object].end;

    /* The last key may have no value: the text ended there. */
    for (uint32_t i = object + 1; i + 1 < end; i = json->nodes[i + 1].end) {
        if (is_token(token, json_plain(json, &json->nodes[i])))
            return i + 1;
    }
    return JSON_NONE;
}

static uint32_t element(const struct json_body *json, uint32_t array,
                        struct str token)
{
    uint32_t end = json->nodes[array].end;
    uint32_t i = array + 1;
    uint64_t index;

    if (!str_to_u64(token, UINT32_MAX, &index) ||
        (token.n > 1 && *token.p == '0'))
        return JSON_NONE;
    while (index-- && i < end)
        i = json->nodes[i].end;
    return i < end ? i : JSON_NONE;
}

uint32_t json_find(const struct json_body *json, struct str pointer)
{
    uint32_t at = json->n ? 0 : JSON_NONE;

    if (pointer.n == 0)
        return at;
    if (*pointer.p != '/')
        return JSON_NONE;
    pointer = str_make(pointer.p + 1, pointer.n - 1);
    while (pointer.p && at != JSON_NONE) {
        struct str token = str_cut(&pointer, '/');

        if (json->nodes[at].kind == JSON_NODE_OBJECT)
            at = member(json, at, token);
        else if (json->nodes[at].kind == JSON_NODE_ARRAY)
            at = element(json, at, token);
        else
            at = JSON_NONE;
    }
    return at;
}
