/* SPDX-License-Identifier: Apache-2.0
 *
 * Anomaly detection and mitigation: which targets of a group answer with
 * errors while their peers do not, and how much less those get (ALB's
 * Automatic Target Weights, alb.md 3.3).  Pure.
 *
 * AWS publishes what happens, not at which figures; ours:
 *
 * - Every ANOMALY_PERIOD_MS each healthy target is compared with all other
 *   healthy ones that are not anomalous themselves, by what it did since: its
 *   last ANOMALY_MEMORY requests or all of the period, whichever are more.
 * - It is anomalous when its part of errors is at least ANOMALY_MARGIN
 *   percentage points above theirs, and chance would make it look so less than
 *   once in 100 000 times (the Chernoff bound of a binomial tail).  With three
 *   targets, one of which fails always, 11 of its requests show it.
 * - An outlier is one of the few: when half of the targets or more would be
 *   anomalous, no more of them become so.
 * - It is normal again when of ANOMALY_PROOF requests or more since it was
 *   judged last the part of errors is within the margin.
 * - Mitigation cuts the weight of an anomalous target to a quarter each
 *   period, down to what gets it ANOMALY_PROOF requests in a period (1 to 10
 *   percent of a full weight), and doubles it each period that it is normal
 *   and had requests, until it is full.
 */
#ifndef SLUICE_LB_ANOMALY_H
#define SLUICE_LB_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ANOMALY_PERIOD_MS = 5000,
    ANOMALY_HEALTHY_MIN = 3, /* fewer have no peers to differ from */
    ANOMALY_MEMORY = 30,
    ANOMALY_PROOF = 10,
    ANOMALY_MARGIN = 10,
};

struct anomaly {
    double requests; /* that count for the next verdict */
    double errors;
    bool anomalous;
    uint32_t weight; /* of WEIGHT_FULL; less: mitigation is in effect */
};

/* One healthy target in one period. */
struct anomaly_sample {
    struct anomaly *anomaly;
    uint64_t requests;
    uint64_t errors;
};

/* Normal, with a full weight, of nothing known. */
void anomaly_begin(struct anomaly *anomaly);

/* Judges the n healthy targets of a group by a period.  With fewer than
 * ANOMALY_HEALTHY_MIN all of them begin anew; without `mitigate` all weights
 * are full. */
void anomaly_judge(const struct anomaly_sample *samples, unsigned n,
                   bool mitigate);

#endif
