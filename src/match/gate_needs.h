/* SPDX-License-Identifier: Apache-2.0
 *
 * What a test needs of a value to match it, as far as can be told without
 * running it.  Less than the truth is always right.
 */
#ifndef SLUICE_MATCH_GATE_NEEDS_H
#define SLUICE_MATCH_GATE_NEEDS_H

#include "match/gate_classes.h"
#include "match/gate_strings.h"

struct gate_needs {
    size_t min; /* bytes of the value */
    size_t max;
    struct gate_classes classes;
    struct gate_strings literals; /* one of them, any case; none: no matter */
};

/* Nothing. */
struct gate_needs gate_needs_nothing(void);

/* Of what PCRE2 would find; the literals are of the region. */
struct gate_needs gate_needs_of_regex(struct str pattern,
                                      struct region *region);
/* Of the bytes themselves. */
struct gate_needs gate_needs_of_bytes(struct str bytes, struct region *region);

#endif
