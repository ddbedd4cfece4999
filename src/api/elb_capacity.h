/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeCapacityReservation, ModifyCapacityReservation (alb.md 1.6).
 */
#ifndef SLUICE_API_ELB_CAPACITY_H
#define SLUICE_API_ELB_CAPACITY_H

#include "api/action.h"

extern const struct action_table elb_capacity_actions;

#endif
