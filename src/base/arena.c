/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>

void *arena_take(struct arena *arena, size_t n)
{
    struct chunk *c = arena->chunks;
    size_t align = alignof(max_align_t);
    void *p;

    if (n > arena->limit - arena->size)
        return NULL;
    n = (n + align - 1) / align * align;
    if (c == NULL || c->cap - c->end < n) {
        c = chunk_take(arena->pool, n + align);
        if (c == NULL)
            return NULL;
        /* data[] itself may stand off the alignment */
        c->end = (uint32_t)(-(uintptr_t)c->data & (align - 1));
        c->next = arena->chunks;
        arena->chunks = c;
    }
    p = c->data + c->end;
    c->end += (uint32_t)n;
    arena->size +=
        n < arena->limit - arena->size ? n : arena->limit - arena->size;
    return p;
}

char *arena_copy(struct arena *arena, const char *p, size_t n)
{
    char *copy = arena_take(arena, n ? n : 1);

    if (copy && n)
        memcpy(copy, p, n);
    return copy;
}
