/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memory.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/hold.h"
#include "store/kept.h"
#include "store/memory_file.h"

enum {
    PATIENT_MS = 5 * 1000, /* for a process that ends just now */
    TAKE_MS = 30 * 1000,   /* for the one that this one follows */
};

struct memory_store {
    struct store store; /* first */
    const struct store_host *host;
    int fd; /* the caller's of store_open(); -1: nothing is kept */
    bool ours;
    bool gone; /* it was let go of, or is to be */
    struct taking {
        struct store_work work;
        struct document *found;
        struct error error;
    } taking;
    struct saving {
        struct store_work work;
        struct store_save *save;
        bool saved;
        struct error error;
    } saving;
    struct store_work leaving;
};

#define OF(work, type, member) ((type *)((char *)(work)-offsetof(type, member)))

int memory_store_file(struct error *error)
{
    int fd = memfd_create("sluice-account", MFD_CLOEXEC);

    if (fd < 0) {
        error_set(error, "no memory for the account: %s", strerror(errno));
    } else if (!memory_file_begin(fd, error)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool take(struct memory_store *s, unsigned wait_ms,
                 struct document **found, struct error *error)
{
    pid_t owner = 0;

    *found = NULL;
    if (hold_take(s->fd, wait_ms, &owner) != HOLD_MINE)
        return error_set(error,
                         "process %d, which this one follows, does not let go "
                         "of the account",
                         (int)owner);
    s->ours = true;
    return memory_file_read(s->fd, found, error);
}

/* ---- saving ------------------------------------------------------------------- */

static bool put(struct memory_store *s, const struct document *before,
                const struct document *after, struct error *error)
{
    if (s->fd < 0)
        return true;
    if (!s->ours)
        return error_set(error, "another process keeps the account from now "
                                "on");
    return memory_file_write(s->fd, before, after, error);
}

static enum store_result put_first(struct store *store,
                                   const struct document *before,
                                   const struct document *after,
                                   struct document **theirs,
                                   struct error *error)
{
    struct memory_store *s = (struct memory_store *)store;

    *theirs = NULL;
    if (!s->ours)
        return STORE_SAVED; /* taken over later */
    return put(s, before, after, error) ? STORE_SAVED : STORE_FAILED;
}

static void run_save(struct store_work *work)
{
    struct saving *saving = OF(work, struct saving, work);
    struct memory_store *s = OF(saving, struct memory_store, saving);

    saving->saved =
        put(s, saving->save->before, saving->save->after, &saving->error);
}

static void save_done(struct store_work *work)
{
    struct saving *saving = OF(work, struct saving, work);
    struct store_save *save = saving->save;

    saving->save = NULL;
    save->done(save, saving->saved ? STORE_SAVED : STORE_FAILED, NULL,
               &saving->error);
}

static void save(struct store *store, struct store_save *what)
{
    struct memory_store *s = (struct memory_store *)store;
    struct saving *saving = &s->saving;

    saving->save = what;
    saving->error = (struct error){""};
    saving->work = (struct store_work){run_save, save_done};
    s->host->work(s->host->owner, &saving->work);
}

/* ---- taking over, letting go --------------------------------------------------- */

static void run_take(struct store_work *work)
{
    struct taking *taking = OF(work, struct taking, work);
    struct memory_store *s = OF(taking, struct memory_store, taking);

    take(s, TAKE_MS, &taking->found, &taking->error);
}

static void take_done(struct store_work *work)
{
    struct taking *taking = OF(work, struct taking, work);
    struct memory_store *s = OF(taking, struct memory_store, taking);
    struct document *found = taking->found;

    taking->found = NULL;
    if (taking->error.text[0])
        log_write(LOG_ERROR, "state", "%s", taking->error.text);
    else if (found && !s->gone)
        s->host->changed(s->host->owner, found);
    kept_free(found);
}

static void begin(struct store *store, const struct store_host *host)
{
    struct memory_store *s = (struct memory_store *)store;

    s->host = host;
    if (s->fd < 0 || s->ours)
        return;
    s->taking.work = (struct store_work){run_take, take_done};
    host->work(host->owner, &s->taking.work);
}

static void run_leave(struct store_work *work)
{
    struct memory_store *s = OF(work, struct memory_store, leaving);

    if (s->ours)
        hold_release(s->fd);
    s->ours = false;
}

static void nothing(struct store_work *work)
{
    (void)work;
}

/* Behind the saves that wait already. */
static void let_go(struct store *store)
{
    struct memory_store *s = (struct memory_store *)store;

    if (s->gone || s->fd < 0)
        return;
    s->gone = true;
    s->leaving = (struct store_work){run_leave, nothing};
    s->host->work(s->host->owner, &s->leaving);
}

static void end(struct store *store)
{
    struct memory_store *s = (struct memory_store *)store;

    if (s->ours)
        hold_release(s->fd);
    free(s);
}

static void tell(struct store *store, struct str *what, bool *connected)
{
    const struct memory_store *s = (struct memory_store *)store;

    *what = s->fd < 0 ? STR("memory, until this process ends") : STR("memory");
    *connected = !s->gone;
}

static const struct store_ops memory_ops = {
    .put = put_first,
    .begin = begin,
    .save = save,
    .let_go = let_go,
    .end = end,
    .tell = tell,
};

struct store *memory_store_open(const struct store_open_options *options,
                                struct document **found, struct error *error)
{
    struct memory_store *s = memory_zeroed(1, sizeof(*s));
    bool ok = true;

    s->store.ops = &memory_ops;
    s->fd = options->memory;
    *found = NULL;
    if (s->fd >= 0)
        ok = options->takes_over ? memory_file_read(s->fd, found, error)
                                 : take(s, PATIENT_MS, found, error);
    if (ok)
        return &s->store;
    end(&s->store);
    return NULL;
}
