/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(size_t bytes)
{
    fprintf(stderr, "sluice: out of memory (%zu bytes)\n", bytes);
    abort();
}

void *memory_zeroed(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (p == NULL)
        fail(n * size);
    return p;
}

void *memory_copy(const void *p, size_t n)
{
    void *copy = malloc(n ? n : 1);

    if (copy == NULL)
        fail(n);
    return n ? memcpy(copy, p, n) : copy;
}

void *memory_zeroed_lines(size_t n, size_t size)
{
    size_t bytes =
        (n * size + MEMORY_LINE - 1) / MEMORY_LINE * (size_t)MEMORY_LINE;
    void *p = aligned_alloc(MEMORY_LINE, bytes);

    if (p == NULL)
        fail(bytes);
    memset(p, 0, bytes);
    return p;
}
