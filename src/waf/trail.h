/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened to one request in a web ACL, kept for showing: each rule that
 * was tried, what its statements saw, and what became of it.
 */
#ifndef SLUICE_WAF_TRAIL_H
#define SLUICE_WAF_TRAIL_H

#include "base/text.h"
#include "waf/program.h"
#include "waf/trace.h"

struct trail_leaf {
    struct trail_leaf *next;
    struct waf_trace_leaf seen;
};

/* A rule of the ACL or of a group, or the scope-down of a rule that refers to
 * a group. */
struct trail_rule {
    struct trail_rule *next;
    const struct waf_rule *rule;      /* of a scope-down the referring one */
    const struct waf_rule *referring; /* NULL: it is the ACL's own */
    const struct config_rule_group *group; /* the same */
    bool scope;
    enum waf_truth truth; /* of the rule, whether it matched; of a scope-down
                             that of its statement */
    enum waf_action_type action; /* that it has here */
    struct trail_leaf *leaves;   /* in the order they were looked at */
    struct trail_leaf **end;
};

/* All of it is the arena's. */
struct trail {
    const struct config_web_acl *acl;
    struct arena *arena;
    bool full; /* the arena was: something is missing */
    struct trail_rule *rules;
    struct trail_rule *last;
    unsigned referring;       /* where in the ACL the last rule is of */
    struct waf_trace trace;   /* for the evaluation; the trail's */
    struct waf_result result; /* filled in by it */
};

/* Begins one, for an evaluation with this arena. */
void trail_begin(struct trail *trail, const struct waf_program *program,
                 struct arena *arena);

/* Whether a statement is true by what its leaves were; of a statement that was
 * not looked at `unseen`. */
enum waf_truth trail_truth(const struct trail_rule *rule,
                           const struct waf_statement *statement,
                           enum waf_truth unseen);

/* What the rule asks: of a rate-based rule its scope-down; NULL: everything. */
const struct waf_statement *trail_statement(const struct trail_rule *rule);

/* Name of the rule that ended the ACL, "Default_Action" for none; the name
 * within its group, n == 0: it is the ACL's own. */
struct str trail_terminating(const struct waf_result *result);
struct str trail_terminating_in_group(const struct waf_result *result);

/* What is answered in place of the target: 403, 202, 405, the status of a
 * custom response; 0: the request goes on. */
unsigned trail_status(const struct waf_result *result);

/* Lines for people:
 *
 *     verdict: BLOCK, answered 403
 *     rule: sqli (priority 10)
 *         Rules[2].Statement: UriPath after LOWERCASE: ByteMatch... "evil"
 *             as it came: "/>>>EVIL<<<" bytes 1 to 4
 *             after LOWERCASE: "/>>>evil<<<" bytes 1 to 4
 *     label: awswaf:000000000000:webacl:shop:bad
 *     inserted: x-amzn-waf-a: b
 *
 * `all`: what every other rule said, too. */
void trail_put_text(struct text *t, const struct trail *trail, bool all);

/* One JSON object without a line end; always of all rules:
 *
 *     {"acl":NAME,"verdict":"BLOCK","status":403|null,
 *      "rule":NAME|"Default_Action","group_rule":NAME|null,
 *      "priority":N|null,"labels":[..],"inserted":[{"name":..,"value":..}],
 *      "response":{"headers":[..],"content_type":..,"body":..}|null,
 *      "failed":BOOL,"oversized":[..],
 *      "rules":[{"rule":NAME,"group_rule":NAME|null,"priority":N,
 *        "scope_down":true,"matched":BOOL|null,"action":"BLOCK",
 *        "statements":[{"path":..,"type":..,"part":..,"transformations":[..],
 *          "test":..,"truth":"true"|"false"|"not applicable"|"gave up",
 *          "name":..,"raw":..,"text":..,
 *          "match":{"from":N,"to":N,"text":..},
 *          "raw_match":{...},"note":..}]}]}
 *
 * "scope_down" when it is one, "matched" null: the rule was not applied;
 * members of statements that there is nothing to say of are left out; bytes
 * that are no UTF-8 are \u00XX. */
void trail_put_json(struct text *t, const struct trail *trail);

#endif
