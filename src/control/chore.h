/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread for what may take its time: that of the server reads and compiles
 * templates and writes to stores, that of control/metric_reads.c reads metrics.
 * The control thread gives it chores and hears of their end through its mailbox.
 */
#ifndef SLUICE_CONTROL_CHORE_H
#define SLUICE_CONTROL_CHORE_H

#include <pthread.h>

#include "base/list.h"

/* Embedded in what is to be done. */
struct chore {
    struct list node;
    void (*run)(struct chore *chore); /* on the thread; the chore is its */
};

struct chores {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ready;
    struct list waiting;
    bool started;
    bool stop;
};

/* False without a thread. */
bool chores_start(struct chores *chores);

/* Queues one; they run one after the other. */
void chores_add(struct chores *chores, struct chore *chore);

enum { CHORES_STOP_S = 5 };

/* Runs what is queued and ends the thread.  False when it did not end within
 * CHORES_STOP_S: it hangs in a chore, and what it uses must stay. */
bool chores_stop(struct chores *chores);

#endif
