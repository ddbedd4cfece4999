/* SPDX-License-Identifier: Apache-2.0 */
#include "api/cloudwatch_alarm.h"

#include "api/find.h"
#include "model/arn.h"

const char *const alarm_type_words[] = {"CompositeAlarm", "MetricAlarm", NULL};

/* ---- finding ------------------------------------------------------------------------ */

const struct config_alarm *alarm_of_call(struct call *call,
                                         const struct account_view *view)
{
    struct str name = call_text(call, "AlarmName");
    const struct config_alarm *alarm =
        config_find_alarm_named(view->config, name);

    if (alarm == NULL)
        call_refuse(call, "ResourceNotFound",
                    "Alarm " STR_FMT " does not exist", STR_ARG(name));
    return alarm;
}

const struct account_resource *alarm_resource(const struct account_view *view,
                                              const struct config_alarm *alarm)
{
    return account_find(view->account, alarm->id);
}

struct str alarm_concerned(const struct call *call,
                           const struct account_view *view)
{
    struct arn_scope scope = {.region_name = view->region_name,
                              .account = view->account_id};
    struct str name = call_text(call, "AlarmName");

    return arn_alarm(call->region, &scope, name.n ? name : STR("*"));
}

bool alarm_type_is_wanted(const struct call *call, bool composite)
{
    const struct value *types = call_get(call, "AlarmTypes");

    if (value_count(types) == 0)
        return !composite;
    return list_has(types,
                    composite ? STR("CompositeAlarm") : STR("MetricAlarm"));
}

/* ---- telling --------------------------------------------------------------------------- */

struct alarm_seen alarm_state_of(const struct account_view *view,
                                 const struct config_alarm *alarm)
{
    struct alarm_seen seen = {
        .state = ALARM_STATE_INSUFFICIENT_DATA,
        .reason = STR("Unchecked: Initial alarm creation"),
        .configured_ms = alarm->updated_ms,
    };

    if (view->alarm)
        view->alarm(view->owner, alarm->arn, &seen);
    return seen;
}

void put_moment(struct region *region, struct value *map, const char *name,
                uint64_t ms)
{
    struct value *v = value_new(region, VALUE_TIME, NULL);

    v->text =
        region_printf(region, "%llu.%03u", (unsigned long long)(ms / 1000),
                      (unsigned)(ms % 1000));
    put_value(region, map, name, v);
}

static void put_given(struct region *region, struct value *map,
                      const char *name, struct str text)
{
    if (text.n)
        put_text(region, map, name, text);
}

static void put_actions(struct region *region, struct value *map,
                        const struct config_alarm *alarm)
{
    static const char *const names[ALARM_STATES] = {"OKActions", "AlarmActions",
                                                    "InsufficientDataActions"};

    for (unsigned i = 0; i < ALARM_STATES; i++) {
        struct value *list = put_list(region, map, names[i]);

        for (unsigned k = 0; k < alarm->actions[i].n; k++)
            add_text(region, list, alarm->actions[i].arns[k]);
    }
}

static void put_state(struct region *region, struct value *map,
                      const struct alarm_seen *seen)
{
    put_text(region, map, "StateValue", str_of(alarm_state_words[seen->state]));
    put_text(region, map, "StateReason", seen->reason);
    put_given(region, map, "StateReasonData", seen->reason_data);
    put_moment(region, map, "StateUpdatedTimestamp", seen->updated_ms);
    put_moment(region, map, "StateTransitionedTimestamp",
               seen->transitioned_ms);
}

static void put_common(struct region *region, struct value *map,
                       const struct config_alarm *alarm,
                       const struct alarm_seen *seen)
{
    put_text(region, map, "AlarmName", alarm->name);
    put_text(region, map, "AlarmArn", alarm->arn);
    put_given(region, map, "AlarmDescription", alarm->description);
    put_moment(region, map, "AlarmConfigurationUpdatedTimestamp",
               seen->configured_ms);
    put_bool(region, map, "ActionsEnabled", alarm->actions_enabled);
    put_actions(region, map, alarm);
    put_state(region, map, seen);
}

/* ---- metric alarms ------------------------------------------------------------------------- */

static bool is_simple(struct str statistic)
{
    for (unsigned i = 0; metric_statistics[i]; i++) {
        if (str_eq(statistic, str_of(metric_statistics[i])))
            return true;
    }
    return false;
}

static void put_metric(struct region *region, struct value *map,
                       const struct config_alarm *alarm)
{
    const struct config_alarm_metric *metric = &alarm->metric;

    cloudwatch_put_series(region, map, &metric->name);
    put_given(region, map,
              is_simple(metric->statistic) ? "Statistic" : "ExtendedStatistic",
              metric->statistic);
    if (metric->period_s)
        put_number(region, map, "Period", metric->period_s);
    put_given(region, map, "Unit", metric->unit);
}

static void put_query(struct region *region, struct value *map,
                      const struct config_alarm_query *query)
{
    struct value *stat;

    put_text(region, map, "Id", query->id);
    put_given(region, map, "Expression", query->expression);
    put_given(region, map, "Label", query->label);
    put_bool(region, map, "ReturnData", query->returns);
    if (query->period_s)
        put_number(region, map, "Period", query->period_s);
    if (query->expression.n)
        return;
    stat = put_map(region, map, "MetricStat");
    cloudwatch_put_series(region, put_map(region, stat, "Metric"),
                          &query->metric.name);
    put_number(region, stat, "Period", query->metric.period_s);
    put_text(region, stat, "Stat", query->metric.statistic);
    put_given(region, stat, "Unit", query->metric.unit);
}

static void put_queries(struct region *region, struct value *map,
                        const struct config_alarm *alarm)
{
    struct value *list = put_list(region, map, "Metrics");

    for (unsigned i = 0; i < alarm->nqueries; i++)
        put_query(region, add_map(region, list), &alarm->queries[i]);
}

static void put_terms(struct region *region, struct value *map,
                      const struct config_alarm *alarm)
{
    const struct alarm_terms *terms = &alarm->terms;

    put_number(region, map, "EvaluationPeriods", terms->periods);
    if (terms->said)
        put_number(region, map, "DatapointsToAlarm", terms->to_alarm);
    put_real(region, map, "Threshold", terms->threshold);
    put_text(region, map, "ComparisonOperator",
             str_of(alarm_comparison_words[terms->comparison]));
    put_text(region, map, "TreatMissingData",
             str_of(alarm_missing_words[terms->missing]));
    if (terms->low_samples > 0)
        put_text(region, map, "EvaluateLowSampleCountPercentile",
                 STR("ignore"));
}

/* ---- composite alarms -------------------------------------------------------------------------- */

static void put_suppressor(struct region *region, struct value *map,
                           const struct config_alarm *alarm,
                           const struct alarm_seen *seen)
{
    static const char *const words[] = {
        [ALARM_NOT_SUPPRESSED] = "",
        [ALARM_SUPPRESSED_BY_ALARM] = "Alarm",
        [ALARM_SUPPRESSED_BY_WAIT] = "WaitPeriod",
        [ALARM_SUPPRESSED_BY_EXTENSION] = "ExtensionPeriod",
    };

    if (alarm->suppressor < 0)
        return;
    put_text(region, map, "ActionsSuppressor", alarm->suppressor_text);
    put_number(region, map, "ActionsSuppressorWaitPeriod", alarm->wait_s);
    put_number(region, map, "ActionsSuppressorExtensionPeriod",
               alarm->extension_s);
    if (seen->suppressed == ALARM_NOT_SUPPRESSED)
        return;
    put_text(region, map, "ActionsSuppressedBy",
             str_of(words[seen->suppressed]));
    put_text(region, map, "ActionsSuppressedReason",
             region_printf(region, "Actions suppressed by %s",
                           words[seen->suppressed]));
}

void alarm_tell(struct call *call, const struct account_view *view,
                const struct config_alarm *alarm, struct value *map)
{
    struct alarm_seen seen = alarm_state_of(view, alarm);
    struct region *region = call->region;

    put_common(region, map, alarm, &seen);
    if (alarm->composite) {
        put_text(region, map, "AlarmRule", alarm->rule_text);
        put_suppressor(region, map, alarm, &seen);
        return;
    }
    if (alarm->nqueries)
        put_queries(region, map, alarm);
    else
        put_metric(region, map, alarm);
    put_terms(region, map, alarm);
}
