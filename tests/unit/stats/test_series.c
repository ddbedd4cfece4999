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

enum { MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR };

enum { GROWTH = 256 * 1024 }; /* of one hour of one series */

#define BEGAN (INT64_C(1800000000) / DAY * DAY)

static const struct dimension both_ways[] = {
    {{"LoadBalancer", 12}, {"app/a/1", 7}},
    {{"AvailabilityZone", 16}, {"eu-west-1a", 10}},
    {{"LoadBalancer", 12}, {"app/a/1", 7}},
};

static const struct series_name requests = {
    .space = {"AWS/ApplicationELB", 18},
    .metric = {"RequestCount", 12},
    .ndimensions = 2,
    .dimensions = both_ways,
};

static struct series_store *made(void **state)
{
    *state = series_store_new();
    return *state;
}

static int end(void **state)
{
    series_store_free(*state);
    return 0;
}

static void add_events(struct series_store *store,
                       const struct series_name *name, int64_t time_s, double n)
{
    const struct datum d = {.n = n, .sum = n, .min = 1, .max = 1};

    assert_true(series_add(store, name, "Count", time_s, &d));
}

static double sum_of(const struct series *series, int64_t from_s, int64_t to_s)
{
    struct region region = {NULL};
    double sum = series_read(series, from_s, to_s, &region).sum;

    region_end(&region);
    return sum;
}

static bool is(double a, double b)
{
    return a >= b && a <= b;
}

/* ---- names ------------------------------------------------------------------------- */

static void
test_a_series_is_found_whatever_the_order_of_dimensions(void **state)
{
    struct series_store *store = made(state);
    struct series_name other = requests;
    const struct series *found;

    add_events(store, &requests, BEGAN, 5);
    other.dimensions = both_ways + 1;
    found = series_find(store, &other);
    assert_non_null(found);
    assert_ptr_equal(found, series_find(store, &requests));
    assert_string_equal(series_unit(found), "Count");
    assert_true(str_eq(series_name_of(found)->metric, STR("RequestCount")));
}

static void test_a_series_is_none_of_other_dimensions(void **state)
{
    struct series_store *store = made(state);
    struct series_name other = requests;
    const struct dimension elsewhere[] = {
        both_ways[0], {both_ways[1].name, STR("eu-west-1b")}};

    add_events(store, &requests, BEGAN, 5);
    other.ndimensions = 1;
    assert_null(series_find(store, &other));
    other = requests;
    other.metric = STR("ProcessedBytes");
    assert_null(series_find(store, &other));
    other = requests;
    other.dimensions = elsewhere;
    assert_null(series_find(store, &other));
    other = requests;
    other.space = STR("Sluice/ApplicationELB");
    assert_null(series_find(store, &other));
}

static void test_series_come_in_the_order_of_their_making(void **state)
{
    struct series_store *store = made(state);
    const struct series *series = NULL;
    char name[16];

    for (int i = 0; i < 1000; i++) {
        struct series_name it = {.space = STR("N"), .metric = {name, 0}};

        it.metric.n = (size_t)snprintf(name, sizeof(name), "m%d", i);
        add_events(store, &it, BEGAN, i + 1);
    }
    for (int i = 0; i < 1000; i++) {
        series = series_next(store, series);
        assert_non_null(series);
        assert_true(is(sum_of(series, BEGAN, BEGAN + 60), i + 1));
        assert_ptr_equal(series_find(store, series_name_of(series)), series);
    }
    assert_null(series_next(store, series));
    assert_int_equal(series_store_counts(store).series, 1000);
}

/* ---- points -------------------------------------------------------------------------- */

static void test_what_is_read_is_what_was_added_in_that_time(void **state)
{
    struct series_store *store = made(state);
    const struct series *series;

    for (int i = 0; i < 180; i++)
        add_events(store, &requests, BEGAN + i * MINUTE + i % 60, i + 1);
    series = series_find(store, &requests);
    assert_true(is(sum_of(series, BEGAN, BEGAN + 180 * MINUTE), 16290));
    assert_true(
        is(sum_of(series, BEGAN + 59 * MINUTE, BEGAN + 61 * MINUTE), 60 + 61));
    assert_true(is(sum_of(series, BEGAN + 1, BEGAN + MINUTE), 0));
    assert_true(is(sum_of(series, BEGAN - DAY, BEGAN), 0));
    assert_true(is(sum_of(series, BEGAN + DAY, BEGAN + 2 * DAY), 0));
    assert_true(series_newest_s(series) == BEGAN + 179 * MINUTE);
}

static void test_data_of_one_minute_add_up(void **state)
{
    struct series_store *store = made(state);
    const struct datum low = {.n = 1, .sum = 2, .min = 2, .max = 2};
    const struct datum set = {.n = 3, .sum = 30.5, .min = 5.25, .max = 20};
    struct region region = {NULL};
    struct datum d;

    series_add(store, &requests, "Count", BEGAN + 5 * MINUTE, &set);
    series_add(store, &requests, "Count", BEGAN + 7 * MINUTE, &low);
    series_add(store, &requests, "Count", BEGAN + 5 * MINUTE + 59, &low);
    d = series_read(series_find(store, &requests), BEGAN + 5 * MINUTE,
                    BEGAN + 6 * MINUTE, &region);
    assert_true(is(d.n, 4));
    assert_true(is(d.sum, 32.5));
    assert_true(is(d.min, 2));
    assert_true(is(d.max, 20));
    assert_int_equal(d.nvalues, 0); /* three values are not known */
    assert_true(
        is(sum_of(series_find(store, &requests), BEGAN, BEGAN + DAY), 34.5));
    region_end(&region);
}

static void test_minutes_in_any_order_are_read_in_theirs(void **state)
{
    struct series_store *store = made(state);
    const struct series *series;

    for (int i = 0; i < 300; i++)
        add_events(store, &requests, BEGAN + i * 37 % 300 * MINUTE,
                   i * 37 % 300 + 1);
    series = series_find(store, &requests);
    for (int i = 0; i < 300; i++)
        assert_true(
            is(sum_of(series, BEGAN + i * MINUTE, BEGAN + (i + 1) * MINUTE),
               i + 1));
    assert_true(series_newest_s(series) == BEGAN + 299 * MINUTE);
}

static void test_values_of_minutes_are_taken_together(void **state)
{
    struct series_store *store = made(state);
    static const double first[] = {0.001, 0.5, 2};
    static const double second[] = {0.5, 1e300};
    static const double counts[] = {3, 1e6, 7};
    struct datum d = {.n = 1000010,
                      .sum = 500014.003,
                      .min = 0.001,
                      .max = 2,
                      .nvalues = 3,
                      .values = first,
                      .counts = counts};
    struct region region = {NULL};

    series_add(store, &requests, "Seconds", BEGAN, &d);
    d.nvalues = 2;
    d.values = second;
    d.n = 1000003;
    d.max = 1e300;
    series_add(store, &requests, "Seconds", BEGAN + MINUTE, &d);
    add_events(store, &requests, BEGAN + 2 * MINUTE, 4);
    d = series_read(series_find(store, &requests), BEGAN, BEGAN + HOUR,
                    &region);
    assert_int_equal(d.nvalues, 5);
    assert_true(is(d.values[0], 0.001) && is(d.counts[0], 3));
    assert_true(is(d.values[1], 0.5) && is(d.counts[1], 1e6 + 3));
    assert_true(is(d.values[2], 1) && is(d.counts[2], 4));
    assert_true(is(d.values[3], 2) && is(d.counts[3], 7));
    assert_true(is(d.values[4], 1e300) && is(d.counts[4], 1e6));
    assert_true(is(d.n, 2000017));
    region_end(&region);
}

static void thin_from(struct series_store *store, double least)
{
    double values[1000];
    double counts[1000];
    struct datum d = {.n = 1000,
                      .min = least,
                      .nvalues = 1000,
                      .values = values,
                      .counts = counts};
    struct region region = {NULL};
    double exact;
    double thinned;
    double n = 0;

    for (int i = 0; i < 1000; i++) {
        values[i] = i ? values[i - 1] * 1.01 : least;
        counts[i] = 1;
        d.sum += values[i];
    }
    d.max = values[999];
    assert_true(statistic_of(STR("p90"), &d, &exact));
    series_add(store, &requests, "Seconds", BEGAN, &d);
    d = series_read(series_find(store, &requests), BEGAN, BEGAN + 60, &region);
    assert_in_range(d.nvalues, SERIES_VALUES_MAX * 9 / 10, SERIES_VALUES_MAX);
    for (unsigned i = 0; i < d.nvalues; i++) {
        assert_true(i == 0 || d.values[i] > d.values[i - 1]);
        n += d.counts[i];
    }
    assert_true(is(n, 1000));
    assert_true(statistic_of(STR("p90"), &d, &thinned));
    assert_true(thinned > exact * 0.93 && thinned < exact * 1.07);
    region_end(&region);
}

static void test_too_many_values_are_thinned_with_little_error(void **state)
{
    thin_from(made(state), 0.001);
}

/* CloudWatch's are from 2^-360 to 2^360. */
static void test_the_error_is_little_where_no_float_reaches(void **state)
{
    thin_from(made(state), 1e-100);
    end(state);
    thin_from(made(state), 1e100);
}

/* ---- bounds --------------------------------------------------------------------------- */

static void test_minutes_of_yesterday_become_five_of_them(void **state)
{
    struct series_store *store = made(state);
    const struct series *series;

    for (int i = 0; i < 60; i++)
        add_events(store, &requests, BEGAN + i * MINUTE, 1);
    series = series_find(store, &requests);
    add_events(store, &requests, BEGAN + DAY, 1);
    assert_true(is(sum_of(series, BEGAN, BEGAN + MINUTE), 1));
    add_events(store, &requests, BEGAN + DAY + HOUR, 1);
    add_events(store, &requests, BEGAN + DAY + HOUR + 59 * MINUTE, 1);
    assert_true(is(sum_of(series, BEGAN, BEGAN + MINUTE), 5));
    assert_true(is(sum_of(series, BEGAN + MINUTE, BEGAN + 5 * MINUTE), 0));
    assert_true(is(sum_of(series, BEGAN, BEGAN + HOUR), 60));
    /* What comes late comes to its five minutes, too. */
    add_events(store, &requests, BEGAN + 3 * MINUTE, 2);
    assert_true(is(sum_of(series, BEGAN, BEGAN + MINUTE), 7));
}

static void test_what_is_older_than_fifteen_days_is_forgotten(void **state)
{
    struct series_store *store = made(state);
    struct series_name other = requests;

    other.metric = STR("Other");
    add_events(store, &requests, BEGAN, 1);
    add_events(store, &other, BEGAN, 1);
    add_events(store, &other, BEGAN + 15 * DAY, 2);
    assert_non_null(series_find(store, &requests));
    add_events(store, &other, BEGAN + 15 * DAY + HOUR, 4);
    assert_null(series_find(store, &requests));
    assert_true(
        is(sum_of(series_find(store, &other), BEGAN, BEGAN + 16 * DAY), 6));
    assert_int_equal(series_store_counts(store).series, 1);
    add_events(store, &requests, BEGAN, 1); /* too old to be kept */
    assert_null(series_find(store, &requests));
}

static void test_one_series_too_many_is_refused_and_counted(void **state)
{
    struct series_store *store = made(state);
    const struct datum d = {.n = 1, .sum = 1, .min = 1, .max = 1};
    char text[16];
    struct series_name name = {.space = STR("N"), .metric = {text, 0}};

    for (int i = 0; i < SERIES_MAX; i++) {
        name.metric.n = (size_t)snprintf(text, sizeof(text), "m%d", i);
        assert_true(series_add(store, &name, "Count", BEGAN, &d));
    }
    assert_false(series_add(store, &requests, "Count", BEGAN, &d));
    assert_true(series_add(store, &name, "Count", BEGAN, &d));
    assert_int_equal(series_store_counts(store).refused, 1);
    assert_int_equal(series_store_counts(store).series, SERIES_MAX);
}

/* Every minute a point of 150 doubles that no float is. */
static void add_much(struct series_store *store, struct series_name *name,
                     int nseries, int64_t time_s)
{
    double values[SERIES_VALUES_MAX];
    double counts[SERIES_VALUES_MAX];
    char text[16];
    struct datum d = {.n = SERIES_VALUES_MAX,
                      .sum = 100,
                      .min = 0.1,
                      .max = 15,
                      .nvalues = SERIES_VALUES_MAX,
                      .values = values,
                      .counts = counts};

    for (int i = 0; i < SERIES_VALUES_MAX; i++) {
        values[i] = (i + 1) * 0.1;
        counts[i] = 1;
    }
    name->metric.p = text;
    for (int i = 0; i < nseries; i++) {
        name->metric.n = (size_t)snprintf(text, sizeof(text), "m%d", i);
        (void)series_add(store, name, "Seconds", time_s, &d);
    }
    name->metric = STR("m0");
}

static void test_without_room_the_oldest_hours_go_first(void **state)
{
    struct series_store *store = made(state);
    struct series_name name = {.space = STR("N")};
    const struct series *series;

    /* An hour of it is 22 MiB. */
    for (int i = 0; i < 5 * 60; i++)
        add_much(store, &name, 200, BEGAN + i * MINUTE);
    assert_true(series_store_counts(store).bytes <= SERIES_BYTES_MAX + GROWTH);
    assert_true(series_store_counts(store).hours_dropped > 0);
    assert_int_equal(series_store_counts(store).refused, 0);
    series = series_find(store, &name);
    assert_true(is(sum_of(series, BEGAN, BEGAN + HOUR), 0));
    assert_true(
        is(sum_of(series, BEGAN + 4 * HOUR, BEGAN + 5 * HOUR), 60 * 100));
}

static void test_one_hour_beyond_all_room_is_refused(void **state)
{
    struct series_store *store = made(state);
    struct series_name name = {.space = STR("N")};

    for (int i = 0; i < 60; i++)
        add_much(store, &name, 1000, BEGAN + i * MINUTE);
    assert_true(series_store_counts(store).bytes <= SERIES_BYTES_MAX + GROWTH);
    assert_true(series_store_counts(store).refused > 0);
    assert_non_null(series_find(store, &name));
}

static void test_a_counters_day_takes_few_bytes(void **state)
{
    struct series_store *store = made(state);

    for (int i = 0; i < 24 * 60; i++)
        add_events(store, &requests, BEGAN + i * MINUTE, 100000 + i);
    assert_true(series_store_counts(store).bytes < 24 * 60 * 12);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_series_is_found_whatever_the_order_of_dimensions),
        TEST(test_a_series_is_none_of_other_dimensions),
        TEST(test_series_come_in_the_order_of_their_making),
        TEST(test_what_is_read_is_what_was_added_in_that_time),
        TEST(test_data_of_one_minute_add_up),
        TEST(test_minutes_in_any_order_are_read_in_theirs),
        TEST(test_values_of_minutes_are_taken_together),
        TEST(test_too_many_values_are_thinned_with_little_error),
        TEST(test_the_error_is_little_where_no_float_reaches),
        TEST(test_minutes_of_yesterday_become_five_of_them),
        TEST(test_what_is_older_than_fifteen_days_is_forgotten),
        TEST(test_one_series_too_many_is_refused_and_counted),
        TEST(test_without_room_the_oldest_hours_go_first),
        TEST(test_one_hour_beyond_all_room_is_refused),
        TEST(test_a_counters_day_takes_few_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
