/* SPDX-License-Identifier: Apache-2.0
 *
 * ALB's wildcard patterns: `*` is any characters or none, `?` exactly one;
 * anchored at both ends (alb.md 2.3).
 *
 * Control characters (0x00-0x1f, 0x7f) take no part in matching (alb.md 2.2):
 * pattern and text are compared as though they were not there, so that one in
 * the middle of a path neither meets a wildcard nor dodges a literal.  Bytes
 * above 0x7f are one character each, which only wildcards and the same byte
 * meet.
 */
#ifndef SLUICE_MATCH_PATTERN_H
#define SLUICE_MATCH_PATTERN_H

#include "base/text.h"

enum pattern_case { PATTERN_EXACT_CASE, PATTERN_ANY_CASE };

/* A pattern that was read; borrows nothing. */
struct pattern;

/* `escapes`: `\*` and `\?` are those characters themselves (query strings).
 * Ends the program without memory; pattern_free() frees. */
struct pattern *pattern_new(struct str text, enum pattern_case fold,
                            bool escapes);
void pattern_free(struct pattern *pattern);

/* Time is at most proportional to the text's length times the pattern's, and
 * no memory is taken. */
bool pattern_matches(const struct pattern *pattern, struct str text);

/* The characters in front of the first wildcard (lower case when the case does
 * not matter); `*exact` tells that the pattern has no wildcard. */
struct str pattern_prefix(const struct pattern *pattern, bool *exact);

/* Whether it matches every text: it is `*`. */
bool pattern_is_any(const struct pattern *pattern);

/* Whether every text that `narrow` matches is matched by `wide` too.  False
 * also when that would take too long to find out, and for patterns that do not
 * treat case alike. */
bool pattern_covers(const struct pattern *wide, const struct pattern *narrow);

/* Puts a text that the pattern matches: each `*` becomes `filling`, each `?`
 * an x. */
void pattern_put_example(struct text *t, const struct pattern *pattern,
                         struct str filling);

#endif
