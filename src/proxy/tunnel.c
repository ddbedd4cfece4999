/* SPDX-License-Identifier: Apache-2.0
 *
 * WebSocket tunnels: raw bytes both ways (alb.md 5.8).
 *
 * A tunnel may live for days, so it holds on to its target alone and not to
 * the snapshot that it was routed by.
 */
#include "proxy/exchange.h"

void tunnel_begin(struct exchange *ex)
{
    struct worker *w = ex->worker;

    target_hold(ex->target);
    exchange_log_keep(ex);
    exchange_meter_keep(ex);
    ex->tunnel = true;
    ex->response = NULL;
    ex->group = NULL;
    ex->zone = NULL;
    ex->table = NULL;
    ex->action = NULL;
    worker_drop(w, ex->lease);
    ex->lease = NULL;
    exchange_unhold(ex, &ex->response_hold);
    COUNTER_ADD(&w->counters, tunnels, 1);
    COUNTER_ADD(&w->counters, tunnels_active, 1);
    ex->target_stream->ops->resume(ex->target_stream, CONN_PAUSE_PEER);
}

/* Both directions ended and all of it went out: the tunnel is over. */
void tunnel_drained(struct exchange *ex)
{
    struct server_stream *client = ex->client;

    if (!ex->tunnel_client_end || !ex->tunnel_target_end)
        return;
    if (client->ops->blocked(client) ||
        ex->target_stream->ops->blocked(ex->target_stream))
        return;
    exchange_end(ex);
    client->ops->cut(client);
}

void tunnel_from_client(struct exchange *ex, const struct piece *piece)
{
    ex->client->ops->touch(ex->client);
    ex->tunnel_client_end |= piece->end;
    ex->target_stream->ops->send_body(ex->target_stream, piece);
    if (ex->target_stream->ops->blocked(ex->target_stream))
        ex->client->ops->pause(ex->client, CONN_PAUSE_PEER);
    tunnel_drained(ex);
}

void tunnel_from_target(struct exchange *ex, const struct piece *piece)
{
    ex->tunnel_target_end |= piece->end;
    exchange_sent(ex, ex->client->ops->send_body(ex->client, piece));
    if (ex->client->ops->blocked(ex->client))
        ex->target_stream->ops->pause(ex->target_stream, CONN_PAUSE_PEER);
    tunnel_drained(ex);
}
