/* SPDX-License-Identifier: Apache-2.0
 *
 * wafv2 without a server: what LockTokens are about, pages, and what is told of
 * samples and limited addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/services.h"
#include "api/waf.h"
#include "calls.h"

#define SETS &waf_set_actions
#define SAMPLES &waf_sample_actions
#define ID "11111111-2222-4333-8444-555555555555"
#define ACL_ID "22222222-2222-4333-8444-555555555555"
#define SET_NAMED "Name: set, Scope: REGIONAL, Id: " ID
#define SEEN(name)                                                             \
    "VisibilityConfig: {SampledRequestsEnabled: true, "                        \
    "CloudWatchMetricsEnabled: true, MetricName: " name "}"
#define RATE                                                                   \
    "{Name: rate, Priority: 0, Action: {Block: {}}, " SEEN(                    \
        "rate") ", "                                                           \
                "Statement: {RateBasedStatement: {Limit: 100, "                \
                "AggregateKeyType: IP}}}"
#define ALL                                                                    \
    "Set: {Type: 'AWS::WAFv2::IPSet', Properties: {Name: set, Scope: "         \
    "REGIONAL, IPAddressVersion: IPV4, Addresses: [192.0.2.0/24]}, Metadata: " \
    "{Sluice: {Id: " ID "}}}, Acl: {Type: 'AWS::WAFv2::WebACL', Properties: "  \
    "{Name: acl, Scope: REGIONAL, DefaultAction: {Allow: {}}, " SEEN(          \
        "acl") ", Rules: [" RATE "]}, Metadata: {Sluice: {Id: " ACL_ID "}}}"
#define ACL_ARN                                                                \
    "arn:aws:wafv2:us-east-1:000000000000:regional/webacl/acl/" ACL_ID

static void begin(struct calls *c)
{
    *c = (struct calls){.account = NULL};
    calls_begin(c, ALL);
    c->view.now_ms = UINT64_C(1790000000123);
}

/* ---- tokens --------------------------------------------------------------------- */

static const char *token(struct calls *c)
{
    MUST(c, SETS, "GetIPSet", SET_NAMED);
    return region_copy(&c->region, str_of(calls_at(c, "LockToken"))).p;
}

/* Checklist 103 of aws-waf.md. */
static void test_every_update_makes_another_token(void **state)
{
    struct calls c;
    const char *first;
    const char *second;

    (void)state;
    begin(&c);
    first = token(&c);
    assert_true(wafv2_is_uuid(str_of(first)));
    assert_string_equal(token(&c), first);
    MUST(&c, SETS, "UpdateIPSet",
         SET_NAMED ", Addresses: [192.0.2.0/24], LockToken: %s", first);
    second = region_copy(&c.region, str_of(calls_at(&c, "NextLockToken"))).p;
    assert_string_not_equal(second, first);
    assert_string_equal(token(&c), second);
    REFUSES(&c, "WAFOptimisticLockException", "AWS WAF couldn", SETS,
            "UpdateIPSet", SET_NAMED ", Addresses: [], LockToken: %s", first);
    REFUSES(&c, "WAFOptimisticLockException", "AWS WAF couldn", SETS,
            "DeleteIPSet", SET_NAMED ", LockToken: %s", first);
    MUST(&c, SETS, "DeleteIPSet", SET_NAMED ", LockToken: %s", second);
    calls_end(&c);
}

static void test_tags_change_no_token(void **state)
{
    struct calls c;
    const char *first;

    (void)state;
    begin(&c);
    first = token(&c);
    MUST(&c, &waf_tag_actions, "TagResource",
         "ResourceARN: 'arn:aws:wafv2:us-east-1:000000000000:regional/ipset/"
         "set/" ID "', Tags: [{Key: a, Value: b}]");
    assert_string_equal(token(&c), first);
    calls_end(&c);
}

/* A template that is read again, another node: they say no LockToken. */
static void test_whoever_changes_it_changes_the_token(void **state)
{
    struct calls c;
    char first[64];

    (void)state;
    begin(&c);
    snprintf(first, sizeof(first), "%s", token(&c));
    calls_end(&c);
    c = (struct calls){.account = NULL};
    calls_begin(&c, "Set: {Type: 'AWS::WAFv2::IPSet', Properties: {Name: set, "
                    "Scope: REGIONAL, IPAddressVersion: IPV4, Addresses: "
                    "[192.0.2.0/25]}, Metadata: {Sluice: {Id: " ID "}}}");
    assert_string_not_equal(token(&c), first);
    calls_end(&c);
}

/* ---- pages ------------------------------------------------------------------------ */

static void test_a_page_begins_behind_the_one_before(void **state)
{
    static const char *const names[] = {"b", "bb", "c", "a"};
    struct str keys[4];
    struct calls c;
    struct wafv2_page page;
    struct value *result;

    (void)state;
    begin(&c);
    c.call = (struct call){.region = &c.region, .input = make_map(&c.region)};
    for (unsigned i = 0; i < 4; i++)
        keys[i] = str_of(names[i]);
    wafv2_sort(keys, 4);
    assert_string_equal(keys[0].p, "a");
    put_number(&c.region, (struct value *)(uintptr_t)c.call.input, "Limit", 2);
    assert_true(wafv2_page(&c.call, keys, 4, &page));
    assert_int_equal(page.to, 2);
    result = make_map(&c.region);
    wafv2_page_end(&c.call, keys, 4, &page, result);
    c.call.input = result;
    /* "b" is gone: what comes is behind where it was. */
    keys[1] = keys[0];
    assert_true(wafv2_page(&c.call, keys, 4, &page));
    assert_int_equal(page.from, 2);
    assert_int_equal(page.to, 4);
    result = make_map(&c.region);
    wafv2_page_end(&c.call, keys, 4, &page, result);
    assert_int_equal(value_count(result), 0);
    calls_end(&c);
}

/* ---- samples ----------------------------------------------------------------------- */

struct asked {
    struct sample_query samples;
    struct rate_keys_query keys;
};

static bool give_samples(void *owner, const struct sample_query *query,
                         void (*visit)(void *to,
                                       const struct sampled_request *it),
                         void *to, struct sample_span *span)
{
    static const struct sample_header host = {{"Host", 4}, {"a", 1}};
    static const struct str label = {"awswaf:x", 8};
    struct asked *asked = owner;
    struct sampled_request it = {
        .time_ms = UINT64_C(1789999999999),
        .weight = 7,
        .client_ip = STR("192.0.2.1"),
        .uri = STR("/a"),
        .method = STR("GET"),
        .version = STR("HTTP/1.1"),
        .nheaders = 1,
        .headers = &host,
        .action = STR("BLOCK"),
        .nlabels = 1,
        .labels = &label,
        .status = 403,
        .captcha = {.there = true, .status = 405, .why = STR("TOKEN_MISSING")},
    };

    asked->samples = *query;
    span->population = 99;
    for (unsigned i = 0; i < 5; i++)
        visit(to, &it);
    return true;
}

static bool give_keys(void *owner, const struct rate_keys_query *query,
                      void (*visit)(void *to, struct str address, bool ipv6),
                      void *to)
{
    struct asked *asked = owner;

    asked->keys = *query;
    visit(to, STR("192.0.2.1"), false);
    visit(to, STR("2001:db8::1"), true);
    return true;
}

/* Checklist 115 of aws-waf.md. */
static void test_samples_are_told_as_they_are(void **state)
{
    struct asked asked = {.samples = {.most = 0}};
    struct calls c;

    (void)state;
    begin(&c);
    c.view.samples = give_samples;
    c.view.owner = &asked;
    MUST(&c, SAMPLES, "GetSampledRequests",
         "WebAclArn: '" ACL_ARN "', RuleMetricName: rate, Scope: REGIONAL, "
         "MaxItems: 2, TimeWindow: {StartTime: 1, EndTime: 1790000100}");
    assert_true(str_eq(asked.samples.acl, STR(ACL_ARN)));
    assert_true(str_eq(asked.samples.metric, STR("rate")));
    assert_true(asked.samples.to_ms == c.view.now_ms);
    assert_true(asked.samples.from_ms == c.view.now_ms - 3 * 3600 * 1000);
    AT(&c, "PopulationSize", "99");
    AT(&c, "TimeWindow.EndTime", "1790000000");
    AT(&c, "SampledRequests.1.Weight", "7");
    AT(&c, "SampledRequests.2", NULL);
    AT(&c, "SampledRequests.0.Request.ClientIP", "192.0.2.1");
    AT(&c, "SampledRequests.0.Request.Country", "-");
    AT(&c, "SampledRequests.0.Request.Headers.0.Value", "a");
    AT(&c, "SampledRequests.0.Timestamp", "1789999999");
    AT(&c, "SampledRequests.0.Labels.0.Name", "awswaf:x");
    AT(&c, "SampledRequests.0.ResponseCodeSent", "403");
    AT(&c, "SampledRequests.0.CaptchaResponse.FailureReason", "TOKEN_MISSING");
    AT(&c, "SampledRequests.0.ChallengeResponse", NULL);
    AT(&c, "SampledRequests.0.RuleNameWithinRuleGroup", NULL);
    calls_end(&c);
}

static void test_limited_addresses_are_told_by_version(void **state)
{
    struct asked asked = {.samples = {.most = 0}};
    struct calls c;

    (void)state;
    begin(&c);
    c.view.rate_keys = give_keys;
    c.view.owner = &asked;
    MUST(&c, SAMPLES, "GetRateBasedStatementManagedKeys",
         "Scope: REGIONAL, WebACLName: acl, WebACLId: " ACL_ID
         ", RuleName: rate");
    assert_true(str_eq(asked.keys.acl, STR(ACL_ARN)));
    assert_true(str_eq(asked.keys.rule, STR("rate")));
    assert_int_equal(asked.keys.in_group.n, 0);
    AT(&c, "ManagedKeysIPV4.Addresses.0", "192.0.2.1/32");
    AT(&c, "ManagedKeysIPV4.Addresses.1", NULL);
    AT(&c, "ManagedKeysIPV6.IPAddressVersion", "IPV6");
    AT(&c, "ManagedKeysIPV6.Addresses.0", "2001:db8::1/128");
    calls_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_update_makes_another_token),
        cmocka_unit_test(test_tags_change_no_token),
        cmocka_unit_test(test_whoever_changes_it_changes_the_token),
        cmocka_unit_test(test_a_page_begins_behind_the_one_before),
        cmocka_unit_test(test_samples_are_told_as_they_are),
        cmocka_unit_test(test_limited_addresses_are_told_by_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
