/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for things that are made together and freed together: documents,
 * configs, reports.  Not for what a client sizes: the program ends when there
 * is no memory (base/memory.h); what is read into a region has a cap of its
 * own.
 */
#ifndef SLUICE_BASE_REGION_H
#define SLUICE_BASE_REGION_H

#include <stdarg.h>

#include "base/str.h"

struct region_block;

/* All zero: empty. */
struct region {
    struct region_block *blocks;
};

/* n zeroed bytes, aligned for any type; never NULL. */
void *region_take(struct region *region, size_t n)
    __attribute__((returns_nonnull));

/* A copy that has a NUL behind it (not counted in n). */
struct str region_copy(struct region *region, struct str s);

/* printf into the region, with a NUL behind it. */
struct str region_printf(struct region *region, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct str region_vprintf(struct region *region, const char *format,
                          va_list args)
    __attribute__((format(printf, 2, 0), nonnull(2)));

/* Frees all of it; the region is empty then and can be used again. */
void region_end(struct region *region);

/* The same for what held secrets: it is overwritten first. */
void region_forget(struct region *region);

#endif
