/* SPDX-License-Identifier: Apache-2.0
 *
 * A web ACL compiled for running (aws-waf.md 1.3), and what it says of a
 * request.  Programs never change, are counted, and shared by threads.
 * Evaluation is pure: a request and `now` come in, a result goes out; only
 * patterns that take long ask a clock whether they have still time.
 */
#ifndef SLUICE_WAF_PROGRAM_H
#define SLUICE_WAF_PROGRAM_H

#include "base/arena.h"
#include "match/geo.h"
#include "match/inspected.h"
#include "model/config.h"
#include "waf/rate.h"

struct waf_program;

/* Compiles; acl->waf is held, and `geo` (may be NULL).  NULL with errors in the
 * report. */
struct waf_program *waf_program_new(const struct config_web_acl *acl,
                                    struct geo *geo, struct report *report);
struct waf_program *waf_program_hold(struct waf_program *program);
void waf_program_release(struct waf_program *program); /* NULL: nothing */

const struct config_web_acl *waf_program_acl(const struct waf_program *program);

/* Bytes of the body that must be here before it is evaluated, one more than it
 * looks at, so that it is known whether there are more; 0: none. */
uint32_t waf_program_body(const struct waf_program *program);

/* What the rate-based rule of that name counts by; `in_group`: the name of the
 * rule in the group that the rule refers to, n == 0: it is the ACL's own.  NULL
 * when there is none. */
const struct rate_instance *waf_program_rate(const struct waf_program *program,
                                             struct str rule,
                                             struct str in_group);

/* Whether it looks at JA3 or JA4. */
bool waf_program_fingerprint(const struct waf_program *program);

/* ---- results -------------------------------------------------------------------- */

/* What SQLi and XSS statements saw, for logs and `matchedData`. */
struct waf_evidence {
    struct waf_evidence *next;
    const struct waf_statement *statement;
    struct str name; /* of the argument, header, cookie */
    unsigned n;
    struct str tokens[8];
};

/* A rule of the ACL or of a group that matched. */
struct waf_match {
    struct waf_match *next;
    const struct waf_rule *rule;
    const struct waf_rule *referring; /* rule of the ACL whose group it is in;
                                         NULL: it is the ACL's own */
    const struct config_rule_group *group; /* NULL: the ACL's own */
    enum waf_action_type action;           /* as applied */
    enum waf_action_type configured;       /* as the group has it */
    bool overridden;
    bool excluded;                    /* EXCLUDED_AS_COUNT */
    bool terminating;                 /* it ended its ACL or its group */
    const struct waf_action *details; /* custom response, inserted headers */
    struct waf_evidence *evidence;
};

/* A rate rule that was evaluated. */
struct waf_rated {
    struct waf_rated *next;
    const struct waf_rule *rule;
    const struct config_rule_group *group; /* NULL: the ACL's own */
    bool evaluated;                        /* else NO_EVALUATION_PERFORMED */
    bool limited;
    struct str value; /* IP kinds: the address, "INVALID" */
    unsigned nvalues; /* custom keys: in their order */
    struct str *values;
};

struct waf_label {
    struct waf_label *next;
    struct str name; /* fully qualified */
};

/* A group of which a rule was evaluated. */
struct waf_group_result {
    struct waf_group_result *next;
    const struct waf_rule *referring;
    const struct waf_match *terminating; /* or NULL */
};

struct waf_result {
    enum waf_action_type action;         /* ALLOW, BLOCK, CAPTCHA, CHALLENGE */
    bool failed;                         /* it could not be evaluated */
    const struct waf_match *terminating; /* NULL: the default action */
    const struct waf_action *details;    /* of what ended it */
    struct waf_match *matches;           /* all, in the order they matched */
    struct waf_label *labels;            /* in the order they were added */
    struct waf_rated *rates;
    struct waf_group_result *groups;
    unsigned ninserted; /* when it goes on: headers of the request, the last of
                           a name alone; names without "x-amzn-waf-" */
    const struct waf_header *const *inserted;
    uint8_t oversized; /* PART_OVERSIZE_* */
    bool geo_asked;    /* `place` is of the client */
    bool asn_asked;
    struct geo_place place;
    bool forwarded_asn_asked; /* of the last address of a header that an ASN
                                 statement looked at: */
    uint32_t forwarded_asn;
    unsigned regex_limits; /* patterns and detectors that took
                              too long */
};

/* ---- evaluation ------------------------------------------------------------------ */

struct waf_scratch; /* a thread's; for any program */

struct waf_scratch *waf_scratch_new(void);
void waf_scratch_free(struct waf_scratch *scratch);

/* How a request is evaluated. */
struct waf_evaluation {
    const struct inspected *request;
    struct arena *arena;       /* for the result, too */
    struct rate_worker *rates; /* NULL: nothing is counted, no rule limits */
    uint64_t now_ms;           /* monotonic */
    bool plain;                /* without the gate: for tests */
    struct waf_trace *trace;   /* or NULL; waf/trace.h */
};

void waf_evaluate(const struct waf_program *program,
                  struct waf_scratch *scratch,
                  const struct waf_evaluation *evaluation,
                  struct waf_result *result);

#endif
