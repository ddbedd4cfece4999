/* SPDX-License-Identifier: Apache-2.0
 *
 * What the ARNs of a call refer to, or why not, in AWS's words (alb.md 1.5).
 */
#ifndef SLUICE_API_REFER_H
#define SLUICE_API_REFER_H

#include "api/call.h"

/* Whether it has the form of an ARN of this kind: "loadbalancer/app",
 * "listener", "listener-rule", "targetgroup", "truststore". */
bool is_arn_of(struct str arn, const char *kind);

/* The load balancer, the listener of that ARN.  NULL: refused as
 * LoadBalancerNotFound, ListenerNotFound, or a ValidationError when it is no
 * such ARN at all. */
const struct config_load_balancer *
refer_load_balancer(struct call *call, const struct account_view *view,
                    struct str arn);
const struct config_listener *refer_listener(struct call *call,
                                             const struct account_view *view,
                                             struct str arn);

/* The rule, default ones too; NULL: there is none.  `listener` may be NULL. */
const struct config_rule *find_rule(const struct config *config, struct str arn,
                                    const struct config_listener **listener);

/* Whatever has this ARN: a resource, or the default rule of a listener, which
 * is none. */
struct any {
    struct str id; /* logical id, of the listener; n == 0: there is none */
    bool default_rule;
};

struct any find_any(const struct config *config, struct str arn);

/* The entry of a resource's Metadata.Sluice; NULL: none. */
const struct value *sluice_of(const struct account_view *view, struct str id,
                              const char *name);

/* A resource of the config in the account, for call->edit. */
const struct value *resource_of(const struct account_view *view, struct str id);

#endif
