/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../codec/heads.h"

enum { ARENA_LIMIT = 16 << 20, SHOWN_MAX = 1 << 16 };

const struct part_limits parts_limits = {.body = WAF_BODY_LIMIT,
                                         .fields = WAF_PARTS_LIMIT,
                                         .number = WAF_PARTS_NUMBER};

static void take_target(struct inspected *q, struct str target)
{
    struct str rest = target;
    struct str before = str_cut(&rest, '#');

    q->fragment = rest;
    q->path = str_cut(&before, '?');
    q->query = before;
}

struct parts *parts_of(struct str raw)
{
    struct parts *parts = calloc(1, sizeof(*parts));
    struct inspected *q;
    const struct request *req;

    assert_non_null(parts);
    parts->head = head_request_in(DESYNC_MODE_MONITOR, raw);
    assert_int_equal(parts->head->result, H1_OK);
    arena_init(&parts->arena, &parts->pool, ARENA_LIMIT);
    req = &parts->head->req;
    q = &parts->inspected;
    q->method = slice_of(&req->fields, req->method_name);
    take_target(q, slice_of(&req->fields, req->target));
    q->host = slice_of(&req->fields, req->authority);
    q->fields = &req->fields;
    q->body = str_make(parts->head->data + parts->head->len,
                       parts->head->n - parts->head->len);
    q->body_whole = true;
    q->version = req->version;
    parts->request = (struct part_request){
        .request = q, .limits = &parts_limits, .arena = &parts->arena};
    return parts;
}

struct parts *parts_of_lines(const char *const *lines, unsigned n)
{
    char *raw = malloc(SHOWN_MAX);
    size_t at = 0;
    struct parts *parts;

    assert_non_null(raw);
    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf(raw + at, SHOWN_MAX - at, "%s\r\n", lines[i]);
    at += (size_t)snprintf(raw + at, SHOWN_MAX - at, "\r\n");
    assert_true(at < SHOWN_MAX);
    parts = parts_of(str_make(raw, at));
    free(raw);
    return parts;
}

void parts_end(struct parts *parts)
{
    arena_reset(&parts->arena);
    chunk_pool_end(&parts->pool);
    head_free(parts->head);
    free(parts);
}

const char *parts_show(const struct part_values *values)
{
    static const char *const states[] = {[PART_MISSING] = "missing",
                                         [PART_TRUE] = "true",
                                         [PART_FALSE] = "false",
                                         [PART_FAILED] = "failed"};
    static char shown[SHOWN_MAX];
    size_t at = 0;

    if (values->state != PART_VALUES) {
        assert_int_equal(values->n, 0);
        return states[values->state];
    }
    assert_int_not_equal(values->n, 0);
    for (unsigned i = 0; i < values->n; i++) {
        const struct part_value *v = &values->values[i];

        assert_non_null(v->text.p);
        at += (size_t)snprintf(shown + at, sizeof(shown) - at, "%s",
                               i ? " | " : "");
        if (v->name.n && !v->is_name)
            at += (size_t)snprintf(shown + at, sizeof(shown) - at, STR_FMT "=",
                                   STR_ARG(v->name));
        at += (size_t)snprintf(shown + at, sizeof(shown) - at, STR_FMT "%s",
                               STR_ARG(v->text), v->is_name ? ":" : "");
        assert_true(at < sizeof(shown));
    }
    return shown;
}

const char *parts_read(struct parts *parts, const struct waf_field *part)
{
    struct part_values values;

    part_read(&parts->request, part, &values);
    return parts_show(&values);
}

static struct parts *of_case(const char *request)
{
    char *raw = malloc(SHOWN_MAX);
    struct parts *parts;
    int n;

    assert_non_null(raw);
    if (*request == '/')
        n = snprintf(raw, SHOWN_MAX, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n",
                     request);
    else
        n = snprintf(raw, SHOWN_MAX, "%s", request);
    assert_true(n >= 0 && n < SHOWN_MAX);
    parts = parts_of(str_make(raw, (size_t)n));
    free(raw);
    return parts;
}

void parts_check(const struct part_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct part_case *c = &cases[i];
        struct parts *parts = of_case(c->request);
        const char *got = parts_read(parts, &c->part);

        if (strcmp(got, c->want) != 0)
            fail_msg("case %zu, %s: got `%s`, want `%s`", i, c->request, got,
                     c->want);
        parts_end(parts);
    }
}
