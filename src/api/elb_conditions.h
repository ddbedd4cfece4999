/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions and transforms of rules: what calls may ask for, and how they are
 * shown (alb.md 1.7, 2.3, 2.5).
 */
#ifndef SLUICE_API_ELB_CONDITIONS_H
#define SLUICE_API_ELB_CONDITIONS_H

#include "api/action.h"

/* An element of Conditions, of Transforms. */
extern const struct shape elb_condition_shape;
extern const struct shape elb_transform_shape;

/* Checks the list as AWS does.  What goes into Properties, in call->region:
 * Values that stand both bare and in a config, as Describe* shows them, once.
 * NULL: refused (ValidationError). */
const struct value *elb_conditions_take(struct call *call,
                                        const struct account_view *view,
                                        const struct value *conditions);

/* The LIST as Describe* shows it: of hosts and paths the values bare and in
 * the config. */
struct value *elb_conditions_shown(struct region *region,
                                   const struct config_rule *rule);

struct value *elb_transforms_shown(struct region *region,
                                   const struct config_rule *rule);

#endif
