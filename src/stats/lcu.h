/* SPDX-License-Identifier: Apache-2.0
 *
 * Load balancer capacity units, what ALB is billed by (alb.md 8, "LCU"; the
 * pricing page of Elastic Load Balancing): the greatest of four dimensions.
 *
 * AWS does not say what a GB is; it is 10^9 bytes here.  The metric of a minute
 * is its part of an hour, so that the Sum of an hour is what is billed, as
 * ReservedLCUs have it.
 */
#ifndef SLUICE_STATS_LCU_H
#define SLUICE_STATS_LCU_H

#include <stdbool.h>

/* What a load balancer did in a minute. */
struct lcu_use {
    double new_connections;
    double active_connections; /* open at once */
    double bytes;              /* to and from clients, without: */
    double lambda_bytes;       /* those of Lambda targets */
    double rule_evaluations;   /* without the ten that each request has free */
    bool mutual_tls;           /* half the connections */
};

/* LCU-hours. */
double lcu_hours(const struct lcu_use *use);

#endif
