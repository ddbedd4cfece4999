/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/2 to targets (RFC 9113): the inside, shared by the file that keeps
 * connections (client_h2.c), the one that hands out streams on them
 * (client_h2_pool.c) and the one that writes and reads what goes over them
 * (client_h2_stream.c); and what client_pool.c asks of them.
 *
 *   connection:  CONNECTING --> READY (takes requests) --> no longer listed
 *                in pool->h2s (GOAWAY, too old, another way): ends with its
 *                last stream
 *   stream:      waits for the connection --> taken --> asked --> answered
 *                --> over
 *
 * A connection is READY when the peer's SETTINGS came, so that its limit is
 * known before the first request: none is refused for a guess.  Whatever its
 * streams write in a turn of the loop leaves at the turn's end together.
 */
#ifndef SLUICE_HTTP_CLIENT_H2_H
#define SLUICE_HTTP_CLIENT_H2_H

#include "codec/h2.h"
#include "http/client_session.h"

enum {
    CLIENT_H2_GATHER = 64 * 1024, /* written at once */
};

struct client_h2 {
    struct conn conn;
    struct h2 h2;
    struct client_port *port;
    struct client_pool *pool;
    struct connection_count count;
    struct list node;       /* in port->h2s */
    struct list member;     /* in pool->h2s, while it takes requests */
    struct list streams;    /* client_h2_stream: all of it */
    struct loop_task task;  /* the end of a turn in which something was done */
    struct chunk *gathered; /* bytes to be sent then */
    uint64_t heard;         /* times that something was read */
    uint64_t moved_us;      /* when output was last seen to move */
    uint64_t idle_us;       /* when its last stream went */
    unsigned nstreams;      /* in `streams` */
    unsigned ntaken;        /* of these, taken and not asked yet */
    unsigned ways;          /* pool->ways when it was made */
    uint32_t opened_s;      /* monotonic seconds */
    bool begun : 1;         /* the session of the codec */
    bool ready : 1;
    bool used : 1;    /* it had a stream */
    bool over : 1;    /* the session ended */
    bool looked : 1;  /* since something came */
    bool counted : 1; /* among the idle ones */
};

struct client_h2_stream {
    struct client_stream stream;
    struct h2_stream h2;
    struct client_h2 *c;   /* NULL: over */
    struct list node;      /* in c->streams */
    struct loop_task task; /* frees it */
    struct loop_task fail; /* a failure that is owed */
    struct client_port *port;
    const char *refused; /* why its response was not let in; or NULL */
    uint64_t heard;      /* c->heard when it was asked */
    uint8_t pauses;      /* enum conn_pause */
    bool waits : 1;      /* for its connection */
    bool taken : 1;      /* and not asked yet */
    bool asking : 1;     /* its request is being written */
    bool reused : 1;     /* the connection had been used before */
    bool answered : 1;   /* the final head came */
};

extern const struct h2_ops client_h2_codec_ops;
extern const struct client_stream_ops client_h2_ops;

static inline struct client_h2 *client_h2_of(struct h2 *h2)
{
    return LIST_ENTRY_OF(h2, struct client_h2, h2);
}

/* ---- connections (client_h2.c) ------------------------------------------- */

/* A new connection of the pool, in its list; NULL when it cannot be begun. */
struct client_h2 *client_h2_open(struct client_pool *pool);

/* How many more requests it takes. */
unsigned client_h2_room(const struct client_h2 *c);

/* Something was written, or is to be looked at, at the end of the turn. */
void client_h2_touch(struct client_h2 *c);

/* It takes no new requests, and ends with its last stream. */
void client_h2_leave(struct client_h2 *c);

/* Fails all its streams with `why` and closes it; not from a callback of its
 * session. */
void client_h2_close(struct client_h2 *c, enum client_failure why,
                     const char *cause);

/* What the codec asks of it. */
void client_h2_write(struct h2 *h2, const char *p, size_t n);
bool client_h2_has_room(struct h2 *h2);
void client_h2_goaway(struct h2 *h2, uint32_t last, enum h2_error error);

/* ---- streams (client_h2_pool.c) ------------------------------------------ */

/* A stream of this connection; NULL without memory. */
struct client_h2_stream *client_h2_add(struct client_h2 *c, void *exchange);

/* It is over: the connection forgets it, its memory goes at the end of the
 * turn.  Nobody is told. */
void client_h2_remove(struct client_h2_stream *s);

/* The same, and the handler, if it waits, is told that it failed. */
void client_h2_fail(struct client_h2_stream *s, enum client_failure why,
                    const char *cause);

/* Whether part of what was written for it is still under way. */
bool client_h2_is_under_way(const struct client_h2_stream *s);

/* The connection is READY: its streams go on, as many as it takes; others look
 * for another one. */
void client_h2_hand_out(struct client_h2 *c);

/* ---- for client_pool.c ---------------------------------------------------- */

void client_h2_port_init(struct client_port *port);
void client_h2_port_close(struct client_port *port);
void client_h2_port_end(struct client_port *port);

struct client_stream *client_h2_take(struct client_pool *pool, void *exchange);
struct client_stream *client_h2_connect(struct client_pool *pool,
                                        void *exchange);

/* Connections without a stream close. */
void client_h2_close_idle(struct client_pool *pool);

/* Those of another way take no more requests. */
void client_h2_retire(struct client_pool *pool);

/* Their sessions of TLS are nobody's. */
void client_h2_forget_session(struct client_pool *pool);

/* What is in flight fails: the target's time is over. */
void client_h2_cut(struct client_pool *pool);

/* The pool goes: what is left of its connections closes. */
void client_h2_end(struct client_pool *pool);

#endif
