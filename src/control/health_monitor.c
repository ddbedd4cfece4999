/* SPDX-License-Identifier: Apache-2.0 */
#include "control/health_monitor.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/balance_monitor.h"
#include "control/health_probe.h"

/* What is to be done about a target, by the settings of its group. */
enum duty {
    DUTY_NONE, /* not looked at so far */
    DUTY_PROBE,
    DUTY_OFF,
    DUTY_UNUSED,
};

/* A target of the newest snapshot. */
struct monitored {
    struct health_monitor *monitor;
    struct target *target; /* held */
    struct group *group;   /* of the newest snapshot */
    struct health health;
    enum duty duty;
    struct health_probe *probe; /* under way */
    struct list waiting;        /* for a free connection */
    struct timer timer;         /* of the next beat */
    uint64_t beat_us;           /* when a probe was due last */
    uint64_t since_us;          /* of its state */
    uint32_t interval_ms;       /* that the timer was set by */
    uint64_t round;             /* of the last apply that saw it */
    int64_t began;              /* the last probe: wall clock, us */
    uint64_t began_ns;          /* and monotonic */
};

struct health_monitor {
    struct loop *loop;
    struct health_probes probes;
    struct loop_task task; /* begins what waits */
    struct list waiting;   /* struct monitored */
    struct snapshot *snapshot;
    struct deregistrations *leaving; /* NULL: none drain */
    struct monitored **slots;        /* by target->slot; NULL: none */
    unsigned nslots;
    uint64_t round;
    void (*ended)(void *owner, const struct probe_end *end);
    void *owner;
    struct balance_monitor *balance;
};

/* ---- what a probe changes ------------------------------------------------ */

static void store_state(struct target *target, enum target_state state)
{
    atomic_store_explicit(&target->state, (uint8_t)state, memory_order_relaxed);
}

/* `detail`: what is known of the failed health check beyond its reason. */
static void log_change(const struct monitored *m, const char *detail)
{
    char buffer[256];
    struct text why = text_in(buffer, sizeof(buffer));

    health_put_description(&why, &m->health);
    if (m->health.reason == HEALTH_REASON_FAILED_HEALTH_CHECKS && *detail)
        text_printf(&why, " (%s)", detail);
    log_write(LOG_INFO, "control",
              "target group " STR_FMT ": target %s is %s%s" STR_FMT,
              STR_ARG(m->group->config->name), m->target->text,
              target_state_word(m->health.state), why.n ? ": " : "",
              STR_ARG(text_str(&why)));
}

static void tell_end(const struct monitored *m, enum probe_result result,
                     unsigned code)
{
    struct probe_end end = {
        .group = m->group->config,
        .target = m->target,
        .began = m->began,
        .result = result,
        .code = code,
    };

    if (m->monitor->ended == NULL)
        return;
    end.latency_ns = clock_monotonic_ns() - m->began_ns;
    m->monitor->ended(m->monitor->owner, &end);
}

static void take(struct monitored *m, enum probe_result result, unsigned code,
                 const char *detail)
{
    const struct config_health *config = &m->group->config->health;
    struct health_limits limits = {
        .healthy_threshold = config->healthy_threshold,
        .unhealthy_threshold = config->unhealthy_threshold,
    };
    enum target_state before = m->health.state;

    tell_end(m, result, code);
    if (!health_take(&m->health, &limits, result, code))
        return;
    m->since_us = m->monitor->loop->now_us;
    store_state(m->target, m->health.state);
    balance_monitor_changed(m->monitor->balance, m->group, m->target, before);
    group_refresh(m->group);
    log_change(m, detail);
}

static void on_result(void *owner, enum probe_result result, unsigned code,
                      const char *why)
{
    struct monitored *m = owner;

    m->probe = NULL;
    take(m, result, code, why);
}

/* ---- when to probe ------------------------------------------------------- */

static void begin_probe(struct monitored *m)
{
    enum probe_result result = PROBE_INTERNAL;

    health_checking(&m->health);
    m->began = clock_wall_us();
    m->began_ns = clock_monotonic_ns();
    m->probe = health_probe_begin(&m->monitor->probes, m, m->group,
                                  &m->target->address, &result);
    if (m->probe == NULL)
        take(m, result, 0, "");
}

static void begin_waiting(struct loop_task *task)
{
    struct health_monitor *monitor =
        LIST_ENTRY_OF(task, struct health_monitor, task);

    loop_tick(monitor->loop);
    while (!list_empty(&monitor->waiting) &&
           monitor->probes.open < HEALTH_PROBES_MAX) {
        struct monitored *m =
            LIST_ENTRY_OF(monitor->waiting.next, struct monitored, waiting);

        list_remove(&m->waiting);
        begin_probe(m);
    }
}

static void on_closed(struct health_probes *probes)
{
    struct health_monitor *monitor =
        LIST_ENTRY_OF(probes, struct health_monitor, probes);

    if (!list_empty(&monitor->waiting))
        loop_ready(monitor->loop, &monitor->task);
}

/* A probe is due.  One that is still under way, or waits, stands for it. */
static void ask(struct monitored *m)
{
    if (m->probe || list_linked(&m->waiting))
        return;
    list_push_back(&m->monitor->waiting, &m->waiting);
    loop_ready(m->monitor->loop, &m->monitor->task);
}

/* Waits for the beat after m->beat_us, by the group's interval. */
static void await_beat(struct monitored *m)
{
    uint64_t now = m->monitor->loop->now_us;
    uint64_t due;

    m->interval_ms = m->group->config->health.interval_ms;
    due = m->beat_us + m->interval_ms * UINT64_C(1000);
    loop_timer_set(m->monitor->loop, &m->timer,
                   due > now ? (due - now + 999) / 1000 : 0);
}

static void on_beat(struct timer *timer)
{
    struct monitored *m = LIST_ENTRY_OF(timer, struct monitored, timer);

    m->beat_us = health_beat(m->beat_us, m->interval_ms * UINT64_C(1000),
                             m->monitor->loop->now_us);
    await_beat(m);
    ask(m);
}

/* ---- duties -------------------------------------------------------------- */

static enum duty duty_of(const struct config_group *config)
{
    if (config->load_balancer == NULL)
        return DUTY_UNUSED;
    if (!config->health.enabled)
        return DUTY_OFF;
    return DUTY_PROBE;
}

static void rest(struct monitored *m)
{
    if (m->probe)
        health_probe_abandon(m->probe);
    m->probe = NULL;
    list_remove(&m->waiting);
    timer_end(&m->timer);
}

static void begin_duty(struct monitored *m, enum duty duty)
{
    rest(m);
    balance_begin(m->target);
    m->duty = duty;
    m->since_us = m->monitor->loop->now_us;
    switch (duty) {
    case DUTY_PROBE:
        health_begin(&m->health);
        m->beat_us = m->monitor->loop->now_us;
        await_beat(m);
        ask(m);
        break;
    case DUTY_OFF:
        health_exempt(&m->health, TARGET_UNAVAILABLE);
        break;
    case DUTY_NONE:
    case DUTY_UNUSED:
        health_exempt(&m->health, TARGET_UNUSED);
        break;
    }
    store_state(m->target, m->health.state);
}

/* ---- targets ------------------------------------------------------------- */

static void fit(struct health_monitor *monitor, unsigned slot)
{
    unsigned n = monitor->nslots ? monitor->nslots : 16;
    struct monitored **slots;

    if (slot < monitor->nslots)
        return;
    while (n <= slot)
        n *= 2;
    slots = memory_zeroed(n, sizeof(struct monitored *));
    for (unsigned i = 0; i < monitor->nslots; i++)
        slots[i] = monitor->slots[i];
    free(monitor->slots);
    monitor->slots = slots;
    monitor->nslots = n;
}

static void drop(struct monitored *m)
{
    rest(m);
    m->monitor->slots[m->target->slot] = NULL;
    target_release(m->target);
    free(m);
}

static void end(struct monitored *m)
{
    store_state(m->target, TARGET_DRAINING);
    balance_begin(m->target); /* its slow start is over */
    if (m->monitor->leaving)
        deregistration_begin(m->monitor->leaving, m->target, m->group->config);
    drop(m);
}

static struct monitored *monitored_new(struct health_monitor *monitor,
                                       struct target *target)
{
    struct monitored *m = memory_zeroed(1, sizeof(*m));

    m->monitor = monitor;
    m->target = target;
    target_hold(target);
    list_init(&m->waiting);
    timer_init(&m->timer, on_beat);
    return m;
}

/* A slot may have gone over to another target since the last snapshot. */
static struct monitored *monitored_at(struct health_monitor *monitor,
                                      struct target *target)
{
    struct monitored **slot;

    fit(monitor, target->slot);
    slot = &monitor->slots[target->slot];
    if (*slot && (*slot)->target != target)
        end(*slot);
    if (*slot == NULL)
        *slot = monitored_new(monitor, target);
    return *slot;
}

/* True when the target got a duty that it had not. */
static bool apply_target(struct health_monitor *monitor, struct group *group,
                         struct target *target, enum duty duty)
{
    struct monitored *m = monitored_at(monitor, target);

    m->round = monitor->round;
    m->group = group;
    if (m->duty != duty) {
        begin_duty(m, duty);
        return true;
    }
    if (duty == DUTY_PROBE &&
        m->interval_ms != group->config->health.interval_ms)
        await_beat(m);
    return false;
}

static void apply_group(struct health_monitor *monitor, struct group *group)
{
    enum duty duty = duty_of(group->config);
    unsigned begun = 0;

    for (unsigned i = 0; i < group->ntargets; i++)
        begun += apply_target(monitor, group, group->targets[i], duty);
    if (begun == group->ntargets)
        balance_first_batch(group);
    group_refresh(group);
    group->first_round = monitor->round;
}

/* Its group is in no snapshot any more, or another one without it took the
 * group's place. */
static bool is_gone(const struct monitored *m)
{
    uint64_t round = m->monitor->round;

    return m->group->round != round ||
           (m->group->first_round == round && m->round != round);
}

static void apply_groups(struct health_monitor *monitor,
                         struct snapshot *snapshot)
{
    for (unsigned i = 0; i < snapshot->ngroups; i++) {
        struct group *group = snapshot->groups[i];

        group->round = monitor->round;
        if (group->first_round == 0)
            apply_group(monitor, group);
    }
}

void health_monitor_apply(struct health_monitor *monitor,
                          struct snapshot *snapshot)
{
    bool same = monitor->snapshot && snapshot->set &&
                monitor->snapshot->set == snapshot->set;

    loop_tick(monitor->loop);
    balance_monitor_apply(monitor->balance, snapshot, same);
    monitor->snapshot = snapshot;
    if (same)
        return;
    monitor->round++;
    apply_groups(monitor, snapshot);
    for (unsigned i = 0; i < monitor->nslots; i++) {
        if (monitor->slots[i] && is_gone(monitor->slots[i]))
            end(monitor->slots[i]);
    }
}

/* ---- the rest ------------------------------------------------------------ */

static const struct monitored *find(const struct health_monitor *monitor,
                                    const struct target *target)
{
    const struct monitored *m =
        target->slot < monitor->nslots ? monitor->slots[target->slot] : NULL;

    return m && m->target == target ? m : NULL;
}

const struct health *health_monitor_find(const struct health_monitor *monitor,
                                         const struct target *target)
{
    const struct monitored *m = find(monitor, target);

    return m ? &m->health : NULL;
}

bool health_monitor_since(const struct health_monitor *monitor,
                          const struct target *target, uint64_t *since_us)
{
    const struct monitored *m = find(monitor, target);

    if (m)
        *since_us = m->since_us;
    return m != NULL;
}

void health_monitor_each(const struct health_monitor *monitor,
                         void (*visit)(void *owner, struct str group,
                                       const struct target *target,
                                       const struct health *health),
                         void *owner)
{
    const struct snapshot *snapshot = monitor->snapshot;

    for (unsigned i = 0; snapshot && i < snapshot->ngroups; i++) {
        const struct group *group = snapshot->groups[i];

        for (unsigned k = 0; k < group->ntargets; k++)
            visit(owner, group->config->name, group->targets[k],
                  health_monitor_find(monitor, group->targets[k]));
        if (monitor->leaving)
            deregistrations_of(monitor->leaving, group->config->arn, visit,
                               owner);
    }
    if (snapshot && monitor->leaving)
        deregistrations_of_gone(monitor->leaving, snapshot, visit, owner);
}

void health_monitor_drain_to(struct health_monitor *monitor,
                             struct deregistrations *leaving)
{
    monitor->leaving = leaving;
}

bool health_monitor_awaits(const struct health_monitor *monitor)
{
    for (unsigned i = 0; i < monitor->nslots; i++) {
        const struct monitored *m = monitor->slots[i];

        if (m && m->duty == DUTY_PROBE && m->health.state == TARGET_INITIAL &&
            m->health.failed == 0)
            return true;
    }
    return false;
}

struct health_monitor *health_monitor_new(struct loop *loop)
{
    struct health_monitor *monitor = memory_zeroed(1, sizeof(*monitor));

    monitor->loop = loop;
    monitor->probes.loop = loop;
    monitor->probes.on_result = on_result;
    monitor->probes.on_closed = on_closed;
    list_init(&monitor->probes.all);
    list_init(&monitor->waiting);
    loop_task_init(&monitor->task, begin_waiting);
    monitor->balance = balance_monitor_new(loop);
    return monitor;
}

void health_monitor_tell(struct health_monitor *monitor,
                         void (*ended)(void *owner,
                                       const struct probe_end *end),
                         void *owner)
{
    monitor->ended = ended;
    monitor->owner = owner;
}

void health_monitor_free(struct health_monitor *monitor)
{
    if (monitor == NULL)
        return;
    for (unsigned i = 0; i < monitor->nslots; i++) {
        if (monitor->slots[i])
            drop(monitor->slots[i]);
    }
    health_probes_end(&monitor->probes);
    balance_monitor_free(monitor->balance);
    list_remove(&monitor->task.node);
    free(monitor->slots);
    free(monitor);
}
