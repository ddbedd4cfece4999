/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rules.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct attempt {
    const char *request;
    const char *taker;
};

static void check(const char *rules, const struct attempt *tries, size_t n)
{
    struct rules r;

    rules_make(&r, rules);
    assert_non_null(r.router);
    for (size_t i = 0; i < n; i++) {
        const char *taker = rules_taker(&r, tries[i].request);

        if (strcmp(taker, tries[i].taker) != 0)
            fail_msg("%s: rule %s instead of %s", tries[i].request, taker,
                     tries[i].taker);
    }
    rules_end(&r);
}

/* ---- rules --------------------------------------------------------------- */

/* Checklist 38. */
static void
test_the_lowest_priority_number_wins_and_the_default_is_last(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /api/v1", "First"},
        {"GET a.b /api/x", "Second"},
        {"GET a.b /x", "Third"},
        {"OPTIONS a.b *", "default"},
    };

    (void)state;
    check("1 First: path /api/v1 -> G\n"
          "2 Second: path /api/* -> G\n"
          "9 Third: path /* -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

static void test_a_listener_may_have_nothing_but_its_default_rule(void **state)
{
    static const struct attempt tries[] = {{"GET a.b /", "default"},
                                           {"GET - /%41/..?x", "default"}};

    (void)state;
    check("default -> G", tries, COUNT(tries));
}

/* Checklist 39. */
static void test_conditions_are_anded_and_their_values_ored(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /x", "Both"},    {"GET c.d /y", "Both"},
        {"GET a.b /z", "default"}, {"GET e.f /x", "default"},
        {"GET e.f /z", "default"},
    };

    (void)state;
    check("1 Both: host a.b | c.d; path /x | /y -> G\ndefault -> G", tries,
          COUNT(tries));
}

/* Checklist 39. */
static void test_two_conditions_on_one_header_must_both_hold(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /\nX: red fish", "Both"},
        {"GET a.b /\nX: red\nX: fish", "Both"},
        {"GET a.b /\nX: red", "default"},
    };

    (void)state;
    check("1 Both: header X *red*; header X *fish* -> G\ndefault -> G", tries,
          COUNT(tries));
}

static void test_rules_looked_at_are_counted_without_the_default(void **state)
{
    struct rules r;
    struct ask ask;
    unsigned evaluated = 99;

    (void)state;
    rules_make(&r, "1 A: path /a -> G\n2 B: path /b -> G\n3 C: path /c -> G\n"
                   "default -> G");
    router_match(r.router, ask_make(&ask, "GET a.b /b"), r.scratch, &evaluated);
    assert_int_equal(evaluated, 2);
    router_match(r.router, ask_make(&ask, "GET a.b /a"), r.scratch, &evaluated);
    assert_int_equal(evaluated, 1);
    router_match(r.router, ask_make(&ask, "GET a.b /z"), r.scratch, &evaluated);
    assert_int_equal(evaluated, 3);
    rules_end(&r);
}

/* ---- host-header --------------------------------------------------------- */

/* Checklist 40. */
static void test_hosts_are_compared_without_case_and_port(void **state)
{
    static const struct attempt tries[] = {
        {"GET EXAMPLE.com /", "Exact"},
        {"GET example.com:8080 /", "Exact"},
        {"GET example.com: /", "Exact"},
        {"GET example.com. /", "Exact"},
        {"GET example.com.:80 /", "Exact"},
        {"GET example.com.. /", "default"},
        {"GET example.comx /", "default"},
        {"GET wWw.Shop.example.org:443 /", "Star"},
        {"GET v1.example.net /", "One"},
        {"GET v10.example.net /", "default"},
    };

    (void)state;
    check("1 Exact: host Example.COM -> G\n"
          "2 Star: host *.SHOP.example.org -> G\n"
          "3 One: host v?.example.net -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

/* Checklist 40: what the router is given is the first Host, or the authority
 * of an absolute form; a field of that name does not count. */
static void test_fields_named_host_are_not_the_host(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /\nHost: c.d", "First"},
        {"GET c.d /\nHost: a.b", "Second"},
    };

    (void)state;
    check("1 First: host a.b -> G\n2 Second: host c.d -> G\ndefault -> G",
          tries, COUNT(tries));
}

/* Checklist 41. */
static void test_a_subdomain_wildcard_does_not_match_the_apex(void **state)
{
    static const struct attempt tries[] = {
        {"GET test.example.com /", "Sub"},   {"GET a.b.example.com /", "Sub"},
        {"GET .example.com /", "Sub"},       {"GET example.com /", "default"},
        {"GET example.com:80 /", "default"},
    };

    (void)state;
    check("1 Sub: host *.example.com -> G\ndefault -> G", tries, COUNT(tries));
}

static void
test_an_ipv6_host_keeps_its_brackets_and_loses_its_port(void **state)
{
    static const struct attempt tries[] = {
        {"GET [::1]:8080 /", "Six"},
        {"GET [::1] /", "Six"},
        {"GET [::2]:80 /", "default"},
    };

    (void)state;
    check("1 Six: host [::1] -> G\ndefault -> G", tries, COUNT(tries));
}

static void test_a_request_without_host_matches_no_host(void **state)
{
    static const struct attempt tries[] = {
        {"GET - /", "default"},
        {"GET :80 /", "default"},
        {"GET . /", "default"},
        {"GET a /", "Any"},
    };

    (void)state;
    check("1 Regex: host~ ^$ -> G\n2 Any: host * -> G\ndefault -> G", tries,
          COUNT(tries));
}

/* ---- path-pattern -------------------------------------------------------- */

/* Checklist 42. */
static void
test_paths_are_anchored_tell_case_apart_and_have_no_query(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /img/a/b.png", "Img"}, /* `*` crosses slashes */
        {"GET a.b /img/", "Img"},
        {"GET a.b /img", "default"},
        {"GET a.b /IMG/a", "default"},
        {"GET a.b /x/img/a", "default"},
        {"GET a.b /exact?a=/more", "Exact"},
        {"GET a.b /exact/", "default"},
        {"GET a.b /other?/exact", "default"},
        {"GET a.b /v1/x", "One"},
        {"GET a.b /v12/x", "default"},
        {"GET a.b /a/b/c.js", "Js"},
        {"GET a.b /a?b.js", "default"},
    };

    (void)state;
    check("1 Img: path /img/* -> G\n"
          "2 Exact: path /exact -> G\n"
          "3 One: path /v?/x -> G\n"
          "4 Js: path *.js -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

static void test_dot_segments_cannot_lead_past_a_rule(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /public/../admin", "Admin"},
        {"GET a.b /public/../admin/x", "Admin"},
        {"GET a.b /public/%2e%2e/admin", "Admin"},
        {"GET a.b /public/.%2E/admin", "Admin"},
        {"GET a.b /./admin", "Admin"},
        {"GET a.b /x/y/../../admin", "Admin"},
        {"GET a.b /../../admin", "Admin"},
        {"GET a.b /x//../admin", "default"},
        {"GET a.b /x//../../admin", "Admin"},
        {"GET a.b /admin/../public/x", "Public"},
        {"GET a.b /public/..", "default"},
        {"GET a.b /public/x/..", "Public"},
        {"GET a.b /public/.", "Public"},
        {"GET a.b /public/...", "Public"},
        {"GET a.b /public/..a/admin", "Public"},
        {"GET a.b /public/.well-known", "Public"},
        {"GET a.b //admin", "default"}, /* empty segments stay */
    };

    (void)state;
    check("1 Admin: path /admin* -> G\n"
          "2 Public: path /public/* -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

static void
test_escapes_of_plain_characters_cannot_lead_past_a_rule(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /%61dmin", "Admin"},
        {"GET a.b /%41dmin", "default"}, /* A is not a */
        {"GET a.b /admi%6E", "Admin"},
        {"GET a.b /%2561dmin", "default"}, /* decoded once */
        {"GET a.b /x%2Fadmin", "Slash"},   /* an escaped slash is none */
        {"GET a.b /x%2fadmin", "default"}, /* as it was sent */
        {"GET a.b /x/y%2F..%2Fadmin", "default"},
        {"GET a.b /admin%", "default"},
        {"GET a.b /admin%6", "default"},
        {"GET a.b /admin%zz", "default"},
        {"GET a.b /caf%C3%A9", "Cafe"},
    };

    (void)state;
    check("1 Admin: path /admin -> G\n"
          "2 Slash: path~ ^/x%2Fadmin$ -> G\n"
          "3 Cafe: path /caf?????? -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

static void test_control_characters_cannot_lead_past_a_rule(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /ad\x01min", "Admin"},
        {"GET a.b /public/.\x7f./admin", "Admin"},
        {"GET a\x02.b /host", "Host"},
        {"GET a.b /x\nName: se\tcret", "Header"},
    };

    (void)state;
    check("1 Admin: path /admin -> G\n"
          "2 Host: host a.b; path /host -> G\n"
          "3 Header: header Name secret; header~ Name ^secret$ -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

static void test_a_path_is_rewritten_in_full_however_long_it_is(void **state)
{
    static const size_t lengths[] = {100, 16384, 65536};
    struct rules r;

    (void)state;
    rules_make(&r, "1 Admin: path /admin -> G\ndefault -> G");
    for (size_t i = 0; i < COUNT(lengths); i++) {
        char *path = malloc(lengths[i]);
        struct route_request request = {.method = STR("GET"),
                                        .path = {path, lengths[i]}};

        assert_non_null(path);
        memset(path, 'x', lengths[i]);
        path[0] = '/';
        memcpy(path + lengths[i] - 9, "/../admin", 9);
        assert_string_equal(rules_take(&r, &request), "Admin");
        free(path);
    }
    rules_end(&r);
}

/* ---- http-header --------------------------------------------------------- */

/* Checklist 43. */
static void test_header_names_and_values_are_compared_without_case(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /\nx-cANARY: YES", "Canary"},
        {"GET a.b /\nX-Canary: no", "default"},
        {"GET a.b /\nX-Canaries: yes", "default"},
        {"GET a.b /\nuser-agent: Mozilla/5.0 CHROME/1", "Agent"},
    };

    (void)state;
    check("1 Canary: header X-Canary yes -> G\n"
          "2 Agent: header User-Agent *chrome* -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

/* Checklist 43. */
static void test_any_occurrence_of_a_repeated_header_may_match(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /\nX: 1\nY: z\nX: 2", "Two"},
        {"GET a.b /\nX: 2\nX: 1", "Two"},
        {"GET a.b /\nX: 1\nX: 3", "default"},
        {"GET a.b /\nX: 1, 2", "default"}, /* lists are one value */
    };

    (void)state;
    check("1 Two: header X 2 -> G\ndefault -> G", tries, COUNT(tries));
}

/* Checklist 43. */
static void test_a_missing_header_never_matches(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /", "default"},
        {"GET a.b /\nY: 1", "default"},
        {"GET a.b /\nX: ", "Any"},
        {"GET a.b /\nX: 1", "Any"},
    };

    (void)state;
    check("1 Any: header X * -> G\n"
          "2 Regex: header~ X ^$ -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

static void test_dropped_fields_do_not_match(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /\n!X: 1", "default"},
        {"GET a.b /\n!X: 1\nX: 1", "One"},
    };

    (void)state;
    check("1 One: header X 1 -> G\ndefault -> G", tries, COUNT(tries));
}

static void test_a_request_may_have_no_fields_and_no_client(void **state)
{
    struct route_request request = {.method = STR("GET"), .path = STR("/")};
    struct rules r;

    (void)state;
    rules_make(&r, "1 Header: header X * -> G\n"
                   "2 Ip: ip 0.0.0.0/0 | ::/0 -> G\n"
                   "default -> G");
    assert_string_equal(rules_take(&r, &request), "default");
    rules_end(&r);
}

/* ---- http-request-method ------------------------------------------------- */

/* Checklist 45. */
static void test_methods_are_compared_exactly_and_may_be_custom(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /", "Get"},      {"get a.b /", "default"},
        {"GETX a.b /", "default"}, {"HEAD a.b /", "default"},
        {"PURGE a.b /", "Purge"},  {"M-SEARCH a.b /", "Purge"},
    };

    (void)state;
    check("1 Get: method GET -> G\n"
          "2 Purge: method PURGE | M-SEARCH -> G\n"
          "3 Star: method * -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

/* ---- query-string -------------------------------------------------------- */

/* Checklist 46. */
static void test_a_query_is_matched_by_key_and_value_or_by_value(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /?a=1&VERSION=V1", "Key"},
        {"GET a.b /?version=v10", "default"},
        {"GET a.b /?x=EXAMPLE", "Value"},
        {"GET a.b /?example", "default"},
        {"GET a.b /?q=a*b", "Literal"},
        {"GET a.b /?q=axb", "default"},
        {"GET a.b /?q=?", "Mark"},
        {"GET a.b /?q=x", "default"},
        {"GET a.b /", "default"},
    };

    (void)state;
    check("1 Key: query version=v1 -> G\n"
          "2 Value: query example -> G\n"
          "3 Literal: query q=a\\*b -> G\n"
          "4 Mark: query q=\\? -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

/* ---- source-ip ----------------------------------------------------------- */

/* Checklist 47. */
static void test_the_peer_address_is_compared_and_no_header(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b / from 10.1.2.3", "Ten"},
        {"GET a.b / from ::ffff:10.1.2.3", "Ten"},
        {"GET a.b / from 11.0.0.1", "default"},
        {"GET a.b / from 11.0.0.1\nX-Forwarded-For: 10.1.2.3", "default"},
        {"GET a.b / from 2001:db8:1::1", "Six"},
        {"GET a.b / from 2001:db9::1", "default"},
    };

    (void)state;
    check("1 Ten: ip 192.0.2.0/24 | 10.0.0.0/8 -> G\n"
          "2 Six: ip 2001:db8::/32 -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

/* ---- regexes ------------------------------------------------------------- */

/* Checklist 48. */
static void
test_regexes_search_and_keep_to_the_case_of_their_field(void **state)
{
    static const struct attempt tries[] = {
        {"GET v12.Example.com:80 /", "Host"},
        {"GET vx.example.com /", "default"},
        {"GET a.b /x/users/17/y", "Path"}, /* anywhere */
        {"GET a.b /x/USERS/17/y", "default"},
        {"GET a.b /\nX-Agent: some BOT/1", "Header"},
        {"GET a.b /\nX-Agent: some\nX-Agent: bot/2", "Header"},
        {"GET a.b /\nX-Agent: bot", "default"},
        {"GET a.b /?/users/1", "default"},
    };

    (void)state;
    check("1 Host: host~ ^v[0-9]+\\.example\\.com$ -> G\n"
          "2 Path: path~ /users/\\d+ -> G\n"
          "3 Header: header~ X-Agent bot/[12] -> G\n"
          "default -> G",
          tries, COUNT(tries));
}

/* Checklist 48. */
static void
test_a_regex_that_alb_does_not_have_is_an_error_at_its_place(void **state)
{
    static const char *const regexes[] = {"(?=a)", "(?<!a)b", "(a)\\1", "(?>a)",
                                          "a++",   "(a",      "[z-a]"};

    (void)state;
    for (size_t i = 0; i < COUNT(regexes); i++) {
        char text[128];
        struct rules r;

        snprintf(text, sizeof(text),
                 "1 A: path /a -> G\n2 B: path~ ok -> G\n"
                 "3 C: path~ %s -> G\ndefault -> G",
                 regexes[i]);
        rules_make(&r, text);
        assert_null(r.router);
        assert_int_equal(r.report.errors, 1);
        assert_int_equal(r.report.first->place.line, 3);
        assert_non_null(strstr(r.report.first->what.p, regexes[i]));
        assert_int_not_equal(r.report.first->remedy.n, 0);
        rules_end(&r);
    }
}

static void test_a_block_that_is_none_is_an_error_at_its_place(void **state)
{
    struct rules r;

    (void)state;
    rules_make(&r, "1 A: ip 10.0.0.0/8 -> G\n2 B: ip 10.0.0.0 -> G\n"
                   "default -> G");
    assert_null(r.router);
    assert_int_equal(r.report.errors, 1);
    assert_int_equal(r.report.first->place.line, 2);
    assert_string_equal(r.report.first->what.p,
                        "\"10.0.0.0\" of a source-ip condition is no CIDR "
                        "block");
    rules_end(&r);
}

static void test_the_scratch_is_made_to_fit_every_regex(void **state)
{
    static const struct attempt tries[] = {
        {"GET a.b /aaaaaaaaaaaaaaaaaaaa", "Long"}, {"GET a.b /b", "Short"}};

    (void)state;
    check("1 Long: path~ ^/(a{0,10}){0,20}$; path~ a -> G\n"
          "2 Short: path~ b -> G\ndefault -> G",
          tries, COUNT(tries));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_the_lowest_priority_number_wins_and_the_default_is_last),
        cmocka_unit_test(test_a_listener_may_have_nothing_but_its_default_rule),
        cmocka_unit_test(test_conditions_are_anded_and_their_values_ored),
        cmocka_unit_test(test_two_conditions_on_one_header_must_both_hold),
        cmocka_unit_test(test_rules_looked_at_are_counted_without_the_default),
        cmocka_unit_test(test_hosts_are_compared_without_case_and_port),
        cmocka_unit_test(test_fields_named_host_are_not_the_host),
        cmocka_unit_test(test_a_subdomain_wildcard_does_not_match_the_apex),
        cmocka_unit_test(
            test_an_ipv6_host_keeps_its_brackets_and_loses_its_port),
        cmocka_unit_test(test_a_request_without_host_matches_no_host),
        cmocka_unit_test(
            test_paths_are_anchored_tell_case_apart_and_have_no_query),
        cmocka_unit_test(test_dot_segments_cannot_lead_past_a_rule),
        cmocka_unit_test(
            test_escapes_of_plain_characters_cannot_lead_past_a_rule),
        cmocka_unit_test(test_control_characters_cannot_lead_past_a_rule),
        cmocka_unit_test(test_a_path_is_rewritten_in_full_however_long_it_is),
        cmocka_unit_test(
            test_header_names_and_values_are_compared_without_case),
        cmocka_unit_test(test_any_occurrence_of_a_repeated_header_may_match),
        cmocka_unit_test(test_a_missing_header_never_matches),
        cmocka_unit_test(test_dropped_fields_do_not_match),
        cmocka_unit_test(test_a_request_may_have_no_fields_and_no_client),
        cmocka_unit_test(test_methods_are_compared_exactly_and_may_be_custom),
        cmocka_unit_test(test_a_query_is_matched_by_key_and_value_or_by_value),
        cmocka_unit_test(test_the_peer_address_is_compared_and_no_header),
        cmocka_unit_test(
            test_regexes_search_and_keep_to_the_case_of_their_field),
        cmocka_unit_test(
            test_a_regex_that_alb_does_not_have_is_an_error_at_its_place),
        cmocka_unit_test(test_a_block_that_is_none_is_an_error_at_its_place),
        cmocka_unit_test(test_the_scratch_is_made_to_fit_every_regex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
