/* SPDX-License-Identifier: Apache-2.0
 *
 * The floor: the cheapest relay in user space we can think of.  No HTTP.
 *
 * Each client connection is tied to one upstream connection; bytes are copied
 * with one recv and one send per direction and event.  What it costs is the
 * price of four socket calls and their wakeups, and a proxy built on readiness
 * events cannot go far below it.  Connections are not pooled, so it says
 * nothing about scenarios with one connection per request.
 *
 *     floor LISTEN_PORT ORIGIN_PORT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 262144,
    BATCH = 512,
    BACKLOG = 4096,
};

struct end {
    int fd;
    bool dead;
    struct end *peer;
    char *pending; /* what this end's socket did not take yet */
    size_t pending_len, pending_off;
};

static int epoll_fd;
static char buffer[READ_SIZE];

static void end_watch(struct end *e, uint32_t events, int op)
{
    struct epoll_event ev = {.events = events, .data.ptr = e};
    epoll_ctl(epoll_fd, op, e->fd, &ev);
}

static void pair_close(struct end *e)
{
    close(e->fd);
    close(e->peer->fd);
    /* Not freed: the same epoll batch may still name them, and a run is
     * bounded. */
    e->dead = e->peer->dead = true;
}

static void end_readable(struct end *e)
{
    struct end *to = e->peer;
    if (to->pending_len)
        return;
    ssize_t got = recv(e->fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        pair_close(e);
        return;
    }
    ssize_t sent = send(to->fd, buffer, (size_t)got, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        pair_close(e);
        return;
    }
    if (sent < 0)
        sent = 0;
    if (sent == got)
        return;
    to->pending_len = (size_t)(got - sent);
    to->pending_off = 0;
    to->pending = realloc(to->pending, to->pending_len);
    memcpy(to->pending, buffer + sent, to->pending_len);
    end_watch(to, EPOLLOUT, EPOLL_CTL_MOD);
    end_watch(e, 0, EPOLL_CTL_MOD);
}

static void end_writable(struct end *e)
{
    ssize_t sent = send(e->fd, e->pending + e->pending_off,
                        e->pending_len - e->pending_off, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN)
            pair_close(e);
        return;
    }
    e->pending_off += (size_t)sent;
    if (e->pending_off < e->pending_len)
        return;
    e->pending_len = 0;
    end_watch(e, EPOLLIN, EPOLL_CTL_MOD);
    end_watch(e->peer, EPOLLIN, EPOLL_CTL_MOD);
}

static void pair_open(int client, int origin_port)
{
    int one = 1;
    int up = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)origin_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(up, (struct sockaddr *)&to, sizeof to)) {
        close(up);
        close(client);
        return;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(up, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct end *pair = calloc(2, sizeof *pair);
    pair[0].fd = client;
    pair[1].fd = up;
    pair[0].peer = &pair[1];
    pair[1].peer = &pair[0];
    end_watch(&pair[0], EPOLLIN, EPOLL_CTL_ADD);
    end_watch(&pair[1], EPOLLIN, EPOLL_CTL_ADD);
}

static int listener_open(int port)
{
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, BACKLOG)) {
        perror("floor");
        exit(1);
    }
    return fd;
}

static void listener_ready(int listener, int origin_port)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        pair_open(fd, origin_port);
}

static void end_ready(struct end *e)
{
    if (e->dead)
        return;
    if (e->pending_len)
        end_writable(e);
    else
        end_readable(e);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: floor LISTEN_PORT ORIGIN_PORT\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    epoll_fd = epoll_create1(0);
    int listener = listener_open(atoi(argv[1]));
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &ev);
    for (;;) {
        struct epoll_event batch[BATCH];
        int n = epoll_wait(epoll_fd, batch, BATCH, -1);
        for (int i = 0; i < n; i++) {
            if (batch[i].data.ptr)
                end_ready(batch[i].data.ptr);
            else
                listener_ready(listener, atoi(argv[2]));
        }
    }
}
