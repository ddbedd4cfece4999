/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a value, put into a statement of SQL, would change what that says.
 *
 * The value is read as tokens in each context it may land in (bare, inside
 * single quotes, inside double quotes, MySQL's comments or the standard's);
 * tokens are folded, and what remains says it.  Time is proportional to the
 * value.
 */
#ifndef SLUICE_MATCH_SQLI_H
#define SLUICE_MATCH_SQLI_H

#include "base/str.h"

/* LOW: what changes a statement from where the value begins.  HIGH, too: signs
 * anywhere in it (sqli_loose.h); prose may have some (aws-waf.md 2.5). */
enum sqli_sensitivity { SQLI_LOW, SQLI_HIGH };

enum { SQLI_TOKENS_MAX = 8 };

/* What gave it away: the folded tokens, without their quotes and what was folded
 * into them ("10", "AND", "1" of 10 AND 1=1). */
struct sqli_evidence {
    size_t from; /* in the value */
    size_t to;
    unsigned n;
    struct str tokens[SQLI_TOKENS_MAX]; /* slices of the value */
};

/* `evidence` may be NULL. */
bool sqli_detect(struct str value, enum sqli_sensitivity sensitivity,
                 struct sqli_evidence *evidence);

/* A value without one of these bytes is harmless: a set of 256 bits, for the
 * gate. */
void sqli_needs(uint64_t bytes[4]);

#endif
