/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "match/bytes.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { NOWHERE = -1 };

struct attempt {
    enum waf_position position;
    struct str search, value;
    int at;
};

#define BYTES(literal)                                                         \
    {                                                                          \
        literal, sizeof(literal) - 1                                           \
    }

static void check(const struct attempt *tries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct attempt *t = &tries[i];
        size_t at = 0;
        bool found = bytes_match(t->position, t->search, t->value, &at);

        if (found != (t->at >= 0) || (found && at != (size_t)t->at))
            fail_msg("case %zu: %d at %zu", i, found, at);
    }
}

/* Checklist 34 */
static void test_positions_are_of_raw_bytes(void **state)
{
    static const struct attempt tries[] = {
        {WAF_EXACTLY, BYTES("a\0\xff"), BYTES("a\0\xff"), 0},
        {WAF_EXACTLY, BYTES("a"), BYTES("a\0"), NOWHERE},
        {WAF_EXACTLY, BYTES("a\0"), BYTES("a"), NOWHERE},
        {WAF_EXACTLY, BYTES("a"), BYTES(""), NOWHERE},
        {WAF_STARTS_WITH, BYTES("\0\xff"), BYTES("\0\xff\0"), 0},
        {WAF_STARTS_WITH, BYTES("\0\xff"), BYTES("\0\xfe\0"), NOWHERE},
        {WAF_STARTS_WITH, BYTES("abc"), BYTES("ab"), NOWHERE},
        {WAF_ENDS_WITH, BYTES("\xff\0"), BYTES("x\0\xff\0"), 2},
        {WAF_ENDS_WITH, BYTES("\xff\0"), BYTES("x\0\xff"), NOWHERE},
        {WAF_ENDS_WITH, BYTES("abc"), BYTES("bc"), NOWHERE},
        {WAF_ENDS_WITH, BYTES("abc"), BYTES("abc"), 0},
        {WAF_CONTAINS, BYTES("\0\0"), BYTES("a\0b\0\0"), 3},
        {WAF_CONTAINS, BYTES("\xff\xff"), BYTES("\xff\0\xff"), NOWHERE},
        {WAF_CONTAINS, BYTES("ab"), BYTES("xabab"), 1},
        {WAF_CONTAINS, BYTES("ab"), BYTES(""), NOWHERE},
        {WAF_CONTAINS, BYTES("ab"), {NULL, 0}, NOWHERE},
    };

    (void)state;
    check(tries, COUNT(tries));
}

/* Checklist 35 */
static void test_every_occurrence_of_a_word_is_tried(void **state)
{
    static const struct attempt tries[] = {
        {WAF_CONTAINS_WORD, BYTES("BadBot"), BYTES("BadBot"), 0},
        {WAF_CONTAINS_WORD, BYTES("BadBot"), BYTES("BadBot;"), 0},
        {WAF_CONTAINS_WORD, BYTES("BadBot"), BYTES(";BadBot"), 1},
        {WAF_CONTAINS_WORD, BYTES("BadBot"), BYTES("-BadBot;"), 1},
        {WAF_CONTAINS_WORD, BYTES("BadBot"), BYTES("xBadBot"), NOWHERE},
        {WAF_CONTAINS_WORD, BYTES("BadBot"), BYTES("BadBot_"), NOWHERE},
        {WAF_CONTAINS_WORD, BYTES("BadBot"), BYTES("BadBot9 BadBot"), 8},
        {WAF_CONTAINS_WORD, BYTES("BadBot"), BYTES("BadBotBadBot"), NOWHERE},
        {WAF_CONTAINS_WORD, BYTES("aa"), BYTES("aaa aa"), 4},
        {WAF_CONTAINS_WORD, BYTES("aa"), BYTES("aaa aaaa"), NOWHERE},
        {WAF_CONTAINS_WORD, BYTES("a"),
         BYTES("\xff"
               "a\0"),
         1},
        {WAF_CONTAINS_WORD, BYTES("a"), BYTES(""), NOWHERE},
    };

    (void)state;
    check(tries, COUNT(tries));
}

/* Checklist 36 */
static void test_case_counts(void **state)
{
    static const struct attempt tries[] = {
        {WAF_EXACTLY, BYTES("bot"), BYTES("Bot"), NOWHERE},
        {WAF_STARTS_WITH, BYTES("bot"), BYTES("Bot"), NOWHERE},
        {WAF_ENDS_WITH, BYTES("bot"), BYTES("boT"), NOWHERE},
        {WAF_CONTAINS, BYTES("bot"), BYTES("xBoTx"), NOWHERE},
        {WAF_CONTAINS_WORD, BYTES("bot"), BYTES("BOT bot"), 4},
    };

    (void)state;
    check(tries, COUNT(tries));
}

static bool is_word(char c)
{
    return c && strchr("abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
                       c);
}

/* As AWS says it, at every place. */
static int look_everywhere(struct str search, struct str value)
{
    for (size_t i = 0; i + search.n <= value.n; i++) {
        size_t end = i + search.n;

        if (memcmp(value.p + i, search.p, search.n) == 0 &&
            (i == 0 || !is_word(value.p[i - 1])) &&
            (end == value.n || !is_word(value.p[end])))
            return (int)i;
    }
    return NOWHERE;
}

static void test_words_are_found_where_a_slow_search_finds_them(void **state)
{
    static const char letters[] = "aab_- ";
    unsigned found = 0;

    (void)state;
    srand(1);
    for (unsigned round = 0; round < 50000; round++) {
        char search[3], value[16];
        struct attempt t = {.position = WAF_CONTAINS_WORD};

        t.search = str_make(search, 1 + (size_t)rand() % sizeof(search));
        t.value = str_make(value, (size_t)rand() % sizeof(value));
        for (size_t i = 0; i < t.search.n; i++)
            search[i] = letters[rand() % 6];
        for (size_t i = 0; i < t.value.n; i++)
            value[i] = letters[rand() % 6];
        t.at = look_everywhere(t.search, t.value);
        found += t.at >= 0;
        check(&t, 1);
    }
    assert_in_range(found, 1000, 49000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions_are_of_raw_bytes),
        cmocka_unit_test(test_every_occurrence_of_a_word_is_tried),
        cmocka_unit_test(test_case_counts),
        cmocka_unit_test(test_words_are_found_where_a_slow_search_finds_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
