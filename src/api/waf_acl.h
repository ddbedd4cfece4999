/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs and rule groups: what is checked before they are made and changed,
 * and how they are told.
 */
#ifndef SLUICE_API_WAF_ACL_H
#define SLUICE_API_WAF_ACL_H

#include "api/waf.h"

/* {WebACL, LockToken}; `lock` false: without the token. */
bool wafv2_answer_acl(struct call *call, const struct account_view *view,
                      const struct wafv2_found *found, bool lock);

/* The one that ARN names, or Name, Scope and Id.  False: refused. */
bool wafv2_find_either(struct call *call, const struct account_view *view,
                       const struct wafv2_kind *kind,
                       struct wafv2_found *found);

/* As it runs; NULL: there is none. */
const struct config_web_acl *wafv2_acl_of(const struct config *config,
                                          struct str arn);

/* What would become of the account with the resource that the call makes or
 * changes (call->edit): what a template is only warned of the API refuses, and
 * regular expressions that AWS does not take.  False: refused. */
bool wafv2_try(struct call *call, const struct account_view *view);

/* Adds to resources (MAP of logical id -> MAP) the sets and groups that they
 * name, and those that these name. */
void wafv2_add_named(struct call *call, const struct account_view *view,
                     struct value *resources);

/* Resources (MAP of logical id -> MAP) as a config; NULL: refused. */
struct config *wafv2_build(struct call *call, const struct account_view *view,
                           const struct value *resources);

/* Refused as WAFConfigurationWarningException where a rule of the config's web
 * ACL (or group, without one) leaves open what becomes of a long body and the
 * Tags in `properties` do not say that this is meant. */
bool wafv2_warn(struct call *call, const struct config *config,
                const struct value *properties);

/* WCU of `rules`, a LIST in CloudFormation's words, checked as wafv2_try()
 * does.  False: refused. */
bool wafv2_capacity(struct call *call, const struct account_view *view,
                    const struct value *rules, unsigned *capacity);

#endif
