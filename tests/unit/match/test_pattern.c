/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "match/pattern.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum kind { PATH, HOST, QUERY }; /* exact case; any case; with escapes */

static struct pattern *make(enum kind kind, const char *text)
{
    return pattern_new(str_of(text),
                       kind == PATH ? PATTERN_EXACT_CASE : PATTERN_ANY_CASE,
                       kind == QUERY);
}

static bool matches(enum kind kind, const char *pattern, const char *text)
{
    struct pattern *p = make(kind, pattern);
    bool match = pattern_matches(p, str_of(text));

    pattern_free(p);
    return match;
}

struct attempt {
    const char *pattern;
    const char *text;
    bool match;
};

static void check(enum kind kind, const struct attempt *tries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (matches(kind, tries[i].pattern, tries[i].text) != tries[i].match)
            fail_msg("\"%s\" against \"%s\" should be %d", tries[i].pattern,
                     tries[i].text, tries[i].match);
    }
}

static void test_patterns_are_anchored_at_both_ends(void **state)
{
    static const struct attempt tries[] = {
        {"/img", "/img", true},    {"/img", "/img/", false},
        {"/img", "/img/a", false}, {"/img", "x/img", false},
        {"/img", "/im", false},    {"", "", true},
        {"", "a", false},          {"a", "", false},
    };

    (void)state;
    check(PATH, tries, COUNT(tries));
}

static void test_a_star_is_any_characters_or_none(void **state)
{
    static const struct attempt tries[] = {
        {"/img/*", "/img/", true},
        {"/img/*", "/img/a/b/c.png", true},
        {"/img/*", "/img", false},
        {"*", "", true},
        {"*", "/", true},
        {"*.png", "/a/b.png", true},
        {"*.png", "/a/b.png2", false},
        {"*.png", ".png", true},
        {"/*/pics", "/a/b/pics", true},
        {"/*/pics", "//pics", true},
        {"/*/pics", "/pics", false},
        {"/img/*/pics", "/img//pics", true},
        {"/img/*/pics", "/img/pics", false},
        {"a**b", "ab", true},
        {"a*b*c", "abc", true},
        {"a*b*c", "aXbYc", true},
        {"a*b*c", "aXcYb", false},
        {"a*b*c", "ac", false},
        /* head and tail may not share characters */
        {"ab*ba", "aba", false},
        {"ab*ba", "abba", true},
        {"a*a", "a", false},
        /* the first place of a middle piece is good enough */
        {"*ab*cd", "ababcd", true},
        {"*aab*", "aaab", true},
        {"*a*b*c*", "cbacba", false},
        {"*a*b*c*", "cbabc", true},
    };

    (void)state;
    check(PATH, tries, COUNT(tries));
}

static void test_a_question_mark_is_exactly_one_character(void **state)
{
    static const struct attempt tries[] = {
        {"/v?", "/v1", true},
        {"/v?", "/v", false},
        {"/v?", "/v10", false},
        {"/?/x", "///x", true},
        {"?*", "", false},
        {"?*", "a", true},
        {"*?", "", false},
        {"*?", "ab", true},
        {"*?b?*", "ab", false},
        {"*?b?*", "abc", true},
        {"a*??b", "axb", false},
        {"a*??b", "axyb", true},
        {"a*??b", "axyzb", true},
        {"*x?y*", "xxaxbyx", true},
        {"*x?y*", "xxaxbbyx", false},
    };

    (void)state;
    check(PATH, tries, COUNT(tries));
}

static void test_only_patterns_that_want_it_tell_case_apart(void **state)
{
    static const struct attempt path[] = {
        {"/API", "/api", false}, {"/API", "/API", true}, {"/a[", "/a{", false}};
    static const struct attempt host[] = {
        {"Example.COM", "eXAMPLE.com", true},
        {"*.Example.com", "WWW.eXample.com", true},
        {"a[", "a{", false}, /* 0x20 apart and no letters */
        {"a@", "a`", false},
    };

    (void)state;
    check(PATH, path, COUNT(path));
    check(HOST, host, COUNT(host));
}

static void test_escaped_wildcards_are_themselves_where_asked_for(void **state)
{
    static const struct attempt query[] = {
        {"a\\*", "a*", true},    {"a\\*", "ab", false},  {"a\\?", "a?", true},
        {"a\\?", "ab", false},   {"\\**", "*xyz", true}, {"\\**", "xyz", false},
        {"a\\b", "a\\b", true},  {"a\\", "a\\", true},   {"\\\\*", "\\*", true},
        {"\\\\*", "\\x", false},
    };
    static const struct attempt path[] = {{"a\\*", "a\\xyz", true},
                                          {"a\\*", "a*", false},
                                          {"a\\?", "a\\x", true}};

    (void)state;
    check(QUERY, query, COUNT(query));
    check(PATH, path, COUNT(path));
}

static void test_control_characters_are_left_out_of_the_comparison(void **state)
{
    static const struct attempt tries[] = {
        {"/admin", "/ad\x01min", true},
        {"/admin", "\t/admin\x7f", true},
        {"/a?", "/a\x01", false},
        {"/a?",
         "/a\x01"
         "b",
         true},
        {"/a?", "/a\x02", false},
        {"*a*", "\x01\x01\x01", false},
        {"*ab*", "xa\tby", true},
        {"a*b",
         "a\x1f"
         "b\x1f",
         true},
        {"/ad\x01min", "/admin", true},
        {"", "\x01\x02", true},
        {"?", "\x01", false},
        {"a*c",
         "\x7f"
         "abc\x7f",
         true},
    };

    (void)state;
    check(PATH, tries, COUNT(tries));
    check(HOST, tries, COUNT(tries));
}

static void test_bytes_above_ascii_are_one_character_each(void **state)
{
    static const struct attempt tries[] = {
        {"/\xc3\xa4", "/\xc3\xa4", true},  {"/?", "/\xc3\xa4", false},
        {"/??", "/\xc3\xa4", true},        {"/*", "/\xff\x80", true},
        {"/\xc3\xa4", "/\xc3\x84", false},
    };

    (void)state;
    check(PATH, tries, COUNT(tries));
}

static void
test_the_prefix_is_what_stands_before_the_first_wildcard(void **state)
{
    static const struct {
        const char *pattern;
        const char *prefix;
        enum kind kind;
        bool exact;
    } tries[] = {
        {"/Api/*", "/Api/", PATH, false},
        {"/Api", "/Api", PATH, true},
        {"*", "", PATH, false},
        {"", "", PATH, true},
        {"Ex?mple.COM", "ex", HOST, false},
        {"A.B", "a.b", HOST, true},
        {"a\\*b*", "a*b", QUERY, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct pattern *p = make(tries[i].kind, tries[i].pattern);
        bool exact;
        struct str prefix = pattern_prefix(p, &exact);

        assert_int_equal(exact, tries[i].exact);
        assert_int_equal(prefix.n, strlen(tries[i].prefix));
        assert_memory_equal(prefix.p, tries[i].prefix, prefix.n);
        pattern_free(p);
    }
}

static void test_only_stars_alone_match_any_text(void **state)
{
    static const struct {
        const char *pattern;
        bool any;
    } tries[] = {{"*", true},   {"**", true}, {"?*", false},
                 {"/*", false}, {"", false},  {"\\*", false}};

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct pattern *p = make(QUERY, tries[i].pattern);

        assert_int_equal(pattern_is_any(p), tries[i].any);
        pattern_free(p);
    }
}

static void test_a_pattern_covers_one_that_matches_no_more(void **state)
{
    static const struct {
        const char *wide;
        const char *narrow;
        bool covers;
    } tries[] = {
        {"*", "*", true},
        {"*", "?", true},
        {"*", "", true},
        {"*", "/api/*/x?", true},
        {"/*", "*", false},
        {"/*", "/api/*", true},
        {"/*", "/", true},
        {"/api/*", "/api/v1/*", true},
        {"/api/*", "/api*", false},
        {"/api*", "/api/*", true},
        {"/api/*", "/api/", true},
        {"/api/*", "/api", false},
        {"?*", "*?", true},
        {"*?", "?*", true},
        {"?*", "*", false},
        {"??*", "?*?", true},
        {"a?c", "abc", true},
        {"abc", "a?c", false},
        {"a?c", "a*c", false},
        {"a*c", "a?c", true},
        {"a?*b", "a*b", false},
        {"a*b", "a?*b", true},
        {"*.png", "/img/*.png", true},
        {"*.png", "/img/*", false},
        {"*a*b*", "*ab*", true},
        {"*ab*", "*a*b*", false},
        {"*a*", "*ba*", true},
        {"*aab*", "*aaab", true},
        {"a*b*c", "a*c", false},
        {"a*c", "a*b*c", true},
        {"*/*/*", "/a/b/*", true},
        {"*?a", "*aa", true},
        {"*?a", "*a", false},
        {"x*x", "x", false},
        {"A*", "a*", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct pattern *wide = make(PATH, tries[i].wide);
        struct pattern *narrow = make(PATH, tries[i].narrow);

        if (pattern_covers(wide, narrow) != tries[i].covers)
            fail_msg("\"%s\" covers \"%s\" should be %d", tries[i].wide,
                     tries[i].narrow, tries[i].covers);
        pattern_free(wide);
        pattern_free(narrow);
    }
}

/* The n-th text over an alphabet of `letters`, shortest first. */
static size_t nth_text(char *text, unsigned n, const char *letters)
{
    unsigned k = (unsigned)strlen(letters);
    size_t length = 0;

    while (n) {
        n--;
        text[length++] = letters[n % k];
        n /= k;
    }
    return length;
}

static bool covers_short_texts(const struct pattern *wide,
                               const struct pattern *narrow)
{
    char text[16];

    for (unsigned n = 0; n < 1 + 3 + 9 + 27 + 81 + 243 + 729; n++) {
        struct str s = str_make(text, nth_text(text, n, "abz"));

        if (pattern_matches(narrow, s) && !pattern_matches(wide, s))
            return false;
    }
    return true;
}

static void test_covering_agrees_with_trying_all_short_texts(void **state)
{
    enum { PATTERNS = 1 + 4 + 16 + 64 };
    struct pattern *patterns[PATTERNS];
    char text[16];

    (void)state;
    for (unsigned i = 0; i < PATTERNS; i++) {
        struct str s = str_make(text, nth_text(text, i, "ab*?"));

        patterns[i] = pattern_new(s, PATTERN_EXACT_CASE, false);
    }
    for (unsigned w = 0; w < PATTERNS; w++) {
        for (unsigned n = 0; n < PATTERNS; n++)
            assert_int_equal(pattern_covers(patterns[w], patterns[n]),
                             covers_short_texts(patterns[w], patterns[n]));
    }
    for (unsigned i = 0; i < PATTERNS; i++)
        pattern_free(patterns[i]);
}

static void test_patterns_of_different_case_do_not_cover(void **state)
{
    struct pattern *path = make(PATH, "*");
    struct pattern *host = make(HOST, "*");

    (void)state;
    assert_false(pattern_covers(path, host));
    assert_false(pattern_covers(host, path));
    pattern_free(path);
    pattern_free(host);
}

static void test_covering_gives_up_where_it_would_take_long(void **state)
{
    char text[300];
    struct pattern *wide, *narrow;

    (void)state;
    memset(text, '?', sizeof(text));
    wide = pattern_new(str_make(text, 300), PATTERN_EXACT_CASE, false);
    text[0] = 'a';
    narrow = pattern_new(str_make(text, 300), PATTERN_EXACT_CASE, false);
    assert_false(pattern_covers(wide, narrow)); /* too long to follow */
    assert_true(pattern_covers(wide, wide));
    pattern_free(wide);
    pattern_free(narrow);
    for (size_t i = 0; i < 240; i++)
        text[i] = i % 2 ? '*' : 'a';
    wide = pattern_new(str_make(text, 240), PATTERN_EXACT_CASE, false);
    for (size_t i = 0; i < 240; i++)
        text[i] = i % 3 ? '?' : '*';
    narrow = pattern_new(str_make(text, 240), PATTERN_EXACT_CASE, false);
    assert_false(pattern_covers(wide, narrow));
    assert_true(pattern_covers(wide, wide));
    pattern_free(wide);
    pattern_free(narrow);
}

static void test_an_example_matches_its_pattern(void **state)
{
    static const char *const patterns[] = {
        "/api/*", "*.example.com", "a?c*d", "\\*x\\?", "**", ""};
    static const char *const fillings[] = {"", "x", "zq7"};

    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        for (size_t f = 0; f < COUNT(fillings); f++) {
            struct pattern *p = make(QUERY, patterns[i]);
            char room[64];
            struct text t = text_in(room, sizeof(room));

            pattern_put_example(&t, p, str_of(fillings[f]));
            assert_true(pattern_matches(p, text_str(&t)));
            pattern_free(p);
        }
    }
}

/* The count of comparisons cannot be seen from here; that this ends at all
 * within the test's time limit can. */
static void test_texts_that_nearly_match_do_not_take_forever(void **state)
{
    static char text[65536];
    struct str s = {text, sizeof(text)};
    struct pattern *p = make(PATH, "*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab*c*d*e*f");

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_false(pattern_matches(p, s));
    memset(text + 40, '\t', sizeof(text) - 40);
    assert_false(pattern_matches(p, s));
    memset(text, '\t', sizeof(text));
    text[65535] = 'f';
    assert_false(pattern_matches(p, s));
    pattern_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_are_anchored_at_both_ends),
        cmocka_unit_test(test_a_star_is_any_characters_or_none),
        cmocka_unit_test(test_a_question_mark_is_exactly_one_character),
        cmocka_unit_test(test_only_patterns_that_want_it_tell_case_apart),
        cmocka_unit_test(test_escaped_wildcards_are_themselves_where_asked_for),
        cmocka_unit_test(
            test_control_characters_are_left_out_of_the_comparison),
        cmocka_unit_test(test_bytes_above_ascii_are_one_character_each),
        cmocka_unit_test(
            test_the_prefix_is_what_stands_before_the_first_wildcard),
        cmocka_unit_test(test_only_stars_alone_match_any_text),
        cmocka_unit_test(test_a_pattern_covers_one_that_matches_no_more),
        cmocka_unit_test(test_covering_agrees_with_trying_all_short_texts),
        cmocka_unit_test(test_patterns_of_different_case_do_not_cover),
        cmocka_unit_test(test_covering_gives_up_where_it_would_take_long),
        cmocka_unit_test(test_an_example_matches_its_pattern),
        cmocka_unit_test(test_texts_that_nearly_match_do_not_take_forever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
