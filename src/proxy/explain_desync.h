/* SPDX-License-Identifier: Apache-2.0
 *
 * What an explanation says of desync mitigation (alb.md 5.5), for requests
 * that the mode of their load balancer lets pass.
 */
#ifndef SLUICE_PROXY_EXPLAIN_DESYNC_H
#define SLUICE_PROXY_EXPLAIN_DESYNC_H

#include "base/text.h"
#include "codec/message.h"

/* One line for people, nothing when the request is compliant:
 *
 *     desync: Ambiguous (BothTeClPresent); defensive mode lets it pass and
 *     closes both connections
 */
void explain_put_desync(struct text *t, const struct request *req,
                        enum desync_mode mode);

/* {"mode":"defensive","classification":"Ambiguous",
 *  "reason":"BothTeClPresent","closes_connections":true}; the reason of a
 * compliant request is null. */
void explain_put_desync_json(struct text *t, const struct request *req,
                             enum desync_mode mode);

/* ";desync=Ambiguous:BothTeClPresent" for the response field, nothing when the
 * request is compliant. */
void explain_put_desync_header(struct text *t, const struct request *req);

#endif
