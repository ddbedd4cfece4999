/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stickiness cookies of a request say, and whether they are followed:
 * judged by the functions that judge them in the proxy.
 */
#ifndef SLUICE_PROXY_EXPLAIN_COOKIES_H
#define SLUICE_PROXY_EXPLAIN_COOKIES_H

#include "crypto/seal.h"
#include "proxy/snapshot.h"

/* A request, and the action of the rule that takes it. */
struct explain_cookies {
    const struct snapshot *snapshot;
    const struct rule_action *action;
    const struct fields *fields;
    struct seal *seal; /* NULL: their key is not known */
    int64_t now_ms;
};

/* A line for each cookie that there is:
 *
 *     cookie AWSALB: target 127.0.0.1:3000 of Blue until DATE: accepted
 *     cookie AWSALBTG: cannot be opened without its key: add --cookie-key FILE
 */
void explain_put_cookies(struct text *t, const struct explain_cookies *how);

/* A JSON array without a line end, empty when there is none:
 *
 *     [{"cookie":"AWSALB","group":ID|null,"target":TEXT|null,
 *       "until":DATE|null,"verdict":WORD}]
 *
 * WORD is sticky_word()'s, "sealed" (the key is not known) or "not-wanted" (no
 * target group of this rule has such stickiness). */
void explain_put_cookies_json(struct text *t,
                              const struct explain_cookies *how);

#endif
