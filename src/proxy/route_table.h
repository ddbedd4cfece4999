/* SPDX-License-Identifier: Apache-2.0
 *
 * One listener: its rules, compiled.
 *
 * What costs something to compile is shared with the table of the same
 * listener before: the router when all conditions are the same, regexes of
 * transforms when they are.  A table that differs from another in one action
 * alone is made of that one (route_table_patch()).
 */
#ifndef SLUICE_PROXY_ROUTE_TABLE_H
#define SLUICE_PROXY_ROUTE_TABLE_H

#include "net/tls_context.h"
#include "proxy/action.h"
#include "proxy/group_set.h"
#include "proxy/ingress.h"
#include "proxy/listener_headers.h"
#include "proxy/meter.h"
#include "proxy/router.h"
#include "waf/program.h"

struct route_table {
    const struct config_listener *config;
    struct router *router;        /* held */
    struct rule_action **actions; /* the terminal action of rule i */
    struct listener_headers headers;
    int sinks[LOG_KINDS]; /* of its load balancer's logs, or LOG_SINK_NONE;
                                control assigns them */
    struct meter *meter;  /* of its load balancer: held; control assigns it,
                                and the zones of its nodes; NULL: nothing is
                                counted */
    struct meter_nodes *nodes;
    struct tls_context *tls; /* held; control assigns it; NULL: HTTP */
    struct waf_program *waf; /* held; what comes is checked by it; or NULL */
    struct ingress *ingress; /* who may connect; of the base, where it has one;
                                NULL: everybody */
    struct linear_need need; /* of all regexes */
    _Atomic unsigned refs;
    unsigned nown; /* actions that are its own */
    struct rule_action *own;
    struct route_table *base; /* held: has the others; NULL: there are none */
};

/* Compiles a listener; the config must live as long as the table.  `before`
 * (may be NULL): the table that the listener had.  NULL with errors in the
 * report. */
struct route_table *route_table_new(const struct config_listener *listener,
                                    const struct group_set *groups,
                                    const struct route_table *before,
                                    struct report *report);

/* Has requests checked by the program (NULL: by none), which is held. */
void route_table_inspect(struct route_table *table,
                         struct waf_program *program);

/* Has what is done counted there: held, and taken over. */
void route_table_count(struct route_table *table, struct meter *meter,
                       struct meter_nodes *nodes);

/* `before` but for its config, which says the same but for the action of that
 * rule: a forward, without other transforms.  What control assigned to
 * `before` it has as well. */
struct route_table *route_table_patch(struct route_table *before,
                                      const struct config_listener *listener,
                                      unsigned rule,
                                      const struct group_set *groups);

/* Has the turns of weighted actions go on where those of `before` are. */
void route_table_carry(struct route_table *table,
                       const struct route_table *before);

/* Counted; from any thread.  NULL: nothing. */
struct route_table *route_table_hold(struct route_table *table);
void route_table_release(struct route_table *table);

#endif
