/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a load balancer's config decides which metrics it can have.
 */
#ifndef SLUICE_CONTROL_TRAITS_H
#define SLUICE_CONTROL_TRAITS_H

#include "model/config.h"

struct traits {
    bool tls;    /* an HTTPS listener */
    bool mutual; /* one that wants certificates of clients */
    bool ipv6;
    bool fixed; /* a rule with that action; redirect */
    bool redirect;
    bool sticky; /* a group with stickiness */
    bool app_cookie;
    bool grpc;
    bool target_tls;
};

/* Of each load balancer of the config, by index; for free(). */
struct traits *traits_new(const struct config *config);

/* And what a group behind it adds. */
void traits_add_group(struct traits *traits, const struct config_group *group);

/* Zones that its targets are in; those without one are in none. */
unsigned traits_zones(const struct config_group *group);

#endif
