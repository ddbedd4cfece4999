/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/series.h"

enum { BEGAN = 1800000000 / 3600 * 3600, POINTS_MAX = 100 };

static const struct series_name name = {{"A", 1}, {"m", 1}, 0, NULL};

struct seen {
    unsigned n;
    int64_t starts[POINTS_MAX];
    double sums[POINTS_MAX];
    double medians[POINTS_MAX];
};

static void see(void *to, int64_t start_s, const struct datum *datum)
{
    struct seen *seen = to;

    assert_true(seen->n < POINTS_MAX);
    seen->starts[seen->n] = start_s;
    seen->sums[seen->n] = datum->sum;
    assert_true(statistic_of(STR("p50"), datum, &seen->medians[seen->n]));
    seen->n++;
}

static struct series_store *filled(void)
{
    struct series_store *store = series_store_new();

    for (int i = 0; i < 180; i += 2) {
        const struct datum one = {.n = 1, .sum = i, .min = i, .max = i};

        assert_true(series_add(store, &name, "Count", BEGAN + i * 60, &one));
    }
    return store;
}

static void test_periods_are_gathered_one_after_another(void **state)
{
    struct series_store *store = filled();
    struct seen seen = {.n = 0};

    (void)state;
    series_scan(series_find(store, &name), BEGAN + 3000, BEGAN + 7200, 600,
                true, see, &seen);
    assert_int_equal(seen.n, 7);
    for (unsigned i = 0; i < seen.n; i++) {
        double first = 50 + 10.0 * i;

        assert_int_equal(seen.starts[i], BEGAN + 3000 + 600 * (int)i);
        assert_true(seen.sums[i] == 5 * first + 20);
        assert_true(seen.medians[i] == first + 4);
    }
    series_store_free(store);
}

static void test_empty_periods_are_left_out(void **state)
{
    struct series_store *store = filled();
    struct seen seen = {.n = 0};

    (void)state;
    series_scan(series_find(store, &name), BEGAN, BEGAN + 300, 60, true, see,
                &seen);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.starts[1], BEGAN + 120);
    assert_int_equal(seen.starts[2], BEGAN + 240);
    seen.n = 0;
    series_scan(series_find(store, &name), BEGAN + 121, BEGAN + 240, 60, true,
                see, &seen);
    assert_int_equal(seen.n, 0);
    series_scan(series_find(store, &name), 0, INT64_C(1) << 40, 1 << 30, true,
                see, &seen);
    assert_int_equal(seen.n, 1);
    series_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periods_are_gathered_one_after_another),
        cmocka_unit_test(test_empty_periods_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
