/* SPDX-License-Identifier: Apache-2.0 */
#include "model/read_waf.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- what all of them share --------------------------------------------------- */

struct waf_build *waf_build(struct build *build)
{
    struct config_waf *waf;
    unsigned n = build->nresources + 1;

    if (build->waf)
        return build->waf;
    waf = memory_zeroed(1, sizeof(*waf));
    atomic_init(&waf->refs, 1);
    waf->acls = region_take(&waf->region, n * sizeof(void *));
    waf->ip_sets = region_take(&waf->region, n * sizeof(void *));
    waf->regex_sets = region_take(&waf->region, n * sizeof(void *));
    waf->rule_groups = region_take(&waf->region, n * sizeof(void *));
    build->config->waf = waf;
    build->waf = region_take(&build->region, sizeof(*build->waf));
    build->waf->waf = waf;
    build->waf->region = &waf->region;
    build->waf->names =
        region_take(&build->region, n * sizeof(*build->waf->names));
    build->waf->digests =
        region_take(&build->region, n * sizeof(*build->waf->digests));
    return build->waf;
}

void waf_resource(struct build *build, struct resource *resource)
{
    const struct value *type = value_get(resource->value, STR("Type"));

    if (!str_starts(type->text, STR("AWS::WAFv2::")))
        return;
    resource->code = "WAFInvalidParameterException";
    resource->lenient = &waf_build(build)->unknown;
}

struct str waf_keep(const struct waf_build *waf, struct str s)
{
    return region_copy(waf->region, s);
}

struct str waf_keep_text(const struct waf_build *waf, const struct field *field)
{
    return waf_keep(waf, field->ok ? field->text : STR(""));
}

struct place waf_place(struct build *build, const struct place *place)
{
    struct waf_build *waf = waf_build(build);
    struct place kept = *place;

    kept.file = keep_file(build, waf->region, &waf->files, place->file);
    return kept;
}

void *waf_take(const struct waf_build *waf, size_t n, size_t size)
{
    return region_take(waf->region, n * size + 1);
}

/* ---- messages ------------------------------------------------------------------- */

void waf_refuse(const struct resource *resource, const struct place *place,
                const char *field, struct str parameter, const char *reason,
                const char *format, ...)
{
    struct problem_detail detail = {"WAFInvalidParameterException", field,
                                    parameter, reason};
    struct str text;
    va_list args;

    va_start(args, format);
    text = region_vprintf(resource->region, format, args);
    va_end(args);
    resource_tell(resource, PROBLEM_ERROR, place, &detail, "%s", text.p);
}

void waf_limit(const struct resource *resource, const struct place *place,
               const char *format, ...)
{
    struct problem_detail detail = {.code = "WAFLimitsExceededException"};
    struct str text;
    va_list args;

    va_start(args, format);
    text = region_vprintf(resource->region, format, args);
    va_end(args);
    resource_tell(resource, report_doubtful(resource->report), place, &detail,
                  "%s", text.p);
}

const char *waf_path(const struct waf_reader *r, const char *path,
                     const char *name)
{
    return region_printf(r->resource.region, "%s.%s", path, name).p;
}

const char *waf_path_at(const struct waf_reader *r, const char *path,
                        unsigned index)
{
    return region_printf(r->resource.region, "%s[%u]", path, index).p;
}

/* ---- one of several members -------------------------------------------------------- */

static bool find_word(const char *const *words, struct str word,
                      unsigned *index)
{
    for (unsigned i = 0; words[i]; i++) {
        if (str_eq(word, str_of(words[i]))) {
            *index = i;
            return true;
        }
    }
    return false;
}

static void no_member(const struct waf_reader *r, const struct value *value,
                      const char *path, const char *const *words,
                      const char *field, const char *parameter)
{
    const struct value *first = value->first;
    struct str name = first ? shown(first->key) : STR("");

    if (first)
        waf_refuse(&r->resource, &first->key_place, field, str_of(parameter),
                   WAF_NONE_OR_MANY, "%s cannot have \"" STR_FMT "\"%s", path,
                   STR_ARG(name),
                   resource_words(&r->resource, first->key, words));
    else
        waf_refuse(&r->resource, &value->place, field, str_of(parameter),
                   WAF_NONE_OR_MANY, "%s is empty%s", path,
                   resource_words(&r->resource, STR(""), words));
}

const struct value *waf_one(const struct waf_reader *r,
                            const struct value *value, const char *path,
                            const char *const *words, const char *field,
                            const char *parameter, unsigned *index)
{
    const struct value *chosen = NULL;
    unsigned at;

    if (value->kind == VALUE_UNKNOWN) {
        resource_unknown(&r->resource, value, path);
        return NULL;
    }
    if (value->kind != VALUE_MAP) {
        waf_refuse(&r->resource, &value->place, field, str_of(parameter), NULL,
                   "%s must be a map, this is %s%s", path,
                   value_kind_name(value->kind),
                   resource_words(&r->resource, STR(""), words));
        return NULL;
    }
    for (const struct value *v = value->first; v; v = v->next) {
        if (v->kind == VALUE_NULL || !find_word(words, v->key, &at))
            continue;
        if (chosen) {
            waf_refuse(&r->resource, &v->key_place, field, str_of(parameter),
                       WAF_NONE_OR_MANY,
                       "%s has " STR_FMT " and " STR_FMT
                       ": it has exactly one of them\nleave one out",
                       path, STR_ARG(chosen->key), STR_ARG(v->key));
            return NULL;
        }
        chosen = v;
        *index = at;
    }
    if (chosen == NULL)
        no_member(r, value, path, words, field, parameter);
    return chosen;
}

/* ---- lists of strings ---------------------------------------------------------------- */

static bool check_string(const struct waf_reader *r, const struct value *v,
                         const char *path, unsigned index, unsigned length)
{
    if (v->kind == VALUE_UNKNOWN)
        resource_unknown(&r->resource, v, waf_path_at(r, path, index));
    else if (!value_is_scalar(v))
        resource_error(&r->resource, &v->place,
                       "%s[%u] must be a string, this is %s", path, index,
                       value_kind_name(v->kind));
    else if (v->text.n == 0 || v->text.n > length)
        waf_refuse(&r->resource, &v->place, r->resource.field, v->text,
                   WAF_BAD_FORMAT,
                   "%s[%u] has %zu characters: AWS takes 1 to %u", path, index,
                   v->text.n, length);
    else
        return true;
    return false;
}

const struct str *waf_strings(const struct waf_reader *r,
                              const struct value *value, const char *path,
                              unsigned max, unsigned length, unsigned *n)
{
    unsigned count = value_count(value);
    struct str *strings;
    bool ok = true;
    unsigned i = 0;

    if (value->kind == VALUE_UNKNOWN) {
        resource_unknown(&r->resource, value, path);
        return NULL;
    }
    if (value->kind != VALUE_LIST || count == 0 || count > max) {
        waf_refuse(&r->resource, &value->place, r->resource.field, STR(""),
                   NULL, "%s must be a list of 1 to %u strings", path, max);
        return NULL;
    }
    strings = waf_take(r->waf, count, sizeof(*strings));
    for (const struct value *v = value->first; v; v = v->next, i++) {
        ok &= check_string(r, v, path, i, length);
        strings[i] = waf_keep(r->waf, v->text);
    }
    *n = count;
    return ok ? strings : NULL;
}

bool waf_is_word(struct str s, const char *others)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr(others, s.p[i])))
            return false;
    }
    return s.n > 0;
}

/* ---- who holds it ---------------------------------------------------------------------- */

struct config_waf *config_waf_hold(struct config_waf *waf)
{
    atomic_fetch_add_explicit(&waf->refs, 1, memory_order_relaxed);
    return waf;
}

void config_waf_release(struct config_waf *waf)
{
    struct region region;

    if (waf == NULL ||
        atomic_fetch_sub_explicit(&waf->refs, 1, memory_order_acq_rel) != 1)
        return;
    region = waf->region;
    free(waf);
    region_end(&region);
}
