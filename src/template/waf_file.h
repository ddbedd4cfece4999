/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs from files of any dialect (aws-waf.md 1.6): what `aws wafv2
 * get-web-acl`, get-ip-set, get-regex-pattern-set, get-rule-group and
 * get-logging-configuration print, the same without the wrapper, what
 * create-web-acl and its like take, CloudFormation templates, and plans and
 * states as `terraform show -json` prints them.
 *
 * All become resources in CloudFormation's words with the places that they were
 * written at.  What says its ARN keeps it (Metadata.Sluice.Arn), so that files
 * may refer to each other; what a plan knows only after it was applied is found
 * through the references of its configuration.
 */
#ifndef SLUICE_TEMPLATE_WAF_FILE_H
#define SLUICE_TEMPLATE_WAF_FILE_H

#include "template/template.h"

/* Reads the files ("-": standard input): MAP of logical id -> resource for
 * config_build(), in the region.  What of a template or plan is no resource of
 * AWS::WAFv2:: is left out.  The logical id is that of the template, the
 * address of Terraform, or the Name.  NULL with errors in the report, whose
 * places point at the names in `files`. */
const struct value *waf_file_read(const char *const *files, unsigned n,
                                  const struct template_options *options,
                                  struct region *region, struct report *report);

/* As waf_file_read(), of texts in memory. */
const struct value *waf_file_parse(const struct template_source *sources,
                                   unsigned n,
                                   const struct template_options *options,
                                   struct region *region,
                                   struct report *report);

#endif
