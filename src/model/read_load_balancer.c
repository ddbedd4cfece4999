/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attributes.h"
#include "model/read_vpc.h"

/* AWS::ElasticLoadBalancingV2::LoadBalancer. */
struct input {
    const struct value *value;
    struct field name;
    struct field type;
    struct field scheme;
    struct field ip_address_type;
    struct field attributes;
};

/* Its Metadata.Sluice. */
struct sluice_input {
    const struct value *value;
    struct identity_input identity;
    struct field bind;
    struct field enforce;
    struct field logs[LOG_KINDS];
    struct field metrics;
};

static const char *const balancer_types[] = {"application", "network",
                                             "gateway", NULL};
static const char *const schemes[] = {"internet-facing", "internal", NULL};
static const char *const ip_address_types[] = {
    "ipv4", "dualstack", "dualstack-without-public-ipv4", NULL};

#define AT(member) offsetof(struct input, member)

static const struct property properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = AT(name),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "web"},
    {.name = "Type",
     .kind = PROPERTY_WORD,
     .offset = AT(type),
     .words = balancer_types},
    {.name = "Scheme",
     .kind = PROPERTY_WORD,
     .offset = AT(scheme),
     .words = schemes,
     .example = "internet-facing"},
    {.name = "IpAddressType",
     .kind = PROPERTY_WORD,
     .offset = AT(ip_address_type),
     .words = ip_address_types,
     .example = "ipv4"},
    {.name = "LoadBalancerAttributes",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(attributes),
     .schema = &attribute_schema},
    {.name = "Subnets", .kind = PROPERTY_IGNORED},
    {.name = "SubnetMappings", .kind = PROPERTY_IGNORED},
    {.name = "SecurityGroups", .kind = PROPERTY_IGNORED},
    {.name = "MinimumLoadBalancerCapacity", .kind = PROPERTY_IGNORED},
    {.name = "Ipv4IpamPoolId", .kind = PROPERTY_IGNORED},
    {.name = "EnablePrefixForIpv6SourceNat", .kind = PROPERTY_IGNORED},
    {.name = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
     .kind = PROPERTY_IGNORED},
    {.name = "EnableCapacityReservationProvisionStabilize",
     .kind = PROPERTY_IGNORED},
    {.name = "Tags", .kind = PROPERTY_IGNORED},
};

static const struct schema schema = SCHEMA(properties, struct input);

#define SLUICE(member) offsetof(struct sluice_input, member)

static const struct property sluice_properties[] = {
    {.name = "Bind", .kind = PROPERTY_RAW, .offset = SLUICE(bind)},
    {.name = "EnforceSecurityGroups",
     .kind = PROPERTY_BOOL,
     .offset = SLUICE(enforce),
     .example = "true"},
    {.name = "AccessLog",
     .kind = PROPERTY_STRING,
     .offset = SLUICE(logs[ACCESS_LOG]),
     .min = 1,
     .example = "access.log"},
    {.name = "ConnectionLog",
     .kind = PROPERTY_STRING,
     .offset = SLUICE(logs[CONNECTION_LOG]),
     .min = 1,
     .example = "connection.log"},
    {.name = "HealthCheckLog",
     .kind = PROPERTY_STRING,
     .offset = SLUICE(logs[HEALTH_CHECK_LOG]),
     .min = 1,
     .example = "health-check.log"},
    {.name = "Metrics",
     .kind = PROPERTY_STRUCT,
     .offset = SLUICE(metrics),
     .schema = &metrics_schema},
    /* What the API keeps, as CloudFormation has no property for it. */
    {.name = "CustomerOwnedIpv4Pool", .kind = PROPERTY_IGNORED},
    {.name = "CapacityReservation", .kind = PROPERTY_IGNORED},
    IDENTITY_PROPERTIES(struct sluice_input, identity),
};

static const struct schema sluice_schema = {
    .properties = sluice_properties,
    .n = sizeof(sluice_properties) / sizeof(*sluice_properties),
    .size = sizeof(struct sluice_input),
    .own = true,
};

/* False when it is a load balancer of another kind. */
static bool check_kind(const struct resource *resource,
                       const struct field *type)
{
    if (!type->ok || type->number == 0)
        return true;
    resource_error(resource, field_place(type),
                   "Type is %s: Sluice is an application load balancer\n"
                   "write Type: application, or keep the %s load balancer in "
                   "another template",
                   balancer_types[type->number], balancer_types[type->number]);
    return false;
}

static void read_attribute(struct build *build, const struct resource *resource,
                           const struct attribute_input *input, void *owner)
{
    attribute_read(OWNER_LOAD_BALANCER, owner, input->key.text,
                   field_place(&input->key), input->text.text,
                   field_place(&input->text), resource->name,
                   &build->config->region, build->report);
}

static void read_sluice(struct build *build, const struct resource *resource,
                        const struct sluice_input *input,
                        struct config_load_balancer *lb)
{
    read_metrics(build, resource, &input->metrics, &lb->metrics);
    build->balancer_hints[lb->index].bind = input->bind.value;
    for (unsigned i = 0; i < LOG_KINDS; i++)
        lb->logs[i] = keep_text(build, &input->logs[i]);
}

static void read_names(struct build *build, const struct resource *resource,
                       const struct field *given,
                       const struct identity_input *identity,
                       struct config_load_balancer *lb)
{
    struct region *region = &build->config->region;
    struct str name = read_name(build, resource, given, &build->balancer_names);
    struct str id = read_identity(build, resource, identity, &lb->created_ms);

    lb->id = keep(build, resource->id);
    lb->place = keep_place(build, resource_place(resource));
    lb->name = arn_name(region, name, lb->id);
    lb->arn = arn_load_balancer(region, &build->scope, lb->name, id);
    lb->full_name = arn_full_name(lb->arn);
    lb->dns_name = arn_dns_name(region, &build->scope, lb->name, id,
                                lb->scheme == SCHEME_INTERNAL);
}

static void read_attributes_of(struct build *build,
                               const struct resource *resource,
                               const struct field *list,
                               struct config_load_balancer *lb)
{
    attributes_init(OWNER_LOAD_BALANCER, &lb->attributes);
    lb->attributes.deny_all_igw_traffic = lb->scheme == SCHEME_INTERNAL;
    read_attributes(build, resource, list, "LoadBalancerAttributes",
                    read_attribute, &lb->attributes);
}

/* A log's bucket that only AWS can name is there all the same. */
static void check_attributes(struct build *build,
                             const struct resource *resource,
                             const struct field *list,
                             const struct config_load_balancer *lb)
{
    const struct attribute_input *inputs = list->items;

    for (unsigned i = 0; i < list->n; i++) {
        if (inputs[i].text.value && inputs[i].text.value->kind == VALUE_UNKNOWN)
            return;
    }
    attributes_check_load_balancer(&lb->attributes, resource_place(resource),
                                   resource->name, build->report);
}

void read_load_balancer(struct build *build, const struct resource *resource)
{
    struct config *config = build->config;
    struct config_load_balancer *lb = region_take(&config->region, sizeof(*lb));
    struct input input = {.value = NULL};
    struct sluice_input sluice = {.value = NULL};
    bool ours;

    schema_read(resource, &schema, NULL, resource->properties, &input);
    schema_read(resource, &sluice_schema, "Metadata.Sluice", resource->sluice,
                &sluice);
    lb->scheme = input.scheme.ok ? (enum scheme)input.scheme.number
                                 : SCHEME_INTERNET_FACING;
    lb->ip_address_type =
        input.ip_address_type.ok
            ? (enum ip_address_type)input.ip_address_type.number
            : IP_TYPE_IPV4;
    lb->index = config->nload_balancers;
    read_names(build, resource, &input.name, &sluice.identity, lb);
    ours = check_kind(resource, &input.type);
    known_add(build, KNOWN_LOAD_BALANCER, lb->arn, lb->id, ours ? lb : NULL);
    if (!ours)
        return;
    config->load_balancers[config->nload_balancers++] = lb;
    read_attributes_of(build, resource, &input.attributes, lb);
    check_attributes(build, resource, &input.attributes, lb);
    read_sluice(build, resource, &sluice, lb);
    read_vpc_of(build, resource, lb,
                sluice.enforce.ok ? sluice.enforce.number != 0
                                  : build->local->enforce_security_groups);
}
