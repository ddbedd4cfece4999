/* SPDX-License-Identifier: Apache-2.0
 *
 * Weighted random: dice for every request, even unless anomaly mitigation
 * weighs the targets (alb.md 3.3).
 */
#include "lb/group.h"

static struct target *choose(struct group_zone *zone, unsigned n,
                             struct random *random)
{
    uint64_t point = random_u64(random) >> 32;

    if (atomic_load_explicit(&zone->weighted, memory_order_relaxed))
        return group_eligible(zone, group_weigh(zone, n, (uint32_t)point));
    return group_eligible(zone, (unsigned)(point * n >> 32));
}

const struct balancer balancer_weighted_random = {.choose = choose};
