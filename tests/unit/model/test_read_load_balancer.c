/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

static void test_it_has_the_defaults_of_ALB(void **state)
{
    struct config *config = build_good(in_balancer, "");
    const struct config_load_balancer *lb = config->load_balancers[0];

    (void)state;
    assert_int_equal(config->nload_balancers, 1);
    assert_string_equal(lb->id.p, "Lb");
    assert_string_equal(lb->name.p, "Lb");
    assert_int_equal(lb->scheme, SCHEME_INTERNET_FACING);
    assert_int_equal(lb->ip_address_type, IP_TYPE_IPV4);
    assert_int_equal(lb->attributes.idle_timeout_ms, 60000);
    assert_int_equal(lb->attributes.connect_timeout_ms, 10000);
    assert_true(lb->attributes.http2);
    assert_false(lb->attributes.deny_all_igw_traffic);
    for (unsigned i = 0; i < LOG_KINDS; i++)
        assert_int_equal(lb->logs[i].n, 0);
    config_release(config);
}

static void test_all_of_it_is_kept(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Lb: {Type: LB, Metadata: {'aws:cdk:path': App/Lb, Sluice: "
        "{Bind: '::1', AccessLog: /tmp/a.log, ConnectionLog: c.log, "
        "HealthCheckLog: '-'}}, Properties: {Name: web-1, "
        "Type: application, Scheme: internal, IpAddressType: dualstack, "
        "LoadBalancerAttributes: [{Key: idle_timeout.timeout_seconds, Value: "
        "120}, {Key: routing.http.drop_invalid_header_fields.enabled, Value: "
        "true}]}}");
    const struct config_load_balancer *lb = config->load_balancers[0];

    (void)state;
    assert_string_equal(lb->name.p, "web-1");
    assert_int_equal(lb->scheme, SCHEME_INTERNAL);
    assert_int_equal(lb->ip_address_type, IP_TYPE_DUALSTACK);
    assert_int_equal(lb->attributes.idle_timeout_ms, 120000);
    assert_true(lb->attributes.drop_invalid_header_fields);
    assert_true(lb->attributes.deny_all_igw_traffic);
    assert_string_equal(lb->logs[ACCESS_LOG].p, "/tmp/a.log");
    assert_string_equal(lb->logs[CONNECTION_LOG].p, "c.log");
    assert_string_equal(lb->logs[HEALTH_CHECK_LOG].p, "-");
    assert_true(str_starts(lb->full_name, STR("app/web-1/")));
    assert_true(str_starts(lb->dns_name, STR("internal-web-1-")));
    assert_true(str_starts(
        lb->arn, STR("arn:aws:elasticloadbalancing:us-east-1:000000000000:"
                     "loadbalancer/app/web-1/")));
    assert_string_equal(lb->place.file, "t.yaml");
    assert_int_equal(lb->place.line, 1);
    config_release(config);
}

static void test_names_are_as_AWS_has_them(void **state)
{
    static const struct fault faults[] = {
        {"Name: ^a_b",
         "load balancer Lb: Name cannot be \"a_b\": AWS takes letters, digits "
         "and hyphens",
         "write - for other characters"},
        {"Name: ^-web",
         "load balancer Lb: Name cannot be \"-web\": it begins or ends with a "
         "hyphen",
         "leave that hyphen out"},
        {"Name: ^web-",
         "load balancer Lb: Name cannot be \"web-\": it begins or ends with a "
         "hyphen",
         "leave that hyphen out"},
        {"Name: ^internal-web",
         "load balancer Lb: Name cannot be \"internal-web\": AWS keeps names "
         "that begin with internal- for itself",
         "choose another begin; Scheme: internal makes it internal"},
        {"Name: ^''", "load balancer Lb: Name cannot be \"\": it is empty",
         "write 1 to 32 letters, digits and hyphens, or leave Name out"},
        {"Name: ^'" A16 "" A16 "a'",
         "load balancer Lb: Name cannot be \"" A16 "" A16
         "a\": it has more than 32 characters",
         "make it shorter"},
        {"Name: ^[web]",
         "load balancer Lb: Name must be a string, this is a list",
         "write Name: web"},
    };

    (void)state;
    CHECK_ERRORS(in_balancer, faults);
}

static void test_names_are_unique(void **state)
{
    static const struct fault faults[] = {
        {"A: {Type: LB, Properties: {Name: web}},\nB: {Type: LB, Properties: "
         "{Name: ^web}}",
         "load balancer B: Name \"web\" is that of load balancer A (line 1) as "
         "well",
         "names of load balancers are unique: give it another one, or leave "
         "Name out"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_it_is_an_application_load_balancer(void **state)
{
    static const struct fault faults[] = {
        {"Type: ^network",
         "load balancer Lb: Type is network: Sluice is an application load "
         "balancer",
         "write Type: application, or keep the network load balancer in "
         "another template"},
        {"Type: ^gateway",
         "load balancer Lb: Type is gateway: Sluice is an application load "
         "balancer",
         "write Type: application, or keep the gateway load balancer in "
         "another template"},
        {"Type: ^aplication", "load balancer Lb: Type cannot be \"aplication\"",
         "did you mean \"application\"?"},
        {"Scheme: ^external", "load balancer Lb: Scheme cannot be \"external\"",
         "did you mean \"internal\"?"},
        {"Scheme: ^internet_facing",
         "load balancer Lb: Scheme cannot be \"internet_facing\"",
         "did you mean \"internet-facing\"?"},
        {"IpAddressType: ^ipv6",
         "load balancer Lb: IpAddressType cannot be \"ipv6\"",
         "did you mean \"ipv4\"?"},
        {"IpAddressType: ^dualstak",
         "load balancer Lb: IpAddressType cannot be \"dualstak\"",
         "did you mean \"dualstack\"?"},
    };

    (void)state;
    CHECK_ERRORS(in_balancer, faults);
}

static void test_attributes_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"LoadBalancerAttributes: [{Key: idle_timeout.timeout_seconds, Value: "
         "^0}]",
         "idle_timeout.timeout_seconds of load balancer Lb is \"0\": ALB takes "
         "1 to 4000",
         "leave it out for the default, 60"},
        {"LoadBalancerAttributes: [{Key: ^idle_timeout.timeout_second, Value: "
         "60}]",
         "load balancer Lb has no attribute \"idle_timeout.timeout_second\"",
         "did you mean idle_timeout.timeout_seconds?"},
        {"LoadBalancerAttributes: [{Key: idle_timeout.timeout_seconds, Value: "
         "60},\n{Key: ^idle_timeout.timeout_seconds, Value: 61}]",
         "load balancer Lb: attribute idle_timeout.timeout_seconds is given "
         "twice (line 2)",
         "leave one of them out"},
        {"LoadBalancerAttributes: [{Key: idle_timeout.timeout_seconds, Value: "
         "^?the timeout is only in AWS?}]",
         "load balancer Lb: attribute idle_timeout.timeout_seconds cannot be "
         "known here: the timeout is only in AWS",
         "write a literal value, or take it from a parameter and give that "
         "with --parameter Key=Value"},
        {"LoadBalancerAttributes: [^{Key: idle_timeout.timeout_seconds}]",
         "load balancer Lb: LoadBalancerAttributes[0].Value is missing",
         "add Value: \"60\""},
        {"LoadBalancerAttributes: [^{Value: 60}]",
         "load balancer Lb: LoadBalancerAttributes[0].Key is missing",
         "add Key: idle_timeout.timeout_seconds"},
        {"LoadBalancerAttributes: ^{idle_timeout.timeout_seconds: 60}",
         "load balancer Lb: LoadBalancerAttributes must be a list of maps, "
         "this is a map",
         "write it as a list: \"- \" in front of its first line, the other "
         "lines indented as far"},
    };

    (void)state;
    CHECK_ERRORS(in_balancer, faults);
}

static void test_Metadata_Sluice_is_checked(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB, Metadata: {Sluice: {^Bnd: 127.0.0.1}}}",
         "load balancer Lb: Metadata.Sluice has no key \"Bnd\"",
         "did you mean \"Bind\"?"},
        {"Lb: {Type: LB, Metadata: {Sluice: {^LocalPort: 80}}}",
         "load balancer Lb: Metadata.Sluice has no key \"LocalPort\"",
         "it has Bind, EnforceSecurityGroups, AccessLog, ConnectionLog, "
         "HealthCheckLog, Metrics, CustomerOwnedIpv4Pool, CapacityReservation, "
         "Id and Created"},
        {"Lb: {Type: LB, Metadata: {^sluice: {Bind: 127.0.0.1}}}",
         "load balancer Lb: Metadata has no key \"sluice\" for Sluice",
         "did you mean \"Sluice\"?"},
        {"Lb: {Type: LB, Metadata: {Sluice: {AccessLog: ^[a.log]}}}",
         "load balancer Lb: Metadata.Sluice.AccessLog must be a string, this "
         "is a list",
         "write AccessLog: access.log"},
        {"Lb: {Type: LB, Metadata: {Sluice: {^ConectionLog: a}}}",
         "load balancer Lb: Metadata.Sluice has no key \"ConectionLog\"",
         "did you mean \"ConnectionLog\"?"},
        {"Lb: {Type: LB, Metadata: {Sluice: {HealthCheckLog: ^''}}}",
         "load balancer Lb: Metadata.Sluice.HealthCheckLog is empty",
         "write HealthCheckLog: health-check.log"},
        {"Lb: {Type: LB, Metadata: {Sluice: ^[Bind]}}",
         "load balancer Lb: Metadata.Sluice must be a map, this is a list",
         "write a map of Bind, EnforceSecurityGroups, AccessLog, "
         "ConnectionLog, HealthCheckLog, Metrics, CustomerOwnedIpv4Pool, "
         "CapacityReservation, Id and Created"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_types_near_known_ones_are_errors(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: ^AWS::ElasticLoadBalancingV2::Loadbalancer}",
         "resource Lb: there is no type "
         "\"AWS::ElasticLoadBalancingV2::Loadbalancer\"",
         "did you mean \"AWS::ElasticLoadBalancingV2::LoadBalancer\"?"},
        {"Lb: {Type: ^AWS::ElasticLoadBalancingV2::Rule}",
         "resource Lb: there is no type \"AWS::ElasticLoadBalancingV2::Rule\"",
         "did you mean \"AWS::ElasticLoadBalancingV2::ListenerRule\"?"},
        {"^Lb: {Properties: {}}", "resource Lb: Type is missing",
         "write the type of the resource, such as "
         "AWS::ElasticLoadBalancingV2::LoadBalancer"},
        {"Lb: {Type: ^5}", "resource Lb: Type must be a string",
         "write the type of the resource, such as "
         "AWS::ElasticLoadBalancingV2::LoadBalancer"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_other_types_of_the_namespace_are_doubtful(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: ^AWS::ElasticLoadBalancingV2::Zebra}",
         "resource Lb: Sluice does not know the type "
         "\"AWS::ElasticLoadBalancingV2::Zebra\": the resource is ignored",
         "if AWS has it all is well"},
    };

    (void)state;
    CHECK_DOUBTS(in_nothing, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_has_the_defaults_of_ALB),
        cmocka_unit_test(test_all_of_it_is_kept),
        cmocka_unit_test(test_names_are_as_AWS_has_them),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_it_is_an_application_load_balancer),
        cmocka_unit_test(test_attributes_are_checked),
        cmocka_unit_test(test_Metadata_Sluice_is_checked),
        cmocka_unit_test(test_types_near_known_ones_are_errors),
        cmocka_unit_test(test_other_types_of_the_namespace_are_doubtful),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
