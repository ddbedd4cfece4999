/* SPDX-License-Identifier: Apache-2.0
 *
 * One load balancer: as Describe* shows it, and what its settings may be.
 */
#ifndef SLUICE_API_ELB_BALANCER_H
#define SLUICE_API_ELB_BALANCER_H

#include "api/action.h"

/* CreateLoadBalancer, DescribeLoadBalancers, DeleteLoadBalancer. */
extern const struct action_table elb_balancer_actions;

/* SetSecurityGroups, SetIpAddressType, ModifyIpPools. */
extern const struct action_table elb_addressing_actions;

/* DescribeLoadBalancerAttributes, ModifyLoadBalancerAttributes. */
extern const struct action_table elb_balancer_attribute_actions;

extern const char *const balancer_address_types[];
extern const char *const balancer_switches[];   /* on, off */
extern const struct shape balancer_pools_shape; /* IpamPools */

/* Fills in what DescribeLoadBalancers has of it, in that state: it is active,
 * but for what the call says that makes it. */
void balancer_tell(struct call *call, const struct account_view *view,
                   const struct config_load_balancer *lb, const char *state,
                   struct value *into);

/* An address type (empty: none) that goes with the scheme; else
 * InvalidConfigurationRequest. */
bool balancer_check_address_type(struct call *call, enum scheme scheme,
                                 struct str type);

/* EnablePrefixForIpv6SourceNat of the call is not "on". */
bool balancer_check_prefix(struct call *call);

/* SecurityGroups of the call: 1 to 5 that are some. */
bool balancer_check_security_groups(struct call *call);

/* The security groups in force: LIST of ids, the default one of the VPC when
 * Properties say none. */
struct value *balancer_security_groups(struct region *region,
                                       const struct account_view *view,
                                       const struct value *properties);

/* Whether a capacity reservation of it is not provisioned yet. */
bool balancer_reservation_is_pending(const struct account_view *view,
                                     const struct config_load_balancer *lb);

/* Whose ids Route 53 aliases name, one for each region of AWS: the
 * CanonicalHostedZoneId. */
struct str balancer_hosted_zone(struct region *region, struct str region_name);

#endif
