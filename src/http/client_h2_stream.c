/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/2 to targets: a request out, its response in.
 *
 * A request is written as lines first (what client_request_again() takes), and
 * the codec is given the lines:
 *
 *     METHOD LF scheme LF authority LF path LF { name ": " value LF }
 */
#include <string.h>

#include "http/client_h2.h"

enum {
    MOVED_US = 5000000, /* output that moved so lately moves */
};

static struct client_h2_stream *of_stream(const struct client_stream *stream)
{
    return LIST_ENTRY_OF((uintptr_t)stream, struct client_h2_stream, stream);
}

static struct client_h2_stream *of_h2(struct h2_stream *stream)
{
    return LIST_ENTRY_OF(stream, struct client_h2_stream, h2);
}

/* ---- the head ----------------------------------------------------------------- */

static void put_line(struct text *t, struct str s)
{
    text_str_put(t, s);
    text_char(t, '\n');
}

static void put_field(struct text *t, struct str name, struct str value)
{
    text_str_put(t, name);
    TEXT_LITERAL(t, ": ");
    put_line(t, value);
}

/* Path and query as h1_put_request_line() writes them. */
static void put_path(struct text *t, const struct request_out *out)
{
    size_t begin = t->n;
    struct str line;

    h1_put_request_line(t, out->request, out->target);
    if (!text_ok(t))
        return;
    line = str_make(t->p + begin, t->n - begin);
    str_cut(&line, ' ');
    line.n -= sizeof(" HTTP/1.1\r\n") - 1;
    memmove(t->p + begin, line.p, line.n);
    t->n = begin + line.n;
    text_char(t, '\n');
}

/* RFC 9113 §8.3.1: the authority says what Host said. */
static struct str authority(const struct request_out *out)
{
    const struct request *req = out->request;
    const struct field *host = fields_find(&req->fields, FIELD_HOST);

    if (out->host.n)
        return out->host;
    return host ? field_value(&req->fields, host)
                : slice_of(&req->fields, req->authority);
}

static void put_fields(struct text *t, const struct request_out *out)
{
    const struct fields *fs = &out->request->fields;

    for (unsigned i = 0; i < fs->n; i++) {
        const struct field *f = &fs->v[i];

        if (!(f->flags & FIELD_DROPPED) && f->id != FIELD_HOST)
            put_field(t, field_name(fs, f), field_value(fs, f));
    }
    for (unsigned i = 0; i < out->nadded; i++)
        put_field(t, out->added[i].name, out->added[i].value);
    for (unsigned i = 0; i < out->ninserted; i++)
        put_field(t, out->inserted[i].name, out->inserted[i].value);
    if (out->request->te_trailers) /* gRPC is refused without it */
        put_field(t, STR("te"), STR("trailers"));
}

static void put_head(struct text *t, const struct request_out *out, bool secure)
{
    const struct request *req = out->request;

    put_line(t, slice_of(&req->fields, req->method_name));
    put_line(t, secure ? STR("https") : STR("http"));
    put_line(t, authority(out));
    put_path(t, out);
    put_fields(t, out);
    if (req->body == BODY_LENGTH) {
        TEXT_LITERAL(t, "content-length: ");
        text_u64(t, req->content_length);
        text_char(t, '\n');
    }
}

static void give_head(struct h2_port *port, struct str lines)
{
    struct str method = str_cut(&lines, '\n');
    struct str scheme = str_cut(&lines, '\n');
    struct str host = str_cut(&lines, '\n');
    struct str path = str_cut(&lines, '\n');

    h2_head_request(port, method, scheme, host, path, STR(""));
    while (lines.n) {
        struct str value = str_cut(&lines, '\n');
        struct str name = str_cut(&value, ':');

        h2_head_field(port, name, str_make(value.p + 1, value.n - 1));
    }
}

/* ---- requests ------------------------------------------------------------------ */

static struct h2_piece out_of(const struct piece *piece)
{
    return (struct h2_piece){.p = piece->data.p,
                             .n = piece->data.n,
                             .end = piece->end,
                             .trailers = piece->trailers};
}

static void send_body(struct client_stream *stream, const struct piece *piece)
{
    struct client_h2_stream *s = of_stream(stream);
    struct h2_piece out = out_of(piece);

    if (s->c == NULL || s->h2.h2 == NULL)
        return;
    h2_send(&s->h2, &out);
    client_h2_touch(s->c);
}

/* The connection ended its session since the stream was taken. */
static void fail_later(struct loop_task *task)
{
    struct client_h2_stream *s =
        LIST_ENTRY_OF(task, struct client_h2_stream, fail);

    client_h2_fail(s, FAILURE_REFUSED, "the target took no more requests");
}

static void ask(struct client_h2_stream *s, struct str lines,
                enum method method, const struct piece *piece)
{
    struct client_h2 *c = s->c;
    struct h2_piece out = out_of(piece);

    s->heard = c->heard;
    if (s->taken)
        c->ntaken--;
    s->taken = false;
    c->used = true;
    give_head(c->port->h2, lines);
    s->asking = true;
    if (!h2_request(&c->h2, &s->h2, method, &out) || s->h2.h2 == NULL) {
        s->fail.run = fail_later;
        loop_ready(c->port->loop, &s->fail);
    }
    s->asking = false;
    client_h2_touch(c);
}

static bool request(struct client_stream *stream, const struct request_out *out,
                    const struct piece *piece, struct str *encoded)
{
    struct client_h2_stream *s = of_stream(stream);
    struct text head = text_in(s->port->loop->head, LOOP_HEAD);

    put_head(&head, out, s->c->pool->way.secure);
    if (!text_ok(&head))
        return false;
    if (encoded)
        *encoded = text_str(&head);
    ask(s, text_str(&head), (enum method)out->request->method, piece);
    return true;
}

static void request_again(struct client_stream *stream, struct str encoded,
                          enum method method, const struct piece *piece)
{
    ask(of_stream(stream), encoded, method, piece);
}

static bool reused(const struct client_stream *stream)
{
    return of_stream(stream)->reused;
}

/* ---- flow ------------------------------------------------------------------------ */

static void pause_body(struct client_stream *stream, enum conn_pause why)
{
    struct client_h2_stream *s = of_stream(stream);

    if (s->pauses == 0 && s->h2.h2)
        h2_pause(&s->h2);
    s->pauses |= (uint8_t)why;
}

static void resume_body(struct client_stream *stream, enum conn_pause why)
{
    struct client_h2_stream *s = of_stream(stream);
    uint8_t before = s->pauses;

    s->pauses &= (uint8_t) ~(unsigned)why;
    if (before == 0 || s->pauses || s->c == NULL || s->h2.h2 == NULL)
        return;
    h2_resume(&s->h2);
    client_h2_touch(s->c);
}

static bool blocked(const struct client_stream *stream)
{
    return h2_blocked(&of_stream(stream)->h2);
}

bool client_h2_is_under_way(const struct client_h2_stream *s)
{
    const struct client_h2 *c = s->c;

    return s->h2.mark + conn_output_left(&c->conn) > c->h2.written;
}

/* The kernel knows of the connection alone: what moves for one stream moves
 * for all that have something on its way. */
static bool moves(struct client_stream *stream)
{
    const struct client_h2_stream *s = of_stream(stream);
    struct client_h2 *c = s->c;
    uint64_t now;

    if (c == NULL)
        return false;
    now = c->port->loop->now_us;
    if (conn_output_moves(&c->conn))
        c->moved_us = now;
    return c->moved_us && now - c->moved_us < MOVED_US &&
           client_h2_is_under_way(s);
}

static void drop(struct client_stream *stream)
{
    client_h2_remove(of_stream(stream));
}

const struct client_stream_ops client_h2_ops = {
    .request = request,
    .request_again = request_again,
    .reused = reused,
    .send_body = send_body,
    .pause = pause_body,
    .resume = resume_body,
    .blocked = blocked,
    .moves = moves,
    .drop = drop,
};

/* ---- responses ------------------------------------------------------------------- */

static struct piece piece_of(const struct h2_piece *in)
{
    return (struct piece){
        .data = {(char *)(uintptr_t)in->p, in->n, false},
        .end = in->end,
        .trailers = in->trailers,
    };
}

/* The response is whole, and nobody is told anything more.  What is left of
 * the request is not wanted; when nothing is, on_closed follows. */
static void whole(struct client_h2_stream *s)
{
    s->stream.exchange = NULL;
    if (!s->h2.ended_out || h2_blocked(&s->h2))
        client_h2_remove(s);
}

static void on_response(struct h2_stream *stream, struct response *response,
                        const struct h2_piece *in)
{
    struct client_h2_stream *s = of_h2(stream);
    struct piece piece = piece_of(in);

    s->answered = true;
    if (s->stream.exchange)
        s->port->handler->on_response(&s->stream, response, &piece);
    if (piece.end)
        whole(s);
}

static void on_body(struct h2_stream *stream, const struct h2_piece *in)
{
    struct client_h2_stream *s = of_h2(stream);
    struct piece piece = piece_of(in);

    if (s->stream.exchange)
        s->port->handler->on_body(&s->stream, &piece);
    if (piece.end)
        whole(s);
}

static void on_drained(struct h2_stream *stream)
{
    struct client_h2_stream *s = of_h2(stream);

    if (s->stream.exchange)
        s->port->handler->on_drained(&s->stream);
}

static void on_refused(struct h2_stream *stream, const struct h1_fault *fault,
                       size_t received)
{
    (void)received;
    of_h2(stream)->refused = fault->why;
}

static void on_closed(struct h2_stream *stream, enum h2_error error)
{
    struct client_h2_stream *s = of_h2(stream);
    char room[80] = "";
    struct text cause = text_in(room, sizeof(room) - 1);

    if (s->asking)
        return; /* it could not be written: ask() sees to it */
    text_printf(&cause, "the target reset the stream (error %u)",
                (unsigned)error);
    if (s->answered)
        client_h2_fail(s, FAILURE_TRUNCATED, room);
    else if (s->refused)
        client_h2_fail(s, FAILURE_MALFORMED, s->refused);
    else if (error == H2_REFUSED_STREAM)
        client_h2_fail(s, FAILURE_REFUSED, "the target refused the stream");
    else
        client_h2_fail(s, FAILURE_CLOSED, room);
}

const struct h2_ops client_h2_codec_ops = {
    .write = client_h2_write,
    .room = client_h2_has_room,
    .on_response = on_response,
    .on_body = on_body,
    .on_drained = on_drained,
    .on_closed = on_closed,
    .on_refused = on_refused,
    .on_goaway = client_h2_goaway,
};
