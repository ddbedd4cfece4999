/* SPDX-License-Identifier: Apache-2.0 */
#include "net/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

static void deliver(struct mailbox *m)
{
    struct list now;

    pthread_mutex_lock(&m->lock);
    list_take_all(&now, &m->waiting);
    pthread_mutex_unlock(&m->lock);
    while (!list_empty(&now)) {
        struct message *message = LIST_ENTRY_OF(now.next, struct message, node);

        list_remove(&message->node);
        m->on_message(m, message);
    }
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    struct mailbox *m = arg;
    uint64_t count;

    (void)what;
    loop_tick(m->loop);
    if (read(fd, &count, sizeof(count)) == sizeof(count))
        deliver(m);
}

bool mailbox_init(struct mailbox *m, struct loop *loop)
{
    m->loop = loop;
    list_init(&m->waiting);
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->fd < 0)
        return false;
    pthread_mutex_init(&m->lock, NULL);
    event_assign(&m->event, loop->base, m->fd, EV_READ | EV_PERSIST, on_mail,
                 m);
    if (event_add(&m->event, NULL) == 0)
        return true;
    close(m->fd);
    m->fd = -1;
    return false;
}

void mailbox_end(struct mailbox *m)
{
    if (m->fd < 0)
        return;
    deliver(m);
    event_del(&m->event);
    close(m->fd);
    m->fd = -1;
    pthread_mutex_destroy(&m->lock);
}

void mailbox_send(struct mailbox *m, struct message *message)
{
    static const uint64_t one = 1;
    bool first;

    pthread_mutex_lock(&m->lock);
    first = list_empty(&m->waiting);
    list_push_back(&m->waiting, &message->node);
    pthread_mutex_unlock(&m->lock);
    /* Can only fail when the counter is full: then it is readable anyway. */
    if (first && write(m->fd, &one, sizeof(one)) < 0)
        return;
}
