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

#define STORE                                                                  \
    "Ts: {Type: TS, Properties: {Name: clients, "                              \
    "CaCertificatesBundleS3Bucket: "                                           \
    "b, CaCertificatesBundleS3Key: k}, Metadata: {Sluice: {CaCertificates: "   \
    "ca.pem, RevocationLists: [a.crl, b.crl]}}},\n"
#define BARE                                                                   \
    "Ts: {Type: TS, Properties: {CaCertificatesBundleS3Bucket: b, "            \
    "CaCertificatesBundleS3Key: k}},\n"
#define LISTENER(mutual)                                                       \
    "Lb: {Type: LB},\n"                                                        \
    "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 443, Protocol: " \
    "HTTPS, Certificates: [{CertificateArn: arn:aws:acm:x}], DefaultActions: " \
    "[{Type: fixed-response, FixedResponseConfig: {StatusCode: 404}}], "       \
    "MutualAuthentication: " mutual "}}"
#define VERIFY "{Mode: verify, TrustStoreArn: @Ts}"
#define FOREIGN "arn:aws:elasticloadbalancing:eu-west-1:1:truststore/a/b"

static void is_text(struct str s, const char *text)
{
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.p, text, s.n);
}

static const struct config_tls *tls_of(const struct config *config)
{
    assert_int_equal(config->nlisteners, 1);
    assert_non_null(config->listeners[0]->tls);
    return config->listeners[0]->tls;
}

/* ---- what is kept ----------------------------------------------------------- */

static void test_nothing_is_asked_unless_it_is_said(void **state)
{
    struct config *config = build_good(in_nothing, LISTENER("{Mode: \"off\"}"));

    (void)state;
    assert_int_equal(tls_of(config)->mutual, MUTUAL_OFF);
    assert_null(tls_of(config)->trust_store);
    config_release(config);
}

static void test_passthrough_needs_no_trust_store(void **state)
{
    struct config *config =
        build_good(in_nothing, LISTENER("{Mode: passthrough}"));

    (void)state;
    assert_int_equal(tls_of(config)->mutual, MUTUAL_PASSTHROUGH);
    assert_null(tls_of(config)->trust_store);
    config_release(config);
}

static void test_verify_has_a_trust_store_with_files(void **state)
{
    struct config *config = build_good(in_nothing, STORE LISTENER(VERIFY));
    const struct config_tls *tls = tls_of(config);

    (void)state;
    assert_int_equal(tls->mutual, MUTUAL_VERIFY);
    assert_non_null(tls->trust_store);
    is_text(tls->trust_store->id, "Ts");
    is_text(tls->trust_store->file, "ca.pem");
    assert_int_equal(tls->trust_store->nlists, 2);
    is_text(tls->trust_store->lists[0], "a.crl");
    is_text(tls->trust_store->lists[1], "b.crl");
    assert_true(str_starts(
        tls->trust_store->arn,
        STR("arn:aws:elasticloadbalancing:us-east-1:000000000000:truststore/"
            "clients/")));
    assert_false(tls->ignore_expiry);
    assert_false(tls->advertise_names);
    config_release(config);
}

static void test_the_switches_are_kept(void **state)
{
    struct config *config = build_good(
        in_nothing, STORE LISTENER("{Mode: verify, TrustStoreArn: @Ts, "
                                   "IgnoreClientCertificateExpiry: true, "
                                   "AdvertiseTrustStoreCaNames: \"on\"}"));

    (void)state;
    assert_true(tls_of(config)->ignore_expiry);
    assert_true(tls_of(config)->advertise_names);
    config_release(config);
}

static void test_revocations_add_their_lists(void **state)
{
    struct config *config = build_good(
        in_nothing,
        STORE "Tr: {Type: TR, Properties: {TrustStoreArn: @Ts, "
              "RevocationContents: [{S3Bucket: b, S3Key: c, RevocationType: "
              "CRL}]}, Metadata: {Sluice: {RevocationLists: [c.crl]}}},\n" //
        LISTENER(VERIFY));
    const struct config_trust_store *store = tls_of(config)->trust_store;

    (void)state;
    assert_int_equal(store->nlists, 3);
    is_text(store->lists[2], "c.crl");
    config_release(config);
}

/* ---- what is wrong ------------------------------------------------------------ */

static void test_what_is_wrong_is_said(void **state)
{
    static const struct fault faults[] = {
        {BARE LISTENER("^{Mode: verify}"),
         "listener Web: MutualAuthentication.TrustStoreArn is missing: Mode "
         "verify needs a trust store",
         "add TrustStoreArn: !Ref TrustStore, or write Mode: passthrough"},
        {LISTENER("{Mode: ^verfy}"),
         "listener Web: MutualAuthentication.Mode cannot be \"verfy\"",
         "did you mean \"verify\"?"},
        {LISTENER("{Mode: verify, TrustStoreArn: ^@Lb}"),
         "listener Web: MutualAuthentication.TrustStoreArn is the ARN of load "
         "balancer Lb, not of a trust store",
         "declare a trust store and name it with !Ref"},
        {"Ts: {Type: TS, Metadata: {Sluice: {^CaCertificate: a.pem}}},\n" //
         LISTENER("{Mode: passthrough}"),
         "trust store Ts: Metadata.Sluice has no key \"CaCertificate\"",
         "did you mean \"CaCertificates\"?"},
        {"^Tr: {Type: TR, Properties: {RevocationContents: []}}",
         "trust store revocation Tr: TrustStoreArn is missing",
         "add TrustStoreArn: !Ref TrustStore"},
        {"^Ts: {Type: TS},\n" LISTENER(VERIFY),
         "trust store Ts: its certificates are in S3, which is not read here, "
         "and listener Web verifies its clients by them",
         "add Metadata: {Sluice: {CaCertificates: ca.pem}}, or give "
         "--trust-store Ts=ca.pem, or --s3-folder"},
        {"Lb: {Type: LB},\n"
         "^Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 443, "
         "Protocol: HTTPS, Certificates: [{CertificateArn: arn:aws:acm:x}], "
         "DefaultActions: [{Type: fixed-response, FixedResponseConfig: "
         "{StatusCode: 404}}], MutualAuthentication: {Mode: verify, "
         "TrustStoreArn: " FOREIGN "}}}",
         "listener Web: its trust store is not in this template, and its "
         "certificates are not known here",
         "give --trust-store Web=ca.pem"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_revocations_without_files_are_warned_of(void **state)
{
    static const struct fault faults[] = {
        {STORE "^Tr: {Type: TR, Properties: {TrustStoreArn: @Ts, "
               "RevocationContents: [{S3Bucket: b, S3Key: c}]}}",
         "trust store revocation Tr: its lists are in S3, which is not read "
         "here: nobody is refused for them",
         "add Metadata: {Sluice: {RevocationLists: [ca.crl]}}, or give them "
         "with --trust-store Ts=CA.pem,LIST.crl"},
    };

    (void)state;
    CHECK_WARNINGS(in_nothing, faults);
}

/* ---- --trust-store -------------------------------------------------------------- */

static struct config *build_with(const char *text, const char *name,
                                 const char *files, bool again,
                                 struct report *report)
{
    const struct local_trust_store given = {str_of(name), str_of(files)};
    const struct local local = {
        .ntrust_stores = 1, .trust_stores = &given, .again = again};
    struct region region = {NULL};
    struct place mark;
    struct config *config;

    *report = (struct report){.strict = true};
    config = config_build(values_parse(&region, text, &mark), STR("test"),
                          &local, report);
    region_end(&region);
    return config;
}

static void test_files_come_from_the_command_line(void **state)
{
    static const char *const names[] = {"Ts", "Web"};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct report report;
        struct config *config = build_with(STORE LISTENER(VERIFY), names[i],
                                           "x.pem,y.crl", false, &report);
        const struct config_trust_store *store;

        assert_non_null(config);
        store = tls_of(config)->trust_store;
        is_text(store->file, "x.pem");
        assert_int_equal(store->nlists, 1);
        is_text(store->lists[0], "y.crl");
        config_release(config);
        report_end(&report);
    }
}

static void test_a_trust_store_of_aws_has_its_files_by_its_arn(void **state)
{
    struct report report;
    struct config *config =
        build_with(LISTENER("{Mode: verify, TrustStoreArn: " FOREIGN "}"),
                   FOREIGN, "x.pem", false, &report);

    (void)state;
    assert_non_null(config);
    is_text(tls_of(config)->trust_store->arn, FOREIGN);
    is_text(tls_of(config)->trust_store->file, "x.pem");
    config_release(config);
    report_end(&report);
}

static void test_what_only_aws_knows_is_called_by_its_listener(void **state)
{
    struct report report;
    struct config *config =
        build_with(LISTENER("{Mode: verify, TrustStoreArn: ?an import?}"),
                   "Web", "x.pem", false, &report);

    (void)state;
    assert_non_null(config);
    is_text(tls_of(config)->trust_store->file, "x.pem");
    config_release(config);
    report_end(&report);
}

static void refuses(const char *name, const char *files, const char *what,
                    const char *remedy)
{
    struct report report;

    assert_null(
        build_with(STORE LISTENER(VERIFY), name, files, false, &report));
    assert_int_equal(report.errors, 1);
    assert_string_equal(report.first->what.p, what);
    assert_string_equal(report.first->remedy.p, remedy);
    report_end(&report);
}

static void test_options_that_say_nothing_are_refused(void **state)
{
    (void)state;
    refuses("Tss", "a.pem",
            "--trust-store Tss: there is no trust store of this name",
            "did you mean Ts?");
    refuses("Elsewhere", "a.pem",
            "--trust-store Elsewhere: there is no trust store of this name",
            "write its ARN, or one of these: Ts");
    refuses("Web", "a.pem,,b.crl",
            "--trust-store Web: these are no files of a trust store",
            "write NAME=CA.pem, or NAME=CA.pem,LIST.crl with 30 lists at most");
    refuses("Ts", "", "--trust-store Ts: these are no files of a trust store",
            "write NAME=CA.pem, or NAME=CA.pem,LIST.crl with 30 lists at most");
}

static void test_a_name_that_a_reload_took_away_is_no_error(void **state)
{
    struct report report;
    struct config *config =
        build_with(STORE LISTENER(VERIFY), "Elsewhere", "a.pem", true, &report);

    (void)state;
    assert_non_null(config);
    config_release(config);
    report_end(&report);
}

/* ---- S3 -------------------------------------------------------------------------- */

static void test_objects_of_a_template_are_files_of_the_folder(void **state)
{
    const struct local local = {.s3_folder = STR("s3")};
    struct report report = {.strict = true};
    struct region region = {NULL};
    struct place mark;
    struct config *config = config_build(
        values_parse(&region,
                     "Ts: {Type: TS, Properties: "
                     "{CaCertificatesBundleS3Bucket: b, "
                     "CaCertificatesBundleS3Key: deep/ca.pem}}, Tr: {Type: TR, "
                     "Properties: {TrustStoreArn: @Ts, RevocationContents: "
                     "[{S3Bucket: b, S3Key: x}, {S3Bucket: c, S3Key: y}]}}, "
                     "Own: {Type: TS, Properties: {Name: own, "
                     "CaCertificatesBundleS3Bucket: b, "
                     "CaCertificatesBundleS3Key: k}, Metadata: {Sluice: "
                     "{CaCertificates: mine.pem}}}",
                     &mark),
        STR("test"), &local, &report);

    (void)state;
    assert_non_null(config);
    is_text(config->trust_stores[0]->file, "s3/b/deep/ca.pem");
    assert_int_equal(config->trust_stores[0]->text.n, 0);
    assert_int_equal(config->trust_stores[0]->nlists, 2);
    is_text(config->trust_stores[0]->lists[1], "s3/c/y");
    is_text(config->trust_stores[1]->file, "mine.pem");
    config_release(config);
    report_end(&report);
    region_end(&region);
}

static void test_texts_that_calls_read_stand_for_their_objects(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Ts: {Type: TS, Properties: {CaCertificatesBundleS3Bucket: b, "
        "CaCertificatesBundleS3Key: k}, Metadata: {Sluice: {Bundle: pem, "
        "Certificates: 1, LastRevocation: 1}}}, Tr: {Type: TR, Properties: "
        "{TrustStoreArn: @Ts, RevocationContents: [{S3Bucket: b, S3Key: x}]}, "
        "Metadata: {Sluice: {List: crl, RevocationId: 1, Entries: 0}}}");
    const struct config_trust_store *store = config->trust_stores[0];

    (void)state;
    is_text(store->text, "pem");
    is_text(store->file, "s3://b/k (sha256 f0aeace912cf19dc1c6fffd41de6e395)");
    is_text(store->list_texts[0], "crl");
    assert_true(str_starts(store->lists[0], STR("s3://b/x (sha256 ")));
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_asked_unless_it_is_said),
        cmocka_unit_test(test_passthrough_needs_no_trust_store),
        cmocka_unit_test(test_verify_has_a_trust_store_with_files),
        cmocka_unit_test(test_the_switches_are_kept),
        cmocka_unit_test(test_revocations_add_their_lists),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_revocations_without_files_are_warned_of),
        cmocka_unit_test(test_files_come_from_the_command_line),
        cmocka_unit_test(test_a_trust_store_of_aws_has_its_files_by_its_arn),
        cmocka_unit_test(test_what_only_aws_knows_is_called_by_its_listener),
        cmocka_unit_test(test_options_that_say_nothing_are_refused),
        cmocka_unit_test(test_a_name_that_a_reload_took_away_is_no_error),
        cmocka_unit_test(test_objects_of_a_template_are_files_of_the_folder),
        cmocka_unit_test(test_texts_that_calls_read_stand_for_their_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
