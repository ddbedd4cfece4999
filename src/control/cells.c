/* SPDX-License-Identifier: Apache-2.0 */
#include "control/cells.h"

#include <stdlib.h>

#include "base/memory.h"

enum { BUCKETS = 1024 };

struct cells {
    struct region region;
    struct cell *first;
    struct cell **end;
    struct cell *buckets[BUCKETS];
};

struct cells *cells_new(void)
{
    struct cells *cells = memory_zeroed(1, sizeof(*cells));

    cells->end = &cells->first;
    return cells;
}

void cells_free(struct cells *cells)
{
    if (cells)
        region_end(&cells->region);
    free(cells);
}

struct cell *cells_next(const struct cells *cells, const struct cell *after)
{
    return after ? after->next : cells->first;
}

/* ---- a cell -------------------------------------------------------------------- */

static uint32_t hash_of(uint32_t hash, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (uint8_t)s.p[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static struct cell *find(struct cell *cell, struct str balancer,
                         struct str group, struct str zone)
{
    while (cell && !(str_eq(cell->group, group) && str_eq(cell->zone, zone) &&
                     str_eq(cell->balancer, balancer)))
        cell = cell->chain;
    return cell;
}

static struct cell *make(struct cells *cells, struct str balancer,
                         struct str group, struct str zone)
{
    struct cell *cell = region_take(&cells->region, sizeof(*cell));

    cell->balancer = region_copy(&cells->region, balancer);
    cell->group = region_copy(&cells->region, group);
    cell->zone = region_copy(&cells->region, zone);
    *cells->end = cell;
    cells->end = &cell->next;
    return cell;
}

static struct cell *at(struct cells *cells, struct str balancer,
                       struct str group, struct str zone)
{
    uint32_t hash =
        hash_of(hash_of(hash_of(2166136261u, balancer), group), zone);
    struct cell **bucket = &cells->buckets[hash % BUCKETS];
    struct cell *cell = find(*bucket, balancer, group, zone);

    if (cell == NULL) {
        cell = make(cells, balancer, group, zone);
        cell->chain = *bucket;
        *bucket = cell;
    }
    return cell;
}

struct cell *cells_at(struct cells *cells, struct str balancer,
                      struct str group, struct str zone)
{
    struct cell *cell = at(cells, balancer, group, zone);

    if (cell->all == NULL) {
        cell->all = at(cells, balancer, STR(""), STR(""));
        cell->all->all = cell->all;
        cell->all->zoned = cell->all->zoned || zone.n;
    }
    return cell;
}

/* ---- gauges ---------------------------------------------------------------------- */

/* So many of a group are of its load balancer, too. */
static bool adds_up(enum gauge gauge)
{
    return gauge == GAUGE_REGISTERED;
}

static void say(struct cell *cell, enum gauge gauge, uint64_t n)
{
    cell->now[gauge] += n;
    cell->said |= 1u << gauge;
}

void cells_gauge(struct cells *cells, struct str balancer, struct str group,
                 struct str zone, enum gauge gauge, uint64_t n)
{
    if (zone.n)
        say(cells_at(cells, balancer, group, zone), gauge, n);
    say(cells_at(cells, balancer, group, STR("")), gauge, n);
    if (group.n && adds_up(gauge))
        cells_gauge(cells, balancer, STR(""), zone, gauge, n);
}

static void take(struct datum *d, double value)
{
    if (d->n == 0 || value < d->min)
        d->min = value;
    if (d->n == 0 || value > d->max)
        d->max = value;
    d->n++;
    d->sum += value;
}

void cells_sampled(struct cells *cells)
{
    for (struct cell *cell = cells->first; cell; cell = cell->next) {
        for (unsigned i = 0; i < GAUGES; i++)
            if (cell->said >> i & 1)
                take(&cell->gauges[i], (double)cell->now[i]);
        memset(cell->now, 0, sizeof(cell->now));
        cell->said = 0;
    }
}

/* ---- counts ------------------------------------------------------------------------ */

/* Readings mostly stand where they stood before. */
static const struct balancer_reading *
balancer_before(const struct meters_reading *before, unsigned hint,
                const struct balancer_reading *now)
{
    for (unsigned i = 0; i < before->nbalancers; i++) {
        const struct balancer_reading *was =
            &before->balancers[(i + hint) % before->nbalancers];

        if (str_eq(was->balancer, now->balancer) &&
            str_eq(was->zone, now->zone))
            return was;
    }
    return NULL;
}

static const struct group_reading *
group_before(const struct meters_reading *before, unsigned hint,
             const struct group_reading *now)
{
    for (unsigned i = 0; i < before->ngroups; i++) {
        const struct group_reading *was =
            &before->groups[(i + hint) % before->ngroups];

        if (str_eq(was->group, now->group) && str_eq(was->zone, now->zone) &&
            str_eq(was->balancer, now->balancer))
            return was;
    }
    return NULL;
}

/* A meter that was forgotten and made again begins at 0. */
static uint64_t difference(uint64_t now, uint64_t before)
{
    return now >= before ? now - before : now;
}

static void count_balancer(struct cell *cell,
                           const struct balancer_reading *was,
                           const struct balancer_reading *now)
{
    cell->counted = true;
    for (unsigned i = 0; i < BALANCER_COUNTS; i++)
        cell->counts[i] += difference(now->counts[i], was ? was->counts[i] : 0);
}

static void count_times(struct cells *cells, struct cell *cell,
                        const struct group_reading *was,
                        const struct group_reading *now)
{
    struct response_times *t = cell->times;

    if (t == NULL)
        t = cell->times = region_take(&cells->region, sizeof(*t));
    for (unsigned i = 0; i < METER_TIMES; i++) {
        uint64_t n = difference(now->times[i], was ? was->times[i] : 0);

        t->counts[i] += n;
        t->n += n;
    }
    t->sum_us += difference(now->times_us, was ? was->times_us : 0);
    if (now->max_us && (t->max_us == 0 || now->min_us < t->min_us))
        t->min_us = now->min_us;
    if (now->max_us > t->max_us)
        t->max_us = now->max_us;
}

static void count_group(struct cells *cells, struct cell *cell,
                        const struct group_reading *was,
                        const struct group_reading *now, bool times)
{
    cell->counted = true;
    for (unsigned i = 0; i < GROUP_COUNTS; i++)
        cell->of_groups[i] +=
            difference(now->counts[i], was ? was->counts[i] : 0);
    if (times)
        count_times(cells, cell, was, now);
}

/* Whether any response came. */
static bool has_times(const struct group_reading *was,
                      const struct group_reading *now)
{
    return was == NULL ||
           memcmp(was->times, now->times, sizeof(now->times)) != 0;
}

static void count_groups(struct cells *cells, const struct group_reading *was,
                         const struct group_reading *now)
{
    const struct str none = STR("");
    bool times = has_times(was, now);

    for (unsigned i = 0; i < 4; i++) {
        struct str group = i & 1 ? now->group : none;
        struct str zone = i & 2 ? now->zone : none;

        if (!(i & 2) || zone.n)
            count_group(cells, cells_at(cells, now->balancer, group, zone), was,
                        now, times);
    }
}

void cells_count(struct cells *cells, const struct meters_reading *before,
                 const struct meters_reading *after)
{
    for (unsigned i = 0; i < after->nbalancers; i++) {
        const struct balancer_reading *now = &after->balancers[i];
        const struct balancer_reading *was = balancer_before(before, i, now);

        count_balancer(cells_at(cells, now->balancer, STR(""), STR("")), was,
                       now);
        if (now->zone.n)
            count_balancer(cells_at(cells, now->balancer, STR(""), now->zone),
                           was, now);
    }
    for (unsigned i = 0; i < after->ngroups; i++)
        count_groups(cells, group_before(before, i, &after->groups[i]),
                     &after->groups[i]);
}
