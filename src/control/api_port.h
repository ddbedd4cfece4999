/* SPDX-License-Identifier: Apache-2.0
 *
 * The API port: a server session like any client's, on the control thread,
 * whose requests go to the pure handlers of api/: calls of AWS's APIs
 * (control/api_call.h) and pages of our own.
 */
#ifndef SLUICE_CONTROL_API_PORT_H
#define SLUICE_CONTROL_API_PORT_H

#include "base/error.h"
#include "control/health_monitor.h"
#include "http/server.h"
#include "log/writer.h"

struct access_keys;
struct log_ship;
struct meters;
struct server;

/* What the handlers may see. */
struct api_port_view {
    struct counters *const *counters;
    struct waf_meter *const *meters;
    unsigned ncounters; /* and meters */
    const struct meters *traffic;
    const _Atomic unsigned *snapshots;
    const struct health_monitor *health;
    struct log_writer *const *log; /* NULL there: nothing is logged */
    struct log_ship *ship;         /* NULL: no logs go to S3 */
    struct server *server;
    const struct access_keys *keys; /* NULL: nobody is verified */
    const char *passthrough_url;    /* that was checked; NULL: none */
    unsigned restarts;
    unsigned upgrades;
};

struct api_port;

/* Serves on a listening socket, which is its own from now on; NULL with an
 * error. */
struct api_port *api_port_start(struct loop *loop, const struct address *local,
                                int fd, const struct api_port_view *view,
                                struct error *error);

/* Who may call from now on; the caller keeps them as long as it lives. */
void api_port_let_in(struct api_port *api, const struct access_keys *keys);

/* Another process has the socket too and serves: lets go of it; connections
 * that there are end with their next request. */
void api_port_retire(struct api_port *api);

const struct address *api_port_address(const struct api_port *api);

void api_port_end(struct api_port *api);

#endif
