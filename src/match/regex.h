/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions of rule languages: PCRE2 over bytes, compiled to machine
 * code, bounded.
 */
#ifndef SLUICE_MATCH_REGEX_H
#define SLUICE_MATCH_REGEX_H

#include "base/error.h"
#include "base/str.h"

struct regex;         /* never changes; counted; any thread */
struct regex_scratch; /* a thread's */

/* Whether AWS WAF takes the pattern (aws-waf.md 2.2): back references,
 * look-around, atomic groups, possessive quantifiers, recursion, conditions,
 * verbs, callouts, \C \R \K are refused, "character N: ..." with what to write
 * instead. */
bool regex_aws_takes(struct str pattern, struct error *error);

/* Compiles any pattern of PCRE2; NULL with an error "character N: ...". */
struct regex *regex_new(struct str pattern, struct error *error);

/* Whether regex_new() would; without the machine code, which is what costs. */
bool regex_check(struct str pattern, struct error *error);

struct regex *regex_hold(struct regex *regex);
void regex_release(struct regex *regex); /* NULL: nothing */

struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch *scratch);

enum regex_result {
    REGEX_NO,
    REGEX_YES,
    REGEX_LIMIT, /* it took too long or too much memory: nobody knows */
};

/* Searches; `from` and `to` (may be NULL) get where the match stands.  It takes
 * no memory, and about a millisecond at most for 8 KB, three for 64 KB; without
 * PCRE2's compiler to machine code a few times that, and little memory. */
enum regex_result regex_search(const struct regex *regex,
                               struct regex_scratch *scratch, struct str text,
                               size_t *from, size_t *to);

#endif
