/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions that take time proportional to the text, whatever the
 * pattern: a Thompson/Pike machine over bytes, with RE2's syntax.
 *
 * ALB's regex conditions and transforms promise linear time and lack what
 * cannot have it (look-around, backreferences, atomic groups, possessive
 * quantifiers, recursion, \p{..}: alb.md 2.3).  The rule languages of web ACLs
 * use PCRE2 instead.
 */
#ifndef SLUICE_MATCH_LINEAR_H
#define SLUICE_MATCH_LINEAR_H

#include "base/error.h"
#include "base/str.h"

enum {
    LINEAR_PATTERN_MAX = 1024, /* characters */
    LINEAR_REPEAT_MAX = 1000,
    LINEAR_PROGRAM_MAX = 5000, /* instructions */
    LINEAR_GROUPS_MAX = 10,    /* $0 to $9 */
    LINEAR_DEPTH_MAX = 50,     /* nested groups */
};

struct linear;
struct linear_scratch; /* a thread's working memory, for any regex */

/* Compiles; NULL with an error "character N: ..." (N from 1) that says what is
 * wrong there, and of what is left out on purpose that ALB does not have it. */
struct linear *linear_new(struct str pattern, bool any_case,
                          struct error *error);
/* Counted; from any thread.  NULL: nothing. */
struct linear *linear_hold(struct linear *regex);
void linear_free(struct linear *regex); /* with the last hold */

/* A scratch is for one thread at a time and serves every regex that it was
 * made to fit; searching takes no memory.  What was fitted before stays
 * fitted. */
struct linear_scratch *linear_scratch_new(void);
void linear_scratch_fit(struct linear_scratch *scratch,
                        const struct linear *regex);
void linear_scratch_free(struct linear_scratch *scratch);

/* What a scratch must have for some regexes: the most of each.  All zero: for
 * none. */
struct linear_need {
    unsigned size;
    size_t nslots;
};

void linear_need_add(struct linear_need *need, const struct linear *regex);
void linear_need_join(struct linear_need *need,
                      const struct linear_need *other);
void linear_scratch_reserve(struct linear_scratch *scratch,
                            const struct linear_need *need);

/* Whether the regex matches anywhere in the text.  `groups`, when not NULL,
 * gets LINEAR_GROUPS_MAX slices of the leftmost match, Perl's choice among
 * alternatives (p == NULL: the group took no part). */
bool linear_search(const struct linear *regex, struct linear_scratch *scratch,
                   struct str text, struct str *groups);

/* Groups that the pattern has, without $0. */
unsigned linear_groups(const struct linear *regex);

#endif
