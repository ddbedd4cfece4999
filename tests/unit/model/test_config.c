/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"
#include "values.h"

static struct config *build(const char *text, const char *stack,
                            const struct local *local, struct report *report)
{
    struct region region = {NULL};
    struct place mark;
    struct config *config = config_build(values_parse(&region, text, &mark),
                                         str_of(stack), local, report);

    region_end(&region); /* the config must not need it */
    return config;
}

static const char small[] =
    "Lb: {Type: LB},\n"
    "Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: ip, "
    "Targets: [{Id: 127.0.0.1}]}},\n"
    "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, Protocol: "
    "HTTP, DefaultActions: [{Type: forward, TargetGroupArn: @Tg}]}},\n"
    "Api: {Type: RU, Properties: {ListenerArn: @Web, Priority: 1, Conditions: "
    "[{Field: path-pattern, Values: [/a]}], Actions: [{Type: forward, "
    "TargetGroupArn: @Tg}]}}";

static void test_nothing_is_a_config_too(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = true};
    struct config *config = config_build(NULL, STR("s"), &local, &report);

    (void)state;
    assert_non_null(config);
    assert_null(report.first);
    assert_int_equal(config->nload_balancers, 0);
    assert_int_equal(config->nlisteners, 0);
    assert_string_equal(config->region_name.p, "us-east-1");
    assert_string_equal(config->account.p, "000000000000");
    config_release(config);
    report_end(&report);
}

static void test_it_outlives_the_values(void **state)
{
    const struct local local = {.retry = RETRY_SAFE};
    struct report report = {.strict = true};
    struct config *config = build(small, "test", &local, &report);
    const struct config_rule *rule;

    (void)state;
    assert_non_null(config);
    rule = &config->listeners[0]->rules[0];
    assert_string_equal(rule->place.file, "t.yaml");
    assert_int_equal(rule->place.line, 4);
    assert_string_equal(rule->conditions[0].values[0].value.p, "/a");
    assert_int_equal(config->groups[0]->retry, RETRY_SAFE);
    assert_int_equal(config->groups[0]->targets[0].address.port, 80);
    assert_true(config->groups[0]->targets[0].registered);
    assert_string_equal(config->stack.p, "test");
    config_release(config);
    report_end(&report);
}

static void test_the_last_owner_frees_it(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = true};
    struct config *config = build(small, "test", &local, &report);

    (void)state;
    assert_ptr_equal(config_hold(config), config);
    config_release(config);
    assert_string_equal(config->listeners[0]->id.p, "Web");
    config_release(config); /* the leak checker sees the rest */
    config_release(NULL);
    report_end(&report);
}

static void test_arns_come_from_stack_and_logical_id(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = true};
    struct config *a = build(small, "test", &local, &report);
    struct config *b = build(small, "test", &local, &report);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_string_equal(a->load_balancers[0]->arn.p,
                        b->load_balancers[0]->arn.p);
    assert_string_equal(a->listeners[0]->rules[0].arn.p,
                        b->listeners[0]->rules[0].arn.p);
    assert_string_not_equal(a->listeners[0]->rules[0].arn.p,
                            a->listeners[0]->rules[1].arn.p);
    config_release(a);
    config_release(b);
    report_end(&report);
}

/* The ARNs in the text are those of stack "test". */
static void test_another_stack_has_other_arns(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = false};

    (void)state;
    assert_null(build(small, "other", &local, &report));
    assert_int_equal(report.errors, 1); /* what follows from it is not said */
    report_end(&report);
}

static void test_region_and_account_are_local(void **state)
{
    const struct local local = {.region_name = STR("cn-north-1"),
                                .account = STR("123456789012")};
    struct report report = {.strict = true};
    struct config *config = build("Lb: {Type: LB}", "test", &local, &report);

    (void)state;
    assert_non_null(config);
    assert_true(str_starts(config->load_balancers[0]->arn,
                           STR("arn:aws-cn:elasticloadbalancing:cn-north-1:"
                               "123456789012:loadbalancer/app/Lb/")));
    config_release(config);
    report_end(&report);
}

static void test_types_that_nobody_reads_are_left_alone(void **state)
{
    struct config *config = build_good(
        in_nothing, "Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlok: 1}},\n"
                    "Fn: {Type: Custom::Thing}");

    (void)state;
    assert_int_equal(config->nload_balancers, 0);
    config_release(config);
}

static void test_every_error_is_told_at_once(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = false};

    (void)state;
    assert_null(build(
        "Lb: {Type: LB, Properties: {Scheme: zebra}},\n"
        "Tg: {Type: TG, Properties: {Port: 0, Protocol: HTTP}},\n"
        "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: x, Protocol: "
        "HTTP, DefaultActions: [{Type: forward, TargetGroupArn: @Tg}]}},\n"
        "Api: {Type: RU, Properties: {ListenerArn: @Web, Priority: 0, "
        "Conditions: [{Field: path-pattern, Values: [/a b]}], Actions: [{Type: "
        "forward, TargetGroupArn: @Tg}]}}",
        "test", &local, &report));
    assert_int_equal(report.errors, 5);
    report_end(&report);
}

/* A load balancer of another kind is one error, not one for each listener. */
static void test_what_follows_from_an_error_is_not_reported(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = false};

    (void)state;
    assert_null(build(
        "Lb: {Type: LB, Properties: {Type: network}},\n"
        "Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n"
        "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, "
        "Protocol: TCP, DefaultActions: [{Type: forward, TargetGroupArn: "
        "@Tg}]}},\n"
        "Api: {Type: RU, Properties: {ListenerArn: @Web, Priority: 1, "
        "Conditions: [{Field: path-pattern, Values: [/a]}], Actions: [{Type: "
        "forward, TargetGroupArn: @Tg}]}}",
        "test", &local, &report));
    assert_int_equal(report.errors, 1);
    report_end(&report);
}

static void test_earlier_errors_of_a_report_do_not_count(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = false};
    struct config *config;

    (void)state;
    report_error(&report, NULL, "something else");
    config = build(small, "test", &local, &report);
    assert_non_null(config);
    config_release(config);
    report_end(&report);
}

static void test_listeners_are_limited(void **state)
{
    char text[20000];
    struct text t = text_in(text, sizeof(text) - 1);
    struct fault fault[1] = {
        {text, "listener W51: load balancer Lb has more than 50 listeners",
         "use another load balancer for some of them, or raise the quota "
         "(--quota listeners-per-application-load-balancer=N)"}};

    (void)state;
    TEXT_LITERAL(&t, "Lb: {Type: LB}");
    for (unsigned i = 1; i <= 50 + 1; i++)
        text_printf(&t,
                    ",\n%sW%u: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
                    "Port: %u, Protocol: HTTP, DefaultActions: [{Type: "
                    "fixed-response, FixedResponseConfig: {StatusCode: "
                    "404}}]}}",
                    i > 50 ? "^" : "", i, i);
    assert_true(text_ok(&t));
    text[t.n] = '\0';
    CHECK_ERRORS(in_nothing, fault);
}

/* The report is printed when the config that had errors is gone. */
static void test_places_of_problems_outlive_the_config(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = false};
    char buffer[512];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    assert_null(build(
        "Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, "
        "TargetGroupAttributes: [{Key: slow_start.duration_seconds, Value: "
        "60}, {Key: load_balancing.algorithm.type, Value: "
        "least_outstanding_requests}]}}",
        "test", &local, &report));
    assert_int_equal(report.errors, 1);
    report_put(&t, &report, report.first);
    assert_true(str_starts(text_str(&t), STR("t.yaml:1:1: error: ")));
    report_end(&report);
}

static void test_properties_of_logins_are_kept_whole(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = true};
    struct config *config = build(
        "Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
        "HTTP}},\n"
        "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 443, "
        "Protocol: HTTPS, Certificates: [{CertificateArn: arn:aws:acm:x}], "
        "DefaultActions: "
        "[{Type: jwt-validation, Order: 1, JwtValidationConfig: {Issuer: "
        "https://a, JwksEndpoint: https://b, AdditionalClaims: [{Name: scope, "
        "Format: string-array, Values: [c, d]}]}}, {Type: forward, Order: 2, "
        "TargetGroupArn: @Tg}]}}",
        "test", &local, &report);
    const struct config_rule *rule;
    const struct value *claims;

    (void)state;
    assert_non_null(config);
    rule = &config->listeners[0]->rules[0];
    assert_int_equal(config->listeners[0]->protocol, PROTOCOL_HTTPS);
    assert_int_equal(rule->nactions, 2);
    assert_int_equal(rule->actions[0].type, ACTION_JWT_VALIDATION);
    assert_int_equal(config_rule_action(rule)->type, ACTION_FORWARD);
    assert_null(config_rule_action(rule)->properties);
    claims = value_get(rule->actions[0].properties, STR("AdditionalClaims"));
    assert_non_null(claims);
    claims = value_get(claims->first, STR("Values"));
    assert_int_equal(value_count(claims), 2);
    assert_string_equal(claims->last->text.p, "d");
    assert_string_equal(claims->place.file, "t.yaml");
    config_release(config);
    report_end(&report);
}

/* The ListenerArn of its rules cannot be known either. */
static void test_a_listener_that_cannot_be_known_is_one_error(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = false};

    (void)state;
    assert_null(build(
        "Web: {Type: LI, Properties: {LoadBalancerArn: ?an export?, Port: 80, "
        "Protocol: HTTP, DefaultActions: [{Type: fixed-response, "
        "FixedResponseConfig: {StatusCode: 404}}]}},\n"
        "Api: {Type: RU, Properties: {ListenerArn: ?an export?, Priority: 1, "
        "Conditions: [{Field: path-pattern, Values: [/a]}], Actions: [{Type: "
        "fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
        "test", &local, &report));
    assert_int_equal(report.errors, 1);
    report_end(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_a_config_too),
        cmocka_unit_test(test_it_outlives_the_values),
        cmocka_unit_test(test_the_last_owner_frees_it),
        cmocka_unit_test(test_arns_come_from_stack_and_logical_id),
        cmocka_unit_test(test_another_stack_has_other_arns),
        cmocka_unit_test(test_region_and_account_are_local),
        cmocka_unit_test(test_types_that_nobody_reads_are_left_alone),
        cmocka_unit_test(test_every_error_is_told_at_once),
        cmocka_unit_test(test_what_follows_from_an_error_is_not_reported),
        cmocka_unit_test(test_earlier_errors_of_a_report_do_not_count),
        cmocka_unit_test(test_listeners_are_limited),
        cmocka_unit_test(test_places_of_problems_outlive_the_config),
        cmocka_unit_test(test_properties_of_logins_are_kept_whole),
        cmocka_unit_test(test_a_listener_that_cannot_be_known_is_one_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
