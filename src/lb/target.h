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
#include "base/memory.h"
#include "lb/anomaly.h"
#include "lb/health.h"
#include "lb/slow_start.h"
#include "lb/weight.h"

/* What one worker counts of a target: a cache line that nobody else writes. */
struct target_counts {
    _Alignas(MEMORY_LINE) _Atomic uint64_t requests; /* it was chosen for */
    _Atomic uint64_t errors; /* of those: 5xx, no connection, no answer */
    _Atomic uint64_t active; /* requests and tunnels in progress */
};

/* Why a target gets more or less than its peers; control's alone. */
struct target_balance {
    uint32_t weight;  /* WEIGHT_FULL: like its peers */
    bool first_batch; /* registered when its group had none: no slow start */
    struct slow_start slow_start;
    struct anomaly anomaly;
    struct target_sum {
        uint64_t requests;
        uint64_t errors;
        uint64_t active;
    } seen;       /* when anomalies were looked for last */
    bool watched; /* they are */
};

/* What of target->balance workers may tell: the weight and these. */
enum {
    TARGET_TOLD_WEIGHT = 0xffff,
    TARGET_TOLD_SLOW_START = 0x10000,
    TARGET_TOLD_ANOMALOUS = 0x20000,
};

struct target {
    struct address address;
    char text[ADDRESS_TEXT_MAX]; /* the address, with NUL, for people */
    char *group;                 /* ARN of its target group, with NUL */
    unsigned slot;               /* index of its pool in every worker */
    unsigned snapshots;          /* that use it, and one while it drains; the
                                    registry's owner counts */
    _Atomic unsigned refs;
    _Atomic unsigned outstanding;     /* requests in progress, where a balancer
                                     wants to know */
    _Atomic uint8_t state;            /* enum target_state; control writes */
    _Atomic bool stale_explained;     /* the log said why connections die */
    _Atomic bool handshake_explained; /* ... and why handshakes fail */
    unsigned ncounts;
    struct target_counts *counts; /* by worker->index */
    struct target_balance balance;
    _Atomic uint32_t told;  /* TARGET_TOLD_*: control writes */
    struct target *chained; /* in the registry's table */
};

/* All targets of a process; belongs to one thread. */
struct target_registry {
    struct target **slots; /* by slot; NULL: free */
    unsigned nslots;
    unsigned nused;
    struct target **table; /* by hash of group and address */
    unsigned ntable;
    unsigned free_slot; /* none below it is free */
    unsigned nworkers;  /* that may count; set before the first target_use() */
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

/* Over all workers, as of about now; from any thread. */
struct target_sum target_sum(const struct target *target);

static inline void target_hold(struct target *target)
{
    atomic_fetch_add_explicit(&target->refs, 1, memory_order_relaxed);
}

/* Frees it with the last reference.  From any thread. */
void target_release(struct target *target);

#endif
