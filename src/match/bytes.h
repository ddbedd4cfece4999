/* SPDX-License-Identifier: Apache-2.0
 *
 * ByteMatchStatement: bytes in a value, any of them, NUL too (aws-waf.md 2.1).
 * Case counts: rules that do not want that say LOWERCASE first.
 */
#ifndef SLUICE_MATCH_BYTES_H
#define SLUICE_MATCH_BYTES_H

#include "model/web_acl.h"

/* Whether `value` has `search` at the position, and where: the first place that
 * is right.  CONTAINS_WORD: neither the byte before nor the one behind is of
 * [A-Za-z0-9_].  Linear in the value for what AWS takes as `search`. */
bool bytes_match(enum waf_position position, struct str search,
                 struct str value, size_t *at);

#endif
