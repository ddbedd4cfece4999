/* SPDX-License-Identifier: Apache-2.0
 *
 * What one minute brought, by load balancer, target group and zone: a cell for
 * each combination that metrics have dimensions for.  Samples are added to it
 * each second, differences of meters at the minute's end; metrics.h makes data
 * of metrics of it.
 *
 * Of control's thread; its memory lasts for the minute.
 */
#ifndef SLUICE_CONTROL_CELLS_H
#define SLUICE_CONTROL_CELLS_H

#include "proxy/meter.h"
#include "stats/series.h"

/* What is sampled. */
enum gauge {
    GAUGE_CONNECTIONS, /* of load balancers; what follows: of groups */
    GAUGE_REGISTERED,  /* of a load balancer: of all its groups */
    GAUGE_HEALTHY,
    GAUGE_UNHEALTHY,
    GAUGE_ANOMALOUS,
    GAUGE_MITIGATED,
    GAUGE_DNS_HEALTHY, /* zones */
    GAUGE_DNS_UNHEALTHY,
    GAUGE_ROUTING_HEALTHY,
    GAUGE_ROUTING_UNHEALTHY,
    GAUGES
};

struct response_times {
    uint64_t counts[METER_TIMES];
    uint64_t n;
    uint64_t sum_us;
    uint64_t min_us; /* 0 with max_us 0: not known */
    uint64_t max_us;
};

struct cell {
    struct cell *next;   /* by making */
    struct cell *chain;  /* of the same bucket */
    struct cell *all;    /* of the load balancer, without group and zone */
    struct str balancer; /* app/NAME/ID */
    struct str group;    /* targetgroup/NAME/ID; n == 0: of all of them */
    struct str zone;     /* n == 0: of all of them */
    uint64_t counts[BALANCER_COUNTS]; /* without a group */
    uint64_t of_groups[GROUP_COUNTS];
    struct response_times *times; /* NULL: none */
    struct datum gauges[GAUGES];
    uint64_t now[GAUGES]; /* of the sample that is being taken */
    uint32_t said;        /* bits of those that something was said of */
    bool counted;         /* by meters */
    bool zoned;           /* `all`: some zone has a cell of its own */
    const void *config;   /* metrics.c's */
};

struct cells;

struct cells *cells_new(void);
void cells_free(struct cells *cells); /* NULL: nothing */

/* The cell, new if there was none; texts are copied. */
struct cell *cells_at(struct cells *cells, struct str balancer,
                      struct str group, struct str zone);

/* Each once; NULL begins and ends. */
struct cell *cells_next(const struct cells *cells, const struct cell *after);

/* Adds to what the gauge is now in that zone, and over all zones. */
void cells_gauge(struct cells *cells, struct str balancer, struct str group,
                 struct str zone, enum gauge gauge, uint64_t n);

/* The sample of all that was said so is complete. */
void cells_sampled(struct cells *cells);

/* Adds what was counted between two readings; `before` of an earlier time in
 * the life of the same meters. */
void cells_count(struct cells *cells, const struct meters_reading *before,
                 const struct meters_reading *after);

#endif
