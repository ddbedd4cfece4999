/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/config_parts.h"
#include "values.h"

/* One %s for the properties of Tg, one for those of Lb, one for the conditions
 * of Rule. */
static const char frame[] =
    "Lb: {Type: LB, Properties: {%s}},\n"
    "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, Protocol: "
    "HTTP, DefaultActions: [{Type: forward, TargetGroupArn: @Tg}]}},\n"
    "Rule: {Type: RU, Properties: {ListenerArn: @Web, Priority: 1, Conditions: "
    "[%s], Actions: [{Type: forward, TargetGroupArn: @Tg}]}},\n"
    "Tg: {Type: TG, Properties: {VpcId: vpc-1, Protocol: HTTP, TargetType: "
    "ip, %s}}";

static const char plain_group[] =
    "Port: 80, HealthCheckPath: /h, Matcher: {HttpCode: 200}, Targets: [{Id: "
    "10.0.0.1, Port: 81, AvailabilityZone: us-east-1a}], "
    "TargetGroupAttributes: [{Key: stickiness.app_cookie.cookie_name, Value: "
    "c}]";
static const char plain_balancer[] =
    "LoadBalancerAttributes: [{Key: access_logs.s3.bucket, Value: b}]";
static const char plain_conditions[] =
    "{Field: path-pattern, Values: [/a, /b]}, {Field: http-header, "
    "HttpHeaderConfig: {HttpHeaderName: X, Values: [y]}}, {Field: "
    "query-string, QueryStringConfig: {Values: [{Key: k, Value: v}]}}";

struct made {
    struct region region;
    struct config *config;
};

static void make(struct made *m, const char *group, const char *balancer,
                 const char *conditions, uint16_t local_port)
{
    struct local_port port = {.listener = 80, .local = local_port};
    struct local local = {.nports = 1, .ports = &port};
    struct report report = {.strict = false};
    struct place mark;
    char text[4096];

    *m = (struct made){.config = NULL};
    snprintf(text, sizeof(text), frame, balancer, conditions, group);
    m->config = config_build(values_parse(&m->region, text, &mark), STR("test"),
                             &local, &report);
    if (m->config == NULL)
        fail_msg("%s", report.first->what.p);
    report_end(&report);
}

static void unmake(struct made *m)
{
    config_release(m->config);
    region_end(&m->region);
}

static struct config_digest digest_of(const struct made *m)
{
    return config_group_digest(m->config->groups[0]);
}

static struct config_digest conditions_of(const struct made *m)
{
    return config_conditions_digest(m->config->listeners[0]);
}

static void test_what_says_the_same_has_the_same_digest(void **state)
{
    struct made a;
    struct made b;
    struct config_digest x;
    struct config_digest y;

    (void)state;
    make(&a, plain_group, plain_balancer, plain_conditions, 8080);
    make(&b, plain_group, plain_balancer, plain_conditions, 8080);
    x = digest_of(&a);
    y = digest_of(&b);
    assert_true(config_digest_equal(&x, &y));
    x = conditions_of(&a);
    y = conditions_of(&b);
    assert_true(config_digest_equal(&x, &y));
    unmake(&a);
    unmake(&b);
}

static void check_another(const char *group, const char *balancer,
                          const char *conditions, uint16_t port, bool of_group)
{
    struct made a;
    struct made b;
    struct config_digest x;
    struct config_digest y;

    make(&a, plain_group, plain_balancer, plain_conditions, 8080);
    make(&b, group, balancer, conditions, port);
    x = of_group ? digest_of(&a) : conditions_of(&a);
    y = of_group ? digest_of(&b) : conditions_of(&b);
    assert_false(config_digest_equal(&x, &y));
    unmake(&a);
    unmake(&b);
}

static void
test_a_group_that_says_another_thing_has_another_digest(void **state)
{
    static const char *const groups[] = {
        "Port: 80, HealthCheckPath: /g, Matcher: {HttpCode: 200}, Targets: "
        "[{Id: 10.0.0.1, Port: 81, AvailabilityZone: us-east-1a}], "
        "TargetGroupAttributes: [{Key: stickiness.app_cookie.cookie_name, "
        "Value: c}]",
        "Port: 80, HealthCheckPath: /h, Matcher: {HttpCode: 201}, Targets: "
        "[{Id: 10.0.0.1, Port: 81, AvailabilityZone: us-east-1a}], "
        "TargetGroupAttributes: [{Key: stickiness.app_cookie.cookie_name, "
        "Value: c}]",
        "Port: 80, HealthCheckPath: /h, Matcher: {HttpCode: 200}, Targets: "
        "[{Id: 10.0.0.2, Port: 81, AvailabilityZone: us-east-1a}], "
        "TargetGroupAttributes: [{Key: stickiness.app_cookie.cookie_name, "
        "Value: c}]",
        "Port: 80, HealthCheckPath: /h, Matcher: {HttpCode: 200}, Targets: "
        "[{Id: 10.0.0.1, Port: 81, AvailabilityZone: us-east-1b}], "
        "TargetGroupAttributes: [{Key: stickiness.app_cookie.cookie_name, "
        "Value: c}]",
        "Port: 80, HealthCheckPath: /h, Matcher: {HttpCode: 200}, Targets: "
        "[{Id: 10.0.0.1, Port: 81, AvailabilityZone: us-east-1a}], "
        "TargetGroupAttributes: [{Key: stickiness.app_cookie.cookie_name, "
        "Value: d}]",
        "Port: 80, HealthCheckPath: /h, Matcher: {HttpCode: 200}, Targets: "
        "[{Id: 10.0.0.1, Port: 81, AvailabilityZone: us-east-1a}], "
        "TargetGroupAttributes: [{Key: slow_start.duration_seconds, Value: "
        "30}]",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(groups) / sizeof(*groups); i++)
        check_another(groups[i], plain_balancer, plain_conditions, 8080, true);
    check_another(plain_group,
                  "LoadBalancerAttributes: [{Key: access_logs.s3.bucket, "
                  "Value: c}]",
                  plain_conditions, 8080, true);
    check_another(plain_group,
                  "LoadBalancerAttributes: [{Key: "
                  "idle_timeout.timeout_seconds, Value: 61}]",
                  plain_conditions, 8080, true);
    check_another(plain_group, plain_balancer, plain_conditions, 8081, true);
}

static void test_other_conditions_have_another_digest(void **state)
{
    static const char *const conditions[] = {
        "{Field: path-pattern, Values: [/a, /c]}, {Field: http-header, "
        "HttpHeaderConfig: {HttpHeaderName: X, Values: [y]}}, {Field: "
        "query-string, QueryStringConfig: {Values: [{Key: k, Value: v}]}}",
        "{Field: path-pattern, Values: [/a, /b]}, {Field: http-header, "
        "HttpHeaderConfig: {HttpHeaderName: Y, Values: [y]}}, {Field: "
        "query-string, QueryStringConfig: {Values: [{Key: k, Value: v}]}}",
        "{Field: path-pattern, Values: [/a, /b]}, {Field: http-header, "
        "HttpHeaderConfig: {HttpHeaderName: X, Values: [y]}}, {Field: "
        "query-string, QueryStringConfig: {Values: [{Value: v}]}}",
        "{Field: path-pattern, Values: [/a, /b]}",
        "{Field: host-header, HostHeaderConfig: {Values: [a.b, c.d]}}",
        "{Field: path-pattern, RegexValues: [/a, /b]}",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
        check_another(plain_group, plain_balancer, conditions[i], 8080, false);
}

static void test_a_copy_says_the_same_when_the_config_is_gone(void **state)
{
    struct region region = {NULL};
    const struct config_group *copy;
    const struct config_condition *conditions;
    struct config_digest before;
    struct config_digest after;
    struct made m;

    (void)state;
    make(&m, plain_group, plain_balancer, plain_conditions, 8080);
    before = digest_of(&m);
    copy = config_group_copy(&region, m.config->groups[0]);
    conditions =
        config_conditions_copy(&region, &m.config->listeners[0]->rules[0]);
    unmake(&m);
    after = config_group_digest(copy);
    assert_true(config_digest_equal(&before, &after));
    assert_string_equal(copy->targets[0].zone.p, "us-east-1a");
    assert_int_equal(copy->load_balancer->listeners[0]->bind.port, 8080);
    assert_string_equal(conditions[0].values[1].value.p, "/b");
    assert_string_equal(conditions[1].header.p, "X");
    assert_string_equal(conditions[2].values[0].key.p, "k");
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_says_the_same_has_the_same_digest),
        cmocka_unit_test(
            test_a_group_that_says_another_thing_has_another_digest),
        cmocka_unit_test(test_other_conditions_have_another_digest),
        cmocka_unit_test(test_a_copy_says_the_same_when_the_config_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
