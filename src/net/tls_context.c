/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_context.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "net/tls_internal.h"

/* ---- errors -------------------------------------------------------------- */

/* Says what OpenSSL found, and empties its queue. */
static bool fail(struct error *error, const char *what, struct str arn)
{
    unsigned long code = ERR_peek_last_error();
    const char *why = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return error_set(error, "certificate " STR_FMT ": %s%s%s", STR_ARG(arn),
                     what, why ? ": " : "", why ? why : "");
}

/* ---- certificates -------------------------------------------------------- */

/* A key with a password cannot be asked for. */
static int no_password(char *p, int n, int writing, void *owner)
{
    (void)p;
    (void)n;
    (void)writing;
    (void)owner;
    return -1;
}

static bool use_chain(SSL_CTX *ssl, BIO *pem, struct str arn,
                      struct error *error)
{
    X509 *x = PEM_read_bio_X509_AUX(pem, NULL, no_password, NULL);
    bool ok;

    if (x == NULL)
        return fail(error, "there is no certificate in PEM", arn);
    ok = SSL_CTX_use_certificate(ssl, x) == 1;
    X509_free(x);
    if (!ok)
        return fail(error, "it cannot be used", arn);
    while ((x = PEM_read_bio_X509(pem, NULL, no_password, NULL)) != NULL) {
        if (SSL_CTX_add0_chain_cert(ssl, x) != 1) {
            X509_free(x);
            return fail(error, "its chain cannot be used", arn);
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return fail(error, "its chain cannot be read", arn);
    ERR_clear_error();
    return true;
}

static bool use_key(SSL_CTX *ssl, BIO *pem, struct str arn, struct error *error)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL);
    bool ok;

    if (key == NULL)
        return fail(error, "there is no private key in PEM without a password",
                    arn);
    ok = SSL_CTX_use_PrivateKey(ssl, key) == 1;
    EVP_PKEY_free(key);
    return ok ||
           fail(error, "the private key is not that of the certificate", arn);
}

static BIO *bytes(struct str s)
{
    return BIO_new_mem_buf(s.p, (int)s.n);
}

static bool use_certificate(SSL_CTX *ssl, const struct tls_certificate *c,
                            struct error *error)
{
    BIO *chain = bytes(c->chain);
    BIO *key = bytes(c->key);
    bool ok = chain && key ? use_chain(ssl, chain, c->arn, error) &&
                                 use_key(ssl, key, c->arn, error)
                           : error_set(error, "out of memory");

    BIO_free(chain);
    BIO_free(key);
    return ok;
}

/* ---- protocol ------------------------------------------------------------ */

static int version_of(uint8_t number)
{
    switch (number) {
    case 10:
        return TLS1_VERSION;
    case 11:
        return TLS1_1_VERSION;
    case 12:
        return TLS1_2_VERSION;
    default:
        return TLS1_3_VERSION;
    }
}

/* TLS 1.0 and 1.1 sign with SHA-1, which the levels above 0 refuse. */
static bool use_ciphers(SSL_CTX *ssl, const struct ssl_policy *policy)
{
    char list[2048];
    struct text t = text_in(list, sizeof(list) - 1);

    if (policy->ciphers == NULL)
        return true;
    text_put(&t, policy->ciphers, strlen(policy->ciphers));
    if (policy->min < 12)
        TEXT_LITERAL(&t, ":@SECLEVEL=0");
    if (!text_ok(&t))
        return false;
    list[t.n] = '\0';
    return SSL_CTX_set_cipher_list(ssl, list) == 1;
}

static bool use_policy(SSL_CTX *ssl, const struct ssl_policy *policy,
                       struct error *error)
{
    if (policy == NULL)
        return true;
    if (SSL_CTX_set_min_proto_version(ssl, version_of(policy->min)) == 1 &&
        SSL_CTX_set_max_proto_version(ssl, version_of(policy->max)) == 1 &&
        use_ciphers(ssl, policy) &&
        (policy->suites == NULL ||
         SSL_CTX_set_ciphersuites(ssl, policy->suites) == 1) &&
        (policy->groups == NULL ||
         SSL_CTX_set1_groups_list(ssl, policy->groups) == 1))
        return true;
    ERR_clear_error();
    return error_set(
        error, "security policy " STR_FMT ": this OpenSSL (%s) cannot do it",
        STR_ARG(policy->name), OpenSSL_version(OPENSSL_VERSION));
}

static int choose_alpn(SSL *ssl, const unsigned char **out,
                       unsigned char *out_n, const unsigned char *in,
                       unsigned in_n, void *owner)
{
    static const unsigned char both[] = "\x02h2\x08http/1.1";
    const struct tls_context *context = owner;
    const unsigned char *ours = context->http2 ? both : both + 3;
    unsigned n = (unsigned)sizeof(both) - 1 - (unsigned)(ours - both);

    (void)ssl;
    return SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_n, ours,
                                 n, in, in_n) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

/* The name is accepted whatever it is: that keeps it with the session. */
static int take_name(SSL *ssl, int *alert, void *owner)
{
    (void)ssl;
    (void)alert;
    (void)owner;
    return SSL_TLSEXT_ERR_OK;
}

/* Sessions of one listener are no other's. */
static bool bind_sessions(SSL_CTX *ssl, struct str id)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    return EVP_Digest(id.p, id.n, digest, &n, EVP_sha256(), NULL) == 1 &&
           SSL_CTX_set_session_id_context(ssl, digest, n) == 1;
}

static bool copy(struct str *to, struct str s)
{
    char *p = malloc(s.n + 1);

    if (p == NULL)
        return false;
    memcpy(p, s.p, s.n);
    *to = str_make(p, s.n);
    return true;
}

/* ---- contexts ------------------------------------------------------------ */

static struct tls_context *new_context(const SSL_METHOD *method,
                                       struct error *error)
{
    struct tls_context *c = calloc(1, sizeof(*c));

    if (c)
        c->ssl = SSL_CTX_new(method);
    if (c == NULL || c->ssl == NULL) {
        free(c);
        ERR_clear_error();
        error_set(error, "out of memory");
        return NULL;
    }
    atomic_init(&c->holders, 1);
    SSL_CTX_set_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(c->ssl,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_info_callback(c->ssl, tls_on_info);
    return c;
}

static bool set_up_server(struct tls_context *c,
                          const struct tls_server_settings *s,
                          struct error *error)
{
    c->server = true;
    c->http2 = s->http2;
    c->tickets = s->mutual == TLS_AUTH_NONE;
    SSL_CTX_set_options(c->ssl, SSL_OP_CIPHER_SERVER_PREFERENCE |
                                    SSL_OP_NO_ANTI_REPLAY);
    if (!c->tickets)
        SSL_CTX_set_options(c->ssl, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(c->ssl, 0); /* conn_tls_send() has one made */
    SSL_CTX_set_max_early_data(c->ssl, 0);
    SSL_CTX_set_alpn_select_cb(c->ssl, choose_alpn, c);
    SSL_CTX_set_tlsext_servername_callback(c->ssl, take_name);
    if (!bind_sessions(c->ssl, s->id) || !copy(&c->arn, s->certificates[0].arn))
        return error_set(error, "out of memory");
    return use_policy(c->ssl, s->policy, error) &&
           use_certificate(c->ssl, &s->certificates[0], error);
}

struct tls_context *tls_context_server(const struct tls_server_settings *s,
                                       struct error *error)
{
    struct tls_context *c = new_context(TLS_server_method(), error);

    if (c && !set_up_server(c, s, error)) {
        tls_context_release(c);
        return NULL;
    }
    return c;
}

static bool trust(SSL_CTX *ssl, struct str authorities, struct error *error)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    BIO *pem;
    unsigned n = 0;
    X509 *x;

    if (authorities.n == 0)
        return SSL_CTX_set_default_verify_paths(ssl) == 1 ||
               error_set(error, "the system's authorities cannot be read");
    pem = bytes(authorities);
    while (pem && (x = PEM_read_bio_X509(pem, NULL, no_password, NULL))) {
        n += X509_STORE_add_cert(store, x) == 1;
        X509_free(x);
    }
    BIO_free(pem);
    ERR_clear_error();
    return n || error_set(error, "there is no certificate of an authority in "
                                 "PEM");
}

static bool set_up_client(struct tls_context *c,
                          const struct tls_client_settings *s,
                          struct error *error)
{
    static const unsigned char both[] = "\x02h2\x08http/1.1";

    c->http2 = s->http2;
    c->validate = s->validate;
    if (s->http2 && SSL_CTX_set_alpn_protos(c->ssl, both, sizeof(both) - 1))
        return error_set(error, "out of memory");
    if (!s->validate)
        return true;
    SSL_CTX_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
    return trust(c->ssl, s->authorities, error);
}

struct tls_context *tls_context_client(const struct tls_client_settings *s,
                                       struct error *error)
{
    struct tls_context *c = new_context(TLS_client_method(), error);

    if (c && !set_up_client(c, s, error)) {
        ERR_clear_error();
        tls_context_release(c);
        return NULL;
    }
    return c;
}

struct tls_context *tls_context_hold(struct tls_context *c)
{
    if (c)
        atomic_fetch_add_explicit(&c->holders, 1, memory_order_relaxed);
    return c;
}

void tls_context_release(struct tls_context *c)
{
    if (c == NULL ||
        atomic_fetch_sub_explicit(&c->holders, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(c->ssl);
    free((void *)(uintptr_t)c->arn.p);
    free(c);
}
