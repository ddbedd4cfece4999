/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/suggest.h"

static const char *nearest(const char *word)
{
    static const char *const known[] = {
        "listen",    "bind",       "workers",
        "log-level", "log-format", "idle_timeout.timeout_seconds",
    };
    struct suggest s = suggest_for(str_of(word));

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        suggest_offer(&s, known[i]);
    return suggest_best(&s);
}

static void check_distance(const char *a, const char *b, unsigned expected)
{
    assert_int_equal(suggest_distance(str_of(a), str_of(b)), expected);
    assert_int_equal(suggest_distance(str_of(b), str_of(a)), expected);
}

static void test_distance_counts_inserts_deletes_and_changes(void **state)
{
    (void)state;
    check_distance("", "", 0);
    check_distance("", "abc", 3);
    check_distance("abc", "abc", 0);
    check_distance("abc", "abd", 1);
    check_distance("abc", "ab", 1);
    check_distance("kitten", "sitting", 3);
}

static void test_swapped_neighbours_are_one_slip(void **state)
{
    (void)state;
    check_distance("listen", "lisetn", 1);
    check_distance("ab", "ba", 1);
}

static void test_case_is_no_distance(void **state)
{
    (void)state;
    check_distance("Listen", "lISTEN", 0);
}

static void test_words_too_long_are_infinitely_far(void **state)
{
    char longest[65];

    (void)state;
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(suggest_distance(str_make(longest, 64), STR("")), 64);
    assert_int_equal(suggest_distance(str_make(longest, 65), STR("a")),
                     UINT_MAX);
    assert_null(suggest_best(&(struct suggest){.best = NULL}));
}

static void test_slip_of_the_finger_finds_the_word(void **state)
{
    (void)state;
    assert_string_equal(nearest("lisen"), "listen");
    assert_string_equal(nearest("wokers"), "workers");
    assert_string_equal(nearest("log-lvel"), "log-level");
}

static void test_the_nearest_of_several_wins(void **state)
{
    (void)state;
    assert_string_equal(nearest("log-formal"), "log-format");
}

static void test_part_of_a_word_finds_it(void **state)
{
    (void)state;
    assert_string_equal(nearest("idle_timeout"),
                        "idle_timeout.timeout_seconds");
    assert_string_equal(nearest("TIMEOUT_SECONDS"),
                        "idle_timeout.timeout_seconds");
}

static void test_nothing_near_is_no_suggestion(void **state)
{
    (void)state;
    assert_null(nearest("certificate"));
    assert_null(nearest(""));
    assert_null(nearest("zz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_counts_inserts_deletes_and_changes),
        cmocka_unit_test(test_swapped_neighbours_are_one_slip),
        cmocka_unit_test(test_case_is_no_distance),
        cmocka_unit_test(test_words_too_long_are_infinitely_far),
        cmocka_unit_test(test_slip_of_the_finger_finds_the_word),
        cmocka_unit_test(test_the_nearest_of_several_wins),
        cmocka_unit_test(test_part_of_a_word_finds_it),
        cmocka_unit_test(test_nothing_near_is_no_suggestion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
