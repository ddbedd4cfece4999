/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies, both ways, and the credit for what was taken (RFC 9113 §5.2).
 */
#include "codec/h2_internal.h"

enum { KEPT_CHUNK = 4 * 1024 };

/* ---- in ----------------------------------------------------------------- */

/* For all that is not kept. */
static void give_credit(struct h2_stream *stream)
{
    struct h2 *h2 = stream->h2;
    uint32_t n = stream->owed - stream->kept_n;

    if (n && h2 && h2->client)
        nghttp2_session_consume_stream(h2->session, stream->id, n);
    else if (n && h2)
        nghttp2_session_consume(h2->session, stream->id, n);
    stream->owed = stream->kept_n;
}

/* Calls on_body; afterwards the stream may be anybody's no more. */
static void hand_over(struct h2_stream *stream, const struct h2_piece *piece)
{
    struct h2 *h2 = stream->h2;

    stream->told_end |= piece->end;
    h2->ops->on_body(stream, piece);
    if (stream->h2 && !stream->paused)
        give_credit(stream);
    if (piece->end && stream->h2 && stream->whole) {
        const struct h2_ops *ops = stream->h2->ops;

        h2_detach(stream);
        ops->on_closed(stream, H2_NO_ERROR);
    }
}

static bool keep(struct h2_stream *stream, const char *p, size_t n)
{
    struct chunk **tail = &stream->kept;

    while (*tail && (*tail)->next)
        tail = &(*tail)->next;
    if (*tail && (*tail)->cap - (*tail)->end < n)
        tail = &(*tail)->next;
    if (*tail == NULL) {
        *tail = chunk_take(stream->h2->port->chunks,
                           n > KEPT_CHUNK ? n : KEPT_CHUNK);
        if (*tail == NULL)
            return false;
    }
    memcpy((*tail)->data + (*tail)->end, p, n);
    (*tail)->end += (uint32_t)n;
    stream->kept_n += (uint32_t)n;
    return true;
}

static struct str trailers_in(const struct h2_stream *stream)
{
    struct chunk *c = stream->trailers_in;

    return c ? str_make(chunk_begin(c), chunk_len(c)) : STR("");
}

/* What has come on a stream that is paused, or keeps something already. */
static void put_aside(struct h2_stream *stream, const char *p, size_t n)
{
    if (n && !keep(stream, p, n))
        h2_refuse(stream, H2_INTERNAL_ERROR);
}

static bool must_wait(const struct h2_stream *stream)
{
    return stream->paused || stream->kept;
}

static void deliver_head(struct h2 *h2, struct h2_stream *stream,
                         const struct h2_piece *piece)
{
    stream->told_end |= piece->end;
    if (h2->client)
        h2->ops->on_response(stream, &h2->port->response, piece);
    else
        h2->ops->on_request(stream, &h2->port->request, piece);
    if (stream->h2 && !stream->paused)
        give_credit(stream);
}

void h2_deliver(struct h2 *h2, bool end)
{
    struct h2_pending pending = h2->port->pending;
    struct h2_stream *stream = pending.stream;
    struct h2_piece piece = {.p = pending.p, .n = pending.n, .end = end};

    h2->port->pending.stream = NULL;
    if (stream == NULL || stream->h2 == NULL)
        return;
    if (end)
        piece.trailers = trailers_in(stream);
    if (pending.head)
        deliver_head(h2, stream, &piece);
    else if (stream->discard)
        give_credit(stream);
    else if (must_wait(stream))
        put_aside(stream, pending.p, pending.n);
    else
        hand_over(stream, &piece);
}

void h2_arrived(struct h2_stream *stream, const char *p, size_t n)
{
    struct h2 *h2 = stream->h2;
    struct h2_pending *pending = &h2->port->pending;

    stream->owed += (uint32_t)n;
    if (h2->client)
        nghttp2_session_consume_connection(h2->session, n);
    if (pending->stream != stream || pending->p) {
        h2_deliver(h2, false);
        if (stream->h2 == NULL)
            return;
        *pending = (struct h2_pending){.stream = stream};
    }
    pending->p = p;
    pending->n = n;
}

void h2_arrived_end(struct h2_stream *stream, struct str trailers)
{
    struct h2 *h2 = stream->h2;

    stream->in_end = true;
    if (trailers.n) {
        stream->trailers_in = chunk_take(h2->port->chunks, trailers.n);
        if (stream->trailers_in) {
            memcpy(stream->trailers_in->data, trailers.p, trailers.n);
            stream->trailers_in->end = (uint32_t)trailers.n;
        }
    }
    if (h2->port->pending.stream != stream) {
        h2_deliver(h2, false);
        h2->port->pending = (struct h2_pending){.stream = stream};
    }
    h2_deliver(h2, true);
}

/* Hands over what a stream kept, as long as it is not paused again. */
static void deliver_kept(struct h2_stream *stream)
{
    while (stream->h2 && stream->kept && !stream->paused) {
        struct chunk_pool *chunks = stream->h2->port->chunks;
        struct chunk *c = stream->kept;
        struct h2_piece piece = {.p = chunk_begin(c), .n = chunk_len(c)};

        stream->kept = c->next;
        stream->kept_n -= (uint32_t)piece.n;
        piece.end = stream->in_end && stream->kept == NULL;
        if (piece.end)
            piece.trailers = trailers_in(stream);
        hand_over(stream, &piece);
        chunk_give(chunks, c);
    }
    if (stream->h2 && !stream->paused && stream->in_end && !stream->told_end) {
        struct h2_piece end = {.end = true, .trailers = trailers_in(stream)};

        hand_over(stream, &end);
    }
}

void h2_deliver_kept(struct h2 *h2)
{
    struct list now;

    list_take_all(&now, &h2->ready);
    while (!list_empty(&now)) {
        struct h2_stream *stream =
            LIST_ENTRY_OF(now.next, struct h2_stream, ready);

        list_remove(&stream->ready);
        deliver_kept(stream);
    }
}

void h2_pause(struct h2_stream *stream)
{
    stream->paused = true;
}

void h2_resume(struct h2_stream *stream)
{
    if (!stream->paused)
        return;
    stream->paused = false;
    if (stream->h2 == NULL)
        return;
    stream->h2->again = true;
    give_credit(stream);
    if (!list_linked(&stream->ready) &&
        (stream->kept || (stream->in_end && !stream->told_end)))
        list_push_back(&stream->h2->ready, &stream->ready);
}

void h2_discard(struct h2_stream *stream)
{
    stream->discard = true;
    stream->paused = false;
    if (stream->h2 == NULL)
        return;
    chunk_give_all(stream->h2->port->chunks, &stream->kept);
    stream->kept_n = 0;
    give_credit(stream);
}

/* ---- out ---------------------------------------------------------------- */

static bool queue(struct h2_stream *stream, const char *p, size_t n)
{
    struct chunk *c = stream->tail;

    if (n == 0)
        return true;
    if (stream->out == NULL || c->cap - c->end < n) {
        c = chunk_take(stream->h2->port->chunks, n);
        if (c == NULL)
            return false;
        if (stream->out)
            stream->tail->next = c;
        else
            stream->out = c;
        stream->tail = c;
    }
    memcpy(c->data + c->end, p, n);
    c->end += (uint32_t)n;
    return true;
}

static bool keep_trailers(struct h2_stream *stream, struct str raw)
{
    struct str rest = raw, name, value;
    struct chunk *c;

    if (!h1_next_trailer(&rest, &name, &value))
        return true; /* none that may be passed on */
    c = chunk_take(stream->h2->port->chunks, raw.n);
    if (c == NULL)
        return false;
    memcpy(c->data, raw.p, raw.n);
    c->end = (uint32_t)raw.n;
    stream->trailers_out = c;
    return true;
}

bool h2_take_piece(struct h2_stream *stream, const struct h2_piece *piece,
                   bool copy)
{
    stream->ended_out |= piece->end;
    if (piece->trailers.n && !keep_trailers(stream, piece->trailers))
        return false;
    if (copy || stream->out)
        return queue(stream, piece->p, piece->n);
    stream->now = piece->p;
    stream->now_n = piece->n;
    return true;
}

bool h2_settle_piece(struct h2_stream *stream)
{
    size_t n = stream->now_n;
    bool ok = true;

    if (stream->h2 && n)
        ok = queue(stream, stream->now, n);
    stream->now = NULL;
    stream->now_n = 0;
    if (stream->out)
        stream->blocked = true;
    return ok;
}

void h2_send(struct h2_stream *stream, const struct h2_piece *piece)
{
    struct h2 *h2 = stream->h2;

    if (h2 == NULL || stream->ended_out)
        return;
    if (!h2_take_piece(stream, piece, h2->busy)) {
        h2_refuse(stream, H2_INTERNAL_ERROR);
        return;
    }
    if (stream->asleep) {
        stream->asleep = false;
        nghttp2_session_resume_data(h2->session, stream->id);
    }
    h2_write(h2);
    if (!h2_settle_piece(stream))
        h2_refuse(stream, H2_INTERNAL_ERROR);
}

/* The end of the body goes with these bytes, or after them with trailers. */
static uint32_t end_flags(struct h2_stream *stream)
{
    if (stream->trailers_out && h2_submit_trailers(stream) == 0)
        return NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    return NGHTTP2_DATA_FLAG_EOF;
}

static ssize_t read_data(nghttp2_session *session, int32_t id, uint8_t *buffer,
                         size_t most, uint32_t *flags,
                         nghttp2_data_source *source, void *data)
{
    struct h2_stream *stream = source->ptr;
    struct h2 *h2 = data;
    struct chunk *c = stream->out;
    size_t have = c ? chunk_len(c) : stream->now_n;
    size_t n = have < most ? have : most;
    bool last = n == have && (c == NULL || (c->next == NULL && !stream->now_n));

    (void)session;
    (void)id;
    (void)buffer;
    if (n == 0 && !stream->ended_out) {
        stream->asleep = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (n && !h2->ops->room(h2))
        return NGHTTP2_ERR_PAUSE;
    *flags = NGHTTP2_DATA_FLAG_NO_COPY;
    if (last && stream->ended_out)
        *flags |= end_flags(stream);
    return (ssize_t)n;
}

nghttp2_data_provider h2_provider(struct h2_stream *stream)
{
    return (nghttp2_data_provider){.source = {.ptr = stream},
                                   .read_callback = read_data};
}

static void took(struct h2_stream *stream, size_t n)
{
    struct h2 *h2 = stream->h2;
    struct chunk *c = stream->out;

    stream->sent += (uint32_t)n;
    if (c == NULL) {
        stream->now += n;
        stream->now_n -= n;
        return;
    }
    c->begin += (uint32_t)n;
    if (chunk_len(c))
        return;
    stream->out = c->next;
    chunk_give(h2->port->chunks, c);
    if (stream->out == NULL && stream->blocked) {
        stream->blocked = false;
        list_remove(&stream->drained);
        list_push_back(&h2->drained, &stream->drained);
    }
}

int h2_send_data(nghttp2_session *session, nghttp2_frame *frame,
                 const uint8_t *head, size_t n, nghttp2_data_source *source,
                 void *data)
{
    struct h2_stream *stream = source->ptr;
    struct h2 *h2 = data;
    struct chunk *c = stream->out;

    (void)session;
    (void)frame;
    h2->ops->write(h2, (const char *)head, 9);
    h2->written += 9 + n;
    stream->mark = h2->written;
    if (n) {
        h2->ops->write(h2, c ? chunk_begin(c) : stream->now, n);
        took(stream, n);
    }
    h2->chatter = h2->chatter > 2 ? (uint16_t)(h2->chatter - 2) : 0;
    return 0;
}
