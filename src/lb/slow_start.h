/* SPDX-License-Identifier: Apache-2.0
 *
 * Slow start: a target that just became healthy gets a share that grows
 * linearly from 0 to full, so that it can warm up (alb.md 3.4).  Pure.
 */
#ifndef SLUICE_LB_SLOW_START_H
#define SLUICE_LB_SLOW_START_H

#include <stdbool.h>
#include <stdint.h>

#include "lb/health.h"

/* The share never is below WEIGHT_FULL / SLOW_START_LEAST: otherwise a target
 * would get nothing for a while, and nothing warms up that gets nothing. */
enum { SLOW_START_LEAST = 100 };

/* Zeroed: not in slow start. */
struct slow_start {
    bool on;
    uint64_t began_us;
};

/* A target's state changed, while its group's attribute is `duration_ms` (0:
 * off).  `at_full`: other healthy targets of the group that are not in slow
 * start.  `first_batch`: it was registered when the group had no targets. */
struct slow_start_change {
    enum target_state from;
    enum target_state to;
    uint32_t duration_ms;
    unsigned at_full;
    bool first_batch;
    uint64_t now_us;
};

/* Enters, or leaves, by ALB's rules: only a target that becomes healthy
 * enters, only when another healthy one can take the load meanwhile, and not
 * one of a first batch (unless it failed first).  One that is not healthy any
 * more leaves. */
void slow_start_take(struct slow_start *slow_start,
                     const struct slow_start_change *change);

/* Its share now, of WEIGHT_FULL; leaves when the duration is over (or the
 * attribute was set to 0). */
uint32_t slow_start_share(struct slow_start *slow_start, uint32_t duration_ms,
                          uint64_t now_us);

#endif
