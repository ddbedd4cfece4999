/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::ECS::Service: the target groups that its tasks are registered with.
 * The rest of it is nobody's business here.
 */
#include "model/read_discovery.h"

struct input {
    const struct value *value;
    struct field cluster;
    struct field name;
    struct field load_balancers;
};

/* Its Metadata.Sluice. */
struct sluice_input {
    const struct value *value;
    struct field cluster;
    struct field service;
    struct field interval;
};

struct balancer_input {
    const struct value *value;
    struct field group;
    struct field container;
    struct field port;
    struct field advanced;
};

struct advanced_input {
    const struct value *value;
    struct field alternate;
};

static const struct property advanced_properties[] = {
    {.name = "AlternateTargetGroupArn",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct advanced_input, alternate),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "!Ref Green"},
    {.name = "ProductionListenerRule", .kind = PROPERTY_IGNORED},
    {.name = "TestListenerRule", .kind = PROPERTY_IGNORED},
    {.name = "RoleArn", .kind = PROPERTY_IGNORED},
};

static const struct schema advanced_schema =
    SCHEMA(advanced_properties, struct advanced_input);

static const struct property balancer_properties[] = {
    {.name = "TargetGroupArn",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct balancer_input, group),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "!Ref TargetGroup"},
    {.name = "ContainerName",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct balancer_input, container),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "web"},
    {.name = "ContainerPort",
     .kind = PROPERTY_INTEGER,
     .offset = offsetof(struct balancer_input, port),
     .flags = PROPERTY_UNKNOWABLE,
     .max = UINT16_MAX,
     .example = "8080"},
    {.name = "LoadBalancerName", .kind = PROPERTY_IGNORED},
    {.name = "AdvancedConfiguration",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct balancer_input, advanced),
     .flags = PROPERTY_UNKNOWABLE,
     .schema = &advanced_schema},
};

static const struct schema balancer_schema =
    SCHEMA(balancer_properties, struct balancer_input);

static const struct property properties[] = {
    {.name = "Cluster",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct input, cluster),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "production"},
    {.name = "ServiceName",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct input, name),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "web"},
    {.name = "LoadBalancers",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct input, load_balancers),
     .flags = PROPERTY_UNKNOWABLE,
     .schema = &balancer_schema,
     .example = "[{TargetGroupArn: !Ref TargetGroup}]"},
};

static const struct schema schema = {
    .properties = properties,
    .n = sizeof(properties) / sizeof(*properties),
    .size = sizeof(struct input),
    .open = true,
};

static const struct property sluice_properties[] = {
    {.name = "Cluster",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct sluice_input, cluster),
     .min = 1,
     .max = 255,
     .example = "production"},
    {.name = "Service",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct sluice_input, service),
     .min = 1,
     .max = 512,
     .example = "web"},
    {.name = "Interval",
     .kind = PROPERTY_INTEGER,
     .offset = offsetof(struct sluice_input, interval),
     .min = DISCOVERY_INTERVAL_MIN_S,
     .max = DISCOVERY_INTERVAL_MAX_S,
     .example = "15"},
};

static const struct schema sluice_schema = {
    .properties = sluice_properties,
    .n = sizeof(sluice_properties) / sizeof(*sluice_properties),
    .size = sizeof(struct sluice_input),
    .own = true,
};

/* The service as ECS knows it. */
struct named {
    struct str cluster;
    struct str service;   /* n == 0: only AWS knows it */
    uint32_t interval_ms; /* 0: none was given */
};

/* A target group of another stack is none of ours. */
static struct config_group *find_group(struct build *build,
                                       const struct resource *resource,
                                       const struct field *field)
{
    if (!field->ok || !known_has(build, field->text))
        return NULL;
    return known_find(build, resource, KNOWN_TARGET_GROUP, field,
                      "TargetGroupArn");
}

static void follow(struct build *build, struct config_group *group,
                   const struct config_group *other, bool first,
                   const struct balancer_input *input,
                   const struct named *named)
{
    const struct discovery_ecs ecs = {
        .cluster = named->cluster,
        .service = named->service,
        .container = input->container.ok ? input->container.text : STR(""),
        .port = input->port.ok ? (uint16_t)input->port.number : 0,
        .other = other ? other->arn : STR(""),
        .first = first,
    };

    if (build->local->follow_services && named->service.n)
        discovery_follow(build, group, &input->value->place, &ecs,
                         named->interval_ms);
}

static void read_balancer(struct build *build, const struct resource *resource,
                          const struct balancer_input *input,
                          const struct named *named,
                          struct config_service *service)
{
    const struct advanced_input *advanced = input->advanced.items;
    struct config_group *group = find_group(build, resource, &input->group);
    struct config_group *green = NULL;

    if (group == NULL)
        return;
    service->groups[service->ngroups++] = group;
    if (input->advanced.ok)
        green = find_group(build, resource, &advanced->alternate);
    if (service->green == NULL)
        service->green = green;
    follow(build, group, green, true, input, named);
    if (green)
        follow(build, green, group, false, input, named);
}

/* What Metadata.Sluice says counts, as names that AWS made are not here. */
static struct named find_names(struct build *build,
                               const struct resource *resource,
                               const struct input *input,
                               const struct sluice_input *sluice)
{
    struct named named = {STR("default"), STR(""), 0};

    if (sluice->interval.ok)
        named.interval_ms = sluice->interval.number * 1000;
    if (sluice->cluster.ok)
        named.cluster = sluice->cluster.text;
    else if (input->cluster.ok)
        named.cluster = input->cluster.text;
    if (sluice->service.ok)
        named.service = sluice->service.text;
    else if (input->name.ok)
        named.service = input->name.text;
    if (input->cluster.value && !input->cluster.ok && !sluice->cluster.ok)
        named.service = STR("");
    if (named.service.n == 0 && build->local->follow_services &&
        input->load_balancers.n)
        resource_warning(resource, resource_place(resource),
                         "--discover ecs: only AWS knows the names of this "
                         "service and its cluster, so it is not followed\n"
                         "add Metadata: {Sluice: {Cluster: NAME, Service: "
                         "NAME}}");
    return named;
}

void read_service(struct build *build, const struct resource *resource)
{
    struct config *config = build->config;
    struct region *region = &config->region;
    struct config_service *service = region_take(region, sizeof(*service));
    struct input input = {.value = NULL};
    struct sluice_input sluice = {.value = NULL};
    const struct balancer_input *balancers;
    struct named named;

    schema_read(resource, &schema, NULL, resource->properties, &input);
    schema_read(resource, &sluice_schema, "Metadata.Sluice", resource->sluice,
                &sluice);
    named = find_names(build, resource, &input, &sluice);
    balancers = input.load_balancers.items;
    service->id = keep(build, resource->id);
    service->path = keep(build, resource->cdk_path);
    service->groups =
        region_take(region, (input.load_balancers.n + 1) * sizeof(void *));
    for (unsigned i = 0; i < input.load_balancers.n; i++)
        read_balancer(build, resource, &balancers[i], &named, service);
    config->services[config->nservices++] = service;
}
