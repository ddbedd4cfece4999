/* SPDX-License-Identifier: Apache-2.0
 *
 * Where targets of a group are found (aws-integrations.md 4.1, 4.4):
 * Metadata.Sluice of an AWS::ElasticLoadBalancingV2::TargetGroup,
 *
 *     Discovery:                    one of the three:
 *       Ecs:      {Cluster, Service, Container?, Port?}
 *       CloudMap: {Namespace, Service, Port?, HealthStatus?, Parameters?}
 *       Dns:      {Name, Type?, Port?, Server?}
 *       Interval: seconds
 *
 * and, with --discover ecs, LoadBalancers of the template's AWS::ECS::Service.
 * Cluster and Service are names or ARNs; what only AWS knows of a service of
 * the template, Cluster and Service of its own Metadata.Sluice say, which may have
 * Interval, too.
 *
 * What was found is in Targets of the group, and Found of its Metadata.Sluice
 * lists it: "ID:PORT", or "ID:PORT=ADDRESS" of an instance (or another id that
 * is no address).  These, and no others, are taken out again when they are not
 * found any more.
 */
#ifndef SLUICE_MODEL_DISCOVERY_H
#define SLUICE_MODEL_DISCOVERY_H

#include "model/value.h"
#include "net/dns_answer.h"

enum discovery_kind { DISCOVERY_ECS, DISCOVERY_CLOUD_MAP, DISCOVERY_DNS };

/* HealthStatus of DiscoverInstances. */
enum instance_health {
    INSTANCES_HEALTHY,
    INSTANCES_HEALTHY_OR_ELSE_ALL,
    INSTANCES_ALL,
};

extern const char *const dns_type_words[];        /* NULL at the end */
extern const char *const instance_health_words[]; /* the same */

struct discovery_ecs {
    struct str cluster; /* a name or an ARN */
    struct str service;
    struct str container; /* n == 0: the one that has the port */
    uint16_t port;        /* of the container; 0: the only one it has, or the
                             group's */
    /* ARN of the other group of a blue/green service; n == 0: it has none.
     * `first`: this group is TargetGroupArn, not AlternateTargetGroupArn. */
    struct str other;
    bool first;
};

struct discovery_cloud_map {
    struct str namespace_name;
    struct str service;
    uint16_t port; /* 0: what an instance says, else the group's */
    enum instance_health health;
    const struct value *parameters; /* QueryParameters, a MAP; NULL: none */
};

struct discovery_dns {
    struct str name;
    struct str server; /* IP:PORT; n == 0: the system's */
    enum dns_type type;
    uint16_t port; /* 0: the group's; of SRV what the records say */
};

struct discovery_source {
    struct discovery_source *next; /* another one of the same group */
    enum discovery_kind kind;
    bool of_service; /* of the template, with --discover ecs */
    struct place place;
    struct str name; /* "ecs prod/web web:8080": all that it says, in words */
    uint32_t interval_ms; /* 0: none was given */
    union {
        struct discovery_ecs ecs;
        struct discovery_cloud_map cloud_map;
        struct discovery_dns dns;
    } u;
};

/* Whether they say the same, wherever they stand. */
bool discovery_same(const struct discovery_source *a,
                    const struct discovery_source *b);

/* The region in an ARN; n == 0: it is none. */
struct str discovery_region(struct str name_or_arn);

/* What stands behind the last "/" of an ARN; a name is itself. */
struct str discovery_name(struct str name_or_arn);

/* ---- Found ------------------------------------------------------------------ */

/* The entry of the LIST (NULL: an empty one) for that target; NULL: it has
 * none. */
const struct value *discovery_found(const struct value *list, struct str id,
                                    unsigned port);

/* What stands behind its "="; n == 0: nothing. */
struct str discovery_found_address(const struct value *entry);

#endif
