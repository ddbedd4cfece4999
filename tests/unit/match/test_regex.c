/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/text.h"
#include "match/regex.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct regex_scratch *scratch;

static int set_up(void **state)
{
    (void)state;
    scratch = regex_scratch_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    regex_scratch_free(scratch);
    return 0;
}

static struct regex *compile(struct str pattern)
{
    struct error error = {""};
    struct regex *regex = regex_new(pattern, &error);

    if (regex == NULL)
        fail_msg(STR_FMT ": %s", STR_ARG(pattern), error.text);
    return regex;
}

/* ---- searching -------------------------------------------------------------------- */

static const struct trial {
    const char *pattern;
    struct str text;
    int from; /* -1: no match */
    int to;
} trials[] = {
    {"", {"", 0}, 0, 0},
    {"", {NULL, 0}, 0, 0},
    {"b", {"abc", 3}, 1, 2},
    {"^b", {"abc", 3}, -1, 0},
    {"b", {"ABC", 3}, -1, 0},
    {"(?i)b", {"ABC", 3}, 1, 2},
    /* as Hyperscan without flags: "." is not a line end, ^ and $ are of the
     * whole, and $ stands before a last line end, too */
    {"a.c", {"a\nc", 3}, -1, 0},
    {"^c", {"a\nc", 3}, -1, 0},
    {"a$", {"a\nc", 3}, -1, 0},
    {"c$", {"a\nc\n", 4}, 2, 3},
    {"c\\z", {"a\nc\n", 4}, -1, 0},
    {"a.c", {"a\rc", 3}, 0, 3},
    /* bytes */
    {"a.c", {"a\0c", 3}, 0, 3},
    {"a\\x00c", {"xa\0c", 4}, 1, 4},
    {"^.$", {"\xc3\xa9", 2}, -1, 0},
    {"^..$", {"\xc3\xa9", 2}, 0, 2},
    {"[\x80-\xff]+", {"a\xc3\xa9z", 4}, 1, 3},
    {"(?i)\xc3\xa9", {"\xc3\x89", 2}, -1, 0},
    {"\\w", {"\xe9", 1}, -1, 0},
    {"\\s", {"\v", 1}, 0, 1},
    {"a\\Kb", {"ab", 2}, 1, 2},
};

static void test_patterns_match_bytes_as_aws_engine_without_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(trials); i++) {
        const struct trial *t = &trials[i];
        struct regex *regex = compile(str_of(t->pattern));
        size_t from = 99;
        size_t to = 99;
        enum regex_result result =
            regex_search(regex, scratch, t->text, &from, &to);

        if (result != (t->from < 0 ? REGEX_NO : REGEX_YES))
            fail_msg("%s: %d", t->pattern, (int)result);
        if (t->from >= 0 && (from != (size_t)t->from || to != (size_t)t->to))
            fail_msg("%s: %zu-%zu", t->pattern, from, to);
        assert_int_equal(regex_search(regex, scratch, t->text, NULL, NULL),
                         result);
        regex_release(regex);
    }
}

/* Longer texts are searched in steps. */
static void
test_a_match_is_found_wherever_it_stands_in_a_long_text(void **state)
{
    static char text[70000];
    static const char *const patterns[] = {"needle", "n[e]+dle", "(?<=x)need",
                                           "\\bx*needle", "needle$"};

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t p = 0; p < COUNT(patterns); p++) {
        struct regex *regex = compile(str_of(patterns[p]));

        for (size_t at = 1; at < sizeof(text) - 6; at += at < 600 ? 1 : 997) {
            size_t from = 0;
            size_t to = 0;

            memcpy(text + at, "needle", 6);
            if (regex_search(regex, scratch, str_make(text, at + 6), &from,
                             &to) != REGEX_YES)
                fail_msg("%s at %zu", patterns[p], at);
            assert_true(to > at && to <= at + 6);
            memset(text + at, 'x', 6);
        }
        regex_release(regex);
    }
}

static void test_steps_do_not_move_the_begin_of_the_search(void **state)
{
    static char text[4000];
    static const char *const patterns[] = {"\\Gy", "^y", "\\Ay", "x(*COMMIT)y",
                                           "(*LIMIT_MATCH=9)z"};

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t p = 0; p < COUNT(patterns); p++) {
        struct regex *regex = compile(str_of(patterns[p]));

        for (size_t at = 2; at < sizeof(text); at++) {
            text[at] = 'y';
            if (regex_search(regex, scratch, str_make(text, sizeof(text)), NULL,
                             NULL) != REGEX_NO)
                fail_msg("%s at %zu", patterns[p], at);
            text[at] = 'x';
        }
        regex_release(regex);
    }
}

/* ---- limits ----------------------------------------------------------------------- */

/* Each takes time exponential in the length, or its third power. */
static const char *const bombs[] = {
    "(.*){1,32}[bc]",    "((a*)*)*[bc]",       "^(a|b|ab|a.)*[xy]",
    "(a+a+)+[bc]",       "(?:a.*?){20}[bc]",   "(?:a?){30}a{30}[bc]",
    "\\w+.*\\d",         "(?:\\w*\\s?)*?[;:]", "(?=a*[bc]|a*?[de])a",
    "(a|a)*[bc]",        "(?:a|aa|aaa)+[bc]",  "(?:(?:a+)+)+[bc]",
    "(x|a)*?(a|y)*[bc]", "([a-z]+)*[0-9;]",    "(?:a*a*)*[bc]",
};

static void test_a_search_that_takes_too_long_is_given_up(void **state)
{
    static char text[64 * 1024];

    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < COUNT(bombs); i++) {
        struct regex *regex = compile(str_of(bombs[i]));

        for (size_t n = 8192; n <= sizeof(text); n *= 8)
            if (regex_search(regex, scratch, str_make(text, n), NULL, NULL) !=
                REGEX_LIMIT)
                fail_msg("%s: %zu", bombs[i], n);
        regex_release(regex);
    }
}

/* After a search that was given up the scratch searches as before. */
static void test_a_limit_leaves_nothing_behind(void **state)
{
    static char text[8192];
    struct regex *bomb = compile(STR("(a+a+)+[bc]"));
    struct regex *regex = compile(STR("(a|b)+c$"));

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(
        regex_search(bomb, scratch, str_make(text, sizeof(text)), NULL, NULL),
        REGEX_LIMIT);
    text[sizeof(text) - 1] = 'c';
    assert_int_equal(
        regex_search(regex, scratch, str_make(text, sizeof(text)), NULL, NULL),
        REGEX_YES);
    assert_int_equal(
        regex_search(bomb, scratch, str_make(text, sizeof(text)), NULL, NULL),
        REGEX_YES);
    regex_release(bomb);
    regex_release(regex);
}

/* ---- errors ----------------------------------------------------------------------- */

static const struct fault {
    const char *pattern;
    const char *error; /* how it begins */
} faults[] = {
    {"a(b", "character 3: missing closing parenthesis"},
    {"*", "character 1: quantifier does not follow"},
    {"[a", "character 2: missing terminating ]"},
    {"a\\", "character 2: \\ at end of pattern"},
    {"(((a{1,100}){1,100}){1,100})", "character 28: regular expression is "
                                     "too large"},
    {"(*UTF)a", "character 6: using UTF is disabled"},
};

static void test_what_cannot_be_compiled_says_where_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct error error = {""};

        assert_null(regex_new(str_of(faults[i].pattern), &error));
        if (strncmp(error.text, faults[i].error, strlen(faults[i].error)) != 0)
            fail_msg("%s: %s", faults[i].pattern, error.text);
        error.text[0] = '\0';
        assert_false(regex_check(str_of(faults[i].pattern), &error));
        if (strncmp(error.text, faults[i].error, strlen(faults[i].error)) != 0)
            fail_msg("%s: %s", faults[i].pattern, error.text);
    }
    assert_true(regex_check(STR("(?=a)b*"), &(struct error){""}));
}

static void test_groups_nested_too_deep_are_an_error(void **state)
{
    char pattern[512];
    struct error error = {""};

    (void)state;
    memset(pattern, '(', 256);
    memset(pattern + 256, ')', 256);
    assert_null(regex_new(str_make(pattern, sizeof(pattern)), &error));
    assert_non_null(strstr(error.text, "too deeply nested"));
}

/* ---- what AWS takes --------------------------------------------------------------- */

static struct str member(const json_t *object, const char *name)
{
    const json_t *text = json_object_get(object, name);

    if (text == NULL)
        return (struct str){NULL, 0};
    return str_make(json_string_value(text), json_string_length(text));
}

static void check_case(const json_t *row)
{
    struct str pattern = member(row, "pattern");
    struct str refused = member(row, "refused");
    struct str because = member(row, "because");
    struct error error = {""};
    struct regex *regex;
    bool taken;

    if (pattern.p == NULL)
        return;
    assert_int_equal(refused.p == NULL, because.p == NULL);
    taken = regex_aws_takes(pattern, &error);
    if (taken != (refused.p == NULL))
        fail_msg(STR_FMT ": %s", STR_ARG(pattern),
                 taken ? "taken" : error.text);
    if (refused.p && because.p &&
        (strncmp(error.text, refused.p, refused.n) != 0 ||
         error.text[refused.n] != ':' ||
         strstr(error.text, because.p) == NULL ||
         strchr(error.text, ';') == NULL))
        fail_msg(STR_FMT ": %s", STR_ARG(pattern), error.text);
    regex = regex_new(pattern, &error);
    if (taken && regex == NULL)
        fail_msg(STR_FMT ": %s", STR_ARG(pattern), error.text);
    regex_release(regex);
}

static void test_aws_takes_what_the_table_says(void **state)
{
    const char *top = getenv("TOP_SRCDIR");
    char path[4096];
    json_error_t error;
    json_t *rows;
    size_t i;
    json_t *row;

    (void)state;
    snprintf(path, sizeof(path), "%s/tests/unit/match/data/aws_regexes.json",
             top ? top : ".");
    rows = json_load_file(path, 0, &error);
    if (rows == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    assert_true(json_array_size(rows) > 80);
    json_array_foreach(rows, i, row) check_case(row);
    json_decref(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_match_bytes_as_aws_engine_without_flags),
        cmocka_unit_test(
            test_a_match_is_found_wherever_it_stands_in_a_long_text),
        cmocka_unit_test(test_steps_do_not_move_the_begin_of_the_search),
        cmocka_unit_test(test_a_search_that_takes_too_long_is_given_up),
        cmocka_unit_test(test_a_limit_leaves_nothing_behind),
        cmocka_unit_test(test_what_cannot_be_compiled_says_where_and_why),
        cmocka_unit_test(test_groups_nested_too_deep_are_an_error),
        cmocka_unit_test(test_aws_takes_what_the_table_says),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
