/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of a query string, and patterns over them (alb.md 2.3).
 *
 * The query is taken as it was sent: split at each `&`, a parameter at its
 * first `=`, nothing decoded.  A parameter without `=` has the empty value;
 * between two `&` with nothing in between there is none.
 */
#ifndef SLUICE_MATCH_QUERY_H
#define SLUICE_MATCH_QUERY_H

#include "match/pattern.h"

struct query_parameter {
    struct str whole; /* "key=value" */
    struct str key;
    struct str value;
};

/* The next parameter of `*rest`, which moves behind it; false when there is
 * none left. */
bool query_next(struct str *rest, struct query_parameter *parameter);

/* The first parameter whose key and value both match; `key` NULL: any key.
 * `found` may be NULL.  Patterns are of PATTERN_ANY_CASE with escapes. */
bool query_find(struct str query, const struct pattern *key,
                const struct pattern *value, struct query_parameter *found);

#endif
