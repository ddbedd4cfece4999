/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void test_it_has_the_defaults_of_ALB(void **state)
{
    struct config *config = build_good(in_group, "");
    const struct config_group *group = config->groups[0];
    const struct config_health *health = &group->health;

    (void)state;
    assert_string_equal(group->id.p, "Tg");
    assert_int_equal(group->type, TARGET_TYPE_IP);
    assert_int_equal(group->protocol, PROTOCOL_HTTP);
    assert_int_equal(group->version, VERSION_HTTP1);
    assert_int_equal(group->ip_address_type, IP_TYPE_IPV4);
    assert_true(health->enabled);
    assert_int_equal(health->protocol, PROTOCOL_HTTP);
    assert_int_equal(health->port, 0);
    assert_string_equal(health->path.p, "/");
    assert_int_equal(health->interval_ms, 30000);
    assert_int_equal(health->timeout_ms, 5000);
    assert_int_equal(health->healthy_threshold, 5);
    assert_int_equal(health->unhealthy_threshold, 2);
    assert_string_equal(health->matcher.p, "200");
    assert_true(code_set_has(&health->codes, 200));
    assert_false(code_set_has(&health->codes, 201));
    assert_int_equal(group->attributes.deregistration_delay_ms, 300000);
    assert_int_equal(group->attributes.algorithm, ALGORITHM_ROUND_ROBIN);
    assert_int_equal(group->ntargets, 0);
    config_release(config);
}

static void test_groups_of_functions_have_defaults_of_their_own(void **state)
{
    struct config *config = build_good(
        in_nothing, "Tg: {Type: TG, Properties: {TargetType: lambda, Targets: "
                    "[{Id: arn:aws:lambda:us-east-1:000000000000:function:f}]}"
                    "}");
    const struct config_group *group = config->groups[0];

    (void)state;
    assert_int_equal(group->type, TARGET_TYPE_LAMBDA);
    assert_int_equal(group->port, 0);
    assert_false(group->health.enabled);
    assert_int_equal(group->health.interval_ms, 35000);
    assert_int_equal(group->health.timeout_ms, 30000);
    assert_int_equal(group->health.unhealthy_threshold, 5);
    assert_int_equal(group->ntargets, 0);
    assert_int_equal(group->nelsewhere, 1);
    config_release(config);
}

static void test_groups_of_gRPC_have_defaults_of_their_own(void **state)
{
    struct config *config = build_good(in_group, "ProtocolVersion: GRPC");
    const struct config_health *health = &config->groups[0]->health;

    (void)state;
    assert_string_equal(health->path.p, "/AWS.ALB/healthcheck");
    assert_string_equal(health->matcher.p, "12");
    assert_true(code_set_has(&health->codes, 12));
    assert_false(code_set_has(&health->codes, 0));
    config_release(config);
}

/* 80, 84 */
static void test_a_matcher_of_gRPC_takes_its_codes(void **state)
{
    static const struct {
        const char *matcher;
        unsigned in[3], out;
    } cases[] = {
        {"0", {0, 0, 0}, 1},          {"'12'", {12, 12, 12}, 0},
        {"'0,12'", {0, 12, 12}, 1},   {"'0-5,99'", {0, 5, 99}, 6},
        {"'0-99'", {0, 50, 99}, 100},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[128];
        struct text t = text_in(text, sizeof(text) - 1);
        struct config *config;
        const struct code_set *codes;

        text_printf(&t, "ProtocolVersion: GRPC, Matcher: {GrpcCode: %s}",
                    cases[i].matcher);
        text[t.n] = '\0';
        config = build_good(in_group, text);
        codes = &config->groups[0]->health.codes;
        for (size_t k = 0; k < COUNT(cases[i].in); k++)
            assert_true(code_set_has(codes, cases[i].in[k]));
        assert_false(code_set_has(codes, cases[i].out));
        config_release(config);
    }
}

/* 80, 84 */
static void test_how_targets_are_checked_is_not_how_they_are_used(void **state)
{
    static const char *const versions[] = {"HTTP1", "HTTP2", "GRPC"};
    static const char *const protocols[] = {"HTTP", "HTTPS"};

    (void)state;
    for (unsigned v = 0; v < COUNT(versions); v++) {
        for (unsigned p = 0; p < COUNT(protocols); p++) {
            char text[160];
            struct text t = text_in(text, sizeof(text) - 1);
            struct config *config;

            text_printf(&t, "ProtocolVersion: %s, HealthCheckProtocol: %s",
                        versions[v], protocols[p]);
            text[t.n] = '\0';
            config = build_good(in_group, text);
            assert_int_equal(config->groups[0]->version, v);
            assert_int_equal(config->groups[0]->protocol, PROTOCOL_HTTP);
            assert_int_equal(config->groups[0]->health.protocol, p);
            config_release(config);
        }
    }
}

static void test_all_of_it_is_kept(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Tg: {Type: TG, Properties: {Name: blue, Port: 8443, Protocol: HTTP, "
        "ProtocolVersion: HTTP1, TargetType: instance, VpcId: ?vpc?, "
        "IpAddressType: ipv4, HealthCheckEnabled: true, HealthCheckProtocol: "
        "HTTP, HealthCheckPort: 9000, HealthCheckPath: '/health?a=b', "
        "HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, "
        "HealthyThresholdCount: 10, UnhealthyThresholdCount: 3, Matcher: "
        "{HttpCode: '200-299,404'}, TargetControlPort: 3000, Targets: [{Id: "
        "i-0123456789abcdef0}, {Id: ?Server?}], TargetGroupAttributes: [{Key: "
        "deregistration_delay.timeout_seconds, Value: 15}]}}");
    const struct config_group *group = config->groups[0];
    const struct config_health *health = &group->health;

    (void)state;
    assert_string_equal(group->name.p, "blue");
    assert_int_equal(group->port, 8443);
    assert_int_equal(group->protocol, PROTOCOL_HTTP);
    assert_int_equal(health->protocol, PROTOCOL_HTTP);
    assert_int_equal(health->port, 9000);
    assert_string_equal(health->path.p, "/health?a=b");
    assert_int_equal(health->interval_ms, 5000);
    assert_int_equal(health->timeout_ms, 2000);
    assert_int_equal(health->healthy_threshold, 10);
    assert_int_equal(health->unhealthy_threshold, 3);
    assert_true(code_set_has(&health->codes, 250));
    assert_true(code_set_has(&health->codes, 404));
    assert_int_equal(group->attributes.deregistration_delay_ms, 15000);
    assert_int_equal(group->ntargets, 0);
    assert_int_equal(group->nelsewhere, 2);
    config_release(config);
}

static void check_target(const struct config_target *target,
                         const char *expected, const char *zone)
{
    struct address address;

    assert_true(address_parse(str_of(expected), &address));
    assert_true(address_equal(&target->address, &address));
    assert_true(str_eq(target->zone, str_of(zone)));
}

static void test_any_address_may_be_a_target(void **state)
{
    struct config *config = build_good(
        in_group, "Targets: [{Id: 127.0.0.1, Port: 3000}, {Id: '::1', "
                  "AvailabilityZone: us-east-1a}, {Id: 127.0.0.1}, {Id: "
                  "8.8.8.8, Port: 53, AvailabilityZone: all}]");
    const struct config_group *group = config->groups[0];

    (void)state;
    assert_int_equal(group->ntargets, 4);
    check_target(&group->targets[0], "127.0.0.1:3000", "");
    check_target(&group->targets[1], "[::1]:80", "us-east-1a");
    check_target(&group->targets[2], "127.0.0.1:80", "");
    check_target(&group->targets[3], "8.8.8.8:53", "all");
    assert_int_equal(group->targets[3].port, 53);
    config_release(config);
}

static void test_Addresses_of_Metadata_are_targets(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Tg: {Type: TG, Metadata: {Sluice: {Addresses: [127.0.0.1:3000, "
        "':3001']}}, Properties: {Port: 80, Protocol: HTTP}}");

    (void)state;
    assert_int_equal(config->groups[0]->ntargets, 2);
    check_target(&config->groups[0]->targets[1], "127.0.0.1:3001", "");
    config_release(config);
}

static void test_targets_are_limited(void **state)
{
    static char text[40000];
    struct text t = text_in(text, sizeof(text) - 1);
    const struct fault fault[] = {
        {text,
         "target group Tg: Targets has 1001 entries: a group of instances or "
         "addresses has at most 1000",
         "register the others in another target group"}};

    (void)state;
    TEXT_LITERAL(&t, "Targets: ^[");
    for (unsigned i = 0; i <= CONFIG_TARGETS_MAX; i++)
        text_printf(&t, "{Id: 127.0.0.1, Port: %u}, ", i + 1);
    text_char(&t, ']');
    assert_true(text_ok(&t));
    text[t.n] = '\0';
    CHECK_ERRORS(in_group, fault);
}

static void test_names_are_as_AWS_has_them(void **state)
{
    static const struct fault faults[] = {
        {"Name: ^a.b",
         "target group Tg: Name cannot be \"a.b\": AWS takes letters, digits "
         "and hyphens",
         "write - for other characters"},
        {"Name: ^'" A16 "" A16 "a'",
         "target group Tg: Name cannot be \"" A16 "" A16
         "a\": it has more than 32 characters",
         "make it shorter"},
    };

    (void)state;
    CHECK_ERRORS(in_group, faults);
}

static void test_names_are_unique(void **state)
{
    static const struct fault faults[] = {
        {"A: {Type: TG, Properties: {Name: web, Port: 80, Protocol: "
         "HTTP}},\nB: {Type: TG, Properties: {Name: ^web, Port: 80, Protocol: "
         "HTTP}}",
         "target group B: Name \"web\" is that of target group A (line 1) as "
         "well",
         "names of target groups are unique: give it another one, or leave "
         "Name out"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_protocols_and_types(void **state)
{
    static const struct fault faults[] = {
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: ^TCP}}",
         "target group Tg: Protocol TCP is for target groups of network and "
         "gateway load balancers",
         "write Protocol: HTTP or HTTPS"},
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: ^HTPS}}",
         "target group Tg: Protocol cannot be \"HTPS\"",
         "did you mean \"HTTPS\"?"},
        {"Tg: {Type: TG, Properties: {Port: ^0, Protocol: HTTP}}",
         "target group Tg: Port is 0: it must be a whole number from 1 to "
         "65535",
         "write Port: 80"},
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: "
         "^alb}}",
         "target group Tg: TargetType alb is for network load balancers in "
         "front of an application load balancer",
         "write TargetType: ip, instance or lambda"},
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: "
         "^IP}}",
         "target group Tg: TargetType cannot be \"IP\"",
         "did you mean \"ip\"?"},
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, "
         "ProtocolVersion: ^HTTP/1.1}}",
         "target group Tg: ProtocolVersion cannot be \"HTTP/1.1\"",
         "did you mean \"HTTP1\"?"},
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, IpAddressType: "
         "^dualstack}}",
         "target group Tg: IpAddressType cannot be \"dualstack\"",
         "write ipv4 or ipv6"},
        {"Tg: {Type: TG, Properties: {TargetType: lambda, ^Port: 80}}",
         "target group Tg: a group of TargetType lambda has no Port",
         "leave it out"},
        {"Tg: {Type: TG, Properties: {TargetType: lambda, ^Protocol: HTTP}}",
         "target group Tg: a group of TargetType lambda has no Protocol",
         "leave it out"},
        {"Tg: {Type: TG, Properties: {TargetType: lambda, ^VpcId: vpc-1}}",
         "target group Tg: a group of TargetType lambda has no VpcId",
         "leave it out"},
        {"Tg: {Type: TG, Properties: {^Portt: 80, Protocol: HTTP, Port: 80}}",
         "target group Tg has no property \"Portt\"", "did you mean \"Port\"?"},
        {"Tg: {Type: TG, Properties: {^HealthCheck: {Path: /}, Protocol: HTTP, "
         "Port: 80}}",
         "target group Tg has no property \"HealthCheck\"",
         "did you mean \"HealthCheckEnabled\"?"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_health_checks_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"HealthCheckEnabled: ^false",
         "target group Tg: HealthCheckEnabled is false: ALB lets only groups "
         "of TargetType lambda go without health checks",
         "leave it out"},
        {"HealthCheckProtocol: ^TCP",
         "target group Tg: HealthCheckProtocol TCP is for target groups of "
         "network load balancers",
         "write HTTP, and a HealthCheckPath that the targets answer"},
        {"HealthCheckProtocol: ^HTP",
         "target group Tg: HealthCheckProtocol cannot be \"HTP\"",
         "did you mean \"HTTP\"?"},
        {"HealthCheckPort: ^'0'",
         "target group Tg: HealthCheckPort cannot be \"0\"",
         "write 1 to 65535, or traffic-port for the port of the target"},
        {"HealthCheckPort: ^traffic",
         "target group Tg: HealthCheckPort cannot be \"traffic\"",
         "write 1 to 65535, or traffic-port for the port of the target"},
        {"HealthCheckPath: ^health",
         "target group Tg: HealthCheckPath is \"health\": a path begins with /",
         "write HealthCheckPath: /health"},
        {"HealthCheckPath: ^'/a b'",
         "target group Tg: HealthCheckPath \"/a b\" has a space, a # or a "
         "character that is not ASCII",
         "write it percent-encoded, as in %20"},
        {"HealthCheckPath: ^/" A1024 "",
         "target group Tg: HealthCheckPath has 1025 characters: AWS takes at "
         "most 1024",
         "make it shorter"},
        {"HealthCheckPath: ^''", "target group Tg: HealthCheckPath is empty",
         "write HealthCheckPath: /health"},
        {"HealthCheckIntervalSeconds: ^4",
         "target group Tg: HealthCheckIntervalSeconds is 4: it must be a whole "
         "number from 5 to 300",
         "write HealthCheckIntervalSeconds: 30"},
        {"HealthCheckIntervalSeconds: ^301",
         "target group Tg: HealthCheckIntervalSeconds is 301: it must be a "
         "whole number from 5 to 300",
         "write HealthCheckIntervalSeconds: 30"},
        {"HealthCheckTimeoutSeconds: ^1",
         "target group Tg: HealthCheckTimeoutSeconds is 1: it must be a whole "
         "number from 2 to 120",
         "write HealthCheckTimeoutSeconds: 5"},
        {"HealthCheckTimeoutSeconds: ^121",
         "target group Tg: HealthCheckTimeoutSeconds is 121: it must be a "
         "whole number from 2 to 120",
         "write HealthCheckTimeoutSeconds: 5"},
        {"HealthyThresholdCount: ^1",
         "target group Tg: HealthyThresholdCount is 1: it must be a whole "
         "number from 2 to 10",
         "write HealthyThresholdCount: 5"},
        {"HealthyThresholdCount: ^11",
         "target group Tg: HealthyThresholdCount is 11: it must be a whole "
         "number from 2 to 10",
         "write HealthyThresholdCount: 5"},
        {"UnhealthyThresholdCount: ^1",
         "target group Tg: UnhealthyThresholdCount is 1: it must be a whole "
         "number from 2 to 10",
         "write UnhealthyThresholdCount: 2"},
        {"UnhealthyThresholdCount: ^11",
         "target group Tg: UnhealthyThresholdCount is 11: it must be a whole "
         "number from 2 to 10",
         "write UnhealthyThresholdCount: 2"},
        {"HealthCheckIntervalSeconds: ^5",
         "target group Tg: HealthCheckTimeoutSeconds is 5 (the default): it "
         "must be less than HealthCheckIntervalSeconds, which is 5",
         "write HealthCheckTimeoutSeconds: 4, or a longer interval"},
        {"HealthCheckTimeoutSeconds: ^30",
         "target group Tg: HealthCheckTimeoutSeconds is 30: it must be less "
         "than HealthCheckIntervalSeconds, which is 30 (the default)",
         "write HealthCheckTimeoutSeconds: 29, or a longer interval"},
        {"HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: ^10",
         "target group Tg: HealthCheckTimeoutSeconds is 10: it must be less "
         "than HealthCheckIntervalSeconds, which is 10",
         "write HealthCheckTimeoutSeconds: 9, or a longer interval"},
        {"Matcher: ^200",
         "target group Tg: Matcher must be a map, this is a number",
         "write Matcher: {HttpCode: \"200\"}"},
        {"Matcher: {HttpCode: ^500}",
         "target group Tg: Matcher.HttpCode cannot be \"500\": ALB takes 200 "
         "to 499, never 500 and above",
         "let the health check answer 200 when the target is well"},
        {"Matcher: {HttpCode: ^'200-599'}",
         "target group Tg: Matcher.HttpCode cannot be \"200-599\": ALB takes "
         "200 to 499, never 500 and above",
         "let the health check answer 200 when the target is well"},
        {"Matcher: {HttpCode: ^2xx}",
         "target group Tg: Matcher.HttpCode cannot be \"2xx\": it is codes "
         "from 200 to 499",
         "write codes and ranges, such as \"200,202\" or \"200-299\""},
        {"Matcher: {HttpCode: ^199}",
         "target group Tg: Matcher.HttpCode cannot be \"199\": it is codes "
         "from 200 to 499",
         "write codes and ranges, such as \"200,202\" or \"200-299\""},
        {"Matcher: {HttpCode: ^'299-200'}",
         "target group Tg: Matcher.HttpCode cannot be \"299-200\": it is codes "
         "from 200 to 499",
         "write codes and ranges, such as \"200,202\" or \"200-299\""},
        {"Matcher: {^GrpcCode: 0}",
         "target group Tg: Matcher.GrpcCode is for groups of ProtocolVersion "
         "GRPC",
         "write HttpCode"},
        {"ProtocolVersion: HTTP2, Matcher: {^GrpcCode: 0}",
         "target group Tg: Matcher.GrpcCode is for groups of ProtocolVersion "
         "GRPC",
         "write HttpCode"},
        {"ProtocolVersion: HTTP2, Matcher: {HttpCode: ^'500'}",
         "target group Tg: Matcher.HttpCode cannot be \"500\": ALB takes 200 "
         "to 499, never 500 and above",
         "let the health check answer 200 when the target is well"},
        {"Matcher: ^{}", "target group Tg: Matcher has no codes",
         "write {HttpCode: \"200\"}, or leave Matcher out"},
        {"ProtocolVersion: GRPC, Matcher: ^{}",
         "target group Tg: Matcher has no codes",
         "write {GrpcCode: \"12\"}, or leave Matcher out"},
        {"ProtocolVersion: GRPC, Matcher: {GrpcCode: ^'0-100'}",
         "target group Tg: Matcher.GrpcCode cannot be \"0-100\": gRPC codes "
         "are 0 to 99",
         "write codes and ranges, such as \"0,12\" or \"0-5\""},
        {"ProtocolVersion: GRPC, HealthCheckPath: ^AWS.ALB/healthcheck",
         "target group Tg: HealthCheckPath is \"AWS.ALB/healthcheck\": a path "
         "begins with /",
         "write HealthCheckPath: /AWS.ALB/healthcheck"},
        {"ProtocolVersion: GRPC, Matcher: {GrpcCode: ^100}",
         "target group Tg: Matcher.GrpcCode cannot be \"100\": gRPC codes are "
         "0 to 99",
         "write codes and ranges, such as \"0,12\" or \"0-5\""},
        {"ProtocolVersion: GRPC, Matcher: {^HttpCode: 200}",
         "target group Tg: Matcher.HttpCode is for groups without "
         "ProtocolVersion GRPC",
         "write GrpcCode"},
    };

    (void)state;
    CHECK_ERRORS(in_group, faults);
}

static void test_targets_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"Targets: [{Id: ^i-0123456789abcdef0}]",
         "target group Tg: target \"i-0123456789abcdef0\" is an instance, the "
         "group has TargetType ip",
         "write TargetType: instance"},
        {"Targets: [{Id: ^web.example.com}]",
         "target group Tg: target \"web.example.com\" is no IP address",
         "write one such as 127.0.0.1 or ::1"},
        {"Targets: [{Id: ^'127.0.0.1:3000'}]",
         "target group Tg: target \"127.0.0.1:3000\" has its port in Id",
         "write the address as Id, and Port: 3000"},
        {"Targets: [{Id: 127.0.0.1, Port: ^0}]",
         "target group Tg: Targets[0].Port is 0: it must be a whole number "
         "from 1 to 65535",
         "write Port: 8080"},
        {"Targets: [^{Port: 80}]", "target group Tg: Targets[0].Id is missing",
         "add Id: 10.0.0.1"},
        {"Targets: [{Id: 127.0.0.1}, ^{Id: 127.0.0.1, Port: 80}]",
         "target group Tg: target 127.0.0.1 with port 80 is registered twice "
         "(line 2)",
         "leave one of them out"},
        {"Targets: [^127.0.0.1]",
         "target group Tg: Targets[0] must be a map, this is a string",
         "write a map of Id, Port, AvailabilityZone and QuicServerId"},
    };

    (void)state;
    CHECK_ERRORS(in_group, faults);
}

static void test_targets_fit_the_type(void **state)
{
    static const struct fault faults[] = {
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, Targets: [{Id: "
         "^127.0.0.1}]}}",
         "target group Tg: target \"127.0.0.1\" is an IP address, the group "
         "has TargetType instance",
         "write TargetType: ip"},
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, Targets: [{Id: "
         "^web}]}}",
         "target group Tg: target \"web\" is no id of an instance",
         "write one such as i-0123456789abcdef0, or TargetType: ip for "
         "addresses"},
        {"Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, Targets: [{Id: "
         "i-0123456789abcdef0},\n^{Id: i-0123456789abcdef0}]}}",
         "target group Tg: target i-0123456789abcdef0 with port 80 is "
         "registered twice (line 1)",
         "leave one of them out"},
        {"Tg: {Type: TG, Properties: {TargetType: lambda, Targets: [{Id: "
         "^fn}]}}",
         "target group Tg: target \"fn\" is no ARN of a Lambda function",
         "write Id: !GetAtt TheFunction.Arn"},
        {"Tg: {Type: TG, Properties: {TargetType: lambda, Targets: [{Id: "
         "arn:aws:lambda:us-east-1:000000000000:function:f, ^Port: 80}]}}",
         "target group Tg: a Lambda function has no Port", "leave it out"},
        {"Tg: {Type: TG, Properties: {TargetType: lambda, Targets: ^[{Id: "
         "arn:a}, {Id: arn:b}]}}",
         "target group Tg: Targets has 2 entries: a group of Lambda functions "
         "has at most 1",
         "register the others in another target group"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_attributes_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, "
         "Value: ^3601}]",
         "deregistration_delay.timeout_seconds of target group Tg is \"3601\": "
         "ALB takes 0 to 3600",
         "leave it out for the default, 300"},
        {"TargetGroupAttributes: [{Key: ^stickyness.enabled, Value: true}]",
         "target group Tg has no attribute \"stickyness.enabled\"",
         "did you mean stickiness.enabled?"},
        {"TargetGroupAttributes: [{Key: stickiness.enabled, Value: "
         "true},\n{Key: ^stickiness.enabled, Value: false}]",
         "target group Tg: attribute stickiness.enabled is given twice (line "
         "2)",
         "leave one of them out"},
    };

    (void)state;
    CHECK_ERRORS(in_group, faults);
}

static void test_Metadata_Sluice_is_checked(void **state)
{
    static const struct fault faults[] = {
        {"Tg: {Type: TG, Metadata: {Sluice: {^Address: ':3000'}}, Properties: "
         "{Port: 80, Protocol: HTTP}}",
         "target group Tg: Metadata.Sluice has no key \"Address\"",
         "did you mean \"Addresses\"?"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_targets_over_TLS_are_believed_unless_asked(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Plain: {Type: TG, Properties: {Port: 443, Protocol: HTTPS, VpcId: v}},"
        "\nChecked: {Type: TG, Properties: {Port: 443, Protocol: HTTPS, VpcId: "
        "v}, Metadata: {Sluice: {ValidateCertificate: true, "
        "CertificateAuthorities: ca.pem, ServerName: api.example.com}}},\n"
        "Named: {Type: TG, Properties: {Port: 443, Protocol: HTTPS, VpcId: v},"
        "Metadata: {Sluice: {ValidateCertificate: false, ServerName: a_b}}}");

    (void)state;
    assert_int_equal(config->groups[0]->protocol, PROTOCOL_HTTPS);
    assert_false(config->groups[0]->tls.validate);
    assert_int_equal(config->groups[0]->tls.authorities.n, 0);
    assert_int_equal(config->groups[0]->tls.server_name.n, 0);
    assert_true(config->groups[1]->tls.validate);
    assert_string_equal(config->groups[1]->tls.authorities.p, "ca.pem");
    assert_string_equal(config->groups[1]->tls.server_name.p,
                        "api.example.com");
    assert_false(config->groups[2]->tls.validate);
    assert_string_equal(config->groups[2]->tls.server_name.p, "a_b");
    config_release(config);
}

#define OVER_TLS                                                               \
    "Tg: {Type: TG, Properties: {Port: 443, Protocol: HTTPS, VpcId: v},\n"     \
    "Metadata: {Sluice: {"
#define OVER_TCP                                                               \
    "Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, VpcId: v},\n"       \
    "Metadata: {Sluice: {"

static void test_what_is_said_of_TLS_is_checked(void **state)
{
    static const struct fault faults[] = {
        {OVER_TCP "^ValidateCertificate: true}}}",
         "target group Tg: Metadata.Sluice.ValidateCertificate is about TLS, "
         "which these targets are not spoken to with",
         "write Protocol: HTTPS, or take it out"},
        {OVER_TCP "^ServerName: a.example}}}",
         "target group Tg: Metadata.Sluice.ServerName is about TLS, which "
         "these targets are not spoken to with",
         "write Protocol: HTTPS, or take it out"},
        {OVER_TLS "^CertificateAuthorities: ca.pem}}}",
         "target group Tg: Metadata.Sluice.CertificateAuthorities does "
         "nothing: certificates of targets are not checked, as with ALB",
         "add ValidateCertificate: true, or take it out"},
        {OVER_TLS "ServerName: ^10.0.0.1}}}",
         "target group Tg: Metadata.Sluice.ServerName \"10.0.0.1\" is no host "
         "name",
         "write one like api.example.com, or leave it out: then a certificate "
         "is checked for the target's address"},
        {OVER_TLS "ServerName: ^'a b'}}}",
         "target group Tg: Metadata.Sluice.ServerName \"a b\" is no host name",
         "write one like api.example.com, or leave it out: then a certificate "
         "is checked for the target's address"},
        {OVER_TLS "ServerName: ^.a}}}",
         "target group Tg: Metadata.Sluice.ServerName \".a\" is no host name",
         "write one like api.example.com, or leave it out: then a certificate "
         "is checked for the target's address"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_has_the_defaults_of_ALB),
        cmocka_unit_test(test_groups_of_functions_have_defaults_of_their_own),
        cmocka_unit_test(test_groups_of_gRPC_have_defaults_of_their_own),
        cmocka_unit_test(test_targets_over_TLS_are_believed_unless_asked),
        cmocka_unit_test(test_what_is_said_of_TLS_is_checked),
        cmocka_unit_test(test_a_matcher_of_gRPC_takes_its_codes),
        cmocka_unit_test(test_how_targets_are_checked_is_not_how_they_are_used),
        cmocka_unit_test(test_all_of_it_is_kept),
        cmocka_unit_test(test_any_address_may_be_a_target),
        cmocka_unit_test(test_Addresses_of_Metadata_are_targets),
        cmocka_unit_test(test_targets_are_limited),
        cmocka_unit_test(test_names_are_as_AWS_has_them),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_protocols_and_types),
        cmocka_unit_test(test_health_checks_are_checked),
        cmocka_unit_test(test_targets_are_checked),
        cmocka_unit_test(test_targets_fit_the_type),
        cmocka_unit_test(test_attributes_are_checked),
        cmocka_unit_test(test_Metadata_Sluice_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
