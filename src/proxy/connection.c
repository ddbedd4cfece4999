/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/connection.h"

#include "net/conn_tls.h"
#include "proxy/connection_log.h"
#include "proxy/meter_cell.h"
#include "proxy/worker.h"

static struct balancer_cell *cell_of(const struct worker_port *p,
                                     const struct route_table *table,
                                     uint64_t client)
{
    return meter_balancer_cell(table->meter, p->worker->index,
                               meter_zone_of(table->nodes, client));
}

struct balancer_cell *connection_cell(const struct server_stream *stream)
{
    const struct worker_port *p = worker_port_of(server_stream_port(stream));

    return cell_of(p, port_table_of(worker_listeners(p), stream),
                   server_stream_number(stream));
}

static void count(struct server_stream *stream, struct balancer_cell *cell)
{
    if (cell)
        server_stream_count(stream, &cell->cell.connections);
}

void connection_accepted(struct worker_port *p, struct server_stream *stream)
{
    if (p->port.tls)
        return; /* which load balancer's it is shows in the handshake */
    count(stream, connection_cell(stream));
    connection_log_accepted(p, stream);
}

void connection_handshake(struct server_stream *stream)
{
    const struct conn_tls *tls = conn_tls(server_stream_conn(stream));
    struct balancer_cell *cell = connection_cell(stream);

    count(stream, cell);
    if (tls && !conn_tls_done(tls))
        balancer_cell_add(cell, BALANCER_client_tls_errors, 1);
    connection_log_handshake(stream);
}

void connection_rejected(struct worker_port *p)
{
    const struct port_table *listeners = worker_listeners(p);

    if (listeners)
        balancer_cell_add(cell_of(p, listeners->first, 0),
                          BALANCER_rejected_connections, 1);
}
