/* SPDX-License-Identifier: Apache-2.0
 *
 * GetMetricStatistics, and PutMetricData before it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/services.h"
#include "cloudwatch.h"

#define GET &cloudwatch_statistic_actions
#define PUT &cloudwatch_put_actions
#define GETS(...) MUST(&w.calls, GET, "GetMetricStatistics", __VA_ARGS__)
#define PUTS(...) MUST(&w.calls, PUT, "PutMetricData", __VA_ARGS__)
#define NO_GET(code, begin, ...)                                               \
    REFUSES(&w.calls, code, begin, GET, "GetMetricStatistics", __VA_ARGS__)
#define NO_PUT(code, begin, ...)                                               \
    REFUSES(&w.calls, code, begin, PUT, "PutMetricData", __VA_ARGS__)
#define IS(path, text) AT(&w.calls, path, text)
#define OF_A                                                                   \
    "Namespace: AWS/ApplicationELB, MetricName: RequestCount, Dimensions: "    \
    "[{Name: LoadBalancer, Value: app/a/1}], "
#define OWN "Namespace: Own, MetricName: m, "
#define NOW CLOUDWATCH_NOW_S

static struct cloudwatch w;

static int begin(void **state)
{
    (void)state;
    cloudwatch_begin(&w);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cloudwatch_end(&w);
    return 0;
}

/* ---- GetMetricStatistics -------------------------------------------------------- */

static void test_each_period_with_data_is_a_datapoint(void **state)
{
    (void)state;
    cloudwatch_count(&w, "app/a/1", 300, 3);
    cloudwatch_count(&w, "app/a/1", 120, 4);
    cloudwatch_count(&w, "app/b/2", 120, 50);
    GETS(OF_A "StartTime: %d, EndTime: %d, Period: 60, Statistics: [Sum, "
              "Average, SampleCount, Minimum, Maximum]",
         NOW - 600, NOW);
    IS("Label", "RequestCount");
    IS("Datapoints.0.Timestamp", "1699999740");
    IS("Datapoints.0.Sum", "3.0");
    IS("Datapoints.0.Average", "1.0");
    IS("Datapoints.0.SampleCount", "3.0");
    IS("Datapoints.0.Minimum", "1.0");
    IS("Datapoints.0.Maximum", "1.0");
    IS("Datapoints.0.Unit", "Count");
    IS("Datapoints.0.ExtendedStatistics", NULL);
    IS("Datapoints.1.Timestamp", "1699999920");
    IS("Datapoints.1.Sum", "4.0");
    IS("Datapoints.2", NULL);
}

static void test_periods_begin_where_the_time_does(void **state)
{
    (void)state;
    cloudwatch_count(&w, "app/a/1", 300, 3);
    cloudwatch_count(&w, "app/a/1", 120, 4);
    GETS(OF_A "StartTime: %d, EndTime: %d, Period: 300, Statistics: [Sum]",
         NOW - 360 + 31, NOW);
    IS("Datapoints.0.Timestamp", "1699999680");
    IS("Datapoints.0.Sum", "7.0");
    IS("Datapoints.1", NULL);
}

static void test_the_end_does_not_belong_to_it(void **state)
{
    (void)state;
    cloudwatch_count(&w, "app/a/1", 120, 4);
    GETS(OF_A "StartTime: %d, EndTime: %d, Period: 60, Statistics: [Sum]",
         NOW - 600, NOW - 120);
    IS("Datapoints", "");
    IS("Datapoints.0", NULL);
    GETS(OF_A "StartTime: %d, EndTime: %d, Period: 60, Statistics: [Sum]",
         NOW - 120, NOW - 60);
    IS("Datapoints.0.Sum", "4.0");
}

static void test_old_starts_are_rounded_more(void **state)
{
    const int64_t day = 24 * 3600;

    (void)state;
    assert_int_equal(cloudwatch_round(NOW, NOW - 61, 60), NOW - 120);
    assert_int_equal(cloudwatch_round(NOW, NOW - 61, 1), NOW - 61);
    assert_int_equal(cloudwatch_round(NOW, NOW - 61, 10) % 10, 0);
    assert_int_equal(cloudwatch_round(NOW, NOW - 16 * day, 60) % 300, 0);
    assert_int_equal(cloudwatch_round(NOW, NOW - 63 * day, 60) % 3600, 0);
}

static void test_percentiles_are_extended_statistics(void **state)
{
    (void)state;
    PUTS("Namespace: Own, MetricData: [{MetricName: m, Timestamp: %d, Values: "
         "['1', '2', '10'], Counts: ['50', '49', '1'], Unit: Seconds}]",
         NOW - 60);
    cloudwatch_take(&w);
    GETS(OWN "StartTime: %d, EndTime: %d, Period: 60, ExtendedStatistics: "
             "[p50, p99, p100, tm99]",
         NOW - 60, NOW);
    IS("Datapoints.0.ExtendedStatistics.p50", "1.0");
    IS("Datapoints.0.ExtendedStatistics.p99", "2.0");
    IS("Datapoints.0.ExtendedStatistics.p100", "10.0");
    IS("Datapoints.0.Unit", "Seconds");
    IS("Datapoints.0.Sum", NULL);
}

static void test_another_unit_has_no_data(void **state)
{
    (void)state;
    cloudwatch_count(&w, "app/a/1", 60, 4);
    GETS(OF_A "StartTime: %d, EndTime: %d, Period: 60, Statistics: [Sum], "
              "Unit: Count",
         NOW - 600, NOW);
    IS("Datapoints.0.Sum", "4.0");
    GETS(OF_A "StartTime: %d, EndTime: %d, Period: 60, Statistics: [Sum], "
              "Unit: Bytes",
         NOW - 600, NOW);
    IS("Datapoints.0", NULL);
    GETS("Namespace: Own, MetricName: nothing, StartTime: %d, EndTime: %d, "
         "Period: 60, Statistics: [Sum]",
         NOW - 600, NOW);
    IS("Label", "nothing");
    IS("Datapoints.0", NULL);
}

static void test_questions_that_are_none_are_refused(void **state)
{
    (void)state;
    NO_GET("MissingParameter",
           "The parameter Namespace is required.\n"
           "The parameter MetricName is required.\n"
           "The parameter StartTime is required.\n"
           "The parameter EndTime is required.\n"
           "The parameter Period is required.",
           "%s", "");
    NO_GET("InvalidParameterValue",
           "The parameter StartTime must not equal parameter EndTime.",
           OWN "StartTime: 60, EndTime: 60, Period: 60, Statistics: [Sum]");
    NO_GET("InvalidParameterValue",
           "The parameter StartTime must be less than the parameter EndTime.",
           OWN "StartTime: 61, EndTime: 60, Period: 60, Statistics: [Sum]");
    NO_GET("InvalidParameterValue",
           "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
           OWN "StartTime: 0, EndTime: 60, Period: 90, Statistics: [Sum]");
    NO_GET("InvalidParameterCombination",
           "You have requested up to 1,441 datapoints, which exceeds the limit "
           "of 1,440. You may reduce the datapoints requested by increasing "
           "Period, or decreasing the time range.",
           OWN "StartTime: %d, EndTime: %d, Period: 60, Statistics: [Sum]", NOW,
           NOW + 1441 * 60);
    NO_GET("InvalidParameterCombination",
           "Must specify either Statistics or ExtendedStatistics",
           OWN "StartTime: 0, EndTime: 60, Period: 60");
    NO_GET("InvalidParameterValue",
           "The value p101 for parameter ExtendedStatistics is not supported.",
           OWN "StartTime: 0, EndTime: 60, Period: 60, ExtendedStatistics: "
               "[p101]");
    NO_GET("InvalidParameterValue",
           "The value '[Median]' for parameter Statistics is invalid.",
           OWN "StartTime: 0, EndTime: 60, Period: 60, Statistics: [Median]");
}

/* ---- PutMetricData ------------------------------------------------------------------ */

#define DATUM "Namespace: Own, MetricData: [{MetricName: m, "

static void test_data_of_clients_is_added(void **state)
{
    (void)state;
    PUTS(DATUM "Value: '2.5'}, {MetricName: m, StatisticValues: {SampleCount: "
               "'3', Sum: '6', Minimum: '1', Maximum: '3'}}, {MetricName: m, "
               "Values: ['4', '4', '-1']}]");
    cloudwatch_take(&w);
    GETS(OWN "StartTime: %d, EndTime: %d, Period: 60, Statistics: [Sum, "
             "SampleCount, Minimum, Maximum]",
         NOW, NOW + 60);
    IS("Datapoints.0.SampleCount", "7.0");
    IS("Datapoints.0.Sum", "15.5");
    IS("Datapoints.0.Minimum", "-1.0");
    IS("Datapoints.0.Maximum", "4.0");
    IS("Datapoints.0.Unit", "None");
}

static void test_values_that_count_nothing_add_nothing(void **state)
{
    (void)state;
    PUTS(DATUM "Values: ['1'], Counts: ['0']}]");
    assert_int_equal(w.calls.call.npoints, 0);
}

static void test_data_of_entities_is_data(void **state)
{
    (void)state;
    PUTS("Namespace: Own, EntityMetricData: [{Entity: {KeyAttributes: {Type: "
         "Service}}, MetricData: [{MetricName: m, Value: '1'}]}]");
    assert_int_equal(w.calls.call.npoints, 1);
    NO_PUT("InvalidParameterValue",
           "The value 1e300 for parameter "
           "EntityMetricData.member.1.MetricData.member.1.Value is invalid.",
           "Namespace: Own, EntityMetricData: [{MetricData: [{MetricName: m, "
           "Value: 1e300}]}]");
}

static void test_namespaces_of_aws_are_its_own(void **state)
{
    (void)state;
    NO_PUT("InvalidParameterValue",
           "The value AWS/ApplicationELB for parameter Namespace is invalid.",
           "Namespace: AWS/ApplicationELB, MetricData: [{MetricName: m, Value: "
           "'1'}]");
}

static void test_data_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *code;
        const char *begin;
        const char *input;
    } rows[] = {
        {"MissingParameter", "The parameter MetricData is required.",
         "Namespace: Own"},
        {"MissingParameter", "One of the parameters MetricData.member.1.Value,",
         DATUM "}]"},
        {"MissingParameter",
         "The parameter MetricData.member.1.Dimensions.member.1.Value is "
         "required.",
         DATUM "Value: '1', Dimensions: [{Name: a}]}]"},
        {"InvalidParameterCombination",
         "The parameters MetricData.member.1.Value and "
         "MetricData.member.1.StatisticValues are mutually exclusive and you "
         "have specified both.",
         DATUM "Value: '1', StatisticValues: {SampleCount: '1', Sum: '1', "
               "Minimum: '1', Maximum: '1'}}]"},
        {"InvalidParameterValue",
         "The parameters MetricData.member.1.Values and "
         "MetricData.member.1.Counts must be of the same size.",
         DATUM "Values: ['1'], Counts: ['1', '2']}]"},
        {"InvalidParameterValue",
         "The value 'NaN' for parameter MetricData.member.1.Value is invalid.",
         DATUM "Value: NaN}]"},
        {"InvalidParameterValue",
         "The parameter MetricData.member.1.Counts must not have a negative "
         "value.",
         DATUM "Values: ['1'], Counts: ['-1']}]"},
        {"InvalidParameterValue",
         "The parameter MetricData.member.1.StatisticValues.SampleCount must "
         "be greater than 0.",
         DATUM "StatisticValues: {SampleCount: '0', Sum: '1', Minimum: '1', "
               "Maximum: '1'}}]"},
        {"InvalidParameterValue",
         "The parameter MetricData.member.1.StatisticValues.Maximum",
         DATUM "StatisticValues: {SampleCount: '2', Sum: '1', Minimum: '2', "
               "Maximum: '1'}}]"},
        {"InvalidParameterValue",
         "The parameter MetricData.member.1.Timestamp must specify a time no "
         "more than two weeks in the past.",
         DATUM "Value: '1', Timestamp: 1690000000}]"},
        {"InvalidParameterValue",
         "The parameter MetricData.member.1.Timestamp must specify a time no "
         "more than two hours in the future.",
         DATUM "Value: '1', Timestamp: 1710000000}]"},
        {"InvalidParameterValue",
         "The parameter MetricData.member.1.Dimensions must not name a "
         "dimension twice.",
         DATUM "Value: '1', Dimensions: [{Name: a, Value: b}, {Name: a, "
               "Value: c}]}]"},
        {"InvalidParameterValue",
         "The parameter MetricData.member.1.StorageResolution must be 1 or 60.",
         DATUM "Value: '1', StorageResolution: 30}]"},
        {"InvalidParameterValue",
         "The value 'Apples' for parameter MetricData.member.1.Unit is "
         "invalid.",
         DATUM "Value: '1', Unit: Apples}]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        NO_PUT(rows[i].code, rows[i].begin, "%s", rows[i].input);
    w.calls.view.series = NULL;
    NO_PUT("InternalServiceError", "This Sluice keeps no metrics",
           DATUM "Value: '1'}]");
}

static void test_collections_have_caps(void **state)
{
    static char input[64 * 1024];
    struct text t = text_in(input, sizeof(input) - 1);

    (void)state;
    text_printf(&t, DATUM "Values: [");
    for (unsigned i = 0; i <= SERIES_VALUES_MAX; i++)
        text_printf(&t, "%s'%u'", i ? ", " : "", i);
    text_printf(&t, "]}]");
    input[t.n] = '\0';
    NO_PUT("InvalidParameterValue",
           "The collection MetricData.member.1.Values must not have a size "
           "greater than 150.",
           "%s", input);
    t.n = 0;
    text_printf(&t, "Namespace: Own, MetricData: [");
    for (unsigned i = 0; i <= 1000; i++)
        text_printf(&t, "%s{MetricName: m, Value: '1'}", i ? ", " : "");
    text_printf(&t, "]");
    input[t.n] = '\0';
    NO_PUT("InvalidParameterValue",
           "The collection MetricData must not have a size greater than 1000.",
           "%s", input);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_period_with_data_is_a_datapoint),
        TEST(test_periods_begin_where_the_time_does),
        TEST(test_the_end_does_not_belong_to_it),
        TEST(test_old_starts_are_rounded_more),
        TEST(test_percentiles_are_extended_statistics),
        TEST(test_another_unit_has_no_data),
        TEST(test_questions_that_are_none_are_refused),
        TEST(test_data_of_clients_is_added),
        TEST(test_values_that_count_nothing_add_nothing),
        TEST(test_data_of_entities_is_data),
        TEST(test_namespaces_of_aws_are_its_own),
        TEST(test_data_that_is_none_is_refused),
        TEST(test_collections_have_caps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
