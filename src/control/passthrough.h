/* SPDX-License-Identifier: Apache-2.0
 *
 * --passthrough URL: requests for what Sluice does not serve go on to another
 * emulator of AWS as they came, Host and signature too, and its responses come
 * back as they are.
 *
 * The name of the URL is looked up at the start, when it was looked up more
 * than half a minute ago, and when nobody answers at the address; that never
 * blocks.  Each request has a connection of its own.  All of it on the control
 * thread.
 */
#ifndef SLUICE_CONTROL_PASSTHROUGH_H
#define SLUICE_CONTROL_PASSTHROUGH_H

#include "base/error.h"
#include "http/client.h"

enum {
    PASSTHROUGH_CONNECT_MS = 5 * 1000,
    PASSTHROUGH_SILENT_MS = 60 * 1000, /* nothing moves for so long: the end */
    PASSTHROUGH_HOST_MAX = 256,
};

/* Requests that were passed on have it: one that comes back is not. */
#define PASSTHROUGH_MARK "X-Sluice-Passthrough"

/* http://HOST[:PORT][/] */
struct passthrough_url {
    char host[PASSTHROUGH_HOST_MAX]; /* without brackets */
    uint16_t port;
};

/* False with an error for who wrote it. */
bool passthrough_read(const char *url, struct passthrough_url *read,
                      struct error *error);

struct passthrough;

/* NULL without memory or descriptors. */
struct passthrough *passthrough_start(struct loop *loop,
                                      const struct passthrough_url *url);

/* After the passes ended. */
void passthrough_end(struct passthrough *passthrough);

/* A request on its way.  Embedded in the caller's; the first part is set by
 * it, and stays as it is until done(). */
struct pass {
    const struct request *request; /* with the length of the body */
    struct str body;
    struct server_stream *client;
    /* It is over and the stream may be gone.  `why`: nothing was answered, and
     * this is why not; NULL: it was. */
    void (*done)(struct pass *pass, const char *why);
    /* passthrough.c's: */
    struct passthrough *passthrough;
    struct client_stream *target; /* NULL: not connected */
    struct list node;             /* waits for the address */
    struct timer silent;
    size_t sent;    /* of the body */
    bool responded; /* the head of the response is out */
    bool again;     /* connects a second time */
};

/* done() may be called within. */
void pass_begin(struct passthrough *passthrough, struct pass *pass);

/* The client takes bytes again. */
void pass_drained(struct pass *pass);

/* The client is gone: done() is not called. */
void pass_cancel(struct pass *pass);

#endif
