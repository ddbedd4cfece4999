/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "lb/anomaly.h"
#include "lb/weight.h"

enum { TARGETS_MAX = 20 };

/* Targets that fail as often as they are told to, behind a load balancer that
 * splits what comes by weight: one period is one round. */
struct scene {
    unsigned n;
    struct anomaly anomalies[TARGETS_MAX];
    double fails[TARGETS_MAX]; /* probability */
    unsigned got[TARGETS_MAX]; /* in the last round */
    struct random random;
};

static double dice(struct scene *s)
{
    return (double)(random_u64(&s->random) >> 11) / 9007199254740992.0;
}

static void scene_begin(struct scene *s, unsigned n, uint64_t seed)
{
    *s = (struct scene){.n = n, .random = {{seed, 2, 3, 4}}};
    for (unsigned i = 0; i < 16; i++)
        random_u64(&s->random);
    for (unsigned i = 0; i < n; i++)
        anomaly_begin(&s->anomalies[i]);
}

static unsigned pick(struct scene *s)
{
    double total = 0;
    double point;

    for (unsigned i = 0; i < s->n; i++)
        total += s->anomalies[i].weight;
    point = dice(s) * total;
    for (unsigned i = 0; i + 1 < s->n; i++) {
        if (point < s->anomalies[i].weight)
            return i;
        point -= s->anomalies[i].weight;
    }
    return s->n - 1;
}

static void rounds(struct scene *s, unsigned n, unsigned requests,
                   bool mitigate)
{
    while (n--) {
        struct anomaly_sample samples[TARGETS_MAX] = {{0}};

        for (unsigned i = 0; i < s->n; i++)
            samples[i].anomaly = &s->anomalies[i];
        for (unsigned i = 0; i < requests; i++) {
            unsigned k = pick(s);

            samples[k].requests++;
            samples[k].errors += dice(s) < s->fails[k];
        }
        for (unsigned i = 0; i < s->n; i++)
            s->got[i] = (unsigned)samples[i].requests;
        anomaly_judge(samples, s->n, mitigate);
    }
}

/* 62 */
static void test_two_targets_never_differ(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, 2, 1);
    s.fails[0] = 1;
    rounds(&s, 50, 1000, true);
    for (unsigned i = 0; i < 2; i++) {
        assert_false(s.anomalies[i].anomalous);
        assert_int_equal(s.anomalies[i].weight, WEIGHT_FULL);
    }
}

/* 62 */
static void test_one_of_three_that_fails_is_found_and_cut(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, 3, 2);
    s.fails[1] = 1;
    rounds(&s, 1, 100, true);
    assert_true(s.anomalies[1].anomalous);
    assert_int_equal(s.anomalies[1].weight, WEIGHT_FULL / 4);
    rounds(&s, 6, 100, true);
    assert_true(s.anomalies[1].anomalous);
    assert_in_range(s.anomalies[1].weight, WEIGHT_FULL / 100, WEIGHT_FULL / 10);
    for (unsigned i = 0; i < 3; i += 2) {
        assert_false(s.anomalies[i].anomalous);
        assert_int_equal(s.anomalies[i].weight, WEIGHT_FULL);
    }
}

static void test_half_of_its_answers_failing_is_enough(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, 5, 3);
    s.fails[4] = 0.5;
    rounds(&s, 2, 500, false);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(s.anomalies[i].anomalous, i == 4);
}

static void test_the_cut_leaves_enough_to_be_measured(void **state)
{
    static const unsigned loads[] = {200, 3000, 30000};

    (void)state;
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
        struct scene s;
        double usual = loads[i] / 3.0;

        scene_begin(&s, 4, 4);
        s.fails[0] = 1;
        rounds(&s, 10, loads[i], true);
        assert_true(s.anomalies[0].anomalous);
        assert_in_range(s.anomalies[0].weight * usual, WEIGHT_FULL * 3.0,
                        WEIGHT_FULL * 105.0);
    }
}

/* 62 */
static void
test_one_that_recovers_gets_its_share_back_step_by_step(void **state)
{
    struct scene s;
    uint32_t before;
    unsigned periods = 0;

    (void)state;
    scene_begin(&s, 3, 5);
    s.fails[2] = 1;
    rounds(&s, 8, 3000, true);
    before = s.anomalies[2].weight;
    assert_in_range(before, WEIGHT_FULL / 100, WEIGHT_FULL / 50);
    s.fails[2] = 0;
    while (s.anomalies[2].weight < WEIGHT_FULL) {
        rounds(&s, 1, 3000, true);
        assert_in_range(s.anomalies[2].weight, before / 4, before * 2);
        before = s.anomalies[2].weight;
        assert_in_range(++periods, 1, 30);
    }
    assert_false(s.anomalies[2].anomalous);
    assert_in_range(periods, 5, 30);
}

static void test_one_that_fails_again_on_its_way_up_is_cut_again(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, 3, 6);
    s.fails[0] = 1;
    rounds(&s, 8, 3000, true);
    s.fails[0] = 0;
    while (s.anomalies[0].weight < WEIGHT_FULL / 4)
        rounds(&s, 1, 3000, true);
    s.fails[0] = 1;
    rounds(&s, 5, 3000, true);
    assert_true(s.anomalies[0].anomalous);
    assert_in_range(s.anomalies[0].weight, 1, WEIGHT_FULL / 20);
}

static void test_errors_that_all_have_are_no_anomaly(void **state)
{
    static const double rates[] = {0.01, 0.1, 0.5, 1};

    (void)state;
    for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
        struct scene s;

        scene_begin(&s, 6, 7);
        for (unsigned i = 0; i < 6; i++)
            s.fails[i] = rates[r];
        for (unsigned round = 0; round < 2000; round++) {
            rounds(&s, 1, 60, true);
            for (unsigned i = 0; i < 6; i++)
                assert_false(s.anomalies[i].anomalous);
        }
    }
}

static void test_a_few_points_more_than_the_peers_are_no_anomaly(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, 4, 8);
    s.fails[3] = 0.05; /* surely more than the others, and little */
    rounds(&s, 200, 20000, true);
    assert_false(s.anomalies[3].anomalous);
}

static void test_few_requests_are_gathered_until_they_tell(void **state)
{
    struct scene s;
    unsigned periods = 0;

    (void)state;
    scene_begin(&s, 3, 9);
    s.fails[0] = 1;
    while (!s.anomalies[0].anomalous) {
        rounds(&s, 1, 9, false);
        assert_in_range(++periods, 1, 12);
    }
    assert_in_range(periods, 2, 12); /* 3 errors are not enough */
}

static void test_most_of_the_targets_cannot_be_outliers(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, 4, 10);
    s.fails[0] = s.fails[1] = s.fails[2] = 1;
    rounds(&s, 20, 1000, true);
    for (unsigned i = 0; i < 4; i++)
        assert_false(s.anomalies[i].anomalous);
    scene_begin(&s, 5, 10);
    s.fails[0] = s.fails[1] = 1;
    rounds(&s, 20, 1000, true);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(s.anomalies[i].anomalous, i < 2);
}

static void test_without_mitigation_the_weights_stay_full(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, 3, 11);
    s.fails[0] = 1;
    rounds(&s, 5, 300, true);
    assert_in_range(s.anomalies[0].weight, 1, WEIGHT_FULL / 10);
    rounds(&s, 1, 300, false); /* turned off */
    assert_true(s.anomalies[0].anomalous);
    assert_int_equal(s.anomalies[0].weight, WEIGHT_FULL);
}

static void test_without_requests_nothing_changes(void **state)
{
    struct scene s;
    uint32_t weight;

    (void)state;
    scene_begin(&s, 3, 12);
    rounds(&s, 100, 0, true);
    assert_false(s.anomalies[0].anomalous);
    s.fails[0] = 1;
    rounds(&s, 3, 300, true);
    weight = s.anomalies[0].weight;
    rounds(&s, 10, 0, true);
    assert_true(s.anomalies[0].anomalous);
    assert_in_range(s.anomalies[0].weight, 1, weight);
}

static void test_with_two_left_all_begin_anew(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, 3, 13);
    s.fails[0] = 1;
    rounds(&s, 5, 300, true);
    s.n = 2; /* the third is not healthy any more */
    rounds(&s, 1, 300, true);
    assert_false(s.anomalies[0].anomalous);
    assert_int_equal(s.anomalies[0].weight, WEIGHT_FULL);
}

static void test_errors_of_earlier_requests_count(void **state)
{
    struct anomaly a[3];
    struct anomaly_sample samples[3] = {
        {&a[0], 0, 40}, {&a[1], 40, 0}, {&a[2], 40, 0}};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        anomaly_begin(&a[i]);
    anomaly_judge(samples, 3, false); /* 504s of a minute ago */
    assert_true(a[0].anomalous);
    assert_false(a[1].anomalous || a[2].anomalous);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_targets_never_differ),
        cmocka_unit_test(test_one_of_three_that_fails_is_found_and_cut),
        cmocka_unit_test(test_half_of_its_answers_failing_is_enough),
        cmocka_unit_test(test_the_cut_leaves_enough_to_be_measured),
        cmocka_unit_test(
            test_one_that_recovers_gets_its_share_back_step_by_step),
        cmocka_unit_test(test_one_that_fails_again_on_its_way_up_is_cut_again),
        cmocka_unit_test(test_errors_that_all_have_are_no_anomaly),
        cmocka_unit_test(test_a_few_points_more_than_the_peers_are_no_anomaly),
        cmocka_unit_test(test_few_requests_are_gathered_until_they_tell),
        cmocka_unit_test(test_most_of_the_targets_cannot_be_outliers),
        cmocka_unit_test(test_without_mitigation_the_weights_stay_full),
        cmocka_unit_test(test_without_requests_nothing_changes),
        cmocka_unit_test(test_with_two_left_all_begin_anew),
        cmocka_unit_test(test_errors_of_earlier_requests_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
