/* SPDX-License-Identifier: Apache-2.0
 *
 * The local administration API: GET /healthz, /metrics, /targets, /status,
 * /status.json and /config.
 *
 * A pure function of a request and of what there is to see; whoever calls it
 * does the HTTP.
 */
#ifndef SLUICE_API_LOCAL_H
#define SLUICE_API_LOCAL_H

#include "api/local_s3.h"
#include "api/status.h"
#include "proxy/meter.h"
#include "stats/counters.h"

struct local_target {
    struct str group;       /* name of its target group */
    struct str address;     /* ADDRESS:PORT */
    struct str state;       /* healthy, unhealthy, initial ... */
    struct str reason;      /* Target.Timeout ...; n == 0: none */
    struct str description; /* n == 0: none */
    struct str anomaly;     /* normal or anomalous */
    bool mitigation;        /* in effect, because of an anomaly */
    bool slow_start;        /* it is in slow start; the weight is its ramp */
    unsigned weight;        /* in hundredths of a percent of a full share */
};

struct aws_counts; /* aws/client.h */

/* What --publish did with metrics. */
struct local_published {
    bool on; /* false: nothing is published, and nothing of it shown */
    uint64_t sent;
    uint64_t dropped;
    uint64_t waiting_bytes;
    uint64_t beyond; /* data of series that found no room */
    uint64_t series;
};

/* What is shown; all of it is the caller's. */
struct local_view {
    const char *version;
    struct counters *const *workers;
    unsigned nworkers;
    uint64_t snapshots_alive;
    uint64_t log_dropped;
    unsigned pid;      /* of the serving process */
    uint64_t restarts; /* of it, after crashes */
    uint64_t upgrades;
    uint64_t access_log_dropped;
    struct local_published published;
    const struct local_s3 *s3; /* NULL: no logs go there */
    unsigned nwaf; /* where local_wants_metrics(): as waf_meters_sum() */
    const struct waf_metric *waf;
    const struct aws_counts *aws; /* NULL: no client of AWS was made */
    struct meters_reading meters; /* there as well */
    unsigned nsources;            /* where local_wants_metrics() */
    const struct status_source *sources;
    unsigned ntargets;
    const struct local_target *targets;
    const struct status_view *status; /* where local_wants_status() */
    struct str config;                /* where local_wants_config(): the account
                                         as a template */
    unsigned left_out;                /* of it: values that only AWS knows */
};

/* Room that an answer but the status needs at most, for each target and for
 * all else. */
enum {
    LOCAL_BODY_MAX = 32 * 1024,
    LOCAL_TARGET_MAX = 1024,
    LOCAL_WAF_MAX = 512, /* of most; others are tried with more */
};

/* The field of an answer that says how many values of view->config only AWS
 * knows, which are left out. */
#define LOCAL_LEFT_OUT "X-Sluice-Left-Out"

struct local_reply {
    unsigned status;
    struct str content_type;
    struct str allow;  /* value of Allow; n == 0: none */
    unsigned left_out; /* value of LOCAL_LEFT_OUT; 0: none */
};

/* Whether the answer shows view->waf, view->meters and view->sources. */
bool local_wants_metrics(struct str path);

/* Whether the answer shows view->status, which costs something to gather. */
bool local_wants_status(struct str path);

/* The same of view->config. */
bool local_wants_config(struct str path);

/* Room to try it with. */
size_t local_room(const struct local_view *view);

/* Answers one request; the body goes into `body`.  When it is not whole there
 * (text_ok()), try with more room.  `path` may have a query, which says
 * nothing. */
struct local_reply local_handle(struct str method, struct str path,
                                const struct local_view *view,
                                struct text *body);

#endif
