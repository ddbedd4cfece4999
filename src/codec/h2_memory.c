/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/h2_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In front of each piece; keeps what follows aligned for anything. */
struct head {
    _Alignas(16) size_t room;
    struct head *next; /* while it is kept */
};

/* Under AddressSanitizer nothing is kept, so that it sees every use. */
#if defined(__SANITIZE_ADDRESS__)
enum { KEEP = 0 };
#else
enum { KEEP = H2_MEMORY_KEPT };
#endif

static unsigned class_of(size_t room)
{
    return (unsigned)(room / H2_MEMORY_STEP - 1);
}

void *h2_memory_take(size_t n, void *owner)
{
    struct h2_memory *pool = owner;
    size_t room = (n + H2_MEMORY_STEP - 1) / H2_MEMORY_STEP * H2_MEMORY_STEP;
    struct head *h;

    if (room < n || room > SIZE_MAX - sizeof(*h))
        return NULL;
    if (room == 0)
        room = H2_MEMORY_STEP;
    if (room <= H2_MEMORY_STEP * H2_MEMORY_CLASSES) {
        unsigned class = class_of(room);

        h = pool->free[class];
        if (h) {
            pool->free[class] = h->next;
            pool->kept[class]--;
            return h + 1;
        }
    }
    h = malloc(sizeof(*h) + room);
    if (h == NULL)
        return NULL;
    h->room = room;
    return h + 1;
}

void h2_memory_give(void *p, void *owner)
{
    struct h2_memory *pool = owner;
    struct head *h;
    unsigned class;

    if (p == NULL)
        return;
    h = (struct head *)p - 1;
    class = class_of(h->room);
    if (class >= H2_MEMORY_CLASSES || pool->kept[class] + 1 > KEEP) {
        free(h);
        return;
    }
    h->next = pool->free[class];
    pool->free[class] = h;
    pool->kept[class]++;
}

void *h2_memory_take_zeroed(size_t n, size_t size, void *owner)
{
    void *p;

    if (size && n > SIZE_MAX / size)
        return NULL;
    p = h2_memory_take(n * size, owner);
    if (p)
        memset(p, 0, n * size);
    return p;
}

void *h2_memory_resize(void *p, size_t n, void *owner)
{
    struct head *h;
    void *larger;

    if (p == NULL)
        return h2_memory_take(n, owner);
    h = (struct head *)p - 1;
    if (n <= h->room)
        return p;
    larger = h2_memory_take(n, owner);
    if (larger == NULL)
        return NULL;
    memcpy(larger, p, h->room);
    h2_memory_give(p, owner);
    return larger;
}

void h2_memory_end(struct h2_memory *pool)
{
    for (unsigned i = 0; i < H2_MEMORY_CLASSES; i++) {
        while (pool->free[i]) {
            struct head *h = pool->free[i];

            pool->free[i] = h->next;
            free(h);
        }
        pool->kept[i] = 0;
    }
}
