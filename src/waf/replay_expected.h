/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody expects a web ACL to make of a request.
 */
#ifndef SLUICE_WAF_REPLAY_EXPECTED_H
#define SLUICE_WAF_REPLAY_EXPECTED_H

#include "base/text.h"
#include "waf/program.h"

struct replay_expected {
    struct str action; /* "BLOCK"; n == 0: any */
    struct str rule;   /* that ends it: "common", "common/NoUserAgent_HEADER",
                        "Default_Action"; n == 0: any */
    unsigned status;   /* that is answered; 0: any */
    unsigned nlabels;  /* that it gets: fully qualified, or the end of one
                         behind a ":" */
    const struct str *labels;
};

/* Whether nothing is expected. */
bool replay_expects_nothing(const struct replay_expected *expected);

/* Whether "ALLOW", "BLOCK", "CAPTCHA" or "CHALLENGE": what a request can come
 * to. */
bool replay_is_verdict(struct str word);

/* Whether it is so; false with what was expected and what was found in `t`:
 *     expected BLOCK by rule sqli, got ALLOW by Default_Action */
bool replay_meets(const struct replay_expected *expected,
                  const struct waf_result *result, struct text *t);

/* "BLOCK 403 by common / NoUserAgent_HEADER". */
void replay_put_verdict(struct text *t, const struct waf_result *result);

#endif
