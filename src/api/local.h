/* SPDX-License-Identifier: Apache-2.0
 *
 * The local administration API: GET /healthz, /metrics and /targets.
 *
 * A pure function of a request and of what there is to see; whoever calls it
 * does the HTTP.
 */
#ifndef SLUICE_API_LOCAL_H
#define SLUICE_API_LOCAL_H

#include "stats/counters.h"

struct local_target {
    struct str group;       /* name of its target group */
    struct str address;     /* ADDRESS:PORT */
    struct str state;       /* healthy, unhealthy, initial ... */
    struct str reason;      /* Target.Timeout ...; n == 0: none */
    struct str description; /* n == 0: none */
};

/* What is shown; all of it is the caller's. */
struct local_view {
    const char *version;
    struct counters *const *workers;
    unsigned nworkers;
    uint64_t snapshots_alive;
    uint64_t log_dropped;
    uint64_t access_log_dropped;
    unsigned ntargets;
    const struct local_target *targets;
};

/* Room that an answer needs at most, for each target and for all else. */
enum { LOCAL_BODY_MAX = 32 * 1024, LOCAL_TARGET_MAX = 1024 };

struct local_reply {
    unsigned status;
    struct str content_type;
    struct str allow; /* value of Allow; n == 0: none */
};

/* Answers one request; the body goes into `body`, which has room for
 * LOCAL_BODY_MAX + ntargets * LOCAL_TARGET_MAX bytes.  `path` may have a query, which says nothing. */
struct local_reply local_handle(struct str method, struct str path,
                                const struct local_view *view,
                                struct text *body);

#endif
