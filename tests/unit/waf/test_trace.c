/* SPDX-License-Identifier: Apache-2.0
 *
 * What an evaluation tells of itself: each statement, the bytes that it saw, and
 * where a match stands in what came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "acls.h"
#include "model/account_json.h"

enum { TEXT = 16 * 1024 };

/* ---- what is told, as lines ---------------------------------------------------------- */

static const char *const truths[] = {"false", "true", "not applicable",
                                     "gave up"};

static void see_begin(void *owner, const struct waf_rule *rule,
                      const struct config_rule_group *group)
{
    struct text *t = owner;

    TEXT_LITERAL(t, "rule ");
    if (group)
        text_printf(t, STR_FMT "/", STR_ARG(group->entity.name));
    text_printf(t, STR_FMT "\n", STR_ARG(rule->name));
}

static void see_leaf(void *owner, const struct waf_trace_leaf *leaf)
{
    struct text *t = owner;

    text_printf(t, "  %s", truths[leaf->truth]);
    if (leaf->raw.name.n)
        text_printf(t, " " STR_FMT ":", STR_ARG(leaf->raw.name));
    if (leaf->text.p)
        text_printf(t, " '" STR_FMT "'", STR_ARG(leaf->text));
    if (leaf->truth == WAF_TRUE && leaf->text.p)
        text_printf(t, " at %zu-%zu", leaf->from, leaf->to);
    if (leaf->mapped)
        text_printf(t, " of '" STR_FMT "' at %zu-%zu", STR_ARG(leaf->raw.text),
                    leaf->raw_from, leaf->raw_to);
    if (leaf->note)
        text_printf(t, " (%s)", leaf->note);
    text_char(t, '\n');
}

static void see_label(void *owner, struct str name)
{
    text_printf(owner, "  label " STR_FMT "\n", STR_ARG(name));
}

static void see_end(void *owner, const struct waf_rule *rule,
                    enum waf_truth truth, enum waf_action_type action)
{
    text_printf(owner, STR_FMT ": %s %s\n", STR_ARG(rule->name), truths[truth],
                waf_action_words[action]);
}

static void check(const char *acl_text, const char *request_text,
                  const char *wanted)
{
    static char buffer[TEXT];
    struct text t = text_in(buffer, TEXT - 1);
    struct waf_trace trace = {.owner = &t,
                              .rule_begin = see_begin,
                              .leaf = see_leaf,
                              .label = see_label,
                              .rule_end = see_end};
    struct region region = {NULL};
    struct error error;
    struct waf_result result;
    struct evaluator evaluator;
    struct request_made *request;
    struct acl acl;

    acl_begin_text(&acl, acl_text);
    if (!acl.program)
        fail_msg("%s", acl_errors(&acl, buffer, TEXT));
    request = request_made_new(
        account_json_read(&region, str_of(request_text), &error));
    evaluator_begin(&evaluator);
    evaluator_run(&evaluator, acl.program, request, false, &trace, &result);
    buffer[t.n] = '\0';
    assert_string_equal(buffer, wanted);
    evaluator_end(&evaluator);
    request_made_free(request);
    acl_end(&acl);
    region_end(&region);
}

/* ---- statements ------------------------------------------------------------------------ */

#define BYTES(field, position, search, ...)                                    \
    "{\"ByteMatchStatement\": {\"FieldToMatch\": {" field                      \
    "}, \"PositionalConstraint\": \"" position                                 \
    "\", \"SearchString\": \"" search "\"" __VA_ARGS__ "}}"
#define CHAIN1(a)                                                              \
    ", \"TextTransformations\": [{\"Priority\": 0, \"Type\": \"" a "\"}]"
#define CHAIN2(a, b)                                                           \
    ", \"TextTransformations\": [{\"Priority\": 0, \"Type\": \"" a             \
    "\"}, {\"Priority\": 1, \"Type\": \"" b "\"}]"

/* 121 */
static void test_every_statement_of_a_rule_is_told(void **state)
{
    (void)state;
    check("{\"statement\": {\"OrStatement\": {\"Statements\": [" BYTES(
              "\"UriPath\": {}", "CONTAINS",
              "min") ", " BYTES("\"Method\": {}", "EXACTLY", "POST") "]}}}",
          "\"GET /admin\"",
          "rule r\n"
          "  true '/admin' at 3-6 of '/admin' at 3-6\n"
          "  false 'GET'\n"
          "r: true BLOCK\n");
}

/* 121 */
static void test_a_match_is_shown_in_what_came(void **state)
{
    (void)state;
    check("{\"statement\": " BYTES("\"AllQueryArguments\": {}", "CONTAINS",
                                   "select", CHAIN1("LOWERCASE")) "}",
          "\"GET /?a=b&q=1+SeLeCT+2\"",
          "rule r\n"
          "  true q: '1+select+2' at 2-8 of '1+SeLeCT+2' at 2-8\n"
          "r: true BLOCK\n");
}

/* 121 */
static void
test_a_match_is_shown_behind_and_before_what_was_decoded(void **state)
{
    (void)state;
    check("{\"statement\": " BYTES("\"QueryString\": {}", "CONTAINS", "evil",
                                   CHAIN2("URL_DECODE", "LOWERCASE")) "}",
          "\"GET /?%41%42EVIL\"",
          "rule r\n"
          "  true 'abevil' at 2-6 of '%41%42EVIL' at 6-10\n"
          "r: true BLOCK\n");
    check("{\"statement\": " BYTES("\"QueryString\": {}", "CONTAINS", "evil",
                                   CHAIN1("URL_DECODE")) "}",
          "\"GET /?evil%41\"",
          "rule r\n"
          "  true 'evilA' at 0-4 of 'evil%41' at 0-4\n"
          "r: true BLOCK\n");
    check("{\"statement\": " BYTES("\"QueryString\": {}", "CONTAINS", "evil",
                                   CHAIN2("TRIM", "LOWERCASE")) "}",
          "\"GET /?  xEvil \"",
          "rule r\n"
          "  true 'xevil' at 1-5 of '  xEvil ' at 3-7\n"
          "r: true BLOCK\n");
}

/* 121 */
static void test_a_match_is_shown_in_what_was_decoded(void **state)
{
    (void)state;
    check("{\"statement\": " BYTES("\"QueryString\": {}", "CONTAINS", "evil",
                                   CHAIN1("URL_DECODE")) "}",
          "\"GET /?a=%65v%69l&b=%20\"",
          "rule r\n"
          "  true 'a=evil&b= ' at 2-6 of 'a=%65v%69l&b=%20' at 2-10\n"
          "r: true BLOCK\n");
    check("{\"statement\": " BYTES("\"QueryString\": {}", "CONTAINS", "evil",
                                   CHAIN2("BASE64_DECODE", "LOWERCASE")) "}",
          "\"GET /?eEVWSUx4\"",
          "rule r\n"
          "  true 'xevilx' at 1-5 of 'eEVWSUx4' at 2-7\n"
          "r: true BLOCK\n");
}

static void test_a_match_in_a_digest_stands_nowhere(void **state)
{
    (void)state;
    check("{\"statement\": {\"ByteMatchStatement\": {\"FieldToMatch\": "
          "{\"QueryString\": {}}, \"PositionalConstraint\": \"EXACTLY\", "
          "\"SearchStringBase64\": \"DMF1ucDxtqgxw5niaXcmYQ==\"" CHAIN1(
              "MD5") "}}}",
          "\"GET /?a\"",
          "rule r\n"
          "  true '\x0c\xc1\x75\xb9\xc0\xf1\xb6\xa8\x31\xc3\x99\xe2\x69\x77"
          "\x26\x61' at 0-16\n"
          "r: true BLOCK\n");
}

static void test_what_is_missing_is_told(void **state)
{
    (void)state;
    check("{\"statement\": {\"NotStatement\": {\"Statement\": " BYTES(
              "\"SingleHeader\": {\"Name\": \"x\"}", "EXACTLY", "1") "}}}",
          "\"GET /\"",
          "rule r\n"
          "  not applicable (the request has no such part)\n"
          "r: true BLOCK\n");
    check("{\"resources\": {\"Set\": {\"Type\": \"AWS::WAFv2::IPSet\", "
          "\"Properties\": {\"Name\": \"s\", \"Scope\": \"REGIONAL\", "
          "\"IPAddressVersion\": \"IPV4\", \"Addresses\": "
          "[\"10.0.0.0/8\"]}}}, \"statement\": {\"IPSetReferenceStatement\": "
          "{\"Arn\": {\"Fn::GetAtt\": [\"Set\", \"Arn\"]}, "
          "\"IPSetForwardedIPConfig\": {\"HeaderName\": \"X-Forwarded-For\", "
          "\"FallbackBehavior\": \"MATCH\", \"Position\": \"FIRST\"}}}}",
          "\"GET /\"",
          "rule r\n"
          "  not applicable X-Forwarded-For: '' (the header is absent: the "
          "rule is not applied)\n"
          "r: not applicable BLOCK\n");
}

static void test_rules_of_groups_and_labels_are_told(void **state)
{
    (void)state;
    check(
        "{\"resources\": {\"Group\": {\"Type\": \"AWS::WAFv2::RuleGroup\", "
        "\"Properties\": {\"Name\": \"g\", \"Scope\": \"REGIONAL\", "
        "\"Capacity\": 10, \"Rules\": [{\"Name\": \"a\", \"RuleLabels\": "
        "[{\"Name\": \"l\"}], \"Action\": {\"Count\": {}}, "
        "\"Statement\": " BYTES(
            "\"UriPath\": {}", "STARTS_WITH",
            "/") "}]}}}, \"rules\": [{\"Name\": \"ref\", \"OverrideAction\": "
                 "{\"None\": {}}, \"Statement\": "
                 "{\"RuleGroupReferenceStatement\": {\"Arn\": {\"Fn::GetAtt\": "
                 "[\"Group\", \"Arn\"]}}}}, {\"Name\": \"seen\", "
                 "\"Statement\": {\"LabelMatchStatement\": {\"Scope\": "
                 "\"LABEL\", \"Key\": \"awswaf:000000000000:rulegroup:g:l\"}}"
                 "}]}",
        "\"GET /\"",
        "rule g/a\n"
        "  true '/' at 0-1 of '/' at 0-1\n"
        "  label awswaf:000000000000:rulegroup:g:l\n"
        "a: true COUNT\n"
        "rule seen\n"
        "  true\n"
        "seen: true BLOCK\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_statement_of_a_rule_is_told),
        cmocka_unit_test(test_a_match_is_shown_in_what_came),
        cmocka_unit_test(
            test_a_match_is_shown_behind_and_before_what_was_decoded),
        cmocka_unit_test(test_a_match_is_shown_in_what_was_decoded),
        cmocka_unit_test(test_a_match_in_a_digest_stands_nowhere),
        cmocka_unit_test(test_what_is_missing_is_told),
        cmocka_unit_test(test_rules_of_groups_and_labels_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
