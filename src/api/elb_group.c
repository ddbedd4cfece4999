/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_group.h"

#include "api/find.h"
#include "api/resource.h"
#include "model/words.h"

/* ---- which one --------------------------------------------------------------- */

/* arn:PARTITION:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID. */
static bool is_arn(struct str arn)
{
    struct str rest = arn;
    struct str kind;

    if (!str_eq(str_cut(&rest, ':'), STR("arn")) || rest.p == NULL)
        return false;
    str_cut(&rest, ':');
    if (!str_eq(str_cut(&rest, ':'), STR("elasticloadbalancing")))
        return false;
    str_cut(&rest, ':');
    str_cut(&rest, ':');
    kind = str_cut(&rest, '/');
    return str_eq(kind, STR("targetgroup")) && str_cut(&rest, '/').n &&
           rest.n && memchr(rest.p, '/', rest.n) == NULL;
}

struct config_group *
elb_group_of(struct call *call, const struct account_view *view, struct str arn)
{
    struct config_group *group = find_group(view->config, arn);

    if (group)
        return group;
    if (is_arn(arn))
        call_refuse(call, "TargetGroupNotFound",
                    "One or more target groups not found");
    else
        call_refuse(call, "ValidationError",
                    "'" STR_FMT "' is not a valid target group ARN",
                    STR_ARG(arn));
    return NULL;
}

struct config_group *elb_group(struct call *call,
                               const struct account_view *view)
{
    return elb_group_of(call, view, call_text(call, "TargetGroupArn"));
}

/* ---- what is shown ------------------------------------------------------------ */

const char *const elb_group_properties[] = {"VpcId", "TargetControlPort", NULL};

static void put_health(struct region *region, struct value *to,
                       const struct config_group *group)
{
    const struct config_health *h = &group->health;

    if (group->type != TARGET_TYPE_LAMBDA) {
        put_text(region, to, "HealthCheckProtocol",
                 str_of(protocol_words[h->protocol]));
        put_text(region, to, "HealthCheckPort",
                 h->port ? region_printf(region, "%u", h->port)
                         : STR("traffic-port"));
    }
    put_bool(region, to, "HealthCheckEnabled", h->enabled);
    put_number(region, to, "HealthCheckIntervalSeconds", h->interval_ms / 1000);
    put_number(region, to, "HealthCheckTimeoutSeconds", h->timeout_ms / 1000);
    put_number(region, to, "HealthyThresholdCount", h->healthy_threshold);
    put_number(region, to, "UnhealthyThresholdCount", h->unhealthy_threshold);
    put_text(region, to, "HealthCheckPath", h->path);
    put_text(region, put_map(region, to, "Matcher"),
             group->version == VERSION_GRPC ? "GrpcCode" : "HttpCode",
             h->matcher);
}

struct value *elb_group_settings(struct region *region,
                                 const struct config_group *group)
{
    struct value *to = make_map(region);

    put_text(region, to, "TargetGroupName", group->name);
    if (group->type != TARGET_TYPE_LAMBDA) {
        put_text(region, to, "Protocol",
                 str_of(protocol_words[group->protocol]));
        put_number(region, to, "Port", group->port);
        put_text(region, to, "ProtocolVersion",
                 str_of(protocol_version_words[group->version]));
    }
    put_health(region, to, group);
    put_text(region, to, "TargetType", str_of(target_type_words[group->type]));
    put_text(region, to, "IpAddressType",
             group->ip_address_type == IP_TYPE_IPV6 ? STR("ipv6")
                                                    : STR("ipv4"));
    return to;
}

struct value *elb_group_shown(struct region *region,
                              const struct account_view *view,
                              const struct config_group *group)
{
    struct value *to = elb_group_settings(region, group);
    struct value *balancers = put_list(region, to, "LoadBalancerArns");

    put_text(region, to, "TargetGroupArn", group->arn);
    if (group->load_balancer)
        add_text(region, balancers, group->load_balancer->arn);
    for (unsigned i = 0; elb_group_properties[i]; i++) {
        const char *name = elb_group_properties[i];
        const struct value *v = resource_property(view, group->id, name);

        if (v && value_is_scalar(v))
            put_text(region, to, name, v->text);
    }
    return to;
}
