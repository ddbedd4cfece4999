/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws/cloudwatch_put.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { CAP = CLOUDWATCH_PUT_BYTES + 64 * 1024 };

static char buffer[CAP];

static const struct dimension dimensions[] = {
    {{"LoadBalancer", 12}, {"app/a\"b/1", 9}}};

static const struct series_name requests = {.space = {"AWS/X", 5},
                                            .metric = {"RequestCount", 12},
                                            .ndimensions = 1,
                                            .dimensions = dimensions};

static struct str body_of(const struct datum *datum)
{
    static struct text text;
    struct cloudwatch_put put;

    text = text_in(buffer, sizeof(buffer));
    cloudwatch_put_begin(&put, &text, STR("Sluice/X"));
    assert_true(
        cloudwatch_put_add(&put, &requests, "Count", 1700000040, datum));
    return cloudwatch_put_end(&put);
}

static void check(const struct datum *datum, const char *values)
{
    char expected[512];
    struct str body = body_of(datum);

    (void)snprintf(expected, sizeof(expected),
                   "{\"Namespace\":\"Sluice/X\",\"MetricData\":[{"
                   "\"MetricName\":\"RequestCount\",\"Dimensions\":[{\"Name\":"
                   "\"LoadBalancer\",\"Value\":\"app/a\\\"b/1\"}],"
                   "\"Timestamp\":1700000040,%s,\"Unit\":\"Count\","
                   "\"StorageResolution\":60}]}",
                   values);
    if (!str_eq(body, str_of(expected)))
        fail_msg("%.*s\nis not\n%s", STR_ARG(body), expected);
}

static void test_a_datum_is_a_value_a_set_or_values_with_counts(void **state)
{
    static const double values[] = {0.001, 0.25};
    static const double counts[] = {3, 1e6};

    (void)state;
    check(&(struct datum){.n = 1, .sum = 2.5, .min = 2.5, .max = 2.5},
          "\"Value\":2.5");
    check(&(struct datum){.n = 7, .sum = 7, .min = 1, .max = 1},
          "\"StatisticValues\":{\"SampleCount\":7,\"Sum\":7,\"Minimum\":1,"
          "\"Maximum\":1}");
    check(&(struct datum){.n = 1000003,
                          .sum = 250000.003,
                          .min = 0.001,
                          .max = 0.25,
                          .nvalues = 2,
                          .values = values,
                          .counts = counts},
          "\"Values\":[0.001,0.25],\"Counts\":[3,1000000]");
}

static void test_numbers_are_read_back_as_they_were(void **state)
{
    static const double numbers[] = {0,
                                     1,
                                     0.1,
                                     1.0 / 3,
                                     1e-9,
                                     123456789012345678.0,
                                     6.2628612795379013e-05,
                                     1e100};

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        char digits[64];
        struct text t = text_in(digits, sizeof(digits) - 1);

        cloudwatch_put_number(&t, numbers[i]);
        digits[t.n] = '\0';
        assert_true(strtod(digits, NULL) >= numbers[i] &&
                    strtod(digits, NULL) <= numbers[i]);
        assert_null(strchr(digits, ','));
    }
}

static void test_what_is_no_number_is_left_out(void **state)
{
    struct text text = text_in(buffer, sizeof(buffer));
    struct cloudwatch_put put;
    const double zero = 0;
    struct datum d = {.n = 1, .sum = 1 / zero, .min = 0, .max = 1 / zero};

    (void)state;
    cloudwatch_put_begin(&put, &text, STR("N"));
    assert_true(cloudwatch_put_add(&put, &requests, "Count", 1, &d));
    d.sum = d.max = zero / zero;
    assert_true(cloudwatch_put_add(&put, &requests, "Count", 1, &d));
    assert_int_equal(put.n, 0);
}

static void test_a_thousand_metrics_fill_a_call(void **state)
{
    struct text text = text_in(buffer, sizeof(buffer));
    const struct datum d = {.n = 1, .sum = 1, .min = 1, .max = 1};
    struct cloudwatch_put put;

    (void)state;
    cloudwatch_put_begin(&put, &text, STR("N"));
    for (unsigned i = 0; i < CLOUDWATCH_PUT_METRICS; i++)
        assert_true(cloudwatch_put_add(&put, &requests, "Count", 1, &d));
    assert_false(cloudwatch_put_add(&put, &requests, "Count", 1, &d));
    assert_int_equal(put.n, CLOUDWATCH_PUT_METRICS);
    assert_true(cloudwatch_put_end(&put).n < CLOUDWATCH_PUT_BYTES);
}

static void test_a_body_is_never_longer_than_a_call_takes(void **state)
{
    struct text text = text_in(buffer, sizeof(buffer));
    double values[SERIES_VALUES_MAX];
    double counts[SERIES_VALUES_MAX];
    const struct datum d = {.n = 300,
                            .sum = 1,
                            .min = 0,
                            .max = 1,
                            .nvalues = SERIES_VALUES_MAX,
                            .values = values,
                            .counts = counts};
    struct cloudwatch_put put;
    struct str body;

    (void)state;
    for (unsigned i = 0; i < SERIES_VALUES_MAX; i++) {
        values[i] = i / 151.0;
        counts[i] = 2;
    }
    cloudwatch_put_begin(&put, &text, STR("N"));
    while (cloudwatch_put_add(&put, &requests, "Count", 1, &d))
        ;
    assert_true(put.n > 100 && put.n < CLOUDWATCH_PUT_METRICS);
    body = cloudwatch_put_end(&put);
    assert_true(body.n <= CLOUDWATCH_PUT_BYTES);
    assert_true(body.n > 30);
    assert_true(str_eq(str_make(body.p + body.n - 6, 6), STR(":60}]}")));
}

static void test_names_of_awss_own_are_no_namespaces_of_ours(void **state)
{
    const char *why;

    (void)state;
    assert_true(cloudwatch_space_is_one(STR("Sluice/ApplicationELB"), &why));
    assert_true(cloudwatch_space_is_one(STR("AWSome"), &why));
    assert_false(cloudwatch_space_is_one(STR("AWS/ApplicationELB"), &why));
    assert_non_null(strstr(why, "reserved"));
    assert_false(cloudwatch_space_is_one(STR(""), &why));
    assert_false(cloudwatch_space_is_one(STR(":a"), &why));
    assert_false(cloudwatch_space_is_one(STR("a\n"), &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_datum_is_a_value_a_set_or_values_with_counts),
        cmocka_unit_test(test_numbers_are_read_back_as_they_were),
        cmocka_unit_test(test_what_is_no_number_is_left_out),
        cmocka_unit_test(test_a_thousand_metrics_fill_a_call),
        cmocka_unit_test(test_a_body_is_never_longer_than_a_call_takes),
        cmocka_unit_test(test_names_of_awss_own_are_no_namespaces_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
