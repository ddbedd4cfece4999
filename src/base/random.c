/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <sys/random.h>

#include "base/clock.h"

void random_seed(struct random *r)
{
    if (getrandom(r->s, sizeof(r->s), GRND_NONBLOCK) != sizeof(r->s)) {
        /* A kernel without entropy yet: the clock and an address will do for
         * numbers that are no secrets. */
        uint64_t x = clock_monotonic_us() ^ (uint64_t)(uintptr_t)r;

        for (int i = 0; i < 4; i++) {
            x += 0x9e3779b97f4a7c15u;
            r->s[i] = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        }
    }
    r->s[0] |= 1; /* all zero would stay zero */
}
