/* SPDX-License-Identifier: Apache-2.0 */
#include "control/calls.h"

#include "api/cloudwatch.h"
#include "base/clock.h"
#include "control/metric_reads.h"
#include "control/server_state.h"
#include "control/target_view.h"

void calls_view(struct server *server, struct account_view *view)
{
    struct config *config = server->newest->config;

    *view = (struct account_view){
        .account = server->document.account,
        .config = config,
        .region_name = config->region_name,
        .account_id = config->account,
        .now_ms = (uint64_t)(clock_wall_us() / 1000),
        .api_url = str_of(server->api_url),
        .link_key =
            str_make((const char *)server->link_key, sizeof(server->link_key)),
        .targets = target_view_visit,
        .samples = samples_visit,
        .rate_keys = rates_visit,
        .alarm = alarm_watch_see,
        .alarm_history = alarm_watch_history,
        .owner = server,
        .series = server->series,
    };
}

/* What a client adds to the metrics. */
static void add_points(struct server *server, struct call *call)
{
    for (unsigned i = 0; i < call->npoints && !call->fault.code; i++) {
        const struct metric_point *p = &call->points[i];

        if (!series_add(server->series, &p->name, p->unit, p->time_s,
                        &p->datum))
            call_refuse(call, "LimitExceeded",
                        "There is no room for more metrics: %u were added, "
                        "%u were not",
                        i, call->npoints - i);
    }
}

static void answer(struct server *server, struct call_job *job)
{
    struct account_view view;

    calls_view(server, &view);
    if (job->call.action->answer)
        job->call.action->answer(&job->call, &view);
    add_points(server, &job->call);
    if (job->call.set_alarm && job->call.fault.code == NULL)
        alarm_watch_set(server, job->call.set_alarm);
    job->done(job);
}

/* ---- changes ---------------------------------------------------------------- */

/* edit() may come again, after another node's change. */
static void begin_again(struct call_job *job)
{
    struct call *call = &job->call;

    call->edit = (struct edit){NULL, NULL};
    call->fault = (struct fault){.code = NULL};
    call->nmade = job->fetched.nmade;
    call->more = job->fetched.more;
}

static struct account *make(struct change_job *change,
                            const struct document *now)
{
    struct call_job *job = LIST_ENTRY_OF(change, struct call_job, change);
    struct account_view view;

    begin_again(job);
    calls_view(job->server, &view);
    if (!job->call.action->edit(&job->call, &view)) {
        change->fault = job->call.fault;
        return NULL;
    }
    if (job->call.edit.first == NULL)
        return NULL;
    return account_edit(now->account, &job->call.edit);
}

static void done(struct change_job *change)
{
    struct call_job *job = LIST_ENTRY_OF(change, struct call_job, change);

    if (change->fault.code == NULL) {
        region_end(&change->region);
        answer(job->server, job);
        return;
    }
    job->call.fault = fault_copy(job->call.region, &change->fault);
    region_end(&change->region);
    job->done(job);
}

static void add(struct server *server, struct call_job *job)
{
    job->change = (struct change_job){.make = make, .done = done};
    job->fetched.nmade = job->call.nmade;
    job->fetched.more = job->call.more;
    if (server->changes.nwaiting < CHANGES_MAX) {
        changes_add(server, &job->change);
        return;
    }
    call_refuse(&job->call, "Throttling",
                "Rate exceeded: %d changes wait already", CHANGES_MAX);
    job->done(job);
}

/* ---- what is fetched first --------------------------------------------------- */

static void fetch(struct chore *chore)
{
    struct call_job *job = LIST_ENTRY_OF(chore, struct call_job, chore);

    job->call.action->prepare(&job->call, job->server->options.objects);
    job->message.kind = CONTROL_CALL;
    mailbox_send(&job->server->mailbox, &job->message);
}

void calls_fetched(struct message *message)
{
    struct call_job *job = LIST_ENTRY_OF(message, struct call_job, message);

    add(job->server, job);
}

void calls_run(struct server *server, struct call_job *job)
{
    const struct action *action = job->call.action;

    job->server = server;
    if (action->reads && server->series) {
        metric_reads_add(server, job);
    } else if (action->edit == NULL) {
        answer(server, job);
    } else if (action->prepare) {
        job->chore.run = fetch;
        list_init(&job->chore.node);
        list_init(&job->message.node);
        chores_add(&server->chores, &job->chore);
    } else {
        add(server, job);
    }
}
