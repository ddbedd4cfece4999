/* SPDX-License-Identifier: Apache-2.0
 *
 * The network that every account has: one default VPC with a subnet in each of
 * three Availability Zones of the region, and a default security group.
 *
 * There is no such network, and nothing is routed by it: clients of ELBv2 name
 * subnets, security groups and VPCs, and look them up before they do.  Any
 * well-formed id stands for something: a subnet id that is not one of the three
 * is a subnet of the same VPC in the zone that its digits say.  Pure; ids are
 * the same at each start.
 */
#ifndef SLUICE_API_NETWORK_H
#define SLUICE_API_NETWORK_H

#include "base/region.h"

enum { NETWORK_ZONES = 3, NETWORK_ID_MAX = 32 };

struct network_vpc {
    char id[NETWORK_ID_MAX]; /* vpc-0123456789abcdef0 */
    const char *cidr;
    char security_group[NETWORK_ID_MAX]; /* the default one */
};

struct network_subnet {
    struct str id;
    struct str vpc;     /* id */
    struct str zone;    /* us-east-1a */
    struct str zone_id; /* use1-az1 */
    struct str cidr;
    unsigned index; /* of its zone, from 0 */
};

/* The default VPC of that region. */
struct network_vpc network_vpc(struct str region_name);

/* Zone i < NETWORK_ZONES; in the region of memory. */
struct str network_zone(struct region *region, struct str region_name,
                        unsigned i);

/* Its subnet in zone i. */
struct network_subnet network_default_subnet(struct region *region,
                                             struct str region_name,
                                             unsigned i);

/* The subnet of that id.  False: it is no subnet id ("subnet-" and letters,
 * digits and hyphens). */
bool network_subnet(struct region *region, struct str region_name,
                    struct str id, struct network_subnet *subnet);

/* Whether the id is of that kind: "vpc", "subnet", "sg", "eni" and so on, a
 * hyphen, and 1 to 24 letters, digits and hyphens. */
bool network_id_fits(const char *kind, struct str id);

#endif
