/* SPDX-License-Identifier: Apache-2.0 */
#include "app/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/memory.h"

enum { PATIENCE_S = 10 }; /* for a parent that must answer */

static const char variable[] = "SLUICE_CHANNEL";

bool parent_there(void)
{
    return getenv(variable) != NULL;
}

static void say(const struct parent *parent, enum channel_kind kind,
                struct str name, const int *fds, unsigned n)
{
    struct channel_message message = channel_message(kind, name);

    /* A parent that is gone is noticed where it is listened to. */
    if (parent->fd >= 0)
        channel_send(parent->fd, &message, fds, n, true);
}

/* ---- sockets ------------------------------------------------------------- */

/* A service manager's stay in the store: their listener may go and come
 * again. */
static bool lend(const struct stored *stored, struct sockets *sockets)
{
    for (unsigned i = 0; i < stored->n; i++) {
        sockets->fds[i] = fcntl(stored->fds[i], F_DUPFD_CLOEXEC, 0);
        if (sockets->fds[i] < 0) {
            while (i-- > 0)
                close(sockets->fds[i]);
            free(sockets->fds);
            return false;
        }
    }
    return true;
}

static bool take(void *owner, struct str name, struct address *address,
                 struct sockets *sockets)
{
    struct parent *parent = owner;
    struct stored *stored = socket_store_match(&parent->store, name, address);

    if (stored == NULL)
        return false;
    *address = stored->address;
    sockets->n = stored->n;
    sockets->lent = stored->lent;
    sockets->fds = memory_zeroed(stored->n, sizeof(int));
    if (stored->lent) {
        stored->current = true;
        return lend(stored, sockets);
    }
    memcpy(sockets->fds, stored->fds, stored->n * sizeof(int));
    stored->n = 0; /* they are not the store's any more */
    socket_store_drop(stored);
    say(parent, CHANNEL_USE, name, NULL, 0);
    return true;
}

static bool holds(void *owner, const struct address *address)
{
    const struct parent *parent = owner;

    return socket_store_overlaps(&parent->store, address);
}

static void keep(void *owner, struct str name, const struct sockets *sockets)
{
    for (unsigned i = 0; i < sockets->n; i += CHANNEL_FDS_MAX) {
        unsigned some = sockets->n - i;

        say(owner, CHANNEL_KEEP, name, sockets->fds + i,
            some > CHANNEL_FDS_MAX ? CHANNEL_FDS_MAX : some);
    }
}

static void drop(void *owner, struct str name)
{
    say(owner, CHANNEL_DROP, name, NULL, 0);
}

/* ---- the beginning ------------------------------------------------------- */

/* The next message of a kind that answers; others come too early to matter. */
static bool await(struct parent *parent, struct channel_message *message,
                  int *fds, unsigned *n, struct error *error)
{
    for (;;) {
        switch (channel_receive(parent->fd, message, fds, n, true)) {
        case CHANNEL_OK:
            break;
        case CHANNEL_STRANGE:
            return error_set(error,
                             "the parent process speaks another version of "
                             "the protocol: restart the service, so that "
                             "both are of one version");
        case CHANNEL_NOTHING:
        case CHANNEL_GONE:
            return error_set(error,
                             "the parent process does not answer "
                             "(%s must not be set by hand)",
                             variable);
        }
        if (message->kind <= CHANNEL_END)
            return true;
        parent->hurry |= message->kind == CHANNEL_HURRY;
        while (*n)
            close(fds[--*n]);
    }
}

static bool read_hello(struct parent *parent, struct error *error)
{
    struct channel_message message;
    int fds[CHANNEL_FDS_MAX];
    unsigned n;

    if (!await(parent, &message, fds, &n, error))
        return false;
    if (message.kind != CHANNEL_HELLO ||
        n != (message.gives & GIVES_TEXTS ? 1U : 0U) +
                 (message.gives & GIVES_ACCOUNT ? 1U : 0U))
        return error_set(error, "the parent process makes no sense");
    parent->start = (enum channel_start)message.start;
    parent->restarts = message.restarts;
    parent->upgrades = message.upgrades;
    memcpy(parent->secret, message.secret, sizeof(parent->secret));
    parent->texts_fd = message.gives & GIVES_TEXTS ? fds[0] : -1;
    parent->account_fd = message.gives & GIVES_ACCOUNT ? fds[n - 1] : -1;
    return true;
}

static void add_sockets(struct parent *parent, struct stored **at,
                        const struct channel_message *message, const int *fds,
                        unsigned n)
{
    *at = socket_store_add(&parent->store, message->from ? *at : NULL,
                           channel_name(message), fds, n);
    if (*at)
        (*at)->lent = message->lent;
}

/* Asks for one after the other, so that no buffer of the kernel's limits how
 * many there are. */
static bool fetch_sockets(struct parent *parent, struct error *error)
{
    struct channel_message message;
    struct channel_message ask = channel_message(CHANNEL_FETCH, STR(""));
    struct stored *at = NULL;
    int fds[CHANNEL_FDS_MAX];
    unsigned n;

    for (;;) {
        channel_send(parent->fd, &ask, NULL, 0, true);
        if (!await(parent, &message, fds, &n, error))
            return false;
        if (message.kind == CHANNEL_END)
            return true;
        if (message.kind != CHANNEL_SOCKETS || n == 0)
            return error_set(error, "the parent process makes no sense");
        add_sockets(parent, &at, &message, fds, n);
        ask.from += n;
        if (ask.from >= message.total || at == NULL) {
            ask.index++;
            ask.from = 0;
        }
    }
}

static bool open_channel(struct parent *parent, struct error *error)
{
    const char *given = getenv(variable);
    uint64_t fd;

    if (!str_to_u64(str_of(given ? given : ""), INT32_MAX, &fd) ||
        fcntl((int)fd, F_SETFD, FD_CLOEXEC))
        return error_set(error,
                         "%s is set, and names no channel to a parent "
                         "process: unset it",
                         variable);
    unsetenv(variable);
    parent->fd = (int)fd;
    channel_limit(parent->fd, PATIENCE_S);
    prctl(PR_SET_NAME, "sluice"); /* it was executed by descriptor */
    return read_hello(parent, error) && fetch_sockets(parent, error);
}

bool parent_open(struct parent *parent, struct error *error)
{
    *parent = (struct parent){
        .fd = -1,
        .texts_fd = -1,
        .account_fd = -1,
        .sockets = {take, holds, keep, drop, parent},
    };
    socket_store_init(&parent->store);
    if (parent_there())
        return open_channel(parent, error);
    if (getrandom(parent->secret, sizeof(parent->secret), 0) !=
        (ssize_t)sizeof(parent->secret))
        return error_set(error, "no random bytes: %s", strerror(errno));
    socket_store_activated(&parent->store);
    return true;
}

void parent_close(struct parent *parent)
{
    socket_store_end(&parent->store);
    region_end(&parent->region);
    if (parent->texts_fd >= 0)
        close(parent->texts_fd);
    if (parent->account_fd >= 0)
        close(parent->account_fd);
    if (parent->fd >= 0)
        close(parent->fd);
    parent->fd = parent->texts_fd = parent->account_fd = -1;
}

/* ---- texts ---------------------------------------------------------------
 *
 * In a file without a name: the length of each text as eight bytes, then its
 * bytes. */

static bool read_at(int fd, void *p, size_t n, off_t at)
{
    char *to = p;

    while (n) {
        ssize_t got = pread(fd, to, n, at);

        if (got <= 0)
            return false;
        to += got;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

const struct str *parent_texts(struct parent *parent, unsigned n)
{
    struct str *texts;
    struct stat status;
    off_t at = 0;

    if (parent->texts_fd < 0 || fstat(parent->texts_fd, &status))
        return NULL;
    texts = region_take(&parent->region, (n + 1) * sizeof(*texts));
    for (unsigned i = 0; i < n; i++) {
        uint64_t length;
        char *p;

        if (!read_at(parent->texts_fd, &length, sizeof(length), at) ||
            length > (uint64_t)status.st_size)
            return NULL;
        p = region_take(&parent->region, length + 1);
        at += (off_t)sizeof(length);
        if (!read_at(parent->texts_fd, p, length, at))
            return NULL;
        at += (off_t)length;
        texts[i] = str_make(p, length);
    }
    return texts;
}

static bool write_all(int fd, const void *p, size_t n)
{
    const char *from = p;

    while (n) {
        ssize_t done = write(fd, from, n);

        if (done <= 0)
            return false;
        from += done;
        n -= (size_t)done;
    }
    return true;
}

void parent_remember(struct parent *parent, const struct str *texts, unsigned n)
{
    int fd = parent->fd < 0 ? -1 : memfd_create("sluice", MFD_CLOEXEC);
    bool ok = fd >= 0;

    for (unsigned i = 0; ok && i < n; i++) {
        uint64_t length = texts[i].n;

        ok = write_all(fd, &length, sizeof(length)) &&
             write_all(fd, texts[i].p, texts[i].n);
    }
    if (ok)
        say(parent, CHANNEL_TEXTS, STR(""), &fd, 1);
    else if (parent->fd >= 0)
        log_write(LOG_WARN, "serve",
                  "the template cannot be remembered (%s): after a crash its "
                  "file is read",
                  strerror(errno));
    if (fd >= 0)
        close(fd);
}

int parent_account(struct parent *parent, struct error *error)
{
    if (parent->fd < 0 || parent->account_fd >= 0)
        return parent->account_fd;
    parent->account_fd = memory_store_file(error);
    if (parent->account_fd >= 0)
        say(parent, CHANNEL_ACCOUNT, STR(""), &parent->account_fd, 1);
    return parent->account_fd;
}

/* ---- while it runs ------------------------------------------------------- */

static void warn_unused(const struct stored *stored)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    address_put(&t, &stored->address);
    log_write(LOG_WARN, "serve",
              "socket %s of the service manager, at " STR_FMT
              ", is where no listener listens: nobody answers there",
              stored->name, STR_ARG(text_str(&t)));
}

void parent_ready(struct parent *parent)
{
    struct list *l = parent->store.all.next;

    while (l != &parent->store.all) {
        struct stored *stored = LIST_ENTRY_OF(l, struct stored, node);

        l = l->next;
        if (!stored->lent)
            socket_store_drop(stored); /* of a listener that is no more */
        else if (!stored->current && parent->start == START_FIRST)
            warn_unused(stored);
    }
    say(parent, CHANNEL_READY, STR(""), NULL, 0);
}

void parent_settled(struct parent *parent)
{
    say(parent, CHANNEL_SETTLED, STR(""), NULL, 0);
}

static void obey(const struct channel_message *message, struct server *server)
{
    switch ((enum channel_kind)message->kind) {
    case CHANNEL_HURRY:
        server_hurry(server);
        break;
    case CHANNEL_CLOSE:
        server_close_sockets(server, channel_name(message));
        break;
    case CHANNEL_RETIRE:
        server_retire(server);
        break;
    case CHANNEL_DRAIN:
        server_drain(server);
        break;
    default:
        break;
    }
}

void parent_listen(struct parent *parent, struct server *server)
{
    struct channel_message message;
    int fds[CHANNEL_FDS_MAX];
    unsigned n;

    for (;;) {
        switch (channel_receive(parent->fd, &message, fds, &n, false)) {
        case CHANNEL_OK:
            obey(&message, server);
            while (n)
                close(fds[--n]);
            break;
        case CHANNEL_NOTHING:
            return;
        case CHANNEL_STRANGE:
        case CHANNEL_GONE:
            log_write(LOG_ERROR, "serve",
                      "the parent process is gone: this one ends as well");
            server_orphaned(server);
            return;
        }
    }
}
