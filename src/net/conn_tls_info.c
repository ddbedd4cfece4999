/* SPDX-License-Identifier: Apache-2.0
 *
 * What was agreed on with the other side.
 */
#include "net/tls_internal.h"

/* Also of a handshake that failed later: the connection log has it.  TLS 1.2
 * changes over to what was agreed on when it is nearly done. */
static const SSL_CIPHER *agreed(const struct conn_tls *t)
{
    const SSL_CIPHER *now = t->ssl ? SSL_get_current_cipher(t->ssl) : NULL;

    return now || t->ssl == NULL ? now : SSL_get_pending_cipher(t->ssl);
}

bool conn_tls_done(const struct conn_tls *t)
{
    return t->done;
}

struct str conn_tls_version(const struct conn_tls *t)
{
    return agreed(t) ? str_of(SSL_get_version(t->ssl)) : STR("");
}

struct str conn_tls_cipher(const struct conn_tls *t)
{
    const SSL_CIPHER *cipher = agreed(t);

    return str_of(cipher ? SSL_CIPHER_get_name(cipher) : "");
}

struct str conn_tls_key_exchange(const struct conn_tls *t)
{
    int group = agreed(t) ? (int)SSL_get_negotiated_group(t->ssl) : 0;
    const char *name = group ? SSL_group_to_name(t->ssl, group) : NULL;

    return str_of(name ? name : "");
}

enum tls_alpn conn_tls_alpn(const struct conn_tls *t)
{
    const unsigned char *p = NULL;
    unsigned n = 0;

    if (t->done)
        SSL_get0_alpn_selected(t->ssl, &p, &n);
    if (n == 2 && memcmp(p, "h2", 2) == 0)
        return TLS_ALPN_HTTP_2;
    return n ? TLS_ALPN_HTTP_1 : TLS_ALPN_NONE;
}

struct str conn_tls_id(const struct conn_tls *t)
{
    return str_of(t->context->id ? t->context->id : "");
}

bool conn_tls_stands_for(const struct conn_tls *t,
                         const struct tls_context *other)
{
    const struct tls_context *own = t->context;

    if (own == other || str_eq(str_of(own->id), str_of(other->id)))
        return true;
    return own->policy == other->policy && own->terms.mode == TLS_AUTH_NONE &&
           other->terms.mode == TLS_AUTH_NONE;
}

struct str conn_tls_ja3(const struct conn_tls *t)
{
    return str_make(t->fingerprint.ja3, t->fingerprint.ja3[0] ? JA3_TEXT : 0);
}

struct str conn_tls_ja4(const struct conn_tls *t)
{
    return str_make(t->fingerprint.ja4, t->fingerprint.ja3[0] ? JA4_TEXT : 0);
}

struct str conn_tls_server_name(const struct conn_tls *t)
{
    const char *name =
        t->ssl ? SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name) : NULL;

    return str_of(name ? name : "");
}

struct str conn_tls_certificate(const struct conn_tls *t)
{
    if (!t->server)
        return STR("");
    return t->pair ? t->pair->arn : t->context->pairs.v[0].arn;
}

bool conn_tls_name_matched(const struct conn_tls *t)
{
    return t->name_matched;
}

bool conn_tls_resumed(const struct conn_tls *t)
{
    return t->done && SSL_session_reused(t->ssl);
}

uint32_t conn_tls_handshake_us(const struct conn_tls *t)
{
    return t->handshake_us;
}
