/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of the query, and what comes before it is split.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ALL(...)                                                               \
    {                                                                          \
        .type = WAF_FIELD_ALL_QUERY_ARGUMENTS, __VA_ARGS__                     \
    }
#define ONE(word, ...)                                                         \
    {                                                                          \
        .type = WAF_FIELD_SINGLE_QUERY_ARGUMENT,                               \
        .name = {(word), sizeof(word) - 1}, __VA_ARGS__                        \
    }
#define DECODE .npre_parse = 1, .pre_parse = {WAF_PRE_URL_DECODE}
#define DECODE_UNI .npre_parse = 1, .pre_parse = {WAF_PRE_URL_DECODE_UNI}
#define COMBINE .npre_parse = 1, .pre_parse = {WAF_PRE_COMBINE_DUPLICATES}
#define SEMICOLONS .npre_parse = 1, .pre_parse = {WAF_PRE_REPLACE_SEMICOLONS}

static void test_arguments_are_split_as_they_came(void **state)
{
    /* Checklist 46, 47, 49. */
    static const struct part_case cases[] = {
        {"/?a=1&b=2", ALL(), "a=1 | b=2"},
        {"/?a=1;b=2", ALL(), "a=1;b=2"},
        {"/?a=1%26b=2", ALL(), "a=1%26b=2"},
        {"/?a=x=y", ALL(), "a=x=y"},
        {"/?a=%3Cb%3e+c", ALL(), "a=%3Cb%3e+c"},
        {"/?a&b=", ALL(), "a= | b="},
        {"/?&&a=1&&", ALL(), "a=1"},
        {"/?=v", ALL(), "v"},
        {"/?a=1?b=2", ALL(), "a=1?b=2"},
        {"/?a=1&a=2&A=3", ALL(), "a=1 | a=2 | A=3"},
        {"/", ALL(), "missing"},
        {"/?", ALL(), "missing"},
        {"/?&&&", ALL(), "missing"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_one_argument_is_found_in_any_case_and_each_time(void **state)
{
    /* Checklist 45. */
    static const struct part_case cases[] = {
        {"/?UserName=abc&x=1", ONE("username"), "UserName=abc"},
        {"/?region=boston&Region=seattle&r=2", ONE("REGION"),
         "region=boston | Region=seattle"},
        {"/?a=1", ONE("b"), "missing"},
        {"/?ab=1", ONE("a"), "missing"},
        {"/?%61=1", ONE("a"), "missing"},
        {"/?a", ONE("a"), "a="},
        {"/", ONE("a"), "missing"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_decoding_before_the_split_makes_arguments(void **state)
{
    /* Checklist 47. */
    static const struct part_case cases[] = {
        {"/?a=1%26b%3d2", ALL(DECODE), "a=1 | b=2"},
        {"/?a=1%26b%3d2", ALL(DECODE_UNI), "a=1 | b=2"},
        {"/?a=1%u0026b=2", ALL(DECODE_UNI), "a=1 | b=2"},
        {"/?a=1%u0026b=2", ALL(DECODE), "a=1%u0026b=2"},
        {"/?a=x+y", ALL(DECODE), "a=x y"},
        {"/?%61=1", ONE("a", DECODE), "a=1"},
        {"/?%26%26", ALL(DECODE), "missing"},
        {"/", ALL(DECODE), "missing"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_arguments_of_one_name_are_combined(void **state)
{
    /* Checklist 48. */
    static const struct part_case cases[] = {
        {"/?a=1&b=2&a=3", ALL(COMBINE), "a=1,3 | b=2"},
        {"/?a=1&b=2&a=3", ONE("a", COMBINE), "a=1,3"},
        {"/?a=1&A=2&a=3", ALL(COMBINE), "a=1,2,3"},
        {"/?a&a=1&b", ALL(COMBINE), "a=,1 | b="},
        {"/?a=1&b=2", ALL(COMBINE), "a=1 | b=2"},
        {"/?a=1&&a=2", ALL(COMBINE), "a=1,2"},
        {"/?=1&=2", ALL(COMBINE), "1,2"},
        {"/?a&a", ALL(COMBINE), "a=,"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_semicolons_separate_when_they_are_replaced(void **state)
{
    /* Checklist 46. */
    static const struct part_case cases[] = {
        {"/?a=1;b=2&c=3", ALL(SEMICOLONS), "a=1 | b=2 | c=3"},
        {"/?a=1;b=2", ONE("b", SEMICOLONS), "b=2"},
        {"/?a=1;b=2", ONE("b"), "missing"},
        {"/?a=1&b=2", ALL(SEMICOLONS), "a=1 | b=2"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_what_comes_before_the_split_has_an_order(void **state)
{
    static const struct part_case cases[] = {
        {"/?a=1%3Ba=2",
         ALL(.npre_parse = 3,
             .pre_parse = {WAF_PRE_URL_DECODE, WAF_PRE_REPLACE_SEMICOLONS,
                           WAF_PRE_COMBINE_DUPLICATES}),
         "a=1,2"},
        {"/?a=1%3Ba=2",
         ALL(.npre_parse = 3,
             .pre_parse = {WAF_PRE_COMBINE_DUPLICATES,
                           WAF_PRE_REPLACE_SEMICOLONS, WAF_PRE_URL_DECODE}),
         "a=1;a=2"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_arguments_are_split_once_for_all_parts(void **state)
{
    static const struct waf_field all = ALL(), one = ONE("b"),
                                  other = ALL(SEMICOLONS);
    struct parts *parts =
        parts_of(STR("GET /?a=1;b=2&b=3 HTTP/1.1\r\nHost: h\r\n\r\n"));
    struct part_values first, second;

    (void)state;
    part_read(&parts->request, &all, &first);
    assert_string_equal(parts_read(parts, &one), "b=3");
    assert_string_equal(parts_read(parts, &other), "a=1 | b=2 | b=3");
    part_read(&parts->request, &all, &second);
    assert_ptr_equal(first.values, second.values);
    assert_string_equal(parts_show(&second), "a=1;b=2 | b=3");
    parts_end(parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments_are_split_as_they_came),
        cmocka_unit_test(test_one_argument_is_found_in_any_case_and_each_time),
        cmocka_unit_test(test_decoding_before_the_split_makes_arguments),
        cmocka_unit_test(test_arguments_of_one_name_are_combined),
        cmocka_unit_test(test_semicolons_separate_when_they_are_replaced),
        cmocka_unit_test(test_what_comes_before_the_split_has_an_order),
        cmocka_unit_test(test_arguments_are_split_once_for_all_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
