/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples of requests as they are kept for GetSampledRequests (aws-waf.md 7.7),
 * for three hours: of each metric of an ACL at most WAF_SAMPLES_KEPT, of all
 * WAF_SAMPLES_BYTES.  Where there are more, two that stand side by side become
 * one with the weight of both: the one or the other, with odds as their
 * weights.  So the weights of a metric are how many requests there were,
 * whatever is left of them.
 *
 * The control thread's.
 */
#ifndef SLUICE_WAF_SAMPLE_STORE_H
#define SLUICE_WAF_SAMPLE_STORE_H

#include "base/random.h"
#include "waf/sampler.h"

enum {
    WAF_SAMPLES_KEPT = 500,
    WAF_SAMPLES_METRICS = 1024, /* others get none */
    WAF_SAMPLES_BYTES = 64 * 1024 * 1024,
    WAF_SAMPLES_MS = 3 * 60 * 60 * 1000,
    WAF_SAMPLES_POPULATION = 5000, /* an answer is drawn from so many */
};

struct waf_sample_store;

struct waf_sample_store *waf_sample_store_new(void);
void waf_sample_store_free(struct waf_sample_store *store); /* NULL: nothing */

/* Keeps what is in the box. */
void waf_sample_store_add(struct waf_sample_store *store,
                          const struct waf_sample_box *box);

/* Forgets what came before then; since 1970, as all times here. */
void waf_sample_store_expire(struct waf_sample_store *store,
                             uint64_t before_ms);

struct waf_sample_query {
    struct str arn;
    struct str metric;
    uint64_t from_ms;
    uint64_t to_ms;
    unsigned most;
};

/* Calls `visit` for samples of that time, the oldest first, at most
 * query->most: of the first WAF_SAMPLES_POPULATION requests and as many more as
 * the last of these samples stands for.  `population`: how many that is;
 * `to_ms`: until when it was, when there were that many.  False: nothing is
 * kept of that metric. */
bool waf_sample_store_visit(
    struct waf_sample_store *store, const struct waf_sample_query *query,
    void (*visit)(void *owner, const struct waf_sample *sample,
                  const struct waf_sample_as *as, uint64_t weight),
    void *owner, uint64_t *population, uint64_t *to_ms);

/* Samples that are kept, of all metrics, and their bytes. */
size_t waf_sample_store_n(const struct waf_sample_store *store);
size_t waf_sample_store_bytes(const struct waf_sample_store *store);

#endif
