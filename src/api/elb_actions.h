/* SPDX-License-Identifier: Apache-2.0
 *
 * Actions of rules and DefaultActions of listeners: what calls may ask for, and
 * how they are shown (alb.md 1.7, 2.4).
 */
#ifndef SLUICE_API_ELB_ACTIONS_H
#define SLUICE_API_ELB_ACTIONS_H

#include "api/action.h"

/* An element of Actions, DefaultActions. */
extern const struct shape elb_action_shape;

/* Whose actions they will be. */
struct elb_actions_of {
    const struct config_load_balancer *balancer;
    bool https;    /* the listener, as it will be */
    uint16_t port; /* of it */
    /* The rule that has these instead of its own, of a listener its default
     * rule; NULL: a new one. */
    const struct config_rule *before;
};

/* Checks the list (members as elb_action_shape says) as AWS does.  What goes
 * into Properties, in call->region: as it was given, but for a ClientSecret
 * that stays (UseExistingClientSecret).  NULL: refused, with one of
 * InvalidLoadBalancerAction, TooManyActions, TargetGroupNotFound,
 * TargetGroupAssociationLimit, IncompatibleProtocols, UnsupportedProtocol,
 * InvalidConfigurationRequest,
 * TooManyTargetGroups, TooManyUniqueTargetGroupsPerLoadBalancer,
 * TooManyTargets, TooManyRegistrationsForTargetId, ValidationError. */
const struct value *elb_actions_take(struct call *call,
                                     const struct account_view *view,
                                     const struct elb_actions_of *of,
                                     const struct value *actions);

/* Of a forward action: its groups and their weights; and of all actions: what
 * the load balancer has then.  False: refused.  (elb_forward.c) */
bool elb_forward_check(struct call *call, const struct account_view *view,
                       const struct elb_actions_of *of,
                       const struct value *action);
bool elb_forward_fits(struct call *call, const struct account_view *view,
                      const struct elb_actions_of *of,
                      const struct value *actions);

/* The LIST as Describe* shows it, in normal form: a forward to one group with
 * TargetGroupArn and ForwardConfig, redirects with their keywords, never a
 * ClientSecret. */
struct value *elb_actions_shown(struct region *region,
                                const struct config_rule *rule);

#endif
