/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum {
    LISTEN_BACKLOG = 4096,
    ACCEPT_PAUSE_MS = 100, /* after the descriptors ran out */
    LAST_LOOK_MS = 200,    /* handshakes that were under way */
};

static bool set_options(int fd, bool shared)
{
    int one = 1;

    /* TCP_NODELAY is inherited by what is accepted. */
    return !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
           (!shared ||
            !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one))) &&
           !setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static bool where_is(int fd, struct address *address)
{
    struct sockaddr_storage sa;
    socklen_t n = sizeof(sa);

    if (getsockname(fd, (struct sockaddr *)&sa, &n))
        return false;
    address_from_sockaddr((struct sockaddr *)&sa, address);
    return true;
}

static bool bind_to(int fd, struct address *address)
{
    struct sockaddr_storage sa;
    socklen_t n = address_to_sockaddr(address, &sa);

    return bind(fd, (struct sockaddr *)&sa, n) == 0 && where_is(fd, address);
}

/* errno says why, and stays. */
static bool cannot(const struct address *address, struct error *error)
{
    int cause = errno;
    char buffer[ADDRESS_TEXT_MAX];
    struct text where = text_in(buffer, sizeof(buffer));

    address_put(&where, address);
    error_set(error, "cannot listen on " STR_FMT ": %s", (int)where.n, where.p,
              strerror(cause));
    errno = cause;
    return false;
}

static int give_up(int fd)
{
    int cause = errno;

    if (fd >= 0)
        close(fd);
    errno = cause;
    return -1;
}

int listener_bind(struct address *address, bool shared, struct error *error)
{
    int family = address->family == 6 ? AF_INET6 : AF_INET;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && set_options(fd, shared) && bind_to(fd, address))
        return fd;
    cannot(address, error);
    return give_up(fd);
}

bool listener_listen(int fd, struct error *error)
{
    struct address address = {.family = 4};

    if (listen(fd, LISTEN_BACKLOG) == 0)
        return true;
    where_is(fd, &address);
    return cannot(&address, error);
}

int listener_open(struct address *address, bool shared, struct error *error)
{
    int fd = listener_bind(address, shared, error);

    if (fd < 0 || listener_listen(fd, error))
        return fd;
    return give_up(fd);
}

static int option_of(int fd, int level, int name)
{
    int value = 0;
    socklen_t n = sizeof(value);

    return getsockopt(fd, level, name, &value, &n) ? 0 : value;
}

bool listener_adopt(int fd, struct address *address)
{
    struct sockaddr_storage sa = {.ss_family = AF_UNSPEC};
    socklen_t n = sizeof(sa);
    int one = 1;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || option_of(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
        !option_of(fd, SOL_SOCKET, SO_ACCEPTCONN) ||
        getsockname(fd, (struct sockaddr *)&sa, &n) ||
        (sa.ss_family != AF_INET && sa.ss_family != AF_INET6))
        return false;
    address_from_sockaddr((struct sockaddr *)&sa, address);
    /* There is mostly none: an error says nothing. */
    setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof(one));
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
           !setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* With no descriptor left the queue would stay readable and the loop would
 * spin: one kept in reserve takes the connection, so that it can be closed.
 * False when there was none, or no reserve. */
static bool refuse_one(struct listener *l)
{
    int fd;

    if (l->spare_fd >= 0)
        close(l->spare_fd);
    fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && l->on_refused)
        l->on_refused(l);
    l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

/* True when there may be more in the queue, and somebody to take it. */
static bool out_of_descriptors(struct listener *l)
{
    COUNTER_ADD(l->loop->counters, accept_pauses, 1);
    if (l->stopping)
        return refuse_one(l);
    event_del(&l->event);
    loop_timer_set(l->loop, &l->pause, ACCEPT_PAUSE_MS);
    return false;
}

static void on_pause_over(struct timer *timer)
{
    struct listener *l = LIST_ENTRY_OF(timer, struct listener, pause);

    if (l->fd >= 0)
        event_add(&l->event, NULL);
}

/* True when there may be more in the queue. */
static bool accept_one(struct listener *l)
{
    struct sockaddr_storage sa;
    socklen_t n = sizeof(sa);
    struct address client;
    int fd = accept4(l->fd, (struct sockaddr *)&sa, &n,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0) {
        if (errno == EAGAIN)
            return false;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
            errno == ENOMEM)
            return out_of_descriptors(l);
        return true; /* that connection died; the next may not have */
    }
    address_from_sockaddr((struct sockaddr *)&sa, &client);
    if (!l->on_accept(l, fd, &client))
        close(fd);
    return true;
}

/* One connection an event: an accept4() that finds nothing makes and frees a
 * socket all the same, and costs what a good one does.  The event is level-
 * triggered: what is left in the queue makes the next. */
static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    struct listener *l = arg;

    (void)fd;
    (void)what;
    loop_tick(l->loop);
    accept_one(l);
}

static void on_last_look(struct timer *timer)
{
    struct listener *l = LIST_ENTRY_OF(timer, struct listener, last_look);

    while (l->fd >= 0 && accept_one(l))
        ;
    listener_end(l);
    l->on_stopped(l);
}

bool listener_start(struct listener *l, struct loop *loop, int fd)
{
    l->loop = loop;
    l->fd = fd;
    l->stopping = false;
    l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    timer_init(&l->pause, on_pause_over);
    timer_init(&l->last_look, on_last_look);
    event_assign(&l->event, loop->base, fd, EV_READ | EV_PERSIST, on_acceptable,
                 l);
    return event_add(&l->event, NULL) == 0;
}

void listener_stop(struct listener *l)
{
    /* The filter sees the TCP header: drop what has SYN set, take the rest
     * (the ACK that ends a handshake). */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    struct sock_fprog program = {.len = 4, .filter = code};

    if (l->fd < 0) {
        l->on_stopped(l);
        return;
    }
    setsockopt(l->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
    l->stopping = true;
    loop_timer_set(l->loop, &l->last_look, LAST_LOOK_MS);
}

void listener_end(struct listener *l)
{
    if (l->fd < 0)
        return;
    event_del(&l->event);
    timer_end(&l->pause);
    timer_end(&l->last_look);
    close(l->fd);
    l->fd = -1;
    if (l->spare_fd >= 0)
        close(l->spare_fd);
    l->spare_fd = -1;
}
