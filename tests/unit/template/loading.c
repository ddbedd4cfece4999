/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct loading *loading_new(void)
{
    struct loading *l = calloc(1, sizeof(*l));

    assert_non_null(l);
    return l;
}

void loading_free(struct loading *l)
{
    free((void *)(uintptr_t)l->options.parameters);
    template_free(l->template);
    report_end(&l->report);
    free(l);
}

void loading_parameter(struct loading *l, const char *key, const char *value)
{
    unsigned n = l->options.nparameters;
    struct template_parameter *p = calloc(n + 1, sizeof(*p));

    assert_non_null(p);
    for (unsigned i = 0; i < n; i++)
        p[i] = l->options.parameters[i];
    p[n] = (struct template_parameter){str_of(key), str_of(value)};
    free((void *)(uintptr_t)l->options.parameters);
    l->options.parameters = p;
    l->options.nparameters = n + 1;
}

static void parse(struct loading *l, const struct template_source *sources,
                  unsigned n)
{
    assert_null(l->template);
    l->template = template_parse(sources, n, &l->options, &l->report);
    assert_int_equal(l->template == NULL, l->report.errors > 0);
}

void loading_text(struct loading *l, const char *text)
{
    struct template_source source = {"t.yaml", str_of(text)};

    parse(l, &source, 1);
}

void loading_two(struct loading *l, const char *a, const char *b)
{
    struct template_source sources[] = {{"a.yaml", str_of(a)},
                                        {"b.yaml", str_of(b)}};

    parse(l, sources, 2);
}

const char *loading_problems(struct loading *l)
{
    static const char *const words[] = {"error", "warning", "note"};
    struct text t = text_in(l->problems, sizeof(l->problems) - 1);

    for (const struct problem *p = l->report.first; p; p = p->next) {
        text_printf(&t, "%s%s %u:%u " STR_FMT, t.n ? "\n" : "",
                    words[p->severity], p->place.line, p->place.column,
                    STR_ARG(p->what));
        if (p->remedy.n)
            text_printf(&t, " | " STR_FMT, STR_ARG(p->remedy));
    }
    l->problems[t.n] = '\0';
    return l->problems;
}

static void show(struct text *t, const struct value *v)
{
    bool map = v->kind == VALUE_MAP;

    if (v->kind == VALUE_UNKNOWN)
        text_printf(t, "<" STR_FMT ">", STR_ARG(v->text));
    else if (v->kind == VALUE_STRING)
        text_printf(t, "'" STR_FMT "'", STR_ARG(v->text));
    else if (v->kind == VALUE_NULL)
        TEXT_LITERAL(t, "null");
    else if (v->kind != VALUE_LIST && !map)
        text_str_put(t, v->text);
    if (v->kind != VALUE_LIST && !map)
        return;
    text_char(t, map ? '{' : '[');
    for (const struct value *child = v->first; child; child = child->next) {
        if (map)
            text_printf(t, STR_FMT ": ", STR_ARG(child->key));
        show(t, child);
        if (child->next)
            TEXT_LITERAL(t, ", ");
    }
    text_char(t, map ? '}' : ']');
}

const char *loading_show(struct loading *l, const struct value *v)
{
    struct text t = text_in(l->values, sizeof(l->values) - 1);

    if (v)
        show(&t, v);
    else
        text_char(&t, '-');
    assert_true(text_ok(&t));
    l->values[t.n] = '\0';
    return l->values;
}

const char *loading_property(struct loading *l, const char *id,
                             const char *name)
{
    const struct value *v;

    if (l->template == NULL)
        fail_msg("not loaded: %s", loading_problems(l));
    v = value_get(l->template->resources, str_of(id));
    v = value_get(v, STR("Properties"));
    return loading_show(l, value_get(v, str_of(name)));
}

const char *loading_output(struct loading *l, const char *key)
{
    if (l->template == NULL)
        fail_msg("not loaded: %s", loading_problems(l));
    for (unsigned i = 0; i < l->template->noutputs; i++) {
        const struct template_output *o = &l->template->outputs[i];

        if (str_eq(o->key, str_of(key)))
            return memcpy(l->values, region_copy(&l->report.region, o->value).p,
                          o->value.n + 1);
    }
    return "-";
}

void assert_problems(const char *text, const char *problems)
{
    struct loading *l = loading_new();

    loading_text(l, text);
    if (strcmp(loading_problems(l), problems) != 0)
        fail_msg("template:\n%s\nproblems:\n%s\nwanted:\n%s\n", text,
                 loading_problems(l), problems);
    loading_free(l);
}

const char *loading_shared(const char *name, char *path, size_t cap)
{
    const char *shared = getenv("SLUICE_SHARED"), *top = getenv("TOP_SRCDIR");

    if (shared)
        snprintf(path, cap, "%s/%s", shared, name);
    else
        snprintf(path, cap, "%s/../shared/%s", top ? top : ".", name);
    return access(path, R_OK) == 0 ? path : NULL;
}
