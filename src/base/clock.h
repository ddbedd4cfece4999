/* SPDX-License-Identifier: Apache-2.0
 *
 * Time.  Durations and deadlines use the monotonic clock only, so that a
 * jump of the wall clock closes nothing.
 */
#ifndef SLUICE_BASE_CLOCK_H
#define SLUICE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds of the monotonic clock. */
static inline uint64_t clock_monotonic_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Nanoseconds of it. */
static inline uint64_t clock_monotonic_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Microseconds since 1970. */
static inline int64_t clock_wall_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Seconds since 1970. */
static inline int64_t clock_wall_seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME_COARSE, &ts);
    return ts.tv_sec;
}

/* Milliseconds since 1970, some milliseconds late. */
static inline int64_t clock_wall_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME_COARSE, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

enum { CLOCK_HTTP_DATE_LEN = 29 };

/* "Sun, 05 Apr 2026 02:07:14 GMT" (RFC 9110 §5.6.7), no NUL. */
void clock_http_date(int64_t seconds, char out[CLOCK_HTTP_DATE_LEN]);

#endif
