/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server's context asks of its clients (alb.md 5.7): a certificate that
 * its trust store vouches for, or one that targets look at.  Private to
 * net/tls_*; what others ask of a connection is in net/conn_tls.h.
 */
#ifndef SLUICE_NET_TLS_CLIENT_AUTH_H
#define SLUICE_NET_TLS_CLIENT_AUTH_H

#include <openssl/ssl.h>

#include "net/tls_context.h"

/* Bytes of the certificates that a client may send: ALB's limit for a TLS
 * message. */
enum { TLS_CLIENT_CHAIN_MAX = 64 * 1024 };

/* Of a context; all zero: nothing is asked. */
struct tls_client_terms {
    enum tls_client_auth mode;
    struct tls_trust *trust; /* held */
    bool ignore_expiry;
};

/* Has handshakes of `ssl` ask for what the settings say.  `terms` must live as
 * long as it. */
bool tls_client_auth_set(struct tls_client_terms *terms, SSL_CTX *ssl,
                         const struct tls_server_settings *settings,
                         struct error *error);
void tls_client_auth_end(struct tls_client_terms *terms);

/* Why a handshake failed, in ALB's words; `queued` is the first error of
 * OpenSSL's queue. */
const char *tls_client_auth_code(const SSL *ssl, unsigned long queued);

/* The same for a person; NULL: not because of the certificate. */
const char *tls_client_auth_words(const SSL *ssl);

#endif
