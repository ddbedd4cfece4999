/* SPDX-License-Identifier: Apache-2.0 */
#include "model/value.h"

const struct value *value_get(const struct value *map, struct str key)
{
    if (map == NULL || map->kind != VALUE_MAP)
        return NULL;
    for (const struct value *v = map->first; v; v = v->next) {
        if (str_eq(v->key, key))
            return v;
    }
    return NULL;
}

unsigned value_count(const struct value *value)
{
    unsigned n = 0;

    if (value == NULL ||
        (value->kind != VALUE_LIST && value->kind != VALUE_MAP))
        return 0;
    for (const struct value *v = value->first; v; v = v->next)
        n++;
    return n;
}

const char *value_kind_name(enum value_kind kind)
{
    switch (kind) {
    case VALUE_NULL:
        return "nothing (null)";
    case VALUE_BOOL:
        return "true or false";
    case VALUE_NUMBER:
        return "a number";
    case VALUE_STRING:
        return "a string";
    case VALUE_TIME:
        return "a time";
    case VALUE_LIST:
        return "a list";
    case VALUE_MAP:
        return "a map";
    case VALUE_UNKNOWN:
        return "a value that only AWS knows";
    }
    return "?";
}

struct value *value_new(struct region *region, enum value_kind kind,
                        const struct place *place)
{
    struct value *v = region_take(region, sizeof(*v));

    v->kind = kind;
    if (place)
        v->place = *place;
    return v;
}

struct value *value_string(struct region *region, struct str text,
                           const struct place *place)
{
    struct value *v = value_new(region, VALUE_STRING, place);

    v->text = region_copy(region, text);
    return v;
}

static struct value *copy_tree(struct region *region, const struct value *value,
                               unsigned depth)
{
    struct value *copy = value_new(region, value->kind, &value->place);

    copy->text = region_copy(region, value->text);
    for (const struct value *v = value->first; depth && v; v = v->next) {
        struct value *child = copy_tree(region, v, depth - 1);

        child->key_place = v->key_place;
        if (value->kind == VALUE_MAP)
            value_put(region, copy, v->key, child);
        else
            value_append(copy, child);
    }
    return copy;
}

struct value *value_copy(struct region *region, const struct value *value)
{
    return copy_tree(region, value, VALUE_NESTED_MAX);
}

void value_append(struct value *list, struct value *element)
{
    if (list->last)
        list->last->next = element;
    else
        list->first = element;
    list->last = element;
}

void value_put(struct region *region, struct value *map, struct str key,
               struct value *entry)
{
    entry->key = region_copy(region, key);
    if (entry->key_place.line == 0)
        entry->key_place = entry->place;
    value_append(map, entry);
}
