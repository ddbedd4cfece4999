/* SPDX-License-Identifier: Apache-2.0
 *
 * Names that were seen, each found in constant time whoever chose them: the
 * hash depends on a secret of the process.
 *
 * A table holds numbers; what they stand for and whether two names are the same
 * its owner knows.
 */
#ifndef SLUICE_MATCH_KEY_TABLE_H
#define SLUICE_MATCH_KEY_TABLE_H

#include "base/arena.h"
#include "base/str.h"

struct key_slot {
    uint32_t hash;
    uint32_t number;
};

/* All zero but for the arena: empty. */
struct key_table {
    struct arena *arena;
    struct key_slot *slots;
    uint32_t cap; /* a power of two; half of it is used at most */
    uint32_t n;
    uint64_t probes; /* slots that were looked at, for tests */
};

enum { KEY_TABLE_FAILED = UINT32_MAX };

/* `salt` keeps names of different owners apart; `fold`: the case of ASCII
 * letters does not count. */
uint32_t key_hash(struct str name, uint32_t salt, bool fold);

/* Whether the name with this number is the one that is to be put. */
typedef bool key_same(const void *owner, uint32_t number);

/* Puts a number below UINT32_MAX, unless the same name is there: the number of
 * the one that is there then.  KEY_TABLE_FAILED: the arena is at its limit. */
uint32_t key_table_put(struct key_table *table, uint32_t hash, uint32_t number,
                       key_same *same, const void *owner);

#endif
