/* SPDX-License-Identifier: Apache-2.0
 *
 * Server sessions of HTTP/2: how a response is written (RFC 9113 §8.3.2).
 */
#include "http/server_h2_internal.h"

static struct h2_exchange *of_stream(const struct server_stream *stream)
{
    return LIST_ENTRY_OF((uintptr_t)stream, struct h2_exchange, stream);
}

static struct loop *loop_of(const struct h2_exchange *e)
{
    return e->stream.session->conn.loop;
}

/* RFC 9110 §6.4.1: no body follows, whatever the fields say. */
static bool bodyless(const struct h2_exchange *e, unsigned status)
{
    return e->head || status == 204 || status == 304;
}

static void put_added(struct h2_port *port, const struct added_field *v,
                      unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        h2_head_field(port, v[i].name, v[i].value);
}

static void put_fields(struct h2_port *port, const struct response_out *out)
{
    if (out->fields)
        h2_head_fields(port, out->fields);
    put_added(port, out->added, out->nadded);
    if (out->listener)
        put_added(port, out->listener->v, out->listener->n);
}

static void put_length(struct h2_port *port, const struct h2_exchange *e,
                       const struct response_out *out)
{
    if (out->body == BODY_LENGTH && out->status != 204)
        h2_head_number(port, STR("content-length"), out->length);
    else if (out->body == BODY_NONE && !bodyless(e, out->status))
        h2_head_number(port, STR("content-length"), 0);
}

void server_h2_put_head(struct h2_exchange *e, const struct response_out *out)
{
    struct h2_port *port = e->stream.session->port->h2;

    h2_head_status(port, out->status);
    put_fields(port, out);
    if (!e->tunnel)
        put_length(port, e, out);
}

static void reset(struct h2_exchange *e, enum h2_error error)
{
    if (e->h2.h2 == NULL)
        return; /* over, and buried */
    h2_reset(&e->h2, error);
    server_h2_bury(e);
}

/* The response is complete: what still comes of the request is not wanted. */
static void answered(struct h2_exchange *e)
{
    e->answered = true;
    h2_discard(&e->h2);
}

static struct h2_piece piece_of(const struct h2_exchange *e,
                                const struct piece *piece)
{
    if (e->no_body)
        return (struct h2_piece){.end = true};
    return (struct h2_piece){.p = piece->data.p,
                             .n = piece->data.n,
                             .end = piece->end,
                             .trailers = piece->trailers};
}

static size_t respond(struct server_stream *stream, struct response_out *out,
                      const struct piece *piece)
{
    struct h2_exchange *e = of_stream(stream);
    struct h2_piece first;
    size_t n;

    if (!h2_stream_open(&e->h2))
        return 0;
    if (e->websocket && out->status < 300)
        out->status = 502; /* a 2xx would say that the tunnel is open */
    e->no_body = bodyless(e, out->status) || out->body == BODY_NONE;
    e->started = true;
    server_count_status(loop_of(e)->counters, out);
    server_h2_put_head(e, out);
    first = piece_of(e, piece);
    if (piece->end)
        answered(e);
    n = h2_respond(&e->h2, &first);
    if (n == 0)
        reset(e, H2_INTERNAL_ERROR);
    server_h2_moved(e);
    return n + first.n;
}

static size_t send_body(struct server_stream *stream, const struct piece *piece)
{
    struct h2_exchange *e = of_stream(stream);
    struct h2_piece next = piece_of(e, piece);

    if (!h2_stream_open(&e->h2))
        return 0;
    if (piece->end && !e->tunnel)
        answered(e);
    if (e->no_body)
        return 0;
    h2_send(&e->h2, &next);
    return next.n;
}

static void cut(struct server_stream *stream)
{
    struct h2_exchange *e = of_stream(stream);

    stream->exchange = NULL;
    if (e->tunnel && e->h2.h2 == NULL)
        server_h2_bury(e); /* both directions had their end */
    else if (!e->tunnel || !e->h2.ended_out || !e->h2.in_end)
        reset(e, e->tunnel ? H2_CONNECT_ERROR : H2_INTERNAL_ERROR);
}

static void pause_body(struct server_stream *stream, enum conn_pause why)
{
    struct h2_exchange *e = of_stream(stream);

    e->pauses |= (uint8_t)why;
    h2_pause(&e->h2);
}

static void resume_body(struct server_stream *stream, enum conn_pause why)
{
    struct h2_exchange *e = of_stream(stream);
    uint8_t before = e->pauses;

    e->pauses &= (uint8_t) ~(unsigned)why;
    if (!before || e->pauses || e->h2.h2 == NULL)
        return;
    h2_resume(&e->h2);
    server_h2_turn(e->stream.session->h2);
}

static bool blocked(const struct server_stream *stream)
{
    return h2_blocked(&of_stream(stream)->h2);
}

static void touch(struct server_stream *stream)
{
    server_h2_moved(of_stream(stream));
}

const struct server_stream_ops server_h2_ops = {
    .respond = respond,
    .send_body = send_body,
    .upgrade = server_h2_upgrade,
    .cut = cut,
    .pause = pause_body,
    .resume = resume_body,
    .blocked = blocked,
    .touch = touch,
};
