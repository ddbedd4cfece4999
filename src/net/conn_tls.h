/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS on a connection (RFC 8446, RFC 5246).
 *
 * After conn_accept_tls() or conn_connect_tls() a connection first shakes
 * hands; ops->on_connected tells how that ended, and from then on conn_read(),
 * conn_send() and the others work on plaintext.  Nobody is told anything else
 * meanwhile but on_timeout: the deadline is the caller's.
 *
 * OpenSSL never sees a socket.  Ciphertext is read by one recv() into a buffer
 * that the thread's connections share, whole records only are handed on, and
 * what OpenSSL writes gathers in another shared buffer that leaves by one
 * send().  So an idle connection holds no buffer, here or in OpenSSL; part of
 * a record waits in a chunk of the loop's pool, and what a socket does not
 * take is queued as ciphertext.
 *
 * The end of the stream without a close_notify reads as the end: HTTP's framing
 * says whether something is missing.  Renegotiation is refused; KeyUpdates and
 * handshakes have a budget.
 */
#ifndef SLUICE_NET_CONN_TLS_H
#define SLUICE_NET_CONN_TLS_H

#include "net/conn.h"
#include "net/tls_context.h"

struct conn_tls;

/* After conn_init(): the client is expected to begin.  False without memory:
 * the connection is still plain then. */
bool conn_accept_tls(struct conn *conn, struct tls_context *context);

/* Where the name that a client asks for decides about the context. */
struct tls_chooser {
    /* NULL: the context that the connection has. */
    struct tls_context *(*choose)(void *owner, struct str name);
    void *owner;
};

/* Right after conn_accept_tls(); the chooser must live as long as the
 * connection. */
void conn_tls_choose_by(struct conn *conn, const struct tls_chooser *chooser);

/* conn_connect(), and then a handshake.  server_name: what SNI says and, when
 * the context validates, what the certificate must be for (a name or an
 * address); n == 0: neither. */
int conn_connect_tls(struct conn *conn, struct loop *loop,
                     const struct address *address,
                     const struct address *source, const struct conn_ops *ops,
                     struct tls_context *context, struct str server_name);

/* Right after conn_connect_tls(): resumes *session if it is one, and keeps
 * there what the peer gives for the next connection (the one before is freed).
 * `session` must stay until the connection is closed, or until this is called
 * with NULL.  For connections of one context to one peer. */
struct tls_session;
void conn_tls_session(struct conn *conn, struct tls_session **session);

/* NULL: nothing. */
void tls_session_free(struct tls_session *session);

/* NULL when the connection is plain.  Good until on_free. */
static inline const struct conn_tls *conn_tls(const struct conn *conn)
{
    return conn->tls;
}

/* ---- why a handshake failed ---------------------------------------------- */

enum tls_fault {
    TLS_FAULT_NONE,
    TLS_FAULT_CLOSED,   /* the peer closed, or never spoke */
    TLS_FAULT_HTTP,     /* plain HTTP came instead of TLS */
    TLS_FAULT_PROTOCOL, /* no common version, cipher, or nonsense */
    TLS_FAULT_VERIFY,   /* the peer's certificate is not accepted */
    TLS_FAULT_REJECTED, /* the peer says it does not accept ours: an alert */
    TLS_FAULT_MEMORY,
};

struct tls_failure {
    enum tls_fault fault;
    const char *why; /* a few words, static */
};

/* Good from on_connected with an error on. */
struct tls_failure conn_tls_failure(const struct conn *conn);

/* Makes a plain connection of one whose handshake failed with TLS_FAULT_HTTP,
 * so that it can be answered. */
void conn_tls_give_up(struct conn *conn);

/* ---- what was agreed on -------------------------------------------------- */

/* Whether the handshake ended well. */
bool conn_tls_done(const struct conn_tls *tls);

enum tls_alpn {
    TLS_ALPN_NONE,
    TLS_ALPN_HTTP_1,
    TLS_ALPN_HTTP_2,
};

/* Static texts in OpenSSL's words: "TLSv1.3", "TLS_AES_128_GCM_SHA256",
 * "x25519"; "" where there is none. */
struct str conn_tls_version(const struct conn_tls *tls);
struct str conn_tls_cipher(const struct conn_tls *tls);
struct str conn_tls_key_exchange(const struct conn_tls *tls);

enum tls_alpn conn_tls_alpn(const struct conn_tls *tls);

/* Fingerprints of the client's ClientHello (net/tls_fingerprint.h); n == 0: not
 * known.  As good as the connection. */
struct str conn_tls_ja3(const struct conn_tls *tls);
struct str conn_tls_ja4(const struct conn_tls *tls);

/* The name that the client asked for; n == 0: none.  As good as the
 * connection. */
struct str conn_tls_server_name(const struct conn_tls *tls);

/* ARN of the certificate that was shown; n == 0: of a client's connection.  As
 * good as the context. */
struct str conn_tls_certificate(const struct conn_tls *tls);

/* Whether that one was chosen for the name, rather than being the default. */
bool conn_tls_name_matched(const struct conn_tls *tls);

/* An earlier session was resumed: no certificate was shown. */
bool conn_tls_resumed(const struct conn_tls *tls);

/* From the begin of the connection (of a client: of the TCP one) to the end of
 * the handshake. */
uint32_t conn_tls_handshake_us(const struct conn_tls *tls);

/* What the context of a server's connection is bound to: its settings' id. */
struct str conn_tls_id(const struct conn_tls *tls);

/* Whether what the client went through for this connection stands for another
 * context as well: the same listener's, or one of the same policy where
 * neither asks for certificates. */
bool conn_tls_stands_for(const struct conn_tls *tls,
                         const struct tls_context *other);

/* ---- mutual TLS ---------------------------------------------------------- */

struct client_certificate; /* crypto/client_certificate.h */

/* What the server's context asks of clients. */
enum tls_client_auth conn_tls_client_auth(const struct conn_tls *tls);

/* What the client showed, also where it was refused for it; NULL: nothing.  As
 * good as the connection. */
const struct client_certificate *
conn_tls_client_certificate(const struct conn_tls *tls);

/* Why a client's handshake failed, in the words of ALB's connection log
 * ("ClientCertExpired"); while it has not ended well there is always one. */
const char *conn_tls_code(const struct conn_tls *tls);

#endif
