/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections, counted where they are opened and closed.
 *
 * As with counters, one thread writes and any reads.  A connection keeps the
 * pointer to its meter from its begin to its end, and so the meter also says
 * whether anybody may still come (connection_meter_is_used()): whose memory it
 * is must wait until nobody does.
 */
#ifndef SLUICE_STATS_CONNECTIONS_H
#define SLUICE_STATS_CONNECTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct connection_meter {
    _Atomic uint64_t opened;     /* so far; it was there on both sides */
    _Atomic uint64_t open;       /* now */
    _Atomic uint64_t begun;      /* now: they are being opened */
    _Atomic uint64_t errors;     /* that could not be opened */
    _Atomic uint64_t tls_errors; /* whose handshake failed */
    /* What is opened and closed counts there as well; NULL: nowhere. */
    struct connection_meter *above;
};

/* How one connection is counted; all zero: not at all. */
struct connection_count {
    struct connection_meter *meter; /* NULL: nobody counts */
    bool opened;
};

/* Only the thread that counts. */
static inline void connection_meter_add(_Atomic uint64_t *to, uint64_t n)
{
    atomic_store_explicit(to,
                          atomic_load_explicit(to, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* Who sees that it went sees all that was counted before. */
static inline void connection_meter_drop(_Atomic uint64_t *from)
{
    atomic_store_explicit(from,
                          atomic_load_explicit(from, memory_order_relaxed) - 1,
                          memory_order_release);
}

/* One that opens meanwhile is seen: it is open before it is begun no more. */
static inline bool connection_meter_is_used(const struct connection_meter *m)
{
    return atomic_load_explicit(&m->begun, memory_order_acquire) ||
           atomic_load_explicit(&m->open, memory_order_acquire);
}

/* It is being opened. */
static inline void connection_begins(struct connection_count *count,
                                     struct connection_meter *meter)
{
    *count = (struct connection_count){.meter = meter};
    if (meter)
        connection_meter_add(&meter->begun, 1);
}

/* It is there; once. */
static inline void connection_opens(struct connection_count *count)
{
    for (struct connection_meter *m = count->meter; m; m = m->above) {
        connection_meter_add(&m->opened, 1);
        connection_meter_add(&m->open, 1);
    }
    if (count->meter)
        connection_meter_drop(&count->meter->begun);
    count->opened = true;
}

/* It is over, however far it came.  Nothing of a meter is touched after its
 * own part. */
static inline void connection_ends(struct connection_count *count)
{
    struct connection_meter *meter = count->meter;

    if (meter && !count->opened)
        connection_meter_drop(&meter->begun);
    while (meter && count->opened) {
        struct connection_meter *above = meter->above;

        connection_meter_drop(&meter->open);
        meter = above;
    }
    *count = (struct connection_count){.meter = NULL};
}

/* It could not be opened; `meter` may be NULL. */
static inline void connection_meter_failed(struct connection_meter *meter)
{
    if (meter)
        connection_meter_add(&meter->errors, 1);
}

/* It was there, and its handshake failed. */
static inline void connection_tls_failed(struct connection_count *count)
{
    if (!count->opened)
        connection_opens(count);
    if (count->meter)
        connection_meter_add(&count->meter->tls_errors, 1);
}

#endif
