/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "proxy/exchange.h"

/* ---- leases -------------------------------------------------------------- */

struct lease *worker_hold(struct worker *w)
{
    w->lease->holds++;
    return w->lease;
}

static void give_back(struct worker *w, struct lease *lease)
{
    lease->message.kind = CONTROL_LEASE;
    mailbox_send(w->control, &lease->message);
}

void worker_drop(struct worker *w, struct lease *lease)
{
    if (--lease->holds == 0 && lease != w->lease)
        give_back(w, lease);
}

/* ---- pools --------------------------------------------------------------- */

static void grow_pools(struct worker *w, unsigned slot)
{
    unsigned n = w->npools ? w->npools : 16;
    struct client_pool **pools;

    while (n <= slot)
        n *= 2;
    pools = memory_zeroed(n, sizeof(struct client_pool *));
    for (unsigned i = 0; i < w->npools; i++)
        pools[i] = w->pools[i];
    free(w->pools);
    w->pools = pools;
    w->npools = n;
}

struct client_pool *worker_pool(struct worker *w, const struct target *target)
{
    if (target->slot >= w->npools)
        grow_pools(w, target->slot);
    if (w->pools[target->slot] == NULL) {
        w->pools[target->slot] = memory_zeroed(1, sizeof(struct client_pool));
        client_pool_init(w->pools[target->slot], &w->targets, &target->address);
    }
    return w->pools[target->slot];
}

static void end_pool(struct worker *w, unsigned slot)
{
    if (slot >= w->npools || w->pools[slot] == NULL)
        return;
    client_pool_end(w->pools[slot]);
    free(w->pools[slot]);
    w->pools[slot] = NULL;
}

/* ---- the newest snapshot ------------------------------------------------- */

static void adopt(struct worker *w, struct lease *lease)
{
    const struct config_attributes *a = &lease->snapshot->attributes;
    struct lease *old = w->lease;

    w->lease = lease;
    w->targets.connect_ms = a->connect_timeout_ms;
    w->targets.idle_ms = a->idle_timeout_ms;
    for (unsigned i = 0; i < w->nports; i++) {
        w->ports[i].port.idle_ms = a->idle_timeout_ms;
        w->ports[i].port.keep_alive_ms = a->client_keep_alive_ms;
    }
    if (old && old->holds == 0)
        give_back(w, old);
}

/* ---- the end ------------------------------------------------------------- */

static void report_when_drained(struct worker *w)
{
    if (!w->draining || w->reported || w->accepting)
        return;
    for (unsigned i = 0; i < w->nports; i++) {
        if (w->ports[i].port.nsessions)
            return;
    }
    w->reported = true;
    w->drained.kind = CONTROL_DRAINED;
    mailbox_send(w->control, &w->drained);
}

static void on_listener_stopped(struct listener *listener)
{
    struct worker_port *p = listener->owner;

    p->worker->accepting--;
    report_when_drained(p->worker);
}

static void on_port_empty(struct server_port *port)
{
    struct worker_port *p = LIST_ENTRY_OF(port, struct worker_port, port);

    report_when_drained(p->worker);
}

static void drain(struct worker *w)
{
    if (w->draining)
        return;
    w->draining = true;
    for (unsigned i = 0; i < w->nports; i++) {
        listener_stop(&w->ports[i].listener);
        server_port_drain(&w->ports[i].port);
    }
}

/* ---- messages ------------------------------------------------------------ */

static void on_message(struct mailbox *mailbox, struct message *message)
{
    struct worker *w = mailbox->owner;

    switch ((enum worker_message)message->kind) {
    case WORKER_SNAPSHOT:
        adopt(w, LIST_ENTRY_OF(message, struct lease, message));
        break;
    case WORKER_FORGET: {
        struct worker_forget *forget =
            LIST_ENTRY_OF(message, struct worker_forget, message);

        end_pool(w, forget->target->slot);
        target_release(forget->target);
        free(forget);
        break;
    }
    case WORKER_DRAIN:
        free(message);
        drain(w);
        break;
    case WORKER_STOP:
        free(message);
        w->loop.stop = true;
        break;
    }
}

/* ---- life ---------------------------------------------------------------- */

static bool on_accept(struct listener *listener, int fd,
                      const struct address *client)
{
    struct worker_port *p = listener->owner;

    return server_accept(&p->port, fd, client);
}

static bool init_port(struct worker *w, unsigned i, int fd,
                      const struct address *address)
{
    struct worker_port *p = &w->ports[i];

    p->worker = w;
    p->port.handler = &exchange_server_handler;
    p->port.owner = w;
    p->port.local = *address;
    p->port.on_empty = on_port_empty;
    p->listener.owner = p;
    p->listener.on_accept = on_accept;
    p->listener.on_stopped = on_listener_stopped;
    if (!server_port_init(&p->port, &w->loop))
        return false;
    w->accepting++;
    return listener_start(&p->listener, &w->loop, fd);
}

struct worker *worker_new(const int *fds, const struct address *addresses,
                          unsigned n, struct lease *lease,
                          struct mailbox *control)
{
    struct worker *w = memory_zeroed(1, sizeof(*w));

    w->control = control;
    w->ports = memory_zeroed(n ? n : 1, sizeof(struct worker_port));
    for (unsigned i = 0; i < n; i++)
        w->ports[i].listener.fd = -1;
    w->mailbox.fd = -1;
    w->mailbox.owner = w;
    w->mailbox.on_message = on_message;
    w->targets.handler = &exchange_client_handler;
    w->text = malloc(WORKER_TEXT);
    if (w->text == NULL || !loop_init(&w->loop, &w->counters) ||
        !mailbox_init(&w->mailbox, &w->loop) ||
        !client_port_init(&w->targets, &w->loop)) {
        worker_free(w);
        return NULL;
    }
    exchange_slab_init(&w->exchanges);
    for (w->nports = 0; w->nports < n; w->nports++) {
        if (!init_port(w, w->nports, fds[w->nports], &addresses[w->nports])) {
            worker_free(w);
            return NULL;
        }
    }
    adopt(w, lease);
    return w;
}

static void *run(void *arg)
{
    struct worker *w = arg;

    loop_run(&w->loop);
    for (unsigned i = 0; i < w->nports; i++) {
        listener_end(&w->ports[i].listener);
        server_port_close(&w->ports[i].port);
    }
    client_port_close(&w->targets);
    loop_settle(&w->loop);
    w->draining = w->reported = true; /* whatever is still in the mailbox */
    return NULL;
}

bool worker_start(struct worker *w)
{
    return pthread_create(&w->thread, NULL, run, w) == 0;
}

struct lease *worker_settle(struct worker *w)
{
    struct lease *lease;

    mailbox_end(&w->mailbox);
    lease = w->lease;
    w->lease = NULL;
    return lease;
}

void worker_free(struct worker *w)
{
    mailbox_end(&w->mailbox);
    for (unsigned i = 0; i < w->nports; i++) {
        listener_end(&w->ports[i].listener);
        server_port_end(&w->ports[i].port);
    }
    for (unsigned i = 0; i < w->npools; i++)
        end_pool(w, i);
    if (w->targets.fields)
        client_port_end(&w->targets);
    slab_end(&w->exchanges);
    loop_end(&w->loop);
    free(w->pools);
    free(w->ports);
    free(w->text);
    free(w);
}
