/* SPDX-License-Identifier: Apache-2.0
 *
 * A listening socket of one thread.  Threads that listen on one address share
 * it by SO_REUSEPORT; the kernel spreads connections over them.
 */
#ifndef SLUICE_NET_LISTENER_H
#define SLUICE_NET_LISTENER_H

#include "base/address.h"
#include "base/error.h"
#include "net/loop.h"

struct listener {
    struct event event;
    struct loop *loop;
    int fd;       /* -1: closed */
    int spare_fd; /* given up to be able to refuse when there are none left */
    struct timer pause;
    struct timer last_look;
    bool stopping;
    /* A client is there.  The socket is non-blocking; false: it was not
     * wanted and the listener closes it. */
    bool (*on_accept)(struct listener *listener, int fd,
                      const struct address *client);
    /* One was closed at once, for there are no descriptors; may be NULL. */
    void (*on_refused)(struct listener *listener);
    /* The accept queue is empty and the socket is closed: listener_stop(). */
    void (*on_stopped)(struct listener *listener);
    void *owner;
};

/* A bound and listening socket, or -1 with an error and errno.  `address` gets the port
 * that the system chose when it was 0.  `shared`: more sockets may follow on
 * the same address. */
int listener_open(struct address *address, bool shared, struct error *error);

/* The same in two steps: bound, so that nobody is let in yet; and from now on.
 * The second one is false with an error and errno when somebody else came to
 * listen there meanwhile. */
int listener_bind(struct address *address, bool shared, struct error *error);
bool listener_listen(int fd, struct error *error);

/* Takes a socket that somebody else opened, such as the parent or a service
 * manager: sets what listener_open() sets on one, and undoes a listener_stop().
 * `address` gets where it is bound.  False when it is no listening TCP socket
 * of IPv4 or IPv6; nothing is closed. */
bool listener_adopt(int fd, struct address *address);

/* Accepts from a socket of listener_open().  The caller has set on_accept,
 * on_stopped and owner.  False when the loop cannot watch it. */
bool listener_start(struct listener *listener, struct loop *loop, int fd);

/* Lets no new connection begin (its SYN is dropped: the client tries again
 * and meets whoever listens then), accepts what the kernel has queued, closes
 * and calls on_stopped.  So no connection that a client sees as open is
 * reset, which a bare close() would do to the queue. */
void listener_stop(struct listener *listener);

/* Closes at once.  What is in the accept queue is reset, unless somebody else
 * has the socket open: then it is theirs. */
void listener_end(struct listener *listener);

#endif
