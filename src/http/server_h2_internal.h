/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of an HTTP/2 server session, shared by the file that reads
 * (server_h2.c) and the one that answers (server_h2_answer.c).
 */
#ifndef SLUICE_HTTP_SERVER_H2_INTERNAL_H
#define SLUICE_HTTP_SERVER_H2_INTERNAL_H

#include "crypto/websocket_accept.h"
#include "http/server_h2.h"

struct server_h2 {
    struct h2 h2;
    struct server_session *session;
    struct list streams;   /* struct h2_exchange */
    struct list dead;      /* over; freed at the end of the turn */
    struct loop_task turn; /* the end of a turn: what was gathered leaves */
    struct timer leave;    /* the client had its time to hear of GOAWAY */
    struct chunk *out;     /* what was gathered */
    uint32_t ahead;        /* bytes written while the socket was full */
    uint32_t receiving;    /* requests whose end has not come */
    uint32_t rejects;      /* streams that are to be reset */
};

/* A stream: one request and its response. */
struct h2_exchange {
    struct server_stream stream;
    struct h2_stream h2;
    struct list node;
    uint32_t moved_ms; /* when anything moved on it */
    uint32_t sent;     /* h2.sent at that time */
    uint8_t pauses;    /* enum conn_pause */
    bool receiving : 1;
    bool head : 1;     /* a HEAD request */
    bool started : 1;  /* the response head was written */
    bool answered : 1; /* the response is complete */
    bool no_body : 1;  /* nothing of the response's body is sent */
    bool tunnel : 1;
    bool websocket : 1;
    bool rejected : 1; /* its target broke a rule: it is to be reset */
    char key[WEBSOCKET_KEY_LEN]; /* that the target got */
};

extern const struct server_stream_ops server_h2_ops;

static inline uint32_t server_h2_now_ms(const struct loop *loop)
{
    return (uint32_t)(loop->now_us / 1000);
}

static inline void server_h2_moved(struct h2_exchange *e)
{
    e->moved_ms = server_h2_now_ms(e->stream.session->conn.loop);
}

/* Has the end of the turn come for the session. */
static inline void server_h2_turn(struct server_h2 *sh)
{
    loop_ready(sh->session->conn.loop, &sh->turn);
}

/* At the end of the turn the stream is reset, and its handler told. */
void server_h2_reject(struct h2_exchange *e);

/* Makes the head of a response. */
void server_h2_put_head(struct h2_exchange *e, const struct response_out *out);

/* ---- WebSocket (server_h2_websocket.c) ---------------------------------- */

/* A request for one came: makes it one that HTTP/1.1 targets understand. */
void server_h2_ask_websocket(struct h2_exchange *e, struct request *request);

size_t server_h2_upgrade(struct server_stream *stream,
                         struct response_out *out);

/* The stream is over: no callback reaches it any more. */
void server_h2_bury(struct h2_exchange *e);

#endif
