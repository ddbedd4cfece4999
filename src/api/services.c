/* SPDX-License-Identifier: Apache-2.0 */
#include "api/services.h"

#include "api/elb_group.h"

static const struct action_table *const elb[] = {
    &elb_group_actions,
    &elb_group_attribute_actions,
    NULL,
};
static const struct action_table *const sts[] = {&sts_actions, NULL};
static const struct action_table *const ec2[] = {&ec2_actions, NULL};

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

const struct service *const services[] = {
    &elasticloadbalancing,
    &security_tokens,
    &compute,
    NULL,
};
