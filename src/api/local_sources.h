/* SPDX-License-Identifier: Apache-2.0
 *
 * What sources of targets did, for GET /metrics; nothing where there are none.
 *
 *     sluice_discovery_answers_total{target_group,source}
 *     sluice_discovery_failures_total{target_group,source}
 *     sluice_discovery_targets{target_group,source}
 */
#ifndef SLUICE_API_LOCAL_SOURCES_H
#define SLUICE_API_LOCAL_SOURCES_H

#include "api/status.h"

void local_put_sources(struct text *t, const struct status_source *sources,
                       unsigned n);

#endif
