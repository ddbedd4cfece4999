/* SPDX-License-Identifier: Apache-2.0
 *
 * Small texts that only we can write and read: sealed with AES-256-GCM (NIST
 * SP 800-38D) by one of a few keys.
 *
 * The first key seals, every key opens, so that a key is changed by putting a
 * new one in front.  Processes that have the same keys open each other's.
 */
#ifndef SLUICE_CRYPTO_SEAL_H
#define SLUICE_CRYPTO_SEAL_H

#include "base/str.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_KEYS_MAX = 8,
    SEAL_ID_BYTES = 4,     /* says which key */
    SEAL_NONCE_BYTES = 12, /* never the same twice with one key */
    SEAL_TAG_BYTES = 16,
    SEAL_OVERHEAD = SEAL_ID_BYTES + SEAL_NONCE_BYTES + SEAL_TAG_BYTES,
};

/* Secret bytes, as they came from a file or from the kernel; plain data that
 * may be copied and handed to another process. */
struct seal_keys {
    unsigned n; /* at most SEAL_KEYS_MAX */
    uint8_t bytes[SEAL_KEYS_MAX][SEAL_KEY_BYTES];
};

/* One new key from the kernel.  False when it gives none. */
bool seal_keys_random(struct seal_keys *keys);

/* Overwrites the bytes. */
void seal_keys_forget(struct seal_keys *keys);

/* Prepared keys.  Belongs to one thread at a time; must not live on in two
 * processes after a fork(): both would draw the same nonces. */
struct seal;

/* NULL without memory, or when there is no key. */
struct seal *seal_new(const struct seal_keys *keys);
void seal_free(struct seal *seal); /* NULL: nothing */

/* Seals n bytes into `out`, which has room for n + SEAL_OVERHEAD.  Opens only
 * for the same `kind`, so that a text that was sealed for one use cannot serve
 * for another.  Takes no memory.  False when the library fails. */
bool seal_put(struct seal *seal, struct str kind, const uint8_t *plain,
              size_t n, uint8_t *out);

/* Opens n sealed bytes into `plain`, which has room for n - SEAL_OVERHEAD (and
 * n for less than that).  False, and nothing in `plain` means anything, when
 * they were not sealed for this kind by one of the keys. */
bool seal_open(struct seal *seal, struct str kind, const uint8_t *sealed,
               size_t n, uint8_t *plain);

#endif
