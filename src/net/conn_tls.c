/* SPDX-License-Identifier: Apache-2.0 */
#include "net/conn_tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/slab.h"
#include "crypto/client_certificate.h"
#include "net/tls_internal.h"

enum {
    RECORD_HEADER = 5,
    RECORD_DATA = 16384,             /* plaintext in one record at most */
    RECORD_MAX = RECORD_DATA + 2048, /* ciphertext: TLS 1.2 */
    RECORD_ROOM = 64,                /* header and tag, and to spare */
    IN_MAX =
        LOOP_READ + 4 * RECORD_MAX, /* what is read, behind what was kept */
    OUT_MAX = LOOP_READ + 2 * RECORD_MAX,
    /* A handshake brings a few kilobytes; a client's certificates more. */
    HANDSHAKE_MAX = 192 * 1024,
    /* Messages after the handshake (KeyUpdates, tickets, refused
     * renegotiations) that a peer may send in ten seconds. */
    UPDATES_MAX = 64,
    UPDATES_WINDOW_US = 10 * 1000000,
};

/* ---- faults -------------------------------------------------------------- */

static enum tls_fault fault_of(unsigned long error)
{
    int reason = ERR_GET_REASON(error);

    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return TLS_FAULT_PROTOCOL;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED ||
        reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        return TLS_FAULT_VERIFY;
    return reason > SSL_AD_REASON_OFFSET ? TLS_FAULT_REJECTED
                                         : TLS_FAULT_PROTOCOL;
}

static void set_fault(struct conn_tls *t, enum tls_fault fault, const char *why)
{
    t->dead = true;
    if (t->fault != TLS_FAULT_NONE)
        return;
    t->fault = (uint8_t)fault;
    t->why = why;
}

/* For people who do not know OpenSSL: a target that speaks HTTP. */
static const char *words_of(const struct conn_tls *t, unsigned long error)
{
    if (!t->server && !t->done &&
        ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER)
        return "it does not speak TLS, but perhaps plain HTTP (wrong version "
               "number)";
    return error ? ERR_reason_error_string(error) : NULL;
}

/* OpenSSL gave up: why, and its queue of errors is empty again. */
static void take_fault(struct conn_tls *t)
{
    unsigned long error = ERR_peek_error();
    const char *why = tls_client_auth_words(t->ssl);

    if (why == NULL)
        why = words_of(t, error);
    if (t->code == NULL && t->server)
        t->code = tls_client_auth_code(t->ssl, error);
    set_fault(t, fault_of(error), why ? why : "TLS failed");
    ERR_clear_error();
}

/* A peer's message after the handshake, or an alert that we send. */
static void count_update(struct conn_tls *t)
{
    uint64_t now = t->conn->loop->now_us;

    if (now - t->window_us > UPDATES_WINDOW_US) {
        t->window_us = now;
        t->updates = 0;
    }
    if (++t->updates > UPDATES_MAX)
        set_fault(t, TLS_FAULT_PROTOCOL,
                  "too many messages after the handshake");
}

void tls_on_info(const SSL *ssl, int where, int value)
{
    struct conn_tls *t = SSL_get_app_data(ssl);

    (void)value;
    if (t->done && (where & (SSL_CB_LOOP | SSL_CB_WRITE)))
        count_update(t);
}

/* ---- the begin ----------------------------------------------------------- */

static bool set_up(struct conn *conn, struct tls_context *context, bool server)
{
    struct tls_gear *g = tls_gear_of(conn->loop);
    struct conn_tls *t = g ? slab_take(&g->slab) : NULL;

    if (t == NULL)
        return false;
    *t = (struct conn_tls){
        .conn = conn,
        .context = tls_context_hold(context),
        .began_us = conn->loop->now_us,
        .server = server,
    };
    conn->tls = t;
    conn->shaking = true;
    return true;
}

/* OpenSSL's object: for a server only when a record came, for it is large. */
static bool make_ssl(struct conn_tls *t)
{
    struct tls_gear *g = t->conn->loop->tls;

    if (t->ssl)
        return true;
    t->ssl = SSL_new(t->context->ssl);
    if (t->ssl == NULL) {
        ERR_clear_error();
        set_fault(t, TLS_FAULT_MEMORY, "out of memory");
        return false;
    }
    SSL_set_app_data(t->ssl, t);
    BIO_up_ref(g->bio);
    SSL_set_bio(t->ssl, g->bio, g->bio); /* takes one for both */
    if (t->server)
        SSL_set_accept_state(t->ssl);
    else
        SSL_set_connect_state(t->ssl);
    return true;
}

bool conn_accept_tls(struct conn *conn, struct tls_context *context)
{
    return set_up(conn, context, true);
}

void conn_tls_choose_by(struct conn *conn, const struct tls_chooser *chooser)
{
    conn->tls->chooser = chooser;
}

/* Whom we ask for, and whom the certificate must be for. */
static bool set_name(struct conn_tls *t, struct str name)
{
    struct address address;
    char text[256];

    if (name.n == 0)
        return true;
    if (name.n >= sizeof(text))
        return false;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    if (!address_parse_ip(name, &address) &&
        SSL_set_tlsext_host_name(t->ssl, text) != 1)
        return false;
    return !t->context->validate || SSL_set1_host(t->ssl, text) == 1;
}

int conn_connect_tls(struct conn *conn, struct loop *loop,
                     const struct address *address,
                     const struct address *source, const struct conn_ops *ops,
                     struct tls_context *context, struct str server_name)
{
    int error = conn_connect(conn, loop, address, source, ops);

    if (error)
        return error;
    if (!set_up(conn, context, false) || !make_ssl(conn->tls) ||
        !set_name(conn->tls, server_name)) {
        ERR_clear_error();
        conn_forget(conn);
        return ENOMEM;
    }
    return 0;
}

void conn_tls_free(struct conn *conn)
{
    struct conn_tls *t = conn->tls;
    struct loop *loop = conn->loop;

    conn->tls = NULL;
    SSL_free(t->ssl);
    client_certificate_free(t->client);
    if (t->in)
        chunk_give(&loop->chunks, t->in);
    tls_context_release(t->context);
    slab_give(&loop->tls->slab, t);
}

/* ---- the handshake ------------------------------------------------------- */

static void shaken(struct conn_tls *t, int error)
{
    struct conn *conn = t->conn;

    conn->shaking = false;
    if (error == 0) {
        t->done = true;
        t->ticket_due = t->server && t->context->tickets &&
                        conn->loop->tickets &&
                        SSL_version(t->ssl) >= TLS1_3_VERSION;
    }
    t->handshake_us = (uint32_t)(conn->loop->now_us - t->began_us);
    conn->ops->on_connected(conn, error);
    if (!conn->closed)
        conn_again(conn);
}

void conn_tls_broken(struct conn *conn)
{
    set_fault(conn->tls, TLS_FAULT_CLOSED, "the connection was reset");
    shaken(conn->tls, ECONNRESET);
}

/* A request without TLS: its method begins with a capital letter. */
static bool is_http(const struct tls_gear *g)
{
    return g->end > g->begin && g->in[g->begin] >= 'A' &&
           g->in[g->begin] <= 'Z';
}

/* The name that the client asks for may call for another context than the one
 * it has. */
static void choose(struct conn_tls *t, struct str name)
{
    struct tls_context *chosen =
        name.n ? t->chooser->choose(t->chooser->owner, name) : NULL;

    t->chooser = NULL;
    if (chosen && chosen != t->context) {
        tls_context_hold(chosen);
        tls_context_release(t->context);
        t->context = chosen;
    }
}

/* Looks at the ClientHello before OpenSSL does.  False: it is not whole yet. */
static bool meet(struct conn_tls *t, const struct tls_gear *g)
{
    char room[TLS_HELLO_MAX];
    struct str records = str_make(g->in + g->begin, g->visible - g->begin);
    struct client_hello hello;

    switch (tls_hello_read(records, room, &hello)) {
    case TLS_HELLO_PART:
        return false;
    case TLS_HELLO_WHOLE:
        tls_fingerprint(&hello, &t->fingerprint);
        if (t->chooser)
            choose(t, tls_hello_name(&hello));
        break;
    case TLS_HELLO_OTHER:
        t->chooser = NULL;
        break;
    }
    return true;
}

/* Goes on as far as what came allows.  True when the handshake is over. */
static bool shake(struct tls_gear *g)
{
    struct conn_tls *t = g->now;
    int result;

    if (t->server && t->ssl == NULL) {
        if (is_http(g)) {
            set_fault(t, TLS_FAULT_HTTP, "plain HTTP came instead of TLS");
            return true;
        }
        if (g->visible == g->begin || !meet(t, g))
            return false;
    }
    if (!make_ssl(t))
        return true;
    ERR_clear_error();
    result = SSL_do_handshake(t->ssl);
    if (result == 1)
        return true;
    if (SSL_get_error(t->ssl, result) == SSL_ERROR_WANT_READ)
        return false;
    take_fault(t);
    return true;
}

/* Reads and goes on until it is over or nothing more is there. */
static bool shake_all(struct tls_gear *g)
{
    struct conn_tls *t = g->now;
    struct conn *conn = t->conn;
    bool over = !t->server || g->visible > g->begin ? shake(g) : false;

    while (!over && conn->readable) {
        size_t before = g->end - g->begin;
        bool drained;
        enum conn_read how = tls_gear_fill(g, TLS_RECORD_DATA, &drained);

        conn->drained = drained;
        conn->readable = !drained;
        if (how == CONN_AGAIN)
            break;
        if (how != CONN_DATA) {
            set_fault(t, TLS_FAULT_CLOSED,
                      how == CONN_EOF ? "the peer closed in the handshake"
                                      : "the connection was reset");
            return true;
        }
        t->handshake_bytes += (uint32_t)(g->end - g->begin - before);
        over = shake(g);
        if (!over && t->handshake_bytes > HANDSHAKE_MAX) {
            set_fault(t, TLS_FAULT_PROTOCOL, "the handshake is too long");
            return true;
        }
    }
    return over;
}

void conn_tls_step(struct conn *conn)
{
    struct conn_tls *t = conn->tls;
    struct tls_gear *g = tls_gear_enter(t);
    bool over = shake_all(g);

    tls_gear_leave(g);
    if (t->dead) {
        set_fault(t, TLS_FAULT_MEMORY, "out of memory");
        shaken(t, t->fault == TLS_FAULT_CLOSED ? ECONNRESET : EPROTO);
        return;
    }
    if (!over)
        return;
    if (t->in || SSL_has_pending(t->ssl))
        conn->readable = true; /* the first request came along */
    shaken(t, 0);
}

struct tls_failure conn_tls_failure(const struct conn *conn)
{
    const struct conn_tls *t = conn->tls;

    if (t == NULL || t->fault == TLS_FAULT_NONE)
        return (struct tls_failure){TLS_FAULT_NONE, ""};
    return (struct tls_failure){(enum tls_fault)t->fault, t->why};
}

void conn_tls_give_up(struct conn *conn)
{
    conn_tls_free(conn);
    conn->shaking = false;
}

/* ---- plaintext in -------------------------------------------------------- */

/* What there is was no more than part of what it takes.  Cheaper than
 * SSL_get_error(), which wants the queue of errors emptied first; but within a
 * handshake message a fault looks like this too. */
static bool wants_more(const SSL *ssl)
{
    return SSL_want(ssl) == SSL_READING &&
           (!SSL_in_init(ssl) || ERR_peek_error() == 0);
}

/* Decrypts what is there.  False when the connection cannot go on; the end of
 * the stream is in conn->eof. */
static bool decrypt(struct tls_gear *g, char *p, size_t max, size_t *got)
{
    struct conn_tls *t = g->now;
    size_t n = 0;

    while (*got < max && SSL_read_ex(t->ssl, p + *got, max - *got, &n) == 1)
        *got += n;
    if (t->dead)
        return false;
    if (*got == max || wants_more(t->ssl))
        return true;
    if (SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN) {
        t->conn->eof = true;
        g->begin = g->visible = g->end = 0;
        return true;
    }
    take_fault(t);
    return false;
}

/* What is said of a connection when its data has been read. */
static enum conn_read read_result(struct conn_tls *t, bool ok, size_t got)
{
    if (!ok)
        t->conn->readable = true; /* the fault is told by the next read */
    if (got)
        return CONN_DATA;
    if (!ok) {
        t->conn->readable = false;
        return CONN_BROKEN;
    }
    return t->conn->eof ? CONN_EOF : CONN_AGAIN;
}

enum conn_read conn_tls_receive(struct conn *conn, char *p, size_t max,
                                size_t *got)
{
    struct conn_tls *t = conn->tls;
    bool drained = conn->drained;
    bool ok = true;
    struct tls_gear *g;

    if (t->dead)
        return CONN_BROKEN;
    if (!conn->readable || conn->eof || max == 0) {
        if (conn->eof)
            conn->readable = false;
        return conn->eof ? CONN_EOF : CONN_AGAIN;
    }
    g = tls_gear_enter(t);
    if (g->visible > g->begin || SSL_has_pending(t->ssl))
        ok = decrypt(g, p, max, got);
    while (ok && *got == 0 && !conn->eof && !drained) {
        enum conn_read how = tls_gear_fill(g, max, &drained);

        if (how == CONN_EOF)
            conn->eof = true;
        ok = how != CONN_BROKEN;
        if (how == CONN_DATA)
            ok = decrypt(g, p, max, got);
    }
    conn->drained = drained;
    conn->readable = !drained || *got == max;
    if (conn->eof)
        g->begin = g->visible = g->end = 0;
    tls_gear_leave(g);
    return read_result(t, ok, *got);
}

bool conn_tls_quiet(struct conn *conn)
{
    struct conn_tls *t = conn->tls;
    struct tls_gear *g;
    bool drained = false;
    bool quiet = false;
    char byte;

    if (t->dead)
        return false;
    g = tls_gear_enter(t);
    if (tls_gear_fill(g, TLS_RECORD_DATA, &drained) <= CONN_AGAIN) {
        quiet = SSL_peek(t->ssl, &byte, 1) <= 0 && wants_more(t->ssl) &&
                g->begin == g->end;
        ERR_clear_error();
    }
    tls_gear_leave(g);
    if (quiet && drained)
        conn->readable = false;
    return quiet && !t->dead && drained;
}

bool conn_tls_pending(const struct conn *conn)
{
    const struct conn_tls *t = conn->tls;

    return t->in || (t->ssl && SSL_has_pending(t->ssl));
}

/* ---- plaintext out ------------------------------------------------------- */

static bool encrypt(struct conn_tls *t, const char *p, size_t n)
{
    size_t done;

    if (n == 0 || SSL_write_ex(t->ssl, p, n, &done) == 1)
        return true;
    take_fault(t);
    return false;
}

static void put_notify(struct conn_tls *t)
{
    t->notified = true;
    if (SSL_shutdown(t->ssl) < 0)
        ERR_clear_error();
}

/* Has a ticket leave with what is written next. */
static bool take_ticket(struct conn_tls *t)
{
    t->ticket_due = false;
    if (SSL_new_session_ticket(t->ssl) == 1)
        return true;
    ERR_clear_error();
    return false;
}

bool conn_tls_send(struct conn *conn, const char *p1, size_t n1, const char *p2,
                   size_t n2)
{
    struct conn_tls *t = conn->tls;
    struct tls_gear *g = conn->loop->tls;
    bool ticket;
    bool ok;

    if (conn->broken || conn->closed)
        return false;
    if (n1 + n2 == 0)
        return true;
    if (!t->done || t->dead || t->notified) {
        conn_break(conn);
        return false;
    }
    g->now = t;
    ticket = t->ticket_due && take_ticket(t);
    ok = encrypt(t, p1, n1) && encrypt(t, p2, n2);
    if (ticket)
        SSL_free_buffers(t->ssl); /* that of reading came with it */
    if (ok && conn->closing)
        put_notify(t);
    tls_gear_flush(g);
    g->now = NULL;
    if (!ok)
        conn_break(conn);
    return !conn->broken;
}

void conn_tls_notify(struct conn *conn)
{
    struct conn_tls *t = conn->tls;
    struct tls_gear *g = conn->loop->tls;

    if (!t->done || t->dead || t->notified || conn->broken)
        return;
    g->now = t;
    put_notify(t);
    tls_gear_flush(g);
    g->now = NULL;
}
