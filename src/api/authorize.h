/* SPDX-License-Identifier: Apache-2.0
 *
 * Who calls, and whether it may: signatures and policies, with AWS's errors.
 *
 *     authorize_caller   before anything else is known: reads and checks the
 *                        signature; its scope says which service is meant
 *     authorize_call     when the action and its input are known: asks the
 *                        caller's policies
 *     authorize_get      the same of the pages of Sluice (/status ...)
 *
 * Without access keys (a port on loopback alone) nobody is verified: any
 * well-formed signature will do, none will not.  With them the signature, its
 * date (5 minutes) and the body are verified.  Pure.
 */
#ifndef SLUICE_API_AUTHORIZE_H
#define SLUICE_API_AUTHORIZE_H

#include "api/access_keys.h"
#include "api/action.h"
#include "codec/message.h"

enum { AUTHORIZE_SKEW_SECONDS = 300 };

/* A request as it came.  `body` is all of it. */
struct signed_request {
    struct str method;
    struct str target; /* path and query as they were sent */
    const struct fields *fields;
    struct str body;
    struct address client; /* aws:SourceIp; family 0: not known */
};

/* Who calls; texts stand in the request or the region. */
struct authorized {
    struct caller caller;   /* of nobody who was verified: user.n == 0, and the
                                ARN of the account's root */
    struct str region_name; /* of the credential scope: us-east-1 */
    struct str service;     /* of it: elasticloadbalancing, sts, ec2, acm ... */
    const struct access_key *key; /* NULL: nobody is verified */
    struct address client;
    uint64_t now_ms;
    struct str user_agent;
};

/* Reads the signature of a request, in Authorization or in the query, and
 * verifies it if there are `keys` (NULL: there are none); of `view` the names
 * and the time count.  With keys the scope must be of view->region_name, but
 * for sts and sluice.  False with a fault in the codes of the query protocol
 * (authorize_fault_as()). */
bool authorize_caller(const struct access_keys *keys,
                      const struct signed_request *request,
                      const struct account_view *view, struct region *region,
                      struct authorized *who, struct fault *fault);

/* Whether the caller's policies let it make that call: `service` is the one
 * that is served ("elasticloadbalancing"), call->action and call->input are
 * set.  Tags of resources are those of `view`.  False with call->fault. */
bool authorize_call(const struct authorized *who, const char *service,
                    const struct account_view *view, struct call *call);

/* The same of a call that somebody else is to answer: `name` is its action, or
 * n == 0 where the request does not say it: SERVICE:Unknown.  It concerns
 * "*". */
bool authorize_foreign(const struct authorized *who, struct str service,
                       struct str name, const struct account_view *view,
                       struct call *call);

/* Whether a page may be read: GET /healthz by anybody, the others, when there
 * are keys, by those whose policies allow `sluice:GetStatus`, `GetMetrics`,
 * `GetTargets`, `GetConfig` on "*".  They sign as for service "sluice", or send
 * id and secret of the key as user and password (Authorization: Basic), which
 * is what Prometheus can do.  False with a fault. */
bool authorize_get(const struct access_keys *keys,
                   const struct signed_request *request,
                   const struct account_view *view, struct region *region,
                   struct fault *fault);

/* The fault in the codes of another protocol: JSON services call
 * SignatureDoesNotMatch InvalidSignatureException, EC2 AuthFailure, and so
 * on.  What is no fault of this file stays as it is. */
void authorize_fault_as(struct fault *fault, enum wire wire,
                        struct region *region);

#endif
