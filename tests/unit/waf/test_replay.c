/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests tried without a proxy: what is told of them, beside what is expected
 * and beside what a log has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "acls.h"
#include "waf/replay.h"
#include "waf/replay_expected.h"
#include "waf/replay_record.h"

enum { TEXT = 64 * 1024 };

struct scene {
    struct acl acl;
    struct replay *replay;
    struct trail trail;
    struct region region;
    struct request_made *made; /* what is told borrows it */
    char text[TEXT];
};

static void begin(struct scene *scene, const char *acl)
{
    char errors[4096];

    scene->region = (struct region){NULL};
    scene->made = NULL;
    acl_begin_text(&scene->acl, acl);
    if (!scene->acl.program)
        fail_msg("%s", acl_errors(&scene->acl, errors, sizeof(errors)));
    scene->replay = replay_new(scene->acl.program);
}

static void end(struct scene *scene)
{
    replay_free(scene->replay);
    request_made_free(scene->made);
    acl_end(&scene->acl);
    region_end(&scene->region);
}

static struct value *line(struct scene *scene, const char *text)
{
    return value_string(&scene->region, str_of(text), NULL);
}

static const struct waf_result *try_at(struct scene *scene, const char *request,
                                       uint64_t now_ms, bool told)
{
    struct text t = text_in(scene->text, TEXT - 1);

    request_made_free(scene->made);
    scene->made = request_made_new(line(scene, request));
    replay_try(scene->replay, &scene->made->inspected, now_ms, told,
               &scene->trail);
    trail_put_text(&t, &scene->trail, true);
    assert_true(text_ok(&t));
    scene->text[t.n] = '\0';
    return &scene->trail.result;
}

static const struct waf_result *try_it(struct scene *scene, const char *request)
{
    return try_at(scene, request, 0, true);
}

static void assert_told(const struct scene *scene, const char *part)
{
    if (!strstr(scene->text, part))
        fail_msg("there is no\n%s\nin\n%s", part, scene->text);
}

/* ---- what is told --------------------------------------------------------------- */

/* checklist 121 */
static void test_a_match_is_shown_in_the_bytes_that_came(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene,
          "{\"rules\": [{\"Name\": \"evil\", \"RuleLabels\": [{\"Name\": "
          "\"bad\"}], \"Statement\": {\"ByteMatchStatement\": {"
          "\"SearchString\": \"evil\", \"FieldToMatch\": "
          "{\"AllQueryArguments\": {}}, \"PositionalConstraint\": "
          "\"CONTAINS\", \"TextTransformations\": [{\"Priority\": 0, "
          "\"Type\": \"LOWERCASE\"}]}}}]}");
    assert_int_equal(try_it(&scene, "GET /?a=1&q=xEViLy")->action, WAF_BLOCK);
    assert_told(&scene, "verdict: BLOCK, answered 403\nrule: evil (priority "
                        "0)\n        Rules[0].Statement: AllQueryArguments "
                        "after LOWERCASE: ByteMatchStatement CONTAINS "
                        "\"evil\": true\n");
    assert_told(&scene,
                "of \"q\", as it came: \"x>>>EViL<<<y\" bytes 1 to 5\n");
    assert_told(&scene, "after LOWERCASE: \"x>>>evil<<<y\" bytes 1 to 5\n");
    assert_told(&scene, "label: awswaf:000000000000:webacl:acl:bad\n");
    end(&scene);
}

static void test_only_what_decides_is_shown(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene,
          "{\"statement\": {\"OrStatement\": {\"Statements\": ["
          "{\"ByteMatchStatement\": {\"SearchString\": \"/a\", "
          "\"FieldToMatch\": {\"UriPath\": {}}, \"PositionalConstraint\": "
          "\"EXACTLY\"}}, {\"NotStatement\": {\"Statement\": "
          "{\"ByteMatchStatement\": {\"SearchString\": \"x\", "
          "\"FieldToMatch\": {\"SingleHeader\": {\"Name\": \"k\"}}, "
          "\"PositionalConstraint\": \"EXACTLY\"}}}}]}}}");
    try_it(&scene, "GET /a");
    assert_told(&scene, "Statements[0]: UriPath: ByteMatchStatement EXACTLY "
                        "\"/a\": true");
    assert_null(strstr(scene.text, "Statements[1]"));
    try_it(&scene, "GET /b");
    assert_told(&scene, "Statements[1].NotStatement.Statement: SingleHeader "
                        "\"k\": ByteMatchStatement EXACTLY \"x\": false\n"
                        "            the request has no such part\n");
    assert_null(strstr(scene.text, "Statements[0]"));
    end(&scene);
}

static void test_a_rule_of_a_group_is_told_with_who_refers_to_it(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene,
          "{\"rules\": [{\"Name\": \"common\", \"OverrideAction\": {\"None\": "
          "{}}, \"Statement\": {\"ManagedRuleGroupStatement\": "
          "{\"VendorName\": \"AWS\", \"Name\": "
          "\"AWSManagedRulesCommonRuleSet\", \"ScopeDownStatement\": "
          "{\"NotStatement\": {\"Statement\": {\"ByteMatchStatement\": "
          "{\"SearchString\": \"/health\", \"FieldToMatch\": {\"UriPath\": "
          "{}}, \"PositionalConstraint\": \"EXACTLY\"}}}}}}}]}");
    assert_int_equal(try_it(&scene, "GET /")->action, WAF_BLOCK);
    assert_told(&scene, "rule: common / NoUserAgent_HEADER (priority 0)\n");
    assert_told(&scene, "    common (priority 0): in scope\n");
    assert_int_equal(try_it(&scene, "GET /health")->action, WAF_ALLOW);
    assert_told(&scene, "rule: Default_Action\n");
    assert_told(&scene, "    common (priority 0): not in scope\n");
    end(&scene);
}

static void test_bytes_that_move_a_terminal_are_escaped(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, "{\"statement\": {\"SizeConstraintStatement\": "
                  "{\"FieldToMatch\": {\"QueryString\": {}}, "
                  "\"ComparisonOperator\": \"GT\", \"Size\": 0}}}");
    try_it(&scene, "GET /?\\x1b[2J\\xff\"");
    assert_told(&scene, "\">>>\\x1b[2J\\xff\\\"<<<\"");
    end(&scene);
}

static void test_json_has_all_rules(void **state)
{
    struct scene scene;
    struct text t;

    (void)state;
    begin(&scene, "{\"rules\": [{\"Name\": \"a\", \"Action\": {\"Count\": {}}, "
                  "\"Statement\": {\"SizeConstraintStatement\": "
                  "{\"FieldToMatch\": {\"UriPath\": {}}, "
                  "\"ComparisonOperator\": \"GT\", \"Size\": 0}}}]}");
    try_it(&scene, "GET /");
    t = text_in(scene.text, TEXT - 1);
    trail_put_json(&t, &scene.trail);
    scene.text[t.n] = '\0';
    assert_told(&scene,
                "{\"acl\":\"acl\",\"verdict\":\"ALLOW\",\"status\":null,"
                "\"rule\":\"Default_Action\",\"group_rule\":null,"
                "\"priority\":null");
    assert_told(&scene, "{\"rule\":\"a\",\"group_rule\":null,\"priority\":0,"
                        "\"matched\":true,\"action\":\"COUNT\"");
    end(&scene);
}

/* ---- rates ------------------------------------------------------------------------- */

#define RATE                                                                   \
    "{\"statement\": {\"RateBasedStatement\": {\"Limit\": 10, "                \
    "\"EvaluationWindowSec\": 60, \"AggregateKeyType\": \"IP\"}}}"

static unsigned blocked_of(struct scene *scene, unsigned n, uint64_t now_ms)
{
    unsigned blocked = 0;

    for (unsigned i = 0; i < n; i++)
        blocked += try_at(scene, "GET /", now_ms, false)->action == WAF_BLOCK;
    return blocked;
}

static void test_rates_go_by_the_times_of_requests(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, RATE);
    assert_int_equal(blocked_of(&scene, 15, 1000000), 5);
    assert_int_equal(blocked_of(&scene, 1, 1030000), 1);
    assert_int_equal(blocked_of(&scene, 5, 1100000), 0);
    /* Long after nothing counts. */
    assert_int_equal(blocked_of(&scene, 15, UINT64_C(1) << 40), 5);
    /* Times do not go back. */
    assert_int_equal(blocked_of(&scene, 1, 0), 1);
    end(&scene);
}

/* ---- what is expected ----------------------------------------------------------------- */

static bool meets(struct scene *scene, const struct replay_expected *expected)
{
    struct text t = text_in(scene->text, TEXT - 1);
    bool is = replay_meets(expected, &scene->trail.result, &t);

    scene->text[t.n] = '\0';
    return is;
}

static void test_what_is_not_as_expected_is_said(void **state)
{
    static const struct str labels[] = {{"bad", 3}};
    static const struct str others[] = {{"ad", 2}};
    struct scene scene;

    (void)state;
    begin(&scene, "{\"rules\": [{\"Name\": \"all\", \"RuleLabels\": "
                  "[{\"Name\": \"very:bad\"}], \"Statement\": "
                  "{\"SizeConstraintStatement\": {\"FieldToMatch\": "
                  "{\"UriPath\": {}}, \"ComparisonOperator\": \"GT\", "
                  "\"Size\": 0}}}]}");
    try_it(&scene, "GET /");
    assert_true(meets(&scene, &(struct replay_expected){.action = STR("BLOCK"),
                                                        .rule = STR("all"),
                                                        .status = 403,
                                                        .nlabels = 1,
                                                        .labels = labels}));
    assert_false(
        meets(&scene, &(struct replay_expected){.action = STR("ALLOW")}));
    assert_string_equal(scene.text, "expected ALLOW, got BLOCK 403 by all");
    assert_false(
        meets(&scene, &(struct replay_expected){.rule = STR("all/in")}));
    assert_false(meets(&scene, &(struct replay_expected){.status = 429}));
    assert_false(meets(
        &scene, &(struct replay_expected){.nlabels = 1, .labels = others}));
    assert_string_equal(scene.text, "expected label ad, it got others");
    end(&scene);
}

/* ---- beside a log ----------------------------------------------------------------------- */

#define LOGGED                                                                 \
    "{\"rules\": [{\"Name\": \"geo\", \"Statement\": {\"GeoMatchStatement\": " \
    "{\"CountryCodes\": [\"FR\"]}}}, {\"Name\": \"upload\", \"Statement\": "   \
    "{\"AndStatement\": {\"Statements\": [{\"ByteMatchStatement\": "           \
    "{\"SearchString\": \"/up\", \"FieldToMatch\": {\"UriPath\": {}}, "        \
    "\"PositionalConstraint\": \"EXACTLY\"}}, {\"ByteMatchStatement\": "       \
    "{\"SearchString\": \"evil\", \"FieldToMatch\": {\"Body\": "               \
    "{\"OversizeHandling\": \"CONTINUE\"}}, \"PositionalConstraint\": "        \
    "\"CONTAINS\"}}]}}}, {\"Name\": \"admin\", \"Statement\": "                \
    "{\"ByteMatchStatement\": {\"SearchString\": \"/admin\", "                 \
    "\"FieldToMatch\": {\"UriPath\": {}}, \"PositionalConstraint\": "          \
    "\"STARTS_WITH\"}}}]}"

static struct replay_record record_of(const char *action, const char *rule,
                                      struct record_match *room)
{
    struct replay_record record = {.action = str_of(action),
                                   .terminating = str_of(rule),
                                   .country = STR("DE"),
                                   .matches = room};

    if (strcmp(rule, "Default_Action") != 0) {
        *room = (struct record_match){.rule = str_of(rule),
                                      .action = str_of(action)};
        record.nmatches = 1;
    }
    return record;
}

static bool add(struct scene *scene, struct agreement *agreement,
                const char *request, const struct replay_record *record)
{
    struct request_made *made = request_made_new(line(scene, request));
    struct text t = text_in(scene->text, TEXT - 1);
    bool same;

    replay_try(scene->replay, &made->inspected, 0, true, &scene->trail);
    same = agreement_add(agreement, &scene->trail, record, &t);
    scene->text[t.n] = '\0';
    request_made_free(made);
    return same;
}

static const struct agreement_rule *counts(const struct agreement *agreement,
                                           const char *name)
{
    for (unsigned i = 0; i < agreement->nrules; i++) {
        if (str_eq(agreement->rules[i].rule->name, str_of(name)))
            return &agreement->rules[i];
    }
    fail_msg("rule %s is not counted", name);
    return NULL;
}

/* checklist 120 */
static void test_rules_agree_with_a_log(void **state)
{
    struct scene scene;
    struct agreement a;
    struct record_match m;
    struct replay_record record;

    (void)state;
    begin(&scene, LOGGED);
    agreement_begin(&a, waf_program_acl(scene.acl.program));
    record = record_of("BLOCK", "admin", &m);
    assert_true(add(&scene, &a, "GET /admin", &record));
    record = record_of("ALLOW", "Default_Action", &m);
    assert_true(add(&scene, &a, "GET /", &record));
    assert_false(add(&scene, &a, "GET /admin", &record));
    assert_string_equal(scene.text, "admin matches here, not in the log; ALLOW "
                                    "in the log, BLOCK here");
    record = record_of("BLOCK", "admin", &m);
    assert_false(add(&scene, &a, "GET /", &record));
    assert_string_equal(scene.text, "admin matched in the log, not here; BLOCK "
                                    "in the log, ALLOW here");
    assert_int_equal(counts(&a, "admin")->both, 1);
    assert_int_equal(counts(&a, "admin")->neither, 1);
    assert_int_equal(counts(&a, "admin")->here, 1);
    assert_int_equal(counts(&a, "admin")->logged, 1);
    assert_int_equal(counts(&a, "geo")->neither, 4);
    assert_int_equal(a.verdicts[WAF_BLOCK][WAF_BLOCK], 1);
    assert_int_equal(a.verdicts[WAF_ALLOW][WAF_BLOCK], 1);
    agreement_end(&a);
    end(&scene);
}

static void
test_a_body_that_nobody_logged_matters_where_it_decides(void **state)
{
    struct scene scene;
    struct agreement a;
    struct record_match m;
    struct replay_record record;

    (void)state;
    begin(&scene, LOGGED);
    agreement_begin(&a, waf_program_acl(scene.acl.program));
    record = record_of("BLOCK", "upload", &m);
    record.body_unknown = true;
    assert_true(add(&scene, &a, "POST /up", &record));
    assert_int_equal(counts(&a, "upload")->unknown, 1);
    assert_int_equal(a.verdicts[WAF_BLOCK][AGREEMENT_UNKNOWN], 1);
    record = record_of("ALLOW", "Default_Action", &m);
    record.body_unknown = true;
    assert_true(add(&scene, &a, "POST /other", &record));
    assert_int_equal(counts(&a, "upload")->neither, 1);
    assert_int_equal(a.verdicts[WAF_ALLOW][WAF_ALLOW], 1);
    agreement_end(&a);
    end(&scene);
}

static void test_countries_are_those_of_the_log(void **state)
{
    struct scene scene;
    struct agreement a;
    struct record_match m;
    struct replay_record record;

    (void)state;
    begin(&scene, LOGGED);
    agreement_begin(&a, waf_program_acl(scene.acl.program));
    record = record_of("BLOCK", "geo", &m);
    record.country = STR("FR");
    assert_true(add(&scene, &a, "GET /", &record));
    assert_int_equal(counts(&a, "geo")->both, 1);
    assert_int_equal(a.verdicts[WAF_BLOCK][WAF_BLOCK], 1);
    record.country = STR("");
    assert_true(add(&scene, &a, "GET /", &record));
    assert_int_equal(counts(&a, "geo")->unknown, 1);
    agreement_end(&a);
    end(&scene);
}

static void test_who_solved_a_challenge_is_not_known_here(void **state)
{
    struct scene scene;
    struct agreement a;
    struct record_match m = {.rule = STR("c"), .action = STR("CHALLENGE")};
    struct replay_record record = {.action = STR("ALLOW"),
                                   .terminating = STR("Default_Action"),
                                   .nmatches = 1,
                                   .matches = &m};

    (void)state;
    begin(&scene, "{\"rules\": [{\"Name\": \"c\", \"Action\": {\"Challenge\": "
                  "{}}, \"Statement\": {\"SizeConstraintStatement\": "
                  "{\"FieldToMatch\": {\"UriPath\": {}}, "
                  "\"ComparisonOperator\": \"GT\", \"Size\": 0}}}]}");
    agreement_begin(&a, waf_program_acl(scene.acl.program));
    assert_true(add(&scene, &a, "GET /", &record));
    assert_int_equal(counts(&a, "c")->both, 1);
    assert_int_equal(a.verdicts[WAF_ALLOW][AGREEMENT_UNKNOWN], 1);
    agreement_end(&a);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_match_is_shown_in_the_bytes_that_came),
        cmocka_unit_test(test_only_what_decides_is_shown),
        cmocka_unit_test(test_a_rule_of_a_group_is_told_with_who_refers_to_it),
        cmocka_unit_test(test_bytes_that_move_a_terminal_are_escaped),
        cmocka_unit_test(test_json_has_all_rules),
        cmocka_unit_test(test_rates_go_by_the_times_of_requests),
        cmocka_unit_test(test_what_is_not_as_expected_is_said),
        cmocka_unit_test(test_rules_agree_with_a_log),
        cmocka_unit_test(
            test_a_body_that_nobody_logged_matters_where_it_decides),
        cmocka_unit_test(test_countries_are_those_of_the_log),
        cmocka_unit_test(test_who_solved_a_challenge_is_not_known_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
