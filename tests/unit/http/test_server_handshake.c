/* SPDX-License-Identifier: Apache-2.0
 *
 * The begin of a server session whose port has TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../net/self_signed.h"
#include "http/server.h"
#include "net/conn_tls.h"

static unsigned handshakes;
static unsigned failed;
static unsigned refused;

static void on_handshake(struct server_stream *stream)
{
    const struct conn_tls *tls = conn_tls(server_stream_conn(stream));

    handshakes++;
    failed += !conn_tls_done(tls);
}

static void on_refused(struct server_stream *stream,
                       const struct h1_fault *fault, size_t received,
                       size_t sent)
{
    (void)stream;
    (void)received;
    assert_int_equal(fault->status, 400);
    assert_true(sent > 0);
    refused++;
}

static const struct server_handler handler = {
    .on_refused = on_refused,
    .on_handshake = on_handshake,
};

static void on_empty(struct server_port *port)
{
    port->loop->stop = true;
}

/* Runs a session that gets these bytes until it is closed; returns what the
 * client was sent. */
static size_t run(const char *bytes, size_t n, char *got, size_t room)
{
    static struct counters counters;
    struct tls_certificate certificate = self_signed(
        "arn", (struct self_signed){"DNS:a.test", "EC:P-256", NULL, 0});
    struct tls_server_settings settings = {
        .ncertificates = 1, .certificates = &certificate, .id = STR("id")};
    struct address client = {.family = 4};
    struct server_port port = {.handler = &handler, .on_empty = on_empty};
    struct error error = {""};
    struct loop loop;
    ssize_t have;
    int pair[2];

    handshakes = failed = refused = 0;
    assert_true(loop_init(&loop, &counters));
    assert_true(server_port_init(&port, &loop));
    assert_int_equal(port.handshake_ms, 10000);
    port.idle_ms = 60000;
    port.handshake_ms = 60;
    port.tls = tls_context_server(&settings, &error);
    assert_non_null(port.tls);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair),
                     0);
    assert_int_equal(send(pair[1], bytes, n, 0), n);
    if (n && bytes[0] == 'G')
        shutdown(pair[1], SHUT_WR); /* nothing more is waited for */
    assert_non_null(server_accept(&port, pair[0], &client));
    port.draining = true; /* the loop ends with the session */
    port.patient = true;
    loop_run(&loop);
    have = recv(pair[1], got, room, 0);
    close(pair[1]);
    server_port_end(&port);
    loop_end(&loop);
    tls_context_release(port.tls);
    self_signed_free(&certificate);
    return have > 0 ? (size_t)have : 0;
}

static void test_a_handshake_that_takes_too_long_is_cut(void **state)
{
    static const char begin[] = "\x16\x03\x01\x02\x00\x01";
    char got[64];

    (void)state;
    assert_int_equal(run("", 0, got, sizeof(got)), 0);
    assert_int_equal(handshakes, 1);
    assert_int_equal(failed, 1);
    assert_int_equal(run(begin, sizeof(begin) - 1, got, sizeof(got)), 0);
    assert_int_equal(handshakes, 1);
    assert_int_equal(failed, 1);
    assert_int_equal(refused, 0);
}

static void test_plain_http_is_told_so_in_plain_http(void **state)
{
    char got[1024];
    size_t n = run("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, got, sizeof(got));

    (void)state;
    assert_true(n > 12);
    assert_memory_equal(got, "HTTP/1.1 400", 12);
    assert_int_equal(refused, 1);
    assert_int_equal(failed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_handshake_that_takes_too_long_is_cut),
        cmocka_unit_test(test_plain_http_is_told_so_in_plain_http),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
