/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/metric_query.h"

#include <stdlib.h>

#include "base/memory.h"
#include "stats/metric_search.h"

enum {
    FIRST_POINTS = 64,
    DEFAULT_PERIOD_S = 300,
    VALUES_COST = 32, /* points that the values of a minute are worth */
    CURVE_COST = 64,  /* ... and a series by itself: it is a result, maybe */
};

struct asked {
    const struct math_node *node; /* NULL: a metric */
    unsigned n;                   /* ids that it names, as numbers */
    unsigned cap;
    unsigned *names;
    unsigned done; /* of them */
    bool known;
    struct metric_value value;
};

struct asking {
    const struct metric_question *question;
    struct math_world world;
    struct error *error;
    struct asked *asked;
    unsigned at; /* the query that is worked at */
    unsigned *by_id;
    /* Points of the series that is read; from malloc(). */
    unsigned n;
    unsigned cap;
    int64_t *times;
    double *values;
    struct str statistic;
};

/* ---- a metric ------------------------------------------------------------------- */

static void grow(struct asking *a)
{
    unsigned cap = a->cap ? 2 * a->cap : FIRST_POINTS;
    int64_t *times = memory_zeroed(cap, sizeof(*times));
    double *values = memory_zeroed(cap, sizeof(*values));

    if (a->n) {
        memcpy(times, a->times, a->n * sizeof(*times));
        memcpy(values, a->values, a->n * sizeof(*values));
    }
    free(a->times);
    free(a->values);
    a->times = times;
    a->values = values;
    a->cap = cap;
}

static void take(void *to, int64_t start_s, const struct datum *datum)
{
    struct asking *a = to;
    double value;

    if (!statistic_of(a->statistic, datum, &value))
        return;
    if (a->n == a->cap)
        grow(a);
    a->times[a->n] = start_s;
    a->values[a->n++] = value;
}

/* Percentiles take all values of all minutes. */
static bool spend_values(struct asking *a, const struct series *series)
{
    int64_t newest = series_newest_s(series) + SERIES_PERIOD_S;
    int64_t oldest = a->question->now_s - SERIES_KEPT_S;
    int64_t from = a->question->from_s;
    int64_t to = a->question->to_s;

    from = from < oldest ? oldest : from;
    to = to > newest ? newest : to;
    return to <= from ||
           math_spend(&a->world,
                      (size_t)(to - from) / SERIES_PERIOD_S * VALUES_COST,
                      a->error);
}

/* Its points, in the region. */
static bool read_series(struct asking *a, const struct series *series,
                        const struct series_name *name, struct str statistic,
                        int64_t period_s, struct curve *curve)
{
    struct region *region = a->world.region;
    bool values = statistic_needs_values(statistic);
    int64_t from_s = a->question->from_s;
    int64_t to_s = a->question->to_s;
    int64_t *times;
    double *numbers;

    a->n = 0;
    a->statistic = statistic;
    if (series && values && !spend_values(a, series))
        return false;
    if (series)
        series_scan(series, from_s, to_s, period_s, values, take, a);
    if (!math_spend(&a->world, a->n + CURVE_COST, a->error))
        return false;
    times = region_take(region, (a->n + 1) * sizeof(*times));
    numbers = region_take(region, (a->n + 1) * sizeof(*numbers));
    if (a->n) {
        memcpy(times, a->times, a->n * sizeof(*times));
        memcpy(numbers, a->values, a->n * sizeof(*numbers));
    }
    *curve = (struct curve){
        .n = a->n,
        .times = times,
        .values = numbers,
        .period_s = period_s,
        .name = name,
        .statistic = statistic,
    };
    return true;
}

static bool read_metric(struct asking *a, const struct metric_query *query,
                        struct math_value *value)
{
    const struct series_store *store = a->question->store;
    const struct series *series =
        store ? series_find(store, &query->name) : NULL;
    struct curve *curve = region_take(a->world.region, sizeof(*curve));

    if (series && query->unit.n &&
        !str_eq(query->unit, str_of(series_unit(series))))
        series = NULL;
    *value = (struct math_value){.kind = MATH_CURVE, .n = 1, .curves = curve};
    return read_series(a, series, &query->name, query->statistic,
                       query->period_s, curve);
}

/* ---- ids ----------------------------------------------------------------------- */

static struct str id_of(const struct asking *a, unsigned i)
{
    return a->question->queries[a->by_id[i]].id;
}

/* By insertion: there are few, and qsort() has no place for what they are of. */
static void sort_ids(struct asking *a)
{
    a->by_id =
        region_take(a->world.region, (a->question->n + 1) * sizeof(*a->by_id));
    for (unsigned i = 0; i < a->question->n; i++) {
        struct str id = a->question->queries[i].id;
        unsigned k = i;

        for (; k && str_compare(id_of(a, k - 1), id) > 0; k--)
            a->by_id[k] = a->by_id[k - 1];
        a->by_id[k] = i;
    }
}

/* UINT_MAX: there is none. */
static unsigned find_id(const struct asking *a, struct str id)
{
    unsigned low = 0;
    unsigned high = a->question->n;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        int order = str_compare(id_of(a, middle), id);

        if (order == 0)
            return a->by_id[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return UINT32_MAX;
}

/* ---- what expressions ask for ------------------------------------------------------ */

static const struct math_value *on_find(void *owner, struct str id)
{
    struct asking *a = owner;
    unsigned i = find_id(a, id);

    return i < a->question->n && a->asked[i].known ? &a->asked[i].value.value
                                                   : NULL;
}

static bool contains(struct str text, struct str part)
{
    return part.n == 0 || memmem(text.p, text.n, part.p, part.n);
}

static bool on_metrics(void *owner, struct str part, struct math_value *found,
                       struct error *error)
{
    struct asking *a = owner;
    unsigned n = a->question->n;
    struct curve *curves =
        region_take(a->world.region, (n + 1) * sizeof(*curves));

    *found = (struct math_value){.kind = MATH_CURVES, .curves = curves};
    for (unsigned i = 0; i < n; i++) {
        const struct metric_query *query = &a->question->queries[i];

        if (query->expression.n == 0 && contains(query->id, part))
            curves[found->n++] = *a->asked[i].value.value.curves;
    }
    return math_spend(&a->world, (size_t)found->n * CURVE_COST, error);
}

static bool on_search(void *owner, struct str terms, struct str statistic,
                      int64_t period_s, struct math_value *found,
                      struct error *error)
{
    struct asking *a = owner;
    struct region *region = a->world.region;
    const struct series_store *store = a->question->store;
    const struct metric_search *search =
        metric_search_parse(terms, region, error);
    struct curve *curves =
        region_take(region, METRIC_SEARCH_FOUND_MAX * sizeof(*curves));
    const struct series *s = NULL;

    if (search == NULL)
        return false;
    if (!statistic_is_one(statistic))
        return error_set(error, "'%.*s' is no statistic", STR_ARG(statistic));
    *found = (struct math_value){.kind = MATH_CURVES, .curves = curves};
    while (store && (s = series_next(store, s))) {
        if (!math_spend(&a->world, metric_search_size(search) + 1, error))
            return false;
        if (!metric_search_finds(search, series_name_of(s)))
            continue;
        if (found->n == METRIC_SEARCH_FOUND_MAX) {
            a->asked[a->at].value.too_many = true;
            break;
        }
        if (!read_series(a, s, series_name_of(s), statistic,
                         period_s ? period_s : a->world.period_s,
                         &curves[found->n++]))
            return false;
    }
    return true;
}

/* ---- expressions -------------------------------------------------------------------- */

static void add_name(void *to, struct str id)
{
    struct asking *a = to;
    struct asked *asked = &a->asked[a->at];
    unsigned cap = asked->cap ? 2 * asked->cap : 8;
    unsigned *grown;

    if (asked->n == asked->cap) {
        grown = region_take(a->world.region, cap * sizeof(*grown));
        if (asked->n)
            memcpy(grown, asked->names, asked->n * sizeof(*grown));
        asked->names = grown;
        asked->cap = cap;
    }
    asked->names[asked->n++] = find_id(a, id);
    if (asked->names[asked->n - 1] == UINT32_MAX && a->error->text[0] == '\0')
        error_set(a->error, "there is no metric or expression '%.*s'",
                  STR_ARG(id));
}

static bool parse(struct asking *a)
{
    const struct metric_query *query = &a->question->queries[a->at];
    struct asked *asked = &a->asked[a->at];

    if (query->expression.n == 0)
        return true;
    asked->node = math_parse(query->expression, a->world.region, a->error);
    if (asked->node == NULL)
        return false;
    math_ids(asked->node, add_name, a);
    return a->error->text[0] == '\0';
}

/* Whether all that it names is known. */
static bool is_ready(const struct asking *a, struct asked *asked)
{
    while (asked->done < asked->n && a->asked[asked->names[asked->done]].known)
        asked->done++;
    return asked->done == asked->n;
}

static int64_t period_of(const struct asking *a)
{
    const struct metric_query *queries = a->question->queries;
    int64_t period = queries[a->at].period_s;

    for (unsigned i = 0; queries[a->at].period_s == 0 && i < a->question->n;
         i++) {
        if (queries[i].expression.n == 0 && queries[i].period_s > period)
            period = queries[i].period_s;
    }
    return period ? period : DEFAULT_PERIOD_S;
}

static bool run(struct asking *a)
{
    struct asked *asked = &a->asked[a->at];

    a->world.period_s = period_of(a);
    asked->known = true;
    return math_run(&a->world, asked->node, &asked->value.value, a->error);
}

/* ---- all of them ---------------------------------------------------------------------- */

static bool ask_metrics(struct asking *a)
{
    for (a->at = 0; a->at < a->question->n; a->at++) {
        const struct metric_query *query = &a->question->queries[a->at];
        struct asked *asked = &a->asked[a->at];

        if (!parse(a))
            return false;
        if (asked->node)
            continue;
        asked->known = true;
        if (!read_metric(a, query, &asked->value.value))
            return false;
    }
    return true;
}

/* Rounds, until none is left or nothing comes of a round. */
static bool ask_expressions(struct asking *a)
{
    unsigned left = 0;
    unsigned before;
    unsigned first = 0;

    do {
        before = left;
        left = 0;
        for (a->at = 0; a->at < a->question->n; a->at++) {
            struct asked *asked = &a->asked[a->at];

            if (asked->known)
                continue;
            if (is_ready(a, asked)) {
                if (!run(a))
                    return false;
            } else if (left++ == 0) {
                first = a->at;
            }
        }
    } while (left && left != before);
    a->at = first;
    return left == 0 || error_set(a->error, "it needs itself to be known");
}

static const struct metric_value *values_of(const struct asking *a)
{
    struct metric_value *values =
        region_take(a->world.region, (a->question->n + 1) * sizeof(*values));

    for (unsigned i = 0; i < a->question->n; i++)
        values[i] = a->asked[i].value;
    return values;
}

static void name_error(const struct asking *a, struct error *error)
{
    struct error why = *error;
    struct str id = a->question->queries[a->at].id;

    error->text[0] = '\0';
    error_set(error, "Error in expression '%.*s': %s", STR_ARG(id), why.text);
}

const struct metric_value *
metric_question_ask(const struct metric_question *question,
                    struct region *region, unsigned *wrong, struct error *error)
{
    struct asking a = {
        .question = question,
        .world =
            {
                .region = region,
                .from_s = question->from_s,
                .to_s = question->to_s < question->now_s ? question->to_s
                                                         : question->now_s,
                .points_left = MATH_POINTS_MAX,
                .find = on_find,
                .metrics = on_metrics,
                .search = on_search,
                .owner = &a,
            },
        .error = error,
        .asked = region_take(region, (question->n + 1) * sizeof(struct asked)),
    };
    bool ok;

    error->text[0] = '\0';
    sort_ids(&a);
    ok = ask_metrics(&a) && ask_expressions(&a);
    free(a.times);
    free(a.values);
    if (ok)
        return values_of(&a);
    *wrong = a.at;
    name_error(&a, error);
    return NULL;
}
