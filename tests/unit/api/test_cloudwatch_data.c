/* SPDX-License-Identifier: Apache-2.0
 *
 * GetMetricData.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/cloudwatch_label.h"
#include "api/services.h"
#include "cloudwatch.h"

#define TABLE &cloudwatch_data_actions
#define GETS(...) MUST(&w.calls, TABLE, "GetMetricData", __VA_ARGS__)
#define REFUSED(begin, ...)                                                    \
    REFUSES(&w.calls, "ValidationError", begin, TABLE, "GetMetricData",        \
            __VA_ARGS__)
#define IS(path, text) AT(&w.calls, path, text)

/* An hour up to now. */
#define HOUR "StartTime: 1699996440, EndTime: 1700000040, "
#define OF(balancer)                                                           \
    "Metric: {Namespace: AWS/ApplicationELB, MetricName: RequestCount, "       \
    "Dimensions: [{Name: LoadBalancer, Value: " balancer                       \
    "}]}, Period: 60, Stat: Sum"
#define A "{Id: m1, MetricStat: {" OF("app/a/1") "}"
#define B "{Id: m2, MetricStat: {" OF("app/b/2") "}"

static struct cloudwatch w;

static int begin(void **state)
{
    (void)state;
    cloudwatch_begin(&w);
    cloudwatch_count(&w, "app/a/1", 180, 3);
    cloudwatch_count(&w, "app/a/1", 60, 4);
    cloudwatch_count(&w, "app/b/2", 60, 5);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cloudwatch_end(&w);
    return 0;
}

static void test_the_newest_point_comes_first(void **state)
{
    (void)state;
    GETS(HOUR "MetricDataQueries: [" A "}]");
    IS("MetricDataResults.0.Id", "m1");
    IS("MetricDataResults.0.Label", "RequestCount");
    IS("MetricDataResults.0.StatusCode", "Complete");
    IS("MetricDataResults.0.Timestamps.0", "1699999980");
    IS("MetricDataResults.0.Timestamps.1", "1699999860");
    IS("MetricDataResults.0.Timestamps.2", NULL);
    IS("MetricDataResults.0.Values.0", "4.0");
    IS("MetricDataResults.0.Values.1", "3.0");
    IS("Messages", "");
    IS("NextToken", NULL);
    GETS(HOUR "ScanBy: TimestampAscending, MetricDataQueries: [" A "}]");
    IS("MetricDataResults.0.Values.0", "3.0");
}

static void test_a_metric_without_data_is_an_empty_result(void **state)
{
    (void)state;
    GETS(HOUR "MetricDataQueries: [{Id: x, MetricStat: {" OF(
        "app/c/3") "}}, {Id: y, MetricStat: {Metric: {Namespace: N, "
                   "MetricName: M}, Period: 60, Stat: p99}}]");
    IS("MetricDataResults.0.Id", "x");
    IS("MetricDataResults.0.Values", "");
    IS("MetricDataResults.0.Values.0", NULL);
    IS("MetricDataResults.0.StatusCode", "Complete");
    IS("MetricDataResults.1.Label", "M");
    GETS(HOUR "MetricDataQueries: [{Id: x, MetricStat: {" OF(
        "app/a/1") ", Unit: Bytes}}]");
    IS("MetricDataResults.0.Values.0", NULL);
}

static void test_expressions_see_the_metrics(void **state)
{
    (void)state;
    GETS(HOUR "MetricDataQueries: [{Id: e2, Expression: e1 * 10}, {Id: e1, "
              "Expression: SUM(METRICS()), ReturnData: 'false'}, " A
              ", ReturnData: 'false'}, " B ", Label: second}]");
    IS("MetricDataResults.0.Id", "e2");
    IS("MetricDataResults.0.Label", "e2");
    IS("MetricDataResults.0.Values.0", "90.0");
    IS("MetricDataResults.0.Values.1", "30.0");
    IS("MetricDataResults.1.Id", "m2");
    IS("MetricDataResults.1.Label", "second");
    IS("MetricDataResults.2", NULL);
}

static void test_gaps_are_filled_up_to_now(void **state)
{
    (void)state;
    GETS("StartTime: %d, EndTime: %d, MetricDataQueries: [" A
         ", ReturnData: 'false'}, {Id: e1, Expression: 'FILL(m1, 0)'}]",
         CLOUDWATCH_NOW_S - 240, CLOUDWATCH_NOW_S + 3600);
    IS("MetricDataResults.0.Timestamps.0", "1699999980");
    IS("MetricDataResults.0.Values.0", "4.0");
    IS("MetricDataResults.0.Values.1", "0.0");
    IS("MetricDataResults.0.Values.2", "3.0");
    IS("MetricDataResults.0.Values.3", "0.0");
    IS("MetricDataResults.0.Values.4", NULL);
}

static void test_a_search_finds_series(void **state)
{
    (void)state;
    GETS(HOUR "MetricDataQueries: [{Id: e1, Expression: "
              "\"SEARCH('{AWS/ApplicationELB,LoadBalancer} RequestCount', "
              "'Sum', 60)\"}]");
    IS("MetricDataResults.0.Id", "e1");
    IS("MetricDataResults.0.Label", "app/a/1");
    IS("MetricDataResults.0.Values.1", "3.0");
    IS("MetricDataResults.1.Id", "e1");
    IS("MetricDataResults.1.Label", "app/b/2");
    IS("MetricDataResults.1.Messages", NULL);
    IS("MetricDataResults.2", NULL);
    GETS(HOUR "MetricDataQueries: [{Id: e1, Label: all, Expression: "
              "\"SEARCH('app/', 'Sum', 60)\"}]");
    IS("MetricDataResults.0.Label", "all app/a/1");
}

static void test_a_search_has_a_hundred_results(void **state)
{
    char name[16];

    (void)state;
    for (unsigned i = 0; i <= METRIC_SEARCH_FOUND_MAX; i++) {
        snprintf(name, sizeof(name), "many%u", i);
        cloudwatch_add(&w, name, "Count", 60, i);
    }
    GETS(HOUR "MetricDataQueries: [{Id: e1, Expression: \"SEARCH('many', "
              "'Sum', 60)\"}]");
    IS("MetricDataResults.99.Label", "many99");
    IS("MetricDataResults.99.Messages.0.Code", "MaxMetricsExceeded");
    IS("MetricDataResults.100", NULL);
}

static void test_pages_cut_results(void **state)
{
    (void)state;
    GETS(HOUR "MaxDatapoints: 1, MetricDataQueries: [" A "}, " B "}, {Id: x, "
              "MetricStat: {" OF("app/c/3") "}}]");
    IS("MetricDataResults.0.Id", "m1");
    IS("MetricDataResults.0.Values.0", "4.0");
    IS("MetricDataResults.0.Values.1", NULL);
    IS("MetricDataResults.0.StatusCode", "PartialData");
    IS("MetricDataResults.1", NULL);
    GETS(HOUR "MaxDatapoints: 1, NextToken: '%s', MetricDataQueries: [" A
              "}, " B "}, {Id: x, MetricStat: {" OF("app/c/3") "}}]",
         calls_at(&w.calls, "NextToken"));
    IS("MetricDataResults.0.Id", "m1");
    IS("MetricDataResults.0.Values.0", "3.0");
    IS("MetricDataResults.0.StatusCode", "Complete");
    IS("MetricDataResults.1", NULL);
    GETS(HOUR "MaxDatapoints: 1, NextToken: '%s', MetricDataQueries: [" A
              "}, " B "}, {Id: x, MetricStat: {" OF("app/c/3") "}}]",
         calls_at(&w.calls, "NextToken"));
    IS("MetricDataResults.0.Id", "m2");
    IS("MetricDataResults.0.Values.0", "5.0");
    IS("MetricDataResults.1.Id", "x");
    IS("NextToken", NULL);
    REFUSES(&w.calls, "InvalidNextToken", "", TABLE, "GetMetricData",
            HOUR "NextToken: abc, MetricDataQueries: [" A "}]");
}

static const char *label_of(const char *text, const struct curve *curves,
                            unsigned n, unsigned i)
{
    const struct cloudwatch_label label = {
        .view = &w.calls.view,
        .text = str_of(text),
        .id = STR("e1"),
        .zone_s = 5400,
    };
    const struct math_value value = {
        .kind = n > 1 ? MATH_CURVES : MATH_CURVE, .n = n, .curves = curves};

    return region_copy(&w.calls.region,
                       cloudwatch_label(&w.calls.region, &label, &value, i))
        .p;
}

static void test_labels_are_dynamic(void **state)
{
    static const struct dimension dimension = {{"LoadBalancer", 12},
                                               {"app/a/1", 7}};
    static const struct series_name name = {
        {"Own", 3}, {"Requests", 8}, 1, &dimension};
    static const int64_t times[] = {CLOUDWATCH_NOW_S, CLOUDWATCH_NOW_S + 60,
                                    CLOUDWATCH_NOW_S + 120};
    static const double values[] = {3, 4.5, 1};
    const struct curve curve = {.n = 3,
                                .times = times,
                                .values = values,
                                .period_s = 60,
                                .name = &name,
                                .statistic = STR("Sum")};
    const struct curve none = {.period_s = 300};

    (void)state;
    assert_string_equal(label_of("", &curve, 1, 0), "Requests");
    assert_string_equal(label_of("plain", &curve, 1, 0), "plain");
    assert_string_equal(label_of("", &none, 1, 0), "e1");
    assert_string_equal(
        label_of("${LABEL} of ${PROP('Dim.LoadBalancer')}: ${MIN} to ${MAX}, "
                 "last at ${LAST_TIME}",
                 &curve, 1, 0),
        "Requests of app/a/1: 1 to 4.5, last at 2023-11-14 23:46:00");
    assert_string_equal(
        label_of("${SUM} ${FIRST} ${LAST} ${DATAPOINT_COUNT} ${MAX_TIME} "
                 "${AVG} ${AVG}",
                 &curve, 1, 0),
        "8.5 3 1 3 2023-11-14 23:45:00 2.83333333333333 ${AVG}");
    assert_string_equal(
        label_of("${PROP('Namespace')} ${PROP('MetricName')} ${PROP('Stat')} "
                 "${PROP('Period')} ${PROP('Region')} ${PROP('AccountId')}",
                 &curve, 1, 0),
        region_printf(
            &w.calls.region, "Own Requests Sum 60 " STR_FMT " " STR_FMT,
            STR_ARG(w.calls.view.region_name), STR_ARG(w.calls.view.account_id))
            .p);
    assert_string_equal(
        label_of("${X} ${PROP('X')} ${PROP('Dim.X')} ${", &curve, 1, 0),
        "${X} ${PROP('X')}  ${");
    assert_string_equal(
        label_of("${MAX} ${AVG} ${FIRST_TIME} ${PROP('MetricName')}", &none, 1,
                 0),
        "- - - ");
}

static void test_labels_of_some_tell_them_apart(void **state)
{
    static const struct dimension dimensions[] = {{{"A", 1}, {"1", 1}},
                                                  {{"B", 1}, {"1", 1}},
                                                  {{"A", 1}, {"1", 1}},
                                                  {{"B", 1}, {"2", 1}}};
    static const struct series_name names[] = {
        {{"Own", 3}, {"m", 1}, 2, dimensions},
        {{"Own", 3}, {"m", 1}, 2, dimensions + 2},
        {{"Own", 3}, {"n", 1}, 2, dimensions + 2}};
    const struct curve curves[] = {
        {.name = &names[0]}, {.name = &names[1]}, {.name = &names[2]}};

    (void)state;
    assert_string_equal(label_of("", curves, 2, 0), "1");
    assert_string_equal(label_of("", curves, 2, 1), "2");
    assert_string_equal(label_of("", curves, 3, 1), "2 m");
    assert_string_equal(label_of("", curves + 1, 2, 1), "n");
    assert_string_equal(label_of("all", curves, 3, 2), "all 2 n");
}

static void test_zones_are_east_of_utc(void **state)
{
    int zone_s;

    (void)state;
    assert_true(cloudwatch_zone(STR("-0800"), &zone_s));
    assert_int_equal(zone_s, -8 * 3600);
    assert_false(cloudwatch_zone(STR("+2500"), &zone_s));
    assert_false(cloudwatch_zone(STR("01:00"), &zone_s));
}

static void test_questions_that_are_none_are_refused(void **state)
{
    static const struct {
        const char *queries;
        const char *begin;
    } rows[] = {
        {"{Expression: '1'}",
         "The parameter MetricDataQueries.member.1.Id is required."},
        {"{Id: M1, Expression: '1'}",
         "The value M1 for parameter MetricDataQueries.member.1.Id is not "
         "matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."},
        {"{Id: a}",
         "The parameter MetricDataQueries.member.1.MetricStat is required."},
        {A "}, " A "}",
         "The values for parameter id in MetricDataQueries are not unique."},
        {A ", Expression: '1'}",
         "The parameters MetricDataQueries.member.1.Expression and "
         "MetricDataQueries.member.1.MetricStat are mutually exclusive"},
        {"{Id: a, MetricStat: {Metric: {Namespace: N}, Period: 60, Stat: Sum}}",
         "The parameter MetricDataQueries.member.1.MetricStat.Metric."
         "MetricName is required."},
        {"{Id: a, MetricStat: {Metric: {Namespace: N, MetricName: M}, Period: "
         "61, Stat: Sum}}",
         "The parameter MetricStat.Period must be"},
        {"{Id: a, MetricStat: {Metric: {Namespace: N, MetricName: M}, Period: "
         "60, Stat: Median}}",
         "The value Median for parameter MetricStat.Stat is not supported."},
        {"{Id: a, Expression: 1 +}",
         "Error in expression 'a': it ends too early at character 4"},
        {"{Id: a, Expression: b}",
         "Error in expression 'a': there is no metric or expression 'b'"},
        {"{Id: b, Expression: a * 2}, {Id: a, Expression: b + 1}",
         "Error in expression 'b': it needs itself to be known"},
        {"{Id: a, Expression: a}",
         "Error in expression 'a': it needs itself to be known"},
        {"{Id: a, Expression: 1 + 1}",
         "Error in expression 'a': the result is a number and no time series"},
        {"{Id: a, Expression: SELECT SUM(RequestCount)}",
         "Error in expression 'a': Sluice has no Metrics Insights queries"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        REFUSED(rows[i].begin, HOUR "MetricDataQueries: [%s]", rows[i].queries);
    REFUSED("The parameter StartTime must not equal parameter EndTime.",
            "StartTime: 5, EndTime: 5, MetricDataQueries: [" A "}]");
    REFUSED("The parameter MetricDataQueries is required.\n"
            "The parameter StartTime is required.",
            "EndTime: 5");
    REFUSED("The value GMT for parameter LabelOptions.Timezone is invalid",
            HOUR "LabelOptions: {Timezone: GMT}, MetricDataQueries: [" A "}]");
}

static void test_there_are_not_too_many_queries(void **state)
{
    static char list[64 * 1024];
    struct text t = text_in(list, sizeof(list) - 1);

    (void)state;
    for (unsigned i = 0; i <= METRIC_QUERIES_MAX; i++) {
        if (i == METRIC_QUERIES_MAX) {
            GETS(HOUR "MetricDataQueries: [%s]", list);
            IS("MetricDataResults.499.Id", "a499");
        }
        text_printf(&t, "%s{Id: a%u, Expression: TIME_SERIES(%u)}",
                    i ? ", " : "", i, i);
    }
    REFUSED("The collection MetricDataQueries must not have a size greater "
            "than 500.",
            HOUR "MetricDataQueries: [%s]", list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_newest_point_comes_first),
        TEST(test_a_metric_without_data_is_an_empty_result),
        TEST(test_expressions_see_the_metrics),
        TEST(test_gaps_are_filled_up_to_now),
        TEST(test_a_search_finds_series),
        TEST(test_a_search_has_a_hundred_results),
        TEST(test_pages_cut_results),
        TEST(test_labels_are_dynamic),
        TEST(test_labels_of_some_tell_them_apart),
        TEST(test_zones_are_east_of_utc),
        TEST(test_questions_that_are_none_are_refused),
        TEST(test_there_are_not_too_many_queries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
