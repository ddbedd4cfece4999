/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets that a target group's template registers (alb.md 3.1).
 */
#include <stdlib.h>

#include "model/read.h"

struct input {
    const struct value *value;
    struct field id;
    struct field port;
    struct field zone;
};

#define AT(member) offsetof(struct input, member)

static const struct property properties[] = {
    {.name = "Id",
     .kind = PROPERTY_STRING,
     .offset = AT(id),
     .flags = NEEDED,
     .min = 1,
     .example = "10.0.0.1"},
    {.name = "Port",
     .kind = PROPERTY_INTEGER,
     .offset = AT(port),
     .min = 1,
     .max = UINT16_MAX,
     .example = "8080"},
    {.name = "AvailabilityZone",
     .kind = PROPERTY_STRING,
     .offset = AT(zone),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "QuicServerId", .kind = PROPERTY_IGNORED},
};

const struct schema target_schema = SCHEMA(properties, struct input);

static bool is_instance_id(struct str id)
{
    if (!str_starts(id, STR("i-")) || (id.n != 10 && id.n != 19))
        return false;
    for (size_t i = 2; i < id.n; i++) {
        char c = id.p[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

static void check_instance(const struct resource *resource,
                           const struct field *id)
{
    struct str text = shown(id->text);
    struct address address;

    if (is_instance_id(id->text))
        return;
    if (address_parse_ip(id->text, &address))
        resource_error(resource, field_place(id),
                       "target \"" STR_FMT
                       "\" is an IP address, the group has TargetType "
                       "instance\nwrite TargetType: ip",
                       STR_ARG(text));
    else
        resource_error(resource, field_place(id),
                       "target \"" STR_FMT
                       "\" is no id of an instance\nwrite one such as "
                       "i-0123456789abcdef0, or TargetType: ip for addresses",
                       STR_ARG(text));
}

static void read_ip(const struct resource *resource, const struct field *id,
                    struct address *address)
{
    struct str text = shown(id->text);
    struct address with_port;

    if (!memchr(id->text.p, '[', id->text.n) &&
        address_parse_ip(id->text, address))
        return;
    if (is_instance_id(id->text))
        resource_error(resource, field_place(id),
                       "target \"" STR_FMT
                       "\" is an instance, the group has TargetType ip\n"
                       "write TargetType: instance",
                       STR_ARG(text));
    else if (address_parse(id->text, &with_port))
        resource_error(resource, field_place(id),
                       "target \"" STR_FMT
                       "\" has its port in Id\nwrite the address as Id, and "
                       "Port: %u",
                       STR_ARG(text), with_port.port);
    else
        resource_error(resource, field_place(id),
                       "target \"" STR_FMT
                       "\" is no IP address\nwrite one such as 127.0.0.1 or "
                       "::1",
                       STR_ARG(text));
}

static void check_function(const struct resource *resource,
                           const struct input *input)
{
    struct str text = shown(input->id.text);

    if (!str_starts(input->id.text, STR("arn:")))
        resource_error(resource, field_place(&input->id),
                       "target \"" STR_FMT "\" is no ARN of a Lambda function\n"
                       "write Id: !GetAtt TheFunction.Arn",
                       STR_ARG(text));
    if (input->port.value)
        resource_error(resource, &input->port.value->key_place,
                       "a Lambda function has no Port\nleave it out");
}

static void read_target(struct build *build, const struct resource *resource,
                        const struct input *input,
                        const struct config_group *group,
                        struct config_target *target)
{
    target->id = keep_text(build, &input->id);
    target->place = keep_place(build, &input->value->place);
    target->port = input->port.ok ? (uint16_t)input->port.number : group->port;
    target->zone = keep_text(build, &input->zone);
    target->registered = true;
    if (!input->id.ok)
        return; /* only AWS knows it */
    switch (group->type) {
    case TARGET_TYPE_INSTANCE:
        check_instance(resource, &input->id);
        break;
    case TARGET_TYPE_IP:
        read_ip(resource, &input->id, &target->address);
        target->address.port = target->port;
        break;
    case TARGET_TYPE_LAMBDA:
        check_function(resource, input);
        break;
    }
}

static bool is_same(const struct config_target *a,
                    const struct config_target *b)
{
    if (a->address.family || b->address.family)
        return address_equal(&a->address, &b->address);
    return a->id.n && a->port == b->port && str_eq(a->id, b->id);
}

static void check_twice(const struct resource *resource,
                        const struct input *inputs,
                        const struct config_group *group)
{
    for (unsigned i = 0; i < group->ntargets; i++) {
        const struct config_target *target = &group->targets[i];
        struct str id = shown(target->id);

        for (unsigned j = 0; j < i; j++) {
            if (!is_same(target, &group->targets[j]))
                continue;
            resource_error(resource, &inputs[i].value->place,
                           "target " STR_FMT
                           " with port %u is registered twice%s\nleave one of "
                           "them out",
                           STR_ARG(id), target->port,
                           resource_see(resource, &inputs[i].value->place,
                                        &group->targets[j].place));
            break;
        }
    }
}

void read_targets(struct build *build, const struct resource *resource,
                  const struct field *list, struct config_group *group)
{
    const struct input *inputs = list->items;
    unsigned max = group->type == TARGET_TYPE_LAMBDA
                       ? 1
                       : quota_value(&build->config->quotas, QUOTA_TARGETS);

    if (list->n > max) {
        resource_refuse(
            resource, field_place(list), "TooManyTargets",
            "Targets has %u entries: a group of %s has at most "
            "%u\nregister the others in another target group",
            list->n, max == 1 ? "Lambda functions" : "instances or addresses",
            max);
        return;
    }
    group->targets = region_take(&build->config->region,
                                 (list->n + 1) * sizeof(*group->targets));
    if (!list->ok)
        return;
    for (unsigned i = 0; i < list->n; i++)
        read_target(build, resource, &inputs[i], group, &group->targets[i]);
    group->ntargets = list->n;
    check_twice(resource, inputs, group);
}
