/* SPDX-License-Identifier: Apache-2.0
 *
 * A config becomes what runs: compiled, its listeners opened, handed to the
 * workers; what is not in it any more is closed.  Everything that can fail
 * comes before anything that another thread sees.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"
#include "control/source_address.h"
#include "control/target_tls.h"
#include "model/local_address.h"
#include "net/tls_tickets.h"

/* Workers have closed a listener by then. */
enum { CLOSING_US = 2 * 1000 * 1000 };

/* A change that is ready to be handed out. */
struct change {
    struct server *server;
    struct snapshot *snapshot;
    bool sinks; /* the log writer has those of the config */
    unsigned nnew;
    struct opened {
        unsigned slot;
        struct sockets sockets; /* one for each worker, at least */
    } * opened;
    bool *keep;                        /* by slot: the snapshot has it; NULL: as
                                          before */
    struct certificates *certificates; /* held; NULL: no HTTPS listener */
};

/* ---- messages to workers ------------------------------------------------- */

void publish_tell(struct worker *w, enum worker_message kind)
{
    struct message *message = memory_zeroed(1, sizeof(*message));

    list_init(&message->node);
    message->kind = kind;
    mailbox_send(&w->mailbox, message);
}

static void tell_listen(struct worker *w, unsigned slot, int fd, bool lent,
                        const struct address *address, _Atomic uint64_t *open)
{
    struct worker_listen *listen = memory_zeroed(1, sizeof(*listen));

    listen->message.kind = WORKER_LISTEN;
    listen->slot = slot;
    listen->fd = fd;
    listen->lent = lent;
    listen->address = *address;
    listen->open = open;
    mailbox_send(&w->mailbox, &listen->message);
}

static void tell_close(struct worker *w, unsigned slot)
{
    struct worker_close *c = memory_zeroed(1, sizeof(*c));

    c->message.kind = WORKER_CLOSE;
    c->slot = slot;
    mailbox_send(&w->mailbox, &c->message);
}

void publish_keys(struct server *server, enum key_use use,
                  const struct seal_keys *keys)
{
    server->options.keys[use] = *keys;
    for (unsigned i = 0; i < server->nworkers; i++) {
        struct worker_seal *other = memory_zeroed(1, sizeof(*other));

        list_init(&other->message.node);
        other->message.kind = WORKER_SEAL;
        if (use == KEY_COOKIES)
            other->seal = seal_new(keys);
        else
            other->tickets = tls_tickets_new(keys);
        if (other->seal || other->tickets)
            mailbox_send(&server->workers[i]->mailbox, &other->message);
        else
            free(other); /* no memory: that worker goes on with the old ones */
    }
}

static void tell_target(void *owner, struct target *target,
                        enum worker_message kind)
{
    struct server *server = owner;

    for (unsigned i = 0; i < server->started; i++) {
        struct worker_target *t = memory_zeroed(1, sizeof(*t));

        target_hold(target);
        t->target = target;
        t->message.kind = kind;
        mailbox_send(&server->workers[i]->mailbox, &t->message);
    }
}

/* A target that nothing uses: every worker forgets it. */
static void orphan(void *owner, struct target *target)
{
    tell_target(owner, target, WORKER_FORGET);
    target_release(target);
}

const struct deregistration_ops publish_deregistration_ops = {
    .tell = tell_target,
    .orphan = orphan,
};

/* ---- snapshots ----------------------------------------------------------- */

static void free_snapshot(struct server *server, struct snapshot *snapshot)
{
    snapshot_free(snapshot, &server->targets, orphan, server);
    atomic_fetch_sub(&server->snapshots, 1);
}

struct lease *publish_lease(struct server *server)
{
    struct lease *lease = memory_zeroed(1, sizeof(*lease));

    list_init(&lease->message.node);
    lease->message.kind = WORKER_SNAPSHOT;
    lease->snapshot = server->newest;
    lease->snapshot->leases++;
    return lease;
}

void publish_lease_back(struct server *server, struct lease *lease)
{
    struct snapshot *snapshot = lease->snapshot;

    free(lease);
    if (--snapshot->leases == 0 && snapshot != server->newest)
        free_snapshot(server, snapshot);
}

void publish_end(struct server *server)
{
    if (server->newest)
        free_snapshot(server, server->newest);
    server->newest = NULL;
}

/* ---- building ------------------------------------------------------------ */

/* Those that came with the config, or what is loaded for it now. */
static bool load(struct server *server, struct config *config,
                 const struct running *from, struct certificates **certificates,
                 struct report *report)
{
    if (*certificates || !certificates_wanted(config))
        return true;
    if (server->options.certificate_source == NULL)
        report_error(report, NULL, "HTTPS listeners have no certificates");
    else
        *certificates = certificates_load(server->options.certificate_source,
                                          config, from->certificates, report);
    return *certificates != NULL;
}

/* Each route table of an HTTPS listener gets its context. */
static void set_contexts(struct snapshot *s,
                         const struct certificates *certificates)
{
    for (unsigned i = 0; certificates && i < s->nlisteners; i++)
        s->listeners[i]->tls =
            tls_context_hold(certificates->listeners[i].context);
}

struct snapshot *publish_build(struct server *server, struct config *config,
                               const struct running *from,
                               struct certificates **certificates,
                               struct report *report)
{
    struct error error = {""};
    struct snapshot *s;

    if (!load(server, config, from, certificates, report))
        return NULL;
    s = snapshot_build(config, 0, from->snapshot, &server->options.means,
                       report);
    if (s == NULL)
        return NULL;
    atomic_fetch_add(&server->snapshots, 1);
    set_contexts(s, *certificates);
    if (target_tls_apply(s, from->snapshot, &error)) {
        source_address_check(s, from->snapshot);
        return s;
    }
    report_error(report, NULL, "%s", error.text);
    publish_drop(server, s);
    return NULL;
}

void publish_drop(struct server *server, struct snapshot *snapshot)
{
    free_snapshot(server, snapshot);
}

/* ---- listeners ----------------------------------------------------------- */

/* The slot of this address of the listener, nslots when it never had one. */
static unsigned find_slot(const struct server *server,
                          const struct config_listener *listener,
                          const struct address *asked)
{
    unsigned i = 0;

    while (i < server->nslots &&
           !(address_equal(&server->slots[i].asked, asked) &&
             (asked->port || str_eq(server->slots[i].arn, listener->arn))))
        i++;
    return i;
}

static unsigned add_slot(struct server *server,
                         const struct config_listener *listener,
                         const struct address *asked)
{
    unsigned n = server->nslots;
    struct slot *grown = memory_zeroed(n + 1, sizeof(*grown));

    for (unsigned i = 0; i < n; i++)
        grown[i] = server->slots[i];
    grown[n].open = region_take(&server->region, server->options.workers *
                                                     sizeof(struct slot_open));
    grown[n].arn = region_copy(&server->region, listener->arn);
    grown[n].asked = *asked;
    free(server->slots);
    server->slots = grown;
    server->nslots = n + 1;
    return n;
}

/* Whether somebody else listens there already: SO_REUSEPORT alone would let
 * two servers of one user share a port without a word. */
static bool is_free(struct address address, struct error *error)
{
    int fd;

    if (address.port == 0)
        return true;
    fd = listener_open(&address, false, error);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Whether the two cannot both be listened on without sharing. */
static bool overlap(const struct address *a, const struct address *b)
{
    if (a->port != b->port)
        return false;
    if (address_is_any(a) || address_is_any(b))
        return true;
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* Whether sockets of ours are on that address, or were a moment ago: workers
 * take a while to close them (listener_stop()). */
static bool is_ours(const struct server *server, const struct address *address)
{
    uint64_t now = server->loop.now_us;

    for (unsigned i = 0; i < server->nslots; i++) {
        const struct slot *slot = &server->slots[i];

        if ((slot->used || now - slot->closed_us < CLOSING_US) &&
            overlap(&slot->local, address))
            return true;
    }
    return false;
}

static struct str name_slot(struct text *t, const struct slot *slot)
{
    return sockets_name(t, "listener", &slot->asked, slot->arn);
}

/* Sockets that are kept for this name, or new ones where nobody else is. */
static bool open_sockets(struct server *server, const struct slot *slot,
                         struct address *address, struct sockets *s,
                         struct error *error)
{
    char buffer[SOCKETS_NAME_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct str name = name_slot(&t, slot);

    *s = (struct sockets){.shared = true, .silent = server->silent};
    return (is_ours(server, address) || sockets_held(server, address) ||
            is_free(*address, error)) &&
           sockets_open(server, name, address, server->options.workers, s,
                        error);
}

/* Where it could listen instead, for who reads the error. */
static void name_listener(const struct config_listener *listener, int cause,
                          struct error *error)
{
    static const char low[] = ": ports below 1024 are root's";
    struct error before = *error;
    struct str called = config_called(listener->id, listener->arn,
                                      listener->load_balancer->name);
    unsigned port = listener->port;
    unsigned other = port + 8000 > UINT16_MAX ? 1024 : port + 8000;

    error_set(error, "listener " STR_FMT " (port %u): %.400s", STR_ARG(called),
              port, before.text);
    before = *error;
    if (cause == EACCES || cause == EADDRINUSE)
        error_set(error,
                  "%.400s%s; start Sluice with --port %u=%u or --port-offset "
                  "8000 to have it on another port here, or choose another one",
                  before.text, cause == EACCES ? low : "", port, other);
}

/* Opens the slot's sockets at `local`. */
static bool open_slot(struct change *change,
                      const struct config_listener *listener, unsigned number,
                      struct address local, struct error *error)
{
    struct server *server = change->server;
    struct slot *slot = &server->slots[number];
    struct opened *opened = &change->opened[change->nnew];

    if (!open_sockets(server, slot, &local, &opened->sockets, error)) {
        name_listener(listener, errno, error);
        return false;
    }
    opened->slot = number;
    slot->used = true;
    slot->local = local;
    change->nnew++;
    return true;
}

/* Where the listener is bound to. */
static bool place_bound(struct change *change,
                        const struct config_listener *listener, int *place,
                        struct error *error)
{
    struct server *server = change->server;
    unsigned slot = find_slot(server, listener, &listener->bind);

    if (slot == server->nslots)
        add_slot(server, listener, &listener->bind);
    *place = (int)slot;
    return server->slots[slot].used ||
           open_slot(change, listener, slot, listener->bind, error);
}

/* Not at a wildcard that a service manager passed: that one is at every
 * address. */
static bool is_at(const struct slot *slot, const struct address *asked)
{
    return memcmp(slot->local.ip, asked->ip, sizeof(asked->ip)) == 0;
}

/* The own address of its load balancer comes on top: that it is not to be had
 * is told once, and no error. */
static void place_own(struct change *change,
                      const struct config_listener *listener,
                      struct place_here *place)
{
    struct server *server = change->server;
    const struct slot *bound = &server->slots[place->bound];
    struct address at = listener->own;
    struct error error = {""};
    unsigned slot;

    place->own = PLACE_NONE;
    if (at.family == 0 || !is_at(bound, &listener->bind))
        return;
    at.port = bound->local.port;
    slot = find_slot(server, listener, &listener->own);
    if (slot == server->nslots)
        add_slot(server, listener, &listener->own);
    if (server->slots[slot].used ||
        open_slot(change, listener, slot, at, &error)) {
        place->own = (int)slot;
        return;
    }
    if (!server->slots[slot].told)
        log_write(LOG_WARN, "control",
                  "load balancer " STR_FMT
                  " is not to be reached at its own address: %s",
                  STR_ARG(listener->load_balancer->name), error.text);
    server->slots[slot].told = true;
}

/* Gives every listener of the snapshot its slots, opening those that are
 * new. */
static bool place_listeners(struct change *change, struct error *error)
{
    struct snapshot *s = change->snapshot;

    s->places = memory_zeroed(s->nlisteners + 1, sizeof(*s->places));
    for (unsigned i = 0; i < s->nlisteners; i++) {
        if (!place_bound(change, s->listeners[i]->config, &s->places[i].bound,
                         error))
            return false;
    }
    for (unsigned i = 0; i < s->nlisteners; i++)
        place_own(change, s->listeners[i]->config, &s->places[i]);
    return true;
}

/* Redirects to the port of a listener whose port here the system chose. */
static void resolve_ports(struct change *change, const struct route_table *to,
                          uint16_t local)
{
    struct snapshot *s = change->snapshot;

    for (unsigned i = 0; i < s->nlisteners; i++) {
        struct route_table *table = s->listeners[i];

        for (unsigned k = 0; k < table->config->nrules; k++)
            action_resolve_port(table->actions[k], to->config, local);
    }
}

static void set_sinks(struct server *server, struct route_table *table)
{
    for (unsigned kind = 0; kind < LOG_KINDS; kind++)
        table->sinks[kind] =
            publish_sink(server, table->config->load_balancer, kind);
}

/* ---- what is counted ------------------------------------------------------- */

/* Whose nodes clients are connected to: this process is the one of a zone, or
 * stands for all that the load balancer has. */
static struct meter_nodes *nodes_of(struct server *server,
                                    const struct config *config,
                                    const struct config_load_balancer *lb)
{
    if (config->zone.n)
        return meters_nodes(server->traffic, &config->zone, 1);
    return meters_nodes(server->traffic, lb->zones, lb->nzones);
}

static void set_meters(struct server *server, struct snapshot *s)
{
    for (unsigned i = 0; i < s->nlisteners; i++) {
        struct route_table *table = s->listeners[i];
        struct meter *meter = meters_balancer(
            server->traffic, table->config->load_balancer->full_name);

        route_table_count(
            table, meter,
            nodes_of(server, s->config, table->config->load_balancer));
        meter_release(meter);
    }
    for (unsigned i = 0; i < s->ngroups; i++) {
        struct group *group = s->groups[i];
        const struct config_group *config = group->config;

        if (group->meter == NULL && config->load_balancer)
            group->meter =
                meters_group(server->traffic, config->load_balancer->full_name,
                             config->full_name);
    }
}

static void map_slot(struct change *change, int slot, unsigned listener)
{
    struct snapshot *s = change->snapshot;

    if (slot == PLACE_NONE)
        return;
    port_table_add(&s->slots[slot], s->listeners[listener],
                   s->config->listeners[listener]->load_balancer->index);
    change->keep[slot] = true;
}

static void map_slots(struct change *change)
{
    struct server *server = change->server;
    struct snapshot *s = change->snapshot;

    s->nslots = server->nslots;
    s->slots = memory_zeroed(s->nslots + 1, sizeof(*s->slots));
    change->keep = memory_zeroed(server->nslots + 1, sizeof(bool));
    for (unsigned i = 0; i < s->nlisteners; i++) {
        map_slot(change, s->places[i].bound, i);
        map_slot(change, s->places[i].own, i);
        set_sinks(server, s->listeners[i]);
        if (s->listeners[i]->config->bind.port == 0)
            resolve_ports(change, s->listeners[i],
                          server->slots[s->places[i].bound].local.port);
    }
}

/* ---- the change ---------------------------------------------------------- */

/* Nobody is to keep the sockets of the slot any longer. */
static void drop_slot(struct server *server, unsigned slot)
{
    char buffer[SOCKETS_NAME_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    sockets_drop(server, name_slot(&t, &server->slots[slot]));
    server->slots[slot].used = false;
}

static void end_change(struct change *change)
{
    certificates_release(change->certificates);
    free(change->opened);
    free(change->keep);
    free(change);
}

/* The old config's files are open already: this does not fail. */
static void restore_sinks(struct server *server)
{
    struct error error = {""};

    if (server->newest && !sinks_set(server, server->newest->config, &error))
        log_write(LOG_ERROR, "control", "%s", error.text);
}

void publish_abandon(struct change *change)
{
    struct server *server = change->server;

    for (unsigned i = 0; i < change->nnew; i++) {
        sockets_close(&change->opened[i].sockets);
        drop_slot(server, change->opened[i].slot);
    }
    if (change->sinks)
        restore_sinks(server);
    free_snapshot(server, change->snapshot);
    end_change(change);
}

/* Nothing fails from here on: the newest snapshot, then its new listeners,
 * then the end of the old ones. */
static void hand_out(struct change *change)
{
    struct server *server = change->server;
    struct snapshot *old = server->newest;

    certificate_watch_set(server, change->certificates);
    server->newest = change->snapshot;
    server->newest->id = ++server->snapshot_id;
    loop_tick(&server->loop);
    if (old == NULL || old->set != server->newest->set)
        deregistrations_apply(&server->leaving, server->newest);
    health_monitor_apply(server->health, server->newest);
    alarm_watch_config(server);
    for (unsigned i = 0; i < server->nworkers; i++)
        mailbox_send(&server->workers[i]->mailbox,
                     &publish_lease(server)->message);
    deregistrations_tell(&server->leaving);
    if (old && old->leases == 0)
        free_snapshot(server, old);
}

static void log_slot(const struct server *server, unsigned slot,
                     const char *what)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    if (server->started == 0)
        return; /* whoever starts us is told on stdout */
    address_put(&t, &server->slots[slot].local);
    log_write(LOG_INFO, "control", "listener at " STR_FMT " %s",
              STR_ARG(text_str(&t)), what);
}

static void close_slot(struct server *server, unsigned slot)
{
    drop_slot(server, slot);
    server->slots[slot].closed_us = server->loop.now_us;
    log_slot(server, slot,
             "closed: its connections end after the request they are at");
    for (unsigned k = 0; k < server->nworkers; k++)
        tell_close(server->workers[k], slot);
}

void publish_close_sockets(struct server *server, struct str name)
{
    char buffer[SOCKETS_NAME_MAX];

    for (unsigned i = 0; i < server->nslots; i++) {
        struct text t = text_in(buffer, sizeof(buffer));

        if (server->slots[i].used &&
            str_eq(name_slot(&t, &server->slots[i]), name))
            close_slot(server, i);
    }
}

/* Who asked by the API is told nowhere else that a port is not shared. */
static void log_opened(const struct change *change, unsigned slot)
{
    const struct port_table *port = &change->snapshot->slots[slot];

    log_slot(change->server, slot,
             local_is_alone(port->first->config)
                 ? "opened, its load balancer's own address alone: where it is "
                   "bound to another protocol is spoken"
                 : "opened");
}

static bool listen_slot(const struct server *server, struct slot *slot,
                        struct error *error)
{
    char buffer[SOCKETS_NAME_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    for (unsigned i = 0; i < slot->silent.n; i++) {
        if (!listener_listen(slot->silent.fds[i], error))
            return false;
    }
    sockets_keep(server, name_slot(&t, slot), &slot->silent);
    slot->silent.n = 0;
    return true;
}

/* The descriptors are the workers' from now on. */
static void note_silent(struct server *server, const struct opened *o)
{
    struct slot *slot = &server->slots[o->slot];
    size_t size = o->sockets.n * sizeof(int);
    struct error error = {""};

    slot->silent.n = o->sockets.silent ? o->sockets.n : 0;
    if (slot->silent.n == 0)
        return;
    slot->silent.fds =
        memcpy(region_take(&server->region, size), o->sockets.fds, size);
    /* The others began to listen while the change was being stored. */
    if (!server->silent && !listen_slot(server, slot, &error))
        log_write(LOG_ERROR, "control", "%s", error.text);
}

static void open_and_close(struct change *change)
{
    struct server *server = change->server;

    for (unsigned i = 0; i < change->nnew; i++) {
        struct opened *o = &change->opened[i];

        note_silent(server, o);
        for (unsigned k = 0; k < o->sockets.n; k++)
            tell_listen(server->workers[k % server->nworkers], o->slot,
                        o->sockets.fds[k], o->sockets.lent,
                        &server->slots[o->slot].local,
                        &server->slots[o->slot].open[k % server->nworkers].n);
        free(o->sockets.fds);
        log_opened(change, o->slot);
    }
    for (unsigned i = 0; change->keep && i < server->nslots; i++) {
        if (server->slots[i].used && !change->keep[i])
            close_slot(server, i);
    }
}

static bool open_all(struct change *change, const char **code,
                     struct error *error)
{
    struct snapshot *s = change->snapshot;
    bool ok = place_listeners(change, error);

    if (!ok)
        *code = "InvalidConfigurationRequest";
    change->sinks = ok;
    ok = ok && sinks_set(change->server, s->config, error);
    if (ok)
        map_slots(change);
    return ok;
}

static bool prepare(struct change *change, const char **code,
                    struct error *error)
{
    struct server *server = change->server;
    const struct config *config = change->snapshot->config;

    if (!deregistrations_allow(&server->leaving, config, error)) {
        *code = "InvalidTarget";
        return false;
    }
    snapshot_settle(change->snapshot, server->newest, &server->targets);
    set_meters(server, change->snapshot);
    change->opened =
        memory_zeroed(2 * config->nlisteners + 1, sizeof(*change->opened));
    return open_all(change, code, error);
}

struct change *publish_prepare(struct server *server, struct snapshot *snapshot,
                               struct certificates *certificates,
                               const char **code, struct error *error)
{
    struct change *change = memory_zeroed(1, sizeof(*change));

    change->server = server;
    change->snapshot = snapshot;
    change->certificates = certificates_hold(certificates);
    if (prepare(change, code, error))
        return change;
    publish_abandon(change);
    return NULL;
}

struct change *publish_patch(struct server *server, struct config *config,
                             const struct patched *patched)
{
    struct change *change = memory_zeroed(1, sizeof(*change));

    change->server = server;
    change->snapshot = snapshot_patch(config, 0, server->newest,
                                      patched->listener, patched->rule);
    change->certificates = certificates_hold(server->certificates);
    atomic_fetch_add(&server->snapshots, 1);
    return change;
}

void publish_commit(struct change *change)
{
    struct server *server = change->server;

    hand_out(change);
    open_and_close(change);
    sinks_tell(change->server);
    end_change(change);
    discoveries_apply(server->discoveries);
}

static bool is_silent(const struct slot *slot)
{
    return slot->used && slot->silent.n > 0;
}

/* Somebody may have come to listen there since the sockets were bound. */
static bool is_still_free(const struct server *server, const struct slot *slot,
                          struct error *error)
{
    for (unsigned i = 0; i < server->nslots; i++) {
        const struct slot *other = &server->slots[i];

        if (other->used && !is_silent(other) &&
            overlap(&other->local, &slot->local))
            return true; /* we ourselves */
    }
    return is_free(slot->local, error);
}

bool publish_listen(struct server *server, struct error *error)
{
    bool ok = true;

    server->silent = false;
    for (unsigned i = 0; ok && i < server->nslots; i++)
        ok = !is_silent(&server->slots[i]) ||
             is_still_free(server, &server->slots[i], error);
    for (unsigned i = 0; ok && i < server->nslots; i++)
        ok = !is_silent(&server->slots[i]) ||
             listen_slot(server, &server->slots[i], error);
    return ok;
}

static bool run(struct server *server, struct snapshot *snapshot,
                struct certificates *certificates, struct error *error)
{
    const char *code;
    struct change *change =
        publish_prepare(server, snapshot, certificates, &code, error);

    if (change)
        publish_commit(change);
    return change != NULL;
}

bool publish(struct server *server, struct config *config,
             struct certificates *given, struct error *error)
{
    struct certificates *certificates = certificates_hold(given);
    struct report report = {.strict = false};
    const struct running nothing = {.config = NULL};
    struct snapshot *snapshot =
        publish_build(server, config, &nothing, &certificates, &report);
    bool ok = snapshot && run(server, snapshot, certificates, error);

    if (snapshot == NULL)
        error_set(error, STR_FMT,
                  STR_ARG(report.first ? report.first->what : STR("?")));
    certificates_release(certificates);
    report_end(&report);
    return ok;
}
