/* SPDX-License-Identifier: Apache-2.0
 *
 * What AWS WAF's log says became of a request (aws-waf.md 7.1), beside what
 * comes out here: rule by rule, as far as it can be told.
 *
 * A log has no bodies, and maybe not where addresses are; what depends on that
 * is *not evaluable* instead of wrong.  What rules rate requests at depends on
 * all requests that there were, which a log need not have.
 */
#ifndef SLUICE_WAF_REPLAY_RECORD_H
#define SLUICE_WAF_REPLAY_RECORD_H

#include "waf/trail.h"

/* A rule that the log says matched. */
struct record_match {
    struct str rule;  /* of the ACL; n == 0: one of a group, whose: */
    struct str group; /* ruleGroupId: an ARN, or "AWS#NAME" */
    struct str inner; /* the rule there */
    struct str action;
};

struct replay_record {
    struct str action;      /* "BLOCK" */
    struct str terminating; /* terminatingRuleId */
    unsigned nmatches;
    const struct record_match *matches;
    unsigned nlabels;
    const struct str *labels;
    struct str country;   /* "DE"; "-": not known; n == 0: not said */
    bool body_unknown;    /* it may have had one */
    bool places;          /* where addresses are is known here, too */
    bool redacted_path;   /* "REDACTED" */
    bool redacted_query;  /* the same */
    bool redacted_method; /* the same */
};

/* Counts of one rule. */
struct agreement_rule {
    const struct waf_rule *rule;      /* of the ACL, or of a group: */
    const struct waf_rule *referring; /* ... which this one refers to; NULL */
    uint64_t both;                    /* matched in the log and here */
    uint64_t neither;                 /* ... and in none */
    uint64_t logged;                  /* in the log alone */
    uint64_t here;                    /* here alone */
    uint64_t unknown;                 /* not evaluable */
};

enum {
    AGREEMENT_UNKNOWN = WAF_CHALLENGE + 1, /* not evaluable */
    AGREEMENT_OTHER = AGREEMENT_UNKNOWN,   /* of the log: another action */
    AGREEMENT_WORDS,
};

struct agreement {
    const struct config_web_acl *acl;
    struct region region;
    unsigned nrules;
    unsigned cap;
    struct agreement_rule *rules; /* from malloc() */
    uint64_t requests;
    uint64_t unknown_rules; /* that the log names and the ACL has not */
    uint64_t verdicts[AGREEMENT_WORDS][AGREEMENT_WORDS]; /* log, here */
};

void agreement_begin(struct agreement *agreement,
                     const struct config_web_acl *acl);
void agreement_end(struct agreement *agreement);

/* Adds a request: the trail is one with all that was told.  True: nothing
 * that can be told differs; else `t` says what does. */
bool agreement_add(struct agreement *agreement, const struct trail *trail,
                   const struct replay_record *record, struct text *t);

/* Tables for people, and one JSON object. */
void agreement_put_text(struct text *t, const struct agreement *agreement);
void agreement_put_json(struct text *t, const struct agreement *agreement);

#endif
