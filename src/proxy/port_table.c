/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/port_table.h"

#include <stdlib.h>

#include "base/memory.h"
#include "http/server.h"
#include "net/conn_tls.h"
#include "proxy/snapshot.h"

/* FNV-1a over lower case. */
static uint32_t hash_of(struct str name)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)str_lower(name.p[i])) * 16777619u;
    return h;
}

static struct str name_of(const struct route_table *table)
{
    return table->config->load_balancer->dns_name;
}

static void add_name(struct port_table *port, struct route_table *table)
{
    struct port_name *grown = memory_zeroed(port->n + 1, sizeof(*grown));

    if (port->names)
        memcpy(grown, port->names, port->n * sizeof(*grown));
    grown[port->n++] = (struct port_name){hash_of(name_of(table)), table};
    free(port->names);
    port->names = grown;
}

void port_table_add(struct port_table *port, struct route_table *table,
                    unsigned age)
{
    if (port->first == NULL) {
        port->first = table;
        port->age = age;
        return;
    }
    if (port->names == NULL)
        add_name(port, port->first);
    add_name(port, table);
    if (age < port->age) {
        port->first = table;
        port->age = age;
    }
}

void port_table_copy(struct port_table *port, const struct port_table *from,
                     const struct route_table *old, struct route_table *table)
{
    *port = *from;
    if (port->first == old)
        port->first = table;
    if (from->names == NULL)
        return;
    port->names = memory_copy(from->names, from->n * sizeof(*from->names));
    for (unsigned i = 0; i < port->n; i++) {
        if (port->names[i].table == old)
            port->names[i].table = table;
    }
}

void port_table_end(struct port_table *port)
{
    free(port->names);
    *port = (struct port_table){.n = 0};
}

struct route_table *port_table_named(const struct port_table *port,
                                     struct str authority)
{
    struct str name = authority_split(authority, NULL);
    uint32_t hash;

    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    hash = hash_of(name);
    for (unsigned i = 0; i < port->n; i++) {
        if (port->names[i].hash == hash &&
            str_ieq(name_of(port->names[i].table), name))
            return port->names[i].table;
    }
    return NULL;
}

struct route_table *port_table_of(const struct port_table *port,
                                  const struct server_stream *stream)
{
    const struct conn_tls *tls =
        port->names ? conn_tls(server_stream_conn(stream)) : NULL;

    for (unsigned i = 0; tls && i < port->n; i++) {
        if (str_eq(port->names[i].table->config->arn, conn_tls_id(tls)))
            return port->names[i].table;
    }
    return port->first;
}

bool port_table_admits(const struct port_table *port,
                       const struct address *client)
{
    if (!ingress_admits(port->first->ingress, client))
        return false;
    for (unsigned i = 0; i < port->n; i++) {
        if (!ingress_admits(port->names[i].table->ingress, client))
            return false;
    }
    return true;
}

uint32_t port_table_idle_ms(const struct port_table *port)
{
    uint32_t most =
        port->first->config->load_balancer->attributes.idle_timeout_ms;

    for (unsigned i = 0; i < port->n; i++) {
        uint32_t one =
            port->names[i]
                .table->config->load_balancer->attributes.idle_timeout_ms;

        most = one > most ? one : most;
    }
    return most;
}
