/* SPDX-License-Identifier: Apache-2.0
 *
 * The serving process's side of the supervisor: what the parent handed over,
 * and what it is told.  Without a parent (--no-supervisor) the same calls do
 * what is left: sockets of a service manager are taken, nothing is told.
 */
#ifndef SLUICE_APP_PARENT_H
#define SLUICE_APP_PARENT_H

#include "app/channel.h"
#include "app/socket_store.h"
#include "base/region.h"
#include "control/server.h"

struct parent {
    int fd; /* -1: there is none */
    enum channel_start start;
    bool hurry; /* it said so before the server ran */
    uint32_t restarts;
    uint32_t upgrades;
    uint8_t secret[CHANNEL_SECRET];
    struct socket_store store; /* what was not taken so far */
    struct region region;      /* of the texts */
    int texts_fd;              /* -1: none came */
    int account_fd;            /* the same of the account */
    struct server_sockets sockets;
};

/* Whether a parent started this process. */
bool parent_there(void);

/* Takes what there is to take over: from the parent, or else from the service
 * manager.  False with an error; parent_close() either way. */
bool parent_open(struct parent *parent, struct error *error);

/* The texts of the `n` templates that ran last, which live as long as the
 * parent; NULL: there are none. */
const struct str *parent_texts(struct parent *parent, unsigned n);

/* These run now: a process that follows on a crash runs them too. */
void parent_remember(struct parent *parent, const struct str *texts,
                     unsigned n);

/* The file in which the account outlives this process (store/memory.h): that
 * of the process before, or a new one.  It stays the parent's.  -1: there is no
 * parent, or with an error no memory. */
int parent_account(struct parent *parent, struct error *error);

/* Requests are served. */
void parent_ready(struct parent *parent);

/* A HUP was dealt with. */
void parent_settled(struct parent *parent);

/* Does what the parent says; for server_options.on_parent. */
void parent_listen(struct parent *parent, struct server *server);

void parent_close(struct parent *parent);

#endif
