/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509_vfy.h>

#include "crypto/trust_store.h"
#include "crypto/verify_code.h"
#include "issued.h"

enum { CHAIN = 7 };

static struct issued root;
static struct issued middle; /* below root */
static struct issued other;

static int make_authorities(void **state)
{
    struct issue ca = {.name = "Root", .authority = true};

    (void)state;
    root = issue(&ca, NULL);
    ca.name = "Middle";
    middle = issue(&ca, &root);
    ca.name = "Other";
    other = issue(&ca, NULL);
    return 0;
}

static int end_authorities(void **state)
{
    (void)state;
    issued_end(&root);
    issued_end(&middle);
    issued_end(&other);
    return 0;
}

/* ---- asking ----------------------------------------------------------------- */

/* A trust store with one authority, and a list unless it is NULL. */
static struct tls_trust *trusting(X509 *x, X509_CRL *crl)
{
    char *pem = issued_pem(x);
    char *list = crl ? issued_list_pem(crl) : NULL;
    struct trust_file bundle = {STR("ca.pem"), str_of(pem)};
    struct trust_file file = {STR("ca.crl"), str_of(list ? list : "")};
    struct error error;
    struct tls_trust *trust =
        tls_trust_new(&bundle, list ? 1 : 0, &file, &error);

    if (trust == NULL)
        fail_msg("%s", error.text);
    free(pem);
    free(list);
    X509_CRL_free(crl);
    return trust;
}

/* What is said of a client that sends these certificates; NULL at the end. */
static int ask(const struct tls_trust *trust, bool ignore_expiry,
               X509 *const *sent)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *chain = sk_X509_new_null();
    int verdict;

    assert_true(store && context && chain);
    for (unsigned i = 0; sent[i]; i++)
        sk_X509_push(chain, sent[i]);
    assert_true(X509_STORE_CTX_init(context, store, sent[0], chain));
    verdict = tls_trust_verify(trust, ignore_expiry, context);
    assert_int_equal(X509_STORE_CTX_get_error(context), verdict);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(chain);
    return verdict;
}

/* Of a leaf below the authority that alone is trusted. */
static int ask_leaf(const struct issue *what, const struct issued *by)
{
    struct tls_trust *trust = trusting(root.x, NULL);
    struct issued leaf = issue(what, by);
    int verdict = ask(trust, false, (X509 *const[]){leaf.x, NULL});

    tls_trust_release(trust);
    issued_end(&leaf);
    return verdict;
}

#define ASK(...) ask_leaf(&(struct issue){.name = "client", __VA_ARGS__}, &root)

/* ---- who issued it ------------------------------------------------------------ */

static void test_a_certificate_of_the_authority_is_taken(void **state)
{
    (void)state;
    assert_int_equal(ASK(.usage = "critical,digitalSignature"), X509_V_OK);
}

static void test_what_others_issued_is_untrusted(void **state)
{
    struct issue what = {.name = "client"};

    (void)state;
    assert_string_equal(verify_code(ask_leaf(&what, &other)),
                        "ClientCertUntrusted");
    assert_string_equal(verify_code(ask_leaf(&what, NULL)),
                        "ClientCertUntrusted");
}

static void test_a_name_that_is_only_claimed_is_noticed(void **state)
{
    struct issued liar = {root.x, other.key};
    struct issue what = {.name = "client"};

    (void)state;
    assert_string_equal(verify_code(ask_leaf(&what, &liar)),
                        "ClientCertInvalid");
}

static void test_the_client_sends_what_is_between(void **state)
{
    struct tls_trust *trust = trusting(root.x, NULL);
    struct issued leaf = issue(&(struct issue){.name = "client"}, &middle);

    (void)state;
    assert_int_equal(ask(trust, false, (X509 *const[]){leaf.x, middle.x, NULL}),
                     X509_V_OK);
    assert_string_equal(
        verify_code(ask(trust, false, (X509 *const[]){leaf.x, NULL})),
        "ClientCertUntrusted");
    tls_trust_release(trust);
    issued_end(&leaf);
}

static void
test_an_authority_of_the_trust_store_need_not_be_a_root(void **state)
{
    struct tls_trust *trust = trusting(middle.x, NULL);
    struct issued leaf = issue(&(struct issue){.name = "client"}, &middle);
    struct issued above = issue(&(struct issue){.name = "client"}, &root);

    (void)state;
    assert_int_equal(ask(trust, false, (X509 *const[]){leaf.x, NULL}),
                     X509_V_OK);
    assert_string_equal(
        verify_code(ask(trust, false, (X509 *const[]){above.x, NULL})),
        "ClientCertUntrusted");
    tls_trust_release(trust);
    issued_end(&leaf);
    issued_end(&above);
}

static void test_who_is_no_authority_issues_nothing(void **state)
{
    struct tls_trust *trust = trusting(root.x, NULL);
    struct issued client = issue(&(struct issue){.name = "client"}, &root);
    struct issued leaf = issue(&(struct issue){.name = "forged"}, &client);
    int verdict = ask(trust, false, (X509 *const[]){leaf.x, client.x, NULL});

    (void)state;
    assert_string_equal(verify_code(verdict), "ClientCertUntrusted");
    tls_trust_release(trust);
    issued_end(&leaf);
    issued_end(&client);
}

/* ---- depth ---------------------------------------------------------------------- */

/* A client whose certificate is so many authorities below the root, and which
 * sends those between. */
static int ask_depth(unsigned between)
{
    struct issued all[CHAIN] = {{NULL, NULL}};
    X509 *sent[CHAIN + 1] = {NULL};
    struct tls_trust *trust = trusting(root.x, NULL);
    const struct issued *by = &root;
    int verdict;

    assert_true(between + 1 < CHAIN);
    for (unsigned i = between + 1; i-- > 0;) {
        char name[] = {'L', (char)('0' + i), '\0'};

        all[i] = issue(&(struct issue){.name = name, .authority = i > 0}, by);
        sent[i] = all[i].x;
        by = &all[i];
    }
    verdict = ask(trust, false, sent);
    for (unsigned i = 0; i <= between; i++)
        issued_end(&all[i]);
    tls_trust_release(trust);
    return verdict;
}

static void test_a_chain_has_four_authorities_at_most(void **state)
{
    (void)state;
    assert_int_equal(ask_depth(0), X509_V_OK);
    assert_int_equal(ask_depth(3), X509_V_OK);
    assert_string_equal(verify_code(ask_depth(4)),
                        "ClientCertMaxChainDepthExceeded");
    assert_string_equal(verify_code(ask_depth(5)),
                        "ClientCertMaxChainDepthExceeded");
}

/* ---- when -------------------------------------------------------------------------- */

static void test_validity_is_looked_at(void **state)
{
    (void)state;
    assert_string_equal(verify_code(ASK(.from = -9, .to = -1)),
                        "ClientCertExpired");
    assert_string_equal(verify_code(ASK(.from = 1, .to = 9)),
                        "ClientCertNotYetValid");
}

static void test_only_the_expiry_of_the_clients_own_is_ignored(void **state)
{
    struct tls_trust *trust = trusting(root.x, NULL);
    struct issued old =
        issue(&(struct issue){.name = "a", .from = -9, .to = -1}, &root);
    struct issued new =
        issue(&(struct issue){.name = "a", .from = 1, .to = 9}, &root);
    struct issued gone = issue(
        &(struct issue){
            .name = "Gone", .from = -9, .to = -1, .authority = true},
        &root);
    struct issued below = issue(&(struct issue){.name = "a"}, &gone);

    (void)state;
    assert_int_equal(ask(trust, true, (X509 *const[]){old.x, NULL}), X509_V_OK);
    assert_int_equal(ask(trust, true, (X509 *const[]){new.x, NULL}),
                     X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(ask(trust, true, (X509 *const[]){below.x, gone.x, NULL}),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    tls_trust_release(trust);
    issued_end(&old);
    issued_end(&new);
    issued_end(&gone);
    issued_end(&below);
}

/* An expired one that others issued stays untrusted. */
static void test_ignoring_expiry_trusts_nobody_else(void **state)
{
    struct tls_trust *trust = trusting(root.x, NULL);
    struct issued old =
        issue(&(struct issue){.name = "a", .from = -9, .to = -1}, &other);
    int verdict = ask(trust, true, (X509 *const[]){old.x, NULL});

    (void)state;
    assert_string_equal(verify_code(verdict), "ClientCertUntrusted");
    tls_trust_release(trust);
    issued_end(&old);
}

/* ---- what for, and of which kind ---------------------------------------------------- */

static void test_it_must_be_for_clients(void **state)
{
    (void)state;
    assert_string_equal(verify_code(ASK(.purpose = "serverAuth")),
                        "ClientCertPurposeInvalid");
    assert_int_equal(ASK(.purpose = "serverAuth,clientAuth"), X509_V_OK);
    assert_string_equal(verify_code(ASK(.usage = "keyEncipherment")),
                        "ClientCertPurposeInvalid");
}

static void test_kinds_of_keys_are_albs(void **state)
{
    (void)state;
    assert_int_equal(ASK(.key = "RSA:2048"), X509_V_OK);
    assert_int_equal(ASK(.key = "P-384"), X509_V_OK);
    assert_int_equal(ASK(.key = "P-521"), X509_V_OK);
    assert_string_equal(verify_code(ASK(.key = "RSA:1024")),
                        "ClientCertTypeUnsupported");
    assert_string_equal(verify_code(ASK(.key = "ED25519")),
                        "ClientCertTypeUnsupported");
    assert_string_equal(verify_code(ASK(.key = "secp256k1")),
                        "ClientCertTypeUnsupported");
}

static void test_kinds_of_signatures_are_albs(void **state)
{
    (void)state;
    assert_int_equal(ASK(.digest = "SHA384"), X509_V_OK);
    assert_int_equal(ASK(.digest = "SHA512"), X509_V_OK);
    assert_string_equal(verify_code(ASK(.digest = "SHA224")),
                        "ClientCertTypeUnsupported");
    assert_string_equal(verify_code(ASK(.digest = "SHA1")),
                        "ClientCertTypeUnsupported");
}

static void test_version_1_is_not_taken(void **state)
{
    (void)state;
    assert_string_equal(verify_code(ASK(.version1 = true)),
                        "ClientCertTypeUnsupported");
}

static void test_what_is_critical_and_unknown_is_invalid(void **state)
{
    (void)state;
    assert_string_equal(verify_code(ASK(.critical = "1.2.3.4")),
                        "ClientCertInvalid");
}

/* ---- revocation --------------------------------------------------------------------- */

static int ask_list(X509_CRL *crl, const struct issued *by, unsigned serial)
{
    struct tls_trust *trust = trusting(root.x, crl);
    struct issued leaf =
        issue(&(struct issue){.name = "client", .serial = serial}, by);
    int verdict =
        ask(trust, false,
            (X509 *const[]){leaf.x, by == &root ? NULL : by->x, NULL});

    tls_trust_release(trust);
    issued_end(&leaf);
    return verdict;
}

static void test_what_a_list_has_is_revoked(void **state)
{
    static const unsigned serials[] = {300, 5, 70000, 0};

    (void)state;
    assert_string_equal(
        verify_code(ask_list(issue_list(&root, serials, -1, 1), &root, 5)),
        "ClientCertCrlHit");
    assert_int_equal(ask_list(issue_list(&root, serials, -1, 1), &root, 6),
                     X509_V_OK);
    assert_int_equal(ask_list(issue_list(&root, NULL, -1, 1), &root, 5),
                     X509_V_OK);
}

static void test_an_authority_between_can_be_revoked(void **state)
{
    unsigned serials[] = {0, 0};

    (void)state;
    serials[0] = (unsigned)ASN1_INTEGER_get(X509_get0_serialNumber(middle.x));
    assert_string_equal(
        verify_code(ask_list(issue_list(&root, serials, -1, 1), &middle, 5)),
        "ClientCertCrlHit");
}

/* One of whom the trust store knows only the name before a client comes. */
static void test_a_list_of_an_authority_between_is_verified(void **state)
{
    static const unsigned serials[] = {5, 0};
    struct issued liar = {middle.x, other.key};

    (void)state;
    assert_string_equal(
        verify_code(ask_list(issue_list(&middle, serials, -1, 1), &middle, 5)),
        "ClientCertCrlHit");
    assert_int_equal(ask_list(issue_list(&middle, serials, -1, 1), &middle, 6),
                     X509_V_OK);
    assert_string_equal(
        verify_code(ask_list(issue_list(&liar, serials, -1, 1), &middle, 6)),
        "ClientCertCrlProcessingError");
}

/* An authority that has changed its key signs its list with the new one. */
static void test_a_list_counts_for_both_keys_of_its_issuer(void **state)
{
    static const unsigned serials[] = {5, 0};
    struct issued renewed =
        issue(&(struct issue){.name = "Root", .authority = true}, NULL);
    X509_CRL *crl = issue_list(&renewed, serials, -1, 1);
    struct issued leaf =
        issue(&(struct issue){.name = "client", .serial = 5}, &root);
    char *parts[] = {issued_pem(root.x), issued_pem(renewed.x),
                     issued_list_pem(crl)};
    char both[8192];
    struct trust_file bundle = {STR("ca.pem"), {both, 0}};
    struct trust_file list = {STR("ca.crl"), str_of(parts[2])};
    struct error error;
    struct tls_trust *trust;

    (void)state;
    bundle.bytes.n =
        (size_t)snprintf(both, sizeof(both), "%s%s", parts[0], parts[1]);
    trust = tls_trust_new(&bundle, 1, &list, &error);
    assert_non_null(trust);
    assert_string_equal(
        verify_code(ask(trust, false, (X509 *const[]){leaf.x, NULL})),
        "ClientCertCrlHit");
    tls_trust_release(trust);
    for (unsigned i = 0; i < 3; i++)
        free(parts[i]);
    X509_CRL_free(crl);
    issued_end(&leaf);
    issued_end(&renewed);
}

static void test_lists_of_others_say_nothing(void **state)
{
    static const unsigned serials[] = {5, 0};

    (void)state;
    assert_int_equal(ask_list(issue_list(&other, serials, -1, 1), &root, 5),
                     X509_V_OK);
}

static void test_a_list_that_is_out_of_date_lets_nobody_in(void **state)
{
    static const unsigned serials[] = {5, 0};

    (void)state;
    assert_string_equal(
        verify_code(ask_list(issue_list(&root, serials, -2, -1), &root, 6)),
        "ClientCertCrlProcessingError");
    assert_string_equal(
        verify_code(ask_list(issue_list(&root, serials, 1, 2), &root, 6)),
        "ClientCertCrlProcessingError");
    assert_string_equal(
        verify_code(ask_list(issue_list(&root, serials, -2, -1), &root, 5)),
        "ClientCertCrlHit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_of_the_authority_is_taken),
        cmocka_unit_test(test_what_others_issued_is_untrusted),
        cmocka_unit_test(test_a_name_that_is_only_claimed_is_noticed),
        cmocka_unit_test(test_the_client_sends_what_is_between),
        cmocka_unit_test(
            test_an_authority_of_the_trust_store_need_not_be_a_root),
        cmocka_unit_test(test_who_is_no_authority_issues_nothing),
        cmocka_unit_test(test_a_chain_has_four_authorities_at_most),
        cmocka_unit_test(test_validity_is_looked_at),
        cmocka_unit_test(test_only_the_expiry_of_the_clients_own_is_ignored),
        cmocka_unit_test(test_ignoring_expiry_trusts_nobody_else),
        cmocka_unit_test(test_it_must_be_for_clients),
        cmocka_unit_test(test_kinds_of_keys_are_albs),
        cmocka_unit_test(test_kinds_of_signatures_are_albs),
        cmocka_unit_test(test_version_1_is_not_taken),
        cmocka_unit_test(test_what_is_critical_and_unknown_is_invalid),
        cmocka_unit_test(test_what_a_list_has_is_revoked),
        cmocka_unit_test(test_an_authority_between_can_be_revoked),
        cmocka_unit_test(test_a_list_of_an_authority_between_is_verified),
        cmocka_unit_test(test_a_list_counts_for_both_keys_of_its_issuer),
        cmocka_unit_test(test_lists_of_others_say_nothing),
        cmocka_unit_test(test_a_list_that_is_out_of_date_lets_nobody_in),
    };

    return cmocka_run_group_tests(tests, make_authorities, end_authorities);
}
