/* SPDX-License-Identifier: Apache-2.0 */
#include "control/health_probe.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/conn.h"

enum {
    REST_MS = 500,           /* for what follows the status */
    REST_BYTES = 256 * 1024, /* and how much of it */
};

struct health_probe {
    struct conn conn;
    struct list node;
    struct health_probes *probes;
    void *owner;                 /* NULL: the result is out */
    struct config_health health; /* without its texts */
    size_t rest;                 /* bytes read since then */
    size_t nrequest;
    char request[];
};

static struct health_probe *of_conn(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct health_probe, conn);
}

static void close_probe(struct health_probe *probe)
{
    if (probe->conn.closed)
        return;
    list_remove(&probe->node);
    probe->probes->open--;
    conn_close(&probe->conn);
    probe->probes->on_closed(probe->probes);
}

static void tell(struct health_probe *probe, enum probe_result result,
                 unsigned code)
{
    void *owner = probe->owner;

    probe->owner = NULL;
    if (owner)
        probe->probes->on_result(owner, result, code);
}

static void fail(struct health_probe *probe, enum probe_result result)
{
    tell(probe, result, 0);
    close_probe(probe);
}

/* ---- the answer ---------------------------------------------------------- */

static void read_rest(struct health_probe *probe)
{
    struct window w;

    do {
        switch (conn_read(&probe->conn, LOOP_READ, &w)) {
        case CONN_AGAIN:
            return;
        case CONN_EOF:
        case CONN_BROKEN:
            close_probe(probe);
            return;
        case CONN_DATA:
            probe->rest += w.n;
        }
    } while (probe->rest < REST_BYTES);
    close_probe(probe);
}

static void read_answer(struct health_probe *probe)
{
    enum probe_result result;
    enum conn_read got;
    unsigned code;

    do {
        got = conn_read_kept(&probe->conn, PROBE_RESPONSE_MAX);
        if (probe_judge(&probe->health, conn_kept(&probe->conn),
                        got == CONN_EOF || got == CONN_BROKEN, &result,
                        &code)) {
            tell(probe, result, code);
            if (code == 0) {
                close_probe(probe);
                return;
            }
            conn_timer(&probe->conn, REST_MS);
            read_rest(probe);
            return;
        }
    } while (got == CONN_DATA);
}

/* ---- events -------------------------------------------------------------- */

/* What is short here says nothing about the target. */
static enum probe_result result_of(int error)
{
    switch (error) {
    case ETIMEDOUT:
        return PROBE_TIMEOUT;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL: /* no local port left */
        return PROBE_INTERNAL;
    default:
        return PROBE_FAILED;
    }
}

static void on_connected(struct conn *conn, int error)
{
    struct health_probe *probe = of_conn(conn);

    if (error) {
        fail(probe, result_of(error));
        return;
    }
    conn_send(conn, probe->request, probe->nrequest);
    conn_again(conn); /* the answer may be there: it makes no other event */
}

static void on_readable(struct conn *conn)
{
    struct health_probe *probe = of_conn(conn);

    if (probe->owner)
        read_answer(probe);
    else
        read_rest(probe);
}

static void on_drained(struct conn *conn)
{
    (void)conn;
}

static void on_broken(struct conn *conn)
{
    fail(of_conn(conn), PROBE_FAILED);
}

static void on_timeout(struct conn *conn)
{
    fail(of_conn(conn), PROBE_TIMEOUT);
}

static void on_free(struct conn *conn)
{
    free(of_conn(conn));
}

static const struct conn_ops ops = {
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_broken = on_broken,
    .on_connected = on_connected,
    .on_timeout = on_timeout,
    .on_free = on_free,
};

/* ---- begin and end ------------------------------------------------------- */

static struct health_probe *probe_new(struct health_probes *probes, void *owner,
                                      const struct config_health *health,
                                      const struct address *address)
{
    char buffer[PROBE_REQUEST_MAX];
    struct text request = text_in(buffer, sizeof(buffer));
    struct health_probe *probe;

    probe_put_request(&request, health, address);
    probe = memory_zeroed(1, sizeof(*probe) + request.n);
    memcpy(probe->request, request.p, request.n);
    probe->nrequest = request.n;
    probe->probes = probes;
    probe->owner = owner;
    /* The snapshot that it belongs to may go before the answer comes. */
    probe->health = *health;
    probe->health.path = probe->health.matcher = STR("");
    return probe;
}

struct health_probe *health_probe_begin(struct health_probes *probes,
                                        void *owner,
                                        const struct config_health *health,
                                        const struct address *address,
                                        enum probe_result *result)
{
    struct health_probe *probe = probe_new(probes, owner, health, address);
    struct address to = probe_address(health, address);
    int error = conn_connect(&probe->conn, probes->loop, &to, &ops);

    if (error) {
        *result = result_of(error);
        free(probe);
        return NULL;
    }
    conn_timer(&probe->conn, health->timeout_ms);
    list_push_back(&probes->all, &probe->node);
    probes->open++;
    return probe;
}

void health_probe_abandon(struct health_probe *probe)
{
    probe->owner = NULL;
    close_probe(probe);
}

void health_probes_end(struct health_probes *probes)
{
    while (!list_empty(&probes->all))
        health_probe_abandon(
            LIST_ENTRY_OF(probes->all.next, struct health_probe, node));
}
