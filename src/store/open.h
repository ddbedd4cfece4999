/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening what --state names:
 *
 *     FILE.sqlite           a SQLite file (store/sqlite.h)
 *     memory                the parent process (store/memory.h)
 *     redis://HOST[:PORT]   Redis, shared by several nodes
 */
#ifndef SLUICE_STORE_OPEN_H
#define SLUICE_STORE_OPEN_H

#include "store/store.h"

#define STORE_MEMORY "memory"

struct store_open_options {
    const char *where;  /* as above */
    const char *folder; /* the state folder; NULL: there is none */
    int memory;         /* of `memory`: the descriptor that the parent keeps
                           (store/memory.h), the caller's; -1: nothing is
                           kept */
    bool takes_over;    /* another process of ours has it now, and lets go of
                           it once we serve: it is only read at first */
    bool patient;       /* one that has it ends just now */
};

/* Whether that can be meant; false with an error that says what can. */
bool store_spec_check(const char *where, struct error *error);

/* Whether several nodes use it; of NULL: no. */
bool store_is_shared(const char *where);

/* Opens it, and reads what is kept: `*found`, that the caller frees
 * (kept_free()); NULL: nothing so far.  NULL with an error, and nothing
 * changed. */
struct store *store_open(const struct store_open_options *options,
                         struct document **found, struct error *error);

/* Reads what is kept there and changes nothing, whoever has it open.  False
 * with an error. */
bool store_read(const char *where, struct document **found,
                struct error *error);

#endif
