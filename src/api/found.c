/* SPDX-License-Identifier: Apache-2.0 */
#include "api/found.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/elb_target.h"
#include "model/discovery.h"

/* Entries of a LIST as targets, to be found fast. */
struct keys {
    unsigned n;
    struct found_target *targets;
};

struct editing {
    struct region *region;
    const struct config_group *group;
    const struct found_wanted *wanted;
    struct found_done *done;
    const struct value *targets; /* of the Properties; may be NULL */
    const struct value *found;   /* of Metadata.Sluice; may be NULL */
    struct keys registered;      /* what `targets` has */
    struct keys owned;           /* what `found` has */
    struct value *targets_then;
    unsigned ntargets_then;
    struct value *found_then;
};

/* ---- order --------------------------------------------------------------------- */

int found_compare(const void *a, const void *b)
{
    const struct found_target *x = a;
    const struct found_target *y = b;
    int order = str_compare(x->id, y->id);

    return order ? order : (x->port > y->port) - (x->port < y->port);
}

unsigned found_sort(struct found_target *targets, unsigned n)
{
    unsigned kept = 0;

    if (n)
        qsort(targets, n, sizeof(*targets), found_compare);
    for (unsigned i = 0; i < n; i++) {
        if (kept == 0 || found_compare(&targets[kept - 1], &targets[i]) != 0)
            targets[kept++] = targets[i];
    }
    return kept;
}

static const struct found_target *
find(const struct found_target *all, unsigned n, const struct found_target *key)
{
    return n ? bsearch(key, all, n, sizeof(*all), found_compare) : NULL;
}

/* ---- lists ----------------------------------------------------------------------- */

static struct found_target target_of(const struct config_group *group,
                                     const struct value *v)
{
    struct elb_target t = elb_target_of(group, v);

    return (struct found_target){
        .id = t.id, .port = (uint16_t)t.port, .zone = t.zone};
}

/* "ID:PORT[=ADDRESS]"; an id without a colon is none. */
static struct found_target owned_of(const struct value *v)
{
    struct found_target t = {.port = 0};
    struct str rest = value_is_scalar(v) ? v->text : STR("");
    struct str key = str_cut(&rest, '=');
    const char *colon = key.n ? memrchr(key.p, ':', key.n) : NULL;
    uint64_t port;

    if (colon == NULL ||
        !str_to_u64(str_make(colon + 1, (size_t)(key.p + key.n - colon - 1)),
                    UINT16_MAX, &port))
        return t;
    t.id = str_make(key.p, (size_t)(colon - key.p));
    t.port = (uint16_t)port;
    t.address = rest.p ? rest : STR("");
    return t;
}

static struct keys keys_of(struct region *region,
                           const struct config_group *group,
                           const struct value *list, bool owned)
{
    struct keys keys = {.n = 0};

    keys.targets =
        region_take(region, (value_count(list) + 1) * sizeof(*keys.targets));
    for (const struct value *v = list ? list->first : NULL; v; v = v->next)
        keys.targets[keys.n++] = owned ? owned_of(v) : target_of(group, v);
    keys.n = found_sort(keys.targets, keys.n);
    return keys;
}

static const struct value *list_or_none(const struct value *v)
{
    return v && v->kind == VALUE_LIST ? v : NULL;
}

static struct str key_text(struct region *region, const struct found_target *t)
{
    return region_printf(region, STR_FMT ":%u%s" STR_FMT, STR_ARG(t->id),
                         t->port, t->address.n ? "=" : "", STR_ARG(t->address));
}

static struct value *shown(struct region *region, const struct found_target *t)
{
    const struct elb_target target = {
        .id = t->id, .port = t->port, .zone = t->zone};

    return elb_target_shown(region, &target);
}

/* ---- what goes, what stays ---------------------------------------------------------- */

static const struct found_target *wanted(const struct editing *e,
                                         const struct found_target *key)
{
    return find(e->wanted->targets, e->wanted->n, key);
}

static bool is_owned(const struct editing *e, const struct found_target *key)
{
    return find(e->owned.targets, e->owned.n, key) != NULL;
}

static void append_target(struct editing *e, struct value *target)
{
    value_append(e->targets_then, target);
    e->ntargets_then++;
}

static void keep_target(struct editing *e, const struct value *v, bool *changed)
{
    struct found_target there = target_of(e->group, v);
    const struct found_target *w = wanted(e, &there);

    if (!is_owned(e, &there)) {
        append_target(e, value_copy(e->region, v));
    } else if (w == NULL && e->wanted->all) {
        e->done->removed++;
        *changed = true;
    } else if (w && !str_eq(w->zone, there.zone)) {
        append_target(e, shown(e->region, w));
        *changed = true;
    } else {
        append_target(e, value_copy(e->region, v));
    }
}

static void keep_owned(struct editing *e, const struct value *v, bool *changed)
{
    struct found_target there = owned_of(v);
    const struct found_target *w = wanted(e, &there);

    if (w && !str_eq(w->address, there.address)) {
        add_text(e->region, e->found_then, key_text(e->region, w));
        *changed = true;
    } else if (w || (!e->wanted->all && there.id.n)) {
        value_append(e->found_then, value_copy(e->region, v));
    } else {
        *changed = true;
    }
}

/* What is found and neither registered nor known as taken out. */
static void add_target(struct editing *e, const struct found_target *t,
                       bool *changed)
{
    if (is_owned(e, t) || find(e->registered.targets, e->registered.n, t))
        return;
    if (e->ntargets_then >= e->wanted->max) {
        e->done->left_out++;
        return;
    }
    append_target(e, shown(e->region, t));
    add_text(e->region, e->found_then, key_text(e->region, t));
    e->done->added++;
    *changed = true;
}

static const struct value *or_none(const struct value *map)
{
    return value_count(map) ? map : NULL;
}

/* ---- the edit --------------------------------------------------------------------- */

static const struct value *with_list(struct region *region,
                                     const struct value *map, const char *name,
                                     const struct value *list)
{
    return with_entry(region, map, name, value_count(list) ? list : NULL);
}

static void put(const struct editing *e, struct edit *edit,
                const struct account_resource *resource)
{
    struct region *region = e->region;
    const struct value *sluice =
        with_list(region, account_sluice(resource), "Found", e->found_then);
    const struct value *metadata =
        with_entry(region, value_get(resource->value, STR("Metadata")),
                   "Sluice", or_none(sluice));
    const struct value *value =
        with_entry(region, resource->value, "Properties",
                   with_list(region, account_properties(resource), "Targets",
                             e->targets_then));

    edit_put(region, edit, resource->id,
             with_entry(region, value, "Metadata", or_none(metadata)));
}

static bool begin(struct editing *e, const struct account_resource *resource)
{
    if (resource == NULL)
        return false;
    e->targets =
        list_or_none(value_get(account_properties(resource), STR("Targets")));
    e->found = list_or_none(value_get(account_sluice(resource), STR("Found")));
    e->registered = keys_of(e->region, e->group, e->targets, false);
    e->owned = keys_of(e->region, e->group, e->found, true);
    return true;
}

bool found_edit(struct region *region, struct edit *edit,
                const struct account *account, const struct config_group *group,
                const struct found_wanted *wanted, struct found_done *done)
{
    const struct account_resource *resource = account_find(account, group->id);
    struct editing e = {
        .region = region, .group = group, .wanted = wanted, .done = done};
    bool changed = false;

    *done = (struct found_done){.added = 0};
    if (!begin(&e, resource))
        return false;
    e.targets_then = make_list(region);
    e.found_then = make_list(region);
    for (const struct value *v = e.targets ? e.targets->first : NULL; v;
         v = v->next)
        keep_target(&e, v, &changed);
    for (const struct value *v = e.found ? e.found->first : NULL; v;
         v = v->next)
        keep_owned(&e, v, &changed);
    for (unsigned i = 0; i < wanted->n; i++)
        add_target(&e, &wanted->targets[i], &changed);
    if (changed)
        put(&e, edit, resource);
    return changed;
}

unsigned found_list(struct region *region, const struct account *account,
                    const struct config_group *group,
                    struct found_target **targets)
{
    struct editing e = {.region = region, .group = group};
    unsigned n = 0;

    *targets = NULL;
    if (!begin(&e, account_find(account, group->id)))
        return 0;
    for (unsigned i = 0; i < e.owned.n; i++) {
        struct found_target t = e.owned.targets[i];
        const struct found_target *there =
            find(e.registered.targets, e.registered.n, &t);

        if (there == NULL)
            continue;
        t.zone = there->zone;
        e.owned.targets[n++] = t;
    }
    *targets = e.owned.targets;
    return n;
}
