/* SPDX-License-Identifier: Apache-2.0
 *
 * The security policies that HTTPS listeners can have (alb.md 5.6; "Security
 * policies for your Application Load Balancer" in AWS's user guide): protocols
 * and ciphers in the order in which the server prefers them.
 *
 * The table says what AWS serves.  What the OpenSSL of this process cannot do
 * of it (it may be built without 3DES, or be older than ML-KEM) is left out
 * where the policy is put to use: ssl_policy_groups() gives the rest,
 * ssl_policy_lacks() says what is missing.
 */
#ifndef SLUICE_CRYPTO_SSL_POLICY_H
#define SLUICE_CRYPTO_SSL_POLICY_H

#include "base/str.h"
#include "base/text.h"

/* Everything lives for ever. */
struct ssl_policy {
    struct str name;     /* "ELBSecurityPolicy-..." */
    const char *ciphers; /* of TLS 1.2 and below, an OpenSSL list with colons;
                            NULL: none, the policy has only TLS 1.3 */
    const char *suites;  /* of TLS 1.3; NULL: it has no TLS 1.3 */
    const char *groups;  /* of key exchange, OpenSSL's names with colons; NULL:
                            whatever the library has */
    uint8_t min, max;    /* TLS 1.0 to 1.3: 10, 11, 12, 13 */
    uint8_t level;       /* OpenSSL's security level that all of it needs: TLS
                            1.0 and 1.1 sign with SHA-1, which is level 0 */
    bool fips, pq;
};

/* What a listener has that names none. */
extern const char ssl_policy_default[]; /* ELBSecurityPolicy-2016-08 */

/* NULL: AWS has no such policy either. */
const struct ssl_policy *ssl_policy_find(struct str name);

/* Policy i, from 0; NULL after the last. */
const struct ssl_policy *ssl_policy_at(unsigned i);

/* The nearest name to one that there is not; NULL: none is near. */
const char *ssl_policy_suggest(struct str name);

/* The groups of the policy that this OpenSSL has, in the policy's order, with
 * colons; nothing when the policy leaves them to the library. */
void ssl_policy_groups(const struct ssl_policy *policy, struct text *t);

/* What this OpenSSL lacks of the policy: names with commas between; nothing
 * when it has all. */
void ssl_policy_lacks(const struct ssl_policy *policy, struct text *t);

#endif
