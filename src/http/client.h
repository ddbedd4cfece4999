/* SPDX-License-Identifier: Apache-2.0
 *
 * Client sessions: HTTP/1.1 or HTTP/2 on connections to a target, and the pool
 * that keeps them.
 *
 * A pool belongs to one target and one thread.  It has a *way* of speaking to
 * the target (in TLS or not, which version); when a change of the template
 * changes that, connections of the old way end with what they are at.
 *
 * HTTP/1.1: an idle connection is taken, else one is made; the one that was
 * used last is used first.  It goes back only when its response ended exactly
 * where it said, the request was sent whole, and both sides want it kept.
 *
 * HTTP/2: requests share a connection as long as it has room, which is what
 * the peer allows at once and CLIENT_H2_STREAMS at most.  When none has, one
 * is made, and exchanges that come meanwhile wait for it, up to its room; so a
 * burst of n requests makes n / CLIENT_H2_STREAMS connections, rounded up.
 */
#ifndef SLUICE_HTTP_CLIENT_H
#define SLUICE_HTTP_CLIENT_H

#include "base/slab.h"
#include "http/stream.h"

/* What the client sessions of one thread share. */
struct client_port {
    struct loop *loop;
    const struct client_handler *handler;
    struct slab slab;
    struct field *fields; /* H1_FIELDS_MAX of them */
    struct list sessions; /* all of them, for the end; HTTP/1.1 */
    struct list h2s;      /* HTTP/2: connections */
    struct slab h2_slab;
    struct slab stream_slab;
    struct h2_port *h2; /* NULL: there was no connection yet */
};

enum {
    POOL_IDLE_MAX = 1024,    /* idle connections to one target and thread */
    POOL_AGE_MAX_S = 3600,   /* an older connection is not used again */
    CLIENT_H2_STREAMS = 128, /* requests on one connection at most */
};

/* How connections to a target speak.  Ways with the same context are the
 * same. */
struct client_way {
    bool secure;             /* in TLS */
    struct tls_context *tls; /* of `secure`; NULL: none could be made, and
                                nothing connects */
    struct str server_name;  /* what SNI says, and what a certificate that is
                                validated must be for; n == 0: nothing */
    bool by_address;         /* ... then it must be for the address */
    bool http2; /* else HTTP/1.1; in TLS the target must choose it by ALPN */
    struct address source; /* that connections leave from; family 0: any */
};

enum pool_life {
    POOL_OPEN,
    POOL_DRAINS, /* a connection closes after its response */
    POOL_CUT,    /* and none is made any more */
};

/* The connections to one target. */
struct client_pool {
    struct client_port *port;
    struct address address;
    struct client_way way;       /* the context is held, the name its own */
    unsigned ways;               /* counts changes: connections know theirs */
    struct tls_session *session; /* to be resumed by the next handshake; NULL:
                                    none */
    struct list idle;            /* HTTP/1.1, used last: first */
    unsigned nidle;
    struct list h2s; /* HTTP/2: connections that take requests */
    enum pool_life life;
    struct connection_meter *meter; /* connections that begin are counted
                                       there; the caller's; NULL: nowhere */
    uint32_t connect_ms;
    uint32_t idle_ms; /* an unused connection closes after it */
};

/* False without memory.  handler is set by the caller. */
bool client_port_init(struct client_port *port, struct loop *loop);

/* Closes every connection; their handlers are told nothing. */
void client_port_close(struct client_port *port);

/* After client_port_close() and loop_settle(). */
void client_port_end(struct client_port *port);

/* The times and the meter are set by the caller, and may change. */
void client_pool_init(struct client_pool *pool, struct client_port *port,
                      const struct address *address);

/* Before connections are taken: how they speak.  What is open in another way
 * carries no new request; idle ones close. */
void client_pool_go(struct client_pool *pool, const struct client_way *way);

/* Closes the idle connections, and forgets the way. */
void client_pool_end(struct client_pool *pool);

/* The target goes: closes the idle connections, and none gets idle again.
 * What is in flight goes on, and connections may still be made. */
void client_pool_drain(struct client_pool *pool);

/* It is gone: what is in flight fails with FAILURE_DEREGISTERED, before this
 * returns. */
void client_pool_cut(struct client_pool *pool);

/* It is back after one of these. */
void client_pool_reopen(struct client_pool *pool);

/* A stream that is ready for client_request(), or NULL: an idle connection, or
 * over HTTP/2 one with room. */
struct client_stream *client_pool_take(struct client_pool *pool,
                                       void *exchange);

/* A stream on a new connection (over HTTP/2: or on one that is being made):
 * on_connected or on_failed follow, never before this returns.  NULL when not
 * even that could be begun, or the pool was cut. */
struct client_stream *client_connect(struct client_pool *pool, void *exchange);

/* Sends the request: the head, and the first piece of its body.  `encoded`,
 * when not NULL, gets the head for client_request_again(); good until the next
 * head is written on this thread.  False when the head is too long to be
 * written: nothing was sent then. */
static inline bool client_request(struct client_stream *stream,
                                  const struct request_out *out,
                                  const struct piece *piece,
                                  struct str *encoded)
{
    return stream->ops->request(stream, out, piece, encoded);
}

/* Sends a head that client_request() encoded before, on a stream of a pool of
 * the same kind, with the body from its begin on.  Over HTTP/1.1 only one that
 * has none, and that asks for no WebSocket. */
static inline void client_request_again(struct client_stream *stream,
                                        struct str encoded, enum method method,
                                        const struct piece *piece)
{
    stream->ops->request_again(stream, encoded, method, piece);
}

/* Whether the connection had been used before. */
static inline bool client_stream_reused(const struct client_stream *stream)
{
    return stream->ops->reused(stream);
}

#endif
