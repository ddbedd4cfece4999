/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "codec/h2.h"
#include "control/health_probe_internal.h"
#include "control/target_tls.h"

static struct health_probe *of_conn(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct health_probe, conn);
}

void probe_close(struct health_probe *probe)
{
    if (probe->conn.closed)
        return;
    list_remove(&probe->node);
    probe->probes->open--;
    /* The kernel would keep for minutes what a target does not take. */
    if (!probe_h2_end(probe) || conn_queued(&probe->conn))
        conn_reset(&probe->conn);
    else
        conn_close(&probe->conn);
    probe->probes->on_closed(probe->probes);
}

void probe_tell(struct health_probe *probe, enum probe_result result,
                unsigned code, const char *why)
{
    void *owner = probe->owner;

    probe->owner = NULL;
    if (owner)
        probe->probes->on_result(owner, result, code,
                                 why ? why : probe_why(probe->type, result));
}

void probe_fail(struct health_probe *probe, enum probe_result result,
                const char *why)
{
    probe_tell(probe, result, 0, why);
    probe_close(probe);
}

/* ---- the answer over HTTP/1.1 -------------------------------------------- */

void probe_read_rest(struct health_probe *probe)
{
    struct window w;

    do {
        switch (conn_read(&probe->conn, PROBE_READ, &w)) {
        case CONN_AGAIN:
            return;
        case CONN_EOF:
        case CONN_BROKEN:
            probe_close(probe);
            return;
        case CONN_DATA:
            probe->read += w.n;
        }
    } while (probe->read < PROBE_REST_BYTES);
    probe_close(probe);
}

/* Another look is due after bytes that did not decide: a reset that came with
 * them makes no event of its own. */
static void read_answer(struct health_probe *probe)
{
    enum probe_result result;
    enum conn_read got;
    bool came = false;
    unsigned code;

    for (;;) {
        got = conn_read_kept(&probe->conn, PROBE_RESPONSE_MAX);
        if (probe_judge(&probe->health, conn_kept(&probe->conn),
                        got == CONN_EOF || got == CONN_BROKEN, &result, &code))
            break;
        if (got != CONN_DATA) {
            if (came)
                conn_expect_more(&probe->conn);
            return;
        }
        came = true;
    }
    probe_tell(probe, result, code, NULL);
    if (code == 0) {
        probe_close(probe);
        return;
    }
    conn_timer(&probe->conn, PROBE_REST_MS);
    probe_read_rest(probe);
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

static bool is_http2(const struct health_probe *probe)
{
    return probe->type == PROBE_H2 || probe->type == PROBE_GRPC;
}

static void on_connected(struct conn *conn, int error)
{
    struct health_probe *probe = of_conn(conn);

    if (error) {
        struct tls_failure failure = conn_tls_failure(conn);

        probe_fail(probe, result_of(error),
                   failure.fault ? failure.why : strerror(error));
    } else if (is_http2(probe)) {
        probe_h2_begin(probe);
    } else {
        conn_send(conn, probe->request.p, probe->request.n);
        conn_again(conn); /* the answer may be there: it makes no other event */
    }
}

static void on_readable(struct conn *conn)
{
    struct health_probe *probe = of_conn(conn);

    if (is_http2(probe))
        probe_h2_read(probe);
    else if (probe->owner)
        read_answer(probe);
    else
        probe_read_rest(probe);
}

static void on_drained(struct conn *conn)
{
    conn_resume(conn, CONN_PAUSE_PEER);
}

static void on_broken(struct conn *conn)
{
    probe_fail(of_conn(conn), PROBE_FAILED, NULL);
}

static void on_timeout(struct conn *conn)
{
    probe_fail(of_conn(conn), PROBE_TIMEOUT, NULL);
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

static void put_texts(struct text *t, const struct config_group *group,
                      const struct address *address, size_t *nrequest)
{
    if (group->version == VERSION_HTTP1) {
        probe_put_request(t, &group->health, address);
        *nrequest = t->n;
        return;
    }
    probe_put_path(t, &group->health);
    *nrequest = t->n;
    probe_put_authority(t, &group->health, address);
}

static struct health_probe *probe_new(struct health_probes *probes, void *owner,
                                      const struct config_group *group,
                                      const struct address *address)
{
    char buffer[PROBE_REQUEST_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct health_probe *probe;
    size_t nrequest;

    put_texts(&t, group, address, &nrequest);
    probe = memory_zeroed(1, sizeof(*probe) + t.n);
    memcpy(probe->texts, t.p, t.n);
    probe->request = str_make(probe->texts, nrequest);
    probe->authority = str_make(probe->texts + nrequest, t.n - nrequest);
    probe->probes = probes;
    probe->owner = owner;
    probe->type = probe_type(group);
    /* The snapshot that it belongs to may go before the answer comes. */
    probe->health = group->health;
    probe->health.path = probe->health.matcher = STR("");
    return probe;
}

static struct tls_context *new_context(const struct ssl_policy *policy,
                                       bool http2)
{
    struct tls_client_settings settings = {.policy = policy, .http2 = http2};
    struct error error = {.text = ""};
    struct tls_context *context = tls_context_client(&settings, &error);

    if (context == NULL)
        log_write(LOG_ERROR, "control",
                  "health checks over TLS cannot begin: %s", error.text);
    return context;
}

/* NULL, and why is in the log, when there is no memory for one. */
static struct tls_context *context_for(const struct health_probe *probe,
                                       const struct ssl_policy *policy)
{
    struct health_probe_tls *tls = probe->probes->tls;
    bool http2 = is_http2(probe);

    for (unsigned i = 0; i < HEALTH_PROBE_TLS_MAX; i++) {
        if (tls[i].context == NULL)
            tls[i] = (struct health_probe_tls){policy, http2,
                                               new_context(policy, http2)};
        if (tls[i].policy == policy && tls[i].http2 == http2)
            return tls[i].context;
    }
    return NULL;
}

/* Of a group that validates: whom requests ask for as well. */
static int connect_validating(struct health_probe *probe,
                              const struct group *group,
                              const struct address *address)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct str name = group->config->tls.server_name;

    if (name.n == 0) {
        address_put_ip(&t, address);
        name = text_str(&t);
    }
    return conn_connect_tls(&probe->conn, probe->probes->loop, address,
                            &group->config->source, &ops, group->tls, name);
}

static int connect_probe(struct health_probe *probe, const struct group *group,
                         const struct address *address)
{
    const struct config_group *config = group->config;
    struct loop *loop = probe->probes->loop;
    struct tls_context *context;

    if (config->health.protocol == PROTOCOL_HTTP)
        return conn_connect(&probe->conn, loop, address, &config->source, &ops);
    if (group->tls && config->tls.validate)
        return connect_validating(probe, group, address);
    context = context_for(probe, target_tls_policy(config));
    if (context == NULL)
        return ENOMEM;
    return conn_connect_tls(&probe->conn, loop, address, &config->source, &ops,
                            context, STR(""));
}

struct health_probe *health_probe_begin(struct health_probes *probes,
                                        void *owner, const struct group *group,
                                        const struct address *address,
                                        enum probe_result *result)
{
    const struct config_health *health = &group->config->health;
    struct health_probe *probe =
        probe_new(probes, owner, group->config, address);
    struct address to = probe_address(health, address);
    int error = connect_probe(probe, group, &to);

    if (error) {
        *result = result_of(error);
        free(probe);
        return NULL;
    }
    loop_tick(probes->loop); /* many begin in one turn, and TLS takes time */
    conn_timer(&probe->conn, health->timeout_ms);
    list_push_back(&probes->all, &probe->node);
    probes->open++;
    return probe;
}

void health_probe_abandon(struct health_probe *probe)
{
    probe->owner = NULL;
    probe_close(probe);
}

void health_probes_end(struct health_probes *probes)
{
    while (!list_empty(&probes->all))
        health_probe_abandon(
            LIST_ENTRY_OF(probes->all.next, struct health_probe, node));
    for (unsigned i = 0; i < HEALTH_PROBE_TLS_MAX; i++) {
        tls_context_release(probes->tls[i].context);
        probes->tls[i].context = NULL;
    }
    h2_port_free(probes->port);
    probes->port = NULL;
}
