/* SPDX-License-Identifier: Apache-2.0 */
#include "model/read_discovery.h"

struct ecs_input {
    const struct value *value;
    struct field cluster;
    struct field service;
    struct field container;
    struct field port;
};

struct cloud_map_input {
    const struct value *value;
    struct field namespace_name;
    struct field service;
    struct field port;
    struct field health;
    struct field parameters;
};

struct dns_input {
    const struct value *value;
    struct field name;
    struct field type;
    struct field port;
    struct field server;
};

struct input {
    const struct value *value;
    struct field ecs;
    struct field cloud_map;
    struct field dns;
    struct field interval;
};

#define ECS(member) offsetof(struct ecs_input, member)
#define MAP(member) offsetof(struct cloud_map_input, member)
#define DNS(member) offsetof(struct dns_input, member)

static const struct property ecs_properties[] = {
    {.name = "Cluster",
     .kind = PROPERTY_STRING,
     .offset = ECS(cluster),
     .min = 1,
     .max = 255,
     .example = "production"},
    {.name = "Service",
     .kind = PROPERTY_STRING,
     .offset = ECS(service),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 512,
     .example = "web"},
    {.name = "Container",
     .kind = PROPERTY_STRING,
     .offset = ECS(container),
     .min = 1,
     .max = 255,
     .example = "web"},
    {.name = "Port",
     .kind = PROPERTY_INTEGER,
     .offset = ECS(port),
     .min = 1,
     .max = UINT16_MAX,
     .example = "8080"},
};

static const struct schema ecs_schema = {
    .properties = ecs_properties,
    .n = sizeof(ecs_properties) / sizeof(*ecs_properties),
    .size = sizeof(struct ecs_input),
    .own = true,
};

static const struct property cloud_map_properties[] = {
    {.name = "Namespace",
     .kind = PROPERTY_STRING,
     .offset = MAP(namespace_name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 1024,
     .example = "internal"},
    {.name = "Service",
     .kind = PROPERTY_STRING,
     .offset = MAP(service),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 255,
     .example = "web"},
    {.name = "Port",
     .kind = PROPERTY_INTEGER,
     .offset = MAP(port),
     .min = 1,
     .max = UINT16_MAX,
     .example = "8080"},
    {.name = "HealthStatus",
     .kind = PROPERTY_WORD,
     .offset = MAP(health),
     .words = instance_health_words,
     .example = "HEALTHY"},
    {.name = "Parameters",
     .kind = PROPERTY_RAW,
     .offset = MAP(parameters),
     .example = "{stage: prod}"},
};

static const struct schema cloud_map_schema = {
    .properties = cloud_map_properties,
    .n = sizeof(cloud_map_properties) / sizeof(*cloud_map_properties),
    .size = sizeof(struct cloud_map_input),
    .own = true,
};

static const struct property dns_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = DNS(name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 253,
     .example = "web.internal"},
    {.name = "Type",
     .kind = PROPERTY_WORD,
     .offset = DNS(type),
     .words = dns_type_words,
     .example = "A"},
    {.name = "Port",
     .kind = PROPERTY_INTEGER,
     .offset = DNS(port),
     .min = 1,
     .max = UINT16_MAX,
     .example = "8080"},
    {.name = "Server",
     .kind = PROPERTY_STRING,
     .offset = DNS(server),
     .min = 1,
     .example = "127.0.0.1:8600"},
};

static const struct schema dns_schema = {
    .properties = dns_properties,
    .n = sizeof(dns_properties) / sizeof(*dns_properties),
    .size = sizeof(struct dns_input),
    .own = true,
};

static const struct property properties[] = {
    {.name = "Ecs",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct input, ecs),
     .schema = &ecs_schema,
     .example = "{Cluster: production, Service: web}"},
    {.name = "CloudMap",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct input, cloud_map),
     .schema = &cloud_map_schema,
     .example = "{Namespace: internal, Service: web}"},
    {.name = "Dns",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct input, dns),
     .schema = &dns_schema,
     .example = "{Name: web.internal}"},
    {.name = "Interval",
     .kind = PROPERTY_INTEGER,
     .offset = offsetof(struct input, interval),
     .min = DISCOVERY_INTERVAL_MIN_S,
     .max = DISCOVERY_INTERVAL_MAX_S,
     .example = "15"},
};

const struct schema discovery_schema = {
    .properties = properties,
    .n = sizeof(properties) / sizeof(*properties),
    .size = sizeof(struct input),
    .own = true,
};

/* ---- the three ---------------------------------------------------------------- */

static uint16_t port_of(const struct field *field)
{
    return field->ok ? (uint16_t)field->number : 0;
}

static void name_ecs(struct region *region, struct discovery_source *source)
{
    const struct discovery_ecs *e = &source->u.ecs;
    struct str name = region_printf(region, "ecs " STR_FMT "/" STR_FMT,
                                    STR_ARG(discovery_name(e->cluster)),
                                    STR_ARG(discovery_name(e->service)));

    if (e->container.n || e->port)
        name = region_printf(region, STR_FMT " " STR_FMT, STR_ARG(name),
                             STR_ARG(e->container));
    if (e->port)
        name = region_printf(region, STR_FMT ":%u", STR_ARG(name), e->port);
    source->name = name;
}

static void read_ecs(struct build *build, const struct ecs_input *input,
                     struct discovery_source *source)
{
    struct discovery_ecs *e = &source->u.ecs;

    source->kind = DISCOVERY_ECS;
    e->cluster = keep_text(build, &input->cluster);
    if (e->cluster.n == 0)
        e->cluster = STR("default");
    e->service = keep_text(build, &input->service);
    e->container = keep_text(build, &input->container);
    e->port = port_of(&input->port);
    e->first = true;
    name_ecs(&build->config->region, source);
}

static const struct value *read_parameters(struct build *build,
                                           const struct resource *resource,
                                           const struct field *field)
{
    const struct value *map = field->ok ? field->value : NULL;

    if (map == NULL)
        return NULL;
    if (map->kind != VALUE_MAP) {
        resource_error(resource, field_place(field),
                       "Metadata.Sluice.Discovery.CloudMap.Parameters is %s\n"
                       "write the attributes that instances must have: "
                       "{stage: prod}",
                       value_kind_name(map->kind));
        return NULL;
    }
    for (const struct value *v = map->first; v; v = v->next) {
        if (!value_is_scalar(v))
            resource_error(resource, &v->place,
                           "parameter \"" STR_FMT "\" of Discovery.CloudMap "
                           "is %s\nwrite a string",
                           STR_ARG(v->key), value_kind_name(v->kind));
    }
    return keep_value(build, map);
}

static void read_cloud_map(struct build *build, const struct resource *resource,
                           const struct cloud_map_input *input,
                           struct discovery_source *source)
{
    struct discovery_cloud_map *m = &source->u.cloud_map;

    source->kind = DISCOVERY_CLOUD_MAP;
    m->namespace_name = keep_text(build, &input->namespace_name);
    m->service = keep_text(build, &input->service);
    m->port = port_of(&input->port);
    m->health = input->health.ok ? (enum instance_health)input->health.number
                                 : INSTANCES_HEALTHY;
    m->parameters = read_parameters(build, resource, &input->parameters);
    source->name = region_printf(
        &build->config->region, "cloudmap " STR_FMT "/" STR_FMT " %s %u",
        STR_ARG(m->namespace_name), STR_ARG(m->service),
        instance_health_words[m->health], m->port);
}

/* As c-ares takes it: letters, digits, "-", "_" and ".". */
static void check_name(const struct resource *resource,
                       const struct field *field)
{
    struct str name = field->ok ? field->text : STR("");
    struct str part = shown(name);
    struct address address;

    if (name.n && address_parse_ip(name, &address))
        resource_error(
            resource, field_place(field),
            "Name \"" STR_FMT "\" of Discovery.Dns is an address, "
            "which needs no looking up\nwrite Targets: [{Id: " STR_FMT
            "}] in its place",
            STR_ARG(part), STR_ARG(part));
    for (size_t i = 0; i < name.n; i++) {
        if (is_alnum(name.p[i]) || strchr("-_.", name.p[i]))
            continue;
        resource_error(resource, field_place(field),
                       "Name \"" STR_FMT "\" of Discovery.Dns is no name of a "
                       "host\nwrite one such as web.internal, without port",
                       STR_ARG(part));
        return;
    }
}

static struct str read_server(struct build *build,
                              const struct resource *resource,
                              const struct field *field)
{
    enum { DNS_PORT = 53 };
    struct address address;
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    if (!field->ok)
        return STR("");
    if (address_parse_ip(field->text, &address)) {
        address.port = DNS_PORT;
    } else if (!address_parse(field->text, &address)) {
        struct str part = shown(field->text);

        resource_error(resource, field_place(field),
                       "Server \"" STR_FMT "\" of Discovery.Dns is no address\n"
                       "write IP or IP:PORT, such as 127.0.0.1:8600",
                       STR_ARG(part));
        return STR("");
    }
    address_put(&t, &address);
    return region_copy(&build->config->region, text_str(&t));
}

static void read_dns(struct build *build, const struct resource *resource,
                     const struct dns_input *input,
                     const struct config_group *group,
                     struct discovery_source *source)
{
    struct discovery_dns *d = &source->u.dns;

    check_name(resource, &input->name);
    source->kind = DISCOVERY_DNS;
    d->name = keep_text(build, &input->name);
    d->server = read_server(build, resource, &input->server);
    d->port = port_of(&input->port);
    if (input->type.ok)
        d->type = (enum dns_type)input->type.number;
    else
        d->type = group->ip_address_type == IP_TYPE_IPV6 ? DNS_AAAA : DNS_A;
    if (d->type == DNS_SRV && d->port)
        resource_error(resource, &input->port.value->key_place,
                       "Discovery.Dns has Type SRV and Port: such records say "
                       "which port\nleave Port out");
    source->name = region_printf(
        &build->config->region, "dns " STR_FMT " %s %u " STR_FMT,
        STR_ARG(d->name), dns_type_words[d->type], d->port, STR_ARG(d->server));
}

/* ---- Discovery ---------------------------------------------------------------- */

static bool check_type(const struct resource *resource,
                       const struct field *discovery, const struct input *input,
                       const struct config_group *group)
{
    if (group->type == TARGET_TYPE_LAMBDA) {
        resource_error(resource, &discovery->value->key_place,
                       "Metadata.Sluice.Discovery finds addresses, and the "
                       "group has TargetType lambda\nleave it out");
        return false;
    }
    if (group->type == TARGET_TYPE_INSTANCE && !input->ecs.value) {
        resource_error(resource, &discovery->value->key_place,
                       "Metadata.Sluice.Discovery finds addresses, and the "
                       "group has TargetType instance\nwrite TargetType: ip");
        return false;
    }
    return true;
}

static void add(struct config_group *group, struct discovery_source *source)
{
    struct discovery_source **end = &group->sources;

    while (*end)
        end = &(*end)->next;
    *end = source;
}

void read_discovery(struct build *build, const struct resource *resource,
                    const struct field *discovery, struct config_group *group)
{
    const struct input *input = discovery->items;
    struct discovery_source *source;
    unsigned n;

    if (!discovery->ok)
        return;
    n = (input->ecs.value != NULL) + (input->cloud_map.value != NULL) +
        (input->dns.value != NULL);
    if (n != 1) {
        resource_error(resource, field_place(discovery),
                       "Metadata.Sluice.Discovery has %s of Ecs, CloudMap and "
                       "Dns\nwrite one of them, such as Dns: {Name: "
                       "web.internal}",
                       n ? "several" : "none");
        return;
    }
    if (!check_type(resource, discovery, input, group))
        return;
    source = region_take(&build->config->region, sizeof(*source));
    source->place = keep_place(build, field_place(discovery));
    source->interval_ms =
        input->interval.ok ? input->interval.number * 1000 : 0;
    if (input->ecs.ok)
        read_ecs(build, input->ecs.items, source);
    else if (input->cloud_map.ok)
        read_cloud_map(build, resource, input->cloud_map.items, source);
    else if (input->dns.ok)
        read_dns(build, resource, input->dns.items, group, source);
    else
        return;
    add(group, source);
}

/* ---- services of the template --------------------------------------------------- */

void discovery_follow(struct build *build, struct config_group *group,
                      const struct place *place,
                      const struct discovery_ecs *ecs, uint32_t interval_ms)
{
    struct region *region = &build->config->region;
    struct discovery_source *source;

    for (source = group->sources; source; source = source->next) {
        if (!source->of_service)
            return;
    }
    source = region_take(region, sizeof(*source));
    source->kind = DISCOVERY_ECS;
    source->of_service = true;
    source->interval_ms = interval_ms;
    source->place = keep_place(build, place);
    source->u.ecs = *ecs;
    source->u.ecs.cluster = keep(build, ecs->cluster);
    source->u.ecs.service = keep(build, ecs->service);
    source->u.ecs.container = keep(build, ecs->container);
    source->u.ecs.other = keep(build, ecs->other);
    name_ecs(region, source);
    add(group, source);
}
