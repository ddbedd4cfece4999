/* SPDX-License-Identifier: Apache-2.0
 *
 * One health check on the wire: a connection of its own, one request, and the
 * answer up to its status (lb/probe.h says what they mean).
 *
 * What the target still sends after its status is read and thrown away for a
 * moment, so that no application sees a reset for having been healthy.
 */
#ifndef SLUICE_CONTROL_HEALTH_PROBE_H
#define SLUICE_CONTROL_HEALTH_PROBE_H

#include "base/address.h"
#include "lb/probe.h"
#include "net/loop.h"

struct health_probe;

/* All probes of a monitor. */
struct health_probes {
    struct loop *loop;
    struct list all;
    unsigned open; /* connections, those that only read the rest included */
    /* The result of a probe; it is not the owner's any more. */
    void (*on_result)(void *owner, enum probe_result result, unsigned code);
    /* There is one connection less. */
    void (*on_closed)(struct health_probes *probes);
};

/* Begins a probe of the target at `address`; its result, by health->timeout_ms
 * at the latest, goes to on_result, not before this returned.  What of
 * `health` matters is copied.  NULL when it has ended already, with the result
 * in `*result`. */
struct health_probe *health_probe_begin(struct health_probes *probes,
                                        void *owner,
                                        const struct config_health *health,
                                        const struct address *address,
                                        enum probe_result *result);

/* Ends a probe whose result nobody wants any more. */
void health_probe_abandon(struct health_probe *probe);

/* Ends all of them; their memory goes at the end of the turn. */
void health_probes_end(struct health_probes *probes);

#endif
