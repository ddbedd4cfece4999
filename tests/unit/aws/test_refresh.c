/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/refresh.h"

enum { NOW = 1800000000 };

static void test_what_never_expires_is_never_had_anew(void **state)
{
    struct refresh r = refresh_plan(NOW, 0, 5);

    (void)state;
    assert_true(r.advised == INT64_MAX && r.must == INT64_MAX &&
                r.expires == INT64_MAX);
}

static void test_fifteen_minutes_and_ten_before_the_end(void **state)
{
    int64_t end = NOW + 6 * 3600;
    struct refresh r = refresh_plan(NOW, end, 0);

    (void)state;
    assert_int_equal(r.advised, end - 15 * 60);
    assert_int_equal(r.must, end - 10 * 60);
    assert_int_equal(r.expires, end);
    assert_int_equal(refresh_plan(NOW, end, 60).advised, end - 16 * 60);
    assert_int_equal(refresh_plan(NOW, end, 61).advised, end - 15 * 60);
    r = refresh_plan(NOW, NOW + 3600, 0);
    assert_int_equal(r.advised, NOW + 45 * 60);
    assert_int_equal(r.must, NOW + 50 * 60);
}

static void test_short_lives_are_used_for_a_while(void **state)
{
    struct refresh r = refresh_plan(NOW, NOW + 900, 60);

    (void)state;
    assert_int_equal(r.advised, NOW + 450);
    assert_int_equal(r.must, NOW + 600);
    r = refresh_plan(NOW, NOW - 5, 60);
    assert_int_equal(r.advised, NOW - 5);
    assert_int_equal(r.must, NOW - 5);
}

static void test_failures_are_further_and_further_apart(void **state)
{
    (void)state;
    assert_int_equal(refresh_again(1, false, 9), 1);
    assert_int_equal(refresh_again(2, false, 9), 2);
    assert_int_equal(refresh_again(3, false, 9), 4);
    assert_int_equal(refresh_again(7, false, 9), 60);
    assert_int_equal(refresh_again(4000000000U, false, 9), 60);
    assert_int_equal(refresh_again(1, true, 0), 120);
    assert_int_equal(refresh_again(9, true, 119), 239);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_never_expires_is_never_had_anew),
        cmocka_unit_test(test_fifteen_minutes_and_ten_before_the_end),
        cmocka_unit_test(test_short_lives_are_used_for_a_while),
        cmocka_unit_test(test_failures_are_further_and_further_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
