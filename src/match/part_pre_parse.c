/* SPDX-License-Identifier: Apache-2.0
 *
 * PreParseTextTransformations (aws-waf.md 4.4): what happens to a query before
 * it is split into arguments.
 */
#include "match/key_table.h"
#include "match/part_internal.h"
#include "match/query.h"
#include "match/transform.h"

static struct str replace_semicolons(struct str query, struct arena *arena)
{
    char *copy;

    if (memchr(query.p, ';', query.n) == NULL)
        return query;
    copy = arena_copy(arena, query.p, query.n);
    for (size_t i = 0; copy && i < query.n; i++) {
        if (copy[i] == ';')
            copy[i] = '&';
    }
    return str_make(copy, query.n);
}

/* ---- one argument of several --------------------------------------------- */

enum { NONE = UINT32_MAX };

struct argument {
    struct query_parameter p;
    uint32_t next; /* of the same name */
    uint32_t last; /* of the first of a name: where the next one is added */
    bool again;    /* its name was there before */
};

struct combine {
    struct arena *arena;
    struct argument *v;
    uint32_t n;
    bool any;
};

struct name {
    const struct argument *v;
    struct str name;
};

/* As everywhere: names of arguments have no case. */
static bool is_same(const void *owner, uint32_t number)
{
    const struct name *name = owner;

    return str_ieq(name->v[number].p.key, name->name);
}

static bool split(struct combine *c, struct str query)
{
    struct query_parameter p;
    struct str rest = query;
    size_t n = 0;

    while (query_next(&rest, &p))
        n++;
    c->v = arena_take(c->arena, (n + 1) * sizeof(*c->v));
    if (c->v == NULL)
        return false;
    while (query_next(&query, &p)) {
        c->v[c->n] = (struct argument){.p = p, .next = NONE, .last = c->n};
        c->n++;
    }
    return true;
}

static bool group(struct combine *c)
{
    struct key_table names = {.arena = c->arena};

    for (uint32_t i = 0; i < c->n; i++) {
        struct name name = {.v = c->v, .name = c->v[i].p.key};
        uint32_t first = key_table_put(&names, key_hash(name.name, 0, true), i,
                                       is_same, &name);

        if (first == KEY_TABLE_FAILED)
            return false;
        if (first == i)
            continue;
        c->any = c->v[i].again = true;
        c->v[c->v[first].last].next = i;
        c->v[first].last = i;
    }
    return true;
}

static char *put_str(char *to, struct str s)
{
    if (s.n)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

/* "name=value,value" for each name where it came first. */
static struct str join(const struct combine *c, size_t room)
{
    char *text = arena_take(c->arena, room);
    char *to = text;

    for (uint32_t i = 0; text && i < c->n; i++) {
        const struct argument *a = &c->v[i];

        if (a->again)
            continue;
        if (to > text)
            *to++ = '&';
        if (a->next == NONE) {
            to = put_str(to, a->p.whole);
            continue;
        }
        to = put_str(to, a->p.key);
        *to++ = '=';
        to = put_str(to, a->p.value);
        for (uint32_t k = a->next; k != NONE; k = c->v[k].next) {
            *to++ = ',';
            to = put_str(to, c->v[k].p.value);
        }
    }
    return str_make(text, text ? (size_t)(to - text) : 0);
}

static struct str combine(struct str query, struct arena *arena)
{
    struct combine c = {.arena = arena};

    if (!split(&c, query) || !group(&c))
        return str_make(NULL, 0);
    /* A piece without "=" gets one. */
    return c.any ? join(&c, query.n + c.n + 1) : query;
}

struct str part_pre_parse(const struct waf_field *part, struct str query,
                          struct arena *arena)
{
    for (unsigned i = 0; i < part->npre_parse && query.p; i++) {
        switch ((enum waf_pre_parse)part->pre_parse[i]) {
        case WAF_PRE_URL_DECODE:
            query = transform_apply(TRANSFORM_URL_DECODE, query, arena);
            break;
        case WAF_PRE_URL_DECODE_UNI:
            query = transform_apply(TRANSFORM_URL_DECODE_UNI, query, arena);
            break;
        case WAF_PRE_COMBINE_DUPLICATES:
            query = combine(query, arena);
            break;
        case WAF_PRE_REPLACE_SEMICOLONS:
            query = replace_semicolons(query, arena);
            break;
        }
    }
    return query;
}
