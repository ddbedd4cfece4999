/* SPDX-License-Identifier: Apache-2.0 */
#include "match/key_table.h"

#include <stdatomic.h>

#include "base/random.h"

enum { FIRST_CAP = 64, FREE = UINT32_MAX };

__extension__ typedef unsigned __int128 wide;

/* ---- hashes -------------------------------------------------------------- */

/* Made with the first use; never 0 from then on. */
static uint64_t secret(void)
{
    static _Atomic uint64_t kept;
    uint64_t seen = atomic_load_explicit(&kept, memory_order_relaxed);
    struct random random;

    if (seen)
        return seen;
    random_seed(&random);
    random.s[0] |= 1;
    if (atomic_compare_exchange_strong(&kept, &seen, random.s[0]))
        return random.s[0];
    return seen; /* another thread's */
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Up to 8 bytes.  Exactly the case of letters goes: were more the same, an
 * attacker could make names of one hash. */
static inline uint64_t word(const char *p, size_t n, bool fold)
{
    char bytes[8] = {0};
    uint64_t w;

    memcpy(bytes, p, n);
    for (size_t i = 0; fold && i < n; i++)
        bytes[i] = str_lower(bytes[i]);
    memcpy(&w, bytes, sizeof(w));
    return w;
}

uint32_t key_hash(struct str name, uint32_t salt, bool fold)
{
    uint64_t key = secret();
    uint64_t other = key * UINT64_C(0x9e3779b97f4a7c15) ^ key >> 32;
    uint64_t h = mix(key ^ salt, other ^ name.n);

    while (name.n >= 8) {
        h = mix(h ^ word(name.p, 8, fold), other);
        name.p += 8;
        name.n -= 8;
    }
    if (name.n)
        h = mix(h ^ word(name.p, name.n, fold), other);
    h = mix(h, key);
    return (uint32_t)(h ^ h >> 32);
}

/* ---- the table ----------------------------------------------------------- */

static void put_new(struct key_table *table, struct key_slot slot)
{
    uint32_t at = slot.hash & (table->cap - 1);

    while (table->slots[at].number != FREE)
        at = (at + 1) & (table->cap - 1);
    table->slots[at] = slot;
}

static bool grow(struct key_table *table)
{
    struct key_table old = *table;
    uint32_t cap = old.cap ? 2 * old.cap : FIRST_CAP;

    if (old.cap > UINT32_MAX / 4)
        return false;
    table->slots = arena_take(table->arena, cap * sizeof(*table->slots));
    if (table->slots == NULL) {
        table->slots = old.slots;
        return false;
    }
    table->cap = cap;
    memset(table->slots, 0xff, cap * sizeof(*table->slots)); /* FREE */
    for (uint32_t i = 0; i < old.cap; i++) {
        if (old.slots[i].number != FREE)
            put_new(table, old.slots[i]);
    }
    return true;
}

uint32_t key_table_put(struct key_table *table, uint32_t hash, uint32_t number,
                       key_same *same, const void *owner)
{
    uint32_t at;

    if (table->n >= table->cap / 2 && !grow(table))
        return KEY_TABLE_FAILED;
    for (at = hash;; at++) {
        struct key_slot *slot = &table->slots[at & (table->cap - 1)];

        table->probes++;
        if (slot->number == FREE) {
            *slot = (struct key_slot){hash, number};
            table->n++;
            return number;
        }
        if (slot->hash == hash && same(owner, slot->number))
            return slot->number;
    }
}
