/* SPDX-License-Identifier: Apache-2.0
 *
 * The own address of each load balancer here, and who shares an address and
 * port with others.
 *
 * A load balancer whose listeners are bound to IPv4 loopback is reached at an
 * address of its own as well: one of 127.1.0.1 to 127.254.255.254 that derives
 * from its id, so that it is the same after a restart and whatever else stands
 * in the account.  Of two that would have the same one the newer gets the next
 * that is free.
 *
 * Listeners of several load balancers may have one address and port when their
 * protocol is the same: requests are told apart by their Host
 * (proxy/port_table.h).  Of two protocols the listener that comes later in the
 * config has only its own address.
 */
#ifndef SLUICE_MODEL_LOCAL_ADDRESS_H
#define SLUICE_MODEL_LOCAL_ADDRESS_H

#include "model/config.h"

/* Fills in `own` of the load balancers and of the listeners, whose bind is
 * complete.  What cannot share goes to the report: a listener that is left
 * with its own address as a warning, one that has none as an error. */
void local_apply_addresses(struct config *config, const struct local *local,
                           struct report *report);

/* Whether the listener is reached at the own address of its load balancer
 * alone. */
bool local_is_alone(const struct config_listener *listener);

#endif
