/* SPDX-License-Identifier: Apache-2.0
 *
 * When a call of AWS is tried again (aws-integrations.md 1.4; "Retry behavior"
 * of the SDKs' reference guide, standard mode, rules of 2026).  Pure: the time
 * and the chance come in.
 */
#ifndef SLUICE_AWS_RETRY_H
#define SLUICE_AWS_RETRY_H

#include "base/str.h"

enum {
    RETRY_BUDGET = 500,
    RETRY_COST_TRANSIENT = 14,
    RETRY_COST_THROTTLE = 5,
    RETRY_BASE_TRANSIENT_MS = 50,
    RETRY_BASE_THROTTLE_MS = 1000,
    RETRY_DELAY_MAX_MS = 20 * 1000,
    RETRY_AFTER_MORE_MS = 5 * 1000, /* that a server may add to a delay */
};

/* Why an attempt failed, as far as another one goes. */
enum retry_cause {
    RETRY_NEVER,       /* the same would come of it */
    RETRY_TRANSIENT,   /* the network, 500, 502, 503, 504 */
    RETRY_THROTTLE,    /* too many calls */
    RETRY_SKEW,        /* our clock, perhaps */
    RETRY_CREDENTIALS, /* they have expired or are not known any more */
    RETRY_REDIRECT,    /* S3: the bucket is in another region */
};

/* Of an error's code and the status of its answer; status 0: there is none. */
enum retry_cause retry_cause_of(unsigned status, struct str code);

/* Whether the code says outright that the time of the request is wrong; of the
 * others that are RETRY_SKEW a clock may be the cause. */
bool retry_is_time(struct str code);

/* What retries are paid from, shared by all calls of one service. */
struct retry_budget {
    unsigned left;
};

/* Pays for a retry: *paid is what success gives back.  False: not enough. */
bool retry_pay(struct retry_budget *budget, enum retry_cause cause,
               unsigned *paid);

/* A call succeeded; `paid` for its last attempt, 0: it was its first. */
void retry_refund(struct retry_budget *budget, unsigned paid);

/* Milliseconds before attempt `next` (2: the first retry): a random part of
 * base * 2^(next - 2), at most RETRY_DELAY_MAX_MS; what the server asks for
 * (`after_ms`, 0: nothing) holds up to RETRY_AFTER_MORE_MS more. */
uint64_t retry_delay(enum retry_cause cause, unsigned next, uint64_t random,
                     uint64_t after_ms);

/* What Retry-After (seconds) and x-amz-retry-after (milliseconds) ask for; 0:
 * nothing that can be read.  A date in Retry-After counts as nothing. */
uint64_t retry_after_ms(struct str retry_after, struct str amz_retry_after);

#endif
