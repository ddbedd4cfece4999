/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages from any thread to the thread of one loop, in order.  The only way
 * that threads talk.
 */
#ifndef SLUICE_NET_MAILBOX_H
#define SLUICE_NET_MAILBOX_H

#include <pthread.h>

#include "net/loop.h"

/* Embedded in what is sent; the receiver owns it from then on. */
struct message {
    struct list node;
    unsigned kind; /* the receiver's enum */
};

struct mailbox {
    pthread_mutex_t lock;
    struct list waiting;
    int fd; /* eventfd: readable while something waits */
    struct event event;
    struct loop *loop;
    void (*on_message)(struct mailbox *mailbox, struct message *message);
    void *owner;
};

/* False without descriptors.  The caller has set on_message and owner. */
bool mailbox_init(struct mailbox *mailbox, struct loop *loop);

/* After the last sender is gone; waiting messages are handed to on_message. */
void mailbox_end(struct mailbox *mailbox);

/* From any thread. */
void mailbox_send(struct mailbox *mailbox, struct message *message);

#endif
