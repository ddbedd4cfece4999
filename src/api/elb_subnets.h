/* SPDX-License-Identifier: Apache-2.0
 *
 * The subnets of load balancers, and the Availability Zones that they stand
 * for (CreateLoadBalancer, SetSubnets).
 *
 * Whoever brings the ids of real subnets along has each of them in a zone of
 * its own: nothing is known of them here, and a load balancer has one subnet
 * of a zone.  Only the subnets of the default VPC have a zone that is theirs.
 */
#ifndef SLUICE_API_ELB_SUBNETS_H
#define SLUICE_API_ELB_SUBNETS_H

#include "api/action.h"

enum { SUBNETS_MAX = 6 /* zones of a region */ };

extern const struct shape subnet_mapping_shape;

/* Checks Subnets or SubnetMappings of the call.  `lb` is whose they become;
 * NULL: of one that is made.  False: refused. */
bool subnets_check(struct call *call, const struct account_view *view,
                   const struct config_load_balancer *lb);

/* Puts what the call gives into Properties. */
void subnets_put(struct call *call, struct value *properties);

/* The ids of the subnets that Properties of a load balancer name, in a LIST;
 * those that only AWS knows are left out. */
struct value *subnets_of(struct region *region, const struct value *properties);

/* Puts VpcId and AvailabilityZones: those of the template's subnets, where they
 * have some; what nobody knows is the default VPC's. */
void subnets_tell(struct call *call, const struct account_view *view,
                  const struct config_load_balancer *lb,
                  const struct value *properties, struct value *into);

extern const struct action_table elb_subnet_actions; /* SetSubnets */

#endif
