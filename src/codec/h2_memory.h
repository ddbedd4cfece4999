/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for the library of one thread: small pieces are kept for the next
 * request, so that the steady state asks the system for none.
 */
#ifndef SLUICE_CODEC_H2_MEMORY_H
#define SLUICE_CODEC_H2_MEMORY_H

#include <stddef.h>

enum {
    H2_MEMORY_STEP = 64,
    H2_MEMORY_CLASSES = 16, /* up to 1 KiB */
    H2_MEMORY_KEPT = 1024,  /* pieces of each class */
};

struct h2_memory {
    void *free[H2_MEMORY_CLASSES];
    unsigned kept[H2_MEMORY_CLASSES];
};

/* In the form that nghttp2_mem wants; `owner` is a struct h2_memory, zeroed
 * before its first use. */
void *h2_memory_take(size_t n, void *owner);
void h2_memory_give(void *p, void *owner);
void *h2_memory_take_zeroed(size_t n, size_t size, void *owner);
void *h2_memory_resize(void *p, size_t n, void *owner);

/* Gives back what is kept. */
void h2_memory_end(struct h2_memory *pool);

#endif
