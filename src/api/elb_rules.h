/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of listeners as the API makes and shows them (alb.md 1.6, 2.2).
 */
#ifndef SLUICE_API_ELB_RULES_H
#define SLUICE_API_ELB_RULES_H

#include "api/action.h"

/* CreateRule, DescribeRules, ModifyRule, DeleteRule, SetRulePriorities. */
extern const struct action_table elb_rule_actions;

/* A rule, and the listener that it is of. */
struct elb_rule {
    const struct config_listener *listener;
    const struct config_rule *rule;
};

/* The rule with this ARN, default rules too.  False: refused with RuleNotFound,
 * or a ValidationError for what is no ARN of a rule. */
bool elb_rule_must(struct call *call, const struct account_view *view,
                   struct str arn, struct elb_rule *found);

/* The listener with this ARN; NULL: refused (ListenerNotFound,
 * UnsupportedProtocol for those of other kinds of load balancers,
 * ValidationError). */
const struct config_listener *elb_rule_listener(struct call *call,
                                                const struct account_view *view,
                                                struct str arn);

/* Adds one as Describe* shows it to the LIST. */
void elb_rule_show(struct region *region, const struct config_rule *rule,
                   struct value *list);

/* The result {Rules: [...]} of these rules.  False: refused. */
bool elb_rules_answer(struct call *call, const struct account_view *view,
                      const struct value *arns);

/* SetRulePriorities (elb_priorities.c). */
extern const struct shape elb_priorities_shape;
bool elb_priorities_edit(struct call *call, const struct account_view *before);
bool elb_priorities_answer(struct call *call, const struct account_view *after);

#endif
