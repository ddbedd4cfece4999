/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources of the account as calls make and change them.
 */
#ifndef SLUICE_API_RESOURCE_H
#define SLUICE_API_RESOURCE_H

#include "api/call.h"

/* Adds a new resource to call->edit: {Type, Properties, Metadata: {Sluice:
 * {Id, Created, ...}}}.  Its logical id, which is returned, is the word and
 * its id (call_new_id()); `sluice` (may be NULL) is what else stands in
 * Metadata.Sluice. */
struct str resource_make(struct call *call, const struct account_view *view,
                         const char *word, const char *type,
                         const struct value *properties,
                         const struct value *sluice);

/* Puts a resource that there is into call->edit once more, with these
 * Properties and this Metadata.Sluice (NULL: as they are). */
void resource_change(struct call *call, const struct account_resource *resource,
                     const struct value *properties,
                     const struct value *sluice);

/* A property of the resource with that logical id; NULL: it has none. */
const struct value *resource_property(const struct account_view *view,
                                      struct str id, const char *name);

#endif
