/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proxy/explain.h"
#include "rules.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

typedef void put_fn(struct text *t, const struct router *router,
                    const struct config_listener *listener,
                    const struct route_request *request,
                    struct linear_scratch *scratch);

static char words[65536];

static const char *explain(const struct rules *r, put_fn *put,
                           const char *request)
{
    struct text t = text_in(words, sizeof(words) - 1);
    struct ask ask;

    put(&t, r->router, &r->listener, ask_make(&ask, request), r->scratch);
    assert_true(text_ok(&t));
    words[t.n] = '\0';
    return words;
}

static void expect(put_fn *put, const char *rules, const char *request,
                   const char *want)
{
    struct rules r;

    rules_make(&r, rules);
    assert_non_null(r.router);
    assert_string_equal(explain(&r, put, request), want);
    rules_end(&r);
}

/* ---- for people ---------------------------------------------------------- */

static void
test_text_tells_why_each_rule_did_not_match_and_what_would(void **state)
{
    (void)state;
    expect(explain_put_text,
           "10 ApiRule: path /api/* -> Blue\n"
           "20 Canary: header x-canary 1 | yes; path /w* -> Blue 90, Green 10\n"
           "default -> fixed 404",
           "GET a.b /web\nX-Canary: YES",
           "rule 10 (ApiRule): no\n"
           "    path-pattern \"/api/*\" does not match \"/web\"; would match: "
           "/api/x\n"
           "rule 20 (Canary): yes\n"
           "    http-header x-canary \"yes\" matches \"YES\"\n"
           "    path-pattern \"/w*\" matches \"/web\"\n"
           "rule 20 (Canary) does: forward to Blue (90 %) and Green (10 %)\n");
}

static void test_text_of_each_kind_of_condition_that_failed(void **state)
{
    static const struct {
        const char *condition;
        const char *request;
        const char *want;
    } tries[] = {
        {"host *.a.b", "GET c.d:80 /",
         "host-header \"*.a.b\" does not match \"c.d\"; would match: x.a.b"},
        {"host a.b", "GET - /",
         "host-header \"a.b\": the request has no host; would match: a.b"},
        {"path /a | /b?", "GET a.b /public/../c",
         "path-pattern \"/a\" or \"/b?\" do not match \"/c\"; would match: /a"},
        {"path~ ^/v[0-9]+/(a|b)$", "GET a.b /x",
         "path-pattern regex \"^/v[0-9]+/(a|b)$\" does not match \"/x\"; would "
         "match: /v0/a"},
        {"path~ ^/(ab){2}$", "GET a.b /x",
         "path-pattern regex \"^/(ab){2}$\" does not match \"/x\""},
        {"header X-A 1", "GET a.b /\nX-B: 1",
         "http-header X-A \"1\": the request has no such header; would match: "
         "X-A: 1"},
        {"header X-A 1", "GET a.b /\nX-A: 2\nX-A: 3",
         "http-header X-A \"1\" does not match \"2\"; would match: X-A: 1"},
        {"method PUT | POST | PATCH", "GET a.b /",
         "http-request-method \"PUT\", \"POST\" or \"PATCH\" do not match "
         "\"GET\"; would match: PUT"},
        {"query v=2*", "GET a.b /?v=1&w",
         "query-string \"v\"=\"2*\" does not match \"v=1&w\"; would match: "
         "?v=2x"},
        {"query y", "GET a.b /",
         "query-string \"y\": the request has no query; would match: ?x=y"},
        {"ip 10.0.0.0/8", "GET a.b / from 11.0.0.1",
         "source-ip \"10.0.0.0/8\" does not match \"11.0.0.1\"; would match: "
         "10.0.0.1"},
        {"path api", "GET a.b /x",
         "path-pattern \"api\" does not match \"/x\""},
        {"method A | B | C | D | E | F | G | H | I | J", "GET a.b /",
         "http-request-method \"A\", \"B\", \"C\", \"D\", \"E\", \"F\", "
         "\"G\", \"H\" and 2 more do not match \"GET\"; would match: A"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        char rules[256];
        char want[512];

        snprintf(rules, sizeof(rules), "1 R: %s -> G\ndefault -> G",
                 tries[i].condition);
        snprintf(want, sizeof(want),
                 "rule 1 (R): no\n    %s\ndefault rule (default): yes\n"
                 "default rule (default) does: forward to G (100 %%)\n",
                 tries[i].want);
        expect(explain_put_text, rules, tries[i].request, want);
    }
}

static void test_text_of_each_action(void **state)
{
    static const char *const tries[][2] = {
        {"A 1, B 1, C 1", "forward to A (33.3 %), B (33.3 %) and C (33.3 %)"},
        {"A 999, B 0", "forward to A (100 %) and B (0 %)"},
        {"A 0, B 0", "forward to A (0 %) and B (0 %): no weight is above 0, "
                     "which answers 503"},
        {"redirect", "redirect 301 to HTTPS://#{host}:443/#{path}?#{query}"},
        {"fixed 503", "fixed-response 503"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        char rules[128];
        char want[256];

        snprintf(rules, sizeof(rules), "default -> %s", tries[i][0]);
        snprintf(want, sizeof(want),
                 "default rule (default): yes\n"
                 "default rule (default) does: %s\n",
                 tries[i][1]);
        expect(explain_put_text, rules, "GET a.b /", want);
    }
}

static void test_text_of_actions_before_the_last_and_of_transforms(void **state)
{
    struct config_action actions[2] = {{.type = ACTION_JWT_VALIDATION}};
    struct rules r;

    (void)state;
    rules_make(&r, "default -> G");
    actions[1] = r.listener.rules[0].actions[0];
    r.listener.rules[0].actions = actions;
    r.listener.rules[0].nactions = 2;
    r.groups[0]->ntargets = 0;
    r.listener.rules[0].ntransforms = 1;
    r.listener.rules[0].transforms[0] = (struct config_transform){
        .type = TRANSFORM_URL, .regex = STR("^/a"), .replace = STR("/b")};
    assert_string_equal(
        explain(&r, explain_put_text, "GET a.b /"),
        "default rule (default): yes\n"
        "default rule (default) does: jwt-validation, then forward to G (100 "
        "%, has no address here: answers 503)\n"
        "    url-rewrite: \"^/a\" becomes \"/b\"\n");
    rules_end(&r);
}

static void test_text_sends_a_terminal_nothing_but_characters(void **state)
{
    struct rules r;

    (void)state;
    rules_make(&r, "1 A: header X y; query a -> G\ndefault -> G");
    explain(&r, explain_put_text, "GET a.b /\x1b[2J?\x1b[31m\x80\nX: \x1b]0;");
    for (const char *p = words; *p; p++)
        assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
    rules_end(&r);
}

/* ---- JSON ---------------------------------------------------------------- */

static void test_json_has_the_whole_trail(void **state)
{
    (void)state;
    expect(
        explain_put_json,
        "10 Api: path /api/* | /v1; header~ X-A ^a$ -> Blue\n"
        "20 V: query v=2 | 3; ip 10.0.0.0/8 -> Blue 2, Green 1\n"
        "default -> fixed 404",
        "GET a.b:80 /\"x?v=2 from 10.1.1.1",
        "{\"listener\":\"Web\",\"port\":80,\"request\":{\"method\":\"GET\","
        "\"host\":\"a.b:80\",\"path\":\"/\\\"x\",\"query\":\"v=2\","
        "\"from\":\"10.1.1.1\"},\"rules\":["
        "{\"rule\":\"Api\",\"priority\":10,\"matched\":false,\"conditions\":["
        "{\"field\":\"path-pattern\",\"values\":[\"/api/*\",\"/v1\"],"
        "\"matched\":false,\"saw\":\"/\\\"x\",\"would_match\":\"/api/x\"},"
        "{\"field\":\"http-header\",\"header\":\"X-A\",\"regex\":true,"
        "\"values\":[\"^a$\"],\"matched\":false,\"saw\":null,"
        "\"would_match\":\"a\"}]},"
        "{\"rule\":\"V\",\"priority\":20,\"matched\":true,\"conditions\":["
        "{\"field\":\"query-string\",\"values\":[\"v=2\",\"3\"],"
        "\"matched\":true,\"value\":0,\"saw\":\"v=2\"},"
        "{\"field\":\"source-ip\",\"values\":[\"10.0.0.0/8\"],"
        "\"matched\":true,\"value\":0,\"saw\":\"10.1.1.1\"}]}],"
        "\"rule\":\"V\",\"priority\":20,\"actions\":[{\"type\":\"forward\","
        "\"groups\":[{\"group\":\"Blue\",\"weight\":2,\"percent\":66.7},"
        "{\"group\":\"Green\",\"weight\":1,\"percent\":33.3}]}],"
        "\"transforms\":[]}");
}

static void test_json_of_the_default_rule_and_of_what_is_absent(void **state)
{
    (void)state;
    expect(explain_put_json, "default -> redirect", "GET - /",
           "{\"listener\":\"Web\",\"port\":80,\"request\":{\"method\":\"GET\","
           "\"host\":null,\"path\":\"/\",\"query\":\"\",\"from\":\"127.0.0.1\"}"
           ",\"rules\":[{\"rule\":\"default\",\"priority\":\"default\","
           "\"matched\":true,\"conditions\":[]}],\"rule\":\"default\","
           "\"priority\":\"default\",\"actions\":[{\"type\":\"redirect\","
           "\"status\":301,\"protocol\":\"HTTPS\",\"host\":\"#{host}\","
           "\"port\":\"443\",\"path\":\"/#{path}\",\"query\":\"#{query}\"}],"
           "\"transforms\":[]}");
}

/* ---- a response field ---------------------------------------------------- */

static void test_the_field_is_one_line(void **state)
{
    (void)state;
    expect(explain_put_header,
           "5 A: header x-canary 1 -> Blue\n"
           "7 B: path /b; host a.b; method PUT -> Blue\n"
           "10 C: path /* -> blue 90, green 10\n"
           "default -> fixed 404",
           "GET a.b /web",
           "rule=5:no(http-header x-canary absent want 1);"
           "rule=7:no(path-pattern /web want /b,"
           "http-request-method GET want PUT);"
           "rule=10:yes;action=forward;groups=blue:90,green:10");
}

static void test_the_field_of_other_actions(void **state)
{
    (void)state;
    expect(explain_put_header, "default -> fixed 404", "GET a.b /",
           "rule=default:yes;action=fixed-response;status=404");
    expect(explain_put_header, "default -> redirect", "GET a.b /",
           "rule=default:yes;action=redirect;status=301");
}

static void test_what_a_client_sent_cannot_end_the_field(void **state)
{
    (void)state;
    expect(explain_put_header, "1 A: header X y; query z -> G\ndefault -> G",
           "GET a.b /?(;,%)\r\nSet-Cookie: a=b\nX: \r a\x80",
           "rule=1:no(http-header X %0D%20a%80 want y,query-string "
           "%28%3B%2C%25%29%0D want "
           "x=z);rule=default:yes;action=forward;groups=G:1");
}

static void test_a_long_value_is_cut_in_the_field(void **state)
{
    char request[256] = "GET a.b /";
    char want[256] = "rule=1:no(path-pattern /";

    (void)state;
    memset(request + 9, 'x', 64);
    memset(want + strlen(want), 'x', 63);
    strcat(want, "... want /a);rule=default:yes;action=forward;groups=G:1");
    expect(explain_put_header, "1 A: path /a -> G\ndefault -> G", request,
           want);
}

static void test_too_many_rules_become_dots_in_the_field(void **state)
{
    char rules[8192];
    struct text t = text_in(rules, sizeof(rules));
    struct rules r;

    (void)state;
    for (unsigned n = 20; n <= 120; n++) {
        t = text_in(rules, sizeof(rules));
        for (unsigned i = 1; i <= n; i++)
            text_printf(&t, "%u R: path /never -> G\n", i);
        TEXT_LITERAL(&t, "default -> Group");
        text_char(&t, '\0');
        assert_true(text_ok(&t));
        rules_make(&r, rules);
        explain(&r, explain_put_header, "GET a.b /x");
        assert_true(strlen(words) <= EXPLAIN_HEADER_MAX);
        assert_memory_equal(words, "rule=1:no(path-pattern /x want /never);",
                            39);
        /* 9 rules of 39 bytes, more of 40 each, and 46 for the end. */
        assert_int_equal(strstr(words, ";...;rule=default:yes") != NULL,
                         9 * 39 + (n - 9) * 40 + 46 > EXPLAIN_HEADER_MAX);
        assert_non_null(strstr(words, ";rule=default:yes;action=forward;"
                                      "groups=Group:1"));
        rules_end(&r);
    }
}

static void test_long_names_are_cut_in_the_field(void **state)
{
    static char name[300];
    struct rules r;

    (void)state;
    memset(name, 'g', sizeof(name));
    rules_make(&r, "1 A: path /a -> G\ndefault -> A 1, B 1, C 1, D 1, E 1");
    for (unsigned i = 0; i < r.config.ngroups; i++)
        r.groups[i]->id = str_make(name, sizeof(name));
    explain(&r, explain_put_header, "GET a.b /x");
    assert_true(strlen(words) <= EXPLAIN_HEADER_MAX);
    assert_memory_equal(
        words, "rule=1:no(path-pattern /x want /a);rule=default:yes", 51);
    rules_end(&r);
}

static void test_nothing_is_written_past_a_small_buffer(void **state)
{
    static put_fn *const puts[] = {explain_put_text, explain_put_json,
                                   explain_put_header};
    struct rules r;
    struct ask ask;

    (void)state;
    rules_make(&r, "1 A: path /a -> G\n2 B: header X 1 -> G\ndefault -> G");
    for (size_t p = 0; p < COUNT(puts); p++) {
        for (size_t cap = 0; cap < 60; cap++) {
            char *room = malloc(cap + !cap);
            struct text t = text_in(room, cap);

            assert_non_null(room);
            puts[p](&t, r.router, &r.listener, ask_make(&ask, "GET a.b /x"),
                    r.scratch);
            assert_false(text_ok(&t));
            free(room);
        }
    }
    rules_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_text_tells_why_each_rule_did_not_match_and_what_would),
        cmocka_unit_test(test_text_of_each_kind_of_condition_that_failed),
        cmocka_unit_test(test_text_of_each_action),
        cmocka_unit_test(
            test_text_of_actions_before_the_last_and_of_transforms),
        cmocka_unit_test(test_text_sends_a_terminal_nothing_but_characters),
        cmocka_unit_test(test_json_has_the_whole_trail),
        cmocka_unit_test(test_json_of_the_default_rule_and_of_what_is_absent),
        cmocka_unit_test(test_the_field_is_one_line),
        cmocka_unit_test(test_the_field_of_other_actions),
        cmocka_unit_test(test_what_a_client_sent_cannot_end_the_field),
        cmocka_unit_test(test_a_long_value_is_cut_in_the_field),
        cmocka_unit_test(test_too_many_rules_become_dots_in_the_field),
        cmocka_unit_test(test_long_names_are_cut_in_the_field),
        cmocka_unit_test(test_nothing_is_written_past_a_small_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
