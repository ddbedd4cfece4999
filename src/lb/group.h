/* SPDX-License-Identifier: Apache-2.0
 *
 * A target group as it runs, and the choice of a target in it.
 */
#ifndef SLUICE_LB_GROUP_H
#define SLUICE_LB_GROUP_H

#include "lb/target.h"
#include "model/config.h"

struct group;

/* How a group chooses; one file each. */
struct balancer {
    /* A target of a group that has at least one. */
    struct target *(*choose)(struct group *group);
    bool counts_outstanding; /* wants target->outstanding kept */
};

extern const struct balancer balancer_round_robin;
extern const struct balancer balancer_least_outstanding;

struct group {
    char name[CONFIG_NAME_MAX + 1];
    const struct balancer *balancer;
    enum retry retry;
    unsigned ntargets;
    struct target **targets;
    _Atomic uint64_t cursor; /* of the round robin, over all workers */
};

/* The next target, or NULL when the group has none. */
struct target *group_choose(struct group *group);

/* One of n groups by weight: the index, or -1 when all weights are 0.
 * A low-discrepancy sequence over the counter `cursor` (shared by all
 * workers) makes even a short run keep the proportions; weight 0 never gets
 * any. */
int group_weighted(const unsigned *weights, unsigned n,
                   _Atomic uint64_t *cursor);

#endif
