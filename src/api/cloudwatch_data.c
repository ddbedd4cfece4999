/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics, and expressions over them (GetMetricData).
 */
#include "api/cloudwatch.h"
#include "api/cloudwatch_label.h"
#include "api/services.h"

enum { DATAPOINTS_MAX = 100800 };

static const char invalid[] = "ValidationError";

/* ---- what is asked for ------------------------------------------------------------ */

static bool is_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool small = c >= 'a' && c <= 'z';

        if (!small && (i == 0 || ((c < 'A' || c > 'Z') &&
                                  (c < '0' || c > '9') && c != '_')))
            return false;
    }
    return id.n > 0;
}

static bool missing(struct call *call, unsigned i, const char *member)
{
    return call_refuse(call, invalid,
                       "The parameter MetricDataQueries.member.%u.%s is "
                       "required.",
                       i + 1, member);
}

static bool read_metric(struct call *call, const struct value *stat, unsigned i,
                        struct metric_query *query)
{
    const struct value *metric = value_get(stat, STR("Metric"));

    query->name = cloudwatch_series_of(call, metric);
    query->statistic = member_text(stat, "Stat");
    query->unit = member_text(stat, "Unit");
    query->period_s = member_number(stat, "Period", 0);
    if (query->name.space.n == 0)
        return missing(call, i, "MetricStat.Metric.Namespace");
    if (query->name.metric.n == 0)
        return missing(call, i, "MetricStat.Metric.MetricName");
    return cloudwatch_check_period(call, invalid, "MetricStat.Period",
                                   (uint64_t)query->period_s) &&
           cloudwatch_check_statistic(call, invalid, "MetricStat.Stat",
                                      query->statistic);
}

static bool check_expression(struct call *call, struct metric_query *query)
{
    if (str_istarts(str_trim(query->expression), STR("SELECT ")))
        return call_refuse(call, invalid,
                           "Error in expression '" STR_FMT
                           "': Sluice has no Metrics Insights queries "
                           "(SELECT); SEARCH() finds metrics",
                           STR_ARG(query->id));
    return query->period_s == 0 ||
           cloudwatch_check_period(call, invalid, "Period",
                                   (uint64_t)query->period_s);
}

static bool read_query(struct call *call, const struct value *map, unsigned i,
                       struct metric_query *query)
{
    const struct value *stat = value_get(map, STR("MetricStat"));

    *query = (struct metric_query){
        .id = member_text(map, "Id"),
        .expression = member_text(map, "Expression"),
        .period_s = member_number(map, "Period", 0),
    };
    if (!is_id(query->id))
        return call_refuse(call, invalid,
                           "The value " STR_FMT
                           " for parameter MetricDataQueries.member.%u.Id is "
                           "not matching the expected pattern "
                           "^[a-z][a-zA-Z0-9_]*$.",
                           STR_ARG(query->id), i + 1);
    if (stat && query->expression.n)
        return call_refuse(call, invalid,
                           "The parameters MetricDataQueries.member.%u."
                           "Expression and MetricDataQueries.member.%u."
                           "MetricStat are mutually exclusive and you have "
                           "specified both.",
                           i + 1, i + 1);
    if (stat)
        return read_metric(call, stat, i, query);
    return query->expression.n ? check_expression(call, query)
                               : missing(call, i, "MetricStat");
}

static bool check_unique(struct call *call, const struct metric_query *queries,
                         unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < i; k++) {
            if (str_eq(queries[i].id, queries[k].id))
                return call_refuse(call, invalid,
                                   "The values for parameter id in "
                                   "MetricDataQueries are not unique.");
        }
    }
    return true;
}

struct metric_query *cloudwatch_read_queries(struct call *call,
                                             const struct value *list)
{
    unsigned n = value_count(list);
    struct metric_query *queries =
        region_take(call->region, (n + 1) * sizeof(*queries));
    unsigned i = 0;

    if (n > METRIC_QUERIES_MAX) {
        call_refuse(call, invalid,
                    "The collection MetricDataQueries must not have a size "
                    "greater than %d.",
                    METRIC_QUERIES_MAX);
        return NULL;
    }
    for (const struct value *v = list ? list->first : NULL; v;
         v = v->next, i++) {
        if (!read_query(call, v, i, &queries[i]))
            return NULL;
    }
    return check_unique(call, queries, n) ? queries : NULL;
}

/* ---- pages ------------------------------------------------------------------------ */

/* Points of all results in a row; those from `from` to before `to` are told. */
struct page {
    struct call *call;
    bool ascending;
    uint64_t from;
    uint64_t to;
    uint64_t at; /* of the result that comes next */
    struct value *list;
};

/* Whether a result begins or goes on in the page; one without points does where
 * it would. */
static bool is_in(const struct page *page, unsigned n)
{
    return n ? page->at < page->to && page->at + n > page->from
             : page->at >= page->from && page->at < page->to;
}

static void put_points(const struct page *page, const struct curve *curve,
                       struct value *map)
{
    struct region *region = page->call->region;
    struct value *times = put_list(region, map, "Timestamps");
    struct value *values = put_list(region, map, "Values");

    for (unsigned i = 0; i < curve->n; i++) {
        unsigned at = page->ascending ? i : curve->n - 1 - i;

        if (page->at + i < page->from || page->at + i >= page->to)
            continue;
        add_time(region, times, curve->times[at]);
        add_real(region, values, curve->values[at]);
    }
}

static void put_message(struct region *region, struct value *map)
{
    struct value *message = add_map(region, put_list(region, map, "Messages"));

    put_text(region, message, "Code", STR("MaxMetricsExceeded"));
    put_text(region, message, "Value",
             region_printf(region,
                           "The maximum number of metrics that a search finds "
                           "has been exceeded: %d are returned",
                           METRIC_SEARCH_FOUND_MAX));
}

static void put_result(struct page *page, const struct cloudwatch_label *label,
                       const struct metric_value *value, unsigned i)
{
    struct region *region = page->call->region;
    const struct curve *curve = &value->value.curves[i];
    struct value *map;

    if (is_in(page, curve->n)) {
        map = add_map(region, page->list);
        put_text(region, map, "Id", label->id);
        put_text(region, map, "Label",
                 cloudwatch_label(region, label, &value->value, i));
        put_points(page, curve, map);
        put_text(region, map, "StatusCode",
                 page->at + curve->n > page->to ? STR("PartialData")
                                                : STR("Complete"));
        if (value->too_many)
            put_message(region, map);
    }
    page->at += curve->n;
}

/* ---- answering ----------------------------------------------------------------------- */

static bool is_returned(const struct value *map)
{
    const struct value *given = value_get(map, STR("ReturnData"));

    return given == NULL || str_eq(given->text, STR("true"));
}

static bool refuse_number(struct call *call, struct str id)
{
    return call_refuse(call, invalid,
                       "Error in expression '" STR_FMT
                       "': the result is a number and no time series; "
                       "TIME_SERIES() makes one of it",
                       STR_ARG(id));
}

static bool put_results(struct page *page, const struct account_view *view,
                        const struct metric_value *values, int zone_s)
{
    struct call *call = page->call;
    const struct value *query = call_get(call, "MetricDataQueries")->first;

    for (; query; query = query->next, values++) {
        const struct cloudwatch_label label = {
            .view = view,
            .text = member_text(query, "Label"),
            .id = member_text(query, "Id"),
            .zone_s = zone_s,
        };

        if (!is_returned(query))
            continue;
        if (values->value.kind == MATH_NUMBER)
            return refuse_number(call, label.id);
        for (unsigned i = 0; i < values->value.n; i++)
            put_result(page, &label, values, i);
    }
    return true;
}

static bool read_zone(struct call *call, int *zone_s)
{
    struct str zone = member_text(call_get(call, "LabelOptions"), "Timezone");

    return cloudwatch_zone(zone, zone_s) ||
           call_refuse(call, invalid,
                       "The value " STR_FMT
                       " for parameter LabelOptions.Timezone is invalid: it "
                       "is written as +0130.",
                       STR_ARG(zone));
}

static bool check_accounts(struct call *call, const struct account_view *view)
{
    const struct value *query = call_get(call, "MetricDataQueries")->first;

    for (unsigned i = 1; query; query = query->next, i++) {
        struct str id = member_text(query, "AccountId");

        if (id.n && !str_eq(id, view->account_id))
            return call_refuse(call, invalid,
                               "The value " STR_FMT
                               " for parameter MetricDataQueries.member.%u."
                               "AccountId is invalid: Sluice has metrics of "
                               "account " STR_FMT " alone.",
                               STR_ARG(id), i, STR_ARG(view->account_id));
    }
    return true;
}

static uint64_t count_points(const struct call *call,
                             const struct metric_value *values)
{
    const struct value *query = call_get(call, "MetricDataQueries")->first;
    uint64_t n = 0;

    for (; query; query = query->next, values++) {
        for (unsigned i = 0; is_returned(query) && i < values->value.n; i++)
            n += values->value.curves[i].n;
    }
    return n;
}

/* The last page has no end: what has no points is on it too. */
static void end_page(struct page *page, const struct metric_value *values,
                     struct value *result)
{
    struct region *region = page->call->region;

    page->to = page->from + member_number(page->call->input, "MaxDatapoints",
                                          DATAPOINTS_MAX);
    if (page->to >= count_points(page->call, values))
        page->to = UINT64_MAX;
    else
        put_text(region, result, "NextToken",
                 cloudwatch_token(region, page->to));
}

static bool get_data(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);
    const struct value *list = call_get(call, "MetricDataQueries");
    struct page page = {
        .call = call,
        .ascending =
            str_eq(call_text(call, "ScanBy"), STR("TimestampAscending")),
        .list = put_list(call->region, result, "MetricDataResults"),
    };
    struct metric_question question = {
        .store = view->series,
        .now_s = (int64_t)(view->now_ms / 1000),
        .n = value_count(list),
        .queries = cloudwatch_read_queries(call, list),
    };
    const struct metric_value *values;
    struct cloudwatch_span span;
    struct error error;
    unsigned wrong;
    int zone_s;

    if (question.queries == NULL || !check_accounts(call, view) ||
        !read_zone(call, &zone_s) ||
        !cloudwatch_span_of(call, view, invalid, &span) ||
        !cloudwatch_read_token(call, "InvalidNextToken", &page.from))
        return false;
    question.from_s = span.from_s;
    question.to_s = span.to_s;
    values = metric_question_ask(&question, call->region, &wrong, &error);
    if (values == NULL)
        return call_refuse(call, invalid, "%s", error.text);
    end_page(&page, values, result);
    if (!put_results(&page, view, values, zone_s))
        return false;
    put_list(call->region, result, "Messages");
    call->result = result;
    return true;
}

/* ---- what it reads -------------------------------------------------------------------- */

static bool is_search(struct str expression)
{
    for (; expression.n; expression.p++, expression.n--) {
        if (str_istarts(expression, STR("SEARCH")))
            return true;
    }
    return false;
}

static void reads(const struct call *call, struct metric_need *need)
{
    const struct value *list = call_get(call, "MetricDataQueries");
    unsigned n = value_count(list);
    struct series_name *names;

    if (n > METRIC_QUERIES_MAX)
        return; /* it will be refused */
    cloudwatch_need_span(call, need);
    need->names = names = region_take(call->region, (n + 1) * sizeof(*names));
    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        const struct value *stat = value_get(v, STR("MetricStat"));

        if (is_search(member_text(v, "Expression")))
            need->all = true;
        if (stat)
            names[need->n++] =
                cloudwatch_series_of(call, value_get(stat, STR("Metric")));
    }
}

/* ---- the table -------------------------------------------------------------------------- */

static const char *const orders[] = {"TimestampDescending",
                                     "TimestampAscending", NULL};

static const struct member label_members[] = {{.name = "Timezone"}};
static const struct shape label_shape = SHAPE_OF(label_members);

static const struct member members[] = {
    {.required = true, CLOUDWATCH_QUERIES("MetricDataQueries")},
    {.required = true, CLOUDWATCH_TIME("StartTime")},
    {.required = true, CLOUDWATCH_TIME("EndTime")},
    {.name = "NextToken"},
    {.name = "ScanBy", .kind = MEMBER_WORD, .words = orders},
    {.name = "MaxDatapoints",
     .kind = MEMBER_NUMBER,
     .min = 1,
     .max = DATAPOINTS_MAX},
    {.name = "LabelOptions", .kind = MEMBER_STRUCT, .shape = &label_shape},
};
static const struct shape shape = SHAPE_OF(members);

static const struct action actions[] = {
    {.name = "GetMetricData",
     .input = &shape,
     .refusal = REFUSE_PARAMETER_VALIDATION,
     .answer = get_data,
     .reads = reads},
};

const struct action_table cloudwatch_data_actions = ACTION_TABLE(actions);
