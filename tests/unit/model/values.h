/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources for tests, written short: flow YAML with bare words, in which
 *
 *     LB TG LI RU LC CE TS TR after "Type:" are load balancer, target group,
 *     listener, rule, listener certificate, certificate, trust store, its
 *     revocation; WA WG IP RX AS LO web ACL, rule group, IP set, regex pattern
 *     set, web ACL association, logging configuration; SG SI SN security
 *     group, its ingress, subnet
 *     @Lb is the ARN of resource Lb, or its id
 *     ?why? is what only AWS knows
 *     ^ marks the place where a problem is expected
 */
#ifndef TESTS_MODEL_VALUES_H
#define TESTS_MODEL_VALUES_H

#include "model/value.h"

/* The MAP that config_build() takes; the test fails when the text is none.
 * `*mark` becomes where ^ stood (line 0: nowhere).  ARNs are of stack "test",
 * us-east-1, account 000000000000. */
const struct value *values_parse(struct region *region, const char *text,
                                 struct place *mark);

#endif
