/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

static void test_all_of_it_is_kept(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Lb: {Type: LB},\n"
        "Web: {Type: LI, Metadata: {Sluice: {LocalPort: 8080}}, Properties: "
        "{LoadBalancerArn: @Lb, Port: 80, Protocol: HTTP, "
        "MutualAuthentication: {Mode: 'off'}, "
        "ListenerAttributes: [{Key: routing.http.response.server.enabled, "
        "Value: false}], DefaultActions: [{Type: fixed-response, "
        "FixedResponseConfig: {StatusCode: 404}}]}}");
    const struct config_listener *web = config->listeners[0];

    (void)state;
    assert_int_equal(config->nlisteners, 1);
    assert_ptr_equal(web->load_balancer, config->load_balancers[0]);
    assert_int_equal(config->load_balancers[0]->nlisteners, 1);
    assert_ptr_equal(config->load_balancers[0]->listeners[0], web);
    assert_int_equal(web->protocol, PROTOCOL_HTTP);
    assert_int_equal(web->port, 80);
    assert_int_equal(web->bind.port, 8080);
    assert_int_equal(web->nattributes, 1);
    assert_string_equal(web->attributes[0].key.p,
                        "routing.http.response.server.enabled");
    assert_string_equal(web->attributes[0].value.p, "false");
    config_release(config);
}

static void test_the_default_rule_is_there(void **state)
{
    struct config *config = build_good(in_listener, "");
    const struct config_listener *web = config->listeners[0];
    const struct config_rule *rule = &web->rules[0];

    (void)state;
    assert_int_equal(web->nrules, 1);
    assert_string_equal(rule->id.p, "Web");
    assert_int_equal(rule->priority, 0);
    assert_int_equal(rule->nconditions, 0);
    assert_true(str_starts(
        rule->arn, STR("arn:aws:elasticloadbalancing:us-east-1:000000000000:"
                       "listener-rule/app/Lb/")));
    assert_string_not_equal(rule->arn.p, web->arn.p);
    config_release(config);
}

static void test_two_load_balancers_may_have_the_same_ports(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "A: {Type: LB}, B: {Type: LB, Metadata: {Sluice: {Bind: 127.0.0.2}}},\n"
        "Wa: {Type: LI, Properties: {LoadBalancerArn: @A, Port: 80, Protocol: "
        "HTTP, DefaultActions: [{Type: fixed-response, FixedResponseConfig: "
        "{StatusCode: 404}}]}},\n"
        "Wb: {Type: LI, Properties: {LoadBalancerArn: @B, Port: 80, Protocol: "
        "HTTP, DefaultActions: [{Type: fixed-response, FixedResponseConfig: "
        "{StatusCode: 404}}]}}");

    (void)state;
    assert_int_equal(config->nlisteners, 2);
    assert_ptr_equal(config->load_balancers[1]->listeners[0],
                     config->listeners[1]);
    config_release(config);
}

static void test_protocols_and_ports(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB}, Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, Protocol: ^TCP,\nDefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Protocol TCP is for network and gateway load "
         "balancers: an application load balancer speaks HTTP",
         "write Protocol: HTTP or HTTPS"},
        {"Lb: {Type: LB}, Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, Protocol: ^http,\nDefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Protocol cannot be \"http\"", "did you mean \"HTTP\"?"},
        {"Lb: {Type: LB}, Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: ^0, Protocol: HTTP,\nDefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Port is 0: it must be a whole number from 1 to 65535",
         "write Port: 80"},
        {"Lb: {Type: LB}, Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: ^70000, Protocol: HTTP,\nDefaultActions: [{Type: "
         "fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Port is 70000: it must be a whole number from 1 to "
         "65535",
         "write Port: 80"},
        {"Lb: {Type: LB}, Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: ^?Port cannot be known?, Protocol: HTTP,\nDefaultActions: "
         "[{Type: fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Port cannot be known here: Port cannot be known",
         "write a literal value, or take it from a parameter and give that "
         "with --parameter Key=Value"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_ports_are_unique_in_a_load_balancer(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nA: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, "
         "Protocol: HTTP,\nDefaultActions: [{Type: forward, TargetGroupArn: "
         "@Tg}]}},\nB: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
         "^80, Protocol: HTTP,\nDefaultActions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}}",
         "listener B: Port 80 of load balancer Lb is taken by listener A (line "
         "2)",
         "choose another port, or make one listener of both"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_LoadBalancerArn_names_a_load_balancer(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: ^Lb, Port: "
         "80, Protocol: HTTP, DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: LoadBalancerArn is \"Lb\": no load balancer in this "
         "template has this ARN",
         "write LoadBalancerArn: !Ref Lb"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: ^@Tg, Port: "
         "80, Protocol: HTTP, DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: LoadBalancerArn is the ARN of target group Tg, not of "
         "a load balancer",
         "name one with !Ref: Lb"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: "
         "^arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/"
         "app/x/1, Port: 80, Protocol: HTTP, DefaultActions: [{Type: "
         "fixed-response, FixedResponseConfig: {StatusCode: 404}}]}},\nApi: "
         "{Type: RU, Properties: {ListenerArn: @Web, Priority: 1, Conditions: "
         "[{Field: path-pattern, Values: [/*]}], Actions: [{Type: "
         "fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: LoadBalancerArn is "
         "\"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/"
         "app/x/1\": no load balancer in this template has this ARN",
         "name one with !Ref: Lb"},
        {"Lb: {Type: LB}, Tg: {Type: TG, Properties: {Port: 80, Protocol: "
         "HTTP}},\nWeb: {Type: LI, Properties: {LoadBalancerArn: ^?LbArn is "
         "the value of an import?, Port: 80, Protocol: HTTP, DefaultActions: "
         "[{Type: fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: LoadBalancerArn cannot be known here: LbArn is the "
         "value of an import",
         "write a literal value, or take it from a parameter and give that "
         "with --parameter Key=Value"},
        {"Web: {Type: LI, Properties: {LoadBalancerArn: ^web, Port: 80, "
         "Protocol: HTTP, DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: LoadBalancerArn is \"web\": no load balancer in this "
         "template has this ARN",
         "declare a load balancer and name it with !Ref"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_what_HTTPS_listeners_have_is_doubtful_on_HTTP(void **state)
{
    static const struct fault faults[] = {
        {"SslPolicy: ^ELBSecurityPolicy-2016-08",
         "listener Web: SslPolicy is for HTTPS listeners, this one speaks HTTP",
         "write Protocol: HTTPS, or leave SslPolicy out"},
        {"Certificates: ^[{CertificateArn: "
         "arn:aws:acm:us-east-1:000000000000:certificate/1}]",
         "listener Web: Certificates is for HTTPS listeners, this one speaks "
         "HTTP",
         "write Protocol: HTTPS, or leave Certificates out"},
        {"MutualAuthentication: ^{Mode: passthrough}",
         "listener Web: MutualAuthentication is for HTTPS listeners, this one "
         "speaks HTTP",
         "write Protocol: HTTPS, or leave MutualAuthentication out"},
        {"ListenerAttributes: [{Key: "
         "^routing.http.request.x_amzn_tls_version.header_name, Value: X-Tls}]",
         "listener Web: routing.http.request.x_amzn_tls_version.header_name is "
         "for HTTPS listeners, this one speaks HTTP: it only takes that header "
         "from its clients",
         "write Protocol: HTTPS, or leave it out"},
    };

    (void)state;
    CHECK_DOUBTS(in_listener, faults);
}

static void test_properties_that_are_never_right(void **state)
{
    static const struct fault faults[] = {
        {"^AlpnPolicy: [HTTP2Preferred]",
         "listener Web: AlpnPolicy is for TLS listeners of network load "
         "balancers",
         "leave it out: HTTPS listeners offer h2 and http/1.1"},
        {"ListenerAttributes: [{Key: ^routing.http.response.sever.enabled, "
         "Value: 'false'}]",
         "listener Web has no attribute "
         "\"routing.http.response.sever.enabled\"",
         "did you mean routing.http.response.server.enabled?"},
        {"ListenerAttributes: [{Key: ^tcp.idle_timeout.seconds, Value: 350}]",
         "tcp.idle_timeout.seconds of listener Web is for Network or Gateway "
         "Load Balancers",
         "take it out: an Application Load Balancer does not have it"},
    };

    (void)state;
    CHECK_ERRORS(in_listener, faults);
}

static void test_HTTPS_needs_its_certificate(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB},\n^Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 443, Protocol: HTTPS, DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Certificates is missing: an HTTPS listener has a "
         "default certificate",
         "add Certificates: [{CertificateArn: ...}]; here any ARN will do: "
         "without --certificate a local authority issues what it stands for"},
        {"Lb: {Type: LB},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 443, Protocol: HTTPS, Certificates: ^[{CertificateArn: arn:a}, "
         "{CertificateArn: arn:b}], DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Certificates has 2 entries: a listener has one default "
         "certificate",
         "add the others as AWS::ElasticLoadBalancingV2::ListenerCertificate"},
        {"Lb: {Type: LB},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 443, Protocol: HTTPS, SslPolicy: ^TLS13, Certificates: "
         "[{CertificateArn: arn:a}], DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: SslPolicy \"TLS13\" is no security policy of AWS's",
         "did you mean \"ELBSecurityPolicy-TLS13-1-3-2021-06\"?"},
        {"Lb: {Type: LB},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 443, Protocol: HTTPS, MutualAuthentication: ^{Mode: verify}, "
         "Certificates: [{CertificateArn: arn:a}], DefaultActions: [{Type: "
         "fixed-response, FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: MutualAuthentication.TrustStoreArn is missing: Mode "
         "verify needs a trust store",
         "add TrustStoreArn: !Ref TrustStore, or write Mode: passthrough"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_Metadata_Sluice_is_checked(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB},\nWeb: {Type: LI, Metadata: {Sluice: {^Localport: "
         "8080}}, Properties: {LoadBalancerArn: @Lb, Port: 80, Protocol: HTTP, "
         "DefaultActions: [{Type: fixed-response, FixedResponseConfig: "
         "{StatusCode: 404}}]}}",
         "listener Web: Metadata.Sluice has no key \"Localport\"",
         "did you mean \"LocalPort\"?"},
        {"Lb: {Type: LB},\nWeb: {Type: LI, Metadata: {Sluice: {Certificates: "
         "[^{Key: a.pem}]}}, Properties: {LoadBalancerArn: @Lb, Port: "
         "80, Protocol: HTTP, DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: 404}}]}}",
         "listener Web: Metadata.Sluice.Certificates[0].Certificate is missing",
         "add Certificate: cert.pem"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_default_rules_have_no_conditions_and_transforms(void **state)
{
    static const struct fault faults[] = {
        {"^Transforms: []",
         "listener Web: Transforms belongs to rules: the default rule of a "
         "listener has none",
         "move it to an AWS::ElasticLoadBalancingV2::ListenerRule"},
        {"^Conditions: []",
         "listener Web: Conditions belongs to rules: the default rule of a "
         "listener has none",
         "move it to an AWS::ElasticLoadBalancingV2::ListenerRule"},
    };

    (void)state;
    CHECK_ERRORS(in_listener, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_it_is_kept),
        cmocka_unit_test(test_the_default_rule_is_there),
        cmocka_unit_test(test_two_load_balancers_may_have_the_same_ports),
        cmocka_unit_test(test_protocols_and_ports),
        cmocka_unit_test(test_ports_are_unique_in_a_load_balancer),
        cmocka_unit_test(test_LoadBalancerArn_names_a_load_balancer),
        cmocka_unit_test(test_what_HTTPS_listeners_have_is_doubtful_on_HTTP),
        cmocka_unit_test(test_properties_that_are_never_right),
        cmocka_unit_test(test_HTTPS_needs_its_certificate),
        cmocka_unit_test(test_Metadata_Sluice_is_checked),
        cmocka_unit_test(test_default_rules_have_no_conditions_and_transforms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
