/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/series_internal.h"

enum { WIDTH_STEPS = 24 };

static void add_pair(struct gather *g, double value, double count)
{
    if (g->npairs == g->cap) {
        unsigned cap = g->cap ? 2 * g->cap : SERIES_VALUES_MAX;
        struct pair *grown = memory_zeroed(cap, sizeof(*grown));

        if (g->npairs)
            memcpy(grown, g->pairs, g->npairs * sizeof(*grown));
        free(g->pairs);
        g->pairs = grown;
        g->cap = cap;
    }
    g->pairs[g->npairs++] = (struct pair){value, count};
}

static void add_values(struct gather *g, const struct datum *d)
{
    if (d->nvalues == 0 && (d->min == d->max || d->n == 1))
        add_pair(g, d->n == 1 ? d->sum : d->min, d->n);
    else if (d->nvalues == 0)
        g->blurred = true;
    for (unsigned i = 0; i < d->nvalues; i++)
        if (d->counts[i] > 0)
            add_pair(g, d->values[i], d->counts[i]);
}

void gather_add(struct gather *g, const struct datum *d)
{
    if (!(d->n > 0))
        return;
    if (g->all.n == 0) {
        g->all.min = d->min;
        g->all.max = d->max;
    }
    g->all.n += d->n;
    g->all.sum += d->sum;
    g->all.min = d->min < g->all.min ? d->min : g->all.min;
    g->all.max = d->max > g->all.max ? d->max : g->all.max;
    if (!g->blurred)
        add_values(g, d);
}

static int by_value(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;

    return x->value < y->value ? -1 : x->value > y->value;
}

/* Each value once. */
static void make_unique(struct gather *g)
{
    unsigned n = 0;

    qsort(g->pairs, g->npairs, sizeof(*g->pairs), by_value);
    for (unsigned i = 0; i < g->npairs; i++) {
        if (n && g->pairs[n - 1].value == g->pairs[i].value)
            g->pairs[n - 1].count += g->pairs[i].count;
        else
            g->pairs[n++] = g->pairs[i];
    }
    g->npairs = n;
}

/* How far two values are from each other, by what they are: an error of so many
 * percent; 1 at the most. */
static double distance(double low, double high)
{
    return (high - low) / ((low < 0 ? -low : low) + (high < 0 ? -high : high));
}

/* The first behind `from` that is farther from it than `width`. */
static unsigned end_of(const struct gather *g, unsigned from, double width)
{
    unsigned end = from + 1;

    while (end < g->npairs &&
           distance(g->pairs[from].value, g->pairs[end].value) <= width)
        end++;
    return end;
}

static unsigned count_within(const struct gather *g, double width)
{
    unsigned n = 0;

    for (unsigned i = 0; i < g->npairs; i = end_of(g, i, width))
        n++;
    return n;
}

/* The least width by which there are so few. */
static double width_for(const struct gather *g, unsigned most)
{
    double low = 0;
    double high = 1;

    for (unsigned i = 0; i < WIDTH_STEPS; i++) {
        double middle = (low + high) / 2;

        if (count_within(g, middle) > most)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* A float takes half the room, and is exact enough, where it reaches. */
static double shorter(double value)
{
    double size = value < 0 ? -value : value;

    return size < FLT_MIN || size > FLT_MAX ? value : (double)(float)value;
}

static struct pair joined(const struct pair *pairs, unsigned n)
{
    struct pair all = pairs[0];
    double sum = pairs[0].value * pairs[0].count;

    for (unsigned i = 1; i < n; i++) {
        sum += pairs[i].value * pairs[i].count;
        all.count += pairs[i].count;
    }
    if (n > 1)
        all.value = shorter(sum / all.count);
    return all;
}

static void thin(struct gather *g, unsigned most)
{
    double width = width_for(g, most);
    unsigned n = 0;
    unsigned end;

    for (unsigned i = 0; i < g->npairs; i = end) {
        end = end_of(g, i, width);
        g->pairs[n++] = joined(&g->pairs[i], end - i);
    }
    g->npairs = n;
}

/* Turns the pairs into an array of values and one of counts, where they
 * stand. */
static void split(struct gather *g, struct datum *d)
{
    double *columns = memory_zeroed(2 * (size_t)g->npairs, sizeof(double));

    for (unsigned i = 0; i < g->npairs; i++) {
        columns[i] = g->pairs[i].value;
        columns[g->npairs + i] = g->pairs[i].count;
    }
    memcpy(g->pairs, columns, 2 * (size_t)g->npairs * sizeof(double));
    free(columns);
    d->nvalues = g->npairs;
    d->values = (const double *)(const void *)g->pairs;
    d->counts = d->values + g->npairs;
}

struct datum gather_take(struct gather *g, unsigned most)
{
    struct datum d = g->all;

    if (d.n > 0 && !g->blurred && d.min < d.max) {
        make_unique(g);
        if (most && g->npairs > most)
            thin(g, most);
        split(g, &d);
    }
    g->npairs = 0;
    return d;
}

void gather_clear(struct gather *g)
{
    g->all = (struct datum){.n = 0};
    g->blurred = false;
    g->npairs = 0;
}

void gather_end(struct gather *g)
{
    free(g->pairs);
    *g = (struct gather){.npairs = 0};
}
