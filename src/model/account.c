/* SPDX-License-Identifier: Apache-2.0 */
#include "model/account.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- resources ------------------------------------------------------------- */

/* Places name files that may be gone before the account is. */
static void forget_places(struct value *value, unsigned depth)
{
    value->place = (struct place){NULL, 0, 0};
    value->key_place = (struct place){NULL, 0, 0};
    for (struct value *v = value->first; depth && v; v = v->next)
        forget_places(v, depth - 1);
}

static struct account_resource *resource_new(struct str id,
                                             const struct value *value)
{
    struct account_resource *r = memory_zeroed(1, sizeof(*r));
    struct value *copy;

    atomic_init(&r->refs, 1);
    copy = value_copy(&r->region, value);
    forget_places(copy, VALUE_NESTED_MAX);
    r->id = region_copy(&r->region, id);
    copy->key = r->id;
    r->value = copy;
    return r;
}

static struct account_resource *resource_hold(struct account_resource *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    return r;
}

static void resource_release(struct account_resource *r)
{
    struct region region;

    if (atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
        return;
    region = r->region;
    region_end(&region);
    free(r);
}

struct str account_type(const struct account_resource *resource)
{
    const struct value *type = value_get(resource->value, STR("Type"));

    return type ? type->text : STR("");
}

const struct value *account_properties(const struct account_resource *resource)
{
    return value_get(resource->value, STR("Properties"));
}

const struct value *account_sluice(const struct account_resource *resource)
{
    return value_get(value_get(resource->value, STR("Metadata")),
                     STR("Sluice"));
}

/* ---- accounts ---------------------------------------------------------------- */

static struct account *with_room(unsigned n, uint64_t revision)
{
    struct account *account = memory_zeroed(1, sizeof(*account));

    atomic_init(&account->refs, 1);
    account->revision = revision;
    account->resources =
        memory_zeroed((size_t)n + 1, sizeof(struct account_resource *));
    return account;
}

struct account *account_new(const struct value *resources, uint64_t revision)
{
    struct account *account =
        with_room(resources ? value_count(resources) : 0, revision);

    if (resources == NULL || resources->kind != VALUE_MAP)
        return account;
    for (const struct value *v = resources->first; v; v = v->next)
        account->resources[account->n++] = resource_new(v->key, v);
    return account;
}

struct account *account_again(const struct account *account, uint64_t revision)
{
    struct account *again = with_room(account->n, revision);

    for (unsigned i = 0; i < account->n; i++)
        again->resources[again->n++] = resource_hold(account->resources[i]);
    return again;
}

struct account *account_hold(struct account *account)
{
    atomic_fetch_add_explicit(&account->refs, 1, memory_order_relaxed);
    return account;
}

void account_release(struct account *account)
{
    if (account == NULL ||
        atomic_fetch_sub_explicit(&account->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < account->n; i++)
        resource_release(account->resources[i]);
    free(account->resources);
    free(account);
}

static unsigned find(const struct account *account, struct str id)
{
    unsigned i = 0;

    while (i < account->n && !str_eq(account->resources[i]->id, id))
        i++;
    return i;
}

const struct account_resource *account_find(const struct account *account,
                                            struct str id)
{
    unsigned i = find(account, id);

    return i < account->n ? account->resources[i] : NULL;
}

const struct value *account_values(const struct account *account,
                                   struct region *region)
{
    struct value *map = value_new(region, VALUE_MAP, NULL);

    for (unsigned i = 0; i < account->n; i++) {
        struct value *entry = region_take(region, sizeof(*entry));

        *entry = *account->resources[i]->value;
        entry->next = NULL;
        value_append(map, entry);
    }
    return map;
}

/* ---- changes ----------------------------------------------------------------- */

static void add_step(struct region *region, struct edit *edit, struct str id,
                     const struct value *value)
{
    struct edit_step *step = region_take(region, sizeof(*step));

    step->id = region_copy(region, id);
    step->value = value;
    if (edit->last)
        edit->last->next = step;
    else
        edit->first = step;
    edit->last = step;
}

void edit_put(struct region *region, struct edit *edit, struct str id,
              const struct value *value)
{
    add_step(region, edit, id, value);
}

void edit_remove(struct region *region, struct edit *edit, struct str id)
{
    add_step(region, edit, id, NULL);
}

static void put(struct account *account, const struct edit_step *step)
{
    unsigned i = find(account, step->id);

    if (i < account->n)
        resource_release(account->resources[i]);
    else
        account->n++;
    account->resources[i] = resource_new(step->id, step->value);
}

static void take_out(struct account *account, struct str id)
{
    unsigned i = find(account, id);

    if (i == account->n)
        return;
    resource_release(account->resources[i]);
    account->n--;
    memmove(&account->resources[i], &account->resources[i + 1],
            (account->n - i) * sizeof(struct account_resource *));
}

struct account *account_edit(const struct account *before,
                             const struct edit *edit)
{
    unsigned steps = 0;
    struct account *after;

    for (const struct edit_step *s = edit->first; s; s = s->next)
        steps++;
    after = with_room(before->n + steps, before->revision + 1);
    for (unsigned i = 0; i < before->n; i++)
        after->resources[i] = resource_hold(before->resources[i]);
    after->n = before->n;
    for (const struct edit_step *s = edit->first; s; s = s->next) {
        if (s->value)
            put(after, s);
        else
            take_out(after, s->id);
    }
    return after;
}
