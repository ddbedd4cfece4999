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
    int at;
    struct str search, value;
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
        {WAF_EXACTLY, 0, BYTES("a\0\xff"), BYTES("a\0\xff")},
        {WAF_EXACTLY, NOWHERE, BYTES("a"), BYTES("a\0")},
        {WAF_EXACTLY, NOWHERE, BYTES("a\0"), BYTES("a")},
        {WAF_EXACTLY, NOWHERE, BYTES("a"), BYTES("")},
        {WAF_STARTS_WITH, 0, BYTES("\0\xff"), BYTES("\0\xff\0")},
        {WAF_STARTS_WITH, NOWHERE, BYTES("\0\xff"), BYTES("\0\xfe\0")},
        {WAF_STARTS_WITH, NOWHERE, BYTES("abc"), BYTES("ab")},
        {WAF_ENDS_WITH, 2, BYTES("\xff\0"), BYTES("x\0\xff\0")},
        {WAF_ENDS_WITH, NOWHERE, BYTES("\xff\0"), BYTES("x\0\xff")},
        {WAF_ENDS_WITH, NOWHERE, BYTES("abc"), BYTES("bc")},
        {WAF_ENDS_WITH, 0, BYTES("abc"), BYTES("abc")},
        {WAF_CONTAINS, 3, BYTES("\0\0"), BYTES("a\0b\0\0")},
        {WAF_CONTAINS, NOWHERE, BYTES("\xff\xff"), BYTES("\xff\0\xff")},
        {WAF_CONTAINS, 1, BYTES("ab"), BYTES("xabab")},
        {WAF_CONTAINS, NOWHERE, BYTES("ab"), BYTES("")},
        {WAF_CONTAINS, NOWHERE, BYTES("ab"), {NULL, 0}},
    };

    (void)state;
    check(tries, COUNT(tries));
}

/* Checklist 35 */
static void test_every_occurrence_of_a_word_is_tried(void **state)
{
    static const struct attempt tries[] = {
        {WAF_CONTAINS_WORD, 0, BYTES("BadBot"), BYTES("BadBot")},
        {WAF_CONTAINS_WORD, 0, BYTES("BadBot"), BYTES("BadBot;")},
        {WAF_CONTAINS_WORD, 1, BYTES("BadBot"), BYTES(";BadBot")},
        {WAF_CONTAINS_WORD, 1, BYTES("BadBot"), BYTES("-BadBot;")},
        {WAF_CONTAINS_WORD, NOWHERE, BYTES("BadBot"), BYTES("xBadBot")},
        {WAF_CONTAINS_WORD, NOWHERE, BYTES("BadBot"), BYTES("BadBot_")},
        {WAF_CONTAINS_WORD, 8, BYTES("BadBot"), BYTES("BadBot9 BadBot")},
        {WAF_CONTAINS_WORD, NOWHERE, BYTES("BadBot"), BYTES("BadBotBadBot")},
        {WAF_CONTAINS_WORD, 4, BYTES("aa"), BYTES("aaa aa")},
        {WAF_CONTAINS_WORD, NOWHERE, BYTES("aa"), BYTES("aaa aaaa")},
        {WAF_CONTAINS_WORD, 1, BYTES("a"),
         BYTES("\xff"
               "a\0")},
        {WAF_CONTAINS_WORD, NOWHERE, BYTES("a"), BYTES("")},
    };

    (void)state;
    check(tries, COUNT(tries));
}

/* Checklist 36 */
static void test_case_counts(void **state)
{
    static const struct attempt tries[] = {
        {WAF_EXACTLY, NOWHERE, BYTES("bot"), BYTES("Bot")},
        {WAF_STARTS_WITH, NOWHERE, BYTES("bot"), BYTES("Bot")},
        {WAF_ENDS_WITH, NOWHERE, BYTES("bot"), BYTES("boT")},
        {WAF_CONTAINS, NOWHERE, BYTES("bot"), BYTES("xBoTx")},
        {WAF_CONTAINS_WORD, 4, BYTES("bot"), BYTES("BOT bot")},
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
