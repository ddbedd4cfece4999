/* SPDX-License-Identifier: Apache-2.0
 *
 * One document in Redis that several nodes run.
 *
 * It is a hash {revision, sha, document} under one key, written by
 * compare-and-set: a change is made to the revision that its node runs, or it
 * is a conflict.  Every node asks for the revision four times a second, and is
 * told of changes by a channel besides.  Revisions only grow: a Redis that has
 * an older one, or none, has lost what it had, and gets the newest that a node
 * has.
 *
 * Each node keeps the last good one in a local store as well, so that it can
 * start while Redis is away.
 */
#ifndef SLUICE_STORE_REDIS_H
#define SLUICE_STORE_REDIS_H

#include "store/redis_link.h"
#include "store/store.h"

/* ---- before a loop runs: both block for a few seconds at most --------------- */

/* Reads it; `*document` NULL: there is none.  False with an error: Redis cannot
 * be asked, or what it has cannot be read (`*broken`: it must not be
 * overwritten). */
bool redis_load(const struct redis_place *place, struct document **document,
                bool *broken, struct error *error);

/* Writes `after` where `before` is (NULL: whatever is there, or nothing). */
enum store_result redis_save_now(const struct redis_place *place,
                                 const struct document *before,
                                 const struct document *after,
                                 struct error *error);

/* ---- while it is served ------------------------------------------------------- */

struct redis_options {
    const struct redis_place *place; /* outlives the store */
    struct store *copy;              /* the local one, which becomes the
                                        store's; NULL: none */
    const struct document *now;      /* what this node runs */
    /* Another node made this: the callee frees it (kept_free()).  Not called
     * while something is saved. */
    void (*changed)(void *owner, struct document *theirs);
    void *owner;
};

/* NULL without descriptors. */
struct store *store_redis_start(struct loop *loop,
                                const struct redis_options *options);

#endif
