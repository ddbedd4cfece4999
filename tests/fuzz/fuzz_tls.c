/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client may send to a listener with TLS: the first byte says what came
 * before.
 *
 *   0   nothing: the rest is what the client sends, in one piece
 *   1   the same, in pieces of 1 to 64 bytes
 *   2   a ClientHello of OpenSSL's, into which the rest is written (two bytes
 *       of place, a byte of value), in one piece
 *   3   a whole handshake; the rest are raw bytes after it
 *   4   a whole handshake; the rest is plaintext, which must come back whole
 *       however few bytes are read at once
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "fuzz.h"
#include "net/conn_tls.h"
#include "net/tls_tickets.h"

/* Of nobody: made for this file. */
static const char chain[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeTCCAR+gAwIBAgIUcYG6fd7IpGWwQzkDlp4Mq22hFI8wCgYIKoZIzj0EAwIw\n"
    "ETEPMA0GA1UEAwwGYS50ZXN0MCAXDTI2MTEyMzEzMDgwM1oYDzIxMjYxMDMwMTMw\n"
    "ODAzWjARMQ8wDQYDVQQDDAZhLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
    "AAQCLG2BmjQsyn7HB2qtYIj1hEbdgOZaZceBtRFcoV9NBHn0XVdQq/uaub0fJHY8\n"
    "dlotC/bKhkg8UOTETDRRmjRro1MwUTAdBgNVHQ4EFgQUyYEP+30j5KZfol2X4a2h\n"
    "Yrw7kpQwHwYDVR0jBBgwFoAUyYEP+30j5KZfol2X4a2hYrw7kpQwDwYDVR0TAQH/\n"
    "BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAswdfCzeN9B/wLzId7mdgA7AYQshS\n"
    "6IKKZmHdowKH7A8CIDtcWLWY/2VitehiHuj5aUdvlQtnQa5JocHUMWNaF0VQ\n"
    "-----END CERTIFICATE-----\n";
static const char key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpmg/P1gOD3Ggk2hH\n"
    "A3dOHqugRg5Kugyl39VNZGcF7WihRANCAAQCLG2BmjQsyn7HB2qtYIj1hEbdgOZa\n"
    "ZceBtRFcoV9NBHn0XVdQq/uaub0fJHY8dlotC/bKhkg8UOTETDRRmjRr\n"
    "-----END PRIVATE KEY-----\n";

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

static void failed(int line, const char *condition)
{
    fprintf(stderr, "fuzz_tls.c:%d: %s\n", line, condition);
    abort();
}

enum { SENT_MAX = 32 * 1024 };

struct listener_side {
    struct loop loop;
    struct conn conn;
    size_t at_once;
    size_t n;
    char got[SENT_MAX];
};

static struct counters counters;
static struct tls_context *context;
static struct tls_tickets *tickets;
static SSL_CTX *client_context;

static void on_readable(struct conn *conn)
{
    struct listener_side *l = LIST_ENTRY_OF(conn, struct listener_side, conn);
    struct window w;

    switch (conn_read(conn, l->at_once, &w)) {
    case CONN_DATA:
        CHECK(w.n <= l->at_once && w.n <= sizeof(l->got) - l->n);
        memcpy(l->got + l->n, w.p, w.n);
        l->n += w.n;
        conn_send(conn, w.p, w.n);
        conn_again(conn);
        break;
    case CONN_AGAIN:
        break;
    case CONN_EOF:
    case CONN_BROKEN:
        conn_close(conn);
        break;
    }
}

static void nothing(struct conn *conn)
{
    (void)conn;
}

static void on_broken(struct conn *conn)
{
    conn_close(conn);
}

static void on_connected(struct conn *conn, int error)
{
    CHECK((error != 0) == (conn_tls_failure(conn).fault != TLS_FAULT_NONE));
    if (error)
        conn_close(conn);
}

static void on_free(struct conn *conn)
{
    conn->loop->stop = true;
}

static const struct conn_ops ops = {
    .on_readable = on_readable,
    .on_drained = nothing,
    .on_broken = on_broken,
    .on_connected = on_connected,
    .on_timeout = nothing,
    .on_free = on_free,
};

/* Some turns: until nothing happens any more. */
static void turns(struct listener_side *l)
{
    struct loop_task *task;

    for (unsigned i = 0; i < 4 && !l->loop.stop; i++) {
        event_base_loop(l->loop.base, EVLOOP_NONBLOCK);
        while (!list_empty(&l->loop.ready)) {
            task = LIST_ENTRY_OF(l->loop.ready.next, struct loop_task, node);
            list_remove(&task->node);
            task->run(task);
        }
        loop_settle(&l->loop);
    }
}

static void put(struct listener_side *l, int fd, const uint8_t *p, size_t n)
{
    while (n && !l->loop.stop) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0) {
            p += sent;
            n -= (size_t)sent;
        }
        turns(l);
        if (sent <= 0)
            return;
    }
}

static void put_pieces(struct listener_side *l, int fd, const uint8_t *p,
                       size_t n)
{
    for (size_t piece = 1; n; piece = (piece * 7 + 3) % 64 + 1) {
        size_t now = piece < n ? piece : n;

        put(l, fd, p, now);
        p += now;
        n -= now;
    }
}

static void put_changed_hello(struct listener_side *l, int fd, const uint8_t *p,
                              size_t n)
{
    SSL *ssl = SSL_new(client_context);
    BIO *out = BIO_new(BIO_s_mem());
    uint8_t hello[2048];
    int have;

    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
    SSL_connect(ssl);
    have = BIO_read(out, hello, sizeof(hello));
    CHECK(have > 0);
    for (; n >= 3; p += 3, n -= 3)
        hello[((size_t)p[0] << 8 | p[1]) % (size_t)have] = p[2];
    put(l, fd, hello, (size_t)have);
    SSL_free(ssl);
}

static SSL *shake(struct listener_side *l, int fd)
{
    SSL *ssl = SSL_new(client_context);
    int done;

    SSL_set_fd(ssl, fd);
    do {
        done = SSL_connect(ssl);
        turns(l);
    } while (done != 1 && !l->loop.stop);
    CHECK(done == 1);
    return ssl;
}

static void put_plaintext(struct listener_side *l, SSL *ssl, const uint8_t *p,
                          size_t n)
{
    if (n > 8192)
        n = 8192; /* what socket buffers hold, both ways */
    if (n == 0)
        return;
    CHECK(SSL_write(ssl, p, (int)n) == (int)n);
    for (unsigned i = 0; i < 20000 && l->n < n && !l->loop.stop; i++)
        turns(l);
    CHECK(l->n == n);
    CHECK(memcmp(l->got, p, n) == 0);
}

static void send_as(struct listener_side *l, int fd, unsigned how,
                    const uint8_t *p, size_t n)
{
    SSL *ssl = how >= 3 ? shake(l, fd) : NULL;

    if (how == 0 || how == 3)
        put(l, fd, p, n);
    else if (how == 1)
        put_pieces(l, fd, p, n);
    else if (how == 2)
        put_changed_hello(l, fd, p, n);
    else
        put_plaintext(l, ssl, p, n);
    SSL_free(ssl);
}

static void set_up(void)
{
    struct seal_keys keys = {.n = 1};
    struct tls_certificate certificate = {STR("arn"), str_of(chain),
                                          str_of(key)};
    struct tls_server_settings settings = {.ncertificates = 1,
                                           .certificates = &certificate,
                                           .http2 = true,
                                           .id = STR("id")};
    struct error error = {""};

    context = tls_context_server(&settings, &error);
    tickets = tls_tickets_new(&keys);
    client_context = SSL_CTX_new(TLS_client_method());
    CHECK(context && tickets && client_context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct listener_side l;
    int pair[2];

    if (size == 0 || size > SENT_MAX)
        return 0;
    if (context == NULL)
        set_up();
    l.at_once = data[0] & 0x80 ? 5 : LOOP_READ;
    l.n = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    CHECK(loop_init(&l.loop, &counters));
    l.loop.tickets = tickets;
    CHECK(conn_init(&l.conn, &l.loop, pair[0], &ops));
    CHECK(conn_accept_tls(&l.conn, context));
    send_as(&l, pair[1], (data[0] & 0x7f) % 5, data + 1, size - 1);
    close(pair[1]);
    ERR_clear_error(); /* the client's */
    for (unsigned i = 0; i < 1000 && !l.loop.stop; i++)
        turns(&l);
    CHECK(l.loop.stop);
    CHECK(ERR_peek_error() == 0);
    loop_end(&l.loop);
    return 0;
}
