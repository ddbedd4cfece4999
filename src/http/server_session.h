/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a server session, shared by the file that reads
 * (server.c) and the one that answers (server_answer.c).
 *
 *   HANDSHAKE (TLS) ──> HEAD, or HTTP/2
 *
 *   HEAD ──request──> BODY ──body ends──> ANSWER ──┐
 *    ^  \──no body─────────────────────────^       │ answered
 *    │                  BODY, answered: DRAIN      │
 *    └─────── keep-alive, output flushed ──────────┤
 *                                                  └─ else LINGER ─> closed
 *   any ──101──> TUNNEL
 */
#ifndef SLUICE_HTTP_SERVER_SESSION_H
#define SLUICE_HTTP_SERVER_SESSION_H

#include "http/server.h"
#include "stats/connections.h"

enum server_state {
    SERVER_HANDSHAKE, /* of TLS */
    SERVER_HEAD,      /* idle, or part of a head is there */
    SERVER_BODY,      /* the request's body comes */
    SERVER_ANSWER,    /* the request is whole, its answer is not */
    SERVER_DRAIN,     /* answered; what is left of the body is thrown away */
    SERVER_TUNNEL,
    SERVER_H2,     /* server_h2.c has it */
    SERVER_LINGER, /* answered and shut; waiting for the client to close, so
                      that the answer is not lost to a reset */
};

struct server_session {
    struct conn conn;
    struct server_stream stream;
    struct server_port *port;
    struct server_h2 *h2;          /* NULL: not HTTP/2 */
    struct connection_count count; /* all zero: it is not counted (yet) */
    struct list node;              /* in port->sessions */
    struct address client;
    uint32_t opened_s; /* monotonic seconds */
    uint32_t linger_until_s;
    uint32_t requests;
    struct h1_body body;
    uint32_t scanned;  /* of the kept part of a head */
    uint32_t parse_at; /* kept bytes at which parsing is worth another try */
    uint32_t drained;  /* body bytes thrown away */
    uint8_t state;
    uint8_t version; /* of the request: 9, 10, 11 */
    bool head : 1;   /* a HEAD request */
    bool keep_alive : 1;
    bool client_closes : 1; /* it asked for the end, and sends no more */
    bool want_continue : 1; /* the client waits for 100 */
    bool started : 1;       /* the response head was written */
    bool answered : 1;      /* the response is complete */
    bool chunked : 1;       /* the response is sent in chunks */
    bool delimited : 1;     /* its end is told by other than closing */
    bool no_body : 1;       /* nothing of the response's body is sent */
    bool websocket : 1;     /* the request asked for the upgrade */
};

extern const struct server_stream_ops server_h1_ops;

/* An HTTP/2 session gives the connection back for server_linger() or
 * server_close(). */
void server_take_back(struct server_session *s);

/* What on_free does, whatever version is spoken. */
void server_session_free(struct server_session *s);

/* Counts a response that begins. */
void server_count_status(struct counters *c, const struct response_out *out);

/* After an answer: the next request, the rest of the body, or the end. */
void server_proceed(struct server_session *s);

/* Ends the connection so that what was sent arrives. */
void server_linger(struct server_session *s);

/* Ends it at once; the handler, if it waits, is told that the client went. */
void server_close(struct server_session *s);

/* Whether the connection closes with the answer, without a linger: the client
 * asked for the end and sent nothing more. */
bool server_closes_at_once(const struct server_session *s);

static inline bool server_request_done(const struct server_session *s)
{
    return s->state != SERVER_BODY;
}

#endif
