/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a worker counts: a cell for each load balancer and for each group
 * behind it, by zone, that this worker alone writes.
 *
 * A cell is made when it is asked for the first time, and is good as long as
 * its meter: as long as somebody holds that (a snapshot does), or a connection
 * is counted in the cell as open, or it is pinned.
 */
#ifndef SLUICE_PROXY_METER_CELL_H
#define SLUICE_PROXY_METER_CELL_H

#include "base/list.h"
#include "base/memory.h"
#include "proxy/meter.h"
#include "stats/connections.h"

/* What all cells begin with. */
struct meter_cell {
    /* To targets; of a load balancer: those and its clients'. */
    _Alignas(MEMORY_LINE) struct connection_meter connections;
    _Atomic uint64_t pins;
    unsigned zone;
    struct meter_cell *_Atomic next; /* of the worker's in the meter */
};

struct balancer_cell {
    struct meter_cell cell;
    _Atomic uint64_t counts[BALANCER_COUNTS];
};

/* The extremes of the times in one turn: from one reading to the next. */
struct meter_span {
    _Atomic uint64_t turn;
    _Atomic uint64_t min_us;
    _Atomic uint64_t max_us;
};

struct group_cell {
    struct meter_cell cell;
    const _Atomic uint64_t *turn; /* which it is now */
    _Atomic uint64_t counts[GROUP_COUNTS];
    _Atomic uint64_t times_us;
    struct meter_span spans[2]; /* of this turn and of the one before */
    _Atomic uint64_t times[METER_TIMES];
    struct meter_told {
        uint64_t turn;
        uint64_t min_us;
        uint64_t max_us;
    } told; /* what was read last; the reader's */
};

struct meter {
    _Atomic unsigned refs; /* of snapshots, and of meters of its groups */
    bool told;             /* its last counts were read */
    uint32_t hash;
    struct meter *chained;  /* in the table */
    struct meter *balancer; /* of a group's: held; else NULL */
    struct str name;        /* its own */
    const _Atomic uint64_t *turn;
    unsigned nworkers;
    struct meter_cell *_Atomic cells[]; /* the newest, by worker */
};

/* The first of that zone. */
struct balancer_cell *meter_balancer_cell_new(struct meter *meter,
                                              unsigned worker, unsigned zone);
struct group_cell *meter_group_cell_new(struct meter *meter, unsigned worker,
                                        unsigned zone);

/* NULL: there is none yet. */
static inline struct meter_cell *meter_find(const struct meter *meter,
                                            unsigned worker, unsigned zone)
{
    struct meter_cell *cell =
        atomic_load_explicit(&meter->cells[worker], memory_order_relaxed);

    while (cell && cell->zone != zone)
        cell = atomic_load_explicit(&cell->next, memory_order_relaxed);
    return cell;
}

/* This worker's cell of that zone; NULL for NULL. */
static inline struct balancer_cell *
meter_balancer_cell(struct meter *meter, unsigned worker, unsigned zone)
{
    struct meter_cell *cell = meter ? meter_find(meter, worker, zone) : NULL;

    if (cell)
        return LIST_ENTRY_OF(cell, struct balancer_cell, cell);
    return meter ? meter_balancer_cell_new(meter, worker, zone) : NULL;
}

static inline struct group_cell *
meter_group_cell(struct meter *meter, unsigned worker, unsigned zone)
{
    struct meter_cell *cell = meter ? meter_find(meter, worker, zone) : NULL;

    if (cell)
        return LIST_ENTRY_OF(cell, struct group_cell, cell);
    return meter ? meter_group_cell_new(meter, worker, zone) : NULL;
}

/* `cell` may be NULL: nobody counts. */
static inline void balancer_cell_add(struct balancer_cell *cell,
                                     enum balancer_count what, uint64_t n)
{
    if (cell)
        connection_meter_add(&cell->counts[what], n);
}

static inline void group_cell_add(struct group_cell *cell,
                                  enum group_count what, uint64_t n)
{
    if (cell)
        connection_meter_add(&cell->counts[what], n);
}

/* One response more, after that time. */
void group_cell_time(struct group_cell *cell, uint64_t us);

/* The cell stays although nobody may hold its meter. */
void meter_cell_pin(struct meter_cell *cell);
void meter_cell_unpin(struct meter_cell *cell);

#endif
