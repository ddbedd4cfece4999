/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements of rules: which one it is, and what may stand in what (aws-waf.md
 * 2).
 */
#include "model/read_waf.h"

static waf_read_function read_and, read_or, read_not;

static const char *const members[] = {
    [WAF_BYTE_MATCH] = "ByteMatchStatement",
    [WAF_REGEX_MATCH] = "RegexMatchStatement",
    [WAF_REGEX_SET] = "RegexPatternSetReferenceStatement",
    [WAF_SIZE] = "SizeConstraintStatement",
    [WAF_SQLI] = "SqliMatchStatement",
    [WAF_XSS] = "XssMatchStatement",
    [WAF_GEO] = "GeoMatchStatement",
    [WAF_IP_SET] = "IPSetReferenceStatement",
    [WAF_ASN] = "AsnMatchStatement",
    [WAF_LABEL] = "LabelMatchStatement",
    [WAF_AND] = "AndStatement",
    [WAF_OR] = "OrStatement",
    [WAF_NOT] = "NotStatement",
    [WAF_RATE] = "RateBasedStatement",
    [WAF_MANAGED_GROUP] = "ManagedRuleGroupStatement",
    [WAF_GROUP] = "RuleGroupReferenceStatement",
    [WAF_GROUP + 1] = NULL,
};

static const struct {
    const char *field;
    waf_read_function *read;
} kinds[] = {
    [WAF_BYTE_MATCH] = {"BYTE_MATCH_STATEMENT", waf_read_byte_match},
    [WAF_REGEX_MATCH] = {"STATEMENT", waf_read_regex_match},
    [WAF_REGEX_SET] = {"REGEX_PATTERN_REFERENCE_STATEMENT",
                       waf_read_regex_set_match},
    [WAF_SIZE] = {"SIZE_CONSTRAINT_STATEMENT", waf_read_size},
    [WAF_SQLI] = {"SQLI_MATCH_STATEMENT", waf_read_sqli},
    [WAF_XSS] = {"XSS_MATCH_STATEMENT", waf_read_xss},
    [WAF_GEO] = {"GEO_MATCH_STATEMENT", waf_read_geo},
    [WAF_IP_SET] = {"IP_SET_REFERENCE_STATEMENT", waf_read_ip_set_match},
    [WAF_ASN] = {"STATEMENT", waf_read_asn},
    [WAF_LABEL] = {"LABEL_MATCH_STATEMENT", waf_read_label_match},
    [WAF_AND] = {"AND_STATEMENT", read_and},
    [WAF_OR] = {"OR_STATEMENT", read_or},
    [WAF_NOT] = {"NOT_STATEMENT", read_not},
    [WAF_RATE] = {"RATE_BASED_STATEMENT", waf_read_rate},
    [WAF_MANAGED_GROUP] = {"MANAGED_RULE_SET_STATEMENT",
                           waf_read_managed_group},
    [WAF_GROUP] = {"RULE_GROUP_REFERENCE_STATEMENT", waf_read_group},
};

/* ---- what stands in others ----------------------------------------------------- */

struct nested_input {
    const struct value *value;
    struct field statements;
    struct field statement;
};

static const struct property many_properties[] = {
    {.name = "Statements",
     .kind = PROPERTY_RAW,
     .offset = offsetof(struct nested_input, statements),
     .flags = PROPERTY_REQUIRED,
     .example = "[{...}, {...}]"},
};

static const struct property not_properties[] = {
    {.name = "Statement",
     .kind = PROPERTY_RAW,
     .offset = offsetof(struct nested_input, statement),
     .flags = PROPERTY_REQUIRED,
     .example = "{...}"},
};

static const struct schema many_schema =
    SCHEMA(many_properties, struct nested_input);
static const struct schema not_schema =
    SCHEMA(not_properties, struct nested_input);

static struct waf_at inside(const struct waf_at *at, const char *path)
{
    return (struct waf_at){
        .path = path, .depth = at->depth + 1, .nested = true};
}

static bool read_list(struct waf_reader *r, const struct value *list,
                      const struct waf_at *at, struct waf_statement *to)
{
    const struct waf_statement **statements =
        waf_take(r->waf, value_count(list), sizeof(void *));
    const char *path = waf_path(r, at->path, "Statements");
    unsigned n = 0;
    bool ok = true;

    for (const struct value *v = list->first; v; v = v->next, n++) {
        struct waf_at in = inside(at, waf_path_at(r, path, n));

        statements[n] = waf_read_statement(r, v, &in);
        ok &= statements[n] != NULL;
    }
    to->u.nested.statements = statements;
    to->u.nested.n = n;
    return ok;
}

static bool read_many(struct waf_reader *r, const struct value *value,
                      const struct waf_at *at, struct waf_statement *to,
                      const char *field, const char *word)
{
    struct nested_input input = {.value = NULL};
    const struct value *list;

    if (!schema_read(&r->resource, &many_schema, at->path, value, &input))
        return false;
    list = input.statements.value;
    if (list->kind == VALUE_LIST && value_count(list) > 1)
        return read_list(r, list, at, to);
    waf_refuse(
        &r->resource, &list->place, field, str_of(word), WAF_TOO_FEW,
        "%s.Statements must be a list of at least two statements\n%s", at->path,
        value_count(list) == 1 ? "write the one that there is in its place"
                               : "add them");
    return false;
}

static bool read_and(struct waf_reader *r, const struct value *value,
                     const struct waf_at *at, struct waf_statement *to)
{
    return read_many(r, value, at, to, "AND_STATEMENT", "AndStatement");
}

static bool read_or(struct waf_reader *r, const struct value *value,
                    const struct waf_at *at, struct waf_statement *to)
{
    return read_many(r, value, at, to, "OR_STATEMENT", "OrStatement");
}

static bool read_not(struct waf_reader *r, const struct value *value,
                     const struct waf_at *at, struct waf_statement *to)
{
    struct nested_input input = {.value = NULL};
    struct waf_at in = inside(at, waf_path(r, at->path, "Statement"));
    const struct waf_statement **statement =
        waf_take(r->waf, 1, sizeof(void *));

    if (!schema_read(&r->resource, &not_schema, at->path, value, &input))
        return false;
    *statement = waf_read_statement(r, input.statement.value, &in);
    to->u.nested.statements = statement;
    to->u.nested.n = 1;
    return *statement != NULL;
}

/* ---- one --------------------------------------------------------------------------- */

static bool is_of_top(unsigned type)
{
    return type == WAF_RATE || type == WAF_MANAGED_GROUP || type == WAF_GROUP;
}

static bool may_stand(const struct waf_reader *r, const struct value *member,
                      const struct waf_at *at, unsigned type)
{
    bool of_group = type == WAF_MANAGED_GROUP || type == WAF_GROUP;

    if (!is_of_top(type) || (!at->nested && !(r->group && of_group)))
        return true;
    waf_refuse(&r->resource, &member->key_place, kinds[type].field,
               str_of(members[type]), WAF_BAD_REFERENCE,
               at->nested
                   ? "%s: a %s stands in no other statement\nmake it the "
                     "Statement of a rule of its own"
                   : "%s: a %s stands in no rule group\nmove the rule to the "
                     "web ACL",
               at->path, members[type]);
    return false;
}

/* That they are not too many, not too deep. */
static bool is_in_bounds(struct waf_reader *r, const struct value *value,
                         const struct waf_at *at)
{
    struct problem_detail detail = {.code = "WAFLimitsExceededException"};

    if (at->depth >= WAF_NESTED_MAX)
        resource_tell(&r->resource, PROBLEM_ERROR, &value->place, &detail,
                      "statements are nested more than %d deep\ngive parts of "
                      "it rules of their own that add labels, and match those",
                      WAF_NESTED_MAX);
    else if (++r->nstatements > WAF_STATEMENTS_MAX)
        resource_tell(&r->resource, PROBLEM_ERROR, &value->place, &detail,
                      "there are more than %d statements\nleave some out",
                      WAF_STATEMENTS_MAX);
    else
        return true;
    return false;
}

const struct waf_statement *waf_read_statement(struct waf_reader *r,
                                               const struct value *value,
                                               const struct waf_at *at)
{
    const char *field = r->resource.field;
    struct waf_statement *statement;
    const struct value *member;
    struct waf_at in = *at;
    unsigned type;
    bool ok;

    if (!is_in_bounds(r, value, at))
        return NULL;
    member =
        waf_one(r, value, at->path, members, "STATEMENT", "Statement", &type);
    if (member == NULL || !may_stand(r, member, at, type))
        return NULL;
    statement = waf_take(r->waf, 1, sizeof(*statement));
    statement->type = (enum waf_statement_type)type;
    statement->place = waf_place(r->build, &member->key_place);
    statement->path = waf_keep(r->waf, str_of(at->path));
    in.path = waf_path(r, at->path, members[type]);
    r->resource.field = kinds[type].field;
    ok = kinds[type].read(r, member, &in, statement);
    r->resource.field = field;
    return ok ? statement : NULL;
}
