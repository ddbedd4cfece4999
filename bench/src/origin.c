/* SPDX-License-Identifier: Apache-2.0
 *
 * The cheapest HTTP/1.1 origin that is still a real one.
 *
 * One thread, level-triggered epoll, answers prebuilt in memory: about 5 us per
 * request, so that the proxy under test stays the bottleneck.  Deliberately not
 * `sluice origin`: an instrument must not share code with what it measures.
 *
 *     origin PORT [COUNT]  listens on 127.0.0.1:PORT and the COUNT - 1 ports
 *                          after it
 *
 * The path picks the answer: /16k, /1m, /echo (the request as it came), /where
 * (the port that it came to), /stats (counters as JSON), anything else 1 KiB.
 * A request body (Content-Length or chunked, up to the input buffer) is read
 * whole before the answer.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    INPUT_SIZE = 65536,
    BATCH = 512,
    BACKLOG = 4096,
};

enum answer_size {
    ANSWER_1K,
    ANSWER_16K,
    ANSWER_1M,
    ANSWERS,
};

struct bytes {
    const char *at;
    size_t len;
};

struct conn { /* or a listener */
    int fd;
    int port; /* of this side */
    bool listens;
    bool close_after;
    bool wants_out;
    char *in;
    size_t in_len;
    struct bytes out;
    char *out_own;
};

static int epoll_fd;
static unsigned long long accepted, requests;
static struct bytes answers[ANSWERS];

static void answer_build(enum answer_size which, size_t body)
{
    static const char abc[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char head[512];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\n"
                     "Server: origin\r\n"
                     "Date: Sun, 01 Nov 2026 00:00:00 GMT\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n"
                     "Content-Length: %zu\r\n"
                     "Cache-Control: private, max-age=0\r\n"
                     "ETag: \"5f1e-%zu\"\r\n"
                     "Set-Cookie: sid=0123456789abcdef; Path=/; HttpOnly\r\n"
                     "\r\n",
                     body, body);
    char *all = malloc((size_t)n + body);
    memcpy(all, head, (size_t)n);
    for (size_t i = 0; i < body; i++)
        all[(size_t)n + i] = i % 64 == 63 ? '\n' : abc[(i * 7 + i / 64) % 36];
    answers[which] = (struct bytes){all, (size_t)n + body};
}

static void conn_watch(struct conn *c, bool out)
{
    struct epoll_event ev = {.events = out ? EPOLLOUT : EPOLLIN, .data.ptr = c};
    if (c->wants_out != out)
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &ev);
    c->wants_out = out;
}

static void conn_free(struct conn *c)
{
    close(c->fd);
    free(c->in);
    free(c->out_own);
    free(c);
}

/* The trimmed value of a header of the head [at, end), or {NULL, 0}. */
static struct bytes header(const char *at, const char *end, const char *name)
{
    size_t name_len = strlen(name);
    while (at < end) {
        const char *eol = memchr(at, '\n', (size_t)(end - at));
        if (!eol)
            eol = end;
        if ((size_t)(eol - at) > name_len && at[name_len] == ':' &&
            !strncasecmp(at, name, name_len)) {
            const char *v = at + name_len + 1;
            const char *e = eol;
            while (v < e && *v == ' ')
                v++;
            while (e > v && (e[-1] == '\r' || e[-1] == ' '))
                e--;
            return (struct bytes){v, (size_t)(e - v)};
        }
        at = eol + 1;
    }
    return (struct bytes){NULL, 0};
}

static bool is(struct bytes value, const char *word)
{
    return value.len == strlen(word) && !strncasecmp(value.at, word, value.len);
}

/* Length of a chunked body with its terminator, or -1 while incomplete. */
static long chunked_length(const char *at, const char *end)
{
    const char *start = at;
    for (;;) {
        const char *eol = memchr(at, '\n', (size_t)(end - at));
        if (!eol)
            return -1;
        long n = strtol(at, NULL, 16);
        at = eol + 1;
        if (n <= 0) {
            eol = memchr(at, '\n', (size_t)(end - at));
            return eol ? eol + 1 - start : -1;
        }
        if (end - at < n + 2)
            return -1;
        at += n + 2;
    }
}

/* Length of the request body that follows the head, or -1 while incomplete. */
static long body_length(const char *head, const char *body, const char *end)
{
    if (*head == 'G')
        return 0;
    if (header(head, body, "transfer-encoding").len)
        return chunked_length(body, end);
    struct bytes v = header(head, body, "content-length");
    long n = v.len ? strtol(v.at, NULL, 10) : 0;
    return end - body < n ? -1 : n;
}

static void answer_own(struct conn *c, const char *type, struct bytes body)
{
    c->out_own = malloc(body.len + 256);
    int n = sprintf(c->out_own,
                    "HTTP/1.1 200 OK\r\n"
                    "Content-Length: %zu\r\n"
                    "Content-Type: %s\r\n"
                    "\r\n",
                    body.len, type);
    memcpy(c->out_own + n, body.at, body.len);
    c->out = (struct bytes){c->out_own, (size_t)n + body.len};
}

static void answer_pick(struct conn *c, struct bytes line, struct bytes request)
{
    if (memmem(line.at, line.len, "/echo", 5)) {
        answer_own(c, "text/plain", request);
    } else if (memmem(line.at, line.len, "/stats", 6)) {
        char text[128];
        int n = snprintf(text, sizeof text,
                         "{\"accepted\":%llu,\"requests\":%llu}\n", accepted,
                         requests);
        answer_own(c, "application/json", (struct bytes){text, (size_t)n});
    } else if (memmem(line.at, line.len, "/where", 6)) {
        char text[16];
        int n = snprintf(text, sizeof text, "%d\n", c->port);
        answer_own(c, "text/plain", (struct bytes){text, (size_t)n});
    } else if (memmem(line.at, line.len, "/16k", 4)) {
        c->out = answers[ANSWER_16K];
    } else if (memmem(line.at, line.len, "/1m", 3)) {
        c->out = answers[ANSWER_1M];
    } else {
        c->out = answers[ANSWER_1K];
    }
}

/* Sends what is left of the answer; false: the connection is gone. */
static bool conn_flush(struct conn *c)
{
    while (c->out.len) {
        ssize_t n = send(c->fd, c->out.at, c->out.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            conn_watch(c, true);
            return true;
        }
        if (n < 0) {
            conn_free(c);
            return false;
        }
        c->out.at += n;
        c->out.len -= (size_t)n;
    }
    free(c->out_own);
    c->out_own = NULL;
    if (c->close_after) {
        conn_free(c);
        return false;
    }
    conn_watch(c, false);
    return true;
}

/* Answers every complete request of the input buffer. */
static void conn_serve(struct conn *c)
{
    while (c->in_len && !c->out.len) {
        char *end = c->in + c->in_len;
        char *head_end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
        if (!head_end)
            return;
        char *body = head_end + 4;
        long body_len = body_length(c->in, body, end);
        if (body_len < 0)
            return;
        size_t used = (size_t)(body - c->in) + (size_t)body_len;
        char *eol = memchr(c->in, '\r', used);
        struct bytes line = {c->in, (size_t)(eol - c->in)};
        struct bytes connection = header(c->in, body, "connection");

        requests++;
        if (is(connection, "close") ||
            (memmem(line.at, line.len, " HTTP/1.0", 9) &&
             !is(connection, "keep-alive")))
            c->close_after = true;
        answer_pick(c, line, (struct bytes){c->in, used});
        c->in_len -= used;
        if (c->in_len)
            memmove(c->in, c->in + used, c->in_len);
        if (!conn_flush(c))
            return;
    }
}

static void conn_ready(struct conn *c)
{
    if (c->wants_out) {
        if (conn_flush(c) && !c->wants_out)
            conn_serve(c);
        return;
    }
    ssize_t n = recv(c->fd, c->in + c->in_len, INPUT_SIZE - c->in_len, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) { /* also a request that does not fit the buffer */
        conn_free(c);
        return;
    }
    c->in_len += (size_t)n;
    conn_serve(c);
}

static void listener_ready(const struct conn *listener)
{
    int fd;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct conn *c = calloc(1, sizeof *c);
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
        c->fd = fd;
        c->port = listener->port;
        c->in = malloc(INPUT_SIZE);
        accepted++;
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev);
    }
}

static void listener_open(int port)
{
    struct conn *c = calloc(1, sizeof *c);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* inherited */
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, BACKLOG)) {
        perror("origin");
        exit(1);
    }
    *c = (struct conn){.fd = fd, .port = port, .listens = true};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: origin PORT [COUNT]\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    answer_build(ANSWER_1K, 1024);
    answer_build(ANSWER_16K, 16384);
    answer_build(ANSWER_1M, 1048576);
    epoll_fd = epoll_create1(0);
    for (int i = 0, n = argc == 3 ? atoi(argv[2]) : 1; i < n; i++)
        listener_open(atoi(argv[1]) + i);
    for (;;) {
        struct epoll_event batch[BATCH];
        int n = epoll_wait(epoll_fd, batch, BATCH, -1);
        for (int i = 0; i < n; i++) {
            struct conn *c = batch[i].data.ptr;
            if (c->listens)
                listener_ready(c);
            else
                conn_ready(c);
        }
    }
}
