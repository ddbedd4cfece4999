/* SPDX-License-Identifier: Apache-2.0 */
#include "api/change.h"

struct value *change_property(struct region *region, const struct value *value,
                              const char *name, const struct value *to)
{
    const struct value *properties = value_get(value, STR("Properties"));

    return with_entry(region, value, "Properties",
                      with_entry(region, properties, name, to));
}

struct value *change_sluice(struct region *region, const struct value *value,
                            const char *name, const struct value *to)
{
    const struct value *metadata = value_get(value, STR("Metadata"));
    const struct value *sluice = value_get(metadata, STR("Sluice"));

    if (to == NULL && value_get(sluice, str_of(name)) == NULL)
        return value_copy(region, value);
    return with_entry(region, value, "Metadata",
                      with_entry(region, metadata, "Sluice",
                                 with_entry(region, sluice, name, to)));
}

void change_resource(struct call *call, const struct account_view *before,
                     struct str id, const struct value *value)
{
    const struct account_resource *r = account_find(before->account, id);

    if (r == NULL || !values_say_same(r->value, value))
        edit_put(call->region, &call->edit, id, value);
}

struct value *change_text(struct region *region, struct str text)
{
    return value_string(region, text, NULL);
}

/* ---- comparing ---------------------------------------------------------------- */

static bool say_same(const struct value *a, const struct value *b,
                     unsigned depth);

static bool same_lists(const struct value *a, const struct value *b,
                       unsigned depth)
{
    const struct value *y = b->first;

    for (const struct value *x = a->first; x; x = x->next, y = y->next) {
        if (y == NULL || !say_same(x, y, depth))
            return false;
    }
    return y == NULL;
}

static bool same_maps(const struct value *a, const struct value *b,
                      unsigned depth)
{
    if (value_count(a) != value_count(b))
        return false;
    for (const struct value *x = a->first; x; x = x->next) {
        const struct value *y = value_get(b, x->key);

        if (y == NULL || !say_same(x, y, depth))
            return false;
    }
    return true;
}

static bool say_same(const struct value *a, const struct value *b,
                     unsigned depth)
{
    if (value_is_scalar(a) && value_is_scalar(b))
        return str_eq(a->text, b->text);
    if (a->kind != b->kind || depth == 0)
        return false;
    switch (a->kind) {
    case VALUE_LIST:
        return same_lists(a, b, depth - 1);
    case VALUE_MAP:
        return same_maps(a, b, depth - 1);
    default:
        return a->kind == VALUE_NULL;
    }
}

bool values_say_same(const struct value *a, const struct value *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return say_same(a, b, VALUE_NESTED_MAX);
}
