/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection under TLS on a loop of its own thread, and OpenSSL as the other
 * side of a socket pair.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "base/thread.h"
#include "net/tls_internal.h"
#include "net/tls_tickets.h"
#include "self_signed.h"

/* ---- our side: it sends back what comes ----------------------------------- */

struct echo {
    struct loop loop;
    struct counters counters;
    struct conn conn;
    pthread_t thread;
    size_t at_once; /* bytes that it reads at a time */
    bool keeps;     /* it keeps until a line is whole */
    bool ends;      /* it ends its direction after a line */
    /* What became of it: read after the thread ended. */
    int connected; /* -1: not told */
    struct tls_failure failure;
    size_t received;
    enum conn_read last;
    bool resumed;
    bool unread; /* conn_unread() while something was left */
    bool held;   /* something was held when all had been read */
    bool hungry; /* conn_has_input() when the first bytes had been read */
    enum tls_alpn alpn;
    char name[64];
};

static struct tls_certificate certificate;
static struct tls_context *context;
static SSL_CTX *client_context;

static struct echo *echo_of(struct conn *conn)
{
    return LIST_ENTRY_OF(conn, struct echo, conn);
}

static void finish(struct echo *e, enum conn_read how)
{
    e->last = how;
    conn_close(&e->conn);
}

static void on_line(struct echo *e)
{
    struct str kept = conn_kept(&e->conn);
    struct window w;

    if (kept.n == 0 || kept.p[kept.n - 1] != '\n')
        return;
    conn_take_kept(&e->conn, &w);
    conn_send(&e->conn, w.p, w.n);
    if (e->ends)
        conn_shutdown(&e->conn);
}

static enum conn_read read_some(struct echo *e, struct window *w)
{
    size_t before = conn_kept(&e->conn).n;
    enum conn_read how;

    if (!e->keeps)
        return conn_read(&e->conn, e->at_once, w);
    how = conn_read_kept(&e->conn, 8192);
    w->n = conn_kept(&e->conn).n - before;
    return how;
}

static void on_readable(struct conn *conn)
{
    struct echo *e = echo_of(conn);
    struct window w = {.n = 0};
    enum conn_read how = read_some(e, &w);

    switch (how) {
    case CONN_DATA:
        if (e->received == 0)
            e->hungry = conn_has_input(conn);
        e->received += w.n;
        e->unread |= conn_unread(conn);
        if (e->keeps)
            on_line(e);
        else
            conn_send2(conn, w.p, w.n / 2, w.p + w.n / 2, w.n - w.n / 2);
        if (conn_queued(conn))
            conn_pause(conn, CONN_PAUSE_PEER);
        conn_again(conn);
        break;
    case CONN_AGAIN:
        e->held = conn->tls->in || conn->kept;
        break;
    case CONN_EOF:
    case CONN_BROKEN:
        if (how == CONN_EOF && conn_queued(conn))
            break;
        finish(e, how);
        break;
    }
}

static void on_drained(struct conn *conn)
{
    conn_resume(conn, CONN_PAUSE_PEER);
}

static void on_broken(struct conn *conn)
{
    finish(echo_of(conn), CONN_BROKEN);
}

static void on_connected(struct conn *conn, int error)
{
    struct echo *e = echo_of(conn);
    struct str name;

    e->connected = error;
    e->failure = conn_tls_failure(conn);
    if (error) {
        conn_close(conn);
        return;
    }
    e->resumed = conn_tls_resumed(conn_tls(conn));
    e->alpn = conn_tls_alpn(conn_tls(conn));
    name = conn_tls_server_name(conn_tls(conn));
    memcpy(e->name, name.p, name.n);
}

static void on_timeout(struct conn *conn)
{
    conn_close(conn);
}

static void on_free(struct conn *conn)
{
    conn->loop->stop = true;
}

static const struct conn_ops ops = {
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_broken = on_broken,
    .on_connected = on_connected,
    .on_timeout = on_timeout,
    .on_free = on_free,
};

static void *work(void *arg)
{
    struct echo *e = arg;

    loop_run(&e->loop);
    return NULL;
}

/* Returns the client's socket. */
static int begin_with(struct echo *e, struct tls_context *with)
{
    struct seal_keys keys = {.n = 1, .bytes = {{7}}};
    int pair[2];
    int small = 16 * 1024;

    e->connected = -1;
    if (e->at_once == 0)
        e->at_once = LOOP_READ;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    evutil_make_socket_nonblocking(pair[0]);
    assert_true(loop_init(&e->loop, &e->counters));
    e->loop.tickets = tls_tickets_new(&keys);
    assert_true(conn_init(&e->conn, &e->loop, pair[0], &ops));
    assert_true(conn_accept_tls(&e->conn, with));
    conn_timer(&e->conn, 20000);
    assert_true(thread_start(&e->thread, work, e));
    return pair[1];
}

static int begin(struct echo *e)
{
    return begin_with(e, context);
}

/* Waits until our side closed. */
static void end(struct echo *e)
{
    pthread_join(e->thread, NULL);
    assert_null(e->loop.chunks.free[4] ? e->loop.chunks.free[4]->next : NULL);
    tls_tickets_free(e->loop.tickets);
    loop_end(&e->loop);
    assert_int_equal(ERR_peek_error(), 0);
}

/* ---- the other side -------------------------------------------------------- */

static SSL *client_on(int fd)
{
    SSL *ssl = SSL_new(client_context);

    SSL_set_fd(ssl, fd);
    SSL_set_tlsext_host_name(ssl, "a.test");
    return ssl;
}

static SSL *connected(int fd)
{
    SSL *ssl = client_on(fd);

    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

static void expect(SSL *ssl, const char *text, size_t n)
{
    char *got = malloc(n);
    size_t have = 0;

    while (have < n) {
        int more = SSL_read(ssl, got + have, (int)(n - have));

        assert_true(more > 0);
        have += (size_t)more;
    }
    assert_memory_equal(got, text, n);
    free(got);
}

/* Says that it ends, and waits for the same from the other side. */
static void part(SSL *ssl, int fd)
{
    char byte;

    SSL_shutdown(ssl);
    assert_int_equal(SSL_read(ssl, &byte, 1), 0);
    assert_int_equal(SSL_get_error(ssl, 0), SSL_ERROR_ZERO_RETURN);
    SSL_free(ssl);
    close(fd);
}

/* ---- tests ------------------------------------------------------------------ */

static void test_plaintext_goes_both_ways(void **state)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    SSL *ssl = connected(fd);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SSL_write(ssl, "hello", 5), 5);
        expect(ssl, "hello", 5);
    }
    part(ssl, fd);
    end(&e);
    assert_int_equal(e.connected, 0);
    assert_int_equal(e.last, CONN_EOF);
    assert_int_equal(e.received, 15);
    assert_false(e.held);
    assert_string_equal(e.name, "a.test");
    assert_int_equal(e.alpn, TLS_ALPN_NONE);
}

/* What the client's OpenSSL wrote goes out one byte at a time. */
static void trickle(BIO *from, int fd)
{
    char byte;

    while (BIO_read(from, &byte, 1) == 1)
        assert_int_equal(send(fd, &byte, 1, 0), 1);
}

static void gulp(BIO *to, int fd)
{
    char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

    assert_true(n > 0);
    assert_int_equal(BIO_write(to, bytes, (int)n), n);
}

static void expect_hello(SSL *ssl, BIO *in, int fd)
{
    char got[5];
    size_t have = 0;

    while (have < sizeof(got)) {
        int n = SSL_read(ssl, got + have, (int)(sizeof(got) - have));

        if (n > 0)
            have += (size_t)n;
        else
            gulp(in, fd);
    }
    assert_memory_equal(got, "hello", 5);
}

static void test_bytes_may_come_one_by_one(void **state)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    SSL *ssl = SSL_new(client_context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());

    (void)state;
    SSL_set_bio(ssl, in, out);
    while (SSL_connect(ssl) != 1) {
        trickle(out, fd);
        gulp(in, fd);
    }
    trickle(out, fd);
    assert_int_equal(SSL_write(ssl, "hello", 5), 5);
    trickle(out, fd);
    expect_hello(ssl, in, fd);
    SSL_free(ssl);
    close(fd);
    end(&e);
    assert_int_equal(e.received, 5);
    assert_int_equal(e.last, CONN_EOF); /* without a close_notify */
}

/* So a request with Connection: close can be answered and closed at once. */
static void
test_bytes_with_the_last_of_the_handshake_are_all_there_is(void **state)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    SSL *ssl = SSL_new(client_context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    char *p;
    size_t n;

    (void)state;
    SSL_set_bio(ssl, in, out);
    while (SSL_connect(ssl) != 1) {
        trickle(out, fd);
        gulp(in, fd);
    }
    assert_int_equal(SSL_write(ssl, "hello", 5), 5);
    n = (size_t)BIO_get_mem_data(out, &p);
    assert_int_equal(send(fd, p, n, 0), n);
    BIO_reset(out);
    expect_hello(ssl, in, fd);
    SSL_free(ssl);
    close(fd);
    end(&e);
    assert_false(e.hungry);
    assert_int_equal(e.last, CONN_EOF);
}

enum { BIG = 3 * 1000 * 1000 };

static char *big_text(void)
{
    char *p = malloc(BIG);

    for (unsigned i = 0; i < BIG; i++)
        p[i] = (char)(i * 2654435761u >> 24);
    return p;
}

/* Ciphertext is queued when the client does not read, and nothing more is read
 * then. */
static void test_big_bodies_wait_for_a_slow_reader(void **state)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    SSL *ssl = connected(fd);
    char *text = big_text();
    size_t sent = 0;

    (void)state;
    while (sent < BIG) {
        size_t n = BIG - sent < 100000 ? BIG - sent : 100000;

        assert_int_equal(SSL_write(ssl, text + sent, (int)n), n);
        expect(ssl, text + sent, n);
        sent += n;
    }
    part(ssl, fd);
    end(&e);
    assert_int_equal(e.received, BIG);
    assert_false(e.held);
    free(text);
}

static void test_a_small_room_reads_a_record_in_pieces(void **state)
{
    struct echo e = {.at_once = 7};
    int fd = begin(&e);
    SSL *ssl = connected(fd);
    char text[1000];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(SSL_write(ssl, text, sizeof(text)), sizeof(text));
    expect(ssl, text, sizeof(text));
    part(ssl, fd);
    end(&e);
    assert_int_equal(e.received, sizeof(text));
    assert_true(e.unread);
}

static void test_what_is_kept_is_read_on_behind(void **state)
{
    struct echo e = {.keeps = true};
    int fd = begin(&e);
    SSL *ssl = connected(fd);

    (void)state;
    assert_int_equal(SSL_write(ssl, "one ", 4), 4);
    assert_int_equal(SSL_write(ssl, "two\n", 4), 4);
    expect(ssl, "one two\n", 8);
    part(ssl, fd);
    end(&e);
}

/* The client ended its direction and still gets its answer, and the end. */
static void test_a_client_may_end_its_direction_first(void **state)
{
    struct echo e = {.keeps = true, .ends = true};
    int fd = begin(&e);
    SSL *ssl = connected(fd);
    char byte;

    (void)state;
    assert_int_equal(SSL_write(ssl, "line\n", 5), 5);
    SSL_shutdown(ssl);
    expect(ssl, "line\n", 5);
    assert_int_equal(SSL_read(ssl, &byte, 1), 0);
    assert_int_equal(SSL_get_error(ssl, 0), SSL_ERROR_ZERO_RETURN);
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    SSL_free(ssl);
    close(fd);
    end(&e);
    assert_int_equal(e.last, CONN_EOF);
}

static void test_a_reset_is_no_end(void **state)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    SSL *ssl = connected(fd);

    (void)state;
    assert_int_equal(SSL_write(ssl, "hello", 5), 5);
    while (recv(fd, (char[1]){0}, 1, MSG_PEEK) != 1)
        continue;
    close(fd); /* with something unread */
    end(&e);
    SSL_free(ssl);
    assert_int_equal(e.received, 5);
    assert_int_equal(e.last, CONN_BROKEN);
}

static void test_a_record_that_is_changed_breaks_the_connection(void **state)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    SSL *ssl = connected(fd);
    char record[5 + 32] = {23, 3, 3, 0, 32};
    char got[64];

    (void)state;
    assert_int_equal(send(fd, record, sizeof(record), 0), sizeof(record));
    assert_true(SSL_read(ssl, got, sizeof(got)) <= 0);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
                     SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
    ERR_clear_error();
    SSL_free(ssl);
    close(fd);
    end(&e);
    assert_int_equal(e.last, CONN_BROKEN);
    assert_int_equal(e.received, 0);
}

static void fault_of(const char *bytes, size_t n, enum tls_fault fault)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);

    assert_int_equal(send(fd, bytes, n, 0), n);
    shutdown(fd, SHUT_WR);
    end(&e);
    close(fd);
    assert_int_equal(e.failure.fault, fault);
    assert_true(e.connected > 0);
    assert_string_not_equal(e.failure.why, "");
}

static void test_what_is_no_handshake_fails_with_a_reason(void **state)
{
    static const char hello[] = "\x16\x03\x01\x00\x04\x01\x00\x00\x00";
    static const char huge[] = "\x16\x03\x01\xff\xff";

    (void)state;
    fault_of("GET / HTTP/1.1\r\n\r\n", 18, TLS_FAULT_HTTP);
    fault_of("D", 1, TLS_FAULT_HTTP);
    fault_of("\x01\x02\x03\x04rubbish", 11, TLS_FAULT_PROTOCOL);
    fault_of(hello, sizeof(hello) - 1, TLS_FAULT_PROTOCOL);
    fault_of(huge, sizeof(huge) - 1, TLS_FAULT_PROTOCOL);
    fault_of(hello, 3, TLS_FAULT_CLOSED);
    fault_of("", 0, TLS_FAULT_CLOSED);
}

/* A handshake message of 16 MB is not waited for. */
static void test_a_handshake_that_goes_on_for_ever_is_cut(void **state)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    char record[5 + 16384] = {22, 3, 1, 64, 0};
    unsigned sent = 0;

    (void)state;
    memcpy(record + 5, "\x01\xff\xff\xff", 4);
    while (sent < 1000 && send(fd, record, sizeof(record), MSG_NOSIGNAL) > 0)
        sent++;
    assert_in_range(sent, 1, 40);
    end(&e);
    close(fd);
    assert_int_equal(e.failure.fault, TLS_FAULT_PROTOCOL);
}

static void key_updates(unsigned n, enum conn_read last)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    SSL *ssl = connected(fd);
    bool gone = false;

    for (unsigned i = 0; i < n && !gone; i++) {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        gone = SSL_do_handshake(ssl) != 1;
    }
    if (last == CONN_EOF) {
        assert_int_equal(SSL_write(ssl, "hello", 5), 5);
        expect(ssl, "hello", 5);
        part(ssl, fd);
    }
    end(&e);
    assert_int_equal(e.last, last);
    if (last == CONN_EOF)
        return;
    SSL_free(ssl);
    ERR_clear_error();
    close(fd);
}

static void test_keys_may_be_updated_but_not_for_ever(void **state)
{
    (void)state;
    key_updates(10, CONN_EOF);
    key_updates(1000, CONN_BROKEN);
}

static void test_renegotiation_is_refused(void **state)
{
    struct echo e = {.at_once = 0};
    int fd = begin(&e);
    SSL *ssl = client_on(fd);

    (void)state;
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    assert_int_equal(SSL_connect(ssl), 1);
    SSL_renegotiate(ssl);
    assert_true(SSL_do_handshake(ssl) <= 0);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    ERR_clear_error();
    SSL_free(ssl);
    close(fd);
    end(&e);
}

static SSL_SESSION *ticket;

static int keep_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(ticket);
    ticket = session;
    return 1;
}

/* Connects with the ticket, if there is one; returns whether it was taken. */
static bool resumes(int version, struct tls_context *with)
{
    struct echo e = {.at_once = 0};
    int fd = begin_with(&e, with);
    SSL *ssl = client_on(fd);
    bool reused;

    SSL_set_max_proto_version(ssl, version);
    if (ticket)
        SSL_set_session(ssl, ticket);
    assert_int_equal(SSL_connect(ssl), 1);
    assert_int_equal(SSL_write(ssl, "hello", 5), 5);
    expect(ssl, "hello", 5);
    reused = SSL_session_reused(ssl);
    assert_int_equal(SSL_SESSION_get_max_early_data(SSL_get_session(ssl)), 0);
    part(ssl, fd);
    end(&e);
    assert_int_equal(e.resumed, reused);
    assert_string_equal(e.name, "a.test");
    return reused;
}

static struct tls_context *other_context(const char *id,
                                         enum tls_client_auth mutual)
{
    struct tls_server_settings s = {.ncertificates = 1,
                                    .certificates = &certificate,
                                    .mutual = mutual,
                                    .id = str_of(id)};
    struct error error = {""};

    return tls_context_server(&s, &error);
}

static void forget_ticket(void)
{
    SSL_SESSION_free(ticket);
    ticket = NULL;
}

static void sessions_of(int version)
{
    struct tls_context *twin = other_context("one", TLS_AUTH_NONE);
    struct tls_context *other = other_context("other", TLS_AUTH_NONE);

    assert_false(resumes(version, context));
    assert_non_null(ticket);
    assert_true(resumes(version, context));
    assert_true(resumes(version, context)); /* it got a new one */
    assert_true(resumes(version, twin));
    assert_false(resumes(version, other));
    forget_ticket();
    tls_context_release(twin);
    tls_context_release(other);
}

/* alb.md 10: 108 */
static void test_sessions_are_resumed_within_their_listener(void **state)
{
    (void)state;
    sessions_of(TLS1_3_VERSION);
    sessions_of(TLS1_2_VERSION);
}

/* alb.md 10: 108 */
static void test_there_are_no_tickets_under_mutual_tls(void **state)
{
    struct tls_context *mutual = other_context("m", TLS_AUTH_PASSTHROUGH);

    (void)state;
    assert_false(resumes(TLS1_3_VERSION, mutual));
    assert_null(ticket);
    assert_false(resumes(TLS1_2_VERSION, mutual));
    assert_false(resumes(TLS1_2_VERSION, mutual));
    forget_ticket();
    tls_context_release(mutual);
}

static int set_up(void **state)
{
    struct tls_server_settings s = {
        .ncertificates = 1, .certificates = &certificate, .id = STR("one")};
    struct error error = {""};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    certificate = self_signed(
        "arn", (struct self_signed){"DNS:a.test", "EC:P-256", NULL, 0});
    context = tls_context_server(&s, &error);
    client_context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(
        client_context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client_context, keep_ticket);
    return context == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    tls_context_release(context);
    SSL_CTX_free(client_context);
    self_signed_free(&certificate);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plaintext_goes_both_ways),
        cmocka_unit_test(test_bytes_may_come_one_by_one),
        cmocka_unit_test(
            test_bytes_with_the_last_of_the_handshake_are_all_there_is),
        cmocka_unit_test(test_big_bodies_wait_for_a_slow_reader),
        cmocka_unit_test(test_a_small_room_reads_a_record_in_pieces),
        cmocka_unit_test(test_what_is_kept_is_read_on_behind),
        cmocka_unit_test(test_a_client_may_end_its_direction_first),
        cmocka_unit_test(test_a_reset_is_no_end),
        cmocka_unit_test(test_a_record_that_is_changed_breaks_the_connection),
        cmocka_unit_test(test_what_is_no_handshake_fails_with_a_reason),
        cmocka_unit_test(test_a_handshake_that_goes_on_for_ever_is_cut),
        cmocka_unit_test(test_keys_may_be_updated_but_not_for_ever),
        cmocka_unit_test(test_renegotiation_is_refused),
        cmocka_unit_test(test_sessions_are_resumed_within_their_listener),
        cmocka_unit_test(test_there_are_no_tickets_under_mutual_tls),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
