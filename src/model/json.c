/* SPDX-License-Identifier: Apache-2.0 */
#include "model/json.h"

#include <stdio.h>

#include <jansson.h>

static struct value *scalar(struct region *region, enum value_kind kind,
                            struct str text)
{
    struct value *v = value_string(region, text, NULL);

    v->kind = kind;
    return v;
}

static struct value *read_number(struct region *region, const json_t *json)
{
    char text[64];

    if (json_is_integer(json))
        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
                 json_integer_value(json));
    else
        snprintf(text, sizeof(text), "%.17g", json_real_value(json));
    return scalar(region, VALUE_NUMBER, str_of(text));
}

/* NULL: it is nested too deep. */
static struct value *convert(struct region *region, json_t *json,
                             unsigned depth);

static struct value *convert_object(struct region *region, json_t *json,
                                    unsigned depth)
{
    struct value *map = value_new(region, VALUE_MAP, NULL);
    const char *key;
    json_t *member;

    json_object_foreach(json, key, member)
    {
        struct value *v = convert(region, member, depth);

        if (v == NULL)
            return NULL;
        value_put(region, map, str_of(key), v);
    }
    return map;
}

static struct value *convert_array(struct region *region, json_t *json,
                                   unsigned depth)
{
    struct value *list = value_new(region, VALUE_LIST, NULL);
    size_t n = json_array_size(json);

    for (size_t i = 0; i < n; i++) {
        struct value *v = convert(region, json_array_get(json, i), depth);

        if (v == NULL)
            return NULL;
        value_append(list, v);
    }
    return list;
}

static struct value *convert(struct region *region, json_t *json,
                             unsigned depth)
{
    if (depth == 0)
        return NULL;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return convert_object(region, json, depth - 1);
    case JSON_ARRAY:
        return convert_array(region, json, depth - 1);
    case JSON_STRING:
        return scalar(
            region, VALUE_STRING,
            str_make(json_string_value(json), json_string_length(json)));
    case JSON_TRUE:
        return scalar(region, VALUE_BOOL, STR("true"));
    case JSON_FALSE:
        return scalar(region, VALUE_BOOL, STR("false"));
    case JSON_NULL:
        return value_new(region, VALUE_NULL, NULL);
    case JSON_INTEGER:
    case JSON_REAL:
        break;
    }
    return read_number(region, json);
}

struct value *json_value_read(struct region *region, struct str text,
                              size_t *used, struct error *error)
{
    json_error_t why;
    json_t *json = json_loadb(
        text.p, text.n,
        JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &why);
    struct value *value;

    if (json == NULL) {
        error_set(error, "line %d, column %d: %s", why.line, why.column,
                  why.text);
        return NULL;
    }
    *used = (size_t)why.position;
    value = convert(region, json, VALUE_NESTED_MAX);
    json_decref(json);
    if (value == NULL)
        error_set(error, "it is nested deeper than %u levels",
                  VALUE_NESTED_MAX);
    return value;
}
