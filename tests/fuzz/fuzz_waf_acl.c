/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs: rules that anybody wrote are refused with a reason, or compiled and
 * evaluated.
 *
 * - A program comes out if and only if no error does.
 * - With the gate, without it, and traced the same rules match, the same labels
 *   are there, and nothing fails.
 *
 * The input is the Rules of an ACL in CloudFormation's words, as JSON; behind a
 * line "%%%%" stand the path, query, a header and the body of a request, a line
 * each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "model/account_json.h"
#include "waf/program.h"
#include "waf/trace.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static const char frame[] =
    "{\"Set\": {\"Type\": \"AWS::WAFv2::IPSet\", \"Properties\": {\"Name\": "
    "\"s\", \"Scope\": \"REGIONAL\", \"IPAddressVersion\": \"IPV4\", "
    "\"Addresses\": [\"192.0.2.0/24\"]}}, "
    "\"Acl\": {\"Type\": \"AWS::WAFv2::WebACL\", \"Properties\": {\"Name\": "
    "\"acl\", \"Scope\": \"REGIONAL\", \"DefaultAction\": {\"Allow\": {}}, "
    "\"VisibilityConfig\": {\"CloudWatchMetricsEnabled\": true, "
    "\"SampledRequestsEnabled\": true, \"MetricName\": \"m\"}}}}";

static struct value *resources_of(struct region *region, struct str rules)
{
    struct error error;
    struct value *value = account_json_read(region, rules, &error);
    struct value *resources = account_json_read(region, STR(frame), &error);
    const struct value *acl;

    CHECK(resources);
    if (!value)
        return NULL;
    acl = value_get(value_get(resources, STR("Acl")), STR("Properties"));
    value_put(region, (struct value *)(uintptr_t)acl, STR("Rules"), value);
    return resources;
}

/* ---- requests --------------------------------------------------------------------- */

struct request_side {
    struct inspected inspected;
    struct fields fields;
    struct field field;
};

static struct str line_of(struct str *rest)
{
    struct str line = rest->p ? str_cut(rest, '\n') : STR("");

    return line.p ? line : STR("");
}

static void read_request(struct request_side *to, struct str rest)
{
    struct str header;

    *to = (struct request_side){.fields = {.cap = 1}};
    to->inspected = (struct inspected){.method = STR("POST"),
                                       .version = 11,
                                       .body_whole = true,
                                       .fields = &to->fields};
    address_parse_ip(STR("192.0.2.1"), &to->inspected.client);
    to->inspected.path = line_of(&rest);
    to->inspected.query = line_of(&rest);
    header = line_of(&rest);
    if (rest.p)
        to->inspected.body = rest;
    to->fields.v = &to->field;
    if (header.n < 2 || header.n > UINT16_MAX)
        return;
    to->fields.base = (char *)(uintptr_t)header.p;
    to->fields.n = 1;
    to->field.name_len = (uint16_t)(header.n < 8 ? 1 : 6);
    to->field.value = to->field.name_len;
    to->field.value_len = (uint16_t)(header.n - to->field.name_len);
}

/* ---- results ------------------------------------------------------------------------- */

struct side {
    struct chunk_pool pool;
    struct arena arena;
    struct waf_scratch *scratch;
    struct waf_result result;
};

static void run(struct side *side, const struct waf_program *program,
                const struct request_side *request, bool plain,
                struct waf_trace *trace)
{
    struct waf_evaluation evaluation = {.request = &request->inspected,
                                        .arena = &side->arena,
                                        .plain = plain,
                                        .trace = trace};

    arena_init(&side->arena, &side->pool, 64 * 1024 * 1024);
    if (!side->scratch)
        side->scratch = waf_scratch_new();
    waf_evaluate(program, side->scratch, &evaluation, &side->result);
}

static void check_same(const struct waf_result *a, const struct waf_result *b)
{
    const struct waf_match *m = a->matches;
    const struct waf_label *l = a->labels;

    CHECK(!a->failed && !b->failed);
    CHECK(a->action == b->action);
    for (const struct waf_match *n = b->matches; n; n = n->next, m = m->next)
        CHECK(m && m->rule == n->rule && m->action == n->action);
    CHECK(!m);
    for (const struct waf_label *n = b->labels; n; n = n->next, l = l->next)
        CHECK(l && str_eq(l->name, n->name));
    CHECK(!l);
}

static void see_leaf(void *owner, const struct waf_trace_leaf *leaf)
{
    (void)owner;
    CHECK(leaf->statement);
    CHECK(leaf->from <= leaf->to && leaf->to <= leaf->text.n);
    if (leaf->mapped)
        CHECK(leaf->raw_from <= leaf->raw_to &&
              leaf->raw_to <= leaf->raw.text.n);
}

static void check_program(const struct waf_program *program,
                          const struct request_side *request)
{
    static struct side sides[3];
    struct waf_trace trace = {.leaf = see_leaf};

    for (unsigned i = 0; i < 3; i++)
        run(&sides[i], program, request, i == 1, i == 2 ? &trace : NULL);
    for (unsigned i = 1; i < 3; i++)
        if (!sides[0].result.regex_limits && !sides[i].result.regex_limits)
            check_same(&sides[0].result, &sides[i].result);
    for (unsigned i = 0; i < 3; i++) {
        arena_reset(&sides[i].arena);
        chunk_pool_end(&sides[i].pool);
    }
}

/* ---- ACLs ------------------------------------------------------------------------------ */

static void check_config(const struct config *config, struct str request)
{
    struct report report = {.strict = false};
    struct request_side *side = malloc(sizeof(*side));
    struct waf_program *program;

    CHECK(side && config->waf && config->waf->nacls == 1);
    program = waf_program_new(config->waf->acls[0], NULL, &report);
    CHECK((program == NULL) == (report.errors > 0));
    read_request(side, request);
    if (program)
        check_program(program, side);
    waf_program_release(program);
    free(side);
    report_end(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct local local = {.port_offset = 0};
    struct str rules = str_make((const char *)data, size);
    struct str request = STR("/\n\n");
    const char *cut = size ? memmem(data, size, "\n%%%%\n", 6) : NULL;
    struct region region = {NULL};
    struct report report = {.strict = false};
    struct value *resources;
    struct config *config;

    if (cut) {
        rules.n = (size_t)(cut - rules.p);
        request = str_make(cut + 6, size - rules.n - 6);
    }
    resources = resources_of(&region, rules);
    if (resources) {
        config = config_build(resources, STR("test"), &local, &report);
        CHECK((config == NULL) == (report.errors > 0));
        if (config)
            check_config(config, request);
        config_release(config);
    }
    report_end(&report);
    region_end(&region);
    return 0;
}
