/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parent and a serving process say to each other: messages of one
 * size, with descriptors, on a socket pair that keeps their bounds.
 *
 *   parent                          serving process
 *   HELLO [texts] [account] ──────>
 *                 <──────────────── FETCH index from
 *   SOCKETS name fds... ──────────>     (again, until END)
 *   END ──────────────────────────>
 *                 <──────────────── USE name / KEEP name fds... / DROP name
 *                 <──────────────── TEXTS texts / ACCOUNT account
 *                 <──────────────── READY
 *   HURRY, CLOSE name, RETIRE, DRAIN ─>
 *                 <──────────────── SETTLED      (a HUP was dealt with)
 *
 * The two may be of different versions of the program: a message says the
 * version of this protocol, and neither side takes one of another version.
 */
#ifndef SLUICE_APP_CHANNEL_H
#define SLUICE_APP_CHANNEL_H

#include "base/error.h"
#include "base/str.h"

enum {
    CHANNEL_VERSION = 2,
    CHANNEL_NAME_MAX = 1024,
    CHANNEL_FDS_MAX = 64,
    CHANNEL_SECRET = 32,
};

enum channel_kind {
    CHANNEL_HELLO = 1,
    CHANNEL_SOCKETS,
    CHANNEL_END,
    CHANNEL_HURRY,
    CHANNEL_CLOSE,
    CHANNEL_RETIRE,
    CHANNEL_DRAIN, /* a second one: at once */
    CHANNEL_FETCH = 64,
    CHANNEL_USE,
    CHANNEL_KEEP, /* more of the same name add to them */
    CHANNEL_DROP,
    CHANNEL_TEXTS,
    CHANNEL_ACCOUNT, /* once, from the first process */
    CHANNEL_READY,
    CHANNEL_SETTLED,
};

/* Why a serving process was started. */
enum channel_start {
    START_FIRST,
    START_CRASHED,
    START_UPGRADE,
};

/* The descriptors that come with HELLO, in this order. */
enum channel_gives {
    GIVES_TEXTS = 1,
    GIVES_ACCOUNT = 2,
};

struct channel_message {
    uint16_t version;
    uint16_t kind;
    uint32_t start;    /* HELLO: enum channel_start */
    uint32_t restarts; /* HELLO: so far */
    uint32_t upgrades;
    uint32_t index;                 /* FETCH, SOCKETS: of a name */
    uint32_t from;                  /* FETCH, SOCKETS: of its sockets */
    uint32_t total;                 /* SOCKETS: that it has */
    uint32_t lent;                  /* SOCKETS: a service manager's */
    uint32_t gives;                 /* HELLO: enum channel_gives */
    uint32_t name_n;                /* bytes of the name that count */
    uint8_t secret[CHANNEL_SECRET]; /* HELLO */
    char name[CHANNEL_NAME_MAX];
};

enum channel_result {
    CHANNEL_OK,
    CHANNEL_NOTHING, /* a non-blocking read found none, or it took too long */
    CHANNEL_GONE,    /* the other side is */
    CHANNEL_STRANGE, /* it speaks another version, or no sense */
};

/* A pair; both ends are close-on-exec.  False with an error. */
bool channel_pair(int fds[2], struct error *error);

/* A blocking call waits no longer than this. */
void channel_limit(int fd, unsigned seconds);

/* Sends a message with `n` descriptors, which stay the caller's.  Does not
 * block when `wait` is false.  False when it did not leave. */
bool channel_send(int fd, struct channel_message *message, const int *fds,
                  unsigned n, bool wait);

/* Receives one; `fds` has room for CHANNEL_FDS_MAX, and what came is the
 * caller's, close-on-exec. */
enum channel_result channel_receive(int fd, struct channel_message *message,
                                    int *fds, unsigned *n, bool wait);

/* A message of a kind, about a name (cut at CHANNEL_NAME_MAX). */
struct channel_message channel_message(enum channel_kind kind, struct str name);

struct str channel_name(const struct channel_message *message);

#endif
