/* SPDX-License-Identifier: Apache-2.0
 *
 * What logs and samples may show of a request: DataProtectionConfig of the web
 * ACL, RedactedFields of its logging configuration (aws-waf.md 7.2, 7.5).
 *
 * What may not be shown becomes REDACTED, or with HASH base64(SHA-256(account
 * number, content)): the same content has the same one in all of an account's
 * logs.  Names of headers, cookies and arguments are compared without case.
 * What matched, and values of rate-based rules, are hidden where the part that
 * they are of is, also the query as a whole where an argument of it is; of a
 * body that is protected nothing is shown.
 */
#ifndef SLUICE_WAF_PRIVACY_H
#define SLUICE_WAF_PRIVACY_H

#include "crypto/sha256.h"
#include "waf/program.h"

struct waf_privacy {
    const struct config_web_acl *acl;
    const struct waf_logging *logging; /* NULL: RedactedFields do not apply, as
                                          to samples */
    struct sha256 *sha;
    char *room; /* where values are made that are others than they came; one
                   that finds no room is REDACTED as a whole */
    size_t cap;
};

/* What is shown of a part: the value itself, or what stands in its place, good
 * until the next call. */
struct str waf_shown_method(const struct waf_privacy *p, struct str method);
struct str waf_shown_path(const struct waf_privacy *p, struct str path);
struct str waf_shown_query(const struct waf_privacy *p, struct str query);
struct str waf_shown_header(const struct waf_privacy *p, struct str name,
                            struct str value);

/* Of a token that a SQLi or XSS statement saw. */
struct str waf_shown_token(const struct waf_privacy *p,
                           const struct waf_evidence *evidence,
                           struct str token);

/* Of a value of a rate-based rule; `key` NULL: of FORWARDED_IP or IP, that its
 * statement aggregates by. */
struct str waf_shown_rate(const struct waf_privacy *p,
                          const struct waf_statement *statement,
                          const struct waf_key *key, struct str value);

#endif
