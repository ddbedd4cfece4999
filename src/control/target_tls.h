/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS to targets: what each group with Protocol HTTPS shakes hands with
 * (alb.md 3.1).
 *
 * ALB takes its protocols and ciphers from the listener: a policy of TLS 1.3
 * means ELBSecurityPolicy-TLS13-1-0-2021-06 to targets, a FIPS one
 * ...-TLS13-1-0-FIPS-2023-04, any other ELBSecurityPolicy-2016-08.  With several
 * HTTPS listeners on the group's load balancer the one that allows most counts.
 */
#ifndef SLUICE_CONTROL_TARGET_TLS_H
#define SLUICE_CONTROL_TARGET_TLS_H

#include "crypto/ssl_policy.h"
#include "model/report.h"
#include "proxy/snapshot.h"

/* What TLS to the targets of a group may be, requests or health checks; it lives
 * for ever. */
const struct ssl_policy *target_tls_policy(const struct config_group *group);

/* Sets group->tls of the snapshot's groups.  A group that has not changed since
 * `before` (may be NULL), and whose file of authorities has not either, keeps
 * its context, and with it its connections.  Where that file cannot be read
 * any more the old one is kept, with a warning in the log.  False with an error
 * that names the group. */
bool target_tls_apply(struct snapshot *snapshot, const struct snapshot *before,
                      struct error *error);

/* What `serve` would stop at: a file of authorities that cannot be used. */
void target_tls_check(const struct config *config, struct report *report);

#endif
