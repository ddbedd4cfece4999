/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeLoadBalancerAttributes, ModifyLoadBalancerAttributes.
 */
#include "api/change.h"
#include "api/elb_attributes.h"
#include "api/elb_balancer.h"
#include "api/refer.h"
#include "api/resource.h"

static const char property[] = "LoadBalancerAttributes";

static const struct config_load_balancer *
balancer_of(struct call *call, const struct account_view *view)
{
    return refer_load_balancer(call, view, call_text(call, "LoadBalancerArn"));
}

static bool tell(struct call *call, const struct account_view *view)
{
    const struct config_load_balancer *lb = balancer_of(call, view);
    struct value *initial = make_map(call->region);

    if (lb == NULL)
        return false;
    if (lb->scheme == SCHEME_INTERNAL)
        put_text(call->region, initial, "ipv6.deny_all_igw_traffic",
                 STR("true"));
    attributes_tell(call, OWNER_LOAD_BALANCER,
                    resource_property(view, lb->id, property), initial);
    return true;
}

static struct str value_of(const struct value *list, struct str key)
{
    const struct value *v = list->first;

    while (v && !str_eq(member_text(v, "Key"), key))
        v = v->next;
    return v ? member_text(v, "Value") : STR("");
}

/* A log that is written has a bucket. */
static bool check_logs(struct call *call, const struct value *list)
{
    static const char *const logs[] = {"access_logs", "connection_logs",
                                       "health_check_logs"};

    for (unsigned i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        struct str enabled =
            region_printf(call->region, "%s.s3.enabled", logs[i]);
        struct str bucket =
            region_printf(call->region, "%s.s3.bucket", logs[i]);

        if (str_eq(value_of(list, enabled), STR("true")) &&
            value_of(list, bucket).n == 0)
            return call_refuse(call, "InvalidConfigurationRequest",
                               "The value of '%s' cannot be empty", bucket.p);
    }
    return true;
}

static bool modify(struct call *call, const struct account_view *before)
{
    const struct config_load_balancer *lb = balancer_of(call, before);
    struct value *list;

    if (lb == NULL)
        return false;
    list = attributes_change(call, OWNER_LOAD_BALANCER,
                             resource_property(before, lb->id, property));
    if (list == NULL || !check_logs(call, list))
        return false;
    change_resource(call, before, lb->id,
                    change_property(call->region, resource_of(before, lb->id),
                                    property, list));
    return true;
}

static const struct member members[] = {
    {.name = "LoadBalancerArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Attributes",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &attribute_member_shape},
};

static const struct shape describe_shape = {members, 1};
static const struct shape modify_shape = SHAPE_OF(members);

static const char *const resources[] = {"LoadBalancerArn", NULL};

static const struct action actions[] = {
    {.name = "DescribeLoadBalancerAttributes",
     .input = &describe_shape,
     .resources = resources,
     .answer = tell},
    {.name = "ModifyLoadBalancerAttributes",
     .input = &modify_shape,
     .resources = resources,
     .edit = modify,
     .answer = tell},
};

const struct action_table elb_balancer_attribute_actions =
    ACTION_TABLE(actions);
