/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/group_set.h"

#include <stdlib.h>

#include "base/list.h"
#include "lb/sticky.h"
#include "model/config_parts.h"
#include "proxy/meter.h"

/* A group that several sets may have. */
struct shared {
    _Atomic unsigned refs;
    struct config_digest digest; /* of what it was made of */
    struct region region;        /* group.config stands there */
    struct group group;
};

static struct shared *shared_of(struct group *group)
{
    return LIST_ENTRY_OF(group, struct shared, group);
}

/* ---- making ---------------------------------------------------------------- */

/* The one of that ARN.  Configs mostly have the same groups at the same
 * places. */
static struct group *find_near(const struct group_set *set, unsigned i,
                               struct str arn)
{
    if (i < set->n && str_eq(set->groups[i]->config->arn, arn))
        return set->groups[i];
    return group_set_find(set, arn);
}

/* Files of authorities are read again with each change that is built. */
static bool may_go_on(const struct config_group *config)
{
    return config->tls.authorities.n == 0;
}

static struct group *group_of(const struct config_group *config,
                              const struct group_set *before)
{
    struct config_digest digest = config_group_digest(config);
    struct group *old =
        before ? find_near(before, config->index, config->arn) : NULL;
    struct shared *shared;

    if (old && may_go_on(config) &&
        config_digest_equal(&shared_of(old)->digest, &digest)) {
        atomic_fetch_add_explicit(&shared_of(old)->refs, 1,
                                  memory_order_relaxed);
        return old;
    }
    shared = memory_zeroed(1, sizeof(*shared));
    atomic_init(&shared->refs, 1);
    shared->digest = digest;
    shared->group.config = config_group_copy(&shared->region, config);
    return &shared->group;
}

struct group_set *group_set_new(const struct config *config,
                                const struct group_set *before)
{
    struct group_set *set = memory_zeroed(1, sizeof(*set));

    atomic_init(&set->refs, 1);
    set->n = config->ngroups;
    set->groups = memory_zeroed((size_t)set->n + 1, sizeof(struct group *));
    for (unsigned i = 0; i < set->n; i++)
        set->groups[i] = group_of(config->groups[i], before);
    return set;
}

struct group_set *group_set_hold(struct group_set *set)
{
    atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    return set;
}

struct group *group_set_find(const struct group_set *set, struct str arn)
{
    for (unsigned i = 0; i < set->n; i++) {
        if (str_eq(set->groups[i]->config->arn, arn))
            return set->groups[i];
    }
    return NULL;
}

/* ---- settling --------------------------------------------------------------- */

static void settle(struct group *group, struct str zone,
                   struct target_registry *registry)
{
    const struct config_group *config = group->config;
    struct target **targets =
        memory_zeroed((size_t)config->ntargets + 1, sizeof(struct target *));
    struct group made;

    for (unsigned i = 0; i < config->ntargets; i++)
        targets[i] =
            target_use(registry, config->arn, &config->targets[i].address);
    group_init(&made, config, targets, zone);
    made.tls = group->tls;
    memcpy(made.authorities, group->authorities, sizeof(made.authorities));
    made.meter = group->meter;
    made.identity = sticky_identity(config->arn);
    group_move(group, &made);
    group_refresh(group);
    free(targets);
}

void group_set_settle(struct group_set *set, const struct group_set *before,
                      struct str zone, struct target_registry *registry)
{
    for (unsigned i = 0; i < set->n; i++) {
        struct group *group = set->groups[i];
        const struct group *old;

        if (group_is_settled(group))
            continue;
        settle(group, zone, registry);
        old = before ? find_near(before, i, group->config->arn) : NULL;
        if (old)
            group_carry(group, old);
    }
}

/* ---- the end ----------------------------------------------------------------- */

static void release(struct group *group, struct target_registry *registry,
                    void (*orphan)(void *owner, struct target *target),
                    void *owner)
{
    struct shared *shared = shared_of(group);

    if (atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; group_is_settled(group) && i < group->ntargets; i++) {
        if (target_unuse(registry, group->targets[i]))
            orphan(owner, group->targets[i]);
    }
    meter_release(group->meter);
    group_end(group);
    region_end(&shared->region);
    free(shared);
}

void group_set_release(struct group_set *set, struct target_registry *registry,
                       void (*orphan)(void *owner, struct target *target),
                       void *owner)
{
    if (atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < set->n; i++)
        release(set->groups[i], registry, orphan, owner);
    free(set->groups);
    free(set);
}
