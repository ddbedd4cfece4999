/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of a config as what they say: a digest of it, so that what was compiled
 * from a part of one config can go on with the next that says the same; and
 * copies, for what outlives the config that it was compiled from.  Places are
 * no part of it.
 */
#ifndef SLUICE_MODEL_CONFIG_PARTS_H
#define SLUICE_MODEL_CONFIG_PARTS_H

#include "model/config.h"

/* SHA-256.  `known` false (there was no memory) is equal to none. */
struct config_digest {
    bool known;
    uint8_t bytes[32];
};

bool config_digest_equal(const struct config_digest *a,
                         const struct config_digest *b);

/* The conditions of all rules of a listener, in their order. */
struct config_digest config_conditions_digest(const struct config_listener *l);

/* All that a group has, and what it knows by its load balancer: names,
 * attributes, log files, zones, and the addresses and security policies of its
 * listeners. */
struct config_digest config_group_digest(const struct config_group *group);

/* rule->conditions, in the region. */
const struct config_condition *
config_conditions_copy(struct region *region, const struct config_rule *rule);

/* The group with what config_group_digest() says; its load balancer is a copy
 * too, whose listeners have nothing but addresses and policies. */
const struct config_group *config_group_copy(struct region *region,
                                             const struct config_group *group);

#endif
