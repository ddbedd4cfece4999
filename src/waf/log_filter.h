/* SPDX-License-Identifier: Apache-2.0
 *
 * LoggingFilter: which requests are logged (aws-waf.md 7.3).
 *
 * The first filter that is met decides, DefaultBehavior where none is.  The
 * action of a request is the one that ended it; COUNT is met where any rule
 * counted it, also one of a group, EXCLUDED_AS_COUNT where one did because it
 * was excluded or overridden to count.  Labels are compared as a whole, also
 * those behind the first 100.
 */
#ifndef SLUICE_WAF_LOG_FILTER_H
#define SLUICE_WAF_LOG_FILTER_H

#include "waf/program.h"

/* `logging` may be NULL: all are. */
bool waf_log_wants(const struct waf_logging *logging,
                   const struct waf_result *result);

#endif
