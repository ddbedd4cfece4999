/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands between the quotes of a string in JSON (RFC 8259 §7).
 */
#ifndef SLUICE_MATCH_JSON_STRING_H
#define SLUICE_MATCH_JSON_STRING_H

#include "base/str.h"

/* The first of a quote, a backslash and a control in [p, end), or `end`. */
const char *json_string_run(const char *p, const char *end);

struct json_unescape {
    const char *p;     /* the quote or control that ended it, the backslash of
                          the fault, or the end */
    size_t n;          /* bytes that were written: never more than were read */
    const char *fault; /* an escape that is none; or NULL */
};

/* Writes the bytes that a string stands for.  A surrogate that has no other
 * half becomes U+FFFD. */
struct json_unescape json_unescape(const char *p, const char *end, char *to);

#endif
