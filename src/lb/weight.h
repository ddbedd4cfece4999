/* SPDX-License-Identifier: Apache-2.0
 *
 * The weight of a target among those that may be chosen: a part of
 * WEIGHT_FULL, which is what a target gets that nothing holds back.
 */
#ifndef SLUICE_LB_WEIGHT_H
#define SLUICE_LB_WEIGHT_H

#include <stdint.h>

/* UINT16_MAX full weights fit a uint32_t. */
enum { WEIGHT_FULL = 10000 };

/* Two reasons to get less at once: a part of a part, at least 1. */
static inline uint32_t weight_of(uint32_t a, uint32_t b)
{
    uint32_t weight = a * b / WEIGHT_FULL;

    return weight ? weight : 1;
}

#endif
