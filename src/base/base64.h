/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 in its standard alphabet with its padding (RFC 4648 §4).
 */
#ifndef SLUICE_BASE_BASE64_H
#define SLUICE_BASE_BASE64_H

#include "base/text.h"

/* Characters that n bytes become. */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* Most bytes that n characters become. */
#define BASE64_BYTES(n) ((n) / 4 * 3)

/* Writes n bytes as BASE64_LEN(n) characters. */
void base64_put(struct text *t, const uint8_t *p, size_t n);

/* Reads all of `s` into `out`, which has room for BASE64_BYTES(s.n); returns
 * the number of bytes, -1 when it is anything but the one spelling that
 * base64_put() has for them: another alphabet, missing padding, white space,
 * bits behind the last byte.  `out` may be overwritten either way. */
long base64_read(struct str s, uint8_t *out);

#endif
