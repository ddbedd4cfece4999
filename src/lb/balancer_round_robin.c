/* SPDX-License-Identifier: Apache-2.0
 *
 * Round robin: the next target in sequence, for the node as a whole
 * (alb.md 3.3).
 */
#include "lb/group.h"

static struct target *choose(struct group *group, unsigned n)
{
    uint64_t turn =
        atomic_fetch_add_explicit(&group->cursor, 1, memory_order_relaxed);

    return group_eligible(group, (unsigned)(turn % n));
}

const struct balancer balancer_round_robin = {.choose = choose};
