/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a request goes where it goes: each rule that was tried, by what it
 * failed and what would have matched, and what the rule that takes the request
 * does with it.
 */
#ifndef SLUICE_PROXY_EXPLAIN_H
#define SLUICE_PROXY_EXPLAIN_H

#include "proxy/router.h"

/* All three try the rules of `listener`, which `router` was made of; the
 * scratch must fit the router.  Conditions past TRIALS_MAX of one rule count
 * and are not shown. */

/* Lines for people:
 *
 *     rule 10 (ApiRule): no
 *         path-pattern "/api/ *" does not match "/web"; would match: /api/x
 *     rule 20 (Canary): yes
 *         http-header x-canary "1" matches "1"
 *     rule 20 (Canary) does: forward to Blue (90 %) and Green (10 %)
 */
void explain_put_text(struct text *t, const struct router *router,
                      const struct config_listener *listener,
                      const struct route_request *request,
                      struct linear_scratch *scratch);

/* One JSON object without a line end:
 *
 *     {"listener":ID,"port":N,
 *      "request":{"method":..,"host":..,"path":..,"query":..,"from":..},
 *      "rules":[{"rule":ID,"priority":N|"default","matched":BOOL,
 *        "conditions":[{"field":"path-pattern","header":..,"regex":true,
 *          "values":[..],"matched":BOOL,"value":INDEX,"saw":TEXT|null,
 *          "would_match":..}]}],
 *      "rule":ID,"priority":N|"default",
 *      "actions":[{"type":"forward",
 *          "groups":[{"group":ID,"weight":N,"percent":N}]}],
 *      "transforms":[{"type":"url-rewrite","regex":..,"replace":..}]}
 *
 * "header" of http-header only, "regex" when it is true, "value" of conditions
 * that match, "would_match" of others when an example is known.  Values of a
 * query-string condition are "key=value" or "value". */
void explain_put_json(struct text *t, const struct router *router,
                      const struct config_listener *listener,
                      const struct route_request *request,
                      struct linear_scratch *scratch);

enum { EXPLAIN_HEADER_MAX = 1024 };

/* One line of visible ASCII and spaces for a response field, of at most
 * EXPLAIN_HEADER_MAX bytes; other bytes, and those that mean something in it,
 * are written as %XX:
 *
 *     rule=5:no(http-header x-canary absent want 1);rule=10:yes;
 *     action=forward;groups=blue:90,green:10
 *
 * Numbers of groups are weights.  When there are too many rules those in the
 * middle become "...". */
void explain_put_header(struct text *t, const struct router *router,
                        const struct config_listener *listener,
                        const struct route_request *request,
                        struct linear_scratch *scratch);

#endif
