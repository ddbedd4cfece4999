/* SPDX-License-Identifier: Apache-2.0
 *
 * Permission policies of rule groups, by which accounts share them.  There is
 * one account here: they are kept as they came, and checked as AWS says
 * (Effect, Action and Principal in each statement, no Resource).
 */
#include "api/change.h"
#include "api/services.h"
#include "api/waf_shape.h"
#include "model/account_json.h"

static const char kept[] = "PermissionPolicy"; /* in Metadata.Sluice */

enum { POLICY_MAX = 395000 };

static bool refuse(struct call *call, const char *why)
{
    return call_refuse(call, "WAFInvalidPermissionPolicyException",
                       "The operation failed because the specified policy "
                       "isn\u2019t in the proper format: %s",
                       why);
}

/* ---- the policy ---------------------------------------------------------------------- */

static bool is_action(struct str action)
{
    static const char *const actions[] = {
        "wafv2:CreateWebACL",
        "wafv2:UpdateWebACL",
        "wafv2:PutFirewallManagerRuleGroups",
        "wafv2:GetRuleGroup",
        "wafv2:*",
    };

    for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (str_ieq(action, str_of(actions[i])))
            return true;
    }
    return false;
}

static bool are_actions(const struct value *action)
{
    if (action == NULL || (action->kind == VALUE_LIST && !action->first))
        return false;
    if (value_is_scalar(action))
        return is_action(action->text);
    for (const struct value *v = action->first; v; v = v->next) {
        if (!value_is_scalar(v) || !is_action(v->text))
            return false;
    }
    return action->kind == VALUE_LIST;
}

static bool check_statement(struct call *call, const struct value *statement)
{
    if (statement->kind != VALUE_MAP)
        return refuse(call, "a Statement is an object");
    if (!str_eq(member_text(statement, "Effect"), STR("Allow")))
        return refuse(call, "Effect must be Allow");
    if (value_get(statement, STR("Principal")) == NULL)
        return refuse(call, "a Statement has no Principal");
    if (value_get(statement, STR("Resource")))
        return refuse(call, "Resource is not allowed: it is the rule group");
    if (!are_actions(value_get(statement, STR("Action"))))
        return refuse(call,
                      "Action must be of wafv2:CreateWebACL, wafv2:UpdateWebACL"
                      ", wafv2:PutFirewallManagerRuleGroups and "
                      "wafv2:GetRuleGroup");
    return true;
}

static bool check_policy(struct call *call, struct str text)
{
    struct error error = {""};
    const struct value *policy =
        account_json_read_client(call->region, text, &error);
    const struct value *statement = value_get(policy, STR("Statement"));
    struct str version = member_text(policy, "Version");

    if (policy == NULL)
        return refuse(call, error.text);
    if (policy->kind != VALUE_MAP)
        return refuse(call, "it is no JSON object");
    if (!str_eq(version, STR("2012-10-17")) &&
        !str_eq(version, STR("2015-01-01")))
        return refuse(call, "Version must be 2012-10-17 or 2015-01-01");
    if (statement && statement->kind == VALUE_MAP)
        return check_statement(call, statement);
    if (statement == NULL || statement->kind != VALUE_LIST || !statement->first)
        return refuse(call, "it has no Statement");
    for (const struct value *v = statement->first; v; v = v->next) {
        if (!check_statement(call, v))
            return false;
    }
    return true;
}

/* ---- the actions ---------------------------------------------------------------------- */

static void set_policy(struct call *call, const struct account_view *view,
                       const struct wafv2_found *found, const struct value *to)
{
    change_resource(
        call, view, found->resource->id,
        change_sluice(call->region, found->resource->value, kept, to));
}

static bool put(struct call *call, const struct account_view *view)
{
    struct wafv2_found found;

    if (!wafv2_find_arn(call, view, &wafv2_rule_groups, "ResourceArn",
                        &found) ||
        !check_policy(call, call_text(call, "Policy")))
        return false;
    set_policy(call, view, &found,
               change_text(call->region, call_text(call, "Policy")));
    return true;
}

static bool refuse_none(struct call *call, const struct wafv2_found *found)
{
    return wafv2_refuse_missing(call, STR_FMT " has no permission policy",
                                STR_ARG(found->arn));
}

static bool get(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);
    struct wafv2_found found;
    struct str policy;

    if (!wafv2_find_arn(call, view, &wafv2_rule_groups, "ResourceArn", &found))
        return false;
    policy = member_text(account_sluice(found.resource), kept);
    if (policy.n == 0)
        return refuse_none(call, &found);
    put_text(call->region, result, "Policy", policy);
    call->result = result;
    return true;
}

static bool delete (struct call *call, const struct account_view *view)
{
    struct wafv2_found found;

    if (!wafv2_find_arn(call, view, &wafv2_rule_groups, "ResourceArn", &found))
        return false;
    if (member_text(account_sluice(found.resource), kept).n == 0)
        return refuse_none(call, &found);
    set_policy(call, view, &found, NULL);
    return true;
}

static const struct member put_members[] = {
    ARN(MUST, "ResourceArn"),
    TOLD(MUST, "Policy", POLICY_MAX),
};
static const struct shape put_shape = SHAPE_OF(put_members);

static const struct member arn_members[] = {ARN(MUST, "ResourceArn")};
static const struct shape arn_shape = SHAPE_OF(arn_members);

static const char *const resources[] = {"ResourceArn", NULL};

static const struct action actions[] = {
    {.name = "PutPermissionPolicy",
     .input = &put_shape,
     .resources = resources,
     .edit = put},
    {.name = "GetPermissionPolicy",
     .input = &arn_shape,
     .resources = resources,
     .answer = get},
    {.name = "DeletePermissionPolicy",
     .input = &arn_shape,
     .resources = resources,
     .edit = delete},
};

const struct action_table waf_policy_actions = ACTION_TABLE(actions);
