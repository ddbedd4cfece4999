/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/group.h"

/* ---- who is eligible ----------------------------------------------------- */

/* States, as bits of a set. */
enum {
    STATES_HEALTHY = 1 << TARGET_HEALTHY,
    STATES_REGISTERED =
        1 << TARGET_INITIAL | 1 << TARGET_HEALTHY | 1 << TARGET_UNHEALTHY,
    STATES_ALL =
        STATES_REGISTERED | 1 << TARGET_UNUSED | 1 << TARGET_UNAVAILABLE,
};

static bool is_in(const struct group *group, unsigned i, unsigned states)
{
    return states >> atomic_load_explicit(&group->targets[i]->state,
                                          memory_order_relaxed) &
           1;
}

static unsigned count(const struct group *group, unsigned states)
{
    unsigned n = 0;

    for (unsigned i = 0; i < group->ntargets; i++)
        n += is_in(group, i, states);
    return n;
}

/* Both thresholds hold when both are given. */
static bool too_few(const struct group_attributes *attributes, unsigned healthy,
                    unsigned registered)
{
    return healthy < attributes->routing_count ||
           (uint64_t)healthy * 100 <
               (uint64_t)registered * attributes->routing_percent;
}

/* The states in which a target of the group may be chosen. */
static unsigned states_wanted(const struct group *group, bool *fail_open)
{
    unsigned registered;

    *fail_open = false;
    if (group->config->load_balancer == NULL)
        return 0;
    if (!group->config->health.enabled)
        return STATES_ALL;
    registered = count(group, STATES_REGISTERED);
    *fail_open =
        registered && too_few(&group->config->attributes,
                              count(group, STATES_HEALTHY), registered);
    return *fail_open ? STATES_REGISTERED : STATES_HEALTHY;
}

/* A reader takes the count first.  So entries that a greater count brings into
 * sight are there before it; those that a smaller one leaves behind stay as
 * they are, for the reader that has the old count. */
void group_refresh(struct group *group)
{
    bool fail_open;
    unsigned states = states_wanted(group, &fail_open);
    unsigned wanted = count(group, states);
    unsigned n = 0;

    if (wanted < atomic_load_explicit(&group->neligible, memory_order_relaxed))
        atomic_store_explicit(&group->neligible, wanted, memory_order_release);
    for (unsigned i = 0; i < group->ntargets; i++) {
        if (is_in(group, i, states))
            atomic_store_explicit(&group->eligible[n++], (uint16_t)i,
                                  memory_order_relaxed);
    }
    atomic_store_explicit(&group->neligible, n, memory_order_release);
    atomic_store_explicit(&group->fail_open, fail_open, memory_order_relaxed);
}

bool group_may_choose(const struct group *group, const struct target *target)
{
    unsigned states = STATES_HEALTHY | 1 << TARGET_UNAVAILABLE;

    if (!group->config->health.enabled ||
        atomic_load_explicit(&group->fail_open, memory_order_relaxed))
        states |= STATES_REGISTERED;
    return states >>
               atomic_load_explicit(&target->state, memory_order_relaxed) &
           1;
}

/* ---- choice -------------------------------------------------------------- */

struct target *group_choose(struct group *group)
{
    unsigned n = atomic_load_explicit(&group->neligible, memory_order_acquire);

    return n ? group->balancer->choose(group, n) : NULL;
}

static bool is_one_of(const struct target *target, struct target *const *tried,
                      unsigned ntried)
{
    for (unsigned i = 0; i < ntried; i++) {
        if (tried[i] == target)
            return true;
    }
    return false;
}

struct target *group_choose_other(struct group *group,
                                  struct target *const *tried, unsigned ntried)
{
    unsigned n = atomic_load_explicit(&group->neligible, memory_order_acquire);
    uint64_t turn =
        atomic_fetch_add_explicit(&group->cursor, 1, memory_order_relaxed);

    for (unsigned i = 0; i < n; i++) {
        struct target *t = group_eligible(group, (unsigned)((turn + i) % n));

        if (!is_one_of(t, tried, ntried) && !target_drains(t))
            return t;
    }
    return NULL;
}

int group_weighted(const unsigned *weights, unsigned n,
                   _Atomic uint64_t *cursor)
{
    uint64_t total = 0;
    uint64_t turn;
    uint64_t point;

    for (unsigned i = 0; i < n; i++)
        total += weights[i];
    if (total == 0)
        return -1;
    /* Multiples of the golden ratio, modulo 1, fill [0, 1) as evenly as any
     * sequence that never repeats (Weyl). */
    turn = atomic_fetch_add_explicit(cursor, 1, memory_order_relaxed);
    point = (turn * 0x9e3779b97f4a7c15u >> 32) * total >> 32;
    for (unsigned i = 0; i < n; i++) {
        if (point < weights[i])
            return (int)i;
        point -= weights[i];
    }
    return -1; /* not reached: point < total */
}
