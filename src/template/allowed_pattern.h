/* SPDX-License-Identifier: Apache-2.0
 *
 * AllowedPattern: a regular expression that a parameter's whole value matches.
 *
 * CloudFormation's are Java's.  These are POSIX extended ones of the C
 * library, after \d, \w, \s and (?: are put in POSIX's words; what has no such
 * words (look-around, back-references, lazy quantifiers, classes within
 * classes, \b, \p) cannot be judged.  "." and classes see bytes, not
 * characters.
 */
#ifndef SLUICE_TEMPLATE_ALLOWED_PATTERN_H
#define SLUICE_TEMPLATE_ALLOWED_PATTERN_H

#include "base/str.h"

enum { ALLOWED_PATTERN_MAX = 1024, ALLOWED_PATTERN_VALUE_MAX = 4096 };

enum allowed_pattern_verdict {
    PATTERN_MATCHES,
    PATTERN_DIFFERS,
    PATTERN_UNSUPPORTED, /* cannot be judged here */
};

enum allowed_pattern_verdict allowed_pattern_judge(struct str pattern,
                                                   struct str value);

#endif
