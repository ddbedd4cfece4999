/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_subnets.h"

#include "api/change.h"
#include "api/elb_balancer.h"
#include "api/find.h"
#include "api/network.h"
#include "api/refer.h"

enum {
    NODE_ADDRESSES = 8,      /* that a load balancer needs of each subnet */
    SUBNET_ADDRESSES = 4091, /* of a /20, without the five that AWS keeps */
};

static const struct member mapping_members[] = {
    {.name = "SubnetId", .kind = MEMBER_TEXT},
    {.name = "AllocationId", .kind = MEMBER_TEXT},
    {.name = "PrivateIPv4Address", .kind = MEMBER_TEXT},
    {.name = "IPv6Address", .kind = MEMBER_TEXT},
    {.name = "SourceNatIpv6Prefix", .kind = MEMBER_TEXT},
};

const struct shape subnet_mapping_shape = SHAPE_OF(mapping_members);

/* ---- what is given ----------------------------------------------------------- */

static struct value *ids_of_mappings(struct region *region,
                                     const struct value *mappings)
{
    struct value *ids = make_list(region);

    for (const struct value *v = mappings ? mappings->first : NULL; v;
         v = v->next) {
        if (member_text(v, "SubnetId").n)
            add_text(region, ids, member_text(v, "SubnetId"));
    }
    return ids;
}

static struct value *given_ids(struct call *call)
{
    const struct value *subnets = call_get(call, "Subnets");

    if (value_count(subnets))
        return value_copy(call->region, subnets);
    return ids_of_mappings(call->region, call_get(call, "SubnetMappings"));
}

static bool is_target(const struct config *config, struct str address)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *g = config->groups[i];

        for (unsigned k = 0; k < g->ntargets; k++) {
            if (str_eq(g->targets[k].id, address))
                return true;
        }
    }
    return false;
}

static bool check_address(struct call *call, const struct account_view *view,
                          struct str address, bool creating)
{
    if (creating && is_target(view->config, address))
        return call_refuse(call, "ResourceInUse",
                           "The address '" STR_FMT
                           "' is currently in use by a target",
                           STR_ARG(address));
    return call_refuse(call, "InvalidConfigurationRequest",
                       "The address '" STR_FMT
                       "' cannot be specified: load balancers with type "
                       "'application' have no fixed addresses",
                       STR_ARG(address));
}

/* Addresses are what network load balancers choose. */
static bool check_mapping(struct call *call, const struct account_view *view,
                          const struct value *mapping, bool creating)
{
    static const char *const addresses[] = {"PrivateIPv4Address", "IPv6Address",
                                            "SourceNatIpv6Prefix"};
    struct str allocation = member_text(mapping, "AllocationId");

    if (member_text(mapping, "SubnetId").n == 0)
        return call_refuse(call, "ValidationError",
                           "A subnet ID must be specified in each subnet "
                           "mapping");
    if (allocation.n)
        return call_refuse(call, "AllocationIdNotFound",
                           "The allocation ID '" STR_FMT "' does not exist",
                           STR_ARG(allocation));
    for (unsigned i = 0; i < 3; i++) {
        struct str address = member_text(mapping, addresses[i]);

        if (address.n)
            return check_address(call, view, address, creating);
    }
    return true;
}

static bool check_form(struct call *call, const struct account_view *view,
                       bool creating)
{
    const struct value *subnets = call_get(call, "Subnets");
    const struct value *mappings = call_get(call, "SubnetMappings");

    if ((value_count(subnets) == 0) == (value_count(mappings) == 0))
        return call_refuse(call, "ValidationError",
                           "You must specify either subnets or subnet "
                           "mappings%s",
                           value_count(subnets) ? ", but not both" : "");
    for (const struct value *v = mappings ? mappings->first : NULL; v;
         v = v->next) {
        if (!check_mapping(call, view, v, creating))
            return false;
    }
    return true;
}

/* ---- zones -------------------------------------------------------------------- */

struct zones {
    bool taken[SUBNETS_MAX];
    unsigned of[SUBNETS_MAX]; /* of the subnets in their order */
};

static bool is_default(struct region *region, const struct account_view *view,
                       const struct network_subnet *subnet)
{
    return str_eq(
        network_default_subnet(region, view->region_name, subnet->index).id,
        subnet->id);
}

static unsigned free_zone(const struct zones *zones, unsigned wanted)
{
    unsigned i = 0;

    if (!zones->taken[wanted])
        return wanted;
    while (zones->taken[i])
        i++;
    return i;
}

/* The ids are subnets', SUBNETS_MAX at most.  Zones of the default VPC's come
 * first, as they cannot be others.  False: two of these are in one. */
static bool place(struct region *region, const struct account_view *view,
                  const struct value *ids, struct zones *zones)
{
    *zones = (struct zones){.taken = {false}};
    for (unsigned others = 0; others < 2; others++) {
        unsigned i = 0;

        for (const struct value *v = ids->first; v; v = v->next, i++) {
            struct network_subnet subnet;

            if (!network_subnet(region, view->region_name, v->text, &subnet) ||
                is_default(region, view, &subnet) == others)
                continue;
            if (!others && zones->taken[subnet.index])
                return false;
            zones->of[i] = free_zone(zones, subnet.index);
            zones->taken[zones->of[i]] = true;
        }
    }
    return true;
}

/* ---- checks ------------------------------------------------------------------- */

static unsigned addresses_used(const struct account_view *view, struct str id,
                               const struct config_load_balancer *without)
{
    const struct config *config = view->config;
    struct region region = {NULL};
    unsigned n = 0;

    for (unsigned i = 0; i < config->nload_balancers; i++) {
        const struct config_load_balancer *lb = config->load_balancers[i];
        const struct account_resource *r = account_find(view->account, lb->id);

        if (lb != without && r &&
            list_has(subnets_of(&region, account_properties(r)), id))
            n += NODE_ADDRESSES;
    }
    region_end(&region);
    return n;
}

static bool check_subnet(struct call *call, const struct account_view *view,
                         const struct config_load_balancer *lb,
                         const struct value *ids, const struct value *id)
{
    struct network_subnet subnet;

    if (!network_subnet(call->region, view->region_name, id->text, &subnet))
        return call_refuse(call, "SubnetNotFound",
                           "The subnet ID '" STR_FMT "' does not exist",
                           STR_ARG(id->text));
    for (const struct value *v = ids->first; v != id; v = v->next) {
        if (str_eq(v->text, id->text))
            return call_refuse(call, "InvalidConfigurationRequest",
                               "A load balancer cannot be attached to multiple "
                               "subnets in the same Availability Zone");
    }
    if (addresses_used(view, id->text, lb) + NODE_ADDRESSES > SUBNET_ADDRESSES)
        return call_refuse(call, "InvalidSubnet",
                           "Not enough IP space available in " STR_FMT
                           ". ELB requires at least %d free IP addresses in "
                           "each subnet.",
                           STR_ARG(id->text), NODE_ADDRESSES);
    return true;
}

bool subnets_check(struct call *call, const struct account_view *view,
                   const struct config_load_balancer *lb)
{
    const struct value *ids;
    struct zones zones;

    if (!check_form(call, view, lb == NULL))
        return false;
    ids = given_ids(call);
    for (const struct value *v = ids->first; v; v = v->next) {
        if (!check_subnet(call, view, lb, ids, v))
            return false;
    }
    if (value_count(ids) > SUBNETS_MAX) {
        struct str zone =
            network_zone(call->region, view->region_name, SUBNETS_MAX);

        return call_refuse(call, "AvailabilityZoneNotSupported",
                           "The Availability Zone '" STR_FMT
                           "' is not supported: a region has %d here",
                           STR_ARG(zone), SUBNETS_MAX);
    }
    if (!place(call->region, view, ids, &zones))
        return call_refuse(call, "InvalidConfigurationRequest",
                           "A load balancer cannot be attached to multiple "
                           "subnets in the same Availability Zone");
    if (value_count(ids) < 2)
        return call_refuse(call, "ValidationError",
                           "At least two subnets in two different Availability "
                           "Zones must be specified");
    return true;
}

/* ---- in Properties --------------------------------------------------------------- */

void subnets_put(struct call *call, struct value *properties)
{
    struct region *region = call->region;
    struct value *mappings;

    if (value_count(call_get(call, "Subnets"))) {
        put_value(region, properties, "Subnets", given_ids(call));
        return;
    }
    mappings = put_list(region, properties, "SubnetMappings");
    for (const struct value *v = given_ids(call)->first; v; v = v->next)
        put_text(region, add_map(region, mappings), "SubnetId", v->text);
}

struct value *subnets_of(struct region *region, const struct value *properties)
{
    const struct value *subnets = value_get(properties, STR("Subnets"));
    struct value *ids = make_list(region);

    if (subnets == NULL)
        return ids_of_mappings(region,
                               value_get(properties, STR("SubnetMappings")));
    for (const struct value *v = subnets->first; v; v = v->next) {
        if (value_is_scalar(v))
            add_text(region, ids, v->text);
    }
    return ids;
}

static struct value *default_ids(struct region *region,
                                 const struct account_view *view)
{
    struct value *ids = make_list(region);

    for (unsigned i = 0; i < NETWORK_ZONES; i++)
        add_text(region, ids,
                 network_default_subnet(region, view->region_name, i).id);
    return ids;
}

static bool are_placed(struct region *region, const struct account_view *view,
                       const struct value *ids, struct zones *zones)
{
    struct network_subnet subnet;

    if (value_count(ids) == 0 || value_count(ids) > SUBNETS_MAX)
        return false;
    for (const struct value *v = ids->first; v; v = v->next) {
        if (!network_subnet(region, view->region_name, v->text, &subnet))
            return false;
    }
    return place(region, view, ids, zones);
}

void subnets_tell(struct call *call, const struct account_view *view,
                  const struct config_load_balancer *lb,
                  const struct value *properties, struct value *into)
{
    struct region *region = call->region;
    struct network_vpc vpc = network_vpc(view->region_name);
    const struct value *ids = subnets_of(region, properties);
    bool known = lb->nzones > 0 && lb->nzones == value_count(ids);
    struct value *list;
    struct zones zones;
    unsigned i = 0;

    if (!are_placed(region, view, ids, &zones)) {
        ids = default_ids(region, view);
        place(region, view, ids, &zones);
    }
    put_text(region, into, "VpcId", str_of(vpc.id));
    list = put_list(region, into, "AvailabilityZones");
    for (const struct value *v = ids->first; v; v = v->next, i++) {
        struct value *zone = add_map(region, list);

        put_text(region, zone, "ZoneName",
                 known ? lb->zones[i]
                       : network_zone(region, view->region_name, zones.of[i]));
        put_text(region, zone, "SubnetId", v->text);
        put_list(region, zone, "LoadBalancerAddresses");
    }
}

/* ---- SetSubnets -------------------------------------------------------------------- */

static const struct member set_members[] = {
    {.name = "LoadBalancerArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Subnets", .kind = MEMBER_TEXTS},
    {.name = "SubnetMappings",
     .kind = MEMBER_STRUCTS,
     .shape = &subnet_mapping_shape},
    {.name = "IpAddressType",
     .kind = MEMBER_WORD,
     .words = balancer_address_types},
    {.name = "EnablePrefixForIpv6SourceNat",
     .kind = MEMBER_WORD,
     .words = balancer_switches},
};

static const struct shape set_shape = SHAPE_OF(set_members);

static bool set_edit(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct config_load_balancer *lb =
        refer_load_balancer(call, before, call_text(call, "LoadBalancerArn"));
    struct str type = call_text(call, "IpAddressType");
    struct value *properties;
    const struct value *value;

    if (lb == NULL || !subnets_check(call, before, lb) ||
        !balancer_check_prefix(call) ||
        !balancer_check_address_type(call, lb->scheme, type))
        return false;
    if (balancer_reservation_is_pending(before, lb))
        return call_refuse(call, "CapacityReservationPending",
                           "There is a pending capacity reservation for load "
                           "balancer '" STR_FMT "'",
                           STR_ARG(lb->arn));
    value = resource_of(before, lb->id);
    value = change_property(region, value, "Subnets", NULL);
    value = change_property(region, value, "SubnetMappings", NULL);
    properties = value_copy(region, value_get(value, STR("Properties")));
    subnets_put(call, properties);
    value = with_entry(region, value, "Properties", properties);
    if (type.n)
        value = change_property(region, value, "IpAddressType",
                                change_text(region, type));
    change_resource(call, before, lb->id, value);
    return true;
}

static bool set_answer(struct call *call, const struct account_view *after)
{
    const struct config_load_balancer *lb =
        refer_load_balancer(call, after, call_text(call, "LoadBalancerArn"));
    struct value *result = make_map(call->region);
    struct value *all = make_map(call->region);

    if (lb == NULL)
        return false;
    balancer_tell(call, after, lb, "active", all);
    put_value(
        call->region, result, "AvailabilityZones",
        value_copy(call->region, value_get(all, STR("AvailabilityZones"))));
    put_text(call->region, result, "IpAddressType",
             member_text(all, "IpAddressType"));
    call->result = result;
    return true;
}

static const char *const resources[] = {"LoadBalancerArn", NULL};

static const struct action actions[] = {
    {.name = "SetSubnets",
     .input = &set_shape,
     .resources = resources,
     .edit = set_edit,
     .answer = set_answer},
};

const struct action_table elb_subnet_actions = ACTION_TABLE(actions);
