/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lb/group.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { GROUPS_MAX = 5 };

/* Draws `draws` times from a cursor at `start`, and counts who got it. */
static void draw(const unsigned *weights, unsigned n, uint64_t start,
                 unsigned draws, unsigned *got)
{
    _Atomic uint64_t cursor = start;

    for (unsigned i = 0; i < n; i++)
        got[i] = 0;
    for (unsigned i = 0; i < draws; i++) {
        int choice = group_weighted(weights, n, &cursor);

        assert_in_range(choice, 0, n - 1);
        got[choice]++;
    }
}

static void test_a_weight_of_0_never_gets_any(void **state)
{
    static const unsigned weights[][3] = {
        {0, 1, 0}, {0, 999, 1}, {1, 0, 1}, {1, 1, 0}, {5, 0, 0}, {0, 0, 7},
    };

    (void)state;
    for (size_t w = 0; w < COUNT(weights); w++) {
        unsigned got[3];

        draw(weights[w], 3, 0, 5000, got);
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(got[i] == 0, weights[w][i] == 0);
    }
}

static void test_with_all_weights_0_there_is_no_choice(void **state)
{
    static const unsigned weights[GROUPS_MAX];
    _Atomic uint64_t cursor = 0;

    (void)state;
    for (unsigned n = 0; n <= GROUPS_MAX; n++) {
        for (unsigned i = 0; i < 10; i++)
            assert_int_equal(group_weighted(weights, n, &cursor), -1);
    }
}

static void test_even_few_draws_keep_90_to_10_within_one(void **state)
{
    static const unsigned weights[] = {90, 10};
    static const unsigned draws[] = {10, 100, 1000};

    (void)state;
    for (size_t d = 0; d < COUNT(draws); d++) {
        unsigned got[2];

        draw(weights, 2, 0, draws[d], got);
        assert_in_range(got[0], draws[d] / 10 * 9 - 1, draws[d] / 10 * 9 + 1);
        assert_int_equal(got[0] + got[1], draws[d]);
    }
}

static void test_any_run_of_draws_keeps_the_proportions(void **state)
{
    static const unsigned weights[] = {90, 10};

    (void)state;
    for (uint64_t start = 0; start < 10000; start += 37) {
        unsigned got[2];

        draw(weights, 2, start, 100, got);
        assert_in_range(got[0], 86, 94);
    }
    for (uint64_t start = UINT64_MAX - 50; start != 50; start++) {
        unsigned got[2];

        draw(weights, 2, start, 100, got); /* the counter comes round */
        assert_in_range(got[0], 84, 96);
    }
}

static void test_five_groups_get_their_shares(void **state)
{
    static const unsigned weights[GROUPS_MAX] = {1, 2, 3, 4, 990};
    static const unsigned full[GROUPS_MAX] = {999, 999, 999, 999, 999};
    unsigned got[GROUPS_MAX];

    (void)state;
    draw(weights, GROUPS_MAX, 0, 100000, got);
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        assert_in_range(got[i], weights[i] * 100 - 10, weights[i] * 100 + 10);
    draw(full, GROUPS_MAX, 0, 1000, got);
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        assert_in_range(got[i], 198, 202);
}

static void test_one_group_gets_all(void **state)
{
    static const unsigned weights[] = {1};
    unsigned got[1];

    (void)state;
    draw(weights, 1, 0, 100, got);
    assert_int_equal(got[0], 100);
}

/* ---- who is eligible ----------------------------------------------------- */

enum { TARGETS_MAX = 12 };

static const struct config_load_balancer some_load_balancer;

/* A group of targets, in use, with health checks and ALB's thresholds. */
struct some {
    struct config_group config;
    struct target targets[TARGETS_MAX];
    struct config_target of_config[TARGETS_MAX];
    struct group group;
    struct random random;
};

static void set_states(struct some *s, const char *states)
{
    for (unsigned i = 0; i < s->group.ntargets; i++) {
        char c = states[i];

        atomic_store(&s->targets[i].state,
                     (uint8_t)(c == 'i'   ? TARGET_INITIAL
                               : c == 'h' ? TARGET_HEALTHY
                               : c == 'u' ? TARGET_UNHEALTHY
                               : c == 'd' ? TARGET_DRAINING
                                          : TARGET_UNUSED));
    }
}

static void some_begin(struct some *s, unsigned n,
                       const struct balancer *balancer)
{
    struct target *list[TARGETS_MAX];

    *s = (struct some){.random = {{1, 2, 3, 4}}};
    for (unsigned i = 0; i < n; i++) {
        list[i] = &s->targets[i];
        s->targets[i].balance.weight = WEIGHT_FULL;
    }
    s->config.ntargets = n;
    s->config.targets = s->of_config;
    s->config.load_balancer = &some_load_balancer;
    s->config.health.enabled = true;
    s->config.attributes.routing_count = 1;
    group_init(&s->group, &s->config, list, STR(""));
    s->group.balancer = balancer;
}

/* Eligible ones as digits, in order. */
static void check_eligible(struct some *s, const char *expected)
{
    char got[TARGETS_MAX + 1] = "";
    unsigned n = atomic_load(&s->group.zones[0].neligible);

    assert_in_range(n, 0, s->group.ntargets);
    for (unsigned i = 0; i < n; i++)
        got[i] = (char)('0' + (group_eligible(s->group.zones, i) - s->targets));
    assert_string_equal(got, expected);
}

static void test_healthy_targets_are_eligible_unless_too_few(void **state)
{
    static const struct {
        const char *states;
        unsigned count, percent;
        const char *eligible;
        bool fail_open;
    } cases[] = {
        {"hhh", 1, 0, "012", false},
        {"huh", 1, 0, "02", false},
        {"iuh", 1, 0, "2", false},  /* initial ones wait */
        {"uuu", 1, 0, "012", true}, /* the default: none is healthy */
        {"iii", 1, 0, "012", true},
        {"iud", 1, 0, "01", true}, /* but never draining ones */
        {"ddd", 1, 0, "", false},  /* 503 */
        {"xxx", 1, 0, "", false},
        {"", 1, 0, "", false},
        {"huu", 2, 0, "012", true}, /* by count */
        {"hhu", 2, 0, "01", false},
        {"hh", 5, 0, "01", true},    /* more than there are */
        {"huuu", 1, 25, "0", false}, /* by percentage */
        {"huuu", 1, 26, "0123", true},
        {"hhuu", 1, 50, "01", false},
        {"hhuu", 1, 51, "0123", true},
        {"hhui", 1, 100, "0123", true},
        {"hhhh", 1, 100, "0123", false},
        {"hhdd", 1, 100, "01", false},   /* of the registered */
        {"hhu", 3, 50, "012", true},     /* both: the count is breached */
        {"hhuuu", 1, 50, "01234", true}, /* both: the percentage is */
        {"hhu", 2, 50, "01", false},     /* both hold */
        {"uuu", 0, 50, "012", true},     /* count off */
        {"huu", 0, 33, "0", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct some s;

        some_begin(&s, (unsigned)strlen(cases[i].states),
                   &balancer_round_robin);
        s.config.attributes.routing_count = cases[i].count;
        s.config.attributes.routing_percent = cases[i].percent;
        set_states(&s, cases[i].states);
        group_refresh(&s.group);
        check_eligible(&s, cases[i].eligible);
        assert_int_equal(atomic_load(&s.group.zones[0].fail_open),
                         cases[i].fail_open);
        group_end(&s.group);
    }
}

static void test_without_health_checks_all_are_eligible(void **state)
{
    struct some s;

    (void)state;
    some_begin(&s, 4, &balancer_round_robin);
    s.config.health.enabled = false;
    set_states(&s, "iuhx");
    group_refresh(&s.group);
    check_eligible(&s, "0123");
    set_states(&s, "iuhd");
    group_refresh(&s.group);
    check_eligible(&s, "012");
    assert_false(atomic_load(&s.group.zones[0].fail_open));
    group_end(&s.group);
}

static void test_a_group_that_is_not_in_use_has_no_eligible_ones(void **state)
{
    struct some s;

    (void)state;
    some_begin(&s, 2, &balancer_round_robin);
    s.config.load_balancer = NULL;
    for (int enabled = 0; enabled < 2; enabled++) {
        s.config.health.enabled = enabled;
        set_states(&s, "hu");
        group_refresh(&s.group);
        check_eligible(&s, "");
        assert_null(group_choose(s.group.zones, &s.random));
    }
    group_end(&s.group);
}

static void test_eligible_ones_follow_the_states(void **state)
{
    static const char *const steps[][2] = {
        {"iiiii", "01234"}, {"ihiii", "1"},   {"ihiih", "14"},
        {"uhuuh", "14"},    {"uhuuu", "1"},   {"uuuuu", "01234"},
        {"uuuuh", "4"},     {"huuuh", "04"},  {"hhhhh", "01234"},
        {"hhhhu", "0123"},  {"uhhhu", "123"}, {"ddddd", ""},
    };
    struct some s;

    (void)state;
    some_begin(&s, 5, &balancer_round_robin);
    for (size_t i = 0; i < COUNT(steps); i++) {
        set_states(&s, steps[i][0]);
        group_refresh(&s.group);
        check_eligible(&s, steps[i][1]);
    }
    group_end(&s.group);
}

/* The list is that of an old snapshot: nobody refreshes it. */
static void test_another_one_was_not_tried_and_does_not_drain(void **state)
{
    static const struct {
        const char *states;
        const char *tried;
        const char *others; /* any of them */
    } cases[] = {
        {"hhhh", "", "0123"}, {"hhhh", "2", "013"}, {"hdhh", "2", "03"},
        {"hddh", "03", ""},   {"dddh", "", "3"},    {"dddd", "", ""},
        {"uidh", "0", "13"},  {"hhhh", "0123", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct target *tried[4];
        unsigned ntried = 0;
        struct some s;

        some_begin(&s, 4, &balancer_round_robin);
        set_states(&s, "hhhh");
        group_refresh(&s.group);
        set_states(&s, cases[i].states);
        for (const char *p = cases[i].tried; *p; p++)
            tried[ntried++] = &s.targets[*p - '0'];
        for (unsigned draw = 0; draw < 8; draw++) {
            struct target *t = group_choose_other(s.group.zones, tried, ntried);

            if (cases[i].others[0] == '\0')
                assert_null(t);
            else
                assert_non_null(
                    strchr(cases[i].others, (int)('0' + (t - s.targets))));
        }
        group_end(&s.group);
    }
}

/* ---- one writes, others read --------------------------------------------- */

struct reading {
    struct some *some;
    _Atomic bool *stop;
    unsigned chosen;
    unsigned none;
    unsigned strange;
};

static void *read_on(void *arg)
{
    struct reading *r = arg;
    struct random random = {{1, 2, 3, 4}};

    while (!atomic_load(r->stop)) {
        struct target *t = group_choose(r->some->group.zones, &random);

        if (t == NULL)
            r->none++;
        else if (t < r->some->targets || t >= r->some->targets + TARGETS_MAX)
            r->strange++;
        else
            r->chosen++;
    }
    return NULL;
}

static void write_states(struct some *s, unsigned refreshes)
{
    uint64_t x = 1;

    for (unsigned i = 0; i < refreshes; i++) {
        char states[TARGETS_MAX];

        x = x * 6364136223846793005u + 1442695040888963407u;
        for (unsigned k = 0; k < TARGETS_MAX; k++)
            states[k] = x >> (20 + k) & 1 ? 'h' : 'u';
        set_states(s, states);
        group_refresh(&s->group);
    }
}

static void test_readers_always_find_a_target_of_the_group(void **state)
{
    static const struct balancer *const balancers[] = {
        &balancer_round_robin, &balancer_least_outstanding};

    (void)state;
    for (int b = 0; b < 2; b++) {
        struct some s;
        _Atomic bool stop = false;
        struct reading readings[2] = {{.some = &s, .stop = &stop},
                                      {.some = &s, .stop = &stop}};
        pthread_t threads[2];

        some_begin(&s, TARGETS_MAX, balancers[b]);
        group_refresh(&s.group);
        for (int i = 0; i < 2; i++)
            assert_int_equal(
                pthread_create(&threads[i], NULL, read_on, &readings[i]), 0);
        write_states(&s, 20000);
        atomic_store(&stop, true);
        for (int i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
            /* with targets that fail open there is always one */
            assert_int_equal(readings[i].none + readings[i].strange, 0);
        }
        group_end(&s.group);
    }
}

/* ---- balancers ----------------------------------------------------------- */

/* All of them healthy. */
static void some_targets(struct some *s, unsigned n,
                         const struct balancer *balancer)
{
    some_begin(s, n, balancer);
    set_states(s, "hhhhhhhhhhhh");
    group_refresh(&s->group);
}

static unsigned chosen(struct some *s)
{
    return (unsigned)(group_choose(s->group.zones, &s->random) - s->targets);
}

static void test_a_group_without_targets_has_no_choice(void **state)
{
    static const struct balancer *const balancers[] = {
        &balancer_round_robin, &balancer_least_outstanding};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct some s;

        some_targets(&s, 0, balancers[i]);
        assert_null(group_choose(s.group.zones, &s.random));
        group_end(&s.group);
    }
}

static void test_round_robin_takes_each_in_turn(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 7; n++) {
        struct some s;

        some_targets(&s, n, &balancer_round_robin);
        for (unsigned i = 0; i < 5 * n; i++)
            assert_int_equal(chosen(&s), i % n);
        group_end(&s.group);
    }
}

static void test_round_robin_does_not_look_at_requests_in_progress(void **state)
{
    struct some s;

    (void)state;
    some_targets(&s, 3, &balancer_round_robin);
    atomic_store(&s.targets[1].outstanding, 1000);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(chosen(&s), i % 3);
    assert_false(balancer_round_robin.counts_outstanding);
    group_end(&s.group);
}

static void test_least_outstanding_takes_the_least(void **state)
{
    static const unsigned counts[][4] = {
        {0, 1, 1, 1}, {9, 3, 4, 5}, {2, 2, 1, 2}, {7, 7, 7, 6}};
    static const unsigned least[] = {0, 1, 2, 3};

    (void)state;
    for (size_t c = 0; c < COUNT(counts); c++) {
        struct some s;

        some_targets(&s, 4, &balancer_least_outstanding);
        for (unsigned i = 0; i < 4; i++)
            atomic_store(&s.targets[i].outstanding, counts[c][i]);
        for (unsigned i = 0; i < 8; i++) /* wherever the turn stands */
            assert_int_equal(chosen(&s), least[c]);
        group_end(&s.group);
    }
    assert_true(balancer_least_outstanding.counts_outstanding);
}

static void test_least_outstanding_takes_turns_among_equals(void **state)
{
    struct some s;

    (void)state;
    some_targets(&s, 5, &balancer_least_outstanding);
    for (unsigned i = 0; i < 25; i++)
        assert_int_equal(chosen(&s), i % 5);
    atomic_store(&s.targets[0].outstanding, 1);
    atomic_store(&s.targets[3].outstanding, 1);
    for (unsigned round = 0; round < 5; round++) {
        unsigned got[5] = {0};

        for (unsigned i = 0; i < 5; i++)
            got[chosen(&s)]++;
        assert_int_equal(got[0] + got[3], 0);
        for (unsigned i = 0; i < 5; i++)
            assert_true(i == 0 || i == 3 || got[i]);
    }
    group_end(&s.group);
}

static void test_least_outstanding_evens_out_what_it_is_given(void **state)
{
    struct some s;

    (void)state;
    some_targets(&s, 3, &balancer_least_outstanding);
    atomic_store(&s.targets[0].outstanding, 10);
    atomic_store(&s.targets[1].outstanding, 4);
    for (unsigned i = 0; i < 16; i++)
        atomic_fetch_add(&s.targets[chosen(&s)].outstanding, 1);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(atomic_load(&s.targets[i].outstanding), 10);
    group_end(&s.group);
}

static void test_balancers_choose_among_the_eligible_only(void **state)
{
    static const unsigned fit[] = {1, 4, 5};
    struct some s;

    (void)state;
    some_targets(&s, 6, &balancer_round_robin);
    set_states(&s, "uhuuhh");
    group_refresh(&s.group);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(chosen(&s), fit[i % 3]);

    group_end(&s.group);
    some_targets(&s, 6, &balancer_least_outstanding);
    set_states(&s, "uhuuhh");
    group_refresh(&s.group);
    atomic_store(&s.targets[1].outstanding, 3);
    atomic_store(&s.targets[4].outstanding, 2);
    atomic_store(&s.targets[5].outstanding, 4);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(chosen(&s), 4); /* 0 has none, but is not fit */
    group_end(&s.group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_weight_of_0_never_gets_any),
        cmocka_unit_test(test_with_all_weights_0_there_is_no_choice),
        cmocka_unit_test(test_even_few_draws_keep_90_to_10_within_one),
        cmocka_unit_test(test_any_run_of_draws_keeps_the_proportions),
        cmocka_unit_test(test_five_groups_get_their_shares),
        cmocka_unit_test(test_one_group_gets_all),
        cmocka_unit_test(test_healthy_targets_are_eligible_unless_too_few),
        cmocka_unit_test(test_without_health_checks_all_are_eligible),
        cmocka_unit_test(test_a_group_that_is_not_in_use_has_no_eligible_ones),
        cmocka_unit_test(test_eligible_ones_follow_the_states),
        cmocka_unit_test(test_another_one_was_not_tried_and_does_not_drain),
        cmocka_unit_test(test_readers_always_find_a_target_of_the_group),
        cmocka_unit_test(test_a_group_without_targets_has_no_choice),
        cmocka_unit_test(test_round_robin_takes_each_in_turn),
        cmocka_unit_test(
            test_round_robin_does_not_look_at_requests_in_progress),
        cmocka_unit_test(test_least_outstanding_takes_the_least),
        cmocka_unit_test(test_least_outstanding_takes_turns_among_equals),
        cmocka_unit_test(test_least_outstanding_evens_out_what_it_is_given),
        cmocka_unit_test(test_balancers_choose_among_the_eligible_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
