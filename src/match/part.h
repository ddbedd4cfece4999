/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of a request that rules look at, and the values in them (aws-waf.md 3):
 * the arguments of the query, headers, cookies, the members of a JSON body.
 */
#ifndef SLUICE_MATCH_PART_H
#define SLUICE_MATCH_PART_H

#include "base/arena.h"
#include "match/inspected.h"
#include "model/web_acl.h"

/* What limits there are (aws-waf.md 3.1). */
struct part_limits {
    uint32_t body;   /* bytes: WAF_BODY_LIMIT */
    uint32_t fields; /* bytes of headers, of cookies: sum of names and values */
    uint32_t number; /* headers, cookies */
};

enum part_state {
    PART_VALUES,
    PART_MISSING, /* no statement over it is true */
    PART_TRUE,    /* every statement over it is: oversize, a fallback */
    PART_FALSE,   /* none is */
    PART_FAILED,  /* the arena is at its limit */
};

enum part_oversized { /* bits: what is longer than is looked at */
                      PART_OVERSIZE_BODY = 1,
                      PART_OVERSIZE_JSON = 2,
                      PART_OVERSIZE_HEADERS = 4,
                      PART_OVERSIZE_COOKIES = 8,
};

struct part_value {
    struct str text; /* slice of the request, or of the arena */
    struct str name; /* of the argument, header, cookie, JSON member that it is
                        of; n == 0: it has none */
    bool is_name;    /* it is itself a name (SCOPE_KEY) */
};

struct part_values {
    enum part_state state;
    uint8_t oversized; /* PART_OVERSIZE_*, also of what is inspected all the
                          same */
    unsigned n;
    struct part_value *values;
};

/* What several parts of one request have in common, parsed once when it is
 * first wanted: arguments, cookies, the JSON body.  All zero but for the
 * first three. */
struct part_request {
    const struct inspected *request;
    const struct part_limits *limits;
    struct arena *arena;
    struct part_parsed *parsed; /* part.c's */
};

/* The values of a part. */
void part_read(struct part_request *request, const struct waf_field *part,
               struct part_values *values);

#endif
