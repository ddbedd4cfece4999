/* SPDX-License-Identifier: Apache-2.0 */
#include "target_h2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/h2.h"

/* ---- the target ------------------------------------------------------------ */

struct peer {
    struct conn conn;
    struct h2 h2;
    struct world *world;
    struct list node;
    struct list served;
    bool begun;
};

struct served {
    struct h2_stream h2;
    struct list node;
    bool echo;
    bool cut; /* soon */
};

static struct served *served_of(struct h2_stream *stream)
{
    return LIST_ENTRY_OF(stream, struct served, h2);
}

/* The codec may be about to look at it. */
static struct list graveyard = {&graveyard, &graveyard};

static void free_served(struct served *s)
{
    list_remove(&s->node);
    list_push_back(&graveyard, &s->node);
}

static void empty_graveyard(void)
{
    while (!list_empty(&graveyard)) {
        struct served *s = LIST_ENTRY_OF(graveyard.next, struct served, node);

        list_remove(&s->node);
        free(s);
    }
}

static struct h2_port *codec; /* of the target */

static struct peer *of_conn(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct peer, conn);
}

static void peer_close(struct peer *p, bool reset)
{
    if (p->conn.closed)
        return;
    if (reset)
        conn_reset(&p->conn);
    else
        conn_close(&p->conn);
}

static void on_write(struct h2 *h2, const char *p, size_t n)
{
    struct peer *peer = LIST_ENTRY_OF(h2, struct peer, h2);

    if (!peer->conn.closed)
        conn_send(&peer->conn, p, n);
}

static bool room(struct h2 *h2)
{
    (void)h2;
    return true;
}

static struct h2_stream *on_open(struct h2 *h2)
{
    struct served *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    list_push_back(&LIST_ENTRY_OF(h2, struct peer, h2)->served, &s->node);
    return &s->h2;
}

static void keep_head(struct world *w, const struct request *req)
{
    struct text t = text_in(w->last_head, sizeof(w->last_head) - 1);

    text_str_put(&t, slice_of(&req->fields, req->method_name));
    text_char(&t, ' ');
    text_str_put(&t, slice_of(&req->fields, req->path));
    TEXT_LITERAL(&t, "\r\n:authority: ");
    text_str_put(&t, slice_of(&req->fields, req->authority));
    TEXT_LITERAL(&t, "\r\n");
    h1_put_fields(&t, &req->fields);
    assert_true(text_ok(&t));
    w->last_head[t.n] = '\0';
    w->last_body = 0;
    w->last_trailers[0] = '\0';
    w->requests++;
}

static void keep_piece(struct world *w, const struct h2_piece *piece)
{
    w->last_body += piece->n;
    if (piece->trailers.n)
        snprintf(w->last_trailers, sizeof(w->last_trailers), STR_FMT,
                 STR_ARG(piece->trailers));
}

static void respond(struct h2_stream *stream, const char *body, size_t n,
                    bool end)
{
    struct h2_piece piece = {.p = body, .n = n, .end = end};

    h2_head_status(codec, 200);
    h2_head_field(codec, STR("X-Target"), STR("h2"));
    assert_true(h2_respond(stream, &piece));
}

static void respond_big(struct h2_stream *stream)
{
    static char big[BIG];

    memset(big, 'b', sizeof(big));
    respond(stream, big, sizeof(big), true);
}

static void reset(struct h2_stream *stream, enum h2_error error)
{
    h2_reset(stream, error);
    free_served(served_of(stream));
}

static void empty(struct h2_stream *stream)
{
    struct h2_piece end = {.end = true};

    h2_head_status(codec, 200);
    h2_head_field(codec, STR("content-type"), STR("application/grpc"));
    h2_head_field(codec, STR("grpc-status"), STR("5"));
    assert_true(h2_respond(stream, &end));
}

static void echo(struct h2_stream *stream, const struct h2_piece *piece)
{
    served_of(stream)->echo = true;
    respond(stream, piece->p, piece->n, false);
    if (piece->end) {
        struct h2_piece end = {.end = true, .trailers = piece->trailers};

        h2_send(stream, &end);
    }
}

static void serve(struct peer *p, struct h2_stream *stream, struct str path,
                  const struct h2_piece *piece)
{
    struct world *w = p->world;

    if (str_eq(path, STR("/ok")) || str_eq(path, STR("/early")))
        respond(stream, "hello", 5, true);
    else if (str_eq(path, STR("/echo")))
        echo(stream, piece);
    else if (str_eq(path, STR("/head")))
        respond(stream, NULL, 0, false);
    else if (str_eq(path, STR("/big")))
        respond_big(stream);
    else if (str_eq(path, STR("/refuse")))
        reset(stream, H2_REFUSED_STREAM);
    else if (str_eq(path, STR("/refuse-once")) && !w->refused_once) {
        w->refused_once = true;
        reset(stream, H2_REFUSED_STREAM);
    } else if (str_eq(path, STR("/refuse-once")))
        echo(stream, piece);
    else if (str_eq(path, STR("/reset")))
        reset(stream, H2_CANCEL);
    else if (str_eq(path, STR("/cut"))) {
        respond(stream, "half", 4, false);
        served_of(stream)->cut = true;
        conn_timer(&p->conn, 5);
    } else if (str_eq(path, STR("/goaway"))) {
        h2_leave_now(&p->h2);
        respond(stream, "hello", 5, true);
    } else if (str_eq(path, STR("/die"))) {
        peer_close(p, true);
    } else if (str_eq(path, STR("/empty")))
        empty(stream);
    else
        assert_true(str_eq(path, STR("/hold")));
}

static void on_request(struct h2_stream *stream, struct request *request,
                       const struct h2_piece *piece)
{
    struct peer *p = LIST_ENTRY_OF(stream->h2, struct peer, h2);
    struct str path = slice_of(&request->fields, request->path);

    keep_head(p->world, request);
    keep_piece(p->world, piece);
    serve(p, stream, str_cut(&path, '?'), piece);
}

static void on_body(struct h2_stream *stream, const struct h2_piece *piece)
{
    struct served *s = served_of(stream);
    struct peer *p = LIST_ENTRY_OF(stream->h2, struct peer, h2);

    keep_piece(p->world, piece);
    if (s->echo)
        h2_send(stream, piece);
}

static void on_drained(struct h2_stream *stream)
{
    (void)stream;
}

static struct world *the_world;

static void on_closed(struct h2_stream *stream, enum h2_error error)
{
    if (error == H2_CANCEL)
        the_world->resets++;
    free_served(served_of(stream));
}

static void on_refused(struct h2_stream *stream, const struct h1_fault *fault,
                       size_t received)
{
    (void)stream;
    (void)received;
    fail_msg("the target was sent a malformed head: %s", fault->why);
}

static const struct h2_ops target_ops = {
    .write = on_write,
    .room = room,
    .open = on_open,
    .on_request = on_request,
    .on_body = on_body,
    .on_drained = on_drained,
    .on_closed = on_closed,
    .on_refused = on_refused,
};

static void peer_readable(struct conn *conn)
{
    struct peer *p = of_conn(conn);
    struct window w;
    enum conn_read how = conn_read(conn, LOOP_READ, &w);

    if (how == CONN_EOF || how == CONN_BROKEN) {
        peer_close(p, false);
        return;
    }
    if (how != CONN_DATA || !p->begun)
        return;
    /* The buffer is the loop's: what the client does meanwhile uses it. */
    {
        char *copy = malloc(w.n);

        assert_non_null(copy);
        memcpy(copy, w.p, w.n);
        if (!h2_receive(&p->h2, copy, w.n, 0) && !conn->closed &&
            h2_done(&p->h2))
            peer_close(p, false);
        free(copy);
    }
    if (!conn->closed)
        conn_again(conn);
}

static void peer_timeout(struct conn *conn)
{
    struct peer *p = of_conn(conn);
    struct list *l = p->served.next;

    while (l != &p->served) {
        struct served *s = LIST_ENTRY_OF(l, struct served, node);

        l = l->next;
        if (s->cut)
            reset(&s->h2, H2_CANCEL);
    }
}

static void ignore(struct conn *conn)
{
    (void)conn;
}

static void peer_broken(struct conn *conn)
{
    peer_close(of_conn(conn), false);
}

static void peer_free(struct conn *conn)
{
    struct peer *p = of_conn(conn);

    list_remove(&p->node);
    if (p->begun)
        h2_end(&p->h2);
    while (!list_empty(&p->served)) {
        struct served *s = LIST_ENTRY_OF(p->served.next, struct served, node);

        h2_forget(&s->h2);
        free_served(s);
    }
    free(p);
}

static const struct conn_ops peer_ops = {
    .on_readable = peer_readable,
    .on_drained = ignore,
    .on_broken = peer_broken,
    .on_timeout = peer_timeout,
    .on_free = peer_free,
};

static bool on_accept(struct listener *listener, int fd,
                      const struct address *client)
{
    static const struct h2_settings settings = {.client = false};
    struct world *w = listener->owner;
    struct peer *p = calloc(1, sizeof(*p));

    (void)client;
    assert_non_null(p);
    p->world = w;
    list_init(&p->served);
    w->accepted++;
    assert_true(conn_init(&p->conn, &w->loop, fd, &peer_ops));
    list_push_back(&w->peers, &p->node);
    if (w->raw)
        conn_send(&p->conn, w->raw, w->nraw);
    else if (!w->silent)
        p->begun = h2_begin(&p->h2, codec, &target_ops, &settings);
    return true;
}

/* ---- the exchanges ----------------------------------------------------------- */

static struct request *parse(struct ask *ask, char *head, struct field *v)
{
    static struct request request;
    struct h1_fault fault;
    size_t n = 0;

    strcpy(head, ask->head);
    request = (struct request){.fields = {.v = v, .cap = 64}};
    assert_int_equal(h1_parse_request(&request, head, strlen(head),
                                      &h1_request_limits, DESYNC_MODE_DEFENSIVE,
                                      &n, &fault),
                     H1_OK);
    h1_mark_hop_by_hop(&request.fields);
    return &request;
}

static struct piece body_of(const struct ask *ask)
{
    struct piece piece = {.end = !ask->open};

    if (ask->body)
        piece.data = (struct span){(char *)(uintptr_t)ask->body,
                                   strlen(ask->body), false};
    if (ask->trailers)
        piece.trailers = str_of(ask->trailers);
    return piece;
}

static void send_ask(struct ask *ask)
{
    char head[2048];
    struct field v[64];
    struct request_out out = {.request = parse(ask, head, v)};
    struct piece piece = body_of(ask);
    struct str encoded;

    out.added[out.nadded++] =
        (struct added_field){STR("X-Forwarded-Proto"), STR("https")};
    assert_true(client_request(ask->stream, &out, &piece, &encoded));
    assert_true(encoded.n < sizeof(ask->encoded));
    memcpy(ask->encoded, encoded.p, encoded.n);
    ask->nencoded = encoded.n;
}

static void go_on(struct ask *ask)
{
    struct piece piece = body_of(ask);

    ask->connected = true;
    ask->reused = client_stream_reused(ask->stream);
    if (ask->nencoded)
        client_request_again(ask->stream, str_make(ask->encoded, ask->nencoded),
                             METHOD_POST, &piece);
    else
        send_ask(ask);
}

static void on_connected(struct client_stream *stream)
{
    go_on(stream->exchange);
}

static void on_piece(struct ask *ask, const struct piece *piece)
{
    size_t room_left = sizeof(ask->text) - 1 - strlen(ask->text);
    size_t n = piece->data.n < room_left ? piece->data.n : room_left;

    if (n)
        strncat(ask->text, piece->data.p, n);
    ask->n += piece->data.n;
    if (piece->trailers.n)
        snprintf(ask->got_trailers, sizeof(ask->got_trailers), STR_FMT,
                 STR_ARG(piece->trailers));
    if (piece->end) {
        ask->ended = true;
        ask->stream = NULL;
    }
}

static void on_response(struct client_stream *stream, struct response *response,
                        const struct piece *body)
{
    struct ask *ask = stream->exchange;
    struct text t = text_in(ask->fields, sizeof(ask->fields) - 1);

    ask->answered = true;
    ask->status = response->status;
    h1_put_fields(&t, &response->fields);
    ask->fields[t.n] = '\0';
    if (ask->paused)
        stream->ops->pause(stream, CONN_PAUSE_PEER);
    on_piece(ask, body);
}

static void on_response_body(struct client_stream *stream,
                             const struct piece *piece)
{
    on_piece(stream->exchange, piece);
}

static void on_stream(struct client_stream *stream)
{
    (void)stream;
}

static void on_failed(struct client_stream *stream, enum client_failure why,
                      const char *cause)
{
    struct ask *ask = stream->exchange;

    ask->failed = true;
    ask->why = why;
    ask->stream = NULL;
    snprintf(ask->cause, sizeof(ask->cause), "%s", cause);
}

static const struct client_handler handler = {
    .on_connected = on_connected,
    .on_response = on_response,
    .on_body = on_response_body,
    .on_drained = on_stream,
    .on_progress = on_stream,
    .on_failed = on_failed,
};

void world_ask(struct world *w, struct ask *ask)
{
    ask->stream = client_pool_take(&w->pool, ask);
    if (ask->stream) {
        go_on(ask);
        return;
    }
    ask->stream = client_connect(&w->pool, ask);
    assert_non_null(ask->stream);
}

void world_ask_again(struct world *w, struct ask *ask)
{
    ask->failed = ask->answered = ask->ended = ask->connected = false;
    world_ask(w, ask);
}

/* ---- the loop ----------------------------------------------------------------- */

static struct {
    bool (*done)(void *of);
    void *of;
    uint64_t end_us;
} until;

/* After everything else of a turn. */
static void look(evutil_socket_t fd, short what, void *arg)
{
    struct world *w = arg;

    (void)fd;
    (void)what;
    loop_tick(&w->loop);
    if (until.done(until.of) || w->loop.now_us > until.end_us)
        w->loop.stop = true;
}

void world_run(struct world *w, bool (*done)(void *of), void *of)
{
    static const struct timeval each = {.tv_usec = 1000};
    struct event ticks;

    until.end_us = clock_monotonic_us() + 5000000;
    until.done = done;
    until.of = of;
    event_assign(&ticks, w->loop.base, -1, EV_PERSIST, look, w);
    event_add(&ticks, &each);
    w->loop.stop = done(of);
    loop_run(&w->loop);
    event_del(&ticks);
    assert_true(done(of));
}

static bool is_over(void *of)
{
    const struct ask *ask = of;

    return ask->ended || ask->failed;
}

void world_finish(struct world *w, struct ask *ask)
{
    world_run(w, is_over, ask);
}

static bool is_late(void *of)
{
    return clock_monotonic_us() >= *(uint64_t *)of;
}

void world_idle(struct world *w, unsigned ms)
{
    uint64_t end = clock_monotonic_us() + ms * 1000;

    world_run(w, is_late, &end);
}

/* ---- life ---------------------------------------------------------------------- */

static void nothing(struct listener *listener)
{
    (void)listener;
}

void world_begin(struct world *w)
{
    struct client_way way = {.http2 = true};
    struct address address;
    struct error error;
    int fd;

    memset(w, 0, sizeof(*w));
    the_world = w;
    list_init(&w->peers);
    assert_true(address_parse(STR("127.0.0.1:0"), &address));
    assert_true(loop_init(&w->loop, &w->counters));
    assert_true(client_port_init(&w->port, &w->loop));
    codec = h2_port_new(&w->loop.chunks);
    assert_non_null(codec);
    w->port.handler = &handler;
    fd = listener_open(&address, false, &error);
    assert_true(fd >= 0);
    w->listener.on_accept = on_accept;
    w->listener.on_stopped = nothing;
    w->listener.owner = w;
    assert_true(listener_start(&w->listener, &w->loop, fd));
    client_pool_init(&w->pool, &w->port, &address);
    w->pool.connect_ms = 5000;
    w->pool.idle_ms = 60000;
    client_pool_go(&w->pool, &way);
}

void world_end(struct world *w)
{
    listener_end(&w->listener);
    client_pool_end(&w->pool);
    client_port_close(&w->port);
    for (struct list *l = w->peers.next; l != &w->peers; l = l->next)
        peer_close(LIST_ENTRY_OF(l, struct peer, node), false);
    loop_settle(&w->loop);
    client_port_end(&w->port);
    h2_port_free(codec);
    empty_graveyard();
    loop_end(&w->loop);
}
