/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/timer.h"

enum {
    TICK_US = TIMER_TICK_MS * 1000,
    TURN_MS = TIMER_SLOTS * TIMER_TICK_MS, /* once round the wheel */
    LATE_MS = 2 * TIMER_TICK_MS,
};

static struct timer_wheel wheel;
static uint64_t now; /* microseconds, made up */

struct probe {
    struct timer timer;
    unsigned fired;
    uint64_t at;    /* when, last */
    uint64_t again; /* ms: set it anew when it fires */
};

static void on_fire(struct timer *timer)
{
    struct probe *p = LIST_ENTRY_OF(timer, struct probe, timer);

    p->fired++;
    p->at = now;
    if (p->again)
        timer_set(&wheel, timer, now, p->again);
}

static void probe_init(struct probe *p)
{
    *p = (struct probe){0};
    timer_init(&p->timer, on_fire);
}

static int start(void **state)
{
    (void)state;
    now = 123456789;
    timer_wheel_init(&wheel, now);
    return 0;
}

/* Lets `ms` pass, with a look at the wheel every `step_us`. */
static void pass(uint64_t ms, uint64_t step_us)
{
    uint64_t end = now + ms * 1000;

    while (now + step_us < end) {
        now += step_us;
        timer_wheel_run(&wheel, now);
    }
    now = end;
    timer_wheel_run(&wheel, now);
}

/* What the loop does: sleep until the wheel wants to be looked at. */
static void sleep_until_fired(struct probe *p)
{
    for (unsigned wakes = 0; !p->fired; wakes++) {
        uint64_t next = timer_wheel_next(&wheel);

        assert_int_not_equal(next, UINT64_MAX);
        assert_true(wakes < 1000);
        if (next * TICK_US > now)
            now = next * TICK_US;
        timer_wheel_run(&wheel, now);
    }
}

static void test_a_timer_never_fires_early_nor_much_later(void **state)
{
    static const uint64_t waits[] = {0,    1,    3,    4,    5,     7,
                                     8,    100,  1000, 8187, 8188,  8191,
                                     8192, 8193, 8196, 8200, 60000, 4000000};

    (void)state;
    for (unsigned i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
        for (uint64_t offset = 0; offset <= TICK_US; offset += 999) {
            struct probe p;
            uint64_t set;

            now += offset;
            timer_wheel_run(&wheel, now);
            probe_init(&p);
            set = now;
            timer_set(&wheel, &p.timer, now, waits[i]);
            sleep_until_fired(&p);
            assert_in_range(p.at - set, waits[i] * 1000,
                            (waits[i] + LATE_MS) * 1000);
            assert_int_equal(timer_wheel_next(&wheel), UINT64_MAX);
        }
    }
}

static void test_looked_at_often_a_timer_fires_once_and_in_time(void **state)
{
    struct probe p;
    uint64_t set = now;

    (void)state;
    probe_init(&p);
    timer_set(&wheel, &p.timer, now, 50);
    pass(49, 333);
    assert_int_equal(p.fired, 0);
    pass(200, 333);
    assert_int_equal(p.fired, 1);
    assert_in_range(p.at - set, 50000, (50 + LATE_MS) * 1000);
}

static void test_a_later_deadline_is_kept_without_a_move(void **state)
{
    struct probe p;
    uint64_t visit;

    (void)state;
    probe_init(&p);
    timer_set(&wheel, &p.timer, now, 100);
    visit = p.timer.visit;
    for (unsigned i = 0; i < 50; i++) {
        pass(90, 10000);
        timer_set(&wheel, &p.timer, now, 100);
        if (i == 0)
            assert_int_equal(p.timer.visit, visit);
    }
    assert_int_equal(p.fired, 0);
    visit = now;
    pass(300, 1000);
    assert_int_equal(p.fired, 1);
    assert_in_range(p.at - visit, 100000, (100 + LATE_MS) * 1000);
}

static void test_an_earlier_deadline_counts(void **state)
{
    struct probe p;
    uint64_t set;

    (void)state;
    probe_init(&p);
    timer_set(&wheel, &p.timer, now, 4000000);
    pass(1000, 50000);
    timer_set(&wheel, &p.timer, now, 5000);
    set = now;
    timer_set(&wheel, &p.timer, now, 20);
    sleep_until_fired(&p);
    assert_in_range(p.at - set, 20000, (20 + LATE_MS) * 1000);
    pass(2 * TURN_MS, 50000);
    assert_int_equal(p.fired, 1);
}

static void
test_a_cancelled_timer_does_not_fire_and_can_be_set_again(void **state)
{
    struct probe p;
    uint64_t set;

    (void)state;
    probe_init(&p);
    timer_cancel(&p.timer); /* not set: nothing to do */
    timer_set(&wheel, &p.timer, now, 40);
    timer_cancel(&p.timer);
    pass(2 * TURN_MS, 10000);
    assert_int_equal(p.fired, 0);
    assert_false(list_linked(&p.timer.node));

    timer_set(&wheel, &p.timer, now, 40);
    timer_cancel(&p.timer);
    timer_set(&wheel, &p.timer, now, 10); /* it is still in the wheel */
    set = now;
    pass(100, 1000);
    assert_int_equal(p.fired, 1);
    assert_in_range(p.at - set, 10000, (10 + LATE_MS) * 1000);
}

static void test_an_ended_timer_is_out_of_the_wheel(void **state)
{
    struct probe *p = malloc(sizeof(*p));
    struct probe other;

    (void)state;
    assert_non_null(p);
    probe_init(p);
    probe_init(&other);
    timer_end(&p->timer); /* never set */
    timer_set(&wheel, &p->timer, now, 20);
    timer_set(&wheel, &other.timer, now, 20);
    timer_end(&p->timer);
    timer_end(&p->timer);
    assert_int_equal(p->fired, 0);
    free(p); /* a sanitizer sees whoever looks at it */
    pass(100, 1000);
    assert_int_equal(other.fired, 1);
}

static struct probe pair[2];

static void on_fire_end_both(struct timer *timer)
{
    on_fire(timer);
    timer_end(&pair[0].timer);
    timer_end(&pair[1].timer);
}

static void test_a_timer_may_end_those_that_are_due_with_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        probe_init(&pair[i]);
        timer_init(&pair[i].timer, on_fire_end_both);
        timer_set(&wheel, &pair[i].timer, now, 20);
    }
    pass(100, 1000);
    assert_int_equal(pair[0].fired + pair[1].fired, 1);
}

static void test_a_timer_may_set_itself_when_it_fires(void **state)
{
    struct probe p;

    (void)state;
    probe_init(&p);
    p.again = 10;
    timer_set(&wheel, &p.timer, now, 10);
    pass(1000, 1000);
    assert_in_range(p.fired, 1000 / (10 + LATE_MS), 100);
    p.fired = 0;
    p.again = 0;
    pass(100, 1000);
    assert_int_equal(p.fired, 1);
}

static void test_after_a_long_stop_all_that_is_due_fires_once(void **state)
{
    enum { N = 300 };
    static struct probe probes[N];
    static const uint64_t stops[] = {100,         TURN_MS - 4,      TURN_MS,
                                     TURN_MS + 4, 5 * TURN_MS + 12, 4000000000};

    (void)state;
    for (unsigned s = 0; s < sizeof(stops) / sizeof(*stops); s++) {
        for (unsigned i = 0; i < N; i++) {
            probe_init(&probes[i]);
            timer_set(&wheel, &probes[i].timer, now, i * 97);
        }
        now += stops[s] * 1000;
        timer_wheel_run(&wheel, now);
        for (unsigned i = 0; i < N; i++) {
            uint64_t wait = (uint64_t)i * 97;

            if (wait > stops[s])
                assert_int_equal(probes[i].fired, 0);
            else if (wait + LATE_MS <= stops[s])
                assert_int_equal(probes[i].fired, 1);
        }
        pass((uint64_t)N * 97 + LATE_MS, 100000);
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(probes[i].fired, 1);
        assert_int_equal(timer_wheel_next(&wheel), UINT64_MAX);
    }
}

static void test_a_timer_set_after_a_long_stop_counts_from_now(void **state)
{
    struct probe p;
    uint64_t set;

    (void)state;
    probe_init(&p);
    now += (uint64_t)10 * TURN_MS * 1000 + 12345; /* nobody looked */
    set = now;
    timer_set(&wheel, &p.timer, now, 30);
    pass(29, 1000);
    assert_int_equal(p.fired, 0);
    pass(50, 1000);
    assert_int_equal(p.fired, 1);
    assert_in_range(p.at - set, 30000, (30 + LATE_MS) * 1000);
}

static void test_a_deadline_beyond_the_wheel_waits_several_turns(void **state)
{
    enum { HOUR_MS = 3600 * 1000 };
    struct probe far;
    struct probe farther;
    uint64_t set = now;

    (void)state;
    probe_init(&far);
    probe_init(&farther);
    timer_set(&wheel, &far.timer, now, HOUR_MS);
    timer_set(&wheel, &farther.timer, now, (uint64_t)7 * 24 * HOUR_MS);
    pass(HOUR_MS - 1, 1000000);
    assert_int_equal(far.fired, 0);
    pass(LATE_MS + 1, 1000);
    assert_int_equal(far.fired, 1);
    assert_int_equal(farther.fired, 0);
    while (!farther.fired)
        pass(TURN_MS / 2, (uint64_t)TURN_MS * 500);
    assert_in_range(farther.at - set, (uint64_t)7 * 24 * HOUR_MS * 1000,
                    ((uint64_t)7 * 24 * HOUR_MS + TURN_MS / 2 + LATE_MS) *
                        1000);
}

static void test_an_empty_wheel_wants_no_look(void **state)
{
    (void)state;
    assert_int_equal(timer_wheel_next(&wheel), UINT64_MAX);
    timer_wheel_run(&wheel, now);
    assert_int_equal(timer_wheel_next(&wheel), UINT64_MAX);
}

int main(void)
{
#define WITH_WHEEL(test) cmocka_unit_test_setup(test, start)
    const struct CMUnitTest tests[] = {
        WITH_WHEEL(test_a_timer_never_fires_early_nor_much_later),
        WITH_WHEEL(test_looked_at_often_a_timer_fires_once_and_in_time),
        WITH_WHEEL(test_a_later_deadline_is_kept_without_a_move),
        WITH_WHEEL(test_an_earlier_deadline_counts),
        WITH_WHEEL(test_a_cancelled_timer_does_not_fire_and_can_be_set_again),
        WITH_WHEEL(test_an_ended_timer_is_out_of_the_wheel),
        WITH_WHEEL(test_a_timer_may_end_those_that_are_due_with_it),
        WITH_WHEEL(test_a_timer_may_set_itself_when_it_fires),
        WITH_WHEEL(test_after_a_long_stop_all_that_is_due_fires_once),
        WITH_WHEEL(test_a_timer_set_after_a_long_stop_counts_from_now),
        WITH_WHEEL(test_a_deadline_beyond_the_wheel_waits_several_turns),
        WITH_WHEEL(test_an_empty_wheel_wants_no_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
