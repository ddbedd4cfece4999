/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/target.h"

#include <stdlib.h>

#include "base/memory.h"

enum { SLOTS_FIRST = 16 };

void target_registry_end(struct target_registry *registry)
{
    for (unsigned i = 0; i < registry->nslots; i++) {
        if (registry->slots[i])
            target_release(registry->slots[i]);
    }
    free(registry->slots);
    free(registry->table);
    *registry = (struct target_registry){0};
}

/* ---- the table ----------------------------------------------------------- */

static uint64_t mix(uint64_t h, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u; /* FNV-1a: operators write the keys */
    return h;
}

/* The list that a registration belongs to.  The table is not empty. */
static struct target **chain(const struct target_registry *registry,
                             struct str group, const struct address *address)
{
    uint64_t h = mix(0xcbf29ce484222325u, address->ip,
                     address->family == 4 ? 4 : sizeof(address->ip));

    h = mix(h, &address->port, sizeof(address->port));
    h = mix(h, group.p, group.n);
    h ^= h >> 32;
    return &registry->table[h & (registry->ntable - 1)];
}

static struct target **chain_of(const struct target_registry *registry,
                                const struct target *target)
{
    return chain(registry, str_of(target->group), &target->address);
}

static struct target *find(const struct target_registry *registry,
                           struct str group, const struct address *address)
{
    if (registry->ntable == 0)
        return NULL;
    for (struct target *t = *chain(registry, group, address); t;
         t = t->chained) {
        if (address_equal(&t->address, address) &&
            str_eq(str_of(t->group), group))
            return t;
    }
    return NULL;
}

static void link_in(struct target_registry *registry, struct target *target)
{
    struct target **head = chain_of(registry, target);

    target->chained = *head;
    *head = target;
}

/* ---- slots --------------------------------------------------------------- */

/* Twice the slots, and as many lists: one target in each on the average. */
static void grow(struct target_registry *registry)
{
    unsigned n = registry->nslots ? registry->nslots * 2 : SLOTS_FIRST;
    struct target **slots = memory_zeroed(n, sizeof(struct target *));

    free(registry->table);
    registry->table = memory_zeroed(n, sizeof(struct target *));
    registry->ntable = n;
    for (unsigned i = 0; i < registry->nslots; i++) {
        slots[i] = registry->slots[i];
        if (slots[i])
            link_in(registry, slots[i]);
    }
    free(registry->slots);
    registry->slots = slots;
    registry->nslots = n;
}

static unsigned take_slot(struct target_registry *registry)
{
    unsigned slot = registry->free_slot;

    if (registry->nused == registry->nslots)
        grow(registry);
    while (registry->slots[slot])
        slot++;
    registry->free_slot = slot + 1;
    registry->nused++;
    return slot;
}

static struct target *target_new(struct str group,
                                 const struct address *address, unsigned slot,
                                 unsigned nworkers)
{
    struct target *t = memory_zeroed(1, sizeof(*t));
    struct text name = text_in(t->text, sizeof(t->text) - 1);

    t->group = memory_zeroed(group.n + 1, 1);
    if (group.n)
        memcpy(t->group, group.p, group.n);
    t->address = *address;
    t->slot = slot;
    t->ncounts = nworkers ? nworkers : 1;
    t->counts = memory_zeroed_lines(t->ncounts, sizeof(*t->counts));
    t->balance.weight = WEIGHT_FULL;
    anomaly_begin(&t->balance.anomaly);
    address_put(&name, address);
    atomic_init(&t->state, TARGET_INITIAL);
    atomic_init(&t->refs, 1); /* the registry's */
    return t;
}

/* ---- use ----------------------------------------------------------------- */

struct target *target_use(struct target_registry *registry, struct str group,
                          const struct address *address)
{
    struct target *t = find(registry, group, address);

    if (t == NULL) {
        unsigned slot = take_slot(registry);

        t = registry->slots[slot] =
            target_new(group, address, slot, registry->nworkers);
        link_in(registry, t);
    }
    t->snapshots++;
    return t;
}

bool target_unuse(struct target_registry *registry, struct target *target)
{
    struct target **link;

    if (--target->snapshots)
        return false;
    link = chain_of(registry, target);
    while (*link != target)
        link = &(*link)->chained;
    *link = target->chained;
    target->chained = NULL;
    registry->slots[target->slot] = NULL;
    registry->nused--;
    if (target->slot < registry->free_slot)
        registry->free_slot = target->slot;
    return true;
}

void target_release(struct target *target)
{
    if (atomic_fetch_sub_explicit(&target->refs, 1, memory_order_acq_rel) ==
        1) {
        free(target->counts);
        free(target->group);
        free(target);
    }
}

/* ---- counts -------------------------------------------------------------- */

struct target_sum target_sum(const struct target *target)
{
    struct target_sum sum = {0};

    for (unsigned i = 0; i < target->ncounts; i++) {
        const struct target_counts *c = &target->counts[i];

        sum.requests +=
            atomic_load_explicit(&c->requests, memory_order_relaxed);
        sum.errors += atomic_load_explicit(&c->errors, memory_order_relaxed);
        sum.active += atomic_load_explicit(&c->active, memory_order_relaxed);
    }
    return sum;
}
