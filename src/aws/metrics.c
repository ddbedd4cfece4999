/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/metrics.h"

static void put(struct text *t, const char *name, const char *help,
                uint64_t value)
{
    text_printf(t,
                "# HELP sluice_aws_%s_total %s\n"
                "# TYPE sluice_aws_%s_total counter\n"
                "sluice_aws_%s_total ",
                name, help, name, name);
    text_u64(t, value);
    text_char(t, '\n');
}

void aws_put_metrics(struct text *t, const struct aws_counts *counts)
{
    put(t, "calls", "Calls of AWS's services that began", counts->calls);
    put(t, "attempts", "Requests that were sent for them, or tried to",
        counts->attempts);
    put(t, "failed_calls", "Calls that ended with an error, or without answer",
        counts->failed);
    put(t, "throttled_attempts", "Requests that AWS answered with throttling",
        counts->throttled);
    put(t, "credential_refreshes", "Searches for credentials that ended",
        counts->refreshes);
}
