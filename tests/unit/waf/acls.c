/* SPDX-License-Identifier: Apache-2.0 */
#include "acls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "model/account_json.h"
#include "template/template.h"

/* ---- ACLs ------------------------------------------------------------------------ */

static struct value *json(struct region *region, const char *text)
{
    struct error error;
    struct value *value = account_json_read(region, str_of(text), &error);

    if (!value)
        fail_msg("%s in %s", error.text, text);
    return value;
}

static void put_default(struct region *region, struct value *map,
                        const char *key, const char *text)
{
    if (!value_get(map, str_of(key)))
        value_put(region, map, str_of(key), json(region, text));
}

/* TextTransformations of all statements that look at a part. */
static void complete(struct region *region, struct value *value, unsigned depth)
{
    if (depth > 200)
        return;
    if (value->kind == VALUE_MAP && value_get(value, STR("FieldToMatch")))
        put_default(region, value, "TextTransformations",
                    "[{\"Priority\": 0, \"Type\": \"NONE\"}]");
    for (struct value *v = value->first; v; v = v->next)
        complete(region, v, depth + 1);
}

static const char visibility[] =
    "{\"CloudWatchMetricsEnabled\": true, \"SampledRequestsEnabled\": true, "
    "\"MetricName\": \"m\"}";

static void complete_rules(struct region *region, struct value *rules)
{
    char text[32];
    unsigned n = 0;

    for (struct value *rule = rules->first; rule; rule = rule->next, n++) {
        snprintf(text, sizeof(text), "\"r%u\"", n);
        put_default(region, rule, "Name", text);
        snprintf(text, sizeof(text), "%u", n);
        put_default(region, rule, "Priority", text);
        put_default(region, rule, "VisibilityConfig", visibility);
        if (!value_get(rule, STR("OverrideAction")))
            put_default(region, rule, "Action", "{\"Block\": {}}");
    }
}

static struct value *properties_of(struct region *region,
                                   const struct value *value)
{
    const struct value *acl = value_get(value, STR("acl"));
    const struct value *rules = value_get(value, STR("rules"));
    const struct value *statement = value_get(value, STR("statement"));
    struct value *to = acl ? value_copy(region, acl) : json(region, "{}");
    struct value *list = rules ? value_copy(region, rules) : json(region, "[]");

    if (statement) {
        struct value *rule = json(region, "{\"Name\": \"r\"}");

        value_put(region, rule, STR("Statement"),
                  value_copy(region, statement));
        value_append(list, rule);
    }
    complete_rules(region, list);
    put_default(region, to, "Name", "\"acl\"");
    put_default(region, to, "Scope", "\"REGIONAL\"");
    put_default(region, to, "DefaultAction", "{\"Allow\": {}}");
    put_default(region, to, "VisibilityConfig", visibility);
    value_put(region, to, STR("Rules"), list);
    return to;
}

static void put_resources(struct region *region, struct value *resources,
                          const struct value *more)
{
    for (const struct value *v = more ? more->first : NULL; v; v = v->next) {
        struct value *resource = value_copy(region, v);
        const struct value *properties = value_get(resource, STR("Properties"));
        const struct value *rules =
            properties ? value_get(properties, STR("Rules")) : NULL;

        if (rules)
            complete_rules(region, (struct value *)(uintptr_t)rules);
        if (rules)
            put_default(region, (struct value *)(uintptr_t)properties,
                        "VisibilityConfig", visibility);
        value_put(region, resources, v->key, resource);
    }
}

static const struct value *template_of(struct region *region,
                                       const struct value *value)
{
    struct value *template = json(region, "{\"Resources\": {}}");
    struct value *resources =
        (struct value *)(uintptr_t)value_get(template, STR("Resources"));
    struct value *acl = json(region, "{\"Type\": \"AWS::WAFv2::WebACL\"}");

    put_resources(region, resources, value_get(value, STR("resources")));
    value_put(region, acl, STR("Properties"), properties_of(region, value));
    value_put(region, resources, STR("Acl"), acl);
    complete(region, template, 0);
    return template;
}

static void find_program(struct acl *acl, struct geo *geo)
{
    static const struct local local = {.region_name = {NULL, 0}};
    const struct config_waf *waf;

    acl->config = config_build(acl->template->resources, acl->template->stack,
                               &local, &acl->report);
    if (!acl->config)
        return;
    waf = acl->config->waf;
    assert_non_null(waf);
    assert_int_equal(waf->nacls, 1);
    acl->program = waf_program_new(waf->acls[0], geo, &acl->report);
}

void acl_begin(struct acl *acl, const struct value *value, struct geo *geo)
{
    static const struct template_options options = {.nparameters = 0};
    struct str text;
    struct template_source source;

    *acl = (struct acl){.report = {.verbose = false}};
    text = account_json_of_value(template_of(&acl->report.region, value));
    assert_non_null(text.p);
    source = (struct template_source){"acl.json",
                                      region_copy(&acl->report.region, text)};
    free((void *)(uintptr_t)text.p);
    acl->template = template_parse(&source, 1, &options, &acl->report);
    if (acl->template)
        find_program(acl, geo);
}

void acl_begin_text(struct acl *acl, const char *text)
{
    struct region region = {NULL};

    acl_begin(acl, json(&region, text), NULL);
    region_end(&region);
}

void acl_end(struct acl *acl)
{
    waf_program_release(acl->program);
    config_release(acl->config);
    template_free(acl->template);
    report_end(&acl->report);
}

const char *acl_errors(const struct acl *acl, char *buffer, size_t cap)
{
    struct text t = text_in(buffer, cap - 1);

    for (const struct problem *p = acl->report.first; p; p = p->next)
        if (p->severity == PROBLEM_ERROR)
            text_printf(&t, STR_FMT " | " STR_FMT "\n", STR_ARG(p->what),
                        STR_ARG(p->remedy));
    buffer[t.n] = '\0';
    return buffer;
}

/* ---- requests ----------------------------------------------------------------------- */

struct str request_keep(struct request_made *request, struct str text)
{
    char *to = request->text + request->used;
    size_t n = 0;

    assert_true(request->used + text.n < sizeof(request->text));
    for (size_t i = 0; i < text.n; i++) {
        if (text.n - i >= 4 && text.p[i] == '\\' && text.p[i + 1] == 'x') {
            to[n++] = (char)(hex_digit(text.p[i + 2]) * 16 +
                             hex_digit(text.p[i + 3]));
            i += 3;
        } else {
            to[n++] = text.p[i];
        }
    }
    request->used += n;
    return str_make(to, n);
}

void request_add(struct request_made *request, struct str name,
                 struct str value)
{
    struct field *field = &request->v[request->fields.n++];

    assert_true(request->fields.n <= REQUEST_FIELDS_MAX);
    name = request_keep(request, name);
    value = request_keep(request, value);
    *field = (struct field){.name = (uint32_t)(name.p - request->text),
                            .value = (uint32_t)(value.p - request->text),
                            .name_len = (uint16_t)name.n,
                            .value_len = (uint16_t)value.n,
                            .id = (uint16_t)field_id_of(name)};
    request->fields.present |= 1U << field->id;
    if (field->id == FIELD_HOST)
        request->inspected.host = value;
}

static void read_line(struct request_made *request, struct str line)
{
    struct inspected *to = &request->inspected;
    struct str rest = line;
    struct str target;

    to->method = request_keep(request, str_cut(&rest, ' '));
    target = rest.p ? rest : STR("/");
    rest = target;
    target = str_cut(&rest, '#');
    if (rest.p)
        to->fragment = request_keep(request, rest);
    rest = target;
    to->path = request_keep(request, str_cut(&rest, '?'));
    if (rest.p)
        to->query = request_keep(request, rest);
}

static struct str text_at(struct request_made *request,
                          const struct value *value, const char *key,
                          const char *otherwise)
{
    const struct value *member = value_get(value, str_of(key));
    struct str first = {request->text + request->used, 0};
    uint64_t times;

    if (!member || member->kind != VALUE_LIST)
        return request_keep(request, member ? member->text : str_of(otherwise));
    assert_true(str_to_u64(member->last->text, 1000000, &times));
    while (times--)
        first.n += request_keep(request, member->first->text).n;
    return first;
}

static void read_headers(struct request_made *request,
                         const struct value *headers)
{
    for (const struct value *h = headers ? headers->first : NULL; h;
         h = h->next) {
        bool list = h->kind == VALUE_LIST;
        struct str rest = list ? h->first->text : h->text;
        struct str name = str_cut(&rest, ':');
        uint64_t times = 1;

        assert_true(!list || str_to_u64(h->last->text, 1000, &times));
        while (times--)
            request_add(request, name, str_trim(rest));
    }
}

static bool flag(const struct value *value, const char *key)
{
    const struct value *member = value_get(value, str_of(key));

    return member && str_eq(member->text, STR("true"));
}

static void read_request(struct request_made *request,
                         const struct value *value)
{
    struct inspected *to = &request->inspected;
    const struct value *now = value_get(value, STR("now"));

    read_line(request, value->kind == VALUE_STRING
                           ? value->text
                           : text_at(request, value, "line", "GET /"));
    read_headers(request, value_get(value, STR("headers")));
    to->body = text_at(request, value, "body", "");
    /* As the proxy: one byte more than is looked at. */
    to->body_whole = to->body.n <= WAF_BODY_LIMIT;
    if (!to->body_whole)
        to->body.n = WAF_BODY_LIMIT + 1;
    to->ja3 = text_at(request, value, "ja3", "");
    to->ja4 = text_at(request, value, "ja4", "");
    to->grpc = flag(value, "grpc");
    to->version = flag(value, "http2") ? REQUEST_HTTP_2 : 11;
    assert_true(address_parse_ip(text_at(request, value, "client", "192.0.2.1"),
                                 &to->client));
    if (now)
        assert_true(str_to_u64(now->text, UINT64_MAX, &request->now_ms));
}

struct request_made *request_made_new(const struct value *value)
{
    struct request_made *request = calloc(1, sizeof(*request));

    assert_non_null(request);
    request->fields = (struct fields){
        .base = request->text, .v = request->v, .cap = REQUEST_FIELDS_MAX};
    request->inspected.fields = &request->fields;
    if (value)
        read_request(request, value);
    return request;
}

void request_made_free(struct request_made *request)
{
    free(request);
}

/* ---- evaluating ---------------------------------------------------------------------- */

void evaluator_begin(struct evaluator *evaluator)
{
    *evaluator = (struct evaluator){.pool = {.free = {NULL}}};
    arena_init(&evaluator->arena, &evaluator->pool, 16 * 1024 * 1024);
    evaluator->scratch = waf_scratch_new();
    evaluator->rates = rate_worker_new();
    evaluator->ledger = rate_ledger_new();
}

void evaluator_end(struct evaluator *evaluator)
{
    rate_worker_free(evaluator->rates);
    rate_ledger_free(evaluator->ledger);
    waf_scratch_free(evaluator->scratch);
    arena_reset(&evaluator->arena);
    chunk_pool_end(&evaluator->pool);
}

/* As the control thread does each second. */
static void turn(struct evaluator *evaluator, uint64_t now_ms)
{
    const struct rate_part *part = rate_worker_begin_round(evaluator->rates);

    for (; part; part = part->next)
        rate_ledger_add(evaluator->ledger, part, now_ms);
    rate_ledger_turn(evaluator->ledger, now_ms);
    rate_ledger_tell(evaluator->ledger, evaluator->rates);
    rate_worker_end_round(evaluator->rates);
}

void evaluator_run(struct evaluator *evaluator,
                   const struct waf_program *program,
                   const struct request_made *request, bool plain,
                   struct waf_trace *trace, struct waf_result *result)
{
    struct waf_evaluation evaluation = {.request = &request->inspected,
                                        .arena = &evaluator->arena,
                                        .rates = evaluator->rates,
                                        .now_ms = request->now_ms,
                                        .plain = plain,
                                        .trace = trace};

    for (; evaluator->turned_ms + 1000 <= request->now_ms;
         evaluator->turned_ms += 1000)
        turn(evaluator, evaluator->turned_ms);
    arena_reset(&evaluator->arena);
    waf_evaluate(program, evaluator->scratch, &evaluation, result);
}

/* ---- results ---------------------------------------------------------------------------- */

static void put_match(struct text *t, const struct waf_match *match)
{
    TEXT_LITERAL(t, "match ");
    if (match->referring) {
        text_str_put(t, match->referring->name);
        text_char(t, '/');
    }
    text_str_put(t, match->rule->name);
    text_char(t, ' ');
    text_str_put(t, str_of(waf_action_words[match->action]));
    if (match->overridden)
        text_printf(t, " not %s", waf_action_words[match->configured]);
    if (match->excluded)
        TEXT_LITERAL(t, " excluded");
    if (match->terminating)
        TEXT_LITERAL(t, " ends");
    text_char(t, '\n');
}

static void put_evidence(struct text *t, const struct waf_evidence *evidence)
{
    for (; evidence; evidence = evidence->next) {
        TEXT_LITERAL(t, "saw ");
        text_str_put(t, evidence->name);
        text_char(t, ':');
        for (unsigned i = 0; i < evidence->n; i++) {
            text_char(t, ' ');
            text_str_put(t, evidence->tokens[i]);
        }
        text_char(t, '\n');
    }
}

static void put_rated(struct text *t, const struct waf_rated *rated)
{
    TEXT_LITERAL(t, "rate ");
    text_str_put(t, rated->rule->name);
    if (!rated->evaluated)
        TEXT_LITERAL(t, " not evaluated");
    if (rated->evaluated && rated->value.n) {
        text_char(t, ' ');
        text_str_put(t, rated->value);
    }
    for (unsigned i = 0; rated->evaluated && i < rated->nvalues; i++) {
        text_char(t, i ? ',' : ' ');
        text_str_put(t, rated->values[i]);
    }
    if (rated->limited)
        TEXT_LITERAL(t, " limited");
    text_char(t, '\n');
}

static void put_lists(struct text *t, const struct waf_result *result)
{
    for (const struct waf_match *m = result->matches; m; m = m->next) {
        put_match(t, m);
        put_evidence(t, m->evidence);
    }
    for (const struct waf_label *l = result->labels; l; l = l->next)
        text_printf(t, "label " STR_FMT "\n", STR_ARG(l->name));
    for (unsigned i = 0; i < result->ninserted; i++)
        text_printf(t, "insert " STR_FMT ": " STR_FMT "\n",
                    STR_ARG(result->inserted[i]->name),
                    STR_ARG(result->inserted[i]->value));
    for (const struct waf_rated *r = result->rates; r; r = r->next)
        put_rated(t, r);
    for (const struct waf_group_result *g = result->groups; g; g = g->next)
        text_printf(t, "group " STR_FMT "%s\n", STR_ARG(g->referring->name),
                    g->terminating ? " ended" : "");
}

struct str result_text(const struct waf_result *result, char *buffer,
                       size_t cap)
{
    struct text t = text_in(buffer, cap);
    const struct waf_match *by = result->terminating;

    if (result->failed)
        TEXT_LITERAL(&t, "FAILED\n");
    text_str_put(&t, str_of(waf_action_words[result->action]));
    if (by) {
        TEXT_LITERAL(&t, " by ");
        text_str_put(&t, by->referring ? by->referring->name : by->rule->name);
    }
    if (result->details && result->details->status)
        text_printf(&t, " %u", result->details->status);
    text_char(&t, '\n');
    put_lists(&t, result);
    if (result->regex_limits)
        text_printf(&t, "limits %u\n", result->regex_limits);
    assert_true(text_ok(&t));
    return text_str(&t);
}

/* ---- data --------------------------------------------------------------------------------- */

const struct value *data_read(struct region *region, const char *name)
{
    const char *top = getenv("TOP_SRCDIR");
    char path[512];
    struct file_text file;
    struct error error;
    struct str text;

    snprintf(path, sizeof(path), "%s/tests/unit/waf/data/%s", top ? top : ".",
             name);
    if (!file_read(path, 1024 * 1024, &file, &error))
        fail_msg("%s", error.text);
    text = region_copy(region, file.text);
    file_forget(&file);
    return json(region, text.p);
}
