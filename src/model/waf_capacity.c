/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACL capacity units (aws-waf.md 6.1).
 */
#include "model/managed_groups.h"
#include "model/web_acl.h"

enum {
    TRANSFORMATION_WCU = 10,
    ALL_ARGUMENTS_WCU = 10,
    RATE_WCU = 2,
    KEY_WCU = 30,
    ANY_ADDRESS_WCU = 4,
    LABELS_PER_WCU = 5,
};

/* Without what its part and its transformations add. */
static unsigned base_of(const struct waf_statement *s)
{
    switch (s->type) {
    case WAF_BYTE_MATCH:
        return s->u.byte_match.position >= WAF_CONTAINS ? 10 : 2;
    case WAF_REGEX_MATCH:
        return 3;
    case WAF_REGEX_SET:
        return 25;
    case WAF_SQLI:
        return s->u.sqli.high ? 30 : 20;
    case WAF_XSS:
        return 40;
    default:
        return 1; /* SIZE */
    }
}

static unsigned inspecting(const struct waf_statement *s)
{
    unsigned base = base_of(s);

    if (s->field.type == WAF_FIELD_JSON_BODY)
        base *= 2;
    if (s->field.type == WAF_FIELD_ALL_QUERY_ARGUMENTS)
        base += ALL_ARGUMENTS_WCU;
    return base + TRANSFORMATION_WCU * (s->chain.n + s->field.npre_parse);
}

static unsigned of_group(const struct waf_statement *s)
{
    const struct managed_group *managed;

    if (s->type == WAF_GROUP)
        return s->u.group.group ? s->u.group.group->capacity : 0;
    managed = managed_group_find(s->u.group.vendor, s->u.group.name);
    return managed ? managed->capacity : 0;
}

/* As deep as statements are nested: WAF_NESTED_MAX. */
static unsigned of_statement(const struct waf_statement *s)
{
    unsigned sum = 0;

    switch (s->type) {
    case WAF_GEO:
    case WAF_ASN:
    case WAF_LABEL:
        return 1;
    case WAF_IP_SET:
        return s->u.ip_set.forwarded.header.n &&
                       s->u.ip_set.forwarded.position == WAF_IP_ANY
                   ? 1 + ANY_ADDRESS_WCU
                   : 1;
    case WAF_AND:
    case WAF_OR:
    case WAF_NOT:
        for (unsigned i = 0; i < s->u.nested.n; i++)
            sum += of_statement(s->u.nested.statements[i]);
        return sum;
    case WAF_RATE:
        sum = RATE_WCU + KEY_WCU * s->u.rate.nkeys;
        return s->u.rate.scope_down ? sum + of_statement(s->u.rate.scope_down)
                                    : sum;
    case WAF_MANAGED_GROUP:
    case WAF_GROUP:
        sum = of_group(s);
        return s->u.group.scope_down ? sum + of_statement(s->u.group.scope_down)
                                     : sum;
    default:
        return inspecting(s);
    }
}

unsigned waf_capacity(const struct waf_rule *rules, unsigned n)
{
    unsigned sum = 0;
    unsigned labels = 0;

    for (unsigned i = 0; i < n; i++) {
        sum += of_statement(rules[i].statement);
        labels += rules[i].nlabels;
    }
    return sum + (labels + LABELS_PER_WCU - 1) / LABELS_PER_WCU;
}
