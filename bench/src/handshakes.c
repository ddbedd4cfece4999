/* SPDX-License-Identifier: Apache-2.0
 *
 * One TLS connection for each request: handshake, GET, answer, end.
 *
 *     handshakes PORT PATH SECONDS CLIENTS new|resume
 *
 * CLIENTS processes, each with one connection at a time.  With `resume` each
 * connection brings the newest ticket that its process was given, as browsers
 * do; the first of a process has none.  Protocol, cipher and group come from
 * OpenSSL's configuration (OPENSSL_CONF).  Prints
 *
 *     connections resumed failed seconds p50 p99
 *
 * with the microseconds from connect() to the end of the answer.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum {
    TIMES = 1 << 20,
    CLIENTS_MAX = 64,
    GIVE_UP_S = 5,
    HEAD_MAX = 512,
};

/* What the processes count together. */
struct tally {
    atomic_long connections, resumed, failed;
    float times[TIMES];
};

struct client {
    SSL_CTX *context;
    SSL_SESSION *ticket; /* the newest */
    struct sockaddr_in server;
    char request[HEAD_MAX];
    int request_len;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int keep_ticket(SSL *ssl, SSL_SESSION *ticket)
{
    struct client *c = SSL_get_app_data(ssl);
    SSL_SESSION_free(c->ticket);
    c->ticket = ticket;
    return 1; /* it is ours now */
}

static int dial(const struct client *c)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    struct timeval patience = {.tv_sec = GIVE_UP_S};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&c->server, sizeof c->server)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads to the end of the connection; is it a 200 with all of its body? */
static bool answer_read(SSL *ssl)
{
    char buffer[32768];
    size_t len = 0;
    int n;
    while (len < sizeof buffer - 1 &&
           (n = SSL_read(ssl, buffer + len, (int)(sizeof buffer - 1 - len))) >
               0)
        len += (size_t)n;
    buffer[len] = '\0';
    const char *body = strstr(buffer, "\r\n\r\n");
    const char *length = strcasestr(buffer, "\r\ncontent-length:");
    return body && length && !strncmp(buffer, "HTTP/1.1 200 ", 13) &&
           strtoul(length + 17, NULL, 10) == len - (size_t)(body + 4 - buffer);
}

static bool talk(struct client *c, int fd, bool *resumed)
{
    SSL *ssl = SSL_new(c->context);
    bool good;
    SSL_set_app_data(ssl, c);
    SSL_set_fd(ssl, fd);
    if (c->ticket)
        SSL_set_session(ssl, c->ticket);
    good = SSL_connect(ssl) == 1 &&
           SSL_write(ssl, c->request, c->request_len) == c->request_len &&
           answer_read(ssl);
    *resumed = SSL_session_reused(ssl);
    SSL_shutdown(ssl);
    SSL_free(ssl);
    return good;
}

static void one(struct client *c, struct tally *tally)
{
    double start = now();
    bool resumed = false;
    int fd = dial(c);
    bool good = fd >= 0 && talk(c, fd, &resumed);
    double end = now();
    if (fd >= 0)
        close(fd);
    if (!good) {
        atomic_fetch_add(&tally->failed, 1);
        return;
    }
    long k = atomic_fetch_add(&tally->connections, 1);
    if (k < TIMES)
        tally->times[k] = (float)((end - start) * 1e6);
    if (resumed)
        atomic_fetch_add(&tally->resumed, 1);
}

static void run(struct client *c, struct tally *tally, double end, bool resume)
{
    c->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(c->context, SSL_VERIFY_NONE, NULL);
    if (resume) {
        SSL_CTX_set_session_cache_mode(
            c->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(c->context, keep_ticket);
    }
    while (now() < end && atomic_load(&tally->failed) < 1000)
        one(c, tally);
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void print(struct tally *tally, double seconds)
{
    long n = atomic_load(&tally->connections);
    long known = n < TIMES ? n : TIMES;
    qsort(tally->times, (size_t)known, sizeof tally->times[0], by_size);
    printf("%ld %ld %ld %.3f %.0f %.0f\n", n, atomic_load(&tally->resumed),
           atomic_load(&tally->failed), seconds,
           known ? (double)tally->times[known / 2] : 0,
           known ? (double)tally->times[known * 99 / 100] : 0);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr,
                "usage: handshakes PORT PATH SECONDS CLIENTS new|resume\n");
        return 64;
    }
    struct client c = {.server = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    c.request_len = snprintf(c.request, sizeof c.request,
                             "GET %s HTTP/1.1\r\nHost: localhost\r\n"
                             "Connection: close\r\n\r\n",
                             argv[2]);
    struct tally *tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int clients = atoi(argv[4]);
    if (tally == MAP_FAILED || c.request_len >= (int)sizeof c.request ||
        clients < 1 || clients > CLIENTS_MAX)
        return 1;
    double start = now();
    for (int i = 0; i < clients; i++)
        if (fork() == 0) {
            run(&c, tally, start + atof(argv[3]), !strcmp(argv[5], "resume"));
            _exit(0);
        }
    while (wait(NULL) > 0)
        continue;
    print(tally, now() - start);
    return 0;
}
