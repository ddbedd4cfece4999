/* SPDX-License-Identifier: Apache-2.0
 *
 * What targets and the connection log are told of a client's certificate
 * (alb.md 5.7, 7.4): texts made of X.509 (RFC 5280) once for each connection.
 *
 * The certificate is an attacker's.  Every text is printable ASCII whatever
 * stands in it, so that none can end a header line or a line of a log, and is
 * whole or not there: one that is too large is refused, never cut.
 */
#ifndef SLUICE_CRYPTO_CLIENT_CERTIFICATE_H
#define SLUICE_CRYPTO_CLIENT_CERTIFICATE_H

#include "base/str.h"

struct x509_st;
struct stack_st_X509;

/* Bytes of all texts of one certificate.  What a head to a target must have
 * room for. */
enum { CLIENT_CERTIFICATE_MAX = 32 * 1024 };

/* n == 0: what stood there cannot be read, or is empty. */
struct client_certificate {
    struct str serial_number; /* "03A5B1": hex digits, two for each byte */
    struct str issuer;        /* distinguished names as RFC 2253 has them */
    struct str subject;
    struct str validity; /* "NotBefore=2023-09-21T01:50:17Z;NotAfter=..." */
    /* PEM as in a URL: SP is %20, LF is %0A, "+", "=" and "/" stay. */
    struct str pem;
    bool legible; /* none of the above was unreadable */
};

/* The texts of `leaf`, in one block of memory.  pem has the certificates of
 * `chain` in their order, or the leaf alone where that is NULL.  NULL when
 * they are too large, or without memory. */
struct client_certificate *
client_certificate_new(const struct x509_st *leaf,
                       const struct stack_st_X509 *chain);
void client_certificate_free(struct client_certificate *certificate);

#endif
