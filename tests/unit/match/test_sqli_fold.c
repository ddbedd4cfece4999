/* SPDX-License-Identifier: Apache-2.0
 *
 * What values fold to, a letter for each kind (sqli_token.h has them).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match/sqli_fold.h"
#include "match/sqli_grammar.h"
#include "match/sqli_words.def"
#include "match/sqli_words.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char letters[SQLI_KINDS + 1] = "-s1nvko&UEfTBctA(),;{}.:\\?X";

static bool always(const struct sqli_folded *folded)
{
    (void)folded;
    return true;
}

static const char *folded(const char *value, char quote, bool mysql)
{
    static char kinds[SQLI_JUDGED + 1];
    struct sqli_context context = {.quote = quote, .mysql = mysql};
    struct sqli_folded f;
    sqli_fold(str_of(value), context, always, &f);
    for (unsigned i = 0; i < f.n; i++)
        kinds[i] = letters[f.tokens[i].kind];
    kinds[f.n] = 0;
    return kinds;
}

struct fold {
    const char *value;
    const char *kinds;
};

static void check(const struct fold *folds, size_t n, char quote, bool mysql)
{
    for (size_t i = 0; i < n; i++) {
        const char *kinds = folded(folds[i].value, quote, mysql);
        if (strcmp(kinds, folds[i].kinds) != 0)
            fail_msg("%s: %s, not %s", folds[i].value, kinds, folds[i].kinds);
    }
}

static void test_tokens_are_those_of_all_dialects(void **state)
{
    static const struct fold folds[] = {
        {"1", "1"},
        {"1.5e-3", "1"},
        {".5", "1"},
        {"5.", "1"},
        {"1e", "n"},
        {"1d", "1"},
        {"1.5f", "1"},
        {"1fUNION", "1U"},
        {"0x41", "1"},
        {"0b01", "1"},
        {"0x", "n"},
        {"0b2", "n1"},
        {"x'41'", "1"},
        {"x'4g'", "ns"},
        {"b'01'", "1"},
        {"$1", "1"},
        {"$1,000.50", "1"},
        {"\\N", "1"},
        {"true", "1"},
        {"null", "v"},
        {"@a", "v"},
        {"@@a.b", "v"},
        {"@'a'", "v"},
        {"@`a`", "v"},
        {"'a'", "s"},
        {"\"a\"", "s"},
        {"'it''s'", "s"},
        {"'a\\'b'", "s"},
        {"'a\\\\' b", "sn"},
        {"n'a'", "s"},
        {"e'a\\'b'", "s"},
        {"u&'a'", "s"},
        {"q'(it's)'", "s"},
        {"q'!it's!'", "s"},
        {"nq'[a]'", "s"},
        {"$$a$b$$", "s"},
        {"$t$a$$b$t$", "s"},
        {"`a`", "n"},
        {"`sleep`(", "f("},
        {"[a b]", "n"},
        {"a$b_c", "n"},
        {"select.a", "En"},
        {"a.select", "n"},
        {"1||2", "1&1"},
        {"1&&2", "1&1"},
        {"a -- b\nc", "nn"},
        {"a/**/b", "nn"},
        {"a/*", "nc"},
        {"/*!a*/", "X"},
        {"/*a/*b*/", "X"},
        {"a\xa0union", "nU"},
        {"? ?", "??"},
        {"", ""},
        {" \t\r\n", ""},
    };
    (void)state;
    check(folds, COUNT(folds), 0, false);
}

static void test_what_does_not_change_a_statement_is_folded(void **state)
{
    static const struct fold folds[] = {
        {"1 + 2 * 3", "1"},
        {"1 - -2", "1"},
        {"((1))", "1)"},
        {"- + ~ ! not 1", "1"},
        {"a . b . c", "n"},
        {"1, 2, 'a', @b", "1"},
        {"1, -2", "1"},
        {"'a' 'b'", "s"},
        {"1;;;2", "1;1"},
        {"int 1", "1"},
        {"1::int", "1"},
        {"1 collate utf8_bin or", "1&"},
        {"1 or 2 and 3", "1&1"},
        {"1 = (2) = 3", "1"},
        {"{d '1'}", "s"},
        {"1 in (2)", "1"},
        {"'a' in (2)", "so(1)"},
        {"1 in 2", "1n1"},
        {"1 like (2)", "1f(1)"},
        {"user", "n"},
        {"user()", "f()"},
        {"1; if 2", "1;T1"},
        {"group\n by", "B"},
        {"union /**/ all select distinct 1", "UE1"},
        {"is not distinct from", "o"},
        {"not like", "o"},
        {"in boolean mode", "k"},
        {"natural left outer join", "k"},
        {"create or replace", "T"},
        {"waitfor delay", "E"},
        {"a b c d e f g", "nnnnn"},
    };
    (void)state;
    check(folds, COUNT(folds), 0, false);
}

static void test_a_value_may_begin_in_quotes(void **state)
{
    static const struct fold folds[] = {
        {"a", "s"},        {"a' or 'b", "s&s"}, {"' or ''='", "s&sos"},
        {"a''b' c", "sn"}, {"a\\'b' c", "sn"},  {"') -- ", "s)c"},
    };
    (void)state;
    check(folds, COUNT(folds), '\'', false);
}

static void test_comments_are_the_dialects(void **state)
{
    static const struct fold standard[] = {
        {"1 # 2", "1"}, {"a --b", "nc"}, {"1 #", "1o"}};
    static const struct fold mysql[] = {
        {"1 # 2", "1c"}, {"1 --2", "1"}, {"1 -- 2", "1c"}, {"1 #", "1c"}};
    (void)state;
    check(standard, COUNT(standard), 0, false);
    check(mysql, COUNT(mysql), 0, true);
}

/* ---- words ---------------------------------------------------------------------- */

struct entry {
    const char *text;
    uint8_t kind;
};

#define WORD(text, kind, tag) {text, SQLI_##kind},
#define LENGTH(n) SQLI_WORDS_##n
static const struct entry words[] = {SQLI_LENGTHS};
#undef LENGTH
#undef WORD

static void test_every_word_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        struct str text = str_of(words[i].text);
        if (sqli_word(text.p, text.n).kind != words[i].kind)
            fail_msg("%s", words[i].text);
    }
    assert_int_equal(sqli_word("SeLeCt", 6).kind, SQLI_EXPRESSION);
    assert_int_equal(sqli_word("selec", 5).kind, SQLI_NAME);
    assert_int_equal(sqli_word("", 0).kind, SQLI_NAME);
}

/* ---- giving up early --------------------------------------------------------- */

/* Reading on changes nothing once no production can begin like that. */
static void test_what_is_left_early_would_not_have_been_found(void **state)
{
    static const char *const parts[] = {
        "1",      "a",       "'b'",  "@c",    "null",    "or",    "union",
        "select", "sleep",   "drop", "group", "by",      "where", "in",
        "like",   "is",      "not",  "(",     ")",       ",",     ";",
        "+",      "=",       "int",  "if",    "collate", "{",     "}",
        ".",      "\\",      "user", "left",  "join",    "from",  "||",
        "into",   "outfile", "--",   "`d`",   "begin",   "exec",  "case"};
    uint32_t seed = 7;
    (void)state;
    for (int round = 0; round < 200000; round++) {
        char text[128];
        size_t n = 0;
        struct sqli_folded whole, left;
        struct sqli_context context = {.quote = 0, .mysql = round & 1};
        for (int i = 0; i < 8; i++) {
            seed = seed * 1664525 + 1013904223;
            const char *part = parts[(seed >> 16) % COUNT(parts)];
            memcpy(text + n, part, strlen(part));
            n += strlen(part);
            text[n++] = ' ';
        }
        struct str value = str_make(text, n);
        sqli_fold(value, context, always, &whole);
        sqli_fold(value, context, sqli_may_inject, &left);
        if (left.n == 0 && whole.n > 0 && sqli_injects(&whole, value))
            fail_msg("%.*s", (int)n, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_are_those_of_all_dialects),
        cmocka_unit_test(test_what_does_not_change_a_statement_is_folded),
        cmocka_unit_test(test_a_value_may_begin_in_quotes),
        cmocka_unit_test(test_comments_are_the_dialects),
        cmocka_unit_test(test_every_word_is_found),
        cmocka_unit_test(test_what_is_left_early_would_not_have_been_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
