/* SPDX-License-Identifier: Apache-2.0
 *
 * What the web ACL of a load balancer makes of a request, for `sluice explain`.
 */
#ifndef SLUICE_APP_EXPLAIN_WAF_H
#define SLUICE_APP_EXPLAIN_WAF_H

#include "app/offline.h"
#include "waf/program.h"

/* Prints it on standard output: lines for people, the last of which says what
 * follows for the rules, or the JSON object of trail_put_json().  `fail_open`:
 * what cannot be evaluated goes on (waf.fail_open.enabled). */
void explain_waf_print(struct waf_program *program,
                       const struct offline *offline,
                       const struct offline_request *request, bool fail_open,
                       bool json);

#endif
