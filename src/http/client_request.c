/* SPDX-License-Identifier: Apache-2.0
 *
 * Client sessions: how a request is written (RFC 9112 §3, §6).
 */
#include "http/client_session.h"
#include "http/compose.h"

static struct client_session *of_stream(const struct client_stream *stream)
{
    return LIST_ENTRY_OF((uintptr_t)stream, struct client_session, stream);
}

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

static bool moves(struct client_stream *stream)
{
    return conn_output_moves(&of_stream(stream)->conn);
}

static void drop(struct client_stream *stream)
{
    client_close(of_stream(stream));
}

static void put_head(struct text *t, const struct request_out *out)
{
    const struct request *req = out->request;

    h1_put_request_line(t, req, out->target);
    if (out->host.n)
        h1_put_field(t, STR("Host"), out->host);
    if (req->version >= REQUEST_HTTP_2)
        h1_put_fields_recased(t, &req->fields);
    else
        h1_put_fields(t, &req->fields);
    for (unsigned i = 0; i < out->nadded; i++)
        h1_put_field(t, out->added[i].name, out->added[i].value);
    for (unsigned i = 0; i < out->ninserted; i++)
        h1_put_field(t, out->inserted[i].name, out->inserted[i].value);
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

static bool request(struct client_stream *stream, const struct request_out *out,
                    const struct piece *piece, struct str *encoded)
{
    struct client_session *c = of_stream(stream);
    struct text head = text_in(c->conn.loop->head, LOOP_HEAD);

    begin(c, (enum method)out->request->method, out->close, out->websocket);
    c->chunked = out->request->body == BODY_CHUNKED;
    put_head(&head, out);
    if (!text_ok(&head))
        return false;
    if (encoded)
        *encoded = text_str(&head);
    send_piece(c, text_str(&head), piece);
    conn_again(&c->conn); /* it may have spoken before it was asked */
    return true;
}

static void request_again(struct client_stream *stream, struct str encoded,
                          enum method method, const struct piece *piece)
{
    struct client_session *c = of_stream(stream);

    begin(c, method, false, false);
    send_piece(c, encoded, piece);
    conn_again(&c->conn);
}

static bool reused(const struct client_stream *stream)
{
    return of_stream(stream)->reused;
}

const struct client_stream_ops client_h1_ops = {
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
