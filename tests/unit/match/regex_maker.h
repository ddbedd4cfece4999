/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes patterns of all of PCRE2's syntax at random, each with a text that it
 * is likely to match: whether it does PCRE2 must say, and some patterns are
 * none.
 */
#ifndef TESTS_UNIT_MATCH_REGEX_MAKER_H
#define TESTS_UNIT_MATCH_REGEX_MAKER_H

#include "base/random.h"
#include "base/text.h"

enum { MAKER_PATTERN = 1024, MAKER_SAMPLE = 2048 };

struct maker {
    struct random random;
    struct text pattern;
    struct text sample;
    unsigned depth;
    unsigned groups;
    bool odd; /* rare constructs, too: calls, conditions, verbs */
    char pattern_room[MAKER_PATTERN];
    char sample_room[MAKER_SAMPLE];
};

void maker_begin(struct maker *maker, uint64_t seed);
/* The next pattern and its text, in the maker until the next. */
void maker_next(struct maker *maker);

/* A number below n. */
unsigned maker_pick(struct maker *maker, unsigned n);
/* Changes some bytes of the text, or puts some before or behind it; `room`
 * is what it may grow to. */
size_t maker_mutate(struct maker *maker, char *text, size_t n, size_t room);

#endif
