/* SPDX-License-Identifier: Apache-2.0
 *
 * What a trust store is made of.  Private to crypto/trust_*.
 */
#ifndef SLUICE_CRYPTO_TRUST_INTERNAL_H
#define SLUICE_CRYPTO_TRUST_INTERNAL_H

#include <stdatomic.h>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "crypto/trust_store.h"

struct trust_list {
    X509_CRL *crl; /* its entries are sorted: looking one up changes nothing */
    /* By the key of an authority of that name in the bundle.  False: none has
     * the name, the signature is verified whenever the list is needed. */
    bool verified;
};

struct tls_trust {
    _Atomic unsigned refs;
    STACK_OF(X509) * certificates;
    STACK_OF(X509_NAME) * names;
    unsigned nlists;
    unsigned nentries;
    bool full; /* a list did not fit any more */
    struct trust_list *lists;
    struct error warning;
};

/* The certificates are there before: a list's issuer is looked for among
 * them. */
bool trust_read_certificates(struct tls_trust *trust,
                             const struct trust_file *bundle,
                             struct error *error);
bool trust_read_list(struct tls_trust *trust, const struct trust_file *file,
                     struct error *error);

/* X509_V_OK, or what the lists say against one of the chain, which was
 * verified and ends with a certificate of the trust store. */
int trust_check_lists(const struct tls_trust *trust,
                      const STACK_OF(X509) * chain);

/* A PEM block: from its first "-" to the LF behind its end. */
struct trust_block {
    struct str text;
    struct str label; /* "CERTIFICATE" */
    unsigned line;    /* of its begin, from 1 */
};

/* The next block of `rest`, which is at line `*line`: 1, and both are moved
 * behind it; 0 at the end; -1 with an error that names the file. */
int trust_next_block(const struct trust_file *file, struct str *rest,
                     unsigned *line, struct trust_block *block,
                     struct error *error);

/* The DER that stands in a block; NULL when that is none.  free with
 * OPENSSL_free(). */
unsigned char *trust_decode(const struct trust_block *block, long *n);

#endif
