/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the patterns and detectors of one request may take together.  Each
 * search has a bound of its own (match/regex.h), detectors are linear; as many
 * as an ACL may have would add up all the same.
 */
#include <time.h>

#include "waf/evaluate.h"

enum {
    /* By the wall's clock, then as long again of this thread's own time: a
     * request is not blamed for having been interrupted. */
    PATTERNS_NS = 2 * 1000 * 1000,
    /* Longer than patterns, of this thread's time: nobody shall buy himself a
     * way past them with slow patterns. */
    DETECTORS_NS = 4 * 1000 * 1000,
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
    work->until_ns = clock_ns(clock) + PATTERNS_NS;
}

static void look(struct work *work)
{
    uint64_t now;

    if (work->until_ns == 0) {
        begin(work, CLOCK_MONOTONIC);
        return;
    }
    now = clock_ns(work->clock);
    if (now <= work->until_ns)
        return;
    if (work->clock == CLOCK_MONOTONIC) {
        begin(work, CLOCK_THREAD_CPUTIME_ID);
        return;
    }
    work->no_patterns = true;
    work->no_detectors = now > work->until_ns + DETECTORS_NS;
}

/* Searches that nobody asked the clock for are few and short, so that most
 * requests never ask. */
static void count(struct work *work, size_t n)
{
    work->searches += 1 + n / BYTES;
    if (work->searches < BETWEEN)
        return;
    work->searches = 0;
    look(work);
}

bool run_may_search(struct run *run, size_t n)
{
    struct work *work = &run->work;

    if (work->no_patterns)
        return false;
    count(work, n);
    return !work->no_patterns;
}

bool run_may_detect(struct run *run, size_t n)
{
    struct work *work = &run->work;

    if (work->no_detectors)
        return false;
    count(work, n);
    return !work->no_detectors;
}
