/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates: what an input declares is resolved, or refused with a reason.
 *
 * - A template comes out if and only if no error does.
 * - Places lie in the text; problems say something and can be printed.
 * - What comes out is a map of resources without functions that could have
 *   been resolved, and its scalars have a NUL behind them.
 *
 * A line "%%%%" begins a second file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "template/template.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

enum { DEEPEST = 1000 };

/* libfyaml 0.7.12 loses some bytes for a scalar of nothing but doubled single
 * quotes ('''''''''''').  LeakSanitizer calls this when it is there. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static unsigned lines_of(struct str text)
{
    unsigned n = 2; /* an end may lie behind the last one */

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void check_place(const struct place *place, unsigned lines)
{
    CHECK(place->line <= lines);
    CHECK(place->line == 0 || place->file != NULL);
    CHECK(place->line == 0 || place->column > 0);
}

static void check_value(const struct value *v, unsigned lines, unsigned depth)
{
    unsigned n = 0;

    CHECK(depth < DEEPEST);
    check_place(&v->place, lines);
    check_place(&v->key_place, lines);
    CHECK(v->text.p == NULL || v->text.p[v->text.n] == '\0');
    CHECK(v->key.p == NULL || v->key.p[v->key.n] == '\0');
    CHECK(v->kind == VALUE_LIST || v->kind == VALUE_MAP || v->first == NULL);
    for (const struct value *child = v->first; child; child = child->next) {
        check_value(child, lines, depth + 1);
        n++;
        CHECK(child->next || child == v->last);
    }
    if (v->kind == VALUE_MAP && n == 1)
        CHECK(!str_eq(v->first->key, STR("Fn::Join")) &&
              !str_eq(v->first->key, STR("Ref")));
}

static void check_template(const struct template *t, unsigned lines)
{
    CHECK(t->resources->kind == VALUE_MAP);
    for (const struct value *v = t->resources->first; v; v = v->next) {
        CHECK(value_get(v, STR("Type")) != NULL);
        check_value(v, lines, 0);
    }
    for (unsigned i = 0; i < t->noutputs; i++)
        CHECK(t->outputs[i].key.p && t->outputs[i].value.p);
}

static void check_report(const struct report *report, unsigned lines)
{
    static char buffer[64 * 1024];

    for (const struct problem *p = report->first; p; p = p->next) {
        struct text t = text_in(buffer, sizeof(buffer));

        CHECK(p->what.n > 0);
        check_place(&p->place, lines);
        report_put(&t, report, p);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = str_make((const char *)data, size);
    const char *cut = size ? memmem(data, size, "\n%%%%\n", 6) : NULL;
    struct template_source sources[2] = {{"a.yaml", all}, {"b.yaml", {0}}};
    struct template_options options = {.nparameters = 0};
    struct report report = {0};
    struct template *t;
    unsigned n = 1;

    if (cut) {
        sources[0].text.n = (size_t)(cut - all.p);
        sources[1].text = str_make(cut + 6, size - sources[0].text.n - 6);
        n = 2;
    }
    t = template_parse(sources, n, &options, &report);
    CHECK((t == NULL) == (report.errors > 0));
    check_report(&report, lines_of(all));
    if (t)
        check_template(t, lines_of(all));
    template_free(t);
    report_end(&report);
    return 0;
}
