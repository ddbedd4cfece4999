/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/sample_store.h"

#include <stdlib.h>

#include "base/memory.h"

/* A request, for all metrics that it is a sample of. */
struct kept {
    unsigned refs;
    uint64_t time_ms;
    size_t n;
    char bytes[];
};

struct entry {
    struct kept *kept;
    size_t at; /* of its metric, in the bytes */
    uint64_t weight;
};

/* Entries in the order they came, which is mostly that of their times. */
struct reservoir {
    struct reservoir *next;
    struct str arn;
    struct str metric;
    unsigned n;
    struct entry v[WAF_SAMPLES_KEPT + 1];
    char texts[];
};

struct waf_sample_store {
    struct random random;
    struct reservoir *first;
    unsigned nreservoirs;
    size_t n;
    size_t bytes;
};

struct waf_sample_store *waf_sample_store_new(void)
{
    struct waf_sample_store *store = memory_zeroed(1, sizeof(*store));

    random_seed(&store->random);
    return store;
}

size_t waf_sample_store_n(const struct waf_sample_store *store)
{
    return store->n;
}

size_t waf_sample_store_bytes(const struct waf_sample_store *store)
{
    return store->bytes;
}

/* ---- entries --------------------------------------------------------------------- */

static void drop_kept(struct waf_sample_store *store, struct kept *kept)
{
    if (--kept->refs)
        return;
    store->bytes -= kept->n;
    free(kept);
}

/* The entry at i goes, and those behind it move up. */
static void drop_entry(struct waf_sample_store *store, struct reservoir *r,
                       unsigned i)
{
    drop_kept(store, r->v[i].kept);
    r->n--;
    store->n--;
    memmove(&r->v[i], &r->v[i + 1], (r->n - i) * sizeof(r->v[0]));
}

/* Whether the first of two stays. */
static bool keeps_first(struct random *random, uint64_t first, uint64_t second)
{
    return random_u64(random) % (first + second ? first + second : 1) < first;
}

static void join_two(struct waf_sample_store *store, struct reservoir *r)
{
    unsigned i = (unsigned)(random_u64(&store->random) % (r->n - 1));
    uint64_t sum = r->v[i].weight + r->v[i + 1].weight;
    bool first =
        keeps_first(&store->random, r->v[i].weight, r->v[i + 1].weight);

    drop_entry(store, r, first ? i + 1 : i);
    r->v[i].weight = sum;
}

/* ---- reservoirs --------------------------------------------------------------------- */

static struct reservoir *find(const struct waf_sample_store *store,
                              struct str arn, struct str metric)
{
    struct reservoir *r = store->first;

    while (r && (!str_eq(r->metric, metric) || !str_eq(r->arn, arn)))
        r = r->next;
    return r;
}

static struct reservoir *make(struct waf_sample_store *store, struct str arn,
                              struct str metric)
{
    struct reservoir *r;

    if (store->nreservoirs == WAF_SAMPLES_METRICS)
        return NULL;
    r = memory_zeroed(1, sizeof(*r) + arn.n + metric.n);
    memcpy(r->texts, arn.p, arn.n);
    memcpy(r->texts + arn.n, metric.p, metric.n);
    r->arn = str_make(r->texts, arn.n);
    r->metric = str_make(r->texts + arn.n, metric.n);
    r->next = store->first;
    store->first = r;
    store->nreservoirs++;
    return r;
}

static void drop_reservoir(struct waf_sample_store *store,
                           struct reservoir **at)
{
    struct reservoir *r = *at;

    while (r->n)
        drop_entry(store, r, r->n - 1);
    *at = r->next;
    store->nreservoirs--;
    free(r);
}

void waf_sample_store_free(struct waf_sample_store *store)
{
    if (store == NULL)
        return;
    while (store->first)
        drop_reservoir(store, &store->first);
    free(store);
}

/* ---- more ------------------------------------------------------------------------------ */

static void add_entry(struct waf_sample_store *store, struct kept *kept,
                      struct str arn, size_t at, const struct waf_sample_as *as)
{
    struct reservoir *r = find(store, arn, as->metric);

    if (r == NULL)
        r = make(store, arn, as->metric);
    if (r == NULL)
        return;
    r->v[r->n++] = (struct entry){kept, at, as->weight};
    kept->refs++;
    store->n++;
    if (r->n > WAF_SAMPLES_KEPT)
        join_two(store, r);
}

static void add_sample(struct waf_sample_store *store,
                       const struct waf_sample *sample)
{
    struct kept *kept = memory_zeroed(1, sizeof(*kept) + sample->bytes.n);
    size_t at = sample->metrics;

    kept->refs = 1;
    kept->time_ms = sample->time_ms;
    kept->n = sample->bytes.n;
    memcpy(kept->bytes, sample->bytes.p, sample->bytes.n);
    store->bytes += kept->n;
    for (unsigned i = 0; i < sample->nmetrics; i++) {
        struct waf_sample_as as;
        size_t here = at;

        waf_sample_metric(sample->bytes, &at, &as);
        add_entry(store, kept, sample->arn, here, &as);
    }
    drop_kept(store, kept);
}

/* Of the metric that has most. */
static bool thin(struct waf_sample_store *store)
{
    struct reservoir *most = store->first;

    for (struct reservoir *r = store->first; r; r = r->next) {
        if (r->n > most->n)
            most = r;
    }
    if (most == NULL || most->n < 2)
        return false;
    for (unsigned i = most->n / 4 + 1; i && most->n > 1; i--)
        join_two(store, most);
    return true;
}

void waf_sample_store_add(struct waf_sample_store *store,
                          const struct waf_sample_box *box)
{
    struct waf_sample sample;
    size_t at = 0;

    while (waf_sample_next(box, &at, &sample))
        add_sample(store, &sample);
    while (store->bytes > WAF_SAMPLES_BYTES && thin(store))
        continue;
}

void waf_sample_store_expire(struct waf_sample_store *store, uint64_t before_ms)
{
    struct reservoir **at = &store->first;

    while (*at) {
        struct reservoir *r = *at;

        while (r->n && r->v[0].kept->time_ms < before_ms)
            drop_entry(store, r, 0);
        if (r->n)
            at = &r->next;
        else
            drop_reservoir(store, at);
    }
}

/* ---- answers ------------------------------------------------------------------------------ */

/* Entries of the time that was asked for, as many as are enough. */
struct drawn {
    unsigned n;
    uint64_t population;
    struct entry v[WAF_SAMPLES_KEPT];
};

static bool draw(const struct reservoir *r,
                 const struct waf_sample_query *query, struct drawn *drawn)
{
    for (unsigned i = 0; i < r->n; i++) {
        const struct entry *e = &r->v[i];

        if (e->kept->time_ms < query->from_ms ||
            e->kept->time_ms > query->to_ms)
            continue;
        drawn->v[drawn->n++] = *e;
        drawn->population += e->weight;
        if (drawn->population >= WAF_SAMPLES_POPULATION)
            return true;
    }
    return false;
}

/* One of v[from..to), by their weights, with all their weight. */
static struct entry pick(struct random *random, const struct entry *v,
                         unsigned from, unsigned to)
{
    struct entry picked = v[from];

    for (unsigned i = from + 1; i < to; i++) {
        uint64_t sum = picked.weight + v[i].weight;

        if (!keeps_first(random, picked.weight, v[i].weight))
            picked = v[i];
        picked.weight = sum;
    }
    return picked;
}

bool waf_sample_store_visit(
    struct waf_sample_store *store, const struct waf_sample_query *query,
    void (*visit)(void *owner, const struct waf_sample *sample,
                  const struct waf_sample_as *as, uint64_t weight),
    void *owner, uint64_t *population, uint64_t *to_ms)
{
    const struct reservoir *r = find(store, query->arn, query->metric);
    struct drawn drawn = {.n = 0};
    unsigned n;

    if (r == NULL)
        return false;
    if (draw(r, query, &drawn))
        *to_ms = drawn.v[drawn.n - 1].kept->time_ms;
    *population = drawn.population;
    n = drawn.n < query->most ? drawn.n : query->most;
    for (unsigned i = 0; i < n; i++) {
        unsigned from = (unsigned)((uint64_t)i * drawn.n / n);
        unsigned to = (unsigned)((uint64_t)(i + 1) * drawn.n / n);
        struct entry e = pick(&store->random, drawn.v, from, to);
        struct waf_sample sample =
            waf_sample_of(str_make(e.kept->bytes, e.kept->n));
        struct waf_sample_as as;
        size_t at = e.at;

        waf_sample_metric(sample.bytes, &at, &as);
        visit(owner, &sample, &as, e.weight);
    }
    return true;
}
