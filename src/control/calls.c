/* SPDX-License-Identifier: Apache-2.0 */
#include "control/calls.h"

#include "base/clock.h"
#include "control/server_state.h"
#include "control/target_view.h"

void calls_view(struct server *server, struct account_view *view)
{
    struct config *config = server->newest->config;

    *view = (struct account_view){
        .account = server->account,
        .config = config,
        .region_name = config->region_name,
        .account_id = config->account,
        .now_ms = (uint64_t)(clock_wall_us() / 1000),
        .targets = target_view_visit,
        .owner = server,
    };
}

static bool refuse_for(struct call *call, const struct report *report)
{
    const struct problem *p = report->first;

    while (p && p->severity != PROBLEM_ERROR)
        p = p->next;
    return call_refuse(call, "ValidationError", STR_FMT,
                       STR_ARG(p ? p->what : STR("?")));
}

/* The config of an account; NULL with the call refused. */
static struct config *build(struct server *server, struct call *call,
                            const struct account *account)
{
    struct report report = {.strict = false};
    struct region region = {NULL};
    struct config *config = server->options.build(
        server->options.owner, account_values(account, &region),
        server->newest->config->stack, &report);

    if (config == NULL)
        refuse_for(call, &report);
    report_end(&report);
    region_end(&region);
    return config;
}

static bool run_account(struct server *server, struct call *call,
                        struct account *account)
{
    struct config *config = build(server, call, account);
    struct error error = {""};
    bool ok = config != NULL;

    if (ok && !publish(server, config, NULL, &error))
        ok = call_refuse(call, "ValidationError", "%s", error.text);
    if (ok) {
        account_release(server->account);
        server->account = account_hold(account);
    }
    config_release(config);
    return ok;
}

static bool change(struct server *server, struct call *call)
{
    struct account *account;
    bool ok;

    if (call->edit.first == NULL)
        return true;
    if (server->options.build == NULL || server->draining)
        return call_refuse(call, "ServiceUnavailable",
                           "this Sluice is about to end and changes nothing "
                           "any more: send the request again");
    account = account_edit(server->account, &call->edit);
    ok = run_account(server, call, account);
    account_release(account);
    return ok;
}

static void run(struct server *server, struct call *call)
{
    struct account_view view;

    calls_view(server, &view);
    if (call->action->edit &&
        (!call->action->edit(call, &view) || !change(server, call)))
        return;
    calls_view(server, &view);
    if (call->action->answer)
        call->action->answer(call, &view);
}

void calls_run(struct server *server, struct call_job *job)
{
    run(server, &job->call);
    job->done(job);
}
