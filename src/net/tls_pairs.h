/* SPDX-License-Identifier: Apache-2.0
 *
 * The certificates of a listener, each with its key, and which of them a
 * client is shown (alb.md 5.6).
 *
 * Of those whose names cover what the client asks for, and which it can
 * verify: ECDSA before RSA, then the stronger hash, the longer key, the later
 * end.  Without such a one, or without a name: the default.
 */
#ifndef SLUICE_NET_TLS_PAIRS_H
#define SLUICE_NET_TLS_PAIRS_H

#include <openssl/x509.h>

#include "net/tls_context.h"

/* Kinds of keys that a client may or may not be able to verify. */
enum tls_kind {
    TLS_RSA = 1,
    TLS_P256 = 2,
    TLS_P384 = 4,
    TLS_P521 = 8,
    TLS_OTHER = 16,
    TLS_ANY = 31,
};

struct tls_pair {
    struct str arn;
    X509 *leaf;
    STACK_OF(X509) * chain; /* without the leaf; may be empty */
    EVP_PKEY *key;
    uint8_t kind;       /* enum tls_kind */
    uint16_t hash_bits; /* security of the hash that signed it */
    uint16_t key_bits;
    int64_t not_after; /* seconds since 1970 */
    unsigned rank;     /* 0: shown rather than any other */
};

struct tls_name {
    struct str name; /* in lower case; "*.example.com" */
    const struct tls_pair *pair;
};

struct tls_pairs {
    unsigned n;
    struct tls_pair *v; /* [0]: the default */
    unsigned nnames;
    struct tls_name *names; /* sorted by name, then by rank */
};

/* Reads all of them.  False with an error that names the certificate; what
 * was read is freed by tls_pairs_end() all the same. */
bool tls_pairs_read(struct tls_pairs *pairs, const struct tls_certificate *v,
                    unsigned n, struct error *error);
void tls_pairs_end(struct tls_pairs *pairs);

/* The pair for a name that a client asks for, out of the kinds (enum tls_kind)
 * that it can verify; NULL: none, so the default. */
const struct tls_pair *tls_pairs_find(const struct tls_pairs *pairs,
                                      struct str name, unsigned kinds);

#endif
