/* SPDX-License-Identifier: Apache-2.0 */
#include "app/problems.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

static void put_problem(struct text *t, const struct problem *p)
{
    static const char *const words[] = {"error", "warning", "note"};

    text_printf(t, "{\"severity\": \"%s\"", words[p->severity]);
    if (p->place.file) {
        TEXT_LITERAL(t, ", \"file\": ");
        text_json(t, str_of(p->place.file));
    }
    if (p->place.line)
        text_printf(t, ", \"line\": %u, \"column\": %u", p->place.line,
                    p->place.column);
    TEXT_LITERAL(t, ", \"problem\": ");
    text_json(t, p->what);
    if (p->remedy.n) {
        TEXT_LITERAL(t, ", \"remedy\": ");
        text_json(t, p->remedy);
    }
    text_char(t, '}');
}

static size_t problem_size(const struct problem *p)
{
    size_t file = p->place.file ? strlen(p->place.file) : 0;

    return 200 + 6 * (file + p->what.n + p->remedy.n); /* all as \u00XX */
}

void problems_print_json(struct report *report)
{
    const char *separator = "[";

    report_sort(report);
    for (const struct problem *p = report->first; p; p = p->next) {
        size_t cap = problem_size(p);
        struct text t = text_in(memory_zeroed(1, cap), cap);

        put_problem(&t, p);
        printf("%s" STR_FMT, separator, STR_ARG(text_str(&t)));
        separator = ",\n ";
        free(t.p);
    }
    fputs(report->first ? "]" : "[]", stdout);
}
