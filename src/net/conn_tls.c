/* SPDX-License-Identifier: Apache-2.0 */
#include "net/conn_tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/slab.h"
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

/* ---- the BIO ------------------------------------------------------------- */

static int bio_read(BIO *bio, char *p, int n)
{
    struct tls_gear *g = BIO_get_data(bio);
    size_t have = g->visible - g->begin;

    BIO_clear_retry_flags(bio);
    if (have == 0 || n <= 0 || g->now->dead) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (have > (size_t)n)
        have = (size_t)n;
    memcpy(p, g->in + g->begin, have);
    g->begin += have;
    return (int)have;
}

static void flush_out(struct tls_gear *g)
{
    size_t n = g->out_n;

    g->out_n = 0;
    if (n)
        conn_send_raw(g->now->conn, g->out, n);
}

/* Never refuses: a connection that is broken says so elsewhere. */
static int bio_write(BIO *bio, const char *p, int n)
{
    struct tls_gear *g = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (n <= 0)
        return 0;
    if ((size_t)n > OUT_MAX - g->out_n)
        flush_out(g);
    if ((size_t)n > OUT_MAX) {
        conn_send_raw(g->now->conn, p, (size_t)n);
        return n;
    }
    memcpy(g->out + g->out_n, p, (size_t)n);
    g->out_n += (size_t)n;
    return n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method;

static void make_bio_method(void)
{
    bio_method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
    if (bio_method) {
        BIO_meth_set_read(bio_method, bio_read);
        BIO_meth_set_write(bio_method, bio_write);
        BIO_meth_set_ctrl(bio_method, bio_ctrl);
    }
}

static BIO *new_bio(struct tls_gear *g)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BIO *bio;

    pthread_once(&once, make_bio_method);
    bio = bio_method ? BIO_new(bio_method) : NULL;
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, g);
    BIO_set_init(bio, 1);
    return bio;
}

/* ---- the loop's share ---------------------------------------------------- */

void tls_gear_free(struct tls_gear *g)
{
    if (g == NULL)
        return;
    BIO_free(g->bio);
    slab_end(&g->slab);
    free(g->in);
    free(g->out);
    free(g);
}

static struct tls_gear *gear_of(struct loop *loop)
{
    struct tls_gear *g;

    if (loop->tls)
        return loop->tls;
    g = calloc(1, sizeof(*g));
    if (g == NULL)
        return NULL;
    slab_init(&g->slab, sizeof(struct conn_tls));
    g->in = malloc(IN_MAX);
    g->out = malloc(OUT_MAX);
    g->bio = new_bio(g);
    if (g->in == NULL || g->out == NULL || g->bio == NULL) {
        tls_gear_free(g);
        return NULL;
    }
    loop->tls = g;
    return g;
}

/* ---- ciphertext ---------------------------------------------------------- */

/* Says how far whole records go.  What is no record is for OpenSSL to say. */
static void find_records(struct tls_gear *g)
{
    while (g->end - g->visible >= RECORD_HEADER) {
        const uint8_t *p = (const uint8_t *)g->in + g->visible;
        size_t n = (size_t)p[3] << 8 | p[4];

        if (p[0] < SSL3_RT_CHANGE_CIPHER_SPEC ||
            p[0] > SSL3_RT_APPLICATION_DATA || n > RECORD_MAX) {
            g->visible = g->end;
            return;
        }
        if (g->end - g->visible < RECORD_HEADER + n)
            return;
        g->visible += RECORD_HEADER + n;
    }
}

/* The gear is the connection's until leave(). */
static struct tls_gear *enter(struct conn_tls *t)
{
    struct loop *loop = t->conn->loop;
    struct tls_gear *g = loop->tls;

    g->now = t;
    g->begin = g->visible = g->end = 0;
    if (t->in) {
        g->end = chunk_len(t->in);
        memcpy(g->in, chunk_begin(t->in), g->end);
        chunk_give(&loop->chunks, t->in);
        t->in = NULL;
        find_records(g);
    }
    return g;
}

static void leave(struct tls_gear *g)
{
    struct conn_tls *t = g->now;
    size_t n = g->end - g->begin;

    if (n && !t->dead) {
        t->in = chunk_take(&t->conn->loop->chunks, n);
        if (t->in) {
            memcpy(t->in->data, g->in + g->begin, n);
            t->in->end = (uint32_t)n;
        } else {
            t->dead = true;
        }
    }
    flush_out(g);
    g->begin = g->visible = g->end = 0;
    g->now = NULL;
}

/* One recv() of about what makes `want` bytes of plaintext.  CONN_DATA: there
 * is something more in g->in; `*drained`: and nothing in the socket. */
static enum conn_read fill(struct tls_gear *g, size_t want, bool *drained)
{
    struct conn *conn = g->now->conn;
    size_t room;
    ssize_t n;

    if (g->begin == g->end)
        g->begin = g->visible = g->end = 0;
    room = IN_MAX - g->end;
    if (want < RECORD_DATA)
        want = RECORD_DATA;
    want += (want / RECORD_DATA + 1) * RECORD_ROOM;
    if (want > room)
        want = room;
    do {
        n = recv(conn->fd, g->in + g->end, want, 0);
    } while (n < 0 && errno == EINTR);
    *drained = n <= 0 || ((size_t)n < want && !conn->hangup);
    if (n == 0)
        return CONN_EOF;
    if (n < 0)
        return errno == EAGAIN ? CONN_AGAIN : CONN_BROKEN;
    g->end += (size_t)n;
    find_records(g);
    return CONN_DATA;
}

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

/* OpenSSL gave up: why, and its queue of errors is empty again. */
static void take_fault(struct conn_tls *t)
{
    unsigned long error = ERR_peek_error();
    const char *why = error ? ERR_reason_error_string(error) : NULL;

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
    struct tls_gear *g = gear_of(conn->loop);
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
                     const struct address *address, const struct conn_ops *ops,
                     struct tls_context *context, struct str server_name)
{
    int error = conn_connect(conn, loop, address, ops);

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
        if (g->visible == g->begin)
            return false;
    }
    if (!make_ssl(t))
        return true;
    result = SSL_do_handshake(t->ssl);
    if (result == 1)
        return true;
    if (SSL_want(t->ssl) == SSL_READING)
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
        enum conn_read how = fill(g, RECORD_DATA, &drained);

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
    struct tls_gear *g = enter(t);
    bool over = shake_all(g);

    leave(g);
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
    if (*got == max || SSL_want(t->ssl) == SSL_READING)
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
    bool drained = false;
    bool ok = true;
    struct tls_gear *g;

    if (t->dead)
        return CONN_BROKEN;
    if (!conn->readable || conn->eof || max == 0) {
        if (conn->eof)
            conn->readable = false;
        return conn->eof ? CONN_EOF : CONN_AGAIN;
    }
    g = enter(t);
    if (g->visible > g->begin || SSL_has_pending(t->ssl))
        ok = decrypt(g, p, max, got);
    while (ok && *got == 0 && !conn->eof && !drained) {
        enum conn_read how = fill(g, max, &drained);

        if (how == CONN_EOF)
            conn->eof = true;
        ok = how != CONN_BROKEN;
        if (how == CONN_DATA)
            ok = decrypt(g, p, max, got);
    }
    conn->readable = !drained || *got == max;
    if (conn->eof)
        g->begin = g->visible = g->end = 0;
    leave(g);
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
    g = enter(t);
    if (fill(g, RECORD_DATA, &drained) <= CONN_AGAIN) {
        quiet = SSL_peek(t->ssl, &byte, 1) <= 0 &&
                SSL_want(t->ssl) == SSL_READING && g->begin == g->end;
        ERR_clear_error();
    }
    leave(g);
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

bool conn_tls_send(struct conn *conn, const char *p1, size_t n1, const char *p2,
                   size_t n2)
{
    struct conn_tls *t = conn->tls;
    struct tls_gear *g = conn->loop->tls;
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
    if (t->ticket_due) {
        t->ticket_due = false;
        if (SSL_new_session_ticket(t->ssl) != 1)
            ERR_clear_error();
    }
    ok = encrypt(t, p1, n1) && encrypt(t, p2, n2);
    if (ok && conn->closing)
        put_notify(t);
    flush_out(g);
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
    flush_out(g);
    g->now = NULL;
}

/* ---- what was agreed on -------------------------------------------------- */

struct str conn_tls_version(const struct conn_tls *t)
{
    return t->done ? str_of(SSL_get_version(t->ssl)) : STR("");
}

struct str conn_tls_cipher(const struct conn_tls *t)
{
    const char *name = t->done ? SSL_get_cipher_name(t->ssl) : NULL;

    return str_of(name ? name : "");
}

struct str conn_tls_key_exchange(const struct conn_tls *t)
{
    int group = t->done ? (int)SSL_get_negotiated_group(t->ssl) : 0;
    const char *name = group ? SSL_group_to_name(t->ssl, group) : NULL;

    return str_of(name ? name : "");
}

enum tls_alpn conn_tls_alpn(const struct conn_tls *t)
{
    const unsigned char *p = NULL;
    unsigned n = 0;

    if (t->done)
        SSL_get0_alpn_selected(t->ssl, &p, &n);
    if (n == 2 && memcmp(p, "h2", 2) == 0)
        return TLS_ALPN_HTTP_2;
    return n ? TLS_ALPN_HTTP_1 : TLS_ALPN_NONE;
}

struct str conn_tls_server_name(const struct conn_tls *t)
{
    const char *name =
        t->ssl ? SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name) : NULL;

    return str_of(name ? name : "");
}

struct str conn_tls_certificate(const struct conn_tls *t)
{
    return t->server ? t->context->arn : STR("");
}

bool conn_tls_name_matched(const struct conn_tls *t)
{
    return t->name_matched;
}

bool conn_tls_resumed(const struct conn_tls *t)
{
    return t->done && SSL_session_reused(t->ssl);
}

uint32_t conn_tls_handshake_us(const struct conn_tls *t)
{
    return t->handshake_us;
}
