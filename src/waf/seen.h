/* SPDX-License-Identifier: Apache-2.0
 *
 * A request that a web ACL looked at: what its log, its metrics and its samples
 * are made of (aws-waf.md 7).  Good as long as the request and the arena of the
 * result are.
 */
#ifndef SLUICE_WAF_SEEN_H
#define SLUICE_WAF_SEEN_H

#include "waf/program.h"

struct waf_seen {
    const struct config_web_acl *acl;
    const struct inspected *request;
    const struct waf_result *result;
    uint64_t time_ms;       /* since 1970 */
    struct str resource;    /* "app/NAME/ID" */
    struct str request_id;  /* "1-67891233-abcdef012345678912345678" */
    struct geo_place place; /* of the client */
    uint64_t body_bytes;    /* of the body, as far as it is known */
};

/* The account that has the ACL: the fifth field of its ARN. */
struct str waf_account(const struct config_web_acl *acl);

/* "DE"; "-": not known. */
struct str waf_seen_country(const struct waf_seen *seen);

/* What was answered by the web ACL: a custom response, 405 or 202; 0: that is
 * another one's to say. */
unsigned waf_seen_status(const struct waf_seen *seen);

/* Why CAPTCHA or Challenge asked: "TOKEN_MISSING", "TOKEN_INVALID". */
struct str waf_seen_token(const struct waf_seen *seen);

/* "HTTP/1.1" */
struct str waf_seen_version(const struct waf_seen *seen);

/* HTTP/2 has the host outside of the headers: it is to be shown as the first
 * one. */
bool waf_seen_adds_host(const struct waf_seen *seen);

/* "BLOCK": of an action. */
struct str waf_action_word(enum waf_action_type action);

#endif
