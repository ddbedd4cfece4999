/* SPDX-License-Identifier: Apache-2.0 */
#include "model/merge.h"

#include "model/arn.h"
#include "model/diff.h"

/* Depth is that of values, which has a cap (VALUE_NESTED_MAX). */
static const struct value *merge_value(struct region *region, struct str name,
                                       const struct value *now,
                                       const struct value *before,
                                       const struct value *after);

/* ---- small things about values ------------------------------------------------ */

static bool same(const struct value *a, const struct value *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return diff_equal(a, b);
}

static struct str text_of(const struct value *map, const char *key)
{
    const struct value *v = value_get(map, str_of(key));

    return v && value_is_scalar(v) ? v->text : STR("");
}

static bool is_map(const struct value *v)
{
    return v && v->kind == VALUE_MAP;
}

static bool is_list(const struct value *v)
{
    return v && v->kind == VALUE_LIST;
}

static void put_copy(struct region *region, struct value *map, struct str key,
                     const struct value *v)
{
    value_put(region, map, key, value_copy(region, v));
}

/* ---- maps ----------------------------------------------------------------------- */

/* A weight that is not given is 1. */
static bool same_weight(const struct value *a, const struct value *b)
{
    return str_eq(a ? a->text : STR("1"), b ? b->text : STR("1"));
}

/* A weight that somebody moved is not the template's any more. */
static const struct value *merge_entry(struct region *region, struct str key,
                                       const struct value *now,
                                       const struct value *before,
                                       const struct value *after)
{
    if (str_eq(key, STR("Weight")) && !same_weight(now, before))
        return now;
    if (same(before, after))
        return now;
    return merge_value(region, key, now, before, after);
}

static const struct value *merge_map(struct region *region,
                                     const struct value *now,
                                     const struct value *before,
                                     const struct value *after)
{
    struct value *map = value_new(region, VALUE_MAP, NULL);

    for (const struct value *v = now->first; v; v = v->next) {
        const struct value *merged =
            merge_entry(region, v->key, v, value_get(before, v->key),
                        value_get(after, v->key));

        if (merged)
            put_copy(region, map, v->key, merged);
    }
    for (const struct value *v = after->first; v; v = v->next) {
        if (value_get(now, v->key) == NULL &&
            !same(value_get(before, v->key), v))
            put_copy(region, map, v->key, v);
    }
    return map;
}

/* ---- lists whose elements have a key --------------------------------------------- */

struct keyed {
    const char *list; /* the property */
    const char *key;  /* of an element */
    const char *more; /* NULL: that is all of it */
};

static const struct keyed keyed[] = {
    {"LoadBalancerAttributes", "Key", NULL},
    {"ListenerAttributes", "Key", NULL},
    {"TargetGroupAttributes", "Key", NULL},
    {"Tags", "Key", NULL},
    {"Targets", "Id", "Port"},
    {"TargetGroups", "TargetGroupArn", NULL},
};

static const struct keyed *keyed_of(struct str name)
{
    for (size_t i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++) {
        if (str_eq(name, str_of(keyed[i].list)))
            return &keyed[i];
    }
    return NULL;
}

static const struct value *element(const struct value *list,
                                   const struct keyed *how,
                                   const struct value *like)
{
    if (!is_list(list))
        return NULL;
    for (const struct value *v = list->first; v; v = v->next) {
        if (is_map(v) &&
            str_eq(text_of(v, how->key), text_of(like, how->key)) &&
            (how->more == NULL ||
             str_eq(text_of(v, how->more), text_of(like, how->more))))
            return v;
    }
    return NULL;
}

/* An element of this kind that has its key. */
static bool fits(const struct value *list, const struct keyed *how)
{
    for (const struct value *v = list->first; v; v = v->next) {
        if (!is_map(v) || text_of(v, how->key).n == 0)
            return false;
    }
    return true;
}

/* `before` may be no list: it had none. */
static const struct value *merge_keyed(struct region *region,
                                       const struct keyed *how,
                                       const struct value *now,
                                       const struct value *before,
                                       const struct value *after)
{
    struct value *list = value_new(region, VALUE_LIST, NULL);

    for (const struct value *v = now->first; v; v = v->next) {
        const struct value *merged =
            merge_entry(region, STR(""), v, element(before, how, v),
                        element(after, how, v));

        if (merged)
            value_append(list, value_copy(region, merged));
    }
    for (const struct value *v = after->first; v; v = v->next) {
        if (element(now, how, v) == NULL && !same(element(before, how, v), v))
            value_append(list, value_copy(region, v));
    }
    return list;
}

/* ---- actions ---------------------------------------------------------------------- */

static bool is_actions(struct str name)
{
    return str_eq(name, STR("Actions")) || str_eq(name, STR("DefaultActions"));
}

/* The same kinds of actions in the same order: they are pairs. */
static bool are_pairs(const struct value *a, const struct value *b)
{
    const struct value *x = a->first;
    const struct value *y = b->first;

    for (; x && y; x = x->next, y = y->next) {
        if (!is_map(x) || !is_map(y) ||
            !str_eq(text_of(x, "Type"), text_of(y, "Type")))
            return false;
    }
    return x == NULL && y == NULL;
}

static const struct value *forward_of(const struct value *actions)
{
    for (const struct value *v = actions->first; v; v = v->next) {
        if (str_eq(text_of(v, "Type"), STR("forward")))
            return v;
    }
    return NULL;
}

/* Actions were added or taken away: they are the template's but for what a
 * forward action's weights were moved to. */
static const struct value *replace_actions(struct region *region,
                                           const struct value *now,
                                           const struct value *before,
                                           const struct value *after)
{
    struct value *list = value_new(region, VALUE_LIST, NULL);
    const struct value *ours = forward_of(now);
    const struct value *old = forward_of(before);

    for (const struct value *v = after->first; v; v = v->next) {
        bool forward = ours && old && v == forward_of(after);
        const struct value *merged =
            forward ? merge_entry(region, STR(""), ours, old, v) : v;

        value_append(list, value_copy(region, merged));
    }
    return list;
}

static const struct value *merge_actions(struct region *region,
                                         const struct value *now,
                                         const struct value *before,
                                         const struct value *after)
{
    struct value *list = value_new(region, VALUE_LIST, NULL);
    const struct value *old = before->first;
    const struct value *new = after->first;

    if (!are_pairs(now, before) || !are_pairs(now, after))
        return replace_actions(region, now, before, after);
    for (const struct value *v = now->first; v; v = v->next) {
        value_append(list, value_copy(region, merge_entry(region, STR(""), v,
                                                          old, new)));
        old = old->next;
        new = new->next;
    }
    return list;
}

/* The template changed it: `before` and `after` differ.  NULL: it goes. */
static const struct value *merge_value(struct region *region, struct str name,
                                       const struct value *now,
                                       const struct value *before,
                                       const struct value *after)
{
    const struct keyed *how = keyed_of(name);

    if (is_map(now) && is_map(before) && is_map(after))
        return merge_map(region, now, before, after);
    if (!is_list(now) || !is_list(after))
        return after;
    if (how && fits(now, how) && fits(after, how))
        return merge_keyed(region, how, now, before, after);
    if (is_actions(name) && is_list(before))
        return merge_actions(region, now, before, after);
    return after;
}

/* ---- resources ---------------------------------------------------------------------- */

struct merge {
    const struct account *now;
    const struct account *before; /* NULL: there was none */
    const struct account *after;
    struct str stack;
    struct region region;
    struct edit edit;
    struct error *error;
};

static const struct value *find(const struct account *account, struct str id)
{
    const struct account_resource *r =
        account ? account_find(account, id) : NULL;

    return r ? r->value : NULL;
}

/* ---- who uses it ---------------------------------------------------------------------- */

static bool mentions(const struct value *value, struct str word)
{
    if (value_is_scalar(value))
        return value->text.n >= word.n &&
               memmem(value->text.p, value->text.n, word.p, word.n);
    for (const struct value *v = value->first; v; v = v->next) {
        if (mentions(v, word))
            return true;
    }
    return false;
}

/* What its ARN has that no other one has. */
static struct str id_of(struct merge *m, const struct account_resource *r)
{
    const struct arn_scope scope = {.stack = m->stack};
    const struct value *given = value_get(account_sluice(r), STR("Id"));
    struct str id = given ? given->text : STR("");

    if (arn_has_uuid(account_type(r)))
        return arn_certificate_id(&m->region, &scope, id, r->id);
    return arn_id(&m->region, &scope, id, r->id);
}

/* By a resource of the API, which the template knows nothing of.  `what` the
 * template does to it, and what else it can do. */
static bool is_unused(struct merge *m, const struct account_resource *gone,
                      const char *what, const char *instead)
{
    struct str id = id_of(m, gone);

    for (unsigned i = 0; i < m->now->n; i++) {
        const struct account_resource *r = m->now->resources[i];

        if (find(m->before, r->id) || find(m->after, r->id) ||
            !mentions(r->value, id))
            continue;
        return error_set(m->error,
                         "the template has %s \"" STR_FMT
                         "\" any more, but " STR_FMT " \"" STR_FMT
                         "\", which the API made, uses it: delete that first, "
                         "or leave %s in the template",
                         what, STR_ARG(gone->id), STR_ARG(account_type(r)),
                         STR_ARG(r->id), instead);
    }
    return true;
}

/* ---- what stays or comes ------------------------------------------------------------- */

static const struct value *merge_resource(struct region *region,
                                          const struct value *now,
                                          const struct value *before,
                                          const struct value *after)
{
    if (now == NULL ||
        !same(value_get(before, STR("Type")), value_get(after, STR("Type"))))
        return after;
    return merge_map(region, now, before, after);
}

static const struct value *name_of(const struct value *resource)
{
    return value_get(value_get(resource, STR("Properties")), STR("Name"));
}

/* ARNs have the name, and those that the API wrote down would be nobody's. */
static bool keeps_name(struct merge *m, const struct account_resource *now,
                       const struct value *merged)
{
    return same(name_of(now->value), name_of(merged)) ||
           is_unused(m, now, "not the name of", "it");
}

static bool merge_one(struct merge *m, const struct account_resource *new)
{
    const struct value *before = find(m->before, new->id);
    const struct account_resource *there = account_find(m->now, new->id);
    const struct value *now = there ? there->value : NULL;
    const struct value *merged;

    if (same(before, new->value))
        return true;
    if (before) {
        merged = merge_resource(&m->region, now, before, new->value);
        if (there && !keeps_name(m, there, merged))
            return false;
        edit_put(&m->region, &m->edit, new->id, merged);
        return true;
    }
    if (now && !same(now, new->value))
        return error_set(m->error,
                         "the template has a new resource \"" STR_FMT
                         "\", and the account one of that logical id that is "
                         "not the same: give it another one in the template",
                         STR_ARG(new->id));
    if (now == NULL)
        edit_put(&m->region, &m->edit, new->id, new->value);
    return true;
}

/* ---- what goes ------------------------------------------------------------------------ */

static bool remove_gone(struct merge *m)
{
    for (unsigned i = 0; m->before && i < m->before->n; i++) {
        struct str id = m->before->resources[i]->id;
        const struct account_resource *now = account_find(m->now, id);

        if (now == NULL || account_find(m->after, id))
            continue;
        if (!is_unused(m, now, "no", "the resource"))
            return false;
        edit_remove(&m->region, &m->edit, id);
    }
    return true;
}

struct account *account_merge(const struct account *now,
                              const struct account *before,
                              const struct account *after, struct str stack,
                              struct error *error)
{
    struct merge m = {now, before, after, stack, {NULL}, {NULL, NULL}, error};
    struct account *account = NULL;
    bool ok = remove_gone(&m);

    for (unsigned i = 0; ok && i < after->n; i++)
        ok = merge_one(&m, after->resources[i]);
    if (ok)
        account = account_edit(now, &m.edit);
    region_end(&m.region);
    return account;
}

bool account_is_template(const struct account *account,
                         const struct account *base)
{
    if (base == NULL || account->n != base->n)
        return false;
    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *a = account->resources[i];
        const struct account_resource *b = base->resources[i];

        if (a != b && (!str_eq(a->id, b->id) || !same(a->value, b->value)))
            return false;
    }
    return true;
}
