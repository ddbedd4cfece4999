/* SPDX-License-Identifier: Apache-2.0
 *
 * The balance monitor with a clock of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/balance_monitor.h"

enum { TARGETS = 4, SLOW_START_MS = 100 * 1000 };

static const struct config_load_balancer some_load_balancer;

static struct scene {
    struct counters counters;
    struct loop loop;
    struct balance_monitor *monitor;
    struct target_registry registry;
    struct config_group config;
    struct config_target of_config[TARGETS];
    struct target *targets[TARGETS];
    struct group group;
    struct group *groups[1];
    struct snapshot snapshot;
} s;

/* All in the state initial; nothing was applied. */
static int begin(void **state)
{
    (void)state;
    s = (struct scene){.registry.nworkers = 2};
    if (!loop_init(&s.loop, &s.counters))
        return -1;
    loop_tick(&s.loop);
    s.monitor = balance_monitor_new(&s.loop);
    s.config.name = STR("blue");
    s.config.load_balancer = &some_load_balancer;
    s.config.health.enabled = true;
    s.config.attributes.routing_count = 1;
    s.config.attributes.slow_start_ms = SLOW_START_MS;
    s.config.ntargets = TARGETS;
    s.config.targets = s.of_config;
    for (unsigned i = 0; i < TARGETS; i++) {
        struct address address = {.family = 4, .port = (uint16_t)(80 + i)};

        s.targets[i] = target_use(&s.registry, STR("arn:blue"), &address);
    }
    group_init(&s.group, &s.config, s.targets, STR(""));
    s.snapshot.ngroups = 1;
    s.groups[0] = &s.group;
    s.snapshot.groups = s.groups;
    return 0;
}

static int end(void **state)
{
    (void)state;
    balance_monitor_free(s.monitor);
    group_end(&s.group);
    target_registry_end(&s.registry);
    loop_settle(&s.loop);
    loop_end(&s.loop);
    return 0;
}

/* As the health monitor does it. */
static void apply(void)
{
    balance_monitor_apply(s.monitor, &s.snapshot, false);
    group_refresh(&s.group);
}

static void become(unsigned i, enum target_state now)
{
    enum target_state before =
        (enum target_state)atomic_load(&s.targets[i]->state);

    atomic_store(&s.targets[i]->state, (uint8_t)now);
    balance_monitor_changed(s.monitor, &s.group, s.targets[i], before);
    group_refresh(&s.group);
}

static void pass(unsigned ms)
{
    for (unsigned i = 0; i < ms; i += 50) {
        s.loop.now_us += 50 * 1000;
        timer_wheel_run(&s.loop.timers, s.loop.now_us);
    }
}

static uint32_t weight(unsigned i)
{
    return s.targets[i]->balance.weight;
}

/* What worker w saw of a target in one period. */
static void count(unsigned i, unsigned w, uint64_t requests, uint64_t errors)
{
    COUNTER_ADD(&s.targets[i]->counts[w], requests, requests);
    COUNTER_ADD(&s.targets[i]->counts[w], errors, errors);
}

/* ---- slow start ---------------------------------------------------------- */

static void test_the_weight_follows_the_clock_until_it_is_full(void **state)
{
    (void)state;
    apply();
    become(0, TARGET_HEALTHY);
    assert_int_equal(weight(0), WEIGHT_FULL); /* nobody else */
    assert_false(atomic_load(&s.group.zones[0].weighted));
    become(1, TARGET_HEALTHY);
    assert_int_equal(weight(1), WEIGHT_FULL / SLOW_START_LEAST);
    assert_true(atomic_load(&s.group.zones[0].weighted));
    pass(SLOW_START_MS / 2);
    assert_in_range(weight(1), WEIGHT_FULL / 2 - 50, WEIGHT_FULL / 2);
    pass(SLOW_START_MS / 2 + BALANCE_RAMP_MS);
    assert_int_equal(weight(1), WEIGHT_FULL);
    assert_false(atomic_load(&s.group.zones[0].weighted));
    assert_false(s.targets[1]->balance.slow_start.on);
}

static void test_the_first_batch_is_at_full_at_once(void **state)
{
    (void)state;
    balance_first_batch(&s.group);
    apply();
    for (unsigned i = 0; i < TARGETS; i++) {
        become(i, TARGET_HEALTHY);
        assert_int_equal(weight(i), WEIGHT_FULL);
    }
    become(2, TARGET_UNHEALTHY);
    become(2, TARGET_HEALTHY); /* it recovered */
    assert_int_equal(weight(2), WEIGHT_FULL / SLOW_START_LEAST);
}

static void test_while_all_others_start_slowly_nobody_does(void **state)
{
    (void)state;
    apply();
    become(0, TARGET_HEALTHY);
    become(1, TARGET_HEALTHY);
    become(0, TARGET_UNHEALTHY);
    assert_true(s.targets[1]->balance.slow_start.on);
    become(2, TARGET_HEALTHY); /* 1 is in slow start, 0 is not healthy */
    assert_int_equal(weight(2), WEIGHT_FULL);
    become(3, TARGET_HEALTHY); /* 2 is there */
    assert_int_equal(weight(3), WEIGHT_FULL / SLOW_START_LEAST);
}

static void test_slow_start_goes_on_in_the_next_snapshot(void **state)
{
    uint32_t before;

    (void)state;
    apply();
    become(0, TARGET_HEALTHY);
    become(1, TARGET_HEALTHY);
    pass(20 * 1000);
    before = weight(1);
    apply();
    assert_in_range(weight(1), before, before + 100);
    pass(20 * 1000);
    assert_in_range(weight(1), before + 1900, before + 2100);
    s.config.attributes.slow_start_ms = 0;
    apply();
    assert_int_equal(weight(1), WEIGHT_FULL);
}

static void test_a_target_that_is_registered_again_begins_anew(void **state)
{
    (void)state;
    apply();
    become(0, TARGET_HEALTHY);
    become(1, TARGET_HEALTHY);
    s.targets[1]->balance.anomaly.anomalous = true;
    count(1, 0, 100, 100);
    balance_begin(s.targets[1]);
    assert_int_equal(weight(1), WEIGHT_FULL);
    assert_false(s.targets[1]->balance.slow_start.on);
    assert_string_equal(balance_anomaly_word(s.targets[1]), "normal");
    assert_int_equal(s.targets[1]->balance.seen.errors, 100);
}

/* ---- anomalies ----------------------------------------------------------- */

static void all_healthy(void)
{
    s.config.attributes.slow_start_ms = 0;
    for (unsigned i = 0; i < TARGETS; i++)
        atomic_store(&s.targets[i]->state, TARGET_HEALTHY);
    apply();
}

/* Some periods in which the second target fails always. */
static void fail_for(unsigned periods)
{
    while (periods--) {
        for (unsigned i = 0; i < TARGETS; i++) {
            count(i, 0, 40, i == 1 ? 40 : 0);
            count(i, 1, 40, i == 1 ? 40 : 1);
        }
        pass(ANOMALY_PERIOD_MS);
    }
}

static void test_counts_of_all_workers_show_an_anomaly(void **state)
{
    (void)state;
    all_healthy();
    fail_for(2);
    for (unsigned i = 0; i < TARGETS; i++) {
        assert_string_equal(balance_anomaly_word(s.targets[i]),
                            i == 1 ? "anomalous" : "normal");
        assert_false(balance_is_mitigated(s.targets[i]));
        assert_int_equal(weight(i), WEIGHT_FULL);
    }
}

static void test_what_came_before_there_were_enough_says_nothing(void **state)
{
    (void)state;
    s.config.ntargets = 2;
    group_end(&s.group);
    group_init(&s.group, &s.config, s.targets, STR(""));
    all_healthy();
    count(1, 0, 1000, 1000);
    s.config.ntargets = TARGETS;
    group_end(&s.group);
    group_init(&s.group, &s.config, s.targets, STR(""));
    apply();
    for (unsigned i = 0; i < TARGETS; i++)
        count(i, 0, 100, 0);
    pass(ANOMALY_PERIOD_MS);
    assert_string_equal(balance_anomaly_word(s.targets[1]), "normal");
    count(1, 0, 100, 100);
    pass(ANOMALY_PERIOD_MS);
    assert_string_equal(balance_anomaly_word(s.targets[1]), "anomalous");
}

static void test_mitigation_cuts_the_weight_in_the_group(void **state)
{
    unsigned got = 0;

    (void)state;
    s.config.attributes.algorithm = ALGORITHM_WEIGHTED_RANDOM;
    s.config.attributes.anomaly_mitigation = true;
    all_healthy();
    fail_for(6);
    assert_true(balance_is_mitigated(s.targets[1]));
    assert_false(balance_is_mitigated(s.targets[0]));
    assert_in_range(weight(1), WEIGHT_FULL / 100, WEIGHT_FULL / 10);
    assert_true(atomic_load(&s.group.zones[0].weighted));
    for (unsigned i = 0; i < 4000; i++)
        got += group_choose(s.group.zones, &s.loop.random) == s.targets[1];
    assert_in_range(got, 1, 400);
    s.config.attributes.anomaly_mitigation = false; /* a new snapshot */
    apply();
    assert_false(balance_is_mitigated(s.targets[1]));
    assert_int_equal(weight(1), WEIGHT_FULL);
    assert_string_equal(balance_anomaly_word(s.targets[1]), "anomalous");
}

static void test_one_that_fails_its_checks_is_no_anomaly_any_more(void **state)
{
    (void)state;
    all_healthy();
    fail_for(2);
    become(1, TARGET_UNHEALTHY);
    assert_string_equal(balance_anomaly_word(s.targets[1]), "normal");
}

static void test_what_only_some_groups_need_sets_no_timer(void **state)
{
    (void)state;
    s.config.ntargets = 2;
    group_end(&s.group);
    group_init(&s.group, &s.config, s.targets, STR(""));
    apply();
    assert_int_equal(timer_wheel_next(&s.loop.timers), UINT64_MAX);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_the_weight_follows_the_clock_until_it_is_full),
        SCENE(test_the_first_batch_is_at_full_at_once),
        SCENE(test_while_all_others_start_slowly_nobody_does),
        SCENE(test_slow_start_goes_on_in_the_next_snapshot),
        SCENE(test_a_target_that_is_registered_again_begins_anew),
        SCENE(test_counts_of_all_workers_show_an_anomaly),
        SCENE(test_what_came_before_there_were_enough_says_nothing),
        SCENE(test_mitigation_cuts_the_weight_in_the_group),
        SCENE(test_one_that_fails_its_checks_is_no_anomaly_any_more),
        SCENE(test_what_only_some_groups_need_sets_no_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
