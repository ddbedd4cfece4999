/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of the log of a web ACL: one JSON object for a request, with AWS's
 * names in AWS's order (aws-waf.md 7.1).
 *
 * What AWS writes for some requests only is left out for others:
 * captchaResponse, challengeResponse, oversizeFields, ja3Fingerprint,
 * ja4Fingerprint, clientAsn, forwardedAsn, of matches sensitivityLevel,
 * matchedFieldName and overriddenAction, of rates limitValue and customValues.
 * The rest is in every line, null or empty where there is nothing.
 *
 * What aws-waf.md leaves open: rateBasedRuleId is the ARN of what has the rule,
 * with "/" and its name; matches of the rule of a group that ended the ACL
 * stand in terminatingRuleMatchDetails alone, those of one that was counted
 * with its group in the group; requestBodySize is Content-Length, without it
 * what had come when the ACL was asked; bytes that are not UTF-8 are \u00XX.
 */
#ifndef SLUICE_WAF_LOG_LINE_H
#define SLUICE_WAF_LOG_LINE_H

#include "waf/privacy.h"
#include "waf/seen.h"

enum {
    WAF_LOG_LABELS_MAX = 100,
    WAF_LOG_VALUE_MAX = 32, /* bytes of a custom value */
};

/* The line with its LF, where there is room (text_ok()).  Where all headers do
 * not fit they are left out, and "sluice":{"headersLeftOut":N} says so. */
void waf_log_put(struct text *t, const struct waf_seen *seen,
                 const struct waf_privacy *privacy);

#endif
