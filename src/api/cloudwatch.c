/* SPDX-License-Identifier: Apache-2.0 */
#include "api/cloudwatch.h"

#include "base/base64.h"

enum { ROUNDED_MAX_S = 3600 };

/* ---- shapes --------------------------------------------------------------------- */

bool cloudwatch_is_namespace(struct str text)
{
    return text.n && text.p[0] != ':';
}

static const struct member dimension_members[] = {
    {.name = "Name", .required = true, .min = 1, .max = 255},
    {.name = "Value", .required = true, .min = 1, .max = 1024},
};
const struct shape cloudwatch_dimension_shape = SHAPE_OF(dimension_members);

static const struct member metric_members[] = {
    {CLOUDWATCH_NAMESPACE},
    {CLOUDWATCH_METRIC},
    {CLOUDWATCH_DIMENSIONS},
};
const struct shape cloudwatch_metric_shape = SHAPE_OF(metric_members);

static const struct member stat_members[] = {
    {.name = "Metric",
     .kind = MEMBER_STRUCT,
     .required = true,
     .shape = &cloudwatch_metric_shape},
    {.name = "Period", .kind = MEMBER_NUMBER, .required = true, .min = 1},
    {.name = "Stat", .required = true, .min = 1, .max = 100},
    {CLOUDWATCH_UNIT},
};
static const struct shape stat_shape = SHAPE_OF(stat_members);

static const struct member query_members[] = {
    {.name = "Id", .required = true, .min = 1, .max = 255},
    {.name = "MetricStat", .kind = MEMBER_STRUCT, .shape = &stat_shape},
    {.name = "Expression", .min = 1, .max = 2048},
    {.name = "Label", .max = 1024},
    {.name = "ReturnData", .kind = MEMBER_BOOL},
    {.name = "Period", .kind = MEMBER_NUMBER, .min = 1},
    {.name = "AccountId", .min = 1, .max = 255},
};
const struct shape cloudwatch_query_shape = SHAPE_OF(query_members);

/* ---- metrics ---------------------------------------------------------------------- */

struct series_name cloudwatch_series_of(const struct call *call,
                                        const struct value *map)
{
    const struct value *list = value_get(map, STR("Dimensions"));
    unsigned n = value_count(list);
    struct dimension *dimensions =
        region_take(call->region, (n + 1) * sizeof(*dimensions));
    struct series_name name = {
        .space = member_text(map, "Namespace"),
        .metric = member_text(map, "MetricName"),
        .ndimensions = n,
        .dimensions = dimensions,
    };

    for (const struct value *v = list ? list->first : NULL; v; v = v->next)
        *dimensions++ =
            (struct dimension){member_text(v, "Name"), member_text(v, "Value")};
    return name;
}

void cloudwatch_put_series(struct region *region, struct value *map,
                           const struct series_name *name)
{
    struct value *list;

    put_text(region, map, "Namespace", name->space);
    put_text(region, map, "MetricName", name->metric);
    list = put_list(region, map, "Dimensions");
    for (unsigned i = 0; i < name->ndimensions; i++) {
        struct value *dimension = add_map(region, list);

        put_text(region, dimension, "Name", name->dimensions[i].name);
        put_text(region, dimension, "Value", name->dimensions[i].value);
    }
}

/* ---- periods ------------------------------------------------------------------------- */

bool cloudwatch_check_period(struct call *call, const char *code,
                             const char *parameter, uint64_t period)
{
    if ((period && period % SERIES_PERIOD_S == 0) || period == 1 ||
        period == 5 || period == 10 || period == 20 || period == 30)
        return true;
    return call_refuse(call, code,
                       "The parameter %s must be 1, 5, 10, 20, 30 or a "
                       "multiple of 60.",
                       parameter);
}

bool cloudwatch_check_statistic(struct call *call, const char *code,
                                const char *parameter, struct str statistic)
{
    return statistic_is_one(statistic) ||
           call_refuse(call, code,
                       "The value " STR_FMT
                       " for parameter %s is not supported.",
                       STR_ARG(statistic), parameter);
}

/* ---- times --------------------------------------------------------------------------- */

int64_t cloudwatch_round(int64_t now_s, int64_t time_s, unsigned period_s)
{
    const int64_t day = 24 * 3600;
    int64_t step = now_s - time_s >= 63 * day   ? ROUNDED_MAX_S
                   : now_s - time_s >= 15 * day ? 300
                   : period_s < SERIES_PERIOD_S ? (int64_t)period_s
                                                : SERIES_PERIOD_S;

    return time_s / step * step;
}

bool cloudwatch_span_of(struct call *call, const struct account_view *view,
                        const char *code, struct cloudwatch_span *span)
{
    unsigned period = member_number(call->input, "Period", SERIES_PERIOD_S);
    int64_t from = member_time(call->input, "StartTime", 0);

    span->to_s = member_time(call->input, "EndTime", 0);
    if (from == span->to_s)
        return call_refuse(call, code,
                           "The parameter StartTime must not equal parameter "
                           "EndTime.");
    if (from > span->to_s)
        return call_refuse(call, code,
                           "The parameter StartTime must be less than the "
                           "parameter EndTime.");
    span->from_s =
        cloudwatch_round((int64_t)(view->now_ms / 1000), from, period);
    return true;
}

void cloudwatch_need_span(const struct call *call, struct metric_need *need)
{
    need->from_s = member_time(call->input, "StartTime", 0) - ROUNDED_MAX_S;
    need->to_s = member_time(call->input, "EndTime", 0);
}

/* ---- pages --------------------------------------------------------------------------- */

static const char token_prefix[] = "sluice-page-";

enum { TOKEN_MAX = 64 };

struct str cloudwatch_token(struct region *region, uint64_t at)
{
    char buffer[BASE64_LEN(TOKEN_MAX)];
    struct text token = text_in(buffer, sizeof(buffer));
    struct str plain =
        region_printf(region, "%s%llu", token_prefix, (unsigned long long)at);

    base64_put(&token, (const uint8_t *)plain.p, plain.n);
    return region_copy(region, text_str(&token));
}

bool cloudwatch_read_token(struct call *call, const char *code, uint64_t *at)
{
    struct str token = call_text(call, "NextToken");
    uint8_t plain[BASE64_BYTES(TOKEN_MAX)];
    size_t prefix = sizeof(token_prefix) - 1;
    long n;

    *at = 0;
    if (token.n == 0)
        return true;
    n = token.n > TOKEN_MAX ? -1 : base64_read(token, plain);
    if (n < (long)prefix || memcmp(plain, token_prefix, prefix) != 0 ||
        !str_to_u64(str_make((const char *)plain + prefix, (size_t)n - prefix),
                    UINT64_C(1) << 53, at))
        return call_refuse(call, code,
                           "Request parameter NextToken is invalid");
    return true;
}
