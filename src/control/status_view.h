/* SPDX-License-Identifier: Apache-2.0
 *
 * What GET /status shows, gathered from the running server.
 *
 * On the control thread.  It reads the newest snapshot's config, which never
 * changes, what the health monitor knows, and atomics that workers write.
 */
#ifndef SLUICE_CONTROL_STATUS_VIEW_H
#define SLUICE_CONTROL_STATUS_VIEW_H

#include "api/status.h"
#include "base/region.h"

struct server;

/* Fills the view; its arrays and texts stand in the region or in the config,
 * good until the next snapshot. */
void status_view_fill(struct status_view *view, const struct server *server,
                      struct region *region);

/* The sources of the group with this ARN (n == 0: of all); in the region, good
 * as long as the view. */
const struct status_source *status_view_sources(const struct server *server,
                                                struct str arn,
                                                struct region *region,
                                                unsigned *n);

#endif
