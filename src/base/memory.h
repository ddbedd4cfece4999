/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation that does not fail: for small things whose number somebody else
 * bounds, the program ends with a message when there is no memory.  What an
 * attacker sizes uses malloc() and checks.
 */
#ifndef SLUICE_BASE_MEMORY_H
#define SLUICE_BASE_MEMORY_H

#include <stddef.h>

void *memory_zeroed(size_t n, size_t size)
    __attribute__((alloc_size(1, 2), returns_nonnull));

/* A copy of n bytes, from malloc(). */
void *memory_copy(const void *p, size_t n) __attribute__((returns_nonnull));

/* As memory_zeroed(), from the begin of a cache line on (MEMORY_LINE bytes): for what
 * several threads write, each its own part.  Freed with free(). */
enum { MEMORY_LINE = 64 };

void *memory_zeroed_lines(size_t n, size_t size)
    __attribute__((alloc_size(1, 2), returns_nonnull));

#endif
