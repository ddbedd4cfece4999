/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/series.h"

#include <stdlib.h>

#include "base/memory.h"
#include "stats/series_internal.h"

enum { BUCKETS_MIN = 256 };

struct series_store {
    unsigned cap;
    struct series **all; /* by making */
    unsigned nbuckets;
    struct series **buckets;
    int64_t newest; /* hour */
    struct series_counts counts;
};

struct series_store *series_store_new(void)
{
    struct series_store *store = memory_zeroed(1, sizeof(*store));

    store->cap = store->nbuckets = BUCKETS_MIN;
    store->all = memory_zeroed(BUCKETS_MIN, sizeof(void *));
    store->buckets = memory_zeroed(BUCKETS_MIN, sizeof(void *));
    return store;
}

struct series_counts series_store_counts(const struct series_store *store)
{
    return store->counts;
}

/* ---- names --------------------------------------------------------------------- */

static uint64_t hash_of(uint64_t from, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        from = (from ^ (uint8_t)s.p[i]) * UINT64_C(1099511628211);
    return from ^ (from >> 29);
}

/* The same in whatever order dimensions stand. */
static uint64_t name_hash(const struct series_name *name)
{
    const uint64_t begin = UINT64_C(14695981039346656037);
    uint64_t hash = hash_of(hash_of(begin, name->space) + 1, name->metric);

    for (unsigned i = 0; i < name->ndimensions; i++) {
        const struct dimension *d = &name->dimensions[i];

        hash += hash_of(hash_of(begin, d->name) + 1, d->value);
    }
    return hash;
}

static bool has_dimension(const struct series_name *name,
                          const struct dimension *wanted)
{
    for (unsigned i = 0; i < name->ndimensions; i++)
        if (str_eq(name->dimensions[i].name, wanted->name))
            return str_eq(name->dimensions[i].value, wanted->value);
    return false;
}

static bool name_eq(const struct series_name *a, const struct series_name *b)
{
    if (a->ndimensions != b->ndimensions || !str_eq(a->metric, b->metric) ||
        !str_eq(a->space, b->space))
        return false;
    for (unsigned i = 0; i < a->ndimensions; i++)
        if (!has_dimension(b, &a->dimensions[i]))
            return false;
    return true;
}

static struct series **bucket_of(const struct series_store *store,
                                 uint64_t hash)
{
    return &store->buckets[hash % store->nbuckets];
}

static struct series *find(const struct series_store *store,
                           const struct series_name *name, uint64_t hash)
{
    struct series *s = *bucket_of(store, hash);

    while (s && !(s->hash == hash && name_eq(&s->name, name)))
        s = s->next;
    return s;
}

const struct series *series_find(const struct series_store *store,
                                 const struct series_name *name)
{
    return find(store, name, name_hash(name));
}

/* ---- making and forgetting --------------------------------------------------------- */

static struct str copy_to(char **at, struct str s)
{
    struct str copy = {*at, s.n};

    if (s.n)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

static size_t name_bytes(const struct series_name *name)
{
    size_t n = name->space.n + name->metric.n;

    for (unsigned i = 0; i < name->ndimensions; i++)
        n += sizeof(struct dimension) + name->dimensions[i].name.n +
             name->dimensions[i].value.n;
    return n;
}

static struct series *make(const struct series_name *name, const char *unit,
                           uint64_t hash)
{
    size_t bytes = sizeof(struct series) + name_bytes(name);
    struct series *s = memory_zeroed(1, bytes);
    struct dimension *dimensions = (void *)(s + 1);
    char *at = (char *)(dimensions + name->ndimensions);

    s->hash = hash;
    s->unit = unit;
    s->bytes = bytes;
    s->name.space = copy_to(&at, name->space);
    s->name.metric = copy_to(&at, name->metric);
    s->name.ndimensions = name->ndimensions;
    s->name.dimensions = dimensions;
    for (unsigned i = 0; i < name->ndimensions; i++) {
        dimensions[i].name = copy_to(&at, name->dimensions[i].name);
        dimensions[i].value = copy_to(&at, name->dimensions[i].value);
    }
    return s;
}

static void into_bucket(struct series_store *store, struct series *s)
{
    struct series **bucket = bucket_of(store, s->hash);

    s->next = *bucket;
    *bucket = s;
}

/* An array of pointers with room for more. */
static void *grown(void *pointers, unsigned n, unsigned cap)
{
    void **made = memory_zeroed(cap, sizeof(void *));

    if (n)
        memcpy(made, pointers, n * sizeof(void *));
    free(pointers);
    return made;
}

static void grow_store(struct series_store *store)
{
    unsigned n = (unsigned)store->counts.series;

    store->cap = store->nbuckets *= 2;
    store->all = grown(store->all, n, store->cap);
    free(store->buckets);
    store->buckets = grown(NULL, 0, store->nbuckets);
    for (unsigned i = 0; i < n; i++)
        into_bucket(store, store->all[i]);
}

static void take_up(struct series_store *store, struct series *s)
{
    if (store->counts.series == store->cap)
        grow_store(store);
    s->place = (unsigned)store->counts.series++;
    store->all[s->place] = s;
    into_bucket(store, s);
    store->counts.bytes += s->bytes;
}

static void free_series(struct series_store *store, struct series *s)
{
    struct series **at = bucket_of(store, s->hash);

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    store->counts.bytes -= s->bytes;
    free(s->hours);
    free(s);
}

/* The first `n` hours. */
static void drop_first(struct series_store *store, struct series *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        store->counts.bytes -= hour_bytes(s->hours[i]);
        hour_free(s->hours[i]);
    }
    s->nhours -= n;
    s->ncoarse -= n < s->ncoarse ? n : s->ncoarse;
    memmove(s->hours, s->hours + n, s->nhours * sizeof(void *));
}

/* ---- what is old --------------------------------------------------------------------- */

/* Hours that are old enough: of each series in a minute of its own, since those
 * of all of them take seconds. */
static void make_coarse(struct series_store *store, struct series *s,
                        unsigned minute)
{
    int64_t before = store->newest - SERIES_MINUTES_KEPT / HOUR_MINUTES;

    if (minute < s->hash % HOUR_MINUTES)
        return;
    while (s->ncoarse < s->nhours && s->hours[s->ncoarse]->hour < before) {
        struct hour **hour = &s->hours[s->ncoarse++];

        store->counts.bytes -= hour_bytes(*hour);
        hour_make_coarse(hour);
        store->counts.bytes += hour_bytes(*hour);
    }
}

/* Forgets hours before that one, and series that have no other. */
static void drop_before(struct series_store *store, int64_t hour)
{
    unsigned n = 0;

    for (unsigned i = 0; i < store->counts.series; i++) {
        struct series *s = store->all[i];

        drop_first(store, s, series_place(s, hour));
        s->place = n;
        if (s->nhours)
            store->all[n++] = s;
        else
            free_series(store, s);
    }
    store->counts.series = n;
}

bool series_store_empty(struct series_store *store)
{
    unsigned left = SERIES_STEP_HOURS;

    while (store->counts.series && left) {
        struct series *s = store->all[store->counts.series - 1];
        unsigned n = s->nhours < left ? s->nhours : left;

        drop_first(store, s, n);
        left -= n;
        if (s->nhours == 0) {
            free_series(store, s);
            store->counts.series--;
        }
    }
    return store->counts.series == 0;
}

void series_store_free(struct series_store *store)
{
    if (store == NULL)
        return;
    while (!series_store_empty(store))
        continue;
    free(store->all);
    free(store->buckets);
    free(store);
}

/* The newest hour of all is another one. */
static void turn(struct series_store *store, int64_t hour)
{
    store->newest = hour;
    drop_before(store, hour - SERIES_KEPT_S / HOUR_S);
}

static int64_t oldest_hour(const struct series_store *store)
{
    int64_t oldest = store->newest;

    for (unsigned i = 0; i < store->counts.series; i++)
        if (store->all[i]->hours[0]->hour < oldest)
            oldest = store->all[i]->hours[0]->hour;
    return oldest;
}

/* Drops the oldest until there is room; false: all there is is of this
 * hour. */
static bool make_room(struct series_store *store)
{
    while (store->counts.bytes >= SERIES_BYTES_MAX) {
        int64_t oldest = oldest_hour(store);

        if (oldest == store->newest)
            return false;
        drop_before(store, oldest + 1);
        store->counts.hours_dropped++;
    }
    return true;
}

/* ---- adding ------------------------------------------------------------------------- */

unsigned series_place(const struct series *series, int64_t hour)
{
    unsigned low = 0;
    unsigned high = series->nhours;

    if (high && series->hours[high - 1]->hour < hour)
        return high;
    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (series->hours[middle]->hour < hour)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void grow_hours(struct series_store *store, struct series *s)
{
    unsigned cap = s->cap ? 2 * s->cap : 4;
    size_t more = (cap - s->cap) * sizeof(void *);

    s->hours = grown(s->hours, s->nhours, cap);
    s->cap = cap;
    s->bytes += more;
    store->counts.bytes += more;
}

static struct hour **hour_for(struct series_store *store, struct series *s,
                              int64_t hour)
{
    unsigned at = series_place(s, hour);

    if (at < s->nhours && s->hours[at]->hour == hour)
        return &s->hours[at];
    if (s->nhours == s->cap)
        grow_hours(store, s);
    memmove(s->hours + at + 1, s->hours + at,
            (s->nhours - at) * sizeof(void *));
    s->hours[at] = hour_new(hour, at < s->ncoarse);
    s->nhours++;
    s->ncoarse += at < s->ncoarse;
    store->counts.bytes += hour_bytes(s->hours[at]);
    return &s->hours[at];
}

static bool refuse(struct series_store *store)
{
    store->counts.refused++;
    return false;
}

bool series_add(struct series_store *store, const struct series_name *name,
                const char *unit, int64_t time_s, const struct datum *datum)
{
    int64_t at = time_s / HOUR_S;
    unsigned minute = (unsigned)(time_s % HOUR_S / SERIES_PERIOD_S);
    uint64_t hash = name_hash(name);
    struct series *s;
    struct hour **hour;

    if (!(datum->n > 0) || time_s < 0 ||
        at < store->newest - SERIES_KEPT_S / HOUR_S)
        return true;
    if (at > store->newest)
        turn(store, at);
    if (!make_room(store) || name->ndimensions > SERIES_DIMENSIONS_MAX)
        return refuse(store);
    s = find(store, name, hash);
    if (s == NULL && store->counts.series >= SERIES_MAX)
        return refuse(store);
    if (s == NULL)
        take_up(store, s = make(name, unit, hash));
    make_coarse(store, s, minute);
    hour = hour_for(store, s, at);
    store->counts.bytes -= hour_bytes(*hour);
    hour_add(hour, minute, datum);
    store->counts.bytes += hour_bytes(*hour);
    return true;
}

/* ---- who reads on another thread ------------------------------------------------------ */

static unsigned freeze(struct series_store *frozen, const struct series *s,
                       int64_t from_s, int64_t to_s)
{
    unsigned from = series_place(s, from_s / HOUR_S);
    unsigned end = series_place(s, to_s / HOUR_S + 1);
    unsigned n = end > from ? end - from : 0;
    struct series *made = make(&s->name, s->unit, s->hash);

    made->hours = memory_zeroed(n + 1, sizeof(void *));
    made->nhours = made->cap = n;
    for (unsigned i = 0; i < n; i++) {
        made->hours[i] = s->hours[from + i];
        made->hours[i]->held++;
        frozen->counts.bytes += hour_bytes(made->hours[i]);
    }
    take_up(frozen, made);
    return n;
}

unsigned series_freeze(struct series_store *frozen,
                       const struct series_store *store,
                       const struct series_name *name, int64_t from_s,
                       int64_t to_s)
{
    uint64_t hash = name_hash(name);
    const struct series *s = find(store, name, hash);

    return s && find(frozen, name, hash) == NULL
               ? freeze(frozen, s, from_s, to_s)
               : 0;
}

bool series_freeze_all(struct series_store *frozen,
                       const struct series_store *store, unsigned *at,
                       int64_t from_s, int64_t to_s)
{
    unsigned left = SERIES_STEP_HOURS;

    for (; *at < store->counts.series && left; ++*at) {
        const struct series *s = store->all[*at];
        unsigned n = series_freeze(frozen, store, &s->name, from_s, to_s) + 1;

        left -= n < left ? n : left;
    }
    return *at >= store->counts.series;
}

/* ---- who reads ------------------------------------------------------------------------ */

const struct series *series_next(const struct series_store *store,
                                 const struct series *after)
{
    unsigned place = after ? after->place + 1 : 0;

    return place < store->counts.series ? store->all[place] : NULL;
}

const struct series_name *series_name_of(const struct series *series)
{
    return &series->name;
}

const char *series_unit(const struct series *series)
{
    return series->unit;
}

int64_t series_newest_s(const struct series *series)
{
    const struct hour *last;

    if (series->nhours == 0)
        return 0;
    last = series->hours[series->nhours - 1];
    return last->hour * HOUR_S + last->last * SERIES_PERIOD_S;
}

static void gather_hour(struct gather *gather, const struct hour *hour,
                        int64_t from_s, int64_t to_s)
{
    struct hour_point point;
    uint32_t at = 0;

    while (hour_next(hour, &at, &point)) {
        int64_t time =
            hour->hour * HOUR_S + (int64_t)point.minute * SERIES_PERIOD_S;

        if (time >= to_s)
            return;
        if (time >= from_s)
            gather_add(gather, &point.datum);
    }
}

/* Its values in the region. */
static struct datum keep(struct datum d, struct region *region)
{
    if (d.nvalues) {
        size_t n = 2 * (size_t)d.nvalues * sizeof(double);
        double *columns = region_take(region, n);

        memcpy(columns, d.values, n);
        d.values = columns;
        d.counts = columns + d.nvalues;
    }
    return d;
}

struct datum series_read(const struct series *series, int64_t from_s,
                         int64_t to_s, struct region *region)
{
    struct gather gather = {.npairs = 0};
    unsigned i = series_place(series, from_s / HOUR_S);
    struct datum d;

    for (; i < series->nhours && series->hours[i]->hour * HOUR_S < to_s; i++)
        gather_hour(&gather, series->hours[i], from_s, to_s);
    d = keep(gather_take(&gather, 0), region);
    gather_end(&gather);
    return d;
}

struct datum datum_thin(const struct datum *datum, unsigned most,
                        struct region *region)
{
    struct gather gather = {.npairs = 0};
    struct datum d = *datum;

    if (datum->nvalues <= most)
        return d;
    gather_add(&gather, datum);
    d = keep(gather_take(&gather, most), region);
    gather_end(&gather);
    return d;
}
