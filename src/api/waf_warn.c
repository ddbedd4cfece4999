/* SPDX-License-Identifier: Apache-2.0
 *
 * WAFConfigurationWarningException: rules that look at a body without saying
 * what becomes of what is too long (aws-waf.md 3.1).  A rule before it that
 * blocks by the size of the body says it too, and so does a tag: the user knows.
 */
#include "api/waf_acl.h"

#define OPT_OUT "WAF:OversizeFieldsHandlingConstraintOptOut"

static bool is_body(const struct waf_field *field)
{
    return field->type == WAF_FIELD_BODY || field->type == WAF_FIELD_JSON_BODY;
}

static bool looks_at_parts(const struct waf_statement *s)
{
    return s->type == WAF_BYTE_MATCH || s->type == WAF_REGEX_MATCH ||
           s->type == WAF_REGEX_SET || s->type == WAF_SIZE ||
           s->type == WAF_SQLI || s->type == WAF_XSS;
}

/* As deep as the reader takes statements: WAF_NESTED_MAX. */
static bool is_open(const struct waf_statement *s)
{
    const struct waf_statement *scope = NULL;

    if (looks_at_parts(s))
        return is_body(&s->field) && !s->field.oversize_given;
    if (s->type == WAF_AND || s->type == WAF_OR || s->type == WAF_NOT) {
        for (unsigned i = 0; i < s->u.nested.n; i++) {
            if (is_open(s->u.nested.statements[i]))
                return true;
        }
        return false;
    }
    if (s->type == WAF_RATE)
        scope = s->u.rate.scope_down;
    else if (s->type == WAF_MANAGED_GROUP)
        scope = s->u.group.scope_down;
    return scope && is_open(scope);
}

static bool blocks_by_size(const struct waf_rule *rule)
{
    const struct waf_statement *s = rule->statement;

    return !rule->of_group && rule->action.type == WAF_BLOCK &&
           s->type == WAF_SIZE && is_body(&s->field) &&
           (s->u.size.comparison == WAF_GT || s->u.size.comparison == WAF_GE);
}

static bool has_opted_out(const struct value *properties)
{
    const struct value *tags = value_get(properties, STR("Tags"));

    for (const struct value *v = tags ? tags->first : NULL; v; v = v->next) {
        if (str_eq(member_text(v, "Key"), STR(OPT_OUT)))
            return str_ieq(member_text(v, "Value"), STR("true"));
    }
    return false;
}

static bool warn(struct call *call, const struct waf_rule *rules, unsigned n)
{
    for (unsigned i = 0; i < n && !blocks_by_size(&rules[i]); i++) {
        if (is_open(rules[i].statement))
            return call_refuse(
                call, "WAFConfigurationWarningException",
                "AWS WAF couldn\u2019t perform the operation because a rule "
                "inspects a web request component that may be larger than what "
                "AWS WAF looks at: rule " STR_FMT " has a body without "
                "OversizeHandling. Add OversizeHandling, or a rule before it "
                "that blocks by the size of the body, or the tag " OPT_OUT
                " with the value true to keep it as it is",
                STR_ARG(rules[i].name));
    }
    return true;
}

bool wafv2_warn(struct call *call, const struct config *config,
                const struct value *properties)
{
    const struct config_waf *waf = config->waf;

    if (waf == NULL || has_opted_out(properties))
        return true;
    for (unsigned i = 0; i < waf->nacls; i++) {
        if (!warn(call, waf->acls[i]->rules, waf->acls[i]->nrules))
            return false;
    }
    for (unsigned i = 0; i < waf->nrule_groups && waf->nacls == 0; i++) {
        if (!warn(call, waf->rule_groups[i]->rules,
                  waf->rule_groups[i]->nrules))
            return false;
    }
    return true;
}
