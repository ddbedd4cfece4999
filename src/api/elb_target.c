/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_target.h"

static const struct member members[] = {
    {.name = "Id", .kind = MEMBER_TEXT, .required = true},
    {.name = "Port", .kind = MEMBER_NUMBER, .min = 1, .max = UINT16_MAX},
    {.name = "AvailabilityZone", .kind = MEMBER_TEXT},
    {.name = "QuicServerId", .kind = MEMBER_TEXT, .min = 1, .max = 256},
};

const struct shape elb_target_shape = SHAPE_OF(members);

struct elb_target elb_target_of(const struct config_group *group,
                                const struct value *map)
{
    return (struct elb_target){
        .id = member_text(map, "Id"),
        .port = group->type == TARGET_TYPE_LAMBDA
                    ? 0
                    : member_number(map, "Port", group->port),
        .zone = member_text(map, "AvailabilityZone"),
    };
}

bool elb_target_same(const struct elb_target *a, const struct elb_target *b)
{
    return a->port == b->port && str_eq(a->id, b->id);
}

struct str elb_target_key(struct region *region,
                          const struct elb_target *target)
{
    return region_printf(region, STR_FMT ":%u", STR_ARG(target->id),
                         target->port);
}

static bool is_instance(struct str id)
{
    if (!str_starts(id, STR("i-")) || (id.n != 10 && id.n != 19))
        return false;
    for (size_t i = 2; i < id.n; i++) {
        if (!(id.p[i] >= '0' && id.p[i] <= '9') &&
            !(id.p[i] >= 'a' && id.p[i] <= 'f'))
            return false;
    }
    return true;
}

static bool is_address(struct str id, bool six)
{
    struct address address;

    return id.n && id.p[0] != '[' && address_parse_ip(id, &address) &&
           (memchr(id.p, ':', id.n) != NULL) == six;
}

/* arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:VERSION]. */
static bool is_function(struct str id)
{
    static const char *const parts[] = {"arn", NULL, "lambda",
                                        NULL,  NULL, "function"};
    struct str rest = id;

    for (unsigned i = 0; i < 6; i++) {
        struct str part = str_cut(&rest, ':');

        if (part.n == 0 || (parts[i] && !str_eq(part, str_of(parts[i]))))
            return false;
    }
    return rest.n != 0 && rest.p[0] != ':';
}

struct str elb_target_fault(struct region *region,
                            const struct config_group *group, struct str id)
{
    bool six = group->ip_address_type == IP_TYPE_IPV6;

    switch (group->type) {
    case TARGET_TYPE_INSTANCE:
        if (!is_instance(id))
            return region_printf(
                region, "Instance ID '" STR_FMT "' is not valid", STR_ARG(id));
        break;
    case TARGET_TYPE_IP:
        if (!is_address(id, six))
            return region_printf(region,
                                 "The IP address '" STR_FMT
                                 "' is not a valid %s address",
                                 STR_ARG(id), six ? "IPv6" : "IPv4");
        break;
    case TARGET_TYPE_LAMBDA:
        if (!is_function(id))
            return region_printf(
                region, "The Lambda function ARN '" STR_FMT "' is not valid",
                STR_ARG(id));
        break;
    }
    return STR("");
}

struct value *elb_target_shown(struct region *region,
                               const struct elb_target *target)
{
    struct value *map = make_map(region);

    put_text(region, map, "Id", target->id);
    if (target->port)
        put_number(region, map, "Port", target->port);
    if (target->zone.n)
        put_text(region, map, "AvailabilityZone", target->zone);
    return map;
}
