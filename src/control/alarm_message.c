/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm_message.h"

/* ---- regions, as CloudWatch's messages call them ------------------------------------- */

static const char *const regions[][2] = {
    {"af-south-1", "Africa (Cape Town)"},
    {"ap-east-1", "Asia Pacific (Hong Kong)"},
    {"ap-east-2", "Asia Pacific (Taipei)"},
    {"ap-northeast-1", "Asia Pacific (Tokyo)"},
    {"ap-northeast-2", "Asia Pacific (Seoul)"},
    {"ap-northeast-3", "Asia Pacific (Osaka)"},
    {"ap-south-1", "Asia Pacific (Mumbai)"},
    {"ap-south-2", "Asia Pacific (Hyderabad)"},
    {"ap-southeast-1", "Asia Pacific (Singapore)"},
    {"ap-southeast-2", "Asia Pacific (Sydney)"},
    {"ap-southeast-3", "Asia Pacific (Jakarta)"},
    {"ap-southeast-4", "Asia Pacific (Melbourne)"},
    {"ap-southeast-5", "Asia Pacific (Malaysia)"},
    {"ap-southeast-7", "Asia Pacific (Thailand)"},
    {"ca-central-1", "Canada (Central)"},
    {"ca-west-1", "Canada West (Calgary)"},
    {"cn-north-1", "China (Beijing)"},
    {"cn-northwest-1", "China (Ningxia)"},
    {"eu-central-1", "EU (Frankfurt)"},
    {"eu-central-2", "Europe (Zurich)"},
    {"eu-north-1", "EU (Stockholm)"},
    {"eu-south-1", "EU (Milan)"},
    {"eu-south-2", "Europe (Spain)"},
    {"eu-west-1", "EU (Ireland)"},
    {"eu-west-2", "EU (London)"},
    {"eu-west-3", "EU (Paris)"},
    {"il-central-1", "Israel (Tel Aviv)"},
    {"me-central-1", "Middle East (UAE)"},
    {"me-south-1", "Middle East (Bahrain)"},
    {"mx-central-1", "Mexico (Central)"},
    {"sa-east-1", "South America (Sao Paulo)"},
    {"us-east-1", "US East (N. Virginia)"},
    {"us-east-2", "US East (Ohio)"},
    {"us-gov-east-1", "AWS GovCloud (US-East)"},
    {"us-gov-west-1", "AWS GovCloud (US-West)"},
    {"us-west-1", "US West (N. California)"},
    {"us-west-2", "US West (Oregon)"},
};

static struct str region_called(struct str name)
{
    for (size_t i = 0; i < sizeof(regions) / sizeof(*regions); i++) {
        if (str_eq(name, str_of(regions[i][0])))
            return str_of(regions[i][1]);
    }
    return name;
}

void alarm_message_put_subject(struct text *t, const struct config *config,
                               const struct alarm_change *change)
{
    text_printf(t, "%s: \"" STR_FMT "\" in " STR_FMT,
                alarm_state_words[change->to], STR_ARG(change->alarm->name),
                STR_ARG(region_called(config->region_name)));
}

/* ---- members ------------------------------------------------------------------------------ */

/* Behind a "{" or a member. */
static void put_key(struct text *t, const char *name)
{
    if (t->n && t->p[t->n - 1] != '{')
        text_char(t, ',');
    text_printf(t, "\"%s\":", name);
}

static void put_text_member(struct text *t, const char *name, struct str value)
{
    put_key(t, name);
    text_json(t, value);
}

/* null where it is empty. */
static void put_or_null(struct text *t, const char *name, struct str value)
{
    if (value.n) {
        put_text_member(t, name, value);
        return;
    }
    put_key(t, name);
    TEXT_LITERAL(t, "null");
}

static void put_time(struct text *t, const char *name, uint64_t ms)
{
    put_key(t, name);
    text_char(t, '"');
    alarm_put_time(t, (int64_t)ms);
    text_char(t, '"');
}

static void put_whole(struct text *t, const char *name, unsigned number)
{
    put_key(t, name);
    text_u64(t, number);
}

static void put_actions(struct text *t, const struct config_alarm *alarm)
{
    static const char *const names[ALARM_STATES] = {"OKActions", "AlarmActions",
                                                    "InsufficientDataActions"};

    for (unsigned i = 0; i < ALARM_STATES; i++) {
        put_key(t, names[i]);
        text_char(t, '[');
        for (unsigned k = 0; k < alarm->actions[i].n; k++) {
            if (k)
                text_char(t, ',');
            text_json(t, alarm->actions[i].arns[k]);
        }
        text_char(t, ']');
    }
}

/* ---- the trigger -------------------------------------------------------------------------- */

static void put_dimensions(struct text *t, const struct series_name *name)
{
    put_key(t, "Dimensions");
    text_char(t, '[');
    for (unsigned i = 0; i < name->ndimensions; i++) {
        text_printf(t, "%s{", i ? "," : "");
        put_text_member(t, "value", name->dimensions[i].value);
        put_text_member(t, "name", name->dimensions[i].name);
        text_char(t, '}');
    }
    text_char(t, ']');
}

/* SUM, SAMPLE_COUNT: of the five simple ones. */
static const char *upper(struct str statistic)
{
    static const char *const words[][2] = {
        {"SampleCount", "SAMPLE_COUNT"}, {"Average", "AVERAGE"}, {"Sum", "SUM"},
        {"Minimum", "MINIMUM"},          {"Maximum", "MAXIMUM"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (str_eq(statistic, str_of(words[i][0])))
            return words[i][1];
    }
    return NULL;
}

static void put_metric(struct text *t, const struct config_alarm_metric *metric)
{
    const char *simple = upper(metric->statistic);

    put_text_member(t, "MetricName", metric->name.metric);
    put_text_member(t, "Namespace", metric->name.space);
    put_text_member(t, "StatisticType",
                    simple ? STR("Statistic") : STR("ExtendedStatistic"));
    if (simple)
        put_text_member(t, "Statistic", str_of(simple));
    else
        put_text_member(t, "ExtendedStatistic", metric->statistic);
    put_or_null(t, "Unit", metric->unit);
    put_dimensions(t, &metric->name);
}

static void put_query(struct text *t, const struct config_alarm_query *query)
{
    text_char(t, '{');
    put_text_member(t, "Id", query->id);
    if (query->expression.n) {
        put_text_member(t, "Expression", query->expression);
    } else {
        put_key(t, "MetricStat");
        text_char(t, '{');
        put_key(t, "Metric");
        text_char(t, '{');
        put_dimensions(t, &query->metric.name);
        put_text_member(t, "MetricName", query->metric.name.metric);
        put_text_member(t, "Namespace", query->metric.name.space);
        text_char(t, '}');
        put_whole(t, "Period", query->metric.period_s);
        put_text_member(t, "Stat", query->metric.statistic);
        text_char(t, '}');
    }
    if (query->label.n)
        put_text_member(t, "Label", query->label);
    put_key(t, "ReturnData");
    text_printf(t, "%s}", query->returns ? "true" : "false");
}

static void put_queries(struct text *t, const struct config_alarm *alarm)
{
    put_key(t, "Metrics");
    text_char(t, '[');
    for (unsigned i = 0; i < alarm->nqueries; i++) {
        if (i)
            text_char(t, ',');
        put_query(t, &alarm->queries[i]);
    }
    text_char(t, ']');
}

static void put_trigger(struct text *t, const struct config_alarm *alarm)
{
    const struct alarm_terms *terms = &alarm->terms;

    put_key(t, "Trigger");
    text_char(t, '{');
    if (alarm->nqueries == 0)
        put_metric(t, &alarm->metric);
    put_whole(t, "Period", alarm->period_s);
    put_whole(t, "EvaluationPeriods", terms->periods);
    if (terms->said)
        put_whole(t, "DatapointsToAlarm", terms->to_alarm);
    put_text_member(t, "ComparisonOperator",
                    str_of(alarm_comparison_words[terms->comparison]));
    put_key(t, "Threshold");
    alarm_put_number(t, terms->threshold);
    put_text_member(t, "TreatMissingData",
                    str_of(alarm_missing_words[terms->missing]));
    put_text_member(t, "EvaluateLowSampleCountPercentile",
                    terms->low_samples > 0 ? STR("ignore") : STR(""));
    if (alarm->nqueries)
        put_queries(t, alarm);
    text_char(t, '}');
}

/* ---- the message ------------------------------------------------------------------------------ */

void alarm_message_put(struct text *t, const struct config *config,
                       const struct alarm_change *change)
{
    const struct config_alarm *alarm = change->alarm;

    text_char(t, '{');
    put_text_member(t, "AlarmName", alarm->name);
    put_or_null(t, "AlarmDescription", alarm->description);
    put_text_member(t, "AWSAccountId", config->account);
    put_time(t, "AlarmConfigurationUpdatedTimestamp", change->configured_ms);
    put_text_member(t, "NewStateValue", str_of(alarm_state_words[change->to]));
    put_text_member(t, "NewStateReason", change->reason);
    put_time(t, "StateChangeTime", change->time_ms);
    put_text_member(t, "Region", region_called(config->region_name));
    put_text_member(t, "AlarmArn", alarm->arn);
    put_text_member(t, "OldStateValue",
                    str_of(alarm_state_words[change->from]));
    put_actions(t, alarm);
    if (alarm->composite)
        put_text_member(t, "AlarmRule", alarm->rule_text);
    else
        put_trigger(t, alarm);
    text_char(t, '}');
}
