/* SPDX-License-Identifier: Apache-2.0
 *
 * What a trust store holds: certificates of authorities that may issue
 * certificates of clients, and their lists of those that were revoked (RFC
 * 5280 §5), read as ALB reads its files (alb.md 1.3, 5.7).
 *
 * Never changed once it is made; any thread may verify with it at any time,
 * and no lock is taken.
 */
#ifndef SLUICE_CRYPTO_TRUST_STORE_H
#define SLUICE_CRYPTO_TRUST_STORE_H

#include "base/error.h"
#include "base/str.h"

enum {
    TRUST_CERTIFICATES_MAX = 25,
    TRUST_CERTIFICATE_BYTES_MAX = 16 * 1024,
    TRUST_SUBJECT_MAX = 10000, /* bytes of a subject, as RFC 2253 writes it */
    TRUST_LISTS_MAX = 30,
    TRUST_LIST_BYTES_MAX = 50 * 1024 * 1024, /* of one file */
    TRUST_ENTRIES_MAX = 500000,              /* of all lists */
    TRUST_DEPTH_MAX = 4, /* certificates that a client may send; authorities
                            above its own */
};

struct x509_store_ctx_st;
struct stack_st_X509_NAME;

/* A file: its bytes, and what messages call it. */
struct trust_file {
    struct str name;
    struct str bytes;
};

struct tls_trust;

/* The bundle is PEM: certificates and nothing else, each of an authority and
 * none of them twice; lines between them begin with "#" and have no "-".  A
 * list is DER, or PEM with one or more lists.  NULL with an error that says
 * what is wrong in which file, and how to mend it. */
struct tls_trust *tls_trust_new(const struct trust_file *bundle,
                                unsigned nlists, const struct trust_file *lists,
                                struct error *error);

/* How many certificates a list revokes, read by itself: who signed it is not
 * looked at.  False with an error as above; more than TRUST_ENTRIES_MAX when
 * it is that there are too many. */
bool tls_trust_count(const struct trust_file *list, unsigned *entries,
                     struct error *error);

struct tls_trust *tls_trust_hold(struct tls_trust *trust);
void tls_trust_release(struct tls_trust *trust); /* NULL: nothing */

/* What works now and soon may not ("the list ca.crl has been out of date
 * since ..."), for the log; "" when there is nothing. */
const char *tls_trust_warning(const struct tls_trust *trust);

unsigned tls_trust_certificates(const struct tls_trust *trust);
unsigned tls_trust_entries(const struct tls_trust *trust);

/* The subjects of the authorities: what AdvertiseTrustStoreCaNames sends. */
struct stack_st_X509_NAME *tls_trust_names(const struct tls_trust *trust);

/* Verifies the chain that `context` has been given as a certificate of a TLS
 * client.  Returns X509_V_OK, an X509_V_ERR_* or a VERIFY_* of
 * crypto/verify_code.h; sets it in the context as well. */
int tls_trust_verify(const struct tls_trust *trust, bool ignore_expiry,
                     struct x509_store_ctx_st *context);

#endif
