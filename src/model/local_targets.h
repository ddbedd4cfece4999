/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets that have an id and no address of their own here, and targets that
 * calls of the API registered.
 *
 * --target ID=HOST[:PORT] says where the target with that id (an instance's,
 * or an address's of elsewhere) is on this machine, in whatever group it is;
 * without PORT it has the port that it is registered with.
 *
 * What a template's Targets register gives way to --service and Addresses.
 * What RegisterTargets registers does not: Registered of a group's
 * Metadata.Sluice lists these, and Deregistered those of --service and
 * Addresses that DeregisterTargets took out; both as "ID:PORT".
 */
#ifndef SLUICE_MODEL_LOCAL_TARGETS_H
#define SLUICE_MODEL_LOCAL_TARGETS_H

#include "model/local.h"

/* Gives the registered targets of all groups that --target names their
 * address; what is no address is an error in the report. */
void local_apply_targets(struct config *config, const struct local *local,
                         struct report *report);

/* Whether the LIST (NULL: an empty one) has "ID:PORT". */
bool local_names_target(const struct value *list, struct str id, uint16_t port);

#endif
