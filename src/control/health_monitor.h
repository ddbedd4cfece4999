/* SPDX-License-Identifier: Apache-2.0
 *
 * Probes the targets of the newest snapshot from the control thread's loop,
 * and tells each target, and the groups of that snapshot, what came of it.
 *
 * Every target of a group that some listener forwards to is probed: the first
 * time at once, then each interval whatever the answer took; each time on a
 * connection of its own (alb.md 4.2).  A target that stays registered keeps
 * its state and its rhythm when snapshots change, also when the group's
 * settings do: a new interval counts from its last beat, the rest holds from
 * the next probe on.
 */
#ifndef SLUICE_CONTROL_HEALTH_MONITOR_H
#define SLUICE_CONTROL_HEALTH_MONITOR_H

#include "control/deregistration.h"

/* Connections open at once; what is due beyond waits for its turn. */
enum { HEALTH_PROBES_MAX = 256 };

struct health_monitor;

struct health_monitor *health_monitor_new(struct loop *loop);

/* Where targets go that a snapshot has not any more; without it they are
 * forgotten at once.  It must live as long as the monitor. */
void health_monitor_drain_to(struct health_monitor *monitor,
                             struct deregistrations *leaving);

/* The snapshot that is about to be handed to the workers: its groups are
 * refreshed (group_refresh()) before this returns, targets that are new begin
 * (their first probes leave in the next turn), those that are gone end and are
 * TARGET_DRAINING.  The snapshot must live until the next one was applied, or
 * the monitor is freed. */
void health_monitor_apply(struct health_monitor *monitor,
                          struct snapshot *snapshot);

/* When a target took the state that it is in (the loop's clock); false when it
 * is not monitored. */
bool health_monitor_since(const struct health_monitor *monitor,
                          const struct target *target, uint64_t *since_us);

/* A probe that ended. */
struct probe_end {
    const struct config_group *group;
    const struct target *target;
    int64_t began;       /* microseconds since 1970 */
    uint64_t latency_ns; /* until its result */
    enum probe_result result;
    unsigned code; /* the status that came, HTTP's or gRPC's; 0: none */
};

/* Calls `ended` for every probe that ends from now on, but for those that are
 * given up because their target goes. */
void health_monitor_tell(struct health_monitor *monitor,
                         void (*ended)(void *owner,
                                       const struct probe_end *end),
                         void *owner);

/* What is known of a target of the newest snapshot, for /targets and the API;
 * NULL when it is not monitored. */
const struct health *health_monitor_find(const struct health_monitor *monitor,
                                         const struct target *target);

/* Calls `visit` for every target of the newest snapshot and those that drain,
 * group by group (`group`: its name). */
void health_monitor_each(const struct health_monitor *monitor,
                         void (*visit)(void *owner, struct str group,
                                       const struct target *target,
                                       const struct health *health),
                         void *owner);

/* Whether the first probe of some target has brought nothing yet. */
bool health_monitor_awaits(const struct health_monitor *monitor);

/* Ends all probes; their memory goes at the end of the turn, or with
 * loop_settle(). */
void health_monitor_free(struct health_monitor *monitor);

#endif
