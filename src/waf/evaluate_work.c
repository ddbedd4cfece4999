/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the patterns of one request may take together.  Each search has a
 * bound of its own (match/regex.h); many that stay below it would add up.
 */
#include <time.h>

#include "waf/evaluate.h"

enum {
    /* By the wall's clock, then as long again of this thread's own time: a
     * request is not blamed for having been interrupted. */
    ALLOWED_NS = 3 * 1000 * 1000,
    BETWEEN = 16, /* searches between two looks at the clock */
    BYTES = 64,   /* so many of a value are as another search */
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void begin(struct work *work, clockid_t clock)
{
    work->clock = clock;
    work->until_ns = clock_ns(clock) + ALLOWED_NS;
}

static void look(struct work *work)
{
    if (work->until_ns == 0)
        begin(work, CLOCK_MONOTONIC);
    else if (clock_ns(work->clock) <= work->until_ns)
        return;
    else if (work->clock == CLOCK_MONOTONIC)
        begin(work, CLOCK_THREAD_CPUTIME_ID);
    else
        work->done = true;
}

/* Searches that nobody asked the clock for are few and short, so that most
 * requests never ask. */
bool run_may_search(struct run *run, size_t n)
{
    struct work *work = &run->work;

    if (work->done)
        return false;
    work->searches += 1 + n / BYTES;
    if (work->searches >= BETWEEN) {
        work->searches = 0;
        look(work);
    }
    return !work->done;
}
