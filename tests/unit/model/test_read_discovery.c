/* SPDX-License-Identifier: Apache-2.0
 *
 * Where targets of a group are found: Discovery of Metadata.Sluice, and the
 * services of the template.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"
#include "model/discovery.h"
#include "values.h"

#define GROUP(type, sluice)                                                    \
    "Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: " type  \
    "}, Metadata: {Sluice: {" sluice "}}}"
#define IP(sluice) GROUP("ip", sluice)

/* ---- Discovery -------------------------------------------------------------- */

static const struct discovery_source *source_of(const struct config *config)
{
    assert_non_null(config->groups[0]->sources);
    return config->groups[0]->sources;
}

static void test_Ecs_names_cluster_service_container_and_port(void **state)
{
    struct config *config = build_good(
        in_nothing, IP("Discovery: {Ecs: {Cluster: prod, Service: web, "
                       "Container: app, Port: 8080}, Interval: 20}"));
    const struct discovery_source *source = source_of(config);

    (void)state;
    assert_int_equal(source->kind, DISCOVERY_ECS);
    assert_string_equal(source->name.p, "ecs prod/web app:8080");
    assert_string_equal(source->u.ecs.cluster.p, "prod");
    assert_int_equal(source->u.ecs.port, 8080);
    assert_int_equal(source->interval_ms, 20000);
    assert_null(source->next);
    config_release(config);
}

static void test_a_cluster_that_is_not_named_is_default(void **state)
{
    struct config *config =
        build_good(in_nothing, GROUP("instance", "Discovery: {Ecs: {Service: "
                                                 "web}}"));

    (void)state;
    assert_string_equal(source_of(config)->name.p, "ecs default/web");
    assert_int_equal(source_of(config)->interval_ms, 0);
    config_release(config);
}

static void test_CloudMap_names_namespace_and_service(void **state)
{
    struct config *config = build_good(
        in_nothing, IP("Discovery: {CloudMap: {Namespace: internal, Service: "
                       "web, HealthStatus: ALL, Parameters: {stage: prod}}}"));
    const struct discovery_cloud_map *m = &source_of(config)->u.cloud_map;

    (void)state;
    assert_int_equal(source_of(config)->kind, DISCOVERY_CLOUD_MAP);
    assert_string_equal(m->namespace_name.p, "internal");
    assert_int_equal(m->health, INSTANCES_ALL);
    assert_string_equal(value_get(m->parameters, STR("stage"))->text.p, "prod");
    config_release(config);
}

static void test_Dns_asks_for_addresses_of_the_group(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: ip, "
        "IpAddressType: ipv6}, Metadata: {Sluice: {Discovery: {Dns: {Name: "
        "web.internal, Server: 127.0.0.1}}}}}");
    const struct discovery_dns *d = &source_of(config)->u.dns;

    (void)state;
    assert_int_equal(d->type, DNS_AAAA);
    assert_string_equal(d->server.p, "127.0.0.1:53");
    config_release(config);
}

static void test_what_is_wrong_is_said(void **state)
{
    static const struct fault faults[] = {
        {IP("Discovery: {^Esc: {Service: web}}"),
         "target group Tg: Metadata.Sluice.Discovery has no key \"Esc\"",
         "did you mean \"Ecs\"?"},
        {IP("Discovery: ^{Dns: {Name: a}, Ecs: {Service: b}}"),
         "target group Tg: Metadata.Sluice.Discovery has several of Ecs, "
         "CloudMap and Dns",
         "write one of them, such as Dns: {Name: web.internal}"},
        {IP("Discovery: ^{Interval: 5}"),
         "target group Tg: Metadata.Sluice.Discovery has none of Ecs, CloudMap "
         "and Dns",
         "write one of them, such as Dns: {Name: web.internal}"},
        {GROUP("instance", "^Discovery: {Dns: {Name: web}}"),
         "target group Tg: Metadata.Sluice.Discovery finds addresses, and the "
         "group has TargetType instance",
         "write TargetType: ip"},
        {IP("Discovery: {Dns: {Name: ^10.0.0.1}}"),
         "target group Tg: Name \"10.0.0.1\" of Discovery.Dns is an address, "
         "which needs no looking up",
         "write Targets: [{Id: 10.0.0.1}] in its place"},
        {IP("Discovery: {Dns: {Name: ^'web:80'}}"),
         "target group Tg: Name \"web:80\" of Discovery.Dns is no name of a "
         "host",
         "write one such as web.internal, without port"},
        {IP("Discovery: {Dns: {Name: web, Type: SRV, ^Port: 80}}"),
         "target group Tg: Discovery.Dns has Type SRV and Port: such records "
         "say which port",
         "leave Port out"},
        {IP("Discovery: {Dns: {Name: web, Server: ^here}}"),
         "target group Tg: Server \"here\" of Discovery.Dns is no address",
         "write IP or IP:PORT, such as 127.0.0.1:8600"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_local_addresses_take_its_place(void **state)
{
    struct config *config = build_good(
        in_nothing, IP("Addresses: ['127.0.0.1:3000'], Discovery: {Dns: "
                       "{Name: web}}"));

    (void)state;
    assert_null(config->groups[0]->sources);
    assert_int_equal(config->groups[0]->ntargets, 1);
    config_release(config);
}

/* ---- Found ------------------------------------------------------------------ */

static void test_found_targets_are_known_as_such(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, Targets: [{Id: "
        "i-0123456789abcdef0, Port: 32768}, {Id: i-0123456789abcdef1}]}, "
        "Metadata: {Sluice: {Found: ['i-0123456789abcdef0:32768=10.1.2.3']}}}");
    const struct config_group *group = config->groups[0];

    (void)state;
    assert_int_equal(group->ntargets, 1);
    assert_true(group->targets[0].found);
    assert_int_equal(group->targets[0].address.family, 4);
    assert_int_equal(group->targets[0].address.ip[3], 3);
    assert_int_equal(group->targets[0].address.port, 32768);
    assert_int_equal(group->nelsewhere, 1);
    config_release(config);
}

static void test_ARNs_have_a_region_and_a_name(void **state)
{
    struct str arn = STR("arn:aws:ecs:eu-west-1:123456789012:cluster/prod");

    (void)state;
    assert_true(str_eq(discovery_region(arn), STR("eu-west-1")));
    assert_true(str_eq(discovery_name(arn), STR("prod")));
    assert_true(str_eq(discovery_name(STR("prod")), STR("prod")));
    assert_int_equal(discovery_region(STR("prod")).n, 0);
    assert_int_equal(discovery_region(STR("arn:aws")).n, 0);
}

/* ---- services of the template ------------------------------------------------- */

#define TWO                                                                    \
    "Blue: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: "     \
    "ip}},\n"                                                                  \
    "Green: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: "    \
    "ip}},\n"
#define SERVICE(cluster, name, more)                                           \
    "Svc: {Type: AWS::ECS::Service, Properties: {Cluster: " cluster name       \
    ", LoadBalancers: [{TargetGroupArn: @Blue, ContainerName: web, "           \
    "ContainerPort: 8080, AdvancedConfiguration: {AlternateTargetGroupArn: "   \
    "@Green}}]}" more "}"

/* With --discover ecs, or without; `what`: the begin of the only warning. */
static struct config *build_service(const char *text, bool follow,
                                    const char *what)
{
    struct region region = {NULL};
    struct report report = {.strict = false};
    struct local local = {.follow_services = follow};
    struct place mark;
    struct config *config = config_build(values_parse(&region, text, &mark),
                                         STR("test"), &local, &report);

    assert_non_null(config);
    assert_int_equal(report.warnings, what ? 1 : 0);
    if (what)
        assert_true(str_starts(report.first->what, str_of(what)));
    report_end(&report);
    region_end(&region);
    return config;
}

static void test_services_are_followed_when_asked_for(void **state)
{
    static const char text[] = TWO SERVICE("prod", ", ServiceName: web", "");
    struct config *config = build_service(text, true, NULL);
    const struct discovery_source *blue = config->groups[0]->sources;
    const struct discovery_source *green = config->groups[1]->sources;

    (void)state;
    assert_string_equal(blue->name.p, "ecs prod/web web:8080");
    assert_true(blue->u.ecs.first);
    assert_true(str_eq(blue->u.ecs.other, config->groups[1]->arn));
    assert_false(green->u.ecs.first);
    assert_true(str_eq(green->u.ecs.other, config->groups[0]->arn));
    config_release(config);
    config = build_service(text, false, NULL);
    assert_null(config->groups[0]->sources);
    config_release(config);
}

static void test_names_that_AWS_made_are_told_in_Metadata(void **state)
{
    struct config *config = build_service(
        TWO SERVICE("?c?", "",
                    ", Metadata: {Sluice: {Cluster: prod, Service: "
                    "web}}"),
        true, NULL);

    (void)state;
    assert_string_equal(config->groups[0]->sources->name.p,
                        "ecs prod/web web:8080");
    config_release(config);
    config = build_service(TWO SERVICE("?c?", ", ServiceName: web", ""), true,
                           "service Svc: --discover ecs: only AWS knows");
    assert_null(config->groups[0]->sources);
    config_release(config);
}

static void test_what_a_group_says_itself_counts(void **state)
{
    struct config *config = build_service(
        "Blue: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: "
        "ip}, Metadata: {Sluice: {Discovery: {Dns: {Name: blue}}}}},\n"
        "Green: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n" SERVICE(
            "prod", ", ServiceName: web", ""),
        true, NULL);

    (void)state;
    assert_string_equal(config->groups[0]->sources->name.p, "dns blue A 0 ");
    assert_null(config->groups[0]->sources->next);
    config_release(config);
}

static void test_two_services_of_one_group_are_both_followed(void **state)
{
    struct config *config = build_service(
        TWO SERVICE(
            "prod", ", ServiceName: web",
            "") ",\n"
                "Two: {Type: AWS::ECS::Service, Properties: {ServiceName: api, "
                "LoadBalancers: [{TargetGroupArn: @Blue, ContainerName: x, "
                "ContainerPort: 1}]}}",
        true, NULL);

    (void)state;
    assert_string_equal(config->groups[0]->sources->next->name.p,
                        "ecs default/api x:1");
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_Ecs_names_cluster_service_container_and_port),
        cmocka_unit_test(test_a_cluster_that_is_not_named_is_default),
        cmocka_unit_test(test_CloudMap_names_namespace_and_service),
        cmocka_unit_test(test_Dns_asks_for_addresses_of_the_group),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_local_addresses_take_its_place),
        cmocka_unit_test(test_found_targets_are_known_as_such),
        cmocka_unit_test(test_ARNs_have_a_region_and_a_name),
        cmocka_unit_test(test_services_are_followed_when_asked_for),
        cmocka_unit_test(test_names_that_AWS_made_are_told_in_Metadata),
        cmocka_unit_test(test_what_a_group_says_itself_counts),
        cmocka_unit_test(test_two_services_of_one_group_are_both_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
