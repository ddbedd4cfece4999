/* SPDX-License-Identifier: Apache-2.0
 *
 * What is asked of Cloud Map and what its answers say (aws-integrations.md
 * 4.4): DiscoverInstances and DiscoverInstancesRevision, both of the host with
 * the prefix data-.
 *
 * Pure; answers may say anything.
 */
#ifndef SLUICE_AWS_CLOUD_MAP_H
#define SLUICE_AWS_CLOUD_MAP_H

#include "model/discovery.h"

enum { CLOUD_MAP_MAX = 1000 /* instances of one answer */ };

/* Bodies, in the region. */
struct str cloud_map_discover(struct region *region,
                              const struct discovery_cloud_map *what);
struct str cloud_map_revision(struct region *region,
                              const struct discovery_cloud_map *what);

struct cloud_map_instance {
    struct str ip;
    uint16_t port;   /* 0: not told */
    struct str zone; /* n == 0: not told */
};

struct cloud_map_answer {
    unsigned n;
    struct cloud_map_instance *instances; /* in the region */
    unsigned without; /* instances that have no address of that family */
    bool full;        /* there may be more */
    bool has_revision;
    uint64_t revision;
};

/* False: it is no such answer. */
bool cloud_map_read(struct region *region, const struct value *answer, bool six,
                    struct cloud_map_answer *read);

/* InstancesRevision of either; false: not told. */
bool cloud_map_read_revision(const struct value *answer, uint64_t *revision);

#endif
