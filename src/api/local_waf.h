/* SPDX-License-Identifier: Apache-2.0
 *
 * What web ACLs did, for GET /metrics: a line for each number that is not 0.
 *
 *     sluice_waf_requests_total{acl,rule,rule_group,action}
 *     sluice_waf_labels_total{namespace,label,action}
 *
 * `action` is CloudWatch's name of the metric ("BlockedRequests"), the rest
 * what its dimensions have (waf/meter.h); rule_group is "" for rules of the ACL
 * itself.  ACLs that had the same name one after the other are one.
 */
#ifndef SLUICE_API_LOCAL_WAF_H
#define SLUICE_API_LOCAL_WAF_H

#include "base/text.h"
#include "waf/meter.h"

/* As waf_meters_sum() gives them. */
void local_put_waf(struct text *t, const struct waf_metric *metrics,
                   unsigned n);

#endif
