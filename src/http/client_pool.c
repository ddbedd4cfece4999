/* SPDX-License-Identifier: Apache-2.0
 *
 * Client sessions: where connections come from and where they go.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "http/client_h2.h"
#include "http/client_session.h"
#include "net/conn_tls.h"

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
        c->ways != pool->ways || c->conn.broken || conn_queued(&c->conn) ||
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
    client_h2_port_init(port);
    port->fields = malloc(sizeof(*port->fields) * H1_FIELDS_MAX);
    return port->fields != NULL;
}

void client_port_close(struct client_port *port)
{
    for (struct list *l = port->sessions.next; l != &port->sessions;
         l = l->next)
        client_close(LIST_ENTRY_OF(l, struct client_session, node));
    client_h2_port_close(port);
}

void client_port_end(struct client_port *port)
{
    slab_end(&port->slab);
    client_h2_port_end(port);
    free(port->fields);
    port->fields = NULL;
}

void client_pool_init(struct client_pool *pool, struct client_port *port,
                      const struct address *address)
{
    pool->port = port;
    pool->address = *address;
    pool->way = (struct client_way){.http2 = false};
    pool->ways = 0;
    pool->session = NULL;
    pool->meter = NULL;
    pool->nidle = 0;
    pool->life = POOL_OPEN;
    list_init(&pool->idle);
    list_init(&pool->h2s);
}

static void close_idle(struct client_pool *pool)
{
    client_h2_close_idle(pool);
    while (!list_empty(&pool->idle))
        client_close(
            LIST_ENTRY_OF(pool->idle.next, struct client_session, idle));
}

/* ---- the way ------------------------------------------------------------- */

/* No connection keeps sessions for the pool any more. */
static void forget_session(struct client_pool *pool)
{
    struct list *all = &pool->port->sessions;

    for (struct list *l = all->next; l != all; l = l->next) {
        struct client_session *c =
            LIST_ENTRY_OF(l, struct client_session, node);

        if (c->pool == pool && !c->conn.closed)
            conn_tls_session(&c->conn, NULL);
    }
    client_h2_forget_session(pool);
    tls_session_free(pool->session);
    pool->session = NULL;
}

static void forget_way(struct client_pool *pool)
{
    if (pool->way.secure)
        forget_session(pool);
    tls_context_release(pool->way.tls);
    free((void *)(uintptr_t)pool->way.server_name.p);
    pool->way = (struct client_way){.http2 = false};
}

static struct str own_copy(struct str s)
{
    char *copy = memory_zeroed(s.n + 1, 1);

    if (s.n)
        memcpy(copy, s.p, s.n);
    return str_make(copy, s.n);
}

void client_pool_go(struct client_pool *pool, const struct client_way *way)
{
    if (pool->way.tls == way->tls && pool->way.secure == way->secure &&
        pool->way.http2 == way->http2 &&
        address_equal(&pool->way.source, &way->source))
        return;
    pool->ways++;
    close_idle(pool);
    forget_way(pool);
    pool->way = *way;
    tls_context_hold(way->tls);
    pool->way.server_name = own_copy(way->server_name);
    client_h2_retire(pool);
}

void client_pool_end(struct client_pool *pool)
{
    close_idle(pool);
    client_h2_end(pool);
    forget_way(pool);
}

void client_pool_drain(struct client_pool *pool)
{
    close_idle(pool);
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
    client_h2_cut(pool);
}

void client_pool_reopen(struct client_pool *pool)
{
    pool->life = POOL_OPEN;
}

struct client_stream *client_pool_take(struct client_pool *pool, void *exchange)
{
    struct client_session *c;

    if (pool->way.http2)
        return client_h2_take(pool, exchange);
    do {
        if (list_empty(&pool->idle))
            return NULL;
        c = LIST_ENTRY_OF(pool->idle.next, struct client_session, idle);
        if (!conn_quiet(&c->conn))
            client_close(c);
    } while (c->conn.closed);
    leave_pool(c);
    c->state = CLIENT_HEAD;
    timer_cancel(&c->conn.timer);
    c->stream.exchange = exchange;
    return &c->stream;
}

bool client_may_connect(const struct client_pool *pool)
{
    return pool->life != POOL_CUT && (pool->way.tls || !pool->way.secure);
}

int client_begin(struct client_pool *pool, struct conn *conn,
                 const struct conn_ops *ops, struct connection_count *count)
{
    struct loop *loop = pool->port->loop;
    char room[ADDRESS_TEXT_MAX];
    struct text address = text_in(room, sizeof(room));
    int error;

    if (pool->way.by_address)
        address_put_ip(&address, &pool->address);
    if (pool->way.secure)
        error = conn_connect_tls(
            conn, loop, &pool->address, &pool->way.source, ops, pool->way.tls,
            pool->way.by_address ? text_str(&address) : pool->way.server_name);
    else
        error =
            conn_connect(conn, loop, &pool->address, &pool->way.source, ops);
    if (error) {
        COUNTER_ADD(loop->counters, target_connection_errors, 1);
        connection_meter_failed(pool->meter);
        return error;
    }
    if (pool->way.secure)
        conn_tls_session(conn, &pool->session);
    COUNTER_ADD(loop->counters, target_connections_opened, 1);
    COUNTER_ADD(loop->counters, target_connections, 1);
    connection_begins(count, pool->meter);
    conn_timer(conn, pool->connect_ms);
    return 0;
}

static struct client_stream *connect_h1(struct client_pool *pool,
                                        void *exchange)
{
    struct client_port *port = pool->port;
    struct client_session *c = slab_take(&port->slab);

    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof(*c));
    if (client_begin(pool, &c->conn, &client_conn_ops, &c->count)) {
        slab_give(&port->slab, c);
        return NULL;
    }
    c->stream = (struct client_stream){&client_h1_ops, exchange};
    c->port = port;
    c->pool = pool;
    c->ways = pool->ways;
    c->opened_s = (uint32_t)(port->loop->now_us / 1000000);
    c->state = CLIENT_CONNECTING;
    list_init(&c->idle);
    list_push_back(&port->sessions, &c->node);
    return &c->stream;
}

struct client_stream *client_connect(struct client_pool *pool, void *exchange)
{
    if (!client_may_connect(pool))
        return NULL;
    return pool->way.http2 ? client_h2_connect(pool, exchange)
                           : connect_h1(pool, exchange);
}
