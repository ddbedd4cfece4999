/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::ElasticLoadBalancingV2::TargetGroup (alb.md 3.1).
 */
#include "model/attributes.h"
#include "model/read.h"
#include "model/read_discovery.h"
#include "model/words.h"

struct input {
    const struct value *value;
    struct field name;
    struct field port;
    struct field protocol;
    struct field version;
    struct field type;
    struct field vpc;
    struct field ip_address_type;
    struct health_input health;
    struct field targets;
    struct field attributes;
    struct field control_port;
};

/* Its Metadata.Sluice. */
struct sluice_input {
    const struct value *value;
    struct identity_input identity;
    struct field addresses;
    struct field registered;
    struct field deregistered;
    struct field found;
    struct field discovery;
    struct target_tls_input tls;
    struct field source;
};

enum { TYPE_ALB = TARGET_TYPE_LAMBDA + 1 };

static const char *const target_types[] = {
    [TARGET_TYPE_INSTANCE] = "instance",
    [TARGET_TYPE_IP] = "ip",
    [TARGET_TYPE_LAMBDA] = "lambda",
    [TYPE_ALB] = "alb",
    [TYPE_ALB + 1] = NULL,
};
static const char *const ip_address_types[] = {"ipv4", "ipv6", NULL};

#define AT(member) offsetof(struct input, member)
#define HEALTH(member) offsetof(struct input, health.member)

static const struct property properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = AT(name),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "blue"},
    {.name = "Port",
     .kind = PROPERTY_INTEGER,
     .offset = AT(port),
     .min = 1,
     .max = UINT16_MAX,
     .example = "80"},
    {.name = "Protocol",
     .kind = PROPERTY_STRING,
     .offset = AT(protocol),
     .example = "HTTP"},
    {.name = "ProtocolVersion",
     .kind = PROPERTY_WORD,
     .offset = AT(version),
     .words = protocol_version_words,
     .example = "HTTP1"},
    {.name = "TargetType",
     .kind = PROPERTY_WORD,
     .offset = AT(type),
     .words = target_types,
     .example = "ip"},
    {.name = "VpcId", .kind = PROPERTY_RAW, .offset = AT(vpc)},
    {.name = "IpAddressType",
     .kind = PROPERTY_WORD,
     .offset = AT(ip_address_type),
     .words = ip_address_types,
     .example = "ipv4"},
    {.name = "HealthCheckEnabled",
     .kind = PROPERTY_BOOL,
     .offset = HEALTH(enabled)},
    {.name = "HealthCheckProtocol",
     .kind = PROPERTY_STRING,
     .offset = HEALTH(protocol),
     .example = "HTTP"},
    {.name = "HealthCheckPort",
     .kind = PROPERTY_STRING,
     .offset = HEALTH(port),
     .example = "traffic-port"},
    {.name = "HealthCheckPath",
     .kind = PROPERTY_STRING,
     .offset = HEALTH(path),
     .min = 1,
     .max = 1024,
     .example = "/health"},
    {.name = "HealthCheckIntervalSeconds",
     .kind = PROPERTY_INTEGER,
     .offset = HEALTH(interval),
     .min = 5,
     .max = 300,
     .example = "30"},
    {.name = "HealthCheckTimeoutSeconds",
     .kind = PROPERTY_INTEGER,
     .offset = HEALTH(timeout),
     .min = 2,
     .max = 120,
     .example = "5"},
    {.name = "HealthyThresholdCount",
     .kind = PROPERTY_INTEGER,
     .offset = HEALTH(healthy),
     .min = 2,
     .max = 10,
     .example = "5"},
    {.name = "UnhealthyThresholdCount",
     .kind = PROPERTY_INTEGER,
     .offset = HEALTH(unhealthy),
     .min = 2,
     .max = 10,
     .example = "2"},
    {.name = "Matcher",
     .kind = PROPERTY_STRUCT,
     .offset = HEALTH(matcher),
     .schema = &matcher_schema,
     .example = "{HttpCode: \"200\"}"},
    {.name = "Targets",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(targets),
     .schema = &target_schema,
     .example = "[{Id: 127.0.0.1, Port: 3000}]"},
    {.name = "TargetGroupAttributes",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(attributes),
     .schema = &attribute_schema},
    {.name = "TargetControlPort",
     .kind = PROPERTY_INTEGER,
     .offset = AT(control_port),
     .min = 1,
     .max = UINT16_MAX,
     .example = "3000"},
    {.name = "Tags", .kind = PROPERTY_IGNORED},
};

static const struct schema schema = SCHEMA(properties, struct input);

#define SLUICE(member) offsetof(struct sluice_input, member)

static const struct property sluice_properties[] = {
    {.name = "Addresses", .kind = PROPERTY_RAW, .offset = SLUICE(addresses)},
    {.name = "Registered",
     .kind = PROPERTY_STRINGS,
     .offset = SLUICE(registered),
     .example = "[127.0.0.1:3000]"},
    {.name = "Deregistered",
     .kind = PROPERTY_STRINGS,
     .offset = SLUICE(deregistered),
     .example = "[127.0.0.1:3000]"},
    {.name = "Found",
     .kind = PROPERTY_STRINGS,
     .offset = SLUICE(found),
     .example = "[10.0.0.1:3000]"},
    {.name = "Discovery",
     .kind = PROPERTY_STRUCT,
     .offset = SLUICE(discovery),
     .schema = &discovery_schema,
     .example = "{Dns: {Name: web.internal}}"},
    {.name = "ValidateCertificate",
     .kind = PROPERTY_BOOL,
     .offset = SLUICE(tls.validate)},
    {.name = "CertificateAuthorities",
     .kind = PROPERTY_STRING,
     .offset = SLUICE(tls.authorities),
     .min = 1,
     .example = "ca.pem"},
    {.name = "ServerName",
     .kind = PROPERTY_STRING,
     .offset = SLUICE(tls.server_name),
     .min = 1,
     .max = 253,
     .example = "api.example.com"},
    {.name = "SourceAddress",
     .kind = PROPERTY_STRING,
     .offset = SLUICE(source),
     .example = "10.0.0.5"},
    IDENTITY_PROPERTIES(struct sluice_input, identity),
};

static const struct schema sluice_schema = {
    .properties = sluice_properties,
    .n = sizeof(sluice_properties) / sizeof(*sluice_properties),
    .size = sizeof(struct sluice_input),
    .own = true,
};

/* False when it is none that targets could be checked by. */
static bool read_type(const struct resource *resource,
                      const struct field *field, enum target_type *type)
{
    *type = TARGET_TYPE_INSTANCE;
    if (field->value == NULL)
        return true;
    if (!field->ok)
        return false;
    if (field->number == TYPE_ALB) {
        resource_error(resource, field_place(field),
                       "TargetType alb is for network load balancers in front "
                       "of an application load balancer\n"
                       "write TargetType: ip, instance or lambda");
        return false;
    }
    *type = (enum target_type)field->number;
    return true;
}

static enum protocol read_group_protocol(const struct resource *resource,
                                         const struct field *field)
{
    return read_protocol(
        resource, field, "Protocol", is_foreign_protocol,
        "is for target groups of network and gateway load balancers\n"
        "write Protocol: HTTP or HTTPS");
}

/* Port and Protocol, which all but Lambda groups have. */
static void check_given(const struct resource *resource,
                        const struct input *input, enum target_type type)
{
    const struct field *fields[] = {&input->port, &input->protocol,
                                    &input->version, &input->vpc};
    static const char *const missing[] = {
        "Port is missing: a group of instances or addresses has the port of "
        "its targets\nadd Port: 80",
        "Protocol is missing: a group of instances or addresses has one\n"
        "add Protocol: HTTP"};
    static const char *const names[] = {"Port", "Protocol", "ProtocolVersion",
                                        "VpcId"};

    for (unsigned i = 0; i < 4; i++) {
        if (type == TARGET_TYPE_LAMBDA && fields[i]->value)
            resource_error(resource, &fields[i]->value->key_place,
                           "a group of TargetType lambda has no %s\nleave it "
                           "out",
                           names[i]);
        else if (type != TARGET_TYPE_LAMBDA && i < 2 &&
                 fields[i]->value == NULL)
            resource_error(resource, resource_place(resource), "%s",
                           missing[i]);
    }
}

static void read_attribute(struct build *build, const struct resource *resource,
                           const struct attribute_input *input, void *owner)
{
    attribute_read(OWNER_TARGET_GROUP, owner, input->key.text,
                   field_place(&input->key), input->text.text,
                   field_place(&input->text), resource->name,
                   &build->config->region, build->report);
}

static void read_names(struct build *build, const struct resource *resource,
                       const struct field *given,
                       const struct identity_input *identity,
                       struct config_group *group)
{
    struct region *region = &build->config->region;
    struct str name = read_name(build, resource, given, &build->group_names);
    struct str id =
        read_identity(build, resource, identity, &group->created_ms);

    group->id = keep(build, resource->id);
    group->place = keep_place(build, resource_place(resource));
    group->name = arn_name(region, name, group->id);
    group->arn = arn_target_group(region, &build->scope, group->name, id);
    group->full_name = arn_full_name(group->arn);
    known_add(build, KNOWN_TARGET_GROUP, group->arn, group->id, group);
}

static void read_source(const struct resource *resource,
                        const struct field *field, struct config_group *group)
{
    struct str text = field->ok ? shown(field->text) : STR("");
    const char *what = "is no IP address";

    if (!field->ok)
        return;
    if (address_parse_ip(field->text, &group->source)) {
        if (!address_is_any(&group->source))
            return; /* else the system would choose */
        what = "stands for every address";
    }
    group->source = (struct address){.family = 0};
    resource_error(resource, field_place(field),
                   "Metadata.Sluice.SourceAddress \"" STR_FMT "\" %s\n"
                   "write one that this machine has, such as 10.0.0.5",
                   STR_ARG(text), what);
}

static void read_sluice(struct build *build, const struct resource *resource,
                        const struct sluice_input *input,
                        struct config_group *group)
{
    build->group_hints[group->index] = (struct local_group_hint){
        .addresses = input->addresses.value,
        .cdk_path = resource->cdk_path,
        .registered = input->registered.value,
        .deregistered = input->deregistered.value,
        .found = input->found.value,
    };
    read_discovery(build, resource, &input->discovery, group);
    read_target_tls(build, resource, &input->tls, group);
    read_source(resource, &input->source, group);
}

void read_target_group(struct build *build, const struct resource *resource)
{
    struct config *config = build->config;
    struct config_group *group = region_take(&config->region, sizeof(*group));
    struct input input = {.value = NULL};
    struct sluice_input sluice = {.value = NULL};
    bool known_type;

    schema_read(resource, &schema, NULL, resource->properties, &input);
    schema_read(resource, &sluice_schema, "Metadata.Sluice", resource->sluice,
                &sluice);
    group->index = config->ngroups;
    config->groups[config->ngroups++] = group;
    read_names(build, resource, &input.name, &sluice.identity, group);
    known_type = read_type(resource, &input.type, &group->type);
    group->protocol = read_group_protocol(resource, &input.protocol);
    group->version = input.version.ok
                         ? (enum protocol_version)input.version.number
                         : VERSION_HTTP1;
    group->ip_address_type =
        input.ip_address_type.ok && input.ip_address_type.number ? IP_TYPE_IPV6
                                                                 : IP_TYPE_IPV4;
    group->port = (uint16_t)input.port.number;
    check_given(resource, &input, group->type);
    read_health(build, resource, &input.health, group);
    attributes_init(OWNER_TARGET_GROUP, group);
    if (known_type)
        read_targets(build, resource, &input.targets, group);
    read_attributes(build, resource, &input.attributes, "TargetGroupAttributes",
                    read_attribute, group);
    attributes_check_group(group, build->report);
    read_sluice(build, resource, &sluice, group);
}
