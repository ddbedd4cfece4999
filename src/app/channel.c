/* SPDX-License-Identifier: Apache-2.0 */
#include "app/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Room for a control message with the most descriptors. */
union ancillary {
    struct cmsghdr header;
    char room[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

bool channel_pair(int fds[2], struct error *error)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0)
        return true;
    return error_set(error, "cannot make a socket pair: %s", strerror(errno));
}

void channel_limit(int fd, unsigned seconds)
{
    struct timeval limit = {.tv_sec = (time_t)seconds};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

struct channel_message channel_message(enum channel_kind kind, struct str name)
{
    struct channel_message message = {
        .version = CHANNEL_VERSION,
        .kind = (uint16_t)kind,
    };

    if (name.n > sizeof(message.name))
        name.n = sizeof(message.name);
    if (name.n)
        memcpy(message.name, name.p, name.n);
    message.name_n = (uint32_t)name.n;
    return message;
}

struct str channel_name(const struct channel_message *message)
{
    return str_make(message->name, message->name_n);
}

bool channel_send(int fd, struct channel_message *message, const int *fds,
                  unsigned n, bool wait)
{
    union ancillary more = {.room = {0}};
    struct iovec bytes = {message, sizeof(*message)};
    struct msghdr out = {.msg_iov = &bytes, .msg_iovlen = 1};
    ssize_t sent;

    if (n) {
        out.msg_control = more.room;
        out.msg_controllen = CMSG_SPACE(n * sizeof(int));
        more.header.cmsg_level = SOL_SOCKET;
        more.header.cmsg_type = SCM_RIGHTS;
        more.header.cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(&more.header), fds, n * sizeof(int));
    }
    do
        sent = sendmsg(fd, &out, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof(*message);
}

static void take_fds(struct msghdr *in, int *fds, unsigned *n)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(in); c; c = CMSG_NXTHDR(in, c)) {
        size_t some;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        some = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (some > CHANNEL_FDS_MAX - *n)
            some = CHANNEL_FDS_MAX - *n; /* the room was no larger */
        memcpy(fds + *n, CMSG_DATA(c), some * sizeof(int));
        *n += (unsigned)some;
    }
}

static bool makes_sense(const struct channel_message *message, ssize_t got,
                        int flags)
{
    return got == (ssize_t)sizeof(*message) &&
           !(flags & (MSG_TRUNC | MSG_CTRUNC)) &&
           message->version == CHANNEL_VERSION &&
           message->name_n <= sizeof(message->name);
}

enum channel_result channel_receive(int fd, struct channel_message *message,
                                    int *fds, unsigned *n, bool wait)
{
    union ancillary more = {.room = {0}};
    struct iovec bytes = {message, sizeof(*message)};
    struct msghdr in = {
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = more.room,
        .msg_controllen = sizeof(more.room),
    };
    ssize_t got;

    *n = 0;
    do
        got = recvmsg(fd, &in, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return CHANNEL_NOTHING;
    if (got <= 0)
        return CHANNEL_GONE;
    take_fds(&in, fds, n);
    if (makes_sense(message, got, in.msg_flags))
        return CHANNEL_OK;
    while (*n)
        close(fds[--*n]);
    return CHANNEL_STRANGE;
}
