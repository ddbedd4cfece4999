/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate: which tests can match a value at all (DESIGN D7).
 *
 * What a test needs is found when it is added: literals of which one must
 * occur, classes of bytes of which one must be there, a least length.  A value
 * is looked at once for all tests: length and classes first, which mostly is
 * the end of it, then one automaton for the literals of all.  The case of ASCII
 * letters does not matter to it: values that differ in that alone have the same
 * candidates.  It never loses a
 * match: a test that nothing is known about can always match.  What remains is
 * confirmed by whoever asks.
 */
#ifndef SLUICE_MATCH_GATE_H
#define SLUICE_MATCH_GATE_H

#include "base/str.h"

struct gate; /* never changes */
struct gate_builder;
struct gate_scratch; /* a thread's; for any gate */

struct gate_builder *gate_builder_new(void);

/* Each adds a test and returns its number, from 0. */
unsigned gate_add_always(struct gate_builder *builder);
/* A pattern as regex_new() takes it. */
unsigned gate_add_regex(struct gate_builder *builder, struct str pattern);
/* The value has these bytes somewhere (at its begin, its end, or is them). */
enum gate_place { GATE_ANYWHERE, GATE_BEGIN, GATE_END, GATE_WHOLE };
unsigned gate_add_bytes(struct gate_builder *builder, struct str bytes,
                        enum gate_place place);
/* The value has at least `length` bytes, and one of `bytes` (a set of 256
 * bits; NULL: any). */
unsigned gate_add_class(struct gate_builder *builder, size_t length,
                        const uint64_t bytes[4]);

/* Frees the builder. */
struct gate *gate_build(struct gate_builder *builder);
void gate_free(struct gate *gate);

static inline unsigned gate_words(unsigned ntests)
{
    return (ntests + 63) / 64;
}

struct gate_scratch *gate_scratch_new(void);
void gate_scratch_free(struct gate_scratch *scratch);

/* Of the tests in `wanted` those that can match the value are added to
 * `candidates`; both are bitmaps of gate_words() words. */
void gate_candidates(const struct gate *gate, struct gate_scratch *scratch,
                     struct str value, const uint64_t *wanted,
                     uint64_t *candidates);

/* The same where it is known which classes of bytes the value has
 * (gate_classes_in()); whether there are any. */
bool gate_candidates_of(const struct gate *gate, struct gate_scratch *scratch,
                        struct str value, uint32_t classes,
                        const uint64_t *wanted, uint64_t *candidates);

#endif
