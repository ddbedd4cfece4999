/* SPDX-License-Identifier: Apache-2.0
 *
 * What many TLS connections have in common: certificates, protocol versions,
 * cipher suites, what is asked of the other side.
 *
 * A context never changes once it is made; it is counted, and threads may
 * share it.  A connection holds the one that it began with.
 */
#ifndef SLUICE_NET_TLS_CONTEXT_H
#define SLUICE_NET_TLS_CONTEXT_H

#include "base/error.h"
#include "base/str.h"
#include "crypto/ssl_policy.h"

struct tls_context;
struct tls_trust; /* a trust store that was read */

/* Texts are copied. */
struct tls_certificate {
    struct str arn;   /* what the access log calls it */
    struct str chain; /* PEM: the certificate, then those that vouch for it */
    struct str key;   /* PEM */
};

/* What is asked of clients (alb.md 5.7). */
enum tls_client_auth {
    TLS_AUTH_NONE,
    TLS_AUTH_PASSTHROUGH, /* a certificate, which the target looks at */
    TLS_AUTH_VERIFY,      /* one that the trust store vouches for */
};

struct tls_server_settings {
    const struct ssl_policy *policy; /* NULL: what the library does */
    bool http2;                      /* offer it */
    unsigned ncertificates;          /* at least 1 */
    const struct tls_certificate *certificates; /* [0]: the default */
    enum tls_client_auth mutual;
    struct tls_trust *trust; /* TLS_AUTH_VERIFY */
    bool ignore_expiry;
    bool advertise_names;
    struct str id; /* what sessions are bound to: the listener's ARN */
};

struct tls_client_settings {
    const struct ssl_policy *policy; /* NULL: what the library does */
    bool http2;                      /* offer it */
    bool validate;          /* else any certificate will do, as with ALB */
    struct str authorities; /* PEM; n == 0: those that the system trusts */
};

/* NULL, and an error that says which certificate and why. */
struct tls_context *tls_context_server(const struct tls_server_settings *,
                                       struct error *error);
struct tls_context *tls_context_client(const struct tls_client_settings *,
                                       struct error *error);

/* One holder more; returns the context.  NULL: NULL. */
struct tls_context *tls_context_hold(struct tls_context *context);

/* One less; with the last one it is freed.  NULL: nothing. */
void tls_context_release(struct tls_context *context);

#endif
