/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC with SHA-256 (RFC 2104).
 */
#ifndef SLUICE_CRYPTO_HMAC_H
#define SLUICE_CRYPTO_HMAC_H

#include "base/str.h"

enum { HMAC_BYTES = 32, HMAC_HEX_LEN = 64 };

/* The code of a text as lower-case hex digits without a NUL.  False without
 * memory. */
bool hmac_hex(struct str key, struct str text, char out[HMAC_HEX_LEN]);

/* Whether `hex` is that; how long it takes does not tell how nearly. */
bool hmac_is(struct str key, struct str text, struct str hex);

#endif
