/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "stats/series.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ---- which there are ------------------------------------------------------------- */

static void test_statistics_are_known_by_cloudwatchs_names(void **state)
{
    static const char *const names[] = {"SampleCount",
                                        "Sum",
                                        "Average",
                                        "Minimum",
                                        "Maximum",
                                        "p0",
                                        "p99",
                                        "p99.9",
                                        "p100",
                                        "p0.0",
                                        "p95.4567890123",
                                        "tm90",
                                        "TM(10%:90%)",
                                        "TM(:95%)",
                                        "TM(5%:)",
                                        "TM(150:1000)",
                                        "TM(0.005:0.03)",
                                        "tc99",
                                        "TC(80%:)",
                                        "ts99.5",
                                        "TS(:0.5)",
                                        "wm98",
                                        "WM(10%:90%)",
                                        "WM(80:500)",
                                        "PR(:300)",
                                        "PR(100:2000)",
                                        "PR(5:)",
                                        "IQM",
                                        "iqm",
                                        "TM(25%:75.5%)",
                                        "pr(0:1)"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        if (!statistic_is_one(str_of(names[i])))
            fail_msg("%s is none", names[i]);
}

static void test_what_is_no_statistic_is_refused(void **state)
{
    static const char *const names[] = {"",
                                        "sum",
                                        "p",
                                        "p100.1",
                                        "p-1",
                                        "p9e1",
                                        "p.5",
                                        "p(10%:90%)",
                                        "P99x",
                                        "pr99",
                                        "PR(10%:90%)",
                                        "PR(:)",
                                        "PR()",
                                        "TM(:)",
                                        "TM(90%:10%)",
                                        "TM(50%:50%)",
                                        "TM(10:90%)",
                                        "TM(10%:101%)",
                                        "TM(10%)",
                                        "TM(10%:90%",
                                        "tm",
                                        "tm101",
                                        "xm90",
                                        "IQM90",
                                        "p1.2.3",
                                        "tm90%",
                                        "p1.12345678901",
                                        "p1234567890123456",
                                        "(",
                                        "TM(-1:5)",
                                        "Average ",
                                        "TM(1:2:3)"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        if (statistic_is_one(str_of(names[i])))
            fail_msg("%s is one", names[i]);
}

/* ---- what they are ----------------------------------------------------------------- */

static double statistic(const char *name, const struct datum *datum)
{
    double value = -1;

    if (!statistic_of(str_of(name), datum, &value))
        fail_msg("%s has no value", name);
    return value;
}

static bool near(double a, double b)
{
    double size = (a < 0 ? -a : a) + 1;

    return a - b < 1e-9 * size && b - a < 1e-9 * size;
}

static void test_the_plain_ones_need_no_values(void **state)
{
    const struct datum d = {.n = 4, .sum = 10, .min = 1, .max = 5};
    double value;

    (void)state;
    assert_true(near(statistic("SampleCount", &d), 4));
    assert_true(near(statistic("Sum", &d), 10));
    assert_true(near(statistic("Average", &d), 2.5));
    assert_true(near(statistic("Minimum", &d), 1));
    assert_true(near(statistic("Maximum", &d), 5));
    assert_false(statistic_of(STR("p50"), &d, &value));
    assert_false(statistic_of(STR("IQM"), &d, &value));
    assert_false(statistic_of(STR("PR(:3)"), &d, &value));
}

static void test_equal_values_or_one_have_percentiles(void **state)
{
    const struct datum equal = {.n = 7, .sum = 21, .min = 3, .max = 3};
    const struct datum one = {.n = 1, .sum = 9, .min = 9, .max = 9};

    (void)state;
    assert_true(near(statistic("p99", &equal), 3));
    assert_true(near(statistic("tc50", &equal), 4)); /* 3.5 of 7 go */
    assert_true(near(statistic("p1", &one), 9));
    assert_true(near(statistic("IQM", &one), 9));
}

static void test_nothing_has_no_statistics(void **state)
{
    const struct datum d = {.n = 0};
    double value;

    (void)state;
    assert_false(statistic_of(STR("Sum"), &d, &value));
    assert_false(statistic_of(STR("p50"), &d, &value));
}

static void test_negative_values_have_no_percentiles(void **state)
{
    const double values[] = {-1, 2};
    const double counts[] = {1, 1};
    const struct datum d = {.n = 2,
                            .sum = 1,
                            .min = -1,
                            .max = 2,
                            .nvalues = 2,
                            .values = values,
                            .counts = counts};
    double value;

    (void)state;
    assert_false(statistic_of(STR("p50"), &d, &value));
    assert_true(statistic_of(STR("Minimum"), &d, &value));
}

static void test_bounds_are_exclusive_below_and_inclusive_above(void **state)
{
    static const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 100};
    static const double counts[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const struct {
        const char *name;
        double value;
    } cases[] = {
        {"p10", 1},       {"p10.1", 2},       {"p50", 5},
        {"p90", 9},       {"p91", 100},       {"p0", 1},
        {"p100", 100},    {"tm90", 5},        {"TM(10%:90%)", 5.5},
        {"TM(:90%)", 5},  {"TM(10%:)", 16},   {"TM(2:4)", 3.5},
        {"TM(:2)", 1.5},  {"TM(9:)", 100},    {"TC(2:4)", 2},
        {"TS(2:4)", 7},   {"tc90", 9},        {"ts90", 45},
        {"TC(0:1)", 1},   {"TC(200:300)", 0}, {"TS(200:300)", 0},
        {"PR(:5)", 50},   {"PR(2:4)", 20},    {"PR(9:)", 10},
        {"PR(:0.5)", 0},  {"wm90", 5.4},      {"WM(10%:90%)", 5.5},
        {"WM(3:8)", 5.5}, {"WM(:9)", 5.4},    {"IQM", 5.5},
    };
    const struct datum d = {.n = 10,
                            .sum = 145,
                            .min = 1,
                            .max = 100,
                            .nvalues = 10,
                            .values = values,
                            .counts = counts};
    double value;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        value = statistic(cases[i].name, &d);
        if (!near(value, cases[i].value))
            fail_msg("%s is %g, not %g", cases[i].name, value, cases[i].value);
    }
    assert_false(statistic_of(STR("TM(200:300)"), &d, &value));
}

static void test_decimals_take_as_many_as_they_say(void **state)
{
    double values[1000];
    double counts[1000];
    struct datum d = {.n = 1000,
                      .min = 1,
                      .max = 1000,
                      .nvalues = 1000,
                      .values = values,
                      .counts = counts};

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        values[i] = i + 1;
        counts[i] = 1;
        d.sum += values[i];
    }
    assert_true(near(statistic("tc99.9", &d), 999));
    assert_true(near(statistic("TC(0.1%:99.9%)", &d), 998));
    assert_true(near(statistic("p99.9", &d), 999));
    assert_true(near(statistic("p99.91", &d), 1000));
}

/* ---- against a list of all values ------------------------------------------------------ */

enum { POINTS_MAX = 400, DISTINCT = 40 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

struct sample {
    unsigned n;
    double all[POINTS_MAX]; /* ascending */
    double values[DISTINCT];
    double counts[DISTINCT];
    struct datum datum;
};

static void draw(struct sample *s)
{
    *s = (struct sample){.n = 1 + (unsigned)rand() % POINTS_MAX};
    for (unsigned i = 0; i < s->n; i++)
        s->all[i] = rand() % DISTINCT * 0.25;
    qsort(s->all, s->n, sizeof(s->all[0]), by_value);
    s->datum = (struct datum){.n = s->n,
                              .min = s->all[0],
                              .max = s->all[s->n - 1],
                              .values = s->values,
                              .counts = s->counts};
    for (unsigned i = 0; i < s->n; i++) {
        unsigned *k = &s->datum.nvalues;

        s->datum.sum += s->all[i];
        if (*k == 0 || s->values[*k - 1] < s->all[i])
            s->values[(*k)++] = s->all[i];
        s->counts[*k - 1]++;
    }
}

static void test_percentiles_are_those_of_a_sorted_list(void **state)
{
    struct sample *s = memory_zeroed(1, sizeof(*s));

    (void)state;
    srand(1);
    for (unsigned round = 0; round < 300; round++) {
        draw(s);
        for (unsigned p = 0; p <= 100; p++) {
            char name[8];
            unsigned rank = (p * s->n + 99) / 100;

            (void)snprintf(name, sizeof(name), "p%u", p);
            assert_true(
                near(statistic(name, &s->datum), s->all[rank ? rank - 1 : 0]));
        }
    }
    free(s);
}

static void test_trimmed_ones_are_those_of_a_sorted_list(void **state)
{
    struct sample *s = memory_zeroed(1, sizeof(*s));

    (void)state;
    srand(2);
    for (unsigned round = 0; round < 3000; round++) {
        unsigned low = (unsigned)rand() % 50;
        unsigned high = 51 + (unsigned)rand() % 50;
        unsigned from;
        unsigned to;
        double sum = 0;
        double winsorized;
        char name[32];

        draw(s);
        from = low * s->n / 100;
        to = s->n - (100 - high) * s->n / 100;
        for (unsigned i = from; i < to; i++)
            sum += s->all[i];
        winsorized = sum + from * s->all[from] + (s->n - to) * s->all[to - 1];
        (void)snprintf(name, sizeof(name), "TC(%u%%:%u%%)", low, high);
        assert_true(near(statistic(name, &s->datum), to - from));
        (void)snprintf(name, sizeof(name), "TS(%u%%:%u%%)", low, high);
        assert_true(near(statistic(name, &s->datum), sum));
        (void)snprintf(name, sizeof(name), "TM(%u%%:%u%%)", low, high);
        assert_true(near(statistic(name, &s->datum), sum / (to - from)));
        (void)snprintf(name, sizeof(name), "WM(%u%%:%u%%)", low, high);
        assert_true(near(statistic(name, &s->datum), winsorized / s->n));
    }
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics_are_known_by_cloudwatchs_names),
        cmocka_unit_test(test_what_is_no_statistic_is_refused),
        cmocka_unit_test(test_the_plain_ones_need_no_values),
        cmocka_unit_test(test_equal_values_or_one_have_percentiles),
        cmocka_unit_test(test_nothing_has_no_statistics),
        cmocka_unit_test(test_negative_values_have_no_percentiles),
        cmocka_unit_test(test_bounds_are_exclusive_below_and_inclusive_above),
        cmocka_unit_test(test_decimals_take_as_many_as_they_say),
        cmocka_unit_test(test_percentiles_are_those_of_a_sorted_list),
        cmocka_unit_test(test_trimmed_ones_are_those_of_a_sorted_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
