/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics over time as CloudWatch has them: a series is a namespace, a metric
 * name and a set of dimensions; it has a point for each minute in which
 * something was reported.  A point is a *statistic set*, with values and counts
 * where percentiles are wanted ("Publishing single data points", "Statistics
 * definitions" of the CloudWatch user guide).
 *
 * Pure, and of one thread (control).  Bounded: minutes are kept for
 * SERIES_MINUTES_KEPT, then five minutes of them as one point, to
 * SERIES_KEPT_S; SERIES_MAX series, SERIES_BYTES_MAX bytes of points: what is
 * beyond is refused or dropped, the oldest first, and counted.
 */
#ifndef SLUICE_STATS_SERIES_H
#define SLUICE_STATS_SERIES_H

#include "base/region.h"
#include "base/text.h"

enum {
    SERIES_PERIOD_S = 60,
    SERIES_MINUTES_KEPT = 24 * 60,
    SERIES_KEPT_S = 15 * 24 * 3600,
    SERIES_DIMENSIONS_MAX = 30,
    SERIES_VALUES_MAX = 150, /* of a point: PutMetricData's cap */
    SERIES_MAX = 10000,
    SERIES_BYTES_MAX = 64 * 1024 * 1024,
};

struct dimension {
    struct str name;
    struct str value;
};

struct series_name {
    struct str space;  /* AWS/ApplicationELB */
    struct str metric; /* RequestCount */
    unsigned ndimensions;
    const struct dimension *dimensions; /* in any order */
};

/* What was seen in a time. */
struct datum {
    double n; /* SampleCount; 0: nothing was */
    double sum;
    double min;
    double max;
    /* Where nvalues > 0: values in ascending order and how often each was
     * seen, which are as many as n; else percentiles are not to be had unless
     * min == max or n == 1. */
    unsigned nvalues;
    const double *values;
    const double *counts;
};

/* The same with `most` values at the most: those that differ least are taken
 * together.  Its values live in the region, or are the datum's. */
struct datum datum_thin(const struct datum *datum, unsigned most,
                        struct region *region);

struct series_store;
struct series;

struct series_store *series_store_new(void);
void series_store_free(struct series_store *store); /* NULL: nothing */

/* ---- who reads on another thread ------------------------------------------------
 * A *frozen* store has series as they were in some time.  Another thread may read
 * it while this one adds to the store, since hours are shared until one of them
 * is written; the frozen one is made and freed on this thread.  Each step takes
 * so many hours (SERIES_STEP_HOURS: about a millisecond), so that a full store
 * holds nobody up. */

enum { SERIES_STEP_HOURS = 20000 };

/* Adds the series of that name, if there is one; its hours from that of `from_s`
 * to before `to_s`.  How many they are. */
unsigned series_freeze(struct series_store *frozen,
                       const struct series_store *store,
                       const struct series_name *name, int64_t from_s,
                       int64_t to_s);

/* Adds all of them, from number `*at` on; false: that takes another step.
 * Where series are forgotten between two steps one of those behind them may be
 * left out. */
bool series_freeze_all(struct series_store *frozen,
                       const struct series_store *store, unsigned *at,
                       int64_t from_s, int64_t to_s);

/* Forgets some of a store that nobody reads any more; false: there are more. */
bool series_store_empty(struct series_store *store);

struct series_counts {
    uint64_t series;        /* now */
    uint64_t bytes;         /* now, of memory */
    uint64_t refused;       /* data, for lack of room */
    uint64_t hours_dropped; /* before their time, for lack of room */
};
struct series_counts series_store_counts(const struct series_store *store);

/* Adds to the minute that `time_s` (since 1970) lies in; `unit` is one of
 * CloudWatch's ("Count", "Seconds", ...; a literal).  More than SERIES_VALUES_MAX
 * values are thinned out.  False: there are too many series, or no room. */
bool series_add(struct series_store *store, const struct series_name *name,
                const char *unit, int64_t time_s, const struct datum *datum);

/* ---- who reads ----------------------------------------------------------------- */

/* The series of exactly that name, dimensions in any order; NULL: none. */
const struct series *series_find(const struct series_store *store,
                                 const struct series_name *name);

/* Each series once, in the order of their making: NULL begins, NULL ends.
 * Series stay until something is added to the store. */
const struct series *series_next(const struct series_store *store,
                                 const struct series *after);

const struct series_name *series_name_of(const struct series *series);
const char *series_unit(const struct series *series);
int64_t series_newest_s(const struct series *series); /* its last point; 0: it
                                                          has none, frozen */

/* What was seen from `from_s` to before `to_s`; values in the region (may be
 * more than SERIES_VALUES_MAX).  n == 0: nothing. */
struct datum series_read(const struct series *series, int64_t from_s,
                         int64_t to_s, struct region *region);

/* Calls `visit` for each of the periods from `from_s` on, up to before `to_s`, in
 * which something was seen, in their order: with the begin of the period and
 * what was seen, which is good until it returns; without values unless `values`
 * (percentiles need them).  Each point is decoded once. */
typedef void series_visit(void *to, int64_t start_s, const struct datum *datum);
void series_scan(const struct series *series, int64_t from_s, int64_t to_s,
                 int64_t period_s, bool values, series_visit *visit, void *to);

/* ---- statistics ---------------------------------------------------------------- */

/* CloudWatch's units; and the statistics that have no number in their names
 * ("Statistic" in its API, the others are "ExtendedStatistic").  NULL at the
 * end. */
extern const char *const metric_units[];
extern const char *const metric_statistics[];

/* Whether it is one: SampleCount, Sum, Average, Minimum, Maximum, p99, p99.9,
 * tm90, TM(10%:90%), tc, ts, wm, pr, IQM (docs: "CloudWatch statistics
 * definitions"). */
bool statistic_is_one(struct str statistic);

/* Whether it takes values to know it: all but the first five do. */
bool statistic_needs_values(struct str statistic);

/* Its value; false: the datum has none (nothing seen, or no percentiles). */
bool statistic_of(struct str statistic, const struct datum *datum,
                  double *value);

#endif
