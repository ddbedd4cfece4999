/* SPDX-License-Identifier: Apache-2.0
 *
 *   opened, the hold is ours ────────────────────────────┐
 *   opened, another process of ours has it: a copy read  │
 *        │ begin(): waits for the hold, tells what is    │
 *        v kept by then (changed())                      v
 *   saves ── let_go(): the file is closed, the hold let go of ──> nothing saved
 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/region.h"
#include "store/hold.h"
#include "store/kept.h"
#include "store/sqlite_file.h"

enum {
    FIRST_MS = 500,        /* for a process that ends just now */
    PATIENT_MS = 5 * 1000, /* for one of ours that does */
    TAKE_MS = 30 * 1000,   /* for the one that this one follows */
};

struct sqlite_store {
    struct store store; /* first */
    const struct store_host *host;
    struct region region;
    struct sqlite_file file;
    struct str told; /* by tell() */
    int lock;        /* FILE-lock; -1: none */
    bool ours;       /* the hold is; else it is only looked at */
    bool gone;       /* it was let go of, or is to be */
    /* One piece of work at a time for each of these. */
    struct taking {
        struct store_work work;
        struct document *found;
        struct error error;
    } taking;
    struct saving {
        struct store_work work;
        struct store_save *save;
        enum store_result result;
        struct document *theirs;
        struct error error;
    } saving;
    struct store_work leaving;
};

#define OF(work, type, member) ((type *)((char *)(work)-offsetof(type, member)))

/* ---- whose it is -------------------------------------------------------------- */

static bool open_lock(struct sqlite_store *s, struct error *error)
{
    struct str path = region_printf(&s->region, "%s-lock", s->file.path);

    s->lock = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (s->lock >= 0)
        return true;
    return error_set(error,
                     "cannot write " STR_FMT ": %s; its folder must be there "
                     "and ours to write, or name another file with --state "
                     "FILE.sqlite",
                     STR_ARG(path), strerror(errno));
}

static bool say_whose(const struct sqlite_store *s, pid_t owner,
                      struct error *error)
{
    char who[64] = "another process (not of this container)";

    if (owner > 0)
        snprintf(who, sizeof(who), "process %d", (int)owner);
    return error_set(error,
                     "%s is in use by %s: one Sluice at a time keeps its "
                     "account there; end that one, or name another file with "
                     "--state FILE.sqlite",
                     s->file.path, who);
}

static bool take_hold(struct sqlite_store *s, unsigned wait_ms,
                      struct error *error)
{
    pid_t owner = 0;

    if (s->lock < 0 && !open_lock(s, error))
        return false;
    switch (hold_take(s->lock, wait_ms, &owner)) {
    case HOLD_MINE:
        return true;
    case HOLD_THEIRS:
        return say_whose(s, owner, error);
    case HOLD_FAILED:
        break;
    }
    return error_set(error,
                     "%s-lock cannot be locked: %s; name a file on another "
                     "disk with --state FILE.sqlite",
                     s->file.path, strerror(errno));
}

static void drop_hold(struct sqlite_store *s)
{
    if (s->lock < 0)
        return;
    hold_release(s->lock);
    close(s->lock);
    s->lock = -1;
}

/* Who has the hold may change the tables. */
static bool read_ours(struct sqlite_store *s, struct document **found,
                      struct error *error)
{
    s->ours = (s->file.db || sqlite_file_open(&s->file, s->file.path, error)) &&
              sqlite_file_update(&s->file, error) &&
              sqlite_file_read(&s->file, found, error);
    return s->ours;
}

static void leave(struct sqlite_store *s)
{
    s->ours = false;
    sqlite_file_close(&s->file);
    drop_hold(s);
}

static bool take(struct sqlite_store *s, unsigned wait_ms,
                 struct document **found, struct error *error)
{
    *found = NULL;
    if (take_hold(s, wait_ms, error) && read_ours(s, found, error))
        return true;
    leave(s);
    return false;
}

/* All that is needed to take it later is opened now, while privileges are there
 * to do so. */
static bool look(struct sqlite_store *s, struct document **found,
                 struct error *error)
{
    return open_lock(s, error) &&
           sqlite_store_read(s->file.path, found, error) &&
           sqlite_file_open(&s->file, s->file.path, error);
}

/* ---- saving --------------------------------------------------------------------- */

static enum store_result put(struct sqlite_store *s,
                             const struct document *before,
                             const struct document *after,
                             struct document **theirs, struct error *error)
{
    if (!s->ours) {
        error_set(error, "another process keeps %s from now on", s->file.path);
        return STORE_FAILED;
    }
    if (!sqlite_file_in_place(&s->file, error))
        return STORE_FAILED;
    return sqlite_file_put(&s->file, before, after, theirs, error);
}

static enum store_result put_first(struct store *store,
                                   const struct document *before,
                                   const struct document *after,
                                   struct document **theirs,
                                   struct error *error)
{
    struct sqlite_store *s = (struct sqlite_store *)store;

    *theirs = NULL;
    if (!s->ours)
        return STORE_SAVED; /* taken over later */
    return put(s, before, after, theirs, error);
}

static void run_save(struct store_work *work)
{
    struct saving *saving = OF(work, struct saving, work);
    struct sqlite_store *s = OF(saving, struct sqlite_store, saving);

    saving->result = put(s, saving->save->before, saving->save->after,
                         &saving->theirs, &saving->error);
}

static void save_done(struct store_work *work)
{
    struct saving *saving = OF(work, struct saving, work);
    struct store_save *save = saving->save;
    struct document *theirs = saving->theirs;

    saving->save = NULL;
    saving->theirs = NULL;
    save->done(save, saving->result, theirs, &saving->error);
    kept_free(theirs);
}

static void save(struct store *store, struct store_save *what)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    struct saving *saving = &s->saving;

    saving->save = what;
    saving->theirs = NULL;
    saving->error = (struct error){""};
    saving->work = (struct store_work){run_save, save_done};
    s->host->work(s->host->owner, &saving->work);
}

/* ---- taking over, letting go ----------------------------------------------------- */

static void run_take(struct store_work *work)
{
    struct taking *taking = OF(work, struct taking, work);
    struct sqlite_store *s = OF(taking, struct sqlite_store, taking);

    if (!take(s, TAKE_MS, &taking->found, &taking->error))
        taking->found = NULL;
}

static void take_done(struct store_work *work)
{
    struct taking *taking = OF(work, struct taking, work);
    struct sqlite_store *s = OF(taking, struct sqlite_store, taking);
    struct document *found = taking->found;

    taking->found = NULL;
    if (taking->error.text[0])
        log_write(LOG_ERROR, "state", "nothing is saved any more: %s",
                  taking->error.text);
    else if (found && !s->gone)
        s->host->changed(s->host->owner, found);
    kept_free(found);
}

static void begin(struct store *store, const struct store_host *host)
{
    struct sqlite_store *s = (struct sqlite_store *)store;

    s->host = host;
    if (s->ours)
        return;
    s->taking.work = (struct store_work){run_take, take_done};
    host->work(host->owner, &s->taking.work);
}

static void run_leave(struct store_work *work)
{
    struct sqlite_store *s = OF(work, struct sqlite_store, leaving);

    leave(s);
}

static void nothing(struct store_work *work)
{
    (void)work;
}

/* Behind the saves that wait already. */
static void let_go(struct store *store)
{
    struct sqlite_store *s = (struct sqlite_store *)store;

    if (s->gone)
        return;
    s->gone = true;
    s->leaving = (struct store_work){run_leave, nothing};
    s->host->work(s->host->owner, &s->leaving);
}

static void end(struct store *store)
{
    struct sqlite_store *s = (struct sqlite_store *)store;

    leave(s);
    region_end(&s->region);
    free(s);
}

static void tell(struct store *store, struct str *what, bool *connected)
{
    struct sqlite_store *s = (struct sqlite_store *)store;

    *what = s->told;
    *connected = !s->gone;
}

static const struct store_ops sqlite_ops = {
    .put = put_first,
    .begin = begin,
    .save = save,
    .let_go = let_go,
    .end = end,
    .tell = tell,
};

/* ---- opening -------------------------------------------------------------------- */

bool sqlite_store_read(const char *path, struct document **found,
                       struct error *error)
{
    struct sqlite_file copy;
    bool ok;

    *found = NULL;
    if (!sqlite_file_copy(&copy, path, error))
        return false;
    ok = sqlite_file_read(&copy, found, error);
    sqlite_file_close(&copy);
    return ok;
}

struct store *sqlite_store_open(const struct store_open_options *options,
                                struct document **found, struct error *error)
{
    struct sqlite_store *s = memory_zeroed(1, sizeof(*s));
    bool ok;

    s->store.ops = &sqlite_ops;
    s->lock = s->file.fd = -1;
    s->file.path = region_copy(&s->region, str_of(options->where)).p;
    s->told = region_printf(&s->region, "sqlite %s", s->file.path);
    ok = options->takes_over
             ? look(s, found, error)
             : take(s, options->patient ? PATIENT_MS : FIRST_MS, found, error);
    if (ok)
        return &s->store;
    end(&s->store);
    return NULL;
}
