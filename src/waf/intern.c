/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/intern.h"

#include <stdlib.h>

#include "base/memory.h"

static void place(struct intern *intern, uint64_t hash, uint32_t index)
{
    uint32_t at = (uint32_t)hash & (intern->cap - 1);

    while (intern->slots[at].index != INTERN_NEW)
        at = (at + 1) & (intern->cap - 1);
    intern->slots[at] = (struct intern_slot){hash, index};
}

static void grow(struct intern *intern)
{
    struct intern old = *intern;

    intern->cap = old.cap ? old.cap * 2 : 64;
    intern->slots = memory_zeroed(intern->cap, sizeof(*intern->slots));
    for (uint32_t i = 0; i < intern->cap; i++)
        intern->slots[i].index = INTERN_NEW;
    for (uint32_t i = 0; i < old.cap; i++)
        if (old.slots[i].index != INTERN_NEW)
            place(intern, old.slots[i].hash, old.slots[i].index);
    free(old.slots);
}

uint32_t intern_find(struct intern *intern, uint64_t hash, uint32_t index,
                     intern_same *same, const void *owner, const void *key)
{
    if (intern->n * 2 >= intern->cap)
        grow(intern);
    for (uint32_t at = (uint32_t)hash & (intern->cap - 1);
         intern->slots[at].index != INTERN_NEW;
         at = (at + 1) & (intern->cap - 1))
        if (intern->slots[at].hash == hash &&
            same(owner, intern->slots[at].index, key))
            return intern->slots[at].index;
    place(intern, hash, index);
    intern->n++;
    return INTERN_NEW;
}

void intern_end(struct intern *intern)
{
    free(intern->slots);
    *intern = (struct intern){.slots = NULL};
}

uint64_t intern_hash(uint64_t hash, const void *p, size_t n)
{
    const unsigned char *bytes = p;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    /* FNV leaves little in the low bits of short texts' last bytes. */
    return hash ^ (hash >> 29);
}

uint64_t intern_hash_u64(uint64_t hash, uint64_t v)
{
    return intern_hash(hash, &v, sizeof(v));
}

uint64_t intern_hash_str(uint64_t hash, struct str s)
{
    return intern_hash(intern_hash_u64(hash, s.n), s.p, s.n);
}
