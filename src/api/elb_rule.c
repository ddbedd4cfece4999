/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rule an ARN names, and what one looks like.
 */
#include "api/elb_actions.h"
#include "api/elb_conditions.h"
#include "api/elb_rules.h"
#include "api/find.h"
#include "api/refer.h"

bool elb_rule_must(struct call *call, const struct account_view *view,
                   struct str arn, struct elb_rule *found)
{
    found->listener = NULL;
    found->rule = find_rule(view->config, arn, &found->listener);
    if (found->rule && found->listener)
        return true;
    if (is_arn_of(arn, "listener-rule"))
        return call_refuse(call, "RuleNotFound", "One or more rules not found");
    return call_refuse(call, "ValidationError",
                       "'" STR_FMT "' is not a valid listener rule ARN",
                       STR_ARG(arn));
}

const struct config_listener *elb_rule_listener(struct call *call,
                                                const struct account_view *view,
                                                struct str arn)
{
    const struct config_listener *found = find_listener(view->config, arn);

    if (found)
        return found;
    if (is_arn_of(arn, "listener/net") || is_arn_of(arn, "listener/gwy"))
        call_refuse(call, "UnsupportedProtocol",
                    "Listener '" STR_FMT
                    "' is not one of a load balancer with type 'application'",
                    STR_ARG(arn));
    else if (is_arn_of(arn, "listener"))
        call_refuse(call, "ListenerNotFound",
                    "One or more listeners not found");
    else
        call_refuse(call, "ValidationError",
                    "'" STR_FMT "' is not a valid listener ARN", STR_ARG(arn));
    return NULL;
}

void elb_rule_show(struct region *region, const struct config_rule *rule,
                   struct value *list)
{
    struct value *shown = add_map(region, list);

    put_text(region, shown, "RuleArn", rule->arn);
    put_text(region, shown, "Priority",
             rule->priority ? region_printf(region, "%u", rule->priority)
                            : STR("default"));
    put_value(region, shown, "Conditions", elb_conditions_shown(region, rule));
    put_value(region, shown, "Actions", elb_actions_shown(region, rule));
    put_bool(region, shown, "IsDefault", rule->priority == 0);
    put_value(region, shown, "Transforms", elb_transforms_shown(region, rule));
}

bool elb_rules_answer(struct call *call, const struct account_view *view,
                      const struct value *arns)
{
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "Rules");

    for (const struct value *v = arns->first; v; v = v->next) {
        struct elb_rule found;

        if (!elb_rule_must(call, view, v->text, &found) || found.rule == NULL)
            return false;
        elb_rule_show(call->region, found.rule, list);
    }
    call->result = result;
    return true;
}
