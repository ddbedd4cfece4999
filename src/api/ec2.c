/* SPDX-License-Identifier: Apache-2.0
 *
 * EC2, as far as clients of ELBv2 ask it: what the network is like that
 * balancers are said to be in (api/network.h), and that a balancer that was
 * deleted has left no network interfaces.
 *
 * Ids that are asked for stand for something, whatever they are; without any
 * the default VPC is shown.
 */
#include "api/network.h"
#include "api/services.h"
#include "match/pattern.h"

/* ---- inputs ---------------------------------------------------------------------- */

static const struct member filter_members[] = {
    {.name = "Name", .kind = MEMBER_TEXT, .required = true},
    {.name = "Value", .kind = MEMBER_TEXTS},
};
static const struct shape filter_shape = SHAPE_OF(filter_members);

#define FILTERS                                                                \
    {                                                                          \
        .name = "Filter", .kind = MEMBER_STRUCTS, .shape = &filter_shape       \
    }

static const struct member interface_members[] = {
    {.name = "NetworkInterfaceId", .kind = MEMBER_TEXTS},
    FILTERS,
};
static const struct member subnet_members[] = {
    {.name = "SubnetId", .kind = MEMBER_TEXTS},
    FILTERS,
};
static const struct member vpc_members[] = {
    {.name = "VpcId", .kind = MEMBER_TEXTS},
    FILTERS,
};
static const struct member security_group_members[] = {
    {.name = "GroupId", .kind = MEMBER_TEXTS},
    {.name = "GroupName", .kind = MEMBER_TEXTS},
    FILTERS,
};
static const struct member zone_members[] = {
    {.name = "ZoneName", .kind = MEMBER_TEXTS},
    {.name = "ZoneId", .kind = MEMBER_TEXTS},
    FILTERS,
};
static const struct member attribute_members[] = {
    {.name = "AttributeName", .kind = MEMBER_TEXTS},
};

static const struct shape interface_shape = SHAPE_OF(interface_members);
static const struct shape subnet_shape = SHAPE_OF(subnet_members);
static const struct shape vpc_shape = SHAPE_OF(vpc_members);
static const struct shape security_group_shape =
    SHAPE_OF(security_group_members);
static const struct shape zone_shape = SHAPE_OF(zone_members);
static const struct shape attribute_shape = SHAPE_OF(attribute_members);

/* ---- filters --------------------------------------------------------------------- */

/* A filter, and the member of a thing that it is about. */
struct about {
    const char *filter;
    const char *member; /* NULL: things have none */
};

/* What is described: the list in the result, and its filters. */
struct kind {
    const char *set;
    const char *ids;      /* input member; of VALUE: ids of that kind */
    const char *id_kind;  /* "subnet" */
    const char *id_fault; /* InvalidSubnetID.Malformed */
    const struct about *abouts;
};

static const struct about *about_of(const struct kind *kind, struct str filter)
{
    static const struct about tags = {"tag", NULL};

    if (str_starts(filter, STR("tag:")) || str_eq(filter, STR("tag-key")))
        return &tags;
    for (const struct about *a = kind->abouts; a->filter; a++) {
        if (str_eq(filter, str_of(a->filter)))
            return a;
    }
    return NULL;
}

/* `*` and `?` stand for what they do elsewhere. */
static bool is_like(struct str text, struct str like)
{
    struct pattern *pattern = pattern_new(like, PATTERN_EXACT_CASE, true);
    bool match = pattern_matches(pattern, text);

    pattern_free(pattern);
    return match;
}

static bool passes_one(const struct value *thing, const struct about *about,
                       const struct value *filter)
{
    const struct value *values = value_get(filter, STR("Value"));
    struct str text;

    if (about->member == NULL)
        return false;
    text = member_text(thing, about->member);
    for (const struct value *v = values ? values->first : NULL; v;
         v = v->next) {
        if (is_like(text, v->text))
            return true;
    }
    return false;
}

static bool passes(const struct kind *kind, const struct value *thing,
                   const struct value *filters)
{
    for (const struct value *f = filters ? filters->first : NULL; f;
         f = f->next) {
        const struct about *about = about_of(kind, member_text(f, "Name"));

        if (about && !passes_one(thing, about, f))
            return false;
    }
    return true;
}

static bool check_filters(struct call *call, const struct kind *kind)
{
    const struct value *filters = call_get(call, "Filter");

    for (const struct value *f = filters ? filters->first : NULL; f;
         f = f->next) {
        struct str name = member_text(f, "Name");

        if (about_of(kind, name) == NULL)
            return call_refuse(call, "InvalidParameterValue",
                               "The filter '" STR_FMT "' is invalid",
                               STR_ARG(name));
    }
    return true;
}

/* Ids that were asked for: by the member, or by the filter of that name; NULL:
 * none were. */
static const struct value *asked(const struct call *call, const char *member,
                                 const char *filter)
{
    const struct value *ids = call_get(call, member);
    const struct value *filters = call_get(call, "Filter");

    if (ids && ids->first)
        return ids;
    for (const struct value *f = filters ? filters->first : NULL; f;
         f = f->next) {
        if (str_eq(member_text(f, "Name"), str_of(filter)))
            return value_get(f, STR("Value"));
    }
    return NULL;
}

/* The VPC that things are in: the one that a filter names, or the default
 * one. */
static struct str vpc_asked(const struct call *call,
                            const struct account_view *view)
{
    const struct value *ids = asked(call, "", "vpc-id");
    struct network_vpc vpc = network_vpc(view->region_name);

    if (ids && ids->first && network_id_fits("vpc", ids->first->text))
        return ids->first->text;
    return region_copy(call->region, str_of(vpc.id));
}

/* ---- describing ------------------------------------------------------------------ */

typedef void put_thing(struct call *call, const struct account_view *view,
                       struct value *thing, struct str id, struct str vpc);

/* Adds the thing of that id when the filters let it pass. */
static void add_thing(struct call *call, const struct account_view *view,
                      const struct kind *kind, put_thing *put, struct str id,
                      struct value *list)
{
    struct value *thing = make_map(call->region);

    put(call, view, thing, id, vpc_asked(call, view));
    put_list(call->region, thing, "tagSet");
    if (passes(kind, thing, call_get(call, "Filter")))
        value_append(list, thing);
}

/* Those that were asked for, or `n` default ones of which default_id() makes
 * the ids. */
static bool describe(struct call *call, const struct account_view *view,
                     const struct kind *kind, const char *id_filter,
                     put_thing *put, unsigned n,
                     struct str (*default_id)(struct region *region,
                                              struct str region_name,
                                              unsigned i))
{
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, kind->set);
    const struct value *ids = asked(call, kind->ids, id_filter);

    if (!check_filters(call, kind))
        return false;
    for (const struct value *v = ids ? ids->first : NULL; v; v = v->next) {
        if (network_id_fits(kind->id_kind, v->text))
            add_thing(call, view, kind, put, v->text, list);
        else if (ids == call_get(call, kind->ids))
            return call_refuse(call, kind->id_fault,
                               "Invalid id: \"" STR_FMT "\" (expecting \"%s-"
                               "...\")",
                               STR_ARG(v->text), kind->id_kind);
    }
    for (unsigned i = 0; ids == NULL && i < n; i++)
        add_thing(call, view, kind, put,
                  default_id(call->region, view->region_name, i), list);
    call->result = result;
    return true;
}

/* ---- subnets ---------------------------------------------------------------------- */

static const struct about subnet_abouts[] = {
    {"subnet-id", "subnetId"},
    {"vpc-id", "vpcId"},
    {"availability-zone", "availabilityZone"},
    {"availabilityZone", "availabilityZone"},
    {"availability-zone-id", "availabilityZoneId"},
    {"availabilityZoneId", "availabilityZoneId"},
    {"cidr-block", "cidrBlock"},
    {"cidr", "cidrBlock"},
    {"cidrBlock", "cidrBlock"},
    {"default-for-az", "defaultForAz"},
    {"defaultForAz", "defaultForAz"},
    {"map-public-ip-on-launch", "mapPublicIpOnLaunch"},
    {"state", "state"},
    {"owner-id", "ownerId"},
    {"subnet-arn", "subnetArn"},
    {NULL, NULL},
};
static const struct kind subnets = {
    .set = "subnetSet",
    .ids = "SubnetId",
    .id_kind = "subnet",
    .id_fault = "InvalidSubnetID.Malformed",
    .abouts = subnet_abouts,
};

static struct str ec2_arn(struct call *call, const struct account_view *view,
                          const char *kind, struct str id)
{
    return region_printf(call->region,
                         "arn:aws:ec2:" STR_FMT ":" STR_FMT ":%s/" STR_FMT,
                         STR_ARG(view->region_name), STR_ARG(view->account_id),
                         kind, STR_ARG(id));
}

static void put_subnet(struct call *call, const struct account_view *view,
                       struct value *thing, struct str id, struct str vpc)
{
    struct region *region = call->region;
    struct network_subnet subnet;

    if (!network_subnet(region, view->region_name, id, &subnet))
        return;
    put_text(region, thing, "subnetId", id);
    put_text(region, thing, "subnetArn", ec2_arn(call, view, "subnet", id));
    put_text(region, thing, "state", STR("available"));
    put_text(region, thing, "vpcId", vpc);
    put_text(region, thing, "cidrBlock", subnet.cidr);
    put_number(region, thing, "availableIpAddressCount", 4091);
    put_text(region, thing, "availabilityZone", subnet.zone);
    put_text(region, thing, "availabilityZoneId", subnet.zone_id);
    put_text(region, thing, "ownerId", view->account_id);
    put_bool(region, thing, "defaultForAz", true);
    put_bool(region, thing, "mapPublicIpOnLaunch", true);
    put_bool(region, thing, "assignIpv6AddressOnCreation", false);
    put_list(region, thing, "ipv6CidrBlockAssociationSet");
}

static struct str default_subnet_id(struct region *region,
                                    struct str region_name, unsigned i)
{
    return network_default_subnet(region, region_name, i).id;
}

static bool describe_subnets(struct call *call, const struct account_view *view)
{
    return describe(call, view, &subnets, "subnet-id", put_subnet,
                    NETWORK_ZONES, default_subnet_id);
}

/* ---- VPCs ------------------------------------------------------------------------- */

static const struct about vpc_abouts[] = {
    {"vpc-id", "vpcId"},
    {"cidr", "cidrBlock"},
    {"state", "state"},
    {"is-default", "isDefault"},
    {"isDefault", "isDefault"},
    {"owner-id", "ownerId"},
    {"cidr-block-association.cidr-block", "cidrBlock"},
    {NULL, NULL},
};
static const struct kind vpcs = {
    .set = "vpcSet",
    .ids = "VpcId",
    .id_kind = "vpc",
    .id_fault = "InvalidVpcID.Malformed",
    .abouts = vpc_abouts,
};

static void put_vpc(struct call *call, const struct account_view *view,
                    struct value *thing, struct str id, struct str vpc)
{
    struct region *region = call->region;
    struct network_vpc own = network_vpc(view->region_name);
    struct value *block;

    (void)vpc;
    put_text(region, thing, "vpcId", id);
    put_text(region, thing, "ownerId", view->account_id);
    put_text(region, thing, "state", STR("available"));
    put_text(region, thing, "cidrBlock", str_of(own.cidr));
    put_text(region, thing, "dhcpOptionsId", STR("default"));
    put_text(region, thing, "instanceTenancy", STR("default"));
    put_bool(region, thing, "isDefault", str_eq(id, str_of(own.id)));
    block = add_map(region, put_list(region, thing, "cidrBlockAssociationSet"));
    put_text(region, block, "cidrBlock", str_of(own.cidr));
    put_text(region, put_map(region, block, "cidrBlockState"), "state",
             STR("associated"));
}

static struct str default_vpc_id(struct region *region, struct str region_name,
                                 unsigned i)
{
    struct network_vpc vpc = network_vpc(region_name);

    (void)i;
    return region_copy(region, str_of(vpc.id));
}

static bool describe_vpcs(struct call *call, const struct account_view *view)
{
    return describe(call, view, &vpcs, "vpc-id", put_vpc, 1, default_vpc_id);
}

/* ---- security groups -------------------------------------------------------------- */

static const struct about security_group_abouts[] = {
    {"group-id", "groupId"},
    {"group-name", "groupName"},
    {"vpc-id", "vpcId"},
    {"owner-id", "ownerId"},
    {"description", "groupDescription"},
    {NULL, NULL},
};
static const struct kind security_groups = {
    .set = "securityGroupInfo",
    .ids = "GroupId",
    .id_kind = "sg",
    .id_fault = "InvalidGroupId.Malformed",
    .abouts = security_group_abouts,
};

static void put_security_group(struct call *call,
                               const struct account_view *view,
                               struct value *thing, struct str id,
                               struct str vpc)
{
    struct region *region = call->region;
    struct network_vpc own = network_vpc(view->region_name);
    bool is_default = str_eq(id, str_of(own.security_group));

    put_text(region, thing, "groupId", id);
    put_text(region, thing, "groupName", is_default ? STR("default") : id);
    put_text(region, thing, "groupDescription",
             is_default ? STR("default VPC security group")
                        : STR("known by its id alone"));
    put_text(region, thing, "securityGroupArn",
             ec2_arn(call, view, "security-group", id));
    put_text(region, thing, "vpcId", vpc);
    put_text(region, thing, "ownerId", view->account_id);
    put_list(region, thing, "ipPermissions");
    put_list(region, thing, "ipPermissionsEgress");
}

static struct str default_security_group_id(struct region *region,
                                            struct str region_name, unsigned i)
{
    struct network_vpc vpc = network_vpc(region_name);

    (void)i;
    return region_copy(region, str_of(vpc.security_group));
}

static bool describe_security_groups(struct call *call,
                                     const struct account_view *view)
{
    const struct value *names = call_get(call, "GroupName");

    for (const struct value *v = names ? names->first : NULL; v; v = v->next) {
        if (!str_eq(v->text, STR("default")))
            return call_refuse(call, "InvalidGroup.NotFound",
                               "The security group '" STR_FMT
                               "' does not exist",
                               STR_ARG(v->text));
    }
    return describe(call, view, &security_groups, "group-id",
                    put_security_group, 1, default_security_group_id);
}

/* ---- Availability Zones ------------------------------------------------------------ */

static const struct about zone_abouts[] = {
    {"zone-name", "zoneName"},
    {"zone-id", "zoneId"},
    {"region-name", "regionName"},
    {"state", "zoneState"},
    {"group-name", "groupName"},
    {"zone-type", "zoneType"},
    {"opt-in-status", "optInStatus"},
    {"message", NULL},
    {"parent-zone-name", NULL},
    {"parent-zone-id", NULL},
    {"network-border-group", "networkBorderGroup"},
    {NULL, NULL},
};
static const struct kind zones = {.abouts = zone_abouts};

static void put_zone(struct call *call, const struct account_view *view,
                     struct value *thing, unsigned i)
{
    struct region *region = call->region;
    struct network_subnet subnet =
        network_default_subnet(region, view->region_name, i);

    put_text(region, thing, "zoneName", subnet.zone);
    put_text(region, thing, "zoneId", subnet.zone_id);
    put_text(region, thing, "zoneState", STR("available"));
    put_text(region, thing, "regionName", view->region_name);
    put_text(region, thing, "groupName", view->region_name);
    put_text(region, thing, "networkBorderGroup", view->region_name);
    put_text(region, thing, "zoneType", STR("availability-zone"));
    put_text(region, thing, "optInStatus", STR("opt-in-not-required"));
    put_list(region, thing, "messageSet");
}

/* Whether the thing's text is in the list, or there is no list. */
static bool listed(const struct call *call, const char *member,
                   const struct value *thing, const char *key)
{
    const struct value *list = call_get(call, member);

    if (list == NULL || list->first == NULL)
        return true;
    for (const struct value *v = list->first; v; v = v->next) {
        if (str_eq(v->text, member_text(thing, key)))
            return true;
    }
    return false;
}

static bool describe_zones(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "availabilityZoneInfo");

    if (!check_filters(call, &zones))
        return false;
    for (unsigned i = 0; i < NETWORK_ZONES; i++) {
        struct value *thing = make_map(call->region);

        put_zone(call, view, thing, i);
        if (listed(call, "ZoneName", thing, "zoneName") &&
            listed(call, "ZoneId", thing, "zoneId") &&
            passes(&zones, thing, call_get(call, "Filter")))
            value_append(list, thing);
    }
    call->result = result;
    return true;
}

/* ---- what is left of balancers, and the account ----------------------------------- */

/* Balancers have no network interfaces: whoever waits until those of one that
 * was deleted are gone need not wait. */
static bool describe_interfaces(struct call *call,
                                const struct account_view *view)
{
    const struct value *ids = call_get(call, "NetworkInterfaceId");
    struct value *result = make_map(call->region);

    (void)view;
    if (ids && ids->first)
        return call_refuse(call, "InvalidNetworkInterfaceID.NotFound",
                           "The networkInterface ID '" STR_FMT
                           "' does not exist",
                           STR_ARG(ids->first->text));
    put_list(call->region, result, "networkInterfaceSet");
    call->result = result;
    return true;
}

static bool describe_account(struct call *call, const struct account_view *view)
{
    struct network_vpc vpc = network_vpc(view->region_name);
    const struct {
        const char *name;
        const char *value;
    } rows[] = {{"supported-platforms", "VPC"}, {"default-vpc", vpc.id}};
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "accountAttributeSet");

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct value *thing = make_map(call->region);
        struct value *values;

        put_text(call->region, thing, "attributeName", str_of(rows[i].name));
        values = put_list(call->region, thing, "attributeValueSet");
        put_text(call->region, add_map(call->region, values), "attributeValue",
                 str_of(rows[i].value));
        if (listed(call, "AttributeName", thing, "attributeName"))
            value_append(list, thing);
    }
    call->result = result;
    return true;
}

static const struct action actions[] = {
    {.name = "DescribeAccountAttributes",
     .input = &attribute_shape,
     .answer = describe_account},
    {.name = "DescribeAvailabilityZones",
     .input = &zone_shape,
     .answer = describe_zones},
    {.name = "DescribeNetworkInterfaces",
     .input = &interface_shape,
     .answer = describe_interfaces},
    {.name = "DescribeSecurityGroups",
     .input = &security_group_shape,
     .answer = describe_security_groups},
    {.name = "DescribeSubnets",
     .input = &subnet_shape,
     .answer = describe_subnets},
    {.name = "DescribeVpcs", .input = &vpc_shape, .answer = describe_vpcs},
};

const struct action_table ec2_actions = ACTION_TABLE(actions);
