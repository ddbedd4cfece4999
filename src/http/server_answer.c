/* SPDX-License-Identifier: Apache-2.0
 *
 * Server sessions: how a response is written (RFC 9112 §6, §9).
 */
#include "http/compose.h"
#include "http/server_session.h"

enum {
    /* The rest of a request body that an early answer of our own may leave
     * unread and the connection still be kept. */
    DRAINABLE = 256 * 1024,
};

static struct server_session *session_of(struct server_stream *stream)
{
    return LIST_ENTRY_OF(stream, struct server_session, stream);
}

/* RFC 9110 §6.4.1: no body follows, whatever the fields say. */
static bool bodyless(const struct server_session *s, unsigned status)
{
    return s->head || status == 204 || status == 304;
}

/* Whether what is left of the request can be read to its end. */
static bool drainable(const struct server_session *s)
{
    return server_request_done(s) ||
           (s->body.kind == BODY_LENGTH && s->body.left <= DRAINABLE);
}

static bool too_old(const struct server_session *s)
{
    uint64_t age = s->conn.loop->now_us / 1000000 - s->opened_s;

    return age * 1000 >= s->port->keep_alive_ms;
}

/* Decides how the end of the body is told and whether the connection goes on
 * afterwards. */
static void decide(struct server_session *s, const struct response_out *out,
                   bool whole)
{
    s->no_body = bodyless(s, out->status) || out->body == BODY_NONE;
    s->chunked = false;
    if (out->body == BODY_CHUNKED || out->body == BODY_CLOSE) {
        s->chunked = s->version == 11 && !bodyless(s, out->status);
        if (!s->chunked && !s->no_body)
            s->keep_alive = false; /* the end of the connection tells */
    }
    s->delimited = s->chunked || s->no_body || out->body == BODY_LENGTH;
    if (out->close || s->port->draining || too_old(s) || s->want_continue ||
        s->websocket || ((out->own || whole) && !drainable(s)))
        s->keep_alive = false;
}

static void put_framing(struct text *t, const struct server_session *s,
                        const struct response_out *out)
{
    bool unknown = out->body == BODY_CHUNKED || out->body == BODY_CLOSE;

    if (s->chunked || (unknown && s->head && s->version == 11)) {
        TEXT_LITERAL(t, "Transfer-Encoding: chunked\r\n");
    } else if (out->body == BODY_LENGTH && out->status != 204) {
        TEXT_LITERAL(t, "Content-Length: ");
        text_u64(t, out->length);
        TEXT_LITERAL(t, "\r\n");
    } else if (out->body == BODY_NONE && !bodyless(s, out->status)) {
        TEXT_LITERAL(t, "Content-Length: 0\r\n");
    }
}

static void put_added(struct text *t, const struct added_field *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        h1_put_field(t, v[i].name, v[i].value);
}

/* All but framing and Connection. */
static void put_fields(struct text *t, const struct response_out *out)
{
    if (out->fields)
        h1_put_fields(t, out->fields);
    put_added(t, out->added, out->nadded);
    if (out->listener)
        put_added(t, out->listener->v, out->listener->n);
}

static void put_head(struct text *t, const struct server_session *s,
                     const struct response_out *out)
{
    h1_put_status_line(t, out->status, out->reason);
    put_fields(t, out);
    put_framing(t, s, out);
    if (s->keep_alive)
        TEXT_LITERAL(t, "Connection: keep-alive\r\n\r\n");
    else
        TEXT_LITERAL(t, "Connection: close\r\n\r\n");
}

/* Those that CloudWatch has a metric for. */
static void count_own_5xx(struct counters *c, unsigned status)
{
    COUNTER_ADD(c, elb_5xx, 1);
    if (status == 500)
        COUNTER_ADD(c, elb_500, 1);
    else if (status == 502)
        COUNTER_ADD(c, elb_502, 1);
    else if (status == 503)
        COUNTER_ADD(c, elb_503, 1);
    else if (status == 504)
        COUNTER_ADD(c, elb_504, 1);
}

void server_count_status(struct counters *c, const struct response_out *out)
{
    if (out->status < 300)
        COUNTER_ADD(c, responses_2xx, 1);
    else if (out->status < 400)
        COUNTER_ADD(c, responses_3xx, 1);
    else if (out->status < 500)
        COUNTER_ADD(c, responses_4xx, 1);
    else
        COUNTER_ADD(c, responses_5xx, 1);
    if (out->own && out->status >= 400 && out->status < 500)
        COUNTER_ADD(c, elb_4xx, 1);
    else if (out->own && out->status >= 500)
        count_own_5xx(c, out->status);
}

/* The response is complete as far as its source goes. */
static void answered(struct server_session *s)
{
    s->answered = true;
    server_proceed(s);
}

static size_t write_piece(struct server_session *s, struct str head,
                          const struct piece *piece)
{
    struct compose_options how = {.chunked = s->chunked};
    size_t written;

    /* Held back for the FIN, an answer would go down with a reset. */
    s->conn.closing =
        piece->end && server_closes_at_once(s) && !conn_unread(&s->conn);
    if (s->no_body) {
        conn_send(&s->conn, head.p, head.n);
        written = head.n;
    } else {
        written = compose_send(&s->conn, head, piece, &how);
    }
    s->conn.closing = false;
    COUNTER_ADD(s->conn.loop->counters, bytes_to_clients, written);
    if (piece->end)
        answered(s);
    return written;
}

static size_t respond(struct server_stream *stream, struct response_out *out,
                      const struct piece *piece)
{
    struct server_session *s = session_of(stream);
    struct text head = text_in(s->conn.loop->head, LOOP_HEAD);

    decide(s, out, piece->end);
    s->want_continue = false;
    s->started = true;
    server_count_status(s->conn.loop->counters, out);
    if (s->version != 9) /* a simple response is the body alone */
        put_head(&head, s, out);
    if (!text_ok(&head)) { /* longer than any that the codec lets in */
        server_close(s);
        return 0;
    }
    return write_piece(s, text_str(&head), piece);
}

static size_t send_body(struct server_stream *stream, const struct piece *piece)
{
    struct server_session *s = session_of(stream);

    if (s->state == SERVER_TUNNEL) {
        COUNTER_ADD(s->conn.loop->counters, bytes_to_clients, piece->data.n);
        conn_send(&s->conn, piece->data.p, piece->data.n);
        if (piece->end)
            conn_shutdown(&s->conn);
        return piece->data.n;
    }
    return write_piece(s, STR(""), piece);
}

static size_t upgrade(struct server_stream *stream, struct response_out *out)
{
    struct server_session *s = session_of(stream);
    struct text t = text_in(s->conn.loop->head, LOOP_HEAD);

    h1_put_status_line(&t, 101, out->reason);
    put_fields(&t, out);
    TEXT_LITERAL(&t, "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    if (!text_ok(&t)) {
        server_close(s);
        return 0;
    }
    s->started = true;
    s->keep_alive = false;
    s->state = SERVER_TUNNEL;
    s->conn.pauses = 0;
    server_count_status(s->conn.loop->counters, out);
    COUNTER_ADD(s->conn.loop->counters, bytes_to_clients, t.n);
    conn_send(&s->conn, t.p, t.n);
    conn_again(&s->conn);
    return t.n;
}

static void cut(struct server_stream *stream)
{
    struct server_session *s = session_of(stream);

    s->stream.exchange = NULL;
    s->keep_alive = false;
    if (s->state == SERVER_TUNNEL && s->conn.eof && s->conn.shut) {
        conn_close(&s->conn); /* both directions had their end */
        return;
    }
    if (!s->started || !s->delimited || s->state == SERVER_TUNNEL) {
        conn_reset(&s->conn);
        return;
    }
    /* What was sent arrives, then the end: too early, as the client sees. */
    s->client_closes = false;
    answered(s);
}

static void pause_body(struct server_stream *stream, enum conn_pause why)
{
    conn_pause(&session_of(stream)->conn, why);
}

static void resume_body(struct server_stream *stream, enum conn_pause why)
{
    conn_resume(&session_of(stream)->conn, why);
}

static bool blocked(const struct server_stream *stream)
{
    const struct server_session *s =
        LIST_ENTRY_OF((uintptr_t)stream, struct server_session, stream);

    return conn_queued(&s->conn);
}

static void touch(struct server_stream *stream)
{
    struct server_session *s = session_of(stream);

    conn_timer(&s->conn, s->port->idle_ms);
}

const struct server_stream_ops server_h1_ops = {
    .respond = respond,
    .send_body = send_body,
    .upgrade = upgrade,
    .cut = cut,
    .pause = pause_body,
    .resume = resume_body,
    .blocked = blocked,
    .touch = touch,
};
