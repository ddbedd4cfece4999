/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an account is kept when nobody runs it: a SQLite file, the parent
 * process (`memory`), or Redis, which several nodes share.
 *
 * What is kept is a document: the account, and the template that it began
 * with, both as values.  Opening (store/open.h) and put() block and happen
 * before anything is served.  From begin() on the store belongs to the control
 * thread; saving never blocks it.
 */
#ifndef SLUICE_STORE_STORE_H
#define SLUICE_STORE_STORE_H

#include "base/error.h"
#include "model/account.h"

/* What is kept.  Counted objects are held by whoever has the document. */
struct document {
    struct account *account;
    struct account *base; /* what the template said when it was last read; its
                             revision says nothing.  NULL: there was none */
    struct str digest;    /* of that template's resolved resources, hex */
    struct str scope;     /* "REGION ACCOUNT STACK" that ARNs were made for */
};

enum store_result {
    STORE_SAVED,
    STORE_CONFLICT, /* another node changed it first: `theirs` is what it made
                       (it lives as long as the call; NULL: nothing is kept any
                       more); nothing was saved */
    STORE_FAILED,   /* nothing was saved; `error` says why */
};

/* Embedded in what is to be saved; both documents live until done(). */
struct store_save {
    const struct document *before;
    const struct document *after; /* account->revision: before's plus 1 */
    void (*done)(struct store_save *save, enum store_result result,
                 struct document *theirs, const struct error *error);
};

/* Work that may block: the store's own, embedded in it. */
struct store_work {
    void (*run)(struct store_work *work);  /* on a thread of its own */
    void (*done)(struct store_work *work); /* then, on the control thread */
};

struct loop;

/* Who runs the store, from begin() on. */
struct store_host {
    struct loop *loop; /* of the control thread */
    /* Has it run, one after the other; done() always comes, unless the process
     * ends before. */
    void (*work)(void *owner, struct store_work *work);
    /* Somebody else changed the account: this is what is kept now, maybe what
     * is known already.  The document lives as long as the call. */
    void (*changed)(void *owner, const struct document *theirs);
    void *owner;
};

struct store {
    const struct store_ops *ops;
};

struct store_ops {
    /* Blocking, before begin(): `before` NULL: nothing was kept.  Of
     * STORE_CONFLICT `*theirs` is the caller's (kept_free()).  A store that
     * another process of ours still has (store_open_options.takes_over) saves
     * nothing and says STORE_SAVED: after begin() it waits for its turn and
     * tells what is kept then. */
    enum store_result (*put)(struct store *store, const struct document *before,
                             const struct document *after,
                             struct document **theirs, struct error *error);
    /* Once; the host outlives the store. */
    void (*begin)(struct store *store, const struct store_host *host);
    /* Makes it durable; one at a time; done() is called later on the control
     * thread. */
    void (*save)(struct store *store, struct store_save *save);
    /* Another process goes on with it from now on: nothing is saved any
     * more. */
    void (*let_go)(struct store *store);
    /* Frees it, when no work runs any more. */
    void (*end)(struct store *store);
    /* "sqlite FILE", "redis HOST:PORT, 3 nodes": for /status.  `connected`
     * false: changes are refused now. */
    void (*tell)(struct store *store, struct str *what, bool *connected);
};

#endif
