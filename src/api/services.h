/* SPDX-License-Identifier: Apache-2.0
 *
 * The services of AWS that Sluice serves.
 */
#ifndef SLUICE_API_SERVICES_H
#define SLUICE_API_SERVICES_H

#include "api/action.h"

/* NULL at the end. */
extern const struct service *const services[];

/* Tables of other files. */
extern const struct action_table sts_actions;
extern const struct action_table ec2_actions;
extern const struct action_table acm_actions;
extern const struct action_table waf_acl_actions;
extern const struct action_table waf_association_actions;
extern const struct action_table waf_group_actions;
extern const struct action_table waf_key_actions;
extern const struct action_table waf_logging_actions;
extern const struct action_table waf_managed_actions;
extern const struct action_table waf_policy_actions;
extern const struct action_table waf_refused_actions;
extern const struct action_table waf_sample_actions;
extern const struct action_table waf_set_actions;
extern const struct action_table waf_tag_actions;
extern const struct action_table cloudwatch_data_actions;
extern const struct action_table cloudwatch_alarm_actions;
extern const struct action_table cloudwatch_alarm_put_actions;
extern const struct action_table cloudwatch_alarm_state_actions;
extern const struct action_table cloudwatch_tag_actions;
extern const struct action_table cloudwatch_metric_actions;
extern const struct action_table cloudwatch_put_actions;
extern const struct action_table cloudwatch_statistic_actions;
extern const struct action_table acm_import_actions;
extern const struct action_table acm_tag_actions;

#endif
