/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate authority of one's own, for development: a self-signed
 * certificate on P-256 that lives for ten years, and the certificates for
 * servers that it issues (RFC 5280).  What trusts the authority trusts them.
 *
 * An authority never changes; threads may share it.
 */
#ifndef SLUICE_CRYPTO_AUTHORITY_H
#define SLUICE_CRYPTO_AUTHORITY_H

#include "base/error.h"
#include "base/str.h"

enum {
    AUTHORITY_PEM = 4096, /* room for a certificate or a key in PEM */
    AUTHORITY_CHAIN_PEM = 16 * 1024,
    AUTHORITY_LEAF_DAYS = 90,
    AUTHORITY_RENEW_DAYS = 30, /* a leaf with fewer days left is to be issued
                                  anew */
};

/* PEM, with a NUL behind it. */
struct authority_pair {
    char certificate[AUTHORITY_CHAIN_PEM];
    char key[AUTHORITY_PEM];
};

struct authority;

/* A new one; `now` in seconds since 1970.  NULL with an error. */
struct authority *authority_new(int64_t now, struct error *error);

/* The one that authority_pem() gave.  NULL with an error when the two are no
 * authority's, or do not belong together. */
struct authority *authority_read(struct str certificate, struct str key,
                                 struct error *error);

/* NULL: nothing. */
void authority_free(struct authority *authority);

/* Its own certificate and key. */
bool authority_pem(const struct authority *authority,
                   struct authority_pair *pair);

/* When its certificate ends, in seconds since 1970. */
int64_t authority_not_after(const struct authority *authority);

/* A certificate for these names (DNS names, of which the first label may be
 * `*`, and IP addresses; at least one) and its key, on P-256, good from a day
 * ago for AUTHORITY_LEAF_DAYS.  False with an error. */
bool authority_issue(const struct authority *authority, const struct str *names,
                     unsigned n, int64_t now, struct authority_pair *pair,
                     struct error *error);

#endif
