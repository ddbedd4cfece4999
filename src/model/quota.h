/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS's quotas by the names that DescribeAccountLimits has for them, and what
 * they are here (`--quota NAME=N`).  Beyond one, a template gets a warning or
 * an error, a call of the API a TooMany... .
 */
#ifndef SLUICE_MODEL_QUOTA_H
#define SLUICE_MODEL_QUOTA_H

#include "base/error.h"

enum quota {
#define QUOTA(symbol, name, initial, cap, listed) QUOTA_##symbol,
#include "model/quota.def"
#undef QUOTA
    QUOTAS
};

/* What `--quota` changed; all zero: nothing. */
struct quotas {
    unsigned max[QUOTAS]; /* where `given` */
    bool given[QUOTAS];
};

/* How many there may be.  NULL: AWS's quotas. */
unsigned quota_value(const struct quotas *quotas, enum quota quota);

/* "rules-per-application-load-balancer". */
const char *quota_name(enum quota quota);

/* Whether DescribeAccountLimits tells it. */
bool quota_is_listed(enum quota quota);

/* Reads NAME=N.  False with an error that says what is meant. */
bool quota_set(struct quotas *quotas, const char *text, struct error *error);

#endif
