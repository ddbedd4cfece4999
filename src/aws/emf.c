/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/emf.h"

#include "aws/cloudwatch_put.h"

enum { HOSTS_VALUES = 60 };

bool emf_same_line(const struct series_name *a, const struct series_name *b)
{
    if (a->ndimensions != b->ndimensions || !str_eq(a->space, b->space))
        return false;
    for (unsigned i = 0; i < a->ndimensions; i++)
        if (!str_eq(a->dimensions[i].name, b->dimensions[i].name) ||
            !str_eq(a->dimensions[i].value, b->dimensions[i].value))
            return false;
    return true;
}

/* ---- values ------------------------------------------------------------------- */

struct values {
    unsigned n;
    double v[EMF_VALUES_MAX];
};

static void add(struct values *values, double v, double times)
{
    for (; times >= 1 && values->n < EMF_VALUES_MAX; times--)
        values->v[values->n++] = v;
}

static void add_each(struct values *values, const struct datum *d)
{
    for (unsigned i = 0; i < d->nvalues; i++)
        add(values, d->values[i], d->counts[i]);
}

/* At equal ranks. */
static void add_ranks(struct values *values, const struct datum *d)
{
    double seen = d->counts[0];
    unsigned at = 0;

    for (unsigned i = 0; i < EMF_VALUES_MAX; i++) {
        double rank = (i + 0.5) * d->n / EMF_VALUES_MAX;

        while (seen < rank && at + 1 < d->nvalues)
            seen += d->counts[++at];
        add(values, d->values[at], 1);
    }
}

static void add_between(struct values *values, const struct datum *d)
{
    double share = (d->sum / d->n - d->min) / (d->max - d->min);
    unsigned high = (unsigned)(share * HOSTS_VALUES + 0.5);

    high = high < 1 ? 1 : high;
    high = high > HOSTS_VALUES - 1 ? HOSTS_VALUES - 1 : high;
    add(values, d->min, HOSTS_VALUES - high);
    add(values, d->max, high);
}

static void values_of(struct values *values, const struct emf_metric *m)
{
    const struct datum *d = &m->datum;

    values->n = 0;
    if (m->events || d->n == 1)
        add(values, d->sum, 1);
    else if (d->min == d->max)
        add(values, d->min, 1);
    else if (d->nvalues && d->n <= EMF_VALUES_MAX)
        add_each(values, d);
    else if (d->nvalues)
        add_ranks(values, d);
    else
        add_between(values, d);
}

/* ---- a line ---------------------------------------------------------------------- */

static void put_names(struct text *t, const struct series_name *name)
{
    TEXT_LITERAL(t, ",\"Dimensions\":[[");
    for (unsigned i = 0; i < name->ndimensions; i++) {
        if (i)
            text_char(t, ',');
        text_json(t, name->dimensions[i].name);
    }
    TEXT_LITERAL(t, "]]");
}

static void put_directive(struct text *t, struct str space,
                          const struct emf_metric *metrics, unsigned n)
{
    TEXT_LITERAL(t, "\"CloudWatchMetrics\":[{\"Namespace\":");
    text_json(t, space);
    put_names(t, &metrics[0].name);
    TEXT_LITERAL(t, ",\"Metrics\":[");
    for (unsigned i = 0; i < n; i++) {
        text_str_put(t, i ? STR(",{\"Name\":") : STR("{\"Name\":"));
        text_json(t, metrics[i].name.metric);
        TEXT_LITERAL(t, ",\"Unit\":");
        text_json(t, str_of(metrics[i].unit));
        text_char(t, '}');
    }
    TEXT_LITERAL(t, "]}]");
}

static void put_value(struct text *t, const struct emf_metric *m)
{
    struct values values;

    values_of(&values, m);
    text_char(t, ',');
    text_json(t, m->name.metric);
    text_char(t, ':');
    if (values.n > 1)
        text_char(t, '[');
    for (unsigned i = 0; i < values.n; i++) {
        if (i)
            text_char(t, ',');
        cloudwatch_put_number(t, values.v[i]);
    }
    if (values.n > 1)
        text_char(t, ']');
}

void emf_put_line(struct text *t, struct str space, int64_t time_s,
                  const struct emf_metric *metrics, unsigned n)
{
    text_printf(t, "{\"_aws\":{\"Timestamp\":%lld,", (long long)time_s * 1000);
    put_directive(t, space, metrics, n);
    text_char(t, '}');
    for (unsigned i = 0; i < metrics[0].name.ndimensions; i++) {
        const struct dimension *d = &metrics[0].name.dimensions[i];

        text_char(t, ',');
        text_json(t, d->name);
        text_char(t, ':');
        text_json(t, d->value);
    }
    for (unsigned i = 0; i < n; i++)
        put_value(t, &metrics[i]);
    text_char(t, '}');
}
