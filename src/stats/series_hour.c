/* SPDX-License-Identifier: Apache-2.0
 *
 * A point is its minute, its kind, and numbers.  A number is a varint of
 * 4 * itself where it is a whole one, or a byte (1, 2) and a float, a double.
 * Most points are "n events": five bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/series_internal.h"

enum kind {
    SAME,   /* n, value */
    SET,    /* n, sum, min, max */
    VALUES, /* and number of values, value, count ... */
};

enum {
    VARINT_MAX = 10,
    /* Two bytes, four numbers, a number of values, values and counts. */
    POINT_MAX = 2 + (5 + 2 * SERIES_VALUES_MAX) * VARINT_MAX,
    HOUR_CAP_MIN = 24,
};

#define WHOLE_MAX 9007199254740992.0 /* 2^53 */

/* ---- writing ------------------------------------------------------------------- */

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static uint8_t *put_number(uint8_t *p, double v)
{
    float narrow;

    if (v >= 0 && v < WHOLE_MAX && v == (double)(uint64_t)v)
        return put_varint(p, (uint64_t)v << 2);
    narrow = (float)v;
    if (v == (double)narrow) {
        *p++ = 1;
        memcpy(p, &narrow, sizeof(narrow));
        return p + sizeof(narrow);
    }
    *p++ = 2;
    memcpy(p, &v, sizeof(v));
    return p + sizeof(v);
}

static size_t put_point(uint8_t *at, unsigned minute, const struct datum *d)
{
    uint8_t *p = at;
    enum kind kind = d->nvalues ? VALUES : SET;

    if (d->min == d->max && d->sum == d->n * d->min)
        kind = SAME;
    *p++ = (uint8_t)minute;
    *p++ = kind;
    p = put_number(p, d->n);
    if (kind == SAME)
        return (size_t)(put_number(p, d->min) - at);
    p = put_number(p, d->sum);
    p = put_number(p, d->min);
    p = put_number(p, d->max);
    if (kind == VALUES) {
        p = put_varint(p, d->nvalues);
        for (unsigned i = 0; i < d->nvalues; i++) {
            p = put_number(p, d->values[i]);
            p = put_number(p, d->counts[i]);
        }
    }
    return (size_t)(p - at);
}

/* ---- reading: of what was written here ------------------------------------------- */

static uint64_t take_varint(const uint8_t **p)
{
    uint64_t v = 0;
    unsigned shift = 0;

    do
        v |= (uint64_t)(**p & 0x7f) << shift;
    while (shift += 7, *(*p)++ & 0x80);
    return v;
}

static double take_number(const uint8_t **p)
{
    unsigned form = **p & 3;
    float narrow;
    double v;

    if (form == 0)
        return (double)(take_varint(p) >> 2);
    if (form == 1) {
        memcpy(&narrow, *p + 1, sizeof(narrow));
        *p += 1 + sizeof(narrow);
        return narrow;
    }
    memcpy(&v, *p + 1, sizeof(v));
    *p += 1 + sizeof(v);
    return v;
}

bool hour_next(const struct hour *hour, uint32_t *at, struct hour_point *point)
{
    const uint8_t *p = hour->bytes + *at;
    struct datum *d = &point->datum;
    enum kind kind;

    if (*at >= hour->n)
        return false;
    point->minute = *p++;
    kind = (enum kind) * p++;
    *d = (struct datum){.n = take_number(&p)};
    if (kind == SAME) {
        d->min = d->max = take_number(&p);
        d->sum = d->n * d->min;
    } else {
        d->sum = take_number(&p);
        d->min = take_number(&p);
        d->max = take_number(&p);
    }
    if (kind == VALUES) {
        d->nvalues = (unsigned)take_varint(&p);
        for (unsigned i = 0; i < d->nvalues; i++) {
            point->values[i] = take_number(&p);
            point->counts[i] = take_number(&p);
        }
        d->values = point->values;
        d->counts = point->counts;
    }
    *at = (uint32_t)(p - hour->bytes);
    return true;
}

/* ---- an hour --------------------------------------------------------------------- */

struct hour *hour_new(int64_t hour, bool coarse)
{
    struct hour *made = memory_zeroed(1, sizeof(*made) + HOUR_CAP_MIN);

    made->hour = hour;
    made->coarse = coarse;
    made->last = MINUTE_NONE;
    made->cap = HOUR_CAP_MIN;
    return made;
}

void hour_free(struct hour *hour)
{
    if (hour->held)
        hour->held--;
    else
        free(hour);
}

size_t hour_bytes(const struct hour *hour)
{
    return sizeof(*hour) + hour->cap;
}

static void append(struct hour **hour, unsigned minute,
                   const struct datum *datum)
{
    uint8_t point[POINT_MAX];
    size_t n = put_point(point, minute, datum);
    struct hour *h = *hour;

    if (n > h->cap - h->n || h->held) {
        uint32_t cap = (uint32_t)(h->n + n + (h->n + n) / 2);
        struct hour *grown = memory_zeroed(1, sizeof(*grown) + cap);

        memcpy(grown, h, sizeof(*h) + h->n);
        grown->cap = cap;
        grown->held = 0;
        hour_free(h);
        *hour = h = grown;
    }
    memcpy(h->bytes + h->n, point, n);
    h->n += (uint32_t)n;
    h->last = (uint8_t)minute;
}

static void append_gathered(struct hour **hour, unsigned minute,
                            struct gather *gather)
{
    struct datum d = gather_take(gather, SERIES_VALUES_MAX);

    if (d.n > 0)
        append(hour, minute, &d);
    gather_clear(gather);
}

static unsigned minute_in(const struct hour *hour, unsigned minute)
{
    return hour->coarse ? minute - minute % COARSE_MINUTES : minute;
}

/* Writes it once more, with `minute_in` of another one, and a datum. */
static void write_again(struct hour **hour, bool coarse, unsigned minute,
                        const struct datum *datum)
{
    const struct hour *old = *hour;
    struct hour *made = hour_new(old->hour, coarse);
    struct gather gather = {.npairs = 0};
    struct hour_point point;

    for (unsigned now = 0; now < HOUR_MINUTES; now++) {
        uint32_t at = 0;

        if (minute_in(made, now) != now)
            continue;
        while (hour_next(old, &at, &point))
            if (minute_in(made, point.minute) == now)
                gather_add(&gather, &point.datum);
        if (datum && minute_in(made, minute) == now)
            gather_add(&gather, datum);
        append_gathered(&made, now, &gather);
    }
    gather_end(&gather);
    hour_free(*hour);
    *hour = made;
}

static void append_thinned(struct hour **hour, unsigned minute,
                           const struct datum *datum)
{
    struct gather gather = {.npairs = 0};

    gather_add(&gather, datum);
    append_gathered(hour, minute, &gather);
    gather_end(&gather);
}

void hour_add(struct hour **hour, unsigned minute, const struct datum *datum)
{
    unsigned at = minute_in(*hour, minute);

    if ((*hour)->last != MINUTE_NONE && at <= (*hour)->last)
        write_again(hour, (*hour)->coarse, minute, datum);
    else if (datum->nvalues > SERIES_VALUES_MAX)
        append_thinned(hour, at, datum);
    else
        append(hour, at, datum);
}

void hour_make_coarse(struct hour **hour)
{
    write_again(hour, true, 0, NULL);
}
