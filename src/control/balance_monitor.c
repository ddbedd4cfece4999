/* SPDX-License-Identifier: Apache-2.0 */
#include "control/balance_monitor.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

struct balance_monitor {
    struct loop *loop;
    struct snapshot *snapshot; /* NULL: none yet */
    struct timer ramp;
    struct timer period;
    bool ramps;   /* the timer `ramp` is set */
    bool watches; /* the timer `period` is set */
    struct anomaly_sample *samples;
    struct sampled {
        struct target *target;
        bool anomalous; /* before */
    } * sampled;
    unsigned cap; /* of both */
};

static bool is_healthy(const struct target *target)
{
    return atomic_load_explicit(&target->state, memory_order_relaxed) ==
           TARGET_HEALTHY;
}

/* What `explain` says of it in the workers. */
static void tell(struct target *target)
{
    const struct target_balance *b = &target->balance;
    uint32_t told = b->weight & TARGET_TOLD_WEIGHT;

    if (b->slow_start.on)
        told |= TARGET_TOLD_SLOW_START;
    if (b->anomaly.anomalous)
        told |= TARGET_TOLD_ANOMALOUS;
    atomic_store_explicit(&target->told, told, memory_order_relaxed);
}

/* ---- weights ------------------------------------------------------------- */

/* Of every target of the group; true while one of them is in slow start. */
static bool weigh(const struct group *group, uint64_t now_us)
{
    uint32_t duration_ms = group->config->attributes.slow_start_ms;
    bool ramps = false;

    for (unsigned i = 0; i < group->ntargets; i++) {
        struct target_balance *b = &group->targets[i]->balance;
        uint32_t share = slow_start_share(&b->slow_start, duration_ms, now_us);

        b->weight = weight_of(share, b->anomaly.weight);
        ramps |= b->slow_start.on;
        tell(group->targets[i]);
    }
    return ramps;
}

static void set_ramp(struct balance_monitor *monitor)
{
    monitor->ramps = true;
    loop_timer_set(monitor->loop, &monitor->ramp, BALANCE_RAMP_MS);
}

static void on_ramp(struct timer *timer)
{
    struct balance_monitor *monitor =
        LIST_ENTRY_OF(timer, struct balance_monitor, ramp);
    struct snapshot *s = monitor->snapshot;
    bool ramps = false;

    monitor->ramps = false;
    for (unsigned i = 0; i < s->ngroups; i++) {
        if (s->groups[i]->config->attributes.slow_start_ms == 0)
            continue;
        ramps |= weigh(s->groups[i], monitor->loop->now_us);
        group_refresh(s->groups[i]);
    }
    if (ramps)
        set_ramp(monitor);
}

/* ---- slow start ---------------------------------------------------------- */

static unsigned count_at_full(const struct group *group,
                              const struct target *but)
{
    unsigned n = 0;

    for (unsigned i = 0; i < group->ntargets; i++) {
        const struct target *t = group->targets[i];

        n += t != but && is_healthy(t) && !t->balance.slow_start.on;
    }
    return n;
}

void balance_begin(struct target *target)
{
    struct target_balance *b = &target->balance;

    b->first_batch = false;
    b->slow_start.on = false;
    anomaly_begin(&b->anomaly);
    b->seen = target_sum(target);
    b->weight = WEIGHT_FULL;
    tell(target);
}

void balance_first_batch(const struct group *group)
{
    for (unsigned i = 0; i < group->ntargets; i++)
        group->targets[i]->balance.first_batch = true;
}

void balance_monitor_changed(struct balance_monitor *monitor,
                             const struct group *group, struct target *target,
                             enum target_state before)
{
    struct target_balance *b = &target->balance;
    struct slow_start_change change = {
        .from = before,
        .to = (enum target_state)atomic_load_explicit(&target->state,
                                                      memory_order_relaxed),
        .duration_ms = group->config->attributes.slow_start_ms,
        .at_full = count_at_full(group, target),
        .first_batch = b->first_batch,
        .now_us = monitor->loop->now_us,
    };

    slow_start_take(&b->slow_start, &change);
    if (change.to != TARGET_HEALTHY)
        anomaly_begin(&b->anomaly);
    if (weigh(group, change.now_us) && !monitor->ramps)
        set_ramp(monitor);
}

/* ---- anomalies ----------------------------------------------------------- */

const char *balance_anomaly_word(const struct target *target)
{
    return target->balance.anomaly.anomalous ? "anomalous" : "normal";
}

bool balance_is_mitigated(const struct target *target)
{
    return target->balance.anomaly.weight != WEIGHT_FULL;
}

static bool mitigates(const struct group *group)
{
    const struct group_attributes *a = &group->config->attributes;

    return a->algorithm == ALGORITHM_WEIGHTED_RANDOM && a->anomaly_mitigation;
}

/* With health checks off all of them are fit. */
static bool is_fit(const struct target *target)
{
    return is_healthy(target) ||
           atomic_load_explicit(&target->state, memory_order_relaxed) ==
               TARGET_UNAVAILABLE;
}

/* What those that are fit did since the last time. */
static unsigned sample(struct balance_monitor *monitor,
                       const struct group *group, uint64_t *requests)
{
    unsigned n = 0;

    for (unsigned i = 0; i < group->ntargets; i++) {
        struct target *t = group->targets[i];
        struct target_sum sum = target_sum(t);
        struct target_sum seen = t->balance.seen;

        t->balance.seen = sum;
        if (!is_fit(t))
            continue;
        monitor->sampled[n] = (struct sampled){t, t->balance.anomaly.anomalous};
        monitor->samples[n++] = (struct anomaly_sample){
            .anomaly = &t->balance.anomaly,
            .requests = sum.requests - seen.requests,
            .errors = sum.errors - seen.errors,
        };
        *requests += sum.requests - seen.requests + sum.errors - seen.errors;
    }
    return n;
}

static void log_verdict(const struct group *group, const struct target *target)
{
    bool anomalous = target->balance.anomaly.anomalous;

    log_write(anomalous ? LOG_WARN : LOG_INFO, "control",
              "target group " STR_FMT ": target %s is %s",
              STR_ARG(group->config->name), target->text,
              !anomalous ? "normal again: it answers like its peers"
              : mitigates(group)
                  ? "anomalous: it answers with more errors than "
                    "its peers, and gets fewer requests"
                  : "anomalous: it answers with more errors than "
                    "its peers");
}

static bool any_mitigated(const struct anomaly_sample *samples, unsigned n)
{
    bool any = false;

    for (unsigned i = 0; i < n; i++)
        any |= samples[i].anomaly->weight != WEIGHT_FULL;
    return any;
}

static void judge(struct balance_monitor *monitor, struct group *group)
{
    uint64_t requests = 0;
    unsigned n = sample(monitor, group, &requests);
    const struct anomaly_sample *samples = monitor->samples;
    bool was_mitigated = any_mitigated(samples, n);

    if (requests == 0 && n >= ANOMALY_HEALTHY_MIN &&
        mitigates(group) >= was_mitigated)
        return; /* nothing to judge, nothing to take back */
    anomaly_judge(samples, n, mitigates(group));
    for (unsigned i = 0; i < n; i++) {
        if (monitor->sampled[i].anomalous != samples[i].anomaly->anomalous)
            log_verdict(group, monitor->sampled[i].target);
        tell(monitor->sampled[i].target);
    }
    if (!was_mitigated && !any_mitigated(samples, n))
        return;
    weigh(group, monitor->loop->now_us);
    group_refresh(group);
}

static void set_period(struct balance_monitor *monitor)
{
    monitor->watches = true;
    loop_timer_set(monitor->loop, &monitor->period, ANOMALY_PERIOD_MS);
}

static bool may_differ(const struct group *group)
{
    return group->config->load_balancer &&
           group->ntargets >= ANOMALY_HEALTHY_MIN;
}

static void on_period(struct timer *timer)
{
    struct balance_monitor *monitor =
        LIST_ENTRY_OF(timer, struct balance_monitor, period);
    struct snapshot *s = monitor->snapshot;
    bool any = false;

    monitor->watches = false;
    for (unsigned i = 0; i < s->ngroups; i++) {
        if (!may_differ(s->groups[i]))
            continue;
        any = true;
        judge(monitor, s->groups[i]);
    }
    if (any)
        set_period(monitor);
}

/* ---- snapshots ----------------------------------------------------------- */

static void fit(struct balance_monitor *monitor, unsigned n)
{
    if (n <= monitor->cap)
        return;
    free(monitor->samples);
    free(monitor->sampled);
    monitor->samples = memory_zeroed(n, sizeof(*monitor->samples));
    monitor->sampled = memory_zeroed(n, sizeof(*monitor->sampled));
    monitor->cap = n;
}

/* What a target did before its group had enough of them says nothing. */
static void watch(const struct group *group)
{
    bool watched = may_differ(group);

    for (unsigned i = 0; i < group->ntargets; i++) {
        struct target_balance *b = &group->targets[i]->balance;

        if (watched && !b->watched)
            b->seen = target_sum(group->targets[i]);
        b->watched = watched;
    }
}

/* Mitigation that was turned off, or that has too few targets left, ends. */
static void take_back(const struct group *group)
{
    if (may_differ(group) && mitigates(group))
        return;
    for (unsigned i = 0; i < group->ntargets; i++) {
        struct anomaly *a = &group->targets[i]->balance.anomaly;

        if (!may_differ(group))
            anomaly_begin(a);
        a->weight = WEIGHT_FULL;
        tell(group->targets[i]);
    }
}

void balance_monitor_apply(struct balance_monitor *monitor,
                           struct snapshot *snapshot, bool same)
{
    bool ramps = false;
    bool any = false;

    monitor->snapshot = snapshot;
    for (unsigned i = 0; !same && i < snapshot->ngroups; i++) {
        const struct group *group = snapshot->groups[i];

        if (group->first_round)
            continue;
        watch(group);
        take_back(group);
        ramps |= weigh(group, monitor->loop->now_us);
        any |= may_differ(group);
        fit(monitor, group->ntargets);
    }
    if (ramps && !monitor->ramps)
        set_ramp(monitor);
    if (any && !monitor->watches)
        set_period(monitor);
}

struct balance_monitor *balance_monitor_new(struct loop *loop)
{
    struct balance_monitor *monitor = memory_zeroed(1, sizeof(*monitor));

    monitor->loop = loop;
    timer_init(&monitor->ramp, on_ramp);
    timer_init(&monitor->period, on_period);
    return monitor;
}

void balance_monitor_free(struct balance_monitor *monitor)
{
    timer_end(&monitor->ramp);
    timer_end(&monitor->period);
    free(monitor->samples);
    free(monitor->sampled);
    free(monitor);
}
