/* SPDX-License-Identifier: Apache-2.0 */
#include "net/errand.h"

#include "base/thread.h"

static void free_errand(struct errand *errand)
{
    pthread_mutex_destroy(&errand->lock);
    errand->kind->free(errand);
}

static void *run(void *arg)
{
    struct errand *errand = arg;
    bool wanted;

    errand->kind->run(errand);
    pthread_mutex_lock(&errand->lock);
    wanted = errand->answer_to != NULL;
    /* Locked, so that who forgets it may end the mailbox right after. */
    if (wanted)
        mailbox_send(errand->answer_to, &errand->message);
    pthread_mutex_unlock(&errand->lock);
    if (!wanted)
        free_errand(errand);
    return NULL;
}

static void on_message(struct mailbox *mailbox, struct message *message)
{
    struct errands *errands = LIST_ENTRY_OF(mailbox, struct errands, mailbox);
    struct errand *errand = LIST_ENTRY_OF(message, struct errand, message);

    /* The thread may still be unlocking. */
    pthread_mutex_lock(&errand->lock);
    pthread_mutex_unlock(&errand->lock);
    if (errand == errands->current) {
        errands->current = NULL;
        errands->done(errands, errand);
    }
    free_errand(errand);
}

bool errands_init(struct errands *errands, struct loop *loop)
{
    errands->current = NULL;
    errands->mailbox.on_message = on_message;
    return mailbox_init(&errands->mailbox, loop);
}

void errands_forget(struct errands *errands)
{
    struct errand *errand = errands->current;

    errands->current = NULL;
    if (errand == NULL)
        return;
    pthread_mutex_lock(&errand->lock);
    errand->answer_to = NULL; /* sent before: on_message() frees it */
    if (errand->kind->stop)
        errand->kind->stop(errand);
    pthread_mutex_unlock(&errand->lock);
}

bool errands_begin(struct errands *errands, struct errand *errand,
                   const struct errand_kind *kind)
{
    pthread_t thread;

    errands_forget(errands);
    list_init(&errand->message.node);
    pthread_mutex_init(&errand->lock, NULL);
    errand->kind = kind;
    errand->answer_to = &errands->mailbox;
    if (!thread_start(&thread, run, errand)) {
        free_errand(errand);
        return false;
    }
    /* It is freed by on_message() at the earliest, on this thread. */
    errands->current = errand;
    pthread_detach(thread);
    return true;
}

void errands_end(struct errands *errands)
{
    errands_forget(errands);
    mailbox_end(&errands->mailbox);
}
