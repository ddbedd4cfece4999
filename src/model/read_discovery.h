/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads where targets are found (model/discovery.h).  Private to the model.
 */
#ifndef SLUICE_MODEL_READ_DISCOVERY_H
#define SLUICE_MODEL_READ_DISCOVERY_H

#include "model/discovery.h"
#include "model/read.h"

/* Of Interval, in seconds. */
enum { DISCOVERY_INTERVAL_MIN_S = 1, DISCOVERY_INTERVAL_MAX_S = 3600 };

extern const struct schema discovery_schema;

/* What Discovery of a group's Metadata.Sluice says, into the group, whose type
 * is known. */
void read_discovery(struct build *build, const struct resource *resource,
                    const struct field *discovery, struct config_group *group);

/* Adds a source of an ECS service to the group, unless Discovery of its own
 * is there. */
void discovery_follow(struct build *build, struct config_group *group,
                      const struct place *place,
                      const struct discovery_ecs *ecs, uint32_t interval_ms);

#endif
