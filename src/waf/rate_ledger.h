/* SPDX-License-Identifier: Apache-2.0
 *
 * What all workers counted of rate-based rules, and other nodes: sums over each
 * rule's window, of the RATE_KEYS_MAX highest senders.  Pure: tables and `now`
 * come in, sums go out.
 */
#ifndef SLUICE_WAF_RATE_LEDGER_H
#define SLUICE_WAF_RATE_LEDGER_H

#include "waf/rate.h"

struct rate_ledger;

struct rate_ledger *rate_ledger_new(void);
void rate_ledger_free(struct rate_ledger *ledger); /* NULL: nothing */

/* Adds what a worker counted of an instance. */
void rate_ledger_add(struct rate_ledger *ledger, const struct rate_part *part,
                     uint64_t now_ms);

/* What left its window goes; of each instance the highest senders stay; an
 * instance of which nothing is left goes. */
void rate_ledger_turn(struct rate_ledger *ledger, uint64_t now_ms);

/* After it, within a round of the worker: it is to have the sums. */
void rate_ledger_tell(const struct rate_ledger *ledger,
                      struct rate_worker *worker);

/* ---- nodes ----------------------------------------------------------------------- */

/* Instances that there are. */
unsigned rate_ledger_n(const struct rate_ledger *ledger);
const struct rate_instance *
rate_ledger_instance(const struct rate_ledger *ledger, unsigned i);

/* Own sums of an instance as bytes for another node: from malloc(), the
 * caller's; n == 0: there are none. */
struct str rate_ledger_pack(const struct rate_ledger *ledger, uint64_t number);

/* Others' sums of an instance: those of before are forgotten, then each node's
 * are added.  False: those bytes are no sums. */
void rate_ledger_forget_others(struct rate_ledger *ledger, uint64_t number);
bool rate_ledger_add_other(struct rate_ledger *ledger, uint64_t number,
                           struct str packed);

/* ---- who is limited --------------------------------------------------------------- */

/* Calls `visit` with the text of each key of the instance that is over its
 * limit. */
void rate_ledger_limited(const struct rate_ledger *ledger, uint64_t number,
                         void (*visit)(void *owner, struct str key),
                         void *owner);

#endif
