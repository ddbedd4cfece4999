/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/certificate.h"

enum { DAY = 86400, ROOM = 64 * 1024 };

/* A certificate, its key, and both as PEM. */
struct made {
    EVP_PKEY *key;
    X509 *x;
    char *pem;
    char *key_pem;
};

static char *text_of(BIO *bio)
{
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);
    char *copy = calloc(1, (size_t)n + 1);

    memcpy(copy, p, (size_t)n);
    BIO_free(bio);
    return copy;
}

static void sign(struct made *m, const char *name, const struct made *issuer)
{
    X509_NAME *subject;

    m->x = X509_new();
    subject = X509_get_subject_name(m->x);
    X509_set_version(m->x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(m->x), 7);
    ASN1_TIME_set(X509_getm_notBefore(m->x), 1700000000);
    ASN1_TIME_set(X509_getm_notAfter(m->x), 1700000000 + 10 * DAY);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(m->x,
                         issuer ? X509_get_subject_name(issuer->x) : subject);
    X509_set_pubkey(m->x, m->key);
    assert_true(
        X509_sign(m->x, issuer ? issuer->key : m->key,
                  EVP_PKEY_get_base_id(m->key) == EVP_PKEY_ED25519 && !issuer
                      ? NULL
                      : EVP_sha256()) > 0);
}

static struct made make(EVP_PKEY *key, const char *name,
                        const struct made *issuer)
{
    struct made m = {.key = key};
    BIO *c = BIO_new(BIO_s_mem());
    BIO *k = BIO_new(BIO_s_mem());

    assert_non_null(key);
    sign(&m, name, issuer);
    PEM_write_bio_X509(c, m.x);
    PEM_write_bio_PKCS8PrivateKey(k, key, NULL, NULL, 0, NULL, NULL);
    m.pem = text_of(c);
    m.key_pem = text_of(k);
    return m;
}

static void drop(struct made *m)
{
    EVP_PKEY_free(m->key);
    X509_free(m->x);
    free(m->pem);
    free(m->key_pem);
}

static bool check(const char *chain, const char *key,
                  struct certificate_facts *facts, struct error *error)
{
    const struct certificate_text c = {str_of(chain), "c.pem"};
    const struct certificate_text k = {str_of(key), "k.pem"};

    return certificate_check(&c, &k, facts, error);
}

static void check_refused(const char *chain, const char *key, const char *what)
{
    struct certificate_facts facts;
    struct error error = {""};

    assert_false(check(chain, key, &facts, &error));
    if (strstr(error.text, what) == NULL)
        fail_msg("\"%s\" has no \"%s\"", error.text, what);
}

/* ---- what is taken ---------------------------------------------------------- */

static void check_kind(EVP_PKEY *key, const char *kind)
{
    struct made m = make(key, "a", NULL);
    struct certificate_facts facts;
    struct error error = {""};

    if (!check(m.pem, m.key_pem, &facts, &error))
        fail_msg("%s: %s", kind, error.text);
    assert_string_equal(facts.kind, kind);
    drop(&m);
}

static void test_ALBs_kinds_of_keys_are_taken(void **state)
{
    (void)state;
    check_kind(EVP_EC_gen("P-256"), "ECDSA P-256");
    check_kind(EVP_EC_gen("P-384"), "ECDSA P-384");
    check_kind(EVP_EC_gen("P-521"), "ECDSA P-521");
    check_kind(EVP_RSA_gen(2048), "RSA 2048");
}

static void check_foreign_kind(EVP_PKEY *key, const char *kind)
{
    struct made m = make(key, "a", NULL);

    check_refused(m.pem, m.key_pem, "c.pem: ALB takes no certificate");
    check_refused(m.pem, m.key_pem, kind);
    drop(&m);
}

static void test_other_kinds_are_refused_by_name(void **state)
{
    (void)state;
    check_foreign_kind(EVP_RSA_gen(1024), "of kind RSA 1024");
    check_foreign_kind(EVP_EC_gen("secp256k1"), "of kind EC secp256k1");
    check_foreign_kind(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
                       "of kind ED25519");
}

static void test_facts_are_those_of_the_first_certificate(void **state)
{
    struct made ca = make(EVP_EC_gen("P-256"), "ca", NULL);
    struct made leaf = make(EVP_EC_gen("P-256"), "leaf", &ca);
    struct certificate_facts facts;
    struct error error = {""};
    static char chain[ROOM];
    unsigned char digest[32];
    char date[16] = "";
    struct text t = text_in(date, sizeof(date) - 1);

    (void)state;
    snprintf(chain, sizeof(chain), "some words\n%s%s", leaf.pem, ca.pem);
    assert_true(check(chain, leaf.key_pem, &facts, &error));
    assert_int_equal(facts.chain, 2);
    assert_int_equal(facts.not_before, 1700000000);
    assert_int_equal(facts.not_after, 1700000000 + 10 * DAY);
    assert_int_equal(X509_digest(leaf.x, EVP_sha256(), digest, NULL), 1);
    for (unsigned i = 0; i < sizeof(digest); i++) {
        char hex[3];

        snprintf(hex, sizeof(hex), "%02x", digest[i]);
        assert_memory_equal(facts.fingerprint + (size_t)2 * i, hex, 2);
    }
    certificate_put_date(&t, facts.not_after);
    assert_string_equal(date, "2023-11-24");
    drop(&leaf);
    drop(&ca);
}

/* ---- what is wrong ------------------------------------------------------------ */

static void test_a_key_of_another_certificate_is_refused(void **state)
{
    struct made a = make(EVP_EC_gen("P-256"), "a", NULL);
    struct made b = make(EVP_EC_gen("P-256"), "b", NULL);
    struct made r = make(EVP_RSA_gen(2048), "r", NULL);

    (void)state;
    check_refused(a.pem, b.key_pem,
                  "k.pem is not the private key of the certificate in c.pem");
    check_refused(a.pem, r.key_pem,
                  "k.pem is not the private key of the certificate in c.pem");
    drop(&a);
    drop(&b);
    drop(&r);
}

static void test_a_chain_must_be_in_order(void **state)
{
    struct made ca = make(EVP_EC_gen("P-256"), "ca", NULL);
    struct made leaf = make(EVP_EC_gen("P-256"), "leaf", &ca);
    struct made other = make(EVP_EC_gen("P-256"), "other", NULL);
    static char chain[ROOM];

    (void)state;
    snprintf(chain, sizeof(chain), "%s%s", ca.pem, leaf.pem);
    check_refused(chain, leaf.key_pem,
                  "c.pem: the key belongs to certificate 2 of it");
    snprintf(chain, sizeof(chain), "%s%s", leaf.pem, other.pem);
    check_refused(chain, leaf.key_pem,
                  "c.pem: certificate 2 of it did not issue certificate 1");
    drop(&ca);
    drop(&leaf);
    drop(&other);
}

static void test_a_key_with_a_password_is_refused(void **state)
{
    struct made a = make(EVP_EC_gen("P-256"), "a", NULL);
    BIO *bio = BIO_new(BIO_s_mem());
    static char secret[] = "secret";
    char *locked;

    (void)state;
    PEM_write_bio_PKCS8PrivateKey(bio, a.key, EVP_aes_128_cbc(), secret, 6,
                                  NULL, NULL);
    locked = text_of(bio);
    check_refused(a.pem, locked, "k.pem: the private key has a password");
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey_traditional(bio, a.key, EVP_aes_128_cbc(),
                                         (const unsigned char *)secret, 6, NULL,
                                         NULL);
    free(locked);
    locked = text_of(bio);
    check_refused(a.pem, locked, "k.pem: the private key has a password");
    free(locked);
    drop(&a);
}

static void test_what_is_no_PEM_is_told(void **state)
{
    struct made a = make(EVP_EC_gen("P-256"), "a", NULL);
    static char cut[ROOM];
    struct certificate_facts facts;
    struct error error = {""};
    const struct certificate_text der = {STR("\x30\x82\x01\x02\x03"), "c.der"};
    const struct certificate_text p12 = {
        STR("\x30\x82\x09\xe2\x02\x01\x03\x30\x82"), "c.p12"};

    (void)state;
    check_refused("", a.key_pem, "c.pem is empty");
    check_refused("hello\n", a.key_pem, "c.pem has no certificate in PEM");
    check_refused(a.key_pem, a.key_pem, "c.pem has no certificate in PEM");
    check_refused(a.pem, a.pem, "k.pem has no private key in PEM");
    check_refused(a.pem, "", "k.pem is empty");
    assert_false(certificate_check(&der, &der, &facts, &error));
    assert_non_null(strstr(error.text, "c.der is no PEM but DER"));
    assert_false(certificate_check(&p12, &p12, &facts, &error));
    assert_non_null(strstr(error.text, "c.p12 is no PEM but PKCS#12"));
    assert_non_null(strstr(error.text, "openssl pkcs12"));
    snprintf(cut, sizeof(cut), "%.*s", (int)strlen(a.pem) / 2, a.pem);
    check_refused(cut, a.key_pem, "c.pem: certificate 1 of it cannot be read");
    snprintf(cut, sizeof(cut), "%s%.*s", a.pem, (int)strlen(a.pem) / 2, a.pem);
    check_refused(cut, a.key_pem, "c.pem: certificate 2 of it cannot be read");
    snprintf(cut, sizeof(cut), "%.*s", (int)strlen(a.key_pem) / 2, a.key_pem);
    check_refused(a.pem, cut, "k.pem: the private key cannot be read");
    drop(&a);
}

static void test_more_certificates_than_a_chain_has_are_refused(void **state)
{
    struct made a = make(EVP_EC_gen("P-256"), "a", NULL);
    static char chain[ROOM];

    (void)state;
    for (unsigned i = 0; i < 17; i++)
        strcat(chain, a.pem);
    check_refused(chain, a.key_pem, "more than 16 certificates");
    drop(&a);
}

static void test_one_file_may_have_both(void **state)
{
    struct made a = make(EVP_EC_gen("P-256"), "a", NULL);
    struct made b = make(EVP_EC_gen("P-256"), "b", NULL);
    struct certificate_facts facts;
    struct error error = {""};
    static char both[ROOM];
    struct certificate_text text = {STR(""), "both.pem"};

    (void)state;
    snprintf(both, sizeof(both), "%s%s", a.key_pem, a.pem);
    text.text = str_of(both);
    assert_true(certificate_check(&text, &text, &facts, &error));
    snprintf(both, sizeof(both), "%s%s", b.key_pem, a.pem);
    text.text = str_of(both);
    assert_false(certificate_check(&text, &text, &facts, &error));
    assert_non_null(strstr(error.text, "both.pem: the private key in it is not "
                                       "that of the certificate"));
    drop(&a);
    drop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ALBs_kinds_of_keys_are_taken),
        cmocka_unit_test(test_other_kinds_are_refused_by_name),
        cmocka_unit_test(test_facts_are_those_of_the_first_certificate),
        cmocka_unit_test(test_a_key_of_another_certificate_is_refused),
        cmocka_unit_test(test_a_chain_must_be_in_order),
        cmocka_unit_test(test_a_key_with_a_password_is_refused),
        cmocka_unit_test(test_what_is_no_PEM_is_told),
        cmocka_unit_test(test_more_certificates_than_a_chain_has_are_refused),
        cmocka_unit_test(test_one_file_may_have_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
