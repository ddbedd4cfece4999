/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes of target groups by the API.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/elb_group.h"
#include "calls.h"

#define ACTIONS &elb_group_attribute_actions
#define GROUPS                                                                 \
    "Tg: {Type: TG, Properties: {TargetType: ip, Port: 80, Protocol: HTTP, "   \
    "TargetGroupAttributes: [{Key: slow_start.duration_seconds, Value: "       \
    "'30'}]}}, Fn: {Type: TG, Properties: {TargetType: lambda}}"
#define MINIMUM "minimum_healthy_targets."

/* The value of an attribute in the result; NULL: it is not there. */
static const char *value_of(const struct calls *c, const char *key)
{
    const struct value *list = value_get(c->call.result, STR("Attributes"));

    for (const struct value *v = list->first; v; v = v->next) {
        if (str_eq(member_text(v, "Key"), str_of(key)))
            return member_text(v, "Value").p;
    }
    return NULL;
}

static void set(struct calls *c, const char *key, const char *value)
{
    MUST(c, ACTIONS, "ModifyTargetGroupAttributes",
         "TargetGroupArn: $Tg, Attributes: [{Key: '%s', Value: '%s'}]", key,
         value);
}

/* checklist 18 */
static void test_every_attribute_is_told_with_its_default(void **state)
{
    static const char *const all[][2] = {
        {"deregistration_delay.timeout_seconds", "300"},
        {"slow_start.duration_seconds", "30"},
        {"stickiness.enabled", "false"},
        {"stickiness.type", "lb_cookie"},
        {"stickiness.lb_cookie.duration_seconds", "86400"},
        {"stickiness.app_cookie.duration_seconds", "86400"},
        {"stickiness.app_cookie.cookie_name", ""},
        {"load_balancing.algorithm.type", "round_robin"},
        {"load_balancing.algorithm.anomaly_mitigation", "off"},
        {"load_balancing.cross_zone.enabled",
         "use_load_balancer_configuration"},
        {"target_group_health.dns_failover." MINIMUM "count", "1"},
        {"target_group_health.dns_failover." MINIMUM "percentage", "off"},
        {"target_group_health.unhealthy_state_routing." MINIMUM "count", "1"},
        {"target_group_health.unhealthy_state_routing." MINIMUM "percentage",
         "off"},
    };
    enum { N = sizeof(all) / sizeof(*all) };
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, GROUPS);
    MUST(&c, ACTIONS, "DescribeTargetGroupAttributes", "TargetGroupArn: $Tg");
    for (size_t i = 0; i < N; i++) {
        assert_non_null(value_of(&c, all[i][0]));
        assert_string_equal(value_of(&c, all[i][0]), all[i][1]);
    }
    assert_int_equal(value_count(value_get(c.call.result, STR("Attributes"))),
                     N);
    MUST(&c, ACTIONS, "DescribeTargetGroupAttributes", "TargetGroupArn: $Fn");
    assert_string_equal(value_of(&c, "lambda.multi_value_headers.enabled"),
                        "false");
    assert_null(value_of(&c, "stickiness.enabled"));
    calls_end(&c);
}

static void test_an_attribute_is_modified_and_the_others_stay(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, GROUPS);
    set(&c, "deregistration_delay.timeout_seconds", "7");
    assert_string_equal(value_of(&c, "deregistration_delay.timeout_seconds"),
                        "7");
    assert_string_equal(value_of(&c, "slow_start.duration_seconds"), "30");
    assert_int_equal(c.config->groups[0]->attributes.deregistration_delay_ms,
                     7000);
    set(&c, "slow_start.duration_seconds", "0");
    assert_int_equal(c.config->groups[0]->attributes.slow_start_ms, 0);
    assert_int_equal(c.config->groups[0]->attributes.deregistration_delay_ms,
                     7000);
    calls_end(&c);
}

/* checklist 17 */
static void test_an_unknown_key_has_the_text_that_terraform_looks_for(void **s)
{
    struct calls c = {.account = NULL};

    (void)s;
    calls_begin(&c, GROUPS);
    REFUSES(&c, "ValidationError",
            "Target group attribute key 'proxy_protocol_v2.enabled' is not "
            "recognized",
            ACTIONS, "ModifyTargetGroupAttributes",
            "TargetGroupArn: $Tg, Attributes: [{Key: "
            "proxy_protocol_v2.enabled, Value: 'true'}]");
    REFUSES(&c, "InvalidConfigurationRequest",
            "Target group attribute key 'stickiness.enabled' is not supported "
            "on target groups with target type 'lambda'",
            ACTIONS, "ModifyTargetGroupAttributes",
            "TargetGroupArn: $Fn, Attributes: [{Key: stickiness.enabled, "
            "Value: 'true'}]");
    REFUSES(&c, "InvalidConfigurationRequest", "", ACTIONS,
            "ModifyTargetGroupAttributes",
            "TargetGroupArn: $Tg, Attributes: [{Key: "
            "lambda.multi_value_headers.enabled, Value: 'true'}]");
    calls_end(&c);
}

static void test_values_are_those_of_alb(void **state)
{
    static const char *const wrong[][2] = {
        {"deregistration_delay.timeout_seconds", "3601"},
        {"deregistration_delay.timeout_seconds", "-1"},
        {"deregistration_delay.timeout_seconds", ""},
        {"slow_start.duration_seconds", "29"},
        {"stickiness.enabled", "yes"},
        {"stickiness.type", "source_ip"},
        {"stickiness.app_cookie.cookie_name", "AWSALBAPP"},
        {"load_balancing.algorithm.type", "random"},
        {"load_balancing.algorithm.anomaly_mitigation", "true"},
        {"target_group_health.dns_failover." MINIMUM "percentage", "101"},
        {"target_group_health.unhealthy_state_routing." MINIMUM "count", "off"},
    };
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, GROUPS);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        REFUSES(&c, "ValidationError", "Target group attribute '", ACTIONS,
                "ModifyTargetGroupAttributes",
                "TargetGroupArn: $Tg, Attributes: [{Key: '%s', Value: '%s'}]",
                wrong[i][0], wrong[i][1]);
    REFUSES(&c, "ValidationError", "At least one attribute", ACTIONS,
            "ModifyTargetGroupAttributes",
            "TargetGroupArn: $Tg, Attributes: []");
    REFUSES(&c, "ValidationError",
            "Target group attribute key 'stickiness.enabled' is given more "
            "than once",
            ACTIONS, "ModifyTargetGroupAttributes",
            "TargetGroupArn: $Tg, Attributes: [{Key: stickiness.enabled, "
            "Value: 'true'}, {Key: stickiness.enabled, Value: 'false'}]");
    calls_end(&c);
}

static void test_what_alb_does_not_combine_is_an_invalid_configuration(void **v)
{
    static const char *const wrong[] = {
        "{Key: load_balancing.algorithm.type, Value: weighted_random}",
        "{Key: slow_start.duration_seconds, Value: '0'}, {Key: "
        "load_balancing.algorithm.type, Value: weighted_random}, {Key: "
        "stickiness.enabled, Value: 'true'}",
        "{Key: load_balancing.algorithm.anomaly_mitigation, Value: on}",
        "{Key: stickiness.enabled, Value: 'true'}, {Key: stickiness.type, "
        "Value: app_cookie}",
        "{Key: stickiness.enabled, Value: 'true'}, {Key: "
        "load_balancing.cross_zone.enabled, Value: 'false'}",
        "{Key: target_group_health.unhealthy_state_routing." MINIMUM
        "count, Value: '3'}, {Key: target_group_health.dns_failover." MINIMUM
        "count, Value: '2'}",
    };
    struct calls c = {.account = NULL};

    (void)v;
    calls_begin(&c, GROUPS);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        REFUSES(&c, "InvalidConfigurationRequest", "", ACTIONS,
                "ModifyTargetGroupAttributes",
                "TargetGroupArn: $Tg, Attributes: [%s]", wrong[i]);
    calls_end(&c);
}

static void test_attributes_of_no_group_are_not_found(void **state)
{
    struct calls c = {.account = NULL};
    static const char *const names[] = {"DescribeTargetGroupAttributes",
                                        "ModifyTargetGroupAttributes"};

    (void)state;
    calls_begin(&c, GROUPS);
    for (unsigned i = 0; i < 2; i++)
        REFUSES(&c, "TargetGroupNotFound",
                "One or more target groups not found", ACTIONS, names[i],
                "TargetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:"
                "000000000000:targetgroup/x/0', Attributes: [{Key: a}]");
    calls_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_attribute_is_told_with_its_default),
        cmocka_unit_test(test_an_attribute_is_modified_and_the_others_stay),
        cmocka_unit_test(
            test_an_unknown_key_has_the_text_that_terraform_looks_for),
        cmocka_unit_test(test_values_are_those_of_alb),
        cmocka_unit_test(
            test_what_alb_does_not_combine_is_an_invalid_configuration),
        cmocka_unit_test(test_attributes_of_no_group_are_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
