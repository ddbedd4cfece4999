/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a value, put into a page, would run as a script there.
 *
 * The value is read as HTML in each context it may land in: text, and the value
 * of an attribute without quotes, in single, double or back quotes
 * (xss_tokens.h); names of tags and attributes, schemes of addresses and kinds
 * of comments say whether it would run (xss_words.h).  Time is proportional to
 * the value.
 */
#ifndef SLUICE_MATCH_XSS_H
#define SLUICE_MATCH_XSS_H

#include "match/xss_tokens.h"

enum { XSS_TOKENS_MAX = 4 };

/* What gave it away: "<", "script". */
struct xss_evidence {
    size_t from; /* in the value */
    size_t to;   /* tokens that are longer than 64 bytes are cut, this is not */
    unsigned n;
    struct str tokens[XSS_TOKENS_MAX]; /* slices of the value */
};

/* `evidence` may be NULL. */
bool xss_detect(struct str value, struct xss_evidence *evidence);

/* A value that is shorter, or without one of these bytes, is harmless: a set of
 * 256 bits, for the gate. */
enum { XSS_LEAST = 2 };
void xss_needs(uint64_t bytes[4]);

/* In one context only: for tests. */
bool xss_detect_in(struct str value, enum xss_context context);

#endif
