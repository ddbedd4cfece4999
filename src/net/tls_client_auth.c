/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_client_auth.h"

#include <openssl/err.h>

#include "crypto/client_certificate.h"
#include "crypto/trust_store.h"
#include "crypto/verify_code.h"
#include "net/tls_internal.h"

/* What clients may sign with: what alb.md 5.7 has for certificates. */
static const char signatures[] =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:"
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";

/* ---- in the handshake ------------------------------------------------------ */

/* Of a fault in the chain what targets would be told is kept all the same: the
 * connection log has it. */
static int judge(const struct tls_client_terms *terms, struct conn_tls *t,
                 X509_STORE_CTX *context)
{
    bool passes = terms->mode == TLS_AUTH_PASSTHROUGH;
    int verdict;

    client_certificate_free(t->client);
    t->client = client_certificate_new(
        X509_STORE_CTX_get0_cert(context),
        passes ? X509_STORE_CTX_get0_untrusted(context) : NULL);
    if (t->client == NULL)
        return VERIFY_TOO_LARGE;
    if (passes)
        return X509_V_OK;
    verdict = tls_trust_verify(terms->trust, terms->ignore_expiry, context);
    if (verdict == X509_V_OK && !t->client->legible)
        return VERIFY_ILLEGIBLE;
    return verdict;
}

static int on_certificate(X509_STORE_CTX *context, void *owner)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(context,
                                          SSL_get_ex_data_X509_STORE_CTX_idx());
    int verdict = judge(owner, SSL_get_app_data(ssl), context);

    X509_STORE_CTX_set_error(context, verdict);
    return verdict == X509_V_OK;
}

/* ---- what is asked ----------------------------------------------------------- */

static bool advertise(SSL_CTX *ssl, const struct tls_trust *trust)
{
    STACK_OF(X509_NAME) *names = SSL_dup_CA_list(tls_trust_names(trust));

    if (names == NULL)
        return false;
    SSL_CTX_set_client_CA_list(ssl, names); /* which is its owner then */
    return true;
}

bool tls_client_auth_set(struct tls_client_terms *terms, SSL_CTX *ssl,
                         const struct tls_server_settings *s,
                         struct error *error)
{
    int how = SSL_VERIFY_PEER;

    if (s->mutual == TLS_AUTH_NONE)
        return true;
    terms->mode = s->mutual;
    terms->ignore_expiry = s->ignore_expiry;
    if (s->mutual == TLS_AUTH_VERIFY) {
        how |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
        terms->trust = tls_trust_hold(s->trust);
        if (s->advertise_names && !advertise(ssl, s->trust))
            return error_set(error, "out of memory");
    }
    SSL_CTX_set_verify(ssl, how, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, on_certificate, terms);
    SSL_CTX_set_max_cert_list(ssl, TLS_CLIENT_CHAIN_MAX);
    if (SSL_CTX_set1_client_sigalgs_list(ssl, signatures) == 1)
        return true;
    ERR_clear_error();
    return error_set(error, "this OpenSSL has not the signatures that clients "
                            "may use");
}

void tls_client_auth_end(struct tls_client_terms *terms)
{
    tls_trust_release(terms->trust);
    terms->trust = NULL;
}

/* ---- what came of it ----------------------------------------------------------- */

const char *tls_client_auth_code(const SSL *ssl, unsigned long queued)
{
    long verdict = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

    if (ERR_GET_LIB(queued) == ERR_LIB_SSL &&
        ERR_GET_REASON(queued) == SSL_R_CERTIFICATE_VERIFY_FAILED &&
        verdict != X509_V_OK)
        return verify_code(verdict);
    return verify_code_of_library(queued);
}

const char *tls_client_auth_words(const SSL *ssl)
{
    long verdict = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

    return verdict == X509_V_OK ? NULL : verify_words(verdict);
}

const struct client_certificate *
conn_tls_client_certificate(const struct conn_tls *t)
{
    return t->client;
}

enum tls_client_auth conn_tls_client_auth(const struct conn_tls *t)
{
    return t->context->terms.mode;
}

const char *conn_tls_code(const struct conn_tls *t)
{
    return t->code ? t->code : verify_code_of_library(0);
}
