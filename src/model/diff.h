/* SPDX-License-Identifier: Apache-2.0
 *
 * What changed between two versions of a template's resources.
 */
#ifndef SLUICE_MODEL_DIFF_H
#define SLUICE_MODEL_DIFF_H

#include "model/value.h"

enum diff_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

/* Calls `visit` for each resource (logical id, value of Type) of one of the
 * two MAPs that is missing or different in the other; returns how many.
 * Places, the order of keys and how a scalar was written make no
 * difference. */
unsigned diff_resources(const struct value *before, const struct value *after,
                        void (*visit)(void *owner, enum diff_kind kind,
                                      struct str id, struct str type),
                        void *owner);

/* Whether two values say the same. */
bool diff_equal(const struct value *a, const struct value *b);

#endif
