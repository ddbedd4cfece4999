/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the store of series: an hour of points in few bytes
 * (series_hour.c), and what is gathered from many points (series_gather.c).
 */
#ifndef SLUICE_STATS_SERIES_INTERNAL_H
#define SLUICE_STATS_SERIES_INTERNAL_H

#include "stats/series.h"

enum {
    HOUR_S = 3600,
    HOUR_MINUTES = 60,
    COARSE_MINUTES = 5,
    MINUTE_NONE = HOUR_MINUTES,
};

/* ---- series_gather.c ----------------------------------------------------------- */

struct pair {
    double value;
    double count;
};

/* Any number of data taken together; all zero: none. */
struct gather {
    struct datum all; /* without values */
    bool blurred;     /* values of some of it are not known */
    unsigned npairs;
    unsigned cap;
    struct pair *pairs;
};

void gather_add(struct gather *gather, const struct datum *datum);

/* What it comes to, with `most` values at the most (0: as many as there are):
 * those that differ least are taken together.  The values stand in `values`
 * (for npairs) and behind them the counts, until something is added. */
struct datum gather_take(struct gather *gather, unsigned most);

/* Empty, with its memory kept; and without. */
void gather_clear(struct gather *gather);
void gather_end(struct gather *gather);

/* ---- series_hour.c ------------------------------------------------------------- */

/* The points of an hour, encoded one after another by minute. */
struct hour {
    int64_t hour;  /* since 1970 */
    uint32_t held; /* by so many frozen stores: it is not written then; of the
                      thread that writes */
    uint32_t n;
    uint32_t cap;
    uint8_t last; /* minute of the last point; MINUTE_NONE: there is none */
    bool coarse;  /* its points are of COARSE_MINUTES */
    uint8_t bytes[];
};

/* What decoding needs, once for many points. */
struct hour_point {
    unsigned minute;
    struct datum datum; /* its values stand below */
    double values[SERIES_VALUES_MAX];
    double counts[SERIES_VALUES_MAX];
};

struct hour *hour_new(int64_t hour, bool coarse);
void hour_free(struct hour *hour);          /* by one of those that have it */
size_t hour_bytes(const struct hour *hour); /* of memory */

/* Adds to the point of that minute; the hour moves when it grows. */
void hour_add(struct hour **hour, unsigned minute, const struct datum *datum);

/* One with a point for each COARSE_MINUTES instead. */
void hour_make_coarse(struct hour **hour);

/* Decodes the point at `*at`, which moves behind it; false: no more. */
bool hour_next(const struct hour *hour, uint32_t *at, struct hour_point *point);

/* ---- series.c ------------------------------------------------------------------ */

struct series {
    unsigned place;      /* by making */
    struct series *next; /* of the same bucket */
    uint64_t hash;
    struct series_name name;
    const char *unit;
    unsigned nhours;
    unsigned cap;
    unsigned ncoarse;    /* the first of them are */
    struct hour **hours; /* ascending */
    size_t bytes;        /* its own, without hours */
};

/* Where the hour stands, or would. */
unsigned series_place(const struct series *series, int64_t hour);

#endif
