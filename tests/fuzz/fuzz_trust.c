/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates of clients, and the files of trust stores.  The first byte says
 * what the rest is:
 *
 * - 0: a certificate in DER, as a client sends it.  Its texts are printable,
 *   in bounds, and the PEM is of the very same bytes; verifying it with a trust
 *   store that does not know its issuer fails.
 * - 1: a bundle, 2: a list of revoked certificates.  Whatever is taken is
 *   within the limits, and what is refused says why.
 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "crypto/client_certificate.h"
#include "crypto/trust_store.h"
#include "crypto/verify_code.h"
#include "fuzz.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

enum { INPUT_MAX = 128 * 1024 };

/* "CN=Fuzz", P-256, till 2056. */
static const char authority[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBYzCCAQqgAwIBAgIUQvUFqPnvZ1VyCZ6q7imn3Kj4MnIwCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwERnV6ejAgFw0yNjExMjMxMjIwNTRaGA8yMDU2MTExNTEyMjA1\n"
    "NFowDzENMAsGA1UEAwwERnV6ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMl2\n"
    "nwTRy4zLksxzaUtdVrOQ1HBRHawj1zCMmGNWrcG+NWYZatBOyUEGprIvVf8KESv+\n"
    "yyWTE+aeIM0wru/2rQijQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQD\n"
    "AgEGMB0GA1UdDgQWBBRXTdYiio4/S/iphSEoYOaNkogPRjAKBggqhkjOPQQDAgNH\n"
    "ADBEAiB/S/0f23/LA+sv9rafMRxix3cfzdPYRz6iO0eaXZVd3gIgFeqxJpMdqmaK\n"
    "JcbHQkyfAGhBRn3LNJMaeBY1uQjEJyE=\n"
    "-----END CERTIFICATE-----\n";

static struct tls_trust *trust;

static _Noreturn void failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not true: %s\n", line, condition);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct trust_file bundle = {STR("ca.pem"), STR(authority)};
    struct error error;

    (void)argc;
    (void)argv;
    trust = tls_trust_new(&bundle, 0, NULL, &error);
    CHECK(trust);
    return 0;
}

/* ---- a client's certificate -------------------------------------------------- */

static void check_text(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        CHECK(s.p[i] >= ' ' && s.p[i] <= '~');
}

/* %XX decoded, then PEM read by OpenSSL. */
static X509 *decoded(struct str pem)
{
    static char text[CLIENT_CERTIFICATE_MAX];
    size_t n = 0;
    BIO *bio;
    X509 *x;

    for (size_t i = 0; i < pem.n; i++) {
        if (pem.p[i] == '%') {
            CHECK(i + 2 < pem.n);
            text[n++] = pem.p[i + 1] == '2' ? ' ' : '\n';
            i += 2;
        } else {
            CHECK(pem.p[i] != ' ');
            text[n++] = pem.p[i];
        }
    }
    bio = BIO_new_mem_buf(text, (int)n);
    CHECK(bio);
    x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return x;
}

static void check_texts(X509 *x)
{
    struct client_certificate *c = client_certificate_new(x, NULL);
    X509 *again;

    if (c == NULL)
        return;
    check_text(c->serial_number);
    check_text(c->issuer);
    check_text(c->subject);
    check_text(c->validity);
    check_text(c->pem);
    CHECK(c->serial_number.n);
    CHECK(c->serial_number.n + c->issuer.n + c->subject.n + c->validity.n +
              c->pem.n <=
          CLIENT_CERTIFICATE_MAX);
    again = decoded(c->pem);
    CHECK(again && X509_cmp(again, x) == 0);
    X509_free(again);
    client_certificate_free(c);
}

static void check_verify(X509 *x)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *chain = sk_X509_new_null();
    int verdict;

    CHECK(store && context && chain && sk_X509_push(chain, x) > 0);
    CHECK(X509_STORE_CTX_init(context, store, x, chain));
    verdict = tls_trust_verify(trust, true, context);
    CHECK(verdict != X509_V_OK);
    CHECK(verify_code(verdict)[0] && verify_words(verdict)[0]);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(chain);
}

static void check_certificate(const uint8_t *data, size_t n)
{
    const unsigned char *p = data;
    X509 *x = d2i_X509(NULL, &p, (long)n);

    if (x == NULL)
        return;
    check_texts(x);
    check_verify(x);
    X509_free(x);
}

/* ---- files of a trust store ------------------------------------------------------ */

static void check_file(const uint8_t *data, size_t n, bool list)
{
    struct trust_file file = {STR("file"), str_make((const char *)data, n)};
    struct trust_file bundle = {STR("ca.pem"), STR(authority)};
    struct error error = {""};
    struct tls_trust *t = list ? tls_trust_new(&bundle, 1, &file, &error)
                               : tls_trust_new(&file, 0, NULL, &error);

    CHECK((t == NULL) == (error.text[0] != '\0'));
    if (t == NULL)
        return;
    CHECK(tls_trust_certificates(t) >= 1 &&
          tls_trust_certificates(t) <= TRUST_CERTIFICATES_MAX);
    CHECK(tls_trust_entries(t) <= TRUST_ENTRIES_MAX);
    tls_trust_release(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    if (size < 1 || size > INPUT_MAX)
        return 0;
    copy = malloc(size); /* as long as it is: a byte more is noticed */
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, size - 1);
    if (data[0] == 0)
        check_certificate(copy, size - 1);
    else
        check_file(copy, size - 1, data[0] == 2);
    free(copy);
    return 0;
}
