/* SPDX-License-Identifier: Apache-2.0
 *
 * What GetMetricData and alarms ask of metrics: metrics and expressions over
 * them (stats/math.h), each with an id.
 */
#ifndef SLUICE_STATS_METRIC_QUERY_H
#define SLUICE_STATS_METRIC_QUERY_H

#include "stats/math.h"

enum {
    METRIC_QUERIES_MAX = 500,
    METRIC_SEARCH_FOUND_MAX = 100, /* series of a SEARCH() */
};

struct metric_query {
    struct str id;
    struct str expression; /* n == 0: it is a metric: */
    struct series_name name;
    struct str statistic; /* statistic_is_one() */
    struct str unit;      /* n == 0: any */
    int64_t period_s;     /* of an expression 0: as what it names */
};

struct metric_value {
    struct math_value value;
    bool too_many; /* a SEARCH() found more than it may */
};

struct metric_question {
    const struct series_store *store; /* NULL: there is nothing */
    int64_t from_s;                   /* where periods begin */
    int64_t to_s;                     /* before which they do */
    int64_t now_s;                    /* behind which nothing is filled */
    unsigned n;                       /* METRIC_QUERIES_MAX at the most */
    const struct metric_query *queries;
};

/* Values of all queries, in the region.  NULL with an error that names the
 * query: "Error in expression 'e1': ..."; `*wrong` is its number then. */
const struct metric_value *
metric_question_ask(const struct metric_question *question,
                    struct region *region, unsigned *wrong,
                    struct error *error);

#endif
