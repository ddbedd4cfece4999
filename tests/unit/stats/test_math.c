/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions over two curves:
 *
 *     minute     0   1   2   3   4
 *     m1         1   2   -   4   5
 *     m2        10   -  30   0  50
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "stats/math.h"

enum { BEGAN = 1700000040 }; /* Tuesday, 14 November 2023, 22:14 */

static struct region region;
static struct error error;

static const int64_t times1[] = {BEGAN, BEGAN + 60, BEGAN + 180, BEGAN + 240};
static const double values1[] = {1, 2, 4, 5};
static const int64_t times2[] = {BEGAN, BEGAN + 120, BEGAN + 180, BEGAN + 240};
static const double values2[] = {10, 30, 0, 50};
static const struct curve curves[] = {
    {.n = 4, .times = times1, .values = values1, .period_s = 60},
    {.n = 4, .times = times2, .values = values2, .period_s = 60},
    {.n = 0, .times = times1, .values = values1, .period_s = 60},
};
static const struct math_value m1 = {
    .kind = MATH_CURVE, .n = 1, .curves = &curves[0]};
static const struct math_value m2 = {
    .kind = MATH_CURVE, .n = 1, .curves = &curves[1]};
static const struct math_value none = {
    .kind = MATH_CURVE, .n = 1, .curves = &curves[2]};

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static const struct math_value *find(void *owner, struct str id)
{
    (void)owner;
    return str_eq(id, STR("m1"))     ? &m1
           : str_eq(id, STR("m2"))   ? &m2
           : str_eq(id, STR("none")) ? &none
                                     : NULL;
}

static bool metrics(void *owner, struct str part, struct math_value *found,
                    struct error *why)
{
    (void)owner;
    (void)why;
    *found = (struct math_value){.kind = MATH_CURVES,
                                 .n = part.n ? 1 : 2,
                                 .curves = str_eq(part, STR("2")) ? &curves[1]
                                                                  : &curves[0]};
    return true;
}

static bool search(void *owner, struct str terms, struct str statistic,
                   int64_t period_s, struct math_value *found,
                   struct error *why)
{
    (void)owner;
    (void)period_s;
    if (!str_eq(terms, STR("all")) || !str_eq(statistic, STR("Sum")))
        return error_set(why, "nothing found");
    *found =
        (struct math_value){.kind = MATH_CURVES, .n = 3, .curves = &curves[0]};
    return true;
}

static bool run(const char *expression, size_t points, struct math_value *value)
{
    struct math_world world = {
        .region = &region,
        .from_s = BEGAN,
        .to_s = BEGAN + 300,
        .period_s = 60,
        .points_left = points,
        .find = find,
        .metrics = metrics,
        .search = search,
    };
    const struct math_node *node =
        math_parse(str_of(expression), &region, &error);

    return node && math_run(&world, node, value, &error);
}

static void put_curve(struct text *t, const struct curve *curve)
{
    unsigned at = 0;

    for (int minute = 0; minute < 5; minute++) {
        if (at < curve->n && curve->times[at] == BEGAN + minute * 60)
            text_printf(t, "%s%g", minute ? " " : "", curve->values[at++]);
        else
            text_printf(t, "%s-", minute ? " " : "");
    }
    assert_int_equal(at, curve->n);
}

/* "1 2 - 4 5" of a curve, "[1 - - - -|...]" of some, "=3" of a number. */
static const char *show(const char *expression)
{
    static char shown[1024];
    struct text t = text_in(shown, sizeof(shown) - 1);
    struct math_value value;

    if (!run(expression, 100 * 1000, &value))
        return error.text;
    if (value.kind == MATH_NUMBER)
        text_printf(&t, "=%g", value.number);
    if (value.kind == MATH_CURVES)
        text_char(&t, '[');
    for (unsigned i = 0; i < value.n; i++) {
        if (i)
            text_char(&t, '|');
        put_curve(&t, &value.curves[i]);
    }
    if (value.kind == MATH_CURVES)
        text_char(&t, ']');
    assert_true(text_ok(&t));
    shown[t.n] = '\0';
    return shown;
}

struct row {
    const char *expression;
    const char *shown;
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_string_equal(show(rows[i].expression), rows[i].shown);
}

#define CHECK_ROWS(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_operators_bind_as_in_arithmetic(void **state)
{
    static const struct row rows[] = {
        {"1 + 2 * 3", "=7"},        {"(1 + 2) * 3", "=9"},
        {"2 ^ 3 ^ 2", "=512"},      {"-2 ^ 2", "=-4"},
        {"2 * -3", "=-6"},          {"10 - 4 - 3", "=3"},
        {"24 / 4 / 2", "=3"},       {"1 + 1 == 2 AND 3 > 2", "=1"},
        {"1 OR 0 AND 0", "=1"},     {"1 < 2 && 2 <= 2 || 0", "=1"},
        {"1 != 1 or 2 >= 3", "=0"}, {"1.5e2 + .5", "=150.5"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_curves_are_combined_where_both_have_points(void **state)
{
    static const struct row rows[] = {
        {"m1", "1 2 - 4 5"},
        {"m1 + m2", "11 - - 4 55"},
        {"m1 * 2", "2 4 - 8 10"},
        {"10 - m1", "9 8 - 6 5"},
        {"-m1", "-1 -2 - -4 -5"},
        {"m1 > 2", "0 0 - 1 1"},
        {"m1 > 1 AND m2 > 20", "0 - - 0 1"},
        {"m1 == m1", "1 1 - 1 1"},
        {"none + m1", "- - - - -"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_what_has_no_value_is_no_point(void **state)
{
    static const struct row rows[] = {
        {"m1 / m2", "0.1 - - - 0.1"},
        {"1 / (m1 - 2)", "-1 - - 0.5 0.333333"},
        {"LOG10(m2)", "1 - 1.47712 - 1.69897"},
        {"(m1 - 4) ^ 0.5", "- - - 0 1"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_functions_of_a_curve(void **state)
{
    static const struct row rows[] = {
        {"ABS(m1 - 3)", "2 1 - 1 2"},
        {"CEIL(m1 / 2)", "1 1 - 2 3"},
        {"FLOOR(m1 / 2)", "0 1 - 2 2"},
        {"LOG(m1 * 0 + 1)", "0 0 - 0 0"},
        {"DIFF(m1)", "- 1 - 2 1"},
        {"DIFF_TIME(m1)", "- 60 - 120 60"},
        {"RATE(m1 * 60)", "- 1 - 1 1"},
        {"RUNNING_SUM(m1)", "1 3 - 7 12"},
        {"MINUTE(m1)", "14 15 - 17 18"},
        {"HOUR(m1) * 100 + DAY(m1)", "2202 2202 - 2202 2202"},
        {"DATE(m1) + MONTH(m1) * 100", "1114 1114 - 1114 1114"},
        {"YEAR(m1)", "2023 2023 - 2023 2023"},
        {"EPOCH(m1) - 1700000040", "0 60 - 180 240"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_functions_that_give_numbers(void **state)
{
    static const struct row rows[] = {
        {"SUM(m1)", "=12"},
        {"AVG(m1)", "=3"},
        {"MIN(m1)", "=1"},
        {"MAX(m1)", "=5"},
        {"STDDEV(m1) ^ 2", "=2.5"},
        {"DATAPOINT_COUNT(m1)", "=4"},
        {"DATAPOINT_COUNT(none)", "=0"},
        {"PERIOD(m1)", "=60"},
        {"METRIC_COUNT(METRICS())", "=2"},
        {"m1 - AVG(m1)", "-2 -1 - 1 2"},
        {"m1 / PERIOD(m1) * 60", "1 2 - 4 5"},
        {"m1 * SUM(none)", "- - - - -"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_functions_across_curves(void **state)
{
    static const struct row rows[] = {
        {"SUM(METRICS())", "11 2 30 4 55"},
        {"AVG([m1, m2])", "5.5 2 30 2 27.5"},
        {"MIN([m1, m2])", "1 2 30 0 5"},
        {"MAX(METRICS())", "10 2 30 4 50"},
        {"STDDEV([m1, m2])", "4.5 0 0 2 22.5"},
        {"DATAPOINT_COUNT(METRICS())", "2 1 1 2 2"},
        {"SUM(METRICS('2'))", "10 - 30 0 50"},
        {"METRICS() * 2", "[2 4 - 8 10|20 - 60 0 100]"},
        {"METRICS() + m1", "[2 4 - 8 10|11 - - 4 55]"},
        {"FIRST(METRICS())", "1 2 - 4 5"},
        {"LAST(METRICS())", "10 - 30 0 50"},
        {"FIRST(REMOVE_EMPTY([none, m2]))", "10 - 30 0 50"},
        {"REMOVE_EMPTY([none])", "[]"},
        {"SLICE([m1, m2, none], 1, 2)", "[10 - 30 0 50]"},
        {"SLICE([m1, m2], 1)", "[10 - 30 0 50]"},
        {"SLICE([m1, m2], 5)", "[]"},
        {"SORT([m1, m2], MAX, DESC)", "[10 - 30 0 50|1 2 - 4 5]"},
        {"SORT([m2, none, m1], AVG, ASC, 1)", "[1 2 - 4 5]"},
        {"LAST(SORT([none, m2, m1], SUM, DESC))", "- - - - -"},
        {"ABS(METRICS() - 3)", "[2 1 - 1 2|7 - 27 3 47]"},
        {"SUM(SEARCH('all', 'Sum', 60))", "11 2 30 4 55"},
        {"SEARCH('some', 'Sum')", "nothing found"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_gaps_are_filled(void **state)
{
    static const struct row rows[] = {
        {"FILL(m1, 0)", "1 2 0 4 5"},
        {"FILL(m1, m2)", "1 2 30 4 5"},
        {"FILL(m1, REPEAT)", "1 2 2 4 5"},
        {"FILL(m1, LINEAR)", "1 2 3 4 5"},
        {"FILL(none, 7)", "7 7 7 7 7"},
        {"FILL(none, REPEAT)", "- - - - -"},
        {"FILL(DIFF(m1), REPEAT)", "- 1 1 2 1"},
        {"FILL(DIFF(m2), LINEAR)", "- - 20 -30 50"},
        {"FILL(METRICS(), 0)", "[1 2 0 4 5|10 0 30 0 50]"},
        {"TIME_SERIES(3)", "3 3 3 3 3"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_conditions_choose(void **state)
{
    static const struct row rows[] = {
        {"IF(m1 > 2, m1, 0)", "0 0 - 4 5"},
        {"IF(m1 > 2, m1)", "- - - 4 5"},
        {"IF(m1 > 2, m2, m1 * 100)", "100 200 - 0 50"},
        {"IF(AVG(m1) > 2, m1, m2)", "1 2 - 4 5"},
        {"IF(0, m1)", "- - - - -"},
        {"IF(1, METRICS())", "[1 2 - 4 5|10 - 30 0 50]"},
        {"IF(m1, METRICS())", "IF() takes numbers and time series"},
        {"IF(METRICS(), 1)",
         "IF() has a number or one time series for a condition"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_what_is_no_expression_says_why(void **state)
{
    static const struct row rows[] = {
        {"", "it ends too early at character 1"},
        {"1 +", "it ends too early at character 4"},
        {"1 2", "an operator is missing at character 3"},
        {"(1", "')' is missing at character 3"},
        {"[m1", "']' or ',' is missing at character 4"},
        {"1.2.3", "there is no such number at character 1"},
        {"'a", "a text does not end at character 2"},
        {"m1 # m2", "an operator is missing at character 4"},
        {"m3", "there is no metric or expression 'm3'"},
        {"AVERAGE(m1)", "there is no function 'AVERAGE'"},
        {"DIF(m1)", "there is no function 'DIF'; did you mean DIFF?"},
        {"ANOMALY_DETECTION_BAND(m1)",
         "the function ANOMALY_DETECTION_BAND is not supported by Sluice"},
        {"ABS()", "ABS() takes 1 to 1 arguments, not 0"},
        {"MAX(m1, m2)", "MAX() takes 1 to 1 arguments, not 2"},
        {"METRICS() + METRICS()",
         "unsupported operand types for +: TimeSeries[] and TimeSeries[]"},
        {"m1 + 'a'", "unsupported operand types for +: TimeSeries and String"},
        {"m1 + REPEAT",
         "unsupported operand types for +: TimeSeries and String"},
        {"'a'", "it is a text and no time series"},
        {"[1]", "an array holds time series, not Scalar"},
        {"RATE(1)", "RATE() takes time series"},
        {"PERIOD(METRICS())", "PERIOD() takes one time series"},
        {"FILL(m1, SOMEHOW)",
         "FILL() fills with a number, a time series, REPEAT or LINEAR"},
        {"TIME_SERIES(m1)", "TIME_SERIES() takes a number"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void test_depth_length_and_work_have_bounds(void **state)
{
    static char text[MATH_LENGTH_MAX + 2];
    struct math_value value;

    (void)state;
    memset(text, '(', sizeof(text) - 1);
    assert_null(
        math_parse(str_make(text, 2 * MATH_NESTED_MAX), &region, &error));
    assert_non_null(strstr(error.text, "nested too deep"));
    memset(text, '-', sizeof(text) - 1);
    assert_null(math_parse(str_make(text, MATH_LENGTH_MAX), &region, &error));
    assert_non_null(strstr(error.text, "nested too deep"));
    for (unsigned i = 0; i < MATH_LENGTH_MAX; i++)
        text[i] = i % 2 ? '+' : '1';
    text[MATH_LENGTH_MAX - 1] = '\0';
    assert_true(run(text, 0, &value));
    assert_true(value.number == 1024);
    assert_null(
        math_parse(str_make(text, MATH_LENGTH_MAX + 1), &region, &error));
    assert_non_null(strstr(error.text, "too long"));
    assert_true(run("m1 + m2", 20, &value));
    assert_false(run("m1 + m2 + m1", 20, &value));
    assert_non_null(strstr(error.text, "too many datapoints"));
}

static void count(void *to, struct str id)
{
    ++*(unsigned *)to;
    assert_int_equal(id.n, 2);
}

static void test_ids_are_told(void **state)
{
    unsigned n = 0;

    (void)state;
    math_ids(math_parse(STR("IF(m1 > 2, [m2, -m1], SORT(METRICS('x'), AVG, "
                            "ASC))"),
                        &region, &error),
             count, &n);
    assert_int_equal(n, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operators_bind_as_in_arithmetic),
        cmocka_unit_test(test_curves_are_combined_where_both_have_points),
        cmocka_unit_test(test_what_has_no_value_is_no_point),
        cmocka_unit_test(test_functions_of_a_curve),
        cmocka_unit_test(test_functions_that_give_numbers),
        cmocka_unit_test(test_functions_across_curves),
        cmocka_unit_test(test_gaps_are_filled),
        cmocka_unit_test(test_conditions_choose),
        cmocka_unit_test(test_what_is_no_expression_says_why),
        cmocka_unit_test(test_depth_length_and_work_have_bounds),
        cmocka_unit_test(test_ids_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
