/* SPDX-License-Identifier: Apache-2.0
 *
 * Meters: who reads them.
 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "base/list.h"
#include "proxy/meter_internal.h"

double meter_time_of(unsigned bucket)
{
    unsigned above = bucket - METER_TIMES_EXACT;
    double step = above % METER_TIMES_OCTAVE + 0.5;
    int octave = (int)(above / METER_TIMES_OCTAVE);

    if (bucket < METER_TIMES_EXACT)
        return bucket / 1e6;
    return ldexp(METER_TIMES_EXACT, octave) * (1 + step / METER_TIMES_OCTAVE) /
           1e6;
}

static uint64_t load(const _Atomic uint64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

/* ---- cells ------------------------------------------------------------------ */

static void add_balancer(struct balancer_reading *row,
                         const struct meter_cell *from)
{
    const struct balancer_cell *cell =
        LIST_ENTRY_OF((uintptr_t)from, struct balancer_cell, cell);

    for (unsigned i = 0; i < BALANCER_COUNTS; i++)
        row->counts[i] += load(&cell->counts[i]);
    row->counts[BALANCER_new_connections] += load(&from->connections.opened);
    row->connections += load(&from->connections.open);
}

static void add_group(struct group_reading *row, const struct group_cell *cell)
{
    const struct connection_meter *connections = &cell->cell.connections;

    row->times_us += load(&cell->times_us);
    for (unsigned i = 0; i < METER_TIMES; i++)
        row->times[i] += load(&cell->times[i]);
    for (unsigned i = 0; i < GROUP_COUNTS; i++)
        row->counts[i] += load(&cell->counts[i]);
    row->counts[GROUP_connection_errors] += load(&connections->errors);
    row->counts[GROUP_tls_errors] += load(&connections->tls_errors);
}

static void widen(struct group_reading *row, uint64_t min, uint64_t max)
{
    bool first = row->min_us == 0 && row->max_us == 0;

    if (first || min < row->min_us)
        row->min_us = min;
    if (max > row->max_us)
        row->max_us = max;
}

static void add_span(struct group_reading *row, struct group_cell *cell,
                     uint64_t turn)
{
    const struct meter_span *span = &cell->spans[turn & 1];
    struct meter_told now = {
        .turn = atomic_load_explicit(&span->turn, memory_order_acquire),
        .min_us = load(&span->min_us),
        .max_us = load(&span->max_us),
    };
    const struct meter_told *told = &cell->told;

    if (now.turn != turn || (told->turn == turn && told->min_us == now.min_us &&
                             told->max_us == now.max_us))
        return;
    widen(row, now.min_us, now.max_us);
    cell->told = now;
}

/* A worker that was in the middle of it may have written to the span of the
 * turn before after that was read: then that is read now. */
static void add_extremes(struct group_reading *row, struct group_cell *cell,
                         uint64_t ended)
{
    if (ended == 0)
        return;
    add_span(row, cell, ended - 1);
    add_span(row, cell, ended);
}

/* ---- rows ------------------------------------------------------------------- */

/* Numbers of rows that one meter has, by zone. */
struct zone_rows {
    unsigned n;
    unsigned *of; /* 1 is the first; 0: none */
};

/* One row for each zone that has cells, up to `max` zones. */
static void find_rows(const struct meters *meters, const struct meter *meter,
                      unsigned max, struct zone_rows *rows)
{
    rows->n = 0;
    memset(rows->of, 0, meters->nzones * sizeof(*rows->of));
    for (unsigned i = 0; i < meter->nworkers; i++) {
        for (const struct meter_cell *c = meter_first(meter, i); c;
             c = meter_next(c)) {
            if (rows->of[c->zone] == 0 && rows->n < max)
                rows->of[c->zone] = ++rows->n;
        }
    }
}

struct reader {
    const struct meters *meters;
    struct region *region;
    uint64_t ended; /* the turn that ended; 0: none did */
    struct zone_rows zones;
    struct balancer_reading *balancers;
    struct group_reading *groups;
    struct meters_reading reading;
};

/* A cell of a zone that had none when the rows were found, a moment ago, waits
 * for the next time. */
static void read_balancer(struct reader *r, const struct meter *meter)
{
    struct balancer_reading *rows = &r->balancers[r->reading.nbalancers];
    struct str name = region_copy(r->region, meter->name);

    for (unsigned z = 0; z < r->meters->nzones; z++) {
        if (r->zones.of[z])
            rows[r->zones.of[z] - 1] = (struct balancer_reading){
                .balancer = name, .zone = r->meters->zones[z]};
    }
    for (unsigned i = 0; i < meter->nworkers; i++) {
        for (const struct meter_cell *c = meter_first(meter, i); c;
             c = meter_next(c)) {
            if (r->zones.of[c->zone])
                add_balancer(&rows[r->zones.of[c->zone] - 1], c);
        }
    }
    r->reading.nbalancers += r->zones.n;
}

static void read_group_cell(struct reader *r, struct group_reading *row,
                            struct meter_cell *from)
{
    struct group_cell *cell = LIST_ENTRY_OF(from, struct group_cell, cell);

    add_group(row, cell);
    add_extremes(row, cell, r->ended);
}

static void read_group(struct reader *r, const struct meter *meter)
{
    struct group_reading *rows = &r->groups[r->reading.ngroups];
    struct str balancer = region_copy(r->region, meter->balancer->name);
    struct str name = region_copy(r->region, meter->name);

    for (unsigned z = 0; z < r->meters->nzones; z++) {
        if (r->zones.of[z])
            rows[r->zones.of[z] - 1] =
                (struct group_reading){.balancer = balancer,
                                       .group = name,
                                       .zone = r->meters->zones[z]};
    }
    for (unsigned i = 0; i < meter->nworkers; i++) {
        for (struct meter_cell *c = meter_first(meter, i); c;
             c = meter_next(c)) {
            if (r->zones.of[c->zone])
                read_group_cell(r, &rows[r->zones.of[c->zone] - 1], c);
        }
    }
    r->reading.ngroups += r->zones.n;
}

/* ---- all of them ------------------------------------------------------------ */

/* Finds room for a row of each zone of each meter.  `*max` gets how many zones
 * each has: there may be more by the time that it is read. */
static void make_room(struct reader *r, unsigned *max)
{
    const struct meters *meters = r->meters;
    size_t n[2] = {1, 1};

    r->zones.of = region_take(r->region, meters->nzones * sizeof(*r->zones.of));
    for (unsigned i = 0; i < meters->ntable; i++) {
        for (const struct meter *m = meters->table[i]; m; m = m->chained) {
            find_rows(meters, m, UINT_MAX, &r->zones);
            n[meter_is_group(m)] += *max++ = r->zones.n;
        }
    }
    r->balancers = region_take(r->region, n[0] * sizeof(*r->balancers));
    r->groups = region_take(r->region, n[1] * sizeof(*r->groups));
}

static struct meters_reading read_all(const struct meters *meters,
                                      struct region *region, uint64_t ended)
{
    struct reader r = {.meters = meters, .region = region, .ended = ended};
    unsigned *max =
        region_take(region, (meters_kept(meters) + 1) * sizeof(*max));

    make_room(&r, max);
    for (unsigned i = 0; i < meters->ntable; i++) {
        for (const struct meter *m = meters->table[i]; m; m = m->chained) {
            find_rows(meters, m, *max++, &r.zones);
            if (meter_is_group(m))
                read_group(&r, m);
            else
                read_balancer(&r, m);
        }
    }
    r.reading.balancers = r.balancers;
    r.reading.groups = r.groups;
    return r.reading;
}

struct meters_reading meters_look(const struct meters *meters,
                                  struct region *region)
{
    return read_all(meters, region, 0);
}

/* ---- the end of some -------------------------------------------------------- */

/* Somebody may still count. */
static bool is_used(const struct meter *meter)
{
    if (atomic_load_explicit(&meter->refs, memory_order_acquire))
        return true;
    for (unsigned i = 0; i < meter->nworkers; i++) {
        for (const struct meter_cell *c = meter_first(meter, i); c;
             c = meter_next(c)) {
            if (atomic_load_explicit(&c->pins, memory_order_acquire) ||
                connection_meter_is_used(&c->connections))
                return true;
        }
    }
    return false;
}

static void drop(struct meters *meters, struct meter *meter)
{
    meters->n[meter_is_group(meter)]--;
    meter_release(meter->balancer);
    meter_free(meter);
}

/* Those whose last counts were read go; the last counts of those that are not
 * used any more are about to be. */
static void sweep(struct meters *meters, struct meter **link)
{
    while (*link) {
        struct meter *meter = *link;
        bool used = is_used(meter);

        if (used || !meter->told) {
            meter->told = !used;
            link = &meter->chained;
            continue;
        }
        *link = meter->chained;
        drop(meters, meter);
    }
}

struct meters_reading meters_read(struct meters *meters, struct region *region)
{
    uint64_t ended = atomic_load_explicit(&meters->turn, memory_order_relaxed);

    for (unsigned i = 0; i < meters->ntable; i++)
        sweep(meters, &meters->table[i]);
    atomic_store_explicit(&meters->turn, ended + 1, memory_order_relaxed);
    return read_all(meters, region, ended);
}
