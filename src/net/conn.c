/* SPDX-License-Identifier: Apache-2.0 */
#include "net/conn.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net/tls_internal.h"

enum { IOV_AT_ONCE = 16 };

static void flush(struct conn *conn);

static void turn_end(struct loop_task *task)
{
    struct conn *conn = LIST_ENTRY_OF(task, struct conn, task);

    if (conn->closed) {
        if (conn->tls)
            conn_tls_free(conn);
        conn->ops->on_free(conn);
        return;
    }
    if (conn->broken && !conn->told_broken) {
        conn->told_broken = true;
        if (conn->shaking) {
            conn_tls_broken(conn);
            return;
        }
        conn->ops->on_broken(conn);
        return;
    }
    if (conn->shaking) {
        conn->drained_due = false;
        return;
    }
    if (conn->drained_due) {
        conn->drained_due = false;
        conn->ops->on_drained(conn);
    }
    if (!conn->closed && !conn->pauses && conn_has_input(conn))
        conn->ops->on_readable(conn);
}

static void on_timer(struct timer *timer)
{
    struct conn *conn = LIST_ENTRY_OF(timer, struct conn, timer);

    if (!conn->closed)
        conn->ops->on_timeout(conn);
}

static void connected(struct conn *conn)
{
    int error = 0;
    socklen_t n = sizeof(error);

    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &n))
        error = errno;
    conn->connecting = false;
    conn->writable = error == 0;
    if (error == 0 && conn->tls)
        conn_tls_step(conn);
    else
        conn->ops->on_connected(conn, error);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;

    (void)fd;
    if (conn->closed)
        return;
    loop_tick(conn->loop);
    if (what & EV_CLOSED)
        conn->hangup = true;
    if (what & (EV_READ | EV_CLOSED)) {
        conn->readable = true;
        conn->drained = false;
    }
    if (conn->connecting) {
        if (what & EV_WRITE)
            connected(conn);
        return;
    }
    if (what & EV_WRITE && !conn->writable) {
        conn->writable = true;
        if (conn->out)
            flush(conn);
    }
    if (conn->closed || !conn->readable)
        return;
    if (conn->shaking)
        conn_tls_step(conn);
    else
        conn->ops->on_readable(conn);
}

static bool watch(struct conn *conn)
{
    short what = EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST;

    event_assign(&conn->event, conn->loop->base, conn->fd, what, on_event,
                 conn);
    return event_add(&conn->event, NULL) == 0;
}

static void set_up(struct conn *conn, struct loop *loop, int fd,
                   const struct conn_ops *ops)
{
    conn->loop = loop;
    conn->ops = ops;
    conn->kept = conn->out = NULL;
    conn->tls = NULL;
    loop_task_init(&conn->task, turn_end);
    timer_init(&conn->timer, on_timer);
    conn->fd = fd;
    conn->pauses = 0;
    conn->readable = conn->hangup = conn->eof = conn->connecting = false;
    conn->drained = false;
    conn->broken = conn->told_broken = conn->closed = false;
    conn->drained_due = conn->shut = conn->shut_due = false;
    conn->unacknowledged = 0;
    conn->closing = conn->shaking = false;
    conn->writable = true;
}

bool conn_init(struct conn *conn, struct loop *loop, int fd,
               const struct conn_ops *ops)
{
    set_up(conn, loop, fd, ops);
    return watch(conn);
}

/* The port is chosen by connect(): one is enough for each address that it goes
 * to.  False with errno. */
static bool leave_from(int fd, const struct address *source, uint8_t family)
{
    struct sockaddr_storage sa;
    socklen_t n;
    int one = 1;

    if (source == NULL || source->family != family)
        return true;
    n = address_to_sockaddr(source, &sa);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    return bind(fd, (struct sockaddr *)&sa, n) == 0;
}

int conn_connect(struct conn *conn, struct loop *loop,
                 const struct address *address, const struct address *source,
                 const struct conn_ops *ops)
{
    struct sockaddr_storage sa;
    socklen_t n = address_to_sockaddr(address, &sa);
    int one = 1;
    int fd =
        socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (!leave_from(fd, source, address->family) ||
        (connect(fd, (struct sockaddr *)&sa, n) && errno != EINPROGRESS)) {
        int error = errno;

        close(fd);
        return error;
    }
    set_up(conn, loop, fd, ops);
    conn->writable = false;
    conn->connecting = true;
    if (!watch(conn)) {
        close(fd);
        return ENOMEM;
    }
    return 0;
}

/* recv() that keeps the connection's idea of what is still to come. */
static enum conn_read receive(struct conn *conn, char *p, size_t max,
                              size_t *got)
{
    ssize_t n;

    if (conn->tls)
        return conn_tls_receive(conn, p, max, got);
    if (!conn->readable)
        return conn->eof ? CONN_EOF : CONN_AGAIN;
    do {
        n = recv(conn->fd, p, max, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        conn->readable = false;
        return errno == EAGAIN ? CONN_AGAIN : CONN_BROKEN;
    }
    if (n == 0) {
        conn->readable = false;
        conn->eof = true;
        return CONN_EOF;
    }
    /* A short read has drained the socket; an end that was announced still
     * has to be read. */
    if ((size_t)n < max && !conn->hangup)
        conn->readable = false;
    *got = (size_t)n;
    return CONN_DATA;
}

enum conn_read conn_read(struct conn *conn, size_t max, struct window *w)
{
    size_t got = 0;
    enum conn_read result;

    conn_take_kept(conn, w);
    if (max > LOOP_READ - w->n)
        max = LOOP_READ - w->n;
    result = max ? receive(conn, w->p + w->n, max, &got) : CONN_AGAIN;
    w->n += got;
    w->fresh = got;
    return result;
}

/* Makes room behind the kept bytes, in a larger chunk when there is none. */
static bool grow_kept(struct conn *conn, size_t limit)
{
    struct chunk *c = conn->kept;
    size_t n = c ? chunk_len(c) : 0;
    struct chunk *larger;

    if (n >= limit)
        return false;
    if (c && c->end < c->cap)
        return true;
    larger = chunk_take(&conn->loop->chunks, n ? n * 2 : 1);
    if (larger == NULL)
        return false;
    if (c) {
        memcpy(larger->data, chunk_begin(c), n);
        larger->end = (uint32_t)n;
        chunk_give(&conn->loop->chunks, c);
    }
    conn->kept = larger;
    return true;
}

enum conn_read conn_read_kept(struct conn *conn, size_t limit)
{
    size_t got = 0;
    size_t room;
    enum conn_read result;

    if (!grow_kept(conn, limit))
        return CONN_AGAIN;
    room = conn->kept->cap - conn->kept->end;
    if (room > limit - chunk_len(conn->kept))
        room = limit - chunk_len(conn->kept);
    result = receive(conn, conn->kept->data + conn->kept->end, room, &got);
    conn->kept->end += (uint32_t)got;
    return result;
}

struct str conn_kept(const struct conn *conn)
{
    if (conn->kept == NULL)
        return str_make("", 0);
    return str_make(conn->kept->data + conn->kept->begin,
                    chunk_len(conn->kept));
}

void conn_take_kept(struct conn *conn, struct window *w)
{
    struct chunk *c = conn->kept;

    w->p = loop_read_begin(conn->loop);
    w->n = w->fresh = 0;
    if (c == NULL)
        return;
    w->n = chunk_len(c);
    memcpy(w->p, chunk_begin(c), w->n);
    conn->kept = NULL;
    chunk_give(&conn->loop->chunks, c);
}

bool conn_keep(struct conn *conn, const char *p, size_t n)
{
    struct chunk *c;

    if (n == 0)
        return true;
    c = chunk_take(&conn->loop->chunks, n);
    if (c == NULL)
        return false;
    memcpy(c->data, p, n);
    c->end = (uint32_t)n;
    conn->kept = c;
    return true;
}

static bool fail(struct conn *conn)
{
    conn->broken = true;
    conn->writable = false;
    chunk_give_all(&conn->loop->chunks, &conn->out);
    loop_ready(conn->loop, &conn->task);
    return false;
}

/* Takes n sent bytes off the queue. */
static void sent(struct conn *conn, size_t n)
{
    while (n) {
        struct chunk *c = conn->out;
        size_t have = chunk_len(c);

        if (n < have) {
            c->begin += (uint32_t)n;
            return;
        }
        n -= have;
        conn->out = c->next;
        chunk_give(&conn->loop->chunks, c);
    }
}

static ssize_t send_queue(struct conn *conn)
{
    struct iovec iov[IOV_AT_ONCE];
    struct msghdr msg = {.msg_iov = iov};

    for (struct chunk *c = conn->out; c && msg.msg_iovlen < IOV_AT_ONCE;
         c = c->next) {
        iov[msg.msg_iovlen].iov_base = chunk_begin(c);
        iov[msg.msg_iovlen++].iov_len = chunk_len(c);
    }
    return sendmsg(conn->fd, &msg, MSG_NOSIGNAL);
}

/* Sends from the queue until it is empty or the socket is full. */
static void flush(struct conn *conn)
{
    bool moved = false;

    while (conn->out && conn->writable) {
        ssize_t n = send_queue(conn);

        if (n >= 0) {
            sent(conn, (size_t)n);
            moved = true;
        } else if (errno == EAGAIN) {
            conn->writable = false;
        } else if (errno != EINTR) {
            fail(conn);
            return;
        }
    }
    if (moved && conn->ops->on_sent && !conn->shaking)
        conn->ops->on_sent(conn);
    if (conn->out == NULL) {
        conn->drained_due = true;
        loop_ready(conn->loop, &conn->task);
        if (conn->shut_due)
            conn_shutdown(conn);
    }
}

/* Appends to the queue. */
static bool queue(struct conn *conn, const char *p, size_t n)
{
    struct chunk **tail = &conn->out;
    struct chunk *c;

    if (n == 0)
        return true;
    while (*tail && (*tail)->next)
        tail = &(*tail)->next;
    c = *tail;
    if (c && c->cap - c->end >= n) {
        memcpy(c->data + c->end, p, n);
        c->end += (uint32_t)n;
        return true;
    }
    c = chunk_take(&conn->loop->chunks, n);
    if (c == NULL)
        return fail(conn);
    memcpy(c->data, p, n);
    c->end = (uint32_t)n;
    if (*tail)
        (*tail)->next = c;
    else
        *tail = c;
    return true;
}

static int send_flags(const struct conn *conn)
{
    return conn->closing ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
}

bool conn_send_raw(struct conn *conn, const char *p, size_t n)
{
    ssize_t done = 0;

    if (conn->broken || conn->closed)
        return false;
    if (conn->out == NULL && conn->writable && n) {
        do {
            done = send(conn->fd, p, n, send_flags(conn));
        } while (done < 0 && errno == EINTR);
        if (done < 0) {
            if (errno != EAGAIN)
                return fail(conn);
            done = 0;
        }
        if ((size_t)done < n)
            conn->writable = false;
    }
    return queue(conn, p + done, n - (size_t)done);
}

bool conn_send(struct conn *conn, const char *p, size_t n)
{
    return conn->tls ? conn_tls_send(conn, p, n, NULL, 0)
                     : conn_send_raw(conn, p, n);
}

bool conn_send2(struct conn *conn, const char *p1, size_t n1, const char *p2,
                size_t n2)
{
    struct iovec iov[2] = {{(void *)(uintptr_t)p1, n1},
                           {(void *)(uintptr_t)p2, n2}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
    ssize_t done;
    size_t first;

    if (conn->tls)
        return conn_tls_send(conn, p1, n1, p2, n2);
    if (n1 == 0 || n2 == 0 || conn->out || !conn->writable || conn->broken ||
        conn->closed)
        return conn_send_raw(conn, p1, n1) && conn_send_raw(conn, p2, n2);
    do {
        done = sendmsg(conn->fd, &msg, send_flags(conn));
    } while (done < 0 && errno == EINTR);
    if (done < 0 && errno != EAGAIN)
        return fail(conn);
    if (done < 0)
        done = 0;
    if ((size_t)done == n1 + n2)
        return true;
    conn->writable = false;
    first = (size_t)done < n1 ? (size_t)done : n1;
    return queue(conn, p1 + first, n1 - first) &&
           queue(conn, p2 + ((size_t)done - first),
                 n2 - ((size_t)done - first));
}

void conn_pause(struct conn *conn, enum conn_pause why)
{
    conn->pauses |= (uint8_t)why;
}

void conn_resume(struct conn *conn, enum conn_pause why)
{
    uint8_t before = conn->pauses;

    conn->pauses &= (uint8_t) ~(unsigned)why;
    if (before && !conn->pauses)
        conn_again(conn);
}

void conn_again(struct conn *conn)
{
    if (!conn->closed && !conn->pauses && conn_has_input(conn))
        loop_ready(conn->loop, &conn->task);
}

void conn_expect_more(struct conn *conn)
{
    conn_look(conn);
    conn_again(conn);
}

bool conn_output_moves(struct conn *conn)
{
    int n = 0;
    uint32_t left;

    if (ioctl(conn->fd, SIOCOUTQ, &n) || n < 0)
        n = 0;
    left = (uint32_t)n;
    if (left == conn->unacknowledged)
        return false;
    conn->unacknowledged = left;
    return left != 0;
}

size_t conn_output_left(const struct conn *conn)
{
    int n = 0;
    size_t left;

    if (ioctl(conn->fd, SIOCOUTQ, &n) || n < 0)
        n = 0;
    left = (size_t)n;
    for (const struct chunk *c = conn->out; c; c = c->next)
        left += chunk_len(c);
    return left;
}

bool conn_quiet(struct conn *conn)
{
    char byte;

    if (conn->hangup || conn->eof || conn->kept)
        return false;
    if (!conn->readable) /* part of a record is something, too */
        return !conn->tls || !conn_tls_pending(conn);
    if (conn->tls)
        return conn_tls_quiet(conn);
    if (recv(conn->fd, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN)
        return false;
    conn->readable = false;
    return true;
}

bool conn_unread(struct conn *conn)
{
    int n = 0;

    if (conn->tls && conn_tls_pending(conn))
        return true;
    if (ioctl(conn->fd, FIONREAD, &n) || n <= 0)
        return false;
    conn_look(conn);
    return true;
}

void conn_break(struct conn *conn)
{
    if (!conn->closed)
        fail(conn);
}

void conn_shutdown(struct conn *conn)
{
    if (conn->tls && !conn->closed)
        conn_tls_notify(conn);
    if (conn->out) {
        conn->shut_due = true;
        return;
    }
    if (!conn->shut && !conn->closed) {
        conn->shut = true;
        shutdown(conn->fd, SHUT_WR);
    }
}

bool conn_alive(struct conn *conn)
{
    char byte;
    ssize_t n = recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static void end(struct conn *conn)
{
    conn->closed = true;
    event_del(&conn->event);
    close(conn->fd);
    conn->fd = -1;
    timer_end(&conn->timer);
    chunk_give_all(&conn->loop->chunks, &conn->out);
    chunk_give_all(&conn->loop->chunks, &conn->kept);
    loop_defer(conn->loop, &conn->task);
}

void conn_forget(struct conn *conn)
{
    event_del(&conn->event);
    close(conn->fd);
    if (conn->tls)
        conn_tls_free(conn);
}

void conn_close(struct conn *conn)
{
    if (conn->closed)
        return;
    if (conn->tls && conn->out == NULL && !(conn->eof && conn->hangup))
        conn_tls_notify(conn);
    end(conn);
}

void conn_reset(struct conn *conn)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    if (conn->closed)
        return;
    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    end(conn);
}
