/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lb/health.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct health_limits limits = {.healthy_threshold = 5,
                                            .unhealthy_threshold = 2};

/* One probe a character: P passed, 5 got a 500, T timed out, F failed,
 * I internal. */
static bool take(struct health *h, const struct health_limits *l, char c)
{
    enum probe_result result = c == 'P'   ? PROBE_PASSED
                               : c == '5' ? PROBE_WRONG_CODE
                               : c == 'T' ? PROBE_TIMEOUT
                               : c == 'I' ? PROBE_INTERNAL
                                          : PROBE_FAILED;
    unsigned code = c == 'P' ? 200 : c == '5' ? 500 : 0;

    return health_take(h, l, result, code);
}

static void check_description(const struct health *h, const char *expected)
{
    char buffer[128];
    struct text t = text_in(buffer, sizeof(buffer) - 1);

    health_put_description(&t, h);
    assert_true(text_ok(&t));
    buffer[t.n] = '\0';
    assert_string_equal(buffer, expected);
}

/* The state after each probe: i initial, h healthy, u unhealthy. */
static void test_thresholds_count_consecutive_results(void **state)
{
    static const struct {
        struct health_limits limits;
        const char *probes, *states;
    } cases[] = {
        {{5, 2}, "P", "h"},                    /* one success will do */
        {{10, 10}, "P", "h"},                  /* whatever the threshold */
        {{5, 2}, "FF", "iu"},                  /* initial to unhealthy */
        {{5, 2}, "FP", "ih"},                  /* a failure, then fit */
        {{5, 3}, "FFPFFPFFF", "iihhhhhhu"},    /* successes between */
        {{5, 2}, "PFPFPFF", "hhhhhhu"},        /* healthy to unhealthy */
        {{5, 2}, "FFPPPPP", "iuuuuuh"},        /* recovery takes five */
        {{3, 2}, "FFPPFPPP", "iuuuuuuh"},      /* in a row */
        {{2, 2}, "FFPPFFPP", "iuuhhuuh"},      /* there and back */
        {{2, 2}, "5T", "iu"},                  /* of whatever kind */
        {{2, 10}, "FFFFFFFFFF", "iiiiiiiiiu"}, /* ten */
        {{2, 10}, "PFFFFFFFFFFPP", "hhhhhhhhhhuuh"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct health h;
        char was = 'i';

        health_begin(&h);
        for (size_t k = 0; cases[i].probes[k]; k++) {
            char is = cases[i].states[k];

            assert_int_equal(take(&h, &cases[i].limits, cases[i].probes[k]),
                             is != was);
            assert_int_equal(target_state_word(h.state)[0], is);
            was = is;
        }
    }
}

static void test_reasons_and_descriptions_are_albs(void **state)
{
    static const struct {
        const char *probes, *state, *reason, *description;
    } cases[] = {
        {"", "initial", "Elb.RegistrationInProgress",
         "Target registration is in progress"},
        {"F", "initial", "Elb.InitialHealthChecking",
         "Initial health checks in progress"},
        {"P", "healthy", "", ""},
        {"PF", "healthy", "", ""},
        {"55", "unhealthy", "Target.ResponseCodeMismatch",
         "Health checks failed with these codes: [500]"},
        {"TT", "unhealthy", "Target.Timeout", "Request timed out"},
        {"FF", "unhealthy", "Target.FailedHealthChecks",
         "Health checks failed"},
        {"II", "unhealthy", "Elb.InternalError",
         "Health checks failed due to an internal error"},
        {"5T", "unhealthy", "Target.Timeout", "Request timed out"},
        {"FF5", "unhealthy", "Target.ResponseCodeMismatch",
         "Health checks failed with these codes: [500]"},
        {"TTPPPP", "unhealthy", "Target.Timeout", "Request timed out"},
        {"55PPPPP", "healthy", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct health h;

        health_begin(&h);
        for (const char *p = cases[i].probes; *p; p++)
            take(&h, &limits, *p);
        assert_string_equal(target_state_word(h.state), cases[i].state);
        assert_string_equal(health_reason_word(h.reason), cases[i].reason);
        check_description(&h, cases[i].description);
    }
}

static void test_the_description_has_the_last_wrong_code(void **state)
{
    struct health h;

    (void)state;
    health_begin(&h);
    health_take(&h, &limits, PROBE_WRONG_CODE, 503);
    health_take(&h, &limits, PROBE_WRONG_CODE, 502);
    check_description(&h, "Health checks failed with these codes: [502]");
    health_take(&h, &limits, PROBE_WRONG_CODE, 404);
    check_description(&h, "Health checks failed with these codes: [404]");
}

/* 84 */
static void test_gRPC_codes_are_described_like_others(void **state)
{
    static const struct {
        enum probe_result result;
        unsigned code;
        const char *reason, *description;
    } cases[] = {
        {PROBE_WRONG_CODE, 0, "Target.ResponseCodeMismatch",
         "Health checks failed with these codes: [0]"},
        {PROBE_WRONG_CODE, 12, "Target.ResponseCodeMismatch",
         "Health checks failed with these codes: [12]"},
        {PROBE_NO_GRPC_STATUS, 200, "Target.FailedHealthChecks",
         "Health checks failed"},
        {PROBE_BAD_GRPC_STATUS, 0, "Target.FailedHealthChecks",
         "Health checks failed"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct health h;

        health_begin(&h);
        for (unsigned n = 0; n < limits.unhealthy_threshold; n++)
            health_take(&h, &limits, cases[i].result, cases[i].code);
        assert_string_equal(target_state_word(h.state), "unhealthy");
        assert_string_equal(health_reason_word(h.reason), cases[i].reason);
        check_description(&h, cases[i].description);
    }
}

static void test_a_target_is_checked_from_its_first_probe_on(void **state)
{
    struct health h;

    (void)state;
    health_begin(&h);
    health_checking(&h);
    assert_int_equal(h.state, TARGET_INITIAL);
    assert_string_equal(health_reason_word(h.reason),
                        "Elb.InitialHealthChecking");
    take(&h, &limits, 'P');
    health_checking(&h);
    assert_string_equal(health_reason_word(h.reason), "");
}

static void test_a_target_that_is_not_probed_says_why(void **state)
{
    static const struct {
        enum target_state state;
        const char *word, *reason, *description;
    } cases[] = {
        {TARGET_UNUSED, "unused", "Target.NotInUse",
         "Target group is not configured to receive traffic from the load "
         "balancer"},
        {TARGET_DRAINING, "draining", "Target.DeregistrationInProgress",
         "Target deregistration is in progress"},
        {TARGET_UNAVAILABLE, "unavailable", "Target.HealthCheckDisabled",
         "Health checks are disabled"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct health h;

        health_begin(&h);
        take(&h, &limits, 'P');
        health_exempt(&h, cases[i].state);
        assert_string_equal(target_state_word(h.state), cases[i].word);
        assert_string_equal(health_reason_word(h.reason), cases[i].reason);
        check_description(&h, cases[i].description);
        /* a probe that was still under way */
        assert_false(take(&h, &limits, 'P'));
        assert_false(take(&h, &limits, 'F'));
        assert_false(take(&h, &limits, 'F'));
        assert_int_equal(h.state, cases[i].state);
    }
}

static void test_a_registration_anew_forgets_what_was(void **state)
{
    struct health h;

    (void)state;
    health_begin(&h);
    take(&h, &limits, '5');
    health_begin(&h);
    assert_false(take(&h, &limits, '5'));
    assert_int_equal(h.state, TARGET_INITIAL);
}

static void test_lower_thresholds_hold_from_the_next_result_on(void **state)
{
    static const struct health_limits strict = {2, 2}, lax = {10, 10};
    struct health h;

    (void)state;
    health_begin(&h);
    for (unsigned i = 0; i < 6; i++)
        assert_false(take(&h, &lax, 'F'));
    assert_true(take(&h, &strict, 'F'));
    for (unsigned i = 0; i < 6; i++)
        assert_false(take(&h, &lax, 'P'));
    assert_true(take(&h, &strict, 'P'));
}

static void test_a_beat_keeps_its_phase(void **state)
{
    static const struct {
        uint64_t beat, interval, now, next;
    } cases[] = {
        {1000, 500, 1000, 1000}, /* not yet */
        {1000, 500, 1499, 1000},
        {1000, 500, 1500, 1500}, /* on time */
        {1000, 500, 1503, 1500}, /* a little late: no drift */
        {1000, 500, 3999, 3500}, /* after a stop: the last one only */
        {1000, 500, 900, 1000},  /* a clock that went back */
        {1000, 0, 1500, 1000},
        {UINT64_MAX - 10, 4, UINT64_MAX, UINT64_MAX - 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(
            health_beat(cases[i].beat, cases[i].interval, cases[i].now),
            cases[i].next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds_count_consecutive_results),
        cmocka_unit_test(test_reasons_and_descriptions_are_albs),
        cmocka_unit_test(test_the_description_has_the_last_wrong_code),
        cmocka_unit_test(test_gRPC_codes_are_described_like_others),
        cmocka_unit_test(test_a_target_is_checked_from_its_first_probe_on),
        cmocka_unit_test(test_a_target_that_is_not_probed_says_why),
        cmocka_unit_test(test_a_registration_anew_forgets_what_was),
        cmocka_unit_test(test_lower_thresholds_hold_from_the_next_result_on),
        cmocka_unit_test(test_a_beat_keeps_its_phase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
