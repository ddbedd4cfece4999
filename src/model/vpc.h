/* SPDX-License-Identifier: Apache-2.0
 *
 * What a VPC is to a load balancer: who may connect by its security groups, and
 * in which Availability Zones it has nodes (aws-integrations.md 12.3; "Security
 * groups for your Application Load Balancer").
 *
 * AWS::EC2::SecurityGroup, AWS::EC2::SecurityGroupIngress and AWS::EC2::Subnet
 * of the template are looked at for load balancers that ask for it, and say
 * nothing otherwise.  Rules are counted as AWS counts them: what no rule lets
 * in stays out, and a rule whose addresses only AWS knows (those of the members
 * of another group, of a prefix list, of a group that the template does not
 * have) lets nobody in here.
 */
#ifndef SLUICE_MODEL_VPC_H
#define SLUICE_MODEL_VPC_H

#include "base/cidr.h"
#include "base/region.h"

/* Who may connect to which ports, as the template calls them. */
struct config_ingress {
    struct cidr range;
    uint16_t from_port;
    uint16_t to_port; /* and those between */
};

struct config_security {
    unsigned n;
    struct config_ingress *ingress;
};

enum {
    VPC_RULES_MAX = 1000, /* of a load balancer: AWS's quota of rules and
                             groups on a network interface */
    VPC_ZONES_MAX = 16,
};

#endif
