/* SPDX-License-Identifier: Apache-2.0 */
#include "app/origin.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/origin_answer.h"
#include "base/memory.h"
#include "base/thread.h"
#include "net/listener.h"
#include "net/mailbox.h"
#include "net/tls_context.h"
#include "net/tls_tickets.h"

enum {
    /* Longer than any client's, so that it is never us who end an idle
     * connection under a request. */
    IDLE_MS = 3600 * 1000,
    DRAIN_MS = 10 * 1000,
};

struct worker {
    pthread_t thread;
    bool running;
    struct loop loop;
    struct counters counters;
    struct mailbox mailbox;
    struct message stop;
    struct listener listener;
    struct server_port port;
    struct origin_desk desk;
    struct timer drain;
};

struct origin {
    struct origin_options options;
    struct origin_answer answer;
    struct address address;
    struct tls_context *tls; /* NULL: plain */
    struct seal_keys ticket_keys;
    unsigned nworkers;
    struct worker *workers;
};

/* ---- one thread --------------------------------------------------------- */

static bool on_accept(struct listener *listener, int fd,
                      const struct address *client)
{
    struct worker *w = listener->owner;

    return server_accept(&w->port, fd, client) != NULL;
}

static void on_stopped(struct listener *listener)
{
    struct worker *w = listener->owner;

    server_port_drain(&w->port);
}

static void on_empty(struct server_port *port)
{
    port->loop->stop = true;
}

static void on_drain_over(struct timer *timer)
{
    struct worker *w = LIST_ENTRY_OF(timer, struct worker, drain);

    w->loop.stop = true;
}

/* The only message: it is time to end. */
static void on_message(struct mailbox *mailbox, struct message *message)
{
    struct worker *w = mailbox->owner;

    (void)message;
    loop_timer_set(&w->loop, &w->drain, DRAIN_MS);
    listener_stop(&w->listener);
}

static void *work(void *data)
{
    struct worker *w = data;

    loop_run(&w->loop);
    return NULL;
}

static bool set_up(struct origin *origin, struct worker *w)
{
    if (!loop_init(&w->loop, &w->counters))
        return false;
    timer_init(&w->drain, on_drain_over);
    w->mailbox.on_message = on_message;
    w->mailbox.owner = w;
    w->port.handler = &origin_handler;
    w->port.owner = &w->desk;
    w->port.local = origin->address;
    w->port.idle_ms = IDLE_MS;
    w->port.keep_alive_ms = UINT32_MAX;
    w->port.on_empty = on_empty;
    w->listener.on_accept = on_accept;
    w->listener.on_stopped = on_stopped;
    w->listener.owner = w;
    if (!mailbox_init(&w->mailbox, &w->loop) ||
        !server_port_init(&w->port, &w->loop))
        return false;
    w->port.tls = origin->tls;
    if (origin->tls)
        w->loop.tickets = tls_tickets_new(&origin->ticket_keys);
    w->port.prior_knowledge = origin->options.h2c;
    return origin_desk_init(&w->desk, &origin->answer, &w->loop);
}

static bool start(struct origin *origin, struct worker *w, struct error *error)
{
    int fd;

    if (!set_up(origin, w))
        return error_set(error, "there is no memory for a thread");
    fd = listener_open(&origin->address, true, error);
    if (fd < 0)
        return false;
    if (!listener_start(&w->listener, &w->loop, fd))
        return error_set(error, "the listening socket cannot be watched");
    if (!thread_start(&w->thread, work, w))
        return error_set(error, "a thread cannot be started");
    w->running = true;
    return true;
}

static void tear_down(struct worker *w)
{
    if (w->loop.base == NULL)
        return;
    listener_end(&w->listener);
    if (w->port.fields) {
        server_port_close(&w->port);
        loop_settle(&w->loop);
        server_port_end(&w->port);
    }
    if (w->desk.json)
        origin_desk_end(&w->desk);
    timer_end(&w->drain);
    mailbox_end(&w->mailbox);
    loop_end(&w->loop);
    tls_tickets_free(w->loop.tickets);
}

/* ---- all of them -------------------------------------------------------- */

static void stop_workers(struct origin *origin)
{
    for (unsigned i = 0; i < origin->nworkers; i++) {
        if (origin->workers[i].running)
            mailbox_send(&origin->workers[i].mailbox, &origin->workers[i].stop);
    }
    for (unsigned i = 0; i < origin->nworkers; i++) {
        if (origin->workers[i].running)
            pthread_join(origin->workers[i].thread, NULL);
        origin->workers[i].running = false;
    }
}

/* Sockets that share a port say nothing when another process has it too, so
 * one that does not share asks first. */
static bool choose_port(struct address *address, struct error *error)
{
    struct error cause = {""};
    int fd = listener_open(address, false, &cause);

    if (fd < 0)
        return error_set(error, "%s; --port and --bind say where to listen",
                         cause.text);
    close(fd);
    return true;
}

static void end_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

static bool make_context(struct origin *origin, struct error *error)
{
    struct tls_certificate certificate = {
        STR("of --certificate"), origin->options.chain, origin->options.key};
    struct tls_server_settings settings = {.http2 = true,
                                           .ncertificates = 1,
                                           .certificates = &certificate,
                                           .id = STR("origin")};

    origin->tls = tls_context_server(&settings, error);
    return origin->tls && (seal_keys_random(&origin->ticket_keys) ||
                           error_set(error, "there are no random bytes"));
}

struct origin *origin_start(const struct origin_options *options,
                            struct error *error)
{
    struct origin *origin = memory_zeroed(1, sizeof(*origin));
    sigset_t signals;
    bool ok;

    end_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    origin->options = *options;
    origin->address = options->bind;
    origin->nworkers = options->workers;
    origin->workers = memory_zeroed(options->workers, sizeof(struct worker));
    for (unsigned i = 0; i < origin->nworkers; i++) {
        origin->workers[i].listener.fd = -1;
        origin->workers[i].mailbox.fd = -1;
    }
    ok = origin_answer_init(&origin->answer, &origin->options) ||
         error_set(error, "there is no memory for answers");
    ok = ok && (options->chain.n == 0 || make_context(origin, error));
    ok = ok && choose_port(&origin->address, error);
    for (unsigned i = 0; ok && i < origin->nworkers; i++)
        ok = start(origin, &origin->workers[i], error);
    if (ok)
        return origin;
    stop_workers(origin);
    origin_free(origin);
    return NULL;
}

const struct address *origin_address(const struct origin *origin)
{
    return &origin->address;
}

void origin_wait(struct origin *origin)
{
    sigset_t signals;
    int number;

    end_signals(&signals);
    sigwait(&signals, &number);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    stop_workers(origin);
}

void origin_free(struct origin *origin)
{
    for (unsigned i = 0; i < origin->nworkers; i++)
        tear_down(&origin->workers[i]);
    origin_answer_end(&origin->answer);
    tls_context_release(origin->tls);
    free(origin->workers);
    free(origin);
}
