/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "proxy/lint.h"
#include "rules.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static char words[8192];

/* All that lint says of the rules, as it is printed. */
static const char *lint_of(struct rules *r)
{
    struct text t = text_in(words, sizeof(words) - 1);

    lint_config(&r->config, &r->report);
    assert_int_equal(r->report.errors + r->report.notes, 0);
    for (const struct problem *p = r->report.first; p; p = p->next)
        report_put(&t, &r->report, p);
    assert_true(text_ok(&t));
    words[t.n] = '\0';
    return words;
}

static void expect(const char *rules, const char *want)
{
    struct rules r;

    rules_make(&r, rules);
    assert_string_equal(lint_of(&r), want);
    rules_end(&r);
}

/* Rules of which none is reported. */
static void expect_silence(const char *const *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rules r;

        rules_make(&r, rules[i]);
        if (*lint_of(&r))
            fail_msg("%s\ngave\n%s", rules[i], words);
        rules_end(&r);
    }
}

/* ---- rules that can never match ------------------------------------------ */

static void
test_a_hidden_rule_is_told_with_what_hides_it_and_a_proof(void **state)
{
    (void)state;
    expect("10 Api: path /api/* -> G\n"
           "20 V1: path /api/v1/* | /api/v2/*; method POST -> G\n"
           "default -> G",
           "t.yaml:2:1: warning: rule 20 (V1) can never match: rule 10 (Api, "
           "t.yaml:1) takes all of its requests first\n"
           "    for one, POST http://example.com/api/v1/x takes rule 10 "
           "already: give V1 a Priority below 10, or narrow the conditions of "
           "Api\n");
}

static void test_the_proof_has_all_that_the_hidden_rule_asks_for(void **state)
{
    (void)state;
    expect("1 Wide: host *.example.com -> G\n"
           "2 Narrow: host a.example.com; path /x; header X-A 1*; header X-B "
           "b; query v=2; query y; ip 10.0.0.0/8 -> G\n"
           "default -> G",
           "t.yaml:2:1: warning: rule 2 (Narrow) can never match: rule 1 "
           "(Wide, t.yaml:1) takes all of its requests first\n"
           "    for one, GET http://a.example.com/x?v=2&x=y with X-A: 1x and "
           "X-B: b from 10.0.0.1 takes rule 1 already: give Narrow a Priority "
           "below 1, or narrow the conditions of Wide\n");
}

static void test_each_field_hides_what_lies_inside_it(void **state)
{
    static const char *const pairs[][2] = {
        {"host *.a.b", "host x.A.B"},
        {"host *.a.b | c.d", "host x.a.b | C.d"},
        {"path /a*", "path /a/b* | /ab"},
        {"path~ ^/a/[0-9]+$", "path~ ^/a/[0-9]+$; method GET"},
        {"path *; host a.b", "path~ ^/x; host a.b"},
        {"header X *", "header x 1 | 2"},
        {"header X *", "header~ x ^a.c$"},
        {"method GET | PUT", "method PUT"},
        {"query v=*", "query v=1"},
        {"query 1", "query v=1"},
        {"query *=1", "query 1; path /x"},
        {"query \\*", "query a=\\*"},
        {"ip 10.0.0.0/8 | 11.0.0.0/8", "ip 11.1.0.0/16"},
        {"ip ::/0 | 0.0.0.0/0; path /a*", "path /ab"},
        {"path /*; method GET", "host a.b; method GET"},
        {"header X *a*; header X *b*", "header X *ab*"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char text[512];
        struct rules r;

        snprintf(text, sizeof(text), "1 E: %s -> G\n2 L: %s -> G\ndefault -> G",
                 pairs[i][0], pairs[i][1]);
        rules_make(&r, text);
        if (strstr(lint_of(&r), "rule 2 (L) can never match") == NULL)
            fail_msg("%s\ngave\n%s", text, words);
        rules_end(&r);
    }
}

static void test_rules_that_some_request_reaches_are_not_reported(void **state)
{
    static const char *const rules[] = {
        "1 E: path /api/* -> G\n2 L: path /api -> G\ndefault -> G",
        "1 E: path /api/* -> G\n2 L: path /api* -> G\ndefault -> G",
        "1 E: path /a | /b -> G\n2 L: path /b | /c -> G\ndefault -> G",
        "1 E: host a.b; path /x -> G\n2 L: path /x -> G\ndefault -> G",
        "1 E: method GET -> G\n2 L: method GET | PUT -> G\ndefault -> G",
        "1 E: method GET -> G\n2 L: path /get -> G\ndefault -> G",
        "1 E: header X 1 -> G\n2 L: header Y 1 -> G\ndefault -> G",
        "1 E: header X * -> G\n2 L: path /a -> G\ndefault -> G",
        "1 E: host * -> G\n2 L: path /a -> G\ndefault -> G",
        "1 E: query v=1 -> G\n2 L: query 1 -> G\ndefault -> G",
        /* what the first guess at a request has without being asked */
        ("1 E: host example.com -> G\n2 L: header X example.com -> G\n"
         "default -> G"),
        "1 E: header X / -> G\n2 L: header Y / -> G\ndefault -> G",
        "1 E: method GET -> G\n2 L: ip 10.0.0.0/8 -> G\ndefault -> G",
        "1 E: query v=1 -> G\n2 L: query w=1 -> G\ndefault -> G",
        "1 E: ip 10.0.0.0/8 -> G\n2 L: ip 10.0.0.0/7 -> G\ndefault -> G",
        "1 E: ip 0.0.0.0/0 -> G\n2 L: path /a -> G\ndefault -> G",
        "1 E: path~ ^/a -> G\n2 L: path /ab -> G\ndefault -> G",
        "1 E: path /A -> G\n2 L: path /a -> G\ndefault -> G",
        "1 E: path /a* -> G\n2 L: path~ ^/ab -> G\ndefault -> G",
        /* two rules together hide it: known to be missed */
        ("1 A: method GET -> G\n2 B: method PUT -> G\n"
         "3 L: method GET | PUT -> G\ndefault -> G"),
    };

    (void)state;
    expect_silence(rules, COUNT(rules));
}

static void test_a_hidden_rule_without_a_proof_is_not_reported(void **state)
{
    static const char *const rules[] = {
        /* no example for the regex is found */
        ("1 E: path~ ^/(a{2}b){2}$ -> G\n"
         "2 L: path~ ^/(a{2}b){2}$; method GET -> G\ndefault -> G"),
        /* what the later one wants comes never: a query has no "&" */
        "1 E: query v=* -> G\n2 L: query v=a&b -> G\ndefault -> G",
    };

    (void)state;
    expect_silence(rules, COUNT(rules));
}

static void test_only_the_asterisk_of_options_gets_past_all_paths(void **state)
{
    struct rules r;

    (void)state;
    rules_make(&r, "1 E: path /*; host a.b -> G\n2 L: host a.b; ip 10.0.0.0/8 "
                   "-> G\ndefault -> G");
    assert_non_null(strstr(lint_of(&r), "rule 2 (L) can never match but for "
                                        "OPTIONS *: rule 1 (E, t.yaml:1)"));
    rules_end(&r);
    rules_make(&r, "1 E: path /*; host a.b -> G\n2 L: host a.b; method GET "
                   "-> G\ndefault -> G");
    assert_non_null(
        strstr(lint_of(&r), "rule 2 (L) can never match: rule 1 (E"));
    rules_end(&r);
}

static void test_repeated_conditions_are_told_as_such(void **state)
{
    (void)state;
    expect("1 One: host A.b | c.d; path /x -> G\n"
           "2 Two: path /x; host c.D | a.B -> G\n"
           "default -> G",
           "t.yaml:2:1: warning: rule 2 (Two) can never match: it has the same "
           "conditions as rule 1 (One, t.yaml:1), which comes first\n"
           "    for one, GET http://c.d/x takes rule 1 already: remove one of "
           "the two, or give them conditions that tell them apart\n");
}

static void test_repeated_conditions_need_no_proof(void **state)
{
    (void)state;
    expect("1 One: path~ ^/(a{2}b){2}$ -> G\n"
           "2 Two: path~ ^/(a{2}b){2}$ -> G\n"
           "default -> G",
           "t.yaml:2:1: warning: rule 2 (Two) can never match: it has the same "
           "conditions as rule 1 (One, t.yaml:1), which comes first\n"
           "    remove one of the two, or give them conditions that tell them "
           "apart\n");
}

static void test_rules_behind_a_catch_all_are_told_once(void **state)
{
    (void)state;
    expect("1 A: path /a -> G\n5 All: path /* -> G\n6 B: path /b -> G\n"
           "7 C: path /c -> G\n8 D: host a.b -> G\ndefault -> G",
           "t.yaml:2:1: warning: rule 5 (All) takes every request: rule 6 (B, "
           "t.yaml:3) and 2 more behind it never get one\n"
           "    for one, GET http://example.com/b takes rule 5 already: rules "
           "are tried from the lowest Priority up; give All a higher one than "
           "the others, or narrow its conditions\n");
}

static void test_a_catch_all_in_front_of_the_default_is_usual(void **state)
{
    static const char *const rules[] = {
        "1 A: path /a -> G\n5 All: path /* -> G\ndefault -> G",
        "1 All: path * -> G\ndefault -> G",
        "default -> G",
    };

    (void)state;
    expect_silence(rules, COUNT(rules));
}

static void test_a_proof_is_what_the_router_does(void **state)
{
    struct rules r;
    struct ask ask;

    (void)state;
    /* The first guess, /a/x, is rule 1's; another one must be found. */
    rules_make(&r, "1 X: path /a/x -> G\n2 E: path /a/* -> G\n"
                   "3 L: path /a/*; method GET -> G\ndefault -> G");
    assert_non_null(strstr(lint_of(&r), "for one, GET http://example.com/a/ "
                                        "takes rule 2 already"));
    assert_int_equal(router_match(r.router,
                                  ask_make(&ask, "GET example.com /a/"),
                                  r.scratch, NULL),
                     1);
    rules_end(&r);
}

static void test_the_url_of_a_proof_has_the_listeners_port(void **state)
{
    struct rules r;

    (void)state;
    rules_make(&r, "1 E: path /a* -> G\n2 L: path /ab -> G\ndefault -> G");
    r.listener.protocol = PROTOCOL_HTTPS;
    r.listener.port = 8443;
    assert_non_null(strstr(lint_of(&r), "GET https://example.com:8443/ab "));
    rules_end(&r);
}

/* ---- patterns ------------------------------------------------------------ */

static void test_path_patterns_with_dot_segments_are_told(void **state)
{
    (void)state;
    expect("2 B: path /a/../b -> G\n"
           "3 C: path /c/. | /d/./* -> G\n"
           "default -> G",
           "t.yaml:1:1: warning: path-pattern \"/a/../b\" can never match: "
           "\".\" and \"..\" are taken out of a path before it is compared\n"
           "    write the path that is left without them\n"
           "t.yaml:2:1: warning: path-pattern \"/c/.\" can never match: \".\" "
           "and \"..\" are taken out of a path before it is compared\n"
           "    write the path that is left without them\n"
           "t.yaml:2:1: warning: path-pattern \"/d/./*\" can never match: "
           "\".\" and \"..\" are taken out of a path before it is compared\n"
           "    write the path that is left without them\n");
}

/* alb.md 10: 92 */
static void test_headers_that_are_dropped_match_nothing(void **state)
{
    static const char text[] = "1 A: header X_Odd a; header X-Even b -> G\n"
                               "2 B: header x.odd c -> G\ndefault -> G";
    struct config_load_balancer lb = {
        .attributes = {.drop_invalid_header_fields = true}};
    struct rules r;

    (void)state;
    expect(text, "");
    rules_make(&r, text);
    r.listener.load_balancer = &lb;
    assert_string_equal(
        lint_of(&r),
        "t.yaml:1:1: warning: rule 1 (A) can never match: its load balancer "
        "drops the header X_Odd before rules see it\n"
        "    name a header of letters, digits and hyphens, or set "
        "routing.http.drop_invalid_header_fields.enabled to false\n"
        "t.yaml:2:1: warning: rule 2 (B) can never match: its load balancer "
        "drops the header x.odd before rules see it\n"
        "    name a header of letters, digits and hyphens, or set "
        "routing.http.drop_invalid_header_fields.enabled to false\n");
    rules_end(&r);
}

static void test_path_patterns_with_other_dots_are_fine(void **state)
{
    static const char *const rules[] = {
        "1 A: path /.well-known/* | /a/.* | /a/..x | *.js | /...; host a.b "
        "-> G\n2 B: path ?api/.*; host c.d -> G\ndefault -> G"};

    (void)state;
    expect_silence(rules, COUNT(rules));
}

/* ---- health checks ------------------------------------------------------- */

static void test_a_group_probed_where_no_rule_leads_is_told(void **state)
{
    (void)state;
    expect("1 A: path /api/v1/* | /api/v2/* -> Api\n"
           "2 B: path /b; host x.y -> Api 3, Other 1\n"
           "default -> Web",
           "t.yaml:100:1: warning: target group Api is probed on \"/\", which "
           "no rule sends there: it gets \"/api/v1/*\", \"/api/v2/*\" and "
           "\"/b\"\n"
           "    a service without a page at \"/\" counts as unhealthy: set "
           "HealthCheckPath to a page that it has, such as /api/v1/health\n"
           "t.yaml:101:1: warning: target group Other is probed on \"/\", "
           "which no rule sends there: it gets \"/b\"\n"
           "    a service without a page at \"/\" counts as unhealthy: set "
           "HealthCheckPath to a page that it has, such as /health\n");
}

static void test_a_group_over_HTTPS_probed_over_HTTP_is_told(void **state)
{
    struct rules r;

    (void)state;
    rules_make(&r, "1 A: path / -> Other\ndefault -> Web");
    for (unsigned i = 0; i < r.config.ngroups; i++)
        r.groups[i]->protocol = PROTOCOL_HTTPS;
    r.groups[0]->health.port = 8080; /* a port of its own, without TLS */
    assert_string_equal(
        lint_of(&r),
        "t.yaml:101:1: warning: target group Web gets its requests over "
        "HTTPS, but its health checks over HTTP, at the same port\n"
        "    write HealthCheckProtocol: HTTPS, which is HTTP by default\n");
    rules_end(&r);
    rules_make(&r, "default -> Web");
    r.groups[0]->protocol = r.groups[0]->health.protocol = PROTOCOL_HTTPS;
    assert_string_equal(lint_of(&r), "");
    rules_end(&r);
}

static void test_many_patterns_of_a_group_are_counted(void **state)
{
    struct rules r;

    (void)state;
    rules_make(&r, "1 A: path /a | /b | /c | /d | /e -> G\ndefault -> fixed "
                   "404");
    assert_non_null(strstr(lint_of(&r), "it gets \"/a\", \"/b\", \"/c\" and 2 "
                                        "more\n"));
    rules_end(&r);
}

static void test_a_group_that_some_rule_sends_the_root_is_fine(void **state)
{
    static const char *const rules[] = {
        "1 A: path /a -> G\ndefault -> G",
        "1 A: path /a -> G\n2 B: host a.b -> G\ndefault -> fixed 404",
        "1 A: path /a | / -> G\ndefault -> fixed 404",
        "1 A: path~ . -> G\ndefault -> fixed 404",
        "1 A: path /? | ?* -> G\ndefault -> redirect",
    };

    (void)state;
    expect_silence(rules, COUNT(rules));
}

static void group_of_its_own_page(struct config_group *group)
{
    group->health.path = STR("/health");
}

static void group_not_probed(struct config_group *group)
{
    group->health.enabled = false;
}

static void group_content_with_404(struct config_group *group)
{
    group->health.codes.bits[404 / 64] |= UINT64_C(1) << 404 % 64;
}

static void group_grpc(struct config_group *group)
{
    group->version = VERSION_GRPC;
}

static void group_lambda(struct config_group *group)
{
    group->type = TARGET_TYPE_LAMBDA;
}

static void test_other_health_checks_are_none_of_its_business(void **state)
{
    static void (*const changes[])(struct config_group *) = {
        group_of_its_own_page, group_not_probed, group_content_with_404,
        group_grpc, group_lambda};

    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct rules r;

        rules_make(&r, "1 A: path /a -> G\ndefault -> fixed 404");
        changes[i](r.groups[0]);
        assert_string_equal(lint_of(&r), "");
        rules_end(&r);
    }
}

static void test_a_rewritten_path_may_become_the_root(void **state)
{
    struct rules r;

    (void)state;
    rules_make(&r, "1 A: path /a -> G\ndefault -> fixed 404");
    r.listener.rules[0].ntransforms = 1;
    r.listener.rules[0].transforms[0].type = TRANSFORM_URL;
    assert_string_equal(lint_of(&r), "");
    rules_end(&r);
}

/* ---- the rest ------------------------------------------------------------ */

static void test_a_listener_with_errors_is_left_to_its_errors(void **state)
{
    struct rules r;

    (void)state;
    rules_make(&r, "1 E: path /a -> G\n2 L: path /a -> G\n3 R: path~ ( -> G\n"
                   "default -> fixed 404");
    assert_null(r.router);
    report_end(&r.report);
    assert_string_equal(lint_of(&r), "");
    rules_end(&r);
}

static void test_what_a_template_may_hold_does_no_harm(void **state)
{
    char text[2048];
    struct text t = text_in(text, sizeof(text));
    struct rules r;

    (void)state;
    TEXT_LITERAL(&t, "1 E: path /* -> G\n2 L: header X ");
    for (unsigned i = 0; i < 1500; i++)
        text_char(&t, "*?a\x01"[i % 4]);
    TEXT_LITERAL(&t, "; method \x7f; query =; query x=\\ -> G\n"
                     "3 Empty: host ; path ; method ; query  -> G\n"
                     "default -> G");
    text_char(&t, '\0');
    assert_true(text_ok(&t));
    rules_make(&r, text);
    lint_of(&r);
    rules_end(&r);
}

static void test_hundreds_of_rules_are_checked_in_reasonable_time(void **state)
{
    enum { RULES = 600 };
    size_t cap = 96 * RULES;
    char *rules = memory_zeroed(cap, 1);
    struct text t = text_in(rules, cap);
    struct rules r;

    (void)state;
    for (unsigned i = 1; i <= RULES; i++)
        text_printf(&t, "%u R%u: host h%u.example.com; path /p%u/*x?* -> G\n",
                    i, i, i / 10, i);
    TEXT_LITERAL(&t, "default -> G");
    text_char(&t, '\0');
    assert_true(text_ok(&t));
    rules_make(&r, rules);
    assert_string_equal(lint_of(&r), "");
    rules_end(&r);
    free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_hidden_rule_is_told_with_what_hides_it_and_a_proof),
        cmocka_unit_test(test_the_proof_has_all_that_the_hidden_rule_asks_for),
        cmocka_unit_test(test_each_field_hides_what_lies_inside_it),
        cmocka_unit_test(test_rules_that_some_request_reaches_are_not_reported),
        cmocka_unit_test(test_a_hidden_rule_without_a_proof_is_not_reported),
        cmocka_unit_test(test_only_the_asterisk_of_options_gets_past_all_paths),
        cmocka_unit_test(test_repeated_conditions_are_told_as_such),
        cmocka_unit_test(test_repeated_conditions_need_no_proof),
        cmocka_unit_test(test_rules_behind_a_catch_all_are_told_once),
        cmocka_unit_test(test_a_catch_all_in_front_of_the_default_is_usual),
        cmocka_unit_test(test_a_proof_is_what_the_router_does),
        cmocka_unit_test(test_the_url_of_a_proof_has_the_listeners_port),
        cmocka_unit_test(test_path_patterns_with_dot_segments_are_told),
        cmocka_unit_test(test_headers_that_are_dropped_match_nothing),
        cmocka_unit_test(test_path_patterns_with_other_dots_are_fine),
        cmocka_unit_test(test_a_group_probed_where_no_rule_leads_is_told),
        cmocka_unit_test(test_a_group_over_HTTPS_probed_over_HTTP_is_told),
        cmocka_unit_test(test_many_patterns_of_a_group_are_counted),
        cmocka_unit_test(test_a_group_that_some_rule_sends_the_root_is_fine),
        cmocka_unit_test(test_other_health_checks_are_none_of_its_business),
        cmocka_unit_test(test_a_rewritten_path_may_become_the_root),
        cmocka_unit_test(test_a_listener_with_errors_is_left_to_its_errors),
        cmocka_unit_test(test_what_a_template_may_hold_does_no_harm),
        cmocka_unit_test(test_hundreds_of_rules_are_checked_in_reasonable_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
