/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates and revocation lists for unit tests, made in memory.  What
 * fails here ends the test.
 */
#ifndef TESTS_UNIT_CRYPTO_ISSUED_H
#define TESTS_UNIT_CRYPTO_ISSUED_H

#include <openssl/x509.h>

#include "base/str.h"

/* Days from now; 0 stands for -1 and 30. */
struct issue {
    const char *name;     /* CN */
    const char *key;      /* "P-256" where NULL; "RSA:BITS", "ED25519" ... */
    const char *digest;   /* "SHA256" where NULL */
    const char *purpose;  /* extendedKeyUsage; NULL: "clientAuth", of an
                             authority none */
    const char *usage;    /* keyUsage; NULL: none */
    const char *critical; /* an OID: a critical extension that nobody knows */
    int from, to;
    unsigned serial; /* 0: the next */
    bool authority;
    bool version1;
};

struct issued {
    X509 *x;
    EVP_PKEY *key;
};

/* `by` NULL: signed by itself. */
struct issued issue(const struct issue *what, const struct issued *by);
void issued_end(struct issued *issued);

/* A list by `by` of these serial numbers, 0 at the end; NULL: none. */
X509_CRL *issue_list(const struct issued *by, const unsigned *serials, int from,
                     int to);

/* PEM, NUL-terminated; free(). */
char *issued_pem(X509 *x);
char *issued_list_pem(X509_CRL *crl);
char *issued_key_pem(const EVP_PKEY *key);

#endif
