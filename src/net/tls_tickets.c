/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_tickets.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "net/tls_internal.h"

/* The present epoch, and the one before. */
enum { EPOCHS = 2 };

struct tls_tickets {
    struct seal_keys masters;
    EVP_CIPHER *cipher; /* fetched once: that takes longer than sealing */
    int64_t epoch;      /* that keys[][0] are of */
    bool made;
    struct tls_ticket_keys keys[SEAL_KEYS_MAX][EPOCHS];
};

struct tls_tickets *tls_tickets_new(const struct seal_keys *masters)
{
    struct tls_tickets *t = masters->n ? calloc(1, sizeof(*t)) : NULL;

    if (t == NULL)
        return NULL;
    t->masters = *masters;
    t->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    if (t->cipher)
        return t;
    tls_tickets_free(t);
    return NULL;
}

void tls_tickets_free(struct tls_tickets *t)
{
    if (t == NULL)
        return;
    EVP_CIPHER_free(t->cipher);
    OPENSSL_cleanse(t, sizeof(*t));
    free(t);
}

/* ---- from a master and an epoch to keys ---------------------------------- */

/* Label and epoch, in network order: what HKDF calls info. */
static size_t put_info(uint8_t *p, int64_t epoch)
{
    static const char label[] = "sluice session ticket";
    size_t n = sizeof(label);

    memcpy(p, label, n);
    for (unsigned shift = 64; shift;) {
        shift -= 8;
        p[n++] = (uint8_t)((uint64_t)epoch >> shift);
    }
    return n;
}

static bool derive(EVP_KDF_CTX *kdf, const uint8_t *master, int64_t epoch,
                   struct tls_ticket_keys *keys)
{
    uint8_t info[64];
    size_t n = put_info(info, epoch);
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(
            OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)master, SEAL_KEY_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, n),
        OSSL_PARAM_construct_end(),
    };

    return EVP_KDF_derive(kdf, (uint8_t *)keys, sizeof(*keys), params) == 1;
}

static bool derive_all(struct tls_tickets *t, EVP_KDF_CTX *kdf, int64_t epoch)
{
    for (unsigned i = 0; i < t->masters.n; i++) {
        for (unsigned back = 0; back < EPOCHS; back++) {
            EVP_KDF_CTX_reset(kdf);
            if (!derive(kdf, t->masters.bytes[i], epoch - back,
                        &t->keys[i][back]))
                return false;
        }
    }
    return true;
}

/* Has t->keys be those of the epoch. */
static bool advance(struct tls_tickets *t, int64_t now)
{
    int64_t epoch = now / TLS_TICKET_EPOCH_S;
    EVP_KDF *algorithm;
    EVP_KDF_CTX *kdf;

    if (t->made && t->epoch == epoch)
        return true;
    algorithm = EVP_KDF_fetch(NULL, "HKDF", NULL);
    kdf = algorithm ? EVP_KDF_CTX_new(algorithm) : NULL;
    t->made = kdf && derive_all(t, kdf, epoch);
    t->epoch = epoch;
    EVP_KDF_CTX_free(kdf);
    EVP_KDF_free(algorithm);
    return t->made;
}

/* ---- the keys of a ticket ------------------------------------------------ */

const struct tls_ticket_keys *tls_tickets_seal(struct tls_tickets *t,
                                               int64_t now)
{
    return advance(t, now) ? &t->keys[0][0] : NULL;
}

const struct tls_ticket_keys *tls_tickets_open(struct tls_tickets *t,
                                               int64_t now, const uint8_t *name,
                                               bool *present)
{
    if (!advance(t, now))
        return NULL;
    for (unsigned i = 0; i < t->masters.n; i++) {
        for (unsigned back = 0; back < EPOCHS; back++) {
            const struct tls_ticket_keys *keys = &t->keys[i][back];

            if (memcmp(keys->name, name, TLS_TICKET_NAME) == 0) {
                *present = i == 0 && back == 0;
                return keys;
            }
        }
    }
    return NULL;
}

/* ---- OpenSSL's question --------------------------------------------------- */

static bool set_keys(const struct tls_tickets *t,
                     const struct tls_ticket_keys *keys, const uint8_t *iv,
                     EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seals)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
                                          (void *)(uintptr_t)keys->mac,
                                          sizeof(keys->mac)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_CipherInit_ex2(cipher, t->cipher, keys->cipher, iv, seals,
                              NULL) == 1 &&
           EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* -1: failed; 0: no ticket, or not one of ours; 1: good; 2: good, and the
 * client gets a new one, without which a TLS 1.3 client, which uses each
 * ticket once, would come back without. */
int tls_on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seals)
{
    const struct conn_tls *conn = SSL_get_app_data(ssl);
    struct tls_tickets *t = conn->conn->loop->tickets;
    const struct tls_ticket_keys *keys;
    bool present = true;

    if (t == NULL)
        return 0;
    keys = seals ? tls_tickets_seal(t, clock_wall_seconds())
                 : tls_tickets_open(t, clock_wall_seconds(), name, &present);
    if (keys == NULL)
        return seals ? -1 : 0;
    if (seals) {
        memcpy(name, keys->name, TLS_TICKET_NAME);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(t->cipher)) != 1)
            return -1;
    }
    if (!set_keys(t, keys, iv, cipher, mac, seals))
        return -1;
    return present && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}
