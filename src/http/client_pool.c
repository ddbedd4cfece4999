/* SPDX-License-Identifier: Apache-2.0
 *
 * Client sessions: where connections come from and where they go.
 */
#include <stdlib.h>

#include "http/client_session.h"

static void leave_pool(struct client_session *c)
{
    if (c->state != CLIENT_IDLE)
        return;
    list_remove(&c->idle);
    c->pool->nidle--;
    COUNTER_ADD(c->port->loop->counters, target_connections_idle, -1);
}

void client_close(struct client_session *c)
{
    if (c->conn.closed)
        return;
    leave_pool(c);
    c->state = CLIENT_OVER;
    c->stream.exchange = NULL;
    conn_close(&c->conn);
}

static bool too_old(const struct client_session *c)
{
    return c->port->loop->now_us / 1000000 - c->opened_s >= POOL_AGE_MAX_S;
}

void client_done(struct client_session *c, bool clean)
{
    struct client_pool *pool = c->pool;

    c->stream.exchange = NULL;
    if (!clean || !c->keep || pool->life != POOL_OPEN || !c->request_done ||
        c->conn.broken || conn_queued(&c->conn) ||
        pool->nidle >= POOL_IDLE_MAX || too_old(c) || !conn_quiet(&c->conn)) {
        client_close(c);
        return;
    }
    c->state = CLIENT_IDLE;
    c->reused = true;
    c->conn.pauses = 0;
    list_push_front(&pool->idle, &c->idle);
    pool->nidle++;
    COUNTER_ADD(c->port->loop->counters, target_connections_idle, 1);
    c->looked = false;
    conn_timer(&c->conn, CLIENT_LOOK_MS);
}

bool client_port_init(struct client_port *port, struct loop *loop)
{
    port->loop = loop;
    list_init(&port->sessions);
    slab_init(&port->slab, sizeof(struct client_session));
    port->fields = malloc(sizeof(*port->fields) * H1_FIELDS_MAX);
    return port->fields != NULL;
}

void client_port_close(struct client_port *port)
{
    for (struct list *l = port->sessions.next; l != &port->sessions;
         l = l->next)
        client_close(LIST_ENTRY_OF(l, struct client_session, node));
}

void client_port_end(struct client_port *port)
{
    slab_end(&port->slab);
    free(port->fields);
    port->fields = NULL;
}

void client_pool_init(struct client_pool *pool, struct client_port *port,
                      const struct address *address)
{
    pool->port = port;
    pool->address = *address;
    pool->nidle = 0;
    pool->life = POOL_OPEN;
    list_init(&pool->idle);
}

void client_pool_end(struct client_pool *pool)
{
    while (!list_empty(&pool->idle))
        client_close(
            LIST_ENTRY_OF(pool->idle.next, struct client_session, idle));
}

void client_pool_drain(struct client_pool *pool)
{
    client_pool_end(pool);
    pool->life = POOL_DRAINS;
}

/* What handlers do meanwhile may add connections, to other targets; none is
 * freed before the end of the turn. */
void client_pool_cut(struct client_pool *pool)
{
    struct list *sessions = &pool->port->sessions;

    client_pool_drain(pool);
    pool->life = POOL_CUT;
    for (struct list *l = sessions->next; l != sessions; l = l->next) {
        struct client_session *c =
            LIST_ENTRY_OF(l, struct client_session, node);

        if (c->pool == pool)
            client_fail(c, FAILURE_DEREGISTERED,
                        "the deregistration delay is over");
    }
}

void client_pool_reopen(struct client_pool *pool)
{
    pool->life = POOL_OPEN;
}

struct client_stream *client_pool_take(struct client_pool *pool, void *exchange)
{
    struct client_session *c;

    if (list_empty(&pool->idle))
        return NULL;
    c = LIST_ENTRY_OF(pool->idle.next, struct client_session, idle);
    leave_pool(c);
    c->state = CLIENT_HEAD;
    timer_cancel(&c->conn.timer);
    c->stream.exchange = exchange;
    return &c->stream;
}

struct client_stream *client_connect(struct client_pool *pool, void *exchange)
{
    struct client_port *port = pool->port;
    struct client_session *c =
        pool->life == POOL_CUT ? NULL : slab_take(&port->slab);

    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof(*c));
    if (conn_connect(&c->conn, port->loop, &pool->address, &client_conn_ops)) {
        COUNTER_ADD(port->loop->counters, target_connection_errors, 1);
        slab_give(&port->slab, c);
        return NULL;
    }
    c->stream = (struct client_stream){&client_h1_ops, exchange};
    c->port = port;
    c->pool = pool;
    c->opened_s = (uint32_t)(port->loop->now_us / 1000000);
    c->state = CLIENT_CONNECTING;
    list_init(&c->idle);
    list_push_back(&port->sessions, &c->node);
    COUNTER_ADD(port->loop->counters, target_connections_opened, 1);
    COUNTER_ADD(port->loop->counters, target_connections, 1);
    conn_timer(&c->conn, pool->connect_ms);
    return &c->stream;
}
