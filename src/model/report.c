/* SPDX-License-Identifier: Apache-2.0 */
#include "model/report.h"

#include <stdlib.h>

enum { LINE_SHOWN_MAX = 160 };

void report_source(struct report *report, const char *file, struct str text)
{
    struct report_source *s = region_take(&report->region, sizeof(*s));

    s->file = file;
    s->text = text;
    s->next = report->sources;
    report->sources = s;
}

/* What no terminal should be sent: names and values stand in messages as the
 * template's author wrote them. */
static void tame(struct str s)
{
    char *p = (char *)(uintptr_t)s.p;

    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
            p[i] = ' ';
    }
}

static bool count(struct report *report, enum severity severity)
{
    unsigned *n = severity == PROBLEM_ERROR     ? &report->errors
                  : severity == PROBLEM_WARNING ? &report->warnings
                                                : &report->notes;

    return (*n)++ < REPORT_MAX;
}

/* The name as the report's own: what it was read into may be gone when the
 * report is printed. */
static const char *keep_name(struct report *report, const char *file)
{
    if (file == NULL)
        return NULL;
    if (report->last && report->last->place.file &&
        strcmp(report->last->place.file, file) == 0)
        return report->last->place.file;
    return region_copy(&report->region, str_of(file)).p;
}

static void add(struct report *report, enum severity severity,
                const struct place *place, struct str what, struct str remedy)
{
    struct problem *p = region_take(&report->region, sizeof(*p));

    p->severity = severity;
    if (place) {
        p->place = *place;
        p->place.file = keep_name(report, place->file);
    }
    p->what = what;
    p->remedy = remedy;
    tame(what);
    tame(remedy);
    if (report->last)
        report->last->next = p;
    else
        report->first = p;
    report->last = p;
}

const struct problem *report_first_error(const struct report *report)
{
    const struct problem *p = report->first;

    while (p && p->severity != PROBLEM_ERROR)
        p = p->next;
    return p;
}

struct str problem_line(struct region *region, const struct problem *problem)
{
    return region_printf(region, STR_FMT "%s" STR_FMT, STR_ARG(problem->what),
                         problem->remedy.n ? "; " : "",
                         STR_ARG(problem->remedy));
}

void report_add(struct report *report, enum severity severity,
                const struct place *place, const char *remedy,
                const char *format, ...)
{
    struct str what;
    va_list args;

    if (severity == PROBLEM_NOTE && !report->verbose)
        return;
    if (!count(report, severity))
        return;
    va_start(args, format);
    what = region_vprintf(&report->region, format, args);
    va_end(args);
    add(report, severity, place, what,
        remedy ? region_copy(&report->region, str_of(remedy)) : STR(""));
}

__attribute__((format(printf, 4, 0))) static void
add_both(struct report *report, enum severity severity,
         const struct place *place, const char *format, va_list args)
{
    struct str remedy;
    struct str what;

    if (!count(report, severity))
        return;
    remedy = region_vprintf(&report->region, format, args);
    what = str_cut(&remedy, '\n');
    if (remedy.p == NULL)
        remedy = STR("");
    add(report, severity, place, region_copy(&report->region, what),
        region_copy(&report->region, remedy));
}

void report_partly(struct report *report, const struct place *place,
                   const char *format, ...)
{
    va_list args;

    if (!report->verbose && !report->partly)
        return;
    va_start(args, format);
    add_both(report, PROBLEM_NOTE, place, format, args);
    va_end(args);
}

void report_error(struct report *report, const struct place *place,
                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_both(report, PROBLEM_ERROR, place, format, args);
    va_end(args);
}

void report_refuse(struct report *report, const struct place *place,
                   const char *code, const char *format, ...)
{
    unsigned kept = report->errors;
    va_list args;

    va_start(args, format);
    add_both(report, PROBLEM_ERROR, place, format, args);
    va_end(args);
    if (kept < REPORT_MAX)
        report->last->code = code;
}

void report_tell(struct report *report, enum severity severity,
                 const struct place *place, const struct problem_detail *detail,
                 const char *format, ...)
{
    const struct problem *before = report->last;
    va_list args;

    va_start(args, format);
    add_both(report, severity, place, format, args);
    va_end(args);
    if (report->last == before)
        return; /* one too many */
    report->last->code = detail->code;
    report->last->field = detail->field;
    report->last->reason = detail->reason;
    report->last->parameter = region_copy(&report->region, detail->parameter);
}

void report_warning(struct report *report, const struct place *place,
                    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_both(report, PROBLEM_WARNING, place, format, args);
    va_end(args);
}

void report_doubt(struct report *report, const struct place *place,
                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_both(report, report_doubtful(report), place, format, args);
    va_end(args);
}

/* ---- order ---------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct problem *const *x = a;
    const struct problem *const *y = b;
    const struct place *p = &(*x)->place;
    const struct place *q = &(*y)->place;
    int files = strcmp(p->file ? p->file : "", q->file ? q->file : "");

    if (files)
        return files;
    if (p->line != q->line)
        return p->line < q->line ? -1 : 1;
    if (p->column != q->column)
        return p->column < q->column ? -1 : 1;
    return (*x)->number < (*y)->number ? -1 : 1;
}

void report_sort(struct report *report)
{
    struct problem **v;
    unsigned n = 0;

    for (struct problem *p = report->first; p; p = p->next)
        p->number = n++;
    if (n < 2)
        return;
    v = region_take(&report->region, n * sizeof(struct problem *));
    for (struct problem *p = report->first; p; p = p->next)
        v[p->number] = p;
    qsort(v, n, sizeof(struct problem *), compare);
    for (unsigned i = 0; i < n; i++)
        v[i]->next = i + 1 < n ? v[i + 1] : NULL;
    report->first = v[0];
    report->last = v[n - 1];
}

/* ---- printing ----------------------------------------------------------- */

static bool find_line(const struct report *report, const struct place *place,
                      struct str *line)
{
    const struct report_source *s = report->sources;
    struct str rest;

    while (s && strcmp(s->file, place->file) != 0)
        s = s->next;
    if (s == NULL)
        return false;
    rest = s->text;
    for (unsigned i = 1; rest.p; i++) {
        *line = str_cut(&rest, '\n');
        if (i == place->line) {
            if (line->n && line->p[line->n - 1] == '\r')
                line->n--;
            return true;
        }
    }
    return false;
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80; /* inside a UTF-8 character */
}

/* The line, cut to what a terminal shows, from a point from which the caret
 * is in sight; `caret` becomes characters from its begin. */
static struct str window(struct str line, unsigned column, unsigned *caret)
{
    size_t begin = 0;
    size_t at = 0;
    size_t end;
    unsigned chars = column ? column - 1 : 0;

    *caret = chars;
    if (chars > LINE_SHOWN_MAX - 20) {
        unsigned skip = chars - LINE_SHOWN_MAX / 2;

        for (; begin < line.n && (skip || continues(line.p[begin])); begin++) {
            if (!continues(line.p[begin]))
                skip--;
        }
        *caret = LINE_SHOWN_MAX / 2;
    }
    for (end = begin; end < line.n && at < LINE_SHOWN_MAX; end++) {
        if (!continues(line.p[end]))
            at++;
    }
    while (end < line.n && continues(line.p[end]))
        end++;
    return str_make(line.p + begin, end - begin);
}

static void put_line(struct text *t, const struct report *report,
                     const struct place *place)
{
    struct str line;
    unsigned caret;

    if (!find_line(report, place, &line))
        return;
    line = window(line, place->column, &caret);
    text_printf(t, "%6u | ", place->line);
    for (size_t i = 0; i < line.n; i++)
        text_char(t, (unsigned char)line.p[i] < 0x20 || line.p[i] == 0x7f
                         ? ' '
                         : line.p[i]);
    TEXT_LITERAL(t, "\n       | ");
    for (unsigned i = 0; i < caret; i++)
        text_char(t, ' ');
    TEXT_LITERAL(t, "^\n");
}

void report_put(struct text *t, const struct report *report,
                const struct problem *problem)
{
    static const char *const words[] = {"error", "warning", "note"};
    const struct place *place = &problem->place;

    if (place->file && place->line)
        text_printf(t, "%s:%u:%u: ", place->file, place->line, place->column);
    else if (place->file)
        text_printf(t, "%s: ", place->file);
    text_printf(t, "%s: ", words[problem->severity]);
    text_str_put(t, problem->what);
    text_char(t, '\n');
    if (place->file && place->line)
        put_line(t, report, place);
    if (problem->remedy.n) {
        TEXT_LITERAL(t, "    ");
        text_str_put(t, problem->remedy);
        text_char(t, '\n');
    }
}

void report_end(struct report *report)
{
    region_end(&report->region);
    *report = (struct report){.strict = false};
}
