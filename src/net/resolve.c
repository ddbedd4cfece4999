/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolve.h"

#include <netdb.h>
#include <stdlib.h>

#include "base/memory.h"

enum { HOST_MAX = 256 };

struct question {
    struct errand errand;
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

static void run(struct errand *errand)
{
    struct question *q = LIST_ENTRY_OF(errand, struct question, errand);

    if (!resolve_now(str_of(q->host), 0, &q->address, &q->why))
        q->address.family = 0;
}

static void free_question(struct errand *errand)
{
    free(LIST_ENTRY_OF(errand, struct question, errand));
}

static const struct errand_kind question_kind = {
    .run = run,
    .stop = NULL, /* the system's resolver takes its time */
    .free = free_question,
};

static void on_done(struct errands *errands, struct errand *errand)
{
    struct resolver *resolver =
        LIST_ENTRY_OF(errands, struct resolver, errands);
    struct question *q = LIST_ENTRY_OF(errand, struct question, errand);

    q->address.port = resolver->port;
    resolver->done(resolver, q->address.family ? &q->address : NULL, q->why);
}

bool resolver_init(struct resolver *resolver, struct loop *loop,
                   void (*done)(struct resolver *resolver,
                                const struct address *address, const char *why))
{
    resolver->done = done;
    resolver->errands.done = on_done;
    return errands_init(&resolver->errands, loop);
}

bool resolver_ask(struct resolver *resolver, struct str host, uint16_t port)
{
    struct question *q;

    errands_forget(&resolver->errands);
    if (host.n >= HOST_MAX)
        return false;
    q = memory_zeroed(1, sizeof(*q));
    memcpy(q->host, host.p, host.n);
    resolver->port = port;
    return errands_begin(&resolver->errands, &q->errand, &question_kind);
}

void resolver_end(struct resolver *resolver)
{
    errands_end(&resolver->errands);
}
