/* SPDX-License-Identifier: Apache-2.0
 *
 * What the nodes of one account counted of rate-based rules, through Redis.
 *
 * Each node has a key of its own for each instance, which is over after five
 * seconds, and a set names the nodes.  Nobody waits: a Redis that is away or
 * slow leaves each node with what it counts itself.
 */
#ifndef SLUICE_STORE_REDIS_RATES_H
#define SLUICE_STORE_REDIS_RATES_H

#include "base/error.h"
#include "net/loop.h"

struct redis_rates;

/* `others` gets what other nodes have of an instance, one text for each of
 * `n`; they are good for the call. */
typedef void redis_rates_answer(void *owner, uint64_t number, unsigned n,
                                const struct str *others);

/* `where`: redis://..., as --state has it.  NULL with an error. */
struct redis_rates *redis_rates_new(struct loop *loop, const char *where,
                                    redis_rates_answer *answer, void *owner,
                                    struct error *error);
void redis_rates_free(struct redis_rates *rates); /* NULL: nothing */

/* Leaves what this node has of an instance, and asks for the others'.  False,
 * and nothing comes, when Redis is away or still has not answered for it. */
bool redis_rates_exchange(struct redis_rates *rates, uint64_t number,
                          struct str packed);

#endif
