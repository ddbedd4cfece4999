/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of certificates that change while they are served: the chore thread
 * looks at them every few seconds, and what is new runs with the config that
 * is there.
 */
#include <stdlib.h>

#include "api/access_keys.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"

enum { LOOK_EVERY_MS = 1000 };

/* ---- what ran -------------------------------------------------------------- */

void running_hold(struct server *server, struct running *running)
{
    running->config = config_hold(server->newest->config);
    running->certificates = certificates_hold(server->certificates);
    running->snapshot = server->newest;
}

void running_release(struct running *running)
{
    config_release(running->config);
    certificates_release(running->certificates);
    *running = (struct running){.config = NULL};
}

/* ---- on the chore thread ------------------------------------------------------ */

static void log_problems(const struct report *report)
{
    for (const struct problem *p = report->first; p; p = p->next)
        log_write(p->severity == PROBLEM_ERROR ? LOG_ERROR : LOG_WARN,
                  "control", STR_FMT, STR_ARG(p->what));
}

struct certificates *certificate_watch_load(struct server *server,
                                            const struct config *config,
                                            const struct running *before,
                                            bool *ok)
{
    struct report report = {.strict = false};
    struct certificates *set = NULL;

    *ok = true;
    if (server->options.certificate_source == NULL ||
        !certificates_wanted(config))
        return NULL;
    set = certificates_load(server->options.certificate_source, config,
                            before->certificates, &report);
    log_problems(&report);
    report_end(&report);
    *ok = set != NULL;
    return set;
}

static void look(struct chore *chore)
{
    struct server *server =
        LIST_ENTRY_OF(chore, struct server, certificate_chore);
    struct publish *p = memory_zeroed(1, sizeof(*p));
    const struct running *from = &server->look_from;
    bool ok;

    if (certificates_outdated(from->certificates))
        p->certificates =
            certificate_watch_load(server, from->config, from, &ok);
    p->message.kind = CONTROL_CERTIFICATES;
    mailbox_send(&server->mailbox, &p->message);
}

/* ---- on the control thread ------------------------------------------------------ */

static void on_look(struct timer *timer)
{
    struct server *server =
        LIST_ENTRY_OF(timer, struct server, certificate_look);

    server->certificates_watched =
        server->certificates != NULL && !server->draining;
    if (!server->certificates_watched)
        return;
    running_hold(server, &server->look_from);
    server->certificate_chore.run = look;
    list_init(&server->certificate_chore.node);
    chores_add(&server->chores, &server->certificate_chore);
}

static void look_later(struct server *server)
{
    server->certificates_watched = true;
    loop_timer_set(&server->loop, &server->certificate_look, LOOK_EVERY_MS);
}

void certificate_watch_init(struct server *server)
{
    timer_init(&server->certificate_look, on_look);
}

void certificate_watch_set(struct server *server,
                           struct certificates *certificates)
{
    struct certificates *old = server->certificates;

    if (certificates == old)
        return;
    server->certificates = certificates_hold(certificates);
    certificates_release(old);
    if (certificates && !server->certificates_watched)
        look_later(server);
    if (server->options.certified)
        server->options.certified(server->options.owner, certificates);
}

/* A set that serves the same is taken too: it knows that its files were read,
 * or which of them could not be. */
struct account *certificate_watch_make(struct change_job *job,
                                       const struct document *now)
{
    struct publish *p = LIST_ENTRY_OF(job, struct publish, job);
    struct server *server = p->server;

    if (p->certificates == NULL ||
        server->newest->config != p->before->config ||
        server->certificates != p->before->certificates)
        return NULL;
    if (!certificates_equal(p->certificates, server->certificates))
        return account_hold(now->account);
    certificate_watch_set(server, p->certificates);
    return NULL;
}

void certificate_watch_told(const struct change_job *job)
{
    const struct publish *p = LIST_ENTRY_OF(job, const struct publish, job);

    if (job->fault.code && p->certificates && !p->server->draining)
        log_write(
            LOG_ERROR, "control",
            "new certificates cannot be served, the old ones go on: " STR_FMT,
            STR_ARG(job->fault.message));
}

static void done(struct change_job *job)
{
    struct publish *p = LIST_ENTRY_OF(job, struct publish, job);
    struct server *server = p->server;

    certificate_watch_told(job);
    running_release(&server->look_from);
    publish_free(p);
    if (!server->stopping && !server->draining)
        look_later(server);
}

void publish_free(struct publish *p)
{
    certificates_release(p->certificates);
    config_release(p->config);
    account_release(p->account);
    access_keys_release(p->access_keys);
    region_end(&p->job.region);
    free(p);
}

void certificate_watch_end(struct server *server, struct publish *p)
{
    p->server = server;
    p->before = &server->look_from;
    p->job.certificates = p->certificates;
    p->job.make = certificate_watch_make;
    p->job.done = done;
    changes_add(server, &p->job);
}
