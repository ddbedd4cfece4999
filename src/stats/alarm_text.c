/* SPDX-License-Identifier: Apache-2.0
 *
 * StateReason and StateReasonData in AWS's words.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "stats/alarm.h"

enum {
    POINTS_TOLD = 10, /* of a StateReason */
    POINTS_KEPT = 20, /* of a StateReasonData: 4000 bytes have room for them */
    DIGITS_MAX = 17,  /* more say nothing more of a double */
};

/* ---- numbers and moments ---------------------------------------------------- */

/* "d.ddde+xx" with the fewest digits. */
static void shortest(double number, char *buffer, size_t n)
{
    for (int digits = 0; digits < DIGITS_MAX; digits++) {
        snprintf(buffer, n, "%.*e", digits, number);
        if (strtod(buffer, NULL) == number)
            return;
    }
}

/* The digits of "d.ddd" without their point. */
static struct text digits_of(const char *number, char *buffer, size_t n)
{
    struct text t = text_in(buffer, n);

    for (const char *p = number; *p && *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9')
            text_char(&t, *p);
    }
    return t;
}

static void put_digits(struct text *t, struct str digits, int whole)
{
    for (int i = 0; i < whole || i < (int)digits.n; i++) {
        if (i == whole)
            text_char(t, '.');
        text_char(t, i < (int)digits.n ? digits.p[i] : '0');
    }
    if ((int)digits.n <= whole)
        TEXT_LITERAL(t, ".0");
}

void alarm_put_number(struct text *t, double number)
{
    char plain[32];
    char buffer[32];
    struct text digits;
    int exponent;

    if (!isfinite(number)) {
        TEXT_LITERAL(t, "0.0");
        return;
    }
    if (signbit(number))
        text_char(t, '-');
    shortest(fabs(number), plain, sizeof(plain));
    digits = digits_of(plain, buffer, sizeof(buffer));
    exponent = (int)strtol(strchr(plain, 'e') + 1, NULL, 10);
    if (number != 0 && (exponent < -3 || exponent > 6)) {
        put_digits(t, text_str(&digits), 1);
        text_printf(t, "E%d", exponent);
    } else if (exponent < 0) {
        text_printf(t, "0.%.*s" STR_FMT, -exponent - 1, "00",
                    STR_ARG(text_str(&digits)));
    } else {
        put_digits(t, text_str(&digits), exponent + 1);
    }
}

static void split(int64_t s, struct tm *tm)
{
    time_t time = (time_t)s;

    if (gmtime_r(&time, tm) == NULL)
        *tm = (struct tm){.tm_mday = 1};
}

void alarm_put_time(struct text *t, int64_t ms)
{
    struct tm tm;

    split(ms / 1000, &tm);
    text_printf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+0000", tm.tm_year + 1900,
                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                (int)(ms % 1000));
}

/* 1.0 (23/11/26 21:00:00) */
static void put_point(struct text *t, const struct alarm_point *point)
{
    struct tm tm;

    split(point->start_s, &tm);
    alarm_put_number(t, point->value);
    text_printf(t, " (%02d/%02d/%02d %02d:%02d:%02d)", tm.tm_mday,
                tm.tm_mon + 1, tm.tm_year % 100, tm.tm_hour, tm.tm_min,
                tm.tm_sec);
}

/* ---- the reason --------------------------------------------------------------- */

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

static bool breaches(const struct alarm_terms *terms, double value)
{
    struct alarm_terms one = *terms;
    struct alarm_point point = {.there = true, .value = value};

    one.periods = 1;
    one.to_alarm = 1;
    one.low_samples = 0;
    return alarm_judge(&one, &point, 1, ALARM_STATE_OK).state ==
           ALARM_STATE_ALARM;
}

/* "[1.0 (...), 2.0 (...)]", the newest first: those of the used ones that
 * breach, or do not. */
static void put_points(struct text *t, const struct alarm_terms *terms,
                       const struct alarm_point *points, unsigned n,
                       unsigned used, bool breaching)
{
    unsigned told = 0;

    text_char(t, '[');
    while (n-- > 0 && used > 0) {
        if (!points[n].there)
            continue;
        used--;
        if (breaches(terms, points[n].value) != breaching)
            continue;
        if (told)
            TEXT_LITERAL(t, ", ");
        if (told++ == POINTS_TOLD) {
            TEXT_LITERAL(t, "...");
            break;
        }
        put_point(t, &points[n]);
    }
    text_char(t, ']');
}

static void put_comparison(struct text *t, const struct alarm_terms *terms)
{
    static const char *const words[] = {
        [ALARM_GREATER_OR_EQUAL] = "greater than or equal to",
        [ALARM_GREATER] = "greater than",
        [ALARM_LESS] = "less than",
        [ALARM_LESS_OR_EQUAL] = "less than or equal to",
    };

    text_printf(t, "%s the threshold (", words[terms->comparison]);
    alarm_put_number(t, terms->threshold);
    text_char(t, ')');
}

static void put_missing(struct text *t, const struct alarm_terms *terms,
                        unsigned n)
{
    static const char *const words[] = {
        [ALARM_MISSING] = "Missing",
        [ALARM_IGNORE] = "Ignore",
        [ALARM_BREACHING] = "Breaching",
        [ALARM_NOT_BREACHING] = "NonBreaching",
    };

    text_printf(t, "%u missing datapoint%s treated as [%s]", n,
                n == 1 ? " was" : "s were", words[terms->missing]);
}

/* Whether datapoints that are missing were why. */
static bool counts_missing(const struct alarm_terms *terms,
                           const struct alarm_verdict *verdict)
{
    unsigned wanted = verdict->state == ALARM_STATE_ALARM
                          ? terms->to_alarm
                          : terms->periods - terms->to_alarm + 1;
    unsigned have = verdict->state == ALARM_STATE_ALARM
                        ? verdict->breaching
                        : verdict->used - verdict->breaching;

    return verdict->filled && have < wanted;
}

static void put_minimum(struct text *t, const struct alarm_terms *terms,
                        bool alarm)
{
    unsigned n = alarm ? terms->to_alarm : terms->periods - terms->to_alarm + 1;

    text_printf(t, " (minimum %u datapoint%s for %s transition)", n, plural(n),
                alarm ? "OK -> ALARM" : "ALARM -> OK");
}

static void put_crossed(struct text *t, const struct alarm_terms *terms,
                        const struct alarm_point *points, unsigned n,
                        const struct alarm_verdict *verdict)
{
    bool alarm = verdict->state == ALARM_STATE_ALARM;
    /* Where no datapoint is like the state, missing ones made it that. */
    bool breaching =
        alarm ? verdict->breaching > 0 : verdict->breaching == verdict->used;
    unsigned told =
        breaching ? verdict->breaching : verdict->used - verdict->breaching;

    text_printf(t, "Threshold Crossed: %u ", told);
    if (terms->said)
        text_printf(t, "out of the last %u datapoints ", terms->periods);
    else
        text_printf(t, "datapoint%s ", plural(told));
    put_points(t, terms, points, n, verdict->used, breaching);
    text_printf(t, " %s %s", told == 1 ? "was" : "were",
                breaching ? "" : "not ");
    put_comparison(t, terms);
    if (counts_missing(terms, verdict)) {
        TEXT_LITERAL(t, " and ");
        put_missing(t, terms, verdict->filled);
    }
    if (terms->said)
        put_minimum(t, terms, alarm);
    text_char(t, '.');
}

void alarm_put_reason(struct text *t, const struct alarm_terms *terms,
                      const struct alarm_point *points, unsigned n,
                      const struct alarm_verdict *verdict)
{
    if (verdict->state == ALARM_STATE_INSUFFICIENT_DATA) {
        text_printf(t, "Insufficient Data: %u datapoint%s unknown.", n,
                    n == 1 ? " was" : "s were");
    } else if (verdict->used == 0) {
        text_printf(t,
                    "Threshold Crossed: no datapoints were received for %u "
                    "period%s and ",
                    verdict->filled, plural(verdict->filled));
        put_missing(t, terms, verdict->filled);
        text_char(t, '.');
    } else {
        put_crossed(t, terms, points, n, verdict);
    }
}

/* ---- its data ------------------------------------------------------------------- */

/* The first of the points that are used, and told. */
static unsigned first_used(const struct alarm_point *points, unsigned n,
                           unsigned used)
{
    unsigned first = n;

    for (unsigned i = n; i-- > 0 && used > 0;) {
        if (points[i].there) {
            used--;
            first = i;
        }
    }
    return first;
}

static void put_recent(struct text *t, const struct alarm_point *points,
                       unsigned first, unsigned n)
{
    bool more = false;

    for (unsigned i = first; i < n; i++) {
        if (!points[i].there)
            continue;
        if (more)
            text_char(t, ',');
        alarm_put_number(t, points[i].value);
        more = true;
    }
}

/* The newest first; what is missing has a moment alone. */
static void put_evaluated(struct text *t, const struct alarm_point *points,
                          unsigned first, unsigned n, bool samples)
{
    for (unsigned i = n; i-- > first;) {
        if (i + 1 < n)
            text_char(t, ',');
        TEXT_LITERAL(t, "{\"timestamp\":\"");
        alarm_put_time(t, points[i].start_s * 1000);
        text_char(t, '"');
        if (points[i].there) {
            if (samples) {
                TEXT_LITERAL(t, ",\"sampleCount\":");
                alarm_put_number(t, points[i].samples);
            }
            TEXT_LITERAL(t, ",\"value\":");
            alarm_put_number(t, points[i].value);
        }
        text_char(t, '}');
    }
}

void alarm_put_reason_data(struct text *t, const struct alarm_terms *terms,
                           const struct alarm_query *query,
                           const struct alarm_point *points, unsigned n,
                           const struct alarm_verdict *verdict)
{
    unsigned first = verdict->used ? first_used(points, n, verdict->used) : 0;

    if (n - first > POINTS_KEPT)
        first = n - POINTS_KEPT;
    TEXT_LITERAL(t, "{\"version\":\"1.0\",\"queryDate\":\"");
    alarm_put_time(t, query->now_ms);
    if (verdict->used) {
        TEXT_LITERAL(t, "\",\"startDate\":\"");
        alarm_put_time(t, points[first].start_s * 1000);
    }
    text_char(t, '"');
    if (query->unit.n) {
        TEXT_LITERAL(t, ",\"unit\":");
        text_json(t, query->unit);
    }
    if (query->statistic.n) {
        TEXT_LITERAL(t, ",\"statistic\":");
        text_json(t, query->statistic);
    }
    text_printf(t, ",\"period\":%u,\"recentDatapoints\":[", query->period_s);
    put_recent(t, points, first, n);
    TEXT_LITERAL(t, "],\"threshold\":");
    alarm_put_number(t, terms->threshold);
    TEXT_LITERAL(t, ",\"evaluatedDatapoints\":[");
    put_evaluated(t, points, first, n, query->statistic.n > 0);
    TEXT_LITERAL(t, "]}");
}
