/* SPDX-License-Identifier: Apache-2.0 */
#include "control/admission.h"

#include <stdlib.h>

#include "base/memory.h"

enum { KEPT_S = 3600 };

/* One of 2^64 hashes of names: two names share one in 10^13 tables of 1000. */
struct place {
    uint64_t hash; /* 0: free */
    int64_t last_s;
};

struct admission {
    unsigned most;
    unsigned n;
    unsigned nplaces; /* a power of two, at least twice `most` */
    struct place *places;
    int64_t swept_s;
};

struct admission *admission_new(unsigned most)
{
    struct admission *a = memory_zeroed(1, sizeof(*a));

    a->most = most;
    for (a->nplaces = 16; a->nplaces < 2 * most; a->nplaces *= 2)
        ;
    a->places = memory_zeroed(a->nplaces, sizeof(*a->places));
    return a;
}

void admission_free(struct admission *a)
{
    if (a)
        free(a->places);
    free(a);
}

static uint64_t mix(uint64_t hash, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (uint8_t)s.p[i]) * UINT64_C(1099511628211);
    hash = (hash ^ hash >> 29 ^ s.n) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static uint64_t hash_of(const struct series_name *name)
{
    uint64_t hash = mix(mix(1, name->space), name->metric);

    for (unsigned i = 0; i < name->ndimensions; i++)
        hash =
            mix(mix(hash, name->dimensions[i].name), name->dimensions[i].value);
    return hash ? hash : 1;
}

static struct place *place_of(const struct admission *a, uint64_t hash)
{
    unsigned i = (unsigned)hash & (a->nplaces - 1);

    while (a->places[i].hash && a->places[i].hash != hash)
        i = (i + 1) & (a->nplaces - 1);
    return &a->places[i];
}

/* Forgets those of which nothing came for an hour. */
static void sweep(struct admission *a, int64_t now_s)
{
    struct place *old = a->places;

    a->swept_s = now_s;
    a->places = memory_zeroed(a->nplaces, sizeof(*a->places));
    a->n = 0;
    for (unsigned i = 0; i < a->nplaces; i++) {
        if (old[i].hash == 0 || now_s - old[i].last_s > KEPT_S)
            continue;
        *place_of(a, old[i].hash) = old[i];
        a->n++;
    }
    free(old);
}

bool admission_may(struct admission *a, const struct series_name *name,
                   int64_t now_s)
{
    uint64_t hash = hash_of(name);
    struct place *place = place_of(a, hash);

    if (place->hash == 0 && a->n >= a->most && a->swept_s != now_s) {
        sweep(a, now_s);
        place = place_of(a, hash);
    }
    if (place->hash == 0 && a->n >= a->most)
        return false;
    a->n += place->hash == 0;
    *place = (struct place){.hash = hash, .last_s = now_s};
    return true;
}

unsigned admission_n(const struct admission *a)
{
    return a->n;
}
