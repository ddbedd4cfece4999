/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws/emf.h"

static char buffer[EMF_LINE_MAX];

static const struct dimension dimensions[] = {
    {{"TargetGroup", 11}, {"targetgroup/t/2", 15}},
    {{"LoadBalancer", 12}, {"app/a/1", 7}},
};

static struct emf_metric metric(const char *name, const char *unit,
                                struct datum datum)
{
    return (struct emf_metric){.name = {.space = STR("N"),
                                        .metric = str_of(name),
                                        .ndimensions = 2,
                                        .dimensions = dimensions},
                               .unit = unit,
                               .datum = datum};
}

static const char *line_of(const struct emf_metric *metrics, unsigned n)
{
    struct text t = text_in(buffer, sizeof(buffer) - 1);

    emf_put_line(&t, STR("Sluice/X"), 1700000040, metrics, n);
    assert_true(text_ok(&t));
    buffer[t.n] = '\0';
    return buffer;
}

static void test_a_line_has_the_dimensions_and_metrics_at_its_root(void **state)
{
    struct emf_metric metrics[] = {
        metric("RequestCount", "Count",
               (struct datum){.n = 7, .sum = 7, .min = 1, .max = 1}),
        metric("ConsumedLCUs", "Count",
               (struct datum){.n = 1, .sum = 0.5, .min = 0.5, .max = 0.5}),
    };

    (void)state;
    metrics[0].events = true;
    assert_string_equal(
        line_of(metrics, 2),
        "{\"_aws\":{\"Timestamp\":1700000040000,\"CloudWatchMetrics\":[{"
        "\"Namespace\":\"Sluice/X\",\"Dimensions\":[[\"TargetGroup\","
        "\"LoadBalancer\"]],\"Metrics\":[{\"Name\":\"RequestCount\",\"Unit\":"
        "\"Count\"},{\"Name\":\"ConsumedLCUs\",\"Unit\":\"Count\"}]}]},"
        "\"TargetGroup\":\"targetgroup/t/2\",\"LoadBalancer\":\"app/a/1\","
        "\"RequestCount\":7,\"ConsumedLCUs\":0.5}");
}

/* The numbers of the only metric, "V". */
static unsigned numbers_of(struct datum datum, double *numbers)
{
    const struct emf_metric m = metric("V", "Seconds", datum);
    const char *at = strstr(line_of(&m, 1), "\"V\":") + 4;
    unsigned n = 0;

    at += *at == '[';
    for (;;) {
        char *end;

        numbers[n++] = strtod(at, &end);
        assert_true(end > at);
        if (*end != ',')
            return n;
        at = end + 1;
    }
}

static void test_few_values_stand_as_often_as_they_came(void **state)
{
    static const double values[] = {0.25, 0.5};
    static const double counts[] = {2, 3};
    double numbers[EMF_VALUES_MAX + 1];

    (void)state;
    assert_int_equal(numbers_of((struct datum){.n = 5,
                                               .sum = 2,
                                               .min = 0.25,
                                               .max = 0.5,
                                               .nvalues = 2,
                                               .values = values,
                                               .counts = counts},
                                numbers),
                     5);
    assert_true(numbers[1] < 0.3 && numbers[2] > 0.4);
}

static void test_many_values_are_a_hundred_at_equal_ranks(void **state)
{
    static const double values[] = {1, 2, 3};
    static const double counts[] = {5000, 4000, 1000};
    double numbers[EMF_VALUES_MAX + 1];
    unsigned seen[4] = {0};

    (void)state;
    assert_int_equal(numbers_of((struct datum){.n = 10000,
                                               .sum = 16000,
                                               .min = 1,
                                               .max = 3,
                                               .nvalues = 3,
                                               .values = values,
                                               .counts = counts},
                                numbers),
                     EMF_VALUES_MAX);
    for (unsigned i = 0; i < EMF_VALUES_MAX; i++)
        seen[(unsigned)numbers[i]]++;
    assert_int_equal(seen[1], 50);
    assert_int_equal(seen[2], 40);
    assert_int_equal(seen[3], 10);
}

static void test_hosts_keep_minimum_maximum_and_average(void **state)
{
    double numbers[EMF_VALUES_MAX + 1];
    double sum = 0;
    unsigned n = numbers_of(
        (struct datum){.n = 60, .sum = 60 * 1.9, .min = 1, .max = 2}, numbers);

    (void)state;
    for (unsigned i = 0; i < n; i++)
        sum += numbers[i];
    assert_true(numbers[0] < 1.5 && numbers[n - 1] > 1.5);
    assert_true(sum / n > 1.88 && sum / n < 1.92);
}

static void test_a_rare_maximum_is_not_lost(void **state)
{
    double numbers[EMF_VALUES_MAX + 1];
    unsigned n = numbers_of(
        (struct datum){.n = 6000, .sum = 6001, .min = 1, .max = 2}, numbers);

    (void)state;
    assert_true(numbers[n - 1] > 1.5);
}

static void test_a_line_is_of_one_set_of_dimensions(void **state)
{
    struct series_name a = {.space = STR("N"),
                            .metric = STR("A"),
                            .ndimensions = 2,
                            .dimensions = dimensions};
    struct series_name b = a;

    (void)state;
    b.metric = STR("B");
    assert_true(emf_same_line(&a, &b));
    b.ndimensions = 1;
    assert_false(emf_same_line(&a, &b));
    b = a;
    b.space = STR("M");
    assert_false(emf_same_line(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_line_has_the_dimensions_and_metrics_at_its_root),
        cmocka_unit_test(test_few_values_stand_as_often_as_they_came),
        cmocka_unit_test(test_many_values_are_a_hundred_at_equal_ranks),
        cmocka_unit_test(test_hosts_keep_minimum_maximum_and_average),
        cmocka_unit_test(test_a_rare_maximum_is_not_lost),
        cmocka_unit_test(test_a_line_is_of_one_set_of_dimensions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
