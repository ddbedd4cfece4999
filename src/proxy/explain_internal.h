/* SPDX-License-Identifier: Apache-2.0
 *
 * What the forms of an explanation have in common.
 */
#ifndef SLUICE_PROXY_EXPLAIN_INTERNAL_H
#define SLUICE_PROXY_EXPLAIN_INTERNAL_H

#include "proxy/router.h"

/* What the callbacks of router_explain() write to. */
struct explain_trail {
    struct text *t;
    const struct config_listener *listener;
    struct linear_scratch *scratch;
    bool more; /* a rule was written already */
};

/* AWS's names: "fixed-response", "url-rewrite". */
const char *explain_transform_name(enum transform_type type);

/* The sum of the weights of a forward. */
unsigned explain_weights(const struct config_forward *forward);

/* "33.3", "90"; of a sum of 0 "0". */
void explain_put_percent(struct text *t, unsigned weight, unsigned sum);

/* What would satisfy a condition; false when that cannot be told. */
bool explain_put_example(struct text *t, const struct config_condition *config,
                         struct linear_scratch *scratch);

#endif
