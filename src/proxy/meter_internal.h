/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of meters, shared by the file that keeps them (meter.c), the one
 * where workers count (meter_cell.c) and the one that reads (meter_read.c).
 */
#ifndef SLUICE_PROXY_METER_INTERNAL_H
#define SLUICE_PROXY_METER_INTERNAL_H

#include "proxy/meter_cell.h"

struct meters {
    unsigned nworkers;
    _Atomic uint64_t turn; /* that no reading has ended yet */
    unsigned n[2];         /* of load balancers, of groups */
    unsigned ntable;       /* a power of 2 */
    struct meter **table;
    unsigned nzones; /* [0] is METER_ZONE_NONE */
    struct str *zones;
};

static inline bool meter_is_group(const struct meter *meter)
{
    return meter->balancer != NULL;
}

/* Cells of a worker, from the newest on. */
static inline struct meter_cell *meter_first(const struct meter *meter,
                                             unsigned worker)
{
    return atomic_load_explicit(&meter->cells[worker], memory_order_acquire);
}

static inline struct meter_cell *meter_next(const struct meter_cell *cell)
{
    return atomic_load_explicit(&cell->next, memory_order_relaxed);
}

/* Frees it; it is in no table any more. */
void meter_free(struct meter *meter);

#endif
