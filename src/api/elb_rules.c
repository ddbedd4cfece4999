/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_rules.h"

#include "api/change.h"
#include "api/elb_actions.h"
#include "api/elb_conditions.h"
#include "api/paging.h"
#include "api/resource.h"
#include "api/tags.h"
#include "model/arn.h"

static const char type[] = "AWS::ElasticLoadBalancingV2::ListenerRule";

/* ---- what CreateRule and ModifyRule share ---------------------------------------- */

/* Whether a list was given that has something in it. */
static const struct value *given(const struct call *call, const char *name)
{
    const struct value *list = call_get(call, name);

    return value_count(list) ? list : NULL;
}

static struct elb_actions_of actions_of(const struct config_listener *listener,
                                        const struct config_rule *before)
{
    return (struct elb_actions_of){
        .balancer = listener->load_balancer,
        .https = listener->protocol == PROTOCOL_HTTPS,
        .port = listener->port,
        .before = before,
    };
}

static struct value *one_arn(const struct call *call)
{
    struct value *arns = make_list(call->region);

    add_text(call->region, arns, call->made[0]);
    return arns;
}

static bool answer_made(struct call *call, const struct account_view *after)
{
    return elb_rules_answer(call, after, one_arn(call));
}

/* ---- CreateRule ------------------------------------------------------------------ */

static const struct member create_members[] = {
    {.name = "ListenerArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Conditions",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &elb_condition_shape},
    {.name = "Priority",
     .kind = MEMBER_NUMBER,
     .required = true,
     .min = 1,
     .max = CONFIG_PRIORITY_MAX},
    {.name = "Actions",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &elb_action_shape},
    {.name = "Tags", .kind = MEMBER_STRUCTS, .shape = &tag_shape},
    {.name = "Transforms",
     .kind = MEMBER_STRUCTS,
     .shape = &elb_transform_shape},
};
static const struct shape create_shape = SHAPE_OF(create_members);

static bool check_priority(struct call *call,
                           const struct config_listener *listener)
{
    unsigned priority = member_number(call->input, "Priority", 0);

    for (unsigned i = 0; i < listener->nrules; i++) {
        if (listener->rules[i].priority == priority)
            return call_refuse(call, "PriorityInUse",
                               "Priority '%u' is currently in use", priority);
    }
    return true;
}

/* AWS counts those of all listeners, without the default rules. */
static bool check_number(struct call *call, const struct account_view *view,
                         const struct config_load_balancer *balancer)
{
    unsigned max = quota_value(&view->config->quotas, QUOTA_RULES);
    unsigned n = 0;

    for (unsigned i = 0; i < balancer->nlisteners; i++)
        n += balancer->listeners[i]->nrules - 1;
    return n < max ||
           call_refuse(call, "TooManyRules",
                       "The maximum number of rules on load balancer " STR_FMT
                       " has been reached",
                       STR_ARG(balancer->arn));
}

static struct value *new_properties(struct call *call,
                                    const struct config_listener *listener,
                                    const struct value *conditions,
                                    const struct value *actions)
{
    struct region *region = call->region;
    struct value *properties = make_map(region);

    put_text(region, properties, "ListenerArn", listener->arn);
    put_number(region, properties, "Priority",
               member_number(call->input, "Priority", 0));
    put_value(region, properties, "Conditions", value_copy(region, conditions));
    put_value(region, properties, "Actions", value_copy(region, actions));
    if (given(call, "Transforms"))
        put_value(region, properties, "Transforms",
                  value_copy(region, given(call, "Transforms")));
    if (given(call, "Tags"))
        put_value(region, properties, "Tags",
                  value_copy(region, given(call, "Tags")));
    return properties;
}

static bool create_edit(struct call *call, const struct account_view *before)
{
    const struct config_listener *listener =
        elb_rule_listener(call, before, call_text(call, "ListenerArn"));
    const struct value *conditions, *actions;
    struct elb_actions_of of;
    struct str id;

    if (listener == NULL || !check_priority(call, listener) ||
        !check_number(call, before, listener->load_balancer) ||
        !tags_check(call, call_get(call, "Tags")))
        return false;
    of = actions_of(listener, NULL);
    conditions =
        elb_conditions_take(call, before, call_get(call, "Conditions"));
    if (conditions == NULL)
        return false;
    actions = elb_actions_take(call, before, &of, call_get(call, "Actions"));
    if (actions == NULL)
        return false;
    id = resource_make(call, before, "Rule", type,
                       new_properties(call, listener, conditions, actions),
                       NULL);
    id = str_make(id.p + id.n - ARN_ID_LEN, ARN_ID_LEN);
    call->made[call->nmade++] = arn_rule(call->region, listener->arn, id);
    return true;
}

/* ---- DescribeRules --------------------------------------------------------------- */

static const struct member describe_members[] = {
    {.name = "ListenerArn", .kind = MEMBER_TEXT},
    {.name = "RuleArns", .kind = MEMBER_TEXTS},
    {.name = "Marker", .kind = MEMBER_TEXT},
    {.name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX},
};
static const struct shape describe_shape = SHAPE_OF(describe_members);

static const struct config_rule **
rules_of_listener(struct call *call, const struct account_view *view,
                  unsigned *n)
{
    const struct config_listener *listener =
        elb_rule_listener(call, view, call_text(call, "ListenerArn"));
    const struct config_rule **rules;

    if (listener == NULL)
        return NULL;
    rules = region_take(call->region, (listener->nrules + 1) * sizeof(void *));
    for (*n = 0; *n < listener->nrules; ++*n)
        rules[*n] = &listener->rules[*n];
    return rules;
}

static const struct config_rule **rules_named(struct call *call,
                                              const struct account_view *view,
                                              const struct value *arns,
                                              unsigned *n)
{
    const struct config_rule **rules =
        region_take(call->region, (value_count(arns) + 1) * sizeof(void *));

    *n = 0;
    for (const struct value *v = arns->first; v; v = v->next) {
        struct elb_rule found;

        if (!elb_rule_must(call, view, v->text, &found))
            return NULL;
        rules[(*n)++] = found.rule;
    }
    return rules;
}

static bool describe_answer(struct call *call, const struct account_view *view)
{
    const struct value *arns = given(call, "RuleArns");
    bool by_listener = call_text(call, "ListenerArn").n != 0;
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "Rules");
    const struct config_rule **rules;
    struct paging page;
    unsigned n = 0;

    if (!arns == !by_listener)
        return call_refuse(call, "ValidationError",
                           "You must specify either listener rule ARNs or a "
                           "listener ARN");
    rules = arns ? rules_named(call, view, arns, &n)
                 : rules_of_listener(call, view, &n);
    if (rules == NULL || !paging_of(call, n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++)
        elb_rule_show(call->region, rules[i], list);
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- ModifyRule -------------------------------------------------------------------- */

static const struct member modify_members[] = {
    {.name = "RuleArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Conditions",
     .kind = MEMBER_STRUCTS,
     .shape = &elb_condition_shape},
    {.name = "Actions", .kind = MEMBER_STRUCTS, .shape = &elb_action_shape},
    {.name = "Transforms",
     .kind = MEMBER_STRUCTS,
     .shape = &elb_transform_shape},
    {.name = "ResetTransforms", .kind = MEMBER_BOOL},
};
static const struct shape modify_shape = SHAPE_OF(modify_members);

static bool check_modify(struct call *call, const struct config_rule *rule)
{
    bool reset = member_true(call->input, "ResetTransforms");
    const struct value *transforms = given(call, "Transforms");

    if (rule->priority == 0)
        return call_refuse(call, "OperationNotPermitted",
                           "Default rule '" STR_FMT "' cannot be modified",
                           STR_ARG(rule->arn));
    if (reset && transforms)
        return call_refuse(call, "ValidationError",
                           "You cannot specify both Transforms and "
                           "ResetTransforms");
    return reset || transforms || call_get(call, "Conditions") ||
           call_get(call, "Actions") ||
           call_refuse(call, "ValidationError",
                       "Either conditions or actions must be specified");
}

/* Each list that was given takes the place of the one before; NULL: refused. */
static const struct value *changed(struct call *call,
                                   const struct account_view *view,
                                   const struct elb_rule *found,
                                   const struct value *properties)
{
    struct elb_actions_of of = actions_of(found->listener, found->rule);
    const struct value *conditions = call_get(call, "Conditions");
    const struct value *actions = call_get(call, "Actions");

    if (conditions) {
        conditions = elb_conditions_take(call, view, conditions);
        if (conditions == NULL)
            return NULL;
        properties =
            with_entry(call->region, properties, "Conditions", conditions);
    }
    if (actions) {
        actions = elb_actions_take(call, view, &of, actions);
        if (actions == NULL)
            return NULL;
        properties = with_entry(call->region, properties, "Actions", actions);
    }
    if (given(call, "Transforms") ||
        member_true(call->input, "ResetTransforms"))
        properties = with_entry(call->region, properties, "Transforms",
                                given(call, "Transforms"));
    return properties;
}

static bool modify_edit(struct call *call, const struct account_view *before)
{
    const struct account_resource *resource;
    const struct value *properties;
    struct elb_rule found;

    if (!elb_rule_must(call, before, call_text(call, "RuleArn"), &found) ||
        !check_modify(call, found.rule))
        return false;
    call->made[call->nmade++] = region_copy(call->region, found.rule->arn);
    resource = account_find(before->account, found.rule->id);
    properties = changed(call, before, &found, account_properties(resource));
    if (properties == NULL)
        return false;
    if (!values_say_same(properties, account_properties(resource)))
        resource_change(call, resource, properties, NULL);
    return true;
}

/* ---- DeleteRule -------------------------------------------------------------------- */

static const struct member delete_members[] = {
    {.name = "RuleArn", .kind = MEMBER_TEXT, .required = true},
};
static const struct shape delete_shape = SHAPE_OF(delete_members);

static bool delete_edit(struct call *call, const struct account_view *before)
{
    struct elb_rule found;

    if (!elb_rule_must(call, before, call_text(call, "RuleArn"), &found))
        return false;
    if (found.rule->priority == 0)
        return call_refuse(call, "OperationNotPermitted",
                           "Default rule '" STR_FMT "' cannot be deleted",
                           STR_ARG(found.rule->arn));
    edit_remove(call->region, &call->edit, found.rule->id);
    return true;
}

/* ---- the table --------------------------------------------------------------------- */

static const char *const by_listener[] = {"ListenerArn", NULL};
static const char *const by_rule[] = {"RuleArn", NULL};
static const char *const by_any[] = {"ListenerArn", "RuleArns", NULL};
static const char *const by_rules[] = {"RulePriorities", NULL};

static const struct action actions[] = {
    {.name = "CreateRule",
     .input = &create_shape,
     .resources = by_listener,
     .edit = create_edit,
     .answer = answer_made},
    {.name = "DescribeRules",
     .input = &describe_shape,
     .resources = by_any,
     .answer = describe_answer},
    {.name = "ModifyRule",
     .input = &modify_shape,
     .resources = by_rule,
     .edit = modify_edit,
     .answer = answer_made},
    {.name = "DeleteRule",
     .input = &delete_shape,
     .resources = by_rule,
     .edit = delete_edit},
    {.name = "SetRulePriorities",
     .input = &elb_priorities_shape,
     .resources = by_rules,
     .edit = elb_priorities_edit,
     .answer = elb_priorities_answer},
};

const struct action_table elb_rule_actions = ACTION_TABLE(actions);
