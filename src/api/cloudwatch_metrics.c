/* SPDX-License-Identifier: Apache-2.0
 *
 * Which metrics there are (ListMetrics).
 */
#include "api/cloudwatch.h"
#include "api/services.h"

enum {
    PAGE = 500,
    FILTERS_MAX = 10,
    RECENT_S = 3 * 3600,
};

static bool has_dimension(const struct series_name *name, struct str wanted,
                          struct str value)
{
    for (unsigned i = 0; i < name->ndimensions; i++) {
        if (str_eq(name->dimensions[i].name, wanted))
            return value.n == 0 || str_eq(name->dimensions[i].value, value);
    }
    return false;
}

static bool is_wanted(const struct call *call, const struct account_view *view,
                      const struct series *series)
{
    const struct series_name *name = series_name_of(series);
    const struct value *filters = call_get(call, "Dimensions");
    struct str space = call_text(call, "Namespace");
    struct str metric = call_text(call, "MetricName");
    struct str owner = call_text(call, "OwningAccount");

    if ((space.n && !str_eq(space, name->space)) ||
        (metric.n && !str_eq(metric, name->metric)))
        return false;
    if (owner.n && !str_eq(owner, view->account_id))
        return false;
    if (call_text(call, "RecentlyActive").n &&
        series_newest_s(series) + RECENT_S < (int64_t)(view->now_ms / 1000))
        return false;
    for (const struct value *v = filters ? filters->first : NULL; v;
         v = v->next) {
        if (!has_dimension(name, member_text(v, "Name"),
                           member_text(v, "Value")))
            return false;
    }
    return true;
}

/* Of linked accounts there are none: all metrics are of this one. */
static void put_owners(const struct account_view *view, struct region *region,
                       struct value *result, unsigned n)
{
    struct value *list = put_list(region, result, "OwningAccounts");

    while (n--)
        add_text(region, list, view->account_id);
}

/* Tokens count those that fit; what is made while somebody reads comes last. */
static bool list_metrics(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "Metrics");
    const struct series *series = NULL;
    uint64_t from;
    uint64_t n = 0;

    if (!cloudwatch_read_token(call, "InvalidParameterValue", &from))
        return false;
    while (view->series && n <= from + PAGE &&
           (series = series_next(view->series, series))) {
        if (!is_wanted(call, view, series))
            continue;
        if (n >= from && n < from + PAGE)
            cloudwatch_put_series(region, add_map(region, list),
                                  series_name_of(series));
        n++;
    }
    if (member_true(call->input, "IncludeLinkedAccounts"))
        put_owners(view, region, result, value_count(list));
    if (n > from + PAGE)
        put_text(region, result, "NextToken",
                 cloudwatch_token(region, from + PAGE));
    call->result = result;
    return true;
}

/* ---- the table -------------------------------------------------------------------- */

static const char *const recently[] = {"PT3H", NULL};

static const struct member filter_members[] = {
    {.name = "Name", .required = true, .min = 1, .max = 255},
    {.name = "Value", .min = 1, .max = 1024, .blank_is_none = true},
};
static const struct shape filter_shape = SHAPE_OF(filter_members);

static const struct member list_members[] = {
    {CLOUDWATCH_NAMESPACE},
    {CLOUDWATCH_METRIC},
    {.name = "Dimensions",
     .kind = MEMBER_STRUCTS,
     .shape = &filter_shape,
     .most = FILTERS_MAX},
    {.name = "NextToken"},
    {.name = "RecentlyActive", .kind = MEMBER_WORD, .words = recently},
    {.name = "IncludeLinkedAccounts", .kind = MEMBER_BOOL},
    {.name = "OwningAccount", .min = 1, .max = 255},
};
static const struct shape list_shape = SHAPE_OF(list_members);

static const struct action actions[] = {
    {.name = "ListMetrics",
     .input = &list_shape,
     .refusal = REFUSE_PARAMETER,
     .answer = list_metrics},
};

const struct action_table cloudwatch_metric_actions = ACTION_TABLE(actions);
