/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets by name: what the parent holds for its serving processes,
 * and what a process holds until it takes them.
 */
#ifndef SLUICE_APP_SOCKET_STORE_H
#define SLUICE_APP_SOCKET_STORE_H

#include "base/address.h"
#include "base/list.h"

struct stored {
    struct list node;
    char *name;             /* a service manager's: what that calls them */
    struct address address; /* that the first of them is bound to */
    bool both;              /* IPv6 that takes IPv4 as well */
    bool lent;              /* of a service manager, which holds them too */
    bool current;           /* the process that serves uses them */
    bool next;              /* the one that is starting does */
    unsigned n;
    int *fds;
};

struct socket_store {
    struct list all; /* struct stored, in the order they came */
};

void socket_store_init(struct socket_store *store);

/* Closes all that is in it. */
void socket_store_end(struct socket_store *store);

/* One that is not a service manager's; NULL: there is none. */
struct stored *socket_store_find(struct socket_store *store, struct str name);

/* The i-th; NULL behind the last. */
struct stored *socket_store_at(struct socket_store *store, unsigned i);

/* Adds to an entry, or makes one (`stored` NULL).  The sockets are the store's
 * from now on; NULL when one of them is no listening TCP socket: then all are
 * closed. */
struct stored *socket_store_add(struct socket_store *store,
                                struct stored *stored, struct str name,
                                const int *fds, unsigned n);

/* Closes one's sockets and forgets it. */
void socket_store_drop(struct stored *stored);

/* What serves for a name and an address: the entry with that name, or else a
 * service manager's socket that gets what comes there. */
struct stored *socket_store_match(struct socket_store *store, struct str name,
                                  const struct address *address);

/* Whether one could not be bound to that address beside those. */
bool socket_store_overlaps(const struct socket_store *store,
                           const struct address *address);

/* Takes the sockets that a service manager passed (sd_listen_fds(3)) and
 * clears LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES.  Others than listening TCP
 * sockets are left alone, with a line in the log. */
void socket_store_activated(struct socket_store *store);

#endif
