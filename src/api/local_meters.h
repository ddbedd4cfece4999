/* SPDX-License-Identifier: Apache-2.0
 *
 * What load balancers and target groups did, for GET /metrics: a line for each
 * number that is not 0 (proxy/meter.h, stats/meter.def).
 *
 *     sluice_load_balancer_NAME_total{load_balancer,zone}
 *     sluice_load_balancer_connections{load_balancer,zone}
 *     sluice_target_group_NAME_total{target_group,load_balancer,zone}
 *     sluice_target_group_response_seconds{target_group,load_balancer,zone}
 *
 * Labels have what dimensions of CloudWatch have: app/NAME/ID,
 * targetgroup/NAME/ID and the name of an Availability Zone, "" where none is
 * known.  The last one is a histogram of target_processing_time.
 */
#ifndef SLUICE_API_LOCAL_METERS_H
#define SLUICE_API_LOCAL_METERS_H

#include "proxy/meter.h"

void local_put_meters(struct text *t, const struct meters_reading *reading);

/* Room that it is tried with. */
size_t local_meters_room(const struct meters_reading *reading);

#endif
