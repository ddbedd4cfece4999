/* SPDX-License-Identifier: Apache-2.0
 *
 * The server as the host of a store: its work is done on the chore thread, and
 * what others changed takes its turn among our own changes.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"
#include "model/merge.h"
#include "store/kept.h"

/* ---- work ------------------------------------------------------------------ */

struct errand {
    struct chore chore;
    struct message message;
    struct server *server;
    struct store_work *work;
};

static void run(struct chore *chore)
{
    struct errand *errand = LIST_ENTRY_OF(chore, struct errand, chore);

    errand->work->run(errand->work);
    errand->message.kind = CONTROL_STORE;
    list_init(&errand->message.node);
    mailbox_send(&errand->server->mailbox, &errand->message);
}

void storing_done(struct message *message)
{
    struct errand *errand = LIST_ENTRY_OF(message, struct errand, message);
    struct store_work *work = errand->work;

    free(errand);
    work->done(work);
}

static void work(void *owner, struct store_work *what)
{
    struct errand *errand = memory_zeroed(1, sizeof(*errand));

    errand->server = owner;
    errand->work = what;
    errand->chore.run = run;
    list_init(&errand->chore.node);
    chores_add(&errand->server->chores, &errand->chore);
}

/* ---- what others changed ----------------------------------------------------- */

struct arrival {
    struct change_job job;
    struct server *server;
    struct document *theirs;
};

/* Or what was there before a change of ours, which was made of what came after
 * it. */
static bool is_known(const struct document *now, const struct document *theirs)
{
    if (theirs->account->revision < now->account->revision)
        return true;
    return now->account->revision == theirs->account->revision &&
           str_eq(now->digest, theirs->digest) &&
           account_is_template(now->account, theirs->account);
}

static void set_base(struct change_job *job, struct account *base,
                     struct str digest)
{
    account_release(job->base);
    job->base = base ? account_hold(base) : NULL;
    job->digest = digest;
}

/* What this process started with was never stored, since another one had the
 * store: a template that is not the one that is kept.  It meets what is kept
 * now, and the result is stored in its place.  A change that came before this
 * one found a conflict and brought what is kept already. */
static struct account *make_start(struct arrival *a, const struct document *now)
{
    struct server *server = a->server;
    const struct document *start = server->start;
    const struct document *theirs = a->theirs;
    struct error error = {""};
    struct account *merged;

    if (str_eq(now->digest, start->digest))
        changes_know(server, theirs->account, theirs->base, theirs->digest);
    merged = account_merge(now->account, now->base, start->base,
                           server->newest->config->stack, &error);
    if (merged) {
        set_base(&a->job, start->base,
                 region_copy(&a->job.region, start->digest));
        return merged;
    }
    log_write(LOG_ERROR, "state",
              "the new template is refused, the old one goes on: %s",
              error.text);
    a->job.stored = true;
    return account_again(now->account, now->account->revision);
}

static struct account *make(struct change_job *job, const struct document *now)
{
    struct arrival *a = LIST_ENTRY_OF(job, struct arrival, job);
    const struct document *theirs = a->theirs;
    const struct document *start = a->server->start;

    if (start && !a->server->settled && !str_eq(start->digest, theirs->digest))
        return make_start(a, now);
    if (is_known(now, theirs))
        return NULL;
    job->stored = true;
    set_base(job, theirs->base, theirs->digest);
    return account_hold(theirs->account);
}

static void done(struct change_job *job)
{
    struct arrival *a = LIST_ENTRY_OF(job, struct arrival, job);

    if (job->fault.code && !a->server->draining)
        log_write(LOG_ERROR, "state",
                  "what is stored by now cannot run here, the old goes "
                  "on: " STR_FMT,
                  STR_ARG(job->fault.message));
    a->server->settled = true;
    kept_free(a->theirs);
    account_release(job->base);
    region_end(&job->region);
    free(a);
}

static void changed(void *owner, const struct document *theirs)
{
    struct arrival *a = memory_zeroed(1, sizeof(*a));

    a->server = owner;
    a->theirs = kept_copy(theirs);
    list_init(&a->job.node);
    a->job.make = make;
    a->job.done = done;
    changes_add(a->server, &a->job);
}

/* ---- our turn ------------------------------------------------------------------- */

static struct account *make_nothing(struct change_job *job,
                                    const struct document *now)
{
    (void)job;
    (void)now;
    return NULL;
}

static void open_api(struct change_job *job)
{
    struct server *server = LIST_ENTRY_OF(job, struct server, first);
    struct error error = {""};

    region_end(&job->region);
    if (server->draining || server->stopping)
        return;
    server->discoveries = discoveries_begin(server);
    if (!server_start_api(server, &error))
        log_write(LOG_ERROR, "control", "%s", error.text);
}

static void run_turn(struct store_work *work)
{
    (void)work;
}

/* Behind the change that the store told, if it did. */
static void turn_done(struct store_work *work)
{
    struct server *server = LIST_ENTRY_OF(work, struct server, turn);

    list_init(&server->first.node);
    server->first.make = make_nothing;
    server->first.done = open_api;
    changes_add(server, &server->first);
}

/* Work is done in its order: this comes behind the store's waiting. */
void storing_await(struct server *server)
{
    server->turn = (struct store_work){run_turn, turn_done};
    work(server, &server->turn);
}

/* ---- the beginning and the end ------------------------------------------------- */

void storing_begin(struct server *server)
{
    struct store *store = server->options.store;

    if (store == NULL)
        return;
    if (server->options.unsaved)
        server->start = kept_copy(&server->options.document);
    server->host = (struct store_host){
        .loop = &server->loop,
        .work = work,
        .changed = changed,
        .owner = server,
    };
    server->storing = true;
    store->ops->begin(store, &server->host);
}

void storing_let_go(struct server *server)
{
    struct store *store = server->options.store;

    if (server->storing)
        store->ops->let_go(store);
}
