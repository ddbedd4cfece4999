/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/retry.h"

enum { AFTER_MAX_MS = 24 * 3600 * 1000 };

static bool is_one_of(struct str code, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(code, str_of(words[i])))
            return true;
    }
    return false;
}

#define IS_ONE_OF(code, words)                                                 \
    is_one_of((code), (words), sizeof(words) / sizeof((words)[0]))

static const char *const throttles[] = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttled",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
};

static const char *const transients[] = {
    "IDPCommunicationError", "InternalError",  "InternalFailure",
    "InternalServiceError",  "RequestTimeout", "RequestTimeoutException",
    "ServiceUnavailable",    "TimeoutError",
};

static const char *const times[] = {
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
};

static const char *const signatures[] = {
    "AuthFailure",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
};

static const char *const stale[] = {
    "ExpiredToken",       "ExpiredTokenException",
    "InvalidAccessKeyId", "InvalidClientTokenId",
    "InvalidToken",       "UnrecognizedClientException",
};

bool retry_is_time(struct str code)
{
    return IS_ONE_OF(code, times);
}

enum retry_cause retry_cause_of(unsigned status, struct str code)
{
    if (IS_ONE_OF(code, throttles))
        return RETRY_THROTTLE;
    if (IS_ONE_OF(code, times) || IS_ONE_OF(code, signatures))
        return RETRY_SKEW;
    if (IS_ONE_OF(code, stale))
        return RETRY_CREDENTIALS;
    if (status == 429)
        return RETRY_THROTTLE;
    if (status == 0 || status == 500 || status == 502 || status == 503 ||
        status == 504 || IS_ONE_OF(code, transients))
        return RETRY_TRANSIENT;
    return RETRY_NEVER;
}

bool retry_pay(struct retry_budget *budget, enum retry_cause cause,
               unsigned *paid)
{
    unsigned cost =
        cause == RETRY_THROTTLE ? RETRY_COST_THROTTLE : RETRY_COST_TRANSIENT;

    if (budget->left < cost)
        return false;
    budget->left -= cost;
    *paid = cost;
    return true;
}

void retry_refund(struct retry_budget *budget, unsigned paid)
{
    budget->left += paid ? paid : 1;
    if (budget->left > RETRY_BUDGET)
        budget->left = RETRY_BUDGET;
}

uint64_t retry_delay(enum retry_cause cause, unsigned next, uint64_t random,
                     uint64_t after_ms)
{
    uint64_t most = cause == RETRY_THROTTLE ? RETRY_BASE_THROTTLE_MS
                                            : RETRY_BASE_TRANSIENT_MS;
    uint64_t delay;

    for (unsigned i = 2; i < next && most < RETRY_DELAY_MAX_MS; i++)
        most *= 2;
    if (most > RETRY_DELAY_MAX_MS)
        most = RETRY_DELAY_MAX_MS;
    delay = random % (most + 1);
    if (after_ms > delay + RETRY_AFTER_MORE_MS)
        return delay + RETRY_AFTER_MORE_MS;
    return after_ms > delay ? after_ms : delay;
}

uint64_t retry_after_ms(struct str retry_after, struct str amz_retry_after)
{
    uint64_t ms;

    if (str_to_u64(str_trim(amz_retry_after), AFTER_MAX_MS, &ms))
        return ms;
    if (str_to_u64(str_trim(retry_after), AFTER_MAX_MS / 1000, &ms))
        return ms * 1000;
    return 0;
}
