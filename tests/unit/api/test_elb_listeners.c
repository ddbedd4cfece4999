/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners by the API: what is made, shown, changed, refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/elb_listener.h"
#include "calls.h"
#include "model/arn.h"

#define ACTIONS &elb_listener_actions
#define CERTIFICATES &elb_certificate_actions
#define ATTRIBUTES &elb_listener_attribute_actions

#define DOMAIN "DomainName: a.example.com"
#define BASE                                                                   \
    "Lb: {Type: LB, Properties: {Name: edge}}, Other: {Type: LB, Metadata: "   \
    "{Sluice: {Bind: 127.0.0.9}}}, Tg: {Type: "                                \
    "TG, Properties: {Port: 80, Protocol: HTTP}}, Ce: {Type: CE, Properties: " \
    "{" DOMAIN "}}, Ce2: {Type: CE, Properties: {" DOMAIN "}}"
#define WEB                                                                    \
    BASE ", Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, "     \
         "Protocol: HTTP, DefaultActions: [" FIXED "]}}"
#define TLS                                                                    \
    BASE ", Tls: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 443, "    \
         "Protocol: HTTPS, Certificates: [{CertificateArn: @Ce}], "            \
         "DefaultActions: [" FIXED "]}}"
#define FIXED "{Type: fixed-response, FixedResponseConfig: {StatusCode: '200'}}"
#define FORWARD "{Type: forward, TargetGroupArn: $Tg}"
#define HTTP "LoadBalancerArn: $Lb, Port: 80, Protocol: HTTP"
#define HTTPS "LoadBalancerArn: $Lb, Port: 443, Protocol: HTTPS"
#define ACTION ", DefaultActions: [" FIXED "]"
#define UNKNOWN_CERTIFICATE                                                    \
    "'arn:aws:acm:us-east-1:000000000000:certificate/"                         \
    "01234567-89ab-cdef-0123-456789abcdef'"
#define NO_LISTENER                                                            \
    "'arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/a/"     \
    "0123456789abcdef/0123456789abcdef'"

static void begin(struct calls *c, const char *resources)
{
    *c = (struct calls){.account = NULL};
    calls_begin(c, resources);
}

/* What the only certificates of the account are called. */
static const char *certificate(struct calls *c, const char *id)
{
    struct arn_scope scope = {c->config->region_name, c->config->account,
                              c->config->stack};

    return arn_certificate(
               &c->region, &scope,
               arn_certificate_id(&c->region, &scope, STR(""), str_of(id)))
        .p;
}

/* ---- CreateListener ---------------------------------------------------------------- */

static void test_a_new_listener_is_shown_in_normal_form(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, BASE);
    MUST(&c, ACTIONS, "CreateListener", HTTP ", DefaultActions: [" FORWARD "]");
    AT(&c, "Listeners.0.Port", "80");
    AT(&c, "Listeners.0.Protocol", "HTTP");
    AT(&c, "Listeners.0.Certificates", NULL);
    AT(&c, "Listeners.0.SslPolicy", NULL);
    AT(&c, "Listeners.0.MutualAuthentication", NULL);
    AT(&c, "Listeners.0.DefaultActions.0.Type", "forward");
    assert_non_null(
        calls_at(&c, "Listeners.0.DefaultActions.0.TargetGroupArn"));
    AT(&c,
       "Listeners.0.DefaultActions.0.ForwardConfig.TargetGroupStickinessConfig."
       "Enabled",
       "false");
    assert_int_equal(c.config->nlisteners, 1);
    calls_end(&c);
}

/* checklist 10 */
static void
test_the_same_again_is_the_same_and_another_on_its_port_refused(void **state)
{
    struct calls c;
    char arn[256];

    (void)state;
    begin(&c, BASE);
    MUST(&c, ACTIONS, "CreateListener", HTTP ACTION);
    snprintf(arn, sizeof(arn), "%s", calls_at(&c, "Listeners.0.ListenerArn"));
    MUST(&c, ACTIONS, "CreateListener", HTTP ACTION);
    assert_null(c.call.edit.first);
    AT(&c, "Listeners.0.ListenerArn", arn);
    REFUSES(&c, "DuplicateListener",
            "A listener already exists on this port for this load balancer "
            "'arn:",
            ACTIONS, "CreateListener", HTTP ", DefaultActions: [" FORWARD "]");
    MUST(&c, ACTIONS, "CreateListener",
         "LoadBalancerArn: $Other, Port: 80, Protocol: HTTP" ACTION);
    calls_end(&c);
}

/* checklist 19 */
static void test_an_https_listener_has_a_policy_if_none_was_said(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, BASE);
    MUST(&c, ACTIONS, "CreateListener",
         HTTPS ", Certificates: [{CertificateArn: '%s'}]" ACTION,
         certificate(&c, "Ce"));
    AT(&c, "Listeners.0.SslPolicy", "ELBSecurityPolicy-2016-08");
    AT(&c, "Listeners.0.Certificates.0.CertificateArn", certificate(&c, "Ce"));
    AT(&c, "Listeners.0.Certificates.0.IsDefault", NULL);
    AT(&c, "Listeners.0.MutualAuthentication.Mode", "off");
    MUST(&c, ACTIONS, "CreateListener",
         HTTPS ", Certificates: [{CertificateArn: '%s'}]" ACTION,
         certificate(&c, "Ce"));
    assert_null(c.call.edit.first);
    calls_end(&c);
}

/* checklist 20 */
static void test_certificates_are_checked(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, BASE);
    REFUSES(&c, "ValidationError",
            "A certificate must be specified for HTTPS listeners", ACTIONS,
            "CreateListener", HTTPS ACTION);
    REFUSES(&c, "CertificateNotFound", "Certificate 'arn:", ACTIONS,
            "CreateListener",
            HTTPS ", Certificates: [{CertificateArn: " UNKNOWN_CERTIFICATE
                  "}]" ACTION);
    REFUSES(&c, "TooManyCertificates",
            "Up to '1' certificate ARNs can be specified, but '2'", ACTIONS,
            "CreateListener",
            HTTPS ", Certificates: [{CertificateArn: '%s'}, {CertificateArn: "
                  "'%s'}]" ACTION,
            certificate(&c, "Ce"), certificate(&c, "Ce2"));
    REFUSES(&c, "ValidationError", "IsDefault cannot be specified", ACTIONS,
            "CreateListener",
            HTTPS ", Certificates: [{CertificateArn: '%s', IsDefault: "
                  "true}]" ACTION,
            certificate(&c, "Ce"));
    REFUSES(&c, "ValidationError", "Certificate ARN 'a' is not valid", ACTIONS,
            "CreateListener",
            HTTPS ", Certificates: [{CertificateArn: a}]" ACTION);
    REFUSES(&c, "ValidationError",
            "A certificate cannot be specified for HTTP listeners", ACTIONS,
            "CreateListener",
            HTTP ", Certificates: [{CertificateArn: '%s'}]" ACTION,
            certificate(&c, "Ce"));
    REFUSES(&c, "ValidationError",
            "An SSL policy cannot be specified for HTTP listeners", ACTIONS,
            "CreateListener", HTTP ", SslPolicy: a" ACTION);
    calls_end(&c);
}

static void test_policies_and_protocols_are_checked(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, TLS);
    REFUSES(&c, "SSLPolicyNotFound", "SSL policy 'a' not found", ACTIONS,
            "CreateListener",
            "LoadBalancerArn: $Lb, Port: 444, Protocol: HTTPS, SslPolicy: a, "
            "Certificates: [{CertificateArn: '%s'}]" ACTION,
            certificate(&c, "Ce"));
    REFUSES(&c, "InvalidConfigurationRequest", "SSL policy 'ELBSecurityPolicy",
            ACTIONS, "CreateListener",
            "LoadBalancerArn: $Lb, Port: 444, Protocol: HTTPS, SslPolicy: "
            "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04, Certificates: "
            "[{CertificateArn: '%s'}]" ACTION,
            certificate(&c, "Ce"));
    REFUSES(&c, "UnsupportedProtocol",
            "Listener protocol 'TCP' is not supported", ACTIONS,
            "CreateListener",
            "LoadBalancerArn: $Lb, Port: 80, Protocol: TCP" ACTION);
    REFUSES(&c, "ValidationError", "1 validation error", ACTIONS,
            "CreateListener",
            "LoadBalancerArn: $Lb, Port: 80, Protocol: FTP" ACTION);
    REFUSES(&c, "ValidationError", "A listener protocol must be specified",
            ACTIONS, "CreateListener", "LoadBalancerArn: $Lb, Port: 80" ACTION);
    REFUSES(&c, "ValidationError", "A listener port must be specified", ACTIONS,
            "CreateListener", "LoadBalancerArn: $Lb, Protocol: HTTP" ACTION);
    REFUSES(&c, "ALPNPolicyNotFound", "ALPN policy 'a' not found", ACTIONS,
            "CreateListener", HTTP ", AlpnPolicy: [a]" ACTION);
    REFUSES(&c, "InvalidConfigurationRequest", "ALPN policies are not", ACTIONS,
            "CreateListener", HTTP ", AlpnPolicy: [HTTP2Only]" ACTION);
    REFUSES(&c, "LoadBalancerNotFound", "Load balancer 'arn:", ACTIONS,
            "CreateListener",
            "LoadBalancerArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:loadbalancer/app/a/0123456789abcdef', Port: 80, "
            "Protocol: HTTP" ACTION);
    REFUSES(&c, "ValidationError", "A default action must be specified",
            ACTIONS, "CreateListener", HTTP ", DefaultActions: []");
    REFUSES(&c, "DuplicateTagKeys", "", ACTIONS, "CreateListener",
            HTTP ", Tags: [{Key: a}, {Key: a}]" ACTION);
    calls_end(&c);
}

/* checklist 29 */
static void test_there_are_as_many_as_the_quota_says(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    c.local.quotas.given[QUOTA_LISTENERS] = true;
    c.local.quotas.max[QUOTA_LISTENERS] = 1;
    calls_begin(&c, WEB);
    REFUSES(&c, "TooManyListeners", "The maximum number of listeners", ACTIONS,
            "CreateListener",
            "LoadBalancerArn: $Lb, Port: 81, Protocol: HTTP" ACTION);
    calls_end(&c);
}

/* checklist 28 */
static void test_a_group_belongs_to_one_load_balancer(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, BASE);
    MUST(&c, ACTIONS, "CreateListener", HTTP ", DefaultActions: [" FORWARD "]");
    REFUSES(&c, "TargetGroupAssociationLimit", "", ACTIONS, "CreateListener",
            "LoadBalancerArn: $Other, Port: 80, Protocol: HTTP, "
            "DefaultActions: [" FORWARD "]");
    MUST(&c, ACTIONS, "CreateListener",
         "LoadBalancerArn: $Lb, Port: 81, Protocol: HTTP, DefaultActions: "
         "[" FORWARD "]");
    calls_end(&c);
}

/* ---- mutual authentication ------------------------------------------------------------ */

#define STORES                                                                 \
    TLS ", Ts: {Type: TS, Properties: {Name: clients, "                        \
        "CaCertificatesBundleS3Bucket: b, CaCertificatesBundleS3Key: k}, "     \
        "Metadata: {Sluice: {CaCertificates: ca.pem}}}, New: {Type: TS, "      \
        "Properties: {Name: new, CaCertificatesBundleS3Bucket: b, "            \
        "CaCertificatesBundleS3Key: k}}"

static void test_mutual_authentication_is_taken_and_shown(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, STORES);
    MUST(&c, ACTIONS, "ModifyListener",
         "ListenerArn: $Tls, MutualAuthentication: {Mode: verify, "
         "TrustStoreArn: $Ts, IgnoreClientCertificateExpiry: true, "
         "AdvertiseTrustStoreCaNames: 'on'}");
    AT(&c, "Listeners.0.MutualAuthentication.Mode", "verify");
    AT(&c, "Listeners.0.MutualAuthentication.IgnoreClientCertificateExpiry",
       "true");
    AT(&c, "Listeners.0.MutualAuthentication.AdvertiseTrustStoreCaNames", "on");
    AT(&c, "Listeners.0.MutualAuthentication.TrustStoreAssociationStatus",
       "active");
    MUST(&c, ACTIONS, "ModifyListener",
         "ListenerArn: $Tls, MutualAuthentication: {Mode: 'off'}");
    AT(&c, "Listeners.0.MutualAuthentication.Mode", "off");
    AT(&c, "Listeners.0.MutualAuthentication.TrustStoreArn", NULL);
    calls_end(&c);
}

static void test_mutual_authentication_is_checked(void **state)
{
    static const struct {
        const char *code;
        const char *mutual;
    } cases[] = {
        {"ValidationError", "{Mode: maybe}"},
        {"InvalidConfigurationRequest", "{Mode: verify}"},
        {"InvalidConfigurationRequest", "{Mode: 'off', TrustStoreArn: $Ts}"},
        {"TrustStoreNotReady", "{Mode: verify, TrustStoreArn: $New}"},
        {"TrustStoreNotFound",
         "{Mode: verify, TrustStoreArn: 'arn:aws:elasticloadbalancing:us-east-"
         "1:000000000000:truststore/a/0123456789abcdef'}"},
    };
    struct calls c;

    (void)state;
    begin(&c, STORES);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        REFUSES(&c, cases[i].code, "", ACTIONS, "ModifyListener",
                "ListenerArn: $Tls, MutualAuthentication: %s", cases[i].mutual);
    REFUSES(&c, "InvalidConfigurationRequest",
            "Mutual authentication is not supported on HTTP listeners", ACTIONS,
            "CreateListener",
            HTTP ", MutualAuthentication: {Mode: passthrough}" ACTION);
    for (unsigned port = 1; port < 4; port++) {
        bool ok = calls_try(
            &c, ACTIONS, "CreateListener",
            "LoadBalancerArn: $Lb, Port: %u, Protocol: HTTPS, Certificates: "
            "[{CertificateArn: '%s'}], MutualAuthentication: {Mode: verify, "
            "TrustStoreArn: $Ts}" ACTION,
            port, certificate(&c, "Ce"));

        assert_int_equal(ok, port < 3);
    }
    assert_string_equal(c.call.fault.code, "TooManyListeners");
    calls_end(&c);
}

/* ---- ModifyListener -------------------------------------------------------------------- */

/* checklist 20 */
static void test_http_becomes_https_and_back(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, WEB);
    REFUSES(&c, "ValidationError", "A certificate must be specified", ACTIONS,
            "ModifyListener", "ListenerArn: $Web, Protocol: HTTPS");
    MUST(&c, ACTIONS, "ModifyListener",
         "ListenerArn: $Web, Protocol: HTTPS, Port: 443, Certificates: "
         "[{CertificateArn: '%s'}]",
         certificate(&c, "Ce"));
    AT(&c, "Listeners.0.Protocol", "HTTPS");
    AT(&c, "Listeners.0.Port", "443");
    AT(&c, "Listeners.0.SslPolicy", "ELBSecurityPolicy-2016-08");
    MUST(&c, CERTIFICATES, "AddListenerCertificates",
         "ListenerArn: $Web, Certificates: [{CertificateArn: '%s'}]",
         certificate(&c, "Ce2"));
    MUST(&c, ACTIONS, "ModifyListener",
         "ListenerArn: $Web, SslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06");
    AT(&c, "Listeners.0.SslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06");
    AT(&c, "Listeners.0.Certificates.0.CertificateArn", certificate(&c, "Ce"));
    MUST(&c, ACTIONS, "ModifyListener", "ListenerArn: $Web, Protocol: HTTP");
    AT(&c, "Listeners.0.Protocol", "HTTP");
    AT(&c, "Listeners.0.SslPolicy", NULL);
    AT(&c, "Listeners.0.Certificates", NULL);
    MUST(&c, CERTIFICATES, "DescribeListenerCertificates", "ListenerArn: $Web");
    AT(&c, "Certificates.0", NULL);
    calls_end(&c);
}

static void test_what_rules_need_of_tls_keeps_the_protocol(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, TLS ", Grpc: {Type: TG, Properties: {Port: 80, Protocol: HTTP, "
                  "ProtocolVersion: GRPC}}, Ru: {Type: RU, Properties: "
                  "{ListenerArn: @Tls, Priority: 1, Conditions: [{Field: "
                  "path-pattern, Values: [/a]}], Actions: [{Type: forward, "
                  "TargetGroupArn: @Grpc}]}}");
    REFUSES(&c, "IncompatibleProtocols",
            "Listener protocol 'HTTP' is not supported", ACTIONS,
            "ModifyListener", "ListenerArn: $Tls, Protocol: HTTP");
    calls_end(&c);
}

static void test_only_what_is_given_changes(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, WEB ", Two: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
                  "81, Protocol: HTTP, DefaultActions: [" FIXED "]}}");
    REFUSES(&c, "DuplicateListener", "", ACTIONS, "ModifyListener",
            "ListenerArn: $Two, Port: 80");
    MUST(&c, ACTIONS, "ModifyListener", "ListenerArn: $Two, Port: 82");
    AT(&c, "Listeners.0.Port", "82");
    AT(&c, "Listeners.0.DefaultActions.0.Type", "fixed-response");
    MUST(&c, ACTIONS, "ModifyListener",
         "ListenerArn: $Two, DefaultActions: [" FORWARD "]");
    AT(&c, "Listeners.0.Port", "82");
    AT(&c, "Listeners.0.DefaultActions.0.Type", "forward");
    MUST(&c, ACTIONS, "ModifyListener", "ListenerArn: $Two");
    assert_null(c.call.edit.first);
    REFUSES(&c, "ListenerNotFound", "Listener 'arn:", ACTIONS, "ModifyListener",
            "ListenerArn: " NO_LISTENER);
    REFUSES(&c, "UnsupportedProtocol", "", ACTIONS, "ModifyListener",
            "ListenerArn: $Two, Protocol: UDP");
    calls_end(&c);
}

/* ---- DeleteListener -------------------------------------------------------------------- */

static void test_it_goes_with_its_rules_and_certificates(void **state)
{
    struct calls c;
    char arn[256];

    (void)state;
    begin(&c, TLS ", Ru: {Type: RU, Properties: {ListenerArn: @Tls, Priority: "
                  "1, Conditions: [{Field: path-pattern, Values: [/a]}], "
                  "Actions: [" FIXED "]}}, Lc: {Type: LC, Properties: "
                  "{ListenerArn: @Tls, Certificates: [{CertificateArn: "
                  "@Ce2}]}}");
    snprintf(arn, sizeof(arn), "%.*s", STR_ARG(calls_arn(&c, STR("Tls"))));
    MUST(&c, ACTIONS, "DeleteListener", "ListenerArn: '%s'", arn);
    assert_int_equal(c.account->n, 5);
    REFUSES(&c, "ListenerNotFound", "Listener 'arn:", ACTIONS, "DeleteListener",
            "ListenerArn: '%s'", arn);
    REFUSES(&c, "ValidationError", "'a' is not a valid listener ARN", ACTIONS,
            "DeleteListener", "ListenerArn: a");
    calls_end(&c);
}

#define RULED                                                                  \
    TLS ", Two: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 81, "      \
        "Protocol: HTTP, DefaultActions: [" FIXED "]}}, Ru: {Type: RU, "       \
        "Properties: {ListenerArn: @Tls, Priority: 1, Conditions: [{Field: "   \
        "path-pattern, Values: [/a]}], Actions: [" FIXED "]}"

static void test_what_a_service_shifts_stays(void **state)
{
    char text[4096];
    struct calls c;

    (void)state;
    begin(&c, WEB ", Deployment: {Type: 'AWS::CodeDeploy::DeploymentGroup', "
                  "Properties: {LoadBalancerInfo: {TargetGroupPairInfoList: "
                  "[{ProdTrafficRoute: {ListenerArns: [@Web]}}]}}}");
    REFUSES(&c, "ResourceInUse", "Listener 'arn:", ACTIONS, "DeleteListener",
            "ListenerArn: $Web");
    calls_end(&c);
    begin(&c, RULED "}");
    snprintf(text, sizeof(text),
             RULED "}, Shift: {Type: 'AWS::ECS::Service2', "
                   "Properties: {ProductionListenerRule: '%.*s'}}",
             STR_ARG(calls_arn(&c, STR("Ru"))));
    calls_end(&c);
    begin(&c, text);
    REFUSES(&c, "ResourceInUse", "Listener 'arn:", ACTIONS, "DeleteListener",
            "ListenerArn: $Tls");
    MUST(&c, ACTIONS, "DeleteListener", "ListenerArn: $Two");
    calls_end(&c);
}

/* ---- DescribeListeners ------------------------------------------------------------------ */

static void test_listeners_are_those_of_a_balancer_or_those_named(void **state)
{
    struct calls c;
    char marker[128];

    (void)state;
    begin(&c, WEB ", Two: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: "
                  "81, Protocol: HTTP, DefaultActions: [" FIXED "]}}");
    REFUSES(&c, "ValidationError",
            "You must specify either listener ARNs or a load balancer ARN",
            ACTIONS, "DescribeListeners", "%s", "");
    MUST(&c, ACTIONS, "DescribeListeners", "LoadBalancerArn: $Lb, PageSize: 1");
    AT(&c, "Listeners.0.Port", "80");
    AT(&c, "Listeners.1", NULL);
    snprintf(marker, sizeof(marker), "%s", calls_at(&c, "NextMarker"));
    MUST(&c, ACTIONS, "DescribeListeners",
         "LoadBalancerArn: $Lb, PageSize: 1, Marker: '%s'", marker);
    AT(&c, "Listeners.0.Port", "81");
    AT(&c, "NextMarker", NULL);
    MUST(&c, ACTIONS, "DescribeListeners", "ListenerArns: [$Two]");
    AT(&c, "Listeners.0.Port", "81");
    MUST(&c, ACTIONS, "DescribeListeners", "LoadBalancerArn: $Other");
    AT(&c, "Listeners.0", NULL);
    REFUSES(&c, "ListenerNotFound", "One or more listeners not found", ACTIONS,
            "DescribeListeners", "ListenerArns: [" NO_LISTENER "]");
    REFUSES(&c, "UnsupportedProtocol", "Listener 'arn:", ACTIONS,
            "DescribeListeners",
            "ListenerArns: ['arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:listener/net/a/0123456789abcdef/0123456789abcdef']");
    REFUSES(&c, "LoadBalancerNotFound", "", ACTIONS, "DescribeListeners",
            "LoadBalancerArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:loadbalancer/app/a/0123456789abcdef'");
    calls_end(&c);
}

/* ---- certificates ------------------------------------------------------------------------ */

/* checklist 21 */
static void test_the_default_is_told_twice_when_it_is_in_the_list(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, TLS);
    for (unsigned i = 0; i < 2; i++) {
        MUST(&c, CERTIFICATES, "AddListenerCertificates",
             "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s'}]",
             certificate(&c, "Ce"));
        AT(&c, "Certificates.0.IsDefault", "false");
    }
    assert_null(c.call.edit.first);
    MUST(&c, CERTIFICATES, "AddListenerCertificates",
         "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s'}]",
         certificate(&c, "Ce2"));
    MUST(&c, CERTIFICATES, "DescribeListenerCertificates", "ListenerArn: $Tls");
    AT(&c, "Certificates.0.CertificateArn", certificate(&c, "Ce"));
    AT(&c, "Certificates.0.IsDefault", "true");
    AT(&c, "Certificates.1.CertificateArn", certificate(&c, "Ce"));
    AT(&c, "Certificates.1.IsDefault", "false");
    AT(&c, "Certificates.2.CertificateArn", certificate(&c, "Ce2"));
    AT(&c, "Certificates.3", NULL);
    calls_end(&c);
}

static void test_pages_of_certificates_begin_with_the_default(void **state)
{
    struct calls c;
    char marker[128] = "";
    unsigned n = 0;

    (void)state;
    begin(&c, TLS ", Lc: {Type: LC, Properties: {ListenerArn: @Tls, "
                  "Certificates: [{CertificateArn: @Ce}, {CertificateArn: "
                  "@Ce2}]}}");
    do {
        MUST(&c, CERTIFICATES, "DescribeListenerCertificates",
             "ListenerArn: $Tls, PageSize: 1%s%s", n ? ", Marker: " : "",
             marker);
        AT(&c, "Certificates.0.CertificateArn",
           certificate(&c, n < 2 ? "Ce" : "Ce2"));
        AT(&c, "Certificates.0.IsDefault", n ? "false" : "true");
        AT(&c, "Certificates.1", NULL);
        if (calls_at(&c, "NextMarker"))
            snprintf(marker, sizeof(marker), "'%s'",
                     calls_at(&c, "NextMarker"));
        n++;
    } while (calls_at(&c, "NextMarker"));
    assert_int_equal(n, 3);
    calls_end(&c);
}

static void test_certificates_are_taken_out_one_by_one(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, TLS ", Lc: {Type: LC, Properties: {ListenerArn: @Tls, "
                  "Certificates: [{CertificateArn: @Ce}, {CertificateArn: "
                  "@Ce2}]}}");
    MUST(&c, CERTIFICATES, "RemoveListenerCertificates",
         "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s'}]",
         certificate(&c, "Ce"));
    MUST(&c, CERTIFICATES, "DescribeListenerCertificates", "ListenerArn: $Tls");
    AT(&c, "Certificates.1.CertificateArn", certificate(&c, "Ce2"));
    AT(&c, "Certificates.2", NULL);
    REFUSES(&c, "OperationNotPermitted",
            "The default certificate 'arn:", CERTIFICATES,
            "RemoveListenerCertificates",
            "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s'}]",
            certificate(&c, "Ce"));
    MUST(&c, CERTIFICATES, "RemoveListenerCertificates",
         "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s'}]",
         certificate(&c, "Ce2"));
    MUST(&c, CERTIFICATES, "RemoveListenerCertificates",
         "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s'}]",
         certificate(&c, "Ce2"));
    MUST(&c, CERTIFICATES, "DescribeListenerCertificates", "ListenerArn: $Tls");
    AT(&c, "Certificates.1", NULL);
    calls_end(&c);
}

/* checklist 29 */
static void test_certificates_of_a_list_are_checked(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    c.local.quotas.given[QUOTA_CERTIFICATES] = true;
    c.local.quotas.max[QUOTA_CERTIFICATES] = 1;
    calls_begin(&c,
                TLS ", Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
                    "Port: 80, Protocol: HTTP, DefaultActions: [" FIXED "]}}");
    REFUSES(&c, "CertificateNotFound", "Certificate 'arn:", CERTIFICATES,
            "AddListenerCertificates",
            "ListenerArn: $Tls, Certificates: "
            "[{CertificateArn: " UNKNOWN_CERTIFICATE "}]");
    REFUSES(&c, "ListenerNotFound", "", CERTIFICATES, "AddListenerCertificates",
            "ListenerArn: " NO_LISTENER
            ", Certificates: [{CertificateArn: a}]");
    REFUSES(&c, "ValidationError", "Certificates are not supported",
            CERTIFICATES, "AddListenerCertificates",
            "ListenerArn: $Web, Certificates: [{CertificateArn: '%s'}]",
            certificate(&c, "Ce"));
    REFUSES(&c, "ValidationError", "You must specify '1' certificate",
            CERTIFICATES, "AddListenerCertificates",
            "ListenerArn: $Tls, Certificates: []");
    REFUSES(&c, "ValidationError", "IsDefault cannot be specified",
            CERTIFICATES, "AddListenerCertificates",
            "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s', "
            "IsDefault: true}]",
            certificate(&c, "Ce"));
    MUST(&c, CERTIFICATES, "AddListenerCertificates",
         "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s'}]",
         certificate(&c, "Ce2"));
    REFUSES(&c, "TooManyCertificates", "The maximum number of certificates",
            CERTIFICATES, "AddListenerCertificates",
            "ListenerArn: $Tls, Certificates: [{CertificateArn: '%s'}]",
            certificate(&c, "Ce"));
    calls_end(&c);
}

/* ---- attributes --------------------------------------------------------------------------- */

static const char *attribute(const struct calls *c, const char *key)
{
    const struct value *list = value_get(c->call.result, STR("Attributes"));

    for (const struct value *v = list->first; v; v = v->next) {
        if (str_eq(member_text(v, "Key"), str_of(key)))
            return member_text(v, "Value").p;
    }
    return NULL;
}

#define STS "routing.http.response.strict_transport_security.header_value"
#define VERSION "routing.http.request.x_amzn_tls_version.header_name"

/* checklist 18 */
static void
test_attributes_have_defaults_and_an_empty_value_is_one(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, TLS);
    MUST(&c, ATTRIBUTES, "DescribeListenerAttributes", "ListenerArn: $Tls");
    assert_int_equal(value_count(value_get(c.call.result, STR("Attributes"))),
                     19);
    assert_string_equal(attribute(&c, "routing.http.response.server.enabled"),
                        "true");
    assert_string_equal(attribute(&c, STS), "");
    assert_string_equal(attribute(&c, VERSION), "X-Amzn-Tls-Version");
    MUST(&c, ATTRIBUTES, "ModifyListenerAttributes",
         "ListenerArn: $Tls, Attributes: [{Key: " STS
         ", Value: max-age=1}, {Key: " VERSION ", Value: X-Tls}]");
    assert_string_equal(attribute(&c, STS), "max-age=1");
    MUST(&c, ATTRIBUTES, "ModifyListenerAttributes",
         "ListenerArn: $Tls, Attributes: [{Key: " VERSION ", Value: ''}]");
    assert_string_equal(attribute(&c, VERSION), "X-Amzn-Tls-Version");
    assert_string_equal(attribute(&c, STS), "max-age=1");
    assert_int_equal(c.config->listeners[0]->nattributes, 1);
    calls_end(&c);
}

/* checklist 17 */
static void test_attributes_are_checked(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, TLS);
    REFUSES(&c, "ValidationError",
            "Listener attribute key 'idle_timeout.timeout_seconds' is not "
            "recognized",
            ATTRIBUTES, "ModifyListenerAttributes",
            "ListenerArn: $Tls, Attributes: [{Key: "
            "idle_timeout.timeout_seconds, Value: '1'}]");
    REFUSES(&c, "InvalidConfigurationRequest",
            "Listener attribute key 'tcp.idle_timeout.seconds' is not "
            "supported",
            ATTRIBUTES, "ModifyListenerAttributes",
            "ListenerArn: $Tls, Attributes: [{Key: tcp.idle_timeout.seconds, "
            "Value: '60'}]");
    REFUSES(&c, "ListenerNotFound", "", ATTRIBUTES,
            "DescribeListenerAttributes", "ListenerArn: " NO_LISTENER);
    calls_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_listener_is_shown_in_normal_form),
        cmocka_unit_test(
            test_the_same_again_is_the_same_and_another_on_its_port_refused),
        cmocka_unit_test(test_an_https_listener_has_a_policy_if_none_was_said),
        cmocka_unit_test(test_certificates_are_checked),
        cmocka_unit_test(test_policies_and_protocols_are_checked),
        cmocka_unit_test(test_there_are_as_many_as_the_quota_says),
        cmocka_unit_test(test_a_group_belongs_to_one_load_balancer),
        cmocka_unit_test(test_mutual_authentication_is_taken_and_shown),
        cmocka_unit_test(test_mutual_authentication_is_checked),
        cmocka_unit_test(test_http_becomes_https_and_back),
        cmocka_unit_test(test_what_rules_need_of_tls_keeps_the_protocol),
        cmocka_unit_test(test_only_what_is_given_changes),
        cmocka_unit_test(test_it_goes_with_its_rules_and_certificates),
        cmocka_unit_test(test_what_a_service_shifts_stays),
        cmocka_unit_test(test_listeners_are_those_of_a_balancer_or_those_named),
        cmocka_unit_test(test_the_default_is_told_twice_when_it_is_in_the_list),
        cmocka_unit_test(test_pages_of_certificates_begin_with_the_default),
        cmocka_unit_test(test_certificates_are_taken_out_one_by_one),
        cmocka_unit_test(test_certificates_of_a_list_are_checked),
        cmocka_unit_test(
            test_attributes_have_defaults_and_an_empty_value_is_one),
        cmocka_unit_test(test_attributes_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
