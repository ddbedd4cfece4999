/* SPDX-License-Identifier: Apache-2.0 */
#include "http/page.h"
#include "http/server_h2_internal.h"

enum {
    /* Gathered before it is sent: four records of TLS. */
    GATHER = 64 * 1024 - sizeof(struct chunk),
    /* Heads and answers to frames that wait for a full socket, before the
     * client is read no further. */
    AHEAD_MAX = 64 * 1024,
    READ = 128 * 1024,
};

static struct server_h2 *of_session(const struct server_session *s)
{
    return s->h2;
}

static struct server_session *of_conn(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct server_session, conn);
}

static struct h2_exchange *of_stream(struct h2_stream *stream)
{
    return LIST_ENTRY_OF(stream, struct h2_exchange, h2);
}

static struct server_h2 *of_h2(struct h2 *h2)
{
    return h2->owner;
}

static bool too_old(const struct server_session *s)
{
    uint64_t age = s->conn.loop->now_us / 1000000 - s->opened_s;

    return age * 1000 >= s->port->keep_alive_ms;
}

/* ---- bytes out ---------------------------------------------------------- */

static void send_gathered(struct server_h2 *sh)
{
    struct conn *conn = &sh->session->conn;
    struct chunk *c = sh->out;

    if (c == NULL || chunk_len(c) == 0)
        return;
    COUNTER_ADD(conn->loop->counters, bytes_to_clients, chunk_len(c));
    conn_send(conn, chunk_begin(c), chunk_len(c));
    c->begin = c->end = 0;
}

static void note_ahead(struct server_h2 *sh, size_t n)
{
    struct conn *conn = &sh->session->conn;

    if (!conn_queued(conn))
        return;
    sh->ahead += (uint32_t)n;
    if (sh->ahead > AHEAD_MAX)
        conn_pause(conn, CONN_PAUSE_PEER);
}

static void write_out(struct h2 *h2, const char *p, size_t n)
{
    struct server_h2 *sh = of_h2(h2);
    struct loop *loop = sh->session->conn.loop;

    server_h2_turn(sh);
    note_ahead(sh, n);
    if (sh->out == NULL) {
        sh->out = chunk_take(&loop->chunks, GATHER);
        if (sh->out == NULL) {
            conn_break(&sh->session->conn);
            return;
        }
    }
    while (n) {
        size_t room = sh->out->cap - sh->out->end;
        size_t step = n < room ? n : room;

        memcpy(sh->out->data + sh->out->end, p, step);
        sh->out->end += (uint32_t)step;
        p += step;
        n -= step;
        if (sh->out->end == sh->out->cap)
            send_gathered(sh);
    }
}

static void send_apart(struct h2 *h2)
{
    send_gathered(of_h2(h2));
}

static bool has_room(struct h2 *h2)
{
    return !conn_queued(&of_h2(h2)->session->conn);
}

/* ---- streams ------------------------------------------------------------ */

static void arm_idle(struct server_session *s)
{
    conn_timer(&s->conn, s->port->idle_ms);
}

static void stop_receiving(struct h2_exchange *e)
{
    if (e->receiving)
        of_session(e->stream.session)->receiving--;
    e->receiving = false;
}

void server_h2_bury(struct h2_exchange *e)
{
    struct server_h2 *sh = of_session(e->stream.session);

    stop_receiving(e);
    list_remove(&e->node);
    list_push_back(&sh->dead, &e->node);
    server_h2_turn(sh);
    if (list_empty(&sh->streams))
        arm_idle(sh->session);
}

static void give_back_dead(struct server_h2 *sh)
{
    while (!list_empty(&sh->dead)) {
        struct h2_exchange *e =
            LIST_ENTRY_OF(sh->dead.next, struct h2_exchange, node);

        list_remove(&e->node);
        slab_give(&sh->session->port->h2_streams, e);
    }
}

static struct h2_stream *open_stream(struct h2 *h2)
{
    struct server_h2 *sh = of_h2(h2);
    struct server_session *s = sh->session;
    struct h2_exchange *e = slab_take(&s->port->h2_streams);

    if (e == NULL)
        return NULL;
    memset(e, 0, sizeof(*e));
    e->stream = (struct server_stream){.ops = &server_h2_ops, .session = s};
    if (list_empty(&sh->streams))
        arm_idle(s);
    list_push_back(&sh->streams, &e->node);
    server_h2_moved(e);
    return &e->h2;
}

static struct piece piece_of(const struct h2_piece *piece, size_t wire)
{
    return (struct piece){
        .data = {(char *)(uintptr_t)piece->p, piece->n, false},
        .end = piece->end,
        .wire = wire,
        .trailers = piece->trailers,
    };
}

/* The limits of a connection's life: one more request each. */
static void look_at_age(struct server_h2 *sh)
{
    struct server_session *s = sh->session;

    if (s->requests >= SERVER_H2_REQUESTS_MAX)
        h2_leave_now(&sh->h2);
    else if (s->requests >= SERVER_H2_REQUESTS || s->port->draining ||
             too_old(s))
        server_h2_drain(s);
}

static void on_request(struct h2_stream *stream, struct request *request,
                       const struct h2_piece *in)
{
    struct h2_exchange *e = of_stream(stream);
    struct server_session *s = e->stream.session;
    struct piece piece = piece_of(in, stream->head_in + in->n);

    s->requests++;
    e->head = request->method == METHOD_HEAD;
    if (request->wants_websocket)
        server_h2_ask_websocket(e, request);
    e->receiving = !in->end;
    of_session(s)->receiving += e->receiving;
    server_h2_moved(e);
    piece.end |= e->websocket; /* what follows is for the tunnel */
    COUNTER_ADD(s->conn.loop->counters, requests, 1);
    s->port->handler->on_request(&e->stream, request, &piece);
    look_at_age(of_session(s));
}

static void on_body(struct h2_stream *stream, const struct h2_piece *in)
{
    struct h2_exchange *e = of_stream(stream);
    struct piece piece = piece_of(in, in->n);

    if (in->end)
        stop_receiving(e);
    server_h2_moved(e);
    if (e->stream.exchange)
        e->stream.session->port->handler->on_body(&e->stream, &piece);
}

static void on_stream_drained(struct h2_stream *stream)
{
    struct h2_exchange *e = of_stream(stream);

    server_h2_moved(e);
    if (e->stream.exchange)
        e->stream.session->port->handler->on_drained(&e->stream);
}

static void tell_gone(struct h2_exchange *e, enum stream_gone why,
                      const char *cause)
{
    if (e->stream.exchange)
        e->stream.session->port->handler->on_gone(&e->stream, why, cause);
    if (why == GONE_CLIENT)
        e->stream.exchange = NULL;
}

/* An answer that comes now goes nowhere. */
static void on_closed(struct h2_stream *stream, enum h2_error error)
{
    struct h2_exchange *e = of_stream(stream);

    if (error != H2_NO_ERROR && stream->refused && !e->started)
        tell_gone(e, GONE_BAD_BODY, "the request body is malformed");
    if (error == H2_NO_ERROR && e->tunnel && e->stream.exchange)
        return; /* what the target has not got yet still goes there: cut() */
    tell_gone(e, GONE_CLIENT, "the client reset the stream");
    server_h2_bury(e);
}

static void on_refused(struct h2_stream *stream, const struct h1_fault *fault,
                       size_t received)
{
    struct h2_exchange *e = of_stream(stream);
    struct server_session *s = e->stream.session;
    size_t sent = 0;

    s->requests++;
    if (h2_stream_open(stream))
        sent = page_respond(&e->stream, s->conn.loop, fault->status, false);
    s->port->handler->on_refused(&e->stream, fault, received, sent);
    look_at_age(of_session(s));
}

static void on_pong(struct h2 *h2)
{
    if (h2->leaving)
        h2_leave_now(h2);
}

static const struct h2_ops codec_ops = {
    .write = write_out,
    .apart = send_apart,
    .room = has_room,
    .open = open_stream,
    .on_request = on_request,
    .on_body = on_body,
    .on_drained = on_stream_drained,
    .on_closed = on_closed,
    .on_refused = on_refused,
    .on_pong = on_pong,
};

/* ---- the end ------------------------------------------------------------ */

static void bury_all(struct server_h2 *sh)
{
    while (!list_empty(&sh->streams)) {
        struct h2_exchange *e =
            LIST_ENTRY_OF(sh->streams.next, struct h2_exchange, node);

        tell_gone(e, GONE_CLIENT, "the connection ended");
        h2_forget(&e->h2);
        server_h2_bury(e);
    }
}

/* Gives the session back to server.c, which knows how to end it. */
static void give_up(struct server_session *s)
{
    struct server_h2 *sh = of_session(s);
    struct loop *loop = s->conn.loop;

    bury_all(sh);
    h2_end(&sh->h2);
    give_back_dead(sh);
    timer_end(&sh->leave);
    list_remove(&sh->turn.node);
    if (sh->out)
        chunk_give(&loop->chunks, sh->out);
    s->h2 = NULL;
    slab_give(&s->port->h2_sessions, sh);
    server_take_back(s);
}

void server_h2_close(struct server_session *s)
{
    if (s->conn.closed)
        return;
    give_up(s);
    server_close(s);
}

/* What the session had to say was written. */
static void finish(struct server_session *s)
{
    give_up(s);
    s->keep_alive = false;
    server_linger(s);
}

void server_h2_reject(struct h2_exchange *e)
{
    struct server_h2 *sh = of_session(e->stream.session);

    e->rejected = true;
    sh->rejects++;
    server_h2_turn(sh);
}

static void reject_all(struct server_h2 *sh)
{
    struct list *next;

    sh->rejects = 0;
    for (struct list *l = sh->streams.next; l != &sh->streams; l = next) {
        struct h2_exchange *e = LIST_ENTRY_OF(l, struct h2_exchange, node);

        next = l->next;
        if (!e->rejected)
            continue;
        tell_gone(e, GONE_CLIENT, "the target's answer is no WebSocket's");
        h2_reset(&e->h2, H2_CONNECT_ERROR);
        server_h2_bury(e);
        next = sh->streams.next; /* others may have ended with it */
    }
}

static void on_turn(struct loop_task *task)
{
    struct server_h2 *sh = LIST_ENTRY_OF(task, struct server_h2, turn);
    struct server_session *s = sh->session;
    bool alive;

    if (sh->rejects)
        reject_all(sh);
    alive = h2_flush(&sh->h2);
    send_gathered(sh);
    if (sh->out && !conn_queued(&s->conn)) {
        chunk_give(&s->conn.loop->chunks, sh->out);
        sh->out = NULL;
    }
    give_back_dead(sh);
    if (!alive)
        finish(s);
}

static void on_leave(struct timer *timer)
{
    struct server_h2 *sh = LIST_ENTRY_OF(timer, struct server_h2, leave);

    h2_leave_now(&sh->h2);
    server_h2_turn(sh);
}

void server_h2_drain(struct server_session *s)
{
    struct server_h2 *sh = of_session(s);

    if (sh->h2.leaving)
        return;
    h2_leave(&sh->h2);
    loop_timer_set(s->conn.loop, &sh->leave, SERVER_H2_LEAVE_MS);
}

/* ---- what the connection tells ------------------------------------------ */

/* A reset together with bytes makes no event: who writes hears of it, who does
 * not looks once more. */
static bool writes_soon(const struct server_h2 *sh)
{
    bool in_head = sh->h2.in != NULL;

    return (sh->out && chunk_len(sh->out)) || sh->h2.streams > in_head;
}

static void receive(struct server_session *s, const struct window *w)
{
    struct server_h2 *sh = of_session(s);

    COUNTER_ADD(s->conn.loop->counters, bytes_from_clients, w->fresh);
    h2_receive(&sh->h2, w->p, w->n, s->conn.loop->now_us / 1000000);
    server_h2_turn(sh);
    if (sh->h2.useful && list_empty(&sh->streams))
        arm_idle(s);
    sh->h2.useful = false;
    if (sh->receiving || !writes_soon(sh))
        conn_expect_more(&s->conn);
    else
        conn_again(&s->conn);
}

static void on_readable(struct conn *conn)
{
    struct server_session *s = of_conn(conn);
    struct window w;

    if (conn->pauses)
        return;
    switch (conn_read(conn, READ, &w)) {
    case CONN_DATA:
        receive(s, &w);
        break;
    case CONN_AGAIN:
        if (w.n)
            receive(s, &w);
        break;
    case CONN_EOF:
    case CONN_BROKEN:
        server_h2_close(s);
        break;
    }
}

static void on_drained(struct conn *conn)
{
    struct server_h2 *sh = of_session(of_conn(conn));

    sh->ahead = 0;
    conn_resume(conn, CONN_PAUSE_PEER);
    server_h2_turn(sh);
}

static void on_broken(struct conn *conn)
{
    server_h2_close(of_conn(conn));
}

/* ---- deadlines ---------------------------------------------------------- */

/* A client that takes nothing of what is there for it: too slow a reader to
 * make an event may be alive. */
static bool output_moves(struct h2_exchange *e)
{
    struct conn *conn = &e->stream.session->conn;

    if (e->h2.sent != e->sent) {
        e->sent = e->h2.sent;
        return true;
    }
    return conn_queued(conn) && conn_output_moves(conn);
}

static void stalled(struct h2_exchange *e)
{
    if (output_moves(e)) {
        server_h2_moved(e);
        return;
    }
    server_h2_moved(e);
    if (e->stream.exchange && !h2_blocked(&e->h2)) {
        tell_gone(e, GONE_TIMEOUT, "nothing moved for the idle timeout");
        return;
    }
    tell_gone(e, GONE_CLIENT, "the client took nothing for the idle timeout");
    h2_reset(&e->h2, H2_CANCEL);
    server_h2_bury(e);
}

/* The first stream on which nothing moved for the idle timeout; else `*wait`
 * is how long none will be. */
static struct h2_exchange *find_stalled(struct server_h2 *sh, uint32_t *wait)
{
    struct server_session *s = sh->session;
    uint32_t now = server_h2_now_ms(s->conn.loop);

    *wait = s->port->idle_ms;
    for (struct list *l = sh->streams.next; l != &sh->streams; l = l->next) {
        struct h2_exchange *e = LIST_ENTRY_OF(l, struct h2_exchange, node);
        uint32_t silent = now - e->moved_ms;

        if (silent >= s->port->idle_ms)
            return e;
        if (s->port->idle_ms - silent < *wait)
            *wait = s->port->idle_ms - silent;
    }
    return NULL;
}

/* No stream is open. */
static void idle(struct server_session *s)
{
    struct server_h2 *sh = of_session(s);

    if (conn_queued(&s->conn)) {
        if (conn_output_moves(&s->conn))
            arm_idle(s);
        else
            server_h2_close(s);
        return;
    }
    h2_leave_now(&sh->h2);
    server_h2_turn(sh);
}

/* A head that never ends holds up all that comes after it. */
static void slow_head(struct server_session *s, struct h2_exchange *e)
{
    static const struct h1_fault slow = {
        .status = 408, .why = "the request head did not come in time"};
    struct server_h2 *sh = of_session(s);

    s->port->handler->on_refused(&e->stream, &slow, 0, 0);
    h2_abort(&sh->h2, H2_NO_ERROR);
    server_h2_turn(sh);
}

static void on_timeout(struct conn *conn)
{
    struct server_session *s = of_conn(conn);
    struct server_h2 *sh = of_session(s);
    struct h2_exchange *e;
    uint32_t wait;

    if (list_empty(&sh->streams)) {
        idle(s);
        return;
    }
    while ((e = find_stalled(sh, &wait)) != NULL) {
        if (&e->h2 == sh->h2.in) {
            slow_head(s, e);
            return;
        }
        stalled(e);
    }
    server_h2_turn(sh);
    conn_timer(conn, wait);
}

static void never_connects(struct conn *conn, int error)
{
    (void)conn;
    (void)error;
}

static void on_free(struct conn *conn)
{
    server_session_free(of_conn(conn));
}

static const struct conn_ops server_h2_conn_ops = {
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_broken = on_broken,
    .on_connected = never_connects,
    .on_timeout = on_timeout,
    .on_free = on_free,
};

/* ---- the begin ---------------------------------------------------------- */

static bool begin(struct server_session *s, struct server_h2 *sh)
{
    struct server_port *port = s->port;
    const struct h2_settings settings = {
        .connect_protocol = port->websocket_over_h2,
    };

    if (port->h2 == NULL)
        port->h2 = h2_port_new(&port->loop->chunks);
    if (port->h2 == NULL)
        return false;
    memset(sh, 0, sizeof(*sh));
    sh->session = s;
    sh->h2.owner = sh;
    list_init(&sh->streams);
    list_init(&sh->dead);
    loop_task_init(&sh->turn, on_turn);
    timer_init(&sh->leave, on_leave);
    return h2_begin(&sh->h2, port->h2, &codec_ops, &settings);
}

void server_h2_begin(struct server_session *s)
{
    struct server_h2 *sh = slab_take(&s->port->h2_sessions);

    if (sh == NULL || !begin(s, sh)) {
        if (sh)
            slab_give(&s->port->h2_sessions, sh);
        server_close(s);
        return;
    }
    s->h2 = sh;
    s->state = SERVER_H2;
    s->conn.ops = &server_h2_conn_ops;
    s->conn.pauses = 0;
    arm_idle(s);
    if (s->port->draining)
        server_h2_drain(s);
    conn_again(&s->conn);
}

void server_h2_port_init(struct server_port *port)
{
    slab_init(&port->h2_sessions, sizeof(struct server_h2));
    slab_init(&port->h2_streams, sizeof(struct h2_exchange));
}

void server_h2_port_end(struct server_port *port)
{
    slab_end(&port->h2_sessions);
    slab_end(&port->h2_streams);
    h2_port_free(port->h2);
    port->h2 = NULL;
}
