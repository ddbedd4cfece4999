/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/group.h"

#include <stdlib.h>

#include "lb/zone.h"
#include "net/tls_context.h"

/* ---- its zones ----------------------------------------------------------- */

/* The name of the zone that a target counts for. */
static struct str zone_name(const struct config_group *config, unsigned i,
                            struct str here)
{
    if (config->attributes.cross_zone != CROSS_ZONE_FALSE)
        return STR("");
    return config->targets[i].zone.n ? config->targets[i].zone : here;
}

static struct group_zone *find_zone(const struct group *group, struct str name)
{
    for (unsigned i = 0; i < group->nzones; i++) {
        if (str_eq(group->zones[i].name, name))
            return &group->zones[i];
    }
    return NULL;
}

static void add_zone(struct group *group, struct str name)
{
    struct group_zone *zone = &group->zones[group->nzones++];

    zone->group = group;
    zone->name = name;
    zone->hash = zone_hash(name);
}

/* Every zone and how many targets it has. */
static void find_zones(struct group *group, struct str here)
{
    const struct config_group *config = group->config;
    bool own = config->attributes.cross_zone == CROSS_ZONE_FALSE;

    if (here.n && own)
        add_zone(group, here);
    for (unsigned i = 0; i < group->ntargets; i++) {
        struct str name = zone_name(config, i, here);
        struct group_zone *zone = find_zone(group, name);

        if (zone == NULL && !(here.n && own)) {
            add_zone(group, name);
            zone = &group->zones[group->nzones - 1];
        }
        if (zone)
            zone->ntargets++;
    }
    if (group->nzones == 0)
        add_zone(group, STR(""));
}

static void fill_zones(struct group *group, struct str here)
{
    struct target **next = group->members;

    for (unsigned i = 0; i < group->nzones; i++) {
        struct group_zone *zone = &group->zones[i];
        unsigned n = zone->ntargets ? zone->ntargets : 1;

        zone->targets = next;
        zone->eligible = memory_zeroed(n, sizeof(*zone->eligible));
        zone->sums = memory_zeroed(n, sizeof(*zone->sums));
        next += zone->ntargets;
        zone->ntargets = 0; /* grows again below */
    }
    for (unsigned i = 0; i < group->ntargets; i++) {
        struct group_zone *zone =
            find_zone(group, zone_name(group->config, i, here));

        if (zone)
            zone->targets[zone->ntargets++] = group->targets[i];
    }
}

static const struct balancer *balancer_of(enum algorithm algorithm)
{
    switch (algorithm) {
    case ALGORITHM_LEAST_OUTSTANDING:
        return &balancer_least_outstanding;
    case ALGORITHM_WEIGHTED_RANDOM:
        return &balancer_weighted_random;
    case ALGORITHM_ROUND_ROBIN:
        break;
    }
    return &balancer_round_robin;
}

void group_init(struct group *group, const struct config_group *config,
                struct target *const *targets, struct str here)
{
    unsigned n = config->ntargets;
    bool own = config->attributes.cross_zone == CROSS_ZONE_FALSE;

    *group = (struct group){
        .config = config,
        .balancer = balancer_of(config->attributes.algorithm),
        .ntargets = n,
        .targets = memory_zeroed(n + 1, sizeof(struct target *)),
        .members = memory_zeroed(n + 1, sizeof(struct target *)),
        .zones = memory_zeroed(own ? n + 1 : 1, sizeof(struct group_zone)),
    };
    for (unsigned i = 0; i < n; i++)
        group->targets[i] = targets[i];
    find_zones(group, here);
    fill_zones(group, here);
}

void group_move(struct group *to, const struct group *from)
{
    *to = *from;
    for (unsigned i = 0; i < to->nzones; i++)
        to->zones[i].group = to;
}

void group_end(struct group *group)
{
    for (unsigned i = 0; i < group->nzones; i++) {
        free((void *)(uintptr_t)group->zones[i].eligible);
        free((void *)(uintptr_t)group->zones[i].sums);
    }
    free(group->zones);
    free(group->members);
    free(group->targets);
    tls_context_release(group->tls);
}

void group_carry(struct group *group, const struct group *before)
{
    for (unsigned i = 0; i < group->nzones; i++) {
        const struct group_zone *old = find_zone(before, group->zones[i].name);

        if (old)
            atomic_init(&group->zones[i].cursor, atomic_load(&old->cursor));
    }
}

/* ---- who is eligible ----------------------------------------------------- */

/* States, as bits of a set. */
enum {
    STATES_HEALTHY = 1 << TARGET_HEALTHY,
    STATES_REGISTERED =
        1 << TARGET_INITIAL | 1 << TARGET_HEALTHY | 1 << TARGET_UNHEALTHY,
    STATES_ALL =
        STATES_REGISTERED | 1 << TARGET_UNUSED | 1 << TARGET_UNAVAILABLE,
};

static bool is_in(const struct target *target, unsigned states)
{
    return states >>
               atomic_load_explicit(&target->state, memory_order_relaxed) &
           1;
}

static unsigned count(const struct group_zone *zone, unsigned states)
{
    unsigned n = 0;

    for (unsigned i = 0; i < zone->ntargets; i++)
        n += is_in(zone->targets[i], states);
    return n;
}

/* Both thresholds hold when both are given; 0 is off. */
static bool too_few(unsigned healthy, unsigned registered, uint32_t least,
                    uint32_t percent)
{
    return healthy < least ||
           (uint64_t)healthy * 100 < (uint64_t)registered * percent;
}

/* The states in which a target of the zone may be chosen, by its health. */
static unsigned look_at_health(const struct group_zone *zone, bool *fail_open,
                               bool *dns_out)
{
    const struct config_group *config = zone->group->config;
    const struct group_attributes *a = &config->attributes;
    unsigned registered;
    unsigned healthy;

    *fail_open = false;
    *dns_out = false;
    if (config->load_balancer == NULL)
        return 0;
    if (!config->health.enabled)
        return STATES_ALL;
    registered = count(zone, STATES_REGISTERED);
    healthy = count(zone, STATES_HEALTHY);
    *fail_open = registered && too_few(healthy, registered, a->routing_count,
                                       a->routing_percent);
    *dns_out = too_few(healthy, registered, a->dns_count, a->dns_percent);
    return *fail_open ? STATES_REGISTERED : STATES_HEALTHY;
}

/* Who is eligible; true when they do not all weigh the same.  A reader takes the count first.  So
 * entries that a greater count brings into sight are there before it; those
 * that a smaller one leaves behind stay as they are, for the reader that has
 * the old count. */
static bool list(struct group_zone *zone, unsigned states)
{
    unsigned wanted = count(zone, states);
    unsigned n = 0;
    uint32_t sum = 0;
    bool weighted = false;

    if (wanted < atomic_load_explicit(&zone->neligible, memory_order_relaxed))
        atomic_store_explicit(&zone->neligible, wanted, memory_order_release);
    for (unsigned i = 0; i < zone->ntargets; i++) {
        const struct target *t = zone->targets[i];

        if (!is_in(t, states))
            continue;
        sum += t->balance.weight;
        weighted |= t->balance.weight != WEIGHT_FULL;
        atomic_store_explicit(&zone->sums[n], sum, memory_order_relaxed);
        atomic_store_explicit(&zone->eligible[n++], (uint16_t)i,
                              memory_order_relaxed);
    }
    atomic_store_explicit(&zone->neligible, n, memory_order_release);
    return weighted;
}

static void refresh(struct group_zone *zone)
{
    bool fail_open;
    bool dns_out;
    unsigned states = look_at_health(zone, &fail_open, &dns_out);
    bool weighted = list(zone, states) && !fail_open;

    atomic_store_explicit(&zone->weighted, weighted, memory_order_relaxed);
    atomic_store_explicit(&zone->fail_open, fail_open, memory_order_relaxed);
    atomic_store_explicit(&zone->dns_out, dns_out, memory_order_relaxed);
}

void group_refresh(struct group *group)
{
    for (unsigned i = 0; i < group->nzones; i++)
        refresh(&group->zones[i]);
}

static bool has(const struct group_zone *zone, const struct target *target)
{
    unsigned i = 0;

    if (zone->ntargets == zone->group->ntargets)
        return true;
    while (i < zone->ntargets && zone->targets[i] != target)
        i++;
    return i < zone->ntargets;
}

bool group_may_choose(const struct group *group, const struct target *target)
{
    unsigned states = STATES_HEALTHY | 1 << TARGET_UNAVAILABLE;

    for (unsigned i = 0; i < group->nzones; i++) {
        const struct group_zone *zone = &group->zones[i];

        if (!has(zone, target))
            continue;
        if (!group->config->health.enabled ||
            atomic_load_explicit(&zone->fail_open, memory_order_relaxed))
            states |= STATES_REGISTERED;
        return is_in(target, states);
    }
    return false;
}

/* ---- zones --------------------------------------------------------------- */

/* The zone with the highest number for this client: groups with the same zones
 * agree on it, and so do those that lack some. */
static struct group_zone *highest(struct group *group, uint64_t client,
                                  bool all)
{
    struct group_zone *best = NULL;
    uint64_t most = 0;

    for (unsigned i = 0; i < group->nzones; i++) {
        struct group_zone *zone = &group->zones[i];
        uint64_t number = zone_number(client, zone->hash);

        if (!all && atomic_load_explicit(&zone->dns_out, memory_order_relaxed))
            continue;
        if (best == NULL || number > most) {
            best = zone;
            most = number;
        }
    }
    return best;
}

struct group_zone *group_zone_of(struct group *group, uint64_t client)
{
    struct group_zone *zone;

    if (group->nzones == 1)
        return group->zones;
    client = zone_mix(client);
    zone = highest(group, client, false);
    return zone ? zone : highest(group, client, true);
}

/* ---- choice -------------------------------------------------------------- */

struct target *group_choose(struct group_zone *zone, struct random *random)
{
    unsigned n = atomic_load_explicit(&zone->neligible, memory_order_acquire);

    return n ? zone->group->balancer->choose(zone, n, random) : NULL;
}

/* Sums may be read while others take their places: any index is good then. */
unsigned group_weigh(const struct group_zone *zone, unsigned n, uint32_t point)
{
    uint64_t total =
        atomic_load_explicit(&zone->sums[n - 1], memory_order_relaxed);
    unsigned low = 0;
    unsigned high = n - 1;

    point = (uint32_t)(point * total >> 32);
    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (point <
            atomic_load_explicit(&zone->sums[middle], memory_order_relaxed))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
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

struct target *group_choose_other(struct group_zone *zone,
                                  struct target *const *tried, unsigned ntried)
{
    unsigned n = atomic_load_explicit(&zone->neligible, memory_order_acquire);
    uint64_t turn =
        atomic_fetch_add_explicit(&zone->cursor, 1, memory_order_relaxed);

    for (unsigned i = 0; i < n; i++) {
        struct target *t = group_eligible(zone, (unsigned)((turn + i) % n));

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
    turn = atomic_fetch_add_explicit(cursor, 1, memory_order_relaxed);
    point = group_point(turn) * total >> 32;
    for (unsigned i = 0; i < n; i++) {
        if (point < weights[i])
            return (int)i;
        point -= weights[i];
    }
    return -1; /* not reached: point < total */
}
