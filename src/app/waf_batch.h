/* SPDX-License-Identifier: Apache-2.0
 *
 * Many requests tried on a web ACL, or on two: one line for each that there is
 * something to say of, then the sums.
 *
 *     requests.jsonl:3: BLOCK 403 by sqli: GET /?id=1%20or%201=1
 *     requests.jsonl:4: failed: expected BLOCK, got ALLOW by Default_Action: GET /
 *     site.har: entry 7: changes from ALLOW by Default_Action to BLOCK 403 by x: GET /y
 *     site.har: entry 9: not tried: ...
 *     requests: 120
 *          100  ALLOW
 *     ...
 */
#ifndef SLUICE_APP_WAF_BATCH_H
#define SLUICE_APP_WAF_BATCH_H

#include "app/waf_cases.h"
#include "waf/replay.h"

struct waf_batch;

struct waf_batch_options {
    struct waf_program *program;
    struct waf_program *other;       /* --diff; NULL: none */
    struct replay_expected expected; /* of every request that does not say it */
    bool log;                        /* requests have records of AWS's log */
    bool places;  /* there are databases of where addresses are */
    bool verbose; /* every request has its line */
    bool json;
};

/* Prints on standard output. */
struct waf_batch *waf_batch_new(const struct waf_batch_options *options);

/* Tries one; a visitor of waf_cases_read(), the batch is its owner. */
void waf_batch_add(void *batch, const struct waf_case *one);

/* Prints the sums, unless the requests could not be `read`, and frees it.  True: nothing failed an expectation, nothing
 * changes, and all requests were tried where any of that was asked for. */
bool waf_batch_end(struct waf_batch *batch, bool read);

#endif
