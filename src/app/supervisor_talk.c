/* SPDX-License-Identifier: Apache-2.0
 *
 * What serving processes say, and what becomes of the sockets.
 *
 * A name's sockets are `current` when the process that serves uses them, and
 * `next` when the one that is starting does: so it is known at its success
 * what goes, and at its failure what came only with it.
 */
#include <unistd.h>

#include "app/supervisor_state.h"
#include "base/log.h"

/* For each of the names that belong to serving processes; `visit` may drop
 * it. */
static void each_kept(struct supervisor *s, struct child *old,
                      void (*visit)(struct stored *stored, struct child *old))
{
    struct list *l = s->store.all.next;

    while (l != &s->store.all) {
        struct stored *stored = LIST_ENTRY_OF(l, struct stored, node);

        l = l->next;
        if (!stored->lent)
            visit(stored, old);
    }
}

/* The old one's copies are the last then, and it serves their queue. */
static void hand_on(struct stored *stored, struct child *old)
{
    if (stored->next) {
        stored->current = true;
        stored->next = false;
        return;
    }
    if (old)
        talk_say(old, CHANNEL_CLOSE, str_of(stored->name));
    socket_store_drop(stored);
}

static void keep_current(struct stored *stored, struct child *old)
{
    (void)old;
    stored->next = false;
    if (!stored->current)
        socket_store_drop(stored);
}

void talk_take_over(struct supervisor *s, struct child *old)
{
    each_kept(s, old, hand_on);
}

void talk_give_up(struct supervisor *s)
{
    each_kept(s, NULL, keep_current);
}

/* ---- what they say ------------------------------------------------------- */

void talk_say(struct child *child, enum channel_kind kind, struct str name)
{
    struct channel_message message = channel_message(kind, name);

    if (child->channel >= 0 &&
        !channel_send(child->channel, &message, NULL, 0, false))
        log_write(LOG_WARN, "supervisor", "process %d does not listen",
                  (int)child->pid);
}

static void answer_fetch(struct supervisor *s, struct child *child,
                         const struct channel_message *ask)
{
    const struct stored *stored = socket_store_at(&s->store, ask->index);
    struct channel_message message =
        channel_message(stored ? CHANNEL_SOCKETS : CHANNEL_END,
                        stored ? str_of(stored->name) : STR(""));
    unsigned n = 0;

    if (stored) {
        message.index = ask->index;
        message.from = ask->from;
        message.total = stored->n;
        message.lent = stored->lent;
        n = ask->from < stored->n ? stored->n - ask->from : 0;
        if (n > CHANNEL_FDS_MAX)
            n = CHANNEL_FDS_MAX;
    }
    channel_send(child->channel, &message, n ? stored->fds + ask->from : NULL,
                 n, false);
}

static void use(const struct supervisor *s, const struct child *child,
                struct stored *stored)
{
    if (child == s->starting)
        stored->next = true;
    else
        stored->current = true;
}

/* From the process that serves, or the one that starts: what another has to
 * say about sockets does not count any more. */
static bool counts(const struct supervisor *s, const struct child *child)
{
    return !s->ends && (child == s->serving || child == s->starting);
}

static void keep(struct supervisor *s, const struct child *child,
                 struct str name, const int *fds, unsigned n)
{
    struct stored *stored = socket_store_find(&s->store, name);

    stored = socket_store_add(&s->store, stored, name, fds, n);
    if (stored)
        use(s, child, stored);
}

static void do_sockets(struct supervisor *s, const struct child *child,
                       const struct channel_message *message, const int *fds,
                       unsigned *n)
{
    struct str name = channel_name(message);
    struct stored *stored = socket_store_find(&s->store, name);

    if (!counts(s, child))
        return;
    if (message->kind == CHANNEL_KEEP) {
        keep(s, child, name, fds, *n);
        *n = 0; /* they are the store's */
    } else if (stored && message->kind == CHANNEL_USE) {
        use(s, child, stored);
    } else if (stored && child == s->serving) {
        socket_store_drop(stored);
    }
}

static void take_texts(struct supervisor *s, struct child *child,
                       const int *fds, unsigned *n)
{
    int *texts = child == s->serving ? &s->texts : &child->texts;

    if (*n != 1)
        return;
    if (*texts >= 0)
        close(*texts);
    *texts = fds[0];
    *n = 0;
}

/* One for all processes: it is as long as we are. */
static void take_account(struct supervisor *s, const int *fds, unsigned *n)
{
    if (*n != 1 || s->account >= 0)
        return;
    s->account = fds[0];
    *n = 0;
}

static void obey(struct supervisor *s, struct child *child,
                 const struct channel_message *message, const int *fds,
                 unsigned *n)
{
    switch ((enum channel_kind)message->kind) {
    case CHANNEL_FETCH:
        answer_fetch(s, child, message);
        break;
    case CHANNEL_USE:
    case CHANNEL_KEEP:
    case CHANNEL_DROP:
        do_sockets(s, child, message, fds, n);
        break;
    case CHANNEL_TEXTS:
        take_texts(s, child, fds, n);
        break;
    case CHANNEL_ACCOUNT:
        take_account(s, fds, n);
        break;
    case CHANNEL_READY:
        if (child == s->starting)
            supervisor_ready(s, child);
        break;
    case CHANNEL_SETTLED:
        supervisor_settled(s, child);
        break;
    default:
        break;
    }
}

void talk_listen(struct supervisor *s, struct child *child)
{
    struct channel_message message;
    int fds[CHANNEL_FDS_MAX];
    unsigned n;

    while (child->channel >= 0) {
        switch (channel_receive(child->channel, &message, fds, &n, false)) {
        case CHANNEL_OK:
            obey(s, child, &message, fds, &n);
            while (n)
                close(fds[--n]);
            break;
        case CHANNEL_NOTHING:
            return;
        case CHANNEL_STRANGE:
            log_write(LOG_ERROR, "supervisor",
                      "process %d speaks another version of the protocol",
                      (int)child->pid);
            __attribute__((fallthrough));
        case CHANNEL_GONE:
            close(child->channel);
            child->channel = -1;
            break;
        }
    }
}
