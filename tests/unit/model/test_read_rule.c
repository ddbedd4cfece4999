/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "builds.h"

static void test_rules_are_sorted_and_the_default_is_last(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Lb: {Type: LB},\n"
        "R3: {Type: RU, Properties: {ListenerArn: @Web, Priority: 300, "
        "Conditions: [{Field: path-pattern, Values: [/c]}], Actions: [{Type: "
        "fixed-response, FixedResponseConfig: {StatusCode: 203}}]}},\n"
        "R1: {Type: RU, Properties: {ListenerArn: @Web, Priority: 1, "
        "Conditions: [{Field: path-pattern, Values: [/a]}], Actions: [{Type: "
        "fixed-response, FixedResponseConfig: {StatusCode: 201}}]}},\n"
        "R2: {Type: RU, Properties: {ListenerArn: @Web, Priority: 50000, "
        "Conditions: [{Field: path-pattern, Values: [/b]}], Actions: [{Type: "
        "fixed-response, FixedResponseConfig: {StatusCode: 202}}]}},\n"
        "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, "
        "Protocol: HTTP, DefaultActions: [{Type: fixed-response, "
        "FixedResponseConfig: {StatusCode: 404}}]}}");
    static const unsigned priorities[] = {1, 300, 50000, 0};
    static const unsigned codes[] = {201, 203, 202, 404};
    const struct config_listener *web = config->listeners[0];

    (void)state;
    assert_int_equal(web->nrules, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(web->rules[i].priority, priorities[i]);
        assert_int_equal(config_rule_action(&web->rules[i])->u.fixed.status,
                         codes[i]);
    }
    assert_string_equal(web->rules[3].id.p, "Web");
    assert_string_equal(web->rules[0].id.p, "R1");
    assert_int_equal(web->rules[0].place.line, 3);
    config_release(config);
}

static void test_transforms_are_kept(void **state)
{
    struct config *config = build_good(
        in_transform,
        "{Type: url-rewrite, UrlRewriteConfig: {Rewrites: [{Regex: "
        "'^/dp/([a-z]+)/?$', Replace: '/product.php?id=$1'}]}}, {Type: "
        "host-header-rewrite, HostHeaderRewriteConfig: {Rewrites: [{Regex: "
        "'^a-(.+)$', Replace: ''}]}}");
    const struct config_rule *rule = &config->listeners[0]->rules[0];

    (void)state;
    assert_int_equal(rule->ntransforms, 2);
    assert_int_equal(rule->transforms[0].type, TRANSFORM_URL);
    assert_string_equal(rule->transforms[0].regex.p, "^/dp/([a-z]+)/?$");
    assert_string_equal(rule->transforms[0].replace.p, "/product.php?id=$1");
    assert_int_equal(rule->transforms[1].type, TRANSFORM_HOST);
    assert_string_equal(rule->transforms[1].replace.p, "");
    config_release(config);
}

/* A template with this many rules. */
static char *many_rules(unsigned n)
{
    size_t cap = 1000 + (size_t)n * 250;
    char *p = malloc(cap);
    struct text t;

    assert_non_null(p);
    t = text_in(p, cap - 1);
    TEXT_LITERAL(&t, "Lb: {Type: LB},\n"
                     "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
                     "80, Protocol: HTTP, DefaultActions: [{Type: "
                     "fixed-response, FixedResponseConfig: {StatusCode: "
                     "404}}]}}");
    for (unsigned i = 1; i <= n; i++)
        text_printf(&t,
                    ",\n%sR%u: {Type: RU, Properties: {ListenerArn: @Web, "
                    "Priority: %u, Conditions: [{Field: path-pattern, Values: "
                    "[/]}], Actions: [{Type: fixed-response, "
                    "FixedResponseConfig: {StatusCode: 404}}]}}",
                    i == n ? "^" : "", i, i);
    assert_true(text_ok(&t));
    p[t.n] = '\0';
    return p;
}

static void test_more_rules_than_AWS_has_are_doubtful(void **state)
{
    char *hundred = many_rules(100);
    char *more = many_rules(101);
    const struct fault fault[] = {
        {more,
         "rule R101: load balancer Lb has more than 100 rules, AWS's "
         "quota",
         "ask AWS for a larger one (rules-per-application-load-balancer)"},
    };

    (void)state;
    *strchr(hundred, '^') = ' ';
    config_release(build_good(in_nothing, hundred));
    CHECK_DOUBTS(in_nothing, fault);
    free(hundred);
    free(more);
}

static void test_more_rules_than_Sluice_takes_are_refused(void **state)
{
    char *more = many_rules(CONFIG_RULES_MAX + 1);
    const struct fault fault[] = {
        {more, "rule R4097: listener Web has 4097 rules: Sluice takes 4096",
         "use more listeners"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, fault);
    free(more);
}

static void test_priorities_have_a_range(void **state)
{
    static const struct fault faults[] = {
        {"Priority: ^0, Conditions: [{Field: path-pattern, Values: [/*]}], "
         "Actions: [{Type: forward, TargetGroupArn: @Blue}]",
         "rule Api: Priority is 0: it must be a whole number from 1 to 50000",
         "write Priority: 10"},
        {"Priority: ^50001, Conditions: [{Field: path-pattern, Values: [/*]}], "
         "Actions: [{Type: forward, TargetGroupArn: @Blue}]",
         "rule Api: Priority is 50001: it must be a whole number from 1 to "
         "50000",
         "write Priority: 10"},
        {"Priority: ^default, Conditions: [{Field: path-pattern, Values: "
         "[/*]}], Actions: [{Type: forward, TargetGroupArn: @Blue}]",
         "rule Api: Priority is \"default\": it must be a whole number from 1 "
         "to 50000",
         "write Priority: 10"},
    };

    (void)state;
    CHECK_ERRORS(in_rule, faults);
}

static void test_priorities_are_unique(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\nA: {Type: RU, Properties: {ListenerArn: "
         "@Web, Priority: 10,\nConditions: [{Field: path-pattern, Values: "
         "[/*]}], Actions: [{Type: forward, TargetGroupArn: @Tg}]}},\nB: "
         "{Type: RU, Properties: {ListenerArn: @Web, Priority: "
         "^10,\nConditions: [{Field: path-pattern, Values: [/*]}], Actions: "
         "[{Type: forward, TargetGroupArn: @Tg}]}}",
         "rule B: Priority 10 of listener Web is taken by rule A (line 4)",
         "give each rule its own; the lowest number is tried first"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_what_a_rule_needs(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\nApi: {Type: RU, Properties: {ListenerArn: "
         "^?an export of another stack?, Priority: 1, Conditions: [{Field: "
         "path-pattern, Values: [/*]}], Actions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "rule Api: ListenerArn cannot be known here: an export of another "
         "stack",
         "write a literal value, or take it from a parameter and give that "
         "with --parameter Key=Value"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\n^Api: {Type: RU, Properties: {Priority: 1, "
         "Conditions: [{Field: path-pattern, Values: [/*]}], Actions: [{Type: "
         "fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "rule Api: ListenerArn is missing", "add ListenerArn: !Ref Listener"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\n^Api: {Type: RU, Properties: {ListenerArn: "
         "@Web, Conditions: [{Field: path-pattern, Values: [/*]}], Actions: "
         "[{Type: fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "rule Api: Priority is missing", "add Priority: 10"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\n^Api: {Type: RU, Properties: {ListenerArn: "
         "@Web, Priority: 1, Actions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "rule Api: Conditions is missing",
         "add Conditions: [{Field: path-pattern, Values: [\"/api/*\"]}]"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\n^Api: {Type: RU, Properties: {ListenerArn: "
         "@Web, Priority: 1, Conditions: [{Field: path-pattern, Values: "
         "[/*]}]}}",
         "rule Api: Actions is missing",
         "add Actions: [{Type: forward, TargetGroupArn: !Ref TargetGroup}]"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\nApi: {Type: RU, Properties: {ListenerArn: "
         "^@Lb, Priority: 1, Conditions: [{Field: path-pattern, Values: "
         "[/*]}], Actions: [{Type: fixed-response, FixedResponseConfig: "
         "{StatusCode: 404}}]}}",
         "rule Api: ListenerArn is the ARN of load balancer Lb, not of a "
         "listener",
         "name one with !Ref: Web"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\nApi: {Type: RU, Properties: {ListenerArn: "
         "^Web, Priority: 1, Conditions: [{Field: path-pattern, Values: "
         "[/*]}], Actions: [{Type: fixed-response, FixedResponseConfig: "
         "{StatusCode: 404}}]}}",
         "rule Api: ListenerArn is \"Web\": no listener in this template has "
         "this ARN",
         "write ListenerArn: !Ref Web"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\nApi: {Type: RU, Properties: {ListenerArn: "
         "@Web, Priority: 1, Conditions: ^[], Actions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "rule Api: Conditions is empty: a rule has at least one",
         "for every request write {Field: path-pattern, Values: [\"*\"]}"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\nApi: {Type: RU, Properties: {ListenerArn: "
         "@Web, Priority: 1, Conditions: [{Field: path-pattern, Values: "
         "[/*]}], Actions: ^[]}}",
         "rule Api: Actions is empty",
         "add {Type: forward, TargetGroupArn: !Ref TargetGroup}"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\nApi: {Type: RU, Metadata: {Sluice: "
         "{^LocalPort: 1}}, Properties: {ListenerArn: @Web, Priority: 1, "
         "Conditions: [{Field: path-pattern, Values: [/*]}], Actions: [{Type: "
         "fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "rule Api: Metadata.Sluice has no key \"LocalPort\"",
         "it has Id and Created"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_transforms_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Type: ^url_rewrite, UrlRewriteConfig: {Rewrites: [{Regex: a, "
         "Replace: b}]}}",
         "rule Api: Transforms[0].Type cannot be \"url_rewrite\"",
         "did you mean \"url-rewrite\"?"},
        {"^{Type: url-rewrite}",
         "rule Api: a url-rewrite has no UrlRewriteConfig",
         "add UrlRewriteConfig: {Rewrites: [{Regex: ..., Replace: ...}]}"},
        {"{Type: url-rewrite, ^HostHeaderRewriteConfig: {Rewrites: [{Regex: a, "
         "Replace: b}]}}",
         "rule Api: HostHeaderRewriteConfig does not belong to a url-rewrite",
         "write UrlRewriteConfig, or Type: host-header-rewrite"},
        {"{Type: url-rewrite, UrlRewriteConfig: {Rewrites: ^[]}}",
         "rule Api: Rewrites has 0 entries: a transform has one",
         "add {Regex: ..., Replace: ...}"},
        {"{Type: url-rewrite, UrlRewriteConfig: {Rewrites: ^[{Regex: a, "
         "Replace: b}, {Regex: c, Replace: d}]}}",
         "rule Api: Rewrites has 2 entries: a transform has one",
         "make one regex of them"},
        {"{Type: url-rewrite, UrlRewriteConfig: {Rewrites: [^{Replace: b}]}}",
         "rule Api: Transforms[0].UrlRewriteConfig.Rewrites[0].Regex is "
         "missing",
         "add Regex: \"^/dp/([A-Za-z0-9]+)/?$\""},
        {"{Type: url-rewrite, UrlRewriteConfig: {Rewrites: [^{Regex: b}]}}",
         "rule Api: Transforms[0].UrlRewriteConfig.Rewrites[0].Replace is "
         "missing",
         "add Replace: \"/product.php?id=$1\""},
        {"{Type: url-rewrite, UrlRewriteConfig: {Rewrites: [{Regex: ^'" A1024
         "a', Replace: ''}]}}",
         "rule Api: Transforms[0].UrlRewriteConfig.Rewrites[0].Regex has 1025 "
         "characters: AWS takes at most 1024",
         "make it shorter"},
        {"{Type: url-rewrite, UrlRewriteConfig: {Rewrites: [{Regex: a, "
         "Replace: b}]}},\n^{Type: url-rewrite, UrlRewriteConfig: {Rewrites: "
         "[{Regex: c, Replace: d}]}}",
         "rule Api: a rule has at most one url-rewrite, and has it already "
         "(line 8)",
         "make one regex of both"},
    };

    (void)state;
    CHECK_ERRORS(in_transform, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_are_sorted_and_the_default_is_last),
        cmocka_unit_test(test_transforms_are_kept),
        cmocka_unit_test(test_more_rules_than_AWS_has_are_doubtful),
        cmocka_unit_test(test_more_rules_than_Sluice_takes_are_refused),
        cmocka_unit_test(test_priorities_have_a_range),
        cmocka_unit_test(test_priorities_are_unique),
        cmocka_unit_test(test_what_a_rule_needs),
        cmocka_unit_test(test_transforms_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
