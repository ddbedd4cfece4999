/* SPDX-License-Identifier: Apache-2.0
 *
 * What a rule does with a request, compiled: forward with weights, redirect,
 * fixed response, and the transforms in front of a forward (alb.md 2.4, 2.5).
 */
#ifndef SLUICE_PROXY_ACTION_H
#define SLUICE_PROXY_ACTION_H

#include "lb/group.h"
#include "proxy/router.h"

enum { LOCATION_MAX = 8192 }; /* a longer Location is ALB's 507 */

struct action_transform {
    enum transform_type type;
    struct linear *regex; /* NULL: none */
    struct str replace;   /* with $1 to $9 */
};

struct rule_action {
    enum action_type type; /* FORWARD, REDIRECT or FIXED_RESPONSE */
    const struct config_listener *listener;
    const struct config_rule *rule;
    const struct config_action *config;
    unsigned ngroups; /* of a forward */
    struct group *groups[CONFIG_GROUPS_MAX];
    unsigned weights[CONFIG_GROUPS_MAX];
    _Atomic uint64_t cursor;      /* of the choice among groups */
    uint16_t redirect_port;       /* 0: the one that the client connected to */
    struct action_transform host; /* regex NULL: none */
    struct action_transform url;
};

/* Compiles the terminal action of a rule of the listener; `groups` are in the
 * order of config->groups.  `before` (may be NULL) lends the regexes that are
 * the same.  False with errors in the report (a transform's regex or
 * replacement); action_end() is due all the same. */
bool action_init(struct rule_action *action,
                 const struct config_listener *listener,
                 const struct config_rule *rule, struct group *const *groups,
                 const struct rule_action *before, struct report *report);
void action_end(struct rule_action *action);

/* `listener` is on port `local` here: a redirect to the port that the template
 * has for it goes there.  Before the action is used. */
void action_resolve_port(struct rule_action *action,
                         const struct config_listener *listener,
                         uint16_t local);

/* Adds what its transforms need. */
void action_need_add(const struct rule_action *action,
                     struct linear_need *need);

/* The group that gets the next request of a forward; NULL when all weights
 * are 0. */
struct group *action_group(struct rule_action *action);

/* The Location of a redirect, always with its port and always one line of
 * visible ASCII: what else the request brings is percent-encoded.  `port` is
 * the one that the client connected to; it also stands for the port that the
 * template has for this listener, as the port that another listener of the
 * load balancer has here does for that one's.  A request without host is sent
 * to the load balancer's DNS name.  False, and nothing written, when it is
 * longer than LOCATION_MAX or than the text has room for. */
bool action_location(struct text *t, const struct rule_action *action,
                     const struct route_request *request, uint16_t port);

enum transform_result { TRANSFORM_UNCHANGED, TRANSFORM_DONE, TRANSFORM_FAILED };

/* Writes what the text becomes: the host without its port for `host`, path and
 * query for `url`.  The first match is replaced, what stands around it stays.
 * Spaces and controls that the request brought into an URL are
 * percent-encoded, as they are when it is not transformed.
 * UNCHANGED when the regex does not match, FAILED when the result is no path
 * or no host, or has no room: nothing is written. */
enum transform_result action_transform(struct text *t,
                                       const struct action_transform *transform,
                                       struct str text,
                                       struct linear_scratch *scratch);

#endif
