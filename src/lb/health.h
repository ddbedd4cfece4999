/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a target is fit to get requests: ALB's states, and the machine that
 * results of probes drive (alb.md 4.3).  Pure.
 */
#ifndef SLUICE_LB_HEALTH_H
#define SLUICE_LB_HEALTH_H

#include "base/text.h"

enum target_state {
    TARGET_INITIAL,
    TARGET_HEALTHY,
    TARGET_UNHEALTHY,
    TARGET_UNUSED,      /* no listener forwards to its group */
    TARGET_DRAINING,    /* deregistered, requests in progress finish */
    TARGET_UNAVAILABLE, /* health checks are off */
};

/* ALB's reason codes, in the order of health_reason_word(). */
enum health_reason {
    HEALTH_REASON_NONE,
    HEALTH_REASON_REGISTRATION_IN_PROGRESS,
    HEALTH_REASON_INITIAL_HEALTH_CHECKING,
    HEALTH_REASON_RESPONSE_CODE_MISMATCH,
    HEALTH_REASON_TIMEOUT,
    HEALTH_REASON_FAILED_HEALTH_CHECKS,
    HEALTH_REASON_INTERNAL_ERROR,
    HEALTH_REASON_NOT_REGISTERED,
    HEALTH_REASON_NOT_IN_USE,
    HEALTH_REASON_DEREGISTRATION_IN_PROGRESS,
    HEALTH_REASON_HEALTH_CHECK_DISABLED,
};

/* How a target is asked, as the health check log calls it. */
enum probe_type {
    PROBE_HTTP,  /* HTTP/1.1 */
    PROBE_HTTPS, /* HTTP/1.1 over TLS */
    PROBE_H2,    /* HTTP/2, over TLS or not */
    PROBE_GRPC,  /* the same */
};

/* What one probe found. */
enum probe_result {
    PROBE_PASSED,
    PROBE_WRONG_CODE, /* answered, with a code that the matcher has not */
    PROBE_TIMEOUT,
    PROBE_FAILED,          /* no connection, or it ended without an answer */
    PROBE_GARBLED,         /* an answer that is none */
    PROBE_NO_GRPC_STATUS,  /* a 200 without a grpc-status, or an empty one */
    PROBE_BAD_GRPC_STATUS, /* one that is no number from 0 to 99 */
    PROBE_INTERNAL,        /* not the target's fault: we had no socket for it */
};

struct health_limits {
    unsigned healthy_threshold;
    unsigned unhealthy_threshold;
};

struct health {
    enum target_state state;
    enum health_reason reason;
    unsigned code;   /* the last wrong one */
    unsigned passed; /* consecutive */
    unsigned failed;
};

/* A target that was registered just now. */
void health_begin(struct health *health);

/* Its first probe leaves. */
void health_checking(struct health *health);

/* A target that is not probed: `state` is TARGET_UNUSED, TARGET_DRAINING or
 * TARGET_UNAVAILABLE, the reason is the one that goes with it. */
void health_exempt(struct health *health, enum target_state state);

/* Takes the result of one probe (`code`: the HTTP status that it got or, from
 * 0 to 99, the gRPC one; it matters for PROBE_WRONG_CODE alone).  True
 * when the state changed.  One success makes an initial target healthy;
 * otherwise thresholds count consecutive results.  The reason of a target that
 * is and stays unhealthy is that of its last failure.  A target that is not
 * probed stays what it is. */
bool health_take(struct health *health, const struct health_limits *limits,
                 enum probe_result result, unsigned code);

/* The latest beat of a rhythm that is not after now, given an earlier beat:
 * beats that nobody was there for are left out, their phase stays. */
uint64_t health_beat(uint64_t beat_us, uint64_t interval_us, uint64_t now_us);

const char *target_state_word(enum target_state state);    /* "unhealthy" */
const char *health_reason_word(enum health_reason reason); /* "" for NONE */

/* ALB's Description: "Health checks failed with these codes: [502]"; nothing
 * for a healthy target. */
void health_put_description(struct text *t, const struct health *health);

#endif
