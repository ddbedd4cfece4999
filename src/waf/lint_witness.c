/* SPDX-License-Identifier: Apache-2.0
 *
 * A request that a rule is meant for: made up of what its statements say, and
 * tried on the program.
 */
#include <stdio.h>

#include "waf/describe.h"
#include "waf/lint_internal.h"

enum { DRAFT_FIELDS = 16, DRAFT_TEXT = 64 * 1024, DRAFT_SIZE_MAX = 4096 };

struct draft {
    struct region *region;
    struct str method, path, query, fragment, body;
    struct address client;
    unsigned nfields;
    struct field fields[DRAFT_FIELDS];
    char text[DRAFT_TEXT]; /* of fields */
    size_t used;
};

/* ---- parts ------------------------------------------------------------------------ */

static bool add_field(struct draft *d, struct str name, struct str value)
{
    struct field *f = &d->fields[d->nfields];

    if (d->nfields == DRAFT_FIELDS || name.n + value.n > DRAFT_TEXT - d->used)
        return false;
    *f = (struct field){.name = (uint32_t)d->used,
                        .value = (uint32_t)(d->used + name.n),
                        .name_len = (uint16_t)name.n,
                        .value_len = (uint16_t)value.n,
                        .id = (uint16_t)field_id_of(name)};
    memcpy(d->text + d->used, name.p, name.n);
    memcpy(d->text + d->used + name.n, value.p, value.n);
    d->used += name.n + value.n;
    d->nfields++;
    return true;
}

static bool add_argument(struct draft *d, struct str name, struct str value)
{
    d->query = region_printf(d->region, STR_FMT "%s" STR_FMT "=" STR_FMT,
                             STR_ARG(d->query), d->query.n ? "&" : "",
                             STR_ARG(name), STR_ARG(value));
    return true;
}

static bool set(struct str *part, struct str value)
{
    *part = value;
    return true;
}

/* A path begins with "/". */
static bool set_path(struct draft *d, struct str value)
{
    d->path = value.n && value.p[0] == '/'
                  ? value
                  : region_printf(d->region, "/" STR_FMT, STR_ARG(value));
    return true;
}

static struct str name_of(const struct waf_field *field)
{
    if (field->pattern == WAF_PATTERN_INCLUDED && field->nnames)
        return field->names[0];
    return STR("x-made-up");
}

static bool put_value(struct draft *d, const struct waf_field *field,
                      struct str value)
{
    switch (field->type) {
    case WAF_FIELD_METHOD:
        return set(&d->method, value);
    case WAF_FIELD_URI_PATH:
        return set_path(d, value);
    case WAF_FIELD_URI_FRAGMENT:
        return set(&d->fragment, value);
    case WAF_FIELD_QUERY_STRING:
        return set(&d->query, value);
    case WAF_FIELD_SINGLE_QUERY_ARGUMENT:
        return add_argument(d, field->name, value);
    case WAF_FIELD_ALL_QUERY_ARGUMENTS:
        return add_argument(d, STR("x"), value);
    case WAF_FIELD_SINGLE_HEADER:
        return add_field(d, field->name, value);
    case WAF_FIELD_HEADERS:
        return add_field(d, name_of(field), value);
    case WAF_FIELD_BODY:
        return set(&d->body, value);
    default:
        return false;
    }
}

/* ---- statements --------------------------------------------------------------------- */

static bool put_size(struct draft *d, const struct waf_statement *s)
{
    uint64_t least;
    uint64_t most;
    char *p;

    if (!lint_size_range(s, &least, &most) || least > DRAFT_SIZE_MAX)
        return false;
    if (s->field.type == WAF_FIELD_METHOD)
        return false;
    if (least == 0)
        return true;
    p = region_take(d->region, least + 1);
    memset(p, 'a', least);
    if (s->field.type == WAF_FIELD_URI_PATH)
        p[0] = '/';
    return put_value(d, &s->field, str_make(p, least));
}

static bool draft(struct draft *d, const struct waf_statement *s)
{
    switch (s->type) {
    case WAF_BYTE_MATCH:
        return put_value(d, &s->field, s->u.byte_match.search);
    case WAF_SIZE:
        return put_size(d, s);
    case WAF_IP_SET:
        if (s->u.ip_set.forwarded.header.n || s->u.ip_set.set == NULL ||
            s->u.ip_set.set->n == 0)
            return false;
        d->client = s->u.ip_set.set->ranges[0].base;
        return true;
    case WAF_AND:
        for (unsigned i = 0; i < s->u.nested.n; i++) {
            if (!draft(d, s->u.nested.statements[i]))
                return false;
        }
        return true;
    case WAF_OR:
        for (unsigned i = 0; i < s->u.nested.n; i++) {
            if (draft(d, s->u.nested.statements[i]))
                return true;
        }
        return false;
    case WAF_NOT: /* as long as nothing is there it is true, mostly */
        return true;
    default:
        return false;
    }
}

/* ---- the request ----------------------------------------------------------------------- */

static void evaluate(struct lint *lint, const struct draft *d,
                     struct waf_result *result)
{
    struct waf_scratch *scratch = waf_scratch_new();
    struct fields fields = {.base = (char *)(uintptr_t)d->text,
                            .v = (struct field *)(uintptr_t)d->fields,
                            .n = d->nfields,
                            .cap = DRAFT_FIELDS};
    struct inspected request = {.method = d->method,
                                .path = d->path,
                                .query = d->query,
                                .fragment = d->fragment,
                                .fields = &fields,
                                .body = d->body,
                                .body_whole = true,
                                .version = 11,
                                .client = d->client};
    struct waf_evaluation evaluation = {.request = &request,
                                        .arena = &lint->arena};

    for (unsigned i = 0; i < d->nfields; i++)
        fields.present |= 1U << d->fields[i].id;
    arena_reset(&lint->arena);
    waf_evaluate(lint->program, scratch, &evaluation, result);
    waf_scratch_free(scratch);
}

static bool has_matched(const struct waf_result *result,
                        const struct waf_rule *rule)
{
    for (const struct waf_match *m = result->matches; m; m = m->next) {
        if (m->rule == rule || m->referring == rule)
            return true;
    }
    return false;
}

bool lint_try_witness(struct lint *lint, const struct waf_rule *rule,
                      const struct waf_statement *statement,
                      struct lint_witness *witness)
{
    struct draft *d = region_take(&lint->region, sizeof(*d));
    struct waf_result result;
    struct text t = text_in(witness->text, sizeof(witness->text) - 1);

    d->region = &lint->region;
    d->method = STR("GET");
    d->path = STR("/");
    address_parse_ip(STR("192.0.2.1"), &d->client);
    if (statement && !draft(d, statement))
        return false;
    evaluate(lint, d, &result);
    describe_put_plain(&t, d->method);
    text_char(&t, ' ');
    describe_put_plain(&t, d->path);
    if (d->query.n) {
        text_char(&t, '?');
        describe_put_plain(&t, d->query);
    }
    witness->text[t.n] = '\0';
    witness->matched = has_matched(&result, rule);
    witness->by = result.terminating ? result.terminating->rule : NULL;
    return text_ok(&t) && !result.failed;
}
