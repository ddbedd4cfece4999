/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "builds.h"

#define OF_METRIC                                                              \
    "Namespace: AWS/ApplicationELB, MetricName: RequestCount, Statistic: "     \
    "Sum, "
#define TERMS                                                                  \
    "EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: "                 \
    "GreaterThanThreshold"
#define WHOLE OF_METRIC "Period: 60, " TERMS

static const char alarm_a[] =
    "A: {Type: AWS::CloudWatch::Alarm, Properties: {%s}}";
static const char composite_c[] =
    "A: {Type: AWS::CloudWatch::Alarm, Properties: {" WHOLE "}},\n"
    "C: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {%s}}";

static void test_an_alarm_has_all_of_its_properties(void **state)
{
    struct config *config = build_good(
        alarm_a,
        "AlarmName: 'too many', AlarmDescription: d, " OF_METRIC
        "Dimensions: [{Name: LoadBalancer, Value: app/a/b}], Period: '300', "
        "EvaluationPeriods: 5, DatapointsToAlarm: 3, Threshold: 0.5, "
        "ComparisonOperator: LessThanOrEqualToThreshold, TreatMissingData: "
        "notBreaching, Unit: Count, ActionsEnabled: false, AlarmActions: "
        "[arn:a, ?why?], OKActions: [arn:b], Tags: [{Key: a, Value: b}]");
    const struct config_alarm *alarm = config->alarms.all[0];

    (void)state;
    assert_int_equal(config->alarms.n, 1);
    assert_string_equal(alarm->name.p, "too many");
    assert_string_equal(
        alarm->arn.p,
        "arn:aws:cloudwatch:us-east-1:000000000000:alarm:too many");
    assert_string_equal(alarm->description.p, "d");
    assert_string_equal(alarm->metric.name.space.p, "AWS/ApplicationELB");
    assert_string_equal(alarm->metric.name.metric.p, "RequestCount");
    assert_int_equal(alarm->metric.name.ndimensions, 1);
    assert_string_equal(alarm->metric.name.dimensions[0].value.p, "app/a/b");
    assert_string_equal(alarm->metric.statistic.p, "Sum");
    assert_string_equal(alarm->metric.unit.p, "Count");
    assert_int_equal(alarm->period_s, 300);
    assert_int_equal(alarm->terms.periods, 5);
    assert_int_equal(alarm->terms.to_alarm, 3);
    assert_true(alarm->terms.said);
    assert_true(alarm->terms.threshold == 0.5);
    assert_int_equal(alarm->terms.comparison, ALARM_LESS_OR_EQUAL);
    assert_int_equal(alarm->terms.missing, ALARM_NOT_BREACHING);
    assert_false(alarm->actions_enabled);
    assert_int_equal(alarm->actions[ALARM_STATE_ALARM].n, 1);
    assert_string_equal(alarm->actions[ALARM_STATE_OK].arns[0].p, "arn:b");
    assert_false(alarm->elsewhere);
    assert_ptr_equal(config_find_alarm(config, alarm->arn), alarm);
    assert_ptr_equal(config_find_alarm_named(config, STR("too many")), alarm);
    assert_null(config_find_alarm_named(config, STR("too")));
    config_release(config);
}

static void test_what_is_left_out_has_a_default(void **state)
{
    struct config *config = build_good(alarm_a, WHOLE);
    const struct config_alarm *alarm = config->alarms.all[0];

    (void)state;
    assert_string_equal(alarm->name.p, "A");
    assert_true(alarm->actions_enabled);
    assert_int_equal(alarm->terms.to_alarm, 1);
    assert_false(alarm->terms.said);
    assert_int_equal(alarm->terms.missing, ALARM_MISSING);
    config_release(config);
}

static void test_percentiles_may_ignore_few_samples(void **state)
{
    struct config *config = build_good(
        alarm_a,
        "Namespace: N, MetricName: M, ExtendedStatistic: p99, Period: 60, "
        "EvaluateLowSampleCountPercentile: ignore, " TERMS);

    (void)state;
    assert_int_equal((int)(config->alarms.all[0]->terms.low_samples + 0.5),
                     1000);
    config_release(config);
}

static void test_an_alarm_may_be_of_a_math(void **state)
{
    struct config *config = build_good(
        alarm_a,
        TERMS ", Metrics: [{Id: e1, Expression: 'm1 * 100', Label: l}, {Id: "
              "m1, ReturnData: false, MetricStat: {Metric: {Namespace: N, "
              "MetricName: M, Dimensions: [{Name: a, Value: b}]}, Period: "
              "120, Stat: p90}}]");
    const struct config_alarm *alarm = config->alarms.all[0];

    (void)state;
    assert_int_equal(alarm->nqueries, 2);
    assert_int_equal(alarm->period_s, 120);
    assert_true(alarm->queries[0].returns);
    assert_string_equal(alarm->queries[0].expression.p, "m1 * 100");
    assert_string_equal(alarm->queries[1].metric.statistic.p, "p90");
    assert_null(config_alarm_metric(alarm));
    config_release(config);
}

static void test_what_only_AWS_knows_is_left_to_it(void **state)
{
    struct config *config = build_good(
        alarm_a, "Namespace: AWS/RDS, MetricName: CPUUtilization, Statistic: "
                 "Sum, Period: 60, Dimensions: [{Name: DB, Value: ?db?}], "
                 "AlarmActions: ?topic?, " TERMS);

    (void)state;
    assert_true(config->alarms.all[0]->elsewhere);
    config_release(config);
}

static void test_faults_of_alarms_are_told(void **state)
{
    static const struct fault faults[] = {
        {OF_METRIC "Period: ^61, " TERMS,
         "alarm A: Period is 61: AWS takes 10, 20, 30 and multiples of 60",
         "write Period: 60"},
        {WHOLE ", DatapointsToAlarm: ^2",
         "alarm A: DatapointsToAlarm is 2, more than the 1 of "
         "EvaluationPeriods",
         "write at most 1"},
        {OF_METRIC "Period: 60, EvaluationPeriods: 1, ComparisonOperator: "
                   "LessThanThreshold, Threshold: ^five",
         "alarm A: Threshold is \"five\": it must be a number",
         "write Threshold: 5"},
        {OF_METRIC "Period: 300, EvaluationPeriods: ^289, Threshold: 1, "
                   "ComparisonOperator: LessThanThreshold",
         "alarm A: 289 periods of 300 seconds are more than one day, which AWS "
         "does not look at",
         "write fewer EvaluationPeriods"},
        {WHOLE ", TreatMissingData: ^notbreaching",
         "alarm A: TreatMissingData cannot be \"notbreaching\"",
         "did you mean \"notBreaching\"?"},
        {"Namespace: N, MetricName: M, Period: 60, ExtendedStatistic: "
         "^p101, " TERMS,
         "alarm A: ExtendedStatistic cannot be \"p101\"",
         "write Sum, Average, Minimum, Maximum, SampleCount, or one such as "
         "p99, tm95, TM(5%:95%), PR(:0.5), IQM"},
        {WHOLE ", AlarmActions: ^[a, b, c, d, e, f]",
         "alarm A: AlarmActions has 6 entries: AWS takes at most 5",
         "leave some out"},
        {TERMS ", Metrics: ^[{Id: m1, MetricStat: {Metric: {Namespace: N, "
               "MetricName: M}, Period: 60, Stat: Sum}}, {Id: m2, MetricStat: "
               "{Metric: {Namespace: N, MetricName: M}, Period: 60, Stat: "
               "Sum}}]",
         "alarm A: 2 entries of Metrics have ReturnData: the alarm is of "
         "exactly one",
         "write ReturnData: false at the others"},
        {TERMS ", Metrics: [{Id: e1, Period: 60, Expression: ^'1 +'}]",
         "alarm A: Expression of Metrics is wrong: it ends too early at "
         "character 4",
         "write one such as 100 * m1 / m2"},
        {TERMS ", Metrics: [{Id: e1, Period: 60, Expression: ^'m9 * 2'}]",
         "alarm A: Expression names \"m9\", and no entry of Metrics has this "
         "Id",
         "add one, or write the Id of another"},
        {TERMS ", Metrics: [{Id: ^M1, Expression: '1'}]",
         "alarm A: Id of Metrics cannot be \"M1\": it is a small letter, then "
         "letters, digits and _",
         "write one such as m1"},
    };

    (void)state;
    CHECK_ERRORS(alarm_a, faults);
}

static void test_what_is_not_evaluated_is_said(void **state)
{
    static const struct fault faults[] = {
        {"ThresholdMetricId: ^ad1, EvaluationPeriods: 1, ComparisonOperator: "
         "GreaterThanUpperThreshold",
         "alarm A: ThresholdMetricId asks for an anomaly detection band, which "
         "Sluice does not evaluate: the alarm stays INSUFFICIENT_DATA here",
         "compare a metric with a Threshold"},
        {"EvaluationCriteria: ^{PromQLCriteria: {Query: up}}",
         "alarm A: EvaluationCriteria is a query of PromQL, which Sluice does "
         "not evaluate: the alarm stays INSUFFICIENT_DATA here",
         "compare a metric with a Threshold"},
        {TERMS ", Metrics: [{Id: e1, Expression: ^'SEARCH(1)', Period: 60}]",
         "alarm A: Expression has SEARCH, which Sluice does not evaluate: the "
         "alarm stays INSUFFICIENT_DATA here",
         "compare with a Threshold of your own"},
    };

    (void)state;
    CHECK_DOUBTS(alarm_a, faults);
}

/* ---- composite ones ------------------------------------------------------------------ */

static void test_a_composite_alarm_knows_its_children(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Top: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: "
        "'ALARM(Middle) OR OK(low)', ActionsSuppressor: low, "
        "ActionsSuppressorWaitPeriod: 60, ActionsSuppressorExtensionPeriod: "
        "120}},\n"
        "Middle: {Type: AWS::CloudWatch::CompositeAlarm, Properties: "
        "{AlarmRule: "
        "'ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:low)'}},\n"
        "Low: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: "
        "low, " WHOLE "}}");
    const struct config_alarm *top = config->alarms.all[0];

    (void)state;
    assert_true(top->composite);
    assert_int_equal(top->rule.nchildren, 2);
    assert_int_equal(top->children[0], 1);
    assert_int_equal(top->children[1], 2);
    assert_int_equal(top->suppressor, 2);
    assert_int_equal(top->wait_s, 60);
    assert_int_equal(top->extension_s, 120);
    assert_int_equal(config->alarms.order[0], 2);
    assert_int_equal(config->alarms.order[1], 1);
    assert_int_equal(config->alarms.order[2], 0);
    config_release(config);
}

static void test_faults_of_composite_alarms_are_told(void **state)
{
    static const struct fault faults[] = {
        {"AlarmRule: ^'ALARM(A) AND'",
         "composite alarm C: AlarmRule is wrong: it ends where ALARM, OK, "
         "INSUFFICIENT_DATA, AT_LEAST, TRUE, FALSE, NOT or ( must be",
         "write one such as ALARM(\"a\") AND NOT OK(\"b\")"},
        {"AlarmRule: 'ALARM(A)', ActionsSuppressor: ^B, "
         "ActionsSuppressorWaitPeriod: 1, ActionsSuppressorExtensionPeriod: 1",
         "composite alarm C: ActionsSuppressor is \"B\", and there is no such "
         "alarm",
         "did you mean \"A\"?"},
        {"AlarmRule: 'ALARM(A)', ActionsSuppressor: ^A, "
         "ActionsSuppressorWaitPeriod: 1",
         "composite alarm C: ActionsSuppressor is there without "
         "ActionsSuppressorExtensionPeriod",
         "write ActionsSuppressorExtensionPeriod: 120"},
    };
    static const struct fault of_all[] = {
        {"^C: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: "
         "'ALARM(nothing)'}}",
         "composite alarm C: AlarmRule names the alarm \"nothing\", which does "
         "not exist",
         "declare it as well"},
        {"^C: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: "
         "'ALARM(D)'}},\nD: {Type: AWS::CloudWatch::CompositeAlarm, "
         "Properties: {AlarmRule: 'OK(C)'}}",
         "composite alarm C: its state depends on itself, by the alarms that "
         "its AlarmRule and ActionsSuppressor name",
         "take one of them out"},
        {"C: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmName: "
         "x, AlarmRule: 'TRUE'}},\n^D: {Type: "
         "AWS::CloudWatch::CompositeAlarm, Properties: {AlarmName: x, "
         "AlarmRule: 'TRUE'}}",
         "composite alarm D: AlarmName \"x\" is that of composite alarm C "
         "(line 1) as well",
         "names of alarms are unique: give it another one"},
    };

    (void)state;
    CHECK_ERRORS(composite_c, faults);
    CHECK_ERRORS(in_nothing, of_all);
}

/* ---- topics ---------------------------------------------------------------------------- */

static void test_a_topic_has_its_subscriptions(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "T: {Type: AWS::SNS::Topic, Properties: {DisplayName: d, "
        "Subscription: [{Protocol: http, Endpoint: 'http://a/'}, {Protocol: "
        "sqs, Endpoint: ?queue?}]}},\n"
        "S: {Type: AWS::SNS::Subscription, Properties: {TopicArn: "
        "'arn:aws:sns:us-east-1:000000000000:T', Protocol: https, Endpoint: "
        "'https://b/', RawMessageDelivery: true}},\n"
        "U: {Type: AWS::SNS::Subscription, Properties: {TopicArn: ?t?, "
        "Protocol: https, Endpoint: 'https://c/'}}");
    const struct config_topic *topic =
        config_find_topic(config, STR("arn:aws:sns:us-east-1:000000000000:T"));

    (void)state;
    assert_non_null(topic);
    assert_int_equal(config->alarms.ntopics, 1);
    assert_int_equal(topic->nsubscriptions, 2);
    assert_string_equal(topic->subscriptions[0].endpoint.p, "http://a/");
    assert_false(topic->subscriptions[0].raw);
    assert_string_equal(topic->subscriptions[1].protocol.p, "https");
    assert_true(topic->subscriptions[1].raw);
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_alarm_has_all_of_its_properties),
        cmocka_unit_test(test_what_is_left_out_has_a_default),
        cmocka_unit_test(test_percentiles_may_ignore_few_samples),
        cmocka_unit_test(test_an_alarm_may_be_of_a_math),
        cmocka_unit_test(test_what_only_AWS_knows_is_left_to_it),
        cmocka_unit_test(test_faults_of_alarms_are_told),
        cmocka_unit_test(test_what_is_not_evaluated_is_said),
        cmocka_unit_test(test_a_composite_alarm_knows_its_children),
        cmocka_unit_test(test_faults_of_composite_alarms_are_told),
        cmocka_unit_test(test_a_topic_has_its_subscriptions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
