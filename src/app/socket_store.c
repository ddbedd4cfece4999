/* SPDX-License-Identifier: Apache-2.0 */
#include "app/socket_store.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "net/listener.h"

enum { ACTIVATED_FIRST = 3 }; /* SD_LISTEN_FDS_START */

void socket_store_init(struct socket_store *store)
{
    list_init(&store->all);
}

void socket_store_drop(struct stored *stored)
{
    for (unsigned i = 0; i < stored->n; i++)
        close(stored->fds[i]);
    list_remove(&stored->node);
    free(stored->fds);
    free(stored->name);
    free(stored);
}

void socket_store_end(struct socket_store *store)
{
    struct list *l = store->all.next;

    while (l != &store->all) {
        struct stored *stored = LIST_ENTRY_OF(l, struct stored, node);

        l = l->next;
        socket_store_drop(stored);
    }
}

struct stored *socket_store_find(struct socket_store *store, struct str name)
{
    for (struct list *l = store->all.next; l != &store->all; l = l->next) {
        struct stored *stored = LIST_ENTRY_OF(l, struct stored, node);

        if (!stored->lent && str_eq(str_of(stored->name), name))
            return stored;
    }
    return NULL;
}

struct stored *socket_store_at(struct socket_store *store, unsigned i)
{
    struct list *l = store->all.next;

    while (l != &store->all && i-- > 0)
        l = l->next;
    return l == &store->all ? NULL : LIST_ENTRY_OF(l, struct stored, node);
}

/* ---- adding -------------------------------------------------------------- */

static bool takes_both(int fd, const struct address *address)
{
    int only = 1;
    socklen_t n = sizeof(only);

    return address->family == 6 &&
           !getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &n) && !only;
}

static char *copy_name(struct str name)
{
    char *copy = memory_zeroed(name.n + 1, 1);

    memcpy(copy, name.p, name.n);
    return copy;
}

static struct stored *add_entry(struct socket_store *store, struct str name,
                                int fd, const struct address *address)
{
    struct stored *stored = memory_zeroed(1, sizeof(*stored));

    stored->name = copy_name(name);
    stored->address = *address;
    stored->both = takes_both(fd, address);
    list_push_back(&store->all, &stored->node);
    return stored;
}

static void add_fds(struct stored *stored, const int *fds, unsigned n)
{
    int *grown = memory_zeroed(stored->n + n + 1, sizeof(int));

    if (stored->n)
        memcpy(grown, stored->fds, stored->n * sizeof(int));
    memcpy(grown + stored->n, fds, n * sizeof(int));
    free(stored->fds);
    stored->fds = grown;
    stored->n += n;
}

struct stored *socket_store_add(struct socket_store *store,
                                struct stored *stored, struct str name,
                                const int *fds, unsigned n)
{
    struct address address;
    bool good = n > 0;

    for (unsigned i = 0; i < n; i++)
        good = listener_adopt(fds[n - 1 - i], &address) && good;
    if (!good) {
        while (n)
            close(fds[--n]);
        return NULL;
    }
    if (stored == NULL)
        stored = add_entry(store, name, fds[0], &address);
    add_fds(stored, fds, n);
    return stored;
}

/* ---- matching ------------------------------------------------------------ */

/* Whether clients of `address` reach the socket. */
static bool gets(const struct stored *stored, const struct address *address)
{
    const struct address *at = &stored->address;

    if (address_equal(at, address))
        return true;
    return at->port == address->port && address_is_any(at) &&
           (at->family == address->family || stored->both);
}

struct stored *socket_store_match(struct socket_store *store, struct str name,
                                  const struct address *address)
{
    struct stored *named = socket_store_find(store, name);
    struct stored *found = NULL;

    if (named)
        return named;
    for (struct list *l = store->all.next; l != &store->all; l = l->next) {
        struct stored *stored = LIST_ENTRY_OF(l, struct stored, node);

        if (!stored->lent || !gets(stored, address))
            continue;
        if (found == NULL || !address_is_any(&stored->address))
            found = stored; /* the more exact one */
    }
    return found;
}

bool socket_store_overlaps(const struct socket_store *store,
                           const struct address *address)
{
    for (struct list *l = store->all.next; l != &store->all; l = l->next) {
        const struct stored *stored = LIST_ENTRY_OF(l, struct stored, node);
        const struct address *at = &stored->address;

        if (at->port == address->port &&
            (address_is_any(at) || address_is_any(address) ||
             address_equal(at, address)))
            return true;
    }
    return false;
}

/* ---- socket activation --------------------------------------------------- */

/* The number in a variable of the environment, 0 when it is none. */
static uint64_t number_in(const char *variable)
{
    const char *value = getenv(variable);
    uint64_t number = 0;

    return value && str_to_u64(str_of(value), INT32_MAX, &number) ? number : 0;
}

/* Several sockets with one address (ReusePort=) are one entry. */
static struct stored *lent_at(struct socket_store *store,
                              const struct address *address)
{
    for (struct list *l = store->all.next; l != &store->all; l = l->next) {
        struct stored *stored = LIST_ENTRY_OF(l, struct stored, node);

        if (stored->lent && address_equal(&stored->address, address))
            return stored;
    }
    return NULL;
}

static void take_activated(struct socket_store *store, int fd, struct str name)
{
    struct address address;

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!listener_adopt(fd, &address)) {
        log_write(LOG_WARN, "serve",
                  "socket " STR_FMT " of the service manager is no listening "
                  "TCP socket (ListenStream=) and is not used",
                  STR_ARG(name));
        return;
    }
    socket_store_add(store, lent_at(store, &address), name, &fd, 1)->lent =
        true;
}

void socket_store_activated(struct socket_store *store)
{
    const char *given = getenv("LISTEN_FDNAMES");
    struct str names = str_of(given ? given : "");
    uint64_t n = number_in("LISTEN_PID") == (uint64_t)getpid()
                     ? number_in("LISTEN_FDS")
                     : 0;

    for (uint64_t i = 0; i < n && i < 1024; i++) {
        struct str name = names.p ? str_cut(&names, ':') : STR("");

        take_activated(store, ACTIVATED_FIRST + (int)i,
                       name.n ? name : STR("unknown"));
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}
