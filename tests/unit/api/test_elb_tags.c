/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags of everything that has some, by the API; and what is the same for all
 * load balancers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/elb_account.h"
#include "api/elb_tags.h"
#include "calls.h"

#define ACTIONS &elb_tag_actions
#define ACCOUNT &elb_account_actions
#define FIXED "{Type: fixed-response, FixedResponseConfig: {StatusCode: '200'}}"
#define ALL                                                                    \
    "Lb: {Type: LB, Properties: {Tags: [{Key: a, Value: '1'}]}}, Tg: {Type: "  \
    "TG, Properties: {Port: 80, Protocol: HTTP}}, Web: {Type: LI, "            \
    "Properties: "                                                             \
    "{LoadBalancerArn: @Lb, Port: 80, Protocol: HTTP, DefaultActions: "        \
    "[" FIXED "]}}, Ru: {Type: RU, Properties: {ListenerArn: @Web, Priority: " \
    "1, Conditions: [{Field: path-pattern, Values: [/a]}], Actions: "          \
    "[" FIXED "]}}, Ts: {Type: TS, Properties: {Name: clients, "               \
    "CaCertificatesBundleS3Bucket: b, CaCertificatesBundleS3Key: k}, "         \
    "Metadata: {Sluice: {CaCertificates: ca.pem}}}"

static void begin(struct calls *c)
{
    *c = (struct calls){.account = NULL};
    calls_begin(c, ALL);
}

/* checklist 30 */
static void test_tags_are_added_overwritten_and_removed(void **state)
{
    static const char *const ids[] = {"Lb", "Tg", "Web", "Ru", "Ts"};
    struct calls c;

    (void)state;
    begin(&c);
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        MUST(&c, ACTIONS, "AddTags",
             "ResourceArns: [$%s], Tags: [{Key: a, Value: '2'}, {Key: b}]",
             ids[i]);
        MUST(&c, ACTIONS, "DescribeTags", "ResourceArns: [$%s]", ids[i]);
        AT(&c, "TagDescriptions.0.Tags.0.Key", "a");
        AT(&c, "TagDescriptions.0.Tags.0.Value", "2");
        AT(&c, "TagDescriptions.0.Tags.1.Key", "b");
        AT(&c, "TagDescriptions.0.Tags.1.Value", "");
        AT(&c, "TagDescriptions.0.Tags.2", NULL);
        MUST(&c, ACTIONS, "RemoveTags", "ResourceArns: [$%s], TagKeys: [a, c]",
             ids[i]);
        MUST(&c, ACTIONS, "DescribeTags", "ResourceArns: [$%s]", ids[i]);
        AT(&c, "TagDescriptions.0.Tags.0.Key", "b");
        AT(&c, "TagDescriptions.0.Tags.1", NULL);
    }
    calls_end(&c);
}

static void test_several_resources_are_tagged_at_once(void **state)
{
    struct calls c;

    (void)state;
    begin(&c);
    MUST(&c, ACTIONS, "AddTags",
         "ResourceArns: [$Lb, $Tg], Tags: [{Key: x, Value: y}]");
    MUST(&c, ACTIONS, "DescribeTags", "ResourceArns: [$Tg, $Lb]");
    AT(&c, "TagDescriptions.0.Tags.0.Key", "x");
    AT(&c, "TagDescriptions.1.Tags.0.Key", "a");
    AT(&c, "TagDescriptions.1.Tags.1.Key", "x");
    MUST(&c, ACTIONS, "AddTags",
         "ResourceArns: [$Lb, $Tg], Tags: [{Key: x, Value: y}]");
    assert_null(c.call.edit.first);
    calls_end(&c);
}

/* It is no resource of its own. */
static void test_a_default_rule_has_tags_beside_its_listeners(void **state)
{
    struct calls c;
    const char *arn;

    (void)state;
    begin(&c);
    arn = c.config->listeners[0]->rules[1].arn.p;
    MUST(&c, ACTIONS, "AddTags",
         "ResourceArns: [$Web, '%s'], Tags: [{Key: x, Value: y}]", arn);
    arn = c.config->listeners[0]->rules[1].arn.p;
    MUST(&c, ACTIONS, "RemoveTags", "ResourceArns: [$Web], TagKeys: [x]");
    arn = c.config->listeners[0]->rules[1].arn.p;
    MUST(&c, ACTIONS, "DescribeTags", "ResourceArns: [$Web, '%s']", arn);
    AT(&c, "TagDescriptions.0.Tags.0", NULL);
    AT(&c, "TagDescriptions.1.Tags.0.Key", "x");
    MUST(&c, ACTIONS, "RemoveTags", "ResourceArns: ['%s'], TagKeys: [x]", arn);
    MUST(&c, ACTIONS, "DescribeTags", "ResourceArns: ['%s']",
         c.config->listeners[0]->rules[1].arn.p);
    AT(&c, "TagDescriptions.0.Tags.0", NULL);
    calls_end(&c);
}

#define ELB "arn:aws:elasticloadbalancing:us-east-1:000000000000:"
#define ID "0123456789abcdef"

static void test_what_is_not_there_is_told_by_its_kind(void **state)
{
    static const struct {
        const char *code;
        const char *arn;
    } cases[] = {
        {"LoadBalancerNotFound", ELB "loadbalancer/app/a/" ID},
        {"TargetGroupNotFound", ELB "targetgroup/a/" ID},
        {"ListenerNotFound", ELB "listener/app/a/" ID "/" ID},
        {"RuleNotFound", ELB "listener-rule/app/a/" ID "/" ID "/" ID},
        {"TrustStoreNotFound", ELB "truststore/a/" ID},
        {"ValidationError", "a"},
        {"ValidationError", ELB "loadbalancer"},
        {"ValidationError", "arn:aws:s3:::bucket"},
    };
    struct calls c;

    (void)state;
    begin(&c);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        REFUSES(&c, cases[i].code, "", ACTIONS, "DescribeTags",
                "ResourceArns: [$Lb, '%s']", cases[i].arn);
        REFUSES(&c, cases[i].code, "", ACTIONS, "AddTags",
                "ResourceArns: ['%s'], Tags: [{Key: a}]", cases[i].arn);
        REFUSES(&c, cases[i].code, "", ACTIONS, "RemoveTags",
                "ResourceArns: ['%s'], TagKeys: [a]", cases[i].arn);
    }
    calls_end(&c);
}

static const char *many(char *text, size_t cap, const char *format, unsigned n)
{
    size_t at = 0;

    for (unsigned i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, cap - at, "%s", i ? ", " : "");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        at += (size_t)snprintf(text + at, cap - at, format, i);
#pragma GCC diagnostic pop
    }
    return text;
}

/* checklist 30 */
static void test_tags_are_checked(void **state)
{
    struct calls c;
    char text[4096];

    (void)state;
    begin(&c);
    REFUSES(&c, "DuplicateTagKeys", "", ACTIONS, "AddTags",
            "ResourceArns: [$Lb], Tags: [{Key: b}, {Key: b}]");
    REFUSES(&c, "ValidationError", "", ACTIONS, "AddTags",
            "ResourceArns: [$Lb], Tags: [{Key: 'aws:b'}]");
    REFUSES(&c, "ValidationError", "1 validation error", ACTIONS, "AddTags",
            "ResourceArns: [$Lb], Tags: [{Value: b}]");
    REFUSES(&c, "ValidationError", "At least one tag", ACTIONS, "AddTags",
            "ResourceArns: [$Lb], Tags: []");
    REFUSES(&c, "TooManyTags", "", ACTIONS, "AddTags",
            "ResourceArns: [$Tg], Tags: [%s]",
            many(text, sizeof(text), "{Key: k%u}", 51));
    MUST(&c, ACTIONS, "AddTags", "ResourceArns: [$Tg], Tags: [%s]",
         many(text, sizeof(text), "{Key: k%u}", 50));
    REFUSES(&c, "TooManyTags", "", ACTIONS, "AddTags",
            "ResourceArns: [$Tg], Tags: [{Key: one-more}]");
    MUST(&c, ACTIONS, "AddTags",
         "ResourceArns: [$Tg], Tags: [{Key: k1, Value: x}]");
    REFUSES(&c, "TooManyTags", "", ACTIONS, "RemoveTags",
            "ResourceArns: [$Lb], TagKeys: [%s]",
            many(text, sizeof(text), "k%u", 51));
    REFUSES(&c, "ValidationError", "Up to '20' resource ARNs", ACTIONS,
            "DescribeTags", "ResourceArns: [%s]",
            many(text, sizeof(text), "a%u", 21));
    REFUSES(&c, "ValidationError", "At least one resource ARN", ACTIONS,
            "DescribeTags", "ResourceArns: []");
    calls_end(&c);
}

/* ---- policies and limits ---------------------------------------------------------------- */

static unsigned count(const struct calls *c, const char *name)
{
    return value_count(value_get(c->call.result, str_of(name)));
}

/* checklist 31 */
static void test_policies_have_their_ciphers_in_order(void **state)
{
    struct calls c;
    unsigned all;

    (void)state;
    begin(&c);
    MUST(&c, ACCOUNT, "DescribeSSLPolicies",
         "Names: [ELBSecurityPolicy-TLS13-1-2-Res-2021-06]");
    AT(&c, "SslPolicies.0.SslProtocols.0", "TLSv1.2");
    AT(&c, "SslPolicies.0.SslProtocols.1", "TLSv1.3");
    AT(&c, "SslPolicies.0.SslProtocols.2", NULL);
    AT(&c, "SslPolicies.0.Ciphers.0.Name", "TLS_AES_128_GCM_SHA256");
    AT(&c, "SslPolicies.0.Ciphers.0.Priority", "1");
    AT(&c, "SslPolicies.0.Ciphers.3.Name", "ECDHE-ECDSA-AES128-GCM-SHA256");
    AT(&c, "SslPolicies.0.Ciphers.3.Priority", "4");
    AT(&c, "SslPolicies.0.Ciphers.7", NULL);
    AT(&c, "SslPolicies.0.SupportedLoadBalancerTypes.1", "network");
    MUST(&c, ACCOUNT, "DescribeSSLPolicies", "%s", "");
    all = count(&c, "SslPolicies");
    assert_in_range(all, 37, 100);
    MUST(&c, ACCOUNT, "DescribeSSLPolicies", "LoadBalancerType: application");
    assert_int_equal(count(&c, "SslPolicies"), all);
    MUST(&c, ACCOUNT, "DescribeSSLPolicies", "LoadBalancerType: gateway");
    assert_int_equal(count(&c, "SslPolicies"), 0);
    MUST(&c, ACCOUNT, "DescribeSSLPolicies", "PageSize: 30");
    assert_int_equal(count(&c, "SslPolicies"), 30);
    MUST(&c, ACCOUNT, "DescribeSSLPolicies", "PageSize: 30, Marker: '%s'",
         calls_at(&c, "NextMarker"));
    assert_int_equal(count(&c, "SslPolicies"), all - 30);
    AT(&c, "NextMarker", NULL);
    REFUSES(&c, "SSLPolicyNotFound", "SSL policy 'a' not found", ACCOUNT,
            "DescribeSSLPolicies", "Names: [ELBSecurityPolicy-2016-08, a]");
    calls_end(&c);
}

static const char *limit(const struct calls *c, const char *name)
{
    const struct value *list = value_get(c->call.result, STR("Limits"));

    for (const struct value *v = list->first; v; v = v->next) {
        if (str_eq(member_text(v, "Name"), str_of(name)))
            return member_text(v, "Max").p;
    }
    return "";
}

/* checklist 32 */
static void test_limits_are_the_quotas(void **state)
{
    struct calls c = {.account = NULL};
    unsigned all;

    (void)state;
    c.local.quotas.given[QUOTA_RULES] = true;
    c.local.quotas.max[QUOTA_RULES] = 200;
    calls_begin(&c, "");
    MUST(&c, ACCOUNT, "DescribeAccountLimits", "%s", "");
    all = count(&c, "Limits");
    assert_string_equal(limit(&c, "application-load-balancers"), "50");
    assert_string_equal(limit(&c, "rules-per-application-load-balancer"),
                        "200");
    assert_string_equal(limit(&c, "target-groups"), "3000");
    assert_string_equal(limit(&c, "network-load-balancers"), "50");
    MUST(&c, ACCOUNT, "DescribeAccountLimits", "PageSize: 5");
    assert_int_equal(count(&c, "Limits"), 5);
    MUST(&c, ACCOUNT, "DescribeAccountLimits", "Marker: '%s'",
         calls_at(&c, "NextMarker"));
    assert_int_equal(count(&c, "Limits"), all - 5);
    calls_end(&c);
}

static void test_only_what_is_there_may_have_a_policy(void **state)
{
    struct calls c;

    (void)state;
    begin(&c);
    MUST(&c, ACCOUNT, "GetResourcePolicy", "ResourceArn: $Ts");
    AT(&c, "Policy", NULL);
    REFUSES(&c, "ResourceNotFound", "Resource '" ELB, ACCOUNT,
            "GetResourcePolicy", "ResourceArn: '" ELB "truststore/a/" ID "'");
    calls_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags_are_added_overwritten_and_removed),
        cmocka_unit_test(test_several_resources_are_tagged_at_once),
        cmocka_unit_test(test_a_default_rule_has_tags_beside_its_listeners),
        cmocka_unit_test(test_what_is_not_there_is_told_by_its_kind),
        cmocka_unit_test(test_tags_are_checked),
        cmocka_unit_test(test_policies_have_their_ciphers_in_order),
        cmocka_unit_test(test_limits_are_the_quotas),
        cmocka_unit_test(test_only_what_is_there_may_have_a_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
