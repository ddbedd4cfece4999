/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/series.h"
#include "stats/series_internal.h"

struct scan {
    int64_t from_s;
    int64_t to_s;
    int64_t period_s;
    int64_t start_s; /* of the period that is gathered */
    bool values;
    struct gather gather;
    series_visit *visit;
    void *to;
};

static void end_period(struct scan *scan)
{
    struct datum d = gather_take(&scan->gather, 0);

    if (d.n > 0)
        scan->visit(scan->to, scan->start_s, &d);
    gather_clear(&scan->gather);
}

static void take(struct scan *scan, int64_t time, const struct datum *datum)
{
    int64_t start =
        scan->from_s + (time - scan->from_s) / scan->period_s * scan->period_s;

    if (start != scan->start_s) {
        end_period(scan);
        scan->start_s = start;
    }
    gather_add(&scan->gather, datum);
}

static void scan_hour(struct scan *scan, const struct hour *hour)
{
    struct hour_point point;
    uint32_t at = 0;

    while (hour_next(hour, &at, &point)) {
        int64_t time =
            hour->hour * HOUR_S + (int64_t)point.minute * SERIES_PERIOD_S;

        if (!scan->values)
            point.datum.nvalues = 0;
        if (time >= scan->from_s && time < scan->to_s)
            take(scan, time, &point.datum);
    }
}

void series_scan(const struct series *series, int64_t from_s, int64_t to_s,
                 int64_t period_s, bool values, series_visit *visit, void *to)
{
    struct scan scan = {
        .from_s = from_s,
        .to_s = to_s,
        .period_s = period_s,
        .start_s = from_s,
        .values = values,
        .visit = visit,
        .to = to,
    };
    unsigned i = series_place(series, from_s / HOUR_S);

    for (; i < series->nhours && series->hours[i]->hour * HOUR_S < to_s; i++)
        scan_hour(&scan, series->hours[i]);
    end_period(&scan);
    gather_end(&scan.gather);
}
