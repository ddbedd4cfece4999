/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/snapshot.h"

#include <stdlib.h>

#include "base/memory.h"
#include "lb/sticky.h"

/* An array of n, or of one where n is 0. */
static void *array(unsigned n, size_t size)
{
    return memory_zeroed(n ? n : 1, size);
}

/* ---- groups -------------------------------------------------------------- */

static void compile_group(struct group *group, const struct config_group *from,
                          struct str zone, struct target_registry *registry)
{
    struct target **targets = array(from->ntargets, sizeof(struct target *));

    for (unsigned i = 0; i < from->ntargets; i++)
        targets[i] = target_use(registry, from->arn, &from->targets[i].address);
    group_init(group, from, targets, zone);
    group->identity = sticky_identity(from->arn);
    group_refresh(group);
    free(targets);
}

static void compile_groups(struct snapshot *s, struct target_registry *registry)
{
    const struct config *config = s->config;

    s->ngroups = config->ngroups;
    s->groups = array(s->ngroups, sizeof(struct group));
    for (unsigned i = 0; i < s->ngroups; i++)
        compile_group(&s->groups[i], config->groups[i], config->zone, registry);
}

/* ---- listeners ----------------------------------------------------------- */

static bool compile_listener(struct route_table *table,
                             const struct config_listener *from,
                             struct group *groups, struct report *report)
{
    bool ok = true;

    table->config = from;
    listener_headers_compile(&table->headers, from);
    table->actions = array(from->nrules, sizeof(struct rule_action));
    table->router = router_new(from, report);
    for (unsigned i = 0; i < from->nrules; i++)
        ok &= action_init(&table->actions[i], from, &from->rules[i], groups,
                          report);
    return ok && table->router;
}

static bool compile_listeners(struct snapshot *s, struct report *report)
{
    const struct config *config = s->config;
    bool ok = true;

    s->nlisteners = config->nlisteners;
    s->listeners = array(s->nlisteners, sizeof(struct route_table));
    for (unsigned i = 0; i < s->nlisteners; i++)
        ok &= compile_listener(&s->listeners[i], config->listeners[i],
                               s->groups, report);
    return ok;
}

/* ---- what goes on -------------------------------------------------------- */

static const struct group *find_group(const struct snapshot *s, struct str arn)
{
    for (unsigned i = 0; i < s->ngroups; i++) {
        if (str_eq(s->groups[i].config->arn, arn))
            return &s->groups[i];
    }
    return NULL;
}

static const struct route_table *find_listener(const struct snapshot *s,
                                               struct str arn)
{
    for (unsigned i = 0; i < s->nlisteners; i++) {
        if (str_eq(s->listeners[i].config->arn, arn))
            return &s->listeners[i];
    }
    return NULL;
}

static void carry_rules(struct route_table *table,
                        const struct route_table *before)
{
    unsigned n = before->config->nrules;

    for (unsigned i = 0, k = 0; i < table->config->nrules; i++) {
        unsigned priority = table->config->rules[i].priority;

        /* Both ascend, the default rule (0) is last in both. */
        while (k < n - 1 && before->config->rules[k].priority < priority)
            k++;
        if (priority == 0)
            k = n - 1;
        if (before->config->rules[k].priority == priority)
            atomic_init(&table->actions[i].cursor,
                        atomic_load(&before->actions[k].cursor));
    }
}

/* Turns go on where they were: with changes as frequent as requests, turns
 * that begin anew would all fall to the first. */
static void carry_over(struct snapshot *s, const struct snapshot *before)
{
    for (unsigned i = 0; i < s->ngroups; i++) {
        const struct group *old = find_group(before, s->groups[i].config->arn);

        if (old)
            group_carry(&s->groups[i], old);
    }
    for (unsigned i = 0; i < s->nlisteners; i++) {
        const struct route_table *old =
            find_listener(before, s->listeners[i].config->arn);

        if (old)
            carry_rules(&s->listeners[i], old);
    }
}

/* ---- life ---------------------------------------------------------------- */

static void forget(void *owner, struct target *target)
{
    (void)owner;
    target_release(target);
}

struct snapshot *snapshot_compile(struct config *config, uint64_t id,
                                  const struct snapshot *before,
                                  struct target_registry *registry,
                                  const struct inspector *inspector,
                                  struct report *report)
{
    struct snapshot *s = memory_zeroed(1, sizeof(*s));

    s->id = id;
    s->config = config_hold(config);
    s->inspector = inspector;
    compile_groups(s, registry);
    if (!compile_listeners(s, report)) {
        snapshot_free(s, registry, forget, NULL);
        return NULL;
    }
    if (before)
        carry_over(s, before);
    return s;
}

bool snapshot_check(struct config *config, struct report *report)
{
    struct target_registry registry = {0};
    struct snapshot *s =
        snapshot_compile(config, 0, NULL, &registry, NULL, report);

    if (s)
        snapshot_free(s, &registry, forget, NULL);
    target_registry_end(&registry);
    return s != NULL;
}

static void free_listener(struct route_table *table)
{
    for (unsigned i = 0; i < table->config->nrules; i++)
        action_end(&table->actions[i]);
    if (table->router)
        router_free(table->router);
    free(table->actions);
    tls_context_release(table->tls);
}

void snapshot_free(struct snapshot *s, struct target_registry *registry,
                   void (*orphan)(void *owner, struct target *target),
                   void *owner)
{
    for (unsigned i = 0; i < s->nlisteners; i++)
        free_listener(&s->listeners[i]);
    for (unsigned i = 0; i < s->ngroups; i++) {
        struct group *group = &s->groups[i];

        for (unsigned k = 0; k < group->ntargets; k++) {
            if (target_unuse(registry, group->targets[k]))
                orphan(owner, group->targets[k]);
        }
        group_end(group);
    }
    free(s->listeners);
    free(s->groups);
    free(s->slots);
    config_release(s->config);
    free(s);
}
