/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

#include "crypto/trust_store.h"
#include "issued.h"

enum { ROOM = 128 * 1024 };

static struct issued root;
static struct issued other;

static int make_authorities(void **state)
{
    (void)state;
    root = issue(&(struct issue){.name = "Root", .authority = true}, NULL);
    other = issue(&(struct issue){.name = "Other", .authority = true}, NULL);
    return 0;
}

static int end_authorities(void **state)
{
    (void)state;
    issued_end(&root);
    issued_end(&other);
    return 0;
}

/* ---- reading -------------------------------------------------------------- */

static struct tls_trust *read_with(const char *bundle, unsigned n,
                                   const struct trust_file *lists,
                                   struct error *error)
{
    struct trust_file file = {STR("ca.pem"), str_of(bundle)};

    *error = (struct error){""};
    return tls_trust_new(&file, n, lists, error);
}

static void takes(const char *bundle, unsigned certificates)
{
    struct error error;
    struct tls_trust *trust = read_with(bundle, 0, NULL, &error);

    if (trust == NULL)
        fail_msg("%s", error.text);
    assert_int_equal(tls_trust_certificates(trust), certificates);
    tls_trust_release(trust);
}

/* The message has `what` in it. */
static void refuses(const char *bundle, const char *what)
{
    struct error error;
    struct tls_trust *trust = read_with(bundle, 0, NULL, &error);

    assert_null(trust);
    if (strstr(error.text, what) == NULL)
        fail_msg("\"%s\" is not in: %s", what, error.text);
}

static char *joined(const char *a, const char *b, const char *c)
{
    char *all = malloc(ROOM);

    assert_non_null(all);
    snprintf(all, ROOM, "%s%s%s", a, b, c);
    return all;
}

static void takes_around(const char *before, const char *after)
{
    char *pem = issued_pem(root.x);
    char *all = joined(before, pem, after);

    takes(all, 1);
    free(all);
    free(pem);
}

static void refuses_around(const char *before, const char *after,
                           const char *what)
{
    char *pem = issued_pem(root.x);
    char *all = joined(before, pem, after);

    refuses(all, what);
    free(all);
    free(pem);
}

static void
test_comments_without_hyphens_stand_between_certificates(void **state)
{
    (void)state;
    takes_around("", "");
    takes_around("# our authority\n#\n", "# the end\n");
    takes_around("", "\n\n");
    refuses_around("# our-authority\n", "", "ca.pem:1: a comment has a \"-\"");
}

static void test_other_lines_are_errors(void **state)
{
    (void)state;
    refuses_around("\n", "", "ca.pem:1: the line is empty");
    refuses_around("", "Subject: CN=a\n", "neither PEM nor a comment");
    refuses_around(" # no comment\n", "", "ca.pem:1: this is neither PEM");
    refuses("", "there is no certificate in it");
    refuses("# nothing\n", "there is no certificate in it");
}

static void test_lines_may_end_with_cr_lf(void **state)
{
    char *pem = issued_pem(root.x);
    char all[8192];
    size_t n = 0;

    (void)state;
    for (const char *p = pem; *p; p++) {
        if (*p == '\n')
            all[n++] = '\r';
        all[n++] = *p;
    }
    all[n] = '\0';
    takes(all, 1);
    free(pem);
}

static void test_private_keys_are_refused(void **state)
{
    (void)state;
    refuses_around("",
                   "-----BEGIN EC PRIVATE KEY-----\nAAAA\n"
                   "-----END EC PRIVATE KEY-----\n",
                   "this is a private key");
    refuses_around("",
                   "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
                   "this is a X509 CRL");
}

static void test_broken_blocks_are_refused(void **state)
{
    (void)state;
    refuses("-----BEGIN CERTIFICATE-----\nAAAA\n", "does not end");
    refuses("-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CRL-----\n",
            "does not end");
    refuses("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
            "cannot be decoded");
    refuses("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "ca.pem:1: this is no certificate");
    refuses(
        "-----BEGIN CERTIFICATE-----\n\x01\xff\n-----END CERTIFICATE-----\n",
        "cannot be decoded");
}

static void test_a_certificate_stands_once(void **state)
{
    char *pem = issued_pem(root.x);
    char *twice = joined(pem, pem, "");
    char *second = issued_pem(other.x);
    char *both = joined(pem, second, "");

    (void)state;
    refuses(twice, "certificate 1 of the file is there twice");
    takes(both, 2);
    free(pem);
    free(second);
    free(twice);
    free(both);
}

static void refuses_issued(const struct issue *what, const char *why)
{
    struct issued made = issue(what, NULL);
    char *pem = issued_pem(made.x);

    refuses(pem, why);
    free(pem);
    issued_end(&made);
}

static void test_only_authorities_of_version_3_are_taken(void **state)
{
    (void)state;
    refuses_issued(&(struct issue){.name = "Leaf"},
                   "\"CN=Leaf\" is no authority's certificate");
    refuses_issued(&(struct issue){.name = "Old", .version1 = true},
                   "\"CN=Old\" is an X.509v1 certificate");
}

static void test_there_are_25_certificates_at_most(void **state)
{
    char *all = malloc(ROOM);
    size_t n = 0;

    (void)state;
    assert_non_null(all);
    for (int i = 1; i <= TRUST_CERTIFICATES_MAX + 1; i++) {
        struct issued made =
            issue(&(struct issue){.name = "Many", .authority = true}, NULL);
        char *pem = issued_pem(made.x);

        n += (size_t)snprintf(all + n, ROOM - n, "%s", pem);
        free(pem);
        issued_end(&made);
        if (i == TRUST_CERTIFICATES_MAX)
            takes(all, TRUST_CERTIFICATES_MAX);
    }
    refuses(all, "more than 25 certificates");
    free(all);
}

/* ---- lists ----------------------------------------------------------------- */

static struct tls_trust *trust_with(X509_CRL *crl, struct error *error)
{
    char *pem = issued_pem(root.x);
    char *list = issued_list_pem(crl);
    struct trust_file file = {STR("ca.crl"), str_of(list)};
    struct tls_trust *trust = read_with(pem, 1, &file, error);

    free(list);
    free(pem);
    X509_CRL_free(crl);
    return trust;
}

static void test_lists_are_pem_or_der(void **state)
{
    static const unsigned serials[] = {1, 2, 3, 0};
    X509_CRL *crl = issue_list(&root, serials, -1, 1);
    unsigned char *der = NULL;
    int n = i2d_X509_CRL(crl, &der);
    struct trust_file file = {STR("ca.crl"),
                              str_make((const char *)der, (size_t)n)};
    char *pem = issued_pem(root.x);
    struct error error;
    struct tls_trust *trust = read_with(pem, 1, &file, &error);

    (void)state;
    assert_non_null(trust);
    assert_int_equal(tls_trust_entries(trust), 3);
    assert_string_equal(tls_trust_warning(trust), "");
    tls_trust_release(trust);
    trust = trust_with(crl, &error);
    assert_non_null(trust);
    assert_int_equal(tls_trust_entries(trust), 3);
    tls_trust_release(trust);
    file.bytes.n--;
    assert_null(read_with(pem, 1, &file, &error));
    assert_non_null(strstr(error.text, "ca.crl: this is no list"));
    OPENSSL_free(der);
    free(pem);
}

static void test_what_is_no_list_is_refused(void **state)
{
    char *pem = issued_pem(root.x);
    struct trust_file empty = {STR("ca.crl"), STR("")};
    struct trust_file wrong = {STR("ca.crl"), str_of(pem)};
    struct error error;

    (void)state;
    assert_null(read_with(pem, 1, &empty, &error));
    assert_non_null(strstr(error.text, "this is no list"));
    assert_null(read_with(pem, 1, &wrong, &error));
    assert_non_null(strstr(error.text, "this is no list"));
    free(pem);
}

static void test_a_list_has_the_signature_of_its_issuer(void **state)
{
    struct issued liar = {root.x, other.key};
    struct error error;

    (void)state;
    assert_null(trust_with(issue_list(&liar, NULL, -1, 1), &error));
    assert_non_null(strstr(error.text, "the signature is not of the key"));
}

static void test_the_issuer_of_a_list_may_sign_lists(void **state)
{
    struct issued ca = issue(&(struct issue){.name = "Weak",
                                             .authority = true,
                                             .usage = "critical,keyCertSign"},
                             NULL);
    X509_CRL *crl = issue_list(&ca, NULL, -1, 1);
    char *pem = issued_pem(ca.x);
    char *list = issued_list_pem(crl);
    struct trust_file file = {STR("ca.crl"), str_of(list)};
    struct error error;

    (void)state;
    assert_null(read_with(pem, 1, &file, &error));
    assert_non_null(strstr(error.text, "keyUsage has no cRLSign"));
    free(pem);
    free(list);
    X509_CRL_free(crl);
    issued_end(&ca);
}

static void test_lists_that_will_not_do_for_long_are_warned_of(void **state)
{
    struct error error;
    struct tls_trust *trust =
        trust_with(issue_list(&root, NULL, -2, -1), &error);

    (void)state;
    assert_non_null(trust);
    assert_non_null(strstr(tls_trust_warning(trust), "out of date"));
    tls_trust_release(trust);
    trust = trust_with(issue_list(&other, NULL, -1, 1), &error);
    assert_non_null(trust);
    assert_non_null(strstr(tls_trust_warning(trust), "no certificate of the"));
    tls_trust_release(trust);
}

static X509_CRL *extended(int nid, const char *value, int critical)
{
    X509_CRL *crl = issue_list(&root, NULL, -1, 1);
    X509_EXTENSION *e;

    if (nid == NID_undef) {
        ASN1_OBJECT *object = OBJ_txt2obj(value, 1);
        ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();

        assert_true(ASN1_OCTET_STRING_set(bytes, (const void *)"\5", 2));
        e = X509_EXTENSION_create_by_OBJ(NULL, object, critical, bytes);
        ASN1_OCTET_STRING_free(bytes);
        ASN1_OBJECT_free(object);
    } else {
        ASN1_INTEGER *number = ASN1_INTEGER_new();

        e = X509V3_EXT_i2d(nid, critical, number);
        ASN1_INTEGER_free(number);
    }
    assert_non_null(e);
    assert_true(X509_CRL_add_ext(crl, e, -1));
    X509_EXTENSION_free(e);
    assert_true(X509_CRL_sign(crl, root.key, EVP_sha256()) > 0);
    return crl;
}

static void test_lists_that_would_be_misread_are_refused(void **state)
{
    struct error error;
    struct tls_trust *trust;

    (void)state;
    assert_null(trust_with(extended(NID_delta_crl, NULL, 1), &error));
    assert_non_null(strstr(error.text, "this is a delta list"));
    assert_null(trust_with(extended(NID_undef, "1.2.3.4", 1), &error));
    assert_non_null(strstr(error.text, "a critical extension"));
    trust = trust_with(extended(NID_undef, "1.2.3.4", 0), &error);
    assert_non_null(trust);
    tls_trust_release(trust);
}

static void test_there_are_30_lists_at_most(void **state)
{
    X509_CRL *crl = issue_list(&root, NULL, -1, 1);
    char *list = issued_list_pem(crl);
    char *pem = issued_pem(root.x);
    struct trust_file files[TRUST_LISTS_MAX + 1];
    struct error error;
    struct tls_trust *trust;

    (void)state;
    for (unsigned i = 0; i < TRUST_LISTS_MAX + 1; i++)
        files[i] = (struct trust_file){STR("ca.crl"), str_of(list)};
    trust = read_with(pem, TRUST_LISTS_MAX, files, &error);
    assert_non_null(trust);
    tls_trust_release(trust);
    assert_null(read_with(pem, TRUST_LISTS_MAX + 1, files, &error));
    assert_non_null(strstr(error.text, "more than 30 lists"));
    free(pem);
    free(list);
    X509_CRL_free(crl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_comments_without_hyphens_stand_between_certificates),
        cmocka_unit_test(test_other_lines_are_errors),
        cmocka_unit_test(test_lines_may_end_with_cr_lf),
        cmocka_unit_test(test_private_keys_are_refused),
        cmocka_unit_test(test_broken_blocks_are_refused),
        cmocka_unit_test(test_a_certificate_stands_once),
        cmocka_unit_test(test_only_authorities_of_version_3_are_taken),
        cmocka_unit_test(test_there_are_25_certificates_at_most),
        cmocka_unit_test(test_lists_are_pem_or_der),
        cmocka_unit_test(test_what_is_no_list_is_refused),
        cmocka_unit_test(test_a_list_has_the_signature_of_its_issuer),
        cmocka_unit_test(test_the_issuer_of_a_list_may_sign_lists),
        cmocka_unit_test(test_lists_that_will_not_do_for_long_are_warned_of),
        cmocka_unit_test(test_lists_that_would_be_misread_are_refused),
        cmocka_unit_test(test_there_are_30_lists_at_most),
    };

    return cmocka_run_group_tests(tests, make_authorities, end_authorities);
}
