/* SPDX-License-Identifier: Apache-2.0
 *
 * Meters: who has one, and for how long.
 */
#include "proxy/meter.h"

#include <stdlib.h>

#include "lb/zone.h"
#include "proxy/meter_internal.h"

enum { TABLE_FIRST = 64 };

const struct meter_word balancer_count_words[BALANCER_COUNTS] = {
#define BALANCER(name, metric) {#name, metric},
#define GROUP(name, metric)
#include "stats/meter.def"
#undef BALANCER
#undef GROUP
};

const struct meter_word group_count_words[GROUP_COUNTS] = {
#define BALANCER(name, metric)
#define GROUP(name, metric) {#name, metric},
#include "stats/meter.def"
#undef BALANCER
#undef GROUP
};

/* ---- life ------------------------------------------------------------------- */

struct meters *meters_new(unsigned nworkers)
{
    struct meters *meters = memory_zeroed(1, sizeof(*meters));

    meters->nworkers = nworkers;
    atomic_init(&meters->turn, 1); /* no span is of turn 0 */
    meters->ntable = TABLE_FIRST;
    meters->table = memory_zeroed(TABLE_FIRST, sizeof(struct meter *));
    meters->zones = memory_zeroed(1, sizeof(*meters->zones));
    meters->nzones = 1;
    return meters;
}

static void free_text(struct str s)
{
    free((void *)(uintptr_t)s.p);
}

void meter_free(struct meter *meter)
{
    for (unsigned i = 0; i < meter->nworkers; i++) {
        struct meter_cell *cell = meter_first(meter, i);

        while (cell) {
            struct meter_cell *next = meter_next(cell);

            free(cell);
            cell = next;
        }
    }
    free_text(meter->name);
    free(meter);
}

void meters_free(struct meters *meters)
{
    if (meters == NULL)
        return;
    for (unsigned i = 0; i < meters->ntable; i++) {
        while (meters->table[i]) {
            struct meter *meter = meters->table[i];

            meters->table[i] = meter->chained;
            meter_free(meter);
        }
    }
    for (unsigned i = 0; i < meters->nzones; i++)
        free_text(meters->zones[i]);
    free(meters->zones);
    free(meters->table);
    free(meters);
}

struct meter *meter_hold(struct meter *meter)
{
    if (meter)
        atomic_fetch_add_explicit(&meter->refs, 1, memory_order_relaxed);
    return meter;
}

void meter_release(struct meter *meter)
{
    if (meter)
        atomic_fetch_sub_explicit(&meter->refs, 1, memory_order_release);
}

unsigned meters_kept(const struct meters *meters)
{
    return meters->n[0] + meters->n[1];
}

/* ---- the table -------------------------------------------------------------- */

static uint32_t hash_of(uint32_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619u; /* FNV-1a */
    return h;
}

static struct str own_copy(struct str s)
{
    char *copy = memory_zeroed(s.n + 1, 1);

    if (s.n)
        memcpy(copy, s.p, s.n);
    return str_make(copy, s.n);
}

static void link_in(struct meters *meters, struct meter *meter)
{
    struct meter **head = &meters->table[meter->hash & (meters->ntable - 1)];

    meter->chained = *head;
    *head = meter;
}

static void grow(struct meters *meters)
{
    struct meter **old = meters->table;
    unsigned n = meters->ntable;

    meters->ntable = 2 * n;
    meters->table = memory_zeroed(meters->ntable, sizeof(struct meter *));
    for (unsigned i = 0; i < n; i++) {
        while (old[i]) {
            struct meter *meter = old[i];

            old[i] = meter->chained;
            link_in(meters, meter);
        }
    }
    free(old);
}

static struct meter *make(struct meters *meters, struct meter *balancer,
                          struct str name, uint32_t hash)
{
    struct meter *meter = memory_zeroed(
        1, sizeof(*meter) + meters->nworkers * sizeof(meter->cells[0]));

    if (meters_kept(meters) >= meters->ntable)
        grow(meters);
    meter->hash = hash;
    meter->balancer = meter_hold(balancer);
    meter->name = own_copy(name);
    meter->turn = &meters->turn;
    meter->nworkers = meters->nworkers;
    link_in(meters, meter);
    meters->n[meter_is_group(meter)]++;
    return meter;
}

/* Held. */
static struct meter *take(struct meters *meters, struct meter *balancer,
                          struct str name)
{
    uint32_t hash = hash_of(balancer ? balancer->hash : 2166136261u, name);
    struct meter *meter = meters->table[hash & (meters->ntable - 1)];

    while (meter && (meter->balancer != balancer || !str_eq(meter->name, name)))
        meter = meter->chained;
    if (meter == NULL)
        meter = make(meters, balancer, name, hash);
    meter->told = false;
    return meter_hold(meter);
}

struct meter *meters_balancer(struct meters *meters, struct str full_name)
{
    return take(meters, NULL, full_name);
}

struct meter *meters_group(struct meters *meters, struct str balancer_full_name,
                           struct str full_name)
{
    struct meter *balancer = meters_balancer(meters, balancer_full_name);
    struct meter *meter = take(meters, balancer, full_name);

    meter_release(balancer); /* the group's meter holds it */
    return meter;
}

/* ---- zones ------------------------------------------------------------------ */

unsigned meters_zone(struct meters *meters, struct str name)
{
    unsigned n = meters->nzones;
    struct str *grown;

    for (unsigned i = 0; i < n; i++) {
        if (str_eq(meters->zones[i], name))
            return i;
    }
    grown = memory_zeroed(n + 1, sizeof(*grown));
    memcpy(grown, meters->zones, n * sizeof(*grown));
    grown[n] = own_copy(name);
    free(meters->zones);
    meters->zones = grown;
    meters->nzones = n + 1;
    return n;
}

static size_t size_of(unsigned n)
{
    return sizeof(struct meter_nodes) + n * sizeof(struct meter_node);
}

struct meter_nodes *meters_nodes(struct meters *meters, const struct str *zones,
                                 unsigned n)
{
    struct meter_nodes *nodes = n ? memory_zeroed(1, size_of(n)) : NULL;

    for (unsigned i = 0; i < n; i++) {
        nodes->v[nodes->n++] = (struct meter_node){
            .zone = meters_zone(meters, zones[i]),
            .hash = zone_hash(zones[i]),
        };
    }
    return nodes;
}

struct meter_nodes *meter_nodes_copy(const struct meter_nodes *nodes)
{
    return nodes ? memory_copy(nodes, size_of(nodes->n)) : NULL;
}

unsigned meter_zone_among(const struct meter_nodes *nodes, uint64_t client)
{
    uint64_t mixed = zone_mix(client);
    const struct meter_node *best = &nodes->v[0];

    for (unsigned i = 1; i < nodes->n; i++) {
        if (zone_number(mixed, nodes->v[i].hash) >
            zone_number(mixed, best->hash))
            best = &nodes->v[i];
    }
    return best->zone;
}
