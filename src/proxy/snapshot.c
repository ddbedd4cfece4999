/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/snapshot.h"

#include <stdlib.h>

#include "base/memory.h"

static const struct balancer *balancer_of(enum algorithm algorithm)
{
    switch (algorithm) {
    case ALGORITHM_LEAST_OUTSTANDING:
        return &balancer_least_outstanding;
    case ALGORITHM_ROUND_ROBIN:
        break;
    }
    return &balancer_round_robin;
}

static void compile_group(struct group *group, const struct config_group *from,
                          struct target_registry *registry)
{
    memcpy(group->name, from->name, sizeof(group->name));
    group->balancer = balancer_of(from->algorithm);
    group->retry = from->retry;
    group->ntargets = from->ntargets;
    group->targets =
        memory_zeroed(from->ntargets ? from->ntargets : 1, sizeof(void *));
    for (unsigned i = 0; i < from->ntargets; i++)
        group->targets[i] = target_use(registry, &from->targets[i]);
}

/* Turns go on where they were: with changes as frequent as requests, turns
 * that begin anew would all fall to the first. */
static void carry_over(struct snapshot *s, const struct snapshot *before)
{
    atomic_init(&s->cursor, atomic_load(&before->cursor));
    for (unsigned i = 0; i < s->ngroups; i++) {
        for (unsigned k = 0; k < before->ngroups; k++) {
            if (strcmp(s->groups[i].name, before->groups[k].name) == 0)
                atomic_init(&s->groups[i].cursor,
                            atomic_load(&before->groups[k].cursor));
        }
    }
}

struct snapshot *snapshot_compile(const struct config *config, uint64_t id,
                                  const struct snapshot *before,
                                  struct target_registry *registry,
                                  const struct inspector *inspector)
{
    struct snapshot *s = memory_zeroed(1, sizeof(*s));

    s->id = id;
    s->attributes = config->attributes;
    s->ngroups = config->ngroups;
    s->inspector = inspector;
    for (unsigned i = 0; i < config->ngroups; i++) {
        compile_group(&s->groups[i], &config->groups[i], registry);
        s->weights[i] = config->groups[i].weight;
    }
    if (before)
        carry_over(s, before);
    return s;
}

void snapshot_free(struct snapshot *s, struct target_registry *registry,
                   void (*orphan)(void *owner, struct target *target),
                   void *owner)
{
    for (unsigned i = 0; i < s->ngroups; i++) {
        struct group *group = &s->groups[i];

        for (unsigned k = 0; k < group->ntargets; k++) {
            if (target_unuse(registry, group->targets[k]))
                orphan(owner, group->targets[k]);
        }
        free(group->targets);
    }
    free(s);
}
