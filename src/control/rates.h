/* SPDX-License-Identifier: Apache-2.0
 *
 * The rounds of rate-based rules: each second the control thread asks every
 * worker what it counted, adds it up (waf/rate_ledger.h), and tells all of them
 * what it comes to.  A worker that is late delays a round, never a request.
 */
#ifndef SLUICE_CONTROL_RATES_H
#define SLUICE_CONTROL_RATES_H

#include "api/call.h"
#include "net/loop.h"
#include "store/redis_rates.h"
#include "waf/rate_ledger.h"

enum { RATE_ROUND_MS = 1000 };

struct server;
struct worker_rates;

struct rate_rounds {
    struct rate_ledger *ledger;
    struct timer timer;
    unsigned nback; /* workers that answered in this round */
    struct worker_rates **back;
    bool goes_on;              /* a round */
    struct redis_rates *nodes; /* NULL: this is the only one */
};

void rates_begin(struct server *server);
void rates_end(struct server *server);

/* CONTROL_RATES came. */
void rates_back(struct server *server, struct worker_rates *rates);

/* For account_view.rate_keys; `owner` is the server. */
bool rates_visit(void *owner, const struct rate_keys_query *query,
                 void (*visit)(void *to, struct str address, bool ipv6),
                 void *to);

#endif
