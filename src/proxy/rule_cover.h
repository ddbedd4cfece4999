/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether one rule takes all that another one would: for warnings, so that
 * "no" may also mean that it is not known.
 */
#ifndef SLUICE_PROXY_RULE_COVER_H
#define SLUICE_PROXY_RULE_COVER_H

#include "proxy/condition.h"

struct rule_conditions {
    unsigned n;
    struct condition *v;
};

enum rule_cover {
    COVER_NONE,     /* not that it is known */
    COVER_PATHS,    /* all requests but `OPTIONS *`, which has no path */
    COVER_COMPLETE, /* all requests */
};

/* How much of what `narrow` matches is matched by `wide` too. */
enum rule_cover rule_covers(const struct rule_conditions *wide,
                            const struct rule_conditions *narrow);

/* A rule that matches everything, whatever else there is. */
bool rule_is_catch_all(const struct rule_conditions *rule);

#endif
