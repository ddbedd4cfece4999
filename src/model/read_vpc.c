/* SPDX-License-Identifier: Apache-2.0 */
#include "model/read_vpc.h"

#include "model/vpc.h"

enum { TCP = 6, PORT_MAX = 65535 };

/* Properties of a resource that was read, by the id that it has. */
struct thing {
    struct thing *next;
    const struct resource *resource;
    struct str id; /* of an ingress: n == 0 */
    bool wrong;    /* errors of a group are told: others may have it, too */
};

struct user {
    struct user *next;
    const struct resource *resource;
    struct config_load_balancer *lb;
    bool enforced;
};

struct vpc_build {
    struct thing *groups;
    struct thing *ingresses;
    struct thing *subnets;
    struct user *users;
};

static struct vpc_build *vpc_of(struct build *build)
{
    if (build->vpc == NULL)
        build->vpc = region_take(&build->region, sizeof(*build->vpc));
    return build->vpc;
}

static void add(struct build *build, struct thing **list,
                const struct resource *resource, const char *kind)
{
    struct thing *made = region_take(&build->region, sizeof(*made));

    made->resource = resource;
    if (kind)
        made->id =
            arn_vpc_id(&build->region, &build->scope, kind, resource->id);
    made->next = *list;
    *list = made;
}

void read_security_group(struct build *build, const struct resource *resource)
{
    add(build, &vpc_of(build)->groups, resource, "sg");
}

void read_ingress(struct build *build, const struct resource *resource)
{
    add(build, &vpc_of(build)->ingresses, resource, NULL);
}

void read_subnet(struct build *build, const struct resource *resource)
{
    add(build, &vpc_of(build)->subnets, resource, "subnet");
}

void read_vpc_of(struct build *build, const struct resource *resource,
                 struct config_load_balancer *lb, bool enforced)
{
    struct vpc_build *vpc = vpc_of(build);
    struct user *user = region_take(&build->region, sizeof(*user));

    *user = (struct user){vpc->users, resource, lb, enforced};
    vpc->users = user;
}

/* ---- values ------------------------------------------------------------------ */

static const struct value *property(const struct value *map, const char *name)
{
    const struct value *v = map ? value_get(map, str_of(name)) : NULL;

    return v && v->kind != VALUE_NULL ? v : NULL;
}

/* A text that is known; n == 0: there is none. */
static struct str text_of(const struct value *map, const char *name)
{
    const struct value *v = property(map, name);

    return v && value_is_scalar(v) ? v->text : STR("");
}

static const struct value *first_of(const struct value *list)
{
    return list && list->kind == VALUE_LIST ? list->first : NULL;
}

/* ---- one rule ---------------------------------------------------------------- */

/* Rules of one load balancer while they are gathered. */
struct gathering {
    struct build *build;
    const struct resource *resource; /* the load balancer's */
    struct config_security *security;
    unsigned room;
    bool full; /* it was said */
};

struct rule_input {
    const struct value *value;
    struct field looked_at; /* by its name, in value */
};

#define RAW(name_, flags_, example_)                                           \
    {                                                                          \
        .name = (name_), .kind = PROPERTY_RAW, .flags = (flags_),              \
        .example = (example_),                                                 \
        .offset = offsetof(struct rule_input, looked_at)                       \
    }
#define IGNORED(name_)                                                         \
    {                                                                          \
        .name = (name_), .kind = PROPERTY_IGNORED                              \
    }

/* Those of a rule that stands for itself, then what only one in a group is
 * spared. */
static const struct property rule_properties[] = {
    RAW("IpProtocol", PROPERTY_REQUIRED, "tcp"),
    IGNORED("FromPort"),
    IGNORED("ToPort"),
    IGNORED("CidrIp"),
    IGNORED("CidrIpv6"),
    IGNORED("SourcePrefixListId"),
    IGNORED("SourceSecurityGroupId"),
    IGNORED("SourceSecurityGroupName"),
    IGNORED("SourceSecurityGroupOwnerId"),
    IGNORED("Description"),
    IGNORED("GroupId"),
    IGNORED("GroupName"),
};

static const struct schema ingress_schema =
    SCHEMA(rule_properties, struct rule_input);

static const struct schema rule_schema = {
    .properties = rule_properties,
    .n = sizeof(rule_properties) / sizeof(*rule_properties) - 2,
    .size = sizeof(struct rule_input),
};

struct group_input {
    const struct value *value;
    struct field rules;
};

static const struct property group_properties[] = {
    {.name = "SecurityGroupIngress",
     .kind = PROPERTY_STRUCTS,
     .schema = &rule_schema,
     .offset = offsetof(struct group_input, rules)},
};

static const struct schema group_schema = {
    .properties = group_properties,
    .n = 1,
    .size = sizeof(struct group_input),
    .open = true,
};

static bool is_tcp(struct str protocol)
{
    return str_ieq(protocol, STR("tcp")) || str_eq(protocol, STR("6"));
}

static bool is_all(struct str protocol)
{
    return str_eq(protocol, STR("-1")) || str_ieq(protocol, STR("all"));
}

/* One of others than TCP is known, and nobody's business; false with an error:
 * AWS has none of that name. */
static bool check_protocol(const struct resource *of, const struct value *rule)
{
    static const char *const names[] = {"tcp", "udp", "icmp", "icmpv6",
                                        "-1",  "all", NULL};
    const struct value *v = property(rule, "IpProtocol");
    struct str text = text_of(rule, "IpProtocol");
    uint64_t number;

    if (v == NULL || !value_is_scalar(v)) {
        if (v)
            resource_unknown(of, v, "IpProtocol");
        return false;
    }
    if (str_to_u64(text, UINT8_MAX, &number))
        return true;
    for (unsigned i = 0; names[i]; i++) {
        if (str_ieq(text, str_of(names[i])))
            return true;
    }
    resource_error(of, &v->place, "IpProtocol \"" STR_FMT "\" is no protocol%s",
                   STR_ARG(shown(text)), resource_words(of, text, names));
    return false;
}

/* False with an error: it has no ports that are some. */
static bool read_ports(const struct resource *of, const struct value *rule,
                       struct config_ingress *ingress)
{
    uint64_t from, to;

    if (is_all(text_of(rule, "IpProtocol"))) {
        ingress->from_port = 0;
        ingress->to_port = PORT_MAX;
        return true;
    }
    if (str_to_u64(text_of(rule, "FromPort"), PORT_MAX, &from) &&
        str_to_u64(text_of(rule, "ToPort"), PORT_MAX, &to) && from <= to) {
        ingress->from_port = (uint16_t)from;
        ingress->to_port = (uint16_t)to;
        return true;
    }
    resource_error(of, &rule->place,
                   "a rule of TCP has no FromPort and ToPort that are some\n"
                   "write ports from 0 to 65535, such as FromPort: 80 and "
                   "ToPort: 80");
    return false;
}

static void grow(struct gathering *g)
{
    struct region *region = &g->build->config->region;
    struct config_ingress *grown;

    if (g->security->n < g->room)
        return;
    g->room = g->room ? g->room * 2 : 16;
    grown = region_take(region, g->room * sizeof(*grown));
    if (g->security->n)
        memcpy(grown, g->security->ingress, g->security->n * sizeof(*grown));
    g->security->ingress = grown;
}

static void keep_ingress(struct gathering *g,
                         const struct config_ingress *ingress)
{
    if (g->security->n == VPC_RULES_MAX) {
        if (!g->full)
            resource_error(g->resource, resource_place(g->resource),
                           "its security groups have more than %d rules\n"
                           "write wider blocks of addresses",
                           VPC_RULES_MAX);
        g->full = true;
        return;
    }
    grow(g);
    g->security->ingress[g->security->n++] = *ingress;
}

/* Something that only AWS knows is where the addresses would be. */
static void tell_unknown(struct gathering *g, const struct resource *of,
                         const struct value *v, const char *name)
{
    bool known = value_is_scalar(v);
    struct str text = shown(v->text);

    report_partly(g->build->report, &v->place,
                  "%s: a rule has %s " STR_FMT
                  ", whose addresses only AWS knows: it lets nobody in to %s "
                  "here\nadd a rule with CidrIp for those who shall come in",
                  of->name, name, STR_ARG(known ? text : STR("of elsewhere")),
                  g->resource->name);
}

static void read_range(struct gathering *g, const struct resource *of,
                       const struct value *rule, const char *name,
                       uint8_t family)
{
    const struct value *v = property(rule, name);
    struct config_ingress ingress;

    if (v == NULL)
        return;
    if (!value_is_scalar(v)) {
        tell_unknown(g, of, v, name);
        return;
    }
    if (!cidr_parse(v->text, &ingress.range) ||
        ingress.range.base.family != family) {
        struct str text = shown(v->text);

        resource_error(of, &v->place,
                       "%s \"" STR_FMT "\" is no block of addresses\n"
                       "write %s",
                       name, STR_ARG(text),
                       family == 4 ? "one such as 10.0.0.0/8"
                                   : "one such as 2001:db8::/32");
        return;
    }
    if (read_ports(of, rule, &ingress))
        keep_ingress(g, &ingress);
}

static void read_rule_of(struct gathering *g, const struct resource *of,
                         const struct value *rule)
{
    static const char *const elsewhere[] = {"SourceSecurityGroupId",
                                            "SourceSecurityGroupName",
                                            "SourcePrefixListId"};
    struct str protocol = text_of(rule, "IpProtocol");
    bool from = property(rule, "CidrIp") || property(rule, "CidrIpv6");

    if (!check_protocol(of, rule) || (!is_tcp(protocol) && !is_all(protocol)))
        return; /* UDP, ICMP ... */
    read_range(g, of, rule, "CidrIp", 4);
    read_range(g, of, rule, "CidrIpv6", 6);
    for (unsigned i = 0; i < 3; i++) {
        const struct value *v = property(rule, elsewhere[i]);

        from |= v != NULL;
        if (v)
            tell_unknown(g, of, v, elsewhere[i]);
    }
    if (!from)
        resource_error(of, &rule->place,
                       "a rule does not say who may connect\n"
                       "add CidrIp or CidrIpv6, such as CidrIp: 10.0.0.0/8");
}

/* One that stands for itself. */
static void read_own_rule(struct gathering *g, const struct resource *of)
{
    struct rule_input input = {.value = NULL};

    if (schema_read(of, &ingress_schema, NULL, of->properties, &input))
        read_rule_of(g, of, input.value);
}

/* ---- a security group ---------------------------------------------------------- */

static bool is_of(const struct thing *group, const struct value *ingress)
{
    struct str id = text_of(ingress, "GroupId");
    struct str name = text_of(ingress, "GroupName");

    return (id.n && str_eq(id, group->id)) ||
           (name.n &&
            str_eq(name, text_of(group->resource->properties, "GroupName")));
}

static void gather_group(struct gathering *g, struct thing *group)
{
    const struct report *report = g->build->report;
    unsigned errors = report->errors;
    struct group_input input = {.value = NULL};

    if (group->wrong)
        return;
    if (schema_read(group->resource, &group_schema, NULL,
                    group->resource->properties, &input)) {
        const struct rule_input *rules = input.rules.items;

        for (unsigned i = 0; i < input.rules.n; i++)
            read_rule_of(g, group->resource, rules[i].value);
    }
    for (struct thing *i = g->build->vpc->ingresses; i; i = i->next) {
        if (i->resource->properties && is_of(group, i->resource->properties))
            read_own_rule(g, i->resource);
    }
    group->wrong = report->errors > errors;
}

static struct thing *find(struct thing *list, const struct value *v)
{
    for (; list && value_is_scalar(v); list = list->next) {
        if (str_eq(list->id, v->text))
            return list;
    }
    return NULL;
}

static void read_security(struct build *build, const struct user *user)
{
    const struct value *list =
        property(user->resource->properties, "SecurityGroups");
    struct config_security *security =
        region_take(&build->config->region, sizeof(*security));
    struct gathering g = {build, user->resource, security, 0, false};

    if (first_of(list) == NULL)
        resource_warning(user->resource, resource_place(user->resource),
                         "EnforceSecurityGroups, and no SecurityGroups: "
                         "nobody may connect\n"
                         "name groups of the template in SecurityGroups");
    for (const struct value *v = first_of(list); v; v = v->next) {
        struct thing *group = find(build->vpc->groups, v);
        struct str text = shown(v->text);

        if (group)
            gather_group(&g, group);
        else
            resource_warning(
                user->resource, &v->place,
                "the rules of security group " STR_FMT
                " are not in the template: it lets nobody in "
                "here\ndeclare it as AWS::EC2::SecurityGroup",
                STR_ARG(value_is_scalar(v) ? text : STR("of elsewhere")));
    }
    user->lb->security = security;
}

/* ---- zones --------------------------------------------------------------------- */

/* Subnets, or the SubnetId of each of SubnetMappings. */
static const struct value *subnet_of(const struct value *v)
{
    return v->kind == VALUE_MAP ? property(v, "SubnetId") : v;
}

static bool has_zone(const struct config_load_balancer *lb, struct str zone)
{
    for (unsigned i = 0; i < lb->nzones; i++) {
        if (str_eq(lb->zones[i], zone))
            return true;
    }
    return false;
}

/* One that is not known leaves all unknown. */
static void read_zones(struct build *build, const struct user *user)
{
    const struct value *properties = user->resource->properties;
    const struct value *v = first_of(property(properties, "Subnets"));
    struct config_load_balancer *lb = user->lb;

    if (v == NULL)
        v = first_of(property(properties, "SubnetMappings"));
    lb->zones =
        region_take(&build->config->region, VPC_ZONES_MAX * sizeof(struct str));
    for (; v; v = v->next) {
        const struct value *id = subnet_of(v);
        const struct thing *subnet = id ? find(build->vpc->subnets, id) : NULL;
        struct str zone =
            subnet ? text_of(subnet->resource->properties, "AvailabilityZone")
                   : STR("");

        if (zone.n == 0 || lb->nzones == VPC_ZONES_MAX) {
            lb->nzones = 0;
            return;
        }
        if (!has_zone(lb, zone))
            lb->zones[lb->nzones++] = keep(build, zone);
    }
}

void read_vpc_end(struct build *build)
{
    for (struct user *u = build->vpc ? build->vpc->users : NULL; u;
         u = u->next) {
        read_zones(build, u);
        if (u->enforced)
            read_security(build, u);
    }
}
