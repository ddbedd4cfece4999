/* SPDX-License-Identifier: Apache-2.0 */
#include "net/timer.h"

enum { TICK_US = TIMER_TICK_MS * 1000 };

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_us)
{
    wheel->tick = now_us / TICK_US;
    wheel->armed = UINT64_MAX;
    for (unsigned i = 0; i < TIMER_SLOTS; i++)
        list_init(&wheel->slots[i]);
    for (unsigned i = 0; i < TIMER_SLOTS / 64; i++)
        wheel->used[i] = 0;
}

static void timer_schedule(struct timer_wheel *wheel, struct timer *timer)
{
    uint64_t visit = timer->deadline;
    unsigned slot;

    if (visit < wheel->tick)
        visit = wheel->tick;
    if (visit > wheel->tick + TIMER_SLOTS - 1)
        visit = wheel->tick + TIMER_SLOTS - 1;
    slot = (unsigned)(visit % TIMER_SLOTS);
    timer->visit = visit;
    wheel->used[slot / 64] |= (uint64_t)1 << slot % 64;
    list_push_back(&wheel->slots[slot], &timer->node);
}

void timer_set(struct timer_wheel *wheel, struct timer *timer, uint64_t now_us,
               uint64_t ms)
{
    /* Rounded up and one more, since part of this tick has gone by. */
    timer->deadline =
        now_us / TICK_US + (ms + TIMER_TICK_MS - 1) / TIMER_TICK_MS + 1;
    if (timer->visit <= timer->deadline && list_linked(&timer->node))
        return;
    list_remove(&timer->node);
    timer_schedule(wheel, timer);
}

static void timer_run_slot(struct timer_wheel *wheel, uint64_t tick,
                           uint64_t now)
{
    unsigned slot = (unsigned)(tick % TIMER_SLOTS);
    struct list due;

    list_take_all(&due, &wheel->slots[slot]);
    wheel->used[slot / 64] &= ~((uint64_t)1 << slot % 64);
    while (!list_empty(&due)) {
        struct timer *timer = LIST_ENTRY_OF(due.next, struct timer, node);

        list_remove(&timer->node);
        timer->visit = UINT64_MAX;
        if (timer->deadline <= now) {
            timer->deadline = UINT64_MAX;
            timer->fire(timer);
        } else if (timer->deadline != UINT64_MAX) {
            timer_schedule(wheel, timer);
        }
    }
}

void timer_wheel_run(struct timer_wheel *wheel, uint64_t now_us)
{
    uint64_t now = now_us / TICK_US;
    uint64_t end = now + 1;

    /* After a long stop one turn of the wheel sees every slot. */
    if (end > wheel->tick + TIMER_SLOTS)
        wheel->tick = end - TIMER_SLOTS;
    while (wheel->tick < end) {
        uint64_t tick = wheel->tick++;
        unsigned slot = (unsigned)(tick % TIMER_SLOTS);

        if (wheel->used[slot / 64] >> slot % 64 & 1)
            timer_run_slot(wheel, tick, now);
    }
}

uint64_t timer_wheel_next(const struct timer_wheel *wheel)
{
    for (uint64_t i = 0; i < TIMER_SLOTS;) {
        unsigned slot = (unsigned)((wheel->tick + i) % TIMER_SLOTS);
        uint64_t word = wheel->used[slot / 64] >> slot % 64;

        if (word)
            return wheel->tick + i + (uint64_t)__builtin_ctzll(word);
        i += 64 - slot % 64;
    }
    return UINT64_MAX;
}
