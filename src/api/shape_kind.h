/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinds of values, which JSON and CBOR tell apart and forms do not: AWS refuses
 * what is of another kind than its member before it looks at anything else, by
 * a SerializationException that names neither the member nor the value
 * (measured with AWS's JSON 1.1, and taken for CBOR: it has no texts of its
 * own).
 */
#ifndef SLUICE_API_SHAPE_KIND_H
#define SLUICE_API_SHAPE_KIND_H

#include "api/action.h"

/* Why the value cannot be the member, or one of its elements, in the region;
 * n == 0: it can.  What stands in structures is not looked at, null is nothing
 * that was given. */
struct str shape_kind_fault(struct region *region, const struct member *member,
                            const struct value *value);

/* The number without its fraction: AWS cuts it off where it wants none. */
struct str shape_kind_whole(struct region *region, struct str number);

#endif
