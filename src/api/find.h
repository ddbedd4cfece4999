/* SPDX-License-Identifier: Apache-2.0
 *
 * The resource that an ARN of a call names: in the config, with all defaults
 * filled in, and in the account, as it was given.
 */
#ifndef SLUICE_API_FIND_H
#define SLUICE_API_FIND_H

#include "api/call.h"

/* NULL: there is none. */
struct config_load_balancer *find_load_balancer(const struct config *config,
                                                struct str arn);
struct config_listener *find_listener(const struct config *config,
                                      struct str arn);
struct config_group *find_group(const struct config *config, struct str arn);
struct config_group *find_group_named(const struct config *config,
                                      struct str name);
/* One that is a resource of the account: not those that a listener names and
 * nobody made. */
struct config_trust_store *find_trust_store(const struct config *config,
                                            struct str arn);

/* Whether the list of texts has this one. */
bool list_has(const struct value *list, struct str text);

#endif
