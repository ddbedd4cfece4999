/* SPDX-License-Identifier: Apache-2.0
 *
 * Meters: where workers count.
 */
#include "proxy/meter_cell.h"

#include "base/list.h"
#include "proxy/meter_internal.h"

/* Who reads finds it with all that is in it. */
static void add(struct meter *meter, unsigned worker, struct meter_cell *cell)
{
    atomic_init(&cell->next, atomic_load_explicit(&meter->cells[worker],
                                                  memory_order_relaxed));
    atomic_store_explicit(&meter->cells[worker], cell, memory_order_release);
}

struct balancer_cell *meter_balancer_cell_new(struct meter *meter,
                                              unsigned worker, unsigned zone)
{
    struct balancer_cell *cell = memory_zeroed_lines(1, sizeof(*cell));

    cell->cell.zone = zone;
    add(meter, worker, &cell->cell);
    return cell;
}

struct group_cell *meter_group_cell_new(struct meter *meter, unsigned worker,
                                        unsigned zone)
{
    struct group_cell *cell = memory_zeroed_lines(1, sizeof(*cell));
    struct balancer_cell *above =
        meter_balancer_cell(meter->balancer, worker, zone);

    cell->cell.zone = zone;
    cell->cell.connections.above = &above->cell.connections;
    cell->turn = meter->turn;
    add(meter, worker, &cell->cell);
    return cell;
}

/* ---- pins ------------------------------------------------------------------- */

static void pin(struct meter_cell *cell, uint64_t n)
{
    uint64_t pins = atomic_load_explicit(&cell->pins, memory_order_relaxed);

    atomic_store_explicit(&cell->pins, pins + n, memory_order_release);
}

void meter_cell_pin(struct meter_cell *cell)
{
    pin(cell, 1);
}

void meter_cell_unpin(struct meter_cell *cell)
{
    pin(cell, UINT64_MAX);
}

/* ---- times ------------------------------------------------------------------ */

unsigned meter_time_bucket(uint64_t us)
{
    unsigned octave;
    uint64_t above; /* the octave's begin, of 2^32 */

    if (us < METER_TIMES_EXACT)
        return (unsigned)us;
    if (us > UINT32_MAX)
        return METER_TIMES - 1;
    octave = 31 - (unsigned)__builtin_clz((unsigned)us);
    above = (us << 32 >> octave) - ((uint64_t)1 << 32);
    return METER_TIMES_EXACT + (octave - 5) * METER_TIMES_OCTAVE +
           (unsigned)(above * METER_TIMES_OCTAVE >> 32);
}

static void widen(struct meter_span *span, uint64_t turn, uint64_t us)
{
    bool first =
        atomic_load_explicit(&span->turn, memory_order_relaxed) != turn;

    if (first || us < atomic_load_explicit(&span->min_us, memory_order_relaxed))
        atomic_store_explicit(&span->min_us, us, memory_order_relaxed);
    if (first || us > atomic_load_explicit(&span->max_us, memory_order_relaxed))
        atomic_store_explicit(&span->max_us, us, memory_order_relaxed);
    if (first)
        atomic_store_explicit(&span->turn, turn, memory_order_release);
}

void group_cell_time(struct group_cell *cell, uint64_t us)
{
    uint64_t turn = atomic_load_explicit(cell->turn, memory_order_relaxed);

    widen(&cell->spans[turn & 1], turn, us);
    connection_meter_add(&cell->times_us, us);
    connection_meter_add(&cell->times[meter_time_bucket(us)], 1);
}
