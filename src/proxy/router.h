/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rule of a listener takes a request (alb.md 2.2, 2.3).
 *
 * Rules are compiled: hosts without wildcards to a hash, the literal begins of
 * path patterns to a radix tree; both give sets of rules that can match at
 * all, and those are tried in the order of their priority.  A router is
 * immutable; matching takes no memory.
 */
#ifndef SLUICE_PROXY_ROUTER_H
#define SLUICE_PROXY_ROUTER_H

#include "codec/message.h"
#include "match/linear.h"
#include "model/config.h"

struct router;

/* What rules look at, as the client sent it; what they make of it stands in
 * proxy/route_view.h.  `fields` may be NULL (none), as may `client` (no
 * source-ip condition holds).  Fields with FIELD_DROPPED are not looked at:
 * rules are tried before hop-by-hop fields are marked. */
struct route_request {
    struct str method;
    struct str host;  /* as it came, with its port if it has one */
    struct str path;  /* without the query; "/" when there was none */
    struct str query; /* without the "?"; n == 0: none */
    const struct fields *fields;
    const struct address *client;
};

/* Compiles the rules of a listener, of which it keeps what it needs.  When
 * `before` (may be NULL) was made of the same conditions it is held instead.
 * NULL with errors in the report: a regex that is none or that ALB does not
 * have, at its place. */
struct router *router_new(const struct config_listener *listener,
                          struct router *before, struct report *report);

/* Counted; from any thread.  NULL: nothing. */
struct router *router_hold(struct router *router);
void router_release(struct router *router);

/* What its regexes need. */
const struct linear_need *router_need(const struct router *router);

/* Makes the scratch large enough for every regex of the router. */
void router_scratch_fit(const struct router *router,
                        struct linear_scratch *scratch);

/* The index in listener->rules of the rule that takes the request: the first
 * in order whose conditions all hold, the default rule otherwise.
 * `*evaluated`, when not NULL, gets the number of rules that were looked at as
 * ALB counts them (all up to the one that matched, without the default). */
unsigned router_match(const struct router *router,
                      const struct route_request *request,
                      struct linear_scratch *scratch, unsigned *evaluated);

/* The same without the index, one rule after the other: what the index is
 * checked against, and what explains. */

/* One condition as it was tried. */
struct condition_trial {
    const struct config_condition *condition;
    bool matched;
    int value;      /* index of the value that matched, or -1 */
    struct str saw; /* what was compared; p == NULL: the request has none; of
                       a header that occurs more than once the one that
                       matched, else the first; of a query that does not match
                       all of it.  Lives as long as the call of on_rule. */
};

enum { TRIALS_MAX = 64 }; /* conditions of one rule that a trail shows */

struct rule_trial {
    unsigned rule; /* index */
    bool matched;
    unsigned n; /* 0 of the default rule */
    struct condition_trial conditions[TRIALS_MAX];
};

/* Tries rule after rule and tells `on_rule` about each, conditions that come
 * after a failed one too; ends with the rule that matched, the default rule at
 * the latest, whose index it returns. */
unsigned
router_explain(const struct router *router, const struct route_request *request,
               struct linear_scratch *scratch,
               void (*on_rule)(void *owner, const struct rule_trial *trial),
               void *owner);

#endif
