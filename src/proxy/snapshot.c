/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/snapshot.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- compiling ------------------------------------------------------------- */

static struct snapshot *make(struct config *config, uint64_t id,
                             const struct inspector *inspector)
{
    struct snapshot *s = memory_zeroed(1, sizeof(*s));

    s->id = id;
    s->config = config_hold(config);
    s->inspector = inspector;
    s->listeners = memory_zeroed((size_t)config->nlisteners + 1,
                                 sizeof(struct route_table *));
    return s;
}

static void take_groups(struct snapshot *s, struct group_set *set)
{
    s->set = set;
    s->ngroups = set->n;
    s->groups = set->groups;
}

/* The table of that listener.  Configs mostly have the same listeners at the
 * same places. */
static struct route_table *find_near(const struct snapshot *s, unsigned i,
                                     struct str arn)
{
    if (i < s->nlisteners && str_eq(s->listeners[i]->config->arn, arn))
        return s->listeners[i];
    for (unsigned k = 0; k < s->nlisteners; k++) {
        if (str_eq(s->listeners[k]->config->arn, arn))
            return s->listeners[k];
    }
    return NULL;
}

static bool compile_listeners(struct snapshot *s, const struct snapshot *before,
                              struct report *report)
{
    bool ok = true;

    for (unsigned i = 0; i < s->config->nlisteners; i++) {
        const struct config_listener *from = s->config->listeners[i];
        struct route_table *table = route_table_new(
            from, s->set, before ? find_near(before, i, from->arn) : NULL,
            report);

        ok &= table != NULL;
        if (table == NULL)
            continue;
        route_table_inspect(table, waf_set_of(s->wafs, from->load_balancer));
        linear_need_join(&s->need, &table->need);
        s->listeners[s->nlisteners++] = table;
    }
    return ok;
}

static void forget(void *owner, struct target *target)
{
    (void)owner;
    target_release(target);
}

struct snapshot *snapshot_build(struct config *config, uint64_t id,
                                const struct snapshot *before,
                                const struct snapshot_means *means,
                                struct report *report)
{
    struct snapshot *s = make(config, id, means->inspector);

    take_groups(s, group_set_new(config, before ? before->set : NULL));
    s->wafs =
        waf_set_new(config, means->geo, before ? before->wafs : NULL, report);
    if (s->wafs && compile_listeners(s, before, report))
        return s;
    snapshot_free(s, NULL, forget, NULL);
    return NULL;
}

void snapshot_settle(struct snapshot *s, const struct snapshot *before,
                     struct target_registry *registry)
{
    group_set_settle(s->set, before ? before->set : NULL, s->config->zone,
                     registry);
    for (unsigned i = 0; before && i < s->nlisteners; i++) {
        struct route_table *table = s->listeners[i];
        const struct route_table *old =
            find_near(before, i, table->config->arn);

        if (old)
            route_table_carry(table, old);
    }
}

struct snapshot *snapshot_compile(struct config *config, uint64_t id,
                                  const struct snapshot *before,
                                  struct target_registry *registry,
                                  const struct snapshot_means *means,
                                  struct report *report)
{
    struct snapshot *s = snapshot_build(config, id, before, means, report);

    if (s)
        snapshot_settle(s, before, registry);
    return s;
}

bool snapshot_check(struct config *config, struct report *report)
{
    static const struct snapshot_means means;
    struct snapshot *s = snapshot_build(config, 0, NULL, &means, report);

    if (s)
        snapshot_free(s, NULL, forget, NULL);
    return s != NULL;
}

/* ---- a patch ------------------------------------------------------------------ */

/* Slots that had the table of that listener. */
static void copy_slots(struct snapshot *s, const struct snapshot *before,
                       unsigned listener)
{
    s->nslots = before->nslots;
    s->slots = memory_zeroed(s->nslots + 1, sizeof(*s->slots));
    for (unsigned i = 0; i < s->nslots; i++)
        port_table_copy(&s->slots[i], &before->slots[i],
                        before->listeners[listener], s->listeners[listener]);
    s->places =
        memory_copy(before->places, (s->nlisteners + 1) * sizeof(*s->places));
}

struct snapshot *snapshot_patch(struct config *config, uint64_t id,
                                const struct snapshot *before,
                                unsigned listener, unsigned rule)
{
    struct snapshot *s = make(config, id, before->inspector);

    take_groups(s, group_set_hold(before->set));
    s->wafs = waf_set_hold(before->wafs);
    s->need = before->need;
    s->nlisteners = before->nlisteners;
    for (unsigned i = 0; i < s->nlisteners; i++) {
        if (i != listener)
            s->listeners[i] = route_table_hold(before->listeners[i]);
    }
    s->listeners[listener] = route_table_patch(
        before->listeners[listener], config->listeners[listener], rule, s->set);
    linear_need_join(&s->need, &s->listeners[listener]->need);
    copy_slots(s, before, listener);
    return s;
}

/* ---- life ---------------------------------------------------------------------- */

void snapshot_free(struct snapshot *s, struct target_registry *registry,
                   void (*orphan)(void *owner, struct target *target),
                   void *owner)
{
    for (unsigned i = 0; i < s->nlisteners; i++)
        route_table_release(s->listeners[i]);
    group_set_release(s->set, registry, orphan, owner);
    waf_set_release(s->wafs);
    for (unsigned i = 0; s->slots && i < s->nslots; i++)
        port_table_end(&s->slots[i]);
    free(s->listeners);
    free(s->slots);
    free(s->places);
    config_release(s->config);
    free(s);
}
