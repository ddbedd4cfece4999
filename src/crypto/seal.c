/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "crypto/sha256.h"

struct key {
    EVP_CIPHER_CTX *cipher; /* with the key's schedule; only nonces change */
    uint8_t id[SEAL_ID_BYTES];
};

/* Random nonces of 96 bits run into each other after too few cookies: at
 * 100,000 a second the 2^32 that NIST allows are used up within half a day.
 * So a nonce is 64 random bits, drawn for each seal, and a count below them,
 * which repeats only after new bits were drawn.  The count is scattered: how
 * many requests there were between two of them is nobody's business. */
struct nonces {
    uint8_t prefix[8];
    uint32_t multipliers[2]; /* odd, secret */
    uint32_t count;
    bool drawn;
};

struct seal {
    unsigned n;
    struct key keys[SEAL_KEYS_MAX];
    struct nonces nonces;
};

/* ---- keys ---------------------------------------------------------------- */

bool seal_keys_random(struct seal_keys *keys)
{
    keys->n = 1;
    return RAND_priv_bytes(keys->bytes[0], SEAL_KEY_BYTES) == 1;
}

void seal_keys_forget(struct seal_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof(*keys));
}

static bool identify(struct key *key, const uint8_t bytes[SEAL_KEY_BYTES])
{
    static const char label[] = "sluice seal: which key";
    uint8_t digest[SHA256_BYTES];
    struct sha256 sha;

    if (!sha256_init(&sha))
        return false;
    sha256_add(&sha, label, sizeof(label));
    sha256_add(&sha, bytes, SEAL_KEY_BYTES);
    sha256_bytes(&sha, digest);
    sha256_end(&sha);
    memcpy(key->id, digest, sizeof(key->id));
    return true;
}

static bool prepare(struct key *key, EVP_CIPHER *algorithm,
                    const uint8_t bytes[SEAL_KEY_BYTES])
{
    key->cipher = EVP_CIPHER_CTX_new();
    return key->cipher &&
           EVP_CipherInit_ex2(key->cipher, algorithm, bytes, NULL, 1, NULL) &&
           identify(key, bytes);
}

struct seal *seal_new(const struct seal_keys *keys)
{
    EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    struct seal *seal = calloc(1, sizeof(*seal));
    bool ok = seal && algorithm && keys->n && keys->n <= SEAL_KEYS_MAX;

    for (unsigned i = 0; ok && i < keys->n; i++) {
        seal->n++;
        ok = prepare(&seal->keys[i], algorithm, keys->bytes[i]);
    }
    EVP_CIPHER_free(algorithm); /* the contexts hold it */
    if (ok)
        return seal;
    seal_free(seal);
    return NULL;
}

void seal_free(struct seal *seal)
{
    if (seal == NULL)
        return;
    for (unsigned i = 0; i < seal->n; i++)
        EVP_CIPHER_CTX_free(seal->keys[i].cipher);
    OPENSSL_cleanse(seal, sizeof(*seal));
    free(seal);
}

/* ---- nonces -------------------------------------------------------------- */

static bool draw(struct nonces *n)
{
    if (RAND_bytes(n->prefix, sizeof(n->prefix)) != 1 ||
        RAND_bytes((uint8_t *)n->multipliers, sizeof(n->multipliers)) != 1)
        return false;
    n->multipliers[0] |= 1;
    n->multipliers[1] |= 1;
    n->count = 0;
    n->drawn = true;
    return true;
}

/* One to one, so no two counts become the same. */
static uint32_t scatter(const struct nonces *n, uint32_t x)
{
    x = (x ^ n->multipliers[1]) * n->multipliers[0];
    x ^= x >> 16;
    x *= n->multipliers[1];
    return x ^ x >> 15;
}

static bool next_nonce(struct nonces *n, uint8_t out[SEAL_NONCE_BYTES])
{
    uint32_t low;

    if (!n->drawn && !draw(n))
        return false;
    low = scatter(n, n->count);
    memcpy(out, n->prefix, sizeof(n->prefix));
    memcpy(out + sizeof(n->prefix), &low, sizeof(low));
    n->drawn = ++n->count != 0;
    return true;
}

/* ---- sealing, opening ---------------------------------------------------- */

static bool begin(EVP_CIPHER_CTX *cipher, const uint8_t *nonce, int seals,
                  struct str kind)
{
    int n;

    return EVP_CipherInit_ex2(cipher, NULL, NULL, nonce, seals, NULL) &&
           EVP_CipherUpdate(cipher, NULL, &n, (const uint8_t *)kind.p,
                            (int)kind.n);
}

bool seal_put(struct seal *seal, struct str kind, const uint8_t *plain,
              size_t n, uint8_t *out)
{
    struct key *key = &seal->keys[0];
    uint8_t *nonce = out + SEAL_ID_BYTES;
    uint8_t *text = nonce + SEAL_NONCE_BYTES;
    int done;

    if (n > INT_MAX || !next_nonce(&seal->nonces, nonce))
        return false;
    memcpy(out, key->id, SEAL_ID_BYTES);
    return begin(key->cipher, nonce, 1, kind) &&
           EVP_CipherUpdate(key->cipher, text, &done, plain, (int)n) &&
           EVP_CipherFinal_ex(key->cipher, text + n, &done) &&
           EVP_CIPHER_CTX_ctrl(key->cipher, EVP_CTRL_AEAD_GET_TAG,
                               SEAL_TAG_BYTES, text + n);
}

static bool open_with(struct key *key, struct str kind, const uint8_t *sealed,
                      size_t n, uint8_t *plain)
{
    const uint8_t *nonce = sealed + SEAL_ID_BYTES;
    const uint8_t *text = nonce + SEAL_NONCE_BYTES;
    uint8_t tag[SEAL_TAG_BYTES];
    uint8_t rest[SEAL_TAG_BYTES];
    int done;

    memcpy(tag, text + n, sizeof(tag));
    return begin(key->cipher, nonce, 0, kind) &&
           EVP_CipherUpdate(key->cipher, plain, &done, text, (int)n) &&
           EVP_CIPHER_CTX_ctrl(key->cipher, EVP_CTRL_AEAD_SET_TAG, sizeof(tag),
                               tag) &&
           EVP_CipherFinal_ex(key->cipher, rest, &done) > 0;
}

bool seal_open(struct seal *seal, struct str kind, const uint8_t *sealed,
               size_t n, uint8_t *plain)
{
    if (n < SEAL_OVERHEAD || n > INT_MAX)
        return false;
    for (unsigned i = 0; i < seal->n; i++) {
        struct key *key = &seal->keys[i];

        if (memcmp(key->id, sealed, SEAL_ID_BYTES) == 0 &&
            open_with(key, kind, sealed, n - SEAL_OVERHEAD, plain))
            return true;
    }
    return false;
}
