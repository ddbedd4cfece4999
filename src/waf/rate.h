/* SPDX-License-Identifier: Apache-2.0
 *
 * What rate-based rules count (aws-waf.md 2.11): the worker's side.
 *
 * Each worker counts for itself; each second the control thread takes what the
 * workers counted, makes sums of it over the window (other nodes' too;
 * waf/rate_ledger.h), and gives them back.  A worker decides by the last sums
 * and what it counted since.  An *instance* is one rule in one ACL, also by one
 * reference to its group; it is known by its number, which derives from what it
 * is of and from its settings: changed settings begin anew.
 */
#ifndef SLUICE_WAF_RATE_H
#define SLUICE_WAF_RATE_H

#include "waf/rate_table.h"

enum {
    RATE_KEYS_MAX = 10000, /* of one instance: the highest senders stay */
    /* Keys that a worker counts between two rounds; of more the least counted
     * of some go. */
    RATE_ROUND_KEYS_MAX = 2 * RATE_KEYS_MAX,
};

/* Of a program. */
struct rate_instance {
    uint64_t number;
    uint64_t limit; /* requests within the window */
    uint32_t window_ms;
};

struct rate_worker; /* a worker's */

struct rate_worker *rate_worker_new(void);
void rate_worker_free(struct rate_worker *worker); /* NULL: nothing */

/* Counts a request; whether more than the limit came with this key within the
 * window. */
bool rate_count(struct rate_worker *worker,
                const struct rate_instance *instance, struct str key,
                uint64_t now_ms);

/* ---- rounds -------------------------------------------------------------------- */

/* What a worker counted of one instance since the last round. */
struct rate_part {
    struct rate_part *next;
    struct rate_instance instance;
    const struct rate_table *counts; /* NULL: nothing */
    struct rate_sums *sums; /* for the end of the round; held; NULL: none */
};

/* A round: the worker begins it, control reads the parts and tells what they
 * come to, the worker ends it; all by messages.  The worker goes on counting
 * meanwhile, and reads the parts too.  NULL: there are none. */
struct rate_part *rate_worker_begin_round(struct rate_worker *worker);

/* On the control thread, within a round: the sums that the worker is to have
 * of an instance, which it may know nothing of so far; they are held. */
void rate_worker_tell(struct rate_worker *worker,
                      const struct rate_instance *instance,
                      struct rate_sums *sums);

/* The worker has the sums that were told; of what it heard nothing of, nothing
 * is left within the window. */
void rate_worker_end_round(struct rate_worker *worker);

#endif
