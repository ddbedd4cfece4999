/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources of AWS::EC2 while a config is built.  Private to the model.
 */
#ifndef SLUICE_MODEL_READ_VPC_H
#define SLUICE_MODEL_READ_VPC_H

#include "model/read.h"

/* AWS::EC2::SecurityGroup, AWS::EC2::SecurityGroupIngress, AWS::EC2::Subnet. */
void read_security_group(struct build *build, const struct resource *resource);
void read_ingress(struct build *build, const struct resource *resource);
void read_subnet(struct build *build, const struct resource *resource);

/* Its Subnets, SubnetMappings and SecurityGroups; `enforced`: the latter
 * decide who may connect. */
void read_vpc_of(struct build *build, const struct resource *resource,
                 struct config_load_balancer *lb, bool enforced);

/* All resources have been read: what load balancers make of them. */
void read_vpc_end(struct build *build);

#endif
