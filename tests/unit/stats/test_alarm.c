/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats/alarm.h"

enum { FIRST_S = 1795467600, POINTS_MAX = 32 }; /* 2026-11-23 21:00:00 */

static const struct alarm_terms above_1 = {
    .periods = 1,
    .to_alarm = 1,
    .said = true,
    .threshold = 1,
    .comparison = ALARM_GREATER_OR_EQUAL,
};

static struct alarm_terms of(unsigned to_alarm, unsigned periods)
{
    struct alarm_terms terms = above_1;

    terms.to_alarm = to_alarm;
    terms.periods = periods;
    return terms;
}

/* "0 - X": not breaching, missing, breaching; the newest is the last. */
static unsigned parse(const char *row, struct alarm_point points[POINTS_MAX])
{
    unsigned n = 0;

    for (const char *p = row; *p; p++) {
        if (*p == ' ')
            continue;
        assert_true(n < POINTS_MAX);
        points[n] = (struct alarm_point){.start_s = FIRST_S + 60 * (int64_t)n,
                                         .there = *p != '-',
                                         .value = *p == 'X' ? 5 : 0,
                                         .samples = 1};
        n++;
    }
    return n;
}

static enum alarm_state judged(const struct alarm_terms *terms, const char *row,
                               enum alarm_state now)
{
    struct alarm_point points[POINTS_MAX];
    unsigned n = parse(row, points);

    return alarm_judge(terms, points, n, now).state;
}

/* ---- the tables of the user guide ----------------------------------------------- */

enum { KEPT = ALARM_STATES }; /* "Retain current state" */

struct row {
    const char *points;
    unsigned filled;
    int states[4]; /* missing, ignore, breaching, notBreaching */
};

#define OK ALARM_STATE_OK
#define ALARM ALARM_STATE_ALARM
#define NO_DATA ALARM_STATE_INSUFFICIENT_DATA

static const struct row three_of_three[] = {
    {"0 - X - X", 0, {OK, OK, OK, OK}},
    {"0 - - - -", 2, {OK, OK, OK, OK}},
    {"- - - - -", 3, {NO_DATA, KEPT, ALARM, OK}},
    {"0 X X - X", 0, {ALARM, ALARM, ALARM, ALARM}},
    {"- - X - -", 2, {ALARM, KEPT, ALARM, OK}},
};

static const struct row two_of_three[] = {
    {"0 - X - X", 0, {ALARM, ALARM, ALARM, ALARM}},
    {"0 0 X 0 X", 0, {ALARM, ALARM, ALARM, ALARM}},
    {"0 - X - -", 1, {OK, OK, ALARM, OK}},
    {"- - - - 0", 2, {OK, OK, ALARM, OK}},
    {"- - - X -", 2, {ALARM, KEPT, ALARM, OK}},
};

static void check_row(unsigned to_alarm, const struct row *row,
                      enum alarm_missing missing, enum alarm_state now)
{
    struct alarm_terms terms = of(to_alarm, 3);
    struct alarm_point points[POINTS_MAX];
    unsigned n = parse(row->points, points);
    struct alarm_verdict verdict;
    int wanted = row->states[missing];

    assert_int_equal(n, alarm_range(&terms));
    terms.missing = missing;
    verdict = alarm_judge(&terms, points, n, now);
    if ((int)verdict.state != (wanted == KEPT ? (int)now : wanted))
        fail_msg("%u of 3, \"%s\", %s: %s", to_alarm, row->points,
                 alarm_missing_words[missing],
                 alarm_state_words[verdict.state]);
    assert_int_equal(verdict.filled, row->filled);
}

static void check_table(unsigned to_alarm, const struct row rows[5])
{
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned missing = 0; missing < 4; missing++) {
            for (unsigned now = 0; now < ALARM_STATES; now++)
                check_row(to_alarm, &rows[i], (enum alarm_missing)missing,
                          (enum alarm_state)now);
        }
    }
}

static void test_three_of_three_is_as_the_first_table_has_it(void **state)
{
    (void)state;
    check_table(3, three_of_three);
}

static void test_two_of_three_is_as_the_second_table_has_it(void **state)
{
    (void)state;
    check_table(2, two_of_three);
}

/* The examples in the text below the tables. */
static void test_a_first_breach_is_no_alarm_before_it_is_old(void **state)
{
    struct alarm_terms terms = of(3, 3);

    (void)state;
    assert_int_equal(judged(&terms, "- - - - X", OK), OK);
    assert_int_equal(judged(&terms, "- - - X -", OK), OK);
    assert_int_equal(judged(&terms, "- - X - -", OK), ALARM);
    assert_int_equal(judged(&terms, "- - - X 0", OK), OK);
    assert_int_equal(judged(&terms, "- - X - 0", OK), OK);
}

static void test_breaches_alone_do_not_end_an_alarm(void **state)
{
    struct alarm_terms terms = of(3, 3);

    (void)state;
    assert_int_equal(judged(&terms, "- - - - X", ALARM), ALARM);
    assert_int_equal(judged(&terms, "- - - - X", NO_DATA), NO_DATA);
    assert_int_equal(judged(&terms, "- - - - 0", ALARM), OK);
}

/* ---- other rules ---------------------------------------------------------------------- */

static void test_all_data_there_the_newest_count(void **state)
{
    struct alarm_terms terms = of(2, 3);

    (void)state;
    assert_int_equal(judged(&terms, "X X 0 0 X", OK), OK);
    assert_int_equal(judged(&terms, "0 0 0 X X", OK), ALARM);
    terms = of(1, 1);
    assert_int_equal(judged(&terms, "X X 0", ALARM), OK);
    assert_int_equal(judged(&terms, "0 0 X", OK), ALARM);
}

static void test_an_older_datapoint_stands_in_for_a_missing_one(void **state)
{
    struct alarm_terms terms = of(1, 1);

    (void)state;
    terms.missing = ALARM_NOT_BREACHING;
    assert_int_equal(judged(&terms, "X - -", OK), ALARM);
    assert_int_equal(judged(&terms, "- - -", ALARM), OK);
}

static void test_each_comparison_has_its_own_edge(void **state)
{
    static const struct {
        enum alarm_comparison comparison;
        enum alarm_state below, at, above;
    } cases[] = {
        {ALARM_GREATER_OR_EQUAL, OK, ALARM, ALARM},
        {ALARM_GREATER, OK, OK, ALARM},
        {ALARM_LESS, ALARM, OK, OK},
        {ALARM_LESS_OR_EQUAL, ALARM, ALARM, OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct alarm_terms terms = above_1;
        struct alarm_point point = {.there = true};

        terms.comparison = cases[i].comparison;
        point.value = 0.5;
        assert_int_equal(alarm_judge(&terms, &point, 1, OK).state,
                         cases[i].below);
        point.value = 1;
        assert_int_equal(alarm_judge(&terms, &point, 1, OK).state, cases[i].at);
        point.value = 1.5;
        assert_int_equal(alarm_judge(&terms, &point, 1, OK).state,
                         cases[i].above);
    }
}

static void test_few_samples_of_a_percentile_change_nothing(void **state)
{
    struct alarm_terms terms = above_1;
    struct alarm_point point = {.there = true, .value = 9, .samples = 999};

    (void)state;
    assert_int_equal(alarm_judge(&terms, &point, 1, OK).state, ALARM);
    terms.low_samples = alarm_few_samples(99);
    assert_int_equal(alarm_judge(&terms, &point, 1, OK).state, OK);
    point.samples = 1001;
    assert_int_equal(alarm_judge(&terms, &point, 1, OK).state, ALARM);
    assert_int_equal((int)(alarm_few_samples(50) + 0.5), 20);
    assert_int_equal((int)(alarm_few_samples(10) + 0.5), 100);
}

/* ---- texts --------------------------------------------------------------------------- */

static const char *number(double n)
{
    static char buffer[64];
    struct text t = text_in(buffer, sizeof(buffer) - 1);

    alarm_put_number(&t, n);
    buffer[t.n] = '\0';
    return buffer;
}

static void test_numbers_have_as_many_digits_as_they_need(void **state)
{
    (void)state;
    assert_string_equal(number(5), "5.0");
    assert_string_equal(number(0), "0.0");
    assert_string_equal(number(-2.5), "-2.5");
    assert_string_equal(number(100), "100.0");
    assert_string_equal(number(38.395433048854194), "38.395433048854194");
    assert_string_equal(number(1.0166666666666666), "1.0166666666666666");
    assert_string_equal(number(0.1), "0.1");
    assert_string_equal(number(0.05), "0.05");
    assert_string_equal(number(0.00125), "0.00125");
    assert_string_equal(number(0.000125), "1.25E-4");
    assert_string_equal(number(9999999), "9999999.0");
    assert_string_equal(number(1e7), "1.0E7");
    assert_string_equal(number(12345678), "1.2345678E7");
}

static const char *reason(const struct alarm_terms *terms, const char *row)
{
    static char buffer[ALARM_REASON_MAX + 1];
    struct text t = text_in(buffer, ALARM_REASON_MAX);
    struct alarm_point points[POINTS_MAX];
    unsigned n = parse(row, points);
    struct alarm_verdict verdict = alarm_judge(terms, points, n, NO_DATA);

    alarm_put_reason(&t, terms, points, n, &verdict);
    assert_true(text_ok(&t));
    buffer[t.n] = '\0';
    return buffer;
}

static void test_a_reason_has_the_datapoints_in_it(void **state)
{
    struct alarm_terms terms = of(1, 1);

    (void)state;
    assert_string_equal(
        reason(&terms, "X"),
        "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (23/11/26 "
        "21:00:00)] was greater than or equal to the threshold (1.0) (minimum "
        "1 datapoint for OK -> ALARM transition).");
    terms = of(2, 3);
    terms.comparison = ALARM_GREATER;
    assert_string_equal(
        reason(&terms, "0 0 X"),
        "Threshold Crossed: 2 out of the last 3 datapoints [0.0 (23/11/26 "
        "21:01:00), 0.0 (23/11/26 21:00:00)] were not greater than the "
        "threshold (1.0) (minimum 2 datapoints for ALARM -> OK transition).");
}

static void test_without_datapoints_to_alarm_a_reason_is_short(void **state)
{
    struct alarm_terms terms = of(2, 2);

    (void)state;
    terms.said = false;
    terms.comparison = ALARM_LESS;
    assert_string_equal(
        reason(&terms, "0 0"),
        "Threshold Crossed: 2 datapoints [0.0 (23/11/26 21:01:00), 0.0 "
        "(23/11/26 21:00:00)] were less than the threshold (1.0).");
}

static void test_a_reason_says_what_missing_data_were_taken_for(void **state)
{
    struct alarm_terms terms = of(2, 2);

    (void)state;
    terms.missing = ALARM_BREACHING;
    assert_string_equal(
        reason(&terms, "- - - -"),
        "Threshold Crossed: no datapoints were received for 2 periods and 2 "
        "missing datapoints were treated as [Breaching].");
    terms = of(1, 1);
    terms.missing = ALARM_NOT_BREACHING;
    assert_string_equal(
        reason(&terms, "- - -"),
        "Threshold Crossed: no datapoints were received for 1 period and 1 "
        "missing datapoint was treated as [NonBreaching].");
    terms = of(2, 3);
    terms.missing = ALARM_BREACHING;
    assert_string_equal(
        reason(&terms, "- - - - X"),
        "Threshold Crossed: 1 out of the last 3 datapoints [5.0 (23/11/26 "
        "21:04:00)] was greater than or equal to the threshold (1.0) and 2 "
        "missing datapoints were treated as [Breaching] (minimum 2 datapoints "
        "for OK -> ALARM transition).");
    terms.missing = ALARM_MISSING;
    assert_string_equal(reason(&terms, "- - - - -"),
                        "Insufficient Data: 5 datapoints were unknown.");
}

static void test_the_longest_reason_has_room(void **state)
{
    struct alarm_terms terms = of(30, 30);

    (void)state;
    assert_true(strlen(reason(&terms, "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXX")) < 600);
    assert_non_null(
        strstr(reason(&terms, "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"), ", ...]"));
}

static const char *data(const char *row, struct str statistic)
{
    static char buffer[ALARM_REASON_DATA_MAX + 1];
    struct text t = text_in(buffer, ALARM_REASON_DATA_MAX);
    struct alarm_terms terms = of(1, 2);
    struct alarm_point points[POINTS_MAX];
    struct alarm_query query = {.now_ms = (FIRST_S + 121) * (int64_t)1000 + 43,
                                .period_s = 60,
                                .statistic = statistic};
    unsigned n = parse(row, points);
    struct alarm_verdict verdict = alarm_judge(&terms, points, n, NO_DATA);

    alarm_put_reason_data(&t, &terms, &query, points, n, &verdict);
    assert_true(text_ok(&t));
    buffer[t.n] = '\0';
    return buffer;
}

static void test_the_data_of_a_reason_are_json(void **state)
{
    (void)state;
    assert_string_equal(
        data("0 X", STR("Sum")),
        "{\"version\":\"1.0\",\"queryDate\":\"2026-11-23T21:02:01.043+0000\","
        "\"startDate\":\"2026-11-23T21:00:00.000+0000\",\"statistic\":\"Sum\","
        "\"period\":60,\"recentDatapoints\":[0.0,5.0],\"threshold\":1.0,"
        "\"evaluatedDatapoints\":[{\"timestamp\":"
        "\"2026-11-23T21:01:00.000+0000\",\"sampleCount\":1.0,\"value\":5.0},{"
        "\"timestamp\":\"2026-11-23T21:00:00.000+0000\",\"sampleCount\":1.0,"
        "\"value\":0.0}]}");
    assert_string_equal(
        data("- -", STR("")),
        "{\"version\":\"1.0\",\"queryDate\":\"2026-11-23T21:02:01.043+0000\","
        "\"period\":60,\"recentDatapoints\":[],\"threshold\":1.0,"
        "\"evaluatedDatapoints\":[{\"timestamp\":"
        "\"2026-11-23T21:01:00.000+0000\"},{\"timestamp\":"
        "\"2026-11-23T21:00:00.000+0000\"}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_of_three_is_as_the_first_table_has_it),
        cmocka_unit_test(test_two_of_three_is_as_the_second_table_has_it),
        cmocka_unit_test(test_a_first_breach_is_no_alarm_before_it_is_old),
        cmocka_unit_test(test_breaches_alone_do_not_end_an_alarm),
        cmocka_unit_test(test_all_data_there_the_newest_count),
        cmocka_unit_test(test_an_older_datapoint_stands_in_for_a_missing_one),
        cmocka_unit_test(test_each_comparison_has_its_own_edge),
        cmocka_unit_test(test_few_samples_of_a_percentile_change_nothing),
        cmocka_unit_test(test_numbers_have_as_many_digits_as_they_need),
        cmocka_unit_test(test_a_reason_has_the_datapoints_in_it),
        cmocka_unit_test(test_without_datapoints_to_alarm_a_reason_is_short),
        cmocka_unit_test(test_a_reason_says_what_missing_data_were_taken_for),
        cmocka_unit_test(test_the_longest_reason_has_room),
        cmocka_unit_test(test_the_data_of_a_reason_are_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
