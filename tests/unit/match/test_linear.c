/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "match/linear_internal.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct linear_scratch *scratch;

static struct linear *compile(struct str pattern, bool any_case)
{
    struct error error = {{0}};
    struct linear *regex = linear_new(pattern, any_case, &error);

    if (regex == NULL)
        fail_msg(STR_FMT ": %s", STR_ARG(pattern), error.text);
    linear_scratch_fit(scratch, regex);
    return regex;
}

/* "0-3 1-2 ?": begin and end of $0, $1 ..., "?" for a group that took no part;
 * "no" when there is no match. */
static void search(struct text *t, struct str pattern, bool any_case,
                   struct str text)
{
    struct linear *regex = compile(pattern, any_case);
    struct str groups[LINEAR_GROUPS_MAX];
    bool found = linear_search(regex, scratch, text, groups);

    assert_int_equal(linear_search(regex, scratch, text, NULL), found);
    if (!found)
        TEXT_LITERAL(t, "no");
    for (unsigned g = 0; found && g <= linear_groups(regex); g++) {
        if (g == LINEAR_GROUPS_MAX)
            break;
        if (g)
            text_char(t, ' ');
        if (groups[g].p)
            text_printf(t, "%zu-%zu", (size_t)(groups[g].p - text.p),
                        (size_t)(groups[g].p - text.p) + groups[g].n);
        else
            text_char(t, '?');
    }
    text_char(t, '\0');
    linear_free(regex);
}

static const struct trial {
    const char *pattern;
    const char *text;
    const char *found;
} trials[] = {
    /* characters and concatenation */
    {"", "", "0-0"},
    {"", "abc", "0-0"},
    {"abc", "abc", "0-3"},
    {"abc", "xxabcxxabc", "2-5"},
    {"abc", "ab", "no"},
    {"abc", "", "no"},
    {"a.c", "abc", "0-3"},
    {"a.c", "a\nc", "no"},
    {"\xc3\xa9+", "e\xc3\xa9\xc3\xa9", "1-5"},
    {"\xc3\xa9", "\xc3", "no"},
    {"\xff", "a\xff", "1-2"},
    {"]}", "]}", "0-2"},
    {"a{", "a{", "0-2"},
    {"a{,3}", "a{,3}", "0-5"},
    {"a{1,x}", "a{1,x}", "0-6"},
    {"a{1", "a{1", "0-3"},
    {"{", "{", "0-1"},
    /* alternatives: the first that leads to a match, as Perl */
    {"a|b", "cb", "1-2"},
    {"a|ab", "ab", "0-1"},
    {"ab|a", "ab", "0-2"},
    {"(a|ab)(c|bcd)", "abcd", "0-4 0-1 1-4"},
    {"(a|ab)(c|bcd)(d*)", "abcd", "0-4 0-1 1-4 4-4"},
    {"|a", "a", "0-0"},
    {"a|", "b", "0-0"},
    {"(|a)b", "ab", "0-2 0-1"},
    {"a||b", "b", "0-0"},
    {"foo|bar|baz", "xbaz", "1-4"},
    {"(?:foo|bar)+", "xfoobar", "1-7"},
    /* leftmost before preferred */
    {"b|abc", "xabc", "1-4"},
    {"(b)|(a)", "ab", "0-1 ? 0-1"},
    /* groups */
    {"(a)(b)?", "ac", "0-1 0-1 ?"},
    {"((a)(b))", "ab", "0-2 0-2 0-1 1-2"},
    {"(?:a)(b)", "ab", "0-2 1-2"},
    {"(?P<x>a)(?<y_1>b)", "ab", "0-2 0-1 1-2"},
    {"(a)|(b)", "b", "0-1 ? 0-1"},
    {"()", "a", "0-0 0-0"},
    {"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)", "abcdefghijk",
     "0-11 0-1 1-2 2-3 3-4 4-5 5-6 6-7 7-8 8-9"},
    {"(a|b)*", "abab", "0-4 3-4"},
    {"(a(b)?)+", "aba", "0-3 2-3 1-2"},
    /* greedy and lazy */
    {"a*", "aaa", "0-3"},
    {"a*?", "aaa", "0-0"},
    {"a+?", "aaa", "0-1"},
    {"a??b", "ab", "0-2"},
    {"a?", "aaa", "0-1"},
    {"(a*)(a*)", "aaa", "0-3 0-3 3-3"},
    {"(a*?)(a*)", "aaa", "0-3 0-0 0-3"},
    {"(.*)/(.*)", "a/b/c", "0-5 0-3 4-5"},
    {"(.*?)/(.*)", "a/b/c", "0-5 0-1 2-5"},
    {"<.+?>", "<a><b>", "0-3"},
    {"(?U)a+", "aaa", "0-1"},
    {"(?U)a+?", "aaa", "0-3"},
    {"(?U)<.+>", "<a><b>", "0-3"},
    /* counts */
    {"a{3}", "aa", "no"},
    {"a{3}", "aaaa", "0-3"},
    {"a{2,3}", "aaaa", "0-3"},
    {"a{2,3}?", "aaaa", "0-2"},
    {"a{2,}", "aaaa", "0-4"},
    {"a{2,}?", "aaaa", "0-2"},
    {"a{0}", "a", "0-0"},
    {"(a){0}b", "ab", "1-2 ?"},
    {"a{0,1}b", "aab", "1-3"},
    {"(?:ab){2}", "ababab", "0-4"},
    {"(a{1,2}){2}", "aaa", "0-3 2-3"},
    {"x{0,0}y", "xy", "1-2"},
    {"^[0-9]{1,3}(\\.[0-9]{1,3}){3}$", "127.0.0.1", "0-9 7-9"},
    {"^a{1000}$", "a", "no"},
    /* repeats of what can be empty */
    {"(a*)*", "b", "0-0 0-0"},
    {"(a*)+", "b", "0-0 0-0"},
    {"(a|b)*?c", "abc", "0-3 1-2"},
    {"(|a)*", "aa", "0-0 0-0"},
    {"(|a)+", "aa", "0-0 0-0"},
    {"(a|)+b", "aab", "0-3 1-2"}, /* Perl goes round once more: 2-2 */
    {"(?:a?)*?b", "aab", "0-3"},
    {"(?:){1000}a", "a", "0-1"},
    {"(?:(?:(?:){1000}){1000}){1000}", "a", "0-0"},
    {"(?:^)*a", "ba", "1-2"},
    {"\\b+a", " a", "1-2"},
    /* classes */
    {"[abc]", "xb", "1-2"},
    {"[^abc]", "abcd", "3-4"},
    {"[a-c]+", "xabcd", "1-4"},
    {"[]a]+", "a]b", "0-2"},
    {"[^]a]", "]ab", "2-3"},
    {"[a-]+", "-a-b", "0-3"},
    {"[-a]+", "-a-b", "0-3"},
    {"[a-c-e]+", "b-ed", "0-3"},
    {"[--/]+", "-./0", "0-3"},
    {"[\\]]", "]", "0-1"},
    {"[\\d-z]+", "1-z5a", "0-4"},
    {"[\\w.]+", "a_1.-", "0-4"},
    {"[\\n-\\r]", "\x0b", "0-1"},
    {"[^\\n]", "\n\n", "no"},
    {"[^a]", "\n", "0-1"},
    {"[.*+?(){}|^$]+", "^.*+?(){}|$", "0-11"},
    {"[a^]+", "^a", "0-2"},
    {"[[a]+", "[a", "0-2"},
    {"[[:alpha:]]+", "1aZ2", "1-3"},
    {"[[:^alpha:]]+", "a12b", "1-3"},
    {"[[:digit:]x]+", "ax1x", "1-4"},
    {"[^[:space:]]+", "  ab c", "2-4"},
    {"[[:punct:]]+", "a!/~b", "1-4"},
    {"[[:xdigit:]]+", "xAf9g", "1-4"},
    {"[[:word:]]+", "-a_1-", "1-4"},
    {"[[:blank:]]+", "a \tb", "1-3"},
    {"[[:cntrl:]]", "a\x7f", "1-2"},
    {"[[:print:]]+", "\x01 a~\x7f", "1-4"},
    {"[[:graph:]]+", " a~ ", "1-3"},
    {"[[:ascii:]]+", "\x80z\x01\x80", "1-3"},
    {"[[:alnum:]]+", "_a1_", "1-3"},
    {"[[:lower:]][[:upper:]]", "aBAb", "0-2"},
    {"[[:foo]+", "[:fo", "0-4"},
    {"[\\x41-\\x{43}]+", "xABCD", "1-4"},
    {"[\\101]", "A", "0-1"},
    /* escapes */
    {"\\d+", "a12b", "1-3"},
    {"\\D+", "1ab2", "1-3"},
    {"\\w+", "-a_Z9-", "1-5"},
    {"\\W+", "a-+b", "1-3"},
    {"\\s+", "a \t\n\f\r\x0b", "1-6"},
    {"\\S+", " a\x0b ", "1-3"},
    {"\\.\\*\\/", "a.*/", "1-4"},
    {"\\_\\-\\ ", "_- ", "0-3"},
    {"\\a\\f\\n\\r\\t\\v", "\a\f\n\r\t\v", "0-6"},
    {"\\x41\\x{42}\\x{0000043}", "ABC", "0-3"},
    {"\\x2f", "/", "0-1"},
    {"\\101\\0601\\07",
     "A0"
     "1\a",
     "0-4"},
    {"\\C\\C", "\xc3\xa9", "0-2"},
    {"\\Qa.b*\\E+", "a.b***", "0-6"},
    {"\\Q(", "(", "0-1"},
    {"\\Q\\E", "a", "0-0"},
    {"a\\Q\\\\E", "a\\", "0-2"},
    /* places */
    {"^a", "ba", "no"},
    {"^a", "ab", "0-1"},
    {"a$", "ba", "1-2"},
    {"a$", "a\n", "no"},
    {"^$", "", "0-0"},
    {"^$", "a", "no"},
    {"$", "ab", "2-2"},
    {"(?m)^b", "a\nb", "2-3"},
    {"(?m)a$", "a\nb", "0-1"},
    {"(?m)^$", "a\n\nb", "2-2"},
    {"(?m)$^", "a\n", "2-2"},
    {"(?m)\\Ab", "a\nb", "no"},
    {"(?m)a\\z", "a\nb", "no"},
    {"\\Aab\\z", "ab", "0-2"},
    {"\\bfoo\\b", "a foo b", "2-5"},
    {"\\bfoo\\b", "afoo foo_ foo", "10-13"},
    {"\\Boo\\B", "foo foob", "5-7"},
    {"\\B", "", "0-0"},
    {"\\b", "", "no"},
    {"\\b", "a", "0-0"},
    {"a\\b\\B", "a", "no"},
    {"(^a|b)c", "abc", "1-3 1-2"},
    {"(?:^|/)x", "a/x", "1-3"},
    {"a^b", "ab", "no"},
    {"(?:$|b)", "ab", "1-2"},
    /* flags */
    {"(?i)AbC", "aBc", "0-3"},
    {"a(?i)b", "aB", "0-2"},
    {"a(?i)b", "AB", "no"},
    {"(?i:a)b", "Ab", "0-2"},
    {"(?i:a)b", "AB", "no"},
    {"(?:(?i)a)b", "AB", "no"},
    {"(a(?i)b|c)d", "aBd", "0-3 0-2"},
    {"(a(?i)b|c)d", "Cd", "0-2 0-1"},
    {"(?i)a(?-i)b", "AB", "no"},
    {"(?i)[a-c]+", "xAbC", "1-4"},
    {"(?i)[^a]", "Aab", "2-3"},
    {"(?i)[[:upper:]]+", "aB1", "0-2"},
    {"(?i)[[:^upper:]]+", "aB1", "2-3"},
    {"(?i)\\x41", "a", "0-1"},
    {"(?i)[@-\\[]+", "@z[", "0-3"},
    {"(?i)\xc3\x89", "\xc3\xa9", "no"},
    {"(?s)a.b", "a\nb", "0-3"},
    {"(?s-s)a.b", "a\nb", "no"},
    {"(?is)A.b", "a\nB", "0-3"},
    {"(?s:.)(.)", "\na", "0-2 1-2"},
    {"(?s).+(?-s:.)", "\n\n", "no"},
    {"(?)a", "a", "0-1"},
    /* what people write in rules */
    {"^mywebsite-(.+).com$", "mywebsite-shop.com", "0-18 10-14"},
    {"^/dp/([A-Za-z0-9]+)/?$", "/dp/B09", "0-7 4-7"},
    {"^\\/api\\/(.+)$", "/api/v1/x", "0-9 5-9"},
    {"^/(?:en|fr)/(\\d{4})-(\\d\\d)(?:\\?.*)?$", "/fr/2024-05?a=b",
     "0-15 4-8 9-11"},
    {"(?i)(bot|crawler|spider)", "Mozilla GoogleBot/2", "14-17 14-17"},
};

static void check(const struct trial *trial, bool any_case)
{
    char buffer[256];
    struct text t = text_in(buffer, sizeof(buffer));

    search(&t, str_of(trial->pattern), any_case, str_of(trial->text));
    if (strcmp(buffer, trial->found) != 0)
        fail_msg("%s in \"%s\": %s instead of %s", trial->pattern, trial->text,
                 buffer, trial->found);
}

static void test_each_pattern_matches_where_perl_would(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(trials); i++)
        check(&trials[i], false);
}

static void test_any_case_is_the_flag_i_from_the_begin(void **state)
{
    static const struct trial any[] = {
        {"example\\.(com|ORG)", "www.EXAMPLE.Org", "4-15 12-15"},
        {"[x-z]", "aY", "1-2"},
        {"(?-i)a", "A", "no"},
        {"(?i:a)b", "AB", "0-2"},
        {"\\QAb\\E", "aB", "0-2"},
        {"k", "\xe2\x84\xaa", "no"}, /* the Kelvin sign: ASCII only */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(any); i++)
        check(&any[i], true);
}

static void test_nul_is_a_byte_as_any_other(void **state)
{
    char buffer[64];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    search(&t, STR("\0+[^\0]\\x00"), false, STR("a\0\0b\0"));
    assert_string_equal(buffer, "1-5");
}

static void test_every_byte_is_matched_by_its_escape_only(void **state)
{
    (void)state;
    for (unsigned b = 0; b < 256; b++) {
        char pattern[8];
        struct linear *regex;

        snprintf(pattern, sizeof(pattern), "\\x%02X", b);
        regex = compile(str_of(pattern), false);
        for (unsigned c = 0; c < 256; c++) {
            char text = (char)c;

            assert_int_equal(
                linear_search(regex, scratch, str_make(&text, 1), NULL),
                b == c);
        }
        linear_free(regex);
    }
}

static void test_no_text_is_an_empty_text(void **state)
{
    struct linear *regex = compile(STR("^(a?)$"), false);
    struct str groups[LINEAR_GROUPS_MAX];

    (void)state;
    assert_true(linear_search(regex, scratch, (struct str){NULL, 0}, NULL));
    assert_true(linear_search(regex, scratch, (struct str){NULL, 0}, groups));
    assert_non_null(groups[1].p); /* it took part */
    assert_int_equal(groups[1].n, 0);
    assert_null(groups[2].p);
    linear_free(regex);
}

static void test_no_pattern_is_an_empty_pattern(void **state)
{
    struct linear *regex = compile((struct str){NULL, 0}, false);

    (void)state;
    assert_true(linear_search(regex, scratch, STR("a"), NULL));
    linear_free(regex);
}

static void test_groups_are_counted_without_the_whole(void **state)
{
    static const struct {
        const char *pattern;
        unsigned groups;
    } some[] = {{"a", 0},
                {"(?:a)", 0},
                {"(a)(?<b>c)", 2},
                {"((((((((((((a))))))))))))", 12}};

    (void)state;
    for (size_t i = 0; i < COUNT(some); i++) {
        struct linear *regex = compile(str_of(some[i].pattern), false);

        assert_int_equal(linear_groups(regex), some[i].groups);
        linear_free(regex);
    }
}

/* ---- time ---------------------------------------------------------------- */

enum { LONG_TEXT = 16384 };

static void fill(char *text, size_t n, const char *unit)
{
    size_t length = strlen(unit);

    for (size_t i = 0; i < n; i++)
        text[i] = unit[i % length];
}

static const char *const slow_elsewhere[][2] = {
    {"(a+)+$", "ab"},
    {"(a+)+$", "a"},
    {"^(a+)+$", "a"},
    {"(a|aa)*b", "a"},
    {"(a|a)*b", "a"},
    {"(a*)*b", "a"},
    {".*.*.*x", "a"},
    {"(.*)(.*)(.*)(.*)x", "a"},
    {"(x+x+)+y", "x"},
    {"^(([a-z])+.)+[A-Z]([a-z])+$", "a"},
    {"(?:a?){200}a{200}b", "a"},
    {"[ab]*a[ab]{100}c", "ab"},
    {"(?:(?:a{0,30}){0,30})b", "a"},
    {"\\b(\\w+\\s?)*$!", "word "},
};

static void test_no_pattern_takes_more_than_text_times_program(void **state)
{
    static char text[LONG_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(slow_elsewhere); i++) {
        struct linear *regex = compile(str_of(slow_elsewhere[i][0]), false);
        struct str groups[LINEAR_GROUPS_MAX];
        uint64_t most = (uint64_t)2 * (LONG_TEXT + 1) * regex->n;
        uint64_t before = linear_steps(scratch);

        fill(text, sizeof(text), slow_elsewhere[i][1]);
        linear_search(regex, scratch, str_make(text, sizeof(text)), NULL);
        assert_true(linear_steps(scratch) - before <= most);
        before = linear_steps(scratch);
        linear_search(regex, scratch, str_make(text, sizeof(text)), groups);
        assert_true(linear_steps(scratch) - before <= most);
        linear_free(regex);
    }
}

static void test_a_place_where_no_match_begins_costs_nothing(void **state)
{
    static const char *const patterns[] = {"xyz+", "^xyz", "[x-z]+[0-9]",
                                           "(?:foo|bar)baz"};
    static char text[LONG_TEXT];

    (void)state;
    fill(text, sizeof(text), "-");
    for (size_t i = 0; i < COUNT(patterns); i++) {
        struct linear *regex = compile(str_of(patterns[i]), false);
        uint64_t before = linear_steps(scratch);

        assert_false(
            linear_search(regex, scratch, str_make(text, sizeof(text)), NULL));
        assert_true(linear_steps(scratch) - before <= regex->n);
        linear_free(regex);
    }
}

static void test_without_groups_the_first_match_ends_the_search(void **state)
{
    static char text[LONG_TEXT];
    struct linear *regex = compile(STR("a+.*"), false);
    uint64_t before = linear_steps(scratch);

    (void)state;
    fill(text, sizeof(text), "a");
    assert_true(
        linear_search(regex, scratch, str_make(text, sizeof(text)), NULL));
    assert_true(linear_steps(scratch) - before <= (uint64_t)3 * regex->n);
    linear_free(regex);
}

/* ---- scratch ------------------------------------------------------------- */

static void test_one_scratch_serves_all_it_was_made_to_fit(void **state)
{
    static const char *const patterns[] = {"a", "(a)(b)?", "(?:ab){100}|ab",
                                           "(((((((((a)))))))))|b", "ab?"};
    struct linear_scratch *own = linear_scratch_new();
    struct linear *regexes[COUNT(patterns)];

    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        regexes[i] = compile(str_of(patterns[i]), false);
        linear_scratch_fit(own, regexes[i]);
    }
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(patterns); i++) {
            struct str groups[LINEAR_GROUPS_MAX];

            assert_true(linear_search(regexes[i], own, STR("xab"), groups));
            assert_true(linear_search(regexes[i], own, STR("xab"), NULL));
            assert_false(linear_search(regexes[i], own, STR("x"), NULL));
        }
    }
    for (size_t i = 0; i < COUNT(patterns); i++)
        linear_free(regexes[i]);
    linear_scratch_free(own);
    linear_scratch_free(NULL);
    linear_free(NULL);
}

static void test_the_largest_program_runs(void **state)
{
    struct linear *regex = compile(STR("^(?:a{4}){1000}a{998}"), false);
    static char text[LINEAR_PROGRAM_MAX];

    (void)state;
    assert_int_equal(regex->n, LINEAR_PROGRAM_MAX);
    fill(text, sizeof(text), "a");
    assert_true(linear_search(regex, scratch,
                              str_make(text, LINEAR_PROGRAM_MAX - 2), NULL));
    assert_false(linear_search(regex, scratch,
                               str_make(text, LINEAR_PROGRAM_MAX - 3), NULL));
    linear_free(regex);
}

static int begin(void **state)
{
    (void)state;
    scratch = linear_scratch_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    linear_scratch_free(scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_pattern_matches_where_perl_would),
        cmocka_unit_test(test_any_case_is_the_flag_i_from_the_begin),
        cmocka_unit_test(test_nul_is_a_byte_as_any_other),
        cmocka_unit_test(test_every_byte_is_matched_by_its_escape_only),
        cmocka_unit_test(test_no_text_is_an_empty_text),
        cmocka_unit_test(test_no_pattern_is_an_empty_pattern),
        cmocka_unit_test(test_groups_are_counted_without_the_whole),
        cmocka_unit_test(test_no_pattern_takes_more_than_text_times_program),
        cmocka_unit_test(test_a_place_where_no_match_begins_costs_nothing),
        cmocka_unit_test(test_without_groups_the_first_match_ends_the_search),
        cmocka_unit_test(test_one_scratch_serves_all_it_was_made_to_fit),
        cmocka_unit_test(test_the_largest_program_runs),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
