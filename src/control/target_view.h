/* SPDX-License-Identifier: Apache-2.0
 *
 * The targets of a group as DescribeTargetHealth shows them, from what the
 * health monitor knows.
 */
#ifndef SLUICE_CONTROL_TARGET_VIEW_H
#define SLUICE_CONTROL_TARGET_VIEW_H

#include "api/call.h"

/* For account_view.targets; `owner` is the server (a struct server *).  False
 * when the newest snapshot has no group of this ARN, or the monitor does not
 * know its targets yet. */
bool target_view_visit(void *owner, struct str group_arn,
                       void (*visit)(void *to,
                                     const struct target_seen *target),
                       void *to);

#endif
