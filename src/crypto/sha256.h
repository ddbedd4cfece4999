/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 of bytes that come piece by piece (FIPS 180-4).
 */
#ifndef SLUICE_CRYPTO_SHA256_H
#define SLUICE_CRYPTO_SHA256_H

#include "base/str.h"

enum { SHA256_BYTES = 32, SHA256_HEX_LEN = 64 };

struct evp_md_ctx_st;

/* One digest at a time; used again for the next. */
struct sha256 {
    struct evp_md_ctx_st *state;
};

/* False without memory; sha256_end() frees. */
bool sha256_init(struct sha256 *sha);
void sha256_end(struct sha256 *sha);

/* Forgets what was added: the next digest begins. */
void sha256_begin(struct sha256 *sha);

void sha256_add(struct sha256 *sha, const void *p, size_t n);

/* The digest of what was added since sha256_begin(), as lower-case hex digits
 * without a NUL.  Only sha256_begin() or sha256_end() may follow. */
void sha256_hex(struct sha256 *sha, char out[SHA256_HEX_LEN]);

/* The same as bytes. */
void sha256_bytes(struct sha256 *sha, uint8_t out[SHA256_BYTES]);

#endif
