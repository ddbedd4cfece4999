/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lb/slow_start.h"
#include "lb/weight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { DURATION_MS = 100 * 1000, BEGAN_US = 5 * 1000 * 1000 };

static const struct slow_start_change recovery = {
    .from = TARGET_UNHEALTHY,
    .to = TARGET_HEALTHY,
    .duration_ms = DURATION_MS,
    .at_full = 1,
    .now_us = BEGAN_US,
};

static struct slow_start entered(void)
{
    struct slow_start s = {0};

    slow_start_take(&s, &recovery);
    assert_true(s.on);
    return s;
}

/* 63 */
static void test_the_share_grows_linearly_from_a_floor_to_full(void **state)
{
    static const struct {
        uint64_t percent; /* of the duration */
        uint32_t share;   /* in percent */
    } cases[] = {{0, 1},   {1, 1},   {2, 2},   {10, 10},  {25, 25},
                 {50, 50}, {75, 75}, {99, 99}, {100, 100}};
    struct slow_start s = entered();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(
            slow_start_share(&s, DURATION_MS,
                             BEGAN_US + cases[i].percent * DURATION_MS * 10),
            cases[i].share * (WEIGHT_FULL / 100));
    assert_false(s.on); /* it left at the end */
}

static void test_the_share_never_falls_while_time_passes(void **state)
{
    struct slow_start s = entered();
    uint32_t before = 0;

    (void)state;
    for (uint64_t us = 0; us <= 900 * UINT64_C(1000000); us += 250000) {
        uint32_t share = slow_start_share(&s, 900 * 1000, BEGAN_US + us);

        assert_in_range(share, before, WEIGHT_FULL);
        before = share;
    }
    assert_int_equal(before, WEIGHT_FULL);
}

/* 63 */
static void test_who_enters(void **state)
{
    static const struct {
        enum target_state from, to;
        uint32_t duration_ms;
        unsigned at_full;
        bool first_batch;
        bool enters;
    } cases[] = {
        {TARGET_INITIAL, TARGET_HEALTHY, DURATION_MS, 1, false, true},
        {TARGET_INITIAL, TARGET_HEALTHY, DURATION_MS, 9, false, true},
        {TARGET_UNHEALTHY, TARGET_HEALTHY, DURATION_MS, 1, false, true},
        /* the attribute is off */
        {TARGET_INITIAL, TARGET_HEALTHY, 0, 1, false, false},
        /* nobody else is healthy, or all of those are in slow start */
        {TARGET_INITIAL, TARGET_HEALTHY, DURATION_MS, 0, false, false},
        {TARGET_UNHEALTHY, TARGET_HEALTHY, DURATION_MS, 0, false, false},
        /* registered into an empty group */
        {TARGET_INITIAL, TARGET_HEALTHY, DURATION_MS, 1, true, false},
        /* ... but failed before it ever was healthy */
        {TARGET_UNHEALTHY, TARGET_HEALTHY, DURATION_MS, 1, true, true},
        /* healthy already when the attribute came */
        {TARGET_HEALTHY, TARGET_HEALTHY, DURATION_MS, 1, false, false},
        {TARGET_INITIAL, TARGET_UNHEALTHY, DURATION_MS, 1, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slow_start s = {0};
        struct slow_start_change change = {
            .from = cases[i].from,
            .to = cases[i].to,
            .duration_ms = cases[i].duration_ms,
            .at_full = cases[i].at_full,
            .first_batch = cases[i].first_batch,
        };

        slow_start_take(&s, &change);
        assert_int_equal(s.on, cases[i].enters);
    }
}

static void test_one_that_is_not_in_slow_start_has_a_full_share(void **state)
{
    struct slow_start s = {0};

    (void)state;
    assert_int_equal(slow_start_share(&s, DURATION_MS, BEGAN_US), WEIGHT_FULL);
    assert_int_equal(slow_start_share(&s, 0, 0), WEIGHT_FULL);
}

static void test_one_that_fails_leaves_and_starts_again(void **state)
{
    struct slow_start s = entered();
    struct slow_start_change change = recovery;
    uint64_t later_us = BEGAN_US + DURATION_MS * UINT64_C(500);

    (void)state;
    change.from = TARGET_HEALTHY;
    change.to = TARGET_UNHEALTHY;
    change.now_us = later_us;
    slow_start_take(&s, &change);
    assert_false(s.on);
    assert_int_equal(slow_start_share(&s, DURATION_MS, later_us), WEIGHT_FULL);
    change = recovery;
    change.now_us = later_us;
    slow_start_take(&s, &change);
    assert_true(s.on);
    assert_int_equal(slow_start_share(&s, DURATION_MS, later_us),
                     WEIGHT_FULL / SLOW_START_LEAST);
}

static void test_one_that_is_deregistered_leaves(void **state)
{
    struct slow_start s = entered();
    struct slow_start_change change = {.from = TARGET_HEALTHY,
                                       .to = TARGET_DRAINING,
                                       .duration_ms = DURATION_MS,
                                       .at_full = 1};

    (void)state;
    slow_start_take(&s, &change);
    assert_false(s.on);
}

static void test_turning_the_attribute_off_ends_it(void **state)
{
    struct slow_start s = entered();

    (void)state;
    assert_int_equal(slow_start_share(&s, 0, BEGAN_US), WEIGHT_FULL);
    assert_false(s.on);
}

static void test_a_new_duration_counts_from_where_it_began(void **state)
{
    struct slow_start s = entered();
    uint64_t now_us = BEGAN_US + 50 * UINT64_C(1000000);

    (void)state;
    assert_int_equal(slow_start_share(&s, 200 * 1000, now_us), WEIGHT_FULL / 4);
    assert_int_equal(slow_start_share(&s, 50 * 1000, now_us), WEIGHT_FULL);
}

static void test_weights_multiply_and_never_vanish(void **state)
{
    (void)state;
    assert_int_equal(weight_of(WEIGHT_FULL, WEIGHT_FULL), WEIGHT_FULL);
    assert_int_equal(weight_of(WEIGHT_FULL / 2, WEIGHT_FULL / 2),
                     WEIGHT_FULL / 4);
    assert_int_equal(weight_of(1, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_share_grows_linearly_from_a_floor_to_full),
        cmocka_unit_test(test_the_share_never_falls_while_time_passes),
        cmocka_unit_test(test_who_enters),
        cmocka_unit_test(test_one_that_is_not_in_slow_start_has_a_full_share),
        cmocka_unit_test(test_one_that_fails_leaves_and_starts_again),
        cmocka_unit_test(test_one_that_is_deregistered_leaves),
        cmocka_unit_test(test_turning_the_attribute_off_ends_it),
        cmocka_unit_test(test_a_new_duration_counts_from_where_it_began),
        cmocka_unit_test(test_weights_multiply_and_never_vanish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
