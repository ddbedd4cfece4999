/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of health checks, and ALB's health check log line made of them
 * (alb.md 7.5): one for each that came to an end.
 */
#ifndef SLUICE_PROXY_HEALTH_CHECK_LOG_H
#define SLUICE_PROXY_HEALTH_CHECK_LOG_H

#include "base/address.h"
#include "base/text.h"
#include "lb/health.h"

/* Texts of a record; n == 0 is written as "-". */
enum health_check_text {
    HEALTH_CHECK_LOAD_BALANCER, /* app/NAME/ID */
    HEALTH_CHECK_TARGET_GROUP,  /* its name */
    HEALTH_CHECK_TEXTS,
};

struct health_check_record {
    uint32_t sink;         /* which log it goes to */
    enum probe_type type;  /* how it was asked */
    uint16_t code;         /* the status that came, HTTP's or gRPC's */
    int64_t time;          /* it began; microseconds since 1970 */
    uint64_t latency_ns;   /* until its result */
    struct address target; /* as it is registered */
    struct address local;  /* of the load balancer: ip_address */
    enum probe_result result;
    struct str texts[HEALTH_CHECK_TEXTS];
};

/* ALB's 10 fields and an LF, or nothing with t->overflow, as
 * access_put_line() does it. */
void health_check_put_line(struct text *t,
                           const struct health_check_record *record);

/* "TimedOut", "TargetError" ..., "-" for a pass.  `code` of PROBE_WRONG_CODE:
 * below 100 it is a gRPC status. */
struct str health_check_reason(enum probe_type type, enum probe_result result,
                               unsigned code);

#endif
