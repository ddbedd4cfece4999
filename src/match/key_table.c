/* SPDX-License-Identifier: Apache-2.0 */
#include "match/key_table.h"

#include <stdatomic.h>

#include "base/random.h"

enum { FIRST_CAP = 128, FREE = UINT32_MAX };

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

static inline uint64_t load_8(const char *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

static inline uint64_t load_4(const char *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

/* All of 1 to 7 bytes, some of them twice: with the length it tells them
 * apart. */
static inline uint64_t load_few(const char *p, size_t n)
{
    if (n >= 4)
        return load_4(p) | load_4(p + n - 4) << 32;
    return (uint64_t)(uint8_t)p[0] | (uint64_t)(uint8_t)p[n / 2] << 8 |
           (uint64_t)(uint8_t)p[n - 1] << 16;
}

/* Eight bytes in lower case.  Exactly the case of letters goes: were more the
 * same, an attacker could make names of one hash. */
static inline uint64_t lower_8(uint64_t w)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = w & 0x7f * each;
    uint64_t from_a = low + (0x80 - 'A') * each;
    uint64_t behind_z = low + (0x80 - 'Z' - 1) * each;

    return w | ((from_a ^ behind_z) & ~w & 0x80 * each) >> 2;
}

uint32_t key_hash(struct str name, uint32_t salt, bool fold)
{
    uint64_t key = secret();
    uint64_t other = key * UINT64_C(0x9e3779b97f4a7c15) ^ key >> 32;
    uint64_t h = mix(key ^ salt, other ^ name.n);

    while (name.n) {
        size_t n = name.n < 8 ? name.n : 8;
        uint64_t w = n == 8 ? load_8(name.p) : load_few(name.p, n);

        h = mix(h ^ (fold ? lower_8(w) : w), other);
        name.p += n;
        name.n -= n;
    }
    /* Once more: names in a row would be rows of slots. */
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
