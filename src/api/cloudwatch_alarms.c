/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeAlarms, DescribeAlarmsForMetric, DescribeAlarmHistory.
 */
#include "api/cloudwatch_alarm.h"
#include "api/find.h"
#include "api/services.h"

/* ---- DescribeAlarms ------------------------------------------------------------------ */

static bool has_action(const struct config_alarm *alarm, struct str prefix)
{
    for (unsigned i = 0; i < ALARM_STATES; i++) {
        for (unsigned k = 0; k < alarm->actions[i].n; k++) {
            if (str_starts(alarm->actions[i].arns[k], prefix))
                return true;
        }
    }
    return false;
}

static bool is_parent(const struct config_alarm *alarm, unsigned child)
{
    for (unsigned i = 0; i < alarm->rule.nchildren; i++) {
        if (alarm->children[i] == child)
            return true;
    }
    return false;
}

/* What DescribeAlarms is asked for; texts with n == 0 are not. */
struct wanted {
    const struct value *names; /* NULL: any */
    struct str prefix;
    struct str state;
    struct str action;
    const struct config_alarm *parent; /* whose children they are */
    const struct config_alarm *child;  /* whose parents they are */
};

static bool is_wanted(const struct call *call, const struct account_view *view,
                      const struct wanted *wanted,
                      const struct config_alarm *alarm)
{
    if (wanted->parent)
        return is_parent(wanted->parent, alarm->index);
    if (wanted->child)
        return is_parent(alarm, wanted->child->index);
    if (!alarm_type_is_wanted(call, alarm->composite) ||
        (wanted->names && !list_has(wanted->names, alarm->name)) ||
        !str_starts(alarm->name, wanted->prefix) ||
        (wanted->action.n && !has_action(alarm, wanted->action)))
        return false;
    return wanted->state.n == 0 ||
           str_eq(wanted->state,
                  str_of(alarm_state_words[alarm_state_of(view, alarm).state]));
}

/* ChildrenOfAlarmName and ParentsOfAlarmName stand alone. */
static bool relative(struct call *call, const struct account_view *view,
                     const char *name, const struct config_alarm **found)
{
    static const char *const others[] = {
        "AlarmNames",        "AlarmNamePrefix", "AlarmTypes",
        "StateValue",        "ActionPrefix",    "ChildrenOfAlarmName",
        "ParentsOfAlarmName"};
    struct str text = call_text(call, name);

    if (text.n == 0)
        return true;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        const struct value *v = call_get(call, others[i]);

        if (strcmp(others[i], name) != 0 && v && (v->text.n || v->first))
            return call_refuse(call, "ValidationError",
                               "%s cannot be combined with %s", name,
                               others[i]);
    }
    *found = config_find_alarm_named(view->config, text);
    if (*found == NULL)
        return call_refuse(call, "ValidationError",
                           "Alarm " STR_FMT " does not exist", STR_ARG(text));
    return true;
}

static bool read_wanted(struct call *call, const struct account_view *view,
                        struct wanted *wanted)
{
    const struct value *names = call_get(call, "AlarmNames");

    wanted->names = value_count(names) ? names : NULL;
    wanted->prefix = call_text(call, "AlarmNamePrefix");
    wanted->state = call_text(call, "StateValue");
    wanted->action = call_text(call, "ActionPrefix");
    if (wanted->names && wanted->prefix.n)
        return call_refuse(call, "ValidationError",
                           "AlarmNames cannot be combined with "
                           "AlarmNamePrefix");
    return relative(call, view, "ChildrenOfAlarmName", &wanted->parent) &&
           relative(call, view, "ParentsOfAlarmName", &wanted->child);
}

/* Of what fits, those of this page. */
struct page {
    uint64_t from;
    uint64_t most;
    uint64_t n; /* that fit so far */
};

static bool read_page(struct call *call, struct page *page)
{
    *page = (struct page){
        .most = member_number(call->input, "MaxRecords", ALARM_PAGE)};
    return cloudwatch_read_token(call, "InvalidNextToken", &page->from);
}

static bool is_on(struct page *page)
{
    uint64_t i = page->n++;

    return i >= page->from && i - page->from < page->most;
}

static void end_page(struct call *call, const struct page *page,
                     struct value *result)
{
    if (page->n > page->from && page->n - page->from > page->most)
        put_text(call->region, result, "NextToken",
                 cloudwatch_token(call->region, page->from + page->most));
}

static bool describe(struct call *call, const struct account_view *view)
{
    const struct config_alarms *alarms = &view->config->alarms;
    struct region *region = call->region;
    struct wanted wanted = {.names = NULL};
    struct value *result = make_map(region);
    struct value *composite;
    struct value *metric;
    struct page page;

    if (!read_wanted(call, view, &wanted) || !read_page(call, &page))
        return false;
    composite = put_list(region, result, "CompositeAlarms");
    metric = put_list(region, result, "MetricAlarms");
    for (unsigned i = 0; i < alarms->n; i++) {
        const struct config_alarm *alarm = alarms->by_name[i];

        if (is_wanted(call, view, &wanted, alarm) && is_on(&page))
            alarm_tell(call, view, alarm,
                       add_map(region, alarm->composite ? composite : metric));
    }
    end_page(call, &page, result);
    call->result = result;
    return true;
}

/* ---- DescribeAlarmsForMetric --------------------------------------------------------------- */

static bool same_dimensions(const struct series_name *a,
                            const struct series_name *b)
{
    if (a->ndimensions != b->ndimensions)
        return false;
    for (unsigned i = 0; i < a->ndimensions; i++) {
        bool found = false;

        for (unsigned k = 0; k < b->ndimensions; k++)
            found |= str_eq(a->dimensions[i].name, b->dimensions[k].name) &&
                     str_eq(a->dimensions[i].value, b->dimensions[k].value);
        if (!found)
            return false;
    }
    return true;
}

/* A text that was given is the alarm's. */
static bool fits(const struct call *call, const char *name, struct str text)
{
    struct str given = call_text(call, name);

    return given.n == 0 || str_eq(given, text);
}

static bool is_of(const struct call *call, const struct series_name *name,
                  const struct config_alarm_metric *metric)
{
    return str_eq(metric->name.space, name->space) &&
           str_eq(metric->name.metric, name->metric) &&
           same_dimensions(&metric->name, name) &&
           fits(call, "Statistic", metric->statistic) &&
           fits(call, "ExtendedStatistic", metric->statistic) &&
           fits(call, "Unit", metric->unit) &&
           member_number(call->input, "Period", metric->period_s) ==
               metric->period_s;
}

static bool uses(const struct call *call, const struct series_name *name,
                 const struct config_alarm *alarm)
{
    if (alarm->composite)
        return false;
    for (unsigned i = 0; i < alarm->nqueries; i++) {
        if (is_of(call, name, &alarm->queries[i].metric))
            return true;
    }
    return alarm->nqueries == 0 && is_of(call, name, &alarm->metric);
}

static bool for_metric(struct call *call, const struct account_view *view)
{
    const struct config_alarms *alarms = &view->config->alarms;
    struct series_name name = cloudwatch_series_of(call, call->input);
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "MetricAlarms");

    for (unsigned i = 0; i < alarms->n; i++) {
        const struct config_alarm *alarm = alarms->by_name[i];

        if (uses(call, &name, alarm))
            alarm_tell(call, view, alarm, add_map(call->region, list));
    }
    call->result = result;
    return true;
}

/* ---- DescribeAlarmHistory --------------------------------------------------------------------- */

static const char *const history_words[] = {"ConfigurationUpdate",
                                            "StateUpdate",
                                            "Action",
                                            "AlarmContributorStateUpdate",
                                            "AlarmContributorAction",
                                            NULL};

struct history {
    struct call *call;
    unsigned n;
    struct alarm_history_item *items; /* NULL: they are counted */
};

static bool is_told(const struct call *call,
                    const struct alarm_history_item *item)
{
    int64_t s = (int64_t)(item->time_ms / 1000);

    return fits(call, "AlarmName", item->name) &&
           fits(call, "HistoryItemType", str_of(history_words[item->kind])) &&
           alarm_type_is_wanted(call, item->composite) &&
           s >= member_time(call->input, "StartDate", 0) &&
           s <= member_time(call->input, "EndDate", s);
}

static void gather(void *to, const struct alarm_history_item *item)
{
    struct history *history = to;

    if (!is_told(history->call, item))
        return;
    if (history->items)
        history->items[history->n] = *item;
    history->n++;
}

static void tell_item(struct region *region, struct value *map,
                      const struct alarm_history_item *item)
{
    put_text(region, map, "AlarmName", item->name);
    put_text(region, map, "AlarmType",
             item->composite ? STR("CompositeAlarm") : STR("MetricAlarm"));
    put_moment(region, map, "Timestamp", item->time_ms);
    put_text(region, map, "HistoryItemType", str_of(history_words[item->kind]));
    put_text(region, map, "HistorySummary", item->summary);
    put_text(region, map, "HistoryData", item->data);
}

static bool history(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "AlarmHistoryItems");
    bool ascending =
        str_eq(call_text(call, "ScanBy"), STR("TimestampAscending"));
    struct history all = {.call = call};
    struct page page;
    unsigned n;

    if (!read_page(call, &page))
        return false;
    if (view->alarm_history)
        view->alarm_history(view->owner, gather, &all);
    n = all.n;
    all.items = region_take(region, (n + 1) * sizeof(*all.items));
    all.n = 0;
    if (view->alarm_history)
        view->alarm_history(view->owner, gather, &all);
    for (unsigned i = 0; i < n; i++) {
        if (is_on(&page))
            tell_item(region, add_map(region, list),
                      &all.items[ascending ? i : n - 1 - i]);
    }
    end_page(call, &page, result);
    call->result = result;
    return true;
}

/* ---- the table ---------------------------------------------------------------------------------- */

static const char *const scans[] = {"TimestampDescending", "TimestampAscending",
                                    NULL};

static const struct member describe_members[] = {
    {ALARM_MEMBER_NAMES},
    {.name = "AlarmNamePrefix", .min = 1, .max = CONFIG_ALARM_NAME_MAX},
    {ALARM_MEMBER_TYPES},
    {.name = "ChildrenOfAlarmName", .min = 1, .max = CONFIG_ALARM_NAME_MAX},
    {.name = "ParentsOfAlarmName", .min = 1, .max = CONFIG_ALARM_NAME_MAX},
    {.name = "StateValue", .kind = MEMBER_WORD, .words = alarm_state_words},
    {.name = "ActionPrefix", .min = 1, .max = 1024},
    ALARM_MEMBERS_OF_PAGE,
};
static const struct shape describe_shape = SHAPE_OF(describe_members);

static const struct member metric_members[] = {
    {.required = true, CLOUDWATCH_NAMESPACE},
    {.required = true, CLOUDWATCH_METRIC},
    {CLOUDWATCH_STATISTIC},
    {.name = "ExtendedStatistic"},
    {CLOUDWATCH_DIMENSIONS},
    {.name = "Period", .kind = MEMBER_NUMBER, .min = 1},
    {CLOUDWATCH_UNIT},
};
static const struct shape metric_shape = SHAPE_OF(metric_members);

static const struct member history_members[] = {
    {ALARM_MEMBER_NAME},
    {.name = "AlarmContributorId", .min = 1, .max = 16},
    {ALARM_MEMBER_TYPES},
    {.name = "HistoryItemType", .kind = MEMBER_WORD, .words = history_words},
    {CLOUDWATCH_TIME("StartDate")},
    {CLOUDWATCH_TIME("EndDate")},
    {.name = "ScanBy", .kind = MEMBER_WORD, .words = scans},
    ALARM_MEMBERS_OF_PAGE,
};
static const struct shape history_shape = SHAPE_OF(history_members);

static const struct action actions[] = {
    {.name = "DescribeAlarms",
     .input = &describe_shape,
     .concerns = alarm_concerned,
     .answer = describe},
    {.name = "DescribeAlarmsForMetric",
     .input = &metric_shape,
     .answer = for_metric},
    {.name = "DescribeAlarmHistory",
     .input = &history_shape,
     .concerns = alarm_concerned,
     .answer = history},
};

const struct action_table cloudwatch_alarm_actions = ACTION_TABLE(actions);
