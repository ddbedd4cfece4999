/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/anomaly.h"

#include <math.h>

#include "lb/weight.h"

/* -ln(1 / 100 000) */
static const double unlikely = 11.5;

enum {
    CUT = 4,
    RAMP = 2,
    LEAST = WEIGHT_FULL / 100,
    MOST = WEIGHT_FULL / 10,
};

struct sum {
    double requests;
    double errors;
};

void anomaly_begin(struct anomaly *anomaly)
{
    *anomaly = (struct anomaly){.weight = WEIGHT_FULL};
}

/* ---- what is known ------------------------------------------------------- */

/* Errors can come later than their requests: never more than those. */
static void remember(struct anomaly *a, const struct anomaly_sample *sample)
{
    double errors = (double)sample->errors;
    double requests = (double)sample->requests;

    a->requests += requests;
    a->errors += errors;
    if (a->errors > a->requests)
        a->requests = a->errors;
}

/* What was judged counts less and less. */
static void fade(struct anomaly *a)
{
    double part =
        a->requests > ANOMALY_MEMORY ? ANOMALY_MEMORY / a->requests : 1;

    a->requests *= part;
    a->errors *= part;
}

static void forget(struct anomaly *a)
{
    a->requests = 0;
    a->errors = 0;
}

/* ---- verdicts ------------------------------------------------------------ */

/* The logarithm, negated, of a bound of the probability that `k` or more of
 * `n` fall to somebody who gets a share `p` of them. */
static double surprise(double k, double n, double p)
{
    double q = k / n;
    double bits = q * log(q / p);

    if (q < 1)
        bits += (1 - q) * log((1 - q) / (1 - p));
    return n * bits;
}

static bool exceeds(const struct anomaly *a, const struct sum *peers)
{
    return a->errors / a->requests - peers->errors / peers->requests >=
           ANOMALY_MARGIN / 100.0;
}

static bool is_outlier(const struct anomaly *a, const struct sum *peers)
{
    return a->errors > 0 && peers->requests > 0 && exceeds(a, peers) &&
           surprise(a->errors, a->errors + peers->errors,
                    a->requests / (a->requests + peers->requests)) > unlikely;
}

/* Those that nothing is wrong with. */
static struct sum sum_of(const struct anomaly_sample *samples, unsigned n)
{
    struct sum sum = {0};

    for (unsigned i = 0; i < n; i++) {
        if (samples[i].anomaly->anomalous)
            continue;
        sum.requests += samples[i].anomaly->requests;
        sum.errors += samples[i].anomaly->errors;
    }
    return sum;
}

static struct sum without(const struct sum *sum, const struct anomaly *a)
{
    struct sum peers = *sum;

    if (!a->anomalous) {
        peers.requests -= a->requests;
        peers.errors -= a->errors;
    }
    return peers;
}

static unsigned count_anomalous(const struct anomaly_sample *samples,
                                unsigned n)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n; i++)
        count += samples[i].anomaly->anomalous;
    return count;
}

static unsigned count_outliers(const struct anomaly_sample *samples, unsigned n,
                               const struct sum *sum)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n; i++) {
        struct sum peers = without(sum, samples[i].anomaly);

        count += !samples[i].anomaly->anomalous &&
                 is_outlier(samples[i].anomaly, &peers);
    }
    return count;
}

/* An anomalous one had its chance, or waits for more requests. */
static void acquit(struct anomaly *a, const struct sum *peers)
{
    if (a->requests < ANOMALY_PROOF || peers->requests <= 0)
        return;
    a->anomalous = exceeds(a, peers);
    forget(a);
}

static void judge(struct anomaly *a, const struct sum *peers, bool more)
{
    if (a->anomalous) {
        acquit(a, peers);
    } else if (more && is_outlier(a, peers)) {
        a->anomalous = true;
        forget(a);
    } else {
        fade(a);
    }
}

/* ---- weights ------------------------------------------------------------- */

/* What keeps a target measured, where a full weight gets `usual` requests. */
static uint32_t least_weight(double usual)
{
    double least = ANOMALY_PROOF * WEIGHT_FULL / usual;

    return least < LEAST ? LEAST : least > MOST ? MOST : (uint32_t)least;
}

static void weigh(const struct anomaly_sample *sample, double usual)
{
    struct anomaly *a = sample->anomaly;

    if (a->anomalous && usual > 0) {
        uint32_t least = least_weight(usual);

        a->weight = a->weight / CUT < least ? least : a->weight / CUT;
    } else if (!a->anomalous && sample->requests) {
        a->weight =
            a->weight * RAMP > WEIGHT_FULL ? WEIGHT_FULL : a->weight * RAMP;
    }
}

/* Requests of this period for each full weight. */
static double usual_of(const struct anomaly_sample *samples, unsigned n)
{
    double requests = 0;
    double weights = 0;

    for (unsigned i = 0; i < n; i++) {
        requests += (double)samples[i].requests;
        weights += (double)samples[i].anomaly->weight / WEIGHT_FULL;
    }
    return requests / weights;
}

void anomaly_judge(const struct anomaly_sample *samples, unsigned n,
                   bool mitigate)
{
    double usual;
    struct sum sum;
    bool more;

    if (n < ANOMALY_HEALTHY_MIN) {
        for (unsigned i = 0; i < n; i++)
            anomaly_begin(samples[i].anomaly);
        return;
    }
    usual = usual_of(samples, n);
    for (unsigned i = 0; i < n; i++)
        remember(samples[i].anomaly, &samples[i]);
    sum = sum_of(samples, n);
    more =
        (count_anomalous(samples, n) + count_outliers(samples, n, &sum)) * 2 <
        n;
    for (unsigned i = 0; i < n; i++) {
        struct anomaly *a = samples[i].anomaly;
        struct sum peers = without(&sum, a);

        judge(a, &peers, more);
        if (mitigate)
            weigh(&samples[i], usual);
        else
            a->weight = WEIGHT_FULL;
    }
}
