/* SPDX-License-Identifier: Apache-2.0 */
#include "model/diff.h"

static bool equal_lists(const struct value *a, const struct value *b)
{
    const struct value *x = a->first;
    const struct value *y = b->first;

    for (; x && y; x = x->next, y = y->next) {
        if (!diff_equal(x, y))
            return false;
    }
    return x == NULL && y == NULL;
}

static bool equal_maps(const struct value *a, const struct value *b)
{
    if (value_count(a) != value_count(b))
        return false;
    for (const struct value *x = a->first; x; x = x->next) {
        const struct value *y = value_get(b, x->key);

        if (y == NULL || !diff_equal(x, y))
            return false;
    }
    return true;
}

/* Depth is that of a document, which has a cap. */
bool diff_equal(const struct value *a, const struct value *b)
{
    if (value_is_scalar(a) && value_is_scalar(b))
        return str_eq(a->text, b->text);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_LIST:
        return equal_lists(a, b);
    case VALUE_MAP:
        return equal_maps(a, b);
    case VALUE_UNKNOWN:
        return str_eq(a->text, b->text);
    default:
        return true;
    }
}

static struct str type_of(const struct value *resource)
{
    const struct value *type = value_get(resource, STR("Type"));

    return type ? type->text : STR("");
}

unsigned diff_resources(const struct value *before, const struct value *after,
                        void (*visit)(void *owner, enum diff_kind kind,
                                      struct str id, struct str type),
                        void *owner)
{
    unsigned n = 0;

    for (const struct value *v = after->first; v; v = v->next) {
        const struct value *old = value_get(before, v->key);

        if (old && diff_equal(old, v))
            continue;
        visit(owner, old ? DIFF_CHANGED : DIFF_ADDED, v->key, type_of(v));
        n++;
    }
    for (const struct value *v = before->first; v; v = v->next) {
        if (value_get(after, v->key))
            continue;
        visit(owner, DIFF_REMOVED, v->key, type_of(v));
        n++;
    }
    return n;
}
