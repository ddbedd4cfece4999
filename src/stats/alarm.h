/* SPDX-License-Identifier: Apache-2.0
 *
 * Which state an alarm of CloudWatch is in, going by its datapoints ("Alarm
 * evaluation" and "How alarm state is evaluated when data is missing" of the
 * user guide), and how it says why.  Pure.
 *
 * A datapoint is what a metric was in one period.  More of them than
 * EvaluationPeriods are looked at, in case that some of the newest are missing:
 * the evaluation range, ALARM_RANGE_MORE periods longer (AWS's example: 5 for
 * 3; it does not say how many in general).
 */
#ifndef SLUICE_STATS_ALARM_H
#define SLUICE_STATS_ALARM_H

#include "base/text.h"

enum {
    ALARM_RANGE_MORE = 2,
    ALARM_REASON_MAX = 1023,      /* bytes of a StateReason */
    ALARM_REASON_DATA_MAX = 4000, /* of a StateReasonData */
};

enum alarm_state {
    ALARM_STATE_OK,
    ALARM_STATE_ALARM,
    ALARM_STATE_INSUFFICIENT_DATA,
    ALARM_STATES
};

enum alarm_comparison {
    ALARM_GREATER_OR_EQUAL,
    ALARM_GREATER,
    ALARM_LESS,
    ALARM_LESS_OR_EQUAL,
};

/* What a period without a datapoint is taken for. */
enum alarm_missing {
    ALARM_MISSING,
    ALARM_IGNORE,
    ALARM_BREACHING,
    ALARM_NOT_BREACHING,
};

/* AWS's words for them, NULL at the end; comparisons that alarms here do not
 * make stand behind the others. */
extern const char *const alarm_state_words[];
extern const char *const alarm_comparison_words[];
extern const char *const alarm_missing_words[];

struct alarm_terms {
    unsigned periods;  /* EvaluationPeriods, from 1 */
    unsigned to_alarm; /* DatapointsToAlarm, 1 to `periods` */
    bool said;         /* it was given: texts tell it */
    double threshold;
    enum alarm_comparison comparison;
    enum alarm_missing missing;
    double low_samples; /* datapoints of fewer samples change nothing; 0: all
                           count (EvaluateLowSampleCountPercentile) */
};

struct alarm_point {
    int64_t start_s; /* of its period, since 1970 */
    bool there;      /* else it is missing */
    double value;
    double samples;
};

/* How many datapoints the judge wants. */
static inline unsigned alarm_range(const struct alarm_terms *terms)
{
    return terms->periods + ALARM_RANGE_MORE;
}

struct alarm_verdict {
    enum alarm_state state; /* the one that it was, where nothing says more */
    unsigned used;          /* of the newest datapoints that are there */
    unsigned breaching;     /* of those */
    unsigned filled;        /* periods that Missing stood for */
};

/* Of `n` points, the oldest first; `now` is the state that the alarm is in. */
struct alarm_verdict alarm_judge(const struct alarm_terms *terms,
                                 const struct alarm_point *points, unsigned n,
                                 enum alarm_state now);

/* Fewer samples than this are few for the percentile 0 < p < 100: 10 / (1 - p),
 * below the median 10 / p. */
double alarm_few_samples(double percentile);

/* ---- why ---------------------------------------------------------------------- */

/* What StateReasonData has beside the points. */
struct alarm_query {
    int64_t now_ms;       /* when it was asked */
    unsigned period_s;    /* Period */
    struct str statistic; /* n == 0: the alarm is of a metric math */
    struct str unit;      /* n == 0: none */
};

/* StateReason: "Threshold Crossed: 1 out of the last 1 datapoints [5.0
 * (23/11/26 21:00:00)] was greater than or equal to the threshold (1.0) (minimum
 * 1 datapoint for OK -> ALARM transition)."  At most ALARM_REASON_MAX bytes:
 * of many datapoints the newest are told. */
void alarm_put_reason(struct text *t, const struct alarm_terms *terms,
                      const struct alarm_point *points, unsigned n,
                      const struct alarm_verdict *verdict);

/* StateReasonData, JSON: {"version": "1.0", "queryDate", "startDate", ...}. */
void alarm_put_reason_data(struct text *t, const struct alarm_terms *terms,
                           const struct alarm_query *query,
                           const struct alarm_point *points, unsigned n,
                           const struct alarm_verdict *verdict);

/* A number as those texts have it, with the fewest digits that say which one
 * it is: 5.0, 1.0166666666666666, 1.0E7. */
void alarm_put_number(struct text *t, double number);

/* 2026-11-23T21:00:00.000+0000. */
void alarm_put_time(struct text *t, int64_t ms);

#endif
