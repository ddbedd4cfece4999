/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics for others: PutMetricData (`--publish cloudwatch`) and the embedded
 * metric format, as lines of a file or events of CloudWatch Logs (`--publish
 * emf`).
 *
 * What is published costs: each series some 0.30 $ a month.  So there are never
 * more than options.max_series of them within an hour.  Of new series that come
 * in one minute those of the first rank (enum metric_rank) are first; those of
 * zones are none unless the load balancer's Metadata.Sluice wants them.  What
 * finds no room is not published, which is said once, and counted.
 */
#ifndef SLUICE_CONTROL_PUBLISHING_H
#define SLUICE_CONTROL_PUBLISHING_H

#include "base/error.h"
#include "control/metrics.h"

struct server;
struct publishing;

/* NULL when nothing is published, with an error when something cannot be. */
struct publishing *publishing_begin(struct server *server, struct error *error);

/* A metric of the minute; copied. */
void publishing_take(struct publishing *publishing,
                     const struct metric *metric);

/* The minute is over: publishes what was taken of it. */
void publishing_minute(struct publishing *publishing, int64_t time_s);

/* The config is another one: says what it costs, where that changed. */
void publishing_tell(struct publishing *publishing);

/* SIGUSR1. */
void publishing_reopen(struct publishing *publishing);

/* Whether nothing is left to be sent. */
bool publishing_is_idle(const struct publishing *publishing);

/* Tries once more what waits for a better time. */
void publishing_hurry(struct publishing *publishing);

void publishing_end(struct publishing *publishing); /* NULL: nothing */

struct publishing_counts {
    uint64_t sent; /* data that AWS took */
    uint64_t dropped;
    uint64_t waiting; /* bytes of calls */
    uint64_t beyond;  /* data of series that found no room */
    uint64_t series;  /* that are published now */
};
struct publishing_counts publishing_counts(const struct publishing *publishing);

#endif
