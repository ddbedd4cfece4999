/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets of short strings, in lower case: what a part of a pattern matches, or
 * what must be in what it matches.  Memory is of a region, and sizes are
 * capped: a set that would become too large is none, which says nothing and is
 * always right.
 */
#ifndef SLUICE_MATCH_GATE_STRINGS_H
#define SLUICE_MATCH_GATE_STRINGS_H

#include "base/region.h"
#include "match/byte_set.h"

enum {
    GATE_STRING_MAX = 24,  /* bytes, while they are put together */
    GATE_LITERAL_MAX = 8,  /* bytes that are looked for */
    GATE_PRODUCT_MAX = 48, /* strings, by putting sets behind each other */
    GATE_UNION_MAX = 2048, /* strings, by joining alternatives */
};

struct gate_strings {
    unsigned n; /* 0: none, nothing is known */
    unsigned room;
    struct str *v;
};

/* Only the empty string. */
void gate_strings_begin(struct gate_strings *strings, struct region *region);
/* A string that stays where it is; false when there are too many. */
bool gate_strings_add(struct gate_strings *strings, struct region *region,
                      struct str string);
/* One of each byte; false when that would be many. */
bool gate_strings_of_set(struct gate_strings *strings, struct region *region,
                         const struct byte_set *bytes);
/* Each of `tails` behind each; false (nothing is changed) when that were too
 * many or too long ones. */
bool gate_strings_append(struct gate_strings *strings, struct region *region,
                         const struct gate_strings *tails);
/* Those of both; none when there are too many. */
void gate_strings_join(struct gate_strings *strings, struct region *region,
                       const struct gate_strings *other);

/* How seldom a text has one of them, in quarters of a bit; 0: often. */
unsigned gate_strings_worth(const struct gate_strings *strings);
/* The `max` bytes of the string that are seldom most. */
struct str gate_strings_window(struct str string, size_t max);

#endif
