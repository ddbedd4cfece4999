/* SPDX-License-Identifier: Apache-2.0
 *
 * Least outstanding requests: the target with the fewest requests in progress
 * as this node sees it; among equals the next in sequence (alb.md 3.3).
 */
#include "lb/group.h"

static struct target *choose(struct group_zone *zone, unsigned n,
                             struct random *random)
{
    uint64_t turn =
        atomic_fetch_add_explicit(&zone->cursor, 1, memory_order_relaxed);
    struct target *best = NULL;
    unsigned least = 0;

    (void)random;
    for (unsigned i = 0; i < n; i++) {
        struct target *t = group_eligible(zone, (unsigned)((turn + i) % n));
        unsigned busy =
            atomic_load_explicit(&t->outstanding, memory_order_relaxed);

        if (best == NULL || busy < least) {
            best = t;
            least = busy;
        }
    }
    return best;
}

const struct balancer balancer_least_outstanding = {
    .choose = choose,
    .counts_outstanding = true,
};
