/* SPDX-License-Identifier: Apache-2.0
 *
 * What a source of targets said so far, and what of that is believed: a failed
 * or empty answer takes no target out (aws-integrations.md 4.1, 4.4).
 *
 * - An answer that failed changes nothing.
 * - Of a part of an answer the targets count that it has, and none goes.
 * - An empty one counts when somebody who must know says so: ECS, that the
 *   service wants no tasks.  DNS, which knows no such thing, must say it
 *   EMPTY_ANSWERS times in a row over EMPTY_MS; Cloud Map is never believed.
 * - Of a name with many addresses DNS tells MANY at a time, others each time:
 *   one goes when MANY_ANSWERS in a row had it not.
 * - What is kept though it is told no more is bounded: KEPT_MAX with what is.
 *
 * Pure: time comes in.
 */
#ifndef SLUICE_CONTROL_DISCOVERY_KEEP_H
#define SLUICE_CONTROL_DISCOVERY_KEEP_H

#include "api/found.h"
#include "model/discovery.h"

enum {
    EMPTY_ANSWERS = 3,
    EMPTY_MS = 30 * 1000,
    MANY = 8, /* what Route 53 answers for a service of Cloud Map */
    MANY_ANSWERS = 10,
    KEPT_MAX = 10000, /* twice as many as a service of ECS has tasks */
};

enum answer_outcome { ANSWER_FAILED, ANSWER_PART, ANSWER_WHOLE };

struct discovery_answer {
    enum answer_outcome outcome;
    bool none; /* WHOLE and n == 0: it was confirmed that there are none */
    unsigned n;
    struct found_target *targets; /* in any order; it is sorted here */
    const char *why;              /* FAILED, PART: what is wrong; else NULL */
    bool slower; /* FAILED: it is asked less and less often, as who does not
                    answer or is asked too much */
};

struct kept_target {
    struct found_target target;
    unsigned absent; /* answers in a row that had it not */
};

/* All zero: there is nothing.  discovery_keep_end() frees it. */
struct discovery_keep {
    struct region region;
    bool known; /* all targets there are: a whole answer was believed */
    unsigned n;
    struct kept_target *targets; /* sorted, each once; in the region */
    unsigned empties;            /* in a row */
    uint64_t empty_us;           /* the first of them */
};

/* What was found before the process began, or by a source that was there before:
 * it stays until answers say otherwise. */
void discovery_keep_begin(struct discovery_keep *keep,
                          const struct found_target *targets, unsigned n);

/* Whether the answer is believed (a part is). */
bool discovery_keep_take(struct discovery_keep *keep,
                         const struct discovery_answer *answer,
                         enum discovery_kind kind, uint64_t now_us);

bool discovery_keep_has(const struct discovery_keep *keep,
                        const struct found_target *target);

void discovery_keep_end(struct discovery_keep *keep);

#endif
