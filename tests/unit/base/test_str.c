/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void assert_str(struct str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    if (s.n)
        assert_memory_equal(s.p, want, s.n);
}

static void test_equal_slices_have_the_same_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(STR("abc"), str_make("abcd", 3)));
    assert_true(str_eq(STR(""), str_make("x", 0)));
    assert_false(str_eq(STR("abc"), STR("abd")));
    assert_false(str_eq(STR("abc"), STR("ab")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
}

static void test_what_begins_another_comes_first(void **state)
{
    (void)state;
    assert_true(str_compare(STR("ab"), STR("abc")) < 0);
    assert_true(str_compare(STR("abc"), STR("ab")) > 0);
    assert_true(str_compare(STR("b"), STR("abc")) > 0);
    /* Bytes are numbers without a sign, NUL is one of them. */
    assert_true(str_compare(STR("a"), STR("\xc3")) < 0);
    assert_true(str_compare(STR("a\0b"), STR("a\0c")) < 0);
    assert_int_equal(str_compare(STR("abc"), str_make("abcd", 3)), 0);
    assert_int_equal(str_compare(str_make(NULL, 0), str_make("x", 0)), 0);
    assert_true(str_compare(str_make(NULL, 0), STR("x")) < 0);
}

static void test_case_is_ignored_for_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(str_ieq(STR("Content-Length"), STR("cONTENT-lENGTH")));
    assert_true(str_ieq(STR("AZaz"), STR("azAZ")));
    /* Neighbours of the letters that differ in the same bit. */
    assert_false(str_ieq(STR("@"), STR("`")));
    assert_false(str_ieq(STR("["), STR("{")));
    assert_false(str_ieq(STR("-"), STR("\r")));
    assert_false(str_ieq(STR("_"), STR("\x7f")));
    assert_false(str_ieq(STR("\xc4"), STR("\xe4")));
    assert_false(str_ieq(STR("abc"), STR("abcd")));
}

static void test_a_prefix_is_seen_at_the_start_only(void **state)
{
    (void)state;
    assert_true(str_starts(STR("content-type"), STR("content-")));
    assert_true(str_starts(STR("content-"), STR("content-")));
    assert_true(str_starts(STR("x"), STR("")));
    assert_false(str_starts(STR("content"), STR("content-")));
    assert_false(str_starts(STR("Content-type"), STR("content-")));
    assert_true(str_istarts(STR("CONTENT-type"), STR("content-")));
    assert_false(str_istarts(STR("x-content-"), STR("content-")));
    assert_false(str_istarts(STR("conten"), STR("content-")));
}

static void test_trimming_takes_spaces_and_tabs_from_both_ends(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},       {" ", ""},    {" \t ", ""},         {"a", "a"},
        {" a", "a"},    {"a\t", "a"}, {" \ta b\t ", "a b"}, {"\va", "\va"},
        {"a\n", "a\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_str(str_trim(str_of(rows[i][0])), rows[i][1]);
}

static void test_cutting_sees_every_item_also_empty_ones(void **state)
{
    struct str rest = STR("a,,bc,");
    static const char *const items[] = {"a", "", "bc", ""};
    size_t n = 0;

    (void)state;
    while (rest.p) {
        assert_true(n < COUNT(items));
        assert_str(str_cut(&rest, ','), items[n++]);
    }
    assert_int_equal(n, COUNT(items));
    rest = STR("");
    assert_str(str_cut(&rest, ','), "");
    assert_null(rest.p);
    assert_str(str_cut(&rest, ','), "");
}

static void test_numbers_are_decimal_digits_up_to_the_maximum(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        uint64_t value;
    } good[] = {
        {"0", 0, 0},
        {"7", 7, 7},
        {"65535", 65535, 65535},
        {"000000000000000000000000005", 9, 5},
        {"9223372036854775807", INT64_MAX, INT64_MAX},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX},
    };
    static const struct {
        const char *text;
        uint64_t max;
    } bad[] = {
        {"", 9},
        {"8", 7},
        {"9", 5}, /* one digit that is greater than the maximum */
        {"1", 0},
        {"65536", 65535},
        {"+5", 9},
        {"-5", 9},
        {" 5", 9},
        {"5 ", 9},
        {"5,5", 99},
        {"0x5", 99},
        {"5e0", 99},
        {"5_0", 99},
        {"\xb2", 99},
        {"9223372036854775808", INT64_MAX},
        {"18446744073709551616", UINT64_MAX},
        {"18446744073709551620", UINT64_MAX},
        {"99999999999999999999999999999999999999999", UINT64_MAX},
    };
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(str_to_u64(str_of(good[i].text), good[i].max, &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (str_to_u64(str_of(bad[i].text), bad[i].max, &value))
            fail_msg("'%s' passed for a number", bad[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_slices_have_the_same_bytes),
        cmocka_unit_test(test_what_begins_another_comes_first),
        cmocka_unit_test(test_case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(test_a_prefix_is_seen_at_the_start_only),
        cmocka_unit_test(test_trimming_takes_spaces_and_tabs_from_both_ends),
        cmocka_unit_test(test_cutting_sees_every_item_also_empty_ones),
        cmocka_unit_test(test_numbers_are_decimal_digits_up_to_the_maximum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
