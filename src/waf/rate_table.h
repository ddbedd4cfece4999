/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers by key, for rate-based rules: a hash table of bounded size.
 */
#ifndef SLUICE_WAF_RATE_TABLE_H
#define SLUICE_WAF_RATE_TABLE_H

#include <stdatomic.h>

#include "base/str.h"

enum { RATE_TEXT_MAX = 46 }; /* what an address may take */

/* What a key is known by: itself when it is short, else its digest. */
struct rate_id {
    uint8_t bytes[16];
    uint8_t n; /* of the key; RATE_ID_DIGEST: it is longer */
};

enum { RATE_ID_DIGEST = 255 };

/* False without memory. */
bool rate_id_of(struct str key, struct rate_id *id);

static inline bool rate_id_equal(const struct rate_id *a,
                                 const struct rate_id *b)
{
    return a->n == b->n && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct rate_entry {
    struct rate_id id;
    uint8_t used;
    uint8_t text_n; /* 0: the key is longer than RATE_TEXT_MAX */
    char text[RATE_TEXT_MAX];
    uint64_t number;
};

struct rate_table {
    unsigned n;
    unsigned cap; /* a power of two, or 0 */
    uint64_t secret;
    struct rate_entry *entries; /* look at those that are `used` */
};

struct rate_table *rate_table_new(void);
void rate_table_free(struct rate_table *table); /* NULL: nothing */

/* The number of a key; 0: it has none. */
uint64_t rate_table_get(const struct rate_table *table,
                        const struct rate_id *id);

/* The entry of a key, a new one with 0 when it has none; `most` entries at
 * most: then another one, of the least of some, goes.  NULL without memory. */
struct rate_entry *rate_table_put(struct rate_table *table,
                                  const struct rate_id *id, struct str key,
                                  unsigned most);

/* Nothing is in it afterwards. */
void rate_table_clear(struct rate_table *table);

/* ---- sums ----------------------------------------------------------------------- */

/* A table that never changes, counted, read by many threads. */
struct rate_sums {
    _Atomic unsigned refs;
    struct rate_table *table;
};

/* Takes the table. */
struct rate_sums *rate_sums_new(struct rate_table *table);
struct rate_sums *rate_sums_hold(struct rate_sums *sums); /* NULL: NULL */
void rate_sums_release(struct rate_sums *sums);           /* NULL: nothing */

static inline uint64_t rate_sums_get(const struct rate_sums *sums,
                                     const struct rate_id *id)
{
    return sums ? rate_table_get(sums->table, id) : 0;
}

#endif
