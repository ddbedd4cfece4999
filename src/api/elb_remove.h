/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes when a load balancer or a listener goes: everything that would be
 * nothing without it, and nothing else.
 */
#ifndef SLUICE_API_ELB_REMOVE_H
#define SLUICE_API_ELB_REMOVE_H

#include "api/call.h"

/* Into call->edit: the load balancer with its listeners, the listener with its
 * rules and ListenerCertificates; a web ACL's association goes with its load
 * balancer.  False: refused, another resource of the account names one of them
 * (ResourceInUse). */
bool remove_load_balancer(struct call *call, const struct account_view *view,
                          const struct config_load_balancer *lb);
bool remove_listener(struct call *call, const struct account_view *view,
                     const struct config_listener *listener);

/* The ListenerCertificates of a listener alone. */
void remove_certificates(struct call *call, const struct account_view *view,
                         const struct config_listener *listener);

#endif
