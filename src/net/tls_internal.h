/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of TLS, shared by contexts (tls_context.c), connections
 * (conn_tls.c) and what the plain connection leaves to them (conn.c).
 */
#ifndef SLUICE_NET_TLS_INTERNAL_H
#define SLUICE_NET_TLS_INTERNAL_H

#include <stdatomic.h>

#include <openssl/ssl.h>

#include "base/slab.h"
#include "net/conn_tls.h"
#include "net/tls_client_auth.h"
#include "net/tls_fingerprint.h"
#include "net/tls_pairs.h"

/* ---- contexts ------------------------------------------------------------ */

struct tls_context {
    atomic_uint holders;
    SSL_CTX *ssl; /* with the default certificate */
    bool server;
    bool http2;
    bool validate;                   /* a client's */
    bool tickets;                    /* a server's: sessions may be resumed */
    struct tls_pairs pairs;          /* a server's */
    struct tls_client_terms terms;   /* a server's: what clients must show */
    const struct ssl_policy *policy; /* NULL: what the library does */
    char *id;                        /* a server's: of its settings */
};

/* For PEM: nobody is there to be asked. */
int tls_no_password(char *p, int n, int writing, void *owner);

/* Counts what a peer sends after the handshake: of every context. */
void tls_on_info(const SSL *ssl, int where, int value);

/* ---- connections --------------------------------------------------------- */

struct conn_tls {
    SSL *ssl; /* NULL: a server's, before the first record came */
    struct conn *conn;
    struct tls_context *context;
    const struct tls_chooser *chooser; /* until it has chosen; NULL: nobody */
    struct chunk *in; /* ciphertext that came and is not used: part of a
                         record, or what nobody wanted to read yet */
    const char *why;  /* a fault's */
    const char *code; /* the same in ALB's words; NULL: none was found */
    struct client_certificate *client; /* of mutual TLS; NULL: none came */
    const struct tls_pair *pair;  /* shown to a client; NULL: the default */
    struct tls_session **session; /* gets what the peer gives; NULL: nobody */
    struct tls_fingerprint fingerprint; /* a client's of ours */
    uint64_t began_us;
    uint64_t window_us; /* when the budget of KeyUpdates began */
    uint32_t handshake_us;
    uint32_t handshake_bytes; /* that came before it ended */
    uint16_t updates;         /* KeyUpdates in this window */
    uint8_t fault;            /* enum tls_fault */
    bool server : 1;
    bool done : 1;       /* the handshake ended well */
    bool ticket_due : 1; /* leaves with what is sent first */
    bool notified : 1;   /* our close_notify was written */
    bool dead : 1;       /* a fatal error: OpenSSL is asked no more */
    bool name_matched : 1;
};

/* Seals and opens the tickets of a server's context. */
int tls_on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seals);

/* ---- what the connections of a loop share ---------------------------------- */

enum { TLS_RECORD_DATA = 16384 }; /* plaintext in one record at most */

/* What the TLS connections of a loop share.  `in` and `out` are a connection's
 * while one of its calls into OpenSSL lasts. */
struct tls_gear {
    BIO *bio;
    struct conn_tls *now;
    char *in;
    size_t begin;   /* of what OpenSSL has not read */
    size_t visible; /* end of the last whole record */
    size_t end;
    char *out;
    size_t out_n;
    struct slab slab;
};

/* The loop's; NULL without memory. */
struct tls_gear *tls_gear_of(struct loop *loop);
void tls_gear_free(struct tls_gear *gear); /* NULL: nothing */

/* The gear is the connection's until tls_gear_leave(); what it kept of
 * ciphertext is in `in`. */
struct tls_gear *tls_gear_enter(struct conn_tls *tls);
void tls_gear_leave(struct tls_gear *gear);

/* One recv() of about what makes `want` bytes of plaintext.  CONN_DATA: there
 * is something more in `in`; `*drained`: and nothing in the socket. */
enum conn_read tls_gear_fill(struct tls_gear *gear, size_t want, bool *drained);

/* Sends what OpenSSL wrote. */
void tls_gear_flush(struct tls_gear *gear);

/* Of a client's context. */
int tls_on_session(SSL *ssl, SSL_SESSION *session);

/* ---- for conn.c ---------------------------------------------------------- */

/* receive() and conn_send2() of a TLS connection. */
enum conn_read conn_tls_receive(struct conn *conn, char *p, size_t max,
                                size_t *got);
bool conn_tls_send(struct conn *conn, const char *p1, size_t n1, const char *p2,
                   size_t n2);

/* Goes on with the handshake: something came, or TCP is connected. */
void conn_tls_step(struct conn *conn);

/* The connection broke inside the handshake. */
void conn_tls_broken(struct conn *conn);

/* conn_quiet() and conn_unread(), as far as what came already goes. */
bool conn_tls_quiet(struct conn *conn);
bool conn_tls_pending(const struct conn *conn);

/* Our side ends: close_notify, once. */
void conn_tls_notify(struct conn *conn);

void conn_tls_free(struct conn *conn);

/* ---- of conn.c ----------------------------------------------------------- */

/* Sends bytes as they are, or queues them. */
bool conn_send_raw(struct conn *conn, const char *p, size_t n);

/* Takes back conn_connect(): nobody is told. */
void conn_forget(struct conn *conn);

#endif
