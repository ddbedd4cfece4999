/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "stats/math_internal.h"

/* Values that come one after another (the deviation by Welford). */
struct sum {
    double n;
    double sum;
    double min;
    double max;
    double mean;
    double squares;
};

static void add(struct sum *sum, double value)
{
    double off = value - sum->mean;

    if (sum->n == 0 || value < sum->min)
        sum->min = value;
    if (sum->n == 0 || value > sum->max)
        sum->max = value;
    sum->n++;
    sum->sum += value;
    sum->mean += off / sum->n;
    sum->squares += off * (value - sum->mean);
}

static double take(enum math_aggregate what, const struct sum *sum)
{
    switch (what) {
    case AGGREGATE_SUM:
        return sum->sum;
    case AGGREGATE_AVG:
        return sum->sum / sum->n;
    case AGGREGATE_MIN:
        return sum->min;
    case AGGREGATE_MAX:
        return sum->max;
    case AGGREGATE_STDDEV:
        return sqrt(sum->squares / sum->n);
    case AGGREGATE_COUNT:
        break;
    }
    return sum->n;
}

bool curve_aggregate(enum math_aggregate what, const struct curve *curve,
                     double *number)
{
    struct sum sum = {.n = 0};

    for (unsigned i = 0; i < curve->n; i++)
        add(&sum, curve->values[i]);
    *number = curve->n || what == AGGREGATE_COUNT ? take(what, &sum) : NAN;
    return curve->n || what == AGGREGATE_COUNT;
}

/* ---- across curves -------------------------------------------------------------- */

struct point {
    int64_t time;
    double value;
};

static int by_time(const void *left, const void *right)
{
    int64_t a = ((const struct point *)left)->time;
    int64_t b = ((const struct point *)right)->time;

    return a < b ? -1 : a > b;
}

/* All points of all curves, by time; NULL beyond the bounds. */
static struct point *gather(const struct math_run *run,
                            const struct math_value *of, size_t *n)
{
    struct point *points;
    size_t at = 0;

    *n = 0;
    for (unsigned i = 0; i < of->n; i++)
        *n += of->curves[i].n;
    if (!math_spend(run->world, *n, run->error))
        return NULL;
    points = region_take(run->world->region, (*n + 1) * sizeof(*points));
    for (unsigned i = 0; i < of->n; i++) {
        for (unsigned k = 0; k < of->curves[i].n; k++)
            points[at++] =
                (struct point){of->curves[i].times[k], of->curves[i].values[k]};
    }
    if (*n)
        qsort(points, *n, sizeof(*points), by_time);
    return points;
}

static int64_t longest_period(const struct math_run *run,
                              const struct math_value *of)
{
    int64_t period = 0;

    for (unsigned i = 0; i < of->n; i++) {
        if (of->curves[i].period_s > period)
            period = of->curves[i].period_s;
    }
    return period ? period : run->world->period_s;
}

static bool across(const struct math_run *run, enum math_aggregate what,
                   const struct math_value *of, struct math_value *value)
{
    size_t n;
    struct point *points = gather(run, of, &n);
    struct curve *curve =
        points ? math_curve(run, n, longest_period(run, of)) : NULL;

    if (curve == NULL)
        return false;
    for (size_t i = 0, end; i < n; i = end) {
        struct sum sum = {.n = 0};

        for (end = i; end < n && points[end].time == points[i].time; end++)
            add(&sum, points[end].value);
        math_point(curve, points[i].time, take(what, &sum));
    }
    *value = (struct math_value){.kind = MATH_CURVE, .n = 1, .curves = curve};
    return true;
}

bool math_aggregate(const struct math_run *run, enum math_aggregate what,
                    const struct math_value *of, struct math_value *value)
{
    if (of->kind == MATH_CURVES)
        return across(run, what, of, value);
    *value = (struct math_value){.kind = MATH_NUMBER};
    if (of->kind == MATH_NUMBER) {
        value->number = what == AGGREGATE_STDDEV  ? 0
                        : what == AGGREGATE_COUNT ? 1
                                                  : of->number;
        return true;
    }
    curve_aggregate(what, of->curves, &value->number);
    return true;
}
