/* SPDX-License-Identifier: Apache-2.0
 *
 * Equal things once: finds the index of what was added before.
 */
#ifndef SLUICE_WAF_INTERN_H
#define SLUICE_WAF_INTERN_H

#include "base/str.h"

struct intern_slot {
    uint64_t hash;
    uint32_t index; /* UINT32_MAX: free */
};

/* All zero: empty. */
struct intern {
    struct intern_slot *slots;
    uint32_t cap; /* a power of two */
    uint32_t n;
};

enum { INTERN_NEW = UINT32_MAX };

/* Whether `key` is what stands at `index`. */
typedef bool intern_same(const void *owner, uint32_t index, const void *key);

/* The index of the equal one; else INTERN_NEW, and `index` is remembered for
 * the key from now on. */
uint32_t intern_find(struct intern *intern, uint64_t hash, uint32_t index,
                     intern_same *same, const void *owner, const void *key);

void intern_end(struct intern *intern);

/* FNV-1a of bytes, begun with INTERN_HASH or a former hash. */
#define INTERN_HASH UINT64_C(0xcbf29ce484222325)
uint64_t intern_hash(uint64_t hash, const void *p, size_t n);

/* Of a text with its length, so that neighbours cannot run into each other. */
uint64_t intern_hash_str(uint64_t hash, struct str s);
uint64_t intern_hash_u64(uint64_t hash, uint64_t v);

#endif
