/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection to a Redis server that comes back by itself, on the control
 * thread's loop.
 *
 * Of hiredis 0.14 only the protocol is used: it has neither deadlines for
 * commands nor names without blocking, and its asynchronous half ends the
 * process when a server says what it should not.  A name is resolved first
 * (net/resolve), connecting and every command have a deadline here.  A command that is late ends the connection; the next attempt
 * comes after 100 ms, and later up to 2 s apart.
 */
#ifndef SLUICE_STORE_REDIS_LINK_H
#define SLUICE_STORE_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "base/error.h"
#include "base/region.h"
#include "net/loop.h"

/* Where it is: redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE][?key=NAME].
 * Texts stand in the region that they were read into. */
struct redis_place {
    struct str host;
    uint16_t port;
    struct str user;
    struct str password; /* n == 0: none */
    unsigned database;
    struct str key;  /* of what is kept there */
    struct str name; /* "redis://HOST:PORT/DATABASE", for people */
};

enum {
    REDIS_CONNECT_MS = 2000,
    REDIS_COMMAND_MS = 2000,
    REDIS_RETRY_FIRST_MS = 100,
    REDIS_RETRY_LAST_MS = 2000,
};

/* False with an error that says what is wrong and how to mend it; rediss:// is
 * none that this speaks. */
bool redis_place_read(struct str text, struct redis_place *place,
                      struct region *region, struct error *error);

struct redis_link;

struct redis_link_ops {
    void (*up)(void *owner);
    /* It was up, or an attempt failed; `why` says what happened. */
    void (*down)(void *owner, const char *why);
    /* A message came on a channel that is subscribed to; may be NULL. */
    void (*told)(void *owner);
};

/* Connects, again and again until its end.  `channel`: n == 0, or what it
 * listens to; then it takes no commands.  The place outlives it.  NULL without
 * descriptors. */
struct redis_link *redis_link_new(struct loop *loop,
                                  const struct redis_place *place,
                                  struct str channel,
                                  const struct redis_link_ops *ops,
                                  void *owner);

/* False of NULL. */
bool redis_link_is_up(const struct redis_link *link);

/* Why it is not; "" when it is. */
const char *redis_link_why(const struct redis_link *link);

/* Sends a command.  `answer` is called once: with the reply (its errors too),
 * or NULL when the connection ended first.  False, and not called, when it is
 * not up. */
bool redis_link_send(struct redis_link *link, int n, const struct str *words,
                     void (*answer)(void *owner, const redisReply *reply),
                     void *owner);

/* What waits for a reply gets NULL.  Not from within a callback of it. */
void redis_link_end(struct redis_link *link);

/* ---- before a loop runs ------------------------------------------------------ */

/* Connects, blocking for REDIS_CONNECT_MS at most and each reply for
 * REDIS_COMMAND_MS; NULL with an error. */
redisContext *redis_connect_now(const struct redis_place *place,
                                struct error *error);

#endif
