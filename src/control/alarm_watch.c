/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm_watch.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/alarm_notify.h"
#include "control/server_aws.h"
#include "control/server_state.h"

enum { TURN_MS = 1 }; /* between two turns of an evaluation */

struct alarm_watch {
    struct server *server;
    struct alarms *alarms;
    struct alarm_notify *notify;
    bool evaluating; /* a turn is due */
    struct timer timer;
};

static uint64_t now_ms(void)
{
    return (uint64_t)clock_wall_ms();
}

/* ---- what is due ------------------------------------------------------------------------ */

static void set_timer(struct alarm_watch *w)
{
    struct loop *loop = &w->server->loop;
    uint64_t due = alarms_due_ms(w->alarms);
    uint64_t now = now_ms();

    if (w->evaluating)
        loop_timer_set(loop, &w->timer, TURN_MS);
    else if (due != UINT64_MAX)
        loop_timer_set(loop, &w->timer, due > now ? due - now : TURN_MS);
    else
        timer_cancel(&w->timer);
}

static void on_timer(struct timer *timer)
{
    struct alarm_watch *w = LIST_ENTRY_OF(timer, struct alarm_watch, timer);

    if (w->evaluating)
        w->evaluating = !alarms_go_on(w->alarms, w->server->series);
    alarms_tick(w->alarms, now_ms());
    set_timer(w);
}

/* ---- actions ------------------------------------------------------------------------------- */

static void not_run(struct alarm_watch *w, const struct alarm_change *change,
                    struct str action, const char *why)
{
    struct alarm_acted acted = {
        .name = change->alarm->name,
        .composite = change->alarm->composite,
        .action = action,
        .changed_ms = change->time_ms,
        .error = str_of(why),
        .skipped = true,
    };

    alarm_story_acted(alarms_history(w->alarms), &acted, now_ms());
}

static void act(void *owner, const struct alarm_change *change,
                struct str action)
{
    struct alarm_watch *w = owner;
    const char *why =
        alarm_notify_act(w->notify, w->server->newest->config, change, action);

    if (why)
        not_run(w, change, action, why);
}

static void acted(void *owner, const struct alarm_acted *acted)
{
    struct alarm_watch *w = owner;

    if (acted->error.n)
        log_write(LOG_WARN, "control",
                  "alarm " STR_FMT ": " STR_FMT " was not told: " STR_FMT,
                  STR_ARG(acted->name), STR_ARG(acted->action),
                  STR_ARG(acted->error));
    alarm_story_acted(alarms_history(w->alarms), acted, now_ms());
}

static struct aws_client *client(void *owner)
{
    struct alarm_watch *w = owner;

    return server_aws(w->server);
}

/* ---- who calls --------------------------------------------------------------------------------- */

void alarm_watch_begin(struct server *server)
{
    struct alarm_watch *w = memory_zeroed(1, sizeof(*w));
    struct alarms_ops ops = {.act = act, .owner = w};

    struct alarm_notify_options options = {
        .loop = &server->loop,
        .client = server->options.publish & PUBLISH_SNS ? client : NULL,
        .http = server->options.publish & PUBLISH_SNS_HTTP,
        .acted = acted,
        .owner = w,
    };

    w->server = server;
    w->notify = alarm_notify_new(&options);
    w->alarms = alarms_new(&ops, now_ms());
    timer_init(&w->timer, on_timer);
    server->alarms = w;
}

void alarm_watch_end(struct server *server)
{
    struct alarm_watch *w = server->alarms;

    if (w == NULL)
        return;
    server->alarms = NULL;
    timer_end(&w->timer);
    alarm_notify_free(w->notify);
    alarms_free(w->alarms);
    free(w);
}

void alarm_watch_config(struct server *server)
{
    struct alarm_watch *w = server->alarms;

    alarms_know(w->alarms, server->newest->config, server->series, now_ms());
    if (w->evaluating)
        alarm_watch_minute(server);
    else
        set_timer(w);
}

void alarm_watch_minute(struct server *server)
{
    struct alarm_watch *w = server->alarms;

    w->evaluating = !alarms_evaluate(w->alarms, server->series, now_ms());
    set_timer(w);
}

void alarm_watch_set(struct server *server, const struct alarm_setting *setting)
{
    struct alarm_watch *w = server->alarms;

    alarms_set(w->alarms, setting->arn, setting->state, setting->reason,
               setting->reason_data, now_ms());
    set_timer(w);
}

bool alarm_watch_see(void *owner, struct str arn, struct alarm_seen *seen)
{
    const struct server *server = owner;

    return alarms_see(server->alarms->alarms, arn, seen);
}

void alarm_watch_history(void *owner,
                         void (*visit)(void *to,
                                       const struct alarm_history_item *item),
                         void *to)
{
    const struct server *server = owner;

    alarm_history_visit(alarms_history(server->alarms->alarms), visit, to);
}

bool alarm_watch_state(const struct server *server, struct str arn,
                       enum alarm_state *state)
{
    struct alarm_seen seen;

    if (!alarms_see(server->alarms->alarms, arn, &seen))
        return false;
    *state = seen.state;
    return true;
}
