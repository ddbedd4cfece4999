/* SPDX-License-Identifier: Apache-2.0 */
#include "http/server.h"

#include <stdlib.h>

#include "http/page.h"
#include "http/server_h2.h"
#include "http/server_session.h"
#include "net/conn_tls.h"

enum {
    /* Read with a head at most: what a client pipelines behind it waits in
     * memory. */
    READ_WITH_HEAD = 64 * 1024,
    /* A head that comes in pieces is kept up to here; no head is longer. */
    KEPT_HEAD_MAX = 80 * 1024,
    /* How long a handshake may take (alb.md 5.1). */
    HANDSHAKE_MS = 10 * 1000,
    /* How long a closing connection waits for the client to read its answer
     * and close: so long without a byte from it, and so long at most. */
    LINGER_MS = 2000,
    LINGER_MAX_S = 30,
    /* Answered early, the rest of a body is read up to here. */
    DRAIN_BYTES = 256 * 1024,
    /* How long an idle connection may still bring a request while we drain;
     * one that never brought any has perhaps only just been accepted. */
    DRAIN_IDLE_MS = 250,
    DRAIN_FRESH_MS = 1000,
};

static struct server_session *session_of(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct server_session, conn);
}

static void read_head(struct server_session *s);

/* ---- the end ------------------------------------------------------------ */

static void tell_gone(struct server_session *s, enum stream_gone why,
                      const char *cause)
{
    if (s->stream.exchange)
        s->port->handler->on_gone(&s->stream, why, cause);
}

void server_close(struct server_session *s)
{
    if (s->conn.closed)
        return;
    if (s->h2) {
        server_h2_close(s);
        return;
    }
    tell_gone(s, GONE_CLIENT, "the connection ended");
    s->stream.exchange = NULL;
    conn_close(&s->conn);
}

void server_linger(struct server_session *s)
{
    if (s->conn.closed)
        return;
    s->state = SERVER_LINGER;
    s->linger_until_s =
        (uint32_t)(s->conn.loop->now_us / 1000000) + LINGER_MAX_S;
    conn_shutdown(&s->conn);
    s->conn.pauses = 0;
    conn_timer(&s->conn, LINGER_MS);
    conn_expect_more(&s->conn); /* the end may be there already */
}

static void read_linger(struct server_session *s)
{
    struct window w;

    chunk_give_all(&s->conn.loop->chunks, &s->conn.kept);
    switch (conn_read(&s->conn, LOOP_READ, &w)) {
    case CONN_DATA:
        if (s->conn.loop->now_us / 1000000 >= s->linger_until_s)
            break;
        conn_timer(&s->conn, LINGER_MS);
        conn_expect_more(&s->conn); /* after the others' turn */
        return;
    case CONN_AGAIN:
        return;
    case CONN_EOF:
        if (conn_queued(&s->conn))
            return; /* half-closed, still reads what we send */
        break;
    case CONN_BROKEN:
        break;
    }
    conn_close(&s->conn);
}

/* ---- between requests --------------------------------------------------- */

static void await_request(struct server_session *s)
{
    struct conn *conn = &s->conn;

    s->state = SERVER_HEAD;
    s->scanned = s->parse_at = 0;
    s->head = false;
    conn->pauses = 0;
    if (s->port->draining && !s->port->patient)
        conn_timer(conn, s->requests ? DRAIN_IDLE_MS : DRAIN_FRESH_MS);
    else
        conn_timer(conn, s->port->idle_ms);
    conn_again(conn);
}

bool server_closes_at_once(const struct server_session *s)
{
    return !s->keep_alive && s->client_closes && server_request_done(s) &&
           !conn_has_input(&s->conn) && !conn_queued(&s->conn);
}

static void end_connection(struct server_session *s)
{
    if (server_closes_at_once(s))
        server_close(s);
    else
        server_linger(s);
}

void server_proceed(struct server_session *s)
{
    if (!s->answered || conn_queued(&s->conn) || s->conn.closed)
        return;
    if (!s->keep_alive) {
        end_connection(s);
        return;
    }
    if (!server_request_done(s)) {
        s->state = SERVER_DRAIN;
        s->drained = 0;
        conn_timer(&s->conn, s->port->idle_ms);
    }
    if (s->state == SERVER_DRAIN) {
        s->conn.pauses = 0;
        conn_again(&s->conn);
        return;
    }
    await_request(s);
}

/* ---- a body ------------------------------------------------------------- */

/* Decodes what stands at w; what is not used is kept.  False: malformed. */
static bool decode_body(struct server_session *s, struct window *w,
                        struct piece *piece, struct h1_fault *fault)
{
    size_t used = 0;
    struct str out = {w->p, 0};
    enum h1_body_result result = h1_body_decode(&s->body, w->p, w->n, &used,
                                                &out, &piece->trailers, fault);

    if (result == H1_BODY_BAD)
        return false;
    piece->data = (struct span){(char *)(uintptr_t)out.p, out.n, true};
    piece->wire = used;
    piece->end = result == H1_BODY_DONE;
    if (!conn_keep(&s->conn, w->p + used, w->n - used)) {
        *fault = (struct h1_fault){.status = 500, .why = "out of memory"};
        return false;
    }
    if (piece->end)
        s->state = SERVER_ANSWER;
    return true;
}

/* The client broke off inside the request body. */
static void body_broken(struct server_session *s, const char *cause)
{
    s->keep_alive = s->client_closes = false;
    if (s->stream.exchange == NULL) {
        conn_pause(&s->conn, CONN_PAUSE_CLOSING);
        if (s->answered)
            server_proceed(s); /* once the answer is out */
        else
            server_linger(s);
        return;
    }
    tell_gone(s, GONE_BAD_BODY, cause);
}

static void throw_away(struct server_session *s, const struct piece *piece)
{
    s->drained += (uint32_t)piece->data.n;
    if (piece->end)
        await_request(s);
    else if (s->drained > DRAIN_BYTES)
        server_linger(s);
}

static void body_piece(struct server_session *s, struct window *w)
{
    struct piece piece = {.end = false};
    struct h1_fault fault = {0};
    bool draining = s->state == SERVER_DRAIN;

    if (!decode_body(s, w, &piece, &fault)) {
        body_broken(s, fault.why);
        return;
    }
    conn_timer(&s->conn, s->port->idle_ms);
    if (draining) {
        throw_away(s, &piece);
    } else if (s->stream.exchange && (piece.data.n || piece.end)) {
        if (piece.end)
            conn_pause(&s->conn, CONN_PAUSE_EXCHANGE);
        s->port->handler->on_body(&s->stream, &piece);
    }
}

static void read_body(struct server_session *s)
{
    struct window w;

    while (!s->conn.closed && !s->conn.pauses &&
           (s->state == SERVER_BODY || s->state == SERVER_DRAIN)) {
        switch (conn_read(&s->conn, LOOP_READ, &w)) {
        case CONN_DATA:
            COUNTER_ADD(s->conn.loop->counters, bytes_from_clients, w.fresh);
            body_piece(s, &w);
            if (s->state == SERVER_BODY || s->state == SERVER_DRAIN)
                conn_expect_more(&s->conn); /* after the others' turn */
            return;
        case CONN_AGAIN:
            if (!conn_keep(&s->conn, w.p, w.n))
                server_close(s);
            return;
        case CONN_EOF:
            body_broken(s, "the client closed inside the request body");
            return;
        case CONN_BROKEN:
            server_close(s);
            return;
        }
    }
}

/* ---- a tunnel ----------------------------------------------------------- */

static void read_tunnel(struct server_session *s)
{
    struct piece piece = {.end = false};
    struct window w;

    switch (conn_read(&s->conn, LOOP_READ, &w)) {
    case CONN_DATA:
        COUNTER_ADD(s->conn.loop->counters, bytes_from_clients, w.fresh);
        break;
    case CONN_AGAIN:
        if (w.n == 0)
            return;
        break;
    case CONN_EOF:
        piece.end = true;
        conn_pause(&s->conn, CONN_PAUSE_CLOSING);
        break;
    case CONN_BROKEN:
        server_close(s);
        return;
    }
    piece.data = (struct span){w.p, w.n, true};
    piece.wire = w.n;
    conn_timer(&s->conn, s->port->idle_ms);
    if (s->stream.exchange)
        s->port->handler->on_body(&s->stream, &piece);
    if (!s->conn.closed && !piece.end)
        conn_expect_more(&s->conn);
}

/* ---- a head ------------------------------------------------------------- */

/* Answers what is no request, and ends the connection. */
static void refuse(struct server_session *s, const struct h1_fault *fault,
                   size_t received)
{
    size_t sent;

    s->state = SERVER_ANSWER;
    s->keep_alive = false;
    s->version = 11;
    s->started = s->answered = s->chunked = s->no_body = false;
    s->delimited = false;
    s->client_closes = false; /* more may come than it said */
    s->stream.exchange = NULL;
    sent = page_respond(&s->stream, s->conn.loop, fault->status, true);
    s->port->handler->on_refused(&s->stream, fault, received, sent);
}

static void take_request(struct server_session *s, const struct request *req)
{
    s->requests++;
    s->version = req->version;
    s->head = req->method == METHOD_HEAD;
    s->keep_alive = req->keep_alive && req->version >= 10 && !req->close_both;
    s->client_closes = !req->keep_alive && req->version >= 10 &&
                       req->desync_class < DESYNC_AMBIGUOUS;
    s->want_continue = req->expect_continue;
    s->websocket = req->wants_websocket;
    s->started = s->answered = s->chunked = s->no_body = false;
    s->delimited = false;
    h1_body_begin(&s->body, req->body, req->content_length);
    s->state = SERVER_BODY;
}

/* RFC 9110 §10.1.1; ALB answers 100 itself. */
static void send_continue(struct server_session *s)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

    s->want_continue = false;
    conn_send(&s->conn, go_on, sizeof(go_on) - 1);
    if (s->stream.exchange && s->port->handler->on_interim)
        s->port->handler->on_interim(&s->stream, sizeof(go_on) - 1);
}

static void begin_request(struct server_session *s, struct request *req,
                          size_t head_len, struct window *rest)
{
    struct piece piece = {.end = false};
    struct h1_fault fault = {0};

    take_request(s, req);
    if (!decode_body(s, rest, &piece, &fault)) {
        fault.class = req->desync_class;
        fault.reason = req->desync_reason;
        refuse(s, &fault, head_len + rest->n);
        return;
    }
    piece.wire += head_len;
    if (piece.end)
        s->want_continue = false; /* it did not wait */
    if (piece.end || s->websocket)
        conn_pause(&s->conn, CONN_PAUSE_EXCHANGE);
    conn_timer(&s->conn, s->port->idle_ms);
    COUNTER_ADD(s->conn.loop->counters, requests, 1);
    s->port->handler->on_request(&s->stream, req, &piece);
    if (s->conn.closed)
        return;
    if (s->want_continue && !s->started && s->state == SERVER_BODY)
        send_continue(s);
    if (s->state == SERVER_BODY || s->state == SERVER_DRAIN)
        conn_expect_more(&s->conn);
}

/* Not enough for a head: keeps it, and from the first byte on there is one
 * deadline for the whole head. */
static void keep_head(struct server_session *s, const struct window *w)
{
    if (s->parse_at == 0)
        conn_timer(&s->conn, s->port->idle_ms);
    s->parse_at = (uint32_t)w->n * 2;
    if (conn_keep(&s->conn, w->p, w->n))
        conn_expect_more(&s->conn);
    else
        server_close(s);
}

/* What came is the begin of HTTP/2, and that was expected. */
static void begin_h2(struct server_session *s, const struct window *w)
{
    if (conn_keep(&s->conn, w->p, w->n))
        server_h2_begin(s);
    else
        server_close(s);
}

static void parse_head(struct server_session *s, struct window *w)
{
    struct request req;
    struct h1_fault fault = {0};
    struct window rest;
    size_t head_len = 0;

    if (s->port->prior_knowledge && s->requests == 0 && w->n >= 3 &&
        memcmp(w->p, "PRI", 3) == 0) {
        begin_h2(s, w);
        return;
    }
    req.method = METHOD_OTHER;
    req.fields.v = s->port->fields;
    req.fields.cap = H1_FIELDS_MAX;
    switch (h1_parse_request(&req, w->p, w->n, &h1_request_limits,
                             s->port->desync_mode, &head_len, &fault)) {
    case H1_OK:
        s->parse_at = 0;
        rest = (struct window){.p = w->p + head_len, .n = w->n - head_len};
        begin_request(s, &req, head_len, &rest);
        break;
    case H1_PARTIAL:
        keep_head(s, w);
        break;
    case H1_BAD:
        s->head = req.method == METHOD_HEAD; /* if it came so far */
        refuse(s, &fault, w->n);
        break;
    }
}

/* The client ended its direction, or the connection, between requests or
 * inside a head. */
static void head_ended(struct server_session *s, enum conn_read how)
{
    static const struct h1_fault cut_off = {
        .status = 400, .why = "the client closed inside the request head"};

    if (how == CONN_EOF && s->conn.kept)
        refuse(s, &cut_off, conn_kept(&s->conn).n);
    else
        server_close(s);
}

/* Part of a head is kept: reads behind it, and parses when that can bring
 * more than the last time. */
static void read_more_head(struct server_session *s)
{
    size_t before = conn_kept(&s->conn).n;
    enum conn_read how = conn_read_kept(&s->conn, KEPT_HEAD_MAX);
    struct str kept = conn_kept(&s->conn);
    size_t scanned = s->scanned;
    size_t end = h1_head_end(kept.p, kept.n, &scanned);
    struct window w;

    s->scanned = (uint32_t)scanned;
    COUNTER_ADD(s->conn.loop->counters, bytes_from_clients, kept.n - before);
    if (end || kept.n >= s->parse_at || kept.n >= KEPT_HEAD_MAX) {
        conn_take_kept(&s->conn, &w);
        parse_head(s, &w);
        if (s->state != SERVER_HEAD || s->conn.closed)
            return;
    }
    if (how == CONN_EOF || how == CONN_BROKEN)
        head_ended(s, how);
    else if (how == CONN_DATA)
        conn_expect_more(&s->conn);
}

static void read_head(struct server_session *s)
{
    struct window w;
    enum conn_read how;

    if (s->conn.kept) {
        read_more_head(s);
        return;
    }
    how = conn_read(&s->conn, READ_WITH_HEAD, &w);
    switch (how) {
    case CONN_DATA:
        COUNTER_ADD(s->conn.loop->counters, bytes_from_clients, w.fresh);
        parse_head(s, &w);
        break;
    case CONN_AGAIN:
        break;
    case CONN_EOF:
    case CONN_BROKEN:
        head_ended(s, how);
        break;
    }
}

/* ---- what the connection tells ------------------------------------------ */

/* Something came while the answer is awaited: another request (that waits),
 * the end of the client's direction (it still gets its answer), or a reset. */
static void look_at_client(struct server_session *s)
{
    if (!conn_alive(&s->conn))
        server_close(s);
}

static void on_readable(struct conn *conn)
{
    struct server_session *s = session_of(conn);

    if (conn->pauses) {
        if (s->state != SERVER_LINGER)
            look_at_client(s);
        return;
    }
    switch ((enum server_state)s->state) {
    case SERVER_HANDSHAKE:
    case SERVER_H2:
        break;
    case SERVER_HEAD:
        read_head(s);
        break;
    case SERVER_BODY:
    case SERVER_DRAIN:
        read_body(s);
        break;
    case SERVER_ANSWER:
        look_at_client(s);
        break;
    case SERVER_TUNNEL:
        read_tunnel(s);
        break;
    case SERVER_LINGER:
        read_linger(s);
        break;
    }
}

static void on_drained(struct conn *conn)
{
    struct server_session *s = session_of(conn);

    if (s->state == SERVER_LINGER) {
        conn_look(conn);
        return; /* on_readable follows and sees the end */
    }
    if (s->stream.exchange)
        s->port->handler->on_drained(&s->stream);
    else
        server_proceed(s);
}

static void on_sent(struct conn *conn)
{
    struct server_session *s = session_of(conn);

    if (s->state != SERVER_LINGER)
        conn_timer(conn, s->port->idle_ms);
}

static void on_broken(struct conn *conn)
{
    server_close(session_of(conn));
}

/* The timer fired while output waits for the client. */
static void stalled(struct server_session *s)
{
    if (conn_output_moves(&s->conn))
        conn_timer(&s->conn, s->port->idle_ms);
    else
        server_close(s);
}

/* ALB tells who speaks HTTP to it so. */
static void answer_plain(struct server_session *s)
{
    static const struct h1_fault fault = {
        .status = 400, .why = "plain HTTP was sent to a port with TLS"};

    conn_tls_give_up(&s->conn);
    s->requests = 0;
    refuse(s, &fault, 0);
}

static void tell_handshake(struct server_session *s)
{
    if (s->port->handler->on_handshake)
        s->port->handler->on_handshake(&s->stream);
}

static void handshake_failed(struct server_session *s)
{
    enum tls_fault fault;

    COUNTER_ADD(s->conn.loop->counters, client_tls_negotiation_errors, 1);
    tell_handshake(s);
    fault = conn_tls_failure(&s->conn).fault;
    if (fault == TLS_FAULT_HTTP) {
        answer_plain(s);
    } else if (fault == TLS_FAULT_VERIFY) {
        /* With TLS 1.3 its request is under way: a close would meet that with
         * a reset, and the alert would be lost. */
        conn_tls_give_up(&s->conn);
        server_linger(s);
    } else {
        server_close(s);
    }
}

/* The handshake is over. */
static void on_connected(struct conn *conn, int error)
{
    struct server_session *s = session_of(conn);

    if (error) {
        handshake_failed(s);
        return;
    }
    tell_handshake(s);
    if (conn_tls_alpn(conn_tls(conn)) == TLS_ALPN_HTTP_2)
        server_h2_begin(s);
    else
        await_request(s);
}

static void on_timeout(struct conn *conn)
{
    static const struct h1_fault slow = {
        .status = 408, .why = "the request head did not come in time"};
    struct server_session *s = session_of(conn);

    switch ((enum server_state)s->state) {
    case SERVER_HANDSHAKE:
        handshake_failed(s);
        break;
    case SERVER_HEAD:
        if (conn->kept)
            refuse(s, &slow, conn_kept(conn).n);
        else
            server_close(s);
        break;
    case SERVER_BODY:
    case SERVER_ANSWER:
    case SERVER_TUNNEL:
        if (conn_queued(conn))
            stalled(s);
        else if (s->stream.exchange)
            tell_gone(s, GONE_TIMEOUT, "nothing moved for the idle timeout");
        else
            server_close(s);
        break;
    case SERVER_DRAIN:
    case SERVER_LINGER:
        server_close(s);
        break;
    case SERVER_H2:
        break;
    }
}

/* Only this thread writes it: no atomic addition is needed. */
static void count_open(struct server_port *port, int n)
{
    if (port->open)
        atomic_store_explicit(
            port->open,
            atomic_load_explicit(port->open, memory_order_relaxed) +
                (uint64_t)n,
            memory_order_relaxed);
}

void server_session_free(struct server_session *s)
{
    struct server_port *port = s->port;

    list_remove(&s->node);
    slab_give(&port->slab, s);
    port->nsessions--;
    count_open(port, -1);
    connection_ends(&s->count);
    COUNTER_ADD(port->loop->counters, client_connections, -1);
    if (port->draining && port->nsessions == 0 && port->on_empty)
        port->on_empty(port);
}

static void on_free(struct conn *conn)
{
    server_session_free(session_of(conn));
}

static const struct conn_ops server_conn_ops = {
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_sent = on_sent,
    .on_broken = on_broken,
    .on_connected = on_connected,
    .on_timeout = on_timeout,
    .on_free = on_free,
};

void server_take_back(struct server_session *s)
{
    s->conn.ops = &server_conn_ops;
    s->stream.exchange = NULL;
    s->answered = true;
}

/* ---- ports -------------------------------------------------------------- */

bool server_port_init(struct server_port *port, struct loop *loop)
{
    port->loop = loop;
    port->fields_set = NULL;
    port->tls = NULL;
    port->chooser = NULL;
    port->handshake_ms = HANDSHAKE_MS;
    port->h2 = NULL;
    port->prior_knowledge = port->websocket_over_h2 = false;
    port->draining = port->patient = false;
    port->desync_mode = DESYNC_MODE_DEFENSIVE;
    port->nsessions = 0;
    list_init(&port->sessions);
    slab_init(&port->slab, sizeof(struct server_session));
    server_h2_port_init(port);
    port->fields = malloc(sizeof(*port->fields) * H1_FIELDS_MAX);
    return port->fields != NULL;
}

void server_port_close(struct server_port *port)
{
    for (struct list *l = port->sessions.next; l != &port->sessions;
         l = l->next)
        server_close(LIST_ENTRY_OF(l, struct server_session, node));
}

void server_port_end(struct server_port *port)
{
    slab_end(&port->slab);
    server_h2_port_end(port);
    free(port->fields);
    port->fields = NULL;
}

/* Has the connection wait for what comes first. */
static bool begin(struct server_session *s)
{
    if (s->port->tls == NULL) {
        await_request(s);
        return true;
    }
    s->state = SERVER_HANDSHAKE;
    conn_timer(&s->conn, s->port->handshake_ms);
    if (!conn_accept_tls(&s->conn, s->port->tls))
        return false;
    conn_tls_choose_by(&s->conn, s->port->chooser);
    return true;
}

struct server_stream *server_accept(struct server_port *port, int fd,
                                    const struct address *client)
{
    struct server_session *s = slab_take(&port->slab);

    if (s == NULL)
        return NULL;
    if (!conn_init(&s->conn, port->loop, fd, &server_conn_ops)) {
        slab_give(&port->slab, s);
        return NULL;
    }
    s->stream = (struct server_stream){.ops = &server_h1_ops, .session = s};
    s->port = port;
    s->h2 = NULL;
    s->count = (struct connection_count){.meter = NULL};
    s->client = *client;
    s->opened_s = (uint32_t)(port->loop->now_us / 1000000);
    s->requests = 0;
    s->keep_alive = s->want_continue = s->client_closes = false;
    s->answered = false;
    list_push_back(&port->sessions, &s->node);
    port->nsessions++;
    count_open(port, 1);
    COUNTER_ADD(port->loop->counters, client_connections_accepted, 1);
    COUNTER_ADD(port->loop->counters, client_connections, 1);
    if (!begin(s))
        server_close(s);
    return &s->stream;
}

void server_port_drain(struct server_port *port)
{
    port->draining = true;
    port->patient = false;
    for (struct list *l = port->sessions.next; l != &port->sessions;
         l = l->next) {
        struct server_session *s =
            LIST_ENTRY_OF(l, struct server_session, node);

        if (!s->conn.closed && s->h2)
            server_h2_drain(s);
        else if (!s->conn.closed && s->state == SERVER_HEAD && s->parse_at == 0)
            conn_timer(&s->conn, s->requests ? DRAIN_IDLE_MS : DRAIN_FRESH_MS);
    }
    if (port->nsessions == 0 && port->on_empty)
        port->on_empty(port);
}

void server_port_retire(struct server_port *port)
{
    port->draining = port->patient = true;
    for (struct list *l = port->sessions.next; l != &port->sessions;
         l = l->next) {
        struct server_session *s =
            LIST_ENTRY_OF(l, struct server_session, node);

        if (!s->conn.closed && s->h2)
            server_h2_drain(s);
    }
    if (port->nsessions == 0 && port->on_empty)
        port->on_empty(port);
}

static const struct server_session *
const_session(const struct server_stream *stream)
{
    return stream->session;
}

struct server_port *server_stream_port(const struct server_stream *stream)
{
    return const_session(stream)->port;
}

const struct address *server_stream_client(const struct server_stream *stream)
{
    return &const_session(stream)->client;
}

void server_stream_count(struct server_stream *stream,
                         struct connection_meter *meter)
{
    connection_begins(&stream->session->count, meter);
    connection_opens(&stream->session->count);
}

uint64_t server_stream_number(const struct server_stream *stream)
{
    const struct server_session *s = const_session(stream);

    /* Its place is its own as long as it lives; after that the second in which
     * it came and the client's port tell. */
    return (uint64_t)(uintptr_t)s ^ (uint64_t)s->opened_s << 32 ^
           (uint64_t)s->client.port << 16;
}

const struct conn *server_stream_conn(const struct server_stream *stream)
{
    return &const_session(stream)->conn;
}
