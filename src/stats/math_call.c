/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/suggest.h"
#include "stats/math_internal.h"

enum { ARGUMENTS_MAX = 4 };

/* A call with its arguments evaluated. */
struct call {
    const struct math_run *run;
    const struct math_node *node;
    unsigned n;
    struct math_value arguments[ARGUMENTS_MAX];
    unsigned which; /* of the row's */
};

static bool fail(const struct call *c, const char *why)
{
    return error_set(c->run->error, "%.*s() %s", STR_ARG(c->node->text), why);
}

static bool give_number(struct math_value *value, double number)
{
    *value = (struct math_value){.kind = MATH_NUMBER, .number = number};
    return true;
}

static bool is_series(const struct math_value *v)
{
    return v->kind == MATH_CURVE || v->kind == MATH_CURVES;
}

/* ---- a value by itself, or by what stands before ------------------------------------ */

enum {
    ABS,
    CEIL,
    FLOOR,
    LOG,
    LOG10,
    EPOCH,
    MINUTE,
    HOUR,
    DAY,
    DATE,
    MONTH,
    YEAR,
    DIFF,
    DIFF_TIME,
    RATE,
    RUNNING_SUM,
};

static double time_part(unsigned which, int64_t time)
{
    time_t t = (time_t)time;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL)
        return NAN;
    switch (which) {
    case MINUTE:
        return tm.tm_min;
    case HOUR:
        return tm.tm_hour;
    case DAY: /* Monday is 1, Sunday 7 */
        return tm.tm_wday ? tm.tm_wday : 7;
    case DATE:
        return tm.tm_mday;
    case MONTH:
        return tm.tm_mon + 1;
    case YEAR:
        return tm.tm_year + 1900;
    default:
        return (double)time;
    }
}

static double alone(unsigned which, double value)
{
    switch (which) {
    case ABS:
        return fabs(value);
    case CEIL:
        return ceil(value);
    case FLOOR:
        return floor(value);
    case LOG:
        return log(value);
    default:
        return log10(value);
    }
}

/* Of point i; NAN: it has none. */
static double point_of(unsigned which, const struct curve *of, unsigned i,
                       double *sum)
{
    double seconds = i ? (double)(of->times[i] - of->times[i - 1]) : NAN;

    switch (which) {
    case DIFF:
        return i ? of->values[i] - of->values[i - 1] : NAN;
    case DIFF_TIME:
        return seconds;
    case RATE:
        return i ? (of->values[i] - of->values[i - 1]) / seconds : NAN;
    case RUNNING_SUM:
        return *sum += of->values[i];
    case ABS:
    case CEIL:
    case FLOOR:
    case LOG:
    case LOG10:
        return alone(which, of->values[i]);
    default:
        return time_part(which, of->times[i]);
    }
}

static bool map_one(const struct call *c, const struct curve *of,
                    struct curve *to)
{
    struct curve *made = math_curve(c->run, of->n, of->period_s);
    double sum = 0;

    for (unsigned i = 0; made && i < of->n; i++)
        math_point(made, of->times[i], point_of(c->which, of, i, &sum));
    if (made) {
        *to = *made;
        to->name = of->name;
        to->statistic = of->statistic;
    }
    return made != NULL;
}

/* Each curve by `one`; the form stays. */
static bool each(const struct call *c, const struct math_value *of,
                 bool (*one)(const struct call *c, const struct curve *of,
                             struct curve *to),
                 struct math_value *value)
{
    struct curve *curves =
        region_take(c->run->world->region, (of->n + 1) * sizeof(*curves));

    *value =
        (struct math_value){.kind = of->kind, .n = of->n, .curves = curves};
    for (unsigned i = 0; i < of->n; i++) {
        if (!one(c, &of->curves[i], &curves[i]))
            return false;
    }
    return true;
}

static bool call_map(const struct call *c, struct math_value *value)
{
    const struct math_value *of = &c->arguments[0];

    if (of->kind == MATH_NUMBER && c->which <= LOG10)
        return give_number(value, alone(c->which, of->number));
    return is_series(of) ? each(c, of, map_one, value)
                         : fail(c, "takes time series");
}

/* ---- numbers of curves --------------------------------------------------------------- */

static bool call_aggregate(const struct call *c, struct math_value *value)
{
    if (c->arguments[0].kind > MATH_CURVES)
        return fail(c, "takes time series");
    return math_aggregate(c->run, (enum math_aggregate)c->which,
                          &c->arguments[0], value);
}

static bool call_period(const struct call *c, struct math_value *value)
{
    if (c->arguments[0].kind != MATH_CURVE)
        return fail(c, "takes one time series");
    return give_number(value, (double)c->arguments[0].curves->period_s);
}

static bool call_metric_count(const struct call *c, struct math_value *value)
{
    if (!is_series(&c->arguments[0]))
        return fail(c, "takes time series");
    return give_number(value, c->arguments[0].n);
}

/* ---- FILL, IF, TIME_SERIES ------------------------------------------------------------ */

static bool fill_one(const struct call *c, const struct curve *of,
                     struct curve *to)
{
    struct curve *made = math_fill(c->run, of, &c->arguments[1]);

    if (made) {
        *to = *made;
        to->name = of->name;
        to->statistic = of->statistic;
    }
    return made != NULL;
}

static bool call_fill(const struct call *c, struct math_value *value)
{
    const struct math_value *with = &c->arguments[1];

    if (!is_series(&c->arguments[0]))
        return fail(c, "fills time series");
    if (with->kind > MATH_CURVE &&
        (with->kind != MATH_WORD || (!str_ieq(with->text, STR("REPEAT")) &&
                                     !str_ieq(with->text, STR("LINEAR")))))
        return fail(c, "fills with a number, a time series, REPEAT or LINEAR");
    return each(c, &c->arguments[0], fill_one, value);
}

static bool value_at(const struct math_value *v, unsigned *at, int64_t time,
                     double *value)
{
    *value = v->number;
    return v->kind == MATH_NUMBER || curve_at(v->curves, at, time, value);
}

/* Where the condition has a value. */
static bool choose(const struct call *c, struct math_value *value)
{
    const struct curve *when = c->arguments[0].curves;
    struct curve *made = math_curve(c->run, when->n, when->period_s);
    unsigned at[ARGUMENTS_MAX] = {0};

    for (unsigned i = 0; made && i < when->n; i++) {
        unsigned which = when->values[i] != 0 ? 1 : 2;
        double number;

        if (which < c->n &&
            value_at(&c->arguments[which], &at[which], when->times[i], &number))
            math_point(made, when->times[i], number);
    }
    *value = (struct math_value){.kind = MATH_CURVE, .n = 1, .curves = made};
    return made != NULL;
}

static bool call_if(const struct call *c, struct math_value *value)
{
    const struct math_value *when = &c->arguments[0];
    unsigned which = when->number != 0 ? 1 : 2;

    for (unsigned i = 1; i < c->n; i++) {
        if (c->arguments[i].kind >
            (when->kind == MATH_NUMBER ? MATH_CURVES : MATH_CURVE))
            return fail(c, "takes numbers and time series");
    }
    if (when->kind == MATH_CURVE)
        return choose(c, value);
    if (when->kind != MATH_NUMBER)
        return fail(c, "has a number or one time series for a condition");
    if (which < c->n) {
        *value = c->arguments[which];
        return true;
    }
    *value = (struct math_value){
        .kind = MATH_CURVE,
        .n = 1,
        .curves = math_curve(c->run, 0, c->run->world->period_s),
    };
    return value->curves != NULL;
}

static bool call_time_series(const struct call *c, struct math_value *value)
{
    if (c->arguments[0].kind != MATH_NUMBER)
        return fail(c, "takes a number");
    *value = (struct math_value){
        .kind = MATH_CURVE,
        .n = 1,
        .curves = math_constant(c->run, c->arguments[0].number),
    };
    return value->curves != NULL;
}

/* ---- arrays ---------------------------------------------------------------------------- */

/* FIRST and LAST; an array without any is an empty curve. */
static bool call_pick(const struct call *c, struct math_value *value)
{
    const struct math_value *of = &c->arguments[0];

    if (!is_series(of))
        return fail(c, "takes an array of time series");
    *value = (struct math_value){
        .kind = MATH_CURVE,
        .n = 1,
        .curves = of->n ? &of->curves[c->which ? of->n - 1 : 0]
                        : math_curve(c->run, 0, c->run->world->period_s),
    };
    return value->curves != NULL;
}

static bool call_remove_empty(const struct call *c, struct math_value *value)
{
    const struct math_value *of = &c->arguments[0];
    struct curve *curves;

    if (!is_series(of))
        return fail(c, "takes an array of time series");
    curves = region_take(c->run->world->region, (of->n + 1) * sizeof(*curves));
    *value = (struct math_value){.kind = MATH_CURVES, .curves = curves};
    for (unsigned i = 0; i < of->n; i++) {
        if (of->curves[i].n)
            curves[value->n++] = of->curves[i];
    }
    return true;
}

static unsigned bound(const struct math_value *number, unsigned most)
{
    if (!(number->number > 0)) /* no number either */
        return 0;
    return number->number > (double)most ? most : (unsigned)number->number;
}

static bool call_slice(const struct call *c, struct math_value *value)
{
    const struct math_value *of = &c->arguments[0];
    unsigned from;
    unsigned to;

    if (!is_series(of) || c->arguments[1].kind != MATH_NUMBER ||
        (c->n > 2 && c->arguments[2].kind != MATH_NUMBER))
        return fail(c, "takes an array of time series and one or two numbers");
    from = bound(&c->arguments[1], of->n);
    to = c->n > 2 ? bound(&c->arguments[2], of->n) : of->n;
    *value = (struct math_value){
        .kind = MATH_CURVES,
        .n = to > from ? to - from : 0,
        .curves = of->curves + from,
    };
    return true;
}

struct ranked {
    const struct curve *curve;
    double rank;
    unsigned at; /* so that equals keep their order */
};

/* What has no value stands last. */
static int by_rank(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;

    if (isnan(a->rank) || isnan(b->rank))
        return isnan(a->rank) == isnan(b->rank) ? (a->at < b->at ? -1 : 1)
               : isnan(a->rank)                 ? 1
                                                : -1;
    return a->rank < b->rank   ? -1
           : a->rank > b->rank ? 1
                               : (a->at < b->at ? -1 : a->at > b->at);
}

static bool read_order(const struct call *c, enum math_aggregate *by,
                       bool *descending)
{
    static const struct {
        const char *word;
        enum math_aggregate by;
    } words[] = {
        {"AVG", AGGREGATE_AVG},
        {"MAX", AGGREGATE_MAX},
        {"MIN", AGGREGATE_MIN},
        {"SUM", AGGREGATE_SUM},
    };
    struct str order = c->arguments[2].text;

    *descending = str_ieq(order, STR("DESC"));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        *by = words[i].by;
        if (c->arguments[1].kind == MATH_WORD &&
            str_ieq(c->arguments[1].text, str_of(words[i].word)))
            return *descending || str_ieq(order, STR("ASC"));
    }
    return false;
}

static bool call_sort(const struct call *c, struct math_value *value)
{
    struct region *region = c->run->world->region;
    const struct math_value *of = &c->arguments[0];
    struct ranked *ranked;
    struct curve *curves;
    enum math_aggregate by;
    bool descending;

    if (!is_series(of) || !read_order(c, &by, &descending) ||
        (c->n > 3 && c->arguments[3].kind != MATH_NUMBER))
        return fail(c, "takes an array of time series, AVG, MAX, MIN or SUM, "
                       "ASC or DESC, and maybe a number");
    ranked = region_take(region, (of->n + 1) * sizeof(*ranked));
    curves = region_take(region, (of->n + 1) * sizeof(*curves));
    for (unsigned i = 0; i < of->n; i++) {
        ranked[i] = (struct ranked){&of->curves[i], 0, i};
        if (curve_aggregate(by, &of->curves[i], &ranked[i].rank) && descending)
            ranked[i].rank = -ranked[i].rank;
    }
    qsort(ranked, of->n, sizeof(*ranked), by_rank);
    for (unsigned i = 0; i < of->n; i++)
        curves[i] = *ranked[i].curve;
    *value = (struct math_value){
        .kind = MATH_CURVES,
        .n = c->n > 3 ? bound(&c->arguments[3], of->n) : of->n,
        .curves = curves,
    };
    return true;
}

/* ---- what is asked of the world -------------------------------------------------------- */

static bool call_metrics(const struct call *c, struct math_value *value)
{
    if (c->n && c->arguments[0].kind != MATH_TEXT)
        return fail(c, "takes a text that ids contain, or nothing");
    return c->run->world->metrics(c->run->world->owner,
                                  c->n ? c->arguments[0].text : STR(""), value,
                                  c->run->error);
}

static bool call_search(const struct call *c, struct math_value *value)
{
    struct math_world *world = c->run->world;
    double period = c->n > 2 ? c->arguments[2].number : 0;

    if (c->arguments[0].kind != MATH_TEXT ||
        (c->n > 1 && c->arguments[1].kind != MATH_TEXT) ||
        (c->n > 2 && c->arguments[2].kind != MATH_NUMBER))
        return fail(c, "takes a search, a statistic and maybe a period: "
                       "SEARCH('{AWS/ApplicationELB,LoadBalancer} "
                       "RequestCount', 'Sum', 60)");
    if (!(period >= 0 && period <= INT32_MAX)) /* 0 / 0 neither */
        return fail(c, "has a period that is none");
    return world->search(world->owner, c->arguments[0].text,
                         c->n > 1 ? c->arguments[1].text : STR("Average"),
                         (int64_t)period, value, c->run->error);
}

/* ---- the table -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned least; /* arguments */
    unsigned most;
    bool (*run)(const struct call *c, struct math_value *value);
    unsigned which;
} functions[] = {
    {"ABS", 1, 1, call_map, ABS},
    {"AVG", 1, 1, call_aggregate, AGGREGATE_AVG},
    {"CEIL", 1, 1, call_map, CEIL},
    {"DATAPOINT_COUNT", 1, 1, call_aggregate, AGGREGATE_COUNT},
    {"DATE", 1, 1, call_map, DATE},
    {"DAY", 1, 1, call_map, DAY},
    {"DIFF", 1, 1, call_map, DIFF},
    {"DIFF_TIME", 1, 1, call_map, DIFF_TIME},
    {"EPOCH", 1, 1, call_map, EPOCH},
    {"FILL", 2, 2, call_fill, 0},
    {"FIRST", 1, 1, call_pick, 0},
    {"FLOOR", 1, 1, call_map, FLOOR},
    {"HOUR", 1, 1, call_map, HOUR},
    {"IF", 2, 3, call_if, 0},
    {"LAST", 1, 1, call_pick, 1},
    {"LOG", 1, 1, call_map, LOG},
    {"LOG10", 1, 1, call_map, LOG10},
    {"MAX", 1, 1, call_aggregate, AGGREGATE_MAX},
    {"METRICS", 0, 1, call_metrics, 0},
    {"METRIC_COUNT", 1, 1, call_metric_count, 0},
    {"MIN", 1, 1, call_aggregate, AGGREGATE_MIN},
    {"MINUTE", 1, 1, call_map, MINUTE},
    {"MONTH", 1, 1, call_map, MONTH},
    {"PERIOD", 1, 1, call_period, 0},
    {"RATE", 1, 1, call_map, RATE},
    {"REMOVE_EMPTY", 1, 1, call_remove_empty, 0},
    {"RUNNING_SUM", 1, 1, call_map, RUNNING_SUM},
    {"SEARCH", 1, 3, call_search, 0},
    {"SLICE", 2, 3, call_slice, 0},
    {"SORT", 3, 4, call_sort, 0},
    {"STDDEV", 1, 1, call_aggregate, AGGREGATE_STDDEV},
    {"SUM", 1, 1, call_aggregate, AGGREGATE_SUM},
    {"TIME_SERIES", 1, 1, call_time_series, 0},
    {"YEAR", 1, 1, call_map, YEAR},
};

enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

static const char *const foreign[] = {
    "ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS",
    "INSIGHT_RULE_METRIC",    "LAMBDA",
    "SERVICE_QUOTA",
};

static bool unknown(const struct math_run *run, struct str name)
{
    struct suggest suggest = suggest_for(name);
    const char *best;

    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (str_ieq(name, str_of(foreign[i])))
            return error_set(run->error,
                             "the function %s is not supported by Sluice",
                             foreign[i]);
    }
    for (unsigned i = 0; i < FUNCTIONS; i++)
        suggest_offer(&suggest, functions[i].name);
    best = suggest_best(&suggest);
    return error_set(run->error, "there is no function '%.*s'%s%s%s",
                     STR_ARG(name), best ? "; did you mean " : "",
                     best ? best : "", best ? "?" : "");
}

static bool run_row(struct call *c, unsigned row, struct math_value *value)
{
    if (c->node->n < functions[row].least || c->node->n > functions[row].most)
        return error_set(c->run->error, "%s() takes %u to %u arguments, not %u",
                         functions[row].name, functions[row].least,
                         functions[row].most, c->node->n);
    for (const struct math_node *a = c->node->first; a; a = a->next) {
        if (!math_eval(c->run, a, &c->arguments[c->n++]))
            return false;
    }
    c->which = functions[row].which;
    return functions[row].run(c, value);
}

bool math_call(const struct math_run *run, const struct math_node *node,
               struct math_value *value)
{
    struct call c = {.run = run, .node = node};

    for (unsigned i = 0; i < FUNCTIONS; i++) {
        if (str_ieq(node->text, str_of(functions[i].name)))
            return run_row(&c, i, value);
    }
    return unknown(run, node->text);
}
