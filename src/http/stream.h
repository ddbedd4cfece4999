/* SPDX-License-Identifier: Apache-2.0
 *
 * Two faces and what passes between them.
 *
 * A *server stream* is one request of a client and the response to it; a
 * *client stream* is one request to a target and its response.  Whoever
 * stands in the middle (the proxy's exchange, the test origin, the API) sees
 * only these, whatever version of HTTP is spoken on the wire: a session on a
 * connection implements them.
 *
 * Spans and heads that a callback brings are good until it returns.
 */
#ifndef SLUICE_HTTP_STREAM_H
#define SLUICE_HTTP_STREAM_H

#include "codec/h1.h"
#include "net/conn.h"

/* Body bytes.  `roomy`: they stand in the loop's shared buffer, and whoever
 * sends them may write in front of them and LOOP_TAILROOM bytes behind. */
struct span {
    char *p;
    size_t n;
    bool roomy;
};

#define SPAN_NONE ((struct span){NULL, 0, false})

/* A piece of a body as it comes. */
struct piece {
    struct span data;
    bool end;            /* the body is complete with this piece */
    size_t wire;         /* from a client: bytes that it took on the wire, the
                            head's too where it came with one */
    struct str trailers; /* raw trailer section; only with `end` */
};

/* A field that is added to those that came. */
struct added_field {
    struct str name;
    struct str value;
};

enum { ADDED_FIELDS_MAX = 16 };

/* Fields that a listener sets on each of its responses. */
enum { LISTENER_FIELDS_MAX = 10 };

struct listener_fields {
    unsigned n;
    struct added_field v[LISTENER_FIELDS_MAX];
    bool hide_server; /* what we answer ourselves has no Server field */
};

/* A response on its way to a client. */
struct response_out {
    unsigned status;
    struct str reason;
    const struct fields *fields; /* of the target's response, or NULL */
    struct added_field added[ADDED_FIELDS_MAX];
    unsigned nadded;
    const struct listener_fields *listener; /* NULL: it sets none.  Fields of
                                               these names in `fields` were
                                               dropped */
    enum body_kind body; /* NONE; LENGTH; CHUNKED or CLOSE: length unknown */
    uint64_t length;
    bool close; /* the connection closes after this response */
    bool own;   /* not a target's: we answer early */
};

/* A request on its way to a target: the client's, with marks and additions. */
struct request_out {
    const struct request *request;
    struct str host;   /* in place of the client's Host; n == 0: as it came */
    struct str target; /* in place of path and query; n == 0: as they came */
    struct added_field added[ADDED_FIELDS_MAX];
    unsigned nadded;
    const struct added_field *inserted; /* and these, behind them */
    unsigned ninserted;
    bool close;     /* the connection is not used again */
    bool websocket; /* ask for the upgrade */
};

/* Why a server stream ended without its request or response being whole. */
enum stream_gone {
    GONE_CLIENT,   /* the client closed or reset: nothing can be sent */
    GONE_BAD_BODY, /* the request body is malformed; a response still can */
    GONE_TIMEOUT,  /* nothing moved for the idle timeout; a response can */
};

struct server_stream;
struct server_session;

struct server_stream_ops {
    /* The head of the response and the first piece of its body.  This and the
     * next two return the bytes that it makes on the wire. */
    size_t (*respond)(struct server_stream *stream, struct response_out *out,
                      const struct piece *piece);
    size_t (*send_body)(struct server_stream *stream,
                        const struct piece *piece);
    /* 101: what follows in both directions are raw bytes (send_body without
     * an end; `end` ends our direction). */
    size_t (*upgrade)(struct server_stream *stream, struct response_out *out);
    /* The response cannot be completed: the client must see that. */
    void (*cut)(struct server_stream *stream);
    /* Nothing more of the request body is read while a reason holds. */
    void (*pause)(struct server_stream *stream, enum conn_pause why);
    void (*resume)(struct server_stream *stream, enum conn_pause why);
    /* Output is queued: whoever feeds the response pauses its source until
     * on_drained. */
    bool (*blocked)(const struct server_stream *stream);
    /* Something moved on the target's side: the idle timeout begins anew. */
    void (*touch)(struct server_stream *stream);
};

struct server_stream {
    const struct server_stream_ops *ops;
    void *exchange; /* the handler's; NULL when it is done with the stream */
    struct server_session *session; /* of the connection that it came on */
};

/* What stands behind a server session.  A handler that set stream->exchange
 * sets it to NULL when it needs no more callbacks: after a response with
 * `end`, after cut(), or on_gone(GONE_CLIENT). */
struct server_handler {
    void (*on_request)(struct server_stream *stream, struct request *request,
                       const struct piece *body);
    /* More of the request body; also, in a tunnel, raw bytes (end: the client
     * ended its direction). */
    void (*on_body)(struct server_stream *stream, const struct piece *piece);
    void (*on_drained)(struct server_stream *stream);
    /* A 100 of this many bytes was sent; may be NULL. */
    void (*on_interim)(struct server_stream *stream, size_t sent);
    void (*on_gone)(struct server_stream *stream, enum stream_gone why,
                    const char *cause);
    /* A head that is none, of `received` bytes so far, was answered with
     * fault->status in `sent` bytes. */
    void (*on_refused)(struct server_stream *stream,
                       const struct h1_fault *fault, size_t received,
                       size_t sent);
    /* A TLS handshake ended, well or (conn_tls_failure()) not; may be NULL.
     * Only server_stream_conn() and the like are good for this stream. */
    void (*on_handshake)(struct server_stream *stream);
};

struct client_stream;

struct client_stream_ops {
    /* client_request(), client_request_again(), client_stream_reused(). */
    bool (*request)(struct client_stream *stream, const struct request_out *out,
                    const struct piece *piece, struct str *encoded);
    void (*request_again)(struct client_stream *stream, struct str encoded,
                          enum method method, const struct piece *piece);
    bool (*reused)(const struct client_stream *stream);
    void (*send_body)(struct client_stream *stream, const struct piece *piece);
    void (*pause)(struct client_stream *stream, enum conn_pause why);
    void (*resume)(struct client_stream *stream, enum conn_pause why);
    bool (*blocked)(const struct client_stream *stream);
    /* Whether the target has taken any of our bytes since this was asked
     * last: it may be slow and alive without an event. */
    bool (*moves)(struct client_stream *stream);
    /* The handler wants no more of it: a connection that is not in a clean
     * state closes. */
    void (*drop)(struct client_stream *stream);
};

struct client_stream {
    const struct client_stream_ops *ops;
    void *exchange; /* the handler's; NULL: nobody is told anything */
};

/* Why a request to a target failed.  name, status, stale, explanation. */
enum client_failure {
    FAILURE_CONNECT, /* refused, unreachable, reset while connecting */
    FAILURE_CONNECT_TIMEOUT,
    FAILURE_HANDSHAKE,    /* TLS or HTTP/2 could not be agreed on */
    FAILURE_REFUSED,      /* HTTP/2: the target says that it did not look at the
                             request (RFC 9113 §8.7) */
    FAILURE_STALE,        /* a pooled connection ended before any answer */
    FAILURE_CLOSED,       /* ended before the head was complete */
    FAILURE_MALFORMED,    /* what came is no HTTP response that we accept */
    FAILURE_TRUNCATED,    /* ended inside the body */
    FAILURE_DEREGISTERED, /* the target's time is over: cut by us */
};

struct client_handler {
    /* The connection is there: send the request (client_request()). */
    void (*on_connected)(struct client_stream *stream);
    void (*on_response)(struct client_stream *stream, struct response *response,
                        const struct piece *body);
    void (*on_body)(struct client_stream *stream, const struct piece *piece);
    void (*on_drained)(struct client_stream *stream);
    /* Some bytes moved, either way: the target is alive. */
    void (*on_progress)(struct client_stream *stream);
    /* The stream is over; before or (TRUNCATED) after on_response. */
    void (*on_failed)(struct client_stream *stream, enum client_failure why,
                      const char *cause);
};

#endif
