/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolve.h"

#include <netdb.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/thread.h"

enum { HOST_MAX = 256 };

/* Shared by the thread that asks the system and the one that waits, or does not
 * any more. */
struct resolve_job {
    struct message message;
    pthread_mutex_t lock;
    struct mailbox *answer_to; /* NULL: nobody waits */
    char host[HOST_MAX];
    struct address address; /* family 0: there is none */
    const char *why;
};

bool resolve_now(struct str host, uint16_t port, struct address *address,
                 const char **why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char name[HOST_MAX];
    int fault;

    if (host.n >= sizeof(name)) {
        *why = "the name is too long";
        return false;
    }
    memcpy(name, host.p, host.n);
    name[host.n] = '\0';
    fault = getaddrinfo(name, NULL, &hints, &found);
    if (fault) {
        *why = gai_strerror(fault);
        return false;
    }
    address_from_sockaddr(found->ai_addr, address);
    address->port = port;
    freeaddrinfo(found);
    return true;
}

static void free_job(struct resolve_job *job)
{
    pthread_mutex_destroy(&job->lock);
    free(job);
}

static void *run(void *arg)
{
    struct resolve_job *job = arg;
    bool wanted;

    if (!resolve_now(str_of(job->host), 0, &job->address, &job->why))
        job->address.family = 0;
    pthread_mutex_lock(&job->lock);
    wanted = job->answer_to != NULL;
    if (wanted)
        mailbox_send(job->answer_to, &job->message);
    pthread_mutex_unlock(&job->lock);
    if (!wanted)
        free_job(job);
    return NULL;
}

static void on_message(struct mailbox *mailbox, struct message *message)
{
    struct resolver *resolver = mailbox->owner;
    struct resolve_job *job =
        LIST_ENTRY_OF(message, struct resolve_job, message);
    struct address address = job->address;
    const char *why = job->why;
    bool current = job == resolver->job;

    /* The thread may still be unlocking. */
    pthread_mutex_lock(&job->lock);
    pthread_mutex_unlock(&job->lock);
    free_job(job);
    if (!current)
        return;
    resolver->job = NULL;
    address.port = resolver->port;
    resolver->done(resolver, address.family ? &address : NULL, why);
}

bool resolver_init(struct resolver *resolver, struct loop *loop,
                   void (*done)(struct resolver *resolver,
                                const struct address *address, const char *why))
{
    resolver->job = NULL;
    resolver->done = done;
    resolver->mailbox.owner = resolver;
    resolver->mailbox.on_message = on_message;
    return mailbox_init(&resolver->mailbox, loop);
}

/* What it finds is thrown away. */
static void abandon(struct resolver *resolver)
{
    struct resolve_job *job = resolver->job;

    resolver->job = NULL;
    if (job == NULL)
        return;
    pthread_mutex_lock(&job->lock);
    job->answer_to = NULL; /* sent before: on_message() frees it */
    pthread_mutex_unlock(&job->lock);
}

bool resolver_ask(struct resolver *resolver, struct str host, uint16_t port)
{
    struct resolve_job *job;
    pthread_t thread;

    abandon(resolver);
    if (host.n >= HOST_MAX)
        return false;
    job = memory_zeroed(1, sizeof(*job));
    list_init(&job->message.node);
    pthread_mutex_init(&job->lock, NULL);
    memcpy(job->host, host.p, host.n);
    job->answer_to = &resolver->mailbox;
    resolver->job = job;
    resolver->port = port;
    if (!thread_start(&thread, run, job)) {
        resolver->job = NULL;
        free_job(job);
        return false;
    }
    pthread_detach(thread);
    return true;
}

void resolver_end(struct resolver *resolver)
{
    abandon(resolver);
    mailbox_end(&resolver->mailbox);
}
