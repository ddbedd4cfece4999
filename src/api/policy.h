/* SPDX-License-Identifier: Apache-2.0
 *
 * IAM policies: what a user may do ("IAM JSON policy element reference", "Policy
 * evaluation logic").
 *
 * Effect, Action and NotAction, Resource and NotResource, Condition with the
 * operators of strings, numbers, dates, booleans, addresses and ARNs, Null,
 * ...IfExists, ForAllValues: and ForAnyValue:, and policy variables of
 * Version 2012-10-17.  What nobody here evaluates is an error when it is read,
 * never passed over: a Deny that silently means nothing would be a hole.
 */
#ifndef SLUICE_API_POLICY_H
#define SLUICE_API_POLICY_H

#include "model/report.h"

/* Policies of a user, one after the other. */
struct policy {
    const struct policy *next;
    const struct policy_statement *statements;
};

/* Compiles a policy document into the region, which must live as long as it.
 * `path` is what messages call the document: "AccessKeys[0].Policies[1]".
 * Texts stay where they stand in the values.  NULL with errors in the
 * report. */
struct policy *policy_compile(const struct value *document, const char *path,
                              struct region *region, struct report *report);

enum policy_effect {
    POLICY_NONE, /* no statement allows it: refused */
    POLICY_ALLOW,
    POLICY_DENY, /* a statement denies it */
};

/* The values of a condition key. */
struct policy_values {
    const struct str *v;
    unsigned n; /* 0 with v == NULL: the request does not have the key */
};

/* What is to be decided. */
struct policy_question {
    struct str action;   /* elasticloadbalancing:CreateRule */
    struct str resource; /* an ARN, or "*" */
    /* The values of a condition key, whose name is compared without case but
     * for what stands behind a "/" ("aws:ResourceTag/Team").  They stand in
     * the region. */
    struct policy_values (*values)(void *owner, struct str key,
                                   struct region *region);
    void *owner;
    struct region *region;
};

/* Deny wins. */
enum policy_effect policy_decide(const struct policy *policies,
                                 const struct policy_question *question);

#endif
