/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

static void test_a_service_has_its_groups(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Blue: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n"
        "Green: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n"
        "Svc: {Type: AWS::ECS::Service, Metadata: {'aws:cdk:path': App/Svc}, "
        "Properties: {Cluster: ?c?, Whatever: 1, LaunchTyp: FARGATE, "
        "LoadBalancers: [{TargetGroupArn: @Blue, ContainerName: web, "
        "ContainerPort: 80, AdvancedConfiguration: {AlternateTargetGroupArn: "
        "@Green, ProductionListenerRule: x, RoleArn: ?r?}}]}},\n"
        "Old: {Type: AWS::ECS::Service}");
    const struct config_service *service = config->services[0];

    (void)state;
    assert_int_equal(config->nservices, 2);
    assert_string_equal(service->id.p, "Svc");
    assert_string_equal(service->path.p, "App/Svc");
    assert_int_equal(service->ngroups, 1);
    assert_ptr_equal(service->groups[0], config->groups[0]);
    assert_ptr_equal(service->green, config->groups[1]);
    assert_int_equal(config->services[1]->ngroups, 0);
    assert_null(config->services[1]->green);
    config_release(config);
}

static void test_groups_of_other_stacks_are_left_out(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Svc: {Type: AWS::ECS::Service, Properties: {LoadBalancers: "
        "[{TargetGroupArn: ?import?, ContainerName: a}, {TargetGroupArn: "
        "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b}]}}");

    (void)state;
    assert_int_equal(config->services[0]->ngroups, 0);
    config_release(config);
}

static void test_LoadBalancers_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"Svc: {Type: AWS::ECS::Service, Properties: {LoadBalancers: "
         "[{^TargetGroupARN: a}]}}",
         "service Svc: LoadBalancers[0] has no property \"TargetGroupARN\"",
         "did you mean \"TargetGroupArn\"?"},
        {"Svc: {Type: AWS::ECS::Service, Properties: {LoadBalancers: "
         "^{TargetGroupArn: a}}}",
         "service Svc: LoadBalancers must be a list of maps, this is a map",
         "write it as a list: \"- \" in front of its first line, the other "
         "lines indented as far"},
        {"Svc: {Type: AWS::ECS::Service, Properties: {LoadBalancers: "
         "[{AdvancedConfiguration: {^AlternateTargetGroup: a}}]}}",
         "service Svc: LoadBalancers[0].AdvancedConfiguration has no property "
         "\"AlternateTargetGroup\"",
         "did you mean \"AlternateTargetGroupArn\"?"},
        {"Svc: {Type: AWS::ECS::Service, Metadata: {Sluice: {^Addresses: a}}, "
         "Properties: {}}",
         "service Svc: Metadata.Sluice has no key \"Addresses\"",
         "it has Cluster, Service and Interval"},
        {"Lb: {Type: LB},\nSvc: {Type: AWS::ECS::Service, Properties: "
         "{LoadBalancers: [{TargetGroupArn: ^@Lb}]}}",
         "service Svc: TargetGroupArn is the ARN of load balancer Lb, not of a "
         "target group",
         "declare a target group and name it with !Ref"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_service_has_its_groups),
        cmocka_unit_test(test_groups_of_other_stacks_are_left_out),
        cmocka_unit_test(test_LoadBalancers_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
