/* SPDX-License-Identifier: Apache-2.0
 *
 * The router's index against trying all rules, and the trail of that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "rules.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ---- the index ----------------------------------------------------------- */

static void ignore_trial(void *owner, const struct rule_trial *trial)
{
    unsigned *tried = owner;

    assert_int_equal(trial->rule, *tried);
    (*tried)++;
}

/* Asks both ways; returns the rule. */
static unsigned ask_both(const struct rules *r,
                         const struct route_request *request)
{
    unsigned evaluated;
    unsigned tried = 0;
    unsigned rule = router_match(r->router, request, r->scratch, &evaluated);
    unsigned linear =
        router_explain(r->router, request, r->scratch, ignore_trial, &tried);

    assert_int_equal(rule, linear);
    assert_int_equal(tried, rule + 1);
    assert_int_equal(evaluated,
                     rule + 1 < r->listener.nrules ? rule + 1 : rule);
    return rule;
}

static uint32_t dice_state;

static unsigned dice(unsigned sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 10) % sides;
}

static const char *pick(const char *const *list, unsigned n)
{
    return list[dice(n)];
}

static const char *const hosts[] = {"a.b",   "A.b", "c.d", "www.a.b", "x.a.b",
                                    "*.a.b", "?.b", "*.b", "a.*",     "c.d.e"};
static const char *const paths[] = {
    "/",     "/a",   "/a/*",   "/ab",    "/a*", "/ab/c",   "/ab/c*", "*",
    "/*",    "/?",   "/a?/c",  "*.js",   "/b",  "/b/*.js", "/abc/d", "/a/b",
    "/a/b*", "/A/*", "/ab/cd", "/ab/ce", "?a",  "/x/../y"};

/* One of each three rules or so has a condition of each kind. */
static void random_rules(char *out, size_t cap, unsigned n)
{
    static const char *const others[] = {
        "method GET", "method POST | PUT", "query v=1",      "query *",
        "header X 1", "header X ?*",       "header~ X [12]", "ip 10.0.0.0/8",
        "path~ ^/a",  "host~ a\\.b$"};
    struct text t = text_in(out, cap);

    for (unsigned i = 1; i <= n; i++) {
        const char *separator = ": ";

        text_printf(&t, "%u R%u", i, i);
        if (dice(2)) {
            text_printf(&t, "%shost %s | %s", separator,
                        pick(hosts, COUNT(hosts)), pick(hosts, COUNT(hosts)));
            separator = "; ";
        }
        if (dice(3)) {
            text_printf(&t, "%spath %s | %s", separator,
                        pick(paths, COUNT(paths)), pick(paths, COUNT(paths)));
            separator = "; ";
        }
        if (*separator == ':' || dice(2) == 0)
            text_printf(&t, "%s%s", separator, pick(others, COUNT(others)));
        TEXT_LITERAL(&t, " -> G\n");
    }
    TEXT_LITERAL(&t, "default -> G");
    text_char(&t, '\0');
    assert_true(text_ok(&t));
}

static void random_request(char *out, size_t cap)
{
    static const char *const methods[] = {"GET", "POST", "PUT"};
    static const char *const asked[] = {
        "a.b", "A.B:80", "c.d", "www.a.b", "x.a.b.", "q.b", "c.d.e", "-", "zz"};
    static const char *const pieces[] = {"/",  "a",   "b",    "ab",    "/a",
                                         "/b", "c",   ".js",  "/..",   "/.",
                                         "d",  "%61", "\x01", "/ab/c", "A"};
    static const char *const ends[] = {
        "",       "?v=1",         "?v=2&x",    " from 10.1.1.1",
        "\nX: 1", "\nX: 3\nX: 2", "?v=1\nx: 1"};
    struct text t = text_in(out, cap);

    text_printf(&t, "%s %s /", pick(methods, COUNT(methods)),
                pick(asked, COUNT(asked)));
    for (unsigned i = dice(5); i; i--)
        text_printf(&t, "%s", pick(pieces, COUNT(pieces)));
    text_printf(&t, "%s", pick(ends, COUNT(ends)));
    text_char(&t, '\0');
    assert_true(text_ok(&t));
}

static void check_random(uint32_t seed, unsigned nrules, unsigned nrequests,
                         unsigned *defaults)
{
    size_t cap = 64 + 160 * (size_t)nrules;
    char *rules = memory_zeroed(cap, 1);
    struct rules r;

    dice_state = seed;
    random_rules(rules, cap, nrules);
    rules_make(&r, rules);
    assert_non_null(r.router);
    for (unsigned i = 0; i < nrequests; i++) {
        char text[256];
        struct ask ask;

        random_request(text, sizeof(text));
        if (ask_both(&r, ask_make(&ask, text)) == nrules)
            (*defaults)++;
    }
    rules_end(&r);
    free(rules);
}

static void test_the_index_finds_what_trying_all_rules_finds(void **state)
{
    unsigned defaults = 0;

    (void)state;
    for (uint32_t seed = 1; seed <= 200; seed++)
        check_random(seed, seed % 13, 40, &defaults);
    check_random(1000, 63, 500, &defaults);
    check_random(1001, 64, 500, &defaults);
    check_random(1002, 65, 500, &defaults);
    check_random(1003, 129, 500, &defaults);
    check_random(1004, 700, 200, &defaults);
    /* Both must occur often, or the comparison says little. */
    assert_in_range(defaults, 1000, 8000);
}

static void test_each_of_many_rules_is_found_by_host_and_path(void **state)
{
    enum { RULES = 4000 };
    size_t cap = 80 * RULES;
    char *rules = memory_zeroed(cap, 1);
    struct text t = text_in(rules, cap);
    struct rules r;

    (void)state;
    for (unsigned i = 1; i <= RULES; i++)
        text_printf(&t, "%u R: host h%u.example.com; path /p%u/* -> G\n", i,
                    i / 10, i);
    TEXT_LITERAL(&t, "default -> G");
    text_char(&t, '\0');
    assert_true(text_ok(&t));
    rules_make(&r, rules);
    for (unsigned i = 1; i <= RULES; i++) {
        char text[64];
        struct ask ask;

        snprintf(text, sizeof(text), "GET h%u.EXAMPLE.com:80 /p%u/x", i / 10,
                 i);
        assert_int_equal(
            router_match(r.router, ask_make(&ask, text), r.scratch, NULL),
            i - 1);
    }
    assert_string_equal(rules_taker(&r, "GET h1.example.com /p99/x"),
                        "default");
    rules_end(&r);
    free(rules);
}

/* ---- the trail ----------------------------------------------------------- */

struct seen {
    unsigned n;
    struct rule_trial trials[8];
    char address[64]; /* what the third condition of rule 0 saw */
};

static void keep_trial(void *owner, const struct rule_trial *trial)
{
    struct seen *seen = owner;

    seen->trials[seen->n++] = *trial;
    if (trial->n > 2)
        snprintf(seen->address, sizeof(seen->address), STR_FMT,
                 STR_ARG(trial->conditions[2].saw));
}

static void test_the_trail_tells_each_condition_and_what_it_saw(void **state)
{
    struct seen seen = {.n = 0};
    const struct condition_trial *c = seen.trials[0].conditions;
    struct rules r;
    struct ask ask;

    (void)state;
    rules_make(&r, "1 A: host x.y; path /a/*; ip 10.0.0.0/8; header X 2 -> G\n"
                   "2 B: header X 2 | 3; query v=2 -> G\n"
                   "3 C: path * -> G\n"
                   "default -> G");
    assert_int_equal(
        router_explain(r.router,
                       ask_make(&ask, "GET w.x:80 /q/../a/b?u&v=2 from 1.2.3.4"
                                      "\nX: 1\nX: 3"),
                       r.scratch, keep_trial, &seen),
        1);
    assert_int_equal(seen.n, 2);
    assert_false(seen.trials[0].matched);
    assert_int_equal(seen.trials[0].n, 4);
    assert_false(c[0].matched);
    assert_int_equal(c[0].value, -1);
    assert_true(str_eq(c[0].saw, STR("w.x")));
    assert_true(c[1].matched); /* though the one before failed */
    assert_int_equal(c[1].condition->field, CONDITION_PATH);
    assert_string_equal(c[1].condition->values[0].value.p, "/a/*");
    assert_string_equal(seen.address, "1.2.3.4");
    assert_true(str_eq(c[3].saw, STR("1"))); /* the first, as none matched */
    c = seen.trials[1].conditions;
    assert_true(seen.trials[1].matched);
    assert_int_equal(c[0].value, 1);
    assert_true(str_eq(c[0].saw, STR("3")));
    assert_true(str_eq(c[1].saw, STR("v=2")));
    rules_end(&r);
}

static void test_the_trail_ends_with_the_default_rule(void **state)
{
    struct seen seen = {.n = 0};
    struct rules r;
    struct ask ask;

    (void)state;
    rules_make(&r, "1 A: header X 1; query x=1; host a.b -> G\ndefault -> G");
    router_explain(r.router, ask_make(&ask, "GET - /"), r.scratch, keep_trial,
                   &seen);
    assert_int_equal(seen.n, 2);
    for (unsigned i = 0; i < 3; i++)
        assert_null(seen.trials[0].conditions[i].saw.p);
    assert_int_equal(seen.trials[1].rule, 1);
    assert_true(seen.trials[1].matched);
    assert_int_equal(seen.trials[1].n, 0);
    rules_end(&r);
}

static void test_conditions_past_what_a_trail_shows_still_count(void **state)
{
    char text[4096];
    struct text t = text_in(text, sizeof(text));
    struct rules r;
    struct ask ask;

    (void)state;
    TEXT_LITERAL(&t, "1 A: ");
    for (unsigned i = 0; i <= TRIALS_MAX; i++)
        text_printf(&t, "query a%u=1; ", i);
    TEXT_LITERAL(&t, "query last=1 -> G\ndefault -> G");
    text_char(&t, '\0');
    assert_true(text_ok(&t));
    rules_make(&r, text);
    t = text_in(text, sizeof(text));
    TEXT_LITERAL(&t, "GET a.b /?x");
    for (unsigned i = 0; i <= TRIALS_MAX; i++)
        text_printf(&t, "&a%u=1", i);
    text_char(&t, '\0');
    assert_int_equal(ask_both(&r, ask_make(&ask, text)), 1);
    t.n--;
    TEXT_LITERAL(&t, "&last=1");
    text_char(&t, '\0');
    assert_int_equal(ask_both(&r, ask_make(&ask, text)), 0);
    rules_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_index_finds_what_trying_all_rules_finds),
        cmocka_unit_test(test_each_of_many_rules_is_found_by_host_and_path),
        cmocka_unit_test(test_the_trail_tells_each_condition_and_what_it_saw),
        cmocka_unit_test(test_the_trail_ends_with_the_default_rule),
        cmocka_unit_test(test_conditions_past_what_a_trail_shows_still_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
