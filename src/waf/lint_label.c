/* SPDX-License-Identifier: Apache-2.0
 *
 * Who adds the labels that a rule asks for (aws-waf.md 1.4), and when.
 */
#include "base/suggest.h"
#include "model/managed_groups.h"
#include "waf/lint_internal.h"
#include "waf/program_internal.h"

#define GEO_CLIENT "awswaf:clientip:geo:"
#define GEO_FORWARDED "awswaf:forwardedip:geo:"

/* Somebody who adds a label. */
struct producer {
    const struct waf_rule *rule;
    const struct waf_rule *referring; /* NULL: it is the ACL's own */
    unsigned position;                /* in the ACL */
    struct str label;
    bool ends; /* and ends the evaluation */
};

/* A search for those that a label match means. */
struct search {
    struct lint *lint;
    const struct lint_at *at;
    struct label_leaf key;
    bool found;            /* one that comes before, and does not end it */
    bool unknown;          /* somebody may add it: nobody here knows */
    struct producer ended; /* rule NULL: there is none */
    struct producer later;
    struct producer self;
    struct producer elsewhere; /* the same in another's namespace */
    struct suggest near;
};

/* ---- producers ------------------------------------------------------------------------ */

static bool is_before(const struct search *s, const struct producer *p)
{
    if (p->position != s->at->position)
        return p->position < s->at->position;
    /* Within one group. */
    return s->at->group && p->referring && p->rule < s->at->rule;
}

static bool ends_with_key(struct str label, struct str key)
{
    return label.n > key.n && label.p[label.n - key.n - 1] == ':' &&
           memcmp(label.p + label.n - key.n, key.p, key.n) == 0;
}

static bool is_elsewhere(const struct search *s, struct str label)
{
    struct str key = s->key.key;

    if (label.n == 0 || key.n == 0 || str_starts(key, STR("awswaf:")))
        return false;
    return s->key.name_space ? memmem(label.p, label.n, key.p, key.n) != NULL
                             : ends_with_key(label, key);
}

/* What the key could have meant, as it would be written. */
static void offer(struct search *s, struct str label)
{
    struct str prefix = s->key.prefix;

    if (!str_starts(s->key.key, STR("awswaf:")) && str_starts(label, prefix))
        label = str_make(label.p + prefix.n, label.n - prefix.n);
    suggest_offer(&s->near, region_copy(&s->lint->region, label).p);
}

static void see(struct search *s, const struct producer *p)
{
    if (!waf_label_matches(&s->key, p->label)) {
        if (is_elsewhere(s, p->label) && s->elsewhere.rule == NULL)
            s->elsewhere = *p;
        offer(s, p->label);
        return;
    }
    if (p->rule == s->at->rule)
        s->self = *p;
    else if (!is_before(s, p))
        s->later = *p;
    else if (p->ends)
        s->ended = *p;
    else
        s->found = true;
}

static bool ends_it(enum waf_action_type action)
{
    return action == WAF_ALLOW || action == WAF_BLOCK;
}

static void see_labels(struct search *s, struct producer p, struct str prefix)
{
    for (unsigned i = 0; i < p.rule->nlabels; i++) {
        p.label = region_printf(&s->lint->region, STR_FMT STR_FMT,
                                STR_ARG(prefix), STR_ARG(p.rule->labels[i]));
        see(s, &p);
    }
}

static enum waf_action_type applied(const struct waf_rule *referring,
                                    const struct waf_rule *rule)
{
    const struct waf_statement *s = referring->statement;

    for (unsigned i = 0; i < s->u.group.noverrides; i++) {
        if (str_eq(s->u.group.overrides[i].rule, rule->name))
            return s->u.group.overrides[i].action.type;
    }
    return rule->action.type;
}

static void see_group(struct search *s, const struct waf_rule *referring,
                      unsigned position)
{
    const struct config_rule_group *group = referring->statement->u.group.group;

    for (unsigned i = 0; i < group->nrules; i++) {
        const struct waf_rule *rule = &group->rules[i];
        bool own = position == s->at->position && s->at->group == group;

        see_labels(s,
                   (struct producer){
                       .rule = rule,
                       .referring = referring,
                       .position = position,
                       .ends = ends_it(own ? rule->action.type
                                           : applied(referring, rule)) &&
                               (own || !referring->count),
                   },
                   group->label_prefix);
    }
}

static bool has_label(const struct config_rule_group *group, const char *label)
{
    for (unsigned i = 0; group && i < group->nrules; i++) {
        const struct waf_rule *rule = &group->rules[i];

        for (unsigned k = 0; k < rule->nlabels; k++) {
            if (str_eq(rule->labels[k], str_of(label)))
                return true;
        }
    }
    return false;
}

/* Labels that AWS says the group has, and no rule here adds: nobody knows which
 * rule does. */
static void see_managed(struct search *s, const struct waf_rule *referring,
                        unsigned position)
{
    const struct waf_statement *statement = referring->statement;
    const struct managed_group *group =
        managed_group_find(statement->u.group.vendor, statement->u.group.name);

    if (group == NULL || group->labels == NULL || group->labels[0] == NULL) {
        s->unknown |= position < s->at->position;
        return;
    }
    for (unsigned i = 0; group->labels[i]; i++) {
        struct producer p = {.rule = referring, .position = position};

        if (has_label(statement->u.group.group, group->labels[i]))
            continue;
        p.label = region_printf(&s->lint->region, "%s%s", group->label_prefix,
                                group->labels[i]);
        see(s, &p);
    }
    /* Tokens have labels of their own. */
    s->unknown |= group->json == NULL && position < s->at->position &&
                  (str_starts(s->key.key, STR("awswaf:managed:token:")) ||
                   str_starts(s->key.key, STR("awswaf:managed:captcha:")));
}

static void see_all(struct search *s)
{
    const struct config_web_acl *acl = s->lint->acl;

    for (unsigned i = 0; i < acl->nrules; i++) {
        const struct waf_rule *rule = &acl->rules[i];

        if (!rule->of_group)
            see_labels(s,
                       (struct producer){.rule = rule,
                                         .position = i,
                                         .ends = ends_it(rule->action.type)},
                       acl->label_prefix);
        else if (rule->statement->u.group.group)
            see_group(s, rule, i);
        if (rule->statement->type == WAF_MANAGED_GROUP)
            see_managed(s, rule, i);
        else if (rule->of_group && !rule->statement->u.group.group)
            s->unknown |= i < s->at->position;
    }
}

/* ---- places ------------------------------------------------------------------------------ */

static bool has_geo(const struct waf_statement *s, bool forwarded)
{
    bool nested = s->type == WAF_AND || s->type == WAF_OR || s->type == WAF_NOT;

    if (s->type == WAF_GEO)
        return (s->u.geo.forwarded.header.n > 0) == forwarded;
    if (s->type == WAF_RATE)
        return s->u.rate.scope_down && has_geo(s->u.rate.scope_down, forwarded);
    if (s->type == WAF_MANAGED_GROUP && s->u.group.scope_down &&
        has_geo(s->u.group.scope_down, forwarded))
        return true;
    for (unsigned i = 0; nested && i < s->u.nested.n; i++) {
        if (has_geo(s->u.nested.statements[i], forwarded))
            return true;
    }
    return false;
}

static bool group_has_geo(const struct waf_rule *rule, bool forwarded)
{
    const struct config_rule_group *group =
        rule->of_group ? rule->statement->u.group.group : NULL;

    for (unsigned i = 0; group && i < group->nrules; i++) {
        if (has_geo(group->rules[i].statement, forwarded))
            return true;
    }
    return false;
}

static enum lint_truth geo_label(struct lint *lint, const struct lint_at *at,
                                 bool forwarded, struct lint_reason *reason)
{
    for (unsigned i = 0; i <= at->position; i++) {
        const struct waf_rule *rule = &lint->acl->rules[i];
        bool itself = i == at->position;

        if ((!itself && has_geo(rule->statement, forwarded)) ||
            (!(itself && at->group == NULL) && group_has_geo(rule, forwarded)))
            return LINT_DEPENDS;
    }
    reason->why = forwarded
                      ? STR("no rule before has a GeoMatchStatement with a "
                            "ForwardedIPConfig, which adds such labels")
                      : STR("no rule before has a GeoMatchStatement, which "
                            "adds such labels");
    reason->remedy = STR("put a rule with Count and a GeoMatchStatement before "
                         "it: it adds them whether it matches or not");
    return LINT_NEVER;
}

/* ---- what to say --------------------------------------------------------------------------- */

static struct str name_of(struct lint *lint, const struct producer *p)
{
    if (p->referring == NULL)
        return p->rule->name;
    return region_printf(&lint->region, STR_FMT " / " STR_FMT,
                         STR_ARG(p->referring->name), STR_ARG(p->rule->name));
}

static enum lint_truth say_ended(struct search *s, struct lint_reason *reason)
{
    struct region *region = &s->lint->region;
    struct str name = name_of(s->lint, &s->ended);

    reason->why = region_printf(region,
                                "only rule " STR_FMT
                                " adds the label before, and it ends the "
                                "evaluation",
                                STR_ARG(name));
    reason->remedy =
        s->ended.referring
            ? region_printf(region,
                            "override it with Count: RuleActionOverrides: "
                            "[{Name: " STR_FMT ", ActionToUse: {Count: {}}}]",
                            STR_ARG(s->ended.rule->name))
            : STR("give that one the action Count");
    return LINT_NEVER;
}

static enum lint_truth say_later(struct search *s, struct lint_reason *reason)
{
    if (s->later.rule) {
        reason->why =
            region_printf(&s->lint->region,
                          "rule " STR_FMT ", which adds the label, runs later",
                          STR_ARG(name_of(s->lint, &s->later)));
        reason->remedy = STR("give the rule that adds it a lower Priority");
    } else {
        reason->why = STR("the rule itself adds the label: only rules behind "
                          "it see that");
        reason->remedy = STR("have an earlier rule add it");
    }
    return LINT_NEVER;
}

static enum lint_truth say_elsewhere(struct search *s,
                                     struct lint_reason *reason)
{
    reason->why = region_printf(
        &s->lint->region,
        "a key that does not begin with \"awswaf:\" means labels of " STR_FMT
        " alone, and rule " STR_FMT " is of another",
        STR_ARG(s->key.prefix), STR_ARG(name_of(s->lint, &s->elsewhere)));
    reason->remedy =
        region_printf(&s->lint->region, "write the whole label: " STR_FMT,
                      STR_ARG(s->elsewhere.label));
    return LINT_NEVER;
}

static enum lint_truth say_nobody(struct search *s, struct lint_reason *reason)
{
    const char *best = suggest_best(&s->near);

    reason->why = STR("nothing adds such a label");
    reason->remedy =
        best ? region_printf(&s->lint->region, "did you mean %s?", best)
             : STR("labels come from RuleLabels of rules before, from rule "
                   "groups and from GeoMatchStatements");
    return LINT_NEVER;
}

static enum lint_truth conclude(struct search *s, struct lint_reason *reason)
{
    if (s->found || s->unknown)
        return LINT_DEPENDS;
    if (s->ended.rule)
        return say_ended(s, reason);
    if (s->later.rule || s->self.rule)
        return say_later(s, reason);
    if (s->elsewhere.rule)
        return say_elsewhere(s, reason);
    return say_nobody(s, reason);
}

enum lint_truth lint_label(struct lint *lint, const struct lint_at *at,
                           const struct waf_statement *statement,
                           struct lint_reason *reason)
{
    struct str key = statement->u.label.key;
    struct search s = {
        .lint = lint,
        .at = at,
        .key = {.key = key,
                .prefix = at->group ? at->group->label_prefix
                                    : lint->acl->label_prefix,
                .name_space = statement->u.label.name_space},
        .near = suggest_for(key),
    };

    if (str_starts(key, STR(GEO_CLIENT)) || str_starts(STR(GEO_CLIENT), key))
        return geo_label(lint, at, false, reason);
    if (str_starts(key, STR(GEO_FORWARDED)) ||
        str_starts(STR(GEO_FORWARDED), key))
        return geo_label(lint, at, true, reason);
    if (waf_label_matches(&s.key, STR(WAF_LIMIT_LABEL)))
        return LINT_DEPENDS;
    see_all(&s);
    return conclude(&s, reason);
}
