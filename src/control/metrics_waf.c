/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics of web ACLs (aws-waf.md 7.6), each when it is not 0:
 *
 *   rule of an ACL    Region, Rule, WebACL: metric names; also ALL,
 *                     Default_Action
 *   rule of a group   Region, Rule, RuleGroup
 *   of a managed one  ManagedRuleGroup, ManagedRuleGroupRule, Region, WebACL
 *   label             Label, LabelNamespace, Region
 *
 * Not yet: Country, Attack, Device, Resource, ResourceType; what comes of
 * puzzles (CaptchasSolved, RequestsWithValidCaptchaToken ...).
 */
#include "control/metrics.h"

/* Whose VisibilityConfig a row has, and what it is called. */
struct owner {
    bool enabled;
    const struct config_web_acl *acl;
    const struct config_rule_group *group; /* NULL: the ACL's own rule */
};

static const struct config_web_acl *find_acl(const struct config *config,
                                             struct str arn)
{
    const struct config_waf *waf = config->waf;

    for (unsigned i = 0; waf && i < waf->nacls; i++)
        if (str_eq(waf->acls[i]->entity.arn, arn))
            return waf->acls[i];
    return NULL;
}

static bool rule_is_enabled(const struct waf_rule *rules, unsigned n,
                            struct str metric)
{
    for (unsigned i = 0; i < n; i++)
        if (str_eq(waf_metric_of(&rules[i]), metric) &&
            rules[i].visibility.metrics)
            return true;
    return false;
}

static const struct config_rule_group *group_of(const struct waf_rule *rule)
{
    const struct waf_statement *s = rule->statement;

    return rule->of_group &&
                   (s->type == WAF_MANAGED_GROUP || s->type == WAF_GROUP)
               ? s->u.group.group
               : NULL;
}

/* As waf/meter.c calls it. */
static struct str group_metric(const struct config_rule_group *group)
{
    return group->managed || group->visibility.metric.n == 0
               ? group->entity.name
               : group->visibility.metric;
}

static bool group_is_enabled(const struct waf_rule *referring,
                             const struct config_rule_group *group,
                             struct str rule)
{
    bool whole = group->managed ? referring->visibility.metrics
                                : group->visibility.metrics;

    if (str_eq(rule, STR(WAF_METER_ALL)) || group->managed)
        return whole;
    return rule_is_enabled(group->rules, group->nrules, rule);
}

static void find_group(struct owner *owner, const struct waf_metric *row)
{
    for (unsigned i = 0; i < owner->acl->nrules; i++) {
        const struct waf_rule *rule = &owner->acl->rules[i];
        const struct config_rule_group *group = group_of(rule);

        if (group && str_eq(group_metric(group), row->group)) {
            owner->group = group;
            owner->enabled =
                owner->enabled || group_is_enabled(rule, group, row->rule);
        }
    }
}

static struct owner owner_of(const struct config *config,
                             const struct waf_metric *row)
{
    struct owner owner = {.acl = find_acl(config, row->arn)};

    if (owner.acl == NULL)
        return owner;
    if (row->group.n)
        find_group(&owner, row);
    else if (str_eq(row->rule, STR(WAF_METER_ALL)) ||
             str_eq(row->rule, STR(WAF_METER_DEFAULT)))
        owner.enabled = owner.acl->visibility.metrics;
    else
        owner.enabled =
            rule_is_enabled(owner.acl->rules, owner.acl->nrules, row->rule);
    return owner;
}

/* ---- dimensions ------------------------------------------------------------------ */

struct naming {
    enum metric_rank rank;
    unsigned n;
    struct dimension d[4];
};

static void add(struct naming *naming, struct str name, struct str value)
{
    naming->d[naming->n++] = (struct dimension){name, value};
}

static void name_label(struct naming *naming, const struct waf_metric *row)
{
    struct str space = row->acl;

    space.n -= space.n > 0; /* its last ":" */
    naming->rank = RANK_LABEL;
    add(naming, STR("Label"), row->rule);
    if (space.n)
        add(naming, STR("LabelNamespace"), space);
}

static void name_rule(struct naming *naming, const struct owner *owner,
                      const struct waf_metric *row)
{
    struct str acl = owner->acl->visibility.metric.n
                         ? owner->acl->visibility.metric
                         : row->acl;

    if (owner->group && owner->group->managed) {
        naming->rank = RANK_RULE_GROUP;
        add(naming, STR("ManagedRuleGroup"), row->group);
        add(naming, STR("ManagedRuleGroupRule"), row->rule);
        add(naming, STR("WebACL"), acl);
    } else if (owner->group) {
        naming->rank = RANK_RULE_GROUP;
        add(naming, STR("RuleGroup"), row->group);
        add(naming, STR("Rule"), row->rule);
    } else {
        naming->rank = RANK_ACL;
        add(naming, STR("WebACL"), acl);
        add(naming, STR("Rule"), row->rule);
    }
}

static bool name_row(const struct config *config, const struct waf_metric *row,
                     struct naming *naming)
{
    struct owner owner;

    add(naming, STR("Region"), config->region_name);
    if (row->label) {
        name_label(naming, row);
        return row->rule.n > 0;
    }
    owner = owner_of(config, row);
    if (owner.enabled)
        name_rule(naming, &owner, row);
    return owner.enabled;
}

/* ---- a minute ---------------------------------------------------------------------- */

static void put(const struct naming *naming, unsigned word, uint64_t n,
                const struct metric_sink *sink)
{
    const struct metric metric = {
        .rank = naming->rank,
        .name = {.space = STR(WAF_SPACE),
                 .metric = str_of(waf_meter_words[word]),
                 .ndimensions = naming->n,
                 .dimensions = naming->d},
        .unit = "Count",
        .datum = {.n = (double)n, .sum = (double)n, .min = 1, .max = 1},
    };

    sink->take(sink->to, &metric);
}

static void put_row(const struct waf_metric *was, const struct waf_metric *now,
                    const struct config *config, const struct metric_sink *sink)
{
    struct naming naming = {.n = 0};

    if (was && memcmp(was->counts, now->counts, sizeof(now->counts)) == 0)
        return;
    if (!name_row(config, now, &naming))
        return;
    for (unsigned i = 0; i < WAF_METER_WORDS; i++) {
        uint64_t n = now->counts[i] - (was ? was->counts[i] : 0);

        if (n)
            put(&naming, i, n, sink);
    }
}

static bool is_same(const struct waf_metric *a, const struct waf_metric *b)
{
    return a->label == b->label && str_eq(a->rule, b->rule) &&
           str_eq(a->group, b->group) && str_eq(a->acl, b->acl) &&
           str_eq(a->arn, b->arn);
}

void metrics_of_wafs(const struct waf_metric *before, unsigned nbefore,
                     const struct waf_metric *after, unsigned nafter,
                     const struct config *config,
                     const struct metric_sink *sink)
{
    unsigned k = 0;

    /* Rows never go, and both are in the same order. */
    for (unsigned i = 0; i < nafter; i++) {
        bool known = k < nbefore && is_same(&before[k], &after[i]);

        put_row(known ? &before[k] : NULL, &after[i], config, sink);
        k += known;
    }
}

/* ---- what may be ------------------------------------------------------------------- */

/* The actions that something may have: each its own and, of tokens that are
 * good, none. */
enum { ACTIONS_OF_ALL = 3 }; /* allowed, blocked, counted */

void metrics_possible_wafs(const struct config *config,
                           unsigned counts[METRIC_RANKS])
{
    const struct config_waf *waf = config->waf;

    for (unsigned i = 0; waf && i < waf->nacls; i++) {
        const struct config_web_acl *acl = waf->acls[i];

        if (acl->visibility.metrics)
            counts[RANK_ACL] += ACTIONS_OF_ALL + 1;
        for (unsigned r = 0; r < acl->nrules; r++) {
            const struct config_rule_group *group = group_of(&acl->rules[r]);

            counts[RANK_ACL] += acl->rules[r].visibility.metrics;
            if (group)
                counts[RANK_RULE_GROUP] += group->nrules + ACTIONS_OF_ALL;
        }
    }
}
