/* SPDX-License-Identifier: Apache-2.0
 *
 * A target group as it runs, and the choice of a target in it.
 */
#ifndef SLUICE_LB_GROUP_H
#define SLUICE_LB_GROUP_H

#include "lb/target.h"
#include "model/config.h"

struct group;

/* How a group chooses among its eligible targets; one file each. */
struct balancer {
    /* A target of a group with n > 0 eligible ones. */
    struct target *(*choose)(struct group *group, unsigned n);
    bool counts_outstanding; /* wants target->outstanding kept */
};

extern const struct balancer balancer_round_robin;
extern const struct balancer balancer_least_outstanding;

/* A digest of the ARN: what cookies call a group (lb/sticky.h). */
struct group_identity {
    uint8_t bytes[16];
};

struct group {
    const struct config_group *config;
    const struct balancer *balancer;
    unsigned ntargets; /* at most UINT16_MAX */
    struct target **targets;
    _Atomic uint64_t cursor; /* of the round robin, over all workers */
    /* The targets that may be chosen, as indices of `targets`: the first
     * `neligible`; there is room for all, zeroed at first.  One thread writes,
     * others read while it does: what they read is always a target of the
     * group, at worst one whose state changed this moment. */
    _Atomic unsigned neligible;
    _Atomic uint16_t *eligible;
    _Atomic bool fail_open; /* fewer are healthy than the attribute wants:
                               all registered ones are eligible */
    struct group_identity identity;
};

/* The i-th eligible target, i < n as group_choose() read it. */
static inline struct target *group_eligible(const struct group *group,
                                            unsigned i)
{
    return group->targets[atomic_load_explicit(&group->eligible[i],
                                               memory_order_relaxed)];
}

/* Recomputes who is eligible from the states of the targets, by
 * target_group_health.unhealthy_state_routing.* (alb.md 3.7): the healthy ones
 * (and, with health checks off, all), or every initial, healthy and unhealthy
 * one when too few are healthy.  A group that no listener forwards to has
 * none.  Control thread only. */
void group_refresh(struct group *group);

/* Whether this target of the group may get a request now that asks for it by
 * name, as a sticky client does.  From any thread. */
bool group_may_choose(const struct group *group, const struct target *target);

/* The next target, or NULL when the group has none to choose from. */
struct target *group_choose(struct group *group);

/* The next target that is none of `tried` and does not drain (groups of old
 * snapshots are not refreshed); NULL when there is no other. */
struct target *group_choose_other(struct group *group,
                                  struct target *const *tried, unsigned ntried);

/* One of n groups by weight: the index, or -1 when all weights are 0.
 * A low-discrepancy sequence over the counter `cursor` (shared by all
 * workers) makes even a short run keep the proportions; weight 0 never gets
 * any. */
int group_weighted(const unsigned *weights, unsigned n,
                   _Atomic uint64_t *cursor);

#endif
