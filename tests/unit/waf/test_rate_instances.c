/* SPDX-License-Identifier: Apache-2.0
 *
 * What counts for itself: each rule of each ACL, by each reference to its group,
 * with each setting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "acls.h"

enum { TEXT = 8192, LIMIT = 10 };

#define RATE_RULE(name, limit, scope)                                          \
    "{\"Name\": \"" name "\", \"Statement\": {\"RateBasedStatement\": "        \
    "{\"Limit\": " limit ", \"AggregateKeyType\": \"IP\"" scope "}}}"
#define UNDER(path)                                                            \
    ", \"ScopeDownStatement\": {\"ByteMatchStatement\": {\"FieldToMatch\": "   \
    "{\"UriPath\": {}}, \"PositionalConstraint\": \"STARTS_WITH\", "           \
    "\"SearchString\": \"" path "\"}}"
#define NAMED(name) "\"acl\": {\"Name\": \"" name "\"}, "
#define WITH_GROUP                                                             \
    "\"resources\": {\"Group\": {\"Type\": \"AWS::WAFv2::RuleGroup\", "        \
    "\"Properties\": {\"Name\": \"g\", \"Scope\": \"REGIONAL\", "              \
    "\"Capacity\": 10, \"Rules\": [" RATE_RULE("r", "10", "") "]}}}, "
#define REFERENCE(name)                                                        \
    "{\"Name\": \"" name "\", \"OverrideAction\": {\"None\": {}}, "            \
    "\"Statement\": {\"RuleGroupReferenceStatement\": {\"Arn\": "              \
    "{\"Fn::GetAtt\": [\"Group\", \"Arn\"]}}}}"

/* Whether the last of n requests is blocked. */
static bool is_blocked(struct evaluator *evaluator, const char *json,
                       unsigned n)
{
    static char buffer[TEXT];
    struct request_made *request = request_made_new(NULL);
    struct waf_result result = {.action = WAF_ALLOW};
    struct acl acl;

    acl_begin_text(&acl, json);
    if (!acl.program)
        fail_msg("%s", acl_errors(&acl, buffer, TEXT));
    request->inspected.path = STR("/");
    address_parse_ip(STR("192.0.2.1"), &request->inspected.client);
    for (unsigned i = 0; i < n; i++)
        evaluator_run(evaluator, acl.program, request, false, NULL, &result);
    request_made_free(request);
    acl_end(&acl);
    return result.action == WAF_BLOCK;
}

static void check_apart(const char *a, const char *b)
{
    struct evaluator evaluator;

    evaluator_begin(&evaluator);
    assert_false(is_blocked(&evaluator, a, LIMIT));
    assert_false(is_blocked(&evaluator, b, LIMIT));
    assert_true(is_blocked(&evaluator, a, 1));
    assert_true(is_blocked(&evaluator, b, 1));
    evaluator_end(&evaluator);
}

/* 89 */
static void test_acls_that_share_a_group_count_apart(void **state)
{
    (void)state;
    check_apart("{" NAMED("one") WITH_GROUP "\"rules\": [" REFERENCE("x") "]}",
                "{" NAMED("two") WITH_GROUP "\"rules\": [" REFERENCE("x") "]}");
}

/* 89 */
static void test_two_references_to_a_group_count_apart(void **state)
{
    (void)state;
    check_apart("{" WITH_GROUP "\"rules\": [" REFERENCE("x") "]}",
                "{" WITH_GROUP "\"rules\": [" REFERENCE("y") "]}");
}

/* 89 */
static void test_changed_settings_count_anew(void **state)
{
    (void)state;
    check_apart("{\"rules\": [" RATE_RULE("r", "10", "") "]}",
                "{\"rules\": [" RATE_RULE("r", "10", UNDER("/")) "]}");
    check_apart("{\"rules\": [" RATE_RULE("r", "10", "") "]}",
                "{\"rules\": [" RATE_RULE(
                    "r", "10", ", \"EvaluationWindowSec\": 600") "]}");
}

/* 89 */
static void test_what_is_compiled_again_counts_on(void **state)
{
    struct evaluator evaluator;

    (void)state;
    evaluator_begin(&evaluator);
    assert_false(is_blocked(
        &evaluator, "{\"rules\": [" RATE_RULE("r", "10", "") "]}", LIMIT));
    assert_true(
        is_blocked(&evaluator,
                   "{\"rules\": [" RATE_RULE("r", "10", "") ", " RATE_RULE(
                       "other", "100", "") "]}",
                   1));
    evaluator_end(&evaluator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acls_that_share_a_group_count_apart),
        cmocka_unit_test(test_two_references_to_a_group_count_apart),
        cmocka_unit_test(test_changed_settings_count_anew),
        cmocka_unit_test(test_what_is_compiled_again_counts_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
