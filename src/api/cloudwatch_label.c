/* SPDX-License-Identifier: Apache-2.0 */
#include "api/cloudwatch_label.h"

#include <time.h>

enum { COMPARED_MAX = 100, DYNAMIC_MAX = 6 };

struct labelling {
    struct region *region;
    const struct cloudwatch_label *label;
    const struct curve *curve;
    struct str otherwise; /* ${LABEL} */
};

/* ---- what it is by itself --------------------------------------------------------- */

static struct str value_of(const struct series_name *name, struct str dimension)
{
    for (unsigned i = 0; i < name->ndimensions; i++) {
        if (str_eq(name->dimensions[i].name, dimension))
            return name->dimensions[i].value;
    }
    return STR("");
}

static struct str join(struct region *region, struct str a, struct str b)
{
    return region_printf(region, STR_FMT "%s" STR_FMT, STR_ARG(a),
                         a.n ? " " : "", STR_ARG(b));
}

/* Whether all of them have the same value; of many nobody looks. */
static bool is_common(const struct math_value *value, const struct dimension *d)
{
    for (unsigned i = 0; i < value->n; i++) {
        const struct series_name *name = value->curves[i].name;

        if (i == COMPARED_MAX ||
            (name && !str_eq(value_of(name, d->name), d->value)))
            return false;
    }
    return true;
}

static bool is_one_metric(const struct math_value *value, struct str metric)
{
    for (unsigned i = 0; i < value->n; i++) {
        const struct series_name *name = value->curves[i].name;

        if (name && !str_eq(name->metric, metric))
            return false;
    }
    return true;
}

/* What tells it from the others: values of dimensions, the metric. */
static struct str default_of(struct region *region, struct str id,
                             const struct math_value *value, unsigned i)
{
    const struct series_name *name = value->curves[i].name;
    struct str label = STR("");

    if (name == NULL)
        return id;
    for (unsigned k = 0; k < name->ndimensions && value->n > 1; k++) {
        if (!is_common(value, &name->dimensions[k]))
            label = join(region, label, name->dimensions[k].value);
    }
    if (label.n && is_one_metric(value, name->metric))
        return label;
    return join(region, label, name->metric);
}

/* ---- ${...} ------------------------------------------------------------------------ */

static struct str number_text(struct region *region, double number)
{
    return region_printf(region, "%.15g", number);
}

static struct str time_text(const struct labelling *l, int64_t time)
{
    time_t t = (time_t)(time + l->label->zone_s);
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL)
        return STR("");
    return region_printf(l->region, "%04d-%02d-%02d %02d:%02d:%02d",
                         tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                         tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Which point FIRST, LAST, MIN and MAX are. */
static bool find_point(const struct curve *curve, struct str word, unsigned *at)
{
    bool max = str_eq(word, STR("MAX"));

    *at = 0;
    if (str_eq(word, STR("LAST")))
        *at = curve->n - 1;
    else if (!max && !str_eq(word, STR("MIN")))
        return str_eq(word, STR("FIRST"));
    else
        for (unsigned i = 1; i < curve->n; i++) {
            double now = curve->values[i];
            double best = curve->values[*at];

            if (max ? now > best : now < best)
                *at = i;
        }
    return true;
}

/* p == NULL: there is no such word. */
static struct str point_text(const struct labelling *l, struct str word)
{
    static const struct str suffix = {"_TIME", 5};
    struct str name = word;
    bool time = word.n > suffix.n &&
                str_eq(str_make(word.p + word.n - suffix.n, suffix.n), suffix);
    unsigned at;

    name.n -= time ? suffix.n : 0;
    if (l->curve->n == 0)
        return STR("-");
    if (!find_point(l->curve, name, &at))
        return str_make(NULL, 0);
    return time ? time_text(l, l->curve->times[at])
                : number_text(l->region, l->curve->values[at]);
}

static struct str word_text(const struct labelling *l, struct str word)
{
    double sum = 0;

    if (str_eq(word, STR("LABEL")))
        return l->otherwise;
    if (str_eq(word, STR("DATAPOINT_COUNT")))
        return number_text(l->region, l->curve->n);
    if (!str_eq(word, STR("SUM")) && !str_eq(word, STR("AVG")))
        return point_text(l, word);
    for (unsigned i = 0; i < l->curve->n; i++)
        sum += l->curve->values[i];
    if (l->curve->n == 0)
        return STR("-");
    return number_text(l->region, word.p[0] == 'A' ? sum / l->curve->n : sum);
}

static struct str property_text(const struct labelling *l, struct str name)
{
    const struct series_name *of = l->curve->name;
    struct str dimension = name;

    if (str_eq(name, STR("Region")))
        return l->label->view->region_name;
    if (str_eq(name, STR("AccountId")))
        return l->label->view->account_id;
    if (str_eq(name, STR("Period")))
        return number_text(l->region, (double)l->curve->period_s);
    if (of == NULL)
        return STR("");
    if (str_eq(name, STR("MetricName")))
        return of->metric;
    if (str_eq(name, STR("Namespace")))
        return of->space;
    if (str_eq(name, STR("Stat")))
        return l->curve->statistic;
    if (!str_eq(str_cut(&dimension, '.'), STR("Dim")) || dimension.p == NULL)
        return str_make(NULL, 0);
    return value_of(of, dimension);
}

/* What stands between the braces; p == NULL: it means nothing. */
static struct str inside_text(const struct labelling *l, struct str inside)
{
    static const struct str begin = {"PROP('", 6};

    if (str_starts(inside, begin) && inside.n > 8 &&
        str_eq(str_make(inside.p + inside.n - 2, 2), STR("')")))
        return property_text(
            l, str_make(inside.p + begin.n, inside.n - begin.n - 2));
    return word_text(l, inside);
}

/* Text after `from`, with what its ${...} mean. */
static struct str expand(const struct labelling *l, struct str from)
{
    struct str made = STR("");
    unsigned dynamic = 0;

    while (from.n) {
        const char *begin = memmem(from.p, from.n, "${", 2);
        size_t before = begin ? (size_t)(begin - from.p) : from.n;
        const char *end = begin ? memchr(begin, '}', from.n - before) : NULL;
        size_t n = end ? (size_t)(end - begin) + 1 : from.n - before;
        struct str what = str_make(NULL, 0);

        if (end && dynamic++ < DYNAMIC_MAX)
            what = inside_text(l, str_make(begin + 2, n - 3));
        if (what.p == NULL)
            what = str_make(from.p + before, n);
        made = region_printf(l->region, STR_FMT STR_FMT STR_FMT, STR_ARG(made),
                             (int)before, from.p, STR_ARG(what));
        from = str_make(from.p + before + n, from.n - before - n);
    }
    return made;
}

struct str cloudwatch_label(struct region *region,
                            const struct cloudwatch_label *label,
                            const struct math_value *value, unsigned i)
{
    struct labelling l = {
        .region = region,
        .label = label,
        .curve = &value->curves[i],
        .otherwise = default_of(region, label->id, value, i),
    };

    if (label->text.n == 0)
        return l.otherwise;
    if (memmem(label->text.p, label->text.n, "${", 2))
        return expand(&l, label->text);
    return value->kind == MATH_CURVES ? join(region, label->text, l.otherwise)
                                      : label->text;
}

bool cloudwatch_zone(struct str text, int *zone_s)
{
    uint64_t hours;
    uint64_t minutes;

    *zone_s = 0;
    if (text.n == 0)
        return true;
    if (text.n != 5 || (text.p[0] != '+' && text.p[0] != '-') ||
        !str_to_u64(str_make(text.p + 1, 2), 14, &hours) ||
        !str_to_u64(str_make(text.p + 3, 2), 59, &minutes))
        return false;
    *zone_s = (int)(hours * 3600 + minutes * 60) * (text.p[0] == '-' ? -1 : 1);
    return true;
}
