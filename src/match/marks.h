/* SPDX-License-Identifier: Apache-2.0
 *
 * What is to be known of the bytes of a value before anything is made of it,
 * found in one pass: the gate's classes (match/gate_classes.h), which tell what
 * transformations would find as well, and a little more.
 *
 * Marks of values, put together, are those of all.  A value that a
 * transformation leaves alone keeps its marks.
 */
#ifndef SLUICE_MATCH_MARKS_H
#define SLUICE_MATCH_MARKS_H

#include "base/str.h"
#include "match/transform.h"

#define MARK_TWO_SPACES (UINT64_C(1) << 32) /* side by side */
#define MARK_ANY (UINT64_C(1) << 33)        /* every value has it */

uint64_t marks_of(struct str value);

static inline uint32_t marks_classes(uint64_t marks)
{
    return (uint32_t)marks;
}

/* A value without these is left as it is (same p and n); MARK_ANY: nobody
 * knows before it is tried. */
uint64_t marks_touched_by(enum transform transform);

#endif
