/* SPDX-License-Identifier: Apache-2.0
 *
 * Target groups by the API: what is made, shown, refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/elb_group.h"
#include "calls.h"

#define ACTIONS &elb_group_actions
#define HTTP_GROUP "Protocol: HTTP, Port: 80, VpcId: vpc-1"
#define IN_USE                                                                 \
    "Lb: {Type: LB}, Tg: {Type: TG, Properties: {Name: blue, Port: 80, "       \
    "Protocol: HTTP}}, Free: {Type: TG, Properties: {Port: 80, Protocol: "     \
    "HTTP}}, Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, "    \
    "Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: "        \
    "@Tg}]}}"
#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_a_new_group_has_the_defaults_of_alb(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, "");
    MUST(&c, ACTIONS, "CreateTargetGroup", "Name: web, " HTTP_GROUP);
    AT(&c, "TargetGroups.0.TargetGroupName", "web");
    AT(&c, "TargetGroups.0.Protocol", "HTTP");
    AT(&c, "TargetGroups.0.ProtocolVersion", "HTTP1");
    AT(&c, "TargetGroups.0.Port", "80");
    AT(&c, "TargetGroups.0.VpcId", "vpc-1");
    AT(&c, "TargetGroups.0.TargetType", "instance");
    AT(&c, "TargetGroups.0.IpAddressType", "ipv4");
    AT(&c, "TargetGroups.0.HealthCheckEnabled", "true");
    AT(&c, "TargetGroups.0.HealthCheckProtocol", "HTTP");
    AT(&c, "TargetGroups.0.HealthCheckPort", "traffic-port");
    AT(&c, "TargetGroups.0.HealthCheckPath", "/");
    AT(&c, "TargetGroups.0.HealthCheckIntervalSeconds", "30");
    AT(&c, "TargetGroups.0.HealthCheckTimeoutSeconds", "5");
    AT(&c, "TargetGroups.0.HealthyThresholdCount", "5");
    AT(&c, "TargetGroups.0.UnhealthyThresholdCount", "2");
    AT(&c, "TargetGroups.0.Matcher.HttpCode", "200");
    AT(&c, "TargetGroups.0.Matcher.GrpcCode", NULL);
    AT(&c, "TargetGroups.0.LoadBalancerArns", "");
    AT(&c, "TargetGroups.0.LoadBalancerArns.0", NULL);
    AT(&c, "TargetGroups.0.TargetControlPort", NULL);
    calls_end(&c);
}

static void test_groups_of_grpc_and_lambda_have_defaults_of_their_own(void **s)
{
    struct calls c = {.account = NULL};

    (void)s;
    calls_begin(&c, "");
    MUST(&c, ACTIONS, "CreateTargetGroup",
         "Name: rpc, ProtocolVersion: GRPC, TargetType: ip, " HTTP_GROUP);
    AT(&c, "TargetGroups.0.HealthCheckPath", "/AWS.ALB/healthcheck");
    AT(&c, "TargetGroups.0.Matcher.GrpcCode", "12");
    AT(&c, "TargetGroups.0.Matcher.HttpCode", NULL);
    MUST(&c, ACTIONS, "CreateTargetGroup", "Name: fn, TargetType: lambda");
    AT(&c, "TargetGroups.0.Protocol", NULL);
    AT(&c, "TargetGroups.0.ProtocolVersion", NULL);
    AT(&c, "TargetGroups.0.Port", NULL);
    AT(&c, "TargetGroups.0.VpcId", NULL);
    AT(&c, "TargetGroups.0.HealthCheckPort", NULL);
    AT(&c, "TargetGroups.0.HealthCheckProtocol", NULL);
    AT(&c, "TargetGroups.0.HealthCheckEnabled", "false");
    AT(&c, "TargetGroups.0.HealthCheckIntervalSeconds", "35");
    AT(&c, "TargetGroups.0.HealthCheckTimeoutSeconds", "30");
    calls_end(&c);
}

static void test_what_is_given_is_read_back(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, "");
    MUST(&c, ACTIONS, "CreateTargetGroup",
         "Name: web, Protocol: HTTPS, Port: 8443, VpcId: vpc-2, TargetType: "
         "ip, IpAddressType: ipv6, ProtocolVersion: HTTP2, "
         "HealthCheckProtocol: HTTPS, HealthCheckPort: '8080', "
         "HealthCheckPath: /up?deep=1, HealthCheckIntervalSeconds: 10, "
         "HealthCheckTimeoutSeconds: 9, HealthyThresholdCount: 3, "
         "UnhealthyThresholdCount: 4, Matcher: {HttpCode: '200-299,404'}, "
         "TargetControlPort: 3000, Tags: [{Key: a, Value: b}]");
    AT(&c, "TargetGroups.0.Protocol", "HTTPS");
    AT(&c, "TargetGroups.0.ProtocolVersion", "HTTP2");
    AT(&c, "TargetGroups.0.IpAddressType", "ipv6");
    AT(&c, "TargetGroups.0.HealthCheckProtocol", "HTTPS");
    AT(&c, "TargetGroups.0.HealthCheckPort", "8080");
    AT(&c, "TargetGroups.0.HealthCheckPath", "/up?deep=1");
    AT(&c, "TargetGroups.0.HealthCheckIntervalSeconds", "10");
    AT(&c, "TargetGroups.0.HealthCheckTimeoutSeconds", "9");
    AT(&c, "TargetGroups.0.HealthyThresholdCount", "3");
    AT(&c, "TargetGroups.0.UnhealthyThresholdCount", "4");
    AT(&c, "TargetGroups.0.Matcher.HttpCode", "200-299,404");
    AT(&c, "TargetGroups.0.TargetControlPort", "3000");
    calls_end(&c);
}

/* checklist 10 */
static void test_a_group_created_twice_is_the_same_one(void **state)
{
    struct calls c = {.account = NULL};
    struct str first;

    (void)state;
    calls_begin(&c, "");
    MUST(&c, ACTIONS, "CreateTargetGroup", "Name: web, " HTTP_GROUP);
    first = str_of(calls_at(&c, "TargetGroups.0.TargetGroupArn"));
    MUST(&c, ACTIONS, "CreateTargetGroup",
         "Name: web, HealthCheckPath: /, HealthCheckIntervalSeconds: 30, "
         "TargetType: instance, " HTTP_GROUP);
    AT(&c, "TargetGroups.0.TargetGroupArn", first.p);
    assert_null(c.call.edit.first);
    assert_int_equal(c.account->revision, 2);
    calls_end(&c);
}

/* checklist 10 */
static void test_another_group_of_the_same_name_is_refused(void **state)
{
    static const char *const others[] = {
        "Protocol: HTTP, Port: 81, VpcId: vpc-1",
        "Protocol: HTTPS, Port: 80, VpcId: vpc-1",
        "Protocol: HTTP, Port: 80, VpcId: vpc-2",
        "HealthCheckPath: /up, " HTTP_GROUP,
        "HealthyThresholdCount: 2, " HTTP_GROUP,
        "Matcher: {HttpCode: '201'}, " HTTP_GROUP,
        "TargetType: ip, " HTTP_GROUP,
        "TargetType: lambda",
        "ProtocolVersion: HTTP2, " HTTP_GROUP,
        "TargetControlPort: 1, " HTTP_GROUP,
        "IpAddressType: ipv6, TargetType: ip, " HTTP_GROUP,
    };
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, "");
    MUST(&c, ACTIONS, "CreateTargetGroup", "Name: web, " HTTP_GROUP);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        REFUSES(&c, "DuplicateTargetGroupName",
                "A target group with the same name 'web' exists, but with "
                "different settings",
                ACTIONS, "CreateTargetGroup", "Name: web, %s", others[i]);
    calls_end(&c);
}

/* checklist 8 */
static void test_names_are_those_of_aws(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, "");
    REFUSES(&c, "ValidationError",
            "Target group name 'a" A32
            "' cannot be longer than '32' characters",
            ACTIONS, "CreateTargetGroup", "Name: a" A32 ", " HTTP_GROUP);
    REFUSES(&c, "ValidationError",
            "Target group name 'a_b' can only contain characters that are "
            "alphanumeric characters or hyphens(-)",
            ACTIONS, "CreateTargetGroup", "Name: a_b, " HTTP_GROUP);
    REFUSES(&c, "ValidationError",
            "Target group name 'a-' cannot begin or end with '-'", ACTIONS,
            "CreateTargetGroup", "Name: a-, " HTTP_GROUP);
    REFUSES(&c, "ValidationError",
            "Target group name '-a' cannot begin or end with '-'", ACTIONS,
            "CreateTargetGroup", "Name: '-a', " HTTP_GROUP);
    REFUSES(&c, "ValidationError", "", ACTIONS, "CreateTargetGroup",
            "Name: '', " HTTP_GROUP);
    MUST(&c, ACTIONS, "CreateTargetGroup", "Name: " A32 ", " HTTP_GROUP);
    calls_end(&c);
}

static void test_what_a_group_needs_and_what_it_cannot_have_is_told(void **s)
{
    static const struct {
        const char *code;
        const char *begin;
        const char *input;
    } cases[] = {
        {"ValidationError", "A protocol must be specified",
         "Port: 80, VpcId: vpc-1"},
        {"ValidationError", "A port must be specified",
         "Protocol: HTTP, VpcId: vpc-1"},
        {"ValidationError", "A VPC ID must be specified",
         "Protocol: HTTP, Port: 80"},
        {"ValidationError",
         "Port cannot be specified for target groups with target type 'lambda'",
         "TargetType: lambda, Port: 80"},
        {"ValidationError",
         "VPC ID cannot be specified for target groups with target type "
         "'lambda'",
         "TargetType: lambda, VpcId: vpc-1"},
        {"InvalidConfigurationRequest", "Protocol 'TCP'",
         "Protocol: TCP, Port: 80, VpcId: vpc-1"},
        {"InvalidConfigurationRequest", "HealthCheckProtocol 'TCP'",
         "HealthCheckProtocol: TCP, " HTTP_GROUP},
        {"InvalidConfigurationRequest", "Target type 'alb'",
         "TargetType: alb, " HTTP_GROUP},
        {"InvalidConfigurationRequest",
         "Health check enabled must be true for target groups with target "
         "type 'ip'",
         "TargetType: ip, HealthCheckEnabled: false, " HTTP_GROUP},
        {"ValidationError",
         "Health check timeout '30' must be smaller than the interval '30'",
         "HealthCheckTimeoutSeconds: 30, " HTTP_GROUP},
        {"ValidationError",
         "Health check timeout '30' must be smaller than the interval '30'",
         "HealthCheckIntervalSeconds: 30, TargetType: lambda"},
        {"ValidationError", "target group",
         "Matcher: {HttpCode: '500'}, " HTTP_GROUP},
        {"ValidationError", "target group",
         "Matcher: {GrpcCode: '0'}, " HTTP_GROUP},
        {"ValidationError", "target group",
         "HealthCheckPort: '0', " HTTP_GROUP},
        {"ValidationError", "target group", "HealthCheckPath: up, " HTTP_GROUP},
        {"ValidationError", "target group",
         "ProtocolVersion: HTTP3, " HTTP_GROUP},
        {"DuplicateTagKeys", "", "Tags: [{Key: a}, {Key: a}], " HTTP_GROUP},
        {"ValidationError", "Tag key 'aws:x'",
         "Tags: [{Key: 'aws:x'}], " HTTP_GROUP},
        {"ValidationError", "1 validation error detected: Value '0' at 'port'",
         "Protocol: HTTP, Port: 0, VpcId: vpc-1"},
        {"ValidationError",
         "1 validation error detected: Value 'pod' at "
         "'targetType' failed to satisfy constraint: Member "
         "must satisfy enum value set: ",
         "TargetType: pod, " HTTP_GROUP},
    };
    struct calls c = {.account = NULL};

    (void)s;
    calls_begin(&c, "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        REFUSES(&c, cases[i].code, cases[i].begin, ACTIONS, "CreateTargetGroup",
                "Name: web, %s", cases[i].input);
    calls_end(&c);
}

static void test_more_than_50_tags_are_too_many(void **state)
{
    struct calls c = {.account = NULL};
    char tags[4096];
    struct text t = text_in(tags, sizeof(tags) - 1);

    (void)state;
    for (unsigned i = 0; i <= 50; i++)
        text_printf(&t, "%s{Key: k%u}", i ? ", " : "", i);
    tags[t.n] = '\0';
    calls_begin(&c, "");
    REFUSES(&c, "TooManyTags", "", ACTIONS, "CreateTargetGroup",
            "Name: web, Tags: [%s], " HTTP_GROUP, tags);
    calls_end(&c);
}

static void test_groups_are_made_up_to_the_quota(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    c.local.quotas.given[QUOTA_GROUPS] = true;
    c.local.quotas.max[QUOTA_GROUPS] = 2;
    calls_begin(&c, IN_USE);
    REFUSES(&c, "TooManyTargetGroups", "", ACTIONS, "CreateTargetGroup",
            "Name: web, " HTTP_GROUP);
    calls_end(&c);
}

/* ---- Describe ------------------------------------------------------------------- */

static void test_groups_are_found_by_arn_name_and_balancer(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, IN_USE);
    MUST(&c, ACTIONS, "DescribeTargetGroups", "Names: []");
    AT(&c, "TargetGroups.1.TargetGroupName", "Free");
    AT(&c, "TargetGroups.2", NULL);
    MUST(&c, ACTIONS, "DescribeTargetGroups", "LoadBalancerArn: $Lb");
    AT(&c, "TargetGroups.0.TargetGroupName", "blue");
    AT(&c, "TargetGroups.0.LoadBalancerArns.0", calls_arn(&c, STR("Lb")).p);
    AT(&c, "TargetGroups.1", NULL);
    MUST(&c, ACTIONS, "DescribeTargetGroups", "TargetGroupArns: [$Free]");
    AT(&c, "TargetGroups.0.TargetGroupName", "Free");
    AT(&c, "TargetGroups.1", NULL);
    MUST(&c, ACTIONS, "DescribeTargetGroups", "Names: [Free, blue]");
    AT(&c, "TargetGroups.1.TargetGroupName", "Free");
    calls_end(&c);
}

/* checklist 13 */
static void test_a_group_that_is_not_there_is_an_error(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, IN_USE);
    REFUSES(&c, "TargetGroupNotFound", "One or more target groups not found",
            ACTIONS, "DescribeTargetGroups", "Names: [blue, nobody]");
    REFUSES(&c, "TargetGroupNotFound", "One or more target groups not found",
            ACTIONS, "DescribeTargetGroups",
            "TargetGroupArns: ['arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:targetgroup/x/0123456789abcdef']");
    REFUSES(&c, "ValidationError", "'arn:aws:", ACTIONS, "DescribeTargetGroups",
            "TargetGroupArns: [$Lb]");
    REFUSES(&c, "ValidationError", "'arn:aws:", ACTIONS, "DescribeTargetGroups",
            "LoadBalancerArn: $Tg");
    REFUSES(&c, "ValidationError", "Only one of", ACTIONS,
            "DescribeTargetGroups", "LoadBalancerArn: $Lb, Names: [blue]");
    REFUSES(&c, "TargetGroupNotFound", "One or more target groups not found",
            ACTIONS, "ModifyTargetGroup",
            "TargetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:targetgroup/x/0123456789abcdef'");
    REFUSES(&c, "ValidationError", "'blue' is not a valid target group ARN",
            ACTIONS, "ModifyTargetGroup", "TargetGroupArn: blue");
    calls_end(&c);
}

/* checklist 6 */
static void test_groups_come_in_pages(void **state)
{
    struct calls c = {.account = NULL};
    struct str marker;

    (void)state;
    calls_begin(&c, IN_USE);
    MUST(&c, ACTIONS, "DescribeTargetGroups", "PageSize: 1");
    AT(&c, "TargetGroups.0.TargetGroupName", "blue");
    AT(&c, "TargetGroups.1", NULL);
    marker = str_of(calls_at(&c, "NextMarker"));
    MUST(&c, ACTIONS, "DescribeTargetGroups", "PageSize: 1, Marker: '%s'",
         marker.p);
    AT(&c, "TargetGroups.0.TargetGroupName", "Free");
    AT(&c, "NextMarker", NULL);
    REFUSES(&c, "ValidationError", "The marker 'x' is not valid", ACTIONS,
            "DescribeTargetGroups", "Marker: x");
    calls_end(&c);
}

/* ---- Modify, Delete --------------------------------------------------------------- */

static void test_a_health_check_is_modified_and_the_rest_stays(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    calls_begin(&c, IN_USE);
    MUST(&c, ACTIONS, "ModifyTargetGroup",
         "TargetGroupArn: $Tg, HealthCheckPath: /up, Matcher: {HttpCode: "
         "'204'}, HealthCheckIntervalSeconds: 7");
    AT(&c, "TargetGroups.0.HealthCheckPath", "/up");
    AT(&c, "TargetGroups.0.Matcher.HttpCode", "204");
    AT(&c, "TargetGroups.0.HealthCheckIntervalSeconds", "7");
    AT(&c, "TargetGroups.0.HealthCheckTimeoutSeconds", "5");
    AT(&c, "TargetGroups.0.TargetGroupName", "blue");
    MUST(&c, ACTIONS, "ModifyTargetGroup",
         "TargetGroupArn: $Tg, HealthyThresholdCount: 9");
    AT(&c, "TargetGroups.0.HealthCheckPath", "/up");
    AT(&c, "TargetGroups.0.HealthyThresholdCount", "9");
    REFUSES(&c, "ValidationError",
            "Health check timeout '7' must be smaller than the interval '7'",
            ACTIONS, "ModifyTargetGroup",
            "TargetGroupArn: $Tg, HealthCheckTimeoutSeconds: 7");
    REFUSES(&c, "InvalidConfigurationRequest", "Health check enabled must be",
            ACTIONS, "ModifyTargetGroup",
            "TargetGroupArn: $Tg, HealthCheckEnabled: false");
    MUST(&c, ACTIONS, "ModifyTargetGroup", "TargetGroupArn: $Tg");
    assert_null(c.call.edit.first);
    calls_end(&c);
}

static void test_health_checks_of_functions_can_be_switched_on(void **state)
{
    struct calls c = {.account = NULL};
    struct str arn;

    (void)state;
    calls_begin(&c, "");
    MUST(&c, ACTIONS, "CreateTargetGroup", "Name: fn, TargetType: lambda");
    arn = str_of(calls_at(&c, "TargetGroups.0.TargetGroupArn"));
    MUST(&c, ACTIONS, "ModifyTargetGroup",
         "TargetGroupArn: '%s', HealthCheckEnabled: true", arn.p);
    AT(&c, "TargetGroups.0.HealthCheckEnabled", "true");
    REFUSES(&c, "InvalidConfigurationRequest", "Health check port", ACTIONS,
            "ModifyTargetGroup", "TargetGroupArn: '%s', HealthCheckPort: '80'",
            arn.p);
    calls_end(&c);
}

/* checklist 16 */
static void test_a_group_in_use_is_not_deleted(void **state)
{
    struct calls c = {.account = NULL};
    struct str arn;

    (void)state;
    calls_begin(&c, IN_USE);
    arn = calls_arn(&c, STR("Tg"));
    REFUSES(&c, "ResourceInUse",
            region_printf(&c.region,
                          "Target group '" STR_FMT "' is currently in use by a "
                          "listener or a rule",
                          STR_ARG(arn))
                .p,
            ACTIONS, "DeleteTargetGroup", "TargetGroupArn: $Tg");
    calls_end(&c);
}

static void test_a_group_is_deleted_and_may_be_deleted_again(void **state)
{
    struct calls c = {.account = NULL};
    struct str arn;

    (void)state;
    calls_begin(&c, IN_USE);
    arn = region_copy(&c.region, calls_arn(&c, STR("Free")));
    MUST(&c, ACTIONS, "DeleteTargetGroup", "TargetGroupArn: $Free");
    assert_int_equal(c.config->ngroups, 1);
    MUST(&c, ACTIONS, "DeleteTargetGroup", "TargetGroupArn: '%s'", arn.p);
    assert_null(c.call.edit.first);
    REFUSES(&c, "ValidationError", "'x' is not a valid", ACTIONS,
            "DeleteTargetGroup", "TargetGroupArn: x");
    calls_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_group_has_the_defaults_of_alb),
        cmocka_unit_test(
            test_groups_of_grpc_and_lambda_have_defaults_of_their_own),
        cmocka_unit_test(test_what_is_given_is_read_back),
        cmocka_unit_test(test_a_group_created_twice_is_the_same_one),
        cmocka_unit_test(test_another_group_of_the_same_name_is_refused),
        cmocka_unit_test(test_names_are_those_of_aws),
        cmocka_unit_test(
            test_what_a_group_needs_and_what_it_cannot_have_is_told),
        cmocka_unit_test(test_more_than_50_tags_are_too_many),
        cmocka_unit_test(test_groups_are_made_up_to_the_quota),
        cmocka_unit_test(test_groups_are_found_by_arn_name_and_balancer),
        cmocka_unit_test(test_a_group_that_is_not_there_is_an_error),
        cmocka_unit_test(test_groups_come_in_pages),
        cmocka_unit_test(test_a_health_check_is_modified_and_the_rest_stays),
        cmocka_unit_test(test_health_checks_of_functions_can_be_switched_on),
        cmocka_unit_test(test_a_group_in_use_is_not_deleted),
        cmocka_unit_test(test_a_group_is_deleted_and_may_be_deleted_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
