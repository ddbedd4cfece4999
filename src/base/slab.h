/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects of one size for one thread, handed out last-in first-out so that
 * they are warm.  Memory is taken from the system in pages of many objects
 * and given back when the slab ends.
 */
#ifndef SLUICE_BASE_SLAB_H
#define SLUICE_BASE_SLAB_H

#include <stddef.h>

struct slab {
    size_t size;
    void *free;   /* chain through the objects */
    void *blocks; /* chain of what the system gave */
    unsigned used;
};

void slab_init(struct slab *slab, size_t size);

/* Frees all objects, also those still in use. */
void slab_end(struct slab *slab);

/* An object with undefined contents, or NULL without memory. */
void *slab_take(struct slab *slab);

void slab_give(struct slab *slab, void *object);

#endif
