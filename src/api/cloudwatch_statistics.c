/* SPDX-License-Identifier: Apache-2.0
 *
 * Datapoints of one metric (GetMetricStatistics).
 */
#include "api/cloudwatch.h"
#include "api/services.h"

enum { DATAPOINTS_MAX = 1440 };

/* ---- what is asked for --------------------------------------------------------- */

/* "1,440". */
static struct str grouped(struct region *region, uint64_t number)
{
    struct str rest = STR("");

    for (; number >= 1000; number /= 1000)
        rest = region_printf(region, ",%03u" STR_FMT, (unsigned)(number % 1000),
                             STR_ARG(rest));
    return region_printf(region, "%u" STR_FMT, (unsigned)number, STR_ARG(rest));
}

static bool check_length(struct call *call, const struct cloudwatch_span *span,
                         unsigned period)
{
    uint64_t n = ((uint64_t)(span->to_s - span->from_s) + period - 1) / period;

    if (n <= DATAPOINTS_MAX)
        return true;
    return call_refuse(call, "InvalidParameterCombination",
                       "You have requested up to " STR_FMT
                       " datapoints, which exceeds the limit of " STR_FMT
                       ". You may reduce the datapoints requested by "
                       "increasing Period, or decreasing the time range.",
                       STR_ARG(grouped(call->region, n)),
                       STR_ARG(grouped(call->region, DATAPOINTS_MAX)));
}

static bool check_statistics(struct call *call)
{
    const struct value *extended = call_get(call, "ExtendedStatistics");
    const struct value *plain = call_get(call, "Statistics");

    if (value_count(plain) == 0 && value_count(extended) == 0)
        return call_refuse(call, "InvalidParameterCombination",
                           "Must specify either Statistics or "
                           "ExtendedStatistics");
    for (const struct value *v = extended ? extended->first : NULL; v;
         v = v->next) {
        if (!cloudwatch_check_statistic(call, "InvalidParameterValue",
                                        "ExtendedStatistics", v->text))
            return false;
    }
    return true;
}

/* ---- datapoints ------------------------------------------------------------------- */

struct telling {
    const struct call *call;
    const char *unit;
    struct value *list;
};

static void put_statistics(struct region *region, struct value *map,
                           const struct value *names, const struct datum *datum)
{
    double number;

    for (const struct value *v = names ? names->first : NULL; v; v = v->next) {
        if (statistic_of(v->text, datum, &number))
            put_real(region, map, v->text.p, number);
    }
}

static void tell(void *to, int64_t start_s, const struct datum *datum)
{
    struct telling *telling = to;
    const struct call *call = telling->call;
    struct region *region = call->region;
    const struct value *extended = call_get(call, "ExtendedStatistics");
    struct value *map = make_map(region);

    put_time(region, map, "Timestamp", start_s);
    put_statistics(region, map, call_get(call, "Statistics"), datum);
    put_text(region, map, "Unit", str_of(telling->unit));
    if (value_count(extended))
        put_statistics(region, put_map(region, map, "ExtendedStatistics"),
                       extended, datum);
    value_append(telling->list, map);
}

static bool get_statistics(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);
    struct series_name name = cloudwatch_series_of(call, call->input);
    unsigned period = member_number(call->input, "Period", 0);
    struct str unit = call_text(call, "Unit");
    const struct series *series;
    struct cloudwatch_span span;
    struct telling telling = {.call = call};

    if (!cloudwatch_span_of(call, view, "InvalidParameterValue", &span) ||
        !cloudwatch_check_period(call, "InvalidParameterValue", "Period",
                                 period) ||
        !check_length(call, &span, period) || !check_statistics(call))
        return false;
    put_text(call->region, result, "Label", name.metric);
    telling.list = put_list(call->region, result, "Datapoints");
    series = view->series ? series_find(view->series, &name) : NULL;
    if (series && (unit.n == 0 || str_eq(unit, str_of(series_unit(series))))) {
        telling.unit = series_unit(series);
        series_scan(series, span.from_s, span.to_s, period,
                    value_count(call_get(call, "ExtendedStatistics")), tell,
                    &telling);
    }
    call->result = result;
    return true;
}

static void reads(const struct call *call, struct metric_need *need)
{
    struct series_name *name = region_take(call->region, sizeof(*name));

    *name = cloudwatch_series_of(call, call->input);
    cloudwatch_need_span(call, need);
    need->names = name;
    need->n = 1;
}

/* ---- the table --------------------------------------------------------------------- */

static const struct member members[] = {
    {.required = true, CLOUDWATCH_NAMESPACE},
    {.required = true, CLOUDWATCH_METRIC},
    {CLOUDWATCH_DIMENSIONS},
    {.required = true, CLOUDWATCH_TIME("StartTime")},
    {.required = true, CLOUDWATCH_TIME("EndTime")},
    {.name = "Period",
     .kind = MEMBER_NUMBER,
     .required = true,
     .min = 1,
     .max = 365 * 24 * 3600},
    {CLOUDWATCH_STATISTICS},
    {.name = "ExtendedStatistics",
     .kind = MEMBER_TEXTS,
     .least = 1,
     .most = 10,
     .min = 1,
     .max = 100},
    {CLOUDWATCH_UNIT},
};
static const struct shape shape = SHAPE_OF(members);

static const struct action actions[] = {
    {.name = "GetMetricStatistics",
     .input = &shape,
     .refusal = REFUSE_PARAMETER,
     .answer = get_statistics,
     .reads = reads},
};

const struct action_table cloudwatch_statistic_actions = ACTION_TABLE(actions);
