/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

static const char in_metrics[] =
    "Lb: {Type: LB, Metadata: {Sluice: {Metrics: {\n%s}}}}";

static void test_metrics_say_what_is_published(void **state)
{
    struct config *config =
        build_good(in_metrics, "Namespace: Shop/ALB, AvailabilityZones: true, "
                               "Include: [RequestCount, UnHealthyHostCount], "
                               "Exclude: [ConsumedLCUs]");
    const struct config_metrics *m = &config->load_balancers[0]->metrics;

    (void)state;
    assert_true(str_eq(m->space, STR("Shop/ALB")));
    assert_true(m->zones);
    assert_int_equal(m->ninclude, 2);
    assert_true(str_eq(m->include[1], STR("UnHealthyHostCount")));
    assert_int_equal(m->nexclude, 1);
    config_release(config);
}

static void test_without_them_all_is_published_but_zones(void **state)
{
    struct config *config = build_good(in_metrics, "");
    const struct config_metrics *m = &config->load_balancers[0]->metrics;

    (void)state;
    assert_int_equal(m->space.n, 0);
    assert_false(m->zones);
    assert_int_equal(m->ninclude + m->nexclude, 0);
    config_release(config);
}

static void test_what_cannot_be_published_so_is_an_error(void **state)
{
    static const struct fault faults[] = {
        {"Namespace: ^AWS/ApplicationELB",
         "load balancer Lb: Metadata.Sluice.Metrics.Namespace begins with "
         "AWS/: CloudWatch keeps those names for AWS's own services",
         "write another one, such as Sluice/ApplicationELB"},
        {"Namespace: ^\":shop\"",
         "load balancer Lb: Metadata.Sluice.Metrics.Namespace is none of "
         "CloudWatch's",
         "write printable ASCII characters, the first no colon"},
        {"Include: [^RequestCounts]",
         "load balancer Lb: load balancers have no metric \"RequestCounts\"",
         "did you mean RequestCount?"},
        {"Exclude: [^HealthHostCount]",
         "load balancer Lb: load balancers have no metric \"HealthHostCount\"",
         "did you mean HealthyHostCount?"},
        {"Include: [^AllowedRequests]",
         "load balancer Lb: load balancers have no metric \"AllowedRequests\"",
         "write names of AWS/ApplicationELB, such as RequestCount"},
    };

    (void)state;
    CHECK_ERRORS(in_metrics, faults);
}

static void test_what_can_never_be_is_told(void **state)
{
    static const struct fault faults[] = {
        {"Include: [RequestCount, ^PeakLCUs]",
         "load balancer Lb: metric PeakLCUs is never published: Sluice has no "
         "capacity reservation",
         "leave it out of Metadata.Sluice.Metrics.Include"},
    };

    (void)state;
    CHECK_WARNINGS(in_metrics, faults);
    config_release(build_good(in_metrics, "Exclude: [PeakLCUs]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics_say_what_is_published),
        cmocka_unit_test(test_without_them_all_is_published_but_zones),
        cmocka_unit_test(test_what_cannot_be_published_so_is_an_error),
        cmocka_unit_test(test_what_can_never_be_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
