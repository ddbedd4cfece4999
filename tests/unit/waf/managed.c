/* SPDX-License-Identifier: Apache-2.0 */
#include "managed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../model/builds.h"
#include "base/text.h"
#include "model/managed_groups.h"

enum {
    FIELDS_MAX = 32,
    TEXT_MAX = 256 * 1024,
    ACL_MAX = 64 * 1024,
    ARENA_MAX = 8 * 1024 * 1024,
};

/* ---- the ACL ------------------------------------------------------------------ */

static void put_group(struct text *t, const struct managed_group *group,
                      unsigned index)
{
    text_printf(t,
                "%s{Name: g%u, Priority: %u, OverrideAction: {None: {}}, "
                "Statement: {ManagedRuleGroupStatement: {VendorName: AWS, "
                "Name: %s, RuleActionOverrides: [",
                index ? ", " : "", index, index, group->name);
    for (unsigned i = 0; i < group->nrules; i++)
        text_printf(t, "%s{Name: %s, ActionToUse: {Count: {}}}", i ? ", " : "",
                    group->rules[i].name);
    text_printf(t,
                "]}}, VisibilityConfig: {SampledRequestsEnabled: false, "
                "CloudWatchMetricsEnabled: false, MetricName: g%u}}",
                index);
}

void managed_begin(struct managed *m, const char *const *groups)
{
    static char room[ACL_MAX];
    struct text t = text_in(room, sizeof(room));
    struct report report = {.errors = 0};

    for (unsigned i = 0; groups[i]; i++) {
        const struct managed_group *group =
            managed_group_find(STR("AWS"), str_of(groups[i]));

        assert_non_null(group);
        put_group(&t, group, i);
    }
    text_char(&t, '\0');
    assert_true(text_ok(&t));
    *m = (struct managed){.config = NULL};
    m->config = build_good(in_rules, room);
    m->program = waf_program_new(m->config->waf->acls[0], NULL, &report);
    assert_non_null(m->program);
    assert_int_equal(report.errors, 0);
    report_end(&report);
    m->scratch = waf_scratch_new();
    arena_init(&m->arena, &m->pool, ARENA_MAX);
}

void managed_end(struct managed *m)
{
    arena_reset(&m->arena);
    chunk_pool_end(&m->pool);
    waf_scratch_free(m->scratch);
    waf_program_release(m->program);
    config_release(m->config);
}

/* ---- requests ------------------------------------------------------------------ */

struct made {
    struct inspected inspected;
    struct fields fields;
    struct field v[FIELDS_MAX];
    size_t used;
    char text[TEXT_MAX];
};

/* What "{{a*3}}" at `p` repeats, and how often; the bytes that it takes, 0: it
 * is none. */
static size_t repetition(const char *p, char what[8], unsigned *times)
{
    int n = 0;

    if (sscanf(p, "{{%7[^*]*%u}}%n", what, times, &n) != 2)
        return 0;
    return (size_t)n;
}

/* A copy, with repetitions written out. */
static struct str keep(struct made *made, const json_t *text)
{
    const char *p = json_string_value(text);
    const char *end = p + json_string_length(text);
    size_t from = made->used;

    while (p < end) {
        char what[8] = "";
        unsigned times = 1;
        size_t n = *p == '{' ? repetition(p, what, &times) : 0;
        size_t length = n ? strlen(what) : 1;

        assert_true(made->used + times * length < TEXT_MAX);
        for (; times; times--, made->used += length)
            memcpy(made->text + made->used, n ? what : p, length);
        p += n ? n : 1;
    }
    return str_make(made->text + from, made->used - from);
}

static void add(struct made *made, const char *name, const json_t *value)
{
    struct str key = str_of(name);
    struct field *f = &made->v[made->fields.n++];
    json_t *text = json_string(name);
    struct str kept;

    assert_true(made->fields.n <= FIELDS_MAX);
    kept = keep(made, text);
    json_decref(text);
    f->name = (uint32_t)(kept.p - made->text);
    f->name_len = (uint16_t)kept.n;
    kept = keep(made, value);
    f->value = (uint32_t)(kept.p - made->text);
    f->value_len = (uint16_t)kept.n;
    f->id = (uint16_t)field_id_of(key);
    made->fields.present |= 1u << f->id;
    if (str_ieq(key, STR("host")))
        made->inspected.host = kept;
}

/* Where the request does not say what it has. */
static void add_default(struct made *made, const json_t *headers,
                        const char *name, const char *value)
{
    json_t *text;

    if (json_object_get(headers, name))
        return;
    text = json_string(value);
    add(made, name, text);
    json_decref(text);
}

static void read_url(struct made *made, const json_t *url)
{
    struct str rest = keep(made, url);

    made->inspected.path = str_cut(&rest, '?');
    made->inspected.query = rest;
}

static void make(struct made *made, json_t *request)
{
    json_t *headers = json_object_get(request, "Headers"), *value;
    json_t *body = json_object_get(request, "Body");
    const char *name;

    made->inspected = (struct inspected){.body_whole = true, .version = 11};
    made->fields =
        (struct fields){.base = made->text, .v = made->v, .cap = FIELDS_MAX};
    made->used = 0;
    memset(made->v, 0, sizeof(made->v));
    made->inspected.fields = &made->fields;
    made->inspected.method = keep(made, json_object_get(request, "Method"));
    read_url(made, json_object_get(request, "Url"));
    add_default(made, headers, "Host", "shop.example");
    add_default(made, headers, "User-Agent",
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 "
                "Firefox/140.0");
    json_object_foreach(headers, name, value)
    {
        if (!json_is_null(value))
            add(made, name, value);
    }
    if (body)
        made->inspected.body = keep(made, body);
    if (made->inspected.body.n > WAF_BODY_LIMIT) {
        made->inspected.body.n = WAF_BODY_LIMIT;
        made->inspected.body_whole = false;
    }
}

void managed_run(struct managed *m, const json_t *request, bool plain,
                 struct waf_result *result)
{
    static struct made made;
    struct waf_evaluation evaluation = {
        .request = &made.inspected, .arena = &m->arena, .plain = plain};

    make(&made, (json_t *)(uintptr_t)request);
    arena_reset(&m->arena);
    waf_evaluate(m->program, m->scratch, &evaluation, result);
    assert_false(result->failed);
    assert_int_equal(result->regex_limits, 0);
}

/* ---- results ------------------------------------------------------------------- */

const char *managed_matches(const struct waf_result *result, char *buffer,
                            size_t cap)
{
    struct text t = text_in(buffer, cap);

    for (const struct waf_match *m = result->matches; m; m = m->next)
        text_printf(&t, STR_FMT " ", STR_ARG(m->rule->name));
    text_char(&t, '\0');
    assert_true(text_ok(&t));
    return buffer;
}

bool managed_matched(const struct waf_result *result, struct str rule)
{
    for (const struct waf_match *m = result->matches; m; m = m->next) {
        if (str_eq(m->rule->name, rule))
            return true;
    }
    return false;
}

bool managed_labelled(const struct waf_result *result, struct str label)
{
    for (const struct waf_label *l = result->labels; l; l = l->next) {
        if (str_eq(l->name, label))
            return true;
    }
    return false;
}

json_t *managed_load(const char *path)
{
    const char *top = getenv("TOP_SRCDIR");
    char full[4096];
    json_error_t error;
    json_t *read;

    snprintf(full, sizeof(full), "%s/%s", top ? top : ".", path);
    read = json_load_file(full, JSON_ALLOW_NUL, &error);
    if (read == NULL)
        fail_msg("%s:%d: %s", full, error.line, error.text);
    return read;
}
