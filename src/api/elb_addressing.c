/* SPDX-License-Identifier: Apache-2.0
 *
 * SetSecurityGroups, SetIpAddressType, ModifyIpPools: settings of the network
 * that a load balancer would stand in.
 */
#include "api/change.h"
#include "api/elb_balancer.h"
#include "api/elb_subnets.h"
#include "api/refer.h"
#include "api/resource.h"

static const char enforce[] =
    "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";

static const struct config_load_balancer *
balancer_of(struct call *call, const struct account_view *view)
{
    return refer_load_balancer(call, view, call_text(call, "LoadBalancerArn"));
}

/* Result {name: the text}. */
static void tell_text(struct call *call, const char *name, struct str text)
{
    struct value *result = make_map(call->region);

    put_text(call->region, result, name, text);
    call->result = result;
}

/* ---- SetSecurityGroups -------------------------------------------------------------- */

static bool groups_edit(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct config_load_balancer *lb = balancer_of(call, before);
    const struct value *groups = call_get(call, "SecurityGroups");
    struct str enforced = call_text(call, enforce);
    const struct value *value;

    if (lb == NULL || !balancer_check_security_groups(call))
        return false;
    if (value_count(groups) == 0)
        return call_refuse(call, "InvalidConfigurationRequest",
                           "At least one security group must be specified");
    if (str_eq(enforced, STR("on")))
        return call_refuse(call, "InvalidConfigurationRequest",
                           "Rules of security groups for PrivateLink traffic "
                           "are not supported on load balancers with type "
                           "'application'");
    value = change_property(region, resource_of(before, lb->id),
                            "SecurityGroups", groups);
    if (enforced.n)
        value = change_property(region, value, enforce,
                                change_text(region, enforced));
    change_resource(call, before, lb->id, value);
    return true;
}

static bool groups_answer(struct call *call, const struct account_view *after)
{
    struct region *region = call->region;
    const struct config_load_balancer *lb = balancer_of(call, after);
    struct value *result = make_map(region);
    const struct value *properties;

    if (lb == NULL)
        return false;
    properties = value_get(resource_of(after, lb->id), STR("Properties"));
    put_value(region, result, "SecurityGroupIds",
              balancer_security_groups(region, after, properties));
    if (member_text(properties, enforce).n)
        put_text(region, result, enforce, member_text(properties, enforce));
    call->result = result;
    return true;
}

/* ---- SetIpAddressType --------------------------------------------------------------- */

/* A load balancer of a template that names no subnets has none that could have
 * IPv6 addresses. */
static bool check_ipv6(struct call *call, const struct account_view *view,
                       const struct config_load_balancer *lb, struct str type)
{
    if (str_eq(type, STR("ipv4")) ||
        resource_property(view, lb->id, "Subnets") ||
        resource_property(view, lb->id, "SubnetMappings"))
        return true;
    return call_refuse(call, "InvalidSubnet",
                       "You must specify subnets with an associated IPv6 CIDR "
                       "block");
}

static bool type_edit(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct config_load_balancer *lb = balancer_of(call, before);
    struct str type = call_text(call, "IpAddressType");

    if (lb == NULL || !balancer_check_address_type(call, lb->scheme, type) ||
        !check_ipv6(call, before, lb, type))
        return false;
    change_resource(call, before, lb->id,
                    change_property(region, resource_of(before, lb->id),
                                    "IpAddressType",
                                    change_text(region, type)));
    return true;
}

static bool type_answer(struct call *call, const struct account_view *after)
{
    const struct config_load_balancer *lb = balancer_of(call, after);

    if (lb == NULL)
        return false;
    tell_text(call, "IpAddressType",
              str_of(balancer_address_types[lb->ip_address_type]));
    return true;
}

/* ---- ModifyIpPools ------------------------------------------------------------------ */

static bool pools_edit(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct config_load_balancer *lb = balancer_of(call, before);
    struct str pool =
        member_text(call_get(call, "IpamPools"), "Ipv4IpamPoolId");
    bool remove = value_count(call_get(call, "RemoveIpamPools")) > 0;

    if (lb == NULL)
        return false;
    if (remove == (pool.n > 0))
        return call_refuse(call, "ValidationError",
                           "You must specify either IpamPools or "
                           "RemoveIpamPools");
    if (pool.n && lb->scheme == SCHEME_INTERNAL)
        return call_refuse(call, "ValidationError",
                           "IPAM pools are not supported on load balancers "
                           "with scheme 'internal'");
    change_resource(call, before, lb->id,
                    change_property(region, resource_of(before, lb->id),
                                    "Ipv4IpamPoolId",
                                    remove ? NULL : change_text(region, pool)));
    return true;
}

static bool pools_answer(struct call *call, const struct account_view *after)
{
    struct region *region = call->region;
    const struct config_load_balancer *lb = balancer_of(call, after);
    struct value *result = make_map(region);
    const struct value *pool;

    if (lb == NULL)
        return false;
    pool = resource_property(after, lb->id, "Ipv4IpamPoolId");
    if (pool)
        put_text(region, put_map(region, result, "IpamPools"), "Ipv4IpamPoolId",
                 pool->text);
    call->result = result;
    return true;
}

/* ---- the table --------------------------------------------------------------------- */

static const char *const removable_pools[] = {"ipv4", NULL};

#define LOAD_BALANCER                                                          \
    {                                                                          \
        .name = "LoadBalancerArn", .kind = MEMBER_TEXT, .required = true       \
    }

static const struct member groups_members[] = {
    LOAD_BALANCER,
    {.name = "SecurityGroups", .kind = MEMBER_TEXTS, .required = true},
    {.name = enforce, .kind = MEMBER_WORD, .words = balancer_switches},
};

static const struct member type_members[] = {
    LOAD_BALANCER,
    {.name = "IpAddressType",
     .kind = MEMBER_WORD,
     .required = true,
     .words = balancer_address_types},
};

static const struct member pools_members[] = {
    LOAD_BALANCER,
    {.name = "IpamPools",
     .kind = MEMBER_STRUCT,
     .shape = &balancer_pools_shape},
    {.name = "RemoveIpamPools", .kind = MEMBER_WORDS, .words = removable_pools},
};

static const struct shape groups_shape = SHAPE_OF(groups_members);
static const struct shape type_shape = SHAPE_OF(type_members);
static const struct shape pools_shape = SHAPE_OF(pools_members);

static const char *const resources[] = {"LoadBalancerArn", NULL};

static const struct action actions[] = {
    {.name = "SetSecurityGroups",
     .input = &groups_shape,
     .resources = resources,
     .edit = groups_edit,
     .answer = groups_answer},
    {.name = "SetIpAddressType",
     .input = &type_shape,
     .resources = resources,
     .edit = type_edit,
     .answer = type_answer},
    {.name = "ModifyIpPools",
     .input = &pools_shape,
     .resources = resources,
     .edit = pools_edit,
     .answer = pools_answer},
};

const struct action_table elb_addressing_actions = ACTION_TABLE(actions);
