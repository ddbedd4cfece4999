/* SPDX-License-Identifier: Apache-2.0
 *
 * Target groups as the API shows and names them (alb.md 1.6, 3, 4.1).
 */
#ifndef SLUICE_API_ELB_GROUP_H
#define SLUICE_API_ELB_GROUP_H

#include "api/action.h"

/* CreateTargetGroup, DescribeTargetGroups, ModifyTargetGroup,
 * DeleteTargetGroup. */
extern const struct action_table elb_group_actions;

/* DescribeTargetGroupAttributes, ModifyTargetGroupAttributes. */
extern const struct action_table elb_group_attribute_actions;

/* RegisterTargets, DeregisterTargets; DescribeTargetHealth. */
extern const struct action_table elb_target_actions;
extern const struct action_table elb_target_health_actions;

/* The group of that ARN.  NULL: refused (TargetGroupNotFound, or
 * ValidationError when it is no ARN of a group). */
struct config_group *elb_group_of(struct call *call,
                                  const struct account_view *view,
                                  struct str arn);

/* The one that TargetGroupArn names. */
struct config_group *elb_group(struct call *call,
                               const struct account_view *view);

/* What stands in the config of a group, defaults and all, as
 * DescribeTargetGroups shows it; and the properties that only the account
 * knows, then NULL. */
struct value *elb_group_settings(struct region *region,
                                 const struct config_group *group);
extern const char *const elb_group_properties[];

/* One as DescribeTargetGroups shows it, in the region. */
struct value *elb_group_shown(struct region *region,
                              const struct account_view *view,
                              const struct config_group *group);

#endif
