/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds many literals in a text at once, of any case (Aho and Corasick 1975).
 *
 * Its table is kept small, to stay in caches: when there are too many literals
 * it looks for shorter pieces of them, and bytes that are seldom in literals
 * are taken for one another.  So it may find what is not there, and never
 * misses what is.
 */
#ifndef SLUICE_MATCH_GATE_AUTOMATON_H
#define SLUICE_MATCH_GATE_AUTOMATON_H

#include "base/str.h"

struct gate_literal {
    struct str bytes; /* in lower case, not empty */
    unsigned test;
};

struct gate_automaton;

/* NULL: there are no literals. */
struct gate_automaton *gate_automaton_new(const struct gate_literal *literals,
                                          size_t n);
void gate_automaton_free(struct gate_automaton *automaton);

/* Numbers of `seen` that a scan needs. */
size_t gate_automaton_endings(const struct gate_automaton *automaton);

/* Adds the tests whose literals are in the text to the bitmap.  `seen` holds
 * nothing but numbers other than `now` before. */
void gate_automaton_scan(const struct gate_automaton *automaton,
                         struct str text, uint32_t *seen, uint32_t now,
                         uint64_t *tests);

#endif
