/* SPDX-License-Identifier: Apache-2.0
 *
 * Round robin: the next target in sequence, for the node as a whole
 * (alb.md 3.3).  While some of them are in slow start, a walk that gives each
 * its share.
 */
#include "lb/group.h"

static struct target *choose(struct group_zone *zone, unsigned n,
                             struct random *random)
{
    uint64_t turn =
        atomic_fetch_add_explicit(&zone->cursor, 1, memory_order_relaxed);

    (void)random;
    if (atomic_load_explicit(&zone->weighted, memory_order_relaxed))
        return group_eligible(zone, group_weigh(zone, n, group_point(turn)));
    return group_eligible(zone, (unsigned)(turn % n));
}

const struct balancer balancer_round_robin = {.choose = choose};
