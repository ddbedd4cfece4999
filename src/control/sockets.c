/* SPDX-License-Identifier: Apache-2.0
 *
 * What a listener listens on: sockets that somebody keeps for us (a parent
 * that outlives this process, a service manager), or new ones, one for each
 * worker, that are given into such keeping.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"

/* ---- names --------------------------------------------------------------- */

struct str sockets_name(struct text *t, const char *kind,
                        const struct address *asked, struct str arn)
{
    text_printf(t, "%s ", kind);
    address_put(t, asked);
    if (asked->port == 0 && arn.n)
        text_printf(t, " " STR_FMT, STR_ARG(arn));
    return text_str(t);
}

/* ---- keeping ------------------------------------------------------------- */

static bool take(const struct server *server, struct str name,
                 struct address *address, struct sockets *s)
{
    const struct server_sockets *keeper = server->options.sockets;

    s->fds = NULL;
    s->n = 0;
    return keeper && keeper->take(keeper->owner, name, address, s);
}

bool sockets_held(const struct server *server, const struct address *address)
{
    const struct server_sockets *keeper = server->options.sockets;

    return keeper && keeper->holds(keeper->owner, address);
}

void sockets_keep(const struct server *server, struct str name,
                  const struct sockets *s)
{
    const struct server_sockets *keeper = server->options.sockets;

    if (keeper)
        keeper->keep(keeper->owner, name, s);
}

void sockets_drop(const struct server *server, struct str name)
{
    const struct server_sockets *keeper = server->options.sockets;

    if (keeper)
        keeper->drop(keeper->owner, name);
}

/* ---- opening ------------------------------------------------------------- */

void sockets_close(struct sockets *s)
{
    for (unsigned i = 0; i < s->n; i++)
        close(s->fds[i]);
    free(s->fds);
    *s = (struct sockets){.n = 0};
}

static bool open_new(struct sockets *s, struct address *address, unsigned n,
                     struct error *error)
{
    s->fds = memory_zeroed(n, sizeof(int));
    s->lent = false;
    for (s->n = 0; s->n < n; s->n++) {
        s->fds[s->n] = (s->silent ? listener_bind : listener_open)(
            address, n > 1 || s->shared, error);
        if (s->fds[s->n] < 0) {
            sockets_close(s);
            return false;
        }
    }
    return true;
}

/* Fewer sockets than workers: several workers accept from one. */
static bool fill_up(struct sockets *s, unsigned n, struct error *error)
{
    unsigned had = s->n;
    int *fds;

    if (had == 0 || had >= n)
        return true;
    fds = memory_zeroed(n, sizeof(int));
    for (unsigned i = 0; i < had; i++)
        fds[i] = s->fds[i];
    free(s->fds);
    s->fds = fds;
    for (; s->n < n; s->n++) {
        fds[s->n] = fcntl(fds[s->n % had], F_DUPFD_CLOEXEC, 0);
        if (fds[s->n] < 0) {
            sockets_close(s);
            return error_set(error, "no descriptor is left to listen with");
        }
    }
    return true;
}

bool sockets_open(const struct server *server, struct str name,
                  struct address *address, unsigned n, struct sockets *s,
                  struct error *error)
{
    if (take(server, name, address, s))
        s->silent = false;
    else if (!open_new(s, address, n, error))
        return false;
    else if (!s->silent)
        sockets_keep(server, name, s);
    return fill_up(s, n, error);
}
