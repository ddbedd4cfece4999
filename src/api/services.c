/* SPDX-License-Identifier: Apache-2.0 */
#include "api/services.h"

#include "api/elb_account.h"
#include "api/elb_balancer.h"
#include "api/elb_capacity.h"
#include "api/elb_group.h"
#include "api/elb_listener.h"
#include "api/elb_rules.h"
#include "api/elb_subnets.h"
#include "api/elb_tags.h"
#include "api/elb_trust.h"

static const struct action_table *const elb[] = {
    &elb_account_actions,
    &elb_addressing_actions,
    &elb_balancer_actions,
    &elb_balancer_attribute_actions,
    &elb_capacity_actions,
    &elb_certificate_actions,
    &elb_group_actions,
    &elb_group_attribute_actions,
    &elb_listener_actions,
    &elb_listener_attribute_actions,
    &elb_revocation_actions,
    &elb_rule_actions,
    &elb_subnet_actions,
    &elb_tag_actions,
    &elb_target_actions,
    &elb_target_health_actions,
    &elb_trust_store_actions,
    &elb_trust_use_actions,
    NULL,
};
static const struct action_table *const sts[] = {&sts_actions, NULL};
static const struct action_table *const ec2[] = {&ec2_actions, NULL};
static const struct action_table *const acm[] = {
    &acm_actions,
    &acm_import_actions,
    &acm_tag_actions,
    NULL,
};

static const struct action_table *const waf[] = {
    &waf_acl_actions,    &waf_association_actions, &waf_group_actions,
    &waf_key_actions,    &waf_logging_actions,     &waf_managed_actions,
    &waf_policy_actions, &waf_refused_actions,     &waf_sample_actions,
    &waf_set_actions,    &waf_tag_actions,         NULL,
};

static const struct action_table *const cloudwatch[] = {
    &cloudwatch_alarm_actions,
    &cloudwatch_alarm_put_actions,
    &cloudwatch_alarm_state_actions,
    &cloudwatch_data_actions,
    &cloudwatch_metric_actions,
    &cloudwatch_put_actions,
    &cloudwatch_statistic_actions,
    &cloudwatch_tag_actions,
    NULL,
};

/* Errors of CloudWatch's model. */
static const struct fault_name cloudwatch_faults[] = {
    {"InternalServiceError", "InternalServiceFault", 500},
    {"InvalidFormat", "InvalidFormatFault", 400},
    {"InvalidParameterCombination", "InvalidParameterCombinationException",
     400},
    {"InvalidParameterInput", "DashboardInvalidInputError", 400},
    {"InvalidParameterValue", "InvalidParameterValueException", 400},
    {"LimitExceeded", "LimitExceededFault", 400},
    {"MissingParameter", "MissingRequiredParameterException", 400},
    {"ResourceNotFound", "ResourceNotFound", 404},
    {"ResourceNotFoundException", "ResourceNotFoundException", 404},
    {NULL, NULL, 0},
};

static const struct service elasticloadbalancing = {
    .name = "elasticloadbalancing",
    .version = "2015-12-01",
    .namespace = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    .wire = WIRE_QUERY,
    .tables = elb,
};

static const struct service security_tokens = {
    .name = "sts",
    .version = "2011-06-15",
    .namespace = "https://sts.amazonaws.com/doc/2011-06-15/",
    .wire = WIRE_QUERY,
    .tables = sts,
};

static const struct service compute = {
    .name = "ec2",
    .version = "2016-11-15",
    .namespace = "http://ec2.amazonaws.com/doc/2016-11-15/",
    .wire = WIRE_EC2,
    .stands_in = true,
    .tables = ec2,
};

static const struct service certificate_manager = {
    .name = "acm",
    .target = "CertificateManager",
    .wire = WIRE_JSON,
    .tables = acm,
};

static const struct service firewall = {
    .name = "wafv2",
    .target = "AWSWAF_20190729",
    .wire = WIRE_JSON,
    .tables = waf,
};

static const struct service metrics = {
    .name = "monitoring",
    .policy = "cloudwatch",
    .version = "2010-08-01",
    .namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/",
    .wire = WIRE_QUERY,
    .target = "GraniteServiceVersion20100801",
    .shapes = "com.amazonaws.cloudwatch",
    .faults = cloudwatch_faults,
    .tables = cloudwatch,
};

const struct service *const services[] = {
    &elasticloadbalancing,
    &security_tokens,
    &compute,
    &certificate_manager,
    &firewall,
    &metrics,
    NULL,
};
