/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets as calls name them: {Id, Port, AvailabilityZone} (alb.md 1.6, 3.6).
 *
 * A target is what has an id and a port in its group; without Port it has the
 * group's, and a function has none.
 */
#ifndef SLUICE_API_ELB_TARGET_H
#define SLUICE_API_ELB_TARGET_H

#include "api/action.h"

/* The shape of one in an input. */
extern const struct shape elb_target_shape;

struct elb_target {
    struct str id;
    unsigned port;   /* 0: a function */
    struct str zone; /* n == 0: none */
};

/* The one of a MAP {Id, Port, AvailabilityZone}. */
struct elb_target elb_target_of(const struct config_group *group,
                                const struct value *map);

/* Whether they are the same registration. */
bool elb_target_same(const struct elb_target *a, const struct elb_target *b);

/* "ID:PORT", as Metadata.Sluice has it. */
struct str elb_target_key(struct region *region,
                          const struct elb_target *target);

/* Why the id is none that a group of this type has, as AWS says it, in the
 * region; n == 0: it may be one. */
struct str elb_target_fault(struct region *region,
                            const struct config_group *group, struct str id);

/* A MAP {Id, Port, AvailabilityZone}. */
struct value *elb_target_shown(struct region *region,
                               const struct elb_target *target);

#endif
