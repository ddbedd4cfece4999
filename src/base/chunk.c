/* SPDX-License-Identifier: Apache-2.0 */
#include "base/chunk.h"

#include <stdlib.h>

/* Bytes of data per class, such that the whole is a round size. */
#define CHUNK_CAP(class) ((1024u << (2 * (class))) - sizeof(struct chunk))

/* Chunks that a pool keeps of each class: about 1 MiB of each. */
static const unsigned chunk_keep[CHUNK_CLASSES] = {256, 128, 64, 16, 4};

void chunk_pool_end(struct chunk_pool *pool)
{
    for (unsigned class = 0; class < CHUNK_CLASSES; class ++) {
        while (pool->free[class]) {
            struct chunk *c = pool->free[class];

            pool->free[class] = c->next;
            free(c);
        }
        pool->nfree[class] = 0;
    }
}

struct chunk *chunk_take(struct chunk_pool *pool, size_t n)
{
    unsigned class = 0;
    struct chunk *c;

    while (class < CHUNK_CLASSES && CHUNK_CAP(class) < n)
        class ++;
    if (class < CHUNK_CLASSES && pool->free[class]) {
        c = pool->free[class];
        pool->free[class] = c->next;
        pool->nfree[class]--;
    } else {
        size_t cap = class < CHUNK_CLASSES ? CHUNK_CAP(class) : n;

        if (cap > UINT32_MAX)
            return NULL;
        c = malloc(sizeof(*c) + cap);
        if (c == NULL)
            return NULL;
        c->cap = (uint32_t)cap;
        c->class = class;
    }
    c->next = NULL;
    c->begin = c->end = 0;
    return c;
}

void chunk_give(struct chunk_pool *pool, struct chunk *c)
{
    unsigned class = c->class;

    if (class >= CHUNK_CLASSES || pool->nfree[class] >= chunk_keep[class]) {
        free(c);
        return;
    }
    c->next = pool->free[class];
    pool->free[class] = c;
    pool->nfree[class]++;
}

void chunk_give_all(struct chunk_pool *pool, struct chunk **chain)
{
    while (*chain) {
        struct chunk *next = (*chain)->next;

        chunk_give(pool, *chain);
        *chain = next;
    }
}
