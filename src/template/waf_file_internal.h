/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of the loader of web ACLs.
 */
#ifndef SLUICE_TEMPLATE_WAF_FILE_INTERNAL_H
#define SLUICE_TEMPLATE_WAF_FILE_INTERNAL_H

#include "model/arn.h"
#include "template/waf_file.h"

struct waf_loader {
    struct region *region;
    struct report *report;
    const struct template_options *options;
    struct value *resources; /* what was found so far */
};

/* Adds {Type, Properties, Metadata: {Sluice: {Id, Arn}}}; id and ARN may be
 * empty.  A logical id that is there already gets a number behind it. */
void waf_loader_add(struct waf_loader *l, struct str logical, const char *type,
                    struct value *properties, struct str uuid, struct str arn,
                    const struct place *place);

/* terraform: whether it is a plan or a state, and its resources. */
bool waf_terraform_is(const struct value *root);
void waf_terraform_add(struct waf_loader *l, const struct value *root);

/* waf_file_words.c: the values of a Terraform resource in CloudFormation's
 * words, but for rule_json, and for what is known after it is applied.  NULL
 * with an error. */
struct value *waf_terraform_words(struct waf_loader *l,
                                  const struct value *values);

#endif
