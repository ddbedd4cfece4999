/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/alarm.h"

const char *const alarm_state_words[] = {"OK", "ALARM", "INSUFFICIENT_DATA",
                                         NULL};

const char *const alarm_comparison_words[] = {
    "GreaterThanOrEqualToThreshold", "GreaterThanThreshold",
    "LessThanThreshold", "LessThanOrEqualToThreshold",
    /* Of bands, which are not evaluated: */
    "LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold",
    "GreaterThanUpperThreshold", NULL};

const char *const alarm_missing_words[] = {"missing", "ignore", "breaching",
                                           "notBreaching", NULL};

double alarm_few_samples(double percentile)
{
    double p = percentile / 100;

    return p >= 0.5 ? 10 / (1 - p) : 10 / p;
}

static bool breaches(const struct alarm_terms *terms, double value)
{
    switch (terms->comparison) {
    case ALARM_GREATER_OR_EQUAL:
        return value >= terms->threshold;
    case ALARM_GREATER:
        return value > terms->threshold;
    case ALARM_LESS:
        return value < terms->threshold;
    case ALARM_LESS_OR_EQUAL:
        return value <= terms->threshold;
    }
    return false;
}

/* What the points say, before anything is filled in. */
struct seen {
    unsigned used;
    unsigned breaching;
    unsigned oldest; /* age of the oldest one that is used, in periods from 1 */
    bool few;        /* one has too few samples */
};

static struct seen look(const struct alarm_terms *terms,
                        const struct alarm_point *points, unsigned n)
{
    struct seen seen = {.used = 0};

    for (unsigned age = 1; age <= n && seen.used < terms->periods; age++) {
        const struct alarm_point *point = &points[n - age];

        if (!point->there)
            continue;
        seen.used++;
        seen.oldest = age;
        seen.breaching += breaches(terms, point->value);
        seen.few |= point->samples < terms->low_samples;
    }
    return seen;
}

static enum alarm_state or_ok(bool alarm)
{
    return alarm ? ALARM_STATE_ALARM : ALARM_STATE_OK;
}

/* There are some datapoints, fewer than EvaluationPeriods, and too few of them
 * breach.  Where all that there are do, nothing says that all is well: they
 * only have to be old enough ("Avoiding premature transitions to alarm state").
 */
static enum alarm_state fill(const struct alarm_terms *terms,
                             const struct seen *seen, enum alarm_state now)
{
    unsigned filled = terms->periods - seen->used;
    bool all = seen->breaching == seen->used;

    switch (terms->missing) {
    case ALARM_BREACHING:
        return or_ok(seen->breaching + filled >= terms->to_alarm);
    case ALARM_NOT_BREACHING:
        return ALARM_STATE_OK;
    case ALARM_IGNORE:
        return all ? now : ALARM_STATE_OK;
    case ALARM_MISSING:
        if (all && seen->oldest >= terms->to_alarm)
            return ALARM_STATE_ALARM;
        return all ? now : ALARM_STATE_OK;
    }
    return now;
}

static enum alarm_state of_nothing(const struct alarm_terms *terms,
                                   enum alarm_state now)
{
    switch (terms->missing) {
    case ALARM_BREACHING:
        return ALARM_STATE_ALARM;
    case ALARM_NOT_BREACHING:
        return ALARM_STATE_OK;
    case ALARM_IGNORE:
        return now;
    case ALARM_MISSING:
        return ALARM_STATE_INSUFFICIENT_DATA;
    }
    return now;
}

static enum alarm_state judge(const struct alarm_terms *terms,
                              const struct seen *seen, enum alarm_state now)
{
    if (seen->used == 0)
        return of_nothing(terms, now);
    if (seen->few)
        return now;
    if (seen->breaching >= terms->to_alarm)
        return ALARM_STATE_ALARM;
    if (seen->used == terms->periods)
        return ALARM_STATE_OK;
    return fill(terms, seen, now);
}

struct alarm_verdict alarm_judge(const struct alarm_terms *terms,
                                 const struct alarm_point *points, unsigned n,
                                 enum alarm_state now)
{
    struct seen seen = look(terms, points, n);

    return (struct alarm_verdict){
        .state = judge(terms, &seen, now),
        .used = seen.used,
        .breaching = seen.breaching,
        .filled = terms->periods - seen.used,
    };
}
