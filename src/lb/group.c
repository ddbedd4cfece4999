/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/group.h"

struct target *group_choose(struct group *group)
{
    return group->ntargets ? group->balancer->choose(group) : NULL;
}

int group_weighted(const unsigned *weights, unsigned n,
                   _Atomic uint64_t *cursor)
{
    uint64_t total = 0;
    uint64_t turn;
    uint64_t point;

    for (unsigned i = 0; i < n; i++)
        total += weights[i];
    if (total == 0)
        return -1;
    /* Multiples of the golden ratio, modulo 1, fill [0, 1) as evenly as any
     * sequence that never repeats (Weyl). */
    turn = atomic_fetch_add_explicit(cursor, 1, memory_order_relaxed);
    point = (turn * 0x9e3779b97f4a7c15u >> 32) * total >> 32;
    for (unsigned i = 0; i < n; i++) {
        if (point < weights[i])
            return (int)i;
        point -= weights[i];
    }
    return -1; /* not reached: point < total */
}
