/* SPDX-License-Identifier: Apache-2.0 */
#include "base/region.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { BLOCK = 16 * 1024 };

struct region_block {
    struct region_block *next;
    size_t cap;
    size_t used;
    alignas(max_align_t) char data[];
};

static struct region_block *add_block(struct region *region, size_t n)
{
    size_t cap = n > BLOCK / 4 ? n : BLOCK;
    struct region_block *block = memory_zeroed(1, sizeof(*block) + cap);

    block->cap = cap;
    block->next = region->blocks;
    region->blocks = block;
    return block;
}

void *region_take(struct region *region, size_t n)
{
    size_t align = alignof(max_align_t);
    size_t size = (n + align - 1) / align * align;
    struct region_block *block = region->blocks;
    void *p;

    if (block == NULL || block->cap - block->used < size)
        block = add_block(region, size);
    p = block->data + block->used;
    block->used += size;
    return p;
}

struct str region_copy(struct region *region, struct str s)
{
    char *p = region_take(region, s.n + 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    return str_make(p, s.n);
}

struct str region_vprintf(struct region *region, const char *format,
                          va_list args)
{
    va_list again;
    char none[1];
    char *p;
    int n;

    va_copy(again, args);
    n = vsnprintf(none, sizeof(none), format, again);
    va_end(again);
    if (n < 0)
        n = 0;
    p = region_take(region, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, args);
    return str_make(p, (size_t)n);
}

struct str region_printf(struct region *region, const char *format, ...)
{
    struct str s;
    va_list args;

    va_start(args, format);
    s = region_vprintf(region, format, args);
    va_end(args);
    return s;
}

void region_end(struct region *region)
{
    while (region->blocks) {
        struct region_block *next = region->blocks->next;

        free(region->blocks);
        region->blocks = next;
    }
}

void region_forget(struct region *region)
{
    for (struct region_block *b = region->blocks; b; b = b->next)
        explicit_bzero(b->data, b->used);
    region_end(region);
}
