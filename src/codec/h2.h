/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/2: bytes to messages and messages to bytes, both roles (RFC 9113).
 *
 * No I/O and no clock: bytes that came go into h2_receive(), bytes that are to
 * leave come out of ops->write.  Streams are the caller's, embedded in what it
 * keeps of them.  What a callback brings is good until it returns.
 *
 *     h2_receive() ──▶ on_request / on_response · on_body · on_closed
 *     h2_respond / h2_request · h2_send · h2_reset ──▶ write
 *
 * Every function may be called from every callback.  h2_respond(), h2_request()
 * and h2_send() write at once what windows and room let out, unless they are
 * called from a callback of the same session: then what they were given is
 * copied, and written when the call that made the callback ends.  h2_flush()
 * belongs at the end of a turn.  The memory of a stream must stay as long as
 * such a call runs, also when the stream is over.
 *
 * Flow control is the caller's: a stream that is paused keeps what comes
 * (never more than its window), and its peer gets credit only for what was
 * handed over while it was not.  The streams of a client's session are of many
 * clients of ours: there the session's window is open whatever they keep, so
 * that a slow one stops no other.
 *
 * Messages are checked as RFC 9113 §8.2 and §8.3 demand and then so that they
 * mean the same when they leave as HTTP/1.1; what does not pass is reset with
 * PROTOCOL_ERROR and never reaches on_request.  What a peer may do without
 * being useful has budgets (h2_budget.h); beyond them the session ends with
 * ENHANCE_YOUR_CALM.
 */
#ifndef SLUICE_CODEC_H2_H
#define SLUICE_CODEC_H2_H

#include "base/chunk.h"
#include "base/list.h"
#include "codec/h1.h"

struct nghttp2_session;

/* RFC 9113 §7. */
enum h2_error {
    H2_NO_ERROR = 0,
    H2_PROTOCOL_ERROR = 1,
    H2_INTERNAL_ERROR = 2,
    H2_FLOW_CONTROL_ERROR = 3,
    H2_STREAM_CLOSED = 5,
    H2_FRAME_SIZE_ERROR = 6,
    H2_REFUSED_STREAM = 7, /* nothing of it was processed: may be repeated */
    H2_CANCEL = 8,
    H2_COMPRESSION_ERROR = 9,
    H2_CONNECT_ERROR = 10,
    H2_ENHANCE_YOUR_CALM = 11,
    H2_HTTP_1_1_REQUIRED = 13,
};

enum {
    H2_STREAMS_MAX = 128,        /* at once, of a client (alb.md 5.1) */
    H2_WINDOW = 256 * 1024,      /* what a paused stream keeps at most */
    H2_SESSION_WINDOW = 1 << 20, /* and all paused streams of a session */
    H2_FIELD_MAX = 16 * 1024,    /* name and value of a request's field */
    H2_REQUEST_HEAD_MAX = 65536, /* a field counts its bytes and 32 (§6.5.2) */
    H2_RESPONSE_HEAD_MAX = 32768,
    H2_TRAILERS_MAX = 16 * 1024,
    H2_INTERIM_MAX = 16, /* 1xx responses before the real one */
};

/* Bytes of a body. */
struct h2_piece {
    const char *p;
    size_t n;
    bool end;            /* the message is complete with it */
    struct str trailers; /* "name: value\r\n" lines; only with `end` */
};

struct h2;
struct h2_stream;

/* What is the same for all sessions of one thread. */
struct h2_port;

/* NULL without memory. */
struct h2_port *h2_port_new(struct chunk_pool *chunks);

/* After the last session is gone. */
void h2_port_free(struct h2_port *port);

struct h2_ops {
    /* Takes bytes that are to be sent, all of them. */
    void (*write)(struct h2 *h2, const char *p, size_t n);
    /* Server: what was written is to leave before what follows, not in one TLS
     * record with it.  May be NULL. */
    void (*apart)(struct h2 *h2);
    /* Whether body bytes may be written now: false while the socket is full.
     * Heads and what the protocol itself says are written all the same. */
    bool (*room)(struct h2 *h2);
    /* Server: a stream for a request that begins, or NULL: refused.  It gets
     * on_closed even if no request comes of it. */
    struct h2_stream *(*open)(struct h2 *h2);
    /* Server: a request, and what came of its body; of one that wants a
     * WebSocket nothing. */
    void (*on_request)(struct h2_stream *stream, struct request *request,
                       const struct h2_piece *piece);
    /* Client: the final response, and what came of its body. */
    void (*on_response)(struct h2_stream *stream, struct response *response,
                        const struct h2_piece *piece);
    /* More of the body. */
    void (*on_body)(struct h2_stream *stream, const struct h2_piece *piece);
    /* All that was queued has been written: h2_blocked() is false again. */
    void (*on_drained)(struct h2_stream *stream);
    /* The stream is over and not the session's any more; `error` is not
     * NO_ERROR when it was reset, by either side.  Not after h2_reset() or
     * h2_end().  It may come from h2_receive(), h2_flush() and all that
     * writes. */
    void (*on_closed)(struct h2_stream *stream, enum h2_error error);
    /* What came is no message that is let in; `received` bytes of the head so
     * far.  Server: the stream is open if h2_stream_open() says so, and then
     * the caller answers or resets it; else it was reset, and on_closed
     * follows.  Client: the stream was reset, on_closed follows. */
    void (*on_refused)(struct h2_stream *stream, const struct h1_fault *fault,
                       size_t received);
    /* The peer ends the session: streams above `last` were not processed.
     * Client: they get on_closed with REFUSED_STREAM.  May be NULL. */
    void (*on_goaway)(struct h2 *h2, uint32_t last, enum h2_error error);
    /* The answer to h2_ping(), or to the notice of h2_leave().  May be NULL. */
    void (*on_pong)(struct h2 *h2);
};

/* A session.  Fields are the codec's but where it is said. */
struct h2 {
    struct nghttp2_session *session; /* NULL: not begun, or ended */
    struct h2_port *port;
    const struct h2_ops *ops;
    void *owner;           /* the caller's */
    struct list open;      /* all streams */
    struct list ready;     /* streams that were resumed and keep something */
    struct list drained;   /* streams that owe on_drained */
    struct chunk *partial; /* a head whose end has not come */
    struct h2_stream *in;  /* the head that is being read is of this stream */
    uint32_t streams;      /* read by the caller: that are open */
    uint32_t requests;     /* read by the caller: that there were */
    uint32_t last;         /* highest number that the client opened */
    uint32_t block;        /* bytes of the header block that is being read */
    uint16_t continuations;
    uint16_t refusals; /* spent of the budget, h2_budget.h */
    uint16_t chatter;
    uint32_t budget_s;   /* when the budget was looked at last */
    uint32_t fresh;      /* the first stream that the library has not seen */
    uint32_t frame_left; /* bytes of the frame that is being read */
    uint8_t frame_head[9];
    uint8_t frame_head_n;
    uint8_t setting[6]; /* of the SETTINGS that are being read */
    uint8_t setting_n;
    uint8_t magic_left; /* of a client's first bytes */
    uint64_t written;   /* read by the caller: bytes that were */
    uint64_t seen[8];   /* which of the last 512 streams there were */
    uint64_t cut[8];    /* and which of them we reset */
    bool client : 1;
    bool busy : 1;        /* inside the library: it must not be entered */
    bool in_settings : 1; /* the frame that is being read is SETTINGS */
    bool again : 1;       /* something is to be written afterwards */
    bool telling : 1;     /* on_drained is being called */
    bool over : 1;        /* a connection error: only GOAWAY still leaves */
    bool leaving : 1;     /* the notice of h2_leave() was sent */
    bool left : 1;        /* the final GOAWAY was */
    bool settled : 1;     /* the peer's SETTINGS came */
    bool peer_left : 1;
    bool useful : 1; /* read and cleared by the caller: something came that is
                        neither PING nor SETTINGS nor a window */
};

/* One exchange of messages, embedded in what the caller keeps of it.  Zeroed
 * before its first use; after on_closed it may be used again. */
struct h2_stream {
    struct h2 *h2; /* NULL: not of a session, or no longer */
    int32_t id;
    struct list node;    /* in h2->open */
    struct list ready;   /* in h2->ready */
    struct list drained; /* in h2->drained */
    struct chunk *out;   /* bytes that wait for a window or for room */
    struct chunk *tail;  /* the last of them */
    struct chunk *kept;  /* bytes that came while it was paused */
    const char *now;     /* bytes that are being written, not copied yet */
    size_t now_n;
    struct chunk *trailers_out;
    struct chunk *trailers_in;
    uint64_t expected; /* Content-Length of what comes */
    uint32_t owed;     /* bytes that came and have no credit yet */
    uint32_t kept_n;   /* bytes in `kept`: they get none before they go */
    uint32_t sent;     /* bytes of the body that were written, modulo 2^32 */
    uint64_t mark;     /* h2->written behind the last bytes of it */
    uint32_t head_in;  /* bytes of the head that came, on the wire */
    uint16_t interim;
    uint8_t method; /* of the request */
    bool paused : 1;
    bool begun_out : 1; /* the head was written */
    bool ended_out : 1; /* the end was given to us */
    bool asleep : 1;    /* the library waits for h2_send() */
    bool blocked : 1;   /* on_drained is owed once `out` is empty */
    bool in_head : 1;   /* the final head came */
    bool in_end : 1;    /* the end of what comes came */
    bool told_end : 1;  /* ... and was handed over */
    bool discard : 1;   /* nobody wants what comes */
    bool refused : 1;   /* reset because of what the peer did */
    bool reset_in : 1;  /* the peer reset it */
    bool whole : 1;     /* it closed, and part of what came was not handed over:
                           on_closed follows that */
};

struct h2_settings {
    bool client;
    bool connect_protocol; /* server: RFC 8441 */
};

/* Server: adds a field to the request that on_request brings, before it
 * returns.  Once: it takes the place of pseudo-header fields. */
void h2_add_field(struct h2 *h2, struct request *request, struct str name,
                  struct str value);

/* Begins a session; its first bytes are written.  False without memory.
 * `owner` is set by the caller, before. */
bool h2_begin(struct h2 *h2, struct h2_port *port, const struct h2_ops *ops,
              const struct h2_settings *settings);

/* Frees what a session holds.  Its streams are forgotten, without a word;
 * each must get h2_forget() then. */
void h2_end(struct h2 *h2);

/* Frees what a stream holds, of a session that ended. */
void h2_forget(struct h2_stream *stream);

/* Bytes from the peer.  `now_s`: seconds of a clock that never goes back.
 * False: the session is over; what it still has to say was written, the
 * connection is to be shut. */
bool h2_receive(struct h2 *h2, const char *p, size_t n, uint64_t now_s);

/* Hands over what resumed streams kept, and writes what may be written.
 * False as above. */
bool h2_flush(struct h2 *h2);

/* Nothing more will come of it: a GOAWAY was sent or received and the last
 * stream is gone, or it is over. */
bool h2_done(const struct h2 *h2);

/* ---- a head ------------------------------------------------------------- */

/* A port has one head at a time that is being made; h2_respond(),
 * h2_request() take it. Names are put in lower case; slices must stay until
 * then. */
void h2_head_status(struct h2_port *port, unsigned status);

/* `protocol` n == 0: none, as always but for RFC 8441. */
void h2_head_request(struct h2_port *port, struct str method, struct str scheme,
                     struct str authority, struct str path,
                     struct str protocol);

void h2_head_field(struct h2_port *port, struct str name, struct str value);
void h2_head_number(struct h2_port *port, struct str name, uint64_t value);

/* All that are not dropped.  Connection, Keep-Alive, Transfer-Encoding,
 * Upgrade and their like must have been. */
void h2_head_fields(struct h2_port *port, const struct fields *fs);

/* ---- streams ------------------------------------------------------------ */

/* Server: the head that was made and a piece of the body; without a body a
 * piece with n == 0 and `end`.  Returns the bytes of the head on the wire (an
 * estimate when called from a callback of the session), 0: the stream is gone
 * or the head too long: h2_reset() it. */
size_t h2_respond(struct h2_stream *stream, const struct h2_piece *piece);

/* Client: opens the stream with the head that was made.  False: no stream can
 * be opened on this session (any more); nothing was sent then. */
bool h2_request(struct h2 *h2, struct h2_stream *stream, enum method method,
                const struct h2_piece *piece);

/* Client: how many more requests could be made now; 0 also when the session
 * ends.  Before the peer's SETTINGS came it is taken to allow 100. */
unsigned h2_requests_left(const struct h2 *h2);

/* More of the body.  What windows or room hold back is copied and queued;
 * whoever feeds it stops while h2_blocked(). */
void h2_send(struct h2_stream *stream, const struct h2_piece *piece);

static inline bool h2_blocked(const struct h2_stream *stream)
{
    return stream->out != NULL;
}

/* Nothing of the body is handed over, nor credit given, until h2_resume(). */
void h2_pause(struct h2_stream *stream);

/* What was kept comes with the next h2_flush(): at the end of the turn. */
void h2_resume(struct h2_stream *stream);

/* What still comes of the message is thrown away; on_body is not called any
 * more. */
void h2_discard(struct h2_stream *stream);

/* Resets the stream and forgets it: no callback follows, it is not the
 * session's any more. */
void h2_reset(struct h2_stream *stream, enum h2_error error);

/* The message is here to its end, and part of it was not handed over yet. */
static inline bool h2_has_more(const struct h2_stream *stream)
{
    return stream->in_end && !stream->told_end && !stream->discard &&
           !stream->refused;
}

/* Whether it is (still) a stream of a session that may be written to. */
static inline bool h2_stream_open(const struct h2_stream *stream)
{
    return stream->h2 != NULL && !stream->refused;
}

/* Bytes that the peer's windows let out now. */
size_t h2_window(const struct h2_stream *stream);

/* ---- the end ------------------------------------------------------------ */

/* Server, RFC 9113 §6.8: tells the client to open no more streams, which it
 * may do until it has heard it; then h2_leave_now() once on_pong came, or
 * after a while. */
void h2_leave(struct h2 *h2);

/* The final GOAWAY, with the last stream that was let in: later ones are
 * ignored, those that are open go on. */
void h2_leave_now(struct h2 *h2);

/* Ends the session at once with a connection error. */
void h2_abort(struct h2 *h2, enum h2_error error);

/* Asks for a sign of life. */
void h2_ping(struct h2 *h2);

#endif
