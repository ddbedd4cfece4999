/* SPDX-License-Identifier: Apache-2.0
 *
 * A template that was changed meets an account that the API changed.
 *
 * Only what differs between the old template and the new is applied:
 *
 * - what neither changed, and what the API alone changed, stays; resources of
 *   the API are not touched;
 * - a resource that the API deleted stays deleted, unless the template changed
 *   it: then it is made again;
 * - of a resource that both changed, it goes property by property, into maps
 *   as well: attributes and tags by Key, targets by Id and Port, target groups
 *   of a forward action by their ARN.  Where both changed the same property
 *   the template wins;
 * - but weights of forward actions that are not as the old template said were
 *   moved by the API or a shift, and stay, whatever the new one says;
 * - new resources come last, in the order of the template.
 *
 * Refused: a resource goes that one of the API's uses, or gets another Name
 * (its ARN would be another one); a new one has the logical id of one that is there already and is something else.
 */
#ifndef SLUICE_MODEL_MERGE_H
#define SLUICE_MODEL_MERGE_H

#include "base/error.h"
#include "model/account.h"

/* The account afterwards, with the next revision; NULL with an error.  `before`
 * may be NULL: there was no template.  `stack`: as config_build(), of which
 * ids in ARNs are made. */
struct account *account_merge(const struct account *now,
                              const struct account *before,
                              const struct account *after, struct str stack,
                              struct error *error);

/* Whether the account has the template's resources as they are, and no
 * others. */
bool account_is_template(const struct account *account,
                         const struct account *base);

#endif
