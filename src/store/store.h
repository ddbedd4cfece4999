/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an account is kept when nobody runs it: a SQLite file, the parent
 * process (`memory`), or Redis, which several nodes share.
 *
 * What is kept is a document: the account, and the template that it began
 * with, both as values.  Opening blocks and happens before anything is served.
 * From then on the store belongs to the control thread; saving never blocks it.
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
    STORE_CONFLICT, /* another node changed it first: `theirs` is what it made;
                       nothing was saved */
    STORE_FAILED,   /* nothing was saved; `error` says why */
};

/* Embedded in what is to be saved; both documents live until done(). */
struct store_save {
    const struct document *before;
    const struct document *after; /* account->revision: before's plus 1 */
    void (*done)(struct store_save *save, enum store_result result,
                 struct document *theirs, const struct error *error);
};

struct store {
    const struct store_ops *ops;
};

struct store_ops {
    /* Makes it durable; one at a time; done() is called later on the control
     * thread. */
    void (*save)(struct store *store, struct store_save *save);
    /* Another process goes on with it from now on: nothing is saved any
     * more. */
    void (*let_go)(struct store *store);
    void (*end)(struct store *store);
    /* "sqlite FILE", "redis HOST:PORT, 3 nodes": for /status.  `connected`
     * false: changes are refused now. */
    void (*tell)(struct store *store, struct str *what, bool *connected);
};

#endif
