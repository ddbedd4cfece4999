/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stats/series.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR };

#define BEGAN (INT64_C(1800000000) / DAY * DAY)

static struct series_store *store;
static struct series_store *frozen;

static int begin(void **state)
{
    (void)state;
    store = series_store_new();
    frozen = series_store_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    series_store_free(store);
    series_store_free(frozen);
    return 0;
}

static struct series_name named(const char *metric)
{
    return (struct series_name){.space = STR("N"), .metric = str_of(metric)};
}

static void add(const char *metric, int64_t time_s, double value)
{
    const struct datum d = {.n = 1, .sum = value, .min = value, .max = value};
    struct series_name name = named(metric);

    assert_true(series_add(store, &name, "Count", time_s, &d));
}

static unsigned freeze(const char *metric, int64_t from_s, int64_t to_s)
{
    struct series_name name = named(metric);

    return series_freeze(frozen, store, &name, from_s, to_s);
}

/* Of all that a store has of it; -1: it is not there. */
static double sum_in(const struct series_store *in, const char *metric)
{
    struct series_name name = named(metric);
    const struct series *series = series_find(in, &name);
    struct region region = {NULL};
    double sum =
        series ? series_read(series, 0, BEGAN + 100 * DAY, &region).sum : -1;

    region_end(&region);
    return sum;
}

#define SUM_IS(in, metric, is)                                                 \
    assert_int_equal((int)sum_in((in), (metric)), (is))

static void test_what_is_added_later_is_not_seen(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        add("a", BEGAN + i * MINUTE, 1);
    assert_int_equal(freeze("a", BEGAN, BEGAN + DAY), 1);
    add("a", BEGAN + 10 * MINUTE, 100);
    add("a", BEGAN + 5 * MINUTE, 100);
    add("a", BEGAN + HOUR, 100);
    SUM_IS(frozen, "a", 10);
    SUM_IS(store, "a", 310);
}

static void test_what_is_forgotten_or_made_coarse_stays_as_it_was(void **state)
{
    struct series_name name = named("a");
    struct region region = {NULL};
    struct datum d;

    (void)state;
    for (int i = 0; i < 60; i++)
        add("a", BEGAN + i * MINUTE, 1);
    freeze("a", BEGAN, BEGAN + HOUR);
    add("a", BEGAN + DAY + HOUR + 59 * MINUTE, 1);
    d = series_read(series_find(frozen, &name), BEGAN, BEGAN + MINUTE, &region);
    assert_int_equal((int)d.n, 1);
    d = series_read(series_find(store, &name), BEGAN, BEGAN + MINUTE, &region);
    assert_int_equal((int)d.n, 5);
    add("a", BEGAN + 30 * DAY, 7);
    SUM_IS(store, "a", 7);
    SUM_IS(frozen, "a", 60);
    series_store_free(store);
    store = series_store_new();
    SUM_IS(frozen, "a", 60);
    region_end(&region);
}

static void test_two_may_be_frozen_at_once(void **state)
{
    struct series_store *other = series_store_new();
    struct series_name name = named("a");

    (void)state;
    add("a", BEGAN, 1);
    freeze("a", BEGAN, BEGAN + HOUR);
    assert_int_equal(series_freeze(other, store, &name, BEGAN, BEGAN + HOUR),
                     1);
    add("a", BEGAN + MINUTE, 2);
    series_store_free(frozen);
    SUM_IS(other, "a", 1);
    frozen = other;
    add("a", BEGAN + 2 * MINUTE, 4);
    SUM_IS(frozen, "a", 1);
    SUM_IS(store, "a", 7);
}

static void test_only_hours_of_that_time_are_frozen(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        add("a", BEGAN + i * HOUR, 1);
    assert_int_equal(freeze("a", BEGAN + 3 * HOUR, BEGAN + 6 * HOUR - 1), 3);
    SUM_IS(frozen, "a", 3);
    assert_int_equal(freeze("a", BEGAN, BEGAN + DAY), 0); /* it is there */
    assert_int_equal(freeze("b", BEGAN, BEGAN + DAY), 0);
    SUM_IS(frozen, "b", -1);
    add("b", BEGAN, 1);
    assert_int_equal(freeze("b", BEGAN + DAY, BEGAN + 2 * DAY), 0);
    SUM_IS(frozen, "b", 0);
    assert_int_equal(
        series_newest_s(series_next(frozen, series_next(frozen, NULL))), 0);
}

/* More than a step: 300 series of a hundred hours. */
static void test_all_are_frozen_and_forgotten_in_steps(void **state)
{
    char name[16];
    unsigned steps = 1;
    unsigned at = 0;

    (void)state;
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        for (int hour = 0; hour < 100; hour++)
            add(name, BEGAN + hour * HOUR, i);
    }
    for (; !series_freeze_all(frozen, store, &at, BEGAN, BEGAN + 100 * DAY);
         steps++)
        assert_in_range(at, 1, 300);
    assert_int_equal(steps, 2);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        SUM_IS(frozen, name, 100 * i);
    }
    assert_false(series_store_empty(frozen));
    assert_true(series_store_empty(frozen));
    assert_int_equal(series_store_counts(frozen).series, 0);
    add("m7", BEGAN + 99 * HOUR, 1); /* it is nobody else's any more */
    SUM_IS(store, "m7", 701);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_added_later_is_not_seen),
        TEST(test_what_is_forgotten_or_made_coarse_stays_as_it_was),
        TEST(test_two_may_be_frozen_at_once),
        TEST(test_only_hours_of_that_time_are_frozen),
        TEST(test_all_are_frozen_and_forgotten_in_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
