/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a session, and what the library tells of it.
 */
#include <stdlib.h>

#include "codec/h2_internal.h"

enum {
    /* The library counts calls, not frames, when a frame's header comes byte
     * by byte; h2_scan() counts frames. */
    LIBRARY_CONTINUATIONS = 9 * (H2_CONTINUATIONS_MAX + 1),
    /* Its own answers that wait; they are written at once, so none do. */
    LIBRARY_ACKS = 4096,
};

static struct h2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

/* ---- streams ------------------------------------------------------------ */

void h2_detach(struct h2_stream *stream)
{
    struct h2 *h2 = stream->h2;

    if (!stream->in_end && !stream->reset_in)
        h2_mark_cut(h2, stream->id);
    if (stream->owed && !h2->client)
        nghttp2_session_consume_connection(h2->session, stream->owed);
    if (h2->in == stream)
        h2->in = NULL;
    if (h2->port->pending.stream == stream)
        h2->port->pending.stream = NULL;
    h2->streams--;
    h2_forget(stream);
}

void h2_forget(struct h2_stream *stream)
{
    struct chunk_pool *chunks;

    if (stream->h2 == NULL)
        return;
    chunks = stream->h2->port->chunks;
    chunk_give_all(chunks, &stream->out);
    chunk_give_all(chunks, &stream->kept);
    chunk_give_all(chunks, &stream->trailers_in);
    chunk_give_all(chunks, &stream->trailers_out);
    list_remove(&stream->node);
    list_remove(&stream->ready);
    list_remove(&stream->drained);
    stream->now = NULL;
    stream->now_n = 0;
    stream->owed = stream->kept_n = 0;
    stream->h2 = NULL;
}

void h2_attach(struct h2 *h2, struct h2_stream *stream, int32_t id)
{
    *stream = (struct h2_stream){.h2 = h2, .id = id};
    list_init(&stream->ready);
    list_init(&stream->drained);
    list_push_back(&h2->open, &stream->node);
    h2->streams++;
    h2->requests++;
}

void h2_refuse(struct h2_stream *stream, enum h2_error error)
{
    struct h2 *h2 = stream->h2;

    if (h2 == NULL)
        return;
    stream->refused = true;
    nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, stream->id,
                              error);
    h2_write(h2);
}

void h2_reset(struct h2_stream *stream, enum h2_error error)
{
    struct h2 *h2 = stream->h2;

    if (h2 == NULL)
        return;
    nghttp2_session_set_stream_user_data(h2->session, stream->id, NULL);
    if (!stream->whole)
        nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, stream->id,
                                  error);
    h2_detach(stream);
    h2_write(h2);
}

size_t h2_window(const struct h2_stream *stream)
{
    int32_t window, all;

    if (stream->h2 == NULL)
        return 0;
    window = nghttp2_session_get_stream_remote_window_size(stream->h2->session,
                                                           stream->id);
    all = nghttp2_session_get_remote_window_size(stream->h2->session);
    if (all < window)
        window = all;
    return window > 0 ? (size_t)window : 0;
}

/* ---- heads that come ---------------------------------------------------- */

static int on_begin_headers(nghttp2_session *session,
                            const nghttp2_frame *frame, void *data)
{
    struct h2 *h2 = data;
    struct h2_stream *stream;
    int32_t id = frame->hd.stream_id;

    h2_deliver(h2, false); /* what waits stands where the next head will */
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        stream = h2->ops->open(h2);
        if (stream == NULL) {
            h2_mark_cut(h2, id);
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id,
                                      NGHTTP2_REFUSED_STREAM);
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
        h2_attach(h2, stream, id);
        nghttp2_session_set_stream_user_data(session, id, stream);
    } else {
        stream = stream_of(session, id);
    }
    h2->in = stream;
    if (stream)
        h2_block_begin(h2->port, h2->client, stream->in_head);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_n, const uint8_t *value,
                     size_t value_n, uint8_t flags, void *data)
{
    struct h2 *h2 = data;

    (void)frame;
    (void)flags;
    if (h2->in == NULL || h2->in->refused)
        return 0;
    if (!h2_block_add(h2->port, str_make((const char *)name, name_n),
                      str_make((const char *)value, value_n)))
        nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    return 0;
}

/* The library would leave such fields out; they are malformed (§8.2.1). */
static int on_invalid_header(nghttp2_session *session,
                             const nghttp2_frame *frame, const uint8_t *name,
                             size_t name_n, const uint8_t *value,
                             size_t value_n, uint8_t flags, void *data)
{
    (void)session;
    (void)frame;
    (void)name;
    (void)name_n;
    (void)value;
    (void)value_n;
    (void)flags;
    (void)data;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* Tells that a head is none, and resets its stream unless it is to be
 * answered. */
static void refuse_head(struct h2 *h2, struct h2_stream *stream)
{
    const struct h2_block *b = &h2->port->block;
    struct h1_fault fault = {.status = b->fault ? b->fault : 400,
                             .why = b->why};
    bool reset = b->malformed || h2->client;

    stream->in_head = true;
    if (reset)
        stream->refused = true;
    else
        stream->discard = true;
    h2->ops->on_refused(stream, &fault, b->size);
    if (reset)
        h2_refuse(stream, H2_PROTOCOL_ERROR);
}

static void request_came(struct h2 *h2, struct h2_stream *stream, bool end)
{
    stream->in_end |= end;
    if (!h2_block_request(h2->port, end)) {
        refuse_head(h2, stream);
        return;
    }
    stream->in_head = true;
    stream->method = h2->port->request.method;
    h2->port->pending = (struct h2_pending){.stream = stream, .head = true};
    /* What follows a CONNECT is no part of the request. */
    if (end || h2->port->request.wants_websocket)
        h2_deliver(h2, end);
}

static void response_came(struct h2 *h2, struct h2_stream *stream, bool end)
{
    stream->in_end |= end;
    if (!h2_block_response(h2->port, (enum method)stream->method, end)) {
        refuse_head(h2, stream);
        return;
    }
    if (h2->port->response.status < 200) {
        if (++stream->interim > H2_INTERIM_MAX) {
            h2->port->block.why = "too many interim responses";
            refuse_head(h2, stream);
        }
        return;
    }
    stream->in_head = true;
    h2->port->pending = (struct h2_pending){.stream = stream, .head = true};
    if (end)
        h2_deliver(h2, true);
}

static void trailers_came(struct h2 *h2, struct h2_stream *stream)
{
    const struct h2_block *b = &h2->port->block;

    if (b->fault || b->malformed)
        h2_refuse(stream, H2_PROTOCOL_ERROR);
    else
        h2_arrived_end(stream, h2_block_trailers(h2->port));
}

static void headers_came(struct h2 *h2, const nghttp2_frame *frame)
{
    struct h2_stream *stream = h2->in;
    bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

    h2->in = NULL;
    if (stream == NULL || stream->refused)
        return;
    stream->head_in = (uint32_t)frame->hd.length + 9;
    if (stream->in_head)
        trailers_came(h2, stream);
    else if (h2->client)
        response_came(h2, stream, end);
    else
        request_came(h2, stream, end);
}

/* ---- other frames ------------------------------------------------------- */

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *p, size_t n, void *data)
{
    struct h2_stream *stream = stream_of(session, id);

    (void)flags;
    (void)data;
    if (stream)
        h2_arrived(stream, (const char *)p, n);
    else
        nghttp2_session_consume(session, id, n);
    return 0;
}

static void data_came(struct h2 *h2, nghttp2_session *session,
                      const nghttp2_frame *frame)
{
    struct h2_stream *stream = stream_of(session, frame->hd.stream_id);

    if (stream == NULL || stream->refused)
        return;
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        h2_arrived_end(stream, STR(""));
    else
        h2_deliver(h2, false);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *data)
{
    struct h2 *h2 = data;
    struct h2_stream *stream;

    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        headers_came(h2, frame);
        break;
    case NGHTTP2_DATA:
        data_came(h2, session, frame);
        break;
    case NGHTTP2_RST_STREAM:
        stream = stream_of(session, frame->hd.stream_id);
        if (stream)
            stream->reset_in = true;
        break;
    case NGHTTP2_SETTINGS:
        h2->settled = true;
        break;
    case NGHTTP2_PING:
        if (frame->hd.flags & NGHTTP2_FLAG_ACK && h2->ops->on_pong)
            h2->ops->on_pong(h2);
        break;
    case NGHTTP2_GOAWAY:
        h2->peer_left = true;
        if (h2->ops->on_goaway)
            h2->ops->on_goaway(h2, (uint32_t)frame->goaway.last_stream_id,
                               (enum h2_error)frame->goaway.error_code);
        break;
    default:
        break;
    }
    return 0;
}

/* The library resets the stream, or ends the session. */
static int on_invalid_frame(nghttp2_session *session,
                            const nghttp2_frame *frame, int error, void *data)
{
    static const struct h1_fault bad = {
        .status = 400, .why = "the head is malformed (RFC 9113 section 8)"};
    struct h2 *h2 = data;
    struct h2_stream *stream;

    if (error == NGHTTP2_ERR_REFUSED_STREAM) {
        h2_mark_cut(h2, frame->hd.stream_id);
        return 0;
    }
    stream = stream_of(session, frame->hd.stream_id);
    if (stream == NULL || stream->refused)
        return 0;
    stream->refused = true;
    if (h2->in == stream)
        h2->in = NULL;
    if (!stream->in_head)
        h2->ops->on_refused(stream, &bad, h2->port->block.size);
    return 0;
}

/* The answer is complete before the request is: the client need not go on
 * (RFC 9113 §8.1).  In one piece with the answer some clients (curl 7.88) take
 * the RST_STREAM for all that came. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame,
                         void *data)
{
    const struct h2 *h2 = data;
    struct h2_stream *stream;

    if (h2->client || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ||
        (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS))
        return 0;
    stream = stream_of(session, frame->hd.stream_id);
    if (stream == NULL || !stream->discard || stream->in_end)
        return 0;
    if (h2->ops->apart)
        h2->ops->apart(data);
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                              NGHTTP2_NO_ERROR);
    return 0;
}

/* Nothing was gained by it. */
static bool is_wasted(const struct h2_stream *stream, enum h2_error error)
{
    return error != H2_NO_ERROR && !(stream->reset_in && stream->begun_out);
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error,
                           void *data)
{
    struct h2 *h2 = data;
    struct h2_stream *stream = stream_of(session, id);

    if (stream == NULL)
        return 0;
    if (h2->port->pending.stream == stream && error == H2_NO_ERROR)
        h2_deliver(h2, false);
    if (stream->h2 == NULL)
        return 0;
    if (h2->client && h2_has_more(stream) && error == H2_NO_ERROR) {
        stream->whole = true;
        return 0;
    }
    if (!h2->client && !h2_spend(h2, is_wasted(stream, (enum h2_error)error)))
        nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    h2_detach(stream);
    h2->ops->on_closed(stream, (enum h2_error)error);
    return 0;
}

/* ---- a port ------------------------------------------------------------- */

static bool make_callbacks(struct h2_port *port)
{
    nghttp2_session_callbacks *c;

    if (nghttp2_session_callbacks_new(&c))
        return false;
    port->callbacks = c;
    nghttp2_session_callbacks_set_on_begin_headers_callback(c,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(c,
                                                             on_invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        c, on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(c, h2_send_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_sent);
    return true;
}

static bool make_option(struct h2_port *port)
{
    nghttp2_option *o;

    if (nghttp2_option_new(&o))
        return false;
    port->option = o;
    nghttp2_option_set_no_auto_window_update(o, 1);
    nghttp2_option_set_no_closed_streams(o, 1);
    nghttp2_option_set_max_continuations(o, LIBRARY_CONTINUATIONS);
    nghttp2_option_set_max_outbound_ack(o, LIBRARY_ACKS);
    nghttp2_option_set_max_send_header_block_length(o, H2_HEAD_MAX);
    /* It would read a clock; h2_spend() counts. */
    nghttp2_option_set_stream_reset_rate_limit(o, UINT64_MAX, UINT64_MAX);
    return true;
}

struct h2_port *h2_port_new(struct chunk_pool *chunks)
{
    struct h2_port *port = calloc(1, sizeof(*port));

    if (port == NULL)
        return NULL;
    port->chunks = chunks;
    port->mem = (nghttp2_mem){.mem_user_data = &port->memory,
                              .malloc = h2_memory_take,
                              .free = h2_memory_give,
                              .calloc = h2_memory_take_zeroed,
                              .realloc = h2_memory_resize};
    port->block.text = malloc(H2_TEXT_MAX);
    port->block.v = malloc(sizeof(*port->block.v) * H2_FIELDS_MAX);
    port->head.nv = malloc(sizeof(*port->head.nv) * H2_NV_MAX);
    port->head.names = malloc(H2_NAMES_MAX);
    if (port->block.text && port->block.v && port->head.nv &&
        port->head.names && make_callbacks(port) && make_option(port))
        return port;
    h2_port_free(port);
    return NULL;
}

void h2_port_free(struct h2_port *port)
{
    if (port == NULL)
        return;
    nghttp2_session_callbacks_del(port->callbacks);
    nghttp2_option_del(port->option);
    h2_memory_end(&port->memory);
    free(port->block.text);
    free(port->block.v);
    free(port->head.nv);
    free(port->head.names);
    free(port);
}

/* ---- a session ---------------------------------------------------------- */

static int submit_settings(struct h2 *h2, const struct h2_settings *how)
{
    nghttp2_settings_entry v[6];
    size_t n = 0;

#define SET(id, number)                                                        \
    v[n++] = (nghttp2_settings_entry){NGHTTP2_SETTINGS_##id, (number)}
    SET(INITIAL_WINDOW_SIZE, H2_WINDOW);
    if (how->client) {
        SET(ENABLE_PUSH, 0);
        SET(MAX_HEADER_LIST_SIZE, H2_RESPONSE_HEAD_MAX);
    } else {
        SET(MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX);
        SET(MAX_HEADER_LIST_SIZE, H2_REQUEST_HEAD_MAX);
        SET(NO_RFC7540_PRIORITIES, 1); /* RFC 9218 instead */
        if (how->connect_protocol)
            SET(ENABLE_CONNECT_PROTOCOL, 1);
    }
#undef SET
    return nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, v, n);
}

bool h2_begin(struct h2 *h2, struct h2_port *port, const struct h2_ops *ops,
              const struct h2_settings *how)
{
    nghttp2_session *session = NULL;
    int rv;

    *h2 = (struct h2){
        .port = port, .ops = ops, .owner = h2->owner, .client = how->client};
    list_init(&h2->open);
    list_init(&h2->ready);
    list_init(&h2->drained);
    h2->magic_left = how->client ? 0 : NGHTTP2_CLIENT_MAGIC_LEN;
    rv = (how->client ? nghttp2_session_client_new3
                      : nghttp2_session_server_new3)(
        &session, port->callbacks, h2, port->option, &port->mem);
    if (rv)
        return false;
    h2->session = session;
    if (submit_settings(h2, how) ||
        nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                              H2_SESSION_WINDOW)) {
        h2_end(h2);
        return false;
    }
    h2_write(h2);
    return true;
}

void h2_end(struct h2 *h2)
{
    nghttp2_session_del(h2->session);
    h2->session = NULL;
    if (h2->partial)
        chunk_give(h2->port->chunks, h2->partial);
    h2->partial = NULL;
    while (!list_empty(&h2->open))
        list_remove(h2->open.next);
    while (!list_empty(&h2->ready))
        list_remove(h2->ready.next);
    while (!list_empty(&h2->drained))
        list_remove(h2->drained.next);
}

/* ---- bytes out ---------------------------------------------------------- */

static void tell_drained(struct h2 *h2)
{
    if (h2->telling)
        return;
    h2->telling = true;
    while (!list_empty(&h2->drained)) {
        struct h2_stream *stream =
            LIST_ENTRY_OF(h2->drained.next, struct h2_stream, drained);

        list_remove(&stream->drained);
        h2->ops->on_drained(stream);
    }
    h2->telling = false;
}

void h2_write(struct h2 *h2)
{
    const uint8_t *p;
    ssize_t n;

    h2->again = true;
    if (h2->busy || h2->over || h2->session == NULL)
        return;
    h2->busy = true;
    h2->again = false;
    while ((n = nghttp2_session_mem_send(h2->session, &p)) > 0) {
        h2->written += (size_t)n;
        h2->ops->write(h2, (const char *)p, (size_t)n);
    }
    if (n < 0)
        h2->over = true; /* out of memory, or a fault of the library */
    h2->busy = false;
    tell_drained(h2);
}

bool h2_done(const struct h2 *h2)
{
    return h2->over || (!nghttp2_session_want_read(h2->session) &&
                        !nghttp2_session_want_write(h2->session));
}

bool h2_flush(struct h2 *h2)
{
    if (!h2->busy)
        h2_deliver_kept(h2);
    h2_write(h2);
    return !h2_done(h2);
}

/* ---- bytes in ----------------------------------------------------------- */

static void feed(struct h2 *h2, const char *p, size_t n)
{
    ssize_t rv;

    h2->busy = true;
    rv = nghttp2_session_mem_recv(h2->session, (const uint8_t *)p, n);
    h2->busy = false;
    h2_deliver(h2, false);
    if (nghttp2_is_fatal((int)rv))
        h2->over = true; /* the library takes nothing more, not even GOAWAY */
    else if (rv < 0)
        h2_abort(h2, H2_ENHANCE_YOUR_CALM);
}

bool h2_receive(struct h2 *h2, const char *p, size_t n, uint64_t now_s)
{
    enum h2_error error = H2_NO_ERROR;

    h2_budget_tick(h2, now_s);
    h2_block_restore(h2);
    while (n && !h2->over && error == H2_NO_ERROR) {
        size_t step = h2_scan(h2, p, n, &error);

        if (step)
            feed(h2, p, step);
        p += step;
        n -= step;
    }
    if (error != H2_NO_ERROR)
        h2_abort(h2, error);
    if (h2->in && !h2_block_keep(h2))
        h2_abort(h2, H2_INTERNAL_ERROR);
    return h2_flush(h2);
}

/* ---- the end ------------------------------------------------------------ */

unsigned h2_requests_left(const struct h2 *h2)
{
    uint32_t most;

    if (h2->over || h2->peer_left || h2->left ||
        !nghttp2_session_check_request_allowed(h2->session))
        return 0;
    most = nghttp2_session_get_remote_settings(
        h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return most > h2->streams ? most - h2->streams : 0;
}

void h2_ping(struct h2 *h2)
{
    nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, NULL);
    h2_write(h2);
}

void h2_leave(struct h2 *h2)
{
    if (h2->leaving || h2->left)
        return;
    h2->leaving = true;
    nghttp2_submit_shutdown_notice(h2->session);
    h2_ping(h2);
}

void h2_leave_now(struct h2 *h2)
{
    if (h2->left)
        return;
    h2->left = h2->leaving = true;
    nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(h2->session),
                          NGHTTP2_NO_ERROR, NULL, 0);
    h2_write(h2);
}

void h2_abort(struct h2 *h2, enum h2_error error)
{
    nghttp2_session_terminate_session(h2->session, error);
    h2->left = true;
    h2_write(h2);
}
