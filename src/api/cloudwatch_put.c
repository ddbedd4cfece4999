/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics of clients (PutMetricData): into the same series as those of Sluice's
 * own, in other namespaces.
 */
#include <math.h>
#include <stdlib.h>

#include "api/cloudwatch.h"
#include "api/services.h"

enum {
    DATA_MAX = 1000, /* of a call */
    ENTITIES_MAX = 2,
    PAST_S = 14 * 24 * 3600,
    FUTURE_S = 2 * 3600,
    VALUE_EXPONENT = 360, /* a value lies within 2 to the power of that */
};

/* A datum of the call. */
struct putting {
    struct call *call;
    const struct value *map;
    struct str path; /* "MetricData.member.1" */
    struct datum *datum;
};

static bool refuse(const struct putting *p, const char *member, const char *why)
{
    return call_refuse(p->call, "InvalidParameterValue",
                       "The parameter " STR_FMT ".%s %s.", STR_ARG(p->path),
                       member, why);
}

/* ---- values -------------------------------------------------------------------- */

static bool check_value(const struct putting *p, const char *member,
                        const struct value *v, double *value)
{
    *value = value_real(v);
    if (fabs(*value) <= ldexp(1, VALUE_EXPONENT))
        return true;
    return call_refuse(p->call, "InvalidParameterValue",
                       "The value " STR_FMT " for parameter " STR_FMT
                       ".%s is invalid.",
                       STR_ARG(v->text), STR_ARG(p->path), member);
}

static bool read_set(const struct putting *p, const struct value *set)
{
    struct datum *d = p->datum;
    const struct {
        const char *name;
        double *to;
    } members[] = {
        {"SampleCount", &d->n},
        {"Sum", &d->sum},
        {"Minimum", &d->min},
        {"Maximum", &d->max},
    };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (!check_value(p, "StatisticValues",
                         value_get(set, str_of(members[i].name)),
                         members[i].to))
            return false;
    }
    if (!(d->n > 0))
        return refuse(p, "StatisticValues.SampleCount",
                      "must be greater than 0");
    if (d->min > d->max)
        return refuse(p, "StatisticValues.Maximum",
                      "must be greater than or equal to Minimum");
    return true;
}

struct pair {
    double value;
    double count;
};

static int by_value(const void *left, const void *right)
{
    double a = ((const struct pair *)left)->value;
    double b = ((const struct pair *)right)->value;

    return a < b ? -1 : a > b;
}

/* Values with counts, those of the same value taken together. */
static void gather(const struct putting *p, struct pair *pairs, unsigned n)
{
    double *values = region_take(p->call->region, 2 * n * sizeof(*values));
    double *counts = values + n;
    struct datum *d = p->datum;

    qsort(pairs, n, sizeof(*pairs), by_value);
    for (unsigned i = 0; i < n; i++) {
        if (!(pairs[i].count > 0))
            continue;
        if (d->nvalues == 0 || values[d->nvalues - 1] < pairs[i].value) {
            values[d->nvalues] = pairs[i].value;
            counts[d->nvalues++] = 0;
        }
        counts[d->nvalues - 1] += pairs[i].count;
        d->n += pairs[i].count;
        d->sum += pairs[i].value * pairs[i].count;
    }
    d->values = values;
    d->counts = counts;
    d->min = d->nvalues ? values[0] : 0;
    d->max = d->nvalues ? values[d->nvalues - 1] : 0;
}

static bool read_values(const struct putting *p, const struct value *values)
{
    const struct value *counts = value_get(p->map, STR("Counts"));
    const struct value *count = counts ? counts->first : NULL;
    unsigned n = value_count(values);
    struct pair *pairs = region_take(p->call->region, (n + 1) * sizeof(*pairs));
    unsigned i = 0;

    if (n > SERIES_VALUES_MAX)
        return call_refuse(p->call, "InvalidParameterValue",
                           "The collection " STR_FMT
                           ".Values must not have a size greater than %d.",
                           STR_ARG(p->path), SERIES_VALUES_MAX);
    if (counts && value_count(counts) != n)
        return call_refuse(p->call, "InvalidParameterValue",
                           "The parameters " STR_FMT ".Values and " STR_FMT
                           ".Counts must be of the same size.",
                           STR_ARG(p->path), STR_ARG(p->path));
    for (const struct value *v = values->first; v; v = v->next, i++) {
        pairs[i].count = 1;
        if (!check_value(p, "Values", v, &pairs[i].value) ||
            (count && !check_value(p, "Counts", count, &pairs[i].count)))
            return false;
        if (pairs[i].count < 0)
            return refuse(p, "Counts", "must not have a negative value");
        count = count ? count->next : NULL;
    }
    gather(p, pairs, n);
    return true;
}

static bool exclusive(const struct putting *p, const char *a, const char *b)
{
    return call_refuse(p->call, "InvalidParameterCombination",
                       "The parameters " STR_FMT ".%s and " STR_FMT
                       ".%s are mutually exclusive and you have specified "
                       "both.",
                       STR_ARG(p->path), a, STR_ARG(p->path), b);
}

static bool read_datum(const struct putting *p)
{
    const struct value *one = value_get(p->map, STR("Value"));
    const struct value *set = value_get(p->map, STR("StatisticValues"));
    const struct value *values = value_get(p->map, STR("Values"));
    struct datum *d = p->datum;

    if (value_count(values) == 0)
        values = NULL;
    if (one && (set || values))
        return exclusive(p, "Value", set ? "StatisticValues" : "Values");
    if (set && values)
        return exclusive(p, "StatisticValues", "Values");
    if (set)
        return read_set(p, set);
    if (values)
        return read_values(p, values);
    if (one == NULL)
        return call_refuse(
            p->call, "MissingParameter",
            "One of the parameters " STR_FMT ".Value, " STR_FMT
            ".Values or " STR_FMT ".StatisticValues is required.",
            STR_ARG(p->path), STR_ARG(p->path), STR_ARG(p->path));
    if (!check_value(p, "Value", one, &d->sum))
        return false;
    d->n = 1;
    d->min = d->max = d->sum;
    return true;
}

/* ---- metrics --------------------------------------------------------------------- */

static bool check_time(const struct putting *p, int64_t now_s, int64_t time_s)
{
    if (time_s < now_s - PAST_S)
        return refuse(p, "Timestamp",
                      "must specify a time no more than two weeks in the past");
    if (time_s > now_s + FUTURE_S)
        return refuse(
            p, "Timestamp",
            "must specify a time no more than two hours in the future");
    return true;
}

static bool check_dimensions(const struct putting *p,
                             const struct series_name *name)
{
    for (unsigned i = 0; i < name->ndimensions; i++) {
        for (unsigned k = 0; k < i; k++) {
            if (str_eq(name->dimensions[i].name, name->dimensions[k].name))
                return refuse(p, "Dimensions",
                              "must not name a dimension twice");
        }
    }
    return true;
}

static bool check_resolution(const struct putting *p)
{
    unsigned seconds = member_number(p->map, "StorageResolution", 60);

    return seconds == 1 || seconds == 60 ||
           refuse(p, "StorageResolution", "must be 1 or 60");
}

static const char *unit_of(const struct value *map)
{
    struct str unit = member_text(map, "Unit");
    const char *const *u = metric_units;

    while (*u && !str_eq(unit, str_of(*u)))
        u++;
    return *u ? *u : "None";
}

static bool read_point(struct call *call, const struct account_view *view,
                       const struct value *map, struct str path,
                       struct metric_point *point)
{
    int64_t now_s = (int64_t)(view->now_ms / 1000);
    const struct putting p = {call, map, path, &point->datum};

    point->name = cloudwatch_series_of(call, map);
    point->name.space = call_text(call, "Namespace");
    point->unit = unit_of(map);
    point->time_s = member_time(map, "Timestamp", now_s);
    return check_time(&p, now_s, point->time_s) &&
           check_dimensions(&p, &point->name) && check_resolution(&p) &&
           read_datum(&p);
}

/* ---- the call ---------------------------------------------------------------------- */

static bool add_list(struct call *call, const struct account_view *view,
                     const struct value *list, struct str path,
                     struct metric_point *points)
{
    unsigned i = 0;

    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        struct str at = region_printf(call->region, STR_FMT ".member.%u",
                                      STR_ARG(path), ++i);

        if (!read_point(call, view, v, at, &points[call->npoints]))
            return false;
        /* Of values that count nothing there is nothing to add. */
        call->npoints += points[call->npoints].datum.n > 0;
    }
    return true;
}

static unsigned count_data(const struct call *call)
{
    const struct value *entities = call_get(call, "EntityMetricData");
    unsigned n = value_count(call_get(call, "MetricData"));

    for (const struct value *v = entities ? entities->first : NULL; v;
         v = v->next)
        n += value_count(value_get(v, STR("MetricData")));
    return n;
}

static bool check_call(struct call *call, const struct account_view *view,
                       unsigned n)
{
    struct str space = call_text(call, "Namespace");

    if (str_starts(space, STR("AWS/")))
        return call_refuse(call, "InvalidParameterValue",
                           "The value " STR_FMT
                           " for parameter Namespace is invalid. Namespaces "
                           "that begin with AWS/ are AWS's own.",
                           STR_ARG(space));
    if (n == 0)
        return call_refuse(call, "MissingParameter",
                           "The parameter MetricData is required.");
    if (n > DATA_MAX)
        return call_refuse(call, "InvalidParameterValue",
                           "The collection MetricData must not have a size "
                           "greater than %d.",
                           DATA_MAX);
    if (view->series == NULL)
        return call_refuse(call, "InternalServiceError",
                           "This Sluice keeps no metrics");
    return true;
}

static bool put_data(struct call *call, const struct account_view *view)
{
    const struct value *entities = call_get(call, "EntityMetricData");
    unsigned n = count_data(call);
    unsigned i = 0;
    struct metric_point *points;

    if (!check_call(call, view, n))
        return false;
    points = region_take(call->region, (n + 1) * sizeof(*points));
    call->points = points;
    if (!add_list(call, view, call_get(call, "MetricData"), STR("MetricData"),
                  points))
        return false;
    for (const struct value *v = entities ? entities->first : NULL; v;
         v = v->next) {
        struct str path = region_printf(
            call->region, "EntityMetricData.member.%u.MetricData", ++i);

        if (!add_list(call, view, value_get(v, STR("MetricData")), path,
                      points))
            return false;
    }
    return true;
}

/* ---- the table ---------------------------------------------------------------------- */

static const struct member set_members[] = {
    {.name = "SampleCount", .kind = MEMBER_REAL, .required = true},
    {.name = "Sum", .kind = MEMBER_REAL, .required = true},
    {.name = "Minimum", .kind = MEMBER_REAL, .required = true},
    {.name = "Maximum", .kind = MEMBER_REAL, .required = true},
};
static const struct shape set_shape = SHAPE_OF(set_members);

static const struct member datum_members[] = {
    {.required = true, CLOUDWATCH_METRIC},
    {CLOUDWATCH_DIMENSIONS},
    {CLOUDWATCH_TIME("Timestamp")},
    {.name = "Value", .kind = MEMBER_REAL},
    {.name = "StatisticValues", .kind = MEMBER_STRUCT, .shape = &set_shape},
    {.name = "Values", .kind = MEMBER_REALS},
    {.name = "Counts", .kind = MEMBER_REALS},
    {CLOUDWATCH_UNIT},
    {.name = "StorageResolution", .kind = MEMBER_NUMBER, .min = 1},
};
static const struct shape datum_shape = SHAPE_OF(datum_members);

/* Which entity it is about is not kept. */
static const struct member entity_members[] = {
    {.name = "MetricData", .kind = MEMBER_STRUCTS, .shape = &datum_shape},
};
static const struct shape entity_shape = SHAPE_OF(entity_members);

static const struct member put_members[] = {
    {.required = true, CLOUDWATCH_NAMESPACE},
    {.name = "MetricData", .kind = MEMBER_STRUCTS, .shape = &datum_shape},
    {.name = "EntityMetricData",
     .kind = MEMBER_STRUCTS,
     .shape = &entity_shape,
     .most = ENTITIES_MAX},
    {.name = "StrictEntityValidation", .kind = MEMBER_BOOL},
};
static const struct shape put_shape = SHAPE_OF(put_members);

static const struct action actions[] = {
    {.name = "PutMetricData",
     .input = &put_shape,
     .refusal = REFUSE_PARAMETER,
     .answer = put_data},
};

const struct action_table cloudwatch_put_actions = ACTION_TABLE(actions);
