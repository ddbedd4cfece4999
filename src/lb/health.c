/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/health.h"

static const char *const state_words[] = {
    [TARGET_INITIAL] = "initial",     [TARGET_HEALTHY] = "healthy",
    [TARGET_UNHEALTHY] = "unhealthy", [TARGET_UNUSED] = "unused",
    [TARGET_DRAINING] = "draining",   [TARGET_UNAVAILABLE] = "unavailable",
};

/* Codes and descriptions as DescribeTargetHealth has them. */
static const struct {
    const char *word;
    const char *description;
} reasons[] = {
    [HEALTH_REASON_NONE] = {"", ""},
    [HEALTH_REASON_REGISTRATION_IN_PROGRESS] =
        {"Elb.RegistrationInProgress", "Target registration is in progress"},
    [HEALTH_REASON_INITIAL_HEALTH_CHECKING] =
        {"Elb.InitialHealthChecking", "Initial health checks in progress"},
    [HEALTH_REASON_RESPONSE_CODE_MISMATCH] =
        {"Target.ResponseCodeMismatch",
         "Health checks failed with these codes: "},
    [HEALTH_REASON_TIMEOUT] = {"Target.Timeout", "Request timed out"},
    [HEALTH_REASON_FAILED_HEALTH_CHECKS] = {"Target.FailedHealthChecks",
                                            "Health checks failed"},
    [HEALTH_REASON_INTERNAL_ERROR] =
        {"Elb.InternalError", "Health checks failed due to an internal error"},
    [HEALTH_REASON_NOT_REGISTERED] =
        {"Target.NotRegistered",
         "Target is not registered to the target group"},
    [HEALTH_REASON_NOT_IN_USE] = {"Target.NotInUse",
                                  "Target group is not configured to receive "
                                  "traffic from the load balancer"},
    [HEALTH_REASON_DEREGISTRATION_IN_PROGRESS] =
        {"Target.DeregistrationInProgress",
         "Target deregistration is in progress"},
    [HEALTH_REASON_HEALTH_CHECK_DISABLED] = {"Target.HealthCheckDisabled",
                                             "Health checks are disabled"},
};

void health_begin(struct health *health)
{
    *health = (struct health){
        .state = TARGET_INITIAL,
        .reason = HEALTH_REASON_REGISTRATION_IN_PROGRESS,
    };
}

void health_checking(struct health *health)
{
    if (health->reason == HEALTH_REASON_REGISTRATION_IN_PROGRESS)
        health->reason = HEALTH_REASON_INITIAL_HEALTH_CHECKING;
}

void health_exempt(struct health *health, enum target_state state)
{
    *health = (struct health){
        .state = state,
        .reason = state == TARGET_UNUSED ? HEALTH_REASON_NOT_IN_USE
                  : state == TARGET_DRAINING
                      ? HEALTH_REASON_DEREGISTRATION_IN_PROGRESS
                      : HEALTH_REASON_HEALTH_CHECK_DISABLED,
    };
}

static bool becomes(struct health *health, enum target_state state)
{
    bool changed = health->state != state;

    health->state = state;
    return changed;
}

static bool take_success(struct health *health,
                         const struct health_limits *limits)
{
    health->failed = 0;
    if (health->passed < limits->healthy_threshold)
        health->passed++;
    if (health->state == TARGET_UNHEALTHY &&
        health->passed < limits->healthy_threshold)
        return false;
    health->reason = HEALTH_REASON_NONE;
    health->code = 0;
    return becomes(health, TARGET_HEALTHY);
}

static enum health_reason reason_of(enum probe_result result)
{
    switch (result) {
    case PROBE_WRONG_CODE:
        return HEALTH_REASON_RESPONSE_CODE_MISMATCH;
    case PROBE_TIMEOUT:
        return HEALTH_REASON_TIMEOUT;
    case PROBE_INTERNAL:
        return HEALTH_REASON_INTERNAL_ERROR;
    case PROBE_FAILED:
    case PROBE_GARBLED:
    case PROBE_NO_GRPC_STATUS:
    case PROBE_BAD_GRPC_STATUS:
    case PROBE_PASSED:
        break;
    }
    return HEALTH_REASON_FAILED_HEALTH_CHECKS;
}

static bool take_failure(struct health *health,
                         const struct health_limits *limits,
                         enum probe_result result, unsigned code)
{
    health->passed = 0;
    if (health->failed < limits->unhealthy_threshold)
        health->failed++;
    if (health->state != TARGET_UNHEALTHY &&
        health->failed < limits->unhealthy_threshold)
        return false;
    health->reason = reason_of(result);
    health->code = result == PROBE_WRONG_CODE ? code : 0;
    return becomes(health, TARGET_UNHEALTHY);
}

bool health_take(struct health *health, const struct health_limits *limits,
                 enum probe_result result, unsigned code)
{
    if (health->state > TARGET_UNHEALTHY)
        return false;
    health_checking(health);
    return result == PROBE_PASSED ? take_success(health, limits)
                                  : take_failure(health, limits, result, code);
}

uint64_t health_beat(uint64_t beat_us, uint64_t interval_us, uint64_t now_us)
{
    if (interval_us == 0 || now_us < beat_us)
        return beat_us;
    return now_us - (now_us - beat_us) % interval_us;
}

const char *target_state_word(enum target_state state)
{
    return state_words[state];
}

const char *health_reason_word(enum health_reason reason)
{
    return reasons[reason].word;
}

void health_put_description(struct text *t, const struct health *health)
{
    text_str_put(t, str_of(reasons[health->reason].description));
    if (health->reason == HEALTH_REASON_RESPONSE_CODE_MISMATCH) {
        text_char(t, '[');
        text_u64(t, health->code);
        text_char(t, ']');
    }
}
