/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builds.h"
#include "values.h"

#define NOT_FOUND                                                              \
    "DefaultActions: [{Type: fixed-response, FixedResponseConfig: "            \
    "{StatusCode: 404}}]"
#define HTTPS(more)                                                            \
    "Lb: {Type: LB},\n"                                                        \
    "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 443, Protocol: " \
    "HTTPS, " NOT_FOUND ", " more "}}"
#define FOREIGN "arn:aws:acm:eu-west-1:1:certificate/a"
#define ANY "Certificates: [{CertificateArn: " FOREIGN "}]"
#define SHOP                                                                   \
    "Shop: {Type: CE, Properties: {DomainName: Shop.example.com, "             \
    "SubjectAlternativeNames: [\"*.shop.example.com\", shop.example.com]}}"

static const char https[] =
    "Lb: {Type: LB},\n"
    "Web: {Type: LI, Properties: {LoadBalancerArn: "
    "@Lb, Port: 443, Protocol: HTTPS, " NOT_FOUND ", %s}}";

static const struct config_tls *tls_of(const struct config *config)
{
    assert_int_equal(config->nlisteners, 1);
    assert_non_null(config->listeners[0]->tls);
    return config->listeners[0]->tls;
}

static bool has_name(const struct config_certificate *c, const char *name)
{
    for (unsigned i = 0; i < c->nnames; i++) {
        if (str_eq(c->names[i], str_of(name)))
            return true;
    }
    return false;
}

static void is_text(struct str s, const char *text)
{
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.p, text, s.n);
}

/* ---- policies ------------------------------------------------------------- */

static void test_a_listener_without_SslPolicy_has_that_of_2016(void **state)
{
    struct config *config = build_good(in_nothing, HTTPS(ANY));

    (void)state;
    is_text(tls_of(config)->policy->name, "ELBSecurityPolicy-2016-08");
    assert_false(tls_of(config)->websocket_over_h2);
    config_release(config);
}

static void test_a_listener_has_the_policy_that_it_names(void **state)
{
    struct config *config = build_good(
        https, ANY ", SslPolicy: ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09");

    (void)state;
    is_text(tls_of(config)->policy->name,
            "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09");
    config_release(config);
}

static void test_a_policy_that_AWS_does_not_know_is_an_error(void **state)
{
    static const struct fault faults[] = {
        {ANY ", SslPolicy: ^ELBSecurityPolicy-TLS13-1-2-2021-6",
         "listener Web: SslPolicy \"ELBSecurityPolicy-TLS13-1-2-2021-6\" is no "
         "security policy of AWS's",
         "did you mean \"ELBSecurityPolicy-TLS13-1-2-2021-06\"?"},
        {ANY ", SslPolicy: ^modern",
         "listener Web: SslPolicy \"modern\" is no security policy of AWS's",
         "write one such as ELBSecurityPolicy-TLS13-1-2-2021-06"},
    };

    (void)state;
    CHECK_ERRORS(https, faults);
}

static void test_a_policy_that_only_AWS_knows_is_the_default_one(void **state)
{
    static const struct fault faults[] = {
        {ANY ", SslPolicy: ^?an export?",
         "listener Web: SslPolicy is not known here: an export",
         "ELBSecurityPolicy-2016-08 is used, AWS's default"},
    };

    (void)state;
    CHECK_WARNINGS(https, faults);
}

static void test_what_the_library_lacks_is_a_note(void **state)
{
    const struct local local = {.retry = RETRY_OFF};
    struct report report = {.verbose = true, .strict = true};
    struct region region = {NULL};
    struct place mark;
    struct config *config = config_build(
        values_parse(&region,
                     HTTPS(ANY ", SslPolicy: "
                               "^ELBSecurityPolicy-TLS13-1-3-PQ-2025-09"),
                     &mark),
        STR("test"), &local, &report);
    char buffer[300];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    assert_non_null(config);
    ssl_policy_lacks(tls_of(config)->policy, &t);
    assert_int_equal(report.notes, t.n ? 1 : 0);
    if (t.n) {
        assert_non_null(
            memmem(report.first->what.p, report.first->what.n, t.p, t.n));
        assert_int_equal(report.first->place.column, mark.column);
    }
    config_release(config);
    report_end(&report);
    region_end(&region);
}

static void test_FIPS_is_for_all_listeners_of_a_balancer_or_none(void **state)
{
    static const struct fault faults[] = {
        {HTTPS(ANY) ",\n^Other: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
                    "Port: 444, Protocol: HTTPS, " NOT_FOUND ", " ANY
                    ", SslPolicy: ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04}}",
         "listener Other has SslPolicy "
         "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04 "
         "and listener Web of the same load balancer has "
         "ELBSecurityPolicy-2016-08: AWS takes FIPS policies on all of them or "
         "on none",
         "give both one or the other kind"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

/* ---- certificates ----------------------------------------------------------- */

static void test_a_certificate_of_the_template_says_its_names(void **state)
{
    struct config *config =
        build_good(in_nothing,
                   HTTPS("Certificates: [{CertificateArn: @Shop}]") ",\n" SHOP);
    const struct config_certificate *c = tls_of(config)->certificates;

    (void)state;
    assert_int_equal(tls_of(config)->ncertificates, 1);
    is_text(c->id, "Shop");
    is_text(c->owner, "Web");
    assert_true(str_starts(
        c->arn, STR("arn:aws:acm:us-east-1:000000000000:certificate/")));
    assert_int_equal(c->arn.n,
                     strlen("arn:aws:acm:us-east-1:000000000000:certificate/") +
                         36);
    assert_int_equal(c->file.n, 0);
    is_text(c->names[0], "shop.example.com");
    assert_true(has_name(c, "*.shop.example.com"));
    assert_true(has_name(c, "localhost"));
    assert_true(has_name(c, "127.0.0.1"));
    assert_true(has_name(c, "::1"));
    assert_int_equal(c->nnames, 7); /* the DNS name and the own address */
    config_release(config);
}

#define RULE(number, condition)                                                \
    "R" #number                                                                \
    ": {Type: RU, Properties: {ListenerArn: @Web, Priority: " #number          \
    ", Actions: [{Type: fixed-response, FixedResponseConfig: "                 \
    "{StatusCode: 200}}], Conditions: [" condition "]}}"

#define HOSTS                                                                  \
    "{Field: host-header, HostHeaderConfig: {Values: [a.example.com, "         \
    "\"*.b.example.com\", \"c*.example.com\"]}}"
#define REGEXES                                                                \
    "{Field: host-header, HostHeaderConfig: {RegexValues: [d.example.com]}}"
#define HEADERS                                                                \
    "{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-Host, Values: " \
    "[e.example.com]}}"
#define UNKNOWN "Certificates: [{CertificateArn: ?an export?}]"

static const char with_hosts[] = HTTPS(UNKNOWN) ",\n" RULE(1, HOSTS) ",\n" RULE(
    2, REGEXES) ",\n" RULE(3, HEADERS);

static void
test_one_that_only_AWS_knows_is_for_the_hosts_of_the_rules(void **state)
{
    struct config *config = build_good(in_nothing, with_hosts);
    const struct config_certificate *c = tls_of(config)->certificates;

    (void)state;
    assert_true(has_name(c, "a.example.com"));
    assert_true(has_name(c, "*.b.example.com"));
    assert_false(has_name(c, "c*.example.com"));
    assert_false(has_name(c, "d.example.com"));
    assert_false(has_name(c, "e.example.com"));
    assert_true(has_name(c, "localhost"));
    config_release(config);
}

static void test_a_certificate_may_be_imported_with_its_key(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Shop: {Type: CE, Properties: {DomainName: imported}, Metadata: "
        "{Sluice: {Certificate: leaf, CertificateChain: lower, PrivateKey: "
        "key}}},\n" HTTPS("Certificates: [{CertificateArn: @Shop}]"));
    const struct config_certificate *c = &tls_of(config)->certificates[0];

    (void)state;
    is_text(c->pem, "leaf\nlower");
    is_text(c->pem_key, "key");
    assert_int_equal(c->file.n, 0);
    assert_int_equal(c->nnames, 0); /* it says them itself */
    config_release(config);
}

static void test_files_of_the_metadata_come_first(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Lb: {Type: LB},\n" SHOP ",\n"
        "Web: {Type: LI, Metadata: {Sluice: {WebSocketOverHttp2: true, "
        "Certificates: [{Certificate: a.pem, Key: a.key}, {Certificate: "
        "both.pem}]}}, Properties: {LoadBalancerArn: @Lb, Port: 443, Protocol: "
        "HTTPS, " NOT_FOUND ", " ANY "}},\n"
        "More: {Type: LC, Properties: {ListenerArn: @Web, Certificates: "
        "[{CertificateArn: @Shop}]}}");
    const struct config_tls *tls = tls_of(config);

    (void)state;
    assert_int_equal(tls->ncertificates, 3);
    is_text(tls->certificates[0].arn, FOREIGN);
    is_text(tls->certificates[0].file, "a.pem");
    is_text(tls->certificates[0].key, "a.key");
    is_text(tls->certificates[1].file, "both.pem");
    is_text(tls->certificates[1].key, "both.pem");
    is_text(tls->certificates[2].id, "Shop");
    assert_int_equal(tls->certificates[2].nnames, 2);
    assert_true(tls->websocket_over_h2);
    config_release(config);
}

static void test_adding_a_certificate_twice_changes_nothing(void **state)
{
    struct config *config = build_good(
        in_nothing,
        HTTPS("Certificates: [{CertificateArn: @Shop}]") ",\n" SHOP ",\n"
                                                         "More: {Type: LC, "
                                                         "Properties: "
                                                         "{ListenerArn: @Web, "
                                                         "Certificates: "
                                                         "[{CertificateArn: "
                                                         "@Shop}]}}");

    (void)state;
    assert_int_equal(tls_of(config)->ncertificates, 1);
    is_text(tls_of(config)->certificates[0].owner, "Web");
    config_release(config);
}

static void
test_one_beside_the_default_that_nobody_knows_is_left_out(void **state)
{
    struct config *config = build_good(
        in_nothing,
        HTTPS(ANY) ",\n"
                   "More: {Type: LC, Properties: {ListenerArn: @Web, "
                   "Certificates: "
                   "[{CertificateArn: ?an export?}, {CertificateArn: " FOREIGN
                   "2}]}}");

    (void)state;
    assert_int_equal(tls_of(config)->ncertificates, 1);
    is_text(tls_of(config)->certificates[0].arn, FOREIGN);
    config_release(config);
}

static void test_wrong_certificates(void **state)
{
    static const struct fault faults[] = {
        {HTTPS("Certificates: [{CertificateArn: ^Shop}]") ",\n" SHOP,
         "listener Web: CertificateArn \"Shop\" is no ARN",
         "write CertificateArn: !Ref Shop"},
        {HTTPS("Certificates: [{CertificateArn: ^@Lb}]"),
         "listener Web: CertificateArn is the ARN of load balancer Lb, not of "
         "a "
         "certificate",
         "declare a certificate and name it with !Ref"},
        {HTTPS(ANY) ",\nC: {Type: CE, Properties: {DomainName: ^shop..com}}",
         "certificate C: DomainName \"shop..com\" is no domain name",
         "write one such as www.example.com or *.example.com"},
        {HTTPS(ANY) ",\nC: {Type: CE, Properties: {DomainName: a.b, "
                    "SubjectAlternativeNames: [^\"a.*.com\"]}}",
         "certificate C: SubjectAlternativeNames \"a.*.com\" is no domain name",
         "write one such as www.example.com or *.example.com"},
        {HTTPS(ANY) ",\nC: {Type: CE, Properties: {DomainName: a.b}, Metadata: "
                    "{Sluice: {Certificate: ^x}}}",
         "certificate C: Metadata.Sluice has Certificate without PrivateKey",
         "write both, or neither"},
        {HTTPS(ANY) ",\nMore: {Type: LC, Properties: {ListenerArn: ^@Lb, "
                    "Certificates: [{CertificateArn: " FOREIGN "}]}}",
         "listener certificate More: ListenerArn is the ARN of load balancer "
         "Lb, not of a listener",
         "name one with !Ref: Web"},
        {"Lb: {Type: LB},\nWeb: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
         "Port: 80, Protocol: HTTP, " NOT_FOUND "}},\nMore: {Type: LC, "
         "Properties: {ListenerArn: ^@Web, Certificates: "
         "[{CertificateArn: " FOREIGN "}]}}",
         "listener certificate More: listener Web speaks HTTP, which has no "
         "certificates",
         "write Protocol: HTTPS there"},
        {HTTPS(ANY) ",\n^More: {Type: LC, Properties: {ListenerArn: @Web}}",
         "listener certificate More: Certificates is missing",
         "add Certificates: [{CertificateArn: !Ref Certificate}]"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_more_certificates_than_awss_quota_are_doubtful(void **state)
{
    static char text[8192];
    struct fault fault = {
        text,
        "load balancer Lb has 26 certificates beside the default ones: AWS's "
        "quota is 25",
        "ask AWS for a larger one "
        "(certificates-per-application-load-balancer)"};
    size_t n = (size_t)snprintf(text, sizeof(text),
                                "^%s,\nMore: {Type: LC, Properties: "
                                "{ListenerArn: @Web, Certificates: [",
                                HTTPS(ANY));

    (void)state;
    for (unsigned i = 0; i < 26; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                              "%s{CertificateArn: arn:%u}", i ? ", " : "", i);
    snprintf(text + n, sizeof(text) - n, "]}}");
    check_doubts(in_nothing, &fault, 1);
}

/* ---- --certificate ------------------------------------------------------------ */

static struct config *build_with(const char *name, struct report *report)
{
    struct local_certificate given = {str_of(name), STR("x.pem"), STR("x.key")};
    const struct local local = {.ncertificates = 1, .certificates = &given};
    struct region region = {NULL};
    struct place mark;
    struct config *config = config_build(
        values_parse(&region,
                     HTTPS(ANY) ",\n" SHOP ",\n"
                                "More: {Type: LC, Properties: {ListenerArn: "
                                "@Web, Certificates: "
                                "[{CertificateArn: @Shop}]}},\n"
                                "Else: {Type: LC, Properties: {ListenerArn: "
                                "@Web, Certificates: "
                                "[{CertificateArn: ?an export?}]}}",
                     &mark),
        STR("test"), &local, report);

    region_end(&region);
    return config;
}

/* The one that got the files, of those that are there. */
static int given_to(const char *name, unsigned *n)
{
    struct report report = {.strict = true};
    struct config *config = build_with(name, &report);
    int found = -1;

    assert_non_null(config);
    *n = tls_of(config)->ncertificates;
    for (unsigned i = 0; i < *n; i++) {
        if (tls_of(config)->certificates[i].file.n) {
            is_text(tls_of(config)->certificates[i].file, "x.pem");
            is_text(tls_of(config)->certificates[i].key, "x.key");
            assert_int_equal(found, -1);
            found = (int)i;
        }
    }
    config_release(config);
    report_end(&report);
    return found;
}

static void test_a_certificate_is_called_by_ARN_or_logical_id(void **state)
{
    unsigned n;

    (void)state;
    assert_int_equal(given_to(FOREIGN, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(given_to("Web", &n), 0);
    assert_int_equal(given_to("Shop", &n), 1);
    assert_int_equal(given_to("More", &n), 1);
    assert_int_equal(given_to("Else", &n), 2);
    assert_int_equal(n, 3);
}

static void test_a_name_that_no_certificate_has_is_an_error(void **state)
{
    struct report report = {.strict = false};

    (void)state;
    assert_null(build_with("Shp", &report));
    assert_int_equal(report.errors, 1);
    assert_string_equal(report.first->what.p,
                        "--certificate Shp: no listener has a certificate of "
                        "this name");
    assert_string_equal(report.first->remedy.p, "did you mean Shop?");
    report_end(&report);
    report = (struct report){.strict = false};
    assert_null(build_with("zebra", &report));
    assert_string_equal(report.first->remedy.p,
                        "write its ARN, or one of these: Web, Shop, Else");
    report_end(&report);
}

static void test_a_listener_needs_no_ARN_where_files_are_given(void **state)
{
    struct local_certificate given = {STR("Web"), STR("x.pem"), STR("x.pem")};
    const struct local local = {.ncertificates = 1, .certificates = &given};
    struct report report = {.strict = true};
    struct region region = {NULL};
    struct place mark;
    struct config *config =
        config_build(values_parse(&region,
                                  "Lb: {Type: LB}, Web: {Type: LI, Properties: "
                                  "{LoadBalancerArn: @Lb, Port: 443, Protocol: "
                                  "HTTPS, " NOT_FOUND "}}",
                                  &mark),
                     STR("test"), &local, &report);

    (void)state;
    assert_non_null(config);
    is_text(tls_of(config)->certificates[0].file, "x.pem");
    config_release(config);
    report_end(&report);
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_listener_without_SslPolicy_has_that_of_2016),
        cmocka_unit_test(test_a_listener_has_the_policy_that_it_names),
        cmocka_unit_test(test_a_policy_that_AWS_does_not_know_is_an_error),
        cmocka_unit_test(test_a_policy_that_only_AWS_knows_is_the_default_one),
        cmocka_unit_test(test_what_the_library_lacks_is_a_note),
        cmocka_unit_test(test_FIPS_is_for_all_listeners_of_a_balancer_or_none),
        cmocka_unit_test(test_a_certificate_of_the_template_says_its_names),
        cmocka_unit_test(
            test_one_that_only_AWS_knows_is_for_the_hosts_of_the_rules),
        cmocka_unit_test(test_a_certificate_may_be_imported_with_its_key),
        cmocka_unit_test(test_files_of_the_metadata_come_first),
        cmocka_unit_test(test_adding_a_certificate_twice_changes_nothing),
        cmocka_unit_test(
            test_one_beside_the_default_that_nobody_knows_is_left_out),
        cmocka_unit_test(test_wrong_certificates),
        cmocka_unit_test(test_more_certificates_than_awss_quota_are_doubtful),
        cmocka_unit_test(test_a_certificate_is_called_by_ARN_or_logical_id),
        cmocka_unit_test(test_a_name_that_no_certificate_has_is_an_error),
        cmocka_unit_test(test_a_listener_needs_no_ARN_where_files_are_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
