/* SPDX-License-Identifier: Apache-2.0
 *
 * When credentials are had anew (aws-integrations.md 1.3, "Refresh").  Pure:
 * the time and the chance come in.
 */
#ifndef SLUICE_AWS_REFRESH_H
#define SLUICE_AWS_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    REFRESH_ADVISED_S = 15 * 60, /* before they expire: in the background */
    REFRESH_MUST_S = 10 * 60,    /* calls wait for it */
    REFRESH_JITTER_S = 60,       /* earlier, by chance */
    REFRESH_AGAIN_MIN_S = 1,     /* after a failure, without others */
    REFRESH_AGAIN_MAX_S = 60,
    REFRESH_STABLE_S = 2 * 60, /* after a failure, while others last */
    REFRESH_FORCED_S = 15,     /* at least between two that were forced */
};

/* Of one set of credentials. */
struct refresh {
    int64_t advised; /* seconds since 1970; INT64_MAX: never */
    int64_t must;
    int64_t expires;
};

/* `expires` 0: never.  Those that live for less than half an hour are had anew
 * when half and two thirds of their time are over, so that a service that hands
 * out short ones is not asked all the time. */
struct refresh refresh_plan(int64_t now, int64_t expires, uint64_t random);

/* Seconds to wait after the n-th failure in a row (1: the first). */
unsigned refresh_again(unsigned failures, bool have_others, uint64_t random);

#endif
