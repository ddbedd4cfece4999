/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets: where requests go.  One object per registration (a target group
 * and an address), shared by all snapshots and threads as long as any of them
 * knows it; what changes in it are a few atomics.
 */
#ifndef SLUICE_LB_TARGET_H
#define SLUICE_LB_TARGET_H

#include <stdatomic.h>

#include "base/address.h"
#include "lb/health.h"

struct target {
    struct address address;
    char text[ADDRESS_TEXT_MAX]; /* the address, with NUL, for people */
    char *group;                 /* ARN of its target group, with NUL */
    unsigned slot;               /* index of its pool in every worker */
    unsigned snapshots;          /* that use it, and one while it drains; the
                                    registry's owner counts */
    _Atomic unsigned refs;
    _Atomic unsigned outstanding; /* requests in progress, where a balancer
                                     wants to know */
    _Atomic uint8_t state;        /* enum target_state; control writes */
    _Atomic bool stale_explained; /* the log said why connections die */
    struct target *chained;       /* in the registry's table */
};

/* All targets of a process; belongs to one thread. */
struct target_registry {
    struct target **slots; /* by slot; NULL: free */
    unsigned nslots;
    unsigned nused;
    struct target **table; /* by hash of group and address */
    unsigned ntable;
    unsigned free_slot; /* none below it is free */
};

void target_registry_end(struct target_registry *registry);

/* The target of this group and address, with one more snapshot using it; a
 * new one is in the state TARGET_INITIAL. */
struct target *target_use(struct target_registry *registry, struct str group,
                          const struct address *address);

/* One use more of a target that has one. */
static inline void target_use_more(struct target *target)
{
    target->snapshots++;
}

/* One snapshot less uses it.  True when that was the last: its slot is free
 * and the caller must have every worker forget it, then target_release(). */
bool target_unuse(struct target_registry *registry, struct target *target);

/* Whether it is deregistered: no new request may go to it. */
static inline bool target_drains(const struct target *target)
{
    return atomic_load_explicit(&target->state, memory_order_relaxed) ==
           TARGET_DRAINING;
}

static inline void target_hold(struct target *target)
{
    atomic_fetch_add_explicit(&target->refs, 1, memory_order_relaxed);
}

/* Frees it with the last reference.  From any thread. */
void target_release(struct target *target);

#endif
