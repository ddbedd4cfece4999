/* SPDX-License-Identifier: Apache-2.0
 *
 * Work that may block, on a thread of its own that answers once: what the
 * system resolves, files, commands.  For who asks rarely; each errand costs a
 * thread for its time.
 *
 * Nobody waits for a thread.  One whose answer is no longer wanted is left to
 * itself and throws away what it finds.
 */
#ifndef SLUICE_NET_ERRAND_H
#define SLUICE_NET_ERRAND_H

#include "net/mailbox.h"

struct errand;

struct errand_kind {
    /* On the errand's thread.  It touches nothing but the errand, and what
     * outlives the process's threads. */
    void (*run)(struct errand *errand);
    /* On the loop's thread, when the answer is no longer wanted, perhaps while
     * run() runs: makes it end soon and waits for nothing.  NULL: nothing
     * does. */
    void (*stop)(struct errand *errand);
    /* The errand and what it is embedded in; on either thread, once. */
    void (*free)(struct errand *errand);
};

/* Embedded first or anywhere in what is to be done, which is on the heap; of
 * its fields the owner sets none. */
struct errand {
    struct message message;
    const struct errand_kind *kind;
    pthread_mutex_t lock;
    struct mailbox *answer_to; /* NULL: nobody waits */
};

/* Who waits for them, on one loop: for one at a time. */
struct errands {
    struct mailbox mailbox;
    struct errand *current; /* NULL: nothing goes on */
    /* On the loop's thread, once run() has ended; the errand is good until it
     * returns.  Another may begin in it, but errands_end() has no place. */
    void (*done)(struct errands *errands, struct errand *errand);
};

/* False without descriptors.  The caller has set done. */
bool errands_init(struct errands *errands, struct loop *loop);

/* What went on is forgotten.  The errand is no longer the caller's, whatever
 * comes of it; done() is never called in here.  False without a thread: it has
 * been freed. */
bool errands_begin(struct errands *errands, struct errand *errand,
                   const struct errand_kind *kind);

/* Forgets what goes on, without waiting for it: done() will not be called. */
void errands_forget(struct errands *errands);

/* Forgets what goes on; from then on nothing of `errands` is touched. */
void errands_end(struct errands *errands);

#endif
