/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of files, to be tried on a web ACL: archives of browsers (HAR 1.2),
 * logs of AWS WAF, and lines of JSON that say what is expected.
 */
#ifndef SLUICE_APP_WAF_CASES_H
#define SLUICE_APP_WAF_CASES_H

#include "app/offline.h"
#include "waf/replay_expected.h"
#include "waf/replay_record.h"

enum waf_cases_kind {
    /* log.entries[].request with postData. */
    WAF_CASES_HAR,
    /* A record after another (aws-waf.md 7.1), with or without line ends
     * between them. */
    WAF_CASES_LOG,
    /* {"method", "url", "headers": {NAME: VALUE | [VALUE, ...]} | [[NAME,
     * VALUE], ...], "body" | "bodyBase64", "clientIp", "httpVersion", "time",
     * "ja3", "ja4", "name", "expect": {"action", "rule", "status",
     * "labels"}}, of which only url must be there.  Other members are errors:
     * a test that says less than it seems to is none. */
    WAF_CASES_LINES,
};

struct waf_case {
    struct offline_request request;
    struct str place; /* "requests.jsonl:3", "site.har: entry 2" */
    struct str name;  /* n == 0: none */
    const char *why;  /* it is no request: why; NULL: it is one */
    bool timed;
    uint64_t time_ms;
    bool body_missing; /* it had one, which the file has not */
    struct replay_expected expected;
    struct replay_record record; /* WAF_CASES_LOG */
};

/* What is not said of a request. */
struct waf_cases_defaults {
    struct address client;
};

/* Calls `visit` with each of the file's ("-": standard input), in their order;
 * what it gets is good until it returns.  False with an error: the file cannot
 * be read, or is none of that kind. */
bool waf_cases_read(enum waf_cases_kind kind, const char *path,
                    const struct waf_cases_defaults *defaults,
                    void (*visit)(void *owner, const struct waf_case *one),
                    void *owner, struct error *error);

/* The same of a text; `path` names it. */
bool waf_cases_parse(enum waf_cases_kind kind, const char *path,
                     struct str text, const struct waf_cases_defaults *defaults,
                     void (*visit)(void *owner, const struct waf_case *one),
                     void *owner, struct error *error);

#endif
