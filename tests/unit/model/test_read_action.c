/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

static const struct config_action *first_action(const struct config *config)
{
    return config_rule_action(&config->listeners[0]->rules[0]);
}

static void test_a_forward_to_one_group(void **state)
{
    struct config *config =
        build_good(in_action, "{Type: forward, TargetGroupArn: @Green}");
    const struct config_forward *forward = &first_action(config)->u.forward;

    (void)state;
    assert_int_equal(first_action(config)->type, ACTION_FORWARD);
    assert_int_equal(forward->n, 1);
    assert_ptr_equal(forward->groups[0].group, config->groups[1]);
    assert_int_equal(forward->groups[0].weight, 1);
    assert_false(forward->sticky);
    config_release(config);
}

static void test_a_forward_to_groups_with_weights(void **state)
{
    struct config *config = build_good(
        in_action,
        "{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: "
        "@Blue, Weight: 90}, {TargetGroupArn: @Green, Weight: 0}], "
        "TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: 300}}}");
    const struct config_forward *forward = &first_action(config)->u.forward;

    (void)state;
    assert_int_equal(forward->n, 2);
    assert_int_equal(forward->groups[0].weight, 90);
    assert_int_equal(forward->groups[1].weight, 0);
    assert_true(forward->sticky);
    assert_int_equal(forward->sticky_ms, 300000);
    assert_ptr_equal(config->groups[0]->load_balancer,
                     config->load_balancers[0]);
    assert_ptr_equal(config->groups[1]->load_balancer,
                     config->load_balancers[0]);
    config_release(config);
}

static void test_both_spellings_of_the_same_group_are_one(void **state)
{
    struct config *config = build_good(
        in_action, "{Type: forward, TargetGroupArn: @Blue, ForwardConfig: "
                   "{TargetGroups: [{TargetGroupArn: @Blue, Weight: 5}]}}");

    (void)state;
    assert_int_equal(first_action(config)->u.forward.n, 1);
    assert_int_equal(first_action(config)->u.forward.groups[0].weight, 5);
    config_release(config);
}

static void test_a_group_that_nothing_forwards_to_is_unused(void **state)
{
    struct config *config =
        build_good(in_action, "{Type: forward, TargetGroupArn: @Green}");

    (void)state;
    assert_null(config->groups[0]->load_balancer);
    assert_non_null(config->groups[1]->load_balancer);
    config_release(config);
}

static void test_a_fixed_response(void **state)
{
    struct config *config = build_good(
        in_action, "{Type: fixed-response, FixedResponseConfig: {StatusCode: "
                   "503, ContentType: text/plain, MessageBody: 'gone out'}}");
    const struct config_fixed *fixed = &first_action(config)->u.fixed;

    (void)state;
    assert_int_equal(first_action(config)->type, ACTION_FIXED_RESPONSE);
    assert_int_equal(fixed->status, 503);
    assert_string_equal(fixed->content_type.p, "text/plain");
    assert_string_equal(fixed->body.p, "gone out");
    config_release(config);
}

static void test_the_longest_body_counts_characters(void **state)
{
    struct config *config = build_good(
        in_action, "{Type: fixed-response, FixedResponseConfig: {StatusCode: "
                   "200, MessageBody: " A1024 "}}");

    (void)state;
    assert_int_equal(first_action(config)->u.fixed.body.n, 1024);
    config_release(config);
}

/* Of an HTTPS listener, which is warned of: not for build_good(). */
static void test_logins_are_kept_in_their_order(void **state)
{
    static const char *const texts[] = {
        "{Type: forward, Order: 20, TargetGroupArn: @Blue}, {Type: "
        "authenticate-oidc, Order: 10, AuthenticateOidcConfig: {Issuer: "
        "https://a, AuthorizationEndpoint: https://b, TokenEndpoint: "
        "https://c, UserInfoEndpoint: https://d, ClientId: e, ClientSecret: "
        "?secret?, SessionTimeout: 60, AuthenticationRequestExtraParams: {a: "
        "b}}}",
        "{Type: jwt-validation, Order: 1, JwtValidationConfig: {Issuer: "
        "https://a, JwksEndpoint: https://b, AdditionalClaims: [{Name: scope, "
        "Format: string-array, Values: [a, b]}]}}, {Type: forward, Order: 2, "
        "TargetGroupArn: @Blue}",
        "{Type: authenticate-cognito, Order: 1, AuthenticateCognitoConfig: "
        "{UserPoolArn: ?pool?, UserPoolClientId: ?client?, UserPoolDomain: "
        "d}}, {Type: fixed-response, Order: 2, FixedResponseConfig: "
        "{StatusCode: 200}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        config_release(build_good(in_https, texts[i]));
}

static void test_a_rule_ends_with_one_terminal_action(void **state)
{
    static const struct fault faults[] = {
        {"^{Type: forward, TargetGroupArn: @Blue}, {Type: forward, "
         "TargetGroupArn: @Green, Order: 2}",
         "listener Web: an action among several has no Order",
         "add Order: 1; actions are run from the lowest on"},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_actions_must_be_there(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, Protocol: HTTP, DefaultActions: ^[{Order: 1, Type: "
         "fixed-response, FixedResponseConfig: {StatusCode: 404}}, {Order: 2, "
         "Type: fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: DefaultActions has 2 of forward, redirect and "
         "fixed-response: a rule ends with exactly one of them",
         "leave the others out; several target groups go into one "
         "ForwardConfig"},
        {"Lb: {Type: LB},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, Protocol: HTTP, DefaultActions: ^[]}}",
         "listener Web: DefaultActions is empty",
         "add {Type: forward, TargetGroupArn: !Ref TargetGroup}"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_logins_are_for_HTTPS(void **state)
{
    static const struct fault faults[] = {
        {"{Type: ^authenticate-cognito, Order: 1, AuthenticateCognitoConfig: "
         "{UserPoolArn: a, UserPoolClientId: b, UserPoolDomain: c}}, {Type: "
         "forward, Order: 2, TargetGroupArn: @Blue}",
         "listener Web: authenticate-cognito is for HTTPS listeners; listener "
         "Web speaks HTTP",
         "write Protocol: HTTPS there, or leave the action out"},
        {"{Type: ^jwt-validation, Order: 1, JwtValidationConfig: {Issuer: "
         "https://a, JwksEndpoint: https://b}}, {Type: forward, Order: 2, "
         "TargetGroupArn: @Blue}",
         "listener Web: jwt-validation is for HTTPS listeners; listener Web "
         "speaks HTTP",
         "write Protocol: HTTPS there, or leave the action out"},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_the_order_of_logins(void **state)
{
    static const struct fault faults[] = {
        {"{Type: forward, Order: 1, TargetGroupArn: @Blue}, ^{Type: "
         "jwt-validation, Order: 2, JwtValidationConfig: {Issuer: https://a, "
         "JwksEndpoint: https://b}}",
         "listener Web: jwt-validation comes after the action that ends the "
         "rule",
         "give it a lower Order"},
        {"^{Type: jwt-validation, JwtValidationConfig: {Issuer: https://a, "
         "JwksEndpoint: https://b}}, {Type: forward, Order: 2, TargetGroupArn: "
         "@Blue}",
         "listener Web: an action among several has no Order",
         "add Order: 1; actions are run from the lowest on"},
        {"{Type: jwt-validation, Order: 2, JwtValidationConfig: {Issuer: "
         "https://a, JwksEndpoint: https://b}}, ^{Type: forward, Order: 2, "
         "TargetGroupArn: @Blue}",
         "listener Web: two actions have Order 2", "give each its own"},
    };

    (void)state;
    CHECK_ERRORS(in_https, faults);
}

static void test_a_forward_names_its_groups(void **state)
{
    static const struct fault faults[] = {
        {"^{Type: forward}",
         "listener Web: a forward action names no target group",
         "add TargetGroupArn: !Ref TargetGroup"},
        {"^{Type: forward, ForwardConfig: {}}",
         "listener Web: a forward action names no target group",
         "add TargetGroupArn: !Ref TargetGroup"},
        {"{Type: forward, TargetGroupArn: ^Blue}",
         "listener Web: TargetGroupArn is \"Blue\": no target group in this "
         "template has this ARN",
         "write TargetGroupArn: !Ref Blue"},
        {"{Type: forward, TargetGroupArn: ^Bleu}",
         "listener Web: TargetGroupArn is \"Bleu\": no target group in this "
         "template has this ARN",
         "write TargetGroupArn: !Ref Blue"},
        {"{Type: forward, TargetGroupArn: ^@Lb}",
         "listener Web: TargetGroupArn is the ARN of load balancer Lb, not of "
         "a target group",
         "name one with !Ref: Blue, Green"},
        {"{Type: forward, TargetGroupArn: "
         "^arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/"
         "other/0123456789abcdef}",
         "listener Web: TargetGroupArn is "
         "\"arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/"
         "other/0123456789abcdef\": no target group in this template has this "
         "ARN",
         "name one with !Ref: Blue, Green"},
        {"{Type: forward, TargetGroupArn: ^?an export of another stack, "
         "'blue-arn', is not known here?}",
         "listener Web: DefaultActions[0].TargetGroupArn cannot be known here: "
         "an export of another stack, 'blue-arn', is not known here",
         "write a literal value, or take it from a parameter and give that "
         "with --parameter Key=Value"},
        {"{Type: forward, ForwardConfig: {TargetGroups: ^[]}}",
         "listener Web: TargetGroups has 0 target groups: a forward action has "
         "1 to 5",
         "add {TargetGroupArn: !Ref TargetGroup}"},
        {"{Type: forward, TargetGroupArn: ^@Blue, ForwardConfig: "
         "{TargetGroups: [{TargetGroupArn: @Green}]}}",
         "listener Web: TargetGroupArn and ForwardConfig name different target "
         "groups",
         "leave TargetGroupArn out"},
        {"{Type: forward, TargetGroupArn: ^@Blue, ForwardConfig: "
         "{TargetGroups: [{TargetGroupArn: @Blue, Weight: 1}, {TargetGroupArn: "
         "@Green, Weight: 1}]}}",
         "listener Web: TargetGroupArn and ForwardConfig name different target "
         "groups",
         "leave TargetGroupArn out"},
        {"{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: "
         "@Blue, Weight: 1}, {TargetGroupArn: ^@Blue, Weight: 1}]}}",
         "listener Web: target group Blue is in this action twice",
         "name it once, with the sum of the weights"},
        {"{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: "
         "@Blue, Weight: ^1000}]}}",
         "listener Web: DefaultActions[0].ForwardConfig.TargetGroups[0].Weight "
         "is 1000: it must be a whole number from 0 to 999",
         "write Weight: 100"},
        {"{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: "
         "@Blue, Weight: ^-1}]}}",
         "listener Web: DefaultActions[0].ForwardConfig.TargetGroups[0].Weight "
         "is -1: it must be a whole number from 0 to 999",
         "write Weight: 100"},
        {"{Type: forward, TargetGroupArn: @Blue, ForwardConfig: "
         "{TargetGroupStickinessConfig: ^{Enabled: true}}}",
         "listener Web: TargetGroupStickinessConfig is enabled without "
         "DurationSeconds",
         "add DurationSeconds: 1 to 604800"},
        {"{Type: forward, TargetGroupArn: @Blue, ForwardConfig: "
         "{TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: "
         "^604801}}}",
         "listener Web: "
         "DefaultActions[0].ForwardConfig.TargetGroupStickinessConfig."
         "DurationSeconds is 604801: it must be a whole number from 1 to "
         "604800",
         "write DurationSeconds: 300"},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_a_forward_has_at_most_five_groups(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB},\nT0: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}}, T1: {Type: TG, Properties: {Port: 80, Protocol: HTTP}}, T2: "
         "{Type: TG, Properties: {Port: 80, Protocol: HTTP}}, T3: {Type: TG, "
         "Properties: {Port: 80, Protocol: HTTP}}, T4: {Type: TG, Properties: "
         "{Port: 80, Protocol: HTTP}}, T5: {Type: TG, Properties: {Port: 80, "
         "Protocol: HTTP}}, \nWeb: {Type: LI, Properties: {LoadBalancerArn: "
         "@Lb, Port: 80, Protocol: HTTP, DefaultActions: [{Type: forward, "
         "ForwardConfig: {TargetGroups: ^[{TargetGroupArn: @T0, Weight: 1}, "
         "{TargetGroupArn: @T1, Weight: 1}, {TargetGroupArn: @T2, Weight: 1}, "
         "{TargetGroupArn: @T3, Weight: 1}, {TargetGroupArn: @T4, Weight: 1}, "
         "{TargetGroupArn: @T5, Weight: 1}]}}]}}",
         "listener Web: TargetGroups has 6 target groups: a forward action has "
         "1 to 5",
         "leave some out, or use more rules"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_a_group_belongs_to_one_load_balancer(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB}, Lb2: {Type: LB},\nTg: {Type: TG, Properties: {Port: "
         "80, Protocol: HTTP}},\nA: {Type: LI, Properties: {LoadBalancerArn: "
         "@Lb, Port: 80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}},\nB: {Type: LI, Properties: "
         "{LoadBalancerArn: @Lb2, Port: 80, Protocol: HTTP,\nDefaultActions: "
         "[{Type: forward, TargetGroupArn: ^@Tg}]}}",
         "listener B: target group Tg is used by load balancer Lb already, in "
         "listener A (line 4): AWS lets a target group belong to one load "
         "balancer",
         "declare another target group with the same targets"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_groups_fit_the_listener(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP, ProtocolVersion: GRPC}},\nA: {Type: LI, Properties: "
         "{LoadBalancerArn: @Lb, Port: 80, Protocol: HTTP,\nDefaultActions: "
         "[{Type: forward, TargetGroupArn: ^@Tg}]}}",
         "listener A: target group Tg has ProtocolVersion GRPC, which needs an "
         "HTTPS listener; listener A speaks HTTP",
         "write ProtocolVersion: HTTP1 in the target group, or Protocol: HTTPS "
         "in the listener"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP, ProtocolVersion: HTTP2}},\nA: {Type: LI, Properties: "
         "{LoadBalancerArn: @Lb, Port: 80, Protocol: HTTP,\nDefaultActions: "
         "[{Type: forward, TargetGroupArn: ^@Tg}]}}",
         "listener A: target group Tg has ProtocolVersion HTTP2, which needs "
         "an HTTPS listener; listener A speaks HTTP",
         "write ProtocolVersion: HTTP1 in the target group, or Protocol: HTTPS "
         "in the listener"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP, IpAddressType: ipv6}},\nA: {Type: LI, Properties: "
         "{LoadBalancerArn: @Lb, Port: 80, Protocol: HTTP,\nDefaultActions: "
         "[{Type: forward, TargetGroupArn: ^@Tg}]}}",
         "listener A: target group Tg has IpAddressType ipv6, which needs a "
         "dualstack load balancer",
         "write IpAddressType: dualstack in load balancer Lb"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_weights_that_sum_to_0_are_warned_of(void **state)
{
    static const struct fault faults[] = {
        {"{Type: forward, ForwardConfig: {TargetGroups: ^[{TargetGroupArn: "
         "@Blue, Weight: 0}, {TargetGroupArn: @Green, Weight: 0}]}}",
         "listener Web: the weights sum to 0: every request is answered 503",
         "give one of the target groups a Weight of 1 to 999"},
    };

    (void)state;
    CHECK_WARNINGS(in_action, faults);
}

static void test_what_AWS_refuses_of_weights_is_doubtful(void **state)
{
    static const struct fault faults[] = {
        {"{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: "
         "@Blue, Weight: 2}, ^{TargetGroupArn: @Green}]}}",
         "listener Web: a target group among several has no Weight: it is "
         "taken as 1, AWS wants one",
         "add Weight: 1"},
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: 404}, "
         "^TargetGroupArn: @Blue}",
         "listener Web: TargetGroupArn means nothing in a fixed-response "
         "action",
         "leave it out, or write Type: forward"},
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: 404}, "
         "^RedirectConfig: {StatusCode: HTTP_301}}",
         "listener Web: RedirectConfig means nothing in a fixed-response "
         "action",
         "leave it out, or write Type: redirect"},
    };

    (void)state;
    CHECK_DOUBTS(in_action, faults);
}

static void test_stickiness_of_targets_wants_that_of_groups(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB},\nA: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP, TargetGroupAttributes: [{Key: stickiness.enabled, Value: "
         "true}]}},\nB: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP, DefaultActions: [{Type: forward, ForwardConfig: "
         "^{TargetGroups: [{TargetGroupArn: @A, Weight: 1}, {TargetGroupArn: "
         "@B, Weight: 1}]}}]}}",
         "listener Web: a target group of this action has stickiness, the "
         "action has none: AWS wants it in both",
         "add TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: "
         "300}"},
    };

    (void)state;
    CHECK_DOUBTS(in_nothing, faults);
}

static void test_app_cookies_do_not_go_with_several_groups(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB},\nA: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP, TargetGroupAttributes: [{Key: stickiness.enabled, Value: "
         "true}, {Key: stickiness.type, Value: app_cookie}, {Key: "
         "stickiness.app_cookie.cookie_name, Value: SID}]}},\nB: {Type: TG, "
         "Properties: {Port: 80, Protocol: HTTP}},\nWeb: {Type: LI, "
         "Properties: {LoadBalancerArn: @Lb, Port: 80, Protocol: HTTP, "
         "DefaultActions: [{Type: forward, ForwardConfig: ^{TargetGroups: "
         "[{TargetGroupArn: @A, Weight: 1}, {TargetGroupArn: @B, Weight: 1}], "
         "TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: "
         "1}}}]}}",
         "listener Web: a target group of this action has stickiness of type "
         "app_cookie, with which ALB does not choose among several target "
         "groups",
         "set stickiness.type to lb_cookie, or forward to that group alone"},
    };

    (void)state;
    CHECK_DOUBTS(in_nothing, faults);
}

static void test_fixed_responses_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: ^301}}",
         "listener Web: StatusCode of a fixed response cannot be \"301\": ALB "
         "answers 2xx, 4xx and 5xx",
         "use a redirect action for 301 and 302"},
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: ^99}}",
         "listener Web: StatusCode of a fixed response cannot be \"99\": ALB "
         "answers 2xx, 4xx and 5xx",
         "write three digits, such as \"404\""},
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: ^600}}",
         "listener Web: StatusCode of a fixed response cannot be \"600\": ALB "
         "answers 2xx, 4xx and 5xx",
         "write three digits, such as \"404\""},
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: ^Not "
         "Found}}",
         "listener Web: StatusCode of a fixed response cannot be \"Not "
         "Found\": ALB answers 2xx, 4xx and 5xx",
         "write three digits, such as \"404\""},
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: 200, "
         "ContentType: ^text/xml}}",
         "listener Web: ContentType cannot be \"text/xml\"",
         "did you mean \"text/html\"?"},
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: 200, "
         "ContentType: ^text/plian}}",
         "listener Web: ContentType cannot be \"text/plian\"",
         "did you mean \"text/plain\"?"},
        {"{Type: fixed-response, FixedResponseConfig: {StatusCode: 200, "
         "MessageBody: ^" A1024 "a}}",
         "listener Web: DefaultActions[0].FixedResponseConfig.MessageBody has "
         "1025 characters: AWS takes at most 1024",
         "make it shorter"},
        {"^{Type: fixed-response}",
         "listener Web: a fixed-response action has no FixedResponseConfig",
         "add FixedResponseConfig: {StatusCode: \"404\"}"},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_login_configs_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Type: authenticate-oidc, Order: 1, AuthenticateOidcConfig: "
         "^{Issuer: https://a, AuthorizationEndpoint: https://b, "
         "TokenEndpoint: https://c, UserInfoEndpoint: https://d, ClientId: "
         "e}}, {Type: forward, Order: 2, TargetGroupArn: @Blue}",
         "listener Web: AuthenticateOidcConfig.ClientSecret is missing",
         "add ClientSecret: a parameter with NoEcho, or "
         "{{resolve:secretsmanager:...}}"},
        {"{Type: authenticate-oidc, Order: 1, AuthenticateOidcConfig: {Issuer: "
         "^http://a, AuthorizationEndpoint: https://b, TokenEndpoint: "
         "https://c, UserInfoEndpoint: https://d, ClientId: e, ClientSecret: "
         "f}}, {Type: forward, Order: 2, TargetGroupArn: @Blue}",
         "listener Web: Issuer is \"http://a\": it must be a whole URL",
         "write one that begins with https://"},
        {"{Type: authenticate-oidc, Order: 1, AuthenticateOidcConfig: {Issuer: "
         "https://a, AuthorizationEndpoint: https://b, TokenEndpoint: "
         "https://c, UserInfoEndpoint: https://d, ClientId: e, ClientSecret: "
         "?secret?, OnUnauthenticatedRequest: ^denny}}, {Type: forward, Order: "
         "2, TargetGroupArn: @Blue}",
         "listener Web: "
         "DefaultActions[0].AuthenticateOidcConfig.OnUnauthenticatedRequest "
         "cannot be \"denny\"",
         "did you mean \"deny\"?"},
        {"{Type: authenticate-cognito, Order: 1, AuthenticateCognitoConfig: "
         "^{UserPoolArn: a, UserPoolClientId: b}}, {Type: forward, Order: 2, "
         "TargetGroupArn: @Blue}",
         "listener Web: "
         "DefaultActions[0].AuthenticateCognitoConfig.UserPoolDomain is "
         "missing",
         "add UserPoolDomain: !Ref UserPoolDomain"},
        {"{Type: authenticate-cognito, Order: 1, AuthenticateCognitoConfig: "
         "{UserPoolArn: a, UserPoolClientId: b, UserPoolDomain: c, "
         "AuthenticationRequestExtraParams: ^[]}}, {Type: forward, Order: 2, "
         "TargetGroupArn: @Blue}",
         "listener Web: AuthenticationRequestExtraParams must be a map, this "
         "is a list",
         "write {NAME: VALUE}"},
        {"{Type: authenticate-cognito, Order: 1, AuthenticateCognitoConfig: "
         "{UserPoolArn: a, UserPoolClientId: b, UserPoolDomain: c, "
         "AuthenticationRequestExtraParams: ^{k0: v, k1: v, k2: v, k3: v, k4: "
         "v, k5: v, k6: v, k7: v, k8: v, k9: v, k10: v}}}, {Type: forward, "
         "Order: 2, TargetGroupArn: @Blue}",
         "listener Web: AuthenticationRequestExtraParams has 11 entries: ALB "
         "takes 10",
         "leave some out"},
        {"{Type: jwt-validation, Order: 1, JwtValidationConfig: {Issuer: "
         "https://a, JwksEndpoint: ^http://b}}, {Type: forward, Order: 2, "
         "TargetGroupArn: @Blue}",
         "listener Web: JwksEndpoint is \"http://b\": it must be a whole URL",
         "write one that begins with https://"},
        {"{Type: jwt-validation, Order: 1, JwtValidationConfig: {Issuer: "
         "https://a, JwksEndpoint: https://b, AdditionalClaims: [{Name: ^exp, "
         "Format: single-string, Values: [a]}]}}, {Type: forward, Order: 2, "
         "TargetGroupArn: @Blue}",
         "listener Web: claim \"exp\" is always checked",
         "leave it out of AdditionalClaims"},
        {"{Type: jwt-validation, Order: 1, JwtValidationConfig: {Issuer: "
         "https://a, JwksEndpoint: https://b, AdditionalClaims: [{Name: scope, "
         "Format: space-separated-values, Values: [^a b]}]}}, {Type: forward, "
         "Order: 2, TargetGroupArn: @Blue}",
         "listener Web: a value of space-separated-values has a space",
         "write each word as a value of its own"},
        {"{Type: jwt-validation, Order: 1, JwtValidationConfig: {Issuer: "
         "https://a, JwksEndpoint: https://b, AdditionalClaims: [{Name: scope, "
         "Format: single-string, Values: ^[]}]}}, {Type: forward, Order: 2, "
         "TargetGroupArn: @Blue}",
         "listener Web: a claim has 0 values: ALB takes 1 to 10", "add one"},
        {"{Type: jwt-validation, Order: 1, JwtValidationConfig: {Issuer: "
         "https://a, JwksEndpoint: https://b, AdditionalClaims: ^[{Name: c0, "
         "Format: single-string, Values: [v]}, {Name: c1, Format: "
         "single-string, Values: [v]}, {Name: c2, Format: single-string, "
         "Values: [v]}, {Name: c3, Format: single-string, Values: [v]}, {Name: "
         "c4, Format: single-string, Values: [v]}, {Name: c5, Format: "
         "single-string, Values: [v]}, {Name: c6, Format: single-string, "
         "Values: [v]}, {Name: c7, Format: single-string, Values: [v]}, {Name: "
         "c8, Format: single-string, Values: [v]}, {Name: c9, Format: "
         "single-string, Values: [v]}, {Name: c10, Format: single-string, "
         "Values: [v]}]}}, {Type: forward, Order: 2, TargetGroupArn: @Blue}",
         "listener Web: AdditionalClaims has 11 claims: ALB takes 10",
         "leave some out"},
    };

    (void)state;
    CHECK_ERRORS(in_https, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_forward_to_one_group),
        cmocka_unit_test(test_a_forward_to_groups_with_weights),
        cmocka_unit_test(test_both_spellings_of_the_same_group_are_one),
        cmocka_unit_test(test_a_group_that_nothing_forwards_to_is_unused),
        cmocka_unit_test(test_a_fixed_response),
        cmocka_unit_test(test_the_longest_body_counts_characters),
        cmocka_unit_test(test_logins_are_kept_in_their_order),
        cmocka_unit_test(test_a_rule_ends_with_one_terminal_action),
        cmocka_unit_test(test_actions_must_be_there),
        cmocka_unit_test(test_logins_are_for_HTTPS),
        cmocka_unit_test(test_the_order_of_logins),
        cmocka_unit_test(test_a_forward_names_its_groups),
        cmocka_unit_test(test_a_forward_has_at_most_five_groups),
        cmocka_unit_test(test_a_group_belongs_to_one_load_balancer),
        cmocka_unit_test(test_groups_fit_the_listener),
        cmocka_unit_test(test_weights_that_sum_to_0_are_warned_of),
        cmocka_unit_test(test_what_AWS_refuses_of_weights_is_doubtful),
        cmocka_unit_test(test_stickiness_of_targets_wants_that_of_groups),
        cmocka_unit_test(test_app_cookies_do_not_go_with_several_groups),
        cmocka_unit_test(test_fixed_responses_are_checked),
        cmocka_unit_test(test_login_configs_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
