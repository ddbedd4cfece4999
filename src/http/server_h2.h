/* SPDX-License-Identifier: Apache-2.0
 *
 * Server sessions of HTTP/2: many streams on a connection that a client
 * opened (alb.md 5.1).
 *
 * server.c makes the session and shakes hands; server_h2_begin() takes it over
 * until its end, then gives it back to linger.  What all streams have to say
 * in a turn of the loop is gathered and leaves in one send.
 *
 * What it holds at most, when a client does not read: of each stream one piece
 * of its response (what one read of the target brought), and 64 KiB for the
 * connection besides what the socket holds; reading stops when our own heads
 * and answers to frames are another 64 KiB.  When targets do not read: the
 * windows of codec/h2.h.
 */
#ifndef SLUICE_HTTP_SERVER_H2_H
#define SLUICE_HTTP_SERVER_H2_H

#include "codec/h2.h"
#include "http/server_session.h"

enum {
    /* Then GOAWAY (alb.md 5.1); those that a client sends until it has heard
     * that are served, up to the second number. */
    SERVER_H2_REQUESTS = 10000,
    SERVER_H2_REQUESTS_MAX = 10512,
    /* How long a client may take to hear it. */
    SERVER_H2_LEAVE_MS = 1000,
};

void server_h2_port_init(struct server_port *port);
void server_h2_port_end(struct server_port *port);

/* The connection speaks HTTP/2: after ALPN, or because it is known. */
void server_h2_begin(struct server_session *s);

/* The client is to open no more streams: as soon as those that are open are
 * done the connection ends. */
void server_h2_drain(struct server_session *s);

/* Ends the connection now; the handlers are told GONE_CLIENT. */
void server_h2_close(struct server_session *s);

#endif
