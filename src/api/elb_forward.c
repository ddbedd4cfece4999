/* SPDX-License-Identifier: Apache-2.0
 *
 * Forward actions of calls: the target groups that they name.
 */
#include "api/elb_actions.h"
#include "api/elb_quota.h"
#include "api/find.h"
#include "model/words.h"

static const struct value *groups_of(const struct value *action)
{
    return value_get(value_get(action, STR("ForwardConfig")),
                     STR("TargetGroups"));
}

/* ---- one action ----------------------------------------------------------------- */

static bool check_group(struct call *call, const struct account_view *view,
                        const struct elb_actions_of *of, struct str arn)
{
    const struct config_group *group = find_group(view->config, arn);

    if (arn.n == 0)
        return call_refuse(call, "ValidationError",
                           "A target group ARN must be specified");
    if (group == NULL)
        return call_refuse(call, "TargetGroupNotFound",
                           "Target groups '" STR_FMT "' not found",
                           STR_ARG(arn));
    if (group->load_balancer &&
        !config_same_balancer(group->load_balancer, of->balancer))
        return call_refuse(call, "TargetGroupAssociationLimit",
                           "The following target groups cannot be associated "
                           "with more than one load balancer: " STR_FMT,
                           STR_ARG(arn));
    if (group->version != VERSION_HTTP1 && !of->https)
        return call_refuse(call, "IncompatibleProtocols",
                           "Listener protocol 'HTTP' is not supported with a "
                           "target group with the protocol-version '%s'",
                           protocol_version_words[group->version]);
    if (group->ip_address_type == IP_TYPE_IPV6 &&
        of->balancer->ip_address_type == IP_TYPE_IPV4)
        return call_refuse(call, "InvalidConfigurationRequest",
                           "A target group with IP address type 'ipv6' cannot "
                           "be associated with a load balancer with IP address "
                           "type 'ipv4'");
    return true;
}

static bool check_both(struct call *call, struct str arn,
                       const struct value *groups)
{
    if (arn.n == 0 || value_count(groups) == 0)
        return true;
    return (groups->first == groups->last &&
            str_eq(member_text(groups->first, "TargetGroupArn"), arn)) ||
           call_refuse(call, "InvalidLoadBalancerAction",
                       "The target group ARN and the forward configuration of "
                       "an action must name the same target group");
}

static bool check_tuples(struct call *call, const struct account_view *view,
                         const struct elb_actions_of *of,
                         const struct value *groups)
{
    unsigned max = quota_value(&view->config->quotas, QUOTA_GROUPS_OF_ACTION);

    if (value_count(groups) > max)
        return call_refuse(call, "TooManyTargetGroups",
                           "An action of type 'forward' can only have '%u' "
                           "target groups",
                           max);
    for (const struct value *v = groups->first; v; v = v->next) {
        if (!check_group(call, view, of, member_text(v, "TargetGroupArn")))
            return false;
        if (groups->first != groups->last && member_text(v, "Weight").n == 0)
            return call_refuse(call, "ValidationError",
                               "A weight must be specified for every target "
                               "group of an action with several target groups");
    }
    return true;
}

static bool check_stickiness(struct call *call, const struct value *config)
{
    const struct value *stickiness =
        value_get(config, STR("TargetGroupStickinessConfig"));

    return !member_true(stickiness, "Enabled") ||
           member_text(stickiness, "DurationSeconds").n ||
           call_refuse(call, "ValidationError",
                       "A duration must be specified when target group "
                       "stickiness is enabled");
}

bool elb_forward_check(struct call *call, const struct account_view *view,
                       const struct elb_actions_of *of,
                       const struct value *action)
{
    const struct value *config = value_get(action, STR("ForwardConfig"));
    const struct value *groups = groups_of(action);
    struct str arn = member_text(action, "TargetGroupArn");

    if (value_count(groups) == 0)
        return check_group(call, view, of, arn);
    return check_both(call, arn, groups) &&
           check_tuples(call, view, of, groups) &&
           check_stickiness(call, config);
}

/* ---- what the load balancer has then ---------------------------------------------- */

struct group_set {
    unsigned n;
    const struct config_group **groups;
    bool *has; /* by their index in the config */
};

static void add(struct group_set *set, const struct config_group *group)
{
    if (group == NULL || set->has[group->index])
        return;
    set->has[group->index] = true;
    set->groups[set->n++] = group;
}

static void add_rule(struct group_set *set, const struct config_rule *rule)
{
    for (unsigned i = 0; i < rule->nactions; i++) {
        const struct config_forward *forward = &rule->actions[i].u.forward;

        if (rule->actions[i].type != ACTION_FORWARD)
            continue;
        for (unsigned k = 0; k < forward->n; k++)
            add(set, forward->groups[k].group);
    }
}

/* Those of all rules of the load balancer but this one. */
static void add_others(struct group_set *set,
                       const struct config_load_balancer *balancer,
                       const struct config_rule *but)
{
    for (unsigned i = 0; i < balancer->nlisteners; i++) {
        const struct config_listener *l = balancer->listeners[i];

        for (unsigned k = 0; k < l->nrules; k++) {
            if (&l->rules[k] != but)
                add_rule(set, &l->rules[k]);
        }
    }
}

static void add_given(struct group_set *set, const struct config *config,
                      const struct value *actions)
{
    for (const struct value *a = actions->first; a; a = a->next) {
        const struct value *groups = groups_of(a);

        add(set, find_group(config, member_text(a, "TargetGroupArn")));
        for (const struct value *v = groups ? groups->first : NULL; v;
             v = v->next)
            add(set, find_group(config, member_text(v, "TargetGroupArn")));
    }
}

static struct group_set make_set(struct region *region,
                                 const struct config *config)
{
    return (struct group_set){
        .groups = region_take(region, (config->ngroups + 1) * sizeof(void *)),
        .has = region_take(region, config->ngroups + 1),
    };
}

/* Whether the rule forwards to all of them already: then nothing is counted,
 * as a shift of weights should cost the same however large the account is. */
static bool has_all(struct call *call, const struct config *config,
                    const struct config_rule *rule, const struct value *actions)
{
    struct group_set before = make_set(call->region, config);
    unsigned n;

    if (rule == NULL)
        return false;
    add_rule(&before, rule);
    n = before.n;
    add_given(&before, config, actions);
    return before.n == n;
}

bool elb_forward_fits(struct call *call, const struct account_view *view,
                      const struct elb_actions_of *of,
                      const struct value *actions)
{
    const struct config *config = view->config;
    struct group_set set;

    if (has_all(call, config, of->before, actions))
        return true;
    set = make_set(call->region, config);
    add_others(&set, of->balancer, of->before);
    add_given(&set, config, actions);
    return elb_quota_groups(call, view, of->balancer->arn, set.n, set.groups,
                            NULL, NULL);
}
