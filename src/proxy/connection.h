/* SPDX-License-Identifier: Apache-2.0
 *
 * What is told of a client's connection, to the log (proxy/connection_log.h)
 * and to the meters: when it is accepted, with TLS when its handshake ended.
 *
 * It counts for the load balancer whose listener it was made to: on a shared
 * port that of its TLS context, else the oldest.
 */
#ifndef SLUICE_PROXY_CONNECTION_H
#define SLUICE_PROXY_CONNECTION_H

struct balancer_cell;
struct server_stream;
struct worker_port;

void connection_accepted(struct worker_port *port,
                         struct server_stream *stream);

/* Of server_handler. */
void connection_handshake(struct server_stream *stream);

/* One was not let in: it counts for the first of the port's load balancers. */
void connection_rejected(struct worker_port *port);

/* Where what is done on it is counted that is no request of a listener's;
 * NULL: nowhere. */
struct balancer_cell *connection_cell(const struct server_stream *stream);

#endif
