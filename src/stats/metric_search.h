/* SPDX-License-Identifier: Apache-2.0
 *
 * Search expressions of CloudWatch ("CloudWatch search expression syntax" of
 * the user guide): which series a SEARCH() finds.
 *
 *     {AWS/ApplicationELB,LoadBalancer,TargetGroup} MetricName="RequestCount"
 *     {AWS/ApplicationELB,LoadBalancer} (5XX OR 4XX) NOT app/old
 *
 * A schema in braces is a namespace and the names of all dimensions.  A term is
 * of the namespace, the metric or a dimension where it says so
 * (Namespace=, MetricName=, LoadBalancer=), else of any of them and of names of
 * dimensions.  In double quotes it is all of a text; else a part of it,
 * whatever the case (CloudWatch goes by tokens, which are parts too).
 */
#ifndef SLUICE_STATS_METRIC_SEARCH_H
#define SLUICE_STATS_METRIC_SEARCH_H

#include "base/error.h"
#include "stats/series.h"

enum {
    METRIC_SEARCH_MAX = 1024, /* bytes */
    METRIC_SEARCH_NESTED_MAX = 16,
};

struct metric_search;

/* In the region; NULL with an error. */
const struct metric_search *metric_search_parse(struct str text,
                                                struct region *region,
                                                struct error *error);

/* How many terms and operators it has: what it costs. */
unsigned metric_search_size(const struct metric_search *search);

bool metric_search_finds(const struct metric_search *search,
                         const struct series_name *name);

#endif
