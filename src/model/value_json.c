/* SPDX-License-Identifier: Apache-2.0 */
#include "model/value_json.h"

struct writing {
    struct text *t;
    const struct value_json *how;
};

static void put(const struct writing *w, const struct value *value,
                unsigned depth);

static void put_list(const struct writing *w, const struct value *list,
                     unsigned depth)
{
    text_char(w->t, '[');
    for (const struct value *v = list->first; v; v = v->next) {
        if (v != list->first)
            text_char(w->t, ',');
        put(w, v, depth);
    }
    text_char(w->t, ']');
}

/* Of two entries with one key only the first counts, as for value_get(). */
static void put_map(const struct writing *w, const struct value *map,
                    unsigned depth)
{
    bool more = false;

    text_char(w->t, '{');
    for (const struct value *v = map->first; v; v = v->next) {
        if ((v->kind == VALUE_UNKNOWN && w->how->unknown == NULL) ||
            value_get(map, v->key) != v)
            continue;
        if (more)
            text_char(w->t, ',');
        more = true;
        w->how->key(w->t, v->key);
        text_char(w->t, ':');
        put(w, v, depth);
    }
    text_char(w->t, '}');
}

static void put(const struct writing *w, const struct value *value,
                unsigned depth)
{
    switch (depth ? value->kind : VALUE_NULL) {
    case VALUE_BOOL:
        text_str_put(w->t, value->text);
        return;
    case VALUE_NUMBER:
    case VALUE_TIME:
        w->how->number(w->t, value->text);
        return;
    case VALUE_STRING:
        text_json(w->t, value->text);
        return;
    case VALUE_LIST:
        put_list(w, value, depth - 1);
        return;
    case VALUE_MAP:
        put_map(w, value, depth - 1);
        return;
    case VALUE_UNKNOWN:
        if (w->how->unknown) {
            w->how->unknown(w->t, value->text);
            return;
        }
        break;
    case VALUE_NULL:
        break;
    }
    TEXT_LITERAL(w->t, "null");
}

void value_json_put(struct text *t, const struct value *value,
                    const struct value_json *how)
{
    const struct writing w = {t, how};

    put(&w, value, VALUE_NESTED_MAX);
}
