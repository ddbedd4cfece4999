/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 (RFC 3629).
 */
#ifndef SLUICE_BASE_UTF8_H
#define SLUICE_BASE_UTF8_H

#include "base/str.h"

/* Length of the sequence at p[0..n) of a character that is not ASCII; 0 when
 * it is none. */
size_t utf8_length(const unsigned char *p, size_t n);

/* Whether all of it is characters that XML 1.0 and JSON can have: no controls
 * but HT, LF and CR, no U+FFFE and U+FFFF. */
bool utf8_is_text(struct str s);

/* Its characters; bytes that are none count each. */
size_t utf8_count(struct str s);

/* The begin of it, of at most `n` bytes and whole characters. */
struct str utf8_cut(struct str s, size_t n);

#endif
