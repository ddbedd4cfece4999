/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps the weights of targets: slow start (each RAMP_MS while some target is
 * in it) and anomaly detection and mitigation (each ANOMALY_PERIOD_MS while
 * some group has enough targets), on the control thread's loop.
 *
 * The health monitor tells it of snapshots and changes of state; what it knows
 * of a target stays with the target (target->balance) when snapshots change.
 */
#ifndef SLUICE_CONTROL_BALANCE_MONITOR_H
#define SLUICE_CONTROL_BALANCE_MONITOR_H

#include "net/loop.h"
#include "proxy/snapshot.h"

enum { BALANCE_RAMP_MS = 250 };

struct balance_monitor;

struct balance_monitor *balance_monitor_new(struct loop *loop);

/* The snapshot that runs from now on, whose new groups (first_round == 0) are
 * refreshed afterwards; it must live until the next one was applied, or the
 * monitor is freed.  `same`: its groups are those of the one before. */
void balance_monitor_apply(struct balance_monitor *monitor,
                           struct snapshot *snapshot, bool same);

/* A target that is registered just now, or looked after in another way. */
void balance_begin(struct target *target);

/* All targets of the group are. */
void balance_first_batch(const struct group *group);

/* A target of the group, which is refreshed afterwards, was in the state
 * `before` and is in another one now. */
void balance_monitor_changed(struct balance_monitor *monitor,
                             const struct group *group, struct target *target,
                             enum target_state before);

/* What is shown of a target: "normal" or "anomalous". */
const char *balance_anomaly_word(const struct target *target);

/* Whether anomaly mitigation holds something back from it. */
bool balance_is_mitigated(const struct target *target);

void balance_monitor_free(struct balance_monitor *monitor);

#endif
