/* SPDX-License-Identifier: Apache-2.0
 *
 * What account_view tells of requests that web ACLs looked at: samples, and
 * the addresses that rate-based rules limit (aws-waf.md 2.11, 7.7).
 */
#ifndef SLUICE_API_WAF_SAMPLES_H
#define SLUICE_API_WAF_SAMPLES_H

#include "base/str.h"

/* Which samples are asked for. */
struct sample_query {
    struct str acl;    /* ARN */
    struct str metric; /* of a rule, of the ACL itself, or "Default_Action" */
    uint64_t from_ms;  /* since 1970 */
    uint64_t to_ms;
    unsigned most;
};

struct sample_header {
    struct str name;
    struct str value;
};

/* CAPTCHA or Challenge, when one was asked for. */
struct sample_token {
    bool there;
    unsigned status;   /* 405, 202; 0: the token was good */
    uint64_t solved_s; /* since 1970; 0: never */
    struct str why;    /* "TOKEN_MISSING" ...; n == 0: it was good */
};

/* One request; texts live as long as the call of `visit`. */
struct sampled_request {
    uint64_t time_ms; /* since 1970 */
    uint64_t weight;  /* requests that it stands for */
    struct str client_ip;
    struct str country; /* n == 0: not known */
    struct str uri;
    struct str method;
    struct str version; /* "HTTP/1.1" */
    unsigned nheaders;
    const struct sample_header *headers;
    struct str action;        /* "BLOCK" ... */
    struct str rule_in_group; /* n == 0: it was no group's */
    unsigned ninserted;
    const struct sample_header *inserted;
    unsigned status; /* that was answered; 0: none */
    unsigned nlabels;
    const struct str *labels;
    struct sample_token captcha;
    struct sample_token challenge;
    struct str overridden; /* action that was overridden; n == 0: none */
};

/* A rate-based rule of a web ACL. */
struct rate_keys_query {
    struct str acl;      /* ARN */
    struct str rule;     /* name in the ACL, of a group's reference too */
    struct str in_group; /* name of the rule in that group; n == 0: none */
};

/* What samples were drawn from. */
struct sample_span {
    uint64_t population; /* requests */
    uint64_t to_ms; /* since 1970; the query's, or when there were enough */
};

/* Whoever has these calls `visit` for each.  False: nobody counts it now. */
typedef bool samples_function(void *owner, const struct sample_query *query,
                              void (*visit)(void *to,
                                            const struct sampled_request *it),
                              void *to, struct sample_span *span);
typedef bool
rate_keys_function(void *owner, const struct rate_keys_query *query,
                   void (*visit)(void *to, struct str address, bool ipv6),
                   void *to);

#endif
