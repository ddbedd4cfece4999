/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that lives as long as one request: taken piece by piece, given back
 * at once.  Backed by pooled chunks; an arena that nobody used holds none.
 */
#ifndef SLUICE_BASE_ARENA_H
#define SLUICE_BASE_ARENA_H

#include "base/chunk.h"

struct arena {
    struct chunk_pool *pool;
    struct chunk *chunks; /* newest first */
    size_t size;          /* bytes given out */
    size_t limit;         /* arena_take() fails beyond */
};

static inline void arena_init(struct arena *arena, struct chunk_pool *pool,
                              size_t limit)
{
    *arena = (struct arena){.pool = pool, .limit = limit};
}

/* n bytes, aligned for any type, undefined contents; NULL beyond the limit or
 * without memory. */
void *arena_take(struct arena *arena, size_t n);

/* A copy of n bytes; NULL as arena_take(). */
char *arena_copy(struct arena *arena, const char *p, size_t n);

/* Gives everything back; the arena can be used again. */
static inline void arena_reset(struct arena *arena)
{
    if (arena->chunks)
        chunk_give_all(arena->pool, &arena->chunks);
    arena->size = 0;
}

#endif
