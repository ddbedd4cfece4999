/* SPDX-License-Identifier: Apache-2.0
 *
 * Load balancers by the API: what is made, shown, changed, refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/elb_balancer.h"
#include "api/elb_subnets.h"
#include "calls.h"

#define ACTIONS &elb_balancer_actions
#define ATTRIBUTES &elb_balancer_attribute_actions
#define SUBNETS "Subnets: [subnet-a, subnet-b]"
#define EDGE "Edge: {Type: LB, Properties: {Name: edge, " SUBNETS "}}"
#define WEB                                                                    \
    EDGE ", Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, "            \
         "TargetType: ip, Targets: [{Id: 10.0.0.5}]}}, "                       \
         "Web: {Type: LI, Properties: {LoadBalancerArn: @Edge, Port: 80, "     \
         "Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: "   \
         "@Tg}]}}, Api: {Type: RU, Properties: {ListenerArn: @Web, Priority: " \
         "1, Conditions: [{Field: path-pattern, Values: [/a]}], Actions: "     \
         "[{Type: forward, TargetGroupArn: @Tg}]}}"

static void begin(struct calls *c, const char *resources)
{
    *c = (struct calls){.account = NULL};
    calls_begin(c, resources);
}

/* ---- CreateLoadBalancer ------------------------------------------------------------ */

/* checklist 11 */
static void
test_a_new_one_is_provisioning_and_the_next_look_active(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, "");
    MUST(&c, ACTIONS, "CreateLoadBalancer", "Name: web, " SUBNETS);
    AT(&c, "LoadBalancers.0.State.Code", "provisioning");
    AT(&c, "LoadBalancers.0.LoadBalancerName", "web");
    AT(&c, "LoadBalancers.0.Type", "application");
    AT(&c, "LoadBalancers.0.Scheme", "internet-facing");
    AT(&c, "LoadBalancers.0.IpAddressType", "ipv4");
    AT(&c, "LoadBalancers.0.CreatedTime", "2023-11-14T22:13:20.000Z");
    AT(&c, "LoadBalancers.0.CanonicalHostedZoneId", "Z35SXDOTRQ7X7K");
    AT(&c, "LoadBalancers.0.AvailabilityZones.0.SubnetId", "subnet-a");
    AT(&c, "LoadBalancers.0.AvailabilityZones.1.SubnetId", "subnet-b");
    AT(&c, "LoadBalancers.0.AvailabilityZones.2", NULL);
    assert_string_not_equal(
        calls_at(&c, "LoadBalancers.0.AvailabilityZones.0.ZoneName"),
        calls_at(&c, "LoadBalancers.0.AvailabilityZones.1.ZoneName"));
    assert_non_null(calls_at(&c, "LoadBalancers.0.SecurityGroups.0"));
    AT(&c, "LoadBalancers.0.IpamPools", NULL);
    MUST(&c, ACTIONS, "DescribeLoadBalancers", "Names: [web]");
    AT(&c, "LoadBalancers.0.State.Code", "active");
    AT(&c, "LoadBalancers.1", NULL);
    calls_end(&c);
}

/* checklist 9 */
static void
test_the_same_again_is_the_same_and_other_settings_are_refused(void **state)
{
    struct calls c;
    char arn[256];

    (void)state;
    begin(&c, "");
    MUST(&c, ACTIONS, "CreateLoadBalancer",
         "Name: web, Tags: [{Key: a, Value: b}], " SUBNETS);
    snprintf(arn, sizeof(arn), "%s",
             calls_at(&c, "LoadBalancers.0.LoadBalancerArn"));
    MUST(&c, ACTIONS, "CreateLoadBalancer",
         "Name: web, Scheme: internet-facing, Tags: [{Key: a, Value: b}], "
         "Subnets: [subnet-b, subnet-a]");
    assert_null(c.call.edit.first);
    AT(&c, "LoadBalancers.0.LoadBalancerArn", arn);
    AT(&c, "LoadBalancers.0.State.Code", "active");
    for (unsigned i = 0; i < 4; i++) {
        static const char *const others[] = {
            "Scheme: internal, " SUBNETS, "Subnets: [subnet-a, subnet-c]",
            "SecurityGroups: [sg-1], " SUBNETS,
            "Tags: [{Key: a, Value: c}], " SUBNETS};

        REFUSES(&c, "DuplicateLoadBalancerName",
                "A load balancer with the same name 'web' exists, but with "
                "different settings",
                ACTIONS, "CreateLoadBalancer", "Name: web, %s", others[i]);
    }
    calls_end(&c);
}

/* checklist 8 */
static void test_names_are_checked(void **state)
{
    static const char *const names[] = {
        "''",    "-a",         "a-",  "a_b",
        "'a b'", "internal-a", "a.b", "abcdefghijklmnopqrstuvwxyz1234567"};
    struct calls c;

    (void)state;
    begin(&c, "");
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        REFUSES(&c, "ValidationError", i ? "The load balancer name '" : "",
                ACTIONS, "CreateLoadBalancer", "Name: %s, " SUBNETS, names[i]);
    MUST(&c, ACTIONS, "CreateLoadBalancer",
         "Name: abcdefghijklmnopqrstuvwxyz-12345, " SUBNETS);
    calls_end(&c);
}

static void test_what_only_other_types_have_is_refused(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, WEB);
    REFUSES(&c, "OperationNotPermitted",
            "Load balancers with type 'network' cannot be created: Sluice is "
            "an Application Load Balancer",
            ACTIONS, "CreateLoadBalancer", "Name: a, Type: network, " SUBNETS);
    REFUSES(&c, "AllocationIdNotFound", "The allocation ID 'eipalloc-1'",
            ACTIONS, "CreateLoadBalancer",
            "Name: a, SubnetMappings: [{SubnetId: subnet-a, AllocationId: "
            "eipalloc-1}, {SubnetId: subnet-b}]");
    REFUSES(&c, "InvalidConfigurationRequest", "The address '10.0.0.6'",
            ACTIONS, "CreateLoadBalancer",
            "Name: a, SubnetMappings: [{SubnetId: subnet-a, "
            "PrivateIPv4Address: 10.0.0.6}, {SubnetId: subnet-b}]");
    REFUSES(&c, "ResourceInUse",
            "The address '10.0.0.5' is currently in use by a target", ACTIONS,
            "CreateLoadBalancer",
            "Name: a, SubnetMappings: [{SubnetId: subnet-a, "
            "PrivateIPv4Address: 10.0.0.5}, {SubnetId: subnet-b}]");
    REFUSES(&c, "InvalidConfigurationRequest", "Prefixes", ACTIONS,
            "CreateLoadBalancer",
            "Name: a, EnablePrefixForIpv6SourceNat: 'on', " SUBNETS);
    calls_end(&c);
}

static void test_subnets_are_in_two_zones_one_in_each(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, "");
    REFUSES(&c, "ValidationError", "You must specify either subnets", ACTIONS,
            "CreateLoadBalancer", "Name: a");
    REFUSES(&c, "ValidationError",
            "You must specify either subnets or subnet mappings, but not both",
            ACTIONS, "CreateLoadBalancer",
            "Name: a, SubnetMappings: [{SubnetId: subnet-c}], " SUBNETS);
    REFUSES(&c, "ValidationError",
            "At least two subnets in two different Availability Zones", ACTIONS,
            "CreateLoadBalancer", "Name: a, Subnets: [subnet-a]");
    REFUSES(&c, "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the "
            "same Availability Zone",
            ACTIONS, "CreateLoadBalancer",
            "Name: a, Subnets: [subnet-a, subnet-a]");
    REFUSES(&c, "SubnetNotFound", "The subnet ID 'net-a' does not exist",
            ACTIONS, "CreateLoadBalancer",
            "Name: a, Subnets: [subnet-a, net-a]");
    REFUSES(&c, "AvailabilityZoneNotSupported",
            "The Availability Zone 'us-east-1g'", ACTIONS, "CreateLoadBalancer",
            "Name: a, Subnets: [subnet-1, subnet-2, subnet-3, subnet-4, "
            "subnet-5, subnet-6, subnet-7]");
    calls_end(&c);
}

/* Ids of real subnets may have any digits. */
static void test_foreign_subnets_are_in_zones_of_their_own(void **state)
{
    static const char *const zones[] = {"a", "b", "c", "d", "e", "f"};
    struct calls c;
    unsigned seen = 0;

    (void)state;
    begin(&c, "");
    MUST(&c, ACTIONS, "CreateLoadBalancer",
         "Name: a, Subnets: [subnet-0a1, subnet-0b1, subnet-0c1, subnet-0d1, "
         "subnet-0e1, subnet-0f1]");
    for (unsigned i = 0; i < 6; i++) {
        char path[64];
        const char *zone;

        snprintf(path, sizeof(path),
                 "LoadBalancers.0.AvailabilityZones.%u.ZoneName", i);
        zone = calls_at(&c, path);
        assert_non_null(zone);
        for (unsigned k = 0; k < 6; k++)
            seen |= (unsigned)(zone[9] == zones[k][0]) << k;
    }
    assert_int_equal(seen, 63);
    calls_end(&c);
}

static void test_schemes_go_with_address_types(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, "");
    REFUSES(&c, "InvalidScheme", "The scheme 'internal' is not supported",
            ACTIONS, "CreateLoadBalancer",
            "Name: a, Scheme: internal, IpAddressType: "
            "dualstack-without-public-ipv4, " SUBNETS);
    REFUSES(&c, "InvalidScheme", "The scheme 'internal' is not supported",
            ACTIONS, "CreateLoadBalancer",
            "Name: a, Scheme: internal, IpamPools: {Ipv4IpamPoolId: "
            "ipam-pool-1}, " SUBNETS);
    MUST(&c, ACTIONS, "CreateLoadBalancer",
         "Name: a, Scheme: internal, IpAddressType: dualstack, " SUBNETS);
    AT(&c, "LoadBalancers.0.Scheme", "internal");
    AT(&c, "LoadBalancers.0.IpAddressType", "dualstack");
    assert_int_equal(
        strncmp(calls_at(&c, "LoadBalancers.0.DNSName"), "internal-a-", 11), 0);
    calls_end(&c);
}

static void test_security_groups_are_some(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, "");
    REFUSES(&c, "InvalidSecurityGroup",
            "The security group 'group-1' does not exist", ACTIONS,
            "CreateLoadBalancer",
            "Name: a, SecurityGroups: [group-1], " SUBNETS);
    REFUSES(&c, "InvalidConfigurationRequest", "A load balancer can have 5",
            ACTIONS, "CreateLoadBalancer",
            "Name: a, SecurityGroups: [sg-1, sg-2, sg-3, sg-4, sg-5, "
            "sg-6], " SUBNETS);
    MUST(&c, ACTIONS, "CreateLoadBalancer",
         "Name: a, SecurityGroups: [sg-1, sg-2], " SUBNETS);
    AT(&c, "LoadBalancers.0.SecurityGroups.1", "sg-2");
    calls_end(&c);
}

static void test_tags_and_pools_are_kept(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, "");
    REFUSES(&c, "DuplicateTagKeys", "Tag key 'a'", ACTIONS,
            "CreateLoadBalancer",
            "Name: a, Tags: [{Key: a}, {Key: a, Value: b}], " SUBNETS);
    MUST(&c, ACTIONS, "CreateLoadBalancer",
         "Name: a, CustomerOwnedIpv4Pool: ipv4pool-coip-1, IpamPools: "
         "{Ipv4IpamPoolId: ipam-pool-1}, " SUBNETS);
    AT(&c, "LoadBalancers.0.CustomerOwnedIpv4Pool", "ipv4pool-coip-1");
    AT(&c, "LoadBalancers.0.IpamPools.Ipv4IpamPoolId", "ipam-pool-1");
    REFUSES(&c, "ValidationError", "1 validation error detected", ACTIONS,
            "CreateLoadBalancer",
            "Name: b, CustomerOwnedIpv4Pool: pool, " SUBNETS);
    calls_end(&c);
}

/* checklist 29 */
static void test_there_are_as_many_as_the_quota_says(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    c.local.quotas.given[QUOTA_BALANCERS] = true;
    c.local.quotas.max[QUOTA_BALANCERS] = 2;
    calls_begin(&c, EDGE);
    MUST(&c, ACTIONS, "CreateLoadBalancer", "Name: a, " SUBNETS);
    REFUSES(&c, "TooManyLoadBalancers", "The maximum number of load balancers",
            ACTIONS, "CreateLoadBalancer", "Name: b, " SUBNETS);
    calls_end(&c);
}

/* ---- DescribeLoadBalancers ---------------------------------------------------------- */

/* checklist 12 */
static void test_what_is_not_there_is_an_error(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    REFUSES(&c, "LoadBalancerNotFound", "Load balancers '[no, none]' not found",
            ACTIONS, "DescribeLoadBalancers", "Names: [no, edge, none]");
    REFUSES(&c, "LoadBalancerNotFound", "One or more load balancers not found",
            ACTIONS, "DescribeLoadBalancers",
            "LoadBalancerArns: ['arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:loadbalancer/app/a/0123456789abcdef']");
    REFUSES(&c, "ValidationError", "'edge' is not a valid load balancer ARN",
            ACTIONS, "DescribeLoadBalancers", "LoadBalancerArns: [edge]");
    REFUSES(&c, "ValidationError", "Load balancer ARNs and names", ACTIONS,
            "DescribeLoadBalancers",
            "Names: [edge], LoadBalancerArns: [$Edge]");
    MUST(&c, ACTIONS, "DescribeLoadBalancers", "LoadBalancerArns: [$Edge]");
    AT(&c, "LoadBalancers.0.LoadBalancerName", "edge");
    calls_end(&c);
}

/* checklist 6 */
static void test_pages_have_as_many_as_were_asked_for(void **state)
{
    struct calls c;
    char marker[128];

    (void)state;
    begin(&c, EDGE ", B: {Type: LB}, C: {Type: LB}");
    MUST(&c, ACTIONS, "DescribeLoadBalancers", "PageSize: 2");
    AT(&c, "LoadBalancers.1.LoadBalancerName", "B");
    AT(&c, "LoadBalancers.2", NULL);
    snprintf(marker, sizeof(marker), "%s", calls_at(&c, "NextMarker"));
    MUST(&c, ACTIONS, "DescribeLoadBalancers", "PageSize: 2, Marker: '%s'",
         marker);
    AT(&c, "LoadBalancers.0.LoadBalancerName", "C");
    AT(&c, "LoadBalancers.1", NULL);
    AT(&c, "NextMarker", NULL);
    REFUSES(&c, "ValidationError", "", ACTIONS, "DescribeLoadBalancers",
            "Marker: more");
    REFUSES(&c, "ValidationError", "1 validation error", ACTIONS,
            "DescribeLoadBalancers", "PageSize: 401");
    calls_end(&c);
}

/* A template says what it wants. */
static void
test_one_of_a_template_without_subnets_is_in_the_default_vpc(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, "A: {Type: LB}, B: {Type: LB, Properties: {Subnets: ?why?}}");
    MUST(&c, ACTIONS, "DescribeLoadBalancers", "%s", "");
    AT(&c, "LoadBalancers.0.CreatedTime", NULL);
    for (unsigned i = 0; i < 2; i++) {
        char path[64];

        snprintf(path, sizeof(path),
                 "LoadBalancers.%u.AvailabilityZones.2.ZoneName", i);
        AT(&c, path, "us-east-1c");
    }
    calls_end(&c);
}

/* ---- DeleteLoadBalancer ------------------------------------------------------------- */

/* checklist 14 */
static void
test_it_goes_with_its_listeners_and_rules_and_groups_stay(void **state)
{
    struct calls c;
    char arn[256];

    (void)state;
    begin(&c, WEB);
    snprintf(arn, sizeof(arn), "%.*s", STR_ARG(calls_arn(&c, STR("Edge"))));
    MUST(&c, ACTIONS, "DeleteLoadBalancer", "LoadBalancerArn: '%s'", arn);
    assert_int_equal(c.account->n, 1);
    assert_int_equal(c.config->ngroups, 1);
    MUST(&c, ACTIONS, "DeleteLoadBalancer", "LoadBalancerArn: '%s'", arn);
    assert_null(c.call.edit.first);
    REFUSES(&c, "LoadBalancerNotFound", "Load balancer 'arn:", ACTIONS,
            "DeleteLoadBalancer",
            "LoadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:"
            "000000000000:loadbalancer/app/a/0123456789abcdef'");
    REFUSES(&c, "ValidationError", "'edge' is not a valid", ACTIONS,
            "DeleteLoadBalancer", "LoadBalancerArn: edge");
    calls_end(&c);
}

/* checklist 15 */
static void test_deletion_protection_keeps_it(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    MUST(&c, ATTRIBUTES, "ModifyLoadBalancerAttributes",
         "LoadBalancerArn: $Edge, Attributes: [{Key: "
         "deletion_protection.enabled, Value: 'true'}]");
    REFUSES(&c, "OperationNotPermitted", "Load balancer 'arn:", ACTIONS,
            "DeleteLoadBalancer", "LoadBalancerArn: $Edge");
    MUST(&c, ATTRIBUTES, "ModifyLoadBalancerAttributes",
         "LoadBalancerArn: $Edge, Attributes: [{Key: "
         "deletion_protection.enabled, Value: 'false'}]");
    MUST(&c, ACTIONS, "DeleteLoadBalancer", "LoadBalancerArn: $Edge");
    calls_end(&c);
}

static void test_what_another_resource_names_stays(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, WEB ", Accelerator: {Type: "
                  "'AWS::GlobalAccelerator::EndpointGroup', Properties: "
                  "{EndpointConfigurations: [{EndpointId: @Edge}]}}");
    REFUSES(&c, "ResourceInUse", "Load balancer 'arn:", ACTIONS,
            "DeleteLoadBalancer", "LoadBalancerArn: $Edge");
    calls_end(&c);
}

/* ---- attributes ---------------------------------------------------------------------- */

static const char *attribute(const struct calls *c, const char *key)
{
    const struct value *list = value_get(c->call.result, STR("Attributes"));

    for (const struct value *v = list->first; v; v = v->next) {
        if (str_eq(member_text(v, "Key"), str_of(key)))
            return member_text(v, "Value").p;
    }
    return NULL;
}

/* checklist 18 */
static void test_all_attributes_are_told_with_their_defaults(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE ", In: {Type: LB, Properties: {Scheme: internal, "
                   "LoadBalancerAttributes: [{Key: "
                   "idle_timeout.timeout_seconds, Value: '7'}]}}");
    MUST(&c, ATTRIBUTES, "DescribeLoadBalancerAttributes",
         "LoadBalancerArn: $Edge");
    assert_int_equal(value_count(value_get(c.call.result, STR("Attributes"))),
                     23);
    assert_string_equal(attribute(&c, "idle_timeout.timeout_seconds"), "60");
    assert_string_equal(attribute(&c, "access_logs.s3.bucket"), "");
    assert_string_equal(attribute(&c, "routing.http2.enabled"), "true");
    assert_string_equal(attribute(&c, "ipv6.deny_all_igw_traffic"), "false");
    MUST(&c, ATTRIBUTES, "DescribeLoadBalancerAttributes",
         "LoadBalancerArn: $In");
    assert_string_equal(attribute(&c, "idle_timeout.timeout_seconds"), "7");
    assert_string_equal(attribute(&c, "ipv6.deny_all_igw_traffic"), "true");
    calls_end(&c);
}

static void test_attributes_change_one_by_one(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    MUST(&c, ATTRIBUTES, "ModifyLoadBalancerAttributes",
         "LoadBalancerArn: $Edge, Attributes: [{Key: "
         "idle_timeout.timeout_seconds, Value: '30'}, {Key: "
         "access_logs.s3.enabled, Value: 'true'}, {Key: access_logs.s3.bucket, "
         "Value: logs}]");
    MUST(&c, ATTRIBUTES, "ModifyLoadBalancerAttributes",
         "LoadBalancerArn: $Edge, Attributes: [{Key: routing.http2.enabled, "
         "Value: 'false'}]");
    assert_string_equal(attribute(&c, "idle_timeout.timeout_seconds"), "30");
    assert_string_equal(attribute(&c, "access_logs.s3.bucket"), "logs");
    assert_string_equal(attribute(&c, "routing.http2.enabled"), "false");
    assert_int_equal(c.config->load_balancers[0]->attributes.idle_timeout_ms,
                     30000);
    assert_false(c.config->load_balancers[0]->attributes.http2);
    calls_end(&c);
}

/* checklist 17 */
static void test_attributes_are_checked(void **state)
{
    static const struct {
        const char *code;
        const char *message;
        const char *attributes;
    } cases[] = {
        {"ValidationError",
         "Load balancer attribute key 'no.such' is not recognized",
         "{Key: no.such, Value: a}"},
        {"InvalidConfigurationRequest",
         "Load balancer attribute key 'dns_record.client_routing_policy' is "
         "not supported on load balancers with type 'application'",
         "{Key: dns_record.client_routing_policy, Value: a}"},
        {"ValidationError",
         "Load balancer attribute 'idle_timeout.timeout_seconds' cannot have "
         "the value '0': it takes 1 to 4000",
         "{Key: idle_timeout.timeout_seconds, Value: '0'}"},
        {"ValidationError", "", "{Key: routing.http2.enabled, Value: 'yes'}"},
        {"ValidationError",
         "Load balancer attribute key 'routing.http2.enabled' is specified",
         "{Key: routing.http2.enabled, Value: 'true'}, {Key: "
         "routing.http2.enabled, Value: 'true'}"},
        {"InvalidConfigurationRequest", "",
         "{Key: load_balancing.cross_zone.enabled, Value: 'false'}"},
        {"InvalidConfigurationRequest",
         "The value of 'access_logs.s3.bucket' cannot be empty",
         "{Key: access_logs.s3.enabled, Value: 'true'}"},
        {"ValidationError", "1 validation error", "{Key: 'a b', Value: c}"},
    };
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        REFUSES(&c, cases[i].code, cases[i].message, ATTRIBUTES,
                "ModifyLoadBalancerAttributes",
                "LoadBalancerArn: $Edge, Attributes: [%s]",
                cases[i].attributes);
    REFUSES(&c, "ValidationError", "1 validation error detected", ATTRIBUTES,
            "ModifyLoadBalancerAttributes",
            "LoadBalancerArn: $Edge, Attributes: [{Key: a}, {Key: b}, {Key: "
            "c}, {Key: d}, {Key: e}, {Key: f}, {Key: g}, {Key: h}, {Key: i}, "
            "{Key: j}, {Key: k}, {Key: l}, {Key: m}, {Key: n}, {Key: o}, {Key: "
            "p}, {Key: q}, {Key: r}, {Key: s}, {Key: t}, {Key: u}]");
    REFUSES(&c, "LoadBalancerNotFound", "Load balancer 'arn:", ATTRIBUTES,
            "DescribeLoadBalancerAttributes",
            "LoadBalancerArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:loadbalancer/app/a/0123456789abcdef'");
    calls_end(&c);
}

/* ---- the network --------------------------------------------------------------------- */

static void test_subnets_are_replaced(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    MUST(&c, &elb_subnet_actions, "SetSubnets",
         "LoadBalancerArn: $Edge, SubnetMappings: [{SubnetId: subnet-x}, "
         "{SubnetId: subnet-y}, {SubnetId: subnet-z}], IpAddressType: "
         "dualstack");
    AT(&c, "AvailabilityZones.2.SubnetId", "subnet-z");
    AT(&c, "AvailabilityZones.3", NULL);
    AT(&c, "IpAddressType", "dualstack");
    MUST(&c, ACTIONS, "DescribeLoadBalancers", "%s", "");
    AT(&c, "LoadBalancers.0.AvailabilityZones.0.SubnetId", "subnet-x");
    MUST(&c, &elb_subnet_actions, "SetSubnets",
         "LoadBalancerArn: $Edge, Subnets: [subnet-a, subnet-b]");
    AT(&c, "AvailabilityZones.2", NULL);
    REFUSES(&c, "SubnetNotFound", "", &elb_subnet_actions, "SetSubnets",
            "LoadBalancerArn: $Edge, Subnets: [a, b]");
    REFUSES(&c, "AllocationIdNotFound", "", &elb_subnet_actions, "SetSubnets",
            "LoadBalancerArn: $Edge, SubnetMappings: [{SubnetId: subnet-a, "
            "AllocationId: eipalloc-1}]");
    REFUSES(&c, "InvalidConfigurationRequest", "", &elb_subnet_actions,
            "SetSubnets",
            "LoadBalancerArn: $Edge, Subnets: [subnet-a, subnet-a]");
    REFUSES(&c, "AvailabilityZoneNotSupported", "", &elb_subnet_actions,
            "SetSubnets",
            "LoadBalancerArn: $Edge, Subnets: [subnet-1, subnet-2, subnet-3, "
            "subnet-4, subnet-5, subnet-6, subnet-7]");
    calls_end(&c);
}

/* 511 load balancers use up a subnet of 4091 addresses. */
static void test_a_subnet_has_so_many_addresses(void **state)
{
    static char text[64 * 1024];
    struct calls c = {.account = NULL};
    size_t n = 0;

    (void)state;
    for (unsigned i = 0; i < 511; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                              "%sL%u: {Type: LB, Properties: {Subnets: "
                              "[subnet-a, subnet-b]}}",
                              i ? ", " : "", i);
    c.local.quotas.given[QUOTA_BALANCERS] = true;
    c.local.quotas.max[QUOTA_BALANCERS] = 1000;
    calls_begin(&c, text);
    REFUSES(&c, "InvalidSubnet", "Not enough IP space available in subnet-a.",
            ACTIONS, "CreateLoadBalancer", "Name: one-more, " SUBNETS);
    MUST(&c, ACTIONS, "CreateLoadBalancer",
         "Name: one-more, Subnets: [subnet-x, subnet-y]");
    REFUSES(&c, "InvalidSubnet", "Not enough IP space available in subnet-b.",
            &elb_subnet_actions, "SetSubnets",
            "LoadBalancerArn: '%s', Subnets: [subnet-b, subnet-c]",
            calls_at(&c, "LoadBalancers.0.LoadBalancerArn"));
    calls_end(&c);
}

#define ADDRESSING &elb_addressing_actions

static void test_security_groups_address_type_and_pools_are_set(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE ", In: {Type: LB, Properties: {Scheme: internal}}");
    MUST(&c, ADDRESSING, "SetSecurityGroups",
         "LoadBalancerArn: $Edge, SecurityGroups: [sg-1, sg-2]");
    AT(&c, "SecurityGroupIds.1", "sg-2");
    MUST(&c, ADDRESSING, "SetIpAddressType",
         "LoadBalancerArn: $Edge, IpAddressType: dualstack");
    AT(&c, "IpAddressType", "dualstack");
    MUST(&c, ADDRESSING, "ModifyIpPools",
         "LoadBalancerArn: $Edge, IpamPools: {Ipv4IpamPoolId: ipam-pool-1}");
    AT(&c, "IpamPools.Ipv4IpamPoolId", "ipam-pool-1");
    MUST(&c, ACTIONS, "DescribeLoadBalancers", "Names: [edge]");
    AT(&c, "LoadBalancers.0.SecurityGroups.0", "sg-1");
    AT(&c, "LoadBalancers.0.IpAddressType", "dualstack");
    AT(&c, "LoadBalancers.0.IpamPools.Ipv4IpamPoolId", "ipam-pool-1");
    MUST(&c, ADDRESSING, "ModifyIpPools",
         "LoadBalancerArn: $Edge, RemoveIpamPools: [ipv4]");
    AT(&c, "IpamPools", NULL);
    REFUSES(&c, "InvalidSecurityGroup", "", ADDRESSING, "SetSecurityGroups",
            "LoadBalancerArn: $Edge, SecurityGroups: [a]");
    REFUSES(&c, "InvalidConfigurationRequest", "At least one security group",
            ADDRESSING, "SetSecurityGroups",
            "LoadBalancerArn: $Edge, SecurityGroups: []");
    REFUSES(&c, "InvalidConfigurationRequest", "The IP address type",
            ADDRESSING, "SetIpAddressType",
            "LoadBalancerArn: $In, IpAddressType: "
            "dualstack-without-public-ipv4");
    REFUSES(&c, "InvalidSubnet", "You must specify subnets", ADDRESSING,
            "SetIpAddressType",
            "LoadBalancerArn: $In, IpAddressType: "
            "dualstack");
    REFUSES(&c, "ValidationError", "You must specify either IpamPools",
            ADDRESSING, "ModifyIpPools", "LoadBalancerArn: $Edge");
    calls_end(&c);
}

static void test_hosted_zones_are_those_of_aws(void **state)
{
    struct region region = {NULL};
    struct str made = balancer_hosted_zone(&region, STR("xx-north-9"));

    (void)state;
    assert_true(str_eq(balancer_hosted_zone(&region, STR("eu-west-1")),
                       STR("Z32O12XQLNTSW2")));
    assert_int_equal(made.n, 15);
    assert_int_equal(made.p[0], 'Z');
    for (size_t i = 0; i < made.n; i++)
        assert_false(made.p[i] >= 'a' && made.p[i] <= 'z');
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_new_one_is_provisioning_and_the_next_look_active),
        cmocka_unit_test(
            test_the_same_again_is_the_same_and_other_settings_are_refused),
        cmocka_unit_test(test_names_are_checked),
        cmocka_unit_test(test_what_only_other_types_have_is_refused),
        cmocka_unit_test(test_subnets_are_in_two_zones_one_in_each),
        cmocka_unit_test(test_foreign_subnets_are_in_zones_of_their_own),
        cmocka_unit_test(test_schemes_go_with_address_types),
        cmocka_unit_test(test_security_groups_are_some),
        cmocka_unit_test(test_tags_and_pools_are_kept),
        cmocka_unit_test(test_there_are_as_many_as_the_quota_says),
        cmocka_unit_test(test_what_is_not_there_is_an_error),
        cmocka_unit_test(test_pages_have_as_many_as_were_asked_for),
        cmocka_unit_test(
            test_one_of_a_template_without_subnets_is_in_the_default_vpc),
        cmocka_unit_test(
            test_it_goes_with_its_listeners_and_rules_and_groups_stay),
        cmocka_unit_test(test_deletion_protection_keeps_it),
        cmocka_unit_test(test_what_another_resource_names_stays),
        cmocka_unit_test(test_all_attributes_are_told_with_their_defaults),
        cmocka_unit_test(test_attributes_change_one_by_one),
        cmocka_unit_test(test_attributes_are_checked),
        cmocka_unit_test(test_subnets_are_replaced),
        cmocka_unit_test(test_a_subnet_has_so_many_addresses),
        cmocka_unit_test(test_security_groups_address_type_and_pools_are_set),
        cmocka_unit_test(test_hosted_zones_are_those_of_aws),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
