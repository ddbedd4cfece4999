/* SPDX-License-Identifier: Apache-2.0
 *
 * A config compiled for running: immutable but for the counters and lists
 * that choose.
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
#include "net/tls_context.h"
#include "proxy/action.h"
#include "proxy/inspect.h"
#include "proxy/listener_headers.h"
#include "proxy/router.h"

/* One listener: its rules, compiled. */
struct route_table {
    const struct config_listener *config;
    struct router *router;
    struct rule_action *actions; /* the terminal action of rule i */
    struct listener_headers headers;
    int sinks[LOG_KINDS];    /* of its load balancer's logs, or LOG_SINK_NONE;
                               control assigns them */
    struct tls_context *tls; /* held; control assigns it; NULL: HTTP */
};

struct snapshot {
    uint64_t id;
    struct config *config; /* held */
    unsigned ngroups;
    struct group *groups; /* in the order of config->groups */
    unsigned nlisteners;
    struct route_table *listeners; /* in the order of config->listeners */
    /* By the slot of the listener's socket, which control assigns before it
     * hands the snapshot out; NULL: that listener is gone. */
    unsigned nslots;
    struct route_table **slots;
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
 * on where those of `before` (may be NULL) stand.  NULL with errors in the
 * report (regexes are read here); the config is held as long as the snapshot
 * lives. */
struct snapshot *snapshot_compile(struct config *config, uint64_t id,
                                  const struct snapshot *before,
                                  struct target_registry *registry,
                                  const struct inspector *inspector,
                                  struct report *report);

/* Compiles and frees: whether snapshot_compile() would do it, with errors in
 * the report.  On any thread. */
bool snapshot_check(struct config *config, struct report *report);

/* Frees it.  Targets that nobody else uses are handed to `orphan` (the
 * registry's reference with them). */
void snapshot_free(struct snapshot *snapshot, struct target_registry *registry,
                   void (*orphan)(void *owner, struct target *target),
                   void *owner);

#endif
