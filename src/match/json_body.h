/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies in JSON as AWS WAF reads them (aws-waf.md 3.2).
 *
 * Commas may be missing or be several, so may the colon of a member be.  What
 * is wrong ends the reading, and what came before it is there: a byte that
 * cannot stand where it does (also a control in a string, an escape that is
 * none, a word but true, false and null), a key that its object had before (as
 * unescaped), the end before everything is closed, a root that is no object and
 * no array, anything behind the root.  Bytes of strings above 0x7f are not
 * checked.  Elements can nest as deep as they like: nothing here recurses.
 *
 * Time is linear in the body, memory 32 bytes for each key, value, object and
 * array, of which there are at most as many as the body has bytes.
 */
#ifndef SLUICE_MATCH_JSON_BODY_H
#define SLUICE_MATCH_JSON_BODY_H

#include "base/arena.h"
#include "base/str.h"

enum json_kind {
    JSON_NODE_KEY,
    JSON_NODE_STRING,
    JSON_NODE_WORD, /* a number, true, false, null */
    JSON_NODE_OBJECT,
    JSON_NODE_ARRAY,
};

enum { JSON_NONE = UINT32_MAX };

/* In the order of the body: an object is followed by each key and its value. */
struct json_node {
    uint32_t from;   /* KEY, STRING, WORD: place in the body, in the quotes */
    uint32_t n;      /* bytes there */
    uint32_t plain;  /* place of the unescaped bytes in json_body.plain */
    uint32_t nplain; /* JSON_NONE: they are those of the body */
    uint32_t parent; /* object or array that it is in, or JSON_NONE */
    uint32_t key;    /* nearest key that it is the value of, or JSON_NONE */
    uint32_t end;    /* number of the next node that is not below it */
    enum json_kind kind;
};

struct json_body {
    struct str text;
    const char *plain;
    uint32_t n;
    struct json_node *nodes; /* the root is the first */
    const char *fault;       /* NULL: it was read to its end */
    size_t fault_at;         /* byte of the text */
    uint64_t probes;         /* key_table.h */
};

/* A fault is no failure.  False: the arena is at its limit. */
bool json_body_read(struct json_body *json, struct str text,
                    struct arena *arena);

/* A KEY, STRING or WORD as it came. */
static inline struct str json_raw(const struct json_body *json,
                                  const struct json_node *node)
{
    return str_make(json->text.p + node->from, node->n);
}

/* The same without escapes. */
static inline struct str json_plain(const struct json_body *json,
                                    const struct json_node *node)
{
    return node->nplain == JSON_NONE
               ? json_raw(json, node)
               : str_make(json->plain + node->plain, node->nplain);
}

/* The element that a pointer names (RFC 6901), JSON_NONE: there is none. */
uint32_t json_find(const struct json_body *json, struct str pointer);

#endif
