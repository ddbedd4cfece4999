/* SPDX-License-Identifier: Apache-2.0
 *
 * Rule groups.
 */
#include "api/services.h"
#include "api/waf_acl.h"
#include "api/waf_shape.h"

static const struct shape create_shape;
static const char *const members[] = {
    "Capacity",           "Rules", "VisibilityConfig", "CustomResponseBodies",
    "MonetizationConfig", NULL,
};
static const char *const fixed[] = {"Capacity", NULL};

const struct wafv2_kind wafv2_rule_groups = {
    .type = "AWS::WAFv2::RuleGroup",
    .path = "rulegroup",
    .name = "RuleGroup",
    .list = "RuleGroups",
    .field = "RULE_GROUP",
    .members = members,
    .fixed = fixed,
    .quota = QUOTA_RULE_GROUPS,
    .shape = &create_shape,
};

WAFV2_HANDLERS(group, &wafv2_rule_groups)

/* ---- labels ---------------------------------------------------------------------------- */

static void add_label(struct region *region, struct value *list,
                      struct str label)
{
    for (const struct value *v = list->first; v; v = v->next) {
        if (str_eq(member_text(v, "Name"), label))
            return;
    }
    put_text(region, add_map(region, list), "Name", label);
}

static void put_available(struct region *region,
                          const struct config_rule_group *group,
                          struct value *list)
{
    for (unsigned i = 0; i < group->nrules; i++) {
        const struct waf_rule *rule = &group->rules[i];

        for (unsigned k = 0; k < rule->nlabels; k++)
            add_label(region, list,
                      region_printf(region, STR_FMT STR_FMT,
                                    STR_ARG(group->label_prefix),
                                    STR_ARG(rule->labels[k])));
    }
}

/* Fully qualified, as the rules mean them.  As deep as statements are nested:
 * WAF_NESTED_MAX. */
static void put_consumed(struct region *region,
                         const struct config_rule_group *group,
                         const struct waf_statement *s, struct value *list)
{
    struct str key;

    if (s->type == WAF_AND || s->type == WAF_OR || s->type == WAF_NOT) {
        for (unsigned i = 0; i < s->u.nested.n; i++)
            put_consumed(region, group, s->u.nested.statements[i], list);
    } else if (s->type == WAF_RATE && s->u.rate.scope_down) {
        put_consumed(region, group, s->u.rate.scope_down, list);
    } else if (s->type == WAF_LABEL) {
        key = s->u.label.key;
        if (!str_starts(key, STR("awswaf:")))
            key = region_printf(region, STR_FMT STR_FMT,
                                STR_ARG(group->label_prefix), STR_ARG(key));
        add_label(region, list, key);
    }
}

/* ---- telling --------------------------------------------------------------------------- */

static const struct config_rule_group *group_of(const struct config *config,
                                                struct str arn)
{
    const struct config_waf *waf = config->waf;

    for (unsigned i = 0; waf && i < waf->nrule_groups; i++) {
        if (str_eq(waf->rule_groups[i]->entity.arn, arn))
            return waf->rule_groups[i];
    }
    return NULL;
}

static void put_known(struct call *call, const struct account_view *view,
                      const struct wafv2_found *found, struct value *one)
{
    const struct config_rule_group *group = group_of(view->config, found->arn);
    struct region *region = call->region;
    struct value *consumed;

    if (value_get(one, STR("Rules")) == NULL)
        put_list(region, one, "Rules");
    if (group == NULL)
        return;
    put_text(region, one, "LabelNamespace", group->label_prefix);
    put_available(region, group, put_list(region, one, "AvailableLabels"));
    consumed = put_list(region, one, "ConsumedLabels");
    for (unsigned i = 0; i < group->nrules; i++)
        put_consumed(region, group, group->rules[i].statement, consumed);
}

static bool get_group(struct call *call, const struct account_view *view)
{
    struct wafv2_found found;

    return wafv2_find_either(call, view, &wafv2_rule_groups, &found) &&
           wafv2_answer_one(call, view, &found, put_known);
}

/* ---- the table ------------------------------------------------------------------------- */

#define MEMBERS_OF_GROUP                                                       \
    WAFV2_MEMBER_DESCRIPTION, STRUCTS(MAY, "Rules", wafv2_rule_shape, 0, 0),   \
        STRUCT(MUST, "VisibilityConfig", wafv2_visibility_shape),              \
        MAP(MAY, "CustomResponseBodies", wafv2_body_shape, 1),                 \
        STRUCT(MAY, "MonetizationConfig", wafv2_monetization_shape)

static const struct member create_members[] = {
    WAFV2_MEMBER_NAME, WAFV2_MEMBER_SCOPE, NUMBER(MUST, "Capacity", 1, 0),
    MEMBERS_OF_GROUP,  WAFV2_MEMBER_TAGS,
};
static const struct shape create_shape = SHAPE_OF(create_members);

static const struct member update_members[] = {
    WAFV2_MEMBER_NAME, WAFV2_MEMBER_SCOPE, WAFV2_MEMBER_ID,
    MEMBERS_OF_GROUP,  WAFV2_MEMBER_LOCK,
};
static const struct shape update_shape = SHAPE_OF(update_members);

static const struct action actions[] = {
    WAFV2_ACTIONS("RuleGroup", "RuleGroups", group, create_shape, update_shape,
                  wafv2_either_shape),
};

const struct action_table waf_group_actions = ACTION_TABLE(actions);
