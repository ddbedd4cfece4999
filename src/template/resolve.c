/* SPDX-License-Identifier: Apache-2.0
 *
 * Values without functions.
 *
 * The input is shared and stays as it is: what is resolved is a new value
 * whose children may be shared.  Depth and size are capped, as functions can
 * multiply what stands in the file.
 */
#include "template/resolve.h"

#include "base/suggest.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

const struct value resolve_no_value = {.kind = VALUE_NULL};

static const struct value too_much = {
    .kind = VALUE_UNKNOWN,
    .text = {"the template makes too much", 27},
};

static const struct {
    const char *name;
    resolve_function *run;
} functions[] = {
    {"Ref", reference_ref},
    {"Fn::GetAtt", reference_attribute},
    {"Fn::Sub", function_sub},
    {"Fn::Join", function_join},
    {"Fn::If", function_if},
    {"Fn::Select", function_select},
    {"Fn::Split", function_split},
    {"Fn::FindInMap", function_find_in_map},
    {"Fn::Base64", function_base64},
    {"Fn::Cidr", function_cidr},
    {"Fn::GetAZs", function_zones},
    {"Fn::ImportValue", function_import},
    {"Fn::Length", function_length},
    {"Fn::ToJsonString", function_json},
    {"Fn::Transform", function_transform},
    /* They stand in Conditions only (conditions.c). */
    {"Fn::And", NULL},
    {"Fn::Equals", NULL},
    {"Fn::Not", NULL},
    {"Fn::Or", NULL},
};

bool resolve_is_function(struct str name)
{
    for (size_t i = 0; i < COUNT(functions); i++) {
        if (str_eq(name, str_of(functions[i].name)))
            return true;
    }
    return false;
}

const char *resolve_suggest(struct str name)
{
    struct suggest s = suggest_for(name);

    for (size_t i = 0; i < COUNT(functions); i++)
        suggest_offer(&s, functions[i].name);
    return suggest_best(&s);
}

const struct value *resolve_call(const struct value *map)
{
    const struct value *only = map->first;

    if (map->kind != VALUE_MAP || only == NULL || only->next)
        return NULL;
    if (str_eq(only->key, STR("Ref")) || str_starts(only->key, STR("Fn::")))
        return only;
    return NULL;
}

bool resolve_arguments(const struct value *list, unsigned min, unsigned max,
                       const struct value *arguments[4])
{
    unsigned n = 0;

    for (unsigned i = 0; i < 4; i++)
        arguments[i] = NULL;
    if (list->kind != VALUE_LIST)
        return false;
    for (const struct value *v = list->first; v; v = v->next) {
        if (n == max)
            return false;
        arguments[n++] = v;
    }
    return n >= min;
}

/* ---- faults -------------------------------------------------------------- */

const struct value *resolve_unknown(struct resolver *r, const char *format, ...)
{
    struct value *v = value_new(r->region, VALUE_UNKNOWN, NULL);
    va_list args;

    va_start(args, format);
    v->text = region_vprintf(r->region, format, args);
    va_end(args);
    return v;
}

const struct value *resolve_fault(struct resolver *r, const struct place *place,
                                  const char *format, ...)
{
    struct value *v = value_new(r->region, VALUE_UNKNOWN, place);
    struct str rest;
    va_list args;

    va_start(args, format);
    rest = region_vprintf(r->region, format, args);
    va_end(args);
    if (!r->quiet)
        report_error(r->report, place, STR_FMT, STR_ARG(rest));
    v->text = region_copy(r->region, str_cut(&rest, '\n'));
    return v;
}

const struct value *resolve_misshapen(struct resolver *r,
                                      const struct value *call,
                                      const char *example)
{
    return resolve_fault(r, &call->place,
                         STR_FMT " is not written as it must be\n"
                                 "write it as in %s",
                         STR_ARG(call->first->key), example);
}

bool resolve_charge(struct resolver *r, size_t n, const struct place *place)
{
    if (r->exhausted)
        return false;
    if (n <= RESOLVE_BYTES_MAX - r->produced) {
        r->produced += n;
        return true;
    }
    r->exhausted = true;
    report_error(r->report, place,
                 "the functions of this template make more than %d MiB\n"
                 "shorten the texts and lists that they repeat",
                 RESOLVE_BYTES_MAX / 1024 / 1024);
    return false;
}

/* {{resolve:ssm:/name}} is looked up by AWS when a stack is deployed. */
static bool is_dynamic(struct str text)
{
    return text.n > 10 && memmem(text.p, text.n, "{{resolve:", 10) != NULL;
}

static const struct value *dynamic(struct resolver *r, struct str text)
{
    return resolve_unknown(
        r, "only AWS knows " STR_FMT,
        STR_ARG(str_make(text.p, text.n < 80 ? text.n : 80)));
}

const struct value *resolve_made(struct resolver *r, struct str text,
                                 const struct place *place)
{
    struct value *v;

    if (is_dynamic(text))
        return dynamic(r, text);
    v = value_new(r->region, VALUE_STRING, place);
    v->text = text;
    return v;
}

/* ---- values -------------------------------------------------------------- */

static void put(struct resolver *r, struct value *parent,
                const struct value *child)
{
    const struct value *resolved = resolve(r, child);
    struct value *copy;

    if (resolved == &resolve_no_value)
        return;
    copy = region_take(r->region, sizeof(*copy));
    *copy = *resolved;
    copy->next = NULL;
    copy->place = child->place;
    copy->key = child->key;
    copy->key_place = child->key_place;
    value_append(parent, copy);
}

static const struct value *resolve_children(struct resolver *r,
                                            const struct value *v)
{
    struct value *copy = value_new(r->region, v->kind, &v->place);

    for (const struct value *child = v->first; child; child = child->next)
        put(r, copy, child);
    return copy;
}

static const struct value *run(struct resolver *r, const struct value *map,
                               const struct value *call)
{
    for (size_t i = 0; i < COUNT(functions); i++) {
        if (!str_eq(call->key, str_of(functions[i].name)))
            continue;
        if (functions[i].run)
            return functions[i].run(r, map, call);
        return resolve_fault(r, &map->place,
                             STR_FMT " stands outside of Conditions\n"
                                     "declare a condition and choose by its "
                                     "name: !If [NAME, value, other value]",
                             STR_ARG(call->key));
    }
    return resolve_unknown(r, STR_FMT " is not supported", STR_ARG(call->key));
}

static const struct value *resolve_deeper(struct resolver *r,
                                          const struct value *v)
{
    const struct value *call = resolve_call(v);
    const struct value *resolved;

    if (r->exhausted)
        return &too_much;
    if (r->depth == RESOLVE_DEPTH_MAX)
        return resolve_fault(r, &v->place,
                             "functions and references are nested more than "
                             "%d deep\nuse fewer levels",
                             RESOLVE_DEPTH_MAX);
    r->depth++;
    resolved = call ? run(r, v, call) : resolve_children(r, v);
    r->depth--;
    return resolved;
}

const struct value *resolve(struct resolver *r, const struct value *v)
{
    if (v->kind == VALUE_LIST || v->kind == VALUE_MAP)
        return resolve_deeper(r, v);
    if (v->kind == VALUE_STRING && is_dynamic(v->text))
        return dynamic(r, v->text);
    return v;
}
