/* SPDX-License-Identifier: Apache-2.0
 *
 * PutMetricAlarm, PutCompositeAlarm: they make the resources that a template
 * would have, or change them.  What is wrong with them the readers of the model
 * say; here is refused what a template may have although Sluice does not
 * evaluate it.
 */
#include "api/cloudwatch_alarm.h"
#include "api/resource.h"
#include "api/services.h"
#include "api/tags.h"
#include "model/instant.h"

/* ---- properties ------------------------------------------------------------------------ */

static bool is_empty(const struct value *v)
{
    return (v->kind == VALUE_LIST || v->kind == VALUE_MAP) && v->first == NULL;
}

/* What was given; lists without anything in them are left out. */
static struct value *properties_of(struct call *call, const struct value *tags)
{
    struct region *region = call->region;
    struct value *properties = make_map(region);

    for (const struct value *v = call->input->first; v; v = v->next) {
        if (!is_empty(v) && !str_eq(v->key, STR("Tags")))
            value_put(region, properties, v->key, value_copy(region, v));
    }
    if (tags && tags->first)
        value_put(region, properties, STR("Tags"), value_copy(region, tags));
    return properties;
}

static struct value *updated(struct call *call, const struct account_view *view,
                             const struct value *sluice)
{
    struct region *region = call->region;
    struct value *now =
        value_string(region, instant_text(region, view->now_ms), NULL);

    return with_entry(region, sluice, "Updated", now);
}

/* An alarm that there is keeps its tags: TagResource changes those. */
static bool put(struct call *call, const struct account_view *view,
                const char *type, const char *word)
{
    struct str name = call_text(call, "AlarmName");
    const struct config_alarm *alarm =
        config_find_alarm_named(view->config, name);
    const struct account_resource *resource =
        alarm ? alarm_resource(view, alarm) : NULL;
    const struct value *tags = call_get(call, "Tags");

    if (resource == NULL) {
        if (!tags_check(call, tags))
            return false;
        resource_make(call, view, word, type, properties_of(call, tags), NULL);
        return true;
    }
    if (!str_eq(account_type(resource), str_of(type)))
        return call_refuse(call, "ValidationError",
                           "Alarm " STR_FMT " already exists and is %s alarm",
                           STR_ARG(name),
                           alarm->composite ? "a composite" : "a metric");
    tags = value_get(account_properties(resource), STR("Tags"));
    resource_change(call, resource, properties_of(call, tags),
                    updated(call, view, account_sluice(resource)));
    return true;
}

/* ---- what is not evaluated here ------------------------------------------------------------- */

static bool refuse(struct call *call, const char *what)
{
    return call_refuse(call, "ValidationError",
                       "%s is not supported by Sluice. Compare a metric, or "
                       "metric math, with a Threshold",
                       what);
}

static bool check_expressions(struct call *call)
{
    static const char *const strange[] = {"ANOMALY_DETECTION_BAND", "SEARCH(",
                                          "INSIGHT_RULE_METRIC",
                                          "DB_PERF_INSIGHTS", "SELECT "};
    const struct value *metrics = call_get(call, "Metrics");

    for (const struct value *v = metrics ? metrics->first : NULL; v;
         v = v->next) {
        struct str text = member_text(v, "Expression");

        for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
            if (text.n &&
                memmem(text.p, text.n, strange[i], strlen(strange[i])))
                return refuse(call,
                              region_printf(call->region, "%.*s",
                                            (int)strcspn(strange[i], "( "),
                                            strange[i])
                                  .p);
        }
    }
    return true;
}

static bool check_kind(struct call *call)
{
    struct str comparison = call_text(call, "ComparisonOperator");

    if (call_text(call, "ThresholdMetricId").n)
        return refuse(call, "Anomaly detection (ThresholdMetricId)");
    if (comparison.n && memmem(comparison.p, comparison.n, "erThreshold", 11))
        return refuse(call, "Anomaly detection (ComparisonOperator)");
    if (call_get(call, "EvaluationCriteria") ||
        call_text(call, "EvaluationInterval").n)
        return refuse(call, "PromQL (EvaluationCriteria)");
    return check_expressions(call);
}

static bool put_metric(struct call *call, const struct account_view *view)
{
    return check_kind(call) && put(call, view, ALARM_TYPE, "Alarm");
}

static bool put_composite(struct call *call, const struct account_view *view)
{
    return put(call, view, COMPOSITE_TYPE, "CompositeAlarm");
}

/* ---- the table -------------------------------------------------------------------------------- */

#define ACTIONS(called)                                                        \
    {                                                                          \
        .name = (called), .kind = MEMBER_TEXTS,                                \
        .most = CONFIG_ALARM_ACTIONS_MAX, .min = 1, .max = 1024                \
    }
#define MEMBERS_OF_BOTH                                                        \
    {.required = true, ALARM_MEMBER_NAME},                                     \
        {.name = "AlarmDescription", .max = 1024},                             \
        {.name = "ActionsEnabled", .kind = MEMBER_BOOL}, ACTIONS("OKActions"), \
        ACTIONS("AlarmActions"), ACTIONS("InsufficientDataActions"),           \
    {                                                                          \
        .name = "Tags", .kind = MEMBER_STRUCTS, .shape = &tag_shape            \
    }

static const struct member promql_members[] = {
    {.name = "Query", .required = true, .min = 1, .max = 10000},
    {.name = "PendingPeriod", .kind = MEMBER_NUMBER, .max = 86400},
    {.name = "RecoveryPeriod", .kind = MEMBER_NUMBER, .max = 86400},
};
static const struct shape promql_shape = SHAPE_OF(promql_members);

static const struct member criteria_members[] = {
    {.name = "PromQLCriteria", .kind = MEMBER_STRUCT, .shape = &promql_shape},
};
static const struct shape criteria_shape = SHAPE_OF(criteria_members);

static const struct member metric_members[] = {
    MEMBERS_OF_BOTH,
    {CLOUDWATCH_METRIC},
    {CLOUDWATCH_NAMESPACE},
    {CLOUDWATCH_STATISTIC},
    {.name = "ExtendedStatistic"},
    {CLOUDWATCH_DIMENSIONS},
    {.name = "Period", .kind = MEMBER_NUMBER, .min = 1},
    {CLOUDWATCH_UNIT},
    {.name = "EvaluationPeriods", .kind = MEMBER_NUMBER, .min = 1},
    {.name = "DatapointsToAlarm", .kind = MEMBER_NUMBER, .min = 1},
    {.name = "Threshold", .kind = MEMBER_REAL},
    {.name = "ComparisonOperator",
     .kind = MEMBER_WORD,
     .words = alarm_comparison_words},
    {.name = "TreatMissingData", .min = 1, .max = 255},
    {.name = "EvaluateLowSampleCountPercentile", .min = 1, .max = 255},
    {CLOUDWATCH_QUERIES("Metrics")},
    {.name = "ThresholdMetricId", .min = 1, .max = 255},
    {.name = "EvaluationCriteria",
     .kind = MEMBER_STRUCT,
     .shape = &criteria_shape},
    {.name = "EvaluationInterval",
     .kind = MEMBER_NUMBER,
     .min = 10,
     .max = 3600},
};
static const struct shape metric_shape = SHAPE_OF(metric_members);

static const struct member composite_members[] = {
    MEMBERS_OF_BOTH,
    {.name = "AlarmRule", .required = true, .min = 1, .max = ALARM_RULE_MAX},
    {.name = "ActionsSuppressor", .min = 1, .max = 1600},
    {.name = "ActionsSuppressorWaitPeriod", .kind = MEMBER_NUMBER},
    {.name = "ActionsSuppressorExtensionPeriod", .kind = MEMBER_NUMBER},
};
static const struct shape composite_shape = SHAPE_OF(composite_members);

static const struct action actions[] = {
    {.name = "PutMetricAlarm",
     .input = &metric_shape,
     .concerns = alarm_concerned,
     .edit = put_metric},
    {.name = "PutCompositeAlarm",
     .input = &composite_shape,
     .concerns = alarm_concerned,
     .edit = put_composite},
};

const struct action_table cloudwatch_alarm_put_actions = ACTION_TABLE(actions);
