/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "net/tls_tickets.h"
#include "proxy/connection.h"
#include "proxy/exchange.h"

/* ---- leases -------------------------------------------------------------- */

struct lease *worker_hold(struct worker_port *p)
{
    struct lease *lease = p->last ? p->last : p->worker->lease;

    lease->holds++;
    return lease;
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

/* ---- logs ---------------------------------------------------------------- */

void worker_log(struct worker *w, enum log_kind kind, const void *record)
{
    bool wake = false;

    log_ring_put(w->ring, kind, record, &wake);
    if (wake)
        w->wake_log(w->log_owner);
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

static struct client_pool *pool_of(struct worker *w,
                                   const struct target *target)
{
    if (target->slot >= w->npools)
        grow_pools(w, target->slot);
    if (w->pools[target->slot] == NULL) {
        w->pools[target->slot] = memory_zeroed(1, sizeof(struct client_pool));
        client_pool_init(w->pools[target->slot], &w->targets, &target->address);
    }
    return w->pools[target->slot];
}

/* How a group speaks to its targets. */
static struct client_way way_of(const struct group *group)
{
    const struct config_group *config = group->config;

    return (struct client_way){
        .secure = config->protocol == PROTOCOL_HTTPS,
        .tls = group->tls,
        .server_name = config->tls.server_name,
        .by_address = config->tls.validate && config->tls.server_name.n == 0,
        .http2 = config->version != VERSION_HTTP1,
        .source = config->source,
    };
}

struct client_pool *worker_pool(struct worker *w, const struct target *target,
                                const struct group *group,
                                const struct config_attributes *attributes)
{
    struct client_pool *pool = pool_of(w, target);
    struct client_way way = way_of(group);

    client_pool_go(pool, &way);

    pool->connect_ms = attributes->connect_timeout_ms;
    pool->idle_ms = attributes->idle_timeout_ms;
    return pool;
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

/* NULL: its listeners are gone, or were never there. */
static const struct port_table *ports_of(const struct lease *lease,
                                         const struct worker_port *p)
{
    const struct snapshot *s = lease->snapshot;

    return p->slot < s->nslots && s->slots[p->slot].first ? &s->slots[p->slot]
                                                          : NULL;
}

const struct port_table *worker_listeners(const struct worker_port *p)
{
    return ports_of(p->last ? p->last : p->worker->lease, p);
}

/* Over TLS the name that a client asks for decides with whose context. */
static struct tls_context *choose_context(void *owner, struct str name)
{
    const struct route_table *table =
        port_table_named(worker_listeners(owner), name);

    return table ? table->tls : NULL;
}

/* What the port has of its listener; good as long as the lease of the table is
 * the worker's or p->last. */
static void follow(struct worker_port *p, const struct port_table *listeners)
{
    const struct route_table *table = listeners->first;
    const struct config_attributes *a =
        &table->config->load_balancer->attributes;

    p->port.idle_ms = port_table_idle_ms(listeners);
    p->port.keep_alive_ms = a->client_keep_alive_ms;
    p->port.desync_mode = a->desync_mode;
    p->port.fields_set = listener_headers_set(&table->headers);
    p->port.tls = table->tls;
    p->port.chooser = listeners->names ? &p->chooser : NULL;
    p->port.websocket_over_h2 =
        table->config->tls && table->config->tls->websocket_over_h2;
}

static void adopt(struct worker *w, struct lease *lease)
{
    struct lease *old = w->lease;

    w->lease = lease;
    waf_meter_turn(w->notes->meter);
    linear_scratch_reserve(w->scratch, &lease->snapshot->need);
    for (struct list *l = w->ports.next; l != &w->ports; l = l->next) {
        struct worker_port *p = LIST_ENTRY_OF(l, struct worker_port, node);
        const struct port_table *listeners = ports_of(lease, p);

        if (p->last)
            continue; /* what it has of its last snapshot stays good */
        if (listeners) {
            follow(p, listeners);
        } else {
            p->last = old; /* it is not in the newest: the last that had it */
            old->holds++;
        }
    }
    if (old && old->holds == 0)
        give_back(w, old);
}

/* ---- the end ------------------------------------------------------------- */

static void report_when_drained(struct worker *w)
{
    if (!w->draining || w->reported)
        return;
    for (struct list *l = w->ports.next; l != &w->ports; l = l->next) {
        struct worker_port *p = LIST_ENTRY_OF(l, struct worker_port, node);

        if (!p->stopped || p->port.nsessions)
            return;
    }
    w->reported = true;
    w->drained.kind = CONTROL_DRAINED;
    mailbox_send(w->control, &w->drained);
}

static void free_port(struct worker_port *p)
{
    listener_end(&p->listener);
    server_port_end(&p->port);
    list_remove(&p->gone.node);
    list_remove(&p->node);
    free(p);
}

/* A listener that went, and the last of its connections. */
static void on_gone(struct loop_task *task)
{
    struct worker_port *p = LIST_ENTRY_OF(task, struct worker_port, gone);
    struct worker *w = p->worker;
    struct lease *last = p->last;

    free_port(p);
    if (last)
        worker_drop(w, last);
    report_when_drained(w);
}

static void look_at_port(struct worker_port *p)
{
    if (p->closing && p->stopped && p->port.nsessions == 0)
        loop_ready(&p->worker->loop, &p->gone);
    else
        report_when_drained(p->worker);
}

static void on_listener_stopped(struct listener *listener)
{
    struct worker_port *p = listener->owner;

    p->stopped = true;
    look_at_port(p);
}

static void on_port_empty(struct server_port *port)
{
    look_at_port(worker_port_of(port));
}

/* Another process serves what is in the queue. */
static void leave_listener(struct worker_port *p)
{
    listener_end(&p->listener);
    p->stopped = true;
}

static void drain_port(struct worker_port *p)
{
    if (p->port.draining && !p->port.patient)
        return;
    if (p->lent)
        leave_listener(p);
    else if (!p->stopped)
        listener_stop(&p->listener);
    server_port_drain(&p->port);
}

static void retire_port(struct worker_port *p)
{
    if (p->port.draining)
        return;
    leave_listener(p);
    server_port_retire(&p->port);
}

static void drain(struct worker *w, bool patiently)
{
    struct list *l = w->ports.next;

    if (w->draining && (patiently || !w->retiring))
        return;
    w->draining = true;
    w->retiring = patiently;
    while (l != &w->ports) {
        struct worker_port *p = LIST_ENTRY_OF(l, struct worker_port, node);

        l = l->next;
        if (patiently)
            retire_port(p);
        else
            drain_port(p);
    }
    report_when_drained(w);
}

/* ---- listeners ----------------------------------------------------------- */

static bool on_accept(struct listener *listener, int fd,
                      const struct address *client)
{
    struct worker_port *p = listener->owner;
    struct server_stream *stream = NULL;

    if (port_table_admits(worker_listeners(p), client))
        stream = server_accept(&p->port, fd, client);
    if (stream == NULL) {
        connection_rejected(p);
        return false;
    }
    connection_accepted(p, stream);
    return true;
}

static void on_connection_refused(struct listener *listener)
{
    connection_rejected(listener->owner);
}

static void init_port(struct worker_port *p, struct worker *w,
                      const struct worker_listen *listen)
{
    p->worker = w;
    p->slot = listen->slot;
    p->lent = listen->lent;
    p->port.handler = &exchange_server_handler;
    p->port.owner = p;
    p->port.local = listen->address;
    p->port.open = listen->open;
    p->port.on_empty = on_port_empty;
    p->chooser = (struct tls_chooser){choose_context, p};
    p->listener.fd = -1;
    p->listener.owner = p;
    p->listener.on_accept = on_accept;
    p->listener.on_refused = on_connection_refused;
    p->listener.on_stopped = on_listener_stopped;
    loop_task_init(&p->gone, on_gone);
    list_push_back(&w->ports, &p->node);
}

static void listen_on(struct worker *w, const struct worker_listen *listen)
{
    const struct port_table *listeners;
    struct worker_port *p;

    if (w->draining) {
        close(listen->fd);
        return;
    }
    p = memory_zeroed(1, sizeof(*p));
    init_port(p, w, listen);
    listeners = ports_of(w->lease, p);
    if (listeners == NULL || !server_port_init(&p->port, &w->loop)) {
        close(listen->fd);
        free_port(p);
        return;
    }
    follow(p, listeners);
    if (!listener_start(&p->listener, &w->loop, listen->fd)) {
        log_write(LOG_ERROR, "proxy",
                  "a worker cannot listen on port %u: out of memory or file "
                  "descriptors",
                  listen->address.port);
        free_port(p);
    }
}

static void close_slot(struct worker *w, unsigned slot)
{
    struct list *l = w->ports.next;

    while (l != &w->ports) {
        struct worker_port *p = LIST_ENTRY_OF(l, struct worker_port, node);

        l = l->next;
        if (p->slot != slot || p->closing)
            continue;
        p->closing = true;
        if (p->port.draining)
            look_at_port(p);
        else
            drain_port(p);
    }
}

/* ---- messages ------------------------------------------------------------ */

/* A pool that is not there yet is made: an exchange of an old snapshot may
 * still come for it. */
static void change_target(struct worker *w, const struct target *target,
                          enum worker_message kind)
{
    switch (kind) {
    case WORKER_FORGET:
        end_pool(w, target->slot);
        break;
    case WORKER_TARGET_DRAINS:
        client_pool_drain(pool_of(w, target));
        break;
    case WORKER_TARGET_CUT:
        client_pool_cut(pool_of(w, target));
        break;
    case WORKER_TARGET_RETURNS:
        client_pool_reopen(pool_of(w, target));
        break;
    default:
        break;
    }
}

static void take_keys(struct worker *w, const struct worker_seal *other)
{
    if (other->seal) {
        seal_free(w->seal);
        w->seal = other->seal;
    }
    if (other->tickets) {
        tls_tickets_free(w->loop.tickets);
        w->loop.tickets = other->tickets;
    }
}

static void on_message(struct mailbox *mailbox, struct message *message)
{
    struct worker *w = mailbox->owner;

    switch ((enum worker_message)message->kind) {
    case WORKER_SNAPSHOT:
        adopt(w, LIST_ENTRY_OF(message, struct lease, message));
        break;
    case WORKER_LISTEN: {
        struct worker_listen *listen =
            LIST_ENTRY_OF(message, struct worker_listen, message);

        listen_on(w, listen);
        free(listen);
        break;
    }
    case WORKER_CLOSE: {
        struct worker_close *c =
            LIST_ENTRY_OF(message, struct worker_close, message);

        close_slot(w, c->slot);
        free(c);
        break;
    }
    case WORKER_FORGET:
    case WORKER_TARGET_DRAINS:
    case WORKER_TARGET_CUT:
    case WORKER_TARGET_RETURNS: {
        struct worker_target *t =
            LIST_ENTRY_OF(message, struct worker_target, message);

        change_target(w, t->target, (enum worker_message)message->kind);
        target_release(t->target);
        free(t);
        break;
    }
    case WORKER_SEAL: {
        struct worker_seal *other =
            LIST_ENTRY_OF(message, struct worker_seal, message);

        take_keys(w, other);
        free(other);
        break;
    }
    case WORKER_ECHO:
        message->kind = CONTROL_ECHO;
        mailbox_send(w->control, message);
        break;
    case WORKER_RATES: {
        struct worker_rates *rates =
            LIST_ENTRY_OF(message, struct worker_rates, message);

        rates->parts = rate_worker_begin_round(w->rates);
        message->kind = CONTROL_RATES;
        mailbox_send(w->control, message);
        break;
    }
    case WORKER_RATES_END:
        rate_worker_end_round(w->rates);
        free(LIST_ENTRY_OF(message, struct worker_rates, message));
        break;
    case WORKER_SAMPLES: {
        struct worker_samples *samples =
            LIST_ENTRY_OF(message, struct worker_samples, message);
        struct waf_sample_box *box = samples->box;

        samples->box = w->notes->box;
        w->notes->box = box;
        message->kind = CONTROL_SAMPLES;
        mailbox_send(w->control, message);
        break;
    }
    case WORKER_DRAIN:
        free(message);
        drain(w, false);
        break;
    case WORKER_RETIRE:
        free(message);
        drain(w, true);
        break;
    case WORKER_STOP:
        free(message);
        w->loop.stop = true;
        break;
    }
}

/* ---- life ---------------------------------------------------------------- */

struct worker *worker_new(struct mailbox *control)
{
    struct worker *w = memory_zeroed(1, sizeof(*w));

    w->control = control;
    list_init(&w->ports);
    w->mailbox.fd = -1;
    w->mailbox.owner = w;
    w->mailbox.on_message = on_message;
    w->targets.handler = &exchange_client_handler;
    w->text = malloc(WORKER_TEXT);
    w->scratch = linear_scratch_new();
    w->waf = waf_scratch_new();
    w->rates = rate_worker_new();
    w->notes = waf_notes_new();
    if (w->text == NULL || w->notes == NULL ||
        !loop_init(&w->loop, &w->counters) ||
        !mailbox_init(&w->mailbox, &w->loop) ||
        !client_port_init(&w->targets, &w->loop)) {
        worker_free(w);
        return NULL;
    }
    exchange_slab_init(&w->exchanges);
    w->log_seeds[0] = random_u64(&w->loop.random);
    w->log_seeds[1] = random_u64(&w->loop.random);
    return w;
}

static void *run(void *arg)
{
    struct worker *w = arg;

    loop_run(&w->loop);
    for (struct list *l = w->ports.next; l != &w->ports; l = l->next) {
        struct worker_port *p = LIST_ENTRY_OF(l, struct worker_port, node);

        listener_end(&p->listener);
        server_port_close(&p->port);
    }
    client_port_close(&w->targets);
    loop_settle(&w->loop);
    w->draining = w->reported = true; /* whatever is still in the mailbox */
    return NULL;
}

bool worker_start(struct worker *w)
{
    return thread_start(&w->thread, run, w);
}

struct lease *worker_settle(struct worker *w)
{
    struct list *l;
    struct lease *lease;

    mailbox_end(&w->mailbox);
    l = w->ports.next;
    while (l != &w->ports) {
        struct worker_port *p = LIST_ENTRY_OF(l, struct worker_port, node);

        l = l->next;
        lease = p->last;
        free_port(p);
        if (lease)
            worker_drop(w, lease);
    }
    lease = w->lease;
    w->lease = NULL;
    return lease;
}

void worker_free(struct worker *w)
{
    mailbox_end(&w->mailbox);
    for (unsigned i = 0; i < w->npools; i++)
        end_pool(w, i);
    if (w->targets.fields)
        client_port_end(&w->targets);
    slab_end(&w->exchanges);
    loop_end(&w->loop);
    tls_tickets_free(w->loop.tickets);
    linear_scratch_free(w->scratch);
    waf_scratch_free(w->waf);
    rate_worker_free(w->rates);
    waf_notes_free(w->notes);
    if (w->ring)
        log_ring_free(w->ring);
    seal_free(w->seal);
    free(w->pools);
    free(w->text);
    free(w);
}
