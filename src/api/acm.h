/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Certificate Manager, as far as HTTPS listeners need it: certificates of
 * the account (AWS::CertificateManager::Certificate), those that were imported
 * with their key, and those that the local authority issues.
 *
 * PEM texts of imported ones stand in Metadata.Sluice: Certificate,
 * CertificateChain, PrivateKey.
 */
#ifndef SLUICE_API_ACM_H
#define SLUICE_API_ACM_H

#include "api/action.h"

#define ACM_TYPE "AWS::CertificateManager::Certificate"

/* The member CertificateArn, whose shape every action has. */
#define ACM_ARN_MEMBER                                                         \
    {                                                                          \
        .name = "CertificateArn", .kind = MEMBER_TEXT, .required = true,       \
        .min = 20, .max = 2048                                                 \
    }

/* The ARN of a certificate of the account, in the region. */
struct str acm_arn(struct region *region, const struct config *config,
                   const struct account_resource *resource);

/* The certificate that CertificateArn names; NULL: refused
 * (ResourceNotFoundException, InvalidArnException). */
const struct account_resource *acm_find(struct call *call,
                                        const struct account_view *view);

/* A list of tags as Properties.Tags has it; NULL: none. */
const struct value *acm_tags(const struct account_resource *resource);

#endif
