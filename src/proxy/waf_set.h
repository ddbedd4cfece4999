/* SPDX-License-Identifier: Apache-2.0
 *
 * The programs of a snapshot's web ACLs.  An ACL that says the same as one of
 * the snapshot before, with all that it refers to, is the same program; a set
 * is counted, so that snapshots whose ACLs are all the same share it whole.
 */
#ifndef SLUICE_PROXY_WAF_SET_H
#define SLUICE_PROXY_WAF_SET_H

#include "waf/program.h"

struct waf_set {
    _Atomic unsigned refs;
    struct geo *geo; /* held; or NULL */
    unsigned n;
    struct waf_program **programs; /* of config->waf->acls, in that order;
                                      NULL: of CloudFront, it never runs */
};

/* The set of a config; `before` may be NULL.  NULL with errors in the report.
 * On any thread. */
struct waf_set *waf_set_new(const struct config *config, struct geo *geo,
                            struct waf_set *before, struct report *report);

struct waf_set *waf_set_hold(struct waf_set *set);
void waf_set_release(struct waf_set *set); /* NULL: nothing */

/* The program that checks what comes to the load balancer, or NULL. */
struct waf_program *waf_set_of(const struct waf_set *set,
                               const struct config_load_balancer *balancer);

#endif
