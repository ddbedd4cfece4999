/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/retry.h"

static void test_causes_follow_from_status_and_code(void **state)
{
    static const struct {
        unsigned status;
        enum retry_cause cause;
        const char *code;
    } cases[] = {
        {400, RETRY_THROTTLE, "ThrottlingException"},
        {503, RETRY_THROTTLE, "SlowDown"},
        {429, RETRY_THROTTLE, ""},
        {400, RETRY_THROTTLE, "RequestLimitExceeded"},
        {0, RETRY_TRANSIENT, ""},
        {500, RETRY_TRANSIENT, ""},
        {502, RETRY_TRANSIENT, ""},
        {503, RETRY_TRANSIENT, "ServiceUnavailable"},
        {504, RETRY_TRANSIENT, ""},
        {400, RETRY_TRANSIENT, "RequestTimeout"},
        {400, RETRY_TRANSIENT, "IDPCommunicationError"},
        {200, RETRY_TRANSIENT, "InternalError"},
        {501, RETRY_NEVER, ""},
        {403, RETRY_NEVER, "AccessDenied"},
        {400, RETRY_NEVER, "ValidationError"},
        {404, RETRY_NEVER, "NoSuchBucket"},
        {403, RETRY_SKEW, "RequestTimeTooSkewed"},
        {403, RETRY_SKEW, "SignatureDoesNotMatch"},
        {400, RETRY_SKEW, "InvalidSignatureException"},
        {400, RETRY_CREDENTIALS, "ExpiredToken"},
        {400, RETRY_CREDENTIALS, "ExpiredTokenException"},
        {403, RETRY_CREDENTIALS, "InvalidClientTokenId"},
        {400, RETRY_CREDENTIALS, "UnrecognizedClientException"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (retry_cause_of(cases[i].status, str_of(cases[i].code)) !=
            cases[i].cause)
            fail_msg("%u %s", cases[i].status, cases[i].code);
    }
    assert_true(retry_is_time(STR("RequestExpired")));
    assert_false(retry_is_time(STR("SignatureDoesNotMatch")));
}

static void test_the_budget_ends_and_comes_back(void **state)
{
    struct retry_budget budget = {RETRY_BUDGET};
    unsigned paid = 0;
    unsigned n = 0;

    (void)state;
    while (retry_pay(&budget, RETRY_TRANSIENT, &paid))
        n++;
    assert_int_equal(n, RETRY_BUDGET / RETRY_COST_TRANSIENT);
    assert_int_equal(paid, RETRY_COST_TRANSIENT);
    assert_true(retry_pay(&budget, RETRY_THROTTLE, &paid));
    assert_int_equal(paid, RETRY_COST_THROTTLE);
    assert_false(retry_pay(&budget, RETRY_TRANSIENT, &paid));
    /* A retry that succeeded gives back what it cost, a first attempt 1. */
    n = budget.left;
    retry_refund(&budget, RETRY_COST_TRANSIENT);
    assert_int_equal(budget.left, n + RETRY_COST_TRANSIENT);
    retry_refund(&budget, 0);
    assert_int_equal(budget.left, n + RETRY_COST_TRANSIENT + 1);
    budget.left = RETRY_BUDGET;
    retry_refund(&budget, RETRY_COST_TRANSIENT);
    assert_int_equal(budget.left, RETRY_BUDGET);
}

static void test_delays_are_random_and_double(void **state)
{
    static const uint64_t transient[] = {50, 100, 200, 400};
    static const uint64_t throttle[] = {1000,  2000,  4000, 8000,
                                        16000, 20000, 20000};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(retry_delay(RETRY_TRANSIENT, i + 2, 0, 0), 0);
        assert_int_equal(retry_delay(RETRY_TRANSIENT, i + 2, transient[i], 0),
                         transient[i]);
        assert_int_equal(
            retry_delay(RETRY_TRANSIENT, i + 2, transient[i] + 1, 0), 0);
    }
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(retry_delay(RETRY_THROTTLE, i + 2, throttle[i], 0),
                         throttle[i]);
    assert_int_equal(retry_delay(RETRY_THROTTLE, 1000000, 20000, 0), 20000);
}

static void test_a_server_may_ask_for_five_seconds_more(void **state)
{
    (void)state;
    assert_int_equal(retry_delay(RETRY_TRANSIENT, 2, 20, 1500), 1500);
    assert_int_equal(retry_delay(RETRY_TRANSIENT, 2, 20, 10), 20);
    assert_int_equal(retry_delay(RETRY_TRANSIENT, 2, 20, 3600000), 5020);
    assert_int_equal(retry_after_ms(STR("3"), STR("")), 3000);
    assert_int_equal(retry_after_ms(STR("3"), STR(" 250 ")), 250);
    assert_int_equal(retry_after_ms(STR("-1"), STR("x")), 0);
    assert_int_equal(retry_after_ms(STR("99999999999999999999"), STR("")), 0);
    assert_int_equal(
        retry_after_ms(STR("Mon, 23 Nov 2026 22:00:00 GMT"), STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_causes_follow_from_status_and_code),
        cmocka_unit_test(test_the_budget_ends_and_comes_back),
        cmocka_unit_test(test_delays_are_random_and_double),
        cmocka_unit_test(test_a_server_may_ask_for_five_seconds_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
