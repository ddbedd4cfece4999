/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection: bytes in, bytes out, on one loop.
 *
 * One edge-triggered persistent event per socket, registered once for both
 * directions: no system call to change interest.  Reads go into the loop's
 * shared buffer; what the session does not use it keeps with conn_keep().
 * Writes go out at once; what the socket does not take is queued, and
 * on_drained tells when the queue is empty again.  Whoever feeds a connection
 * pauses its source while conn_queued() is not 0, so a queue never holds more
 * than what one read brought.
 */
#ifndef SLUICE_NET_CONN_H
#define SLUICE_NET_CONN_H

#include "base/address.h"
#include "net/loop.h"

struct conn;
struct conn_tls;

struct conn_ops {
    /* Bytes, the end of the stream or an error may be read: conn_read(). */
    void (*on_readable)(struct conn *conn);
    /* All that was queued has been sent. */
    void (*on_drained)(struct conn *conn);
    /* Some of what was queued has been sent.  May be NULL. */
    void (*on_sent)(struct conn *conn);
    /* A write failed (the peer is gone); what could still be read was. */
    void (*on_broken)(struct conn *conn);
    /* conn_connect() ended, or the handshake of TLS; error is 0 or an
     * errno. */
    void (*on_connected)(struct conn *conn, int error);
    /* The timer fired. */
    void (*on_timeout)(struct conn *conn);
    /* After conn_close(), at the end of the turn: free what embeds it. */
    void (*on_free)(struct conn *conn);
};

/* Why nothing is read from a connection.  Reading goes on when the last
 * reason is gone. */
enum conn_pause {
    CONN_PAUSE_EXCHANGE = 1, /* a request is being answered: no next one */
    CONN_PAUSE_PEER = 2,     /* the other side does not take what we read */
    CONN_PAUSE_HOLD = 4,     /* no target yet, or a step holds the body */
    CONN_PAUSE_CLOSING = 8,  /* only what is queued still goes out */
};

struct conn {
    struct event event;
    struct loop *loop;
    const struct conn_ops *ops;
    struct chunk *kept;   /* read, not yet used; at most one */
    struct chunk *out;    /* queue to be sent; with TLS: ciphertext */
    struct conn_tls *tls; /* NULL: plain */
    struct loop_task task;
    struct timer timer;
    int fd;
    uint32_t unacknowledged; /* output that was under way when last asked */
    uint8_t pauses;          /* enum conn_pause */
    bool readable : 1;
    bool drained : 1; /* TLS: no event since a read that emptied the socket;
                         readable may be so for what was read already */
    bool writable : 1;
    bool hangup : 1; /* the peer ended its direction: EOF comes */
    bool eof : 1;    /* read to the end */
    bool connecting : 1;
    bool shaking : 1; /* TLS: the handshake is not over */
    bool broken : 1;  /* a write failed */
    bool told_broken : 1;
    bool closed : 1;
    bool drained_due : 1; /* on_drained is owed at the end of the turn */
    bool shut : 1;        /* our direction was ended */
    bool shut_due : 1;    /* ... once the queue is empty */
    bool closing : 1;     /* conn_close() follows this very write: the last
                             bytes may wait for the FIN and leave with it */
};

/* What conn_read() brought. */
enum conn_read {
    CONN_DATA,
    CONN_AGAIN, /* nothing now */
    CONN_EOF,
    CONN_BROKEN, /* the connection was reset */
};

/* Bytes in the loop's shared buffer, with LOOP_HEADROOM in front and
 * LOOP_TAILROOM behind, both free to be written. */
struct window {
    char *p;
    size_t n;
    size_t fresh; /* of these, how many were read just now: the last ones */
};

/* Takes over a connected socket.  False when the loop cannot watch it; the
 * socket stays the caller's then. */
bool conn_init(struct conn *conn, struct loop *loop, int fd,
               const struct conn_ops *ops);

/* Begins to connect; on_connected follows, never before this returns.
 * `source`: the local address that it leaves from, port 0; NULL, or of another
 * family: the system chooses.  0, or an errno when not even that worked
 * (nothing to close then). */
int conn_connect(struct conn *conn, struct loop *loop,
                 const struct address *address, const struct address *source,
                 const struct conn_ops *ops);

/* Reads at most `max` bytes (at most LOOP_READ) behind what was kept.
 * CONN_DATA: `w` is all there is, kept bytes first. */
enum conn_read conn_read(struct conn *conn, size_t max, struct window *w);

/* Reads more behind the kept bytes where they are, without moving them; not
 * beyond `limit` bytes kept.  For what comes in small pieces.  CONN_AGAIN also
 * when the limit is reached or there is no memory (conn_kept() says). */
enum conn_read conn_read_kept(struct conn *conn, size_t limit);

/* The kept bytes where they are. */
struct str conn_kept(const struct conn *conn);

/* Moves the kept bytes (some or none) into the shared buffer. */
void conn_take_kept(struct conn *conn, struct window *w);

/* Keeps n bytes for later; nothing may be kept yet.  False without memory. */
bool conn_keep(struct conn *conn, const char *p, size_t n);

/* True when conn_read() brings something now, if only the end. */
static inline bool conn_has_input(const struct conn *conn)
{
    return conn->readable || conn->kept != NULL || conn->eof;
}

/* Sends now what the socket takes and queues the rest.  False when the
 * connection is broken (on_broken follows at the end of the turn). */
bool conn_send(struct conn *conn, const char *p, size_t n);

/* Both pieces, one after the other, in one call. */
bool conn_send2(struct conn *conn, const char *p1, size_t n1, const char *p2,
                size_t n2);

static inline bool conn_queued(const struct conn *conn)
{
    return conn->out != NULL;
}

void conn_pause(struct conn *conn, enum conn_pause why);

/* Takes a reason away; with the last one gone, on_readable runs at the end of
 * the turn if there is something to read. */
void conn_resume(struct conn *conn, enum conn_pause why);

/* Has on_readable run at the end of the turn, unless paused. */
void conn_again(struct conn *conn);

/* What was read is not the whole of a message: looks once more at the end of
 * the turn.  A reset that came together with the last bytes makes no event of
 * its own. */
void conn_expect_more(struct conn *conn);

/* Has the next read ask the socket, whatever events said. */
static inline void conn_look(struct conn *conn)
{
    conn->readable = true;
    conn->drained = false;
}

/* Whether the peer has taken any of our bytes since this was asked last, or
 * there are some that it was not asked about yet.  The kernel tells that a
 * socket can be written to only when a good part of its buffer is free, so a
 * slow reader may be alive without an event. */
bool conn_output_moves(struct conn *conn);

/* Bytes of output that the peer has not taken, as they are on the wire. */
size_t conn_output_left(const struct conn *conn);

/* False when the peer sent something that was not asked for, or announced its
 * end: a connection that is not quiet must not carry another message. */
bool conn_quiet(struct conn *conn);

/* Whether bytes wait in the socket that nobody has read, event or not: closing
 * now would reset the connection.  Then on_readable is due. */
bool conn_unread(struct conn *conn);

/* As if a write had failed: on_broken at the end of the turn. */
void conn_break(struct conn *conn);

/* Ends our direction once the queue is empty. */
void conn_shutdown(struct conn *conn);

/* Whether the peer is still there, asked of the kernel without taking bytes:
 * false after a reset. */
bool conn_alive(struct conn *conn);

/* Closes now and forgets what was queued; on_free at the end of the turn. */
void conn_close(struct conn *conn);

/* The same, but the peer gets a reset: it must not take what it has for
 * whole. */
void conn_reset(struct conn *conn);

/* Has on_timeout come in `ms`.  Not for a closed connection: its memory goes
 * at the end of the turn, and the wheel must not know it any more. */
static inline void conn_timer(struct conn *conn, uint64_t ms)
{
    if (!conn->closed)
        loop_timer_set(conn->loop, &conn->timer, ms);
}

#endif
