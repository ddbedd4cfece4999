/* SPDX-License-Identifier: Apache-2.0
 *
 * Classes of bytes, 32 in all, and what must be there of them: the cheapest
 * thing to know of a value, and the first that the gate asks.
 *
 * A need is sets of classes, of each of which one must occur.  Fewer sets are a
 * weaker need, and always right.
 */
#ifndef SLUICE_MATCH_GATE_CLASSES_H
#define SLUICE_MATCH_GATE_CLASSES_H

#include "base/str.h"
#include "match/byte_set.h"

enum { GATE_CLASS_SETS = 12 };

struct gate_classes {
    unsigned n; /* 0: nothing is needed */
    uint32_t sets[GATE_CLASS_SETS];
};

/* The bit of each byte's class. */
extern const uint32_t gate_class_of[256];

/* Classes of which the value has a byte. */
uint32_t gate_classes_in(struct str value);

/* One byte of the set. */
struct gate_classes gate_classes_of(const struct byte_set *bytes);

/* Both. */
void gate_classes_and(struct gate_classes *classes,
                      const struct gate_classes *other);
/* One of the two. */
void gate_classes_or(struct gate_classes *classes,
                     const struct gate_classes *other);

#endif
