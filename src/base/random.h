/* SPDX-License-Identifier: Apache-2.0
 *
 * Fast random numbers for ids and choices (xoshiro256**).  Not for secrets:
 * those come from the kernel.
 */
#ifndef SLUICE_BASE_RANDOM_H
#define SLUICE_BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t s[4];
};

/* Seeds from the kernel. */
void random_seed(struct random *r);

static inline uint64_t random_rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

static inline uint64_t random_u64(struct random *r)
{
    uint64_t result = random_rotl(r->s[1] * 5, 7) * 9;
    uint64_t t = r->s[1] << 17;

    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = random_rotl(r->s[3], 45);
    return result;
}

#endif
