/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/policy.h"
#include "template/document.h"

#define LB                                                                     \
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/"

/* What a request has: keys and their values, NULL at the end. */
struct key {
    const char *name;
    const char *values[4];
};

static const struct key *request_keys;

static struct policy_values values_of(void *owner, struct str name,
                                      struct region *region)
{
    struct str *v = region_take(region, 4 * sizeof(*v));
    struct policy_values values = {v, 0};

    (void)owner;
    for (const struct key *k = request_keys; k && k->name; k++) {
        if (!str_ieq(str_of(k->name), name))
            continue;
        while (values.n < 4 && k->values[values.n]) {
            v[values.n] = str_of(k->values[values.n]);
            values.n++;
        }
        return values;
    }
    return (struct policy_values){NULL, 0};
}

static struct policy *compile(const char *json, struct region *region,
                              struct report *report)
{
    const struct value *v =
        document_parse("policy", str_of(json), region, report);

    return v ? policy_compile(v, "P", region, report) : NULL;
}

static enum policy_effect decide(const char *json, const char *action,
                                 const char *resource)
{
    struct region region = {NULL};
    struct report report = {.strict = false};
    struct policy *policy = compile(json, &region, &report);
    struct policy_question q = {.action = str_of(action),
                                .resource = str_of(resource),
                                .values = values_of,
                                .region = &region};
    enum policy_effect effect;

    if (policy == NULL)
        fail_msg("%s: %s", json, report.first ? report.first->what.p : "?");
    effect = policy_decide(policy, &q);
    report_end(&report);
    region_end(&region);
    return effect;
}

/* A policy of one statement that allows everything under a condition. */
static bool holds(const char *condition)
{
    char json[1024];

    snprintf(json, sizeof(json),
             "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": "
             "\"Allow\", \"Action\": \"*\", \"Resource\": \"*\", "
             "\"Condition\": %s}}",
             condition);
    return decide(json, "ec2:DescribeVpcs", "*") == POLICY_ALLOW;
}

/* ---- actions and resources ------------------------------------------------------ */

static enum policy_effect allowed(const char *elements, const char *action,
                                  const char *resource)
{
    char json[1024];

    snprintf(json, sizeof(json),
             "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": "
             "\"Allow\", %s}]}",
             elements);
    return decide(json, action, resource);
}

static void test_actions_match_without_case_and_with_wildcards(void **state)
{
    static const struct {
        const char *pattern;
        const char *action;
        bool fits;
    } cases[] = {
        {"*", "ec2:DescribeVpcs", true},
        {"ec2:*", "ec2:DescribeVpcs", true},
        {"ec2:*", "ecs:DescribeVpcs", false},
        {"EC2:describevpcs", "ec2:DescribeVpcs", true},
        {"ec2:Describe*", "ec2:DescribeVpcs", true},
        {"ec2:*Vpc*", "ec2:DescribeVpcs", true},
        {"ec2:*Vpc", "ec2:DescribeVpcs", false},
        {"ec2:Describe????", "ec2:DescribeVpcs", true},
        {"ec2:Describe???", "ec2:DescribeVpcs", false},
        {"ec2:D*b*V*s", "ec2:DescribeVpcs", true},
        {"ec2:DescribeVpc", "ec2:DescribeVpcs", false},
        {"ec2:DescribeVpcss", "ec2:DescribeVpcs", false},
        {"ec2:**", "ec2:DescribeVpcs", true},
    };
    char elements[256];

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        snprintf(elements, sizeof(elements),
                 "\"Action\": \"%s\", \"Resource\": \"*\"", cases[i].pattern);
        if ((allowed(elements, cases[i].action, "*") == POLICY_ALLOW) !=
            cases[i].fits)
            fail_msg("%s and %s", cases[i].pattern, cases[i].action);
    }
}

static void test_resources_match_part_by_part(void **state)
{
    static const struct {
        const char *pattern;
        const char *resource;
        bool fits;
    } cases[] = {
        {"*", LB "web/1", true},
        {"*", "*", true},
        {LB "web/*", LB "web/1", true},
        {LB "web/*", LB "api/1", false},
        {LB "web/*", "*", false},
        {LB "WEB/*", LB "web/1", false},
        {LB "w?b/1", LB "web/1", true},
        {"arn:aws:elasticloadbalancing:*:*:loadbalancer/*", LB "web/1", true},
        {"arn:aws:elasticloadbalancing:*:*:targetgroup/*", LB "web/1", false},
        {"arn:aws:elasticloadbalancing:*", LB "web/1", true},
        {"arn:aws:elasticloadbalancing", LB "web/1", true},
        {"arn:aws:ec2:*", LB "web/1", false},
        {"arn:aws:elasticloadbalancing:us-*:*:*", LB "web/1", true},
        {"arn:aws:elasticloadbalancing:eu-*:*:*", LB "web/1", false},
        /* A wildcard stays in its part. */
        {"arn:aws:*:loadbalancer/app/web/1", LB "web/1", false},
        /* Behind the fifth colon all is one part. */
        {"arn:aws:s3:::a:*", "arn:aws:s3:::a:b:c", true},
        {LB "web/1", "arn:aws:elasticloadbalancing", false},
        {LB "web/1", "", false},
    };
    char elements[512];

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        snprintf(elements, sizeof(elements),
                 "\"Action\": \"*\", \"Resource\": [\"%s\"]", cases[i].pattern);
        if ((allowed(elements, "a:B", cases[i].resource) == POLICY_ALLOW) !=
            cases[i].fits)
            fail_msg("%s and %s", cases[i].pattern, cases[i].resource);
    }
}

static void test_not_action_and_not_resource_are_all_others(void **state)
{
    static const char *const not_action =
        "\"NotAction\": [\"a:B\", \"a:C\"], \"Resource\": \"*\"";
    static const char *const not_resource =
        "\"Action\": \"*\", \"NotResource\": [\"" LB "web/*\"]";

    (void)state;
    assert_int_equal(allowed(not_action, "a:B", "*"), POLICY_NONE);
    assert_int_equal(allowed(not_action, "a:D", "*"), POLICY_ALLOW);
    assert_int_equal(allowed(not_resource, "a:B", LB "web/1"), POLICY_NONE);
    assert_int_equal(allowed(not_resource, "a:B", LB "api/1"), POLICY_ALLOW);
}

static void test_a_deny_wins_wherever_it_stands(void **state)
{
    static const char *const policies[] = {
        "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", "
        "\"Resource\": \"*\"}, {\"Effect\": \"Deny\", \"Action\": \"a:B\", "
        "\"Resource\": \"*\"}]}",
        "{\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"a:B\", "
        "\"Resource\": \"*\"}, {\"Effect\": \"Allow\", \"Action\": \"*\", "
        "\"Resource\": \"*\"}]}",
    };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(decide(policies[i], "a:B", "*"), POLICY_DENY);
        assert_int_equal(decide(policies[i], "a:C", "*"), POLICY_ALLOW);
    }
    assert_int_equal(decide("{\"Statement\": []}", "a:C", "*"), POLICY_NONE);
    assert_int_equal(
        policy_decide(NULL, &(struct policy_question){.action = STR("a:B")}),
        POLICY_NONE);
}

/* ---- conditions ------------------------------------------------------------------- */

static const struct key person[] = {
    {"aws:username", {"Ann"}},
    {"aws:SourceIp", {"10.1.2.3"}},
    {"aws:ResourceTag/Team", {"edge"}},
    {"aws:TagKeys", {"Team", "Cost"}},
    {"aws:SecureTransport", {"false"}},
    {"aws:EpochTime", {"1773500966"}},
    {"aws:CurrentTime", {"2026-03-14T15:09:26Z"}},
    {"aws:PrincipalArn", {"arn:aws:iam::123456789012:user/Ann"}},
    {NULL, {NULL}},
};

struct condition {
    const char *text;
    bool holds;
};

static void check(const struct condition *cases, unsigned n)
{
    request_keys = person;
    for (unsigned i = 0; i < n; i++) {
        if (holds(cases[i].text) != cases[i].holds)
            fail_msg("%s is %s", cases[i].text,
                     cases[i].holds ? "false" : "true");
    }
}

#define CHECK(cases) check((cases), sizeof(cases) / sizeof(*(cases)))

static void test_texts_are_compared(void **state)
{
    static const struct condition cases[] = {
        {"{\"StringEquals\": {\"aws:username\": \"Ann\"}}", true},
        {"{\"StringEquals\": {\"AWS:UserName\": \"Ann\"}}", true},
        {"{\"StringEquals\": {\"aws:username\": \"ann\"}}", false},
        {"{\"StringEquals\": {\"aws:username\": \"A*\"}}", false},
        {"{\"StringEquals\": {\"aws:username\": [\"Bob\", \"Ann\"]}}", true},
        {"{\"StringNotEquals\": {\"aws:username\": [\"Bob\", \"Ann\"]}}",
         false},
        {"{\"StringNotEquals\": {\"aws:username\": [\"Bob\", \"Eve\"]}}", true},
        {"{\"StringEqualsIgnoreCase\": {\"aws:username\": \"aNN\"}}", true},
        {"{\"StringNotEqualsIgnoreCase\": {\"aws:username\": \"aNN\"}}", false},
        {"{\"StringLike\": {\"aws:username\": \"A*\"}}", true},
        {"{\"StringLike\": {\"aws:username\": \"a*\"}}", false},
        {"{\"StringNotLike\": {\"aws:username\": \"A?n\"}}", false},
        {"{\"StringNotLike\": {\"aws:username\": \"A?\"}}", true},
        {"{\"StringEquals\": {\"aws:ResourceTag/Team\": \"edge\"}}", true},
        {"{\"StringEquals\": {\"aws:username\": \"Ann\", "
         "\"aws:ResourceTag/Team\": \"core\"}}",
         false},
        {"{\"StringEquals\": {\"aws:username\": \"Ann\"}, \"Bool\": "
         "{\"aws:SecureTransport\": \"true\"}}",
         false},
        {"{}", true},
    };

    (void)state;
    CHECK(cases);
}

static void
test_a_key_that_is_not_there_is_true_for_negations_alone(void **state)
{
    static const struct condition cases[] = {
        {"{\"StringEquals\": {\"aws:RequestTag/A\": \"x\"}}", false},
        {"{\"StringNotEquals\": {\"aws:RequestTag/A\": \"x\"}}", true},
        {"{\"StringEqualsIfExists\": {\"aws:RequestTag/A\": \"x\"}}", true},
        {"{\"StringEqualsIfExists\": {\"aws:username\": \"x\"}}", false},
        {"{\"NumericLessThan\": {\"aws:RequestTag/A\": \"3\"}}", false},
        {"{\"NotIpAddress\": {\"aws:RequestTag/A\": \"1.2.3.4\"}}", true},
        {"{\"Null\": {\"aws:RequestTag/A\": \"true\"}}", true},
        {"{\"Null\": {\"aws:RequestTag/A\": \"false\"}}", false},
        {"{\"Null\": {\"aws:username\": \"true\"}}", false},
        {"{\"Null\": {\"aws:username\": false}}", true},
        {"{\"ForAllValues:StringEquals\": {\"aws:RequestTag/A\": \"x\"}}",
         true},
        {"{\"ForAnyValue:StringEquals\": {\"aws:RequestTag/A\": \"x\"}}",
         false},
        {"{\"ForAnyValue:StringNotEquals\": {\"aws:RequestTag/A\": \"x\"}}",
         false},
        {"{\"ForAnyValue:StringEqualsIfExists\": {\"aws:RequestTag/A\": "
         "\"x\"}}",
         true},
    };

    (void)state;
    CHECK(cases);
}

static void test_keys_with_several_values_have_quantifiers(void **state)
{
    static const struct condition cases[] = {
        {"{\"ForAllValues:StringEquals\": {\"aws:TagKeys\": [\"Team\", "
         "\"Cost\", \"More\"]}}",
         true},
        {"{\"ForAllValues:StringEquals\": {\"aws:TagKeys\": [\"Team\"]}}",
         false},
        {"{\"ForAnyValue:StringEquals\": {\"aws:TagKeys\": [\"Team\"]}}", true},
        {"{\"ForAnyValue:StringEquals\": {\"aws:TagKeys\": [\"No\"]}}", false},
        {"{\"ForAnyValue:StringNotEquals\": {\"aws:TagKeys\": [\"Team\"]}}",
         true},
        {"{\"ForAllValues:StringNotEquals\": {\"aws:TagKeys\": [\"Team\"]}}",
         false},
        {"{\"ForAllValues:StringNotLike\": {\"aws:TagKeys\": [\"X*\"]}}", true},
        {"{\"StringEquals\": {\"aws:TagKeys\": \"Cost\"}}", true},
        {"{\"StringNotEquals\": {\"aws:TagKeys\": \"Cost\"}}", false},
    };

    (void)state;
    CHECK(cases);
}

static void test_numbers_and_dates_are_compared(void **state)
{
    static const struct condition cases[] = {
        {"{\"NumericEquals\": {\"aws:EpochTime\": 1773500966}}", true},
        {"{\"NumericEquals\": {\"aws:EpochTime\": \"1773500966.0\"}}", true},
        {"{\"NumericNotEquals\": {\"aws:EpochTime\": \"1773500966\"}}", false},
        {"{\"NumericLessThan\": {\"aws:EpochTime\": \"1773500966.5\"}}", true},
        {"{\"NumericLessThan\": {\"aws:EpochTime\": \"1773500966\"}}", false},
        {"{\"NumericLessThanEquals\": {\"aws:EpochTime\": \"1773500966\"}}",
         true},
        {"{\"NumericGreaterThan\": {\"aws:EpochTime\": \"-5\"}}", true},
        {"{\"NumericGreaterThanEquals\": {\"aws:EpochTime\": "
         "\"1773500967\"}}",
         false},
        {"{\"NumericEquals\": {\"aws:username\": \"0\"}}", false},
        {"{\"DateEquals\": {\"aws:CurrentTime\": \"2026-03-14T15:09:26Z\"}}",
         true},
        {"{\"DateEquals\": {\"aws:CurrentTime\": "
         "\"2026-03-14T16:09:26+01:00\"}}",
         true},
        {"{\"DateLessThan\": {\"aws:CurrentTime\": \"2026-03-14\"}}", false},
        {"{\"DateGreaterThan\": {\"aws:CurrentTime\": \"2026-03-14\"}}", true},
        {"{\"DateLessThan\": {\"aws:CurrentTime\": \"2027-01-01T00:00Z\"}}",
         true},
        {"{\"DateGreaterThanEquals\": {\"aws:CurrentTime\": "
         "\"2026-03-14T15:09:27.5Z\"}}",
         false},
        {"{\"DateLessThanEquals\": {\"aws:CurrentTime\": \"1773500966\"}}",
         true},
        {"{\"DateNotEquals\": {\"aws:EpochTime\": "
         "\"2026-03-14T15:09:26Z\"}}",
         false},
    };

    (void)state;
    CHECK(cases);
}

static void test_addresses_truths_and_arns_are_compared(void **state)
{
    static const struct condition cases[] = {
        {"{\"IpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}}", true},
        {"{\"IpAddress\": {\"aws:SourceIp\": \"10.1.2.3\"}}", true},
        {"{\"IpAddress\": {\"aws:SourceIp\": [\"::/0\", \"10.2.0.0/16\"]}}",
         false},
        {"{\"NotIpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}}", false},
        {"{\"NotIpAddress\": {\"aws:SourceIp\": \"192.0.2.0/24\"}}", true},
        {"{\"Bool\": {\"aws:SecureTransport\": \"false\"}}", true},
        {"{\"Bool\": {\"aws:SecureTransport\": false}}", true},
        {"{\"Bool\": {\"aws:SecureTransport\": \"TRUE\"}}", false},
        {"{\"ArnLike\": {\"aws:PrincipalArn\": \"arn:aws:iam::*:user/A*\"}}",
         true},
        {"{\"ArnEquals\": {\"aws:PrincipalArn\": \"arn:*:user/Ann\"}}", false},
        {"{\"ArnNotLike\": {\"aws:PrincipalArn\": "
         "\"arn:aws:iam::*:role/*\"}}",
         true},
    };

    (void)state;
    CHECK(cases);
}

static void test_variables_stand_for_what_the_request_has(void **state)
{
    static const struct key odd[] = {
        {"aws:username", {"*"}},
        {"aws:RequestTag/A", {"x:y"}},
        {NULL, {NULL}},
    };
    static const char *const mine =
        "\"Action\": \"*\", \"Resource\": \"" LB "${aws:username}/*\"";
    static const char *const fallback = "\"Action\": \"*\", \"Resource\": \"" LB
                                        "${aws:RequestTag/No, 'web'}/*\"";
    static const char *const none =
        "\"Action\": \"*\", \"Resource\": \"" LB "${aws:RequestTag/No}*\"";
    static const char *const star =
        "\"Action\": \"*\", \"Resource\": \"" LB "${*}/*\"";

    (void)state;
    request_keys = person;
    assert_int_equal(allowed(mine, "a:B", LB "Ann/1"), POLICY_ALLOW);
    assert_int_equal(allowed(mine, "a:B", LB "Eve/1"), POLICY_NONE);
    assert_int_equal(allowed(fallback, "a:B", LB "web/1"), POLICY_ALLOW);
    assert_int_equal(allowed(none, "a:B", LB "web/1"), POLICY_NONE);
    assert_int_equal(allowed(star, "a:B", LB "*/1"), POLICY_ALLOW);
    assert_int_equal(allowed(star, "a:B", LB "web/1"), POLICY_NONE);
    /* What a request brings is no wildcard. */
    request_keys = odd;
    assert_int_equal(allowed(mine, "a:B", LB "Eve/1"), POLICY_NONE);
    assert_true(holds("{\"StringLike\": {\"aws:RequestTag/A\": "
                      "\"${aws:RequestTag/A}\"}}"));
    /* Older policies have none. */
    request_keys = person;
    assert_int_equal(decide("{\"Statement\": {\"Effect\": \"Allow\", "
                            "\"Action\": \"*\", \"Resource\": \"" LB
                            "${aws:username}/*\"}}",
                            "a:B", LB "Ann/1"),
                     POLICY_NONE);
}

/* ---- what is refused --------------------------------------------------------------- */

static void refused(const char *json, const char *what)
{
    struct region region = {NULL};
    struct report report = {.strict = false};
    struct policy *policy = compile(json, &region, &report);
    char text[1024] = "";

    if (policy)
        fail_msg("%s is taken", json);
    if (report.first)
        snprintf(text, sizeof(text), STR_FMT " / " STR_FMT,
                 STR_ARG(report.first->what), STR_ARG(report.first->remedy));
    if (strstr(text, what) == NULL)
        fail_msg("%s: %s", json, text);
    report_end(&report);
    region_end(&region);
}

#define STATEMENT(more)                                                        \
    "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", "   \
    "\"Action\": \"*\", \"Resource\": \"*\"" more "}]}"
#define CONDITION(text) STATEMENT(", \"Condition\": {" text "}")

static void test_what_nobody_evaluates_is_an_error(void **state)
{
    static const char *const cases[][2] = {
        {"[]", "P must be a policy document"},
        {"{}", "P has no Statement"},
        {"{\"Version\": \"2012\", \"Statement\": []}", "P.Version is neither"},
        {"{\"Statment\": []}", "did you mean Statement?"},
        {"{\"Statement\": [3]}", "P.Statement[0] must be an object"},
        {STATEMENT(", \"Principal\": \"*\""), "has no element Principal"},
        {STATEMENT(", \"Conditions\": {}"), "did you mean Condition?"},
        {STATEMENT(", \"NotAction\": \"*\""), "either Action or NotAction"},
        {"{\"Statement\": {\"Effect\": \"allow\", \"Action\": \"*\", "
         "\"Resource\": \"*\"}}",
         "P.Statement.Effect must be Allow or Deny"},
        {"{\"Statement\": {\"Effect\": \"Allow\", \"Action\": [], "
         "\"Resource\": \"*\"}}",
         "P.Statement.Action is an empty list"},
        {"{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"Create*\", "
         "\"Resource\": \"*\"}}",
         "\"Create*\" is no action"},
        {"{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*:*\", "
         "\"Resource\": \"*\"}}",
         "\"*:*\" is no action"},
        {"{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\"}}",
         "either Resource or NotResource"},
        {"{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\", "
         "\"Resource\": \"web\"}}",
         "\"web\" is no ARN"},
        {"{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\", "
         "\"Resource\": [[\"*\"]]}}",
         "must be a string or a list"},
        {STATEMENT(", \"Condition\": []"), "Condition must be an object"},
        {CONDITION("\"StringEquals\": \"x\""), "must be an object {KEY"},
        {CONDITION("\"StringEqual\": {\"aws:username\": \"x\"}"),
         "did you mean StringEquals?"},
        {CONDITION("\"BinaryEquals\": {\"aws:username\": \"x\"}"),
         "no condition operator BinaryEquals"},
        {CONDITION("\"NullIfExists\": {\"aws:username\": \"true\"}"),
         "no condition operator"},
        {CONDITION("\"ForEachValue:StringEquals\": {\"aws:username\": "
                   "\"x\"}"),
         "no condition operator"},
        {CONDITION("\"StringEquals\": {\"aws:sourceip4\": \"x\"}"),
         "did you mean aws:SourceIp?"},
        {CONDITION("\"StringEquals\": {\"aws:ResourceTag/\": \"x\"}"),
         "is not known here"},
        {CONDITION("\"StringEquals\": {\"aws:MultiFactorAuthPresent\": "
                   "\"x\"}"),
         "is not known here"},
        {CONDITION("\"IpAddress\": {\"aws:SourceIp\": \"10.0.0.0/33\"}"),
         "Condition.IpAddress.aws:SourceIp: \"10.0.0.0/33\" is not an "
         "address"},
        {CONDITION("\"NumericEquals\": {\"aws:EpochTime\": \"1e3\"}"),
         "is not a number"},
        {CONDITION("\"DateLessThan\": {\"aws:CurrentTime\": "
                   "\"2026-13-01\"}"),
         "is not a date"},
        {CONDITION("\"Bool\": {\"aws:SecureTransport\": \"yes\"}"),
         "is not true or false"},
        {CONDITION("\"ArnLike\": {\"aws:PrincipalArn\": \"Ann\"}"),
         "is not an ARN"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        refused(cases[i][0], cases[i][1]);
}

/* Many stars against a long text: one pass for each byte, not more. */
static void test_wildcards_cost_no_more_than_their_lengths(void **state)
{
    static char elements[400];
    static char resource[20000];
    size_t n =
        (size_t)snprintf(elements, sizeof(elements),
                         "\"Action\": \"*\", \"Resource\": \"arn:a:b:::");

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        elements[n++] = 'a';
        elements[n++] = '*';
    }
    memcpy(elements + n, "b\"", 3);
    memset(resource, 'a', sizeof(resource) - 1);
    memcpy(resource, "arn:a:b:::", 10);
    assert_int_equal(allowed(elements, "a:B", resource), POLICY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions_match_without_case_and_with_wildcards),
        cmocka_unit_test(test_resources_match_part_by_part),
        cmocka_unit_test(test_not_action_and_not_resource_are_all_others),
        cmocka_unit_test(test_a_deny_wins_wherever_it_stands),
        cmocka_unit_test(test_texts_are_compared),
        cmocka_unit_test(
            test_a_key_that_is_not_there_is_true_for_negations_alone),
        cmocka_unit_test(test_keys_with_several_values_have_quantifiers),
        cmocka_unit_test(test_numbers_and_dates_are_compared),
        cmocka_unit_test(test_addresses_truths_and_arns_are_compared),
        cmocka_unit_test(test_variables_stand_for_what_the_request_has),
        cmocka_unit_test(test_what_nobody_evaluates_is_an_error),
        cmocka_unit_test(test_wildcards_cost_no_more_than_their_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
