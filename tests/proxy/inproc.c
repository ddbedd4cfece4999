/* SPDX-License-Identifier: Apache-2.0 */
#include "inproc.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINE_MAX_BYTES = 8192 };

/* ---- reading ------------------------------------------------------------- */

/* With a time limit on the socket a SIGSTOP and SIGCONT interrupt it. */
static ssize_t receive(int fd, void *p, size_t n)
{
    ssize_t got;

    do
        got = recv(fd, p, n, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Reads byte by byte up to an empty line: slow, simple, never too much. */
static bool read_head(int fd, char *head, size_t cap)
{
    size_t n = 0;

    while (n + 1 < cap) {
        if (receive(fd, head + n, 1) != 1)
            return false;
        head[++n] = '\0';
        if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

bool inproc_read_exactly(int fd, char *p, size_t n)
{
    while (n) {
        ssize_t got = receive(fd, p, n);

        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

static const char *header(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);

    return at ? at + strlen(name) : NULL;
}

static bool read_chunks(int fd, char *body, size_t cap, size_t *n)
{
    for (;;) {
        char line[64];
        size_t len = 0;
        size_t size;

        do {
            if (len + 1 >= sizeof(line) || receive(fd, line + len, 1) != 1)
                return false;
        } while (line[len++] != '\n');
        line[len] = '\0';
        size = strtoul(line, NULL, 16);
        if (size > cap - *n || !inproc_read_exactly(fd, body + *n, size) ||
            !inproc_read_exactly(fd, line, 2))
            return false;
        if (size == 0)
            return true;
        *n += size;
    }
}

static bool read_body(int fd, const char *head, char *body, size_t cap,
                      size_t *n)
{
    const char *length = header(head, "\r\nContent-Length: ");

    *n = 0;
    if (header(head, "\r\nTransfer-Encoding: chunked"))
        return read_chunks(fd, body, cap, n);
    if (length == NULL)
        return true;
    *n = strtoul(length, NULL, 10);
    return *n <= cap && inproc_read_exactly(fd, body, *n);
}

bool inproc_send(int fd, const void *p, size_t n)
{
    const char *at = p;

    while (n) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool inproc_read(int fd, struct inproc_answer *answer)
{
    answer->n = 0;
    answer->status = 0;
    if (!read_head(fd, answer->head, sizeof(answer->head)) ||
        sscanf(answer->head, "HTTP/1.1 %d", &answer->status) != 1)
        return false;
    answer->close = header(answer->head, "\r\nConnection: close") != NULL;
    if (answer->status == 101 || answer->status == 204)
        return true;
    return read_body(fd, answer->head, answer->body, sizeof(answer->body),
                     &answer->n);
}

int inproc_connect(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
        close(fd);
        return -1;
    }
    return fd;
}

/* ---- the target ---------------------------------------------------------- */

struct served {
    struct inproc_target *target;
    int fd;
    char head[LINE_MAX_BYTES];
    char body[1 << 20];
};

static void echo(int fd)
{
    static const char switched[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                   "Connection: Upgrade\r\n"
                                   "Upgrade: websocket\r\n\r\n";
    char buffer[4096];
    ssize_t n;

    if (!inproc_send(fd, switched, sizeof(switched) - 1))
        return;
    while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
        if (!inproc_send(fd, buffer, (size_t)n))
            return;
    }
}

static bool serve_one(struct served *s)
{
    char head[128];
    size_t n;
    int len;

    if (!read_head(s->fd, s->head, sizeof(s->head)) ||
        !read_body(s->fd, s->head, s->body, sizeof(s->body), &n))
        return false;
    atomic_fetch_add(&s->target->requests, 1);
    if (strncmp(s->head, "GET /ws ", 8) == 0) {
        echo(s->fd);
        return false;
    }
    len = snprintf(head, sizeof(head),
                   "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
                   "X-Target: %u\r\n\r\n",
                   n, (unsigned)s->target->port);
    return inproc_send(s->fd, head, (size_t)len) &&
           inproc_send(s->fd, s->body, n);
}

static void *serve(void *arg)
{
    struct served *s = arg;

    while (serve_one(s))
        ;
    close(s->fd);
    atomic_fetch_sub(&s->target->connections, 1);
    free(s);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct inproc_target *target = arg;

    while (!atomic_load(&target->stop)) {
        int fd = accept4(target->fd, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;
        struct served *s;

        if (fd < 0)
            break;
        s = malloc(sizeof(*s));
        s->target = target;
        s->fd = fd;
        atomic_fetch_add(&target->connections, 1);
        if (pthread_create(&thread, NULL, serve, s))
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

void inproc_target_start(struct inproc_target *target)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);

    memset(target, 0, sizeof(*target));
    target->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(target->fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(target->fd, 512), 0);
    getsockname(target->fd, (struct sockaddr *)&at, &n);
    target->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&target->thread, NULL, accept_all, target),
                     0);
}

void inproc_target_end(struct inproc_target *target)
{
    atomic_store(&target->stop, true);
    shutdown(target->fd, SHUT_RDWR); /* accept4() returns */
    pthread_join(target->thread, NULL);
    close(target->fd);
    /* The server has ended before: every connection sees its end. */
    for (int i = 0; i < 500 && atomic_load(&target->connections); i++)
        usleep(10000);
    assert_int_equal(atomic_load(&target->connections), 0);
}

/* ---- the server ---------------------------------------------------------- */

struct config *inproc_config(uint16_t blue, unsigned blue_weight,
                             uint16_t green, unsigned green_weight)
{
    static const struct local_port any = {.listener = 80, .local = 0};
    struct local local = {.nports = 1, .ports = &any};
    struct to_options how = {.port = 80};
    struct region region = {NULL};
    struct report report = {.strict = false};
    struct error error = {""};
    const struct value *resources;
    struct config *config = NULL;
    char to[128];

    snprintf(to, sizeof(to), "blue=127.0.0.1:%u@%u,green=127.0.0.1:%u@%u",
             (unsigned)blue, blue_weight, (unsigned)green, green_weight);
    how.to = str_of(to);
    resources = config_to(&how, &region, &error);
    if (resources)
        config = config_build(resources, STR("sluice"), &local, &report);
    if (config == NULL)
        fail_msg("%s%.200s", error.text,
                 report.first ? report.first->what.p : "");
    report_end(&report);
    region_end(&region);
    return config;
}

static void *wait_for_end(void *arg)
{
    server_wait(arg);
    return NULL;
}

void inproc_server_start(struct inproc_server *s, struct config *config,
                         const struct inspector *inspector, unsigned workers)
{
    struct server_options options = {
        .workers = workers,
        .drain_timeout_ms = 20000,
        .means = {.inspector = inspector},
    };
    struct address address;
    struct error error = {""};

    s->server = server_start(config, &options, &error);
    if (s->server == NULL)
        fail_msg("%s", error.text);
    assert_true(server_listener_address(s->server, 0, &address));
    s->port = address.port;
    assert_int_equal(pthread_create(&s->thread, NULL, wait_for_end, s->server),
                     0);
}

void inproc_server_end(struct inproc_server *s)
{
    server_drain(s->server);
    pthread_join(s->thread, NULL);
    server_free(s->server);
}
