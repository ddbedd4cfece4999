/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_context.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "net/tls_internal.h"
#include "net/tls_tickets.h"

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

/* The order is the policy's; the level is what all of it needs, since the
 * library's own refuses the SHA-1 of TLS 1.0 and 1.1. */
static bool use_ciphers(SSL_CTX *ssl, const struct ssl_policy *policy)
{
    SSL_CTX_set_security_level(ssl, policy->level);
    return (policy->ciphers == NULL ||
            SSL_CTX_set_cipher_list(ssl, policy->ciphers) == 1) &&
           (policy->suites == NULL ||
            SSL_CTX_set_ciphersuites(ssl, policy->suites) == 1);
}

static bool use_groups(SSL_CTX *ssl, const struct ssl_policy *policy)
{
    char list[256];
    struct text t = text_in(list, sizeof(list) - 1);

    ssl_policy_groups(policy, &t);
    if (!text_ok(&t) || t.n == 0)
        return text_ok(&t);
    list[t.n] = '\0';
    return SSL_CTX_set1_groups_list(ssl, list) == 1;
}

static bool use_policy(SSL_CTX *ssl, const struct ssl_policy *policy,
                       struct error *error)
{
    if (policy == NULL)
        return true;
    if (SSL_CTX_set_min_proto_version(ssl, version_of(policy->min)) == 1 &&
        SSL_CTX_set_max_proto_version(ssl, version_of(policy->max)) == 1 &&
        use_ciphers(ssl, policy) && use_groups(ssl, policy))
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

/* ---- which certificate --------------------------------------------------- */

static unsigned kind_of_signature(unsigned scheme, bool tls13)
{
    switch (scheme) {
    case 0x0403:
        return tls13 ? TLS_P256 : TLS_P256 | TLS_P384 | TLS_P521;
    case 0x0503:
        return tls13 ? TLS_P384 : TLS_P256 | TLS_P384 | TLS_P521;
    case 0x0603:
        return tls13 ? TLS_P521 : TLS_P256 | TLS_P384 | TLS_P521;
    case 0x0804: /* rsa_pss_rsae_sha256 and so on */
    case 0x0805:
    case 0x0806:
        return TLS_RSA;
    case 0x0201: /* rsa_pkcs1_sha1 and so on: not in TLS 1.3 */
    case 0x0401:
    case 0x0501:
    case 0x0601:
        return tls13 ? 0 : TLS_RSA;
    case 0x0203:
        return tls13 ? 0 : TLS_P256 | TLS_P384 | TLS_P521;
    default:
        return 0;
    }
}

/* What the client says it can verify (RFC 8446 4.2.3, RFC 5246 7.4.1.4.1). */
static unsigned kinds_of_signatures(SSL *ssl)
{
    bool tls13 = SSL_version(ssl) >= TLS1_3_VERSION;
    int n = SSL_get_sigalgs(ssl, -1, NULL, NULL, NULL, NULL, NULL);
    unsigned kinds = 0;

    for (int i = 0; i < n; i++) {
        unsigned char signature;
        unsigned char hash;

        SSL_get_sigalgs(ssl, i, NULL, NULL, NULL, &signature, &hash);
        kinds |= kind_of_signature((unsigned)hash << 8 | signature, tls13);
    }
    return n ? kinds : TLS_ANY;
}

/* Before TLS 1.3 the cipher suite says how the server signs. */
static unsigned kinds_of_ciphers(SSL *ssl)
{
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_get_client_ciphers(ssl);
    unsigned kinds = TLS_OTHER;

    if (SSL_version(ssl) >= TLS1_3_VERSION)
        return TLS_ANY;
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        int how = SSL_CIPHER_get_auth_nid(sk_SSL_CIPHER_value(ciphers, i));

        if (how == NID_auth_ecdsa)
            kinds |= TLS_P256 | TLS_P384 | TLS_P521;
        else if (how == NID_auth_rsa)
            kinds |= TLS_RSA;
    }
    return kinds;
}

static bool show(SSL *ssl, const struct tls_pair *pair)
{
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, pair->leaf, pair->key, pair->chain, 1) ==
           1;
}

/* Which ciphers the client has is known only now, after the extensions were
 * read (where take_name() comes); a resumed session needs no certificate. */
static int show_certificate(SSL *ssl, void *owner)
{
    const struct tls_context *c = owner;
    struct conn_tls *t = SSL_get_app_data(ssl);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    if (name == NULL || c->pairs.n == 1)
        return 1;
    t->pair = tls_pairs_find(&c->pairs, str_of(name),
                             kinds_of_signatures(ssl) & kinds_of_ciphers(ssl));
    t->name_matched = t->pair != NULL;
    return t->pair == NULL || t->pair == &c->pairs.v[0] || show(ssl, t->pair);
}

/* The client named whom it wants.  A name that is nobody's is accepted too:
 * that keeps it with the session. */
static int take_name(SSL *ssl, int *alert, void *owner)
{
    const struct tls_context *c = owner;
    struct conn_tls *t = SSL_get_app_data(ssl);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    (void)alert;
    if (name == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    t->pair = tls_pairs_find(&c->pairs, str_of(name), TLS_ANY);
    t->name_matched = t->pair != NULL;
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

static bool use_default(struct tls_context *c, struct error *error)
{
    const struct tls_pair *pair = &c->pairs.v[0];
    unsigned long code;

    if (SSL_CTX_use_cert_and_key(c->ssl, pair->leaf, pair->key, pair->chain,
                                 1) == 1)
        return true;
    code = ERR_peek_last_error();
    ERR_clear_error();
    return error_set(error, "certificate " STR_FMT ": it cannot be used: %s",
                     STR_ARG(pair->arn),
                     code ? ERR_reason_error_string(code) : "no reason known");
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
    SSL_CTX_set_timeout(c->ssl, TLS_TICKET_EPOCH_S);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(c->ssl, tls_on_ticket);
    SSL_CTX_set_alpn_select_cb(c->ssl, choose_alpn, c);
    SSL_CTX_set_tlsext_servername_callback(c->ssl, take_name);
    SSL_CTX_set_tlsext_servername_arg(c->ssl, c);
    SSL_CTX_set_cert_cb(c->ssl, show_certificate, c);
    c->policy = s->policy;
    c->id = strndup(s->id.n ? s->id.p : "", s->id.n);
    if (c->id == NULL || !bind_sessions(c->ssl, s->id))
        return error_set(error, "out of memory");
    return use_policy(c->ssl, s->policy, error) &&
           tls_pairs_read(&c->pairs, s->certificates, s->ncertificates,
                          error) &&
           use_default(c, error) &&
           tls_client_auth_set(&c->terms, c->ssl, s, error);
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
    pem = BIO_new_mem_buf(authorities.p, (int)authorities.n);
    while (pem && (x = PEM_read_bio_X509(pem, NULL, tls_no_password, NULL))) {
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
    SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_CLIENT |
                                               SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c->ssl, tls_on_session);
    if (!use_policy(c->ssl, s->policy, error))
        return false;
    if (s->policy && s->policy->min < 12) /* and old certificates */
        SSL_CTX_set_security_level(c->ssl, 0);
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
    tls_client_auth_end(&c->terms);
    tls_pairs_end(&c->pairs);
    free(c->id);
    free(c);
}
