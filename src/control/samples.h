/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples of requests that web ACLs looked at, for GetSampledRequests: each
 * half second every worker swaps its box of them (waf/sampler.h) for an empty
 * one, and what is in it is kept (waf/sample_store.h).  A worker that is late
 * keeps its own box for longer; a full box loses no request's weight.
 */
#ifndef SLUICE_CONTROL_SAMPLES_H
#define SLUICE_CONTROL_SAMPLES_H

#include "api/call.h"
#include "net/loop.h"
#include "waf/sample_store.h"

enum { SAMPLE_ROUND_MS = 500 };

struct server;
struct worker_samples;

struct sample_rounds {
    struct waf_sample_store *store;
    struct timer timer;
    struct worker_samples **idle; /* of each worker; NULL: it is out */
};

void samples_begin(struct server *server);
void samples_end(struct server *server);

/* CONTROL_SAMPLES came. */
void samples_back(struct server *server, struct worker_samples *back);

/* For account_view.samples; `owner` is the server. */
bool samples_visit(void *owner, const struct sample_query *query,
                   void (*visit)(void *to, const struct sampled_request *it),
                   void *to, struct sample_span *span);

#endif
