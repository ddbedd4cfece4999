/* SPDX-License-Identifier: Apache-2.0 */
#include "control/metric_reads.h"

#include <stdlib.h>

#include "base/memory.h"
#include "control/server_state.h"
#include "stats/series.h"

enum { STEP_MS = 1 }; /* between two steps */

struct metric_reads {
    struct server *server;
    struct list waiting; /* by call_job.chore */
    unsigned nwaiting;
    struct chores thread;
    bool stopped;
    struct timer timer;
    /* Of the call that is answered; NULL: there is none. */
    struct call_job *job;
    struct metric_need need;
    unsigned at;                 /* that is frozen next */
    struct series_store *frozen; /* NULL: nothing is to be forgotten */
    struct config *config;       /* held: its texts are told */
    struct account_view view;
};

/* ---- on the thread --------------------------------------------------------------- */

static void run(struct chore *chore)
{
    struct call_job *job = LIST_ENTRY_OF(chore, struct call_job, chore);
    struct metric_reads *r = job->server->reads;

    job->call.action->answer(&job->call, &r->view);
    if (job->write)
        job->write(job);
    job->message.kind = CONTROL_READ;
    list_init(&job->message.node);
    mailbox_send(&job->server->mailbox, &job->message);
}

/* ---- steps ------------------------------------------------------------------------ */

static bool freeze(struct metric_reads *r)
{
    const struct metric_need *need = &r->need;
    const struct series_store *store = r->server->series;
    unsigned n = 0;

    if (need->all)
        return series_freeze_all(r->frozen, store, &r->at, need->from_s,
                                 need->to_s);
    for (; r->at < need->n && n < SERIES_STEP_HOURS; r->at++)
        n += series_freeze(r->frozen, store, &need->names[r->at], need->from_s,
                           need->to_s);
    return r->at == need->n;
}

/* Only what a thread may look at. */
static void begin(struct metric_reads *r, struct call_job *job)
{
    struct account_view view;

    calls_view(r->server, &view);
    r->job = job;
    r->at = 0;
    r->frozen = series_store_new();
    r->config = config_hold(r->server->newest->config);
    r->need = (struct metric_need){.n = 0};
    r->view = (struct account_view){
        .config = view.config,
        .region_name = view.region_name,
        .account_id = view.account_id,
        .now_ms = view.now_ms,
        .series = r->frozen,
    };
    job->call.action->reads(&job->call, &r->need);
}

/* Whether the thread has it, or there is none. */
static bool begin_next(struct metric_reads *r)
{
    struct call_job *job = r->job;

    if (job == NULL && list_empty(&r->waiting))
        return true;
    if (job == NULL) {
        job = LIST_ENTRY_OF(r->waiting.next, struct call_job, chore.node);
        list_remove(&job->chore.node);
        r->nwaiting--;
        begin(r, job);
    }
    if (!freeze(r))
        return false;
    job->chore.run = run;
    chores_add(&r->thread, &job->chore);
    return true;
}

static void step(struct metric_reads *r)
{
    bool done = true;

    if (r->job == NULL && r->frozen)
        done = series_store_empty(r->frozen);
    if (done && r->job == NULL) {
        series_store_free(r->frozen);
        r->frozen = NULL;
    }
    if (!done || !begin_next(r))
        loop_timer_set(&r->server->loop, &r->timer, STEP_MS);
}

static void on_timer(struct timer *timer)
{
    step(LIST_ENTRY_OF(timer, struct metric_reads, timer));
}

/* ---- calls ------------------------------------------------------------------------- */

static void refuse(struct call_job *job, const char *code, const char *why)
{
    call_refuse(&job->call, code, "%s", why);
    job->done(job);
}

void metric_reads_add(struct server *server, struct call_job *job)
{
    struct metric_reads *r = server->reads;

    if (r->nwaiting == METRIC_READS_MAX) {
        refuse(job, "Throttling",
               "Rate exceeded: too many calls that read metrics wait already");
    } else if (!r->thread.started && !chores_start(&r->thread)) {
        refuse(job, "InternalServiceError",
               "There is no thread to read metrics");
    } else {
        list_init(&job->chore.node);
        list_push_back(&r->waiting, &job->chore.node);
        if (r->nwaiting++ == 0 && r->job == NULL && r->frozen == NULL)
            step(r);
    }
}

void metric_reads_back(struct message *message)
{
    struct call_job *job = LIST_ENTRY_OF(message, struct call_job, message);
    struct metric_reads *r = job->server->reads;

    r->job = NULL;
    config_release(r->config);
    job->done(job);
    if (!r->stopped)
        step(r);
}

/* ---- the beginning and the end ------------------------------------------------------ */

void metric_reads_begin(struct server *server)
{
    struct metric_reads *r = memory_zeroed(1, sizeof(*r));

    r->server = server;
    list_init(&r->waiting);
    timer_init(&r->timer, on_timer);
    server->reads = r;
}

bool metric_reads_stop(struct server *server)
{
    struct metric_reads *r = server->reads;

    if (r == NULL)
        return true;
    r->stopped = true;
    return chores_stop(&r->thread);
}

void metric_reads_end(struct server *server)
{
    struct metric_reads *r = server->reads;

    if (r == NULL)
        return;
    server->reads = NULL;
    timer_end(&r->timer);
    if (r->job) {
        config_release(r->config);
        refuse(r->job, "ServiceUnavailable", "Sluice ends");
    }
    while (!list_empty(&r->waiting)) {
        struct list *first = r->waiting.next;

        list_remove(first);
        refuse(LIST_ENTRY_OF(first, struct call_job, chore.node),
               "ServiceUnavailable", "Sluice ends");
    }
    series_store_free(r->frozen);
    free(r);
}
