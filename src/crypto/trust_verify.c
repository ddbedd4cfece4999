/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a client's certificate may come in (alb.md 5.7).
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "crypto/trust_internal.h"
#include "crypto/verify_code.h"

enum {
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192,
    /* Of OpenSSL's levels the one that takes RSA from 2048 bits on, and no
     * SHA-1. */
    SECURITY_LEVEL = 2,
};

/* ---- kinds of keys and signatures -------------------------------------------- */

static bool is_curve(EVP_PKEY *key)
{
    char name[64];
    size_t n;
    int curve;

    if (EVP_PKEY_get_group_name(key, name, sizeof(name), &n) != 1)
        return false;
    curve = OBJ_sn2nid(name);
    return curve == NID_X9_62_prime256v1 || curve == NID_secp384r1 ||
           curve == NID_secp521r1;
}

static bool is_key(X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);

    if (key == NULL)
        return false;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
               EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
    case EVP_PKEY_EC:
        return is_curve(key);
    default:
        return false;
    }
}

static bool is_signature(X509 *x)
{
    int digest, kind;

    if (X509_get_signature_info(x, &digest, &kind, NULL, NULL) != 1)
        return false;
    return (digest == NID_sha256 || digest == NID_sha384 ||
            digest == NID_sha512) &&
           (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS ||
            kind == EVP_PKEY_EC);
}

/* What signed the last one nobody asks: it is trusted as it stands. */
static bool is_supported(const STACK_OF(X509) * chain)
{
    int n = sk_X509_num(chain);

    for (int i = 0; i < n; i++) {
        X509 *x = sk_X509_value(chain, i);

        if (!is_key(x) || (i + 1 < n && !is_signature(x)))
            return false;
    }
    return X509_get_version(sk_X509_value(chain, 0)) == X509_VERSION_3;
}

/* ---- the verdict --------------------------------------------------------------- */

/* IgnoreClientCertificateExpiry: the client's own, not its authorities'. */
static int but_expiry(int ok, X509_STORE_CTX *context)
{
    if (!ok &&
        X509_STORE_CTX_get_error(context) == X509_V_ERR_CERT_HAS_EXPIRED &&
        X509_STORE_CTX_get_error_depth(context) == 0)
        return 1;
    return ok;
}

static void prepare(const struct tls_trust *trust, bool ignore_expiry,
                    X509_STORE_CTX *context)
{
    X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(context);

    X509_STORE_CTX_set0_trusted_stack(context, trust->certificates);
    X509_VERIFY_PARAM_set_purpose(how, X509_PURPOSE_SSL_CLIENT);
    X509_VERIFY_PARAM_set_auth_level(how, SECURITY_LEVEL);
    /* Between the client's and the last one. */
    X509_VERIFY_PARAM_set_depth(how, TRUST_DEPTH_MAX - 1);
    /* An authority of the trust store need not be a root. */
    X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_PARTIAL_CHAIN);
    if (ignore_expiry)
        X509_STORE_CTX_set_verify_cb(context, but_expiry);
}

static int verify(const struct tls_trust *trust, bool ignore_expiry,
                  X509_STORE_CTX *context)
{
    const STACK_OF(X509) * chain;

    if (sk_X509_num(X509_STORE_CTX_get0_untrusted(context)) > TRUST_DEPTH_MAX)
        return X509_V_ERR_CERT_CHAIN_TOO_LONG;
    prepare(trust, ignore_expiry, context);
    if (X509_verify_cert(context) != 1) {
        int error = X509_STORE_CTX_get_error(context);

        return error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
    }
    chain = X509_STORE_CTX_get0_chain(context);
    if (!is_supported(chain))
        return VERIFY_UNSUPPORTED;
    return trust_check_lists(trust, chain);
}

int tls_trust_verify(const struct tls_trust *trust, bool ignore_expiry,
                     X509_STORE_CTX *context)
{
    int error = verify(trust, ignore_expiry, context);

    X509_STORE_CTX_set_error(context, error);
    ERR_clear_error();
    return error;
}
