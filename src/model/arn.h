/* SPDX-License-Identifier: Apache-2.0
 *
 * ARNs and ids of resources (alb.md 1.1).  A resource that says its id
 * (Metadata.Sluice.Id) has that one wherever it is; the id of another one
 * derives from the stack's name and the logical id and never changes between
 * starts (aws-integrations.md 10.2).
 */
#ifndef SLUICE_MODEL_ARN_H
#define SLUICE_MODEL_ARN_H

#include "base/region.h"

struct arn_scope {
    struct str region_name; /* us-east-1 */
    struct str account;     /* 12 digits */
    struct str stack;
};

enum { ARN_ID_LEN = 16, ARN_UUID_LEN = 36 };

/* 16 lower-case hex digits that stand for a resource: `given` where it is
 * some, else the begin of the SHA-256 of stack, "/" and logical id. */
struct str arn_id(struct region *region, const struct arn_scope *scope,
                  struct str given, struct str logical_id);

/* The same of a certificate: a UUID. */
struct str arn_certificate_id(struct region *region,
                              const struct arn_scope *scope, struct str given,
                              struct str logical_id);

/* Whether a Metadata.Sluice.Id is one, of a certificate or of anything else. */
bool arn_is_id(struct str id, bool certificate);

/* Whether the id of a resource of that type is such a UUID. */
bool arn_has_uuid(struct str type);

/* Its Name property, or the logical id made a name: what is no letter, digit
 * or hyphen left out, cut to 32 characters. */
struct str arn_name(struct region *region, struct str name,
                    struct str logical_id);

/* arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID and so
 * on; `partition` follows the region (aws, aws-cn, aws-us-gov). */
struct str arn_load_balancer(struct region *region,
                             const struct arn_scope *scope, struct str name,
                             struct str id);
struct str arn_target_group(struct region *region,
                            const struct arn_scope *scope, struct str name,
                            struct str id);
struct str arn_trust_store(struct region *region, const struct arn_scope *scope,
                           struct str name, struct str id);
/* `parent` is the load balancer's ARN. */
struct str arn_listener(struct region *region, struct str parent,
                        struct str id);
/* `parent` is the listener's ARN. */
struct str arn_rule(struct region *region, struct str parent, struct str id);

/* The default rule of a listener: its id derives from the listener's. */
struct str arn_default_rule(struct region *region, struct str parent);

/* arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME, arn:aws:sns:REGION:ACCOUNT:NAME. */
struct str arn_alarm(struct region *region, const struct arn_scope *scope,
                     struct str name);
struct str arn_topic(struct region *region, const struct arn_scope *scope,
                     struct str name);

/* arn:aws:acm:REGION:ACCOUNT:certificate/UUID. */
struct str arn_certificate(struct region *region, const struct arn_scope *scope,
                           struct str uuid);

/* Of web ACLs and what belongs to them (aws-waf.md 8.3); `kind`: "webacl",
 * "ipset", "regexpatternset", "rulegroup"; `uuid`: arn_certificate_id().
 * What is CloudFront's (`global`) stands in us-east-1. */
struct str arn_waf(struct region *region, const struct arn_scope *scope,
                   const char *kind, struct str name, struct str uuid,
                   bool global);

/* Its Name property where AWS would take it, or the logical id made one: 128
 * letters, digits, "_" and "-". */
struct str arn_waf_name(struct region *region, struct str name,
                        struct str logical_id);

/* "app/NAME/ID" or "targetgroup/NAME/ID": what stands behind ":loadbalancer/"
 * or behind the last ":". */
struct str arn_full_name(struct str arn);

/* What stands behind the last "/": the id. */
struct str arn_last(struct str arn);

/* NAME-DIGITS.REGION.elb.localhost, with internal- in front of it for internal
 * load balancers; the digits derive from the id.  Names under localhost are
 * loopback everywhere (RFC 6761 §6.3). */
struct str arn_dns_name(struct region *region, const struct arn_scope *scope,
                        struct str name, struct str id, bool internal);

/* "sg-0", or of another kind, and 16 digits: what stands for a resource of a
 * VPC that has that logical id. */
struct str arn_vpc_id(struct region *region, const struct arn_scope *scope,
                      const char *kind, struct str logical_id);

/* aws, aws-cn or aws-us-gov. */
struct str arn_partition(struct str region_name);

#endif
