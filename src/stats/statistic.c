/* SPDX-License-Identifier: Apache-2.0
 *
 * CloudWatch's statistics (the user guide's "CloudWatch statistics
 * definitions").  What it leaves open is decided so: a percentile is the
 * smallest value that at least so many percent of all are no greater than; of
 * a share that is no whole number of values the fraction stays in.
 */
#include <stdlib.h>

#include "stats/series.h"

const char *const metric_units[] = {
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
    NULL,
};

const char *const metric_statistics[] = {
    "SampleCount", "Average", "Sum", "Minimum", "Maximum", NULL,
};

enum form {
    SAMPLE_COUNT,
    SUM,
    AVERAGE,
    MINIMUM,
    MAXIMUM,
    PERCENTILE,
    PERCENTILE_RANK,
    TRIMMED_MEAN,
    TRIMMED_COUNT,
    TRIMMED_SUM,
    WINSORIZED_MEAN,
};

/* The values from "low" (exclusive, where it is one of them) to "high". */
struct parsed {
    enum form form;
    bool absolute;
    bool has_low;
    bool has_high;
    double low;
    double high;
};

static const struct {
    const char *name;
    enum form form;
} plain[] = {{"SampleCount", SAMPLE_COUNT},
             {"Sum", SUM},
             {"Average", AVERAGE},
             {"Minimum", MINIMUM},
             {"Maximum", MAXIMUM}};

static const struct {
    const char *name;
    enum form form;
} ranged[] = {{"p", PERCENTILE},    {"pr", PERCENTILE_RANK},
              {"tm", TRIMMED_MEAN}, {"tc", TRIMMED_COUNT},
              {"ts", TRIMMED_SUM},  {"wm", WINSORIZED_MEAN}};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what is asked for --------------------------------------------------------- */

enum { NUMBER_DIGITS_MAX = 15, NUMBER_DECIMALS_MAX = 10 };

/* Digits with a point among them: nothing that depends on a locale. */
static bool read_number(struct str s, double *value)
{
    double scale = 1;
    unsigned digits = 0;
    unsigned decimals = 0;
    bool point = false;

    *value = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9' || ++digits > NUMBER_DIGITS_MAX)
            return false;
        *value = *value * 10 + (s.p[i] - '0');
        scale *= point ? 10 : 1;
        decimals += point;
    }
    *value /= scale;
    return digits > decimals && decimals <= NUMBER_DECIMALS_MAX;
}

/* "90" of tm90: up to so many percent. */
static bool read_short(struct str s, struct parsed *parsed)
{
    parsed->has_high = true;
    return parsed->form != PERCENTILE_RANK && read_number(s, &parsed->high) &&
           parsed->high <= 100;
}

/* A bound of "(10%:90%)", which may be missing. */
static bool read_bound(struct str s, bool *has, double *value, bool *percent)
{
    *has = s.n > 0;
    *percent = s.n > 0 && s.p[s.n - 1] == '%';
    s.n -= *percent;
    return !*has || (read_number(s, value) && !(*percent && *value > 100));
}

static bool read_range(struct str s, struct parsed *parsed)
{
    struct str rest = {s.p + 1, s.n - 2};
    struct str low = str_cut(&rest, ':');
    bool low_percent;
    bool high_percent;

    if (rest.p == NULL || parsed->form == PERCENTILE ||
        !read_bound(low, &parsed->has_low, &parsed->low, &low_percent) ||
        !read_bound(rest, &parsed->has_high, &parsed->high, &high_percent))
        return false;
    if (!parsed->has_low && !parsed->has_high)
        return false;
    if (parsed->has_low && parsed->has_high &&
        (low_percent != high_percent || parsed->low >= parsed->high))
        return false;
    parsed->absolute = !low_percent && !high_percent;
    return parsed->absolute || parsed->form != PERCENTILE_RANK;
}

static bool read_ranged(struct str s, struct parsed *parsed)
{
    size_t letters = s.n > 1 && (s.p[1] < '0' || s.p[1] > '9') ? 2 : 1;
    struct str rest = {s.p + letters, s.n - letters};
    struct str name = {s.p, letters};

    for (size_t i = 0; i < COUNT(ranged); i++) {
        if (!str_ieq(name, str_of(ranged[i].name)))
            continue;
        parsed->form = ranged[i].form;
        if (rest.n > 2 && rest.p[0] == '(' && rest.p[rest.n - 1] == ')')
            return read_range(rest, parsed);
        return read_short(rest, parsed);
    }
    return false;
}

static bool read_statistic(struct str s, struct parsed *parsed)
{
    *parsed = (struct parsed){.form = SUM};
    for (size_t i = 0; i < COUNT(plain); i++)
        if (str_eq(s, str_of(plain[i].name))) {
            parsed->form = plain[i].form;
            return true;
        }
    if (str_ieq(s, STR("IQM"))) {
        *parsed = (struct parsed){.form = TRIMMED_MEAN,
                                  .has_low = true,
                                  .has_high = true,
                                  .low = 25,
                                  .high = 75};
        return true;
    }
    return s.n > 0 && read_ranged(s, parsed);
}

bool statistic_is_one(struct str statistic)
{
    struct parsed parsed;

    return read_statistic(statistic, &parsed);
}

bool statistic_needs_values(struct str statistic)
{
    struct parsed parsed;

    return read_statistic(statistic, &parsed) && parsed.form >= PERCENTILE;
}

/* ---- what it is ------------------------------------------------------------------ */

/* Decimals that no double is exactly: 100 - 99.9 of 1000 is one value. */
#define NEARLY 1e-6

/* The whole values in so many percent of n. */
static double whole(double percent, double n)
{
    double share = percent * n / 100 + NEARLY;

    return (double)(uint64_t)share;
}

static double percentile(const struct datum *d, double percent)
{
    double rank = percent * d->n / 100 - NEARLY;
    double seen = 0;

    for (unsigned i = 0; i < d->nvalues; i++) {
        seen += d->counts[i];
        if (d->counts[i] > 0 && seen >= rank)
            return d->values[i];
    }
    return d->max;
}

/* What lies between the bounds, and before and behind them. */
struct part {
    double n;
    double sum;
    double below;
    double above;
    double first; /* of what lies between */
    double last;
};

static void take(struct part *part, double value, double count)
{
    if (!(count > 0))
        return;
    if (part->n == 0)
        part->first = value;
    part->last = value;
    part->n += count;
    part->sum += value * count;
}

static struct part part_by_value(const struct datum *d,
                                 const struct parsed *parsed)
{
    struct part part = {.n = 0};

    for (unsigned i = 0; i < d->nvalues; i++) {
        if (parsed->has_low && d->values[i] <= parsed->low)
            part.below += d->counts[i];
        else if (parsed->has_high && d->values[i] > parsed->high)
            part.above += d->counts[i];
        else
            take(&part, d->values[i], d->counts[i]);
    }
    return part;
}

static struct part part_by_share(const struct datum *d,
                                 const struct parsed *parsed)
{
    struct part part = {
        .below = parsed->has_low ? whole(parsed->low, d->n) : 0,
        .above = parsed->has_high ? whole(100 - parsed->high, d->n) : 0,
    };
    double end = d->n - part.above;
    double seen = 0;

    for (unsigned i = 0; i < d->nvalues; i++) {
        double from = seen > part.below ? seen : part.below;
        double to;

        seen += d->counts[i];
        to = seen < end ? seen : end;
        take(&part, d->values[i], to - from);
    }
    return part;
}

/* What is outside counts as what is at the edge. */
static bool winsorized(const struct datum *d, const struct parsed *parsed,
                       const struct part *part, double *value)
{
    double low = parsed->absolute ? parsed->low : part->first;
    double high = parsed->absolute ? parsed->high : part->last;

    if (part->n == 0 && !parsed->absolute)
        return false;
    *value = (part->sum + part->below * low + part->above * high) / d->n;
    return true;
}

static bool trimmed(const struct datum *d, const struct parsed *parsed,
                    double *value)
{
    struct part part =
        parsed->absolute ? part_by_value(d, parsed) : part_by_share(d, parsed);

    switch (parsed->form) {
    case PERCENTILE_RANK:
        *value = 100 * part.n / d->n;
        return true;
    case TRIMMED_COUNT:
        *value = part.n;
        return true;
    case TRIMMED_SUM:
        *value = part.sum;
        return true;
    case WINSORIZED_MEAN:
        return winsorized(d, parsed, &part, value);
    default:
        *value = part.n > 0 ? part.sum / part.n : 0;
        return part.n > 0;
    }
}

/* A datum whose values are known although none stand in it has one. */
static bool with_values(const struct datum *d, struct datum *full)
{
    *full = *d;
    if (d->nvalues)
        return true;
    full->nvalues = 1;
    full->values = d->n == 1 ? &d->sum : &d->min;
    full->counts = &d->n;
    return d->min == d->max || d->n == 1;
}

bool statistic_of(struct str statistic, const struct datum *datum,
                  double *value)
{
    struct parsed parsed;
    struct datum full;

    if (!read_statistic(statistic, &parsed) || !(datum->n > 0))
        return false;
    switch (parsed.form) {
    case SAMPLE_COUNT:
        *value = datum->n;
        return true;
    case SUM:
        *value = datum->sum;
        return true;
    case AVERAGE:
        *value = datum->sum / datum->n;
        return true;
    case MINIMUM:
        *value = datum->min;
        return true;
    case MAXIMUM:
        *value = datum->max;
        return true;
    default:
        break;
    }
    /* "Percentile statistics are not available when any of the values are
     * negative numbers." */
    if (!with_values(datum, &full) || datum->min < 0)
        return false;
    if (parsed.form != PERCENTILE)
        return trimmed(&full, &parsed, value);
    *value = percentile(&full, parsed.high);
    return true;
}
