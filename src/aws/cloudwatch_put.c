/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/cloudwatch_put.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { END = 2 }; /* "]}" */

/* 2^360: what CloudWatch takes at the most. */
static bool is_number(double v)
{
    return isfinite(v) && fabs(v) < 0x1p360;
}

void cloudwatch_put_number(struct text *t, double v)
{
    char digits[32];

    for (int precision = 15; precision <= 17; precision += 2) {
        (void)snprintf(digits, sizeof(digits), "%.*g", precision, v);
        if (strtod(digits, NULL) == v)
            break;
    }
    text_str_put(t, str_of(digits));
}

void cloudwatch_put_begin(struct cloudwatch_put *put, struct text *text,
                          struct str space)
{
    *put = (struct cloudwatch_put){.text = text};
    text->n = 0;
    TEXT_LITERAL(text, "{\"Namespace\":");
    text_json(text, space);
    TEXT_LITERAL(text, ",\"MetricData\":[");
}

static void put_dimensions(struct text *t, const struct series_name *name)
{
    TEXT_LITERAL(t, ",\"Dimensions\":[");
    for (unsigned i = 0; i < name->ndimensions; i++) {
        text_str_put(t, i ? STR(",{\"Name\":") : STR("{\"Name\":"));
        text_json(t, name->dimensions[i].name);
        TEXT_LITERAL(t, ",\"Value\":");
        text_json(t, name->dimensions[i].value);
        text_char(t, '}');
    }
    text_char(t, ']');
}

static void put_numbers(struct text *t, const double *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (i)
            text_char(t, ',');
        cloudwatch_put_number(t, v[i]);
    }
}

static void put_member(struct text *t, struct str name, double v)
{
    text_str_put(t, name);
    cloudwatch_put_number(t, v);
}

static void put_datum(struct text *t, const struct datum *d)
{
    if (d->nvalues) {
        TEXT_LITERAL(t, ",\"Values\":[");
        put_numbers(t, d->values, d->nvalues);
        TEXT_LITERAL(t, "],\"Counts\":[");
        put_numbers(t, d->counts, d->nvalues);
        text_char(t, ']');
    } else if (d->n == 1) {
        put_member(t, STR(",\"Value\":"), d->sum);
    } else {
        put_member(t, STR(",\"StatisticValues\":{\"SampleCount\":"), d->n);
        put_member(t, STR(",\"Sum\":"), d->sum);
        put_member(t, STR(",\"Minimum\":"), d->min);
        put_member(t, STR(",\"Maximum\":"), d->max);
        text_char(t, '}');
    }
}

static void put_metric(struct text *t, const struct series_name *name,
                       const char *unit, int64_t time_s,
                       const struct datum *datum)
{
    TEXT_LITERAL(t, "{\"MetricName\":");
    text_json(t, name->metric);
    put_dimensions(t, name);
    text_printf(t, ",\"Timestamp\":%lld", (long long)time_s);
    put_datum(t, datum);
    TEXT_LITERAL(t, ",\"Unit\":");
    text_json(t, str_of(unit));
    TEXT_LITERAL(t, ",\"StorageResolution\":60}");
}

bool cloudwatch_put_add(struct cloudwatch_put *put,
                        const struct series_name *name, const char *unit,
                        int64_t time_s, const struct datum *datum)
{
    struct text *t = put->text;
    size_t before = t->n;

    if (!is_number(datum->sum) || !is_number(datum->min) ||
        !is_number(datum->max) || !is_number(datum->n))
        return true;
    if (put->n == CLOUDWATCH_PUT_METRICS)
        return false;
    if (put->n)
        text_char(t, ',');
    put_metric(t, name, unit, time_s, datum);
    if (!text_ok(t) || t->n > CLOUDWATCH_PUT_BYTES - END) {
        t->n = before;
        t->overflow = false;
        return false;
    }
    put->n++;
    return true;
}

struct str cloudwatch_put_end(struct cloudwatch_put *put)
{
    TEXT_LITERAL(put->text, "]}");
    return text_str(put->text);
}

bool cloudwatch_space_is_one(struct str space, const char **why)
{
    *why = NULL;
    if (space.n == 0 || space.n > CLOUDWATCH_SPACE_MAX)
        *why = "must have 1 to 255 characters";
    else if (space.p[0] == ':')
        *why = "must not begin with a colon";
    else if (str_istarts(space, STR("AWS/")))
        *why = "begins with AWS/, which is reserved for services of AWS";
    for (size_t i = 0; *why == NULL && i < space.n; i++)
        if (space.p[i] < ' ' || space.p[i] > '~')
            *why = "may have printable ASCII characters only";
    return *why == NULL;
}
