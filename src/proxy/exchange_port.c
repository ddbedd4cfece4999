/* SPDX-License-Identifier: Apache-2.0
 *
 * Several load balancers on one address and port: which of them a request is
 * for.
 */
#include "base/log.h"
#include "codec/desync.h"
#include "net/conn_tls.h"
#include "proxy/exchange.h"

/* ---- hosts that nobody has ------------------------------------------------ */

enum {
    TOLD_S = 600, /* then everything may be told again */
    HOST_SHOWN = 100,
};

static uint32_t hash_of(struct str host)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < host.n; i++)
        h = (h ^ (unsigned char)str_lower(host.p[i])) * 16777619u;
    return h ? h : 1;
}

/* Whether this worker is to tell of it: each host once, and not too many. */
static bool is_news(struct worker *w, struct str host)
{
    struct told_hosts *told = &w->told;
    uint64_t now_s = w->loop.now_us / 1000000;
    uint32_t hash = hash_of(host);

    if (now_s - told->since_s >= TOLD_S) {
        told->since_s = now_s;
        told->n = 0;
    }
    for (unsigned i = 0; i < told->n; i++) {
        if (told->hashes[i] == hash)
            return false;
    }
    if (told->n == TOLD_HOSTS_MAX)
        return false;
    told->hashes[told->n++] = hash;
    return true;
}

static void tell_unknown(struct exchange *ex, struct str host)
{
    const struct config_load_balancer *oldest =
        ex->table->config->load_balancer;
    struct str shown =
        host.n > HOST_SHOWN ? str_make(host.p, HOST_SHOWN) : host;

    COUNTER_ADD(&ex->worker->counters, unknown_host_requests, 1);
    if (!is_news(ex->worker, host))
        return;
    log_write(LOG_WARN, "proxy",
              "port %u: Host \"" STR_FMT
              "\" is the DNS name of no load balancer "
              "that listens there: such requests go to the oldest, " STR_FMT
              " (" STR_FMT ")",
              server_stream_port(ex->client)->local.port, STR_ARG(shown),
              STR_ARG(oldest->name), STR_ARG(oldest->dns_name));
}

/* ---- the choice ------------------------------------------------------------ */

/* On a shared port: the one that is named, else the one that the connection was
 * made to. */
static void choose(struct exchange *ex, const struct port_table *port)
{
    struct str host = slice_of(&ex->request->fields, ex->request->authority);
    const struct route_table *named = port_table_named(port, host);

    ex->table = named ? named : port_table_of(port, ex->client);
    if (named == NULL && ex->table == port->first)
        tell_unknown(ex, host);
}

/* The connection was read in the mode of the first: a stricter one counts
 * too. */
static void apply_mode(struct exchange *ex)
{
    enum desync_mode mode =
        ex->table->config->load_balancer->attributes.desync_mode;
    enum desync_class found = (enum desync_class)ex->request->desync_class;

    if (desync_refuses(mode, found))
        ex->reason = REASON_DESYNC;
    else if (mode == DESYNC_MODE_DEFENSIVE && found == DESYNC_AMBIGUOUS)
        ex->ambiguous = true;
}

void exchange_choose_with_care(struct exchange *ex,
                               const struct port_table *port)
{
    const struct conn_tls *tls = conn_tls(server_stream_conn(ex->client));

    if (port->names)
        choose(ex, port);
    if (ex->table != port->first)
        apply_mode(ex);
    if (tls && ex->table->tls && !conn_tls_stands_for(tls, ex->table->tls))
        ex->reason = REASON_MISDIRECTED;
}
