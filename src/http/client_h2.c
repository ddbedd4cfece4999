/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/2 to targets: connections, from connecting to the end.
 */
#include "http/client_h2.h"

#include <string.h>

#include "net/conn_tls.h"

static struct client_h2 *of_conn(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct client_h2, conn);
}

static uint64_t seconds(const struct client_h2 *c)
{
    return c->port->loop->now_us / 1000000;
}

/* ---- output ---------------------------------------------------------------- */

static void send_gathered(struct client_h2 *c)
{
    struct chunk *chunk = c->gathered;

    if (chunk == NULL)
        return;
    c->gathered = NULL;
    COUNTER_ADD(c->port->loop->counters, bytes_to_targets, chunk_len(chunk));
    conn_send(&c->conn, chunk_begin(chunk), chunk_len(chunk));
    chunk_give(&c->port->loop->chunks, chunk);
}

static void write_now(struct client_h2 *c, const char *p, size_t n)
{
    send_gathered(c);
    COUNTER_ADD(c->port->loop->counters, bytes_to_targets, n);
    conn_send(&c->conn, p, n);
}

/* What the streams of a connection write in a turn leaves together. */
void client_h2_write(struct h2 *h2, const char *p, size_t n)
{
    struct client_h2 *c = client_h2_of(h2);
    struct chunk_pool *chunks = &c->port->loop->chunks;

    if (c->gathered && c->gathered->cap - c->gathered->end < n)
        send_gathered(c);
    if (c->gathered == NULL && n < CLIENT_H2_GATHER / 2)
        c->gathered = chunk_take(chunks, CLIENT_H2_GATHER);
    if (c->gathered == NULL) {
        write_now(c, p, n);
        return;
    }
    memcpy(c->gathered->data + c->gathered->end, p, n);
    c->gathered->end += (uint32_t)n;
    client_h2_touch(c);
}

bool client_h2_has_room(struct h2 *h2)
{
    return !conn_queued(&client_h2_of(h2)->conn);
}

/* ---- how many are idle ----------------------------------------------------- */

static void count_idle(struct client_h2 *c)
{
    bool idle = c->ready && c->nstreams == 0 && !c->conn.closed;

    if (idle != c->counted)
        COUNTER_ADD(c->port->loop->counters, target_connections_idle,
                    idle ? 1 : -1);
    c->counted = idle;
}

/* ---- the end ---------------------------------------------------------------- */

void client_h2_leave(struct client_h2 *c)
{
    list_remove(&c->member);
    client_h2_touch(c);
}

/* What the end of the connection is to this stream. */
static enum client_failure why_of(const struct client_h2_stream *s,
                                  enum client_failure why)
{
    if (why != FAILURE_CLOSED)
        return why;
    if (s->answered)
        return FAILURE_TRUNCATED;
    return s->reused && s->heard == s->c->heard ? FAILURE_STALE
                                                : FAILURE_CLOSED;
}

void client_h2_close(struct client_h2 *c, enum client_failure why,
                     const char *cause)
{
    if (c->conn.closed)
        return;
    list_remove(&c->member);
    if (c->begun)
        h2_end(&c->h2);
    c->begun = false;
    c->over = true;
    if (c->gathered)
        chunk_give(&c->port->loop->chunks, c->gathered);
    c->gathered = NULL;
    list_remove(&c->task.node);
    conn_close(&c->conn);
    count_idle(c);
    while (!list_empty(&c->streams)) {
        struct client_h2_stream *s =
            LIST_ENTRY_OF(c->streams.next, struct client_h2_stream, node);

        client_h2_fail(s, why_of(s, why), cause);
    }
}

static bool too_old(const struct client_h2 *c)
{
    return seconds(c) - c->opened_s >= POOL_AGE_MAX_S;
}

/* Whether it still belongs to the pool as it is now. */
static bool is_listed(const struct client_h2 *c)
{
    return list_linked(&c->member);
}

/* It has no stream (any more). */
static void when_idle(struct client_h2 *c)
{
    if (!c->over && is_listed(c) && c->pool->life == POOL_OPEN && !too_old(c)) {
        conn_timer(&c->conn, c->looked ? c->pool->idle_ms : CLIENT_LOOK_MS);
        return;
    }
    if (!c->over)
        h2_leave_now(&c->h2);
    send_gathered(c);
    client_h2_close(c, FAILURE_CLOSED, "the connection was given up");
}

/* The session is over.  Streams whose responses are here to their ends, and
 * wait for slow clients, stay; all others fail. */
static void session_ended(struct client_h2 *c, enum client_failure why,
                          const char *cause)
{
    struct list streams;

    if (c->over)
        return;
    if (!c->begun || !c->ready) {
        client_h2_close(c, why, cause);
        return;
    }
    list_remove(&c->member);
    c->over = true;
    conn_pause(&c->conn, CONN_PAUSE_CLOSING);
    timer_cancel(&c->conn.timer);
    list_take_all(&streams, &c->streams);
    while (!list_empty(&streams)) {
        struct client_h2_stream *s =
            LIST_ENTRY_OF(streams.next, struct client_h2_stream, node);

        list_remove(&s->node);
        list_push_back(&c->streams, &s->node);
        if (s->h2.h2 == NULL || !h2_has_more(&s->h2))
            client_h2_fail(s, why_of(s, why), cause);
    }
    client_h2_touch(c);
}

/* The end of a turn. */
static void turn_end(struct loop_task *task)
{
    struct client_h2 *c = LIST_ENTRY_OF(task, struct client_h2, task);
    bool alive;

    if (c->conn.closed || !c->begun)
        return;
    alive = h2_flush(&c->h2);
    send_gathered(c);
    if (list_empty(&c->h2.ready)) /* else there is more to hand over */
        list_remove(&c->task.node);
    if (!alive)
        session_ended(c, FAILURE_CLOSED, "the target ended HTTP/2");
    count_idle(c);
    if (c->nstreams == 0 && (c->ready || c->over))
        when_idle(c);
}

void client_h2_touch(struct client_h2 *c)
{
    if (!c->conn.closed)
        loop_ready(c->port->loop, &c->task);
}

/* ---- input ------------------------------------------------------------------ */

/* The target broke the protocol, or ended the session. */
static void session_over(struct client_h2 *c)
{
    send_gathered(c);
    if (!c->ready)
        client_h2_close(c, FAILURE_HANDSHAKE,
                        "it does not speak HTTP/2: what it sent first is no "
                        "SETTINGS frame");
    else
        session_ended(c, FAILURE_CLOSED,
                      "the target ended HTTP/2, or broke its rules");
}

static void received(struct client_h2 *c, const struct window *w)
{
    COUNTER_ADD(c->port->loop->counters, bytes_from_targets, w->fresh);
    c->heard++;
    if (!h2_receive(&c->h2, w->p, w->n, seconds(c))) {
        session_over(c);
        return;
    }
    client_h2_touch(c);
    if (!c->ready && c->h2.settled) {
        c->ready = true;
        timer_cancel(&c->conn.timer);
        client_h2_hand_out(c);
    }
    if (c->ready) {
        c->looked = false;
        conn_timer(&c->conn, CLIENT_LOOK_MS);
    }
}

static void ended(struct client_h2 *c, bool reset)
{
    if (!c->ready)
        client_h2_close(c, FAILURE_HANDSHAKE,
                        "it closed the connection before its SETTINGS: it "
                        "does not seem to speak HTTP/2");
    else
        session_ended(c, FAILURE_CLOSED,
                      reset ? "the target reset the connection"
                            : "the target closed the connection");
}

static void on_readable(struct conn *conn)
{
    struct client_h2 *c = of_conn(conn);
    struct window w;
    enum conn_read how;

    if (!c->begun || c->over)
        return;
    how = conn_read(conn, LOOP_READ, &w);
    switch (how) {
    case CONN_DATA:
        received(c, &w);
        conn_again(conn);
        break;
    case CONN_AGAIN:
        break;
    case CONN_EOF:
    case CONN_BROKEN:
        ended(c, how == CONN_BROKEN);
        break;
    }
}

/* The connection moved; not for a stream that waits for its own window. */
static void progress(struct client_h2 *c)
{
    struct list *l = c->streams.next;

    while (l != &c->streams) {
        struct client_h2_stream *s =
            LIST_ENTRY_OF(l, struct client_h2_stream, node);

        l = l->next;
        if (s->stream.exchange && h2_blocked(&s->h2) &&
            (h2_window(&s->h2) || client_h2_is_under_way(s)))
            c->port->handler->on_progress(&s->stream);
    }
}

static void on_sent(struct conn *conn)
{
    struct client_h2 *c = of_conn(conn);

    c->moved_us = c->port->loop->now_us;
    progress(c);
}

/* The socket takes bytes again: bodies may go on. */
static void on_drained(struct conn *conn)
{
    client_h2_touch(of_conn(conn));
}

/* What the target said before it closed is read first. */
static void on_broken(struct conn *conn)
{
    struct client_h2 *c = of_conn(conn);

    conn_look(conn);
    while (!conn->closed && !c->over && conn_has_input(conn))
        on_readable(conn);
    if (!conn->closed)
        ended(c, true);
}

/* ---- connecting ------------------------------------------------------------- */

enum client_failure client_connect_failed(struct conn *conn,
                                          struct connection_count *count,
                                          int error, struct text *cause)
{
    struct tls_failure failure = {.fault = TLS_FAULT_NONE};

    if (conn_tls(conn))
        failure = conn_tls_failure(conn);
    if (failure.fault != TLS_FAULT_NONE && error != ETIMEDOUT) {
        COUNTER_ADD(conn->loop->counters, target_tls_errors, 1);
        connection_tls_failed(count);
        text_printf(cause, "the TLS handshake failed: %s", failure.why);
        return FAILURE_HANDSHAKE;
    }
    COUNTER_ADD(conn->loop->counters, target_connection_errors, 1);
    connection_meter_failed(count->meter);
    text_printf(cause, "%s", strerror(error));
    return error == ETIMEDOUT ? FAILURE_CONNECT_TIMEOUT : FAILURE_CONNECT;
}

static void connect_failed(struct client_h2 *c, int error)
{
    char room[160] = "";
    struct text cause = text_in(room, sizeof(room) - 1);
    enum client_failure why =
        client_connect_failed(&c->conn, &c->count, error, &cause);

    client_h2_close(c, why, room);
}

static bool begin(struct client_h2 *c)
{
    static const struct h2_settings settings = {.client = true};
    struct client_port *port = c->port;

    if (port->h2 == NULL)
        port->h2 = h2_port_new(&port->loop->chunks);
    if (port->h2 == NULL)
        return false;
    c->h2.owner = c;
    c->begun = h2_begin(&c->h2, port->h2, &client_h2_codec_ops, &settings);
    return c->begun;
}

static void on_connected(struct conn *conn, int error)
{
    struct client_h2 *c = of_conn(conn);
    const struct conn_tls *tls = conn_tls(conn);

    if (error) {
        connect_failed(c, error);
        return;
    }
    connection_opens(&c->count);
    if (tls && conn_tls_alpn(tls) != TLS_ALPN_HTTP_2) {
        COUNTER_ADD(conn->loop->counters, target_tls_errors, 1);
        connection_tls_failed(&c->count);
        client_h2_close(c, FAILURE_HANDSHAKE,
                        "it did not choose HTTP/2 in the TLS handshake (ALPN "
                        "h2), which its ProtocolVersion wants");
        return;
    }
    if (!begin(c)) {
        client_h2_close(c, FAILURE_CONNECT, "out of memory");
        return;
    }
    client_h2_touch(c);
    conn_again(conn);
}

/* A reset that came with the last bytes made no event of its own. */
static void look(struct client_h2 *c)
{
    c->looked = true;
    conn_look(&c->conn);
    on_readable(&c->conn);
}

/* PINGs and the like of a target do not keep an idle connection. */
static void idle_timeout(struct client_h2 *c)
{
    uint64_t idle_ms = (c->port->loop->now_us - c->idle_us) / 1000;

    if (idle_ms >= c->pool->idle_ms)
        client_h2_leave(c);
    else
        conn_timer(&c->conn, c->pool->idle_ms - idle_ms);
}

static void on_timeout(struct conn *conn)
{
    struct client_h2 *c = of_conn(conn);

    if (!c->ready) {
        COUNTER_ADD(conn->loop->counters, target_connection_errors, 1);
        connection_meter_failed(c->count.meter);
        client_h2_close(c, FAILURE_CONNECT_TIMEOUT,
                        c->begun ? "the target did not begin HTTP/2 in time"
                                 : "the connection timed out");
        return;
    }
    if (!c->looked)
        look(c);
    if (!conn->closed && c->looked && c->nstreams == 0)
        idle_timeout(c);
}

static void on_free(struct conn *conn)
{
    struct client_h2 *c = of_conn(conn);

    COUNTER_ADD(conn->loop->counters, target_connections, -1);
    connection_ends(&c->count);
    list_remove(&c->task.node);
    list_remove(&c->node);
    slab_give(&c->port->h2_slab, c);
}

static const struct conn_ops conn_ops = {
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_sent = on_sent,
    .on_broken = on_broken,
    .on_connected = on_connected,
    .on_timeout = on_timeout,
    .on_free = on_free,
};

struct client_h2 *client_h2_open(struct client_pool *pool)
{
    struct client_port *port = pool->port;
    struct client_h2 *c = slab_take(&port->h2_slab);

    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof(*c));
    if (client_begin(pool, &c->conn, &conn_ops, &c->count)) {
        slab_give(&port->h2_slab, c);
        return NULL;
    }
    c->port = port;
    c->pool = pool;
    c->ways = pool->ways;
    c->opened_s = (uint32_t)seconds(c);
    list_init(&c->streams);
    loop_task_init(&c->task, turn_end);
    list_push_back(&port->h2s, &c->node);
    list_push_back(&pool->h2s, &c->member);
    return c;
}

unsigned client_h2_room(const struct client_h2 *c)
{
    unsigned left, cap = CLIENT_H2_STREAMS;

    if (!c->ready) /* they wait for it */
        return c->nstreams < cap ? cap - c->nstreams : 0;
    if (c->over || too_old(c))
        return 0;
    left = h2_requests_left(&c->h2);
    left = left > c->ntaken ? left - c->ntaken : 0;
    cap = c->nstreams < cap ? cap - c->nstreams : 0;
    return left < cap ? left : cap;
}

/* ---- what the codec tells of the session ------------------------------------ */

void client_h2_goaway(struct h2 *h2, uint32_t last, enum h2_error error)
{
    (void)last;
    (void)error;
    client_h2_leave(client_h2_of(h2));
}
