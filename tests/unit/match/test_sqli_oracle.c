/* SPDX-License-Identifier: Apache-2.0
 *
 * Our judgement beside that of libinjection, on values that neither has seen:
 * rows of data/sqli.json, broken and put together by a generator that always
 * does the same.  Debian's libmodsecurity3 exports libinjection; where it is
 * not installed the test is skipped.
 */
#include <dlfcn.h>
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

enum { VALUE_MAX = 512, ROUNDS = 100000 };

typedef int oracle_fn(const char *value, size_t n, char *fingerprint);

static oracle_fn *oracle(void)
{
    void *library = dlopen("libmodsecurity.so.3", RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "libinjection_sqli") : NULL;
    oracle_fn *function = NULL;
    memcpy(&function, &symbol, sizeof(function));
    return function;
}

/* ---- values --------------------------------------------------------------------- */

static uint32_t state_of_chance = 1;

static uint32_t chance(size_t below)
{
    state_of_chance = state_of_chance * 1664525 + 1013904223;
    return (uint32_t)((state_of_chance >> 8) % below);
}

static const char *const pieces[] = {"'",      "\"",          "--",
                                     "-- ",    "#",           "/*",
                                     "*/",     "/**/",        "(",
                                     ")",      ",",           ";",
                                     " or ",   " and ",       "||",
                                     "&&",     " union ",     " select ",
                                     " like ", "=",           "<>",
                                     "<",      " null ",      " not ",
                                     "1",      "0x41",        "a",
                                     "@x",     "`",           "[",
                                     "]",      "\\",          "+",
                                     "-",      "*",           "/",
                                     "sleep(", " from ",      " where ",
                                     " in ",   " order by ",  " having ",
                                     " as ",   " case when ", " drop table ",
                                     "x'41'",  "$1",          "::",
                                     "\n",     "\t",          "%",
                                     ".",      ":",           "!"};

static const char *const words[] = {"the",
                                    "of",
                                    "and",
                                    "a",
                                    "to",
                                    "in",
                                    "is",
                                    "you",
                                    "that",
                                    "it",
                                    "for",
                                    "on",
                                    "with",
                                    "as",
                                    "his",
                                    "they",
                                    "at",
                                    "be",
                                    "this",
                                    "from",
                                    "or",
                                    "had",
                                    "by",
                                    "but",
                                    "not",
                                    "what",
                                    "all",
                                    "when",
                                    "your",
                                    "can",
                                    "table",
                                    "select",
                                    "order",
                                    "group",
                                    "where",
                                    "update",
                                    "values",
                                    "delete",
                                    "user",
                                    "left",
                                    "right",
                                    "like",
                                    "limit",
                                    "between",
                                    "don't",
                                    "it's",
                                    "O'Brien",
                                    "Tom's & Jerry's",
                                    "\"so\"",
                                    "'n'",
                                    "(see",
                                    "there)",
                                    "12",
                                    "3.5",
                                    "AT&T",
                                    "e-mail",
                                    "10%",
                                    "yes/no",
                                    "C#",
                                    "a=b",
                                    "https://a.b/c?d=e",
                                    "--",
                                    "-",
                                    "{\"a\":\"b\"}",
                                    "x@y.org",
                                    "dGhpcw==",
                                    "**bold**",
                                    "`code`",
                                    "if(x)"};

struct text {
    char p[VALUE_MAX];
    size_t n;
};

static void put(struct text *t, size_t at, const char *p, size_t n)
{
    if (t->n + n > VALUE_MAX)
        return;
    memmove(t->p + at + n, t->p + at, t->n - at);
    memcpy(t->p + at, p, n);
    t->n += n;
}

static void cut(struct text *t, size_t at, size_t n)
{
    if (n > t->n - at)
        n = t->n - at;
    memmove(t->p + at, t->p + at + n, t->n - at - n);
    t->n -= n;
}

static void prose(struct text *t)
{
    unsigned n = 2 + chance(14);
    t->n = 0;
    for (unsigned i = 0; i < n; i++) {
        const char *word = words[chance(COUNT(words))];
        put(t, t->n, word, strlen(word));
        if (i + 1 < n)
            put(t, t->n, " ", 1);
    }
}

static void row_of(struct text *t, const json_t *rows)
{
    const json_t *row = json_array_get(rows, chance(json_array_size(rows)));
    t->n = 0;
    put(t, 0, json_string_value(row), json_string_length(row));
}

static void mutate(struct text *t)
{
    for (unsigned i = 1 + chance(3); i > 0; i--) {
        size_t at = chance(t->n + 1);
        const char *piece = pieces[chance(COUNT(pieces))];
        unsigned way = chance(5);
        if (way < 2)
            cut(t, at, 1 + chance(4));
        if (way > 0)
            put(t, at, piece, strlen(piece));
        if (way == 4 && chance(4) == 0)
            cut(t, at, t->n);
    }
}

/* ---- */

struct score {
    size_t n;
    size_t same;
    size_t only_ours;
};

static void compare(struct score *score, oracle_fn *judge, const struct text *t)
{
    char fingerprint[16];
    bool theirs = judge(t->p, t->n, fingerprint) != 0;
    bool ours = sqli_detect(str_make(t->p, t->n), SQLI_LOW, NULL);
    score->n++;
    score->same += ours == theirs;
    score->only_ours += ours && !theirs;
    if (ours != theirs && getenv("SQLI_ORACLE_SHOW"))
        print_message("%s: %.*s\n", ours ? "ours" : fingerprint, (int)t->n,
                      t->p);
}

static json_t *data(void)
{
    const char *top = getenv("TOP_SRCDIR");
    char path[4096];
    json_t *root;
    snprintf(path, sizeof(path), "%s/tests/unit/match/data/sqli.json",
             top ? top : ".");
    root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    return root;
}

static void show(const char *what, const struct score *s)
{
    print_message("%s: %zu of %zu, %zu found by us alone\n", what, s->same,
                  s->n, s->only_ours);
}

static void test_broken_injections_are_judged_as_libinjection_does(void **state)
{
    oracle_fn *judge = oracle();
    json_t *root;
    struct score score = {.n = 0};
    (void)state;
    if (!judge) {
        print_message("libmodsecurity3 is not installed\n");
        skip();
        return;
    }
    root = data();
    for (int i = 0; i < ROUNDS; i++) {
        struct text t;
        row_of(&t, json_object_get(root, i % 4 ? "injects" : "harmless"));
        mutate(&t);
        compare(&score, judge, &t);
    }
    json_decref(root);
    show("broken injections", &score);
    assert_true(score.same * 100 >= score.n * 96);
}

/* Where they differ here it is nearly always that we let prose through. */
static void
test_prose_is_judged_as_libinjection_does_or_let_through(void **state)
{
    oracle_fn *judge = oracle();
    struct score score = {.n = 0};
    (void)state;
    if (!judge) {
        print_message("libmodsecurity3 is not installed\n");
        skip();
        return;
    }
    for (int i = 0; i < ROUNDS; i++) {
        struct text t;
        prose(&t);
        compare(&score, judge, &t);
    }
    show("prose", &score);
    assert_true(score.same * 1000 >= score.n * 985);
    assert_true(score.only_ours * 1000 <= score.n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_broken_injections_are_judged_as_libinjection_does),
        cmocka_unit_test(
            test_prose_is_judged_as_libinjection_does_or_let_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
