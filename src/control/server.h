/* SPDX-License-Identifier: Apache-2.0
 *
 * The running server: its workers, the snapshots they run, the API port, and
 * the thread that controls them.
 */
#ifndef SLUICE_CONTROL_SERVER_H
#define SLUICE_CONTROL_SERVER_H

#include "crypto/seal.h"
#include "model/config.h"
#include "proxy/inspect.h"

struct server_options {
    unsigned workers;
    bool api;
    struct address api_bind;
    uint32_t drain_timeout_ms;
    const struct inspector *inspector; /* NULL: none */
    struct str logs[LOG_KINDS]; /* of every load balancer, "-": standard output;
                                   p == NULL: what each says in its metadata;
                                   "": none */
    struct str explain_key;     /* n == 0: no live request is explained */
    /* What cookies are sealed with; n == 0: server_start() draws a key.  A
     * process that goes on for another must be given that one's keys. */
    struct seal_keys cookie_keys;
    /* SIGHUP: the keys to use from now on; false: the old ones go on (the
     * callee said why).  Called as reload().  NULL: they never change. */
    bool (*cookie_keys_again)(void *owner, struct seal_keys *keys);
    /* SIGHUP: the config to run from now on, or NULL when there is none (the
     * callee said why).  Called on the chore thread, never twice at a time;
     * NULL: HUP does nothing. */
    struct config *(*reload)(void *owner);
    void *owner; /* of these callbacks */
    /* What reload() brought runs now (true) or could not: on the control
     * thread.  May be NULL. */
    void (*reloaded)(void *owner, bool runs);
    /* The sockets are bound, and nothing is served or opened for writing yet:
     * the moment to drop privileges.  False with an error: the start failed.
     * May be NULL. */
    bool (*bound)(void *owner, struct error *error);
    /* The end begins: requests in progress finish.  May be NULL. */
    void (*draining)(void *owner);
};

struct server;

/* Binds the listeners of the config (which is held as long as it runs) and
 * starts the workers.  NULL with an error. */
struct server *server_start(struct config *config,
                            const struct server_options *options,
                            struct error *error);

/* Where listener i of config->listeners is bound; false when it is not served
 * or there is none. */
bool server_listener_address(const struct server *server, unsigned i,
                             struct address *address);

bool server_api_address(const struct server *server, struct address *address);

/* Runs the control thread's loop in the caller until TERM or INT (or
 * server_drain()) and all connections are gone, or the drain timeout is over.
 * A second signal ends it at once. */
void server_wait(struct server *server);

/* From any thread: what TERM does. */
void server_drain(struct server *server);

/* From any thread: has the workers run this config instead (it is held).
 * Takes effect between two requests; what is in progress ends with what it
 * began with; listeners appear and disappear; when one cannot be opened the
 * whole change is refused and logged. */
void server_publish(struct server *server, struct config *config);

/* Snapshots that exist: 1 when nothing old is in use any more. */
unsigned server_snapshots_alive(const struct server *server);

void server_free(struct server *server);

#endif
