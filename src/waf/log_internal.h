/* SPDX-License-Identifier: Apache-2.0
 *
 * Pieces of a line of the log: what the rules made of a request
 * (log_rules.c).
 */
#ifndef SLUICE_WAF_LOG_INTERNAL_H
#define SLUICE_WAF_LOG_INTERNAL_H

#include "waf/log_line.h"

struct waf_log_line {
    struct text *t;
    const struct waf_seen *seen;
    const struct waf_privacy *privacy;
    bool brief; /* without headers */
};

/* terminatingRuleId to terminatingRuleMatchDetails. */
void log_put_end(const struct waf_log_line *line);

/* ruleGroupList, rateBasedRuleList, nonTerminatingMatchingRules. */
void log_put_groups(const struct waf_log_line *line);
void log_put_rates(const struct waf_log_line *line);
void log_put_matches(const struct waf_log_line *line);

/* captchaResponse, challengeResponse with the comma before it, of what asked
 * with that action. */
void log_put_token(const struct waf_log_line *line,
                   enum waf_action_type action);

/* A comma but before the first. */
static inline void log_next(struct text *t, bool *first)
{
    if (!*first)
        text_char(t, ',');
    *first = false;
}

#endif
