/* SPDX-License-Identifier: Apache-2.0
 *
 * The authorities of a trust store, and its life.
 */
#include "crypto/trust_store.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "crypto/trust_internal.h"

/* Where something stands in a file. */
struct spot {
    struct str name;
    unsigned line;
};

#define AT "" STR_FMT ":%u: "
#define AT_ARG(spot) STR_ARG((spot)->name), (spot)->line

/* ---- one certificate ------------------------------------------------------ */

static bool check_label(const struct spot *spot, struct str label,
                        struct error *error)
{
    if (str_eq(label, STR("CERTIFICATE")))
        return true;
    if (memmem(label.p, label.n, "PRIVATE KEY", 11))
        return error_set(error,
                         AT "this is a private key: a trust store has only "
                            "certificates; take it out, and if others can read "
                            "the file, do not use that key any more",
                         AT_ARG(spot));
    return error_set(error,
                     AT "this is a " STR_FMT ": a trust store has only "
                        "CERTIFICATE blocks; take it out",
                     AT_ARG(spot), STR_ARG(label));
}

static X509 *decode(const struct spot *spot, const struct trust_block *block,
                    struct error *error)
{
    long n = 0;
    unsigned char *der = trust_decode(block, &n);
    const unsigned char *p = der;
    X509 *x = NULL;

    if (der && n > TRUST_CERTIFICATE_BYTES_MAX) {
        error_set(error,
                  AT "the certificate has %ld bytes: a trust store takes "
                     "%d at most",
                  AT_ARG(spot), n, TRUST_CERTIFICATE_BYTES_MAX);
        OPENSSL_free(der);
        return NULL;
    }
    if (der)
        x = d2i_X509(NULL, &p, n);
    if (x && p != der + n) {
        X509_free(x);
        x = NULL;
    }
    OPENSSL_free(der);
    ERR_clear_error();
    if (x == NULL)
        error_set(error,
                  AT "this is no certificate: it cannot be decoded; `openssl "
                     "x509 -in FILE -noout -text` says what openssl thinks "
                     "of it",
                  AT_ARG(spot));
    return x;
}

static void put_subject(const X509 *x, char *out, int n)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int got = 0;

    if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(x), 0,
                                  XN_FLAG_RFC2253) >= 0)
        got = BIO_read(bio, out, n - 1);
    out[got > 0 ? got : 0] = '\0';
    BIO_free(bio);
    ERR_clear_error();
}

static bool check_authority(const struct spot *spot, X509 *x,
                            struct error *error)
{
    char subject[TRUST_SUBJECT_MAX + 2];

    put_subject(x, subject, sizeof(subject));
    if (strlen(subject) > TRUST_SUBJECT_MAX)
        return error_set(error,
                         AT "the subject has more than %d bytes: a trust "
                            "store takes no more",
                         AT_ARG(spot), TRUST_SUBJECT_MAX);
    if (X509_get_version(x) != X509_VERSION_3)
        return error_set(error,
                         AT "\"%.200s\" is an X.509v%ld certificate: trust "
                            "stores take version 3 alone; issue it anew",
                         AT_ARG(spot), subject, X509_get_version(x) + 1);
    if (X509_check_ca(x) == 0)
        return error_set(error,
                         AT "\"%.200s\" is no authority's certificate "
                            "(basicConstraints has no CA:TRUE): name the one "
                            "that issued it instead",
                         AT_ARG(spot), subject);
    return true;
}

static bool check_new(const struct tls_trust *trust, const struct spot *spot,
                      const X509 *x, struct error *error)
{
    int n = sk_X509_num(trust->certificates);

    for (int i = 0; i < n; i++) {
        if (X509_cmp(sk_X509_value(trust->certificates, i), x) == 0)
            return error_set(error,
                             AT "certificate %d of the file is there twice: "
                                "take one of them out",
                             AT_ARG(spot), i + 1);
    }
    if (n == TRUST_CERTIFICATES_MAX)
        return error_set(error,
                         AT "there are more than %d certificates: a trust "
                            "store takes no more; make two trust stores of it",
                         AT_ARG(spot), TRUST_CERTIFICATES_MAX);
    return true;
}

static bool add_name(struct tls_trust *trust, const X509 *x)
{
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));

    if (name && sk_X509_NAME_push(trust->names, name) > 0)
        return true;
    X509_NAME_free(name);
    return false;
}

/* Takes x, or frees it. */
static bool take(struct tls_trust *trust, const struct spot *spot, X509 *x,
                 struct error *error)
{
    if (!check_authority(spot, x, error) || !check_new(trust, spot, x, error)) {
        X509_free(x);
        return false;
    }
    if (sk_X509_push(trust->certificates, x) <= 0) {
        X509_free(x);
        return error_set(error, AT "there is no memory", AT_ARG(spot));
    }
    if (!add_name(trust, x))
        return error_set(error, AT "there is no memory", AT_ARG(spot));
    if (trust->warning.text[0] == '\0' &&
        X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
        error_set(&trust->warning,
                  AT "the certificate has expired: clients that it speaks "
                     "for are refused",
                  AT_ARG(spot));
    return true;
}

/* ---- the bundle -------------------------------------------------------------- */

bool trust_read_certificates(struct tls_trust *trust,
                             const struct trust_file *bundle,
                             struct error *error)
{
    struct str rest = bundle->bytes;
    unsigned line = 0;
    struct trust_block block;
    int more;

    while ((more = trust_next_block(bundle, &rest, &line, &block, error)) > 0) {
        struct spot spot = {bundle->name, block.line};
        X509 *x;

        if (!check_label(&spot, block.label, error))
            return false;
        x = decode(&spot, &block, error);
        if (x == NULL || !take(trust, &spot, x, error))
            return false;
    }
    if (more < 0)
        return false;
    if (sk_X509_num(trust->certificates) == 0)
        return error_set(error,
                         STR_FMT ": there is no certificate in it: a trust "
                                 "store has at least one, as PEM "
                                 "(-----BEGIN CERTIFICATE-----)",
                         STR_ARG(bundle->name));
    return true;
}

/* ---- life ---------------------------------------------------------------------- */

static bool read_lists(struct tls_trust *trust, unsigned n,
                       const struct trust_file *files, struct error *error)
{
    for (unsigned i = 0; i < n; i++) {
        if (!trust_read_list(trust, &files[i], error))
            return false;
    }
    return true;
}

struct tls_trust *tls_trust_new(const struct trust_file *bundle,
                                unsigned nlists, const struct trust_file *lists,
                                struct error *error)
{
    struct tls_trust *trust = memory_zeroed(1, sizeof(*trust));

    atomic_init(&trust->refs, 1);
    trust->certificates = sk_X509_new_null();
    trust->names = sk_X509_NAME_new_null();
    if (trust->certificates == NULL || trust->names == NULL)
        error_set(error, STR_FMT ": there is no memory", STR_ARG(bundle->name));
    else if (trust_read_certificates(trust, bundle, error) &&
             read_lists(trust, nlists, lists, error))
        return trust;
    tls_trust_release(trust);
    return NULL;
}

bool tls_trust_count(const struct trust_file *list, unsigned *entries,
                     struct error *error)
{
    struct tls_trust *alone = memory_zeroed(1, sizeof(*alone));
    bool ok;

    atomic_init(&alone->refs, 1);
    ok = trust_read_list(alone, list, error);
    *entries = alone->full ? TRUST_ENTRIES_MAX + 1 : alone->nentries;
    tls_trust_release(alone);
    return ok;
}

struct tls_trust *tls_trust_hold(struct tls_trust *trust)
{
    atomic_fetch_add_explicit(&trust->refs, 1, memory_order_relaxed);
    return trust;
}

void tls_trust_release(struct tls_trust *trust)
{
    if (trust == NULL ||
        atomic_fetch_sub_explicit(&trust->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < trust->nlists; i++)
        X509_CRL_free(trust->lists[i].crl);
    free(trust->lists);
    sk_X509_pop_free(trust->certificates, X509_free);
    sk_X509_NAME_pop_free(trust->names, X509_NAME_free);
    free(trust);
}

const char *tls_trust_warning(const struct tls_trust *trust)
{
    return trust->warning.text;
}

unsigned tls_trust_certificates(const struct tls_trust *trust)
{
    return (unsigned)sk_X509_num(trust->certificates);
}

unsigned tls_trust_entries(const struct tls_trust *trust)
{
    return trust->nentries;
}

STACK_OF(X509_NAME) * tls_trust_names(const struct tls_trust *trust)
{
    return trust->names;
}
