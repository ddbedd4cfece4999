/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners and requests written as text, for the tests of the router and of
 * what reads its rules.
 */
#ifndef TESTS_UNIT_PROXY_RULES_H
#define TESTS_UNIT_PROXY_RULES_H

#include "proxy/router.h"

enum { RULES_GROUPS = 8 };

/* A config with one load balancer's listener. */
struct rules {
    struct region region;
    struct config config;
    struct config_listener *listeners[1];
    struct config_listener listener;
    struct config_group *groups[RULES_GROUPS];
    struct report report;
    struct router *router; /* NULL with errors in the report */
    struct linear_scratch *scratch;
};

/* Makes the listener, on port 80, and its router.  One rule a line:
 *
 *     10 Api: path /api/ * | /v1/ *; header X-Canary 1 -> Blue 90, Green 10
 *     20 Old: path~ ^/old; method GET | HEAD -> redirect
 *     default -> fixed 404
 *
 * Conditions: host, path, header NAME, method, query, ip; with `~` their
 * values are regexes.  A query's value is KEY=VALUE, or VALUE.  Line n of the
 * text is line n of the file "t.yaml". */
void rules_make(struct rules *r, const char *text);
void rules_end(struct rules *r);

enum { ASK_FIELDS = 8 };

struct ask {
    struct route_request request;
    struct fields fields;
    struct field v[ASK_FIELDS];
    struct address client;
};

/* Reads "GET example.com /path?query from 10.0.0.1" and, each after a LF,
 * fields "Name: value"; "!Name: value" is a dropped one.  A host of "-": none.
 * "from" may be left out.  The text must live as long as the request. */
const struct route_request *ask_make(struct ask *ask, const char *text);

/* The id of the rule that takes the request; "default" of the default rule. */
const char *rules_taker(const struct rules *r, const char *request);

/* The same, of a request that is no text. */
const char *rules_take(const struct rules *r,
                       const struct route_request *request);

#endif
