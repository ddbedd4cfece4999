/* SPDX-License-Identifier: Apache-2.0
 *
 * Redis before a loop runs: connections of their own, that block for some
 * seconds at most.  Private to the store.
 */
#ifndef SLUICE_STORE_REDIS_NOW_H
#define SLUICE_STORE_REDIS_NOW_H

#include "store/redis_script.h"

/* Reads the document; `*found` NULL: there is none.  False with an error: Redis
 * cannot be asked, or what it has cannot be read (`*broken`). */
bool redis_load_now(const struct redis_place *place, struct document **found,
                    bool *broken, struct error *error);

/* Writes `after` where `before` is; of STORE_CONFLICT `*theirs` is the
 * caller's. */
enum store_result redis_write_now(const struct redis_place *place,
                                  const struct redis_text *before,
                                  const struct redis_text *after,
                                  struct document **theirs,
                                  struct error *error);

#endif
