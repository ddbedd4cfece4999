/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/cloud_map.h"

#include "base/address.h"
#include "base/text.h"

/* ---- bodies ------------------------------------------------------------------- */

static size_t length(const struct value *parameters)
{
    size_t bytes = 0;

    for (const struct value *v = parameters ? parameters->first : NULL; v;
         v = v->next)
        bytes += v->key.n + v->text.n + 8;
    return bytes;
}

static void put_service(struct text *t, const struct discovery_cloud_map *what)
{
    TEXT_LITERAL(t, "{\"NamespaceName\":");
    text_json(t, what->namespace_name);
    TEXT_LITERAL(t, ",\"ServiceName\":");
    text_json(t, what->service);
}

static struct text text_for(struct region *region,
                            const struct discovery_cloud_map *what)
{
    size_t room = 256 + 6 * (what->namespace_name.n + what->service.n +
                             length(what->parameters));

    return text_in(region_take(region, room), room);
}

static void put_parameters(struct text *t, const struct value *parameters)
{
    TEXT_LITERAL(t, ",\"QueryParameters\":{");
    for (const struct value *v = parameters->first; v; v = v->next) {
        if (v != parameters->first)
            text_char(t, ',');
        text_json(t, v->key);
        text_char(t, ':');
        text_json(t, v->text);
    }
    text_char(t, '}');
}

struct str cloud_map_discover(struct region *region,
                              const struct discovery_cloud_map *what)
{
    struct text t = text_for(region, what);

    put_service(&t, what);
    text_printf(&t, ",\"MaxResults\":%d,\"HealthStatus\":\"%s\"", CLOUD_MAP_MAX,
                instance_health_words[what->health]);
    if (value_count(what->parameters))
        put_parameters(&t, what->parameters);
    text_char(&t, '}');
    return text_str(&t);
}

struct str cloud_map_revision(struct region *region,
                              const struct discovery_cloud_map *what)
{
    struct text t = text_for(region, what);

    put_service(&t, what);
    text_char(&t, '}');
    return text_str(&t);
}

/* ---- answers --------------------------------------------------------------------- */

static struct str attribute(const struct value *instance, const char *name)
{
    const struct value *v =
        value_get(value_get(instance, STR("Attributes")), str_of(name));

    return v && v->kind == VALUE_STRING ? v->text : STR("");
}

static bool read_instance(const struct value *v, bool six,
                          struct cloud_map_instance *instance)
{
    struct address address;
    uint64_t port;

    instance->ip =
        attribute(v, six ? "AWS_INSTANCE_IPV6" : "AWS_INSTANCE_IPV4");
    if (instance->ip.n == 0 || instance->ip.p[0] == '[' ||
        !address_parse_ip(instance->ip, &address))
        return false;
    if (str_to_u64(attribute(v, "AWS_INSTANCE_PORT"), UINT16_MAX, &port))
        instance->port = (uint16_t)port;
    instance->zone = attribute(v, "AVAILABILITY_ZONE");
    return true;
}

bool cloud_map_read_revision(const struct value *answer, uint64_t *revision)
{
    const struct value *v = value_get(answer, STR("InstancesRevision"));

    return v && v->kind == VALUE_NUMBER &&
           str_to_u64(v->text, UINT64_MAX, revision);
}

bool cloud_map_read(struct region *region, const struct value *answer, bool six,
                    struct cloud_map_answer *read)
{
    const struct value *list = value_get(answer, STR("Instances"));
    unsigned n;

    *read = (struct cloud_map_answer){.n = 0};
    if (list == NULL || list->kind != VALUE_LIST)
        return false;
    n = value_count(list);
    read->full = n >= CLOUD_MAP_MAX;
    read->instances = region_take(region, (n + 1) * sizeof(*read->instances));
    for (const struct value *v = list->first; v; v = v->next) {
        if (read_instance(v, six, &read->instances[read->n]))
            read->n++;
        else
            read->without++;
    }
    read->has_revision = cloud_map_read_revision(answer, &read->revision);
    return true;
}
