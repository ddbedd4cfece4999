/* SPDX-License-Identifier: Apache-2.0
 *
 * MD5 (RFC 1321): for rules that compare digests of what was sent; not for
 * secrets.  Our own, since OpenSSL has none where only FIPS algorithms are
 * allowed, and a rule must mean the same everywhere.
 */
#ifndef SLUICE_CRYPTO_MD5_H
#define SLUICE_CRYPTO_MD5_H

#include "base/str.h"

enum { MD5_BYTES = 16 };

void md5_bytes(struct str s, uint8_t out[MD5_BYTES]);

#endif
