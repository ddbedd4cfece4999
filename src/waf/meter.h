/* SPDX-License-Identifier: Apache-2.0
 *
 * What web ACLs did, counted as AWS/WAFV2 counts it (aws-waf.md 7.6).
 *
 * Each worker has a meter, which it alone writes; any thread reads it while it
 * does.  A *row* is what is counted of one rule: of an ACL by its ARN and the
 * rule's metric name, of a group in it by the group's, too; it stays as long as
 * the meter, whatever becomes of programs and snapshots, so that nothing that
 * is counted ever goes back.
 *
 * Of a request counts: for the rule that ended it and for ALL the action that
 * ended it, or for Default_Action and ALL; for each rule that counted it COUNT,
 * and once for ALL.  Rules of a group count likewise in the group's rows, with
 * the actions that they had there, and ALL of a group in which none matched
 * counts as passed.  Of the first 100 labels each counts with the action that
 * ended the request.
 *
 * Rules count whether their VisibilityConfig has CloudWatchMetricsEnabled or
 * not: who sends to CloudWatch looks at that in the config.
 */
#ifndef SLUICE_WAF_METER_H
#define SLUICE_WAF_METER_H

#include "waf/program.h"

enum {
    WAF_METER_PASSED = WAF_CHALLENGE + 1, /* behind enum waf_action_type */
    WAF_METER_WORDS,
    /* Of one meter; what is beyond counts in a row "other". */
    WAF_METER_RULES_MAX = 20000,
    WAF_METER_LABELS_MAX = 2000,
    WAF_METER_REQUEST_LABELS_MAX = 100,
};

/* "AllowedRequests" ...: CloudWatch's names, by action. */
extern const char *const waf_meter_words[WAF_METER_WORDS];

#define WAF_METER_ALL "ALL"
#define WAF_METER_DEFAULT "Default_Action"
#define WAF_METER_OTHER "other"

/* ---- the worker's side ------------------------------------------------------- */

struct waf_meter;

struct waf_meter *waf_meter_new(void);
void waf_meter_free(struct waf_meter *meter); /* NULL: nothing */

/* Counts a request that the program looked at; takes memory only for what was
 * not counted before. */
void waf_meter_count(struct waf_meter *meter, const struct waf_program *program,
                     const struct waf_result *result);

/* The worker has another snapshot: it may see other programs from now on. */
void waf_meter_turn(struct waf_meter *meter);

/* What a row has for samples (waf/sampler.h); the worker's alone. */
struct waf_due {
    uint64_t waiting; /* requests since the last that was handed over */
    uint64_t filled_ms;
    uint64_t request; /* the last: waf_due_is_new() */
    unsigned tokens;
    bool used;
};

/* Of a rule that matched: of the ACL (match->referring NULL) or a group; of the
 * default action; of all.  NULL: there is no row for it. */
struct waf_due *waf_meter_due(struct waf_meter *meter,
                              const struct waf_program *program,
                              const struct waf_match *match);
struct waf_due *waf_meter_due_default(struct waf_meter *meter,
                                      const struct waf_program *program);
struct waf_due *waf_meter_due_all(struct waf_meter *meter,
                                  const struct waf_program *program);

/* Whether the request that was counted last has not come to it before: rules
 * may have the same metric. */
bool waf_due_is_new(struct waf_meter *meter, struct waf_due *due);

/* The metric name of a rule; its name where it has none. */
struct str waf_metric_of(const struct waf_rule *rule);

/* ---- the other side ------------------------------------------------------------ */

struct waf_metric {
    bool label;
    struct str arn;   /* of the ACL; n == 0: a label, or "other" */
    struct str acl;   /* its name; a label: its namespace, with ":" */
    struct str group; /* metric name, or name of a managed one; n == 0: none */
    struct str rule;  /* metric name, ALL, Default_Action; a label: its name */
    uint64_t counts[WAF_METER_WORDS];
};

/* Sums over meters, by label, ACL, group and rule; in the region. */
const struct waf_metric *waf_meters_sum(struct waf_meter *const *meters,
                                        unsigned n, struct region *region,
                                        unsigned *number);

#endif
