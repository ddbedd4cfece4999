/* SPDX-License-Identifier: Apache-2.0
 *
 * What rate-based rules count (aws-waf.md 2.11).
 *
 * Each worker counts for itself; each second the control thread takes what the
 * workers counted, makes sums (other nodes' too), and gives them back.  A worker
 * decides by the last sums and what it counted since.  An *instance* is one
 * rule in one ACL, also by one reference to its group; it is known by its
 * number, which derives from what it is of and from its settings: changed
 * settings begin anew.
 */
#ifndef SLUICE_WAF_RATE_H
#define SLUICE_WAF_RATE_H

#include "base/str.h"

enum {
    RATE_KEYS_MAX = 10000,    /* of one instance: the highest senders stay */
    RATE_KEY_BYTES_MAX = 256, /* longer ones are counted by their digest */
};

/* Of a program. */
struct rate_instance {
    uint64_t number;
    uint64_t limit; /* requests within the window */
    uint32_t window_ms;
};

struct rate_worker; /* a worker's */

struct rate_worker *rate_worker_new(void);
void rate_worker_free(struct rate_worker *worker);

/* Counts a request; whether more than the limit came with this key within the
 * window. */
bool rate_count(struct rate_worker *worker,
                const struct rate_instance *instance, struct str key,
                uint64_t now_ms);

#endif
