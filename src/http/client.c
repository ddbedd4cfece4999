/* SPDX-License-Identifier: Apache-2.0 */
#include "http/client.h"

#include <errno.h>
#include <stdlib.h>

#include "http/compose.h"

enum client_state {
    CLIENT_CONNECTING,
    CLIENT_IDLE, /* in a pool */
    CLIENT_HEAD, /* the request was begun, the response head is awaited */
    CLIENT_BODY,
    CLIENT_TUNNEL,
    CLIENT_OVER, /* nothing more is wanted */
};

enum {
    KEPT_HEAD_MAX = 48 * 1024, /* a partial response head */
    INTERIM_MAX = 16,          /* 1xx responses before the real one */
    READ_FIRST = 64 * 1024,    /* with a head; bodies read LOOP_READ */
};

struct client_session {
    struct conn conn;
    struct client_stream stream;
    struct client_port *port;
    struct client_pool *pool;
    struct list node; /* in port->sessions */
    struct list idle; /* in pool->idle */
    struct h1_body body;
    uint32_t scanned;
    uint32_t parse_at;
    uint8_t state;
    uint8_t method; /* enum method of the request */
    uint8_t interim;
    bool reused : 1;
    bool keep : 1;         /* both sides want it kept */
    bool request_done : 1; /* the request was sent whole */
    bool chunked : 1;      /* its body is sent in chunks */
    bool websocket : 1;    /* the upgrade was asked for */
    bool heard : 1;        /* a byte of the response came */
};

static struct client_session *of_conn(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct client_session, conn);
}

static struct client_session *of_stream(const struct client_stream *stream)
{
    return LIST_ENTRY_OF((uintptr_t)stream, struct client_session, stream);
}

/* ---- the end ------------------------------------------------------------ */

static void leave_pool(struct client_session *c)
{
    if (c->state != CLIENT_IDLE)
        return;
    list_remove(&c->idle);
    c->pool->nidle--;
    COUNTER_ADD(c->port->loop->counters, target_connections_idle, -1);
}

static void client_close(struct client_session *c)
{
    if (c->conn.closed)
        return;
    leave_pool(c);
    c->state = CLIENT_OVER;
    c->stream.exchange = NULL;
    conn_close(&c->conn);
}

static void client_fail(struct client_session *c, enum client_failure why,
                        const char *cause)
{
    struct client_stream *stream = &c->stream;
    struct client_port *port = c->port;
    bool wanted = stream->exchange != NULL;

    if (c->conn.closed)
        return;
    c->state = CLIENT_OVER;
    if (wanted)
        port->handler->on_failed(stream, why, cause);
    client_close(c);
}

/* The response is complete: back into the pool, or away. */
static void client_done(struct client_session *c, bool clean)
{
    struct client_pool *pool = c->pool;

    c->stream.exchange = NULL;
    if (!clean || !c->keep || !c->request_done || c->conn.eof ||
        c->conn.broken || c->conn.kept || conn_queued(&c->conn) ||
        pool->nidle >= POOL_IDLE_MAX) {
        client_close(c);
        return;
    }
    c->state = CLIENT_IDLE;
    c->reused = true;
    c->conn.pauses = 0;
    list_push_front(&pool->idle, &c->idle);
    pool->nidle++;
    COUNTER_ADD(c->port->loop->counters, target_connections_idle, 1);
    conn_timer(&c->conn, c->port->idle_ms);
    conn_again(&c->conn);
}

/* ---- the response ------------------------------------------------------- */

static const char *ended_cause(const struct client_session *c, bool reset)
{
    if (c->reused && !c->heard)
        return reset ? "the target reset the pooled connection"
                     : "the target closed the pooled connection";
    return reset ? "the target reset the connection"
                 : "the target closed the connection";
}

/* The target ended the connection while a response was awaited. */
static void head_ended(struct client_session *c, enum conn_read how)
{
    enum client_failure why =
        c->reused && !c->heard ? FAILURE_STALE : FAILURE_CLOSED;

    client_fail(c, why, ended_cause(c, how == CONN_BROKEN));
}

/* Decodes body bytes at w.  False: malformed (and reported). */
static bool decode(struct client_session *c, struct window *w,
                   struct piece *piece, bool *clean)
{
    size_t used = 0;
    struct str out = {w->p, 0};
    struct h1_fault fault = {0};
    enum h1_body_result result = h1_body_decode(&c->body, w->p, w->n, &used,
                                                &out, &piece->trailers, &fault);

    *clean = true;
    if (result == H1_BODY_BAD) {
        client_fail(
            c, c->state == CLIENT_HEAD ? FAILURE_MALFORMED : FAILURE_TRUNCATED,
            fault.why);
        return false;
    }
    piece->data = (struct span){(char *)(uintptr_t)out.p, out.n, true};
    piece->end = result == H1_BODY_DONE;
    if (piece->end && used < w->n)
        *clean = false;
    else if (!conn_keep(&c->conn, w->p + used, w->n - used))
        *clean = false;
    return true;
}

static void body_piece(struct client_session *c, struct window *w)
{
    struct piece piece = {.end = false};
    bool clean;

    if (!decode(c, w, &piece, &clean))
        return;
    if (c->stream.exchange && (piece.data.n || piece.end))
        c->port->handler->on_body(&c->stream, &piece);
    if (c->conn.closed)
        return;
    if (piece.end)
        client_done(c, clean);
}

static void body_ended(struct client_session *c, enum conn_read how)
{
    struct piece end = {.end = true};

    if (c->body.kind != BODY_CLOSE || how == CONN_BROKEN) {
        client_fail(c, FAILURE_TRUNCATED,
                    "the target closed inside the response body");
        return;
    }
    if (c->stream.exchange)
        c->port->handler->on_body(&c->stream, &end);
    client_done(c, false);
}

static void read_body(struct client_session *c)
{
    struct window w;
    enum conn_read how = conn_read(&c->conn, LOOP_READ, &w);

    switch (how) {
    case CONN_DATA:
        COUNTER_ADD(c->conn.loop->counters, bytes_from_targets, w.n);
        body_piece(c, &w);
        if (c->state == CLIENT_BODY)
            conn_expect_more(&c->conn);
        break;
    case CONN_AGAIN:
        conn_keep(&c->conn, w.p, w.n);
        break;
    case CONN_EOF:
    case CONN_BROKEN:
        body_ended(c, how);
        break;
    }
}

static void read_tunnel(struct client_session *c)
{
    struct piece piece = {.end = false};
    struct window w;
    enum conn_read how = conn_read(&c->conn, LOOP_READ, &w);

    if (how == CONN_BROKEN) {
        client_fail(c, FAILURE_TRUNCATED, "the target reset the tunnel");
        return;
    }
    if (how == CONN_AGAIN && w.n == 0)
        return;
    if (how == CONN_EOF) {
        piece.end = true;
        conn_pause(&c->conn, CONN_PAUSE_CLOSING);
    }
    COUNTER_ADD(c->conn.loop->counters, bytes_from_targets, w.n);
    piece.data = (struct span){w.p, w.n, true};
    if (c->stream.exchange)
        c->port->handler->on_body(&c->stream, &piece);
    if (c->state == CLIENT_TUNNEL && !piece.end)
        conn_expect_more(&c->conn);
}

static void begin_tunnel(struct client_session *c, struct response *res,
                         struct window *rest)
{
    struct piece piece = {.end = false};

    if (!c->websocket || !res->upgraded) {
        client_fail(c, FAILURE_MALFORMED,
                    "the target switched protocols without being asked");
        return;
    }
    c->state = CLIENT_TUNNEL;
    c->keep = false;
    if (!conn_keep(&c->conn, rest->p, rest->n)) {
        client_fail(c, FAILURE_CLOSED, "out of memory");
        return;
    }
    c->port->handler->on_response(&c->stream, res, &piece);
    conn_again(&c->conn);
}

/* A final response head stands at the begin of the buffer, `rest` behind. */
static void begin_response(struct client_session *c, struct response *res,
                           struct window *rest)
{
    struct piece piece = {.end = false};
    bool clean;

    if (res->status == 101) {
        begin_tunnel(c, res, rest);
        return;
    }
    c->keep = c->keep && res->keep_alive;
    h1_body_begin(&c->body, (enum body_kind)res->body, res->content_length);
    if (!decode(c, rest, &piece, &clean))
        return;
    if (!clean) { /* nothing of it went out yet: do not trust any of it */
        client_fail(c, FAILURE_MALFORMED,
                    "the target sent bytes after the end of its response");
        return;
    }
    c->state = CLIENT_BODY;
    c->port->handler->on_response(&c->stream, res, &piece);
    if (c->conn.closed)
        return;
    if (piece.end)
        client_done(c, true);
    else
        conn_expect_more(&c->conn);
}

static void keep_head(struct client_session *c, const struct window *w)
{
    c->parse_at = (uint32_t)w->n * 2;
    c->scanned = 0;
    if (w->n >= KEPT_HEAD_MAX || !conn_keep(&c->conn, w->p, w->n))
        client_fail(c, FAILURE_MALFORMED, "the response head is too long");
}

/* Parses heads at w until a final one, or until there is none. */
static void parse_head(struct client_session *c, struct window *w)
{
    struct response res;
    struct h1_fault fault = {0};
    size_t n = 0;

    for (;;) {
        res.fields.v = c->port->fields;
        res.fields.cap = H1_FIELDS_MAX;
        switch (h1_parse_response(&res, w->p, w->n, &h1_response_limits,
                                  (enum method)c->method, &n, &fault)) {
        case H1_PARTIAL:
            keep_head(c, w);
            return;
        case H1_BAD:
            client_fail(c, FAILURE_MALFORMED, fault.why);
            return;
        case H1_OK:
            break;
        }
        *w = (struct window){w->p + n, w->n - n};
        if (res.status >= 200 || res.status == 101)
            break;
        if (++c->interim > INTERIM_MAX) {
            client_fail(c, FAILURE_MALFORMED, "too many interim responses");
            return;
        }
        if (w->n == 0) {
            c->parse_at = c->scanned = 0;
            return;
        }
    }
    begin_response(c, &res, w);
}

static void progress(struct client_session *c)
{
    if (c->stream.exchange)
        c->port->handler->on_progress(&c->stream);
}

static void read_more_head(struct client_session *c)
{
    size_t before = conn_kept(&c->conn).n;
    enum conn_read how = conn_read_kept(&c->conn, KEPT_HEAD_MAX);
    struct str kept = conn_kept(&c->conn);
    size_t scanned = c->scanned;
    size_t end = h1_head_end(kept.p, kept.n, &scanned);
    struct window w;

    c->scanned = (uint32_t)scanned;
    if (kept.n > before)
        progress(c);
    COUNTER_ADD(c->conn.loop->counters, bytes_from_targets, kept.n - before);
    if (end || kept.n >= c->parse_at || kept.n >= KEPT_HEAD_MAX) {
        conn_take_kept(&c->conn, &w);
        parse_head(c, &w);
        if (c->state != CLIENT_HEAD || c->conn.closed)
            return;
    }
    if (how == CONN_EOF || how == CONN_BROKEN)
        head_ended(c, how);
    else if (how == CONN_DATA)
        conn_expect_more(&c->conn);
}

static void read_head(struct client_session *c)
{
    struct window w;
    enum conn_read how;

    if (c->conn.kept) {
        read_more_head(c);
        return;
    }
    how = conn_read(&c->conn, READ_FIRST, &w);
    switch (how) {
    case CONN_DATA:
        COUNTER_ADD(c->conn.loop->counters, bytes_from_targets, w.n);
        c->heard = true;
        parse_head(c, &w);
        if (c->state == CLIENT_HEAD)
            conn_expect_more(&c->conn);
        break;
    case CONN_AGAIN:
        break;
    case CONN_EOF:
    case CONN_BROKEN:
        head_ended(c, how);
        break;
    }
}

/* An idle connection is readable: the target closes it, or talks nonsense. */
static void read_idle(struct client_session *c)
{
    struct window w;

    if (conn_read(&c->conn, 1, &w) != CONN_AGAIN)
        client_close(c);
}

/* ---- what the connection tells ------------------------------------------ */

static void on_readable(struct conn *conn)
{
    struct client_session *c = of_conn(conn);

    if (conn->pauses)
        return;
    switch ((enum client_state)c->state) {
    case CLIENT_IDLE:
        read_idle(c);
        break;
    case CLIENT_HEAD:
        read_head(c);
        break;
    case CLIENT_BODY:
        read_body(c);
        break;
    case CLIENT_TUNNEL:
        read_tunnel(c);
        break;
    case CLIENT_CONNECTING:
    case CLIENT_OVER:
        break;
    }
}

static void on_drained(struct conn *conn)
{
    struct client_session *c = of_conn(conn);

    if (c->stream.exchange)
        c->port->handler->on_drained(&c->stream);
}

static void on_sent(struct conn *conn)
{
    progress(of_conn(conn));
}

/* A target may answer and close before it has read the whole request: what it
 * said is read first. */
static void on_broken(struct conn *conn)
{
    struct client_session *c = of_conn(conn);

    c->keep = false;
    conn->pauses = 0;
    conn->readable = true;
    if (c->state == CLIENT_IDLE || c->state == CLIENT_OVER) {
        client_close(c);
        return;
    }
    on_readable(conn);
    if (conn->closed || conn->readable)
        return;
    if (c->state == CLIENT_HEAD)
        head_ended(c, CONN_BROKEN);
    else if (c->state == CLIENT_BODY || c->state == CLIENT_TUNNEL)
        client_fail(c, FAILURE_TRUNCATED, ended_cause(c, true));
}

static void on_connected(struct conn *conn, int error)
{
    struct client_session *c = of_conn(conn);

    if (error == 0) {
        c->state = CLIENT_HEAD;
        timer_cancel(&conn->timer);
        c->port->handler->on_connected(&c->stream);
        return;
    }
    COUNTER_ADD(conn->loop->counters, target_connection_errors, 1);
    client_fail(c,
                error == ETIMEDOUT ? FAILURE_CONNECT_TIMEOUT : FAILURE_CONNECT,
                strerror(error));
}

static void on_timeout(struct conn *conn)
{
    struct client_session *c = of_conn(conn);

    if (c->state == CLIENT_CONNECTING) {
        COUNTER_ADD(conn->loop->counters, target_connection_errors, 1);
        client_fail(c, FAILURE_CONNECT_TIMEOUT, "the connection timed out");
    } else if (c->state == CLIENT_IDLE) {
        client_close(c);
    }
}

static void on_free(struct conn *conn)
{
    struct client_session *c = of_conn(conn);

    COUNTER_ADD(conn->loop->counters, target_connections, -1);
    list_remove(&c->node);
    slab_give(&c->port->slab, c);
}

static const struct conn_ops client_conn_ops = {
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_sent = on_sent,
    .on_broken = on_broken,
    .on_connected = on_connected,
    .on_timeout = on_timeout,
    .on_free = on_free,
};

/* ---- the stream --------------------------------------------------------- */

static void send_piece(struct client_session *c, struct str head,
                       const struct piece *piece)
{
    struct compose_options how = {.chunked = c->chunked};
    size_t n = compose_send(&c->conn, head, piece, &how);

    COUNTER_ADD(c->conn.loop->counters, bytes_to_targets, n);
    if (piece->end)
        c->request_done = true;
}

static void send_body(struct client_stream *stream, const struct piece *piece)
{
    struct client_session *c = of_stream(stream);

    if (c->state != CLIENT_TUNNEL) {
        send_piece(c, STR(""), piece);
        return;
    }
    COUNTER_ADD(c->conn.loop->counters, bytes_to_targets, piece->data.n);
    conn_send(&c->conn, piece->data.p, piece->data.n);
    if (piece->end)
        conn_shutdown(&c->conn);
}

static void pause_body(struct client_stream *stream, enum conn_pause why)
{
    conn_pause(&of_stream(stream)->conn, why);
}

static void resume_body(struct client_stream *stream, enum conn_pause why)
{
    conn_resume(&of_stream(stream)->conn, why);
}

static bool blocked(const struct client_stream *stream)
{
    return conn_queued(&of_stream(stream)->conn);
}

static void drop(struct client_stream *stream)
{
    client_close(of_stream(stream));
}

static const struct client_stream_ops client_h1_ops = {
    .send_body = send_body,
    .pause = pause_body,
    .resume = resume_body,
    .blocked = blocked,
    .drop = drop,
};

static void put_head(struct text *t, const struct request_out *out)
{
    const struct request *req = out->request;

    h1_put_request_line(t, req);
    if (out->host.n)
        h1_put_field(t, STR("Host"), out->host);
    h1_put_fields(t, &req->fields);
    for (unsigned i = 0; i < out->nadded; i++)
        h1_put_field(t, out->added[i].name, out->added[i].value);
    if (req->body == BODY_CHUNKED) {
        TEXT_LITERAL(t, "Transfer-Encoding: chunked\r\n");
    } else if (req->body == BODY_LENGTH) {
        TEXT_LITERAL(t, "Content-Length: ");
        text_u64(t, req->content_length);
        TEXT_LITERAL(t, "\r\n");
    }
    if (out->websocket)
        TEXT_LITERAL(t, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    TEXT_LITERAL(t, "\r\n");
}

/* What every request begins with. */
static void begin(struct client_session *c, enum method method, bool close,
                  bool websocket)
{
    c->state = CLIENT_HEAD;
    c->method = (uint8_t)method;
    c->keep = !close && !websocket;
    c->websocket = websocket;
    c->request_done = c->chunked = c->heard = false;
    c->interim = 0;
    c->scanned = c->parse_at = 0;
}

void client_request(struct client_stream *stream, const struct request_out *out,
                    const struct piece *piece, struct str *encoded)
{
    struct client_session *c = of_stream(stream);
    struct text head = text_in(c->conn.loop->head, LOOP_HEAD);

    begin(c, (enum method)out->request->method, out->close, out->websocket);
    c->chunked = out->request->body == BODY_CHUNKED;
    put_head(&head, out);
    if (encoded)
        *encoded = text_str(&head);
    send_piece(c, text_str(&head), piece);
    conn_again(&c->conn); /* it may have spoken before it was asked */
}

void client_request_again(struct client_stream *stream, struct str encoded,
                          enum method method, bool websocket)
{
    struct client_session *c = of_stream(stream);
    struct piece end = {.end = true};

    begin(c, method, false, websocket);
    send_piece(c, encoded, &end);
    conn_again(&c->conn);
}

bool client_stream_reused(const struct client_stream *stream)
{
    return of_stream(stream)->reused;
}

/* ---- ports and pools ---------------------------------------------------- */

bool client_port_init(struct client_port *port, struct loop *loop)
{
    port->loop = loop;
    list_init(&port->sessions);
    slab_init(&port->slab, sizeof(struct client_session));
    port->fields = malloc(sizeof(*port->fields) * H1_FIELDS_MAX);
    return port->fields != NULL;
}

void client_port_close(struct client_port *port)
{
    for (struct list *l = port->sessions.next; l != &port->sessions;
         l = l->next)
        client_close(LIST_ENTRY_OF(l, struct client_session, node));
}

void client_port_end(struct client_port *port)
{
    slab_end(&port->slab);
    free(port->fields);
    port->fields = NULL;
}

void client_pool_init(struct client_pool *pool, struct client_port *port,
                      const struct address *address)
{
    pool->port = port;
    pool->address = *address;
    pool->nidle = 0;
    list_init(&pool->idle);
}

void client_pool_end(struct client_pool *pool)
{
    while (!list_empty(&pool->idle))
        client_close(
            LIST_ENTRY_OF(pool->idle.next, struct client_session, idle));
}

struct client_stream *client_pool_take(struct client_pool *pool, void *exchange)
{
    struct client_session *c;

    if (list_empty(&pool->idle))
        return NULL;
    c = LIST_ENTRY_OF(pool->idle.next, struct client_session, idle);
    leave_pool(c);
    c->state = CLIENT_HEAD;
    timer_cancel(&c->conn.timer);
    c->stream.exchange = exchange;
    return &c->stream;
}

struct client_stream *client_connect(struct client_pool *pool, void *exchange)
{
    struct client_port *port = pool->port;
    struct client_session *c = slab_take(&port->slab);

    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof(*c));
    if (conn_connect(&c->conn, port->loop, &pool->address, &client_conn_ops)) {
        COUNTER_ADD(port->loop->counters, target_connection_errors, 1);
        slab_give(&port->slab, c);
        return NULL;
    }
    c->stream = (struct client_stream){&client_h1_ops, exchange};
    c->port = port;
    c->pool = pool;
    c->state = CLIENT_CONNECTING;
    list_init(&c->idle);
    list_push_back(&port->sessions, &c->node);
    COUNTER_ADD(port->loop->counters, target_connections_opened, 1);
    COUNTER_ADD(port->loop->counters, target_connections, 1);
    conn_timer(&c->conn, port->connect_ms);
    return &c->stream;
}
