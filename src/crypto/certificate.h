/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a certificate and a key can be served: PEM texts as files have them
 * (RFC 7468), of the kinds that ALB takes (alb.md 5.6: RSA of 2048, 3072 and
 * 4096 bits, ECDSA on P-256, P-384 and P-521; no Ed25519).
 */
#ifndef SLUICE_CRYPTO_CERTIFICATE_H
#define SLUICE_CRYPTO_CERTIFICATE_H

#include "base/error.h"
#include "base/text.h"

enum { CERTIFICATE_HEX = 64, CERTIFICATE_NAMES = 256 };

/* What a certificate says. */
struct certificate_facts {
    int64_t not_before; /* seconds since 1970 */
    int64_t not_after;
    unsigned chain; /* certificates in the text, itself included */
    char kind[16];  /* "RSA 2048", "ECDSA P-256" */
    char names[CERTIFICATE_NAMES]; /* with ", " between, cut with "..." */
    char fingerprint[CERTIFICATE_HEX + 1]; /* SHA-256 in lower-case hex */
};

/* A text, and what errors call it. */
struct certificate_text {
    struct str text;
    const char *where;
};

/* Reads both.  False with an error that says which of them is wrong, why, and
 * how to mend it: no PEM, no certificate or key, a key with a password, a kind
 * that ALB does not take, a key of another certificate, a chain out of order.
 * Dates are not judged. */
bool certificate_check(const struct certificate_text *chain,
                       const struct certificate_text *key,
                       struct certificate_facts *facts, struct error *error);

/* Of the first certificate of a text alone. */
bool certificate_read(const struct certificate_text *chain,
                      struct certificate_facts *facts, struct error *error);

/* "2027-02-21" and "2027-02-21T12:05:02Z", UTC. */
void certificate_put_date(struct text *t, int64_t seconds);
void certificate_put_time(struct text *t, int64_t seconds);

#endif
