/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/authority.h"
#include "crypto/certificate.h"

enum { DAY = 86400 };

static const struct str names[] = {{"shop.example.com", 16},
                                   {"*.shop.example.com", 18},
                                   {"127.0.0.1", 9},
                                   {"::1", 3}};

static struct authority *new_authority(int64_t now)
{
    struct error error = {""};
    struct authority *a = authority_new(now, &error);

    if (a == NULL)
        fail_msg("%s", error.text);
    return a;
}

static void issue(const struct authority *a, unsigned n, int64_t now,
                  struct authority_pair *pair)
{
    struct error error = {""};

    if (!authority_issue(a, names, n, now, pair, &error))
        fail_msg("%s", error.text);
}

static X509 *parse(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);
    assert_non_null(x);
    return x;
}

/* X509_V_OK, or what is wrong for a client that trusts the root. */
static int verify(X509 *root, X509 *leaf, int64_t at, const char *host,
                  const char *ip)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *how;
    int result;

    X509_STORE_add_cert(store, root);
    X509_STORE_CTX_init(context, store, leaf, NULL);
    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
    how = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(how, (time_t)at);
    X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_auth_level(how, 2);
    if (host)
        X509_VERIFY_PARAM_set1_host(how, host, 0);
    if (ip)
        X509_VERIFY_PARAM_set1_ip_asc(how, ip);
    X509_verify_cert(context);
    result = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return result;
}

static void
test_what_it_issues_is_good_for_the_names_and_no_others(void **state)
{
    int64_t now = time(NULL);
    struct authority *a = new_authority(now);
    struct authority_pair own, pair;
    X509 *root, *leaf;

    (void)state;
    assert_true(authority_pem(a, &own));
    issue(a, 4, now, &pair);
    root = parse(own.certificate);
    leaf = parse(pair.certificate);
    assert_int_equal(verify(root, leaf, now, "shop.example.com", NULL), 0);
    assert_int_equal(verify(root, leaf, now, "a.shop.example.com", NULL), 0);
    assert_int_equal(verify(root, leaf, now, NULL, "127.0.0.1"), 0);
    assert_int_equal(verify(root, leaf, now, NULL, "::1"), 0);
    assert_int_equal(verify(root, leaf, now, "example.com", NULL),
                     X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(verify(root, leaf, now, NULL, "127.0.0.2"),
                     X509_V_ERR_IP_ADDRESS_MISMATCH);
    X509_free(root);
    X509_free(leaf);
    authority_free(a);
}

static void test_what_it_issues_can_be_served(void **state)
{
    int64_t now = time(NULL);
    struct authority *a = new_authority(now);
    struct authority_pair pair;
    struct certificate_facts facts;
    struct certificate_text c = {.where = "c"}, k = {.where = "k"};
    struct error error = {""};

    (void)state;
    issue(a, 4, now, &pair);
    c.text = str_of(pair.certificate);
    k.text = str_of(pair.key);
    assert_true(certificate_check(&c, &k, &facts, &error));
    assert_string_equal(facts.kind, "ECDSA P-256");
    assert_string_equal(facts.names, "shop.example.com, *.shop.example.com, "
                                     "127.0.0.1, ::1");
    authority_free(a);
}

static void test_dates(void **state)
{
    int64_t now = time(NULL);
    struct authority *a = new_authority(now);
    struct authority_pair own, pair;
    X509 *root, *leaf;
    int64_t last = now + (int64_t)AUTHORITY_LEAF_DAYS * DAY;

    (void)state;
    assert_true(authority_pem(a, &own));
    root = parse(own.certificate);
    issue(a, 1, now, &pair);
    leaf = parse(pair.certificate);
    assert_int_equal(verify(root, leaf, last - 1, NULL, NULL), 0);
    assert_int_equal(verify(root, leaf, last + 1, NULL, NULL),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(verify(root, leaf, now - DAY + 1, NULL, NULL), 0);
    X509_free(leaf);
    /* Ten years; never longer than the authority itself. */
    assert_true(authority_not_after(a) > now + (int64_t)3650 * DAY);
    now = authority_not_after(a) - DAY;
    issue(a, 1, now, &pair);
    leaf = parse(pair.certificate);
    assert_int_equal(X509_cmp(root, root), 0);
    assert_int_equal(
        ASN1_TIME_compare(X509_get0_notAfter(leaf), X509_get0_notAfter(root)),
        0);
    X509_free(leaf);
    X509_free(root);
    authority_free(a);
}

static void test_it_can_issue_nothing_but_certificates_of_servers(void **state)
{
    int64_t now = time(NULL);
    struct authority *a = new_authority(now);
    struct authority_pair own, pair;
    X509 *root, *leaf;

    (void)state;
    assert_true(authority_pem(a, &own));
    issue(a, 1, now, &pair);
    root = parse(own.certificate);
    leaf = parse(pair.certificate);
    assert_int_equal(X509_check_ca(root), 1);
    assert_int_equal(X509_get_pathlen(root), 0);
    assert_int_equal(X509_check_ca(leaf), 0);
    assert_int_equal(X509_get_extended_key_usage(leaf), XKU_SSL_SERVER);
    X509_free(root);
    X509_free(leaf);
    authority_free(a);
}

static void test_it_is_read_again_as_it_was(void **state)
{
    int64_t now = time(NULL);
    struct authority *a = new_authority(now);
    struct authority_pair own, pair;
    struct error error = {""};
    struct authority *b;
    X509 *root, *leaf;

    (void)state;
    assert_true(authority_pem(a, &own));
    b = authority_read(str_of(own.certificate), str_of(own.key), &error);
    assert_non_null(b);
    issue(b, 1, now, &pair);
    root = parse(own.certificate);
    leaf = parse(pair.certificate);
    assert_int_equal(verify(root, leaf, now, "shop.example.com", NULL), 0);
    X509_free(root);
    X509_free(leaf);
    authority_free(a);
    authority_free(b);
}

static void test_what_is_no_authority_is_not_read(void **state)
{
    int64_t now = time(NULL);
    struct authority *a = new_authority(now), *other = new_authority(now);
    struct authority_pair own, others, leaf;
    struct error error = {""};

    (void)state;
    assert_true(authority_pem(a, &own));
    assert_true(authority_pem(other, &others));
    issue(a, 1, now, &leaf);
    assert_null(
        authority_read(str_of(own.certificate), str_of(others.key), &error));
    assert_null(
        authority_read(str_of(leaf.certificate), str_of(leaf.key), &error));
    assert_null(authority_read(STR("x"), str_of(own.key), &error));
    assert_null(authority_read(str_of(own.certificate), STR(""), &error));
    assert_non_null(strstr(error.text, "authority"));
    authority_free(a);
    authority_free(other);
}

/* A name is a name, whatever OpenSSL's configuration would make of it. */
static void test_a_name_cannot_bring_other_names(void **state)
{
    int64_t now = time(NULL);
    struct authority *a = new_authority(now);
    struct authority_pair own, pair;
    struct str odd = STR("a.test,DNS:b.test");
    struct error error = {""};
    X509 *root, *leaf;

    (void)state;
    assert_true(authority_pem(a, &own));
    assert_true(authority_issue(a, &odd, 1, now, &pair, &error));
    root = parse(own.certificate);
    leaf = parse(pair.certificate);
    assert_int_equal(verify(root, leaf, now, "b.test", NULL),
                     X509_V_ERR_HOSTNAME_MISMATCH);
    X509_free(root);
    X509_free(leaf);
    authority_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_what_it_issues_is_good_for_the_names_and_no_others),
        cmocka_unit_test(test_what_it_issues_can_be_served),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_it_can_issue_nothing_but_certificates_of_servers),
        cmocka_unit_test(test_it_is_read_again_as_it_was),
        cmocka_unit_test(test_what_is_no_authority_is_not_read),
        cmocka_unit_test(test_a_name_cannot_bring_other_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
