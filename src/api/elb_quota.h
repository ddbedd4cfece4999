/* SPDX-License-Identifier: Apache-2.0
 *
 * Quotas that more than one action can reach (alb.md 1.3).
 */
#ifndef SLUICE_API_ELB_QUOTA_H
#define SLUICE_API_ELB_QUOTA_H

#include "api/call.h"

/* False, and refused, when `n` is more than the quota: "<text>: '[n]'" with the
 * quota's value in brackets, as AWS says it. */
bool elb_quota_fits(struct call *call, const struct account_view *view,
                    enum quota quota, unsigned n, const char *code,
                    const char *text);

/* Whether the load balancer (an ARN) may have these groups, each once:
 * TooManyUniqueTargetGroupsPerLoadBalancer, and, for what is registered with
 * all of them, TooManyTargets and TooManyRegistrationsForTargetId.  `changed`
 * (may be NULL) has the LIST `targets` as its Targets instead of those of the
 * account. */
bool elb_quota_groups(struct call *call, const struct account_view *view,
                      struct str balancer, unsigned n,
                      const struct config_group *const *groups,
                      const struct config_group *changed,
                      const struct value *targets);

/* The same for a group that gets other Targets (RegisterTargets), when it
 * belongs to a load balancer; and its own quota. */
bool elb_quota_targets(struct call *call, const struct account_view *view,
                       const struct config_group *group,
                       const struct value *targets);

#endif
