/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/2 to targets: which stream goes on which connection.
 */
#include <string.h>

#include "http/client_h2.h"
#include "net/conn_tls.h"

/* ---- streams ---------------------------------------------------------------- */

static void free_stream(struct loop_task *task)
{
    struct client_h2_stream *s =
        LIST_ENTRY_OF(task, struct client_h2_stream, task);

    slab_give(&s->port->stream_slab, s);
}

struct client_h2_stream *client_h2_add(struct client_h2 *c, void *exchange)
{
    struct client_h2_stream *s = slab_take(&c->port->stream_slab);

    if (s == NULL)
        return NULL;
    memset(s, 0, sizeof(*s));
    s->stream = (struct client_stream){&client_h2_ops, exchange};
    s->port = c->port;
    s->c = c;
    s->reused = c->used;
    list_init(&s->h2.ready);
    list_init(&s->h2.drained);
    loop_task_init(&s->task, free_stream);
    loop_task_init(&s->fail, NULL);
    list_push_back(&c->streams, &s->node);
    c->nstreams++;
    if (c->ready) {
        s->taken = true;
        c->ntaken++;
    } else {
        s->waits = true;
    }
    return s;
}

/* Off its connection, which goes on without it. */
static void detach(struct client_h2_stream *s)
{
    struct client_h2 *c = s->c;

    if (c == NULL)
        return;
    s->c = NULL;
    list_remove(&s->node);
    c->nstreams--;
    if (s->taken)
        c->ntaken--;
    s->taken = s->waits = false;
    if (c->nstreams == 0) {
        c->idle_us = c->port->loop->now_us;
        client_h2_touch(c);
    }
}

void client_h2_remove(struct client_h2_stream *s)
{
    bool begun = s->c && s->c->begun;

    if (s->c == NULL)
        return;
    if (begun && s->h2.h2)
        h2_reset(&s->h2, H2_CANCEL);
    else
        h2_forget(&s->h2);
    if (begun)
        client_h2_touch(s->c);
    detach(s);
    s->stream.exchange = NULL;
    list_remove(&s->fail.node);
    loop_defer(s->port->loop, &s->task);
}

void client_h2_fail(struct client_h2_stream *s, enum client_failure why,
                    const char *cause)
{
    void *exchange = s->stream.exchange;

    client_h2_remove(s);
    s->stream.exchange = exchange;
    if (exchange)
        s->port->handler->on_failed(&s->stream, why, cause);
}

/* ---- waiting ----------------------------------------------------------------- */

static struct client_h2 *connecting(struct client_pool *pool)
{
    for (struct list *l = pool->h2s.next; l != &pool->h2s; l = l->next) {
        struct client_h2 *c = LIST_ENTRY_OF(l, struct client_h2, member);

        if (!c->ready && client_h2_room(c))
            return c;
    }
    return client_h2_open(pool);
}

struct client_stream *client_h2_connect(struct client_pool *pool,
                                        void *exchange)
{
    struct client_h2 *c = connecting(pool);
    struct client_h2_stream *s = c ? client_h2_add(c, exchange) : NULL;

    return s ? &s->stream : NULL;
}

/* Has a stream that waited in vain wait for another connection. */
static void wait_elsewhere(struct client_h2_stream *s)
{
    struct client_pool *pool = s->c->pool;
    struct client_h2 *other;

    list_remove(&s->node);
    s->c->nstreams--;
    pool->meter = s->c->count.meter; /* another one's may be gone */
    other = client_may_connect(pool) && s->c->ways == pool->ways
                ? connecting(pool)
                : NULL;
    if (other == NULL) {
        list_push_back(&s->c->streams, &s->node);
        s->c->nstreams++;
        client_h2_fail(s, FAILURE_CONNECT, "no connection with room");
        return;
    }
    s->c = other;
    list_push_back(&other->streams, &s->node);
    other->nstreams++;
}

static void hand_out(struct client_h2_stream *s)
{
    s->waits = false;
    s->taken = true;
    s->reused = s->c->used;
    s->c->ntaken++;
    s->c->port->handler->on_connected(&s->stream);
}

static struct client_h2_stream *first_waiting(struct client_h2 *c)
{
    for (struct list *l = c->streams.next; l != &c->streams; l = l->next) {
        struct client_h2_stream *s =
            LIST_ENTRY_OF(l, struct client_h2_stream, node);

        if (s->waits)
            return s;
    }
    return NULL;
}

void client_h2_hand_out(struct client_h2 *c)
{
    unsigned left = h2_requests_left(&c->h2);
    struct client_h2_stream *s;

    c->idle_us = c->port->loop->now_us;
    if (left == 0) {
        client_h2_leave(c);
        while ((s = first_waiting(c)))
            client_h2_fail(s, FAILURE_HANDSHAKE,
                           "its SETTINGS allow no request at all");
        return;
    }
    while ((s = first_waiting(c))) {
        if (left == 0) {
            wait_elsewhere(s);
            continue;
        }
        left--;
        hand_out(s);
    }
}

/* ---- the pool ----------------------------------------------------------------- */

struct client_stream *client_h2_take(struct client_pool *pool, void *exchange)
{
    for (struct list *l = pool->h2s.next; l != &pool->h2s; l = l->next) {
        struct client_h2 *c = LIST_ENTRY_OF(l, struct client_h2, member);
        struct client_h2_stream *s;

        if (!c->ready || client_h2_room(c) == 0)
            continue;
        s = client_h2_add(c, exchange);
        return s ? &s->stream : NULL;
    }
    return NULL;
}

/* Calls `each` for the connections of the pool, listed or not.  None is freed
 * before the end of the turn. */
static void for_each(struct client_pool *pool, void (*each)(struct client_h2 *))
{
    struct list *all = &pool->port->h2s;

    for (struct list *l = all->next; l != all; l = l->next) {
        struct client_h2 *c = LIST_ENTRY_OF(l, struct client_h2, node);

        if (c->pool == pool && !c->conn.closed)
            each(c);
    }
}

static void close_when_idle(struct client_h2 *c)
{
    if (c->nstreams == 0)
        client_h2_leave(c);
}

static void retire(struct client_h2 *c)
{
    if (c->ways != c->pool->ways)
        client_h2_leave(c);
}

static void forget_session(struct client_h2 *c)
{
    conn_tls_session(&c->conn, NULL);
}

static void cut(struct client_h2 *c)
{
    client_h2_close(c, FAILURE_DEREGISTERED,
                    "the deregistration delay is over");
}

static void give_up(struct client_h2 *c)
{
    client_h2_close(c, FAILURE_CLOSED, "the pool is gone");
}

void client_h2_close_idle(struct client_pool *pool)
{
    for_each(pool, close_when_idle);
}

void client_h2_retire(struct client_pool *pool)
{
    for_each(pool, retire);
}

void client_h2_forget_session(struct client_pool *pool)
{
    for_each(pool, forget_session);
}

void client_h2_cut(struct client_pool *pool)
{
    for_each(pool, cut);
}

void client_h2_end(struct client_pool *pool)
{
    for_each(pool, give_up);
}

/* ---- the port ----------------------------------------------------------------- */

void client_h2_port_init(struct client_port *port)
{
    list_init(&port->h2s);
    slab_init(&port->h2_slab, sizeof(struct client_h2));
    slab_init(&port->stream_slab, sizeof(struct client_h2_stream));
    port->h2 = NULL;
}

static void forget_exchanges(struct client_h2 *c)
{
    for (struct list *l = c->streams.next; l != &c->streams; l = l->next)
        LIST_ENTRY_OF(l, struct client_h2_stream, node)->stream.exchange = NULL;
}

void client_h2_port_close(struct client_port *port)
{
    for (struct list *l = port->h2s.next; l != &port->h2s; l = l->next) {
        struct client_h2 *c = LIST_ENTRY_OF(l, struct client_h2, node);

        forget_exchanges(c);
        client_h2_close(c, FAILURE_CLOSED, "the end");
    }
}

void client_h2_port_end(struct client_port *port)
{
    if (port->h2)
        h2_port_free(port->h2);
    port->h2 = NULL;
    slab_end(&port->h2_slab);
    slab_end(&port->stream_slab);
}
