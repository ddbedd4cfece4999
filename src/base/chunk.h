/* SPDX-License-Identifier: Apache-2.0
 *
 * Pooled buffers, and queues of them: the bytes that a connection must keep
 * between two events.
 *
 * Reading and writing go through a buffer that the whole thread shares; only
 * what could not be used at once (part of a head, the unsent rest of a body)
 * is copied into chunks.  So an idle connection holds none, and a busy one
 * holds at most what one read brought.
 */
#ifndef SLUICE_BASE_CHUNK_H
#define SLUICE_BASE_CHUNK_H

#include <stdint.h>

#include "base/str.h"

enum { CHUNK_CLASSES = 5 }; /* 1, 4, 16, 64 and 256 KiB */

struct chunk {
    struct chunk *next;
    uint32_t cap;
    uint32_t begin; /* first byte that was not consumed */
    uint32_t end;
    uint32_t class;
    char data[];
};

struct chunk_pool {
    struct chunk *free[CHUNK_CLASSES];
    unsigned nfree[CHUNK_CLASSES];
};

/* Frees what the pool keeps; chunks in use are their owners'. */
void chunk_pool_end(struct chunk_pool *pool);

/* A chunk with room for at least n bytes, empty; NULL without memory.
 * n may be larger than the largest class. */
struct chunk *chunk_take(struct chunk_pool *pool, size_t n);

void chunk_give(struct chunk_pool *pool, struct chunk *chunk);

/* Gives a whole chain and sets it to NULL. */
void chunk_give_all(struct chunk_pool *pool, struct chunk **chain);

static inline size_t chunk_len(const struct chunk *c)
{
    return c->end - c->begin;
}

static inline char *chunk_begin(struct chunk *c)
{
    return c->data + c->begin;
}

#endif
