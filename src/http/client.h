/* SPDX-License-Identifier: Apache-2.0
 *
 * Client sessions: HTTP/1.1 on a connection to a target, and the pool that
 * keeps idle ones.
 *
 * A pool belongs to one target and one thread; the connection that was used
 * last is used first.  A connection goes back only when its response ended
 * exactly where it said, the request was sent whole, and both sides want it
 * kept.
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
    struct list sessions; /* all of them, for the end */
};

enum {
    POOL_IDLE_MAX = 1024,  /* idle connections to one target and thread */
    POOL_AGE_MAX_S = 3600, /* an older connection is not used again */
};

enum pool_life {
    POOL_OPEN,
    POOL_DRAINS, /* a connection closes after its response */
    POOL_CUT,    /* and none is made any more */
};

/* The idle connections to one target. */
struct client_pool {
    struct client_port *port;
    struct address address;
    struct list idle; /* used last: first */
    unsigned nidle;
    enum pool_life life;
    uint32_t connect_ms;
    uint32_t idle_ms; /* an unused connection closes after it */
};

/* False without memory.  handler is set by the caller. */
bool client_port_init(struct client_port *port, struct loop *loop);

/* Closes every connection; their handlers are told nothing. */
void client_port_close(struct client_port *port);

/* After client_port_close() and loop_settle(). */
void client_port_end(struct client_port *port);

/* The times are set by the caller, and may change. */
void client_pool_init(struct client_pool *pool, struct client_port *port,
                      const struct address *address);

/* Closes the idle connections. */
void client_pool_end(struct client_pool *pool);

/* The target goes: closes the idle connections, and none gets idle again.
 * What is in flight goes on, and connections may still be made. */
void client_pool_drain(struct client_pool *pool);

/* It is gone: what is in flight fails with FAILURE_DEREGISTERED, before this
 * returns. */
void client_pool_cut(struct client_pool *pool);

/* It is back after one of these. */
void client_pool_reopen(struct client_pool *pool);

/* An idle connection, ready for client_request(), or NULL. */
struct client_stream *client_pool_take(struct client_pool *pool,
                                       void *exchange);

/* A new connection: on_connected or on_failed follow, never before this
 * returns.  NULL when not even that could be begun, or the pool was cut. */
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
