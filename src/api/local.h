/* SPDX-License-Identifier: Apache-2.0
 *
 * The local administration API: GET /healthz and GET /metrics.
 *
 * A pure function of a request and of what there is to see; whoever calls it
 * does the HTTP.
 */
#ifndef SLUICE_API_LOCAL_H
#define SLUICE_API_LOCAL_H

#include "stats/counters.h"

/* What is shown; all of it is the caller's. */
struct local_view {
    const char *version;
    struct counters *const *workers;
    unsigned nworkers;
    uint64_t snapshots_alive;
    uint64_t log_dropped;
};

enum { LOCAL_BODY_MAX = 32 * 1024 };

struct local_reply {
    unsigned status;
    struct str content_type;
    struct str allow; /* value of Allow; n == 0: none */
};

/* Answers one request; the body goes into `body`, which has room for
 * LOCAL_BODY_MAX bytes.  `path` may have a query, which says nothing. */
struct local_reply local_handle(struct str method, struct str path,
                                const struct local_view *view,
                                struct text *body);

#endif
