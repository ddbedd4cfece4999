/* SPDX-License-Identifier: Apache-2.0
 *
 * The values that a program looks at, each made once for a request.
 *
 * A *plan* is made while rules are compiled: a tree whose roots are parts of
 * the request and whose other nodes are one more transformation of their
 * parent's values; equal parts and chains are one node, a *source*.  For a
 * request the values of a source are made when somebody asks for them.
 */
#ifndef SLUICE_MATCH_VALUES_H
#define SLUICE_MATCH_VALUES_H

#include "match/part.h"
#include "match/transform.h"

struct value_plan;

struct value_plan *value_plan_new(const struct part_limits *limits);
void value_plan_free(struct value_plan *plan);

/* The source of the part after the chain; the part must live as long as the
 * plan.  Not once it is used. */
unsigned value_plan_add(struct value_plan *plan, const struct waf_field *part,
                        const struct waf_chain *chain);

unsigned value_plan_n(const struct value_plan *plan);

/* Whose values become those of `source` by its last transformation; the
 * source itself: it is a part's. */
unsigned value_plan_parent(const struct value_plan *plan, unsigned source);

/* What makes its values of its parent's; NONE: it is a part's. */
enum transform value_plan_last(const struct value_plan *plan, unsigned source);

/* Bytes of the body that must be here before anything is evaluated: one more
 * than is looked at.  0: no source looks at it. */
uint32_t value_plan_body(const struct value_plan *plan);

/* Whether some source looks at JA3 or JA4. */
bool value_plan_fingerprint(const struct value_plan *plan);

/* ---- of one request ----------------------------------------------------------- */

struct values; /* in the arena */

/* NULL: the arena is at its limit. */
struct values *values_new(const struct value_plan *plan,
                          const struct inspected *request, struct arena *arena);

struct source_values {
    struct part_values values;
    /* No value differs from the parent's (same p and n): whoever looked at
     * those knows what these are. */
    bool as_parent;
    uint64_t *marks;    /* of each value (match/marks.h) */
    uint64_t all_marks; /* of all of them */
};

/* Good as long as the arena.  Of many values those that are there twice are
 * left out but for the first. */
const struct source_values *values_of(struct values *values, unsigned source);

/* PART_OVERSIZE_* of all sources that were asked for. */
uint8_t values_oversized(const struct values *values);

#endif
