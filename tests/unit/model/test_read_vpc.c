/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"
#include "model/vpc.h"

/* A load balancer that enforces group Sg, which has these rules. */
#define ENFORCED(rules)                                                        \
    "Lb: {Type: LB, Metadata: {Sluice: {EnforceSecurityGroups: true}}, "       \
    "Properties: {SecurityGroups: [@Sg]}},\n"                                  \
    "Sg: {Type: SG, Properties: {GroupName: web, SecurityGroupIngress: "       \
    "[" rules "]}}"
#define TCP "IpProtocol: tcp, FromPort: 80, ToPort: 443"

static void assert_rule(const struct config_ingress *rule, const char *range,
                        unsigned from, unsigned to)
{
    char room[CIDR_TEXT_MAX + 1] = "";
    struct text t = text_in(room, CIDR_TEXT_MAX);

    cidr_put(&t, &rule->range);
    assert_string_equal(room, range);
    assert_int_equal(rule->from_port, from);
    assert_int_equal(rule->to_port, to);
}

static void test_rules_are_those_of_its_groups(void **state)
{
    struct config *config = build_good(
        in_nothing,
        ENFORCED("{" TCP ", CidrIp: 10.1.2.3/8}, {IpProtocol: '-1', CidrIpv6: "
                 "'2001:db8::/32'}, {IpProtocol: udp, CidrIp: "
                 "0.0.0.0/0}") ",\nOther: {Type: SG, Properties: "
                               "{SecurityGroupIngress: "
                               "[{" TCP ", CidrIp: 0.0.0.0/0}]}},\n"
                               "A: {Type: SI, Properties: {GroupId: "
                               "@Sg, IpProtocol: '6', "
                               "FromPort: 0, ToPort: 65535, CidrIp: "
                               "192.0.2.1/32}},\n"
                               "B: {Type: SI, Properties: {GroupName: "
                               "web, " TCP ", CidrIp: "
                               "192.0.2.2/32}},\n"
                               "C: {Type: SI, Properties: {GroupId: "
                               "@Other, " TCP ", CidrIp: "
                               "192.0.2.3/32}}");
    const struct config_security *s = config->load_balancers[0]->security;

    (void)state;
    assert_int_equal(s->n, 4);
    assert_rule(&s->ingress[0], "10.0.0.0/8", 80, 443);
    assert_rule(&s->ingress[1], "2001:db8::/32", 0, 65535);
    assert_rule(&s->ingress[2], "192.0.2.2/32", 80, 443);
    assert_rule(&s->ingress[3], "192.0.2.1/32", 0, 65535);
    config_release(config);
}

static void test_nothing_is_read_unless_it_is_asked_for(void **state)
{
    struct config *config = build_good(
        in_nothing, "Lb: {Type: LB, Properties: {SecurityGroups: [@Sg]}},\n"
                    "Sg: {Type: SG, Properties: {SecurityGroupIngress: "
                    "[{IpProtocol: tcp, CidrIp: nothing}, ?why?]}}");

    (void)state;
    assert_null(config->load_balancers[0]->security);
    config_release(config);
}

static void test_what_a_rule_says_is_checked(void **state)
{
    static const struct fault faults[] = {
        {ENFORCED("{" TCP ", CidrIp: ^10.0.0.0}"),
         "security group Sg: CidrIp \"10.0.0.0\" is no block of addresses",
         "write one such as 10.0.0.0/8"},
        {ENFORCED("{" TCP ", CidrIp: ^'2001:db8::/32'}"),
         "security group Sg: CidrIp \"2001:db8::/32\" is no block of addresses",
         "write one such as 10.0.0.0/8"},
        {ENFORCED("{" TCP ", CidrIpv6: ^10.0.0.0/8}"),
         "security group Sg: CidrIpv6 \"10.0.0.0/8\" is no block of addresses",
         "write one such as 2001:db8::/32"},
        {ENFORCED("^{IpProtocol: tcp, FromPort: 81, ToPort: 80, CidrIp: "
                  "10.0.0.0/8}"),
         "security group Sg: a rule of TCP has no FromPort and ToPort that are "
         "some",
         "write ports from 0 to 65535, such as FromPort: 80 and ToPort: 80"},
        {ENFORCED("^{IpProtocol: tcp, FromPort: 80, ToPort: 65536, CidrIp: "
                  "10.0.0.0/8}"),
         "security group Sg: a rule of TCP has no FromPort and ToPort that are "
         "some",
         "write ports from 0 to 65535, such as FromPort: 80 and ToPort: 80"},
        {ENFORCED("{" TCP ", ^CidrIP: 10.0.0.0/8}"),
         "security group Sg: SecurityGroupIngress[0] has no property "
         "\"CidrIP\"",
         "did you mean \"CidrIp\"?"},
        {ENFORCED("^{" TCP "}"),
         "security group Sg: a rule does not say who may connect",
         "add CidrIp or CidrIpv6, such as CidrIp: 10.0.0.0/8"},
        {ENFORCED("^{FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8}"),
         "security group Sg: SecurityGroupIngress[0].IpProtocol is missing",
         "add IpProtocol: tcp"},
        {ENFORCED("{IpProtocol: ^tpc, FromPort: 80, ToPort: 80, CidrIp: "
                  "10.0.0.0/8}"),
         "security group Sg: IpProtocol \"tpc\" is no protocol",
         "did you mean \"tcp\"?"},
        {ENFORCED("{IpProtocol: ^'256', CidrIp: 10.0.0.0/8}"),
         "security group Sg: IpProtocol \"256\" is no protocol",
         "write tcp, udp, icmp, icmpv6, -1 or all"},
        {ENFORCED("^10.0.0.0/8"),
         "security group Sg: SecurityGroupIngress[0] must be a map, this is a "
         "string",
         "write a map of IpProtocol, FromPort, ToPort, CidrIp, CidrIpv6, "
         "SourcePrefixListId, SourceSecurityGroupId, SourceSecurityGroupName, "
         "SourceSecurityGroupOwnerId and Description"},
        {"Lb: {Type: LB, Metadata: {Sluice: {EnforceSecurityGroups: true}}, "
         "Properties: {SecurityGroups: [@Sg]}},\n"
         "Sg: {Type: SG, Properties: {SecurityGroupIngress: ^{" TCP
         ", CidrIp: 10.0.0.0/8}}}",
         "security group Sg: SecurityGroupIngress must be a list of maps, this "
         "is a map",
         "write it as a list: \"- \" in front of its first line, the other "
         "lines indented as far"},
        {ENFORCED("") ", In: {Type: SI, Properties: {GroupId: @Sg, " TCP
                      ", ^Cidrip: 10.0.0.0/8}}",
         "security group ingress In has no property \"Cidrip\"",
         "did you mean \"CidrIp\"?"},
        {ENFORCED("^{" TCP "}") ", Two: {Type: LB, Metadata: {Sluice: "
                                "{EnforceSecurityGroups: true}}, Properties: "
                                "{SecurityGroups: [@Sg]}}",
         "security group Sg: a rule does not say who may connect",
         "add CidrIp or CidrIpv6, such as CidrIp: 10.0.0.0/8"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_groups_of_elsewhere_let_nobody_in(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB, Metadata: {Sluice: {EnforceSecurityGroups: true}}, "
         "Properties: {SecurityGroups: [^sg-1]}}",
         "load balancer Lb: the rules of security group sg-1 are not in the "
         "template: it lets nobody in here",
         "declare it as AWS::EC2::SecurityGroup"},
        {"^Lb: {Type: LB, Metadata: {Sluice: {EnforceSecurityGroups: true}}}",
         "load balancer Lb: EnforceSecurityGroups, and no SecurityGroups: "
         "nobody may connect",
         "name groups of the template in SecurityGroups"},
    };

    (void)state;
    CHECK_WARNINGS(in_nothing, faults);
}

static void assert_zones(const char *text, unsigned n, const char *first)
{
    struct config *config = build_good(in_nothing, text);
    const struct config_load_balancer *lb = config->load_balancers[0];

    assert_int_equal(lb->nzones, n);
    if (n)
        assert_string_equal(lb->zones[0].p, first);
    config_release(config);
}

#define NETS(second)                                                           \
    ",\nA: {Type: SN, Properties: {AvailabilityZone: eu-west-1b}},\n"          \
    "B: {Type: SN, Properties: {" second "}}"

static void test_zones_are_those_of_all_subnets(void **state)
{
    (void)state;
    assert_zones("Lb: {Type: LB, Properties: {Subnets: [@A, @B]}}" NETS(
                     "AvailabilityZone: eu-west-1a"),
                 2, "eu-west-1b");
    assert_zones("Lb: {Type: LB, Properties: {Subnets: [@A, @B]}}" NETS(
                     "AvailabilityZone: eu-west-1b"),
                 1, "eu-west-1b");
    assert_zones("Lb: {Type: LB, Properties: {SubnetMappings: [{SubnetId: "
                 "@B}, {SubnetId: @A}]}}" NETS("AvailabilityZone: eu-west-1a"),
                 2, "eu-west-1a");
    assert_zones("Lb: {Type: LB, Properties: {Subnets: [@A, @B]}}" NETS(
                     "AvailabilityZone: ?why?"),
                 0, "");
    assert_zones(
        "Lb: {Type: LB, Properties: {Subnets: [@A, subnet-1]}}" NETS(""), 0,
        "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_are_those_of_its_groups),
        cmocka_unit_test(test_nothing_is_read_unless_it_is_asked_for),
        cmocka_unit_test(test_what_a_rule_says_is_checked),
        cmocka_unit_test(test_groups_of_elsewhere_let_nobody_in),
        cmocka_unit_test(test_zones_are_those_of_all_subnets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
