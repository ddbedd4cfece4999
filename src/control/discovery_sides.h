/* SPDX-License-Identifier: Apache-2.0
 *
 * Which tasks of a blue/green service belong to which of its two target groups.
 *
 * ECS registers the tasks of one deployment in one of the groups; which one it
 * is nobody tells who asks for tasks.  So: a deployment is where its tasks are
 * registered already (most of them); of those that are nowhere yet the oldest
 * is in the group that gets production traffic, unless another deployment is
 * there, and all others are in the other group.  As long as a deployment has
 * tasks it stays where it is, so traffic that is shifted meanwhile changes
 * nothing.
 *
 * Pure.
 */
#ifndef SLUICE_CONTROL_DISCOVERY_SIDES_H
#define SLUICE_CONTROL_DISCOVERY_SIDES_H

#include "base/str.h"

enum { DEPLOYMENTS_MAX = 16 /* of one service; more are as the last one */ };

struct side_task {
    struct str deployment;
    double created; /* 0: not known */
    bool in[2];     /* whether it is registered in this group */
    unsigned side;  /* becomes: 0 or 1 */
};

/* `production`: the group that gets production traffic. */
void discovery_sides(struct side_task *tasks, unsigned n, unsigned production);

#endif
