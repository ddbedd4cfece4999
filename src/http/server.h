/* SPDX-License-Identifier: Apache-2.0
 *
 * Server sessions: HTTP/1.x on a connection that a client opened; HTTP/2 is
 * server_h2.h's.
 *
 * A session reads one request at a time (a pipelined one waits), checks what
 * came of its body before it tells the handler, and never lets bytes of one
 * request be taken for the next: whenever the end of a request is in doubt
 * the connection closes after the answer.
 */
#ifndef SLUICE_HTTP_SERVER_H
#define SLUICE_HTTP_SERVER_H

#include <stdatomic.h>

#include "base/slab.h"
#include "http/stream.h"

/* What the sessions behind one listener share on one thread. */
struct server_port {
    struct loop *loop;
    const struct server_handler *handler;
    void *owner;            /* the handler's */
    struct address local;   /* what the listener is bound to */
    uint32_t idle_ms;       /* nothing moves for so long: the end */
    uint32_t handshake_ms;  /* of TLS; server_port_init() says 10 seconds */
    uint32_t keep_alive_ms; /* age after which one more request is served */
    const struct listener_fields *fields_set; /* on what we answer ourselves;
                                                 NULL: none */
    struct tls_context *tls;                  /* NULL: plain; the caller's */
    const struct tls_chooser *chooser; /* of another one, by the name that a
                                          client asks for; NULL: none */
    enum desync_mode desync_mode;      /* defensive unless the caller says so */
    bool prior_knowledge;   /* HTTP/2 without TLS for who begins so; set
                                     by the caller, never for listeners */
    bool websocket_over_h2; /* RFC 8441; set by the caller */
    bool draining;
    bool patient; /* draining: idle connections stay for one more request */
    unsigned nsessions;
    _Atomic uint64_t *open; /* gets the number of connections, for other
                               threads to read; NULL: nobody does */
    struct list sessions;
    struct slab slab;
    struct slab h2_sessions;
    struct slab h2_streams;
    struct h2_port *h2;   /* NULL until a connection speaks HTTP/2 */
    struct field *fields; /* H1_FIELDS_MAX of them, for the head that is
                                being read */
    void (*on_empty)(struct server_port *port); /* draining: none is left */
};

/* False without memory.  handler, owner, local, the times and on_empty are
 * set by the caller, fields_set where there are any: afterwards. */
bool server_port_init(struct server_port *port, struct loop *loop);

/* Closes every session; their handlers are told GONE_CLIENT. */
void server_port_close(struct server_port *port);

/* Frees what the sessions shared: after server_port_close() and
 * loop_settle(). */
void server_port_end(struct server_port *port);

/* Takes over an accepted socket; NULL: it stays the caller's.  The session's
 * stream is good for server_stream_client() and server_stream_number() until
 * the caller returns. */
struct server_stream *server_accept(struct server_port *port, int fd,
                                    const struct address *client);

/* Answers what comes with `Connection: close` from now on and closes idle
 * connections after a short grace; on_empty follows when none is left. */
void server_port_drain(struct server_port *port);

/* The same, but idle connections stay until their next request or their idle
 * timeout: a close could meet a request that is on its way.  For a process
 * that another one has taken over from, and so may take its time.
 * server_port_drain() may follow. */
void server_port_retire(struct server_port *port);

struct server_port *server_stream_port(const struct server_stream *stream);

const struct address *server_stream_client(const struct server_stream *stream);

/* Its connection: what was agreed on with TLS. */
const struct conn *server_stream_conn(const struct server_stream *stream);

/* Has the connection counted there, as opened and, when it ends, as closed:
 * once.  NULL: nowhere. */
struct connection_meter;
void server_stream_count(struct server_stream *stream,
                         struct connection_meter *meter);

/* A number that no other open connection of this thread has, nor, as good as
 * surely, one that closed before. */
uint64_t server_stream_number(const struct server_stream *stream);

#endif
