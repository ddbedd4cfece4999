/* SPDX-License-Identifier: Apache-2.0
 *
 * data/sqli.json has what injects and what does not, of our own writing.  When
 * the shared vectors are there ($SLUICE_SHARED or ../shared beside the source
 * tree), libinjection's answers on them are compared with ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "match/sqli.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct str text_of(const json_t *value)
{
    return str_make(json_string_value(value), json_string_length(value));
}

static const char *source_tree(void)
{
    const char *top = getenv("TOP_SRCDIR");
    return top ? top : ".";
}

/* ---- our own ------------------------------------------------------------------ */

static json_t *table(const char *name, int least)
{
    char path[4096];
    json_error_t error;
    json_t *root, *rows;
    snprintf(path, sizeof(path), "%s/tests/unit/match/data/sqli.json",
             source_tree());
    root = json_load_file(path, 0, &error);
    if (!root)
        fail_msg("%s: %s", path, error.text);
    rows = json_incref(json_object_get(root, name));
    json_decref(root);
    assert_true(json_array_size(rows) >= (size_t)least);
    return rows;
}

static void check_rows(const char *name, int least, bool low, bool high)
{
    json_t *rows = table(name, least), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        if (sqli_detect(text_of(row), SQLI_LOW, NULL) != low)
            fail_msg("%s, LOW: %s", name, json_string_value(row));
        if (sqli_detect(text_of(row), SQLI_HIGH, NULL) != high)
            fail_msg("%s, HIGH: %s", name, json_string_value(row));
    }
    json_decref(rows);
}

static void test_injections_are_found(void **state)
{
    (void)state;
    check_rows("injects", 150, true, true);
}

static void test_high_finds_signs_anywhere(void **state)
{
    (void)state;
    check_rows("only_high", 20, false, true);
}

static void test_what_people_write_is_harmless(void **state)
{
    (void)state;
    check_rows("harmless", 150, false, false);
}

static void test_the_case_of_letters_changes_nothing(void **state)
{
    (void)state;
    json_t *rows = table("injects", 150), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        char upper[256];
        struct str value = text_of(row);
        assert_true(value.n < sizeof(upper));
        for (size_t at = 0; at < value.n; at++) {
            char c = value.p[at];
            upper[at] = c >= 'a' && c <= 'z' && at > 0 ? (char)(c & ~0x20) : c;
        }
        if (!sqli_detect(str_make(upper, value.n), SQLI_LOW, NULL))
            fail_msg("%.*s", (int)value.n, upper);
    }
    json_decref(rows);
}

/* ---- what gave it away ---------------------------------------------------------- */

struct told {
    const char *value;
    const char *tokens[SQLI_TOKENS_MAX];
    size_t from;
    size_t to;
};

static void test_the_evidence_is_the_folded_tokens(void **state)
{
    static const struct told cases[] = {
        {"10 AND 1=1", {"10", "AND", "1"}, 0, 8},
        {"x' or 'a'='a", {"x", "or", "a", "=", "a"}, 0, 12},
        {"1 union  all select 2", {"1", "union  all", "select", "2"}, 0, 21},
        {"we all sleep(5) here", {"sleep", "("}, 7, 13},
        {"-1 order\tby 3--", {"1", "order\tby", "3", "--"}, 1, 15},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sqli_evidence e;
        struct str value = str_of(cases[i].value);
        unsigned n = 0;
        if (!sqli_detect(value, SQLI_HIGH, &e))
            fail_msg("%s", cases[i].value);
        for (; cases[i].tokens[n] != NULL; n++)
            if (n >= e.n || !str_eq(e.tokens[n], str_of(cases[i].tokens[n])))
                fail_msg("%s: token %u", cases[i].value, n);
        assert_int_equal(e.n, n);
        assert_int_equal(e.from, cases[i].from);
        assert_int_equal(e.to, cases[i].to);
    }
}

/* ---- libinjection's answers ------------------------------------------------------ */

static FILE *vectors(void)
{
    const char *shared = getenv("SLUICE_SHARED");
    char path[4096];
    if (shared)
        snprintf(path, sizeof(path), "%s/data/libinjection-vectors-dev.jsonl",
                 shared);
    else
        snprintf(path, sizeof(path),
                 "%s/../shared/data/libinjection-vectors-dev.jsonl",
                 source_tree());
    return fopen(path, "r");
}

static size_t unhex(const char *hex, char *bytes)
{
    size_t n = 0;
    for (; hex[2 * n] != 0; n++)
        bytes[n] =
            (char)(hex_digit(hex[2 * n]) * 16 + hex_digit(hex[2 * n + 1]));
    return n;
}

static bool agrees(const char *line)
{
    json_t *row = json_loads(line, 0, NULL);
    assert_non_null(row);
    const char *hex = json_string_value(json_object_get(row, "hex"));
    char *bytes = malloc(strlen(hex) / 2 + 1);
    assert_non_null(bytes);
    struct str value = str_make(bytes, unhex(hex, bytes));
    bool want = json_integer_value(json_object_get(row, "sqli")) != 0;
    bool same = sqli_detect(value, SQLI_LOW, NULL) == want;
    free(bytes);
    json_decref(row);
    return same;
}

static void
test_nearly_all_of_the_vectors_are_judged_as_libinjection_does(void **state)
{
    FILE *file = vectors();
    char *line = NULL;
    size_t room = 0, n = 0, same = 0;
    (void)state;
    if (!file) {
        print_message("the shared libinjection vectors are not there\n");
        skip();
    }
    for (; getline(&line, &room, file) > 0; n++)
        same += agrees(line);
    free(line);
    fclose(file);
    print_message("%zu of %zu\n", same, n);
    assert_true(n > 20000);
    assert_true(same * 1000 >= n * 998);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_injections_are_found),
        cmocka_unit_test(test_high_finds_signs_anywhere),
        cmocka_unit_test(test_what_people_write_is_harmless),
        cmocka_unit_test(test_the_case_of_letters_changes_nothing),
        cmocka_unit_test(test_the_evidence_is_the_folded_tokens),
        cmocka_unit_test(
            test_nearly_all_of_the_vectors_are_judged_as_libinjection_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
