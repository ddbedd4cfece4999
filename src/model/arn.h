/* SPDX-License-Identifier: Apache-2.0
 *
 * ARNs and ids of resources that a template declares: they derive from the
 * stack's name and the logical id and never change between starts
 * (alb.md 1.1, aws-integrations.md 10.2).
 */
#ifndef SLUICE_MODEL_ARN_H
#define SLUICE_MODEL_ARN_H

#include "base/region.h"

struct arn_scope {
    struct str region_name; /* us-east-1 */
    struct str account;     /* 12 digits */
    struct str stack;
};

enum { ARN_ID_LEN = 16 };

/* Lower-case hex digits that stand for this resource: the begin of the SHA-256
 * of stack, "/" and logical id. */
void arn_id(const struct arn_scope *scope, struct str logical_id,
            char id[ARN_ID_LEN + 1]);

/* Its Name property, or the logical id made a name: what is no letter, digit
 * or hyphen left out, cut to 32 characters. */
struct str arn_name(struct region *region, struct str name,
                    struct str logical_id);

/* arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID and so
 * on; `partition` follows the region (aws, aws-cn, aws-us-gov). */
struct str arn_load_balancer(struct region *region,
                             const struct arn_scope *scope, struct str name,
                             struct str logical_id);
struct str arn_target_group(struct region *region,
                            const struct arn_scope *scope, struct str name,
                            struct str logical_id);
struct str arn_trust_store(struct region *region, const struct arn_scope *scope,
                           struct str name, struct str logical_id);
/* `parent` is the load balancer's ARN. */
struct str arn_listener(struct region *region, const struct arn_scope *scope,
                        struct str parent, struct str logical_id);
/* `parent` is the listener's ARN; the default rule has logical id
 * LISTENER "/default". */
struct str arn_rule(struct region *region, const struct arn_scope *scope,
                    struct str parent, struct str logical_id);

/* arn:aws:acm:REGION:ACCOUNT:certificate/UUID. */
struct str arn_certificate(struct region *region, const struct arn_scope *scope,
                           struct str logical_id);

/* "app/NAME/ID" or "targetgroup/NAME/ID": what stands behind ":loadbalancer/"
 * or behind the last ":". */
struct str arn_full_name(struct str arn);

/* NAME-DIGITS.REGION.elb.amazonaws.com, with internal- in front of it for
 * internal load balancers. */
struct str arn_dns_name(struct region *region, const struct arn_scope *scope,
                        struct str name, struct str logical_id, bool internal);

/* aws, aws-cn or aws-us-gov. */
struct str arn_partition(struct str region_name);

#endif
