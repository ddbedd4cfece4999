/* SPDX-License-Identifier: Apache-2.0 */
#include "app/waf_cases.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/waf_cases_internal.h"
#include "base/base64.h"
#include "base/memory.h"
#include "model/instant.h"
#include "model/json.h"

static const size_t FILE_MAX = (size_t)4 << 30;

enum { FIRST_ROOM = 1024 * 1024, PATH_SHOWN = 200 };

/* ---- what the readers share ----------------------------------------------------------- */

bool waf_case_fails(struct case_reader *r, const char *format, ...)
{
    va_list args;

    if (r->to->why)
        return false;
    va_start(args, format);
    r->to->why = region_vprintf(r->region, format, args).p;
    va_end(args);
    return false;
}

struct str waf_case_text(const struct value *map, const char *key)
{
    const struct value *v = value_get(map, str_of(key));

    return v && value_is_scalar(v) ? v->text : str_make(NULL, 0);
}

bool waf_case_is_http2(struct str version)
{
    return str_istarts(version, STR("h2")) || str_istarts(version, STR("h3")) ||
           str_istarts(version, STR("http/2")) ||
           str_istarts(version, STR("http/3"));
}

bool waf_case_headers(struct case_reader *r, const struct value *list)
{
    unsigned n = value_count(list);
    struct offline_header *headers =
        region_take(r->region, (n + 1) * sizeof(*headers));
    struct offline_request *to = &r->to->request;

    to->headers = headers;
    if (list == NULL || list->kind != VALUE_LIST)
        return true;
    for (const struct value *v = list->first; v; v = v->next) {
        struct offline_header *h = &headers[to->nheaders++];

        h->name = waf_case_text(v, "name");
        h->value = waf_case_text(v, "value");
        if (h->name.n == 0)
            return waf_case_fails(r, "header %u has no name", to->nheaders);
        if (h->value.p == NULL)
            h->value = STR("");
        if (str_ieq(h->name, STR(":authority")) && !to->url.host.n)
            to->url.host = h->value;
    }
    return true;
}

bool waf_case_url(struct case_reader *r, struct str url)
{
    struct error error;

    if (url.n == 0)
        return waf_case_fails(r, "there is no \"url\"");
    if (!offline_cut_url(url, &r->to->request.url, &error))
        return waf_case_fails(r, "%s", error.text);
    return true;
}

bool waf_case_base64(struct case_reader *r, struct str text, struct str *to)
{
    char *bytes = region_take(r->region, BASE64_BYTES(text.n) + 4);
    long n = base64_read(text, (uint8_t *)bytes);

    if (n < 0)
        return waf_case_fails(r, "its body is no base64");
    *to = str_make(bytes, (size_t)n);
    return true;
}

/* ---- times ------------------------------------------------------------------------------ */

static bool two_digits(const char *p, unsigned *to)
{
    uint64_t number;

    if (!str_to_u64(str_make(p, 2), 99, &number))
        return false;
    *to = (unsigned)number;
    return true;
}

/* Cuts "+01:00" or "Z" off; minutes to the east. */
static bool cut_offset(struct str *text, int64_t *minutes)
{
    unsigned hour;
    unsigned minute;

    *minutes = 0;
    if (text->n && text->p[text->n - 1] == 'Z') {
        text->n--;
        return true;
    }
    if (text->n < 6 || text->p[text->n - 3] != ':' ||
        !two_digits(text->p + text->n - 5, &hour) ||
        !two_digits(text->p + text->n - 2, &minute))
        return false;
    *minutes = (int64_t)hour * 60 + minute;
    if (text->p[text->n - 6] == '-')
        *minutes = -*minutes;
    else if (text->p[text->n - 6] != '+')
        return false;
    text->n -= 6;
    return true;
}

void waf_case_time(struct case_reader *r, struct str text)
{
    struct str fraction = text;
    struct str seconds;
    int64_t minutes;
    uint64_t ms;

    if (!cut_offset(&fraction, &minutes))
        return;
    seconds = str_cut(&fraction, '.');
    if (fraction.n > 3)
        fraction.n = 3;
    text = region_printf(r->region, STR_FMT "%s" STR_FMT "Z", STR_ARG(seconds),
                         fraction.n ? "." : "", STR_ARG(fraction));
    if (!instant_parse(text, &ms) || (int64_t)ms < minutes * 60000)
        return;
    r->to->timed = true;
    r->to->time_ms = (uint64_t)((int64_t)ms - minutes * 60000);
}

/* ---- documents --------------------------------------------------------------------------- */

struct source_text {
    const char *path;
    struct str rest;
    unsigned line;
    unsigned number; /* of requests so far */
    const struct waf_cases_defaults *defaults;
    void (*visit)(void *owner, const struct waf_case *one);
    void *owner;
};

static struct waf_case empty_case(const struct source_text *source)
{
    struct waf_case one = {.time_ms = 0};

    one.request.client = source->defaults->client;
    return one;
}

/* Past blanks, and commas between records that somebody joined. */
static bool skip(struct source_text *source)
{
    while (source->rest.n && strchr(" \t\r\n,", source->rest.p[0])) {
        if (source->rest.p[0] == '\n')
            source->line++;
        source->rest = str_make(source->rest.p + 1, source->rest.n - 1);
    }
    return source->rest.n > 0;
}

static void advance(struct source_text *source, size_t n)
{
    const char *p = source->rest.p;

    for (size_t i = 0; p && i < n; i++) {
        if (p[i] == '\n')
            source->line++;
    }
    source->rest = str_make(p + n, source->rest.n - n);
}

static size_t line_length(struct str rest)
{
    const char *end = memchr(rest.p, '\n', rest.n);

    return end ? (size_t)(end - rest.p) : rest.n;
}

/* What is no JSON is told, and the next line is read. */
static void read_one(struct source_text *source, bool log,
                     struct region *region)
{
    struct waf_case one = empty_case(source);
    struct case_reader r = {region, source->defaults, &one};
    struct str text = source->rest;
    struct error error;
    struct value *value;
    size_t used = 0;

    if (!log)
        text.n = line_length(text);
    one.place = region_printf(region, "%s:%u", source->path, source->line);
    value = json_value_read(region, text, &used, &error);
    if (value == NULL || used == 0) {
        used = line_length(source->rest);
        waf_case_fails(&r, "it is no JSON: %s", value ? "" : error.text);
    } else if (log) {
        waf_case_of_record(&r, value);
    } else {
        waf_case_of_line(&r, value);
        if (str_trim(str_make(text.p + used, text.n - used)).n &&
            text.p[text.n - 1] != '\r')
            waf_case_fails(&r, "there is more than one value on the line");
        used = text.n;
    }
    advance(source, used);
    source->visit(source->owner, &one);
}

static void read_each(struct source_text *source, bool log)
{
    while (skip(source)) {
        struct region region = {NULL};

        read_one(source, log, &region);
        region_end(&region);
    }
}

static bool read_archive(struct source_text *source, struct error *error)
{
    struct region region = {NULL};
    struct error why;
    size_t used;
    const struct value *root;
    const struct value *log;
    const struct value *entries = NULL;
    bool is;

    if (str_starts(source->rest, STR("\xef\xbb\xbf")))
        advance(source, 3);
    root = json_value_read(&region, source->rest, &used, &why);
    log = root ? value_get(root, STR("log")) : NULL;
    entries = log ? value_get(log, STR("entries")) : NULL;
    if (root == NULL)
        error_set(error, "%.200s is no JSON: %s", source->path, why.text);
    else if (entries == NULL || entries->kind != VALUE_LIST)
        error_set(error, "%.200s is no HAR: it has no log.entries",
                  source->path);
    for (const struct value *v = entries ? entries->first : NULL; v;
         v = v->next) {
        struct waf_case one = empty_case(source);
        struct case_reader r = {&region, source->defaults, &one};

        one.place = region_printf(&region, "%s: entry %u", source->path,
                                  ++source->number);
        waf_case_of_entry(&r, v);
        source->visit(source->owner, &one);
    }
    is = entries != NULL && entries->kind == VALUE_LIST;
    region_end(&region);
    return is;
}

bool waf_cases_parse(enum waf_cases_kind kind, const char *path,
                     struct str text, const struct waf_cases_defaults *defaults,
                     void (*visit)(void *owner, const struct waf_case *one),
                     void *owner, struct error *error)
{
    struct source_text source = {.path = path,
                                 .rest = text.p ? text : STR(""),
                                 .line = 1,
                                 .defaults = defaults,
                                 .visit = visit,
                                 .owner = owner};

    if (kind == WAF_CASES_HAR)
        return read_archive(&source, error);
    if (str_starts(text, STR("\x1f\x8b")))
        return error_set(error,
                         "%.200s is compressed: give what `gunzip -c` "
                         "makes of it",
                         path);
    read_each(&source, kind == WAF_CASES_LOG);
    return true;
}

/* ---- files --------------------------------------------------------------------------------- */

/* Room for as much again; false: there is none, and nothing is lost. */
static bool grow(struct text *t)
{
    size_t cap = t->cap ? 2 * t->cap : FIRST_ROOM;
    char *p = cap <= FILE_MAX ? realloc(t->p, cap) : NULL;

    if (p == NULL)
        return false;
    t->p = p;
    t->cap = cap;
    return true;
}

static bool read_all(FILE *file, const char *path, struct text *t,
                     struct error *error)
{
    while (!ferror(file) && !feof(file) && (t->n < t->cap || grow(t)))
        t->n += fread(t->p + t->n, 1, t->cap - t->n, file);
    if (feof(file) && !ferror(file))
        return true;
    return error_set(error, "%.200s: %s", path,
                     ferror(file) ? strerror(errno)
                                  : "it is too large: split it");
}

bool waf_cases_read(enum waf_cases_kind kind, const char *path,
                    const struct waf_cases_defaults *defaults,
                    void (*visit)(void *owner, const struct waf_case *one),
                    void *owner, struct error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    struct text text = text_in(NULL, 0);
    bool ok;

    if (file == NULL)
        return error_set(error, "%.*s: %s", PATH_SHOWN, path, strerror(errno));
    ok = read_all(file, path, &text, error);
    if (!is_stdin)
        fclose(file);
    if (ok)
        ok = waf_cases_parse(kind, is_stdin ? "stdin" : path, text_str(&text),
                             defaults, visit, owner, error);
    free(text.p);
    return ok;
}
