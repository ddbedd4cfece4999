/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/slow_start.h"

#include "lb/weight.h"

void slow_start_take(struct slow_start *slow_start,
                     const struct slow_start_change *change)
{
    bool exempt = change->first_batch && change->from == TARGET_INITIAL;

    if (change->to != TARGET_HEALTHY) {
        slow_start->on = false;
        return;
    }
    if (change->from == TARGET_HEALTHY || change->duration_ms == 0 ||
        change->at_full == 0 || exempt)
        return;
    slow_start->on = true;
    slow_start->began_us = change->now_us;
}

uint32_t slow_start_share(struct slow_start *slow_start, uint32_t duration_ms,
                          uint64_t now_us)
{
    uint64_t duration_us = duration_ms * UINT64_C(1000);
    uint64_t passed_us = now_us - slow_start->began_us;
    uint64_t share;

    if (!slow_start->on)
        return WEIGHT_FULL;
    if (passed_us >= duration_us) {
        slow_start->on = false;
        return WEIGHT_FULL;
    }
    share = passed_us * WEIGHT_FULL / duration_us;
    return share < WEIGHT_FULL / SLOW_START_LEAST
               ? WEIGHT_FULL / SLOW_START_LEAST
               : (uint32_t)share;
}
