/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a client session, shared by the file that reads responses
 * (client.c), the one that writes requests (client_request.c) and the one
 * that keeps connections (client_pool.c).
 *
 *   CONNECTING --> HEAD --> BODY --> IDLE (in a pool) --> HEAD ...
 *                    \--101--> TUNNEL
 *   any: OVER, and closed at the end of the turn
 */
#ifndef SLUICE_HTTP_CLIENT_SESSION_H
#define SLUICE_HTTP_CLIENT_SESSION_H

#include "http/client.h"
#include "stats/connections.h"

enum client_state {
    CLIENT_CONNECTING,
    CLIENT_IDLE, /* in a pool */
    CLIENT_HEAD, /* the request was begun, the response head is awaited */
    CLIENT_BODY,
    CLIENT_TUNNEL,
    CLIENT_OVER, /* nothing more is wanted */
};

struct client_session {
    struct conn conn;
    struct client_stream stream;
    struct client_port *port;
    struct client_pool *pool;
    struct connection_count count;
    struct list node; /* in port->sessions */
    struct list idle; /* in pool->idle */
    struct h1_body body;
    unsigned ways;     /* pool->ways when it was made */
    uint32_t opened_s; /* monotonic seconds */
    uint32_t scanned;
    uint32_t parse_at;
    uint8_t state;
    uint8_t method; /* enum method of the request */
    uint8_t interim;
    bool reused : 1;
    bool keep : 1;         /* both sides want it kept */
    bool request_done : 1; /* the request was sent whole */
    bool chunked : 1;      /* its body is sent in chunks */
    bool websocket : 1;    /* the upgrade was asked for */
    bool heard : 1;        /* a byte of the response came */
    bool looked : 1;       /* idle, and looked at whether it still lives */
};

extern const struct conn_ops client_conn_ops;
extern const struct client_stream_ops client_h1_ops;

enum { CLIENT_LOOK_MS = 20 }; /* after that an idle connection is looked at */

/* Takes it out of the pool, if it is in one, and closes it; nobody is told. */
void client_close(struct client_session *c);

/* The request failed: the handler is told, if anybody waits, and it closes. */
void client_fail(struct client_session *c, enum client_failure why,
                 const char *cause);

/* The response is complete: back into the pool, or away when it was not
 * `clean` or anything else is left. */
void client_done(struct client_session *c, bool clean);

/* ---- for both versions ---------------------------------------------------- */

/* Whether a connection may be made at all. */
bool client_may_connect(const struct client_pool *pool);

/* Begins to connect in the pool's way, with its deadline; 0 or an errno.  It is
 * counted in the pool's meter. */
int client_begin(struct client_pool *pool, struct conn *conn,
                 const struct conn_ops *ops, struct connection_count *count);

/* Connecting ended with this error: counts it, and says in `cause` why.  The
 * connection is still there. */
enum client_failure client_connect_failed(struct conn *conn,
                                          struct connection_count *count,
                                          int error, struct text *cause);

#endif
