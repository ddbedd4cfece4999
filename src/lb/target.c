/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/target.h"

#include <stdlib.h>

#include "base/memory.h"

void target_registry_end(struct target_registry *registry)
{
    for (unsigned i = 0; i < registry->nslots; i++) {
        if (registry->slots[i])
            target_release(registry->slots[i]);
    }
    free(registry->slots);
    *registry = (struct target_registry){0};
}

static struct target *find(const struct target_registry *registry,
                           const struct address *address, unsigned *vacant)
{
    *vacant = registry->nslots;
    for (unsigned i = 0; i < registry->nslots; i++) {
        struct target *t = registry->slots[i];

        if (t == NULL)
            *vacant = i;
        else if (address_equal(&t->address, address))
            return t;
    }
    return NULL;
}

static void grow(struct target_registry *registry)
{
    unsigned n = registry->nslots ? registry->nslots * 2 : 16;
    struct target **slots = memory_zeroed(n, sizeof(struct target *));

    for (unsigned i = 0; i < registry->nslots; i++)
        slots[i] = registry->slots[i];
    free(registry->slots);
    registry->slots = slots;
    registry->nslots = n;
}

static struct target *target_new(const struct address *address, unsigned slot)
{
    struct target *t = memory_zeroed(1, sizeof(*t));
    struct text name = text_in(t->text, sizeof(t->text) - 1);

    t->address = *address;
    t->slot = slot;
    address_put(&name, address);
    atomic_init(&t->refs, 1); /* the registry's */
    return t;
}

struct target *target_use(struct target_registry *registry,
                          const struct address *address)
{
    unsigned vacant;
    struct target *t = find(registry, address, &vacant);

    if (t == NULL) {
        if (vacant == registry->nslots)
            grow(registry);
        t = registry->slots[vacant] = target_new(address, vacant);
    }
    t->snapshots++;
    return t;
}

bool target_unuse(struct target_registry *registry, struct target *target)
{
    if (--target->snapshots)
        return false;
    registry->slots[target->slot] = NULL;
    return true;
}

void target_release(struct target *target)
{
    if (atomic_fetch_sub_explicit(&target->refs, 1, memory_order_acq_rel) == 1)
        free(target);
}
