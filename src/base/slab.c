/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slab.h"

#include <stdlib.h>

enum { SLAB_BLOCK = 16384, SLAB_ALIGN = 16 };

void slab_init(struct slab *slab, size_t size)
{
    size = (size + SLAB_ALIGN - 1) / SLAB_ALIGN * SLAB_ALIGN;
    *slab = (struct slab){.size = size};
}

void slab_end(struct slab *slab)
{
    while (slab->blocks) {
        void *next = *(void **)slab->blocks;

        free(slab->blocks);
        slab->blocks = next;
    }
    slab->free = NULL;
}

static void slab_grow(struct slab *slab)
{
    size_t n = (SLAB_BLOCK - SLAB_ALIGN) / slab->size;
    char *block = malloc(SLAB_ALIGN + n * slab->size); /* no rest unused */

    if (block == NULL)
        return;
    *(void **)(void *)block = slab->blocks;
    slab->blocks = block;
    for (size_t i = 0; i < n; i++) {
        void *object = block + SLAB_ALIGN + i * slab->size;

        *(void **)object = slab->free;
        slab->free = object;
    }
}

void *slab_take(struct slab *slab)
{
    void *object;

    if (slab->free == NULL)
        slab_grow(slab);
    object = slab->free;
    if (object) {
        slab->free = *(void **)object;
        slab->used++;
    }
    return object;
}

void slab_give(struct slab *slab, void *object)
{
    *(void **)object = slab->free;
    slab->free = object;
    slab->used--;
}
