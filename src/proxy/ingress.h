/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may connect to a listener by the security groups of its load balancer
 * (model/vpc.h): the blocks of the rules that have its port, as two trees.
 */
#ifndef SLUICE_PROXY_INGRESS_H
#define SLUICE_PROXY_INGRESS_H

#include "model/config.h"

struct ingress; /* never changes */

/* NULL: everybody may. */
struct ingress *ingress_new(const struct config_listener *listener);
void ingress_free(struct ingress *ingress); /* NULL: nothing */

bool ingress_admits(const struct ingress *ingress,
                    const struct address *client);

#endif
