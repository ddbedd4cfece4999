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

#include "net/mailbox.h"
#include "proxy/inspect.h"
#include "proxy/port_table.h"
#include "proxy/route_table.h"
#include "proxy/waf_set.h"

/* Slots of a listener's sockets. */
enum { PLACE_NONE = -1 };

struct place_here {
    int bound; /* at what it is bound to */
    int own;   /* at its load balancer's own address; or PLACE_NONE */
};

struct snapshot {
    uint64_t id;
    struct config *config; /* held */
    unsigned ngroups;
    struct group **groups; /* in the order of config->groups; the set's */
    struct group_set *set; /* held */
    struct waf_set *wafs;  /* held */
    unsigned nlisteners;
    struct route_table **listeners; /* in the order of config->listeners; held.
                                       table->config may be an older one that
                                       says the same */
    /* By the slot of a socket, which control assigns before it hands the
     * snapshot out; nobody is there: its listeners are gone. */
    unsigned nslots;
    struct port_table *slots;
    struct place_here *places;         /* of each listener; control's */
    struct linear_need need;           /* of all regexes */
    const struct inspector *inspector; /* NULL: none */
    unsigned leases;                   /* out; only control counts */
};

/* One worker's hold on one snapshot. */
struct lease {
    struct message message; /* how it goes back */
    struct snapshot *snapshot;
    unsigned holds; /* exchanges that use it */
};

/* What snapshots are made with, beside a config. */
struct snapshot_means {
    const struct inspector *inspector; /* NULL: none */
    struct geo *geo; /* NULL: nobody knows where clients are */
};

/* Compiles what is not as in `before` (may be NULL, else held by somebody); the
 * rest is shared with it.  On any thread.  NULL with errors in the report
 * (regexes are read here); the config is held as long as the snapshot lives. */
struct snapshot *snapshot_build(struct config *config, uint64_t id,
                                const struct snapshot *before,
                                const struct snapshot_means *means,
                                struct report *report);

/* What was built takes its targets from (or adds them to) the registry, and
 * choices go on where those of `before` stand.  On the thread of the
 * registry. */
void snapshot_settle(struct snapshot *snapshot, const struct snapshot *before,
                     struct target_registry *registry);

/* Both. */
struct snapshot *snapshot_compile(struct config *config, uint64_t id,
                                  const struct snapshot *before,
                                  struct target_registry *registry,
                                  const struct snapshot_means *means,
                                  struct report *report);

/* A snapshot of what config_patch() made of the config of `before`: with slots,
 * TLS contexts and all.  On the thread of the registry; takes no time that
 * grows with anything but the number of listeners and a copy of one pointer for
 * each rule. */
struct snapshot *snapshot_patch(struct config *config, uint64_t id,
                                const struct snapshot *before,
                                unsigned listener, unsigned rule);

/* Compiles and frees: whether snapshot_compile() would do it, with errors in
 * the report.  On any thread. */
bool snapshot_check(struct config *config, struct report *report);

/* Frees it.  Targets that nobody else uses are handed to `orphan` (the
 * registry's reference with them).  `registry` may be NULL when it was never
 * settled. */
void snapshot_free(struct snapshot *snapshot, struct target_registry *registry,
                   void (*orphan)(void *owner, struct target *target),
                   void *owner);

#endif
