/* SPDX-License-Identifier: Apache-2.0 */
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

/* ---- balancers ----------------------------------------------------------- */

struct some {
    struct target targets[7];
    struct target *list[7];
    struct group group;
};

static void some_targets(struct some *s, unsigned n,
                         const struct balancer *balancer)
{
    *s = (struct some){0};
    for (unsigned i = 0; i < n; i++)
        s->list[i] = &s->targets[i];
    s->group.targets = s->list;
    s->group.ntargets = n;
    s->group.balancer = balancer;
}

static unsigned chosen(struct some *s)
{
    return (unsigned)(group_choose(&s->group) - s->targets);
}

static void test_a_group_without_targets_has_no_choice(void **state)
{
    static const struct balancer *const balancers[] = {
        &balancer_round_robin, &balancer_least_outstanding};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct some s;

        some_targets(&s, 0, balancers[i]);
        assert_null(group_choose(&s.group));
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
        cmocka_unit_test(test_a_group_without_targets_has_no_choice),
        cmocka_unit_test(test_round_robin_takes_each_in_turn),
        cmocka_unit_test(
            test_round_robin_does_not_look_at_requests_in_progress),
        cmocka_unit_test(test_least_outstanding_takes_the_least),
        cmocka_unit_test(test_least_outstanding_takes_turns_among_equals),
        cmocka_unit_test(test_least_outstanding_evens_out_what_it_is_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
