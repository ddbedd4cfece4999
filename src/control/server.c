/* SPDX-License-Identifier: Apache-2.0 */
#include "control/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "api/access_keys.h"
#include "aws/client.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/calls.h"
#include "control/exporting.h"
#include "control/metric_reads.h"
#include "control/server_aws.h"
#include "control/server_state.h"
#include "log/ship.h"
#include "net/tls_tickets.h"
#include "store/kept.h"

const char *const key_use_words[KEY_USES] = {"cookie", "ticket"};

/* ---- the end ------------------------------------------------------------- */

static void stop(struct server *server)
{
    server->loop.stop = true;
}

static void end_workers_by(struct server *server, enum worker_message kind)
{
    for (unsigned i = 0; i < server->started; i++)
        publish_tell(server->workers[i], kind);
    if (server->started == 0)
        stop(server);
    loop_timer_set(&server->loop, &server->drain_limit,
                   server->options.drain_timeout_ms);
}

static void begin_drain(struct server *server)
{
    if (server->draining && !server->retiring) {
        log_write(LOG_WARN, "control", "told to end a second time: ending now");
        server->hurried = true;
        stop(server);
        return;
    }
    server->draining = true;
    server->retiring = false;
    storing_let_go(server);
    if (server->options.draining)
        server->options.draining(server->options.owner);
    log_write(LOG_INFO, "control",
              "draining: no new connections, requests in progress finish");
    end_workers_by(server, WORKER_DRAIN);
}

void server_retire(struct server *server)
{
    if (server->draining)
        return;
    server->draining = server->retiring = true;
    storing_let_go(server);
    if (server->api)
        api_port_retire(server->api);
    log_write(LOG_INFO, "control",
              "retiring: another process serves, requests in progress finish");
    end_workers_by(server, WORKER_RETIRE);
}

void server_close_sockets(struct server *server, struct str name)
{
    publish_close_sockets(server, name);
}

void server_hurry(struct server *server)
{
    server->look_until_us = 0;
}

static void on_signal(evutil_socket_t signal, short what, void *arg)
{
    struct server *server = arg;

    (void)signal;
    (void)what;
    loop_tick(&server->loop);
    begin_drain(server);
}

static void on_hup(evutil_socket_t signal, short what, void *arg)
{
    struct server *server = arg;

    (void)signal;
    (void)what;
    loop_tick(&server->loop);
    reload_begin(server);
}

static void on_usr1(evutil_socket_t signal, short what, void *arg)
{
    struct server *server = arg;

    (void)signal;
    (void)what;
    if (server->log)
        log_writer_reopen(server->log);
    exporting_reopen(server);
}

static void on_usr2(evutil_socket_t signal, short what, void *arg)
{
    (void)signal;
    (void)what;
    (void)arg;
    log_write(LOG_WARN, "control",
              "USR2: an upgrade is the parent's work, and there is none "
              "(--no-supervisor)");
}

static void on_drain_limit(struct timer *timer)
{
    struct server *server = LIST_ENTRY_OF(timer, struct server, drain_limit);

    log_write(LOG_WARN, "control",
              "the drain timeout is over: cutting what is left");
    stop(server);
}

/* ---- messages ------------------------------------------------------------ */

static struct account *keep_account(struct change_job *job,
                                    const struct document *now)
{
    (void)job;
    return account_hold(now->account);
}

static void published(struct change_job *job)
{
    struct publish *p = LIST_ENTRY_OF(job, struct publish, job);

    atomic_fetch_sub(&p->server->snapshots, 1);
    if (job->fault.code && !p->server->draining)
        log_write(LOG_ERROR, "control", "a change is refused: " STR_FMT,
                  STR_ARG(job->fault.message));
    publish_free(p);
}

static void publish_now(struct server *server, struct publish *p)
{
    p->server = server;
    p->job.make = keep_account;
    p->job.done = published;
    p->job.config = p->config;
    changes_add(server, &p->job);
}

static void on_message(struct mailbox *mailbox, struct message *message)
{
    struct server *server = mailbox->owner;

    switch (message->kind) {
    case CONTROL_LEASE:
        publish_lease_back(server,
                           LIST_ENTRY_OF(message, struct lease, message));
        break;
    case CONTROL_DRAINED:
        if (++server->drained == server->started)
            stop(server);
        break;
    case CONTROL_ECHO:
        free(message);
        changes_echo(server);
        break;
    case CONTROL_RATES:
        rates_back(server,
                   LIST_ENTRY_OF(message, struct worker_rates, message));
        break;
    case CONTROL_SAMPLES:
        samples_back(server,
                     LIST_ENTRY_OF(message, struct worker_samples, message));
        break;
    case CONTROL_STORE:
        storing_done(message);
        break;
    case CONTROL_CALL:
        calls_fetched(message);
        break;
    case CONTROL_READ:
        metric_reads_back(message);
        break;
    case CONTROL_BUILT:
        changes_built(server);
        break;
    case CONTROL_PUBLISH:
        publish_now(server, LIST_ENTRY_OF(message, struct publish, message));
        break;
    case CONTROL_RELOADED:
        reload_end(server, LIST_ENTRY_OF(message, struct publish, message));
        break;
    case CONTROL_CERTIFICATES:
        certificate_watch_end(server,
                              LIST_ENTRY_OF(message, struct publish, message));
        break;
    case CONTROL_DRAIN:
        free(message);
        begin_drain(server);
        break;
    default:
        break;
    }
}

void server_publish(struct server *server, struct config *config)
{
    struct publish *p = memory_zeroed(1, sizeof(*p));

    p->config = config_hold(config);
    p->message.kind = CONTROL_PUBLISH;
    atomic_fetch_add(&server->snapshots, 1);
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

static void wake_log(void *owner)
{
    struct server *server = owner;

    if (server->log)
        log_writer_wake(server->log);
}

static void give_keys(struct worker *w, const struct seal_keys keys[KEY_USES])
{
    w->seal = seal_new(&keys[KEY_COOKIES]);
    w->loop.tickets = tls_tickets_new(&keys[KEY_TICKETS]);
}

/* What nobody gave us keys for. */
static bool draw_keys(struct server *server)
{
    for (unsigned i = 0; i < KEY_USES; i++) {
        if (server->options.keys[i].n == 0 &&
            !seal_keys_random(&server->options.keys[i]))
            return false;
    }
    return true;
}

static bool make_workers(struct server *server, bool logs, struct error *error)
{
    for (unsigned i = 0; i < server->options.workers; i++) {
        struct worker *w = worker_new(&server->mailbox);

        if (w && logs)
            w->ring = server->rings[i] = log_ring_new();
        if (w)
            give_keys(w, server->options.keys);
        if (w == NULL || w->seal == NULL || w->loop.tickets == NULL ||
            (logs && w->ring == NULL)) {
            if (w)
                worker_free(w);
            return error_set(error,
                             "cannot make worker %u: out of memory or "
                             "file descriptors",
                             i + 1);
        }
        w->index = i;
        w->wake_log = wake_log;
        w->log_owner = server;
        w->explain_key = server->options.explain_key;
        server->workers[server->nworkers++] = w;
        server->all[i] = &w->counters;
        server->meters[i] = w->notes->meter;
    }
    return true;
}

enum { OPEN_PART = 2 }; /* of the spool: what is being written, at most */

/* Whether anything is logged, with this config or one that HUP brings. */
static bool wants_log(const struct server *server, const struct config *config)
{
    bool given = true;

    for (unsigned i = 0; i < LOG_KINDS; i++)
        given = given && server->options.logs[i].p;
    return publish_logs(server, config) || server->options.log_spool ||
           (!given && server->options.reload != NULL);
}

/* Control's own records: of health checks. */
static bool make_ring(struct server *server, struct error *error)
{
    server->ring = log_ring_new();
    if (server->ring == NULL)
        return error_set(error, "cannot make a log: out of memory");
    health_monitor_tell(server->health, health_log_put, server);
    return true;
}

/* Who sends logs to S3, and where they wait; nothing where they do not go
 * there. */
static bool start_ship(struct server *server, struct log_waiting *waiting,
                       struct error *error)
{
    struct log_disk disk;
    struct log_ship_options how = {
        .spool = server->options.log_spool,
        .max = server->options.log_spool_max,
        .environment = environ,
    };

    if (how.spool == NULL)
        return true;
    sinks_begin(server);
    how.own = log_folder_make(how.spool, error);
    if (how.own == NULL)
        return false;
    waiting->folder = how.own->fd;
    disk = log_folder_disk(how.own);
    waiting->open_max = (how.max < disk.size ? how.max : disk.size) / OPEN_PART;
    server->ship = log_ship_start(&how, error);
    return server->ship != NULL;
}

static bool start_log(struct server *server, const struct config *config,
                      struct error *error)
{
    struct log_waiting waiting = {.folder = -1};
    struct log_sink *sinks;

    if (!start_ship(server, &waiting, error))
        return false;
    sinks = publish_log_sinks(server, config);
    server->rings[server->nworkers] = server->ring;
    server->log =
        log_writer_start(server->rings, server->nworkers + 1, sinks,
                         server->nsinks, server->ship ? &waiting : NULL, error);
    free(sinks);
    sinks_tell(server);
    return server->log != NULL;
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

/* Two of them on one machine is what everybody does once. */
static bool api_refused(const struct server *server, struct error *error)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text where = text_in(buffer, sizeof(buffer));

    if (strstr(error->text, strerror(EADDRINUSE)) == NULL)
        return false;
    address_put(&where, &server->options.api_bind);
    return error_set(error,
                     "the API cannot have " STR_FMT ": the address is taken, "
                     "maybe by another Sluice or another emulator of AWS; "
                     "--api ADDRESS:PORT names another one, --api off does "
                     "without",
                     STR_ARG(text_str(&where)));
}

static bool open_api(struct server *server, struct error *error)
{
    char buffer[SOCKETS_NAME_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct sockets s = {.n = 0};
    struct str name =
        sockets_name(&t, "api", &server->options.api_bind, STR(""));

    server->api_local = server->options.api_bind;
    if (!server->options.api)
        return true;
    if (!sockets_open(server, name, &server->api_local, 1, &s, error))
        return api_refused(server, error);
    server->api_fd = s.fds[0];
    free(s.fds);
    return true;
}

/* Where links to the API lead: to this machine, if it is on every address. */
static bool begin_links(struct server *server)
{
    static const uint8_t any[16];
    struct address to = server->api_local;
    struct text url = text_in(server->api_url, sizeof(server->api_url) - 1);

    if (memcmp(to.ip, any, sizeof(any)) == 0 && to.family == 4) {
        to.ip[0] = 127;
        to.ip[3] = 1;
    } else if (memcmp(to.ip, any, sizeof(any)) == 0) {
        to.ip[15] = 1;
    }
    TEXT_LITERAL(&url, "http://");
    address_put(&url, &to);
    return getrandom(server->link_key, sizeof(server->link_key), 0) ==
           sizeof(server->link_key);
}

bool server_start_api(struct server *server, struct error *error)
{
    struct api_port_view view = {
        .counters = server->all,
        .meters = server->meters,
        .ncounters = server->nworkers,
        .traffic = server->traffic,
        .snapshots = &server->snapshots,
        .health = server->health,
        .log = &server->log,
        .ship = server->ship,
        .server = server,
        .keys = server->options.access_keys,
        .passthrough_url = server->options.passthrough,
        .restarts = server->options.restarts,
        .upgrades = server->options.upgrades,
    };

    if (!server->options.api)
        return true;
    if (!begin_links(server))
        return error_set(error, "cannot start the API: the system gives no "
                                "random key for links");
    server->api = api_port_start(&server->loop, &server->api_local,
                                 server->api_fd, &view, error);
    server->api_fd = -1;
    return server->api != NULL;
}

static void watch(struct server *server, struct event *event, int signal,
                  event_callback_fn callback)
{
    evsignal_assign(event, server->loop.base, signal, callback, server);
    evsignal_add(event, NULL);
}

static void on_parent(evutil_socket_t fd, short what, void *arg)
{
    struct server *server = arg;

    (void)fd;
    (void)what;
    loop_tick(&server->loop);
    server->options.on_parent(server->options.owner, server);
}

static void watch_ends(struct server *server)
{
    watch(server, &server->on_term, SIGTERM, on_signal);
    watch(server, &server->on_int, SIGINT, on_signal);
}

void server_orphaned(struct server *server)
{
    event_del(&server->on_parent);
    watch_ends(server);
    if (!server->draining || server->retiring)
        begin_drain(server);
}

static void watch_signals(struct server *server)
{
    if (server->options.on_parent) {
        /* Whoever signals a whole group of processes means the parent. */
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        event_assign(&server->on_parent, server->loop.base,
                     server->options.parent, EV_READ | EV_PERSIST, on_parent,
                     server);
        event_add(&server->on_parent, NULL);
    } else {
        watch_ends(server);
    }
    watch(server, &server->on_hup, SIGHUP, on_hup);
    watch(server, &server->on_usr1, SIGUSR1, on_usr1);
    watch(server, &server->on_usr2, SIGUSR2, on_usr2);
}

/* ---- before anything is served -------------------------------------------- */

enum { LOOK_MS = 20 };

static bool awaits(const struct server *server)
{
    return server->discoveries ? discoveries_await(server->discoveries)
                               : health_monitor_awaits(server->health);
}

static void on_look(struct timer *timer)
{
    struct server *server = LIST_ENTRY_OF(timer, struct server, look);

    if (server->loop.now_us >= server->look_until_us || !awaits(server))
        stop(server);
    else
        loop_timer_set(&server->loop, timer, LOOK_MS);
}

/* Runs the loop with no worker running yet. */
static void look(struct server *server, uint32_t limit_ms)
{
    if (limit_ms == 0 || !awaits(server))
        return;
    loop_tick(&server->loop);
    server->look_until_us = server->loop.now_us + limit_ms * UINT64_C(1000);
    loop_timer_set(&server->loop, &server->look, LOOK_MS);
    loop_run(&server->loop);
    timer_end(&server->look);
    server->loop.stop = server->draining;
}

/* Requests wait in the queues meanwhile, or are served by whoever has the
 * sockets too. */
static void probe_first(struct server *server)
{
    look(server, server->options.probe_first_ms);
}

/* Whoever finds the ports closed asks another one meanwhile: with no targets
 * the answers would be 503. */
static bool discover_first(struct server *server, struct error *error)
{
    storing_begin(server);
    if (server->storing && server->options.takes_over)
        return true;
    server->discoveries = discoveries_begin(server);
    if (!server->silent)
        return true;
    look(server, server->options.discover_first_ms);
    if (server->draining)
        return true;
    discoveries_tell_late(server->discoveries);
    return publish_listen(server, error);
}

bool server_never_served(const struct server *server)
{
    return server->draining && server->started == 0;
}

/* As workers run. */
static bool start_rest(struct server *server, struct error *error)
{
    if (!start_workers(server, error))
        return false;
    rates_begin(server);
    samples_begin(server);
    if (!exporting_begin(server, error))
        return false;
    if (server->ship) /* which asks nobody in whose name it writes */
        server_aws(server);
    if (server->discoveries)
        return server_start_api(server, error);
    storing_await(server);
    return true;
}

static bool start(struct server *server, struct config *config,
                  struct error *error)
{
    bool logs = wants_log(server, config);

    if (!loop_init(&server->loop, &server->counters) ||
        !mailbox_init(&server->mailbox, &server->loop) ||
        !chores_start(&server->chores))
        return error_set(error, "cannot start: out of memory or file "
                                "descriptors");
    deregistrations_init(&server->leaving, &server->loop, &server->targets,
                         &publish_deregistration_ops, server);
    server->health = health_monitor_new(&server->loop);
    alarm_watch_begin(server);
    metric_reads_begin(server);
    server->silent =
        server->options.discover_first_ms && discoveries_are_new(config);
    health_monitor_drain_to(server->health, &server->leaving);
    if (!draw_keys(server))
        return error_set(error, "cannot start: the system gives no random "
                                "key for cookies and tickets");
    if (!make_workers(server, logs, error) ||
        (logs && !make_ring(server, error)) ||
        !publish(server, config, server->options.certificates, error) ||
        !open_api(server, error) ||
        (server->options.bound &&
         !server->options.bound(server->options.owner, error)) ||
        (logs && !start_log(server, config, error)))
        return false;
    watch_signals(server);
    probe_first(server);
    if (server->draining)
        return true;
    if (!discover_first(server, error))
        return false;
    return server->draining || start_rest(server, error);
}

static void take_document(struct server *server)
{
    struct document *document = &server->document;

    *document = server->options.document;
    document->scope = region_copy(&server->region, document->scope);
    document->digest = STR("");
    if (server->options.document.digest.n) {
        server->digest = strndup(server->options.document.digest.p,
                                 server->options.document.digest.n);
        document->digest = str_of(server->digest);
    }
    if (document->base)
        account_hold(document->base);
    if (document->account)
        account_hold(document->account);
    else
        document->account = account_new(NULL, 0);
}

struct server *server_start(struct config *config,
                            const struct server_options *options,
                            struct error *error)
{
    struct server *server = memory_zeroed(1, sizeof(*server));

    server->options = *options;
    if (options->access_keys)
        access_keys_hold(options->access_keys);
    if (options->means.geo)
        geo_hold(options->means.geo);
    take_document(server);
    changes_init(server);
    server->started_us = clock_monotonic_us();
    server->mailbox.fd = -1;
    server->mailbox.owner = server;
    server->mailbox.on_message = on_message;
    server->workers =
        memory_zeroed(options->workers + 1, sizeof(struct worker *));
    server->all =
        memory_zeroed(options->workers + 1, sizeof(struct counters *));
    server->meters =
        memory_zeroed(options->workers + 1, sizeof(struct waf_meter *));
    server->traffic = meters_new(options->workers);
    server->rings =
        memory_zeroed(options->workers + 1, sizeof(struct log_ring *));
    server->targets.nworkers = options->workers;
    server->api_fd = -1;
    timer_init(&server->drain_limit, on_drain_limit);
    timer_init(&server->look, on_look);
    certificate_watch_init(server);
    if (!start(server, config, error)) {
        server_free(server);
        return NULL;
    }
    return server;
}

bool server_listener_address(const struct server *server, unsigned i,
                             struct address *address)
{
    const struct snapshot *s = server->newest;

    if (i >= s->nlisteners)
        return false;
    *address = server->slots[s->places[i].bound].local;
    return true;
}

bool server_own_address(const struct server *server, unsigned i,
                        struct address *address)
{
    const struct snapshot *s = server->newest;

    if (i >= s->nlisteners || s->places[i].own == PLACE_NONE)
        return false;
    *address = server->slots[s->places[i].own].local;
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
    exporting_flush(server);
}

static void end_workers(struct server *server)
{
    for (unsigned i = 0; i < server->started; i++)
        publish_tell(server->workers[i], WORKER_STOP);
    for (unsigned i = 0; i < server->started; i++)
        pthread_join(server->workers[i]->thread, NULL);
    server->started = 0;
}

/* What workers still held is control's again: their threads are gone.  Our
 * mailbox ends after theirs, since their last messages make some for us. */
static void take_leases(struct server *server)
{
    for (unsigned i = 0; i < server->nworkers; i++) {
        struct lease *lease = worker_settle(server->workers[i]);

        if (lease)
            publish_lease_back(server, lease);
    }
    if (server->mailbox.fd >= 0)
        mailbox_end(&server->mailbox);
    for (unsigned i = 0; i < server->nworkers; i++)
        worker_free(server->workers[i]);
}

static void forget_signals(struct server *server)
{
    struct event *const all[] = {
        &server->on_term, &server->on_int,  &server->on_hup,
        &server->on_usr1, &server->on_usr2, &server->on_parent,
    };

    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (event_initialized(all[i]))
            event_del(all[i]);
    }
}

/* S3 has some time for the last files, unless nobody wants to wait. */
static void end_logs(struct server *server)
{
    uint64_t wait = server->options.drain_timeout_ms;

    if (server->log)
        log_writer_stop(server->log);
    if (server->ship == NULL)
        return;
    if (wait > LOG_SHIP_STOP_MS)
        wait = LOG_SHIP_STOP_MS;
    log_ship_stop(server->ship, server->hurried ? 0 : wait);
}

void server_free(struct server *server)
{
    bool idle = chores_stop(&server->chores);

    idle = metric_reads_stop(server) && idle;
    discoveries_stop(server->discoveries);
    if (idle)
        changes_end(server);
    if (server->api)
        api_port_end(server->api);
    if (server->api_fd >= 0)
        close(server->api_fd);
    end_workers(server);
    server->stopping = true;
    end_logs(server);
    if (!idle) {
        log_write(LOG_WARN, "control",
                  "a template or metrics are still being read: ending "
                  "without them");
        return; /* the thread may still use the rest; the process ends */
    }
    take_leases(server);
    discoveries_end(server->discoveries);
    if (server->health)
        health_monitor_free(server->health);
    alarm_watch_end(server);
    metric_reads_end(server);
    deregistrations_end(&server->leaving);
    publish_end(server);
    certificates_release(server->certificates);
    target_registry_end(&server->targets);
    if (server->options.store)
        server->options.store->ops->end(server->options.store);
    rates_end(server);
    samples_end(server);
    exporting_end(server);
    aws_client_free(server->aws);
    if (server->loop.base) {
        forget_signals(server);
        loop_settle(&server->loop);
        loop_end(&server->loop);
    }
    kept_free(server->start);
    account_release(server->document.account);
    account_release(server->document.base);
    free(server->digest);
    free(server->slots);
    free(server->sinks);
    region_end(&server->region);
    free(server->workers);
    log_ring_free(server->ring);
    free(server->rings);
    free(server->all);
    free(server->meters);
    meters_free(server->traffic);
    access_keys_release(server->options.access_keys);
    geo_release(server->options.means.geo);
    for (unsigned i = 0; i < KEY_USES; i++)
        seal_keys_forget(&server->options.keys[i]);
    free(server);
}
