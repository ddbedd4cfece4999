/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes of load balancers and listeners in calls: [{Key, Value}], by the
 * table of model/attributes (alb.md 5.9 and 6).
 */
#ifndef SLUICE_API_ELB_ATTRIBUTES_H
#define SLUICE_API_ELB_ATTRIBUTES_H

#include "api/action.h"
#include "model/attributes.h"

extern const struct shape attribute_member_shape; /* {Key, Value} */

/* The Attributes of the call taken into what a resource has (`before`, may be
 * NULL): the new list.  An empty value of a listener's attribute takes it out.
 * NULL: refused, a key that is not recognized (ValidationError) or that other
 * types of load balancers have (InvalidConfigurationRequest), or a value that
 * ALB does not take. */
struct value *attributes_change(struct call *call, enum attribute_owner owner,
                                const struct value *before);

/* Result {Attributes: [...]}: everything that this kind of owner has, as it was
 * given or its default; `initial`, a MAP of name to default, has others than
 * the table's (may be NULL). */
void attributes_tell(struct call *call, enum attribute_owner owner,
                     const struct value *given, const struct value *initial);

#endif
