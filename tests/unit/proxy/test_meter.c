/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lb/group.h"
#include "proxy/meter_cell.h"

enum { WORKERS = 2 };

#define LB STR("app/web/50dc6c495c0c9188")
#define TG STR("targetgroup/blue/73e2d6bc24d8a067")

static int setup(void **state)
{
    *state = meters_new(WORKERS);
    return 0;
}

static int teardown(void **state)
{
    meters_free(*state);
    return 0;
}

/* What a reading has, for one look at it. */
struct seen {
    struct region region;
    struct meters_reading reading;
};

static void take(struct seen *seen, struct meters *meters)
{
    *seen = (struct seen){.region = {NULL}};
    seen->reading = meters_read(meters, &seen->region);
}

static void look(struct seen *seen, const struct meters *meters)
{
    *seen = (struct seen){.region = {NULL}};
    seen->reading = meters_look(meters, &seen->region);
}

static const struct balancer_reading *balancer_of(const struct seen *seen,
                                                  const char *zone)
{
    for (unsigned i = 0; i < seen->reading.nbalancers; i++) {
        if (str_eq(seen->reading.balancers[i].zone, str_of(zone)))
            return &seen->reading.balancers[i];
    }
    fail_msg("no row of a load balancer for zone \"%s\"", zone);
    return NULL;
}

/* ---- who has one --------------------------------------------------------------- */

static void test_a_name_has_one_meter(void **state)
{
    struct meters *meters = *state;
    struct meter *lb = meters_balancer(meters, LB);
    struct meter *tg = meters_group(meters, LB, TG);

    assert_ptr_equal(meters_balancer(meters, LB), lb);
    assert_ptr_equal(meters_group(meters, LB, TG), tg);
    assert_ptr_not_equal(meters_group(meters, STR("app/b/1"), TG), tg);
    assert_int_equal(meters_kept(meters), 4);
}

static void test_a_worker_has_one_cell_of_a_zone(void **state)
{
    struct meters *meters = *state;
    struct meter *lb = meters_balancer(meters, LB);
    struct balancer_cell *cell = meter_balancer_cell(lb, 0, 3);

    assert_ptr_equal(meter_balancer_cell(lb, 0, 3), cell);
    assert_ptr_not_equal(meter_balancer_cell(lb, 0, 4), cell);
    assert_ptr_not_equal(meter_balancer_cell(lb, 1, 3), cell);
    assert_ptr_equal(meter_balancer_cell(lb, 0, 3), cell);
    assert_null(meter_balancer_cell(NULL, 0, 0));
}

/* ---- reading ------------------------------------------------------------------- */

static void test_counts_of_workers_are_one_sum_in_each_zone(void **state)
{
    struct meters *meters = *state;
    struct meter *lb = meters_balancer(meters, LB);
    unsigned a = meters_zone(meters, STR("eu-north-1a"));
    unsigned b = meters_zone(meters, STR("eu-north-1b"));
    struct seen seen;

    assert_int_equal(meters_zone(meters, STR("eu-north-1a")), a);
    assert_int_equal(meters_zone(meters, STR("")), METER_ZONE_NONE);
    balancer_cell_add(meter_balancer_cell(lb, 0, a), BALANCER_requests, 5);
    balancer_cell_add(meter_balancer_cell(lb, 1, a), BALANCER_requests, 7);
    balancer_cell_add(meter_balancer_cell(lb, 1, b), BALANCER_elb_502, 2);
    take(&seen, meters);
    assert_int_equal(seen.reading.nbalancers, 2);
    assert_int_equal(
        balancer_of(&seen, "eu-north-1a")->counts[BALANCER_requests], 12);
    assert_int_equal(
        balancer_of(&seen, "eu-north-1b")->counts[BALANCER_requests], 0);
    assert_int_equal(
        balancer_of(&seen, "eu-north-1b")->counts[BALANCER_elb_502], 2);
    assert_true(str_eq(seen.reading.balancers[0].balancer, LB));
    region_end(&seen.region);
}

static void
test_connections_to_targets_are_also_the_load_balancers(void **state)
{
    struct meters *meters = *state;
    struct meter *lb = meters_balancer(meters, LB);
    struct meter *tg = meters_group(meters, LB, TG);
    struct connection_meter *client =
        &meter_balancer_cell(lb, 0, 0)->cell.connections;
    struct connection_meter *target =
        &meter_group_cell(tg, 0, 0)->cell.connections;
    struct connection_count counts[5];
    struct seen seen;

    for (unsigned i = 0; i < 5; i++)
        connection_begins(&counts[i], i == 0 ? client : i < 4 ? target : NULL);
    connection_opens(&counts[0]);
    connection_opens(&counts[1]);
    connection_tls_failed(&counts[2]);
    connection_ends(&counts[2]);
    connection_meter_failed(target);
    connection_ends(&counts[3]);
    connection_opens(&counts[4]);
    connection_ends(&counts[4]);
    take(&seen, meters);
    assert_int_equal(seen.reading.balancers[0].counts[BALANCER_new_connections],
                     3);
    assert_int_equal(seen.reading.balancers[0].connections, 2);
    assert_int_equal(seen.reading.groups[0].counts[GROUP_connection_errors], 1);
    assert_int_equal(seen.reading.groups[0].counts[GROUP_tls_errors], 1);
    region_end(&seen.region);
}

static void test_a_meter_in_which_nothing_was_counted_has_no_row(void **state)
{
    struct seen seen;

    meters_group(*state, LB, TG);
    take(&seen, *state);
    assert_int_equal(seen.reading.nbalancers + seen.reading.ngroups, 0);
    region_end(&seen.region);
}

/* ---- the end ------------------------------------------------------------------- */

static void count_one(struct meter *lb)
{
    balancer_cell_add(meter_balancer_cell(lb, 0, 0), BALANCER_requests, 1);
}

/* Reads; how many requests the one load balancer has, -1: it is gone. */
static int read_requests(struct meters *meters)
{
    struct seen seen;
    int n = -1;

    take(&seen, meters);
    if (seen.reading.nbalancers)
        n = (int)seen.reading.balancers[0].counts[BALANCER_requests];
    region_end(&seen.region);
    return n;
}

static void
test_last_counts_are_read_once_more_and_then_it_is_gone(void **state)
{
    struct meters *meters = *state;
    struct meter *lb = meters_balancer(meters, LB);

    count_one(lb);
    assert_int_equal(read_requests(meters), 1);
    count_one(lb);
    meter_release(lb);
    assert_int_equal(read_requests(meters), 2);
    assert_int_equal(read_requests(meters), -1);
    assert_int_equal(meters_kept(meters), 0);
}

static void test_one_that_returns_in_time_goes_on(void **state)
{
    struct meters *meters = *state;
    struct meter *lb = meters_balancer(meters, LB);

    count_one(lb);
    meter_release(lb);
    assert_int_equal(read_requests(meters), 1);
    lb = meters_balancer(meters, LB);
    count_one(lb);
    assert_int_equal(read_requests(meters), 2);
    assert_int_equal(read_requests(meters), 2);
    meter_release(lb);
    assert_int_equal(read_requests(meters), 2);
    assert_int_equal(read_requests(meters), -1);
    lb = meters_balancer(meters, LB);
    count_one(lb);
    assert_int_equal(read_requests(meters), 1);
}

/* From its begin on. */
static void test_a_connection_keeps_its_meters(void **state)
{
    struct meters *meters = *state;
    struct meter *tg = meters_group(meters, LB, TG);
    struct connection_count count;

    connection_begins(&count, &meter_group_cell(tg, 1, 0)->cell.connections);
    meter_release(tg);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(read_requests(meters), 0);
    connection_opens(&count);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(read_requests(meters), 0);
    assert_int_equal(meters_kept(meters), 2);
    connection_ends(&count);
    read_requests(meters);
    assert_int_equal(meters_kept(meters), 2);
    for (unsigned i = 0; i < 3; i++)
        read_requests(meters);
    assert_int_equal(meters_kept(meters), 0);
}

static void test_a_pinned_cell_keeps_its_meter(void **state)
{
    struct meters *meters = *state;
    struct meter *lb = meters_balancer(meters, LB);
    struct balancer_cell *cell = meter_balancer_cell(lb, 1, 0);

    meter_cell_pin(&cell->cell);
    meter_release(lb);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(read_requests(meters), 0);
    balancer_cell_add(cell, BALANCER_requests, 1);
    meter_cell_unpin(&cell->cell);
    assert_int_equal(read_requests(meters), 1);
    assert_int_equal(read_requests(meters), -1);
}

static void test_thousands_that_come_and_go_leave_nothing(void **state)
{
    struct meters *meters = *state;
    char name[64];

    for (unsigned round = 0; round < 20; round++) {
        struct meter *made[300];

        for (unsigned i = 0; i < 300; i++) {
            struct text t = text_in(name, sizeof(name));

            text_printf(&t, "targetgroup/g%u/%u", i, round);
            made[i] = meters_group(meters, LB, text_str(&t));
            group_cell_add(meter_group_cell(made[i], i % WORKERS, 0),
                           GROUP_requests, 1);
        }
        for (unsigned i = 0; i < 300; i++)
            meter_release(made[i]);
        read_requests(meters);
        assert_in_range(meters_kept(meters), 301, 601);
    }
    for (unsigned i = 0; i < 3; i++)
        read_requests(meters);
    assert_int_equal(meters_kept(meters), 0);
}

static void test_looking_changes_nothing(void **state)
{
    struct meters *meters = *state;
    struct meter *tg = meters_group(meters, LB, TG);
    struct seen seen;

    group_cell_time(meter_group_cell(tg, 0, 0), 700);
    meter_release(tg);
    for (unsigned i = 0; i < 4; i++) {
        look(&seen, meters);
        assert_int_equal(seen.reading.ngroups, 1);
        assert_int_equal(seen.reading.groups[0].times_us, 700);
        assert_int_equal(seen.reading.groups[0].max_us, 0);
        region_end(&seen.region);
    }
    take(&seen, meters);
    assert_int_equal(seen.reading.groups[0].max_us, 700);
    region_end(&seen.region);
}

/* ---- times --------------------------------------------------------------------- */

static void test_extremes_are_of_what_came_since_the_last_reading(void **state)
{
    struct meters *meters = *state;
    struct meter *tg = meters_group(meters, LB, TG);
    static const uint64_t came[][3] = {
        {900, 40, 77000}, {5000, 5001, 0}, {0, 0, 0}, {8, 3, 0}};
    static const uint64_t extremes[][2] = {
        {40, 77000}, {5000, 5001}, {0, 0}, {3, 8}};
    struct seen seen;
    uint64_t sum = 0;

    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 3 && came[i][k]; k++) {
            group_cell_time(meter_group_cell(tg, k % WORKERS, 0), came[i][k]);
            sum += came[i][k];
        }
        take(&seen, meters);
        assert_int_equal(seen.reading.groups[0].times_us, sum);
        assert_int_equal(seen.reading.groups[0].min_us, extremes[i][0]);
        assert_int_equal(seen.reading.groups[0].max_us, extremes[i][1]);
        region_end(&seen.region);
    }
}

/* As a worker does that was in the middle of it. */
static void test_a_time_that_comes_late_is_read_the_next_time(void **state)
{
    struct meters *meters = *state;
    struct meter *tg = meters_group(meters, LB, TG);
    struct group_cell *cell = meter_group_cell(tg, 0, 0);
    const _Atomic uint64_t *turn = cell->turn;
    _Atomic uint64_t late;
    struct seen seen;

    group_cell_time(cell, 100);
    atomic_init(&late, atomic_load(turn));
    take(&seen, meters);
    region_end(&seen.region);
    cell->turn = &late;
    group_cell_time(cell, 9000);
    cell->turn = turn;
    take(&seen, meters);
    assert_int_equal(seen.reading.groups[0].max_us, 9000);
    region_end(&seen.region);
    take(&seen, meters);
    assert_int_equal(seen.reading.groups[0].max_us, 0);
    region_end(&seen.region);
}

static void
test_times_in_a_bucket_differ_by_less_than_five_percent(void **state)
{
    uint64_t first = 0; /* of the bucket */
    unsigned bucket = 0;

    (void)state;
    for (uint64_t us = 0; us < 5000000000u; us += 1 + us / 1000) {
        unsigned b = meter_time_bucket(us);

        assert_in_range(b, 0, METER_TIMES - 1);
        if (b != bucket) {
            double middle = meter_time_of(bucket) * 1e6;

            assert_true(b > bucket);
            assert_true(middle >= (double)first - 0.5);
            assert_true(middle < (double)us);
            bucket = b;
            first = us;
        }
        if (us < UINT32_MAX)
            assert_true((double)(us - first) < 0.05 * (double)first + 1);
    }
    assert_int_equal(bucket, METER_TIMES - 1);
    assert_int_equal(meter_time_bucket(UINT64_MAX), METER_TIMES - 1);
}

/* ---- zones --------------------------------------------------------------------- */

static void test_a_client_has_the_zone_that_groups_have_for_it(void **state)
{
    static const struct str names[] = {
        {"eu-west-1a", 10}, {"eu-west-1b", 10}, {"eu-west-1c", 10}};
    struct config_target targets[3] = {{.zone = {NULL, 0}}};
    struct config_group config = {.ntargets = 3, .targets = targets};
    struct target made[3] = {{.slot = 0}};
    struct target *list[3] = {&made[0], &made[1], &made[2]};
    struct meter_nodes *nodes = meters_nodes(*state, names, 3);
    struct group group;
    unsigned seen[3] = {0};

    config.attributes.cross_zone = CROSS_ZONE_FALSE;
    for (unsigned i = 0; i < 3; i++)
        targets[i].zone = names[i];
    group_init(&group, &config, list, STR(""));
    for (uint64_t client = 0; client < 3000; client++) {
        unsigned zone = meter_zone_of(nodes, client);

        assert_int_equal(
            zone, meters_zone(*state, group_zone_of(&group, client)->name));
        seen[zone - 1]++;
    }
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(seen[i], 900, 1100);
    group_end(&group);
    free(nodes);
}

static void test_without_zones_there_is_none(void **state)
{
    static const struct str names[] = {{"eu-west-1a", 10}};
    struct meter_nodes *one = meters_nodes(*state, names, 1);
    struct meter_nodes *copy = meter_nodes_copy(one);

    assert_null(meters_nodes(*state, NULL, 0));
    assert_null(meter_nodes_copy(NULL));
    assert_int_equal(meter_zone_of(NULL, 7), METER_ZONE_NONE);
    assert_int_equal(meter_zone_of(copy, 7),
                     meters_zone(*state, STR("eu-west-1a")));
    free(one);
    free(copy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_name_has_one_meter),
        TEST(test_a_worker_has_one_cell_of_a_zone),
        TEST(test_counts_of_workers_are_one_sum_in_each_zone),
        TEST(test_connections_to_targets_are_also_the_load_balancers),
        TEST(test_a_meter_in_which_nothing_was_counted_has_no_row),
        TEST(test_last_counts_are_read_once_more_and_then_it_is_gone),
        TEST(test_one_that_returns_in_time_goes_on),
        TEST(test_a_connection_keeps_its_meters),
        TEST(test_a_pinned_cell_keeps_its_meter),
        TEST(test_thousands_that_come_and_go_leave_nothing),
        TEST(test_looking_changes_nothing),
        TEST(test_extremes_are_of_what_came_since_the_last_reading),
        TEST(test_a_time_that_comes_late_is_read_the_next_time),
        TEST(test_times_in_a_bucket_differ_by_less_than_five_percent),
        TEST(test_a_client_has_the_zone_that_groups_have_for_it),
        TEST(test_without_zones_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
