/* SPDX-License-Identifier: Apache-2.0
 *
 * What an evaluation tells about itself: for `sluice explain` and `sluice waf
 * test`.  Traced evaluations look at every statement of a rule, also where the
 * verdict is known before.
 */
#ifndef SLUICE_WAF_TRACE_H
#define SLUICE_WAF_TRACE_H

#include "match/part.h"
#include "model/web_acl.h"

enum waf_truth {
    WAF_FALSE,
    WAF_TRUE,
    WAF_NOT_APPLICABLE, /* the part is missing, an address header is absent */
    WAF_GAVE_UP,        /* it took too long: as false */
};

/* One test of one value that was true, or the first that was looked at. */
struct waf_trace_leaf {
    const struct waf_statement *statement;
    enum waf_truth truth;
    enum part_state state;
    struct part_value raw; /* the value before the chain */
    struct str text;       /* after it */
    size_t from;           /* the match, in `text` */
    size_t to;
    bool mapped; /* the match stands in `raw`, too: */
    size_t raw_from;
    size_t raw_to;
    const char *note; /* "the header X-Forwarded-For is absent"; or NULL */
};

/* Calls in the order of evaluation; any may be NULL. */
struct waf_trace {
    void *owner;
    void (*rule_begin)(void *owner, const struct waf_rule *rule,
                       const struct config_rule_group *group);
    void (*leaf)(void *owner, const struct waf_trace_leaf *leaf);
    void (*label)(void *owner, struct str name);
    void (*rule_end)(void *owner, const struct waf_rule *rule,
                     enum waf_truth truth, enum waf_action_type action);
};

#endif
