/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "template/allowed_pattern.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void test_patterns_match_the_whole_value(void **state)
{
    static const struct {
        const char *pattern;
        const char *value;
        enum allowed_pattern_verdict verdict;
    } cases[] = {
        {"", "", PATTERN_MATCHES},
        {"", "a", PATTERN_DIFFERS},
        {"a", "a", PATTERN_MATCHES},
        {"a", "ba", PATTERN_DIFFERS},
        {"a", "ab", PATTERN_DIFFERS},
        {"a|bc", "bc", PATTERN_MATCHES},
        {"a|bc", "ac", PATTERN_DIFFERS},
        {"^a$", "a", PATTERN_MATCHES},
        {"[a-zA-Z][a-zA-Z0-9]*", "a1", PATTERN_MATCHES},
        {"[a-zA-Z][a-zA-Z0-9]*", "1a", PATTERN_DIFFERS},
        {"\\d{1,3}\\.\\d{1,3}", "10.200", PATTERN_MATCHES},
        {"\\d{1,3}\\.\\d{1,3}", "10x200", PATTERN_DIFFERS},
        {"\\D\\S\\W", "ab-", PATTERN_MATCHES},
        {"\\D", "1", PATTERN_DIFFERS},
        {"[\\w-]+", "a_b-c", PATTERN_MATCHES},
        {"[\\w-]+", "a.b", PATTERN_DIFFERS},
        {"[\\w.\\-/]+", "a.b-c/d", PATTERN_MATCHES},
        {"[\\w.\\-/]+", "a,b", PATTERN_DIFFERS},
        {"[\\s\\d]+", "1 2\t3", PATTERN_MATCHES},
        {"[-a]+", "a-a", PATTERN_MATCHES},
        {"[a-]+", "a-a", PATTERN_MATCHES},
        {"[a\\]]+", "a]", PATTERN_MATCHES},
        {"[a\\]]+", "a\\", PATTERN_DIFFERS},
        {"[\\\\]", "\\", PATTERN_MATCHES},
        {"[^\\]]", "]", PATTERN_DIFFERS},
        {"[^\\]]", "a", PATTERN_MATCHES},
        {"[\\^]", "^", PATTERN_MATCHES},
        {"[a^]", "^", PATTERN_MATCHES},
        {"[\\^-]", "-", PATTERN_MATCHES},
        {"[^^]", "^", PATTERN_DIFFERS},
        {"[^-a]", "-", PATTERN_DIFFERS},
        {"[+--]", ",", PATTERN_MATCHES},
        {"(?:a|b)c", "bc", PATTERN_MATCHES},
        {"\\/\\-\\_\\@", "/-_@", PATTERN_MATCHES},
        {"\\(\\)\\{\\}", "(){}", PATTERN_MATCHES},
        {"a\\tb", "a\tb", PATTERN_MATCHES},
        {"(?=a)a", "a", PATTERN_UNSUPPORTED},
        {"(?i)a", "A", PATTERN_UNSUPPORTED},
        {"(a)\\1", "aa", PATTERN_UNSUPPORTED},
        {"a*?", "a", PATTERN_UNSUPPORTED},
        {"a++", "a", PATTERN_UNSUPPORTED},
        {"\\bx", "x", PATTERN_UNSUPPORTED},
        {"\\p{L}", "x", PATTERN_UNSUPPORTED},
        {"[a[b]]", "a", PATTERN_UNSUPPORTED},
        {"[a-z&&[^b]]", "a", PATTERN_UNSUPPORTED},
        {"[\\p{L}]", "x", PATTERN_UNSUPPORTED},
        {"[a", "a", PATTERN_UNSUPPORTED},
        {"(a", "a", PATTERN_UNSUPPORTED},
        {"a\\", "a", PATTERN_UNSUPPORTED},
        {"[a\\", "a", PATTERN_UNSUPPORTED},
        {"a{x}", "a", PATTERN_UNSUPPORTED},
        {"a{1000}", "a", PATTERN_DIFFERS},
        {"((a{1,1000}){1,1000}){1,1000}", "a", PATTERN_UNSUPPORTED},
        {"a{99999999999999999999}", "a", PATTERN_UNSUPPORTED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum allowed_pattern_verdict verdict = allowed_pattern_judge(
            str_of(cases[i].pattern), str_of(cases[i].value));

        if (verdict != cases[i].verdict)
            fail_msg("%s against %s: %d", cases[i].pattern, cases[i].value,
                     verdict);
    }
}

static void test_long_patterns_and_values_are_not_judged(void **state)
{
    char *s = malloc(ALLOWED_PATTERN_VALUE_MAX + 1);

    (void)state;
    assert_non_null(s);
    memset(s, 'a', ALLOWED_PATTERN_VALUE_MAX + 1);
    assert_int_equal(allowed_pattern_judge(
                         STR("a*"), str_make(s, ALLOWED_PATTERN_VALUE_MAX)),
                     PATTERN_MATCHES);
    assert_int_equal(allowed_pattern_judge(
                         STR("a*"), str_make(s, ALLOWED_PATTERN_VALUE_MAX + 1)),
                     PATTERN_UNSUPPORTED);
    assert_int_equal(
        allowed_pattern_judge(str_make(s, ALLOWED_PATTERN_MAX), STR("a")),
        PATTERN_DIFFERS);
    assert_int_equal(
        allowed_pattern_judge(str_make(s, ALLOWED_PATTERN_MAX + 1), STR("a")),
        PATTERN_UNSUPPORTED);
    memset(s, '\\', ALLOWED_PATTERN_MAX);
    assert_int_equal(
        allowed_pattern_judge(str_make(s, ALLOWED_PATTERN_MAX), STR("a")),
        PATTERN_DIFFERS);
    assert_int_equal(allowed_pattern_judge(STR("a\0b"), STR("a")),
                     PATTERN_UNSUPPORTED);
    assert_int_equal(allowed_pattern_judge(STR("a"), STR("a\0")),
                     PATTERN_UNSUPPORTED);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_match_the_whole_value),
        cmocka_unit_test(test_long_patterns_and_values_are_not_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
