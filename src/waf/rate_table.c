/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/rate_table.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "crypto/sha256.h"

enum {
    CAP_FIRST = 64,
    LOOKED_AT = 16, /* for the least of some */
};

/* ---- keys --------------------------------------------------------------------- */

static bool digest(struct str key, struct rate_id *id)
{
    uint8_t bytes[SHA256_BYTES];
    struct sha256 sha;

    if (!sha256_init(&sha))
        return false;
    sha256_begin(&sha);
    sha256_add(&sha, key.p, key.n);
    sha256_bytes(&sha, bytes);
    sha256_end(&sha);
    memcpy(id->bytes, bytes, sizeof(id->bytes));
    id->n = RATE_ID_DIGEST;
    return true;
}

bool rate_id_of(struct str key, struct rate_id *id)
{
    *id = (struct rate_id){.n = (uint8_t)key.n};
    if (key.n > sizeof(id->bytes))
        return digest(key, id);
    if (key.n)
        memcpy(id->bytes, key.p, key.n);
    return true;
}

/* Nobody outside knows the secret, so nobody can have keys collide. */
static uint64_t hash_of(const struct rate_table *table,
                        const struct rate_id *id)
{
    uint64_t a;
    uint64_t b;
    uint64_t h;

    memcpy(&a, id->bytes, sizeof(a));
    memcpy(&b, id->bytes + sizeof(a), sizeof(b));
    h = (a ^ table->secret) * 0x9e3779b97f4a7c15u;
    h = ((h ^ h >> 32) + b) * (table->secret | 1);
    h = (h ^ h >> 29 ^ id->n) * 0xbf58476d1ce4e5b9u;
    return h ^ h >> 32;
}

/* ---- the table ------------------------------------------------------------------ */

struct rate_table *rate_table_new(void)
{
    struct rate_table *table = memory_zeroed(1, sizeof(*table));
    struct random random;

    random_seed(&random);
    table->secret = random_u64(&random);
    return table;
}

void rate_table_free(struct rate_table *table)
{
    if (table)
        free(table->entries);
    free(table);
}

void rate_table_clear(struct rate_table *table)
{
    free(table->entries);
    table->entries = NULL;
    table->n = table->cap = 0;
}

/* The place of the key, or the free one where it belongs. */
static struct rate_entry *find(const struct rate_table *table,
                               const struct rate_id *id)
{
    unsigned mask = table->cap - 1;

    for (unsigned i = (unsigned)hash_of(table, id) & mask;;
         i = (i + 1) & mask) {
        struct rate_entry *e = &table->entries[i];

        if (!e->used || rate_id_equal(&e->id, id))
            return e;
    }
}

uint64_t rate_table_get(const struct rate_table *table,
                        const struct rate_id *id)
{
    return table->n ? find(table, id)->number : 0;
}

/* At most half of the places are used. */
static bool grow(struct rate_table *table)
{
    struct rate_table larger = {
        .cap = table->cap ? table->cap * 2 : CAP_FIRST,
        .secret = table->secret,
    };

    larger.entries = calloc(larger.cap, sizeof(*larger.entries));
    if (larger.entries == NULL)
        return false;
    for (unsigned i = 0; i < table->cap; i++) {
        const struct rate_entry *e = &table->entries[i];

        if (e->used)
            *find(&larger, &e->id) = *e;
    }
    free(table->entries);
    table->entries = larger.entries;
    table->cap = larger.cap;
    return true;
}

/* Closes the gap that an entry leaves: those behind it that could stand there
 * move up. */
static void remove_at(struct rate_table *table, unsigned gap)
{
    unsigned mask = table->cap - 1;

    table->entries[gap].used = 0;
    table->entries[gap].number = 0;
    table->n--;
    for (unsigned i = (gap + 1) & mask; table->entries[i].used;
         i = (i + 1) & mask) {
        unsigned home = (unsigned)hash_of(table, &table->entries[i].id) & mask;

        if (((i - home) & mask) < ((i - gap) & mask))
            continue;
        table->entries[gap] = table->entries[i];
        table->entries[i].used = 0;
        table->entries[i].number = 0;
        gap = i;
    }
}

/* From a place that nobody outside can tell. */
static void remove_least(struct rate_table *table, const struct rate_id *near)
{
    unsigned mask = table->cap - 1;
    unsigned i = (unsigned)(hash_of(table, near) >> 20) & mask;
    unsigned least = 0;
    unsigned seen = 0;

    for (; seen < LOOKED_AT && seen < table->n; i = (i + 1) & mask) {
        if (!table->entries[i].used)
            continue;
        if (seen == 0 ||
            table->entries[i].number < table->entries[least].number)
            least = i;
        seen++;
    }
    remove_at(table, least);
}

struct rate_entry *rate_table_put(struct rate_table *table,
                                  const struct rate_id *id, struct str key,
                                  unsigned most)
{
    struct rate_entry *e;

    if (table->n * 2 >= table->cap && table->n < most && !grow(table))
        return NULL;
    e = find(table, id);
    if (e->used)
        return e;
    if (table->n >= most) {
        remove_least(table, id);
        e = find(table, id);
    }
    *e = (struct rate_entry){.id = *id, .used = 1};
    if (key.n && key.n <= RATE_TEXT_MAX) {
        e->text_n = (uint8_t)key.n;
        memcpy(e->text, key.p, key.n);
    }
    table->n++;
    return e;
}

/* ---- sums ------------------------------------------------------------------------ */

struct rate_sums *rate_sums_new(struct rate_table *table)
{
    struct rate_sums *sums = memory_zeroed(1, sizeof(*sums));

    atomic_init(&sums->refs, 1);
    sums->table = table;
    return sums;
}

struct rate_sums *rate_sums_hold(struct rate_sums *sums)
{
    if (sums)
        atomic_fetch_add_explicit(&sums->refs, 1, memory_order_relaxed);
    return sums;
}

void rate_sums_release(struct rate_sums *sums)
{
    if (sums == NULL ||
        atomic_fetch_sub_explicit(&sums->refs, 1, memory_order_acq_rel) != 1)
        return;
    rate_table_free(sums->table);
    free(sums);
}
