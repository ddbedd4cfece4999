/* SPDX-License-Identifier: Apache-2.0
 *
 * A target that speaks HTTP/2 and exchanges that ask it, all on one loop in
 * the test program: the codec's server role stands against the pool's client
 * role over real sockets.
 */
#ifndef TESTS_HTTP_TARGET_H2_H
#define TESTS_HTTP_TARGET_H2_H

#include "http/client.h"
#include "net/listener.h"

/* What the target does with a request, by its path:
 *
 *   /ok       200, "hello"
 *   /echo     200, and what came of the body, as it comes; the request's
 *             trailers come back
 *   /hold     nothing
 *   /head     200, and nothing more
 *   /big      200, and BIG bytes
 *   /refuse   REFUSED_STREAM
 *   /refuse-once  that, and 200 for every later one
 *   /reset    CANCEL
 *   /cut      200, some bytes, CANCEL
 *   /goaway   200, "hello"; it takes no more requests
 *   /die      the connection is reset
 *   /empty    trailers only: 200, grpc-status, no body
 *   /early    200, "hello", without waiting for the request's body
 */
enum { BIG = 700000 };

/* One request, and what came of it. */
struct ask {
    struct client_stream *stream;
    const char *head; /* HTTP/1.1, as h1_parse_request() takes it */
    const char *body; /* sent with the head; NULL: none */
    bool open;        /* the body goes on */
    const char *trailers;
    bool paused; /* it stops when the head came */
    bool connected;
    bool answered;
    bool ended;
    bool failed;
    bool reused;
    enum client_failure why;
    char cause[160];
    unsigned status;
    char fields[2048]; /* "name: value\r\n" ... */
    char text[256];    /* the begin of the body */
    size_t n;          /* bytes of the body */
    char got_trailers[256];
    char encoded[2048];
    size_t nencoded;
};

struct world {
    struct loop loop;
    struct counters counters;
    struct client_port port;
    struct client_pool pool;
    struct listener listener;
    struct list peers;    /* connections that the target has open */
    unsigned accepted;    /* connections so far */
    unsigned requests;    /* so far */
    unsigned resets;      /* streams that the client reset */
    char last_head[4096]; /* of the newest request: "METHOD path\r\n", then
                              ":authority: ...", then its fields */
    char last_trailers[256];
    size_t last_body; /* bytes of the newest body */
    const char *raw;  /* not NULL: the target says this and nothing else */
    size_t nraw;
    bool silent; /* it accepts, and says nothing at all */
    bool refused_once;
};

/* Begins and ends; the pool speaks HTTP/2 without TLS. */
void world_begin(struct world *w);
void world_end(struct world *w);

/* Takes a stream as an exchange does: of the pool, else a new one. */
void world_ask(struct world *w, struct ask *ask);

/* Sends what client_request() encoded for it once more. */
void world_ask_again(struct world *w, struct ask *ask);

/* Runs the loop until `done` says so; fails the test after 5 s. */
void world_run(struct world *w, bool (*done)(void *of), void *of);

/* Runs it until the ask has ended or failed. */
void world_finish(struct world *w, struct ask *ask);

/* Runs it for some turns in which nothing is waited for. */
void world_idle(struct world *w, unsigned ms);

#endif
