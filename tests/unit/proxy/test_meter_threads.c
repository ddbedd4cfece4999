/* SPDX-License-Identifier: Apache-2.0
 *
 * Meters while several threads count and one reads, as workers and control
 * do.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/meter_cell.h"

enum {
    WORKERS = 3,
    REQUESTS = 20000, /* of each */
    ZONES = 3,
    LONGEST = 4000000,
};

#define LB STR("app/web/50dc6c495c0c9188")
#define TG STR("targetgroup/blue/73e2d6bc24d8a067")

struct worker {
    unsigned index;
    struct meter *lb;
    struct meter *tg;
    _Atomic bool *begin;
    _Atomic unsigned *done;
};

/* Each number of a worker once; the longest is the last worker's last. */
static uint64_t time_of(unsigned worker, unsigned i)
{
    return worker == WORKERS - 1 && i == REQUESTS - 1 ? LONGEST
                                                      : 10 + worker + i % 1000;
}

static void *count(void *arg)
{
    const struct worker *w = arg;

    while (!atomic_load(w->begin))
        sched_yield();
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct group_cell *cell = meter_group_cell(w->tg, w->index, i % ZONES);
        struct connection_count connection;

        balancer_cell_add(meter_balancer_cell(w->lb, w->index, i % ZONES),
                          BALANCER_requests, 1);
        connection_begins(&connection, &cell->cell.connections);
        connection_opens(&connection);
        group_cell_time(cell, time_of(w->index, i));
        connection_ends(&connection);
        group_cell_add(cell, GROUP_requests, 1);
        if (i % 1000 == 0)
            sched_yield();
    }
    atomic_fetch_add(w->done, 1);
    return NULL;
}

struct sums {
    uint64_t requests;
    uint64_t opened;
    uint64_t open;
    uint64_t of_group;
    uint64_t times;
    uint64_t times_us;
    uint64_t longest; /* of all readings */
};

static void sum(const struct meters_reading *reading, struct sums *sums)
{
    uint64_t longest = sums->longest;

    *sums = (struct sums){.longest = longest};
    for (unsigned i = 0; i < reading->nbalancers; i++) {
        sums->requests += reading->balancers[i].counts[BALANCER_requests];
        sums->opened += reading->balancers[i].counts[BALANCER_new_connections];
        sums->open += reading->balancers[i].connections;
    }
    for (unsigned i = 0; i < reading->ngroups; i++) {
        const struct group_reading *row = &reading->groups[i];

        sums->of_group += row->counts[GROUP_requests];
        sums->times_us += row->times_us;
        for (unsigned k = 0; k < METER_TIMES; k++)
            sums->times += row->times[k];
        if (row->max_us > sums->longest)
            sums->longest = row->max_us;
    }
}

static void read_once(struct meters *meters, struct sums *sums)
{
    struct region region = {NULL};
    struct meters_reading reading = meters_read(meters, &region);
    struct sums before = *sums;

    sum(&reading, sums);
    assert_true(sums->requests >= before.requests);
    assert_true(sums->of_group >= before.of_group);
    assert_true(sums->times >= before.times);
    region_end(&region);
}

static void
test_what_is_read_meanwhile_only_grows_and_is_all_in_the_end(void **state)
{
    struct meters *meters = meters_new(WORKERS);
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    _Atomic bool begin = false;
    _Atomic unsigned done = 0;
    struct sums sums = {0};
    uint64_t us = 0;

    (void)state;
    for (unsigned z = 1; z < ZONES; z++)
        meters_zone(meters, z == 1 ? STR("a") : STR("b"));
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] =
            (struct worker){i, meters_balancer(meters, LB),
                            meters_group(meters, LB, TG), &begin, &done};
        assert_int_equal(pthread_create(&threads[i], NULL, count, &workers[i]),
                         0);
        for (unsigned k = 0; k < REQUESTS; k++)
            us += time_of(i, k);
    }
    atomic_store(&begin, true);
    while (atomic_load(&done) < WORKERS)
        read_once(meters, &sums);
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    read_once(meters, &sums);
    assert_int_equal(sums.requests, WORKERS * REQUESTS);
    assert_int_equal(sums.of_group, WORKERS * REQUESTS);
    assert_int_equal(sums.opened, WORKERS * REQUESTS);
    assert_int_equal(sums.open, 0);
    assert_int_equal(sums.times, WORKERS * REQUESTS);
    assert_int_equal(sums.times_us, us);
    assert_int_equal(sums.longest, LONGEST);
    meters_free(meters);
}

/* A connection that a worker closes is the last that holds the meter, which
 * another thread frees. */
static void *close_it(void *arg)
{
    connection_ends(arg);
    return NULL;
}

static void test_a_meter_goes_when_a_worker_has_closed_the_last(void **state)
{
    struct meters *meters = meters_new(1);
    struct meter *tg = meters_group(meters, LB, TG);
    struct connection_count connection;
    struct sums sums = {0};
    pthread_t thread;

    (void)state;
    connection_begins(&connection,
                      &meter_group_cell(tg, 0, 0)->cell.connections);
    connection_opens(&connection);
    meter_release(tg);
    read_once(meters, &sums);
    assert_int_equal(pthread_create(&thread, NULL, close_it, &connection), 0);
    while (meters_kept(meters)) {
        struct region region = {NULL};

        meters_read(meters, &region);
        region_end(&region);
    }
    pthread_join(thread, NULL);
    meters_free(meters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_what_is_read_meanwhile_only_grows_and_is_all_in_the_end),
        cmocka_unit_test(test_a_meter_goes_when_a_worker_has_closed_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
