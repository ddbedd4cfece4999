/* SPDX-License-Identifier: Apache-2.0
 *
 * What is the same for all load balancers: DescribeSSLPolicies,
 * DescribeAccountLimits, GetResourcePolicy.
 */
#ifndef SLUICE_API_ELB_ACCOUNT_H
#define SLUICE_API_ELB_ACCOUNT_H

#include "api/action.h"

extern const struct action_table elb_account_actions;

#endif
