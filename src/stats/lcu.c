/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/lcu.h"

/* What one LCU has for an hour. */
#define NEW_CONNECTIONS (25 * 3600.0)
#define ACTIVE_CONNECTIONS 3000.0
#define ACTIVE_CONNECTIONS_MUTUAL 1500.0
#define BYTES 1e9
#define LAMBDA_BYTES 0.4e9
#define RULE_EVALUATIONS (1000 * 3600.0)

#define HOUR_OF_MINUTE (1 / 60.0)

static double greater(double a, double b)
{
    return a > b ? a : b;
}

double lcu_hours(const struct lcu_use *use)
{
    double active =
        use->active_connections * HOUR_OF_MINUTE /
        (use->mutual_tls ? ACTIVE_CONNECTIONS_MUTUAL : ACTIVE_CONNECTIONS);
    double bytes = use->bytes / BYTES + use->lambda_bytes / LAMBDA_BYTES;
    double most = greater(use->new_connections / NEW_CONNECTIONS, active);

    most = greater(most, bytes);
    return greater(most, use->rule_evaluations / RULE_EVALUATIONS);
}
