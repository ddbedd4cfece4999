/* SPDX-License-Identifier: Apache-2.0
 *
 * The last good document of Redis in a file of this node, for a start while
 * Redis is away.  Private to the store.
 *
 * A copy that cannot be written is said in the log and changes nothing else.
 */
#ifndef SLUICE_STORE_REDIS_COPY_H
#define SLUICE_STORE_REDIS_COPY_H

#include "store/open.h"
#include "store/redis_link.h"

/* All zero: there is none. */
struct redis_copy {
    struct store *to; /* a SQLite file; NULL: there is none */
    struct store_host host;
    const struct store_host *above;
    struct store_save save;
    bool begun;
    bool busy;
    bool let_go;
    struct document *last;       /* what it has; NULL: nothing */
    struct document *on_its_way; /* that is being written */
    struct document *next;       /* to be written then; NULL: nothing */
};

/* Opens that of the place in the folder of the options; `*found` is the
 * caller's (kept_free()). */
void redis_copy_open(struct redis_copy *copy, const struct redis_place *place,
                     const struct store_open_options *options,
                     struct document **found);

void redis_copy_begin(struct redis_copy *copy, const struct store_host *host);

/* It is to have this; the newest wins.  Blocks before begin(). */
void redis_copy_put(struct redis_copy *copy, const struct document *document);

void redis_copy_let_go(struct redis_copy *copy);
void redis_copy_end(struct redis_copy *copy);

#endif
