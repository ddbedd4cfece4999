/* SPDX-License-Identifier: Apache-2.0
 *
 * A config compiled for running: immutable but for the counters that choose.
 *
 * The control thread makes snapshots and hands each to every worker; a worker
 * leases it, and an exchange holds the lease that it began with.  When a
 * worker's last hold on a snapshot that is no longer its newest is gone, the
 * lease goes back to control as a message; with the last one back the snapshot
 * is freed.  So nothing on the request path locks or counts atomically.
 */
#ifndef SLUICE_PROXY_SNAPSHOT_H
#define SLUICE_PROXY_SNAPSHOT_H

#include "lb/group.h"
#include "net/mailbox.h"
#include "proxy/inspect.h"

struct snapshot {
    uint64_t id;
    struct config_attributes attributes;
    unsigned ngroups;
    struct group groups[CONFIG_GROUPS_MAX];
    unsigned weights[CONFIG_GROUPS_MAX];
    _Atomic uint64_t cursor;           /* of the choice among groups */
    const struct inspector *inspector; /* NULL: none */
    unsigned leases;                   /* out; only control counts */
};

/* One worker's hold on one snapshot. */
struct lease {
    struct message message; /* how it goes back */
    struct snapshot *snapshot;
    unsigned holds; /* exchanges that use it */
};

/* Compiles; the targets are taken from (or added to) the registry.  Choices go
 * on where those of `before` (may be NULL) stand. */
struct snapshot *snapshot_compile(const struct config *config, uint64_t id,
                                  const struct snapshot *before,
                                  struct target_registry *registry,
                                  const struct inspector *inspector);

/* Frees it.  Targets that nobody else uses are handed to `orphan` (the
 * registry's reference with them). */
void snapshot_free(struct snapshot *snapshot, struct target_registry *registry,
                   void (*orphan)(void *owner, struct target *target),
                   void *owner);

#endif
