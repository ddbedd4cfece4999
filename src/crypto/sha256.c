/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sha256.h"

#include <pthread.h>
#include <stdlib.h>

#include <openssl/evp.h>

/* Looking an algorithm up costs more than hashing a small body: once per
 * process, never freed. */
static EVP_MD *algorithm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* After sha256_init() only a lack of memory or a broken library can fail, and
 * a wrong digest must not be taken for a right one. */
static void must(int ok)
{
    if (!ok)
        abort();
}

bool sha256_init(struct sha256 *sha)
{
    pthread_once(&once, fetch);
    sha->state = algorithm ? EVP_MD_CTX_new() : NULL;
    if (sha->state == NULL)
        return false;
    if (EVP_DigestInit_ex2(sha->state, algorithm, NULL))
        return true;
    sha256_end(sha);
    return false;
}

void sha256_end(struct sha256 *sha)
{
    EVP_MD_CTX_free(sha->state);
    sha->state = NULL;
}

void sha256_begin(struct sha256 *sha)
{
    must(EVP_DigestInit_ex2(sha->state, algorithm, NULL));
}

void sha256_add(struct sha256 *sha, const void *p, size_t n)
{
    must(EVP_DigestUpdate(sha->state, p, n));
}

void sha256_bytes(struct sha256 *sha, uint8_t out[SHA256_BYTES])
{
    must(EVP_DigestFinal_ex(sha->state, out, NULL));
}

void sha256_hex(struct sha256 *sha, char out[SHA256_HEX_LEN])
{
    unsigned char digest[SHA256_BYTES];

    sha256_bytes(sha, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
}
