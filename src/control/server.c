/* SPDX-License-Identifier: Apache-2.0 */
#include "control/server.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/api_port.h"
#include "proxy/worker.h"

/* What server_publish() sends to the control thread itself. */
enum { CONTROL_PUBLISH = 100, CONTROL_DRAIN };

struct publish {
    struct message message;
    struct config *config;
};

struct server {
    struct loop loop;
    struct counters counters; /* the control thread's own */
    struct mailbox mailbox;
    struct server_options options;
    struct target_registry targets;
    struct snapshot *newest;
    uint64_t snapshot_id;
    _Atomic unsigned snapshots;
    unsigned nlisteners;
    struct address listeners[CONFIG_LISTENERS_MAX];
    unsigned nworkers;
    unsigned started;
    struct worker **workers;
    unsigned drained; /* workers that reported */
    bool draining;
    bool stopping; /* the workers are gone */
    struct timer drain_limit;
    struct event on_term;
    struct event on_int;
    struct api_port *api;
    struct counters **all; /* of every worker; not control's: calls of the API
                              are no requests of clients */
};

/* ---- snapshots ----------------------------------------------------------- */

static void send_plain(struct worker *w, enum worker_message kind)
{
    struct message *message = memory_zeroed(1, sizeof(*message));

    list_init(&message->node);
    message->kind = kind;
    mailbox_send(&w->mailbox, message);
}

/* A target that no snapshot uses: every worker closes its connections. */
static void orphan(void *owner, struct target *target)
{
    struct server *server = owner;

    for (unsigned i = 0; i < server->started; i++) {
        struct worker_forget *forget = memory_zeroed(1, sizeof(*forget));

        target_hold(target);
        forget->target = target;
        forget->message.kind = WORKER_FORGET;
        mailbox_send(&server->workers[i]->mailbox, &forget->message);
    }
    target_release(target);
}

static void free_snapshot(struct server *server, struct snapshot *snapshot)
{
    snapshot_free(snapshot, &server->targets, orphan, server);
    atomic_fetch_sub(&server->snapshots, 1);
}

static void lease_back(struct server *server, struct lease *lease)
{
    struct snapshot *snapshot = lease->snapshot;

    free(lease);
    if (--snapshot->leases == 0 && snapshot != server->newest)
        free_snapshot(server, snapshot);
}

static struct lease *lease_out(struct snapshot *snapshot)
{
    struct lease *lease = memory_zeroed(1, sizeof(*lease));

    list_init(&lease->message.node);
    lease->message.kind = WORKER_SNAPSHOT;
    lease->snapshot = snapshot;
    snapshot->leases++;
    return lease;
}

static void compile(struct server *server, const struct config *config)
{
    server->newest =
        snapshot_compile(config, ++server->snapshot_id, server->newest,
                         &server->targets, server->options.inspector);
    atomic_fetch_add(&server->snapshots, 1);
}

static void publish(struct server *server, const struct config *config)
{
    if (server->stopping)
        return; /* no worker is left to run it */
    compile(server, config);
    for (unsigned i = 0; i < server->nworkers; i++)
        mailbox_send(&server->workers[i]->mailbox,
                     &lease_out(server->newest)->message);
}

/* ---- the end ------------------------------------------------------------- */

static void stop(struct server *server)
{
    server->loop.stop = true;
}

static void begin_drain(struct server *server)
{
    if (server->draining) {
        log_write(LOG_WARN, "control", "told to end a second time: ending now");
        stop(server);
        return;
    }
    server->draining = true;
    log_write(LOG_INFO, "control",
              "draining: no new connections, requests in progress finish");
    for (unsigned i = 0; i < server->started; i++)
        send_plain(server->workers[i], WORKER_DRAIN);
    loop_timer_set(&server->loop, &server->drain_limit,
                   server->options.drain_timeout_ms);
}

static void on_signal(evutil_socket_t signal, short what, void *arg)
{
    struct server *server = arg;

    (void)signal;
    (void)what;
    loop_tick(&server->loop);
    begin_drain(server);
}

static void on_drain_limit(struct timer *timer)
{
    struct server *server = LIST_ENTRY_OF(timer, struct server, drain_limit);

    log_write(LOG_WARN, "control",
              "the drain timeout is over: cutting what is left");
    stop(server);
}

/* ---- messages ------------------------------------------------------------ */

static void on_message(struct mailbox *mailbox, struct message *message)
{
    struct server *server = mailbox->owner;

    switch (message->kind) {
    case CONTROL_LEASE:
        lease_back(server, LIST_ENTRY_OF(message, struct lease, message));
        break;
    case CONTROL_DRAINED:
        if (++server->drained == server->started)
            stop(server);
        break;
    case CONTROL_PUBLISH: {
        struct publish *p = LIST_ENTRY_OF(message, struct publish, message);

        publish(server, p->config);
        config_free(p->config);
        free(p);
        break;
    }
    case CONTROL_DRAIN:
        free(message);
        begin_drain(server);
        break;
    default:
        break;
    }
}

void server_publish(struct server *server, const struct config *config)
{
    struct publish *p = memory_zeroed(1, sizeof(*p));

    p->config = config_copy(config);
    p->message.kind = CONTROL_PUBLISH;
    mailbox_send(&server->mailbox, &p->message);
}

void server_drain(struct server *server)
{
    struct message *message = memory_zeroed(1, sizeof(*message));

    message->kind = CONTROL_DRAIN;
    mailbox_send(&server->mailbox, message);
}

unsigned server_snapshots_alive(const struct server *server)
{
    return atomic_load(&server->snapshots);
}

/* ---- start --------------------------------------------------------------- */

/* The sockets of one worker.  False: those that were opened are closed. */
static bool open_sockets(struct server *server, int *fds, struct error *error)
{
    for (unsigned i = 0; i < server->nlisteners; i++) {
        fds[i] = listener_open(&server->listeners[i], true, error);
        if (fds[i] < 0) {
            while (i-- > 0)
                close(fds[i]);
            return false;
        }
    }
    return true;
}

/* Whether somebody else listens there already: SO_REUSEPORT alone would let
 * two servers of one user share a port without a word. */
static bool ports_are_free(struct server *server, struct error *error)
{
    for (unsigned i = 0; i < server->nlisteners; i++) {
        struct address probe = server->listeners[i];
        int fd;

        if (probe.port == 0)
            continue;
        fd = listener_open(&probe, false, error);
        if (fd < 0)
            return false;
        close(fd);
    }
    return true;
}

static bool make_workers(struct server *server, struct error *error)
{
    for (unsigned i = 0; i < server->options.workers; i++) {
        int fds[CONFIG_LISTENERS_MAX];
        struct worker *w;

        if (!open_sockets(server, fds, error))
            return false;
        w = worker_new(fds, server->listeners, server->nlisteners,
                       lease_out(server->newest), &server->mailbox);
        if (w == NULL)
            return error_set(error,
                             "cannot make worker %u: out of memory or "
                             "file descriptors",
                             i + 1);
        server->workers[server->nworkers++] = w;
        server->all[i] = &w->counters;
    }
    return true;
}

static bool start_workers(struct server *server, struct error *error)
{
    for (; server->started < server->nworkers; server->started++) {
        if (!worker_start(server->workers[server->started]))
            return error_set(error, "cannot start a thread for worker %u",
                             server->started + 1);
    }
    return true;
}

static bool start_api(struct server *server, struct error *error)
{
    struct api_port_view view = {
        .counters = server->all,
        .ncounters = server->nworkers,
        .snapshots = &server->snapshots,
    };

    if (!server->options.api)
        return true;
    server->api =
        api_port_start(&server->loop, &server->options.api_bind, &view, error);
    return server->api != NULL;
}

static void watch_signals(struct server *server)
{
    evsignal_assign(&server->on_term, server->loop.base, SIGTERM, on_signal,
                    server);
    evsignal_assign(&server->on_int, server->loop.base, SIGINT, on_signal,
                    server);
    evsignal_add(&server->on_term, NULL);
    evsignal_add(&server->on_int, NULL);
}

static bool start(struct server *server, const struct config *config,
                  struct error *error)
{
    if (!loop_init(&server->loop, &server->counters) ||
        !mailbox_init(&server->mailbox, &server->loop))
        return error_set(error, "cannot start: out of memory or file "
                                "descriptors");
    server->nlisteners = config->nlisteners;
    for (unsigned i = 0; i < config->nlisteners; i++)
        server->listeners[i] = config->listeners[i].bind;
    compile(server, config);
    if (!ports_are_free(server, error) || !make_workers(server, error) ||
        !start_api(server, error))
        return false;
    watch_signals(server);
    return start_workers(server, error);
}

struct server *server_start(const struct config *config,
                            const struct server_options *options,
                            struct error *error)
{
    struct server *server = memory_zeroed(1, sizeof(*server));

    server->options = *options;
    server->mailbox.fd = -1;
    server->mailbox.owner = server;
    server->mailbox.on_message = on_message;
    server->workers =
        memory_zeroed(options->workers + 1, sizeof(struct worker *));
    server->all =
        memory_zeroed(options->workers + 1, sizeof(struct counters *));
    timer_init(&server->drain_limit, on_drain_limit);
    if (!start(server, config, error)) {
        server_free(server);
        return NULL;
    }
    return server;
}

bool server_listener_address(const struct server *server, unsigned i,
                             struct address *address)
{
    if (i >= server->nlisteners)
        return false;
    *address = server->listeners[i];
    return true;
}

bool server_api_address(const struct server *server, struct address *address)
{
    if (server->api == NULL)
        return false;
    *address = *api_port_address(server->api);
    return true;
}

void server_wait(struct server *server)
{
    loop_run(&server->loop);
}

static void end_workers(struct server *server)
{
    for (unsigned i = 0; i < server->started; i++)
        send_plain(server->workers[i], WORKER_STOP);
    for (unsigned i = 0; i < server->started; i++)
        pthread_join(server->workers[i]->thread, NULL);
}

/* What workers still held is control's again: their threads are gone.  Our
 * mailbox ends after theirs, since their last messages make some for us. */
static void take_leases(struct server *server)
{
    for (unsigned i = 0; i < server->nworkers; i++) {
        struct lease *lease = worker_settle(server->workers[i]);

        if (lease)
            lease_back(server, lease);
    }
    if (server->mailbox.fd >= 0)
        mailbox_end(&server->mailbox);
    for (unsigned i = 0; i < server->nworkers; i++)
        worker_free(server->workers[i]);
}

void server_free(struct server *server)
{
    if (server->api)
        api_port_end(server->api);
    end_workers(server);
    server->started = 0;
    server->stopping = true;
    take_leases(server);
    if (server->newest)
        free_snapshot(server, server->newest);
    target_registry_end(&server->targets);
    if (server->loop.base) {
        if (event_initialized(&server->on_term)) {
            event_del(&server->on_term);
            event_del(&server->on_int);
        }
        loop_settle(&server->loop);
        loop_end(&server->loop);
    }
    free(server->workers);
    free(server->all);
    free(server);
}
