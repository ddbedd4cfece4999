/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules by the API: what is made, shown, changed, put in order, refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/elb_rules.h"
#include "calls.h"

#define ACTIONS &elb_rule_actions

/* A listener of each protocol, groups of all kinds, and another balancer. */
#define ACCOUNT                                                                \
    "Lb: {Type: LB},\n"                                                        \
    "Blue: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n"              \
    "Green: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n"             \
    "Grpc: {Type: TG, Properties: {Port: 80, Protocol: HTTP, "                 \
    "ProtocolVersion: GRPC}},\n"                                               \
    "H2: {Type: TG, Properties: {Port: 80, Protocol: HTTP, ProtocolVersion: "  \
    "HTTP2}},\n"                                                               \
    "V6: {Type: TG, Properties: {Port: 80, Protocol: HTTP, IpAddressType: "    \
    "ipv6}},\n"                                                                \
    "Theirs: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n"            \
    "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, Protocol: "  \
    "HTTP, DefaultActions: [{Type: fixed-response, FixedResponseConfig: "      \
    "{StatusCode: 404}}]}},\n"                                                 \
    "Safe: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 443, "          \
    "Protocol: HTTPS, Certificates: [{CertificateArn: arn:aws:acm:x}], "       \
    "DefaultActions: [{Type: fixed-response, FixedResponseConfig: "            \
    "{StatusCode: 404}}]}},\n"                                                 \
    "Other: {Type: LB},\n"                                                     \
    "OtherWeb: {Type: LI, Properties: {LoadBalancerArn: @Other, Port: 81, "    \
    "Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: "        \
    "@Theirs}]}}"

#define ON "ListenerArn: $Web, "
#define SAFE "ListenerArn: $Safe, "
#define AT_1 "Priority: 1, "
#define ANY "Conditions: [{Field: path-pattern, Values: [/*]}], "
#define TO_BLUE "Actions: [{Type: forward, TargetGroupArn: $Blue}]"
#define FIXED(code)                                                            \
    "{Type: fixed-response, FixedResponseConfig: {StatusCode: " #code "}}"
#define OIDC                                                                   \
    "Issuer: https://i.test, AuthorizationEndpoint: https://a.test, "          \
    "TokenEndpoint: https://t.test, UserInfoEndpoint: https://u.test, "        \
    "ClientId: id"

static int begin(void **state)
{
    static struct calls c;

    c = (struct calls){.account = NULL};
    calls_begin(&c, ACCOUNT);
    *state = &c;
    return 0;
}

static int end(void **state)
{
    calls_end(*state);
    return 0;
}

/* An ARN of the result, to go on with. */
static const char *arn_at(const struct calls *c, const char *path)
{
    const char *arn = calls_at(c, path);

    assert_non_null(arn);
    return arn;
}

static const char *make(struct calls *c, unsigned priority)
{
    MUST(c, ACTIONS, "CreateRule", ON ANY TO_BLUE ", Priority: %u", priority);
    return arn_at(c, "Rules.0.RuleArn");
}

static const char *default_rule(struct calls *c)
{
    MUST(c, ACTIONS, "DescribeRules", "ListenerArn: $OtherWeb");
    return arn_at(c, "Rules.0.RuleArn");
}

/* ---- CreateRule ----------------------------------------------------------------- */

/* Checklist 7, 23, 25, 26. */
static void test_a_rule_reads_back_in_normal_form(void **state)
{
    struct calls *c = *state;

    MUST(c, ACTIONS, "CreateRule", ON "Priority: 7, " ANY TO_BLUE);
    AT(c, "Rules.0.Priority", "7");
    AT(c, "Rules.0.IsDefault", "false");
    AT(c, "Rules.0.Conditions.0.Field", "path-pattern");
    AT(c, "Rules.0.Conditions.0.Values.0", "/*");
    AT(c, "Rules.0.Conditions.0.PathPatternConfig.Values.0", "/*");
    AT(c, "Rules.0.Actions.0.Type", "forward");
    AT(c, "Rules.0.Actions.0.Order", "1");
    AT(c, "Rules.0.Actions.0.TargetGroupArn", calls_arn(c, STR("Blue")).p);
    AT(c, "Rules.0.Actions.0.ForwardConfig.TargetGroups.0.TargetGroupArn",
       calls_arn(c, STR("Blue")).p);
    AT(c, "Rules.0.Actions.0.ForwardConfig.TargetGroups.0.Weight", "1");
    AT(c, "Rules.0.Actions.0.ForwardConfig.TargetGroupStickinessConfig.Enabled",
       "false");
    AT(c, "Rules.0.Transforms.0", NULL);
    AT(c, "Rules.1", NULL);
    assert_non_null(
        strstr(arn_at(c, "Rules.0.RuleArn"), ":listener-rule/app/"));
    assert_int_equal(c->config->listeners[0]->nrules, 2);
    assert_int_equal(c->config->listeners[0]->rules[0].priority, 7);
    assert_int_equal(c->config->listeners[0]->rules[0].created_ms,
                     1700000000000);
}

static void test_several_groups_read_back_as_a_config_alone(void **state)
{
    struct calls *c = *state;

    MUST(c, ACTIONS, "CreateRule",
         ON AT_1 ANY
         "Actions: [{Type: forward, Order: 3, ForwardConfig: {TargetGroups: "
         "[{TargetGroupArn: $Blue, Weight: 90}, {TargetGroupArn: $Green, "
         "Weight: 10}], TargetGroupStickinessConfig: {Enabled: true, "
         "DurationSeconds: 60}}}]");
    AT(c, "Rules.0.Actions.0.TargetGroupArn", NULL);
    AT(c, "Rules.0.Actions.0.Order", "3");
    AT(c, "Rules.0.Actions.0.ForwardConfig.TargetGroups.1.Weight", "10");
    AT(c, "Rules.0.Actions.0.ForwardConfig.TargetGroupStickinessConfig.Enabled",
       "true");
    AT(c,
       "Rules.0.Actions.0.ForwardConfig.TargetGroupStickinessConfig."
       "DurationSeconds",
       "60");
}

static void test_every_condition_reads_back(void **state)
{
    struct calls *c = *state;

    MUST(c, ACTIONS, "CreateRule",
         ON AT_1
         "Conditions: [{Field: host-header, HostHeaderConfig: {Values: "
         "[a.example.com]}}, {Field: http-header, HttpHeaderConfig: "
         "{HttpHeaderName: X-A, Values: [b]}}, {Field: http-request-method, "
         "HttpRequestMethodConfig: {Values: [GET]}}, {Field: query-string, "
         "QueryStringConfig: {Values: [{Value: v}]}}, {Field: source-ip, "
         "SourceIpConfig: {Values: [10.0.0.0/8]}}], " TO_BLUE);
    AT(c, "Rules.0.Conditions.0.Values.0", "a.example.com");
    AT(c, "Rules.0.Conditions.0.HostHeaderConfig.Values.0", "a.example.com");
    AT(c, "Rules.0.Conditions.1.Values", NULL);
    AT(c, "Rules.0.Conditions.1.HttpHeaderConfig.HttpHeaderName", "X-A");
    AT(c, "Rules.0.Conditions.1.HttpHeaderConfig.Values.0", "b");
    AT(c, "Rules.0.Conditions.2.HttpRequestMethodConfig.Values.0", "GET");
    AT(c, "Rules.0.Conditions.3.QueryStringConfig.Values.0.Value", "v");
    AT(c, "Rules.0.Conditions.3.QueryStringConfig.Values.0.Key", NULL);
    AT(c, "Rules.0.Conditions.4.SourceIpConfig.Values.0", "10.0.0.0/8");
    MUST(c, ACTIONS, "CreateRule",
         ON "Priority: 2, Conditions: [{Field: path-pattern, "
            "PathPatternConfig: {RegexValues: ['^/v[0-9]+/']}}, {Field: "
            "query-string, QueryStringConfig: {Values: [{Key: k, Value: "
            "v}]}}], " TO_BLUE);
    AT(c, "Rules.0.Conditions.0.Values", NULL);
    AT(c, "Rules.0.Conditions.0.PathPatternConfig.RegexValues.0", "^/v[0-9]+/");
    AT(c, "Rules.0.Conditions.1.QueryStringConfig.Values.0.Key", "k");
}

/* Clients that copy a rule send what they were shown. */
static void test_what_was_shown_can_be_sent_again(void **state)
{
    struct calls *c = *state;

    MUST(c, ACTIONS, "CreateRule",
         ON AT_1 "Conditions: [{Field: path-pattern, Values: [/a, /b], "
                 "PathPatternConfig: {Values: [/a, /b]}}], Actions: [{Type: "
                 "forward, Order: 1, TargetGroupArn: $Blue, ForwardConfig: "
                 "{TargetGroups: [{TargetGroupArn: $Blue, Weight: 1}], "
                 "TargetGroupStickinessConfig: {Enabled: false}}}]");
    AT(c, "Rules.0.Conditions.0.Values.1", "/b");
    AT(c, "Rules.0.Conditions.0.Values.2", NULL);
}

/* Checklist 27. */
static void test_a_redirect_reads_back_with_its_keywords(void **state)
{
    struct calls *c = *state;

    MUST(c, ACTIONS, "CreateRule",
         ON AT_1 ANY "Actions: [{Type: redirect, RedirectConfig: {StatusCode: "
                     "HTTP_302, Protocol: HTTPS}}]");
    AT(c, "Rules.0.Actions.0.RedirectConfig.Protocol", "HTTPS");
    AT(c, "Rules.0.Actions.0.RedirectConfig.Host", "#{host}");
    AT(c, "Rules.0.Actions.0.RedirectConfig.Port", "#{port}");
    AT(c, "Rules.0.Actions.0.RedirectConfig.Path", "/#{path}");
    AT(c, "Rules.0.Actions.0.RedirectConfig.Query", "#{query}");
    AT(c, "Rules.0.Actions.0.RedirectConfig.StatusCode", "HTTP_302");
}

static void test_fixed_responses_and_transforms_read_back(void **state)
{
    struct calls *c = *state;

    MUST(c, ACTIONS, "CreateRule",
         ON AT_1 ANY
         "Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: "
         "503, ContentType: text/plain, MessageBody: down}}], Transforms: "
         "[{Type: url-rewrite, UrlRewriteConfig: {Rewrites: [{Regex: a, "
         "Replace: b}]}}, {Type: host-header-rewrite, "
         "HostHeaderRewriteConfig: {Rewrites: [{Regex: c, Replace: ''}]}}]");
    AT(c, "Rules.0.Actions.0.FixedResponseConfig.StatusCode", "503");
    AT(c, "Rules.0.Actions.0.FixedResponseConfig.ContentType", "text/plain");
    AT(c, "Rules.0.Actions.0.FixedResponseConfig.MessageBody", "down");
    AT(c, "Rules.0.Transforms.0.Type", "url-rewrite");
    AT(c, "Rules.0.Transforms.0.UrlRewriteConfig.Rewrites.0.Regex", "a");
    AT(c, "Rules.0.Transforms.0.UrlRewriteConfig.Rewrites.0.Replace", "b");
    AT(c, "Rules.0.Transforms.1.HostHeaderRewriteConfig.Rewrites.0.Replace",
       "");
    MUST(c, ACTIONS, "CreateRule",
         ON "Priority: 2, " ANY "Actions: [" FIXED(204) "]");
    AT(c, "Rules.0.Actions.0.FixedResponseConfig.MessageBody", NULL);
    AT(c, "Rules.0.Actions.0.FixedResponseConfig.ContentType", NULL);
}

/* Checklist 37. */
static void test_the_secret_of_a_client_is_kept_and_never_shown(void **state)
{
    struct calls *c = *state;
    const char *arn;
    const struct config_rule *rule;

    MUST(c, ACTIONS, "CreateRule",
         SAFE AT_1 ANY "Actions: [{Type: authenticate-oidc, Order: 1, "
                       "AuthenticateOidcConfig: {" OIDC
                       ", ClientSecret: hidden}}, {Type: forward, Order: 2, "
                       "TargetGroupArn: $Blue}]");
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.ClientSecret", NULL);
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.ClientId", "id");
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.SessionCookieName",
       "AWSELBAuthSessionCookie");
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.Scope", "openid");
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.SessionTimeout", "604800");
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.OnUnauthenticatedRequest",
       "authenticate");
    arn = arn_at(c, "Rules.0.RuleArn");
    MUST(c, ACTIONS, "ModifyRule",
         "RuleArn: '%s', Actions: [{Type: authenticate-oidc, Order: 1, "
         "AuthenticateOidcConfig: {" OIDC
         ", UseExistingClientSecret: true, Scope: email}}, {Type: forward, "
         "Order: 2, TargetGroupArn: $Green}]",
         arn);
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.ClientSecret", NULL);
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.UseExistingClientSecret",
       NULL);
    AT(c, "Rules.0.Actions.0.AuthenticateOidcConfig.Scope", "email");
    rule = &c->config->listeners[1]->rules[0];
    assert_true(str_eq(member_text(rule->actions[0].properties, "ClientSecret"),
                       STR("hidden")));
}

static void test_secrets_are_given_or_kept(void **state)
{
    struct calls *c = *state;
    const char *arn;

#define LOGIN(more)                                                            \
    "Actions: [{Type: authenticate-oidc, Order: 1, AuthenticateOidcConfig: "   \
    "{" OIDC more "}}, {Type: forward, Order: 2, TargetGroupArn: $Blue}]"
    REFUSES(c, "InvalidLoadBalancerAction",
            "You must either specify a client secret or set", ACTIONS,
            "CreateRule", SAFE AT_1 ANY LOGIN(""));
    REFUSES(c, "InvalidLoadBalancerAction",
            "You cannot both specify a client secret and set "
            "UseExistingClientSecret to true",
            ACTIONS, "CreateRule",
            SAFE AT_1 ANY LOGIN(
                ", ClientSecret: s, UseExistingClientSecret: true"));
    REFUSES(c, "InvalidLoadBalancerAction",
            "You cannot set UseExistingClientSecret to true", ACTIONS,
            "CreateRule",
            SAFE AT_1 ANY LOGIN(", UseExistingClientSecret: "
                                "true"));
    MUST(c, ACTIONS, "CreateRule", SAFE AT_1 ANY TO_BLUE);
    arn = arn_at(c, "Rules.0.RuleArn");
    REFUSES(c, "InvalidLoadBalancerAction",
            "You cannot set UseExistingClientSecret to true", ACTIONS,
            "ModifyRule",
            "RuleArn: '%s', " LOGIN(", UseExistingClientSecret: "
                                    "true"),
            arn);
#undef LOGIN
}

static void test_logins_of_cognito_and_tokens_read_back(void **state)
{
    struct calls *c = *state;

    MUST(c, ACTIONS, "CreateRule",
         SAFE AT_1 ANY
         "Actions: [{Type: authenticate-cognito, Order: 1, "
         "AuthenticateCognitoConfig: {UserPoolArn: arn:aws:cognito-idp:x, "
         "UserPoolClientId: id, UserPoolDomain: d, "
         "AuthenticationRequestExtraParams: {display: page}}}, {Type: "
         "jwt-validation, Order: 2, JwtValidationConfig: {JwksEndpoint: "
         "https://j.test, Issuer: https://i.test, AdditionalClaims: [{Format: "
         "single-string, Name: aud, Values: [a]}]}}, {Type: forward, Order: "
         "3, TargetGroupArn: $Blue}]");
    AT(c, "Rules.0.Actions.0.AuthenticateCognitoConfig.UserPoolDomain", "d");
    AT(c,
       "Rules.0.Actions.0.AuthenticateCognitoConfig."
       "AuthenticationRequestExtraParams.display",
       "page");
    AT(c, "Rules.0.Actions.0.AuthenticateCognitoConfig.Scope", "openid");
    AT(c, "Rules.0.Actions.1.JwtValidationConfig.JwksEndpoint",
       "https://j.test");
    AT(c, "Rules.0.Actions.1.JwtValidationConfig.AdditionalClaims.0.Values.0",
       "a");
    AT(c, "Rules.0.Actions.2.Type", "forward");
}

/* ---- what CreateRule refuses -------------------------------------------------------- */

struct refused {
    const char *code;
    const char *begin;
    const char *input;
};

static void check_refused(struct calls *c, const struct refused *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        REFUSES(c, rows[i].code, rows[i].begin, ACTIONS, "CreateRule", "%s",
                rows[i].input);
    assert_int_equal(c->config->listeners[0]->nrules, 1);
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void test_what_a_rule_needs(void **state)
{
    static const struct refused rows[] = {
        {"ListenerNotFound", "One or more listeners not found",
         "ListenerArn: 'arn:aws:elasticloadbalancing:us-east-1:000000000000:"
         "listener/app/Lb/0123456789abcdef/0123456789abcdef', " AT_1 ANY
             TO_BLUE},
        {"UnsupportedProtocol", "Listener 'arn:aws:",
         "ListenerArn: 'arn:aws:elasticloadbalancing:us-east-1:000000000000:"
         "listener/net/Lb/0123456789abcdef/0123456789abcdef', " AT_1 ANY
             TO_BLUE},
        {"ValidationError", "'Web' is not a valid listener ARN",
         "ListenerArn: Web, " AT_1 ANY TO_BLUE},
        {"ValidationError",
         "1 validation error detected: Value null at 'priority'",
         ON ANY TO_BLUE},
        {"ValidationError",
         "1 validation error detected: Value '50001' at 'priority'",
         ON "Priority: 50001, " ANY TO_BLUE},
        {"ValidationError",
         "1 validation error detected: Value 'go' at 'actions.1.member.type' "
         "failed to satisfy constraint: Member must satisfy enum value set: [",
         ON AT_1 ANY "Actions: [{Type: go}]"},
        {"ValidationError", "At least one action must be specified",
         ON AT_1 ANY "Actions: []"},
        {"ValidationError", "At least one condition must be specified",
         ON AT_1 "Conditions: [], " TO_BLUE},
        {"DuplicateTagKeys", "",
         ON AT_1 ANY TO_BLUE ", Tags: [{Key: a}, {Key: a}]"},
    };

    check_refused(*state, rows, COUNT(rows));
}

static void test_what_conditions_are_refused(void **state)
{
    static const struct refused rows[] = {
        {"ValidationError",
         "Condition field 'path' must be one of '[path-pattern,host-header,"
         "http-header,http-request-method,query-string,source-ip]'",
         ON AT_1 "Conditions: [{Field: path, Values: [/a]}], " TO_BLUE},
        {"ValidationError", "A condition field must be specified",
         ON AT_1 "Conditions: [{Values: [/a]}], " TO_BLUE},
        {"ValidationError", "A condition value must be specified",
         ON AT_1 "Conditions: [{Field: path-pattern, Values: []}], " TO_BLUE},
        {"ValidationError", "A rule can only have '5' condition values",
         ON AT_1 "Conditions: [{Field: path-pattern, PathPatternConfig: "
                 "{Values: [/1, /2, /3]}}, {Field: host-header, Values: [a.b, "
                 "c.d, e.f]}], " TO_BLUE},
        {"ValidationError", "A rule can only have '5' condition wildcards",
         ON AT_1
         "Conditions: [{Field: path-pattern, Values: ['/*?*?*?']}], " TO_BLUE},
        {"ValidationError", "rule ",
         ON AT_1 "Conditions: [{Field: path-pattern, Values: [/a], "
                 "PathPatternConfig: {Values: [/b]}}], " TO_BLUE},
        {"ValidationError", "rule ",
         ON AT_1
         "Conditions: [{Field: host-header, Values: [nodot]}], " TO_BLUE},
    };

    check_refused(*state, rows, COUNT(rows));
}

static void test_what_actions_are_refused(void **state)
{
    static const struct refused rows[] = {
        {"TargetGroupNotFound", "Target groups 'arn:aws:x' not found",
         ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: arn:aws:x}]"},
        {"ValidationError", "A target group ARN must be specified",
         ON AT_1 ANY "Actions: [{Type: forward}]"},
        /* Checklist 28. */
        {"TargetGroupAssociationLimit",
         "The following target groups cannot be associated with more than one "
         "load balancer: arn:aws:elasticloadbalancing:",
         ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: $Theirs}]"},
        {"IncompatibleProtocols",
         "Listener protocol 'HTTP' is not supported with a target group with "
         "the protocol-version 'GRPC'",
         ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: $Grpc}]"},
        {"IncompatibleProtocols",
         "Listener protocol 'HTTP' is not supported with a target group with "
         "the protocol-version 'HTTP2'",
         ON AT_1 ANY "Actions: [{Type: forward, ForwardConfig: {TargetGroups: "
                     "[{TargetGroupArn: $H2}]}}]"},
        {"InvalidConfigurationRequest",
         "A target group with IP address type 'ipv6' cannot be associated with "
         "a load balancer with IP address type 'ipv4'",
         ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: $V6}]"},
        {"InvalidLoadBalancerAction",
         "For actions of type 'redirect', you must specify the following "
         "fields: 'RedirectConfig'",
         ON AT_1 ANY "Actions: [{Type: redirect}]"},
        {"InvalidLoadBalancerAction",
         "For actions of type 'forward', you cannot specify the following "
         "fields: 'FixedResponseConfig'",
         ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: $Blue, "
                     "FixedResponseConfig: {StatusCode: 404}}]"},
        {"InvalidLoadBalancerAction",
         "For actions of type 'fixed-response', you cannot specify the "
         "following fields: 'TargetGroupArn'",
         ON AT_1 ANY "Actions: [{Type: fixed-response, TargetGroupArn: $Blue, "
                     "FixedResponseConfig: {StatusCode: 404}}]"},
        {"InvalidLoadBalancerAction",
         "The redirect configuration is not valid because it creates a loop.",
         ON AT_1 ANY "Actions: [{Type: redirect, RedirectConfig: {StatusCode: "
                     "HTTP_301, Port: 80}}]"},
        {"InvalidLoadBalancerAction",
         "The redirect configuration is not valid because it redirects",
         SAFE AT_1 ANY "Actions: [{Type: redirect, RedirectConfig: "
                       "{StatusCode: HTTP_301, Protocol: HTTP}}]"},
        {"InvalidLoadBalancerAction",
         "A rule must have exactly one action of type 'forward'",
         ON AT_1 ANY "Actions: [{Type: fixed-response, Order: 1, "
                     "FixedResponseConfig: {StatusCode: 404}}, {Type: forward, "
                     "Order: 2, TargetGroupArn: $Blue}]"},
        {"InvalidLoadBalancerAction",
         "Every action of a rule with several actions must have an order",
         ON AT_1 ANY "Actions: [" FIXED(404) ", " FIXED(404) "]"},
        {"InvalidLoadBalancerAction", "Order '1' was provided multiple times",
         ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: $Blue, Order: "
                     "1}, {Type: forward, TargetGroupArn: $Blue, Order: 1}]"},
        {"InvalidLoadBalancerAction",
         "A rule must have exactly one action of type 'forward'",
         SAFE AT_1 ANY "Actions: [{Type: forward, Order: 1, TargetGroupArn: "
                       "$Blue}, {Type: authenticate-cognito, Order: 2, "
                       "AuthenticateCognitoConfig: {UserPoolArn: a, "
                       "UserPoolClientId: b, UserPoolDomain: c}}]"},
        {"InvalidLoadBalancerAction",
         "The target group ARN and the forward configuration of an action "
         "must name the same target group",
         ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: $Blue, "
                     "ForwardConfig: {TargetGroups: [{TargetGroupArn: "
                     "$Green}]}}]"},
        {"UnsupportedProtocol",
         "Actions of type 'authenticate-cognito' are supported only on "
         "listeners with protocol 'HTTPS'",
         ON AT_1 ANY "Actions: [{Type: authenticate-cognito, Order: 1, "
                     "AuthenticateCognitoConfig: {UserPoolArn: a, "
                     "UserPoolClientId: b, UserPoolDomain: c}}, {Type: "
                     "forward, Order: 2, TargetGroupArn: $Blue}]"},
        {"TooManyActions", "A rule can only have '5' actions",
         ON AT_1 ANY "Actions: [" FIXED(404) "," FIXED(404) "," FIXED(
             404) "," FIXED(404) "," FIXED(404) "," FIXED(404) "]"},
        {"ValidationError", "A weight must be specified for every",
         ON AT_1 ANY "Actions: [{Type: forward, ForwardConfig: {TargetGroups: "
                     "[{TargetGroupArn: $Blue, Weight: 1}, {TargetGroupArn: "
                     "$Green}]}}]"},
        {"ValidationError", "A duration must be specified when",
         ON AT_1 ANY "Actions: [{Type: forward, ForwardConfig: {TargetGroups: "
                     "[{TargetGroupArn: $Blue}], TargetGroupStickinessConfig: "
                     "{Enabled: true}}}]"},
        {"TooManyTargetGroups",
         "An action of type 'forward' can only have '5' target groups",
         ON AT_1 ANY "Actions: [{Type: forward, ForwardConfig: {TargetGroups: "
                     "[{TargetGroupArn: $Blue, Weight: 1}, {TargetGroupArn: "
                     "a, Weight: 1}, {TargetGroupArn: b, Weight: 1}, "
                     "{TargetGroupArn: c, Weight: 1}, {TargetGroupArn: d, "
                     "Weight: 1}, {TargetGroupArn: e, Weight: 1}]}}]"},
    };

    check_refused(*state, rows, COUNT(rows));
}

/* Checklist 22. */
static void test_a_priority_belongs_to_one_rule(void **state)
{
    struct calls *c = *state;

    make(c, 40);
    REFUSES(c, "PriorityInUse", "Priority '40' is currently in use", ACTIONS,
            "CreateRule", ON "Priority: 40, " ANY TO_BLUE);
    MUST(c, ACTIONS, "CreateRule", SAFE "Priority: 40, " ANY TO_BLUE);
}

/* ---- quotas -------------------------------------------------------------------------- */

static void with_quota(struct calls *c, const char *quota)
{
    struct error error;

    calls_end(c);
    *c = (struct calls){.account = NULL};
    if (!quota_set(&c->local.quotas, quota, &error))
        fail_msg("%s", error.text);
    calls_begin(c, ACCOUNT);
}

/* Checklist 29. */
static void test_rules_of_a_load_balancer_have_a_quota(void **state)
{
    struct calls *c = *state;

    with_quota(c, "rules-per-application-load-balancer=2");
    make(c, 1);
    MUST(c, ACTIONS, "CreateRule", SAFE AT_1 ANY TO_BLUE);
    REFUSES(c, "TooManyRules",
            "The maximum number of rules on load balancer arn:aws:", ACTIONS,
            "CreateRule", ON "Priority: 3, " ANY TO_BLUE);
}

static void test_groups_of_a_load_balancer_have_a_quota(void **state)
{
    struct calls *c = *state;
    const char *arn;

    with_quota(c, "target-groups-per-application-load-balancer=1");
    arn = make(c, 1);
    make(c, 2);
    REFUSES(c, "TooManyUniqueTargetGroupsPerLoadBalancer",
            "You have reached the maximum number of unique target groups that "
            "you can associate with a load balancer of type 'application': [1]",
            ACTIONS, "CreateRule",
            ON "Priority: 3, " ANY
               "Actions: [{Type: forward, TargetGroupArn: $Green}]");
    REFUSES(c, "TooManyUniqueTargetGroupsPerLoadBalancer", "", ACTIONS,
            "ModifyRule",
            "RuleArn: '%s', Actions: [{Type: forward, TargetGroupArn: $Green}]",
            arn);
}

/* A rule that lets go of a group makes room for another one. */
static void test_a_group_can_take_the_place_of_the_last_one(void **state)
{
    struct calls *c = *state;

    with_quota(c, "target-groups-per-application-load-balancer=1");
    MUST(c, ACTIONS, "ModifyRule",
         "RuleArn: '%s', Actions: [{Type: forward, TargetGroupArn: $Green}]",
         make(c, 1));
}

static const char crowded[] =
    "Lb: {Type: LB},\n"
    "A: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: ip, "
    "Targets: [{Id: 10.0.0.1, Port: 1}, {Id: 10.0.0.1, Port: 2}]}},\n"
    "B: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: ip, "
    "Targets: [{Id: 10.0.0.1, Port: 3}]}},\n"
    "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, Protocol: "
    "HTTP, DefaultActions: [{Type: forward, TargetGroupArn: @A}]}}";

/* A rule that forwards to A already is not told to forward to B. */
static void check_modified(struct calls *c, const char *code)
{
    MUST(c, ACTIONS, "CreateRule",
         ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: $A}]");
    REFUSES(c, code, "", ACTIONS, "ModifyRule",
            "RuleArn: '%s', Actions: [{Type: forward, TargetGroupArn: $B}]",
            arn_at(c, "Rules.0.RuleArn"));
}

static void test_targets_of_a_load_balancer_have_quotas(void **state)
{
    static const char input[] =
        ON AT_1 ANY "Actions: [{Type: forward, TargetGroupArn: $B}]";
    struct calls *c = *state;
    struct error error;

    calls_end(c);
    *c = (struct calls){.account = NULL};
    assert_true(quota_set(&c->local.quotas,
                          "targets-per-application-load-balancer=2", &error));
    calls_begin(c, crowded);
    REFUSES(c, "TooManyTargets",
            "The maximum number of targets per load balancer '2' has been "
            "reached on load balancer 'arn:aws:",
            ACTIONS, "CreateRule", "%s", input);
    check_modified(c, "TooManyTargets");
    calls_end(c);
    *c = (struct calls){.account = NULL};
    assert_true(quota_set(
        &c->local.quotas,
        "target-id-registrations-per-application-load-balancer=2", &error));
    calls_begin(c, crowded);
    REFUSES(c, "TooManyRegistrationsForTargetId",
            "The target '10.0.0.1' cannot be registered more than '2' times",
            ACTIONS, "CreateRule", "%s", input);
    check_modified(c, "TooManyRegistrationsForTargetId");
}

/* ---- DescribeRules ---------------------------------------------------------------------- */

/* Checklist 6, 23. */
static void test_rules_are_listed_by_priority_in_pages(void **state)
{
    struct calls *c = *state;
    const char *marker;

    make(c, 20);
    make(c, 3);
    MUST(c, ACTIONS, "DescribeRules", ON "PageSize: 2");
    AT(c, "Rules.0.Priority", "3");
    AT(c, "Rules.1.Priority", "20");
    AT(c, "Rules.2", NULL);
    marker = arn_at(c, "NextMarker");
    MUST(c, ACTIONS, "DescribeRules", ON "PageSize: 2, Marker: '%s'", marker);
    AT(c, "Rules.0.Priority", "default");
    AT(c, "Rules.0.IsDefault", "true");
    AT(c, "Rules.0.Conditions", "");
    AT(c, "Rules.0.Conditions.0", NULL);
    AT(c, "Rules.1", NULL);
    AT(c, "NextMarker", NULL);
}

static void test_rules_are_found_by_their_arns(void **state)
{
    struct calls *c = *state;
    const char *a = make(c, 20);
    const char *b = make(c, 3);

    MUST(c, ACTIONS, "DescribeRules", "RuleArns: ['%s', '%s', '%s']", a, b,
         default_rule(c));
    AT(c, "Rules.0.Priority", "20");
    AT(c, "Rules.1.Priority", "3");
    AT(c, "Rules.2.Priority", "default");
    REFUSES(c, "RuleNotFound", "One or more rules not found", ACTIONS,
            "DescribeRules", "RuleArns: ['%s0']", a);
    REFUSES(c, "ValidationError", "'R' is not a valid listener rule ARN",
            ACTIONS, "DescribeRules", "RuleArns: [R]");
    REFUSES(c, "ValidationError",
            "You must specify either listener rule ARNs or a listener ARN",
            ACTIONS, "DescribeRules", "PageSize: 3");
    REFUSES(c, "ValidationError",
            "You must specify either listener rule ARNs or a listener ARN",
            ACTIONS, "DescribeRules", ON "RuleArns: ['%s']", a);
    REFUSES(c, "ListenerNotFound", "One or more listeners not found", ACTIONS,
            "DescribeRules",
            "ListenerArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:listener/app/a/b/c'");
    REFUSES(c, "UnsupportedProtocol", "Listener 'arn:aws:", ACTIONS,
            "DescribeRules",
            "ListenerArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:listener/net/a/b/c'");
}

/* ---- ModifyRule ---------------------------------------------------------------------------- */

static void test_what_is_not_given_stays_as_it_is(void **state)
{
    struct calls *c = *state;
    const char *arn;

    MUST(c, ACTIONS, "CreateRule",
         ON "Priority: 5, " ANY TO_BLUE
            ", Transforms: [{Type: url-rewrite, UrlRewriteConfig: {Rewrites: "
            "[{Regex: a, Replace: b}]}}], Tags: [{Key: k, Value: v}]");
    arn = arn_at(c, "Rules.0.RuleArn");
    MUST(c, ACTIONS, "ModifyRule",
         "RuleArn: '%s', Conditions: [{Field: host-header, Values: [a.b]}]",
         arn);
    AT(c, "Rules.0.RuleArn", arn);
    AT(c, "Rules.0.Priority", "5");
    AT(c, "Rules.0.Conditions.0.Field", "host-header");
    AT(c, "Rules.0.Conditions.1", NULL);
    AT(c, "Rules.0.Actions.0.TargetGroupArn", calls_arn(c, STR("Blue")).p);
    AT(c, "Rules.0.Transforms.0.Type", "url-rewrite");
    MUST(c, ACTIONS, "ModifyRule", "RuleArn: '%s', Actions: [" FIXED(404) "]",
         arn);
    AT(c, "Rules.0.Conditions.0.Field", "host-header");
    AT(c, "Rules.0.Actions.0.Type", "fixed-response");
    AT(c, "Rules.0.Actions.1", NULL);
    MUST(c, ACTIONS, "ModifyRule", "RuleArn: '%s', ResetTransforms: true", arn);
    AT(c, "Rules.0.Transforms.0", NULL);
    MUST(c, ACTIONS, "ModifyRule",
         "RuleArn: '%s', Transforms: [{Type: host-header-rewrite, "
         "HostHeaderRewriteConfig: {Rewrites: [{Regex: a, Replace: b}]}}]",
         arn);
    AT(c, "Rules.0.Transforms.0.Type", "host-header-rewrite");
    AT(c, "Rules.0.Transforms.1", NULL);
}

static void test_what_is_said_again_changes_nothing(void **state)
{
    struct calls *c = *state;
    const char *arn = make(c, 1);

    MUST(c, ACTIONS, "ModifyRule", "RuleArn: '%s', " ANY TO_BLUE, arn);
    assert_null(c->call.edit.first);
    AT(c, "Rules.0.RuleArn", arn);
    MUST(c, ACTIONS, "ModifyRule", "RuleArn: '%s', Actions: [" FIXED(404) "]",
         arn);
    assert_non_null(c->call.edit.first);
    assert_null(c->call.edit.first->next);
}

static void test_what_modify_rule_refuses(void **state)
{
    struct calls *c = *state;
    const char *arn = make(c, 1);

    REFUSES(c, "ValidationError",
            "Either conditions or actions must be specified", ACTIONS,
            "ModifyRule", "RuleArn: '%s'", arn);
    REFUSES(c, "ValidationError",
            "You cannot specify both Transforms and ResetTransforms", ACTIONS,
            "ModifyRule",
            "RuleArn: '%s', ResetTransforms: true, Transforms: [{Type: "
            "url-rewrite, UrlRewriteConfig: {Rewrites: [{Regex: a, Replace: "
            "b}]}}]",
            arn);
    REFUSES(c, "RuleNotFound", "One or more rules not found", ACTIONS,
            "ModifyRule", "RuleArn: '%s0', " TO_BLUE, arn);
    /* Checklist 24. */
    REFUSES(c, "OperationNotPermitted", "Default rule 'arn:aws:", ACTIONS,
            "ModifyRule", "RuleArn: '%s', " TO_BLUE, default_rule(c));
    REFUSES(c, "TargetGroupAssociationLimit", "", ACTIONS, "ModifyRule",
            "RuleArn: '%s', Actions: [{Type: forward, TargetGroupArn: "
            "$Theirs}]",
            arn);
}

static void test_what_actions_modify_rule_refuses(void **state)
{
    static const struct {
        const char *code;
        const char *action;
    } rows[] = {
        {"TargetGroupNotFound", "{Type: forward, TargetGroupArn: x}"},
        {"IncompatibleProtocols", "{Type: forward, TargetGroupArn: $H2}"},
        {"UnsupportedProtocol",
         "{Type: authenticate-cognito, Order: 1, AuthenticateCognitoConfig: "
         "{UserPoolArn: a, UserPoolClientId: b, UserPoolDomain: c}}, {Type: "
         "forward, Order: 2, TargetGroupArn: $Blue}"},
        {"TooManyActions", FIXED(404) "," FIXED(404) "," FIXED(404) "," FIXED(
                               404) "," FIXED(404) "," FIXED(404)},
        {"InvalidLoadBalancerAction", "{Type: redirect}"},
    };
    struct calls *c = *state;
    const char *arn = make(c, 1);

    for (size_t i = 0; i < COUNT(rows); i++)
        REFUSES(c, rows[i].code, "", ACTIONS, "ModifyRule",
                "RuleArn: '%s', Actions: [%s]", arn, rows[i].action);
}

/* ---- DeleteRule ------------------------------------------------------------------------------ */

/* Checklist 24. */
static void test_a_rule_is_deleted_and_a_default_rule_is_not(void **state)
{
    struct calls *c = *state;
    const char *arn = make(c, 1);

    MUST(c, ACTIONS, "DeleteRule", "RuleArn: '%s'", arn);
    assert_null(c->call.result);
    assert_int_equal(c->config->listeners[0]->nrules, 1);
    REFUSES(c, "RuleNotFound", "One or more rules not found", ACTIONS,
            "DeleteRule", "RuleArn: '%s'", arn);
    REFUSES(c, "OperationNotPermitted", "Default rule 'arn:aws:", ACTIONS,
            "DeleteRule", "RuleArn: '%s'", default_rule(c));
}

/* ---- SetRulePriorities -------------------------------------------------------------------------- */

/* Checklist 22. */
static void test_rules_change_places_at_once(void **state)
{
    struct calls *c = *state;
    const char *a = make(c, 1);
    const char *b = make(c, 2);
    const char *other = make(c, 3);

    MUST(c, ACTIONS, "SetRulePriorities",
         "RulePriorities: [{RuleArn: '%s', Priority: 2}, {RuleArn: '%s', "
         "Priority: 1}]",
         a, b);
    AT(c, "Rules.0.RuleArn", a);
    AT(c, "Rules.0.Priority", "2");
    AT(c, "Rules.1.RuleArn", b);
    AT(c, "Rules.1.Priority", "1");
    AT(c, "Rules.2", NULL);
    assert_string_equal(c->config->listeners[0]->rules[0].arn.p, b);
    assert_string_equal(c->config->listeners[0]->rules[1].arn.p, a);
    assert_string_equal(c->config->listeners[0]->rules[2].arn.p, other);
    /* Into the place that another one leaves. */
    MUST(c, ACTIONS, "SetRulePriorities",
         "RulePriorities: [{RuleArn: '%s', Priority: 3}, {RuleArn: '%s', "
         "Priority: 50000}]",
         b, other);
    assert_string_equal(c->config->listeners[0]->rules[1].arn.p, b);
}

static void test_rules_that_would_clash_all_stay(void **state)
{
    struct calls *c = *state;
    const char *a = make(c, 1);
    const char *b = make(c, 2);

    make(c, 3);
    REFUSES(c, "PriorityInUse", "Priority '3' is currently in use", ACTIONS,
            "SetRulePriorities",
            "RulePriorities: [{RuleArn: '%s', Priority: 9}, {RuleArn: '%s', "
            "Priority: 3}]",
            a, b);
    REFUSES(c, "ValidationError", "Priority '9' was provided multiple times",
            ACTIONS, "SetRulePriorities",
            "RulePriorities: [{RuleArn: '%s', Priority: 9}, {RuleArn: '%s', "
            "Priority: 9}]",
            a, b);
    REFUSES(c, "ValidationError", "Rule 'arn:aws:", ACTIONS,
            "SetRulePriorities",
            "RulePriorities: [{RuleArn: '%s', Priority: 8}, {RuleArn: '%s', "
            "Priority: 9}]",
            a, a);
    REFUSES(c, "OperationNotPermitted",
            "The priority of default rule 'arn:", ACTIONS, "SetRulePriorities",
            "RulePriorities: [{RuleArn: '%s', Priority: 9}]", default_rule(c));
    REFUSES(c, "RuleNotFound", "One or more rules not found", ACTIONS,
            "SetRulePriorities",
            "RulePriorities: [{RuleArn: '%s', Priority: 7}, {RuleArn: '%s0', "
            "Priority: 9}]",
            a, b);
    REFUSES(c, "ValidationError", "At least one rule priority", ACTIONS,
            "SetRulePriorities", "RulePriorities: []");
    REFUSES(c, "ValidationError", "A rule priority must be specified", ACTIONS,
            "SetRulePriorities", "RulePriorities: [{RuleArn: '%s'}]", a);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(c->config->listeners[0]->rules[i].priority, i + 1);
}

static void test_what_stays_in_its_place_changes_nothing(void **state)
{
    struct calls *c = *state;
    const char *a = make(c, 1);

    MUST(c, ACTIONS, "SetRulePriorities",
         "RulePriorities: [{RuleArn: '%s', Priority: 1}]", a);
    assert_null(c->call.edit.first);
    AT(c, "Rules.0.Priority", "1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_rule_reads_back_in_normal_form),
        TEST(test_several_groups_read_back_as_a_config_alone),
        TEST(test_every_condition_reads_back),
        TEST(test_what_was_shown_can_be_sent_again),
        TEST(test_a_redirect_reads_back_with_its_keywords),
        TEST(test_fixed_responses_and_transforms_read_back),
        TEST(test_the_secret_of_a_client_is_kept_and_never_shown),
        TEST(test_secrets_are_given_or_kept),
        TEST(test_logins_of_cognito_and_tokens_read_back),
        TEST(test_what_a_rule_needs),
        TEST(test_what_conditions_are_refused),
        TEST(test_what_actions_are_refused),
        TEST(test_a_priority_belongs_to_one_rule),
        TEST(test_rules_of_a_load_balancer_have_a_quota),
        TEST(test_groups_of_a_load_balancer_have_a_quota),
        TEST(test_a_group_can_take_the_place_of_the_last_one),
        TEST(test_targets_of_a_load_balancer_have_quotas),
        TEST(test_rules_are_listed_by_priority_in_pages),
        TEST(test_rules_are_found_by_their_arns),
        TEST(test_what_is_not_given_stays_as_it_is),
        TEST(test_what_is_said_again_changes_nothing),
        TEST(test_what_modify_rule_refuses),
        TEST(test_what_actions_modify_rule_refuses),
        TEST(test_a_rule_is_deleted_and_a_default_rule_is_not),
        TEST(test_rules_change_places_at_once),
        TEST(test_rules_that_would_clash_all_stay),
        TEST(test_what_stays_in_its_place_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
