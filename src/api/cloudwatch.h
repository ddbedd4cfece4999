/* SPDX-License-Identifier: Apache-2.0
 *
 * CloudWatch ("monitoring", 2010-08-01): what its actions share.  It is spoken
 * in forms, JSON 1.0 and CBOR (api/wire.h).
 *
 * Shapes are those of its newest model.  Faults are refused by the codes of
 * forms (InvalidParameterValue, InvalidParameterCombination, MissingParameter,
 * ResourceNotFound, LimitExceeded, InvalidFormat, InvalidNextToken ...); JSON
 * and CBOR spell them by themselves (services.c).
 */
#ifndef SLUICE_API_CLOUDWATCH_H
#define SLUICE_API_CLOUDWATCH_H

#include "api/action.h"
#include "stats/metric_query.h"

/* ---- members of shapes ----------------------------------------------------------
 * {CLOUDWATCH_MUST, CLOUDWATCH_NAMESPACE} and the like: `required`, then the
 * rest with the name in it. */

#define CLOUDWATCH_NAMESPACE                                                   \
    .name = "Namespace", .min = 1, .max = 255,                                 \
    .fits = cloudwatch_is_namespace, .pattern = "[^:].*"
#define CLOUDWATCH_METRIC .name = "MetricName", .min = 1, .max = 255
#define CLOUDWATCH_DIMENSIONS                                                  \
    .name = "Dimensions", .kind = MEMBER_STRUCTS,                              \
    .shape = &cloudwatch_dimension_shape, .most = SERIES_DIMENSIONS_MAX
#define CLOUDWATCH_UNIT                                                        \
    .name = "Unit", .kind = MEMBER_WORD, .words = metric_units
#define CLOUDWATCH_STATISTICS /* SampleCount ... Maximum: list */              \
    .name = "Statistics", .kind = MEMBER_WORDS, .words = metric_statistics,    \
    .least = 1, .most = 5
#define CLOUDWATCH_STATISTIC /* one of them */                                 \
    .name = "Statistic", .kind = MEMBER_WORD, .words = metric_statistics
#define CLOUDWATCH_TIME(called) .name = (called), .kind = MEMBER_TIME
#define CLOUDWATCH_QUERIES(called) /* MetricDataQueries, Metrics */            \
    .name = (called), .kind = MEMBER_STRUCTS, .shape = &cloudwatch_query_shape

bool cloudwatch_is_namespace(struct str text); /* does not begin with ":" */

extern const struct shape cloudwatch_dimension_shape; /* {Name, Value} */
extern const struct shape cloudwatch_metric_shape;    /* {Namespace, MetricName,
                                                         Dimensions} */
extern const struct shape cloudwatch_query_shape;     /* MetricDataQuery */

/* ---- what was given ---------------------------------------------------------------- */

/* Namespace, MetricName and Dimensions of a MAP; in the call's region. */
struct series_name cloudwatch_series_of(const struct call *call,
                                        const struct value *map);

/* Puts {Namespace, MetricName, Dimensions} into `map`. */
void cloudwatch_put_series(struct region *region, struct value *map,
                           const struct series_name *name);

/* Whether a period is one that CloudWatch takes: 1, 5, 10, 20, 30 or a multiple
 * of 60.  False: refused with `code`. */
bool cloudwatch_check_period(struct call *call, const char *code,
                             const char *parameter, uint64_t period);

/* Whether the text is a statistic ("Average", "p99", "TM(10%:90%)").  False:
 * refused with `code`. */
bool cloudwatch_check_statistic(struct call *call, const char *code,
                                const char *parameter, struct str statistic);

/* ---- times ------------------------------------------------------------------------ */

/* What StartTime and EndTime ask for: from the first (rounded down: to a minute,
 * to 5 when it is 15 days ago, to an hour when it is 63, to a short period) to
 * before the second, seconds since 1970. */
struct cloudwatch_span {
    int64_t from_s;
    int64_t to_s;
};

/* False: refused with `code`, the first is not before the second. */
bool cloudwatch_span_of(struct call *call, const struct account_view *view,
                        const char *code, struct cloudwatch_span *span);
int64_t cloudwatch_round(int64_t now_s, int64_t time_s, unsigned period_s);

/* The same for what is read: no less than that. */
void cloudwatch_need_span(const struct call *call, struct metric_need *need);

/* ---- what is added to the metrics --------------------------------------------------- */

/* Of call->points: control adds them once answer() returned true. */
struct metric_point {
    struct series_name name;
    const char *unit; /* one of metric_units */
    int64_t time_s;
    struct datum datum;
};

/* ---- queries ------------------------------------------------------------------------ */

/* MetricDataQueries (of PutMetricAlarm: Metrics) for stats/metric_query.h, as
 * many as the list has; in the call's region.  NULL: refused, ValidationError. */
struct metric_query *cloudwatch_read_queries(struct call *call,
                                             const struct value *list);

/* ---- pages ------------------------------------------------------------------------- */

/* A NextToken that says `at`, and what it says; false: refused (`code`), it is
 * none of ours. */
struct str cloudwatch_token(struct region *region, uint64_t at);
bool cloudwatch_read_token(struct call *call, const char *code, uint64_t *at);

#endif
