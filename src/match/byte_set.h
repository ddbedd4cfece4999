/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets of bytes.
 */
#ifndef SLUICE_MATCH_BYTE_SET_H
#define SLUICE_MATCH_BYTE_SET_H

#include <stdbool.h>
#include <stdint.h>

struct byte_set {
    uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *set, unsigned char c)
{
    return set->bits[c >> 6] >> (c & 63) & 1;
}

static inline void byte_set_add(struct byte_set *set, unsigned char c)
{
    set->bits[c >> 6] |= UINT64_C(1) << (c & 63);
}

static inline void byte_set_add_range(struct byte_set *set, unsigned from,
                                      unsigned to)
{
    for (unsigned c = from; c <= to; c++)
        byte_set_add(set, (unsigned char)c);
}

static inline void byte_set_join(struct byte_set *set,
                                 const struct byte_set *other)
{
    for (unsigned i = 0; i < 4; i++)
        set->bits[i] |= other->bits[i];
}

static inline void byte_set_invert(struct byte_set *set)
{
    for (unsigned i = 0; i < 4; i++)
        set->bits[i] = ~set->bits[i];
}

static inline unsigned byte_set_count(const struct byte_set *set)
{
    unsigned n = 0;

    for (unsigned i = 0; i < 4; i++)
        n += (unsigned)__builtin_popcountll(set->bits[i]);
    return n;
}

/* The other case of each ASCII letter in it, too: letters are 0x41 to 0x5a and
 * 0x61 to 0x7a, so bits of the second word 32 apart. */
static inline void byte_set_fold(struct byte_set *set)
{
    const uint64_t upper = UINT64_C(0x07fffffe);
    uint64_t word = set->bits[1];

    set->bits[1] |= (word & upper) << 32 | (word >> 32 & upper);
}

#endif
