/* SPDX-License-Identifier: Apache-2.0 */
#include "self_signed.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/memory.h"

static EVP_PKEY *make_key(const char *how)
{
    if (strncmp(how, "RSA:", 4) == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(how + 4));
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", how + 3);
}

static void add_names(X509 *x, const char *names)
{
    X509_EXTENSION *e =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);

    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
}

static X509 *make(EVP_PKEY *key, const char *cn, const struct self_signed *how)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    const char *digest = how->digest ? how->digest : "SHA256";

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400);
    X509_gmtime_adj(X509_getm_notAfter(x),
                    86400L * (how->days ? how->days : 30));
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, key);
    if (how->names)
        add_names(x, how->names);
    X509_sign(x, key, EVP_get_digestbyname(digest));
    return x;
}

static struct str bytes_of(BIO *bio)
{
    char *p;
    long n = BIO_get_mem_data(bio, &p);
    char *copy = memory_zeroed(1, (size_t)n + 1);

    memcpy(copy, p, (size_t)n);
    BIO_free(bio);
    return str_make(copy, (size_t)n);
}

struct tls_certificate self_signed(const char *arn, struct self_signed how)
{
    EVP_PKEY *key = make_key(how.key);
    X509 *x = make(key, arn, &how);
    BIO *chain = BIO_new(BIO_s_mem());
    BIO *secret = BIO_new(BIO_s_mem());

    PEM_write_bio_X509(chain, x);
    PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL);
    X509_free(x);
    EVP_PKEY_free(key);
    return (struct tls_certificate){str_of(arn), bytes_of(chain),
                                    bytes_of(secret)};
}

void self_signed_free(struct tls_certificate *c)
{
    free((void *)(uintptr_t)c->chain.p);
    free((void *)(uintptr_t)c->key.p);
}
