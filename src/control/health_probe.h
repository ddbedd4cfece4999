/* SPDX-License-Identifier: Apache-2.0
 *
 * One health check on the wire: a connection of its own, over TLS or not, one
 * request, and the answer up to what decides (lb/probe.h says what both mean).
 * Certificates are not looked at, no TLS session is resumed.
 *
 * What the target still sends after that is read and thrown away for a moment,
 * so that no application sees a reset for having been healthy.
 *
 * What a target sends costs time at most: a probe holds 16 KiB of HTTP/1.1, or
 * an HTTP/2 session with the caps of control/health_probe_h2.c, and ends by its
 * timeout, which covers everything from the SYN on.
 */
#ifndef SLUICE_CONTROL_HEALTH_PROBE_H
#define SLUICE_CONTROL_HEALTH_PROBE_H

#include "base/address.h"
#include "lb/group.h"
#include "lb/probe.h"
#include "net/loop.h"
#include "net/tls_context.h"

struct h2_port;
struct health_probe;

enum { HEALTH_PROBE_TLS_MAX = 6 }; /* three policies, with HTTP/2 or not */

/* All probes of a monitor; zeroed but for what its owner fills in. */
struct health_probes {
    struct loop *loop;
    struct list all;
    unsigned open; /* connections, those that only read the rest included */
    /* Made when one is needed. */
    struct h2_port *port;
    struct health_probe_tls {
        const struct ssl_policy *policy; /* target_tls_policy() */
        bool http2;
        struct tls_context *context;
    } tls[HEALTH_PROBE_TLS_MAX];
    /* The result of a probe; it is not the owner's any more.  `why`: for our
     * log, "" when the result says it; good until this returns. */
    void (*on_result)(void *owner, enum probe_result result, unsigned code,
                      const char *why);
    /* There is one connection less. */
    void (*on_closed)(struct health_probes *probes);
};

/* Begins a probe of the target at `address` as its group asks; its result, by
 * the group's timeout at the latest, goes to on_result, not before this
 * returned.  Certificates count where those of requests do (ValidateCertificate
 * of a group with Protocol HTTPS).  What of `group` matters is copied.  NULL when it has ended
 * already, with the result in `*result`. */
struct health_probe *health_probe_begin(struct health_probes *probes,
                                        void *owner, const struct group *group,
                                        const struct address *address,
                                        enum probe_result *result);

/* Ends a probe whose result nobody wants any more. */
void health_probe_abandon(struct health_probe *probe);

/* Ends all of them, and what they share; their memory goes at the end of the
 * turn. */
void health_probes_end(struct health_probes *probes);

#endif
