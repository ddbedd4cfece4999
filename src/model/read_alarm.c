/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::CloudWatch::Alarm, and what all alarms have.
 */
#include "model/read_alarm.h"

#include <math.h>
#include <stdlib.h>

#include "model/instant.h"
#include "model/read_waf.h"

/* ---- all alarms ----------------------------------------------------------------------- */

struct sluice_input {
    const struct value *value;
    struct identity_input identity;
    struct field updated;
};

static const struct property sluice_properties[] = {
    IDENTITY_PROPERTIES(struct sluice_input, identity),
    {.name = "Updated",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct sluice_input, updated),
     .example = "2026-01-02T03:04:05.678Z"},
};

static const struct schema sluice_schema = {
    .properties = sluice_properties,
    .n = sizeof(sluice_properties) / sizeof(*sluice_properties),
    .size = sizeof(struct sluice_input),
    .own = true,
};

bool alarm_is_elsewhere(struct config_alarm *alarm, const struct field *field)
{
    bool unknown = field->value && field->value->kind == VALUE_UNKNOWN;

    alarm->elsewhere |= unknown;
    return unknown;
}

/* What only AWS knows is something of AWS's. */
static void read_actions_of(struct build *build,
                            const struct resource *resource,
                            const struct field *list, const char *name,
                            struct config_alarm_actions *actions)
{
    const struct field *items = list->items;
    struct str *arns =
        region_take(&build->config->region, (list->n + 1) * sizeof(*arns));

    if (list->n > CONFIG_ALARM_ACTIONS_MAX) {
        resource_error(
            resource, field_place(list),
            "%s has %u entries: AWS takes at most %d\nleave some out", name,
            list->n, CONFIG_ALARM_ACTIONS_MAX);
        return;
    }
    for (unsigned i = 0; i < list->n; i++) {
        if (items[i].ok)
            arns[actions->n++] = keep_text(build, &items[i]);
    }
    actions->arns = arns;
}

static void read_dates(struct build *build, const struct resource *resource,
                       struct config_alarm *alarm)
{
    struct sluice_input input = {.value = NULL};

    schema_read(resource, &sluice_schema, "Metadata.Sluice", resource->sluice,
                &input);
    read_identity(build, resource, &input.identity, &alarm->created_ms);
    alarm->updated_ms = alarm->created_ms;
    if (input.updated.ok &&
        !instant_parse(input.updated.text, &alarm->updated_ms))
        resource_error(resource, field_place(&input.updated),
                       "Metadata.Sluice.Updated is no moment of UTC\n"
                       "write one such as 2026-01-02T03:04:05.678Z");
}

/* ASCII control characters are what AWS refuses. */
static struct str alarm_name(struct build *build,
                             const struct resource *resource,
                             const struct field *name)
{
    if (!name->ok)
        return keep(build, resource->id);
    for (size_t i = 0; i < name->text.n; i++) {
        if ((unsigned char)name->text.p[i] >= 0x20 && name->text.p[i] != 0x7f)
            continue;
        resource_error(resource, field_place(name),
                       "AlarmName has a control character\nleave it out");
        break;
    }
    return keep(build, name->text);
}

static void digest(const struct resource *resource, struct config_alarm *alarm)
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    sha256_begin(&sha);
    waf_digest_value(&sha, resource->properties);
    sha256_bytes(&sha, alarm->digest);
    sha256_end(&sha);
}

struct config_alarm *read_alarm_begin(struct build *build,
                                      const struct resource *resource,
                                      const struct alarm_input *input)
{
    static const char *const names[ALARM_STATES] = {"OKActions", "AlarmActions",
                                                    "InsufficientDataActions"};
    struct config *config = build->config;
    struct config_alarm *alarm = region_take(&config->region, sizeof(*alarm));

    alarm->id = keep(build, resource->id);
    alarm->place = keep_place(build, resource_place(resource));
    alarm->suppressor = -1;
    alarm->name = alarm_name(build, resource, &input->name);
    alarm->arn = arn_alarm(&config->region, &build->scope, alarm->name);
    alarm->description = keep_text(build, &input->description);
    alarm->actions_enabled = !input->enabled.ok || input->enabled.number;
    for (unsigned i = 0; i < ALARM_STATES; i++)
        read_actions_of(build, resource, &input->actions[i], names[i],
                        &alarm->actions[i]);
    read_dates(build, resource, alarm);
    digest(resource, alarm);
    alarm->index = config->alarms.n;
    build->alarm_resources[alarm->index] = resource;
    config->alarms.all[config->alarms.n++] = alarm;
    return alarm;
}

/* ---- AWS::CloudWatch::Alarm ---------------------------------------------------------------- */

struct input {
    const struct value *value;
    struct alarm_input alarm;
    struct metric_input metric;
    struct field statistic;
    struct field extended;
    struct field period;
    struct field unit;
    struct field metrics;
    struct field periods;
    struct field to_alarm;
    struct field threshold;
    struct field threshold_metric;
    struct field comparison;
    struct field missing;
    struct field low_samples;
    struct field criteria;
    struct field interval;
    struct field window;
};

enum { PERIODS_MAX = 24 * 3600, PERIOD_MAX_S = 7 * 24 * 3600 };

static const char *const low_sample_words[] = {"evaluate", "ignore", NULL};

#define AT(member) offsetof(struct input, member)

static const struct property properties[] = {
    ALARM_PROPERTIES(struct input, alarm),
    METRIC_PROPERTIES(struct input, metric),
    {.name = "Statistic",
     .kind = PROPERTY_WORD,
     .offset = AT(statistic),
     .words = metric_statistics},
    {.name = "ExtendedStatistic",
     .kind = PROPERTY_STRING,
     .offset = AT(extended),
     .min = 1,
     .example = "p99"},
    {.name = "Period",
     .kind = PROPERTY_INTEGER,
     .offset = AT(period),
     .min = 1,
     .max = PERIOD_MAX_S,
     .example = "60"},
    {.name = "Unit",
     .kind = PROPERTY_WORD,
     .offset = AT(unit),
     .words = metric_units},
    {.name = "Metrics",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(metrics),
     .flags = PROPERTY_UNKNOWABLE,
     .schema = &query_schema},
    {.name = "EvaluationPeriods",
     .kind = PROPERTY_INTEGER,
     .offset = AT(periods),
     .min = 1,
     .max = PERIODS_MAX,
     .example = "1"},
    {.name = "DatapointsToAlarm",
     .kind = PROPERTY_INTEGER,
     .offset = AT(to_alarm),
     .min = 1,
     .max = PERIODS_MAX,
     .example = "1"},
    {.name = "Threshold",
     .kind = PROPERTY_STRING,
     .offset = AT(threshold),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "5"},
    {.name = "ThresholdMetricId",
     .kind = PROPERTY_STRING,
     .offset = AT(threshold_metric)},
    {.name = "ComparisonOperator",
     .kind = PROPERTY_WORD,
     .offset = AT(comparison),
     .words = alarm_comparison_words,
     .example = "GreaterThanThreshold"},
    {.name = "TreatMissingData",
     .kind = PROPERTY_WORD,
     .offset = AT(missing),
     .words = alarm_missing_words},
    {.name = "EvaluateLowSampleCountPercentile",
     .kind = PROPERTY_WORD,
     .offset = AT(low_samples),
     .words = low_sample_words},
    {.name = "EvaluationCriteria",
     .kind = PROPERTY_RAW,
     .offset = AT(criteria)},
    {.name = "EvaluationInterval",
     .kind = PROPERTY_RAW,
     .offset = AT(interval)},
    {.name = "EvaluationWindow", .kind = PROPERTY_RAW, .offset = AT(window)},
};

static const struct schema schema = SCHEMA(properties, struct input);

/* ---- what Sluice does not evaluate ------------------------------------------------------------ */

static bool refuse(const struct resource *resource, struct config_alarm *alarm,
                   const struct field *field, const char *what)
{
    alarm->elsewhere = true;
    resource_doubt(resource, field_place(field),
                   "%s, which Sluice does not evaluate: the alarm stays "
                   "INSUFFICIENT_DATA here\n"
                   "compare a metric with a Threshold",
                   what);
    return true;
}

/* Whether it is an alarm of another kind: of anomalies, of PromQL. */
static bool is_other(const struct resource *resource,
                     struct config_alarm *alarm, const struct input *input)
{
    if (input->threshold_metric.value)
        return refuse(resource, alarm, &input->threshold_metric,
                      "ThresholdMetricId asks for an anomaly detection band");
    if (input->comparison.ok && input->comparison.number > ALARM_LESS_OR_EQUAL)
        return refuse(resource, alarm, &input->comparison,
                      "ComparisonOperator is of anomaly detection bands");
    if (input->criteria.value)
        return refuse(resource, alarm, &input->criteria,
                      "EvaluationCriteria is a query of PromQL");
    if (value_get(input->window.value, STR("WallClockWindow")))
        return refuse(resource, alarm, &input->window,
                      "EvaluationWindow follows the clock of the wall");
    return false;
}

/* ---- its terms ----------------------------------------------------------------------------------- */

static void need(const struct resource *resource, const struct field *field,
                 const char *name, const char *example)
{
    if (field->value == NULL)
        resource_error(resource, resource_place(resource),
                       "%s is missing\nwrite %s: %s", name, name, example);
}

static void read_threshold(const struct resource *resource,
                           struct config_alarm *alarm,
                           const struct field *field)
{
    struct str text = shown(field->text);
    char copy[64] = "";
    char *end = copy;

    need(resource, field, "Threshold", "5");
    if (!field->ok || alarm_is_elsewhere(alarm, field))
        return;
    if (field->text.n < sizeof(copy)) {
        memcpy(copy, field->text.p, field->text.n);
        alarm->terms.threshold = strtod(copy, &end);
    }
    if (end == copy || *end || !isfinite(alarm->terms.threshold))
        resource_error(resource, field_place(field),
                       "Threshold is \"" STR_FMT "\": it must be a number\n"
                       "write Threshold: 5",
                       STR_ARG(text));
}

static void read_terms(const struct resource *resource,
                       struct config_alarm *alarm, const struct input *input)
{
    struct alarm_terms *terms = &alarm->terms;

    need(resource, &input->periods, "EvaluationPeriods", "1");
    need(resource, &input->comparison, "ComparisonOperator",
         "GreaterThanThreshold");
    read_threshold(resource, alarm, &input->threshold);
    terms->periods = input->periods.ok ? input->periods.number : 1;
    terms->said = input->to_alarm.ok;
    terms->to_alarm = terms->said ? input->to_alarm.number : terms->periods;
    if (input->comparison.ok)
        terms->comparison = (enum alarm_comparison)input->comparison.number;
    if (input->missing.ok)
        terms->missing = (enum alarm_missing)input->missing.number;
    if (input->periods.ok && terms->to_alarm > terms->periods) {
        resource_error(resource, field_place(&input->to_alarm),
                       "DatapointsToAlarm is %u, more than the %u of "
                       "EvaluationPeriods\nwrite at most %u",
                       terms->to_alarm, terms->periods, terms->periods);
        terms->to_alarm = terms->periods;
    }
}

static void check_length(const struct resource *resource,
                         const struct config_alarm *alarm,
                         const struct input *input)
{
    uint64_t all = (uint64_t)alarm->period_s * alarm->terms.periods;
    bool long_period = alarm->period_s >= CONFIG_ALARM_PERIOD_LONG_S;

    if (all > (long_period ? 7 : 1) * (uint64_t)CONFIG_ALARM_DAY_S)
        resource_error(resource, field_place(&input->periods),
                       "%u periods of %u seconds are more than %s, which AWS "
                       "does not look at\nwrite fewer EvaluationPeriods",
                       alarm->terms.periods, alarm->period_s,
                       long_period ? "seven days" : "one day");
}

/* ---- its metric ------------------------------------------------------------------------------------ */

/* "p99": 99; 0: it is no percentile. */
static double percentile(struct str statistic)
{
    double p = 0;

    if (statistic.n > 1 && statistic.p[0] == 'p' && statistic.p[1] != 'r')
        p = strtod(statistic.p + 1, NULL);
    return p > 0 && p < 100 ? p : 0;
}

static void read_low_samples(struct config_alarm *alarm,
                             const struct input *input)
{
    double p = percentile(alarm->metric.statistic);

    if (p > 0 && input->low_samples.ok && input->low_samples.number == 1)
        alarm->terms.low_samples = alarm_few_samples(p);
}

static void read_one(struct build *build, const struct resource *resource,
                     struct config_alarm *alarm, const struct input *input)
{
    struct config_alarm_metric *metric = &alarm->metric;
    bool both = input->statistic.value && input->extended.value;

    read_metric(build, resource, alarm, &input->metric, &metric->name);
    need(resource, &input->metric.space, "Namespace", "AWS/ApplicationELB");
    need(resource, &input->metric.name, "MetricName",
         "HTTPCode_Target_5XX_Count");
    need(resource, &input->period, "Period", "60");
    if (both || (!input->statistic.value && !input->extended.value))
        resource_error(resource, resource_place(resource),
                       "it has %s Statistic and ExtendedStatistic\n"
                       "give it one of them, such as Statistic: Sum",
                       both ? "both" : "neither");
    metric->statistic = input->statistic.ok
                            ? keep_text(build, &input->statistic)
                            : read_statistic(build, resource, &input->extended,
                                             "ExtendedStatistic");
    metric->unit = keep_text(build, &input->unit);
    metric->period_s = read_period(resource, &input->period, "Period");
    alarm->period_s = metric->period_s;
    read_low_samples(alarm, input);
}

/* What stands beside Metrics. */
static void check_alone(const struct resource *resource,
                        const struct input *input)
{
    const struct {
        const char *name;
        const struct field *field;
    } others[] = {
        {"MetricName", &input->metric.name},
        {"Namespace", &input->metric.space},
        {"Dimensions", &input->metric.dimensions},
        {"Period", &input->period},
        {"Statistic", &input->statistic},
        {"ExtendedStatistic", &input->extended},
        {"Unit", &input->unit},
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        const struct field *field = others[i].field;

        if (field->value && (field->text.n || field->n))
            resource_error(resource, field_place(field),
                           "%s stands beside Metrics, which says it\n"
                           "leave one of them out",
                           others[i].name);
    }
}

void read_alarm(struct build *build, const struct resource *resource)
{
    struct input input = {.value = NULL};
    struct config_alarm *alarm;

    schema_read(resource, &schema, NULL, resource->properties, &input);
    alarm = read_alarm_begin(build, resource, &input.alarm);
    alarm->terms = (struct alarm_terms){.periods = 1, .to_alarm = 1};
    if (is_other(resource, alarm, &input))
        return;
    read_terms(resource, alarm, &input);
    if (input.metrics.value) {
        check_alone(resource, &input);
        alarm_is_elsewhere(alarm, &input.metrics);
        read_queries(build, resource, alarm, &input.metrics);
    } else {
        read_one(build, resource, alarm, &input);
    }
    if (input.periods.ok)
        check_length(resource, alarm, &input);
}
