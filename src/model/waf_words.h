/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs and what belongs to them from one dialect into another (aws-waf.md
 * 1.6): what differs between the wafv2 API, CloudFormation and Terraform.  The
 * account has CloudFormation's words.
 */
#ifndef SLUICE_MODEL_WAF_WORDS_H
#define SLUICE_MODEL_WAF_WORDS_H

#include "base/error.h"
#include "model/report.h"

/* Members of a WebACL, RuleGroup, IPSet, RegexPatternSet, LoggingConfiguration
 * or a LIST of rules as the API spells them ("ARN", SearchString in base64,
 * [{RegexString}]) in CloudFormation's words ("Arn", SearchStringBase64, [""]).
 * Places stay.  NULL with an error that names the path: a SearchString that is
 * no base64, for one. */
const struct value *waf_words_from_api(const struct value *value,
                                       struct region *region,
                                       struct error *error);

/* The same of a file: the error is one of the report, at its place. */
const struct value *waf_words_from_file(const struct value *value,
                                        struct region *region,
                                        struct report *report);

/* The other way round; search strings that a template wrote as text too become
 * base64. */
const struct value *waf_words_to_api(const struct value *value,
                                     struct region *region);

#endif
