/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes that ALB does not take together (alb.md 3.2 and 6).
 */
#include "model/attributes.h"

/* ---- load balancers ------------------------------------------------------- */

void attributes_check_load_balancer(const struct config_attributes *read,
                                    const struct place *place,
                                    const char *resource, struct report *report)
{
    const struct {
        const char *name;
        const struct config_log *log;
    } logs[] = {
        {"access_logs", &read->access_logs},
        {"connection_logs", &read->connection_logs},
        {"health_check_logs", &read->health_check_logs},
    };

    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        if (logs[i].log->enabled && logs[i].log->bucket.n == 0)
            report_error(report, place,
                         "%s.s3.enabled of %s is true, but there is no bucket\n"
                         "add %s.s3.bucket with the name of an S3 bucket",
                         logs[i].name, resource, logs[i].name);
    }
}

/* ---- target groups -------------------------------------------------------- */

static const char *algorithm_name(const struct config_group *group)
{
    const struct attribute *attribute = attribute_find(
        OWNER_TARGET_GROUP, STR("load_balancing.algorithm.type"));

    return attribute->words[group->attributes.algorithm];
}

static void check_algorithm(const struct config_group *group,
                            struct report *report)
{
    const struct group_attributes *a = &group->attributes;
    const struct place *place = &group->place;

    if (a->slow_start_ms && a->algorithm != ALGORITHM_ROUND_ROBIN)
        report_error(report, place,
                     "target group " STR_FMT " has slow_start and the "
                     "algorithm %s, which ALB does not combine\n"
                     "set slow_start.duration_seconds to 0 or "
                     "load_balancing.algorithm.type to round_robin",
                     STR_ARG(group->id), algorithm_name(group));
    if (a->sticky && a->algorithm == ALGORITHM_WEIGHTED_RANDOM)
        report_error(report, place,
                     "target group " STR_FMT " has stickiness and the "
                     "algorithm weighted_random, which ALB does not combine\n"
                     "set stickiness.enabled to false or "
                     "load_balancing.algorithm.type to another one",
                     STR_ARG(group->id));
    if (a->anomaly_mitigation && a->algorithm != ALGORITHM_WEIGHTED_RANDOM)
        report_error(report, place,
                     "target group " STR_FMT " has anomaly_mitigation on with "
                     "the algorithm %s: ALB has it with weighted_random only\n"
                     "set load_balancing.algorithm.anomaly_mitigation to off "
                     "or load_balancing.algorithm.type to weighted_random",
                     STR_ARG(group->id), algorithm_name(group));
}

static void check_stickiness(const struct config_group *group,
                             struct report *report)
{
    const struct group_attributes *a = &group->attributes;

    if (a->sticky && a->stickiness_type == STICKINESS_APP_COOKIE &&
        a->app_cookie_name.n == 0)
        report_error(report, &group->place,
                     "target group " STR_FMT " has stickiness of type "
                     "app_cookie, but no cookie is named\n"
                     "add stickiness.app_cookie.cookie_name with the name of "
                     "the cookie that the targets set",
                     STR_ARG(group->id));
    if (a->sticky && a->cross_zone == CROSS_ZONE_FALSE)
        report_error(report, &group->place,
                     "target group " STR_FMT " has stickiness without "
                     "cross-zone load balancing, which ALB does not combine\n"
                     "set stickiness.enabled or "
                     "load_balancing.cross_zone.enabled otherwise",
                     STR_ARG(group->id));
}

static void check_cross_zone(const struct config_group *group,
                             struct report *report)
{
    if (group->attributes.cross_zone != CROSS_ZONE_FALSE)
        return;
    if (group->type == TARGET_TYPE_LAMBDA)
        report_error(report, &group->place,
                     "target group " STR_FMT " has a Lambda function as its "
                     "target, which needs cross-zone load balancing\n"
                     "leave load_balancing.cross_zone.enabled out",
                     STR_ARG(group->id));
    for (unsigned i = 0; i < group->ntargets; i++) {
        const struct config_target *target = &group->targets[i];

        if (!str_eq(target->zone, STR("all")))
            continue;
        report_error(report, &target->place,
                     "target " STR_FMT " is in AvailabilityZone \"all\", but "
                     "target group " STR_FMT " has cross-zone load balancing "
                     "off\nname the target's zone, or leave "
                     "load_balancing.cross_zone.enabled out",
                     STR_ARG(target->id), STR_ARG(group->id));
    }
}

/* ALB takes a zone out of DNS before it routes to unhealthy targets.  dns ==
 * `unsaid` may be the default, with which ALB's answer is not known. */
static void check_threshold(const struct config_group *group, const char *what,
                            uint32_t dns, uint32_t routing, uint32_t unsaid,
                            struct report *report)
{
    static const char format[] =
        "target group " STR_FMT " fails over by DNS at fewer healthy targets "
        "(%s %u) than at which it routes to unhealthy ones (%u)\n"
        "set target_group_health.dns_failover.minimum_healthy_targets.%s to "
        "%u or more, or to off";

    if (dns == 0 || dns >= routing)
        return;
    if (dns == unsaid)
        report_doubt(report, &group->place, format, STR_ARG(group->id), what,
                     dns, routing, what, routing);
    else
        report_error(report, &group->place, format, STR_ARG(group->id), what,
                     dns, routing, what, routing);
}

void attributes_check_group(const struct config_group *group,
                            struct report *report)
{
    const struct group_attributes *a = &group->attributes;

    check_algorithm(group, report);
    check_stickiness(group, report);
    check_cross_zone(group, report);
    check_threshold(group, "count", a->dns_count, a->routing_count, 1, report);
    check_threshold(group, "percentage", a->dns_percent, a->routing_percent, 0,
                    report);
}

void attributes_check_zone(const struct config_group *group, struct str zone,
                           struct report *report)
{
    unsigned here = 0;

    if (zone.n == 0 || group->attributes.cross_zone != CROSS_ZONE_FALSE ||
        group->ntargets == 0)
        return;
    for (unsigned i = 0; i < group->ntargets; i++)
        here += group->targets[i].zone.n == 0 ||
                str_eq(group->targets[i].zone, zone);
    if (here == 0)
        report_warning(report, &group->place,
                       "target group " STR_FMT " has no target in zone " STR_FMT
                       ", so that its requests get 503 from this process\n"
                       "give --zone a zone such as " STR_FMT
                       ", or leave load_balancing.cross_zone.enabled out",
                       STR_ARG(group->id), STR_ARG(zone),
                       STR_ARG(group->targets[0].zone));
}
