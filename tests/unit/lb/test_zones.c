/* SPDX-License-Identifier: Apache-2.0
 *
 * Zones of a group, and weights within them.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lb/group.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { TARGETS_MAX = 12, CLIENTS = 3000 };

static const struct config_load_balancer some_load_balancer;

/* Targets written as zone and state: "a:h a:u -:h" (-: without a zone). */
struct some {
    struct config_group config;
    struct config_target of_config[TARGETS_MAX];
    struct target targets[TARGETS_MAX];
    struct target *list[TARGETS_MAX];
    struct group group;
    struct random random;
};

static enum target_state state_of(char c)
{
    return c == 'h'   ? TARGET_HEALTHY
           : c == 'u' ? TARGET_UNHEALTHY
           : c == 'd' ? TARGET_DRAINING
                      : TARGET_INITIAL;
}

static void some_begin(struct some *s, const char *text)
{
    struct str rest = str_of(text);

    *s = (struct some){.random = {{1, 2, 3, 4}}};
    s->config.targets = s->of_config;
    s->config.load_balancer = &some_load_balancer;
    s->config.health.enabled = true;
    s->config.attributes.routing_count = 1;
    s->config.attributes.dns_count = 1;
    s->config.attributes.cross_zone = CROSS_ZONE_FALSE;
    while (rest.n) {
        struct str word = str_cut(&rest, ' ');
        unsigned i = s->config.ntargets++;

        s->list[i] = &s->targets[i];
        s->targets[i].balance.weight = WEIGHT_FULL;
        atomic_store(&s->targets[i].state, (uint8_t)state_of(word.p[2]));
        if (word.p[0] != '-')
            s->of_config[i].zone = str_make(word.p, 1);
    }
}

static void some_make(struct some *s, const char *here)
{
    group_init(&s->group, &s->config, s->list, str_of(here));
    group_refresh(&s->group);
}

static unsigned chosen(struct some *s, struct group_zone *zone)
{
    return (unsigned)(group_choose(zone, &s->random) - s->targets);
}

static void check_eligible(struct some *s, const struct group_zone *zone,
                           const char *expected)
{
    char got[TARGETS_MAX + 1] = "";
    unsigned n = atomic_load(&zone->neligible);

    for (unsigned i = 0; i < n; i++)
        got[i] = (char)('0' + (group_eligible(zone, i) - s->targets));
    assert_string_equal(got, expected);
}

/* ---- which zones there are ----------------------------------------------- */

static void test_with_cross_zone_all_targets_are_in_one_zone(void **state)
{
    static const enum cross_zone on[] = {CROSS_ZONE_TRUE, CROSS_ZONE_INHERIT};

    (void)state;
    for (size_t i = 0; i < COUNT(on); i++) {
        struct some s;

        some_begin(&s, "a:h b:h -:h a:h");
        s.config.attributes.cross_zone = on[i];
        some_make(&s, i ? "b" : ""); /* where we are does not matter */
        assert_int_equal(s.group.nzones, 1);
        check_eligible(&s, s.group.zones, "0123");
        group_end(&s.group);
    }
}

/* 76 */
static void test_without_cross_zone_each_zone_has_its_own(void **state)
{
    static const char *const eligible[] = {"03", "14", "2"};
    struct some s;

    (void)state;
    some_begin(&s, "a:h b:h -:h a:h b:h b:u");
    some_make(&s, "");
    assert_int_equal(s.group.nzones, 3);
    for (unsigned i = 0; i < 3; i++)
        check_eligible(&s, &s.group.zones[i], eligible[i]);
    group_end(&s.group);
}

/* 76 */
static void test_a_process_of_one_zone_has_only_its_targets(void **state)
{
    static const struct {
        const char *targets, *here, *eligible;
    } cases[] = {
        {"a:h b:h a:h", "a", "02"},
        {"a:h b:h a:h", "b", "1"},
        {"a:h b:h a:h", "c", ""},   /* 503 */
        {"a:h -:h b:h", "b", "12"}, /* without a zone: here */
        {"a:u b:h a:u", "a", "02"}, /* fails open on its own */
        {"", "a", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct some s;

        some_begin(&s, cases[i].targets);
        some_make(&s, cases[i].here);
        assert_int_equal(s.group.nzones, 1);
        check_eligible(&s, s.group.zones, cases[i].eligible);
        for (uint64_t client = 0; client < 10; client++)
            assert_ptr_equal(group_zone_of(&s.group, client), s.group.zones);
        if (cases[i].eligible[0] == '\0')
            assert_null(group_choose(s.group.zones, &s.random));
        group_end(&s.group);
    }
}

static void test_a_group_without_targets_has_an_empty_zone(void **state)
{
    struct some s;

    (void)state;
    some_begin(&s, "");
    some_make(&s, "");
    assert_int_equal(s.group.nzones, 1);
    assert_null(group_choose(group_zone_of(&s.group, 7), &s.random));
    group_end(&s.group);
}

/* ---- where clients are --------------------------------------------------- */

static void count_clients(struct some *s, unsigned *counts)
{
    for (unsigned i = 0; i < s->group.nzones; i++)
        counts[i] = 0;
    for (uint64_t client = 0; client < CLIENTS; client++)
        counts[group_zone_of(&s->group, client) - s->group.zones]++;
}

/* 76 */
static void test_clients_spread_over_the_zones_and_stay(void **state)
{
    struct some s;
    unsigned counts[3];

    (void)state;
    some_begin(&s, "a:h b:h c:h");
    some_make(&s, "");
    count_clients(&s, counts);
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(counts[i], CLIENTS / 3 - 150, CLIENTS / 3 + 150);
    for (uint64_t client = 0; client < 100; client++) {
        const struct group_zone *zone = group_zone_of(&s.group, client);

        for (unsigned i = 0; i < 5; i++)
            assert_ptr_equal(group_zone_of(&s.group, client), zone);
    }
    group_end(&s.group);
}

static void test_only_clients_of_a_zone_that_goes_out_of_dns_move(void **state)
{
    struct some s;
    const struct group_zone *before[CLIENTS];

    (void)state;
    some_begin(&s, "a:h b:h c:h");
    some_make(&s, "");
    for (uint64_t client = 0; client < CLIENTS; client++)
        before[client] = group_zone_of(&s.group, client);
    atomic_store(&s.targets[1].state, TARGET_UNHEALTHY);
    group_refresh(&s.group);
    for (uint64_t client = 0; client < CLIENTS; client++) {
        const struct group_zone *now = group_zone_of(&s.group, client);

        assert_ptr_not_equal(now, &s.group.zones[1]);
        if (before[client] != &s.group.zones[1])
            assert_ptr_equal(now, before[client]);
    }
    group_end(&s.group);
}

static void test_groups_with_the_same_zones_agree_on_the_client(void **state)
{
    struct some s, t;

    (void)state;
    some_begin(&s, "a:h b:h c:h");
    some_make(&s, "");
    some_begin(&t, "c:h b:h c:h a:h");
    some_make(&t, "");
    for (uint64_t client = 0; client < 100; client++)
        assert_true(str_eq(group_zone_of(&s.group, client)->name,
                           group_zone_of(&t.group, client)->name));
    group_end(&s.group);
    group_end(&t.group);
}

static void test_thresholds_are_those_of_each_zone(void **state)
{
    static const struct {
        const char *targets; /* of the zones a and b */
        uint32_t dns_count, dns_percent, count, percent;
        const char *dns_out, *fail_open; /* y or n for a and b */
    } cases[] = {
        {"a:h a:u b:h b:h", 1, 0, 1, 0, "nn", "nn"},
        {"a:u a:u b:h b:h", 1, 0, 1, 0, "yn", "yn"},
        {"a:i a:u b:h b:h", 1, 0, 1, 0, "yn", "yn"},
        {"a:h a:u b:h b:h", 2, 0, 1, 0, "yn", "nn"},
        {"a:h a:u b:h b:h", 2, 0, 2, 0, "yn", "yn"},
        {"a:h a:u b:h b:h", 0, 50, 1, 0, "nn", "nn"},
        {"a:h a:u b:h b:h", 0, 51, 1, 0, "yn", "nn"},
        {"a:h a:u b:h b:h", 0, 51, 1, 51, "yn", "yn"},
        {"a:h a:u b:h b:h", 0, 0, 1, 0, "nn", "nn"},   /* off */
        {"a:u a:u b:h b:h", 0, 0, 1, 0, "nn", "yn"},   /* off */
        {"a:h a:u b:h b:h", 1, 100, 1, 0, "yn", "nn"}, /* either */
        {"a:h a:u b:h b:h", 2, 50, 1, 0, "yn", "nn"},
        {"a:h a:d b:h b:h", 0, 100, 1, 100, "nn", "nn"}, /* of registered */
        {"a:d a:d b:h b:h", 1, 0, 1, 0, "yn", "nn"},     /* nobody is left */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct some s;

        some_begin(&s, cases[i].targets);
        s.config.attributes.dns_count = cases[i].dns_count;
        s.config.attributes.dns_percent = cases[i].dns_percent;
        s.config.attributes.routing_count = cases[i].count;
        s.config.attributes.routing_percent = cases[i].percent;
        some_make(&s, "");
        for (unsigned z = 0; z < 2; z++) {
            assert_int_equal(atomic_load(&s.group.zones[z].dns_out),
                             cases[i].dns_out[z] == 'y');
            assert_int_equal(atomic_load(&s.group.zones[z].fail_open),
                             cases[i].fail_open[z] == 'y');
        }
        group_end(&s.group);
    }
}

static void test_with_cross_zone_percentages_are_of_all(void **state)
{
    struct some s;

    (void)state;
    some_begin(&s, "a:u a:u b:h b:h");
    s.config.attributes.cross_zone = CROSS_ZONE_TRUE;
    s.config.attributes.dns_percent = 50;
    s.config.attributes.routing_percent = 50;
    some_make(&s, "");
    assert_false(atomic_load(&s.group.zones[0].dns_out));
    assert_false(atomic_load(&s.group.zones[0].fail_open));
    check_eligible(&s, s.group.zones, "23");
    group_end(&s.group);
}

static void test_when_all_zones_are_out_of_dns_all_stay_in(void **state)
{
    struct some s;
    unsigned counts[2];

    (void)state;
    some_begin(&s, "a:u b:i a:u b:u");
    some_make(&s, "");
    count_clients(&s, counts);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(atomic_load(&s.group.zones[i].dns_out));
        assert_in_range(counts[i], CLIENTS / 2 - 200, CLIENTS / 2 + 200);
    }
    check_eligible(&s, &s.group.zones[0], "02"); /* fails open */
    group_end(&s.group);
}

static void test_turns_of_each_zone_go_on_in_the_next_snapshot(void **state)
{
    struct some s, t;

    (void)state;
    some_begin(&s, "a:h b:h a:h");
    some_make(&s, "");
    for (unsigned i = 0; i < 3; i++)
        group_choose(&s.group.zones[0], &s.random);
    some_begin(&t, "b:h a:h a:h c:h");
    some_make(&t, "");
    group_carry(&t.group, &s.group);
    assert_int_equal(atomic_load(&t.group.zones[0].cursor), 0);
    assert_int_equal(atomic_load(&t.group.zones[1].cursor), 3);
    assert_int_equal(atomic_load(&t.group.zones[2].cursor), 0);
    group_end(&s.group);
    group_end(&t.group);
}

static void test_may_choose_tells_who_may_get_requests_now(void **state)
{
    static const struct {
        const char *targets;
        const char *may; /* y or n for each */
    } cases[] = {
        {"a:h a:u a:i a:d", "ynnn"},
        {"a:u a:u a:i a:d", "yyyn"},
        {"a:h a:u b:u b:i b:d", "ynyyn"}, /* b fails open, a does not */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct some s;

        some_begin(&s, cases[i].targets);
        some_make(&s, "");
        for (unsigned k = 0; k < s.config.ntargets; k++)
            assert_int_equal(group_may_choose(&s.group, &s.targets[k]),
                             cases[i].may[k] == 'y');
        group_end(&s.group);
    }
}

/* ---- weights ------------------------------------------------------------- */

static void weigh(struct some *s, const uint32_t *weights)
{
    for (unsigned i = 0; i < s->config.ntargets; i++)
        s->targets[i].balance.weight = weights[i];
    group_refresh(&s->group);
}

static void check_shares(struct some *s, const uint32_t *weights,
                         unsigned draws, double most_off)
{
    unsigned got[TARGETS_MAX] = {0};
    double total = 0;

    for (unsigned i = 0; i < draws; i++)
        got[chosen(s, s->group.zones)]++;
    for (unsigned i = 0; i < s->config.ntargets; i++)
        total += weights[i];
    for (unsigned i = 0; i < s->config.ntargets; i++) {
        double off = got[i] - draws * weights[i] / total;

        if (off < -most_off || off > most_off)
            fail_msg("target %u got %u, off by %.1f", i, got[i], off);
    }
}

static const struct {
    const char *targets;
    uint32_t weights[TARGETS_MAX];
} shares[] = {
    {"a:h a:h", {WEIGHT_FULL, WEIGHT_FULL}},
    {"a:h a:h", {WEIGHT_FULL, 100}},
    {"a:h a:h a:h", {5000, WEIGHT_FULL, WEIGHT_FULL}},
    {"a:h a:h a:h a:h", {WEIGHT_FULL, 1, 2500, 7500}},
    {"a:h a:h a:h a:h a:h a:h a:h", {1, 2, 3, 4, 5, 6, 7}},
    {"a:h", {100}},
};

/* 63 */
static void test_round_robin_walks_by_weight(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shares); i++) {
        struct some s;

        some_begin(&s, shares[i].targets);
        some_make(&s, "");
        weigh(&s, shares[i].weights);
        check_shares(&s, shares[i].weights, 1000, 6);
        check_shares(&s, shares[i].weights, 20000, 8);
        group_end(&s.group);
    }
}

/* 61 */
static void test_weighted_random_throws_dice_by_weight(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shares); i++) {
        struct some s;

        some_begin(&s, shares[i].targets);
        s.config.attributes.algorithm = ALGORITHM_WEIGHTED_RANDOM;
        some_make(&s, "");
        assert_ptr_equal(s.group.balancer, &balancer_weighted_random);
        weigh(&s, shares[i].weights);
        check_shares(&s, shares[i].weights, 40000, 5 * 100); /* 5 sigma */
        group_end(&s.group);
    }
}

/* 61: in turns no target would ever come twice. */
static void test_weighted_random_is_no_sequence(void **state)
{
    struct some s;
    unsigned last = 0;
    unsigned again = 0;

    (void)state;
    some_begin(&s, "a:h a:h a:h a:h");
    s.config.attributes.algorithm = ALGORITHM_WEIGHTED_RANDOM;
    some_make(&s, "");
    for (unsigned i = 0; i < 4000; i++) {
        unsigned now = chosen(&s, s.group.zones);

        again += now == last;
        last = now;
    }
    assert_in_range(again, 850, 1150);
    assert_false(atomic_load(&s.group.zones[0].weighted));
    group_end(&s.group);
}

static void test_equal_weights_leave_the_plain_sequence(void **state)
{
    static const uint32_t less[TARGETS_MAX] = {WEIGHT_FULL, WEIGHT_FULL / 2,
                                               WEIGHT_FULL};
    static const uint32_t full[TARGETS_MAX] = {WEIGHT_FULL, WEIGHT_FULL,
                                               WEIGHT_FULL};
    struct some s;

    (void)state;
    some_begin(&s, "a:h a:h a:h");
    some_make(&s, "");
    weigh(&s, less);
    assert_true(atomic_load(&s.group.zones[0].weighted));
    weigh(&s, full);
    assert_false(atomic_load(&s.group.zones[0].weighted));
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(chosen(&s, s.group.zones), i % 3);
    group_end(&s.group);
}

static void test_weights_count_in_the_zone_of_the_target(void **state)
{
    static const uint32_t weights[TARGETS_MAX] = {WEIGHT_FULL, WEIGHT_FULL,
                                                  2500, WEIGHT_FULL};
    struct some s;
    unsigned got = 0;

    (void)state;
    some_begin(&s, "a:h a:h b:h b:h");
    some_make(&s, "");
    weigh(&s, weights);
    assert_false(atomic_load(&s.group.zones[0].weighted));
    for (unsigned i = 0; i < 1000; i++)
        got += chosen(&s, &s.group.zones[1]) == 2;
    assert_in_range(got, 195, 205); /* a quarter to one */
    group_end(&s.group);
}

static void test_a_group_that_fails_open_ignores_weights(void **state)
{
    static const uint32_t weights[TARGETS_MAX] = {1, WEIGHT_FULL};
    struct some s;
    unsigned got = 0;

    (void)state;
    some_begin(&s, "a:u a:u");
    some_make(&s, "");
    weigh(&s, weights);
    for (unsigned i = 0; i < 100; i++)
        got += chosen(&s, s.group.zones) == 0;
    assert_int_equal(got, 50);
    group_end(&s.group);
}

/* ---- one writes, others read --------------------------------------------- */

struct reading {
    struct some *some;
    _Atomic bool *stop;
    unsigned strange;
};

static void *read_on(void *arg)
{
    struct reading *r = arg;
    struct some *s = r->some;
    struct random random = {{5, 6, 7, 8}};
    uint64_t client = 0;

    while (!atomic_load(r->stop)) {
        struct target *t =
            group_choose(group_zone_of(&s->group, client++), &random);

        r->strange += t < s->targets || t >= s->targets + TARGETS_MAX;
    }
    return NULL;
}

static void test_readers_find_a_target_whatever_weights_do(void **state)
{
    static const enum algorithm algorithms[] = {ALGORITHM_ROUND_ROBIN,
                                                ALGORITHM_WEIGHTED_RANDOM};

    (void)state;
    for (size_t a = 0; a < COUNT(algorithms); a++) {
        struct some s;
        _Atomic bool stop = false;
        struct reading readings[2] = {{&s, &stop, 0}, {&s, &stop, 0}};
        struct random random = {{9, 8, 7, 6}};
        pthread_t threads[2];

        some_begin(&s, "a:h a:h b:h b:h a:h b:h a:h b:h b:h a:h a:h b:h");
        s.config.attributes.algorithm = algorithms[a];
        some_make(&s, "");
        for (int i = 0; i < 2; i++)
            assert_int_equal(
                pthread_create(&threads[i], NULL, read_on, &readings[i]), 0);
        for (unsigned i = 0; i < 20000; i++) {
            uint64_t bits = random_u64(&random);
            struct target *t = &s.targets[bits % TARGETS_MAX];

            t->balance.weight = 1 + (uint32_t)(bits >> 8) % WEIGHT_FULL;
            atomic_store(&t->state,
                         bits >> 40 & 1 ? TARGET_HEALTHY : TARGET_UNHEALTHY);
            group_refresh(&s.group);
        }
        atomic_store(&stop, true);
        for (int i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(readings[i].strange, 0);
        }
        group_end(&s.group);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_with_cross_zone_all_targets_are_in_one_zone),
        cmocka_unit_test(test_without_cross_zone_each_zone_has_its_own),
        cmocka_unit_test(test_a_process_of_one_zone_has_only_its_targets),
        cmocka_unit_test(test_a_group_without_targets_has_an_empty_zone),
        cmocka_unit_test(test_clients_spread_over_the_zones_and_stay),
        cmocka_unit_test(test_only_clients_of_a_zone_that_goes_out_of_dns_move),
        cmocka_unit_test(test_groups_with_the_same_zones_agree_on_the_client),
        cmocka_unit_test(test_thresholds_are_those_of_each_zone),
        cmocka_unit_test(test_with_cross_zone_percentages_are_of_all),
        cmocka_unit_test(test_when_all_zones_are_out_of_dns_all_stay_in),
        cmocka_unit_test(test_turns_of_each_zone_go_on_in_the_next_snapshot),
        cmocka_unit_test(test_may_choose_tells_who_may_get_requests_now),
        cmocka_unit_test(test_round_robin_walks_by_weight),
        cmocka_unit_test(test_weighted_random_throws_dice_by_weight),
        cmocka_unit_test(test_weighted_random_is_no_sequence),
        cmocka_unit_test(test_equal_weights_leave_the_plain_sequence),
        cmocka_unit_test(test_weights_count_in_the_zone_of_the_target),
        cmocka_unit_test(test_a_group_that_fails_open_ignores_weights),
        cmocka_unit_test(test_readers_find_a_target_whatever_weights_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
