/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions of connections that we opened, to be resumed by the next one.
 */
#include "net/tls_internal.h"

struct tls_session;

static SSL_SESSION *inside(struct tls_session *session)
{
    return (SSL_SESSION *)(void *)session;
}

void tls_session_free(struct tls_session *session)
{
    SSL_SESSION_free(inside(session));
}

/* The peer gave a session: with TLS 1.3 some time after the handshake. */
int tls_on_session(SSL *ssl, SSL_SESSION *session)
{
    struct conn_tls *t = SSL_get_app_data(ssl);

    if (t == NULL || t->session == NULL)
        return 0;
    tls_session_free(*t->session);
    *t->session = (struct tls_session *)(void *)session;
    return 1; /* it is ours now */
}

void conn_tls_session(struct conn *conn, struct tls_session **session)
{
    struct conn_tls *t = conn->tls;

    if (t == NULL)
        return;
    t->session = session;
    if (session && *session && t->ssl && !t->done)
        SSL_set_session(t->ssl, inside(*session));
}
