/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets by the API: who may be registered, what becomes of them, how their
 * health is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/elb_group.h"
#include "calls.h"

#define TARGETS &elb_target_actions
#define HEALTH &elb_target_health_actions
#define I "i-0123456789abcdef0"
#define FN "arn:aws:lambda:us-east-1:000000000000:function:f"

static const char groups[] =
    "Ip: {Type: TG, Properties: {TargetType: ip, Port: 80, Protocol: HTTP}}, "
    "Six: {Type: TG, Properties: {TargetType: ip, IpAddressType: ipv6, Port: "
    "80, Protocol: HTTP}}, "
    "In: {Type: TG, Properties: {Port: 80, Protocol: HTTP}}, "
    "Fn: {Type: TG, Properties: {TargetType: lambda}}, "
    "Here: {Type: TG, Properties: {TargetType: ip, Port: 80, Protocol: HTTP, "
    "Targets: [{Id: 10.1.1.1}]}, Metadata: {Sluice: {Addresses: "
    "[127.0.0.1:3000]}}}";

/* What a server would see: all that have an address, one state for all. */
struct seen {
    struct calls *calls;
    const char *state;
    struct target_seen draining; /* id.n == 0: none */
    bool unknown;
};

static bool see(void *owner, struct str arn,
                void (*visit)(void *to, const struct target_seen *target),
                void *to)
{
    const struct seen *s = owner;
    const struct config *config = s->calls->config;

    if (s->unknown)
        return false;
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *g = config->groups[i];

        for (unsigned k = 0; str_eq(g->arn, arn) && k < g->ntargets; k++) {
            struct target_seen seen = {
                .id = g->targets[k].id,
                .port = g->targets[k].port,
                .zone = g->targets[k].zone,
                .state = str_of(s->state),
                .anomaly = STR("anomalous"),
                .mitigation = true,
            };

            visit(to, &seen);
        }
    }
    if (s->draining.id.n)
        visit(to, &s->draining);
    return true;
}

static void begin(struct calls *c, struct seen *s)
{
    *c = (struct calls){.local = c->local};
    *s = (struct seen){.calls = c, .state = "healthy"};
    calls_begin(c, groups);
    c->view.targets = see;
    c->view.owner = s;
}

static const struct config_group *group(const struct calls *c, const char *id)
{
    for (unsigned i = 0; i < c->config->ngroups; i++) {
        if (str_eq(c->config->groups[i]->id, str_of(id)))
            return c->config->groups[i];
    }
    fail_msg("no group %s", id);
    return NULL;
}

/* ---- RegisterTargets ------------------------------------------------------------ */

static void test_a_registered_address_is_a_target_of_the_config(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 127.0.0.1, Port: 3000}, {Id: "
         "10.0.0.1, AvailabilityZone: us-east-1a}]");
    assert_null(c.call.result);
    assert_int_equal(group(&c, "Ip")->ntargets, 2);
    assert_int_equal(group(&c, "Ip")->targets[0].address.port, 3000);
    assert_int_equal(group(&c, "Ip")->targets[1].address.port, 80);
    MUST(&c, HEALTH, "DescribeTargetHealth", "TargetGroupArn: $Ip");
    AT(&c, "TargetHealthDescriptions.0.Target.Id", "127.0.0.1");
    AT(&c, "TargetHealthDescriptions.0.Target.Port", "3000");
    AT(&c, "TargetHealthDescriptions.0.HealthCheckPort", "3000");
    AT(&c, "TargetHealthDescriptions.0.Target.AvailabilityZone", NULL);
    AT(&c, "TargetHealthDescriptions.1.Target.AvailabilityZone", "us-east-1a");
    AT(&c, "TargetHealthDescriptions.1.TargetHealth.State", "healthy");
    AT(&c, "TargetHealthDescriptions.1.TargetHealth.Reason", NULL);
    AT(&c, "TargetHealthDescriptions.1.AdministrativeOverride.State",
       "no_override");
    AT(&c, "TargetHealthDescriptions.2", NULL);
    calls_end(&c);
}

static void test_the_same_registration_twice_changes_nothing(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}, {Id: 10.0.0.1, Port: "
         "80}, {Id: 10.0.0.1, Port: 81}]");
    assert_int_equal(group(&c, "Ip")->ntargets, 2);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1, Port: 81}]");
    assert_null(c.call.edit.first);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1, Port: 81, "
         "AvailabilityZone: us-east-1b}]");
    assert_int_equal(group(&c, "Ip")->ntargets, 2);
    assert_string_equal(group(&c, "Ip")->targets[1].zone.p, "us-east-1b");
    calls_end(&c);
}

static void test_ids_must_be_of_the_type_of_the_group(void **state)
{
    static const struct {
        const char *group;
        const char *target;
        const char *code;
        const char *begin;
    } cases[] = {
        {"In", "Id: 10.0.0.1", "ValidationError",
         "Instance ID '10.0.0.1' is not valid"},
        {"In", "Id: i-0", "ValidationError", "Instance ID 'i-0' is not valid"},
        {"In", "Id: i-0123456789ABCDEF0", "ValidationError", "Instance ID"},
        {"In", "Id: " I ", AvailabilityZone: us-east-1a", "ValidationError",
         "You cannot specify an Availability Zone"},
        {"Ip", "Id: " I, "ValidationError", "The IP address '" I "' is not a "},
        {"Ip", "Id: localhost", "ValidationError", "The IP address 'localh"},
        {"Ip", "Id: '::1'", "ValidationError",
         "The IP address '::1' is not a valid IPv4 address"},
        {"Ip", "Id: '10.0.0.1:80'", "ValidationError", "The IP address"},
        {"Six", "Id: 10.0.0.1", "ValidationError",
         "The IP address '10.0.0.1' is not a valid IPv6 address"},
        {"Six", "Id: '[::1]'", "ValidationError", "The IP address '[::1]'"},
        {"Ip", "Id: 8.8.8.8", "InvalidTarget", "The IP address '8.8.8.8'"},
        {"Ip", "Id: 172.32.0.1", "InvalidTarget", ""},
        {"Ip", "Id: 172.15.0.1", "InvalidTarget", ""},
        {"Ip", "Id: 100.128.0.1", "InvalidTarget", ""},
        {"Ip", "Id: 0.0.0.0", "InvalidTarget", ""},
        {"Ip", "Id: 169.254.169.254", "InvalidTarget", ""},
        {"Ip", "Id: 10.0.0.1, AvailabilityZone: 'Zone 1'", "ValidationError",
         "The Availability Zone 'Zone 1' is not valid"},
        {"Fn", "Id: f", "InvalidTarget",
         "The Lambda function ARN 'f' is not valid"},
        {"Fn", "Id: 'arn:aws:lambda:us-east-1:1:layer:f'", "InvalidTarget", ""},
        {"Fn", "Id: '" FN "', Port: 80", "ValidationError",
         "You cannot specify a port"},
        {"Fn", "Id: '" FN "', AvailabilityZone: us-east-1a", "ValidationError",
         "The Availability Zone of a Lambda function"},
        {"Ip", "Id: 10.0.0.1, QuicServerId: x", "ValidationError", "Quic"},
    };
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        REFUSES(&c, cases[i].code, cases[i].begin, TARGETS, "RegisterTargets",
                "TargetGroupArn: $%s, Targets: [{%s}]", cases[i].group,
                cases[i].target);
    REFUSES(&c, "ValidationError", "At least one target", TARGETS,
            "RegisterTargets", "TargetGroupArn: $Ip, Targets: []");
    REFUSES(&c, "TargetGroupNotFound", "One or more target groups not found",
            TARGETS, "RegisterTargets",
            "TargetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:targetgroup/x/0', Targets: [{Id: 10.0.0.1}]");
    calls_end(&c);
}

static void test_addresses_of_this_machine_and_of_a_vpc_are_fine(void **state)
{
    static const char *const fine[] = {
        "127.0.0.1",  "127.9.9.9",   "10.0.0.1",   "172.16.0.1",
        "172.31.0.1", "192.168.3.4", "100.64.0.1", "100.127.0.1"};
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
        MUST(&c, TARGETS, "RegisterTargets",
             "TargetGroupArn: $Ip, Targets: [{Id: %s}]", fine[i]);
    assert_int_equal(group(&c, "Ip")->ntargets, sizeof(fine) / sizeof(*fine));
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Six, Targets: [{Id: '::1'}, {Id: 'fd00::1'}]");
    assert_int_equal(group(&c, "Six")->ntargets, 2);
    calls_end(&c);
}

static void test_a_group_has_targets_and_functions_up_to_the_quota(void **state)
{
    static char many[64 * 1024];
    struct text t = text_in(many, sizeof(many) - 1);
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    for (unsigned i = 0; i <= 1000; i++)
        text_printf(&t, "%s{Id: 10.0.%u.%u}", i ? ", " : "", i / 250, i % 250);
    many[t.n] = '\0';
    begin(&c, &s);
    REFUSES(&c, "TooManyTargets", "", TARGETS, "RegisterTargets",
            "TargetGroupArn: $Ip, Targets: [%s]", many);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Fn, Targets: [{Id: '" FN "'}]");
    REFUSES(&c, "TooManyTargets", "", TARGETS, "RegisterTargets",
            "TargetGroupArn: $Fn, Targets: [{Id: '" FN "2'}]");
    calls_end(&c);
}

static void test_an_id_is_registered_with_a_balancer_up_to_the_quota(void **v)
{
    struct calls c = {.account = NULL};
    struct seen s = {.calls = &c, .state = "healthy"};

    (void)v;
    c.local.quotas.given[QUOTA_REGISTRATIONS] = true;
    c.local.quotas.max[QUOTA_REGISTRATIONS] = 2;
    c.local.quotas.given[QUOTA_TARGETS_OF_BALANCER] = true;
    c.local.quotas.max[QUOTA_TARGETS_OF_BALANCER] = 4;
    calls_begin(
        &c, "Lb: {Type: LB}, Tg: {Type: TG, Properties: {TargetType: ip, Port: "
            "80, Protocol: HTTP}}, Web: {Type: LI, Properties: "
            "{LoadBalancerArn: @Lb, Port: 80, Protocol: HTTP, DefaultActions: "
            "[{Type: forward, TargetGroupArn: @Tg}]}}");
    c.view.targets = see;
    c.view.owner = &s;
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Tg, Targets: [{Id: 10.0.0.1}, {Id: 10.0.0.1, Port: "
         "81}]");
    REFUSES(&c, "TooManyRegistrationsForTargetId", "", TARGETS,
            "RegisterTargets",
            "TargetGroupArn: $Tg, Targets: [{Id: 10.0.0.1, Port: 82}]");
    REFUSES(&c, "TooManyTargets", "", TARGETS, "RegisterTargets",
            "TargetGroupArn: $Tg, Targets: [{Id: 10.0.0.2}, {Id: 10.0.0.3}, "
            "{Id: 10.0.0.4}]");
    calls_end(&c);
}

static void test_an_address_that_drains_cannot_come_back(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    s.draining = (struct target_seen){.id = STR("10.0.0.1"),
                                      .port = 80,
                                      .state = STR("draining"),
                                      .left_s = 57};
    REFUSES(&c, "InvalidTarget",
            "The following targets are draining and cannot be registered until "
            "their deregistration delay is over: '10.0.0.1:80' (57 s)",
            TARGETS, "RegisterTargets",
            "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}]");
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1, Port: 81}]");
    s.draining.id = STR(I);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $In, Targets: [{Id: " I "}]");
    calls_end(&c);
}

/* ---- what stands for an instance -------------------------------------------------- */

static void test_an_instance_without_an_address_is_unused_and_says_why(void **v)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)v;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $In, Targets: [{Id: " I "}]");
    assert_int_equal(group(&c, "In")->ntargets, 0);
    MUST(&c, HEALTH, "DescribeTargetHealth", "TargetGroupArn: $In");
    AT(&c, "TargetHealthDescriptions.0.Target.Id", I);
    AT(&c, "TargetHealthDescriptions.0.Target.Port", "80");
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.State", "unused");
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.Reason",
       "Target.InvalidState");
    assert_non_null(
        strstr(calls_at(&c, "TargetHealthDescriptions.0.TargetHealth."
                            "Description"),
               "--target " I "=HOST:PORT"));
    calls_end(&c);
}

static void test_a_function_is_unused_and_says_why(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Fn, Targets: [{Id: '" FN "'}]");
    MUST(&c, HEALTH, "DescribeTargetHealth", "TargetGroupArn: $Fn");
    AT(&c, "TargetHealthDescriptions.0.Target.Id", FN);
    AT(&c, "TargetHealthDescriptions.0.Target.Port", NULL);
    AT(&c, "TargetHealthDescriptions.0.HealthCheckPort", NULL);
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.State", "unused");
    MUST(&c, TARGETS, "DeregisterTargets",
         "TargetGroupArn: $Fn, Targets: [{Id: '" FN "'}]");
    MUST(&c, HEALTH, "DescribeTargetHealth", "TargetGroupArn: $Fn");
    AT(&c, "TargetHealthDescriptions.0", NULL);
    calls_end(&c);
}

static void test_an_instance_is_where_the_command_line_says(void **state)
{
    static const struct local_target_id given[] = {
        {{I, 19}, {"127.0.0.1", 9}},
        {{"10.9.9.9", 8}, {":7000", 5}},
    };
    struct calls c = {.local = {.ntargets = 2, .targets = given}};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $In, Targets: [{Id: " I ", Port: 3000}, {Id: " I
         ", Port: 3001}]");
    assert_int_equal(group(&c, "In")->ntargets, 2);
    assert_int_equal(group(&c, "In")->targets[1].address.port, 3001);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.9.9.9}, {Id: 10.9.9.9, Port: "
         "81}]");
    assert_int_equal(group(&c, "Ip")->ntargets, 1);
    assert_int_equal(group(&c, "Ip")->nelsewhere, 1);
    assert_int_equal(group(&c, "Ip")->targets[0].address.port, 7000);
    MUST(&c, HEALTH, "DescribeTargetHealth", "TargetGroupArn: $Ip");
    AT(&c, "TargetHealthDescriptions.0.Target.Id", "10.9.9.9");
    AT(&c, "TargetHealthDescriptions.0.Target.Port", "80");
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.State", "healthy");
    AT(&c, "TargetHealthDescriptions.1.TargetHealth.State", "unused");
    calls_end(&c);
}

/* ---- local addresses --------------------------------------------------------------- */

static void test_what_calls_register_counts_beside_local_addresses(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    assert_int_equal(group(&c, "Here")->ntargets, 1);
    MUST(&c, HEALTH, "DescribeTargetHealth", "TargetGroupArn: $Here");
    AT(&c, "TargetHealthDescriptions.0.Target.Id", "127.0.0.1");
    AT(&c, "TargetHealthDescriptions.1", NULL); /* the template's gave way */
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Here, Targets: [{Id: 127.0.0.1, Port: 4000}]");
    assert_int_equal(group(&c, "Here")->ntargets, 2);
    assert_int_equal(group(&c, "Here")->targets[0].port, 3000);
    assert_int_equal(group(&c, "Here")->targets[1].port, 4000);
    assert_true(group(&c, "Here")->targets[1].registered);
    calls_end(&c);
}

static void test_a_local_address_can_be_deregistered_and_come_back(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "DeregisterTargets",
         "TargetGroupArn: $Here, Targets: [{Id: 127.0.0.1, Port: 3000}]");
    assert_int_equal(group(&c, "Here")->ntargets, 0);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Here, Targets: [{Id: 127.0.0.1, Port: 3000}]");
    assert_int_equal(group(&c, "Here")->ntargets, 1);
    MUST(&c, TARGETS, "DeregisterTargets",
         "TargetGroupArn: $Here, Targets: [{Id: 127.0.0.1, Port: 3000}]");
    assert_int_equal(group(&c, "Here")->ntargets, 0);
    calls_end(&c);
}

/* ---- DeregisterTargets --------------------------------------------------------------- */

static void test_a_target_is_deregistered_by_id_and_port(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}, {Id: 10.0.0.1, Port: "
         "81}, {Id: 10.0.0.2}]");
    MUST(&c, TARGETS, "DeregisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}, {Id: 10.0.0.2}]");
    assert_int_equal(group(&c, "Ip")->ntargets, 1);
    assert_int_equal(group(&c, "Ip")->targets[0].port, 81);
    MUST(&c, TARGETS, "DeregisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1, Port: 81}]");
    assert_int_equal(group(&c, "Ip")->ntargets, 0);
    assert_null(
        value_get(account_properties(c.account->resources[0]), STR("Targets")));
    assert_null(
        value_get(account_sluice(c.account->resources[0]), STR("Registered")));
    calls_end(&c);
}

static void test_who_is_not_registered_may_be_deregistered(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "DeregisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}]");
    assert_null(c.call.edit.first);
    REFUSES(&c, "InvalidTarget", "The IP address 'x' is not a valid IPv4",
            TARGETS, "DeregisterTargets",
            "TargetGroupArn: $Ip, Targets: [{Id: x}]");
    REFUSES(&c, "TargetGroupNotFound", "", TARGETS, "DeregisterTargets",
            "TargetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:targetgroup/x/0', Targets: [{Id: 10.0.0.1}]");
    calls_end(&c);
}

/* ---- DescribeTargetHealth -------------------------------------------------------------- */

static void test_those_that_are_asked_for_are_told_in_their_order(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}, {Id: 10.0.0.2}]");
    MUST(&c, HEALTH, "DescribeTargetHealth",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.9}, {Id: 10.0.0.2, Port: "
         "80}, {Id: 10.0.0.1, Port: 81}]");
    AT(&c, "TargetHealthDescriptions.0.Target.Id", "10.0.0.9");
    AT(&c, "TargetHealthDescriptions.0.Target.Port", "80");
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.State", "unused");
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.Reason",
       "Target.NotRegistered");
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.Description",
       "Target is not registered to the target group");
    AT(&c, "TargetHealthDescriptions.1.TargetHealth.State", "healthy");
    AT(&c, "TargetHealthDescriptions.2.TargetHealth.Reason",
       "Target.NotRegistered");
    AT(&c, "TargetHealthDescriptions.3", NULL);
    REFUSES(&c, "InvalidTarget", "The IP address '" I "' is not", HEALTH,
            "DescribeTargetHealth",
            "TargetGroupArn: $Ip, Targets: [{Id: " I "}]");
    REFUSES(&c, "TargetGroupNotFound", "", HEALTH, "DescribeTargetHealth",
            "TargetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:targetgroup/x/0'");
    calls_end(&c);
}

/* checklist 4 */
static void test_health_that_is_not_known_is_an_error_of_ours(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    s.unknown = true;
    REFUSES(&c, "HealthUnavailable", "", HEALTH, "DescribeTargetHealth",
            "TargetGroupArn: $Ip");
    assert_int_equal(c.call.fault.status, 500);
    calls_end(&c);
}

static void test_a_target_that_drains_is_told(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    s.draining = (struct target_seen){
        .id = STR("10.0.0.1"),
        .port = 80,
        .state = STR("draining"),
        .reason = STR("Target.DeregistrationInProgress"),
        .description = STR("Target deregistration is in progress"),
    };
    MUST(&c, HEALTH, "DescribeTargetHealth",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}]");
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.State", "draining");
    AT(&c, "TargetHealthDescriptions.0.TargetHealth.Reason",
       "Target.DeregistrationInProgress");
    calls_end(&c);
}

static void test_anomalies_are_told_to_who_asks_for_them(void **state)
{
    static const char *const words[] = {"AnomalyDetection", "All"};
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}]");
    MUST(&c, HEALTH, "DescribeTargetHealth", "TargetGroupArn: $Ip");
    AT(&c, "TargetHealthDescriptions.0.AnomalyDetection", NULL);
    for (unsigned i = 0; i < 2; i++) {
        MUST(&c, HEALTH, "DescribeTargetHealth",
             "TargetGroupArn: $Ip, Include: [%s]", words[i]);
        AT(&c, "TargetHealthDescriptions.0.AnomalyDetection.Result",
           "anomalous");
        AT(&c, "TargetHealthDescriptions.0.AnomalyDetection.MitigationInEffect",
           "yes");
    }
    calls_end(&c);
}

static void test_a_health_check_port_of_its_own_is_told(void **state)
{
    struct calls c = {.account = NULL};
    struct seen s;

    (void)state;
    begin(&c, &s);
    MUST(&c, TARGETS, "RegisterTargets",
         "TargetGroupArn: $Ip, Targets: [{Id: 10.0.0.1}]");
    MUST(&c, &elb_group_actions, "ModifyTargetGroup",
         "TargetGroupArn: $Ip, HealthCheckPort: '9090'");
    MUST(&c, HEALTH, "DescribeTargetHealth", "TargetGroupArn: $Ip");
    AT(&c, "TargetHealthDescriptions.0.HealthCheckPort", "9090");
    AT(&c, "TargetHealthDescriptions.0.Target.Port", "80");
    calls_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_registered_address_is_a_target_of_the_config),
        cmocka_unit_test(test_the_same_registration_twice_changes_nothing),
        cmocka_unit_test(test_ids_must_be_of_the_type_of_the_group),
        cmocka_unit_test(test_addresses_of_this_machine_and_of_a_vpc_are_fine),
        cmocka_unit_test(
            test_a_group_has_targets_and_functions_up_to_the_quota),
        cmocka_unit_test(
            test_an_id_is_registered_with_a_balancer_up_to_the_quota),
        cmocka_unit_test(test_an_address_that_drains_cannot_come_back),
        cmocka_unit_test(
            test_an_instance_without_an_address_is_unused_and_says_why),
        cmocka_unit_test(test_a_function_is_unused_and_says_why),
        cmocka_unit_test(test_an_instance_is_where_the_command_line_says),
        cmocka_unit_test(
            test_what_calls_register_counts_beside_local_addresses),
        cmocka_unit_test(
            test_a_local_address_can_be_deregistered_and_come_back),
        cmocka_unit_test(test_a_target_is_deregistered_by_id_and_port),
        cmocka_unit_test(test_who_is_not_registered_may_be_deregistered),
        cmocka_unit_test(test_those_that_are_asked_for_are_told_in_their_order),
        cmocka_unit_test(test_health_that_is_not_known_is_an_error_of_ours),
        cmocka_unit_test(test_a_target_that_drains_is_told),
        cmocka_unit_test(test_anomalies_are_told_to_who_asks_for_them),
        cmocka_unit_test(test_a_health_check_port_of_its_own_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
