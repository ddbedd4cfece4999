/* SPDX-License-Identifier: Apache-2.0
 *
 * Which metrics there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/services.h"
#include "calls.h"
#include "stats/series.h"

#define TABLE &cloudwatch_metric_actions

enum { NOW_S = 1700000000 };

static struct calls c;
static struct series_store *store;

static void add(const char *space, const char *metric, int64_t time_s,
                const char *a, const char *b)
{
    const struct dimension dimensions[] = {
        {STR("LoadBalancer"), str_of(a)},
        {STR("AvailabilityZone"), str_of(b)},
    };
    struct series_name name = {str_of(space), str_of(metric), b[0] ? 2 : 1,
                               dimensions};
    struct datum one = {.n = 1, .sum = 1, .min = 1, .max = 1};

    assert_true(series_add(store, &name, "Count", time_s, &one));
}

static int begin(void **state)
{
    (void)state;
    c = (struct calls){.account = NULL};
    store = series_store_new();
    calls_begin(&c, "");
    c.view.series = store;
    add("AWS/ApplicationELB", "RequestCount", NOW_S, "app/a/1", "");
    add("AWS/ApplicationELB", "RequestCount", NOW_S, "app/a/1", "eu-west-1a");
    add("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", NOW_S - 4 * 3600,
        "app/b/2", "");
    add("AWS/WAFV2", "BlockedRequests", NOW_S, "x", "");
    return 0;
}

static int end(void **state)
{
    (void)state;
    calls_end(&c);
    series_store_free(store);
    return 0;
}

static void test_all_metrics_are_listed(void **state)
{
    (void)state;
    MUST(&c, TABLE, "ListMetrics", "%s", "");
    AT(&c, "Metrics.0.Namespace", "AWS/ApplicationELB");
    AT(&c, "Metrics.0.MetricName", "RequestCount");
    AT(&c, "Metrics.0.Dimensions.0.Name", "LoadBalancer");
    AT(&c, "Metrics.0.Dimensions.0.Value", "app/a/1");
    AT(&c, "Metrics.3.MetricName", "BlockedRequests");
    AT(&c, "Metrics.4", NULL);
    AT(&c, "NextToken", NULL);
}

static void test_filters_are_and(void **state)
{
    (void)state;
    MUST(&c, TABLE, "ListMetrics", "Namespace: AWS/WAFV2");
    AT(&c, "Metrics.0.MetricName", "BlockedRequests");
    AT(&c, "Metrics.1", NULL);
    MUST(&c, TABLE, "ListMetrics",
         "MetricName: RequestCount, Dimensions: "
         "[{Name: AvailabilityZone}]");
    AT(&c, "Metrics.0.Dimensions.1", "");
    AT(&c, "Metrics.1", NULL);
    MUST(&c, TABLE, "ListMetrics",
         "Dimensions: [{Name: LoadBalancer, Value: app/b/2}]");
    AT(&c, "Metrics.0.MetricName", "HTTPCode_ELB_5XX_Count");
    AT(&c, "Metrics.1", NULL);
    MUST(&c, TABLE, "ListMetrics",
         "Dimensions: [{Name: LoadBalancer, Value: app/b/2}], "
         "RecentlyActive: PT3H");
    AT(&c, "Metrics.0", NULL);
    MUST(&c, TABLE, "ListMetrics", "RecentlyActive: PT3H");
    AT(&c, "Metrics.2.MetricName", "BlockedRequests");
    AT(&c, "Metrics.3", NULL);
}

static void test_pages_have_500_metrics(void **state)
{
    char metric[16];
    struct str token;

    (void)state;
    for (unsigned i = 0; i < 996; i++) {
        snprintf(metric, sizeof(metric), "m%u", i);
        add("Own", metric, NOW_S, "a", "");
    }
    MUST(&c, TABLE, "ListMetrics", "%s", "");
    AT(&c, "Metrics.499.MetricName", "m495");
    AT(&c, "Metrics.500", NULL);
    token = str_of(calls_at(&c, "NextToken"));
    MUST(&c, TABLE, "ListMetrics", "NextToken: '" STR_FMT "'", STR_ARG(token));
    AT(&c, "Metrics.0.MetricName", "m496");
    AT(&c, "Metrics.499.MetricName", "m995");
    AT(&c, "NextToken", NULL);
}

static void test_what_is_wrong_is_refused(void **state)
{
    (void)state;
    REFUSES(&c, "InvalidParameterValue",
            "Request parameter NextToken is invalid", TABLE, "ListMetrics",
            "NextToken: abc");
    REFUSES(&c, "InvalidParameterValue",
            "The value 'PT1H' for parameter RecentlyActive is invalid.", TABLE,
            "ListMetrics", "RecentlyActive: PT1H");
    REFUSES(&c, "MissingParameter",
            "The parameter Dimensions.member.1.Name is required.", TABLE,
            "ListMetrics", "Dimensions: [{Value: x}]");
    c.view.series = NULL;
    MUST(&c, TABLE, "ListMetrics", "%s", "");
    AT(&c, "Metrics.0", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_metrics_are_listed, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_filters_are_and, begin, end),
        cmocka_unit_test_setup_teardown(test_pages_have_500_metrics, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_what_is_wrong_is_refused, begin,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
