/* SPDX-License-Identifier: Apache-2.0
 *
 * What the monitor makes of a target, and when it asks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "watch.h"

/* ---- verdicts ------------------------------------------------------------ */

static void test_the_first_answer_makes_a_target_healthy(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", fake->port);
    char expected[256];

    (void)state;
    made->config.health.interval_ms = 3600 * 1000;
    made_apply(made);
    watch_check(t, "initial", "Elb.RegistrationInProgress",
                "Target registration is in progress");
    assert_int_equal(made_eligible(made), 1); /* fail open */
    assert_true(atomic_load(&made->group.zones[0].fail_open));

    watch_for_state(t, TARGET_HEALTHY);
    watch_check(t, "healthy", "", "");
    assert_int_equal(fake->requests, 1);
    assert_int_equal(made_eligible(made), 1);
    assert_false(atomic_load(&made->group.zones[0].fail_open));
    snprintf(expected, sizeof(expected),
             "GET /health HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
             "Connection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\n"
             "Accept-Encoding: gzip, compressed\r\n\r\n",
             fake->port);
    assert_string_equal(fake->last, expected);
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

/* Healthy at first, then what `break_it` makes of it, then well again. */
static void check_failure(void (*break_it)(struct fake *fake,
                                           struct made *made),
                          const char *reason, const char *description)
{
    struct fake *fake = fake_new(OK);
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", fake->port);
    unsigned before;

    made_apply(made);
    watch_for_state(t, TARGET_HEALTHY);
    break_it(fake, made);
    watch_for_state(t, TARGET_UNHEALTHY);
    watch_check(t, "unhealthy", reason, description);
    assert_true(atomic_load(&made->group.zones[0].fail_open));
    assert_int_equal(made_eligible(made), 1);

    fake->answer = OK;
    fake->reset = false;
    made->config.health.port = 0;
    made->config.health.timeout_ms = WATCH_TIMEOUT_MS;
    before = fake->requests;
    watch_for_state(t, TARGET_HEALTHY);
    watch_check(t, "healthy", "", "");
    assert_true(fake->requests - before >= 3); /* HealthyThreshold */
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

static void answer_502(struct fake *fake, struct made *made)
{
    (void)made;
    fake->answer = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
}

static void answer_garbage(struct fake *fake, struct made *made)
{
    (void)made;
    fake->answer = "SSH-2.0-OpenSSH_9.2\r\n";
}

static void answer_nothing(struct fake *fake, struct made *made)
{
    (void)made;
    fake->answer = "";
}

static void answer_half(struct fake *fake, struct made *made)
{
    (void)made;
    fake->answer = "HTTP/1.1 200 O";
}

static void reset(struct fake *fake, struct made *made)
{
    (void)made;
    fake->reset = true;
}

static void refuse(struct fake *fake, struct made *made)
{
    (void)fake;
    made->config.health.port = fake_closed_port();
}

static void be_silent(struct fake *fake, struct made *made)
{
    fake->answer = NULL;
    made->config.health.timeout_ms = 10;
}

static void test_a_wrong_code_is_a_mismatch(void **state)
{
    (void)state;
    check_failure(answer_502, "Target.ResponseCodeMismatch",
                  "Health checks failed with these codes: [502]");
}

static void test_an_answer_that_is_none_fails(void **state)
{
    (void)state;
    check_failure(answer_garbage, "Target.FailedHealthChecks",
                  "Health checks failed");
}

static void test_an_end_without_an_answer_fails(void **state)
{
    (void)state;
    check_failure(answer_nothing, "Target.FailedHealthChecks",
                  "Health checks failed");
}

static void test_an_end_within_the_status_line_fails(void **state)
{
    (void)state;
    check_failure(answer_half, "Target.FailedHealthChecks",
                  "Health checks failed");
}

static void test_a_reset_fails(void **state)
{
    (void)state;
    check_failure(reset, "Target.FailedHealthChecks", "Health checks failed");
}

static void test_a_refused_connection_fails(void **state)
{
    (void)state;
    check_failure(refuse, "Target.FailedHealthChecks", "Health checks failed");
}

static void test_silence_is_a_timeout(void **state)
{
    (void)state;
    check_failure(be_silent, "Target.Timeout", "Request timed out");
}

static void
test_a_target_that_is_down_at_first_is_initial_till_then(void **state)
{
    struct fake *fake = fake_new("HTTP/1.1 404 Not Found\r\n\r\n");
    struct fake *fit = fake_new(OK);
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", fake->port);
    struct target *u = made_add(made, "127.0.0.1", fit->port);

    (void)state;
    made_apply(made);
    assert_int_equal(made_eligible(made), 2);
    watch_for_state(u, TARGET_HEALTHY);
    watch_for_requests(fake, 1);
    assert_int_equal(made_eligible(made), 1); /* not the initial one */
    assert_ptr_equal(group_choose(made->group.zones, NULL), u);
    watch_for_state(t, TARGET_UNHEALTHY);
    assert_true(fake->requests >= 2);
    assert_int_equal(made_eligible(made), 1);
    assert_ptr_equal(group_choose(made->group.zones, NULL), u);
    fake_end(fake);
    fake_end(fit);
    watch_no_more();
    made_free(made);
}

static void test_the_log_tells_what_changed_and_why(void **state)
{
    struct fake *fake = fake_new("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", fake->port);
    char expected[256];
    const char *text;

    (void)state;
    capture_begin();
    made_apply(made);
    watch_for_state(t, TARGET_UNHEALTHY);
    fake->answer = OK;
    watch_for_state(t, TARGET_HEALTHY);
    text = capture_end();
    snprintf(expected, sizeof(expected),
             "target group blue: target 127.0.0.1:%u is unhealthy: Health "
             "checks failed with these codes: [502]\n",
             fake->port);
    assert_non_null(strstr(text, expected));
    snprintf(expected, sizeof(expected),
             "target group blue: target 127.0.0.1:%u is healthy\n", fake->port);
    assert_non_null(strstr(text, expected));
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

/* ---- connections --------------------------------------------------------- */

static void test_each_probe_has_a_connection_of_its_own(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *made = made_new();

    (void)state;
    made_add(made, "127.0.0.1", fake->port);
    made_apply(made);
    watch_for_requests(fake, 4);
    assert_int_equal(fake->nvisits, fake->requests);
    assert_int_equal(fake->most_open, 1);
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

static void test_a_healthy_target_may_send_its_whole_body(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", fake->port);

    (void)state;
    fake->blocks = 10;
    made_apply(made);
    watch_for_state(t, TARGET_HEALTHY);
    watch_for_solitude(fake);
    assert_int_equal(fake->resets, 0);
    assert_true(fake->clean_ends > 0);
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

static void test_the_health_port_takes_the_place_of_the_targets(void **state)
{
    struct fake *traffic = fake_new(OK), *health = fake_new(OK);
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", traffic->port);
    char host[64];

    (void)state;
    made->config.health.port = health->port;
    made_apply(made);
    watch_for_state(t, TARGET_HEALTHY);
    assert_int_equal(traffic->nvisits, 0);
    snprintf(host, sizeof(host), "\r\nHost: 127.0.0.1:%u\r\n", health->port);
    assert_non_null(strstr(health->last, host));
    fake_end(traffic);
    fake_end(health);
    watch_no_more();
    made_free(made);
}

static bool all_healthy(void)
{
    for (unsigned i = 0; i < watch.made->ntargets; i++) {
        if (watch_state(watch.made->targets[i]) != TARGET_HEALTHY)
            return false;
    }
    return true;
}

static bool has_most_open(void)
{
    return watch.fake->open >= HEALTH_PROBES_MAX;
}

static void test_probes_beyond_the_limit_wait_for_their_turn(void **state)
{
    struct fake *fake = fake_new(NULL);
    struct made *made = made_new();

    (void)state;
    made->config.health.interval_ms = 3600 * 1000;
    for (unsigned i = 0; i < WATCH_TARGETS_MAX; i++) {
        char ip[32];

        snprintf(ip, sizeof(ip), "127.0.%u.%u", 1 + i / 250, 1 + i % 250);
        made_add(made, ip, fake->port);
    }
    made_apply(made);
    watch.fake = fake;
    watch_until(has_most_open);
    watch_ms(20);
    assert_int_equal(fake->most_open, HEALTH_PROBES_MAX);
    /* The ones that wait are asked as those that went before end. */
    fake->answer = OK;
    for (unsigned i = 0; i < HEALTH_PROBES_MAX; i++)
        fake_answer(&fake->visits[i]);
    watch.made = made;
    watch_until(all_healthy);
    assert_int_equal(fake->nvisits, WATCH_TARGETS_MAX);
    assert_int_equal(made_eligible(made), WATCH_TARGETS_MAX);
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

/* ---- rhythm -------------------------------------------------------------- */

/* A target that takes most of an interval to answer is asked as often as one
 * that answers at once. */
static void test_the_interval_does_not_wait_for_the_answer(void **state)
{
    enum { BEATS = 16 };
    struct fake *fast = fake_new(OK), *slow = fake_new(OK);
    struct made *made = made_new();

    (void)state;
    slow->delay_ms = 30;
    made->config.health.interval_ms = 60;
    made_add(made, "127.0.0.1", fast->port);
    made_add(made, "127.0.0.1", slow->port);
    made_apply(made);
    watch_for_requests(slow, BEATS);
    /* It would be BEATS * 90 / 60 = 24; a busy machine may cost a beat. */
    assert_in_range(fast->requests, BEATS - 3, BEATS + 4);
    fake_end(fast);
    fake_end(slow);
    watch_no_more();
    made_free(made);
}

static void test_no_probe_comes_before_its_time(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *made = made_new();
    uint64_t begun_us;

    (void)state;
    made_add(made, "127.0.0.1", fake->port);
    begun_us = clock_monotonic_us();
    made_apply(made);
    watch_for_requests(fake, 5);
    assert_true(clock_monotonic_us() - begun_us >=
                4 * WATCH_INTERVAL_MS * 1000);
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCHED(test_the_first_answer_makes_a_target_healthy),
        WATCHED(test_a_wrong_code_is_a_mismatch),
        WATCHED(test_an_answer_that_is_none_fails),
        WATCHED(test_an_end_without_an_answer_fails),
        WATCHED(test_an_end_within_the_status_line_fails),
        WATCHED(test_a_reset_fails),
        WATCHED(test_a_refused_connection_fails),
        WATCHED(test_silence_is_a_timeout),
        WATCHED(test_a_target_that_is_down_at_first_is_initial_till_then),
        WATCHED(test_the_log_tells_what_changed_and_why),
        WATCHED(test_each_probe_has_a_connection_of_its_own),
        WATCHED(test_a_healthy_target_may_send_its_whole_body),
        WATCHED(test_the_health_port_takes_the_place_of_the_targets),
        WATCHED(test_probes_beyond_the_limit_wait_for_their_turn),
        WATCHED(test_the_interval_does_not_wait_for_the_answer),
        WATCHED(test_no_probe_comes_before_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
