/* SPDX-License-Identifier: Apache-2.0
 *
 * CloudWatch's metric math ("Metric math syntax and functions" of the user
 * guide): expressions over metrics in time.
 *
 *     m1 / m2 * 100        SUM(METRICS("err"))        IF(m1 > 10, m1, 0)
 *
 * A value is a number, a curve (a time series) or some of them (an array).  Of
 * two curves points are combined where both have one; what has no value
 * (division by zero, the logarithm of -1) is no point.  A comparison is 1 or 0.
 *
 * Not served: ANOMALY_DETECTION_BAND, DB_PERF_INSIGHTS, INSIGHT_RULE_METRIC,
 * LAMBDA, SERVICE_QUOTA.  Pure; clients write expressions: length, depth and
 * work are bounded.
 */
#ifndef SLUICE_STATS_MATH_H
#define SLUICE_STATS_MATH_H

#include "base/error.h"
#include "base/region.h"
#include "stats/series.h"

enum {
    MATH_LENGTH_MAX = 2048, /* bytes of an expression */
    MATH_NESTED_MAX = 32,
    MATH_POINTS_MAX = 4 * 1024 * 1024, /* that a question may come to */
};

/* ---- values ------------------------------------------------------------------ */

struct curve {
    unsigned n;
    const int64_t *times; /* since 1970, ascending */
    const double *values;
    int64_t period_s;
    /* What it is of; NULL: of more than one, or of none. */
    const struct series_name *name;
    struct str statistic;
};

enum math_kind {
    MATH_NUMBER,
    MATH_CURVE,
    MATH_CURVES,
    MATH_WORD, /* of arguments: REPEAT, ASC ... */
    MATH_TEXT, /* 'Sum' */
};

struct math_value {
    enum math_kind kind;
    double number;
    unsigned n; /* 1 of a CURVE */
    const struct curve *curves;
    struct str text;
};

/* ---- expressions ---------------------------------------------------------------- */

struct math_node;

/* In the region; NULL with an error. */
const struct math_node *math_parse(struct str expression, struct region *region,
                                   struct error *error);

/* Each id that it names, as often as it does. */
void math_ids(const struct math_node *node,
              void (*visit)(void *to, struct str id), void *to);

/* Where expressions are run. */
struct math_world {
    struct region *region; /* for all that is made */
    int64_t from_s;        /* FILL and TIME_SERIES fill up to before `to_s` */
    int64_t to_s;
    int64_t period_s;   /* of what has none by itself */
    size_t points_left; /* begins as MATH_POINTS_MAX */
    /* The value of an id; NULL: there is none. */
    const struct math_value *(*find)(void *owner, struct str id);
    /* METRICS(): those of all ids that contain a text; of no expressions.
     * False with an error. */
    bool (*metrics)(void *owner, struct str part, struct math_value *found,
                    struct error *error);
    /* SEARCH(); `period_s` 0: it is not said.  False with an error. */
    bool (*search)(void *owner, struct str terms, struct str statistic,
                   int64_t period_s, struct math_value *found,
                   struct error *error);
    void *owner;
};

/* A NUMBER, CURVE or CURVES; false with an error. */
bool math_run(struct math_world *world, const struct math_node *node,
              struct math_value *value, struct error *error);

/* Whether `n` more points may be made; they are counted. */
bool math_spend(struct math_world *world, size_t n, struct error *error);

#endif
