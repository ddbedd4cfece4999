/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

static void
test_scalars_may_be_written_as_CloudFormation_takes_them(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Lb: {Type: LB},\n"
        "Tg: {Type: TG, Properties: {Port: '8080', Protocol: HTTP, "
        "HealthyThresholdCount: '3', Matcher: {HttpCode: 204}}},\n"
        "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: '80', "
        "Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: @Tg, "
        "Order: '1', ForwardConfig: {TargetGroups: [{TargetGroupArn: @Tg, "
        "Weight: '7'}], TargetGroupStickinessConfig: {Enabled: 'True', "
        "DurationSeconds: '60'}}}]}}");
    const struct config_action *action =
        config_rule_action(&config->listeners[0]->rules[0]);

    (void)state;
    assert_int_equal(config->groups[0]->port, 8080);
    assert_int_equal(config->groups[0]->health.healthy_threshold, 3);
    assert_string_equal(config->groups[0]->health.matcher.p, "204");
    assert_int_equal(config->listeners[0]->port, 80);
    assert_int_equal(action->u.forward.groups[0].weight, 7);
    assert_true(action->u.forward.sticky);
    assert_int_equal(action->u.forward.sticky_ms, 60000);
    config_release(config);
}

static void test_what_nobody_reads_may_be_unknown(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Lb: {Type: LB, Properties: {Name: ?a?, Subnets: [?a?, ?b?], "
        "SecurityGroups: ?c?, Tags: [{Key: ?d?, Value: ?e?}], "
        "LoadBalancerAttributes: [{Key: access_logs.s3.enabled, Value: true}, "
        "{Key: access_logs.s3.bucket, Value: ?Bucket?}]}},\n"
        "Tg: {Type: TG, Properties: {Name: ?f?, VpcId: ?g?, Port: 80, "
        "Protocol: HTTP, Tags: ?h?}}");

    (void)state;
    assert_string_equal(config->load_balancers[0]->name.p, "Lb");
    assert_string_equal(config->groups[0]->name.p, "Tg");
    assert_true(config->load_balancers[0]->attributes.access_logs.enabled);
    config_release(config);
}

/* What it was meant to be is not said to be missing as well. */
static void test_a_misspelled_property_is_one_error(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, ^Protcol: HTTP, DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web has no property \"Protcol\"",
         "did you mean \"Protocol\"?"},
        {"Lb: {Type: LB},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, Protocol: HTTP, DefaultActions: [{Type: forward, "
         "^TargetGroupARN: x}]}}",
         "listener Web: DefaultActions[0] has no property \"TargetGroupARN\"",
         "did you mean \"TargetGroupArn\"?"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_a_name_near_a_known_one_is_an_error(void **state)
{
    static const struct fault faults[] = {
        {"^Protcol: HTTP", "listener Web has no property \"Protcol\"",
         "did you mean \"Protocol\"?"},
        {"^SSLPolicy: ELBSecurityPolicy-2016-08",
         "listener Web has no property \"SSLPolicy\"",
         "did you mean \"SslPolicy\"?"},
        {"MutualAuthentication: {^Modes: passthrough}",
         "listener Web: MutualAuthentication has no property \"Modes\"",
         "did you mean \"Mode\"?"},
        {"ListenerAttributes: [{^key: routing.http.response.server.enabled, "
         "Key: routing.http.response.server.enabled, Value: 'true'}]",
         "listener Web: ListenerAttributes[0] has no property \"key\"",
         "did you mean \"Key\"?"},
    };

    (void)state;
    CHECK_ERRORS(in_listener, faults);
}

static void test_another_unknown_name_is_doubtful(void **state)
{
    static const struct fault faults[] = {
        {"^Zebra: 1",
         "listener Web has no property \"Zebra\" that Sluice knows: it is "
         "ignored",
         "if AWS has it all is well; known here are LoadBalancerArn, "
         "DefaultActions, Port, Protocol, SslPolicy, Certificates, AlpnPolicy, "
         "MutualAuthentication, ListenerAttributes and Tags"},
        {"ListenerAttributes: [{Key: routing.http.response.server.enabled, "
         "Value: 'true', ^Zebra: 1}]",
         "listener Web: ListenerAttributes[0] has no property \"Zebra\" that "
         "Sluice knows: it is ignored",
         "if AWS has it all is well; known here are Key and Value"},
    };

    (void)state;
    CHECK_DOUBTS(in_listener, faults);
}

static void test_a_missing_property_is_named_with_an_example(void **state)
{
    static const struct fault faults[] = {
        {"^Tg: {Type: TG, Properties: {Port: 80}}",
         "target group Tg: Protocol is missing: a group of instances or "
         "addresses has one",
         "add Protocol: HTTP"},
        {"^Tg: {Type: TG, Properties: {Protocol: HTTP}}",
         "target group Tg: Port is missing: a group of instances or addresses "
         "has the port of its targets",
         "add Port: 80"},
        {"Lb: {Type: LB},\n^Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Protocol: HTTP, DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Port is missing", "add Port: 80"},
        {"Lb: {Type: LB},\n^Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Protocol is missing", "add Protocol: HTTP"},
        {"Lb: {Type: LB},\n^Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, Protocol: HTTP}}",
         "listener Web: DefaultActions is missing",
         "add DefaultActions: [{Type: forward, TargetGroupArn: !Ref "
         "TargetGroup}]"},
        {"^Web: {Type: LI, Properties: {Port: 80, Protocol: HTTP, "
         "DefaultActions: [{Type: fixed-response, FixedResponseConfig: "
         "{StatusCode: 404}}]}}",
         "listener Web: LoadBalancerArn is missing",
         "add LoadBalancerArn: !Ref LoadBalancer"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void
test_a_missing_property_of_a_structure_is_where_that_begins(void **state)
{
    static const struct fault faults[] = {
        {"^{Order: 1}", "listener Web: DefaultActions[0].Type is missing",
         "add Type: forward"},
        {"{Type: fixed-response, FixedResponseConfig: ^{ContentType: "
         "text/plain}}",
         "listener Web: DefaultActions[0].FixedResponseConfig.StatusCode is "
         "missing",
         "add StatusCode: \"404\""},
        {"{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: "
         "@Blue, Weight: 1}, ^{Weight: 2}]}}",
         "listener Web: "
         "DefaultActions[0].ForwardConfig.TargetGroups[1].TargetGroupArn is "
         "missing",
         "add TargetGroupArn: !Ref TargetGroup"},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_wrong_kinds_are_refused(void **state)
{
    static const struct fault faults[] = {
        {"{Type: ^[forward], TargetGroupArn: @Blue}",
         "listener Web: DefaultActions[0].Type must be a string, this is a "
         "list",
         "write Type: forward"},
        {"{Type: forward, TargetGroupArn: @Blue, Order: ^{a: 1}}",
         "listener Web: DefaultActions[0].Order must be a number, this is a "
         "map",
         "write Order: 1"},
        {"{Type: forward, TargetGroupArn: @Blue, Order: ^true}",
         "listener Web: DefaultActions[0].Order must be a number, this is true "
         "or false",
         "write Order: 1"},
        {"{Type: forward, ForwardConfig: ^5}",
         "listener Web: DefaultActions[0].ForwardConfig must be a map, this is "
         "a number",
         "write ForwardConfig: {TargetGroups: [{TargetGroupArn: !Ref "
         "TargetGroup}]}"},
        {"{Type: forward, ForwardConfig: {TargetGroups: ^{TargetGroupArn: "
         "@Blue}}}",
         "listener Web: DefaultActions[0].ForwardConfig.TargetGroups must be a "
         "list of maps, this is a map",
         "write it as a list: \"- \" in front of its first line, the other "
         "lines indented as far"},
        {"{Type: forward, ForwardConfig: {TargetGroups: ^Blue}}",
         "listener Web: DefaultActions[0].ForwardConfig.TargetGroups must be a "
         "list of maps, this is a string",
         "write it as a list, even of one: in brackets, or with \"- \" in "
         "front of it"},
        {"{Type: forward, TargetGroupArn: @Blue, ForwardConfig: {TargetGroups: "
         "[^Blue]}}",
         "listener Web: DefaultActions[0].ForwardConfig.TargetGroups[0] must "
         "be a map, this is a string",
         "write a map of TargetGroupArn and Weight"},
        {"{Type: forward, TargetGroupArn: @Blue, ForwardConfig: "
         "{TargetGroupStickinessConfig: {Enabled: ^yes please}}}",
         "listener Web: "
         "DefaultActions[0].ForwardConfig.TargetGroupStickinessConfig.Enabled "
         "is \"yes please\": it must be true or false",
         "write Enabled: true or Enabled: false"},
        {"{Type: forward, TargetGroupArn: @Blue, ForwardConfig: "
         "{TargetGroupStickinessConfig: {Enabled: ^1}}}",
         "listener Web: "
         "DefaultActions[0].ForwardConfig.TargetGroupStickinessConfig.Enabled "
         "must be true or false, this is a number",
         "write Enabled: true or Enabled: false"},
        {"{Type: forward, TargetGroupArn: ^null}",
         "listener Web: DefaultActions[0].TargetGroupArn has no value",
         "give it one, or leave it out"},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_numbers_have_a_range(void **state)
{
    static const struct fault faults[] = {
        {"{Type: forward, TargetGroupArn: @Blue, Order: ^0}",
         "listener Web: DefaultActions[0].Order is 0: it must be a whole "
         "number from 1 to 50000",
         "write Order: 1"},
        {"{Type: forward, TargetGroupArn: @Blue, Order: ^50001}",
         "listener Web: DefaultActions[0].Order is 50001: it must be a whole "
         "number from 1 to 50000",
         "write Order: 1"},
        {"{Type: forward, TargetGroupArn: @Blue, Order: ^-1}",
         "listener Web: DefaultActions[0].Order is -1: it must be a whole "
         "number from 1 to 50000",
         "write Order: 1"},
        {"{Type: forward, TargetGroupArn: @Blue, Order: ^'1.5'}",
         "listener Web: DefaultActions[0].Order is \"1.5\": it must be a whole "
         "number from 1 to 50000",
         "write Order: 1"},
        {"{Type: forward, TargetGroupArn: @Blue, Order: "
         "^'99999999999999999999'}",
         "listener Web: DefaultActions[0].Order is \"99999999999999999999\": "
         "it must be a whole number from 1 to 50000",
         "write Order: 1"},
        {"{Type: forward, TargetGroupArn: @Blue, Order: ^''}",
         "listener Web: DefaultActions[0].Order is \"\": it must be a whole "
         "number from 1 to 50000",
         "write Order: 1"},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_words_are_one_of_a_list(void **state)
{
    static const struct fault faults[] = {
        {"{Type: ^forwrd, TargetGroupArn: @Blue}",
         "listener Web: DefaultActions[0].Type cannot be \"forwrd\"",
         "did you mean \"forward\"?"},
        {"{Type: ^Forward, TargetGroupArn: @Blue}",
         "listener Web: DefaultActions[0].Type cannot be \"Forward\"",
         "did you mean \"forward\"?"},
        {"{Type: ^zzz, TargetGroupArn: @Blue}",
         "listener Web: DefaultActions[0].Type cannot be \"zzz\"",
         "write forward, redirect, fixed-response, authenticate-oidc, "
         "authenticate-cognito or jwt-validation"},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_lists_of_strings_are_lists_of_strings(void **state)
{
    static const struct fault faults[] = {
        {"{Field: path-pattern, Values: ^/a}",
         "rule Api: Conditions[0].Values must be a list of strings, this is a "
         "string",
         "write it as a list, even of one: in brackets, or with \"- \" in "
         "front of it"},
        {"{Field: path-pattern, Values: ^{a: b}}",
         "rule Api: Conditions[0].Values must be a list of strings, this is a "
         "map",
         "write it as a list: \"- \" in front of its first line, the other "
         "lines indented as far"},
        {"{Field: path-pattern, Values: [/a, ^[/b]]}",
         "rule Api: Conditions[0].Values[1] must be a string, this is a list",
         "write Values: [\"/api/*\"]"},
        {"{Field: path-pattern, Values: [^'']}",
         "rule Api: Conditions[0].Values[0] is empty",
         "write Values: [\"/api/*\"]"},
        {"{Field: path-pattern, Values: [^null]}",
         "rule Api: Conditions[0].Values[0] has no value",
         "give it one, or leave it out"},
        {"{Field: path-pattern, Values: [/a, ^?Thing (AWS::X::Y) exists only "
         "in AWS?]}",
         "rule Api: Conditions[0].Values[1] cannot be known here: Thing "
         "(AWS::X::Y) exists only in AWS",
         "write a literal value, or take it from a parameter and give that "
         "with --parameter Key=Value"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void
test_what_only_AWS_knows_is_an_error_where_it_is_needed(void **state)
{
    static const struct fault faults[] = {
        {"MutualAuthentication: {Mode: ^?Mode is a parameter without a "
         "default?}",
         "listener Web: MutualAuthentication.Mode cannot be known here: Mode "
         "is a parameter without a default",
         "write a literal value, or take it from a parameter and give that "
         "with --parameter Key=Value"},
    };

    (void)state;
    CHECK_ERRORS(in_listener, faults);
}

static void test_properties_that_are_no_map_are_refused(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB, Properties: ^[]}",
         "load balancer Lb: Properties must be a map, this is a list",
         "write Properties: {NAME: VALUE, ...}"},
        {"Lb: {Type: LB, Properties: ^text}",
         "load balancer Lb: Properties must be a map, this is a string",
         "write Properties: {NAME: VALUE, ...}"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_scalars_may_be_written_as_CloudFormation_takes_them),
        cmocka_unit_test(test_what_nobody_reads_may_be_unknown),
        cmocka_unit_test(test_a_misspelled_property_is_one_error),
        cmocka_unit_test(test_a_name_near_a_known_one_is_an_error),
        cmocka_unit_test(test_another_unknown_name_is_doubtful),
        cmocka_unit_test(test_a_missing_property_is_named_with_an_example),
        cmocka_unit_test(
            test_a_missing_property_of_a_structure_is_where_that_begins),
        cmocka_unit_test(test_wrong_kinds_are_refused),
        cmocka_unit_test(test_numbers_have_a_range),
        cmocka_unit_test(test_words_are_one_of_a_list),
        cmocka_unit_test(test_lists_of_strings_are_lists_of_strings),
        cmocka_unit_test(
            test_what_only_AWS_knows_is_an_error_where_it_is_needed),
        cmocka_unit_test(test_properties_that_are_no_map_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
