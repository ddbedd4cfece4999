/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of metric math: its tree (math_parse.c), what operators do
 * (math.c), what functions do (math_call.c, math_fill.c).
 */
#ifndef SLUICE_STATS_MATH_INTERNAL_H
#define SLUICE_STATS_MATH_INTERNAL_H

#include "stats/math.h"

enum math_operator {
    MATH_OR,
    MATH_AND,
    MATH_EQUAL,
    MATH_UNEQUAL,
    MATH_LESS_OR_EQUAL,
    MATH_GREATER_OR_EQUAL,
    MATH_LESS,
    MATH_GREATER,
    MATH_ADD,
    MATH_SUBTRACT,
    MATH_MULTIPLY,
    MATH_DIVIDE,
    MATH_POWER,
    MATH_NEGATE, /* has one operand */
};

enum math_node_kind {
    NODE_NUMBER,
    NODE_ID,
    NODE_WORD,
    NODE_TEXT,
    NODE_LIST,     /* [a, b] */
    NODE_CALL,     /* text(...) */
    NODE_OPERATOR, /* one or two of `first` */
};

struct math_node {
    enum math_node_kind kind;
    enum math_operator operator;
    double number;
    struct str text;
    unsigned n; /* of `first` */
    struct math_node *first;
    struct math_node *next; /* of the same parent */
};

struct math_run {
    struct math_world *world;
    struct error *error;
};

/* ---- math.c -------------------------------------------------------------------- */

/* How an operator is written: "+". */
const char *math_operator_text(enum math_operator operator);

bool math_eval(const struct math_run *run, const struct math_node *node,
               struct math_value *value);

/* A curve with room for `n` points; NULL: beyond the bounds, with an error. */
struct curve *math_curve(const struct math_run *run, size_t n,
                         int64_t period_s);

/* Adds a point to what math_curve() made, unless it has no value. */
void math_point(struct curve *curve, int64_t time, double value);

/* The point of that time, looked for from `*at` on, which moves; times must not
 * become less.  False: there is none. */
bool curve_at(const struct curve *curve, unsigned *at, int64_t time,
              double *value);

/* ---- math_call.c ----------------------------------------------------------------- */

bool math_call(const struct math_run *run, const struct math_node *call,
               struct math_value *value);

/* ---- math_aggregate.c ------------------------------------------------------------ */

enum math_aggregate {
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_STDDEV,
    AGGREGATE_COUNT,
};

/* Of a curve the number that it comes to, of some a curve. */
bool math_aggregate(const struct math_run *run, enum math_aggregate what,
                    const struct math_value *of, struct math_value *value);

/* That of the values of a curve; false: it has none. */
bool curve_aggregate(enum math_aggregate what, const struct curve *curve,
                     double *number);

/* ---- math_fill.c ----------------------------------------------------------------- */

/* FILL(of, with), of one curve; NULL with an error. */
struct curve *math_fill(const struct math_run *run, const struct curve *of,
                        const struct math_value *with);

/* TIME_SERIES(number). */
struct curve *math_constant(const struct math_run *run, double number);

#endif
