/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm_points.h"

#include "base/log.h"
#include "stats/metric_query.h"

static void read_metric(const struct config_alarm_metric *metric,
                        const struct series *series, int64_t period_s,
                        struct alarm_point *points, unsigned n)
{
    struct region region = {NULL};

    if (metric->unit.n && !str_eq(metric->unit, str_of(series_unit(series))))
        return;
    for (unsigned i = 0; i < n; i++) {
        struct alarm_point *point = &points[i];
        struct datum datum = series_read(series, point->start_s,
                                         point->start_s + period_s, &region);

        point->samples = datum.n;
        point->there = statistic_of(metric->statistic, &datum, &point->value);
        region_end(&region);
    }
}

/* ---- metric math --------------------------------------------------------------- */

static void make_queries(const struct config_alarm *alarm,
                         struct metric_query *queries)
{
    for (unsigned i = 0; i < alarm->nqueries; i++) {
        const struct config_alarm_query *from = &alarm->queries[i];

        queries[i] = (struct metric_query){
            .id = from->id,
            .expression = from->expression,
            .name = from->metric.name,
            .statistic = from->metric.statistic,
            .unit = from->metric.unit,
            .period_s =
                from->metric.period_s ? from->metric.period_s : from->period_s,
        };
    }
}

static void take_curve(const struct curve *curve, struct alarm_point *points,
                       unsigned n)
{
    unsigned k = 0;

    for (unsigned i = 0; i < n; i++) {
        while (k < curve->n && curve->times[k] < points[i].start_s)
            k++;
        if (k < curve->n && curve->times[k] == points[i].start_s) {
            points[i].there = true;
            points[i].value = curve->values[k];
        }
    }
}

/* An array of several curves is nothing that an alarm can be of. */
static void take_value(const struct math_value *value,
                       struct alarm_point *points, unsigned n)
{
    if (value->kind == MATH_NUMBER) {
        for (unsigned i = 0; i < n; i++) {
            points[i].there = true;
            points[i].value = value->number;
        }
    } else if (value->n == 1) {
        take_curve(value->curves, points, n);
    }
}

/* What cannot be evaluated has no datapoints. */
static void read_math(const struct config_alarm *alarm,
                      const struct series_store *series, int64_t now_s,
                      int64_t period_s, struct alarm_point *points, unsigned n)
{
    struct metric_query queries[CONFIG_ALARM_QUERIES_MAX];
    struct metric_question question = {
        .store = series,
        .from_s = points[0].start_s,
        .to_s = points[n - 1].start_s + period_s,
        .now_s = now_s,
        .n = alarm->nqueries,
        .queries = queries,
    };
    struct region region = {NULL};
    struct error error = {""};
    const struct metric_value *values;
    unsigned wrong;

    make_queries(alarm, queries);
    values = metric_question_ask(&question, &region, &wrong, &error);
    if (values == NULL)
        log_write(LOG_DEBUG, "control", "alarm " STR_FMT ": %s",
                  STR_ARG(alarm->name), error.text);
    for (unsigned i = 0; values && i < alarm->nqueries; i++) {
        if (alarm->queries[i].returns)
            take_value(&values[i].value, points, n);
    }
    region_end(&region);
}

/* ---- any alarm --------------------------------------------------------------------- */

void alarm_points(const struct config_alarm *alarm,
                  const struct series_store *series, int64_t now_s,
                  struct alarm_point *points, unsigned n)
{
    const struct config_alarm_metric *metric = config_alarm_metric(alarm);
    int64_t period_s =
        alarm->period_s < SERIES_PERIOD_S ? SERIES_PERIOD_S : alarm->period_s;
    int64_t end_s = now_s - now_s % SERIES_PERIOD_S;
    const struct series *found =
        series && metric ? series_find(series, &metric->name) : NULL;

    for (unsigned i = 0; i < n; i++)
        points[i] = (struct alarm_point){.start_s = end_s - (int64_t)(n - i) *
                                                                period_s};
    if (found)
        read_metric(metric, found, period_s, points, n);
    else if (series && metric == NULL)
        read_math(alarm, series, now_s, period_s, points, n);
}
