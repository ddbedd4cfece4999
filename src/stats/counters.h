/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters, each written by one thread and read by any.
 *
 * A worker owns one `struct counters`; it adds with a plain load and store
 * (relaxed), which costs what a normal addition costs.  Readers sum over the
 * workers.
 */
#ifndef SLUICE_STATS_COUNTERS_H
#define SLUICE_STATS_COUNTERS_H

#include <stdatomic.h>

#include "base/text.h"

struct counters {
#define X(name, type, help) _Atomic uint64_t name;
#include "stats/counters.def"
#undef X
};

#define COUNTER_ADD(counters, name, n)                                         \
    atomic_store_explicit(                                                     \
        &(counters)->name,                                                     \
        atomic_load_explicit(&(counters)->name, memory_order_relaxed) +        \
            (uint64_t)(n),                                                     \
        memory_order_relaxed)

/* The sum over `n` owners of the counter at this offset. */
uint64_t counters_sum(struct counters *const *all, unsigned n, size_t offset);

/* Prometheus text (exposition format 0.0.4) of the sums over `n` owners. */
void counters_put(struct text *t, struct counters *const *all, unsigned n);

#endif
