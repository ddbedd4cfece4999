/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarms.h"

#include <stdlib.h>

#include "base/memory.h"
#include "control/alarm_points.h"
#include "control/alarm_story.h"

/* Datapoints that are looked at in one go; then others have their turn. */
enum { POINTS_AT_ONCE = 20000 };

/* A StateReason and its data, from malloc(). */
struct told {
    char *p;
    struct str reason;
    struct str data;
};

struct alarm_now {
    bool there; /* false: what it was moved elsewhere */
    bool fresh; /* new or changed, and not evaluated since */
    enum alarm_state state;
    struct told told;
    uint64_t configured_ms;
    uint64_t updated_ms;
    uint64_t transitioned_ms;
    uint64_t sequence; /* of its last transition, among all alarms' */

    /* ---- composite ---- */
    uint64_t seen; /* the newest sequence of its children that it knows */
    bool made;     /* fresh, because it is new */
    enum alarm_suppressed suppressed;
    bool waits; /* a change whose actions did not run */
    struct alarm_change held;
    struct told held_told;
    uint64_t due_ms; /* when it is over, by WaitPeriod or ExtensionPeriod */
};

struct alarms {
    struct alarms_ops ops;
    struct config *config; /* held; NULL: none so far */
    struct alarm_now *now; /* by the index of its alarms */
    struct alarm_history history;
    uint64_t born_ms;
    uint64_t sequence;
    unsigned next; /* in config->alarms.order: that is evaluated next */
    uint64_t next_ms;
};

struct alarms *alarms_new(const struct alarms_ops *ops, uint64_t born_ms)
{
    struct alarms *a = memory_zeroed(1, sizeof(*a));

    a->ops = *ops;
    a->born_ms = born_ms;
    alarm_history_init(&a->history);
    return a;
}

static unsigned count(const struct alarms *a)
{
    return a->config ? a->config->alarms.n : 0;
}

static void end_now(struct alarm_now *now)
{
    free(now->told.p);
    free(now->held_told.p);
}

void alarms_free(struct alarms *a)
{
    if (a == NULL)
        return;
    for (unsigned i = 0; i < count(a); i++)
        end_now(&a->now[i]);
    free(a->now);
    config_release(a->config);
    alarm_history_end(&a->history);
    free(a);
}

struct alarm_history *alarms_history(struct alarms *a)
{
    return &a->history;
}

/* ---- states ------------------------------------------------------------------------- */

static struct told keep(struct str reason, struct str data)
{
    struct told told;

    told.p = memory_zeroed(1, reason.n + data.n + 1);
    memcpy(told.p, reason.p, reason.n);
    if (data.n)
        memcpy(told.p + reason.n, data.p, data.n);
    told.reason = str_make(told.p, reason.n);
    told.data = str_make(told.p + reason.n, data.n);
    return told;
}

static void tell(struct alarm_now *now, struct told told)
{
    free(now->told.p);
    now->told = told;
}

static void run_actions(struct alarms *a, const struct alarm_change *change)
{
    const struct config_alarm_actions *actions =
        &change->alarm->actions[change->to];

    if (!change->alarm->actions_enabled)
        return;
    for (unsigned i = 0; i < actions->n; i++)
        a->ops.act(a->ops.owner, change, actions->arns[i]);
}

/* ---- actions that are held back -------------------------------------------------------- */

static bool is_suppressing(const struct alarms *a,
                           const struct config_alarm *alarm)
{
    return alarm->suppressor >= 0 &&
           a->now[alarm->suppressor].state == ALARM_STATE_ALARM;
}

static void suppress(struct alarms *a, const struct config_alarm *alarm,
                     enum alarm_suppressed by, uint64_t now_ms)
{
    struct alarm_now *now = &a->now[alarm->index];

    if (now->suppressed == by)
        return;
    now->suppressed = by;
    if (by != ALARM_NOT_SUPPRESSED)
        alarm_story_suppressed(&a->history, alarm, by, now_ms);
}

static void forget_held(struct alarm_now *now)
{
    free(now->held_told.p);
    now->held_told = (struct told){.p = NULL};
    now->waits = false;
    now->suppressed = ALARM_NOT_SUPPRESSED;
}

/* What is not told yet and what it was told last make one change. */
static void hold(struct alarms *a, const struct alarm_change *change)
{
    struct alarm_now *now = &a->now[change->alarm->index];
    enum alarm_state from = now->waits ? now->held.from : change->from;

    free(now->held_told.p);
    now->held = *change;
    now->held.from = from;
    now->held_told = keep(change->reason, change->reason_data);
    now->held.reason = now->held_told.reason;
    now->held.reason_data = now->held_told.data;
    now->waits = true;
    if (from == change->to)
        forget_held(now);
}

static void act_or_hold(struct alarms *a, const struct alarm_change *change)
{
    const struct config_alarm *alarm = change->alarm;
    struct alarm_now *now = &a->now[alarm->index];
    uint64_t time_ms = change->time_ms;

    if (alarm->suppressor < 0) {
        run_actions(a, change);
    } else if (now->waits) {
        hold(a, change);
    } else if (is_suppressing(a, alarm)) {
        hold(a, change);
        suppress(a, alarm, ALARM_SUPPRESSED_BY_ALARM, time_ms);
    } else if (alarm->wait_s) {
        hold(a, change);
        now->due_ms = time_ms + (uint64_t)alarm->wait_s * 1000;
        suppress(a, alarm, ALARM_SUPPRESSED_BY_WAIT, time_ms);
    } else {
        run_actions(a, change);
    }
}

/* One that holds something back, at that time. */
static void step_held(struct alarms *a, const struct config_alarm *alarm,
                      uint64_t now_ms)
{
    struct alarm_now *now = &a->now[alarm->index];

    if (is_suppressing(a, alarm)) {
        suppress(a, alarm, ALARM_SUPPRESSED_BY_ALARM, now_ms);
        return;
    }
    if (now->suppressed == ALARM_SUPPRESSED_BY_ALARM) {
        now->due_ms = now_ms + (uint64_t)alarm->extension_s * 1000;
        suppress(a, alarm, ALARM_SUPPRESSED_BY_EXTENSION, now_ms);
    }
    if (now_ms >= now->due_ms) {
        now->held.alarm = alarm;
        run_actions(a, &now->held);
        forget_held(now);
    }
}

void alarms_tick(struct alarms *a, uint64_t now_ms)
{
    for (unsigned i = 0; i < count(a); i++) {
        const struct config_alarm *alarm = a->config->alarms.all[i];

        if (a->now[i].waits && alarm->suppressor < 0)
            forget_held(&a->now[i]); /* its configuration changed */
        else if (a->now[i].waits)
            step_held(a, alarm, now_ms);
    }
}

uint64_t alarms_due_ms(const struct alarms *a)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < count(a); i++) {
        const struct alarm_now *now = &a->now[i];

        if (now->waits && now->suppressed != ALARM_SUPPRESSED_BY_ALARM &&
            now->due_ms < due)
            due = now->due_ms;
    }
    return due;
}

/* ---- transitions --------------------------------------------------------------------------- */

static void transition(struct alarms *a, const struct config_alarm *alarm,
                       enum alarm_state to, struct str reason, struct str data,
                       uint64_t now_ms)
{
    struct alarm_now *now = &a->now[alarm->index];
    struct told before = now->told;
    struct alarm_change change = {
        .alarm = alarm,
        .from = now->state,
        .to = to,
        .time_ms = now_ms,
        .configured_ms = now->configured_ms,
    };

    now->told = keep(reason, data);
    change.reason = now->told.reason;
    change.reason_data = now->told.data;
    now->state = to;
    now->updated_ms = now_ms;
    if (change.from != to) {
        now->transitioned_ms = now_ms;
        now->sequence = ++a->sequence;
        alarm_story_changed(&a->history, &change, before.reason, before.data);
        act_or_hold(a, &change);
    }
    free(before.p);
}

/* ---- metric alarms ----------------------------------------------------------------------------- */

static struct alarm_query query_of(const struct config_alarm *alarm,
                                   uint64_t now_ms)
{
    const struct config_alarm_metric *metric = config_alarm_metric(alarm);

    return (struct alarm_query){
        .now_ms = (int64_t)now_ms,
        .period_s = alarm->period_s,
        .statistic = metric ? metric->statistic : STR(""),
        .unit = metric ? metric->unit : STR(""),
    };
}

/* Whether periods that it takes for breaching were before there was anything
 * to report. */
static bool is_early(const struct alarms *a, const struct config_alarm *alarm,
                     const struct alarm_verdict *verdict, uint64_t now_ms)
{
    uint64_t span_ms = (uint64_t)alarm->terms.periods * alarm->period_s * 1000;

    return alarm->terms.missing == ALARM_BREACHING && verdict->filled &&
           verdict->state == ALARM_STATE_ALARM && now_ms < a->born_ms + span_ms;
}

static void take(struct alarms *a, const struct config_alarm *alarm,
                 const struct alarm_point *points, unsigned n, uint64_t now_ms)
{
    enum alarm_state state = a->now[alarm->index].state;
    struct alarm_query query = query_of(alarm, now_ms);
    struct alarm_verdict verdict = alarm_judge(&alarm->terms, points, n, state);
    char reason[ALARM_REASON_MAX];
    char data[ALARM_REASON_DATA_MAX];
    struct text r = text_in(reason, sizeof(reason));
    struct text d = text_in(data, sizeof(data));

    if (verdict.state == state || is_early(a, alarm, &verdict, now_ms))
        return;
    alarm_put_reason(&r, &alarm->terms, points, n, &verdict);
    alarm_put_reason_data(&d, &alarm->terms, &query, points, n, &verdict);
    transition(a, alarm, verdict.state, text_str(&r),
               text_ok(&d) ? text_str(&d) : STR(""), now_ms);
}

static void evaluate_metric(struct alarms *a, const struct config_alarm *alarm,
                            const struct series_store *series, uint64_t now_ms)
{
    unsigned n = alarm_range(&alarm->terms);
    struct alarm_point *points = memory_zeroed(n, sizeof(*points));

    alarm_points(alarm, series, (int64_t)(now_ms / 1000), points, n);
    take(a, alarm, points, n, now_ms);
    free(points);
}

/* ---- composite alarms ---------------------------------------------------------------------------- */

/* The child that changed last; NULL: it names none. */
static const struct config_alarm *newest_child(const struct alarms *a,
                                               const struct config_alarm *alarm)
{
    const struct config_alarm *newest = NULL;

    for (unsigned i = 0; i < alarm->rule.nchildren; i++) {
        const struct config_alarm *child =
            a->config->alarms.all[alarm->children[i]];

        if (newest == NULL ||
            a->now[child->index].sequence > a->now[newest->index].sequence)
            newest = child;
    }
    return newest;
}

static bool rule_holds(const struct alarms *a, const struct config_alarm *alarm)
{
    enum alarm_state states[ALARM_RULE_CHILDREN_MAX];

    for (unsigned i = 0; i < alarm->rule.nchildren; i++)
        states[i] = a->now[alarm->children[i]].state;
    return alarm_rule_holds(&alarm->rule, states);
}

static void compose(struct alarms *a, const struct config_alarm *alarm,
                    const struct config_alarm *child, uint64_t now_ms)
{
    struct alarm_now *now = &a->now[alarm->index];
    enum alarm_state to =
        rule_holds(a, alarm) ? ALARM_STATE_ALARM : ALARM_STATE_OK;
    const struct alarm_now *cause = child ? &a->now[child->index] : NULL;
    char reason[ALARM_REASON_MAX];
    char data[ALARM_REASON_DATA_MAX];
    struct text r = text_in(reason, sizeof(reason));
    struct text d = text_in(data, sizeof(data));

    if (to == now->state)
        return;
    if (now->fresh)
        alarm_story_put_evaluated(&r, alarm, now->made, to);
    else if (cause)
        alarm_story_put_cause(&r, child, cause->state, cause->transitioned_ms);
    if (cause)
        alarm_story_put_trigger(&d, child, cause->state,
                                cause->transitioned_ms);
    transition(a, alarm, to, text_ok(&r) ? text_str(&r) : STR(""),
               text_ok(&d) ? text_str(&d) : STR(""), now_ms);
}

static void evaluate_composite(struct alarms *a,
                               const struct config_alarm *alarm,
                               uint64_t now_ms)
{
    struct alarm_now *now = &a->now[alarm->index];
    const struct config_alarm *child = newest_child(a, alarm);
    uint64_t sequence = child ? a->now[child->index].sequence : 0;

    if (!now->fresh && sequence == now->seen)
        return;
    now->seen = sequence;
    compose(a, alarm, child, now_ms);
}

/* ---- all of them ------------------------------------------------------------------------------------ */

static void evaluate(struct alarms *a, const struct config_alarm *alarm,
                     const struct series_store *series, uint64_t now_ms)
{
    struct alarm_now *now = &a->now[alarm->index];

    if (alarm->elsewhere)
        return;
    if (alarm->composite)
        evaluate_composite(a, alarm, now_ms);
    else
        evaluate_metric(a, alarm, series, now_ms);
    now->fresh = false;
    now->made = false;
}

bool alarms_go_on(struct alarms *a, const struct series_store *series)
{
    unsigned points = 0;

    for (; a->next < count(a) && points < POINTS_AT_ONCE; a->next++) {
        const struct config_alarm *alarm =
            a->config->alarms.all[a->config->alarms.order[a->next]];

        points += alarm->composite ? alarm->rule.nchildren
                                   : alarm_range(&alarm->terms);
        evaluate(a, alarm, series, a->next_ms);
    }
    if (a->next < count(a))
        return false;
    alarms_tick(a, a->next_ms);
    return true;
}

bool alarms_evaluate(struct alarms *a, const struct series_store *series,
                     uint64_t now_ms)
{
    a->next = 0;
    a->next_ms = now_ms;
    return alarms_go_on(a, series);
}

/* What changed, and the composite alarms that follow. */
static void evaluate_fresh(struct alarms *a, const struct series_store *series,
                           uint64_t now_ms)
{
    for (unsigned i = 0; i < count(a); i++) {
        const struct config_alarm *alarm =
            a->config->alarms.all[a->config->alarms.order[i]];

        if (alarm->composite || a->now[alarm->index].fresh)
            evaluate(a, alarm, series, now_ms);
    }
    alarms_tick(a, now_ms);
}

/* ---- another config ------------------------------------------------------------------------------------ */

static void begin(struct alarms *a, const struct config_alarm *alarm,
                  struct alarm_now *now, uint64_t now_ms)
{
    *now = (struct alarm_now){
        .there = true,
        .fresh = true,
        .made = true,
        .state = ALARM_STATE_INSUFFICIENT_DATA,
        .configured_ms = alarm->updated_ms ? alarm->updated_ms : now_ms,
        .updated_ms = now_ms,
        .transitioned_ms = now_ms,
    };
    tell(now, keep(STR("Unchecked: Initial alarm creation"), STR("")));
    alarm_story_configured(&a->history, alarm, ALARM_MADE, now_ms);
}

static void change(struct alarms *a, const struct config_alarm *alarm,
                   struct alarm_now *now, uint64_t now_ms)
{
    now->fresh = true;
    now->configured_ms = alarm->updated_ms ? alarm->updated_ms : now_ms;
    alarm_story_configured(&a->history, alarm, ALARM_CHANGED, now_ms);
}

/* The state of the alarm in the config before. */
static void move(struct alarms *a, const struct config_alarm *alarm,
                 struct alarm_now *now, uint64_t now_ms)
{
    const struct config_alarm *before =
        a->config ? config_find_alarm_named(a->config, alarm->name) : NULL;

    if (before == NULL || before->composite != alarm->composite) {
        begin(a, alarm, now, now_ms);
        return;
    }
    *now = a->now[before->index];
    a->now[before->index] = (struct alarm_now){.there = false};
    if (memcmp(before->digest, alarm->digest, sizeof(alarm->digest)) != 0)
        change(a, alarm, now, now_ms);
}

static void forget(struct alarms *a, uint64_t now_ms)
{
    for (unsigned i = 0; i < count(a); i++) {
        if (a->now[i].there)
            alarm_story_configured(&a->history, a->config->alarms.all[i],
                                   ALARM_REMOVED, now_ms);
        end_now(&a->now[i]);
    }
    free(a->now);
}

void alarms_know(struct alarms *a, struct config *config,
                 const struct series_store *series, uint64_t now_ms)
{
    struct alarm_now *now;

    config_hold(config);
    if (a->config && a->config->alarms.all == config->alarms.all) {
        config_release(a->config);
        a->config = config;
        return;
    }
    now = memory_zeroed(config->alarms.n + 1, sizeof(*now));
    for (unsigned i = 0; i < config->alarms.n; i++)
        move(a, config->alarms.all[i], &now[i], now_ms);
    forget(a, now_ms);
    config_release(a->config);
    a->config = config;
    a->now = now;
    a->next = count(a);
    evaluate_fresh(a, series, now_ms);
}

/* ---- who asks ---------------------------------------------------------------------------------------------- */

static const struct config_alarm *find(const struct alarms *a, struct str arn)
{
    return a->config ? config_find_alarm(a->config, arn) : NULL;
}

bool alarms_set(struct alarms *a, struct str arn, enum alarm_state state,
                struct str reason, struct str reason_data, uint64_t now_ms)
{
    const struct config_alarm *alarm = find(a, arn);

    if (alarm == NULL)
        return false;
    transition(a, alarm, state, reason, reason_data, now_ms);
    evaluate_fresh(a, NULL, now_ms);
    return true;
}

bool alarms_see(const struct alarms *a, struct str arn, struct alarm_seen *seen)
{
    const struct config_alarm *alarm = find(a, arn);
    const struct alarm_now *now = alarm ? &a->now[alarm->index] : NULL;

    if (now == NULL)
        return false;
    *seen = (struct alarm_seen){
        .state = now->state,
        .reason = now->told.reason,
        .reason_data = now->told.data,
        .configured_ms = now->configured_ms,
        .updated_ms = now->updated_ms,
        .transitioned_ms = now->transitioned_ms,
        .suppressed = now->suppressed,
    };
    return true;
}

unsigned alarms_count(const struct alarms *a, enum alarm_state state)
{
    unsigned n = 0;

    for (unsigned i = 0; i < count(a); i++)
        n += a->now[i].state == state;
    return n;
}
