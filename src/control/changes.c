/* SPDX-License-Identifier: Apache-2.0 */
#include "control/changes.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"

/* How often a change is made again because another node was faster.  Each time
 * somebody gets on, and a change is built in some milliseconds: under load by
 * two nodes a dozen is nothing rare. */
enum { TRIES_MAX = 64 };

void change_refuse(struct change_job *job, const char *code, const char *format,
                   ...)
{
    va_list args;

    va_start(args, format);
    job->fault = fault_make(code, region_vprintf(&job->region, format, args));
    va_end(args);
}

/* ---- the end of a turn ---------------------------------------------------- */

static void forget(struct server *server)
{
    struct changes *c = &server->changes;

    if (c->snapshot)
        publish_drop(server, c->snapshot);
    c->snapshot = NULL;
    account_release(c->account);
    config_release(c->config);
    certificates_release(c->certificates);
    running_release(&c->from);
    c->account = NULL;
    c->config = NULL;
    c->certificates = NULL;
}

static void step(struct server *server);

static void finish(struct server *server)
{
    struct changes *c = &server->changes;
    struct change_job *job = c->job;

    forget(server);
    c->job = NULL;
    job->done(job);
    step(server);
}

static void refuse_ending(struct change_job *job)
{
    change_refuse(job, "ServiceUnavailable",
                  "this process is about to end and changes nothing any more: "
                  "send the request again");
}

/* ---- handing out ----------------------------------------------------------- */

static void take_text(struct server *server, struct str digest)
{
    char *copy = memory_zeroed(digest.n + 1, 1);

    if (digest.n)
        memcpy(copy, digest.p, digest.n);
    free(server->digest);
    server->digest = copy;
    server->document.digest = str_make(copy, digest.n);
}

void changes_know(struct server *server, struct account *account,
                  struct account *base, struct str digest)
{
    struct document *document = &server->document;

    account_hold(account);
    account_release(document->account);
    document->account = account;
    if (base == NULL)
        return;
    account_hold(base);
    account_release(document->base);
    document->base = base;
    take_text(server, digest);
}

/* Each worker sends one back when it has come to it: what was sent before has
 * taken effect there. */
static void ask_echoes(struct server *server)
{
    server->changes.echoes = server->started;
    for (unsigned i = 0; i < server->started; i++)
        publish_tell(server->workers[i], WORKER_ECHO);
}

/* What account the config that runs was built from: not known when somebody
 * brought a config of his own. */
static void take_running(struct server *server)
{
    struct changes *c = &server->changes;
    bool foreign = c->job->config && c->account == server->document.account;

    account_release(c->running);
    c->running = foreign ? NULL : account_hold(c->account);
}

static void commit(struct server *server)
{
    struct changes *c = &server->changes;

    publish_commit(c->prepared);
    c->prepared = NULL;
    take_running(server);
    changes_know(server, c->account, c->job->base, c->job->digest);
    c->job->changed = true;
    ask_echoes(server);
    if (c->echoes == 0)
        finish(server);
}

void changes_echo(struct server *server)
{
    struct changes *c = &server->changes;

    if (c->echoes && --c->echoes == 0 && c->job)
        finish(server);
}

/* ---- storing ---------------------------------------------------------------- */

/* What another node made, as a change of its own. */
struct adoption {
    struct change_job job;
    struct account *account;
    struct server *server;
};

static struct account *make_theirs(struct change_job *job,
                                   const struct document *now)
{
    struct adoption *a = LIST_ENTRY_OF(job, struct adoption, job);

    (void)now;
    return account_hold(a->account);
}

static void adopted(struct change_job *job)
{
    struct adoption *a = LIST_ENTRY_OF(job, struct adoption, job);

    if (job->fault.code)
        log_write(LOG_ERROR, "control",
                  "what another node changed cannot run here: " STR_FMT,
                  STR_ARG(job->fault.message));
    account_release(a->account);
    account_release(job->base);
    region_end(&job->region);
    free(a);
}

/* Before anything that waits. */
static void adopt(struct server *server, const struct document *theirs)
{
    struct adoption *a = memory_zeroed(1, sizeof(*a));

    a->account = account_hold(theirs->account);
    a->job.make = make_theirs;
    a->job.done = adopted;
    a->job.stored = true;
    if (theirs->base) {
        a->job.base = account_hold(theirs->base);
        a->job.digest = region_copy(&a->job.region, theirs->digest);
    }
    list_push_front(&server->changes.waiting, &a->job.node);
    server->changes.nwaiting++;
}

/* The change is made again of what the other node made. */
static void again(struct server *server, const struct document *theirs)
{
    struct changes *c = &server->changes;
    struct change_job *job = c->job;

    if (++job->tries > TRIES_MAX) {
        adopt(server, theirs);
        change_refuse(job, "ServiceUnavailable",
                      "other nodes changed the account %d times meanwhile: "
                      "send the request again",
                      TRIES_MAX);
        finish(server);
        return;
    }
    forget(server);
    c->job = NULL;
    list_push_front(&c->waiting, &job->node);
    c->nwaiting++;
    adopt(server, theirs);
    step(server);
}

static void on_saved(struct store_save *save, enum store_result result,
                     struct document *theirs, const struct error *error)
{
    struct server *server = LIST_ENTRY_OF(save, struct server, changes.save);
    struct changes *c = &server->changes;

    if (c->job == NULL)
        return; /* the end came first */
    if (result == STORE_SAVED) {
        commit(server);
        return;
    }
    publish_abandon(c->prepared);
    c->prepared = NULL;
    if (result == STORE_CONFLICT && theirs) {
        again(server, theirs);
        return;
    }
    change_refuse(c->job, "ServiceUnavailable",
                  "nothing was changed, since it could not be stored: %s",
                  result == STORE_CONFLICT ? "what was kept is gone"
                                           : error->text);
    finish(server);
}

static void save(struct server *server)
{
    struct changes *c = &server->changes;
    struct store *store = server->options.store;

    if (store == NULL || c->job->stored ||
        (c->account == server->document.account && c->job->base == NULL)) {
        commit(server);
        return;
    }
    c->before = c->after = server->document;
    c->after.account = c->account;
    if (c->job->base) {
        c->after.base = c->job->base;
        c->after.digest = c->job->digest;
    }
    c->save = (struct store_save){&c->before, &c->after, on_saved};
    store->ops->save(store, &c->save);
}

static void prepare(struct server *server)
{
    struct changes *c = &server->changes;
    const char *code = "ValidationError";
    struct error error = {""};

    if (server->draining)
        refuse_ending(c->job);
    if (c->job->fault.code == NULL) {
        c->prepared = publish_prepare(server, c->snapshot, c->certificates,
                                      &code, &error);
        c->snapshot = NULL;
        if (c->prepared == NULL)
            change_refuse(c->job, code, "%s", error.text);
    }
    if (c->job->fault.code)
        finish(server);
    else
        save(server);
}

/* ---- building --------------------------------------------------------------- */

/* The first error; what else there is, is logged. */
static void refuse_for(struct change_job *job, const struct report *report)
{
    const struct problem *p = report_first_error(report);

    job->fault = p ? fault_of(&job->region, p)
                   : fault_make("ValidationError", STR("it cannot be built"));
}

static void build_config(struct server *server, struct report *report)
{
    struct changes *c = &server->changes;
    struct region region = {NULL};

    c->config = server->options.build(server->options.owner,
                                      account_values(c->account, &region),
                                      c->from.config->stack, report);
    region_end(&region);
}

/* On the chore thread; the turn is its own until CONTROL_BUILT. */
static void build(struct chore *chore)
{
    struct server *server = LIST_ENTRY_OF(chore, struct server, changes.chore);
    struct changes *c = &server->changes;
    struct report report = {.strict = false};

    if (c->config == NULL)
        build_config(server, &report);
    if (c->config)
        c->snapshot = publish_build(server, c->config, &c->from,
                                    &c->certificates, &report);
    if (c->snapshot == NULL)
        refuse_for(c->job, &report);
    report_end(&report);
    c->built.kind = CONTROL_BUILT;
    mailbox_send(&server->mailbox, &c->built);
}

void changes_built(struct server *server)
{
    if (server->changes.job)
        prepare(server);
}

static void begin_build(struct server *server)
{
    struct changes *c = &server->changes;

    if (c->config == NULL && server->options.build == NULL) {
        change_refuse(c->job, "ServiceUnavailable", "nothing can be changed");
        finish(server);
        return;
    }
    c->chore.run = build;
    list_init(&c->chore.node);
    list_init(&c->built.node);
    chores_add(&server->chores, &c->chore);
}

/* Weights of one rule: no time worth another thread. */
static bool patch(struct server *server)
{
    struct changes *c = &server->changes;
    struct patched patched;

    if (c->job->config || c->job->certificates || c->running == NULL)
        return false;
    c->config =
        config_patch(server->newest->config, c->running, c->account, &patched);
    if (c->config)
        c->prepared = publish_patch(server, c->config, &patched);
    return c->config != NULL;
}

/* ---- turns ------------------------------------------------------------------- */

/* Only certificates, or a config that is there already. */
static void take_built(struct server *server)
{
    struct changes *c = &server->changes;
    const struct change_job *job = c->job;

    if (job->config)
        c->config = config_hold(job->config);
    else if (job->certificates && c->account == server->document.account)
        c->config = config_hold(server->newest->config);
    if (c->config)
        c->certificates = certificates_hold(job->certificates);
}

static bool is_nothing(const struct server *server)
{
    const struct changes *c = &server->changes;
    const struct change_job *job = c->job;

    return c->account == NULL ||
           (c->account == c->running && job->config == NULL &&
            job->certificates == NULL && job->base == NULL);
}

static void begin(struct server *server, struct change_job *job)
{
    struct changes *c = &server->changes;

    c->job = job;
    if (server->draining || server->stopping)
        refuse_ending(job);
    else
        c->account = job->make(job, &server->document);
    if (is_nothing(server)) {
        finish(server);
        return;
    }
    if (patch(server)) {
        save(server);
        return;
    }
    running_hold(server, &c->from);
    take_built(server);
    begin_build(server);
}

static void step(struct server *server)
{
    struct changes *c = &server->changes;

    if (c->stepping)
        return;
    c->stepping = true;
    while (c->job == NULL && !list_empty(&c->waiting)) {
        struct change_job *job =
            LIST_ENTRY_OF(c->waiting.next, struct change_job, node);

        list_remove(&job->node);
        c->nwaiting--;
        begin(server, job);
    }
    c->stepping = false;
}

void changes_add(struct server *server, struct change_job *job)
{
    list_push_back(&server->changes.waiting, &job->node);
    server->changes.nwaiting++;
    step(server);
}

void changes_init(struct server *server)
{
    list_init(&server->changes.waiting);
    server->changes.running = account_hold(server->document.account);
}

void changes_end(struct server *server)
{
    struct changes *c = &server->changes;

    server->stopping = true;
    if (c->prepared)
        publish_abandon(c->prepared);
    c->prepared = NULL;
    if (c->job) {
        refuse_ending(c->job);
        finish(server);
    }
    step(server);
    account_release(c->running);
    c->running = NULL;
}
