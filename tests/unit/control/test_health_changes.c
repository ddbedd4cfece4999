/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots that change under the monitor, groups that are not probed, the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "watch.h"

/* ---- snapshots that change ----------------------------------------------- */

static void test_a_target_that_stays_keeps_its_state_and_rhythm(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *before = made_new(), *after = made_new();
    struct target *t = made_add(before, "127.0.0.1", fake->port);

    (void)state;
    before->config.health.interval_ms = 3600 * 1000;
    made_apply(before);
    watch_for_state(t, TARGET_HEALTHY);

    assert_ptr_equal(made_add(after, "127.0.0.1", fake->port), t);
    after->config.health.interval_ms = 3600 * 1000;
    made_apply(after);
    made_free(before);
    watch_check(t, "healthy", "", "");
    assert_int_equal(made_eligible(after), 1);
    watch_ms(30);
    assert_int_equal(fake->requests, 1);
    fake_end(fake);
    watch_no_more();
    made_free(after);
}

static void test_new_settings_hold_from_the_next_probe_on(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *before = made_new(), *after = made_new();
    struct target *t = made_add(before, "127.0.0.1", fake->port);

    (void)state;
    before->config.health.interval_ms = 3600 * 1000;
    made_apply(before);
    watch_for_state(t, TARGET_HEALTHY);

    made_add(after, "127.0.0.1", fake->port);
    after->config.health.path = STR("/new");
    after->config.health.codes = (struct code_set){0};
    after->config.health.unhealthy_threshold = 4;
    made_apply(
        after); /* the interval, too: the next one is due by the new one */
    made_free(before);
    watch_check(t, "healthy", "", "");
    watch_for_state(t, TARGET_UNHEALTHY);
    assert_true(fake->requests >= 1 + 4);
    assert_memory_equal(fake->last, "GET /new ", 9);
    watch_check(t, "unhealthy", "Target.ResponseCodeMismatch",
                "Health checks failed with these codes: [200]");
    fake_end(fake);
    watch_no_more();
    made_free(after);
}

static void test_a_probe_is_judged_by_the_settings_it_began_with(void **state)
{
    struct fake *fake = fake_new(NULL);
    struct made *before = made_new(), *after = made_new();
    struct target *t = made_add(before, "127.0.0.1", fake->port);

    (void)state;
    before->config.health.interval_ms = 3600 * 1000;
    made_apply(before);
    watch_for_requests(fake, 1);
    made_add(after, "127.0.0.1", fake->port);
    after->config.health.interval_ms = 3600 * 1000;
    after->config.health.codes = (struct code_set){0};
    made_apply(after);
    made_free(before);
    fake->answer = OK;
    fake_answer(&fake->visits[0]);
    watch_for_state(t, TARGET_HEALTHY);
    fake_end(fake);
    watch_no_more();
    made_free(after);
}

static void test_a_target_that_goes_takes_its_probe_along(void **state)
{
    struct fake *fake = fake_new(NULL);
    struct made *before = made_new(), *after = made_new();
    struct target *t = made_add(before, "127.0.0.1", fake->port);

    (void)state;
    before->config.health.interval_ms = 20;
    made_apply(before);
    watch_for_requests(fake, 1);
    assert_int_equal(fake->open, 1);
    made_apply(after);
    assert_null(health_monitor_find(watch.monitor, t));
    assert_int_equal(watch_state(t), TARGET_DRAINING);
    watch_for_solitude(fake);
    watch_ms(40);
    assert_int_equal(fake->nvisits, 1);
    made_free(before); /* the last that knows the target */
    fake_end(fake);
    watch_no_more();
    made_free(after);
}

static void test_a_target_that_comes_back_begins_anew(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *before = made_new(), *none = made_new(), *after = made_new();
    struct target *t = made_add(before, "127.0.0.1", fake->port);

    (void)state;
    made_apply(before);
    watch_for_state(t, TARGET_HEALTHY);
    made_apply(none);
    assert_ptr_equal(made_add(after, "127.0.0.1", fake->port), t);
    made_apply(after);
    watch_check(t, "initial", "Elb.RegistrationInProgress",
                "Target registration is in progress");
    watch_for_state(t, TARGET_HEALTHY);
    fake_end(fake);
    watch_no_more();
    made_free(before);
    made_free(none);
    made_free(after);
}

static void test_a_slot_that_goes_over_takes_no_health_along(void **state)
{
    struct fake *fake = fake_new(OK), *other = fake_new(NULL);
    struct made *before = made_new(), *after = made_new();
    struct target *t = made_add(before, "127.0.0.1", fake->port);
    unsigned slot = t->slot;

    (void)state;
    made_apply(before);
    watch_for_state(t, TARGET_HEALTHY);
    target_hold(t);
    before->ntargets = 0;
    assert_true(target_unuse(&watch.registry, t));
    target_release(t);
    watch.target = made_add(after, "127.0.0.1", other->port);
    assert_int_equal(watch.target->slot, slot);
    made_apply(after);
    assert_int_equal(watch_state(t), TARGET_DRAINING);
    assert_null(health_monitor_find(watch.monitor, t));
    watch_check(watch.target, "initial", "Elb.RegistrationInProgress",
                "Target registration is in progress");
    watch_for_requests(other, 1);
    watch_check(watch.target, "initial", "Elb.InitialHealthChecking",
                "Initial health checks in progress");
    target_release(t);
    fake_end(fake);
    fake_end(other);
    watch_no_more();
    made_free(before);
    made_free(after);
}

/* ---- groups that are not probed ------------------------------------------ */

static void test_a_group_comes_into_use_and_goes_out_of_it(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", fake->port);

    (void)state;
    made->config.load_balancer = NULL;
    made_apply(made);
    watch_check(t, "unused", "Target.NotInUse",
                "Target group is not configured to receive traffic from the "
                "load balancer");
    assert_int_equal(made_eligible(made), 0);
    watch_ms(WATCH_INTERVAL_MS);
    assert_int_equal(fake->nvisits, 0);

    made->config.load_balancer = &watch_load_balancer;
    made_apply(made);
    assert_int_equal(watch_state(t), TARGET_INITIAL);
    assert_int_equal(made_eligible(made), 1);
    watch_for_state(t, TARGET_HEALTHY);

    made->config.load_balancer = NULL;
    made_apply(made);
    assert_int_equal(watch_state(t), TARGET_UNUSED);
    assert_int_equal(made_eligible(made), 0);
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

static void test_without_health_checks_targets_are_unavailable(void **state)
{
    struct fake *fake = fake_new("HTTP/1.1 500 No\r\n\r\n");
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", fake->port);

    (void)state;
    made->config.health.enabled = false;
    made_apply(made);
    watch_check(t, "unavailable", "Target.HealthCheckDisabled",
                "Health checks are disabled");
    assert_int_equal(made_eligible(made), 1);
    assert_false(atomic_load(&made->group.zones[0].fail_open));
    watch_ms(WATCH_INTERVAL_MS);
    assert_int_equal(fake->nvisits, 0);
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

/* The target answers HTTP/1.1 to all. */
static void
test_a_change_of_how_targets_are_asked_holds_from_the_next_on(void **state)
{
    struct fake *fake = fake_new(OK);
    struct made *made = made_new();
    struct target *t = made_add(made, "127.0.0.1", fake->port);

    (void)state;
    made->config.health.timeout_ms = WATCH_INTERVAL_MS / 2;
    made_apply(made);
    watch_for_state(t, TARGET_HEALTHY);
    for (int kind = 0; kind < 3; kind++) {
        made->config.health.protocol = kind ? PROTOCOL_HTTP : PROTOCOL_HTTPS;
        made->config.version = kind == 1   ? VERSION_HTTP2
                               : kind == 2 ? VERSION_GRPC
                                           : VERSION_HTTP1;
        made_apply(made);
        watch_for_state(t, TARGET_UNHEALTHY);
        made->config.health.protocol = PROTOCOL_HTTP;
        made->config.version = VERSION_HTTP1;
        made_apply(made);
        watch_for_state(t, TARGET_HEALTHY);
    }
    fake_end(fake);
    watch_no_more();
    made_free(made);
}

/* ---- the rest ------------------------------------------------------------ */

struct seen {
    const struct made *made;
    unsigned n;
};

static void see(void *owner, struct str group, const struct target *target,
                const struct health *health)
{
    struct seen *seen = owner;

    assert_true(str_eq(group, seen->made->config.name));
    assert_ptr_equal(target, seen->made->targets[seen->n++]);
    assert_ptr_equal(health, health_monitor_find(watch.monitor, target));
    assert_non_null(health);
}

static void test_a_walk_sees_every_target_of_the_newest_snapshot(void **state)
{
    struct made *made = made_new();
    struct seen seen = {.made = made};
    uint16_t port = fake_closed_port();

    (void)state;
    health_monitor_each(watch.monitor, see, &seen);
    assert_int_equal(seen.n, 0);
    for (unsigned i = 1; i <= 40; i++) {
        char ip[32];

        snprintf(ip, sizeof(ip), "127.0.0.%u", i);
        made_add(made, ip, port);
    }
    made_apply(made);
    health_monitor_each(watch.monitor, see, &seen);
    assert_int_equal(seen.n, 40);
    watch_no_more();
    made_free(made);
}

static void test_the_end_may_come_at_any_time(void **state)
{
    struct fake *silent = fake_new(NULL), *talks = fake_new(OK);
    struct made *made = made_new();

    (void)state;
    talks->blocks = 10;
    made_add(made, "127.0.0.1", silent->port);
    made_add(made, "127.0.0.1", talks->port);
    made_apply(made); /* what is due has not gone out */
    health_monitor_free(watch.monitor);
    loop_settle(&watch.loop);

    watch.monitor = health_monitor_new(&watch.loop);
    made_apply(made);
    watch_for_requests(silent, 1); /* and here it has */
    watch_no_more();
    loop_settle(&watch.loop);
    watch_ms(5);
    fake_end(silent);
    fake_end(talks);
    made_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCHED(test_a_target_that_stays_keeps_its_state_and_rhythm),
        WATCHED(test_new_settings_hold_from_the_next_probe_on),
        WATCHED(test_a_probe_is_judged_by_the_settings_it_began_with),
        WATCHED(test_a_target_that_goes_takes_its_probe_along),
        WATCHED(test_a_target_that_comes_back_begins_anew),
        WATCHED(test_a_slot_that_goes_over_takes_no_health_along),
        WATCHED(test_a_group_comes_into_use_and_goes_out_of_it),
        WATCHED(test_without_health_checks_targets_are_unavailable),
        WATCHED(test_a_change_of_how_targets_are_asked_holds_from_the_next_on),
        WATCHED(test_a_walk_sees_every_target_of_the_newest_snapshot),
        WATCHED(test_the_end_may_come_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
