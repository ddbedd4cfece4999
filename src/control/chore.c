/* SPDX-License-Identifier: Apache-2.0 */
#include "control/chore.h"

#include <time.h>

#include "base/thread.h"

static struct chore *next(struct chores *chores)
{
    struct chore *chore = NULL;

    pthread_mutex_lock(&chores->lock);
    while (list_empty(&chores->waiting) && !chores->stop)
        pthread_cond_wait(&chores->ready, &chores->lock);
    if (!list_empty(&chores->waiting)) {
        chore = LIST_ENTRY_OF(chores->waiting.next, struct chore, node);
        list_remove(&chore->node);
    }
    pthread_mutex_unlock(&chores->lock);
    return chore;
}

static void *run(void *arg)
{
    struct chores *chores = arg;
    struct chore *chore;

    while ((chore = next(chores)) != NULL)
        chore->run(chore);
    return NULL;
}

bool chores_start(struct chores *chores)
{
    list_init(&chores->waiting);
    chores->stop = false;
    pthread_mutex_init(&chores->lock, NULL);
    pthread_cond_init(&chores->ready, NULL);
    chores->started = thread_start(&chores->thread, run, chores);
    return chores->started;
}

void chores_add(struct chores *chores, struct chore *chore)
{
    pthread_mutex_lock(&chores->lock);
    list_push_back(&chores->waiting, &chore->node);
    pthread_cond_signal(&chores->ready);
    pthread_mutex_unlock(&chores->lock);
}

bool chores_stop(struct chores *chores)
{
    struct timespec limit;

    if (!chores->started)
        return true;
    pthread_mutex_lock(&chores->lock);
    chores->stop = true;
    pthread_cond_signal(&chores->ready);
    pthread_mutex_unlock(&chores->lock);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += CHORES_STOP_S;
    if (pthread_timedjoin_np(chores->thread, NULL, &limit) != 0)
        return false;
    pthread_cond_destroy(&chores->ready);
    pthread_mutex_destroy(&chores->lock);
    chores->started = false;
    return true;
}
