/* SPDX-License-Identifier: Apache-2.0
 *
 * Many deadlines that mostly move away before they come: a wheel.
 *
 * Setting a timer later than it is already scheduled for is one store; it is
 * looked at again when its slot comes round.  Resolution is TIMER_TICK_MS; a
 * timer never fires early.
 */
#ifndef SLUICE_NET_TIMER_H
#define SLUICE_NET_TIMER_H

#include <stdint.h>

#include "base/list.h"

enum { TIMER_TICK_MS = 4, TIMER_SLOTS = 2048 };

struct timer {
    struct list node;
    uint64_t deadline; /* in ticks; UINT64_MAX: none */
    uint64_t visit;    /* tick at which its slot is looked at */
    void (*fire)(struct timer *timer);
};

struct timer_wheel {
    uint64_t tick;  /* every slot before this one was visited */
    uint64_t armed; /* tick that the loop wakes for; UINT64_MAX: none */
    uint64_t used[TIMER_SLOTS / 64]; /* slots that may hold timers */
    struct list slots[TIMER_SLOTS];
};

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_us);

static inline void timer_init(struct timer *timer, void (*fire)(struct timer *))
{
    list_init(&timer->node);
    timer->deadline = UINT64_MAX;
    timer->visit = UINT64_MAX;
    timer->fire = fire;
}

/* Makes the timer fire `ms` from now, whatever it was set to. */
void timer_set(struct timer_wheel *wheel, struct timer *timer, uint64_t now_us,
               uint64_t ms);

/* Keeps it from firing; it may stay in the wheel until its slot comes. */
static inline void timer_cancel(struct timer *timer)
{
    timer->deadline = UINT64_MAX;
}

/* Takes it out of the wheel: before its memory goes. */
static inline void timer_end(struct timer *timer)
{
    list_remove(&timer->node);
    timer->visit = UINT64_MAX;
    timer->deadline = UINT64_MAX;
}

/* Fires what is due. */
void timer_wheel_run(struct timer_wheel *wheel, uint64_t now_us);

/* The tick of the next slot that may hold a timer; UINT64_MAX: none. */
uint64_t timer_wheel_next(const struct timer_wheel *wheel);

#endif
