/* SPDX-License-Identifier: Apache-2.0
 *
 * What a health check sends and what it makes of the answer (alb.md 4.2).
 * Pure: bytes in, verdict out.
 */
#ifndef SLUICE_LB_PROBE_H
#define SLUICE_LB_PROBE_H

#include "base/text.h"
#include "lb/health.h"
#include "model/config.h"

enum {
    PROBE_REQUEST_MAX = 4096, /* a path of 1024 bytes, all of them escaped */
    PROBE_RESPONSE_MAX = 16 * 1024,
};

/* GET PATH HTTP/1.1 with Host ADDRESS:PORT, Connection: close, User-Agent
 * ELB-HealthChecker/2.0 and Accept-Encoding: gzip, compressed.  `address` is
 * the target's; the health check's own port, when it has one, replaces its.
 * Bytes that no request line can carry are percent-encoded. */
void probe_put_request(struct text *t, const struct config_health *health,
                       const struct address *address);

/* Where the probe goes: the target's address, with the health check's port
 * when it has one of its own. */
struct address probe_address(const struct config_health *health,
                             const struct address *address);

/* Judges what came so far.  False: more is needed.  True: `*result` and
 * `*code` (0: no status came) are set.  `end`: the target closed.
 *
 * The status line decides; interim responses (1xx) before it are skipped, but
 * for 101, which nothing follows. */
bool probe_judge(const struct config_health *health, struct str response,
                 bool end, enum probe_result *result, unsigned *code);

#endif
