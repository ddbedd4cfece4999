/* SPDX-License-Identifier: Apache-2.0
 *
 * What the listeners behind one socket are.
 *
 * Mostly there is one, and that is all.  Load balancers that share an address
 * and port are told apart by their DNS names: the Host of a request, and over
 * TLS the server name of its connection.
 */
#ifndef SLUICE_PROXY_PORT_TABLE_H
#define SLUICE_PROXY_PORT_TABLE_H

#include "base/address.h"

struct route_table;
struct server_stream;

/* One of several: by its load balancer's DNS name. */
struct port_name {
    uint32_t hash;
    struct route_table *table;
};

/* All zero: nobody is there. */
struct port_table {
    struct route_table *first; /* the oldest load balancer's */
    unsigned age;              /* its place among all load balancers */
    unsigned n;
    struct port_name *names; /* NULL: there is no other */
};

/* One listener more, of another load balancer; of the oldest one `age` is the
 * lowest. */
void port_table_add(struct port_table *port, struct route_table *table,
                    unsigned age);

/* The same listeners, with `table` in the place of `old`. */
void port_table_copy(struct port_table *port, const struct port_table *from,
                     const struct route_table *old, struct route_table *table);

void port_table_end(struct port_table *port);

/* The listener of the load balancer that is called so (an authority, with or
 * without a port, in any case); NULL: none of several is. */
struct route_table *port_table_named(const struct port_table *port,
                                     struct str authority);

/* The listener that a connection was made to: that of its TLS context, else
 * the first. */
struct route_table *port_table_of(const struct port_table *port,
                                  const struct server_stream *stream);

/* Whether a client may connect: each of them must let it in. */
bool port_table_admits(const struct port_table *port,
                       const struct address *client);

/* The longest idle timeout of them: nobody's requests are cut early. */
uint32_t port_table_idle_ms(const struct port_table *port);

#endif
