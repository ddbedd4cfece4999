/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole handshakes in memory: a client of OpenSSL's, and a server's context.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "../crypto/issued.h"
#include "crypto/client_certificate.h"
#include "crypto/trust_store.h"
#include "net/tls_internal.h"

static struct issued root;
static struct issued other;
static struct issued server;
static struct issued client;

static int make_all(void **state)
{
    (void)state;
    root = issue(&(struct issue){.name = "Root", .authority = true}, NULL);
    other = issue(&(struct issue){.name = "Other", .authority = true}, NULL);
    server = issue(&(struct issue){.name = "server", .purpose = "serverAuth"},
                   &root);
    client = issue(&(struct issue){.name = "client", .serial = 0x3a5}, &root);
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    issued_end(&root);
    issued_end(&other);
    issued_end(&server);
    issued_end(&client);
    return 0;
}

/* ---- both sides --------------------------------------------------------------- */

struct handshake {
    enum tls_client_auth mutual;
    bool advertise;
    bool ignore_expiry;
    const struct issued *shows; /* NULL: the client has no certificate */
    STACK_OF(X509) * chain;     /* that it sends behind it */
    int version;                /* 0: TLS 1.3 */
};

struct result {
    struct tls_context *context;
    struct conn_tls tls; /* the server's side, as far as it is looked at */
    SSL_CTX *ours;
    SSL *ssl; /* the client's */
    bool ok;  /* for the server */
    const char *code;
    int alert; /* that the client got; 0: none */
};

static struct tls_context *context_of(const struct handshake *h)
{
    char *ca = issued_pem(root.x);
    char *chain = issued_pem(server.x);
    char *key = issued_key_pem(server.key);
    struct trust_file bundle = {STR("ca.pem"), str_of(ca)};
    struct error error = {""};
    struct tls_certificate certificate = {STR("arn"), str_of(chain),
                                          str_of(key)};
    struct tls_server_settings settings = {
        .ncertificates = 1,
        .certificates = &certificate,
        .mutual = h->mutual,
        .trust = tls_trust_new(&bundle, 0, NULL, &error),
        .ignore_expiry = h->ignore_expiry,
        .advertise_names = h->advertise,
        .id = STR("listener"),
    };
    struct tls_context *context = tls_context_server(&settings, &error);

    if (context == NULL)
        fail_msg("%s", error.text);
    tls_trust_release(settings.trust);
    free(ca);
    free(chain);
    free(key);
    return context;
}

static void on_alert(const SSL *ssl, int where, int value)
{
    struct result *r = SSL_get_app_data(ssl);

    if ((where & SSL_CB_ALERT) && (where & SSL_CB_READ) &&
        value >> 8 == SSL3_AL_FATAL)
        r->alert = value & 0xff;
}

static void make_client(struct result *r, const struct handshake *h)
{
    r->ours = SSL_CTX_new(TLS_client_method());
    assert_non_null(r->ours);
    if (h->version)
        SSL_CTX_set_max_proto_version(r->ours, h->version);
    SSL_CTX_set_security_level(r->ours, 0); /* it may show what it likes */
    SSL_CTX_set_info_callback(r->ours, on_alert);
    if (h->shows)
        assert_int_equal(SSL_CTX_use_cert_and_key(r->ours, h->shows->x,
                                                  h->shows->key, h->chain, 1),
                         1);
    r->ssl = SSL_new(r->ours);
    assert_non_null(r->ssl);
    SSL_set_app_data(r->ssl, r);
    SSL_set_connect_state(r->ssl);
}

static bool step(SSL *ssl, bool *failed)
{
    int n = SSL_do_handshake(ssl);

    *failed |= n != 1 && SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ;
    return n == 1;
}

static void shake(struct result *r)
{
    SSL *theirs = r->tls.ssl;
    bool failed = false;
    bool ignored = false;

    for (int i = 0; i < 50 && !r->ok && !failed; i++) {
        step(r->ssl, &ignored);
        ERR_clear_error();
        r->ok = step(theirs, &failed);
    }
    r->code = tls_client_auth_code(theirs, ERR_peek_error());
    ERR_clear_error();
    assert_true(r->ok || failed);
}

static void handshake(struct result *r, const struct handshake *h)
{
    BIO *a;
    BIO *b;
    char byte;

    *r = (struct result){.context = context_of(h)};
    make_client(r, h);
    assert_int_equal(BIO_new_bio_pair(&a, 1 << 20, &b, 1 << 20), 1);
    r->tls.context = r->context;
    r->tls.server = true;
    r->tls.ssl = SSL_new(r->context->ssl);
    assert_non_null(r->tls.ssl);
    SSL_set_app_data(r->tls.ssl, &r->tls);
    SSL_set_accept_state(r->tls.ssl);
    SSL_set_bio(r->ssl, a, a);
    SSL_set_bio(r->tls.ssl, b, b);
    shake(r);
    SSL_read(r->ssl, &byte, 1); /* the alert, and tickets */
    ERR_clear_error();
}

static void end(struct result *r)
{
    SSL_free(r->ssl);
    SSL_CTX_free(r->ours);
    SSL_free(r->tls.ssl);
    client_certificate_free(r->tls.client);
    tls_context_release(r->context);
}

static void refuses(const struct handshake *h, const char *code, int alert)
{
    struct result r;

    handshake(&r, h);
    assert_false(r.ok);
    assert_string_equal(r.code, code);
    assert_int_equal(r.alert, alert);
    end(&r);
}

static void assert_text(struct str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* ---- verify ---------------------------------------------------------------------- */

static void test_a_trusted_client_comes_in(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct result r;

        handshake(&r, &(struct handshake){.mutual = TLS_AUTH_VERIFY,
                                          .shows = &client,
                                          .version = versions[i]});
        assert_true(r.ok);
        assert_int_equal(SSL_version(r.tls.ssl), versions[i]);
        assert_non_null(r.tls.client);
        assert_text(r.tls.client->subject, "CN=client");
        assert_text(r.tls.client->issuer, "CN=Root");
        assert_text(r.tls.client->serial_number, "03A5");
        end(&r);
    }
}

static void test_verify_refuses_who_shows_nothing(void **state)
{
    (void)state;
    refuses(&(struct handshake){.mutual = TLS_AUTH_VERIFY},
            "UnmappedConnectionError", SSL_AD_CERTIFICATE_REQUIRED);
    refuses(&(struct handshake){.mutual = TLS_AUTH_VERIFY,
                                .version = TLS1_2_VERSION},
            "UnmappedConnectionError", SSL_AD_HANDSHAKE_FAILURE);
}

static void test_who_is_refused_is_still_told_of(void **state)
{
    struct issued foreign = issue(&(struct issue){.name = "mallory"}, &other);

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct result r;

        handshake(&r, &(struct handshake){.mutual = TLS_AUTH_VERIFY,
                                          .shows = &foreign,
                                          .version = versions[i]});
        assert_false(r.ok);
        assert_string_equal(r.code, "ClientCertUntrusted");
        assert_int_equal(r.alert, SSL_AD_UNKNOWN_CA);
        assert_non_null(r.tls.client);
        assert_text(r.tls.client->subject, "CN=mallory");
        end(&r);
    }
    issued_end(&foreign);
}

static void test_alerts_say_what_is_wrong(void **state)
{
    struct issued old =
        issue(&(struct issue){.name = "a", .from = -9, .to = -1}, &root);
    struct issued wrong =
        issue(&(struct issue){.name = "a", .purpose = "serverAuth"}, &root);

    (void)state;
    refuses(&(struct handshake){.mutual = TLS_AUTH_VERIFY, .shows = &old},
            "ClientCertExpired", SSL_AD_CERTIFICATE_EXPIRED);
    refuses(&(struct handshake){.mutual = TLS_AUTH_VERIFY, .shows = &wrong},
            "ClientCertPurposeInvalid", SSL_AD_UNSUPPORTED_CERTIFICATE);
    issued_end(&old);
    issued_end(&wrong);
}

static void test_expiry_can_be_ignored(void **state)
{
    struct issued old =
        issue(&(struct issue){.name = "a", .from = -9, .to = -1}, &root);
    struct result r;

    (void)state;
    handshake(&r, &(struct handshake){.mutual = TLS_AUTH_VERIFY,
                                      .ignore_expiry = true,
                                      .shows = &old});
    assert_true(r.ok);
    assert_int_equal(SSL_get_verify_result(r.tls.ssl), X509_V_OK);
    end(&r);
    issued_end(&old);
}

/* ---- passthrough --------------------------------------------------------------------- */

static void test_passthrough_takes_any_certificate_or_none(void **state)
{
    struct issued old = issue(
        &(struct issue){
            .name = "a", .from = -9, .to = -1, .purpose = "serverAuth"},
        &other);
    struct result r;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        handshake(&r, &(struct handshake){.mutual = TLS_AUTH_PASSTHROUGH,
                                          .shows = &old,
                                          .version = versions[i]});
        assert_true(r.ok);
        assert_non_null(r.tls.client);
        assert_text(r.tls.client->subject, "CN=a");
        end(&r);
        handshake(&r, &(struct handshake){.mutual = TLS_AUTH_PASSTHROUGH,
                                          .version = versions[i]});
        assert_true(r.ok);
        assert_null(r.tls.client);
        end(&r);
    }
    issued_end(&old);
}

static unsigned count(struct str in, const char *what)
{
    unsigned n = 0;

    for (size_t i = 0; i < in.n; i++)
        n += str_starts(str_make(in.p + i, in.n - i), str_of(what));
    return n;
}

static void test_passthrough_has_the_chain_and_verify_the_leaf(void **state)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    struct result r;

    (void)state;
    sk_X509_push(chain, root.x);
    handshake(&r, &(struct handshake){.mutual = TLS_AUTH_PASSTHROUGH,
                                      .shows = &client,
                                      .chain = chain});
    assert_true(r.ok);
    assert_int_equal(count(r.tls.client->pem, "BEGIN"), 2);
    end(&r);
    handshake(&r, &(struct handshake){.mutual = TLS_AUTH_VERIFY,
                                      .shows = &client,
                                      .chain = chain});
    assert_true(r.ok);
    assert_int_equal(count(r.tls.client->pem, "BEGIN"), 1);
    end(&r);
    sk_X509_free(chain);
}

/* ---- limits ------------------------------------------------------------------------- */

static void refuses_chain_of(unsigned n, enum tls_client_auth mutual,
                             const char *code)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    struct result r;

    for (unsigned i = 0; i < n; i++)
        sk_X509_push(chain, root.x);
    handshake(&r, &(struct handshake){
                      .mutual = mutual, .shows = &client, .chain = chain});
    assert_false(r.ok);
    assert_string_equal(r.code, code);
    end(&r);
    sk_X509_free(chain);
}

static void test_long_chains_are_refused(void **state)
{
    (void)state;
    refuses_chain_of(4, TLS_AUTH_VERIFY, "ClientCertMaxChainDepthExceeded");
    refuses_chain_of(100, TLS_AUTH_PASSTHROUGH, "ClientCertMaxSizeExceeded");
    refuses_chain_of(300, TLS_AUTH_PASSTHROUGH, "ClientCertMaxSizeExceeded");
    refuses_chain_of(300, TLS_AUTH_VERIFY, "ClientCertMaxSizeExceeded");
}

/* ---- what is asked for ----------------------------------------------------------------- */

static int names_sent(bool advertise)
{
    struct result r;
    const STACK_OF(X509_NAME) * names;
    int n;

    handshake(&r, &(struct handshake){.mutual = TLS_AUTH_VERIFY,
                                      .advertise = advertise,
                                      .shows = &client});
    assert_true(r.ok);
    names = SSL_get0_peer_CA_list(r.ssl);
    n = names ? sk_X509_NAME_num(names) : 0;
    if (n == 1)
        assert_int_equal(X509_NAME_cmp(sk_X509_NAME_value(names, 0),
                                       X509_get_subject_name(root.x)),
                         0);
    end(&r);
    return n;
}

static void
test_names_of_authorities_are_sent_where_they_are_advertised(void **state)
{
    (void)state;
    assert_int_equal(names_sent(true), 1);
    assert_int_equal(names_sent(false), 0);
}

static void test_nothing_is_asked_without_mutual_tls(void **state)
{
    struct result r;

    (void)state;
    handshake(&r, &(struct handshake){.shows = &client});
    assert_true(r.ok);
    assert_null(r.tls.client);
    assert_null(SSL_get0_peer_certificate(r.tls.ssl));
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_trusted_client_comes_in),
        cmocka_unit_test(test_verify_refuses_who_shows_nothing),
        cmocka_unit_test(test_who_is_refused_is_still_told_of),
        cmocka_unit_test(test_alerts_say_what_is_wrong),
        cmocka_unit_test(test_expiry_can_be_ignored),
        cmocka_unit_test(test_passthrough_takes_any_certificate_or_none),
        cmocka_unit_test(test_passthrough_has_the_chain_and_verify_the_leaf),
        cmocka_unit_test(test_long_chains_are_refused),
        cmocka_unit_test(
            test_names_of_authorities_are_sent_where_they_are_advertised),
        cmocka_unit_test(test_nothing_is_asked_without_mutual_tls),
    };

    return cmocka_run_group_tests(tests, make_all, end_all);
}
