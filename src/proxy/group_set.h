/* SPDX-License-Identifier: Apache-2.0
 *
 * The groups of a snapshot.
 *
 * A group that says the same as one of the snapshot before is that one: its
 * targets, turns and connections go on, and nobody has to look at it again.  A
 * set is counted, so that snapshots whose groups are all the same share it
 * whole.
 */
#ifndef SLUICE_PROXY_GROUP_SET_H
#define SLUICE_PROXY_GROUP_SET_H

#include "lb/group.h"

struct group_set {
    _Atomic unsigned refs;
    unsigned n;
    struct group **groups; /* in the order of config->groups */
};

/* The set of a config: groups of `before` (may be NULL) that say the same, and
 * new ones, which have no targets before group_set_settle().  A group keeps
 * what it needs of the config.  On any thread, as long as somebody holds
 * `before`. */
struct group_set *group_set_new(const struct config *config,
                                const struct group_set *before);

struct group_set *group_set_hold(struct group_set *set);

/* Gives the new groups their targets, from (or into) the registry, and the
 * turns of those of the same ARN before.  On the thread of the registry. */
void group_set_settle(struct group_set *set, const struct group_set *before,
                      struct str zone, struct target_registry *registry);

/* Whether that was done with this group. */
static inline bool group_is_settled(const struct group *group)
{
    return group->targets != NULL;
}

/* Targets that nobody else uses are handed to `orphan` (the registry's
 * reference with them).  On the thread of the registry, or on any one while
 * no last hold on a settled group goes. */
void group_set_release(struct group_set *set, struct target_registry *registry,
                       void (*orphan)(void *owner, struct target *target),
                       void *owner);

/* NULL when there is none. */
struct group *group_set_find(const struct group_set *set, struct str arn);

#endif
