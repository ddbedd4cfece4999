/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::ECS::Service: the target groups that its tasks are registered with.
 * The rest of it is nobody's business here.
 */
#include "model/read.h"

struct input {
    const struct value *value;
    struct field load_balancers;
};

struct balancer_input {
    const struct value *value;
    struct field group;
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
    {.name = "ContainerName", .kind = PROPERTY_IGNORED},
    {.name = "ContainerPort", .kind = PROPERTY_IGNORED},
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
    {.name = "LoadBalancers",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct input, load_balancers),
     .flags = PROPERTY_UNKNOWABLE,
     .schema = &balancer_schema,
     .example = "[{TargetGroupArn: !Ref TargetGroup}]"},
};

static const struct schema schema = {
    .properties = properties,
    .n = 1,
    .size = sizeof(struct input),
    .open = true,
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

static void read_balancer(struct build *build, const struct resource *resource,
                          const struct balancer_input *input,
                          struct config_service *service)
{
    const struct advanced_input *advanced = input->advanced.items;
    struct config_group *group = find_group(build, resource, &input->group);

    if (group == NULL)
        return;
    service->groups[service->ngroups++] = group;
    if (input->advanced.ok && service->green == NULL)
        service->green = find_group(build, resource, &advanced->alternate);
}

void read_service(struct build *build, const struct resource *resource)
{
    struct config *config = build->config;
    struct region *region = &config->region;
    struct config_service *service = region_take(region, sizeof(*service));
    struct input input = {.value = NULL};
    const struct balancer_input *balancers;

    schema_read(resource, &schema, NULL, resource->properties, &input);
    refuse_sluice(resource);
    balancers = input.load_balancers.items;
    service->id = keep(build, resource->id);
    service->path = keep(build, resource->cdk_path);
    service->groups =
        region_take(region, (input.load_balancers.n + 1) * sizeof(void *));
    for (unsigned i = 0; i < input.load_balancers.n; i++)
        read_balancer(build, resource, &balancers[i], service);
    config->services[config->nservices++] = service;
}
