/* SPDX-License-Identifier: Apache-2.0
 *
 * Single entries of a resource {Type, Properties, Metadata} as calls change
 * them (new resources: api/resource.h).
 */
#ifndef SLUICE_API_CHANGE_H
#define SLUICE_API_CHANGE_H

#include "api/call.h"

/* A resource like `value` with that entry of its Properties, or of its
 * Metadata.Sluice, changed; `to` NULL: taken out. */
struct value *change_property(struct region *region, const struct value *value,
                              const char *name, const struct value *to);
struct value *change_sluice(struct region *region, const struct value *value,
                            const char *name, const struct value *to);

/* Puts the resource of that logical id into call->edit, unless it says what it
 * said before: a repeat changes nothing. */
void change_resource(struct call *call, const struct account_view *before,
                     struct str id, const struct value *value);

/* A scalar for the two above. */
struct value *change_text(struct region *region, struct str text);

/* Whether two values say the same: kinds of scalars and the order of a MAP's
 * entries do not matter ("80" is 80), the order of a LIST does. */
bool values_say_same(const struct value *a, const struct value *b);

#endif
