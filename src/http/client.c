/* SPDX-License-Identifier: Apache-2.0
 *
 * Client sessions: how a response is read.
 */
#include <errno.h>
#include <string.h>

#include "http/client_session.h"

enum {
    KEPT_HEAD_MAX = 48 * 1024, /* a partial response head */
    INTERIM_MAX = 16,          /* 1xx responses before the real one */
    READ_FIRST = 64 * 1024,    /* with a head; bodies read LOOP_READ */
};

static struct client_session *of_conn(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct client_session, conn);
}

void client_fail(struct client_session *c, enum client_failure why,
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
        COUNTER_ADD(c->conn.loop->counters, bytes_from_targets, w.fresh);
        body_piece(c, &w);
        if (c->state == CLIENT_BODY)
            conn_expect_more(&c->conn);
        break;
    case CONN_AGAIN:
        if (!conn_keep(&c->conn, w.p, w.n))
            client_fail(c, FAILURE_TRUNCATED, "out of memory");
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
    COUNTER_ADD(c->conn.loop->counters, bytes_from_targets, w.fresh);
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

/* The target said something: it is alive. */
static void progress(struct client_session *c)
{
    if (c->stream.exchange)
        c->port->handler->on_progress(&c->stream);
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
        *w = (struct window){.p = w->p + n, .n = w->n - n};
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
        COUNTER_ADD(c->conn.loop->counters, bytes_from_targets, w.fresh);
        c->heard = true;
        progress(c);
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
    conn_look(conn);
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
    char room[160] = "";
    struct text cause = text_in(room, sizeof(room) - 1);
    enum client_failure why;

    if (error == 0) {
        c->state = CLIENT_HEAD;
        connection_opens(&c->count);
        timer_cancel(&conn->timer);
        c->port->handler->on_connected(&c->stream);
        return;
    }
    why = client_connect_failed(conn, &c->count, error, &cause);
    client_fail(c, why, room);
}

/* A reset that came together with the last bytes of the response made no
 * event of its own.  Connections in steady use are taken before they are
 * looked at. */
static void idle_timeout(struct client_session *c)
{
    if (c->looked) {
        client_close(c);
        return;
    }
    c->looked = true;
    conn_look(&c->conn);
    read_idle(c);
    if (!c->conn.closed)
        conn_timer(&c->conn, c->pool->idle_ms - CLIENT_LOOK_MS);
}

static void on_timeout(struct conn *conn)
{
    struct client_session *c = of_conn(conn);

    if (c->state == CLIENT_CONNECTING) {
        COUNTER_ADD(conn->loop->counters, target_connection_errors, 1);
        connection_meter_failed(c->count.meter);
        client_fail(c, FAILURE_CONNECT_TIMEOUT, "the connection timed out");
    } else if (c->state == CLIENT_IDLE) {
        idle_timeout(c);
    }
}

static void on_free(struct conn *conn)
{
    struct client_session *c = of_conn(conn);

    COUNTER_ADD(conn->loop->counters, target_connections, -1);
    connection_ends(&c->count);
    list_remove(&c->node);
    slab_give(&c->port->slab, c);
}

const struct conn_ops client_conn_ops = {
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_sent = on_sent,
    .on_broken = on_broken,
    .on_connected = on_connected,
    .on_timeout = on_timeout,
    .on_free = on_free,
};
