/* SPDX-License-Identifier: Apache-2.0
 *
 * CloudWatch in tests: an empty account with a store of series.
 */
#ifndef TESTS_API_CLOUDWATCH_H
#define TESTS_API_CLOUDWATCH_H

#include "api/cloudwatch.h"
#include "calls.h"

enum { CLOUDWATCH_NOW_S = 1700000040 }; /* the begin of a minute */

struct cloudwatch {
    struct calls calls;
    struct series_store *store;
};

void cloudwatch_begin(struct cloudwatch *c);
void cloudwatch_end(struct cloudwatch *c);

/* `n` ones at a minute that long ago, of AWS/ApplicationELB RequestCount of that
 * load balancer. */
void cloudwatch_count(struct cloudwatch *c, const char *balancer, int64_t ago_s,
                      double n);

/* The same of any metric without dimensions: `value` once. */
void cloudwatch_add(struct cloudwatch *c, const char *metric, const char *unit,
                    int64_t ago_s, double value);

/* What control does with the points of a call. */
void cloudwatch_take(struct cloudwatch *c);

#endif
