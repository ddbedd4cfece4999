/* SPDX-License-Identifier: Apache-2.0 */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/memory.h"
#include "net/errand.h"
#include "net/resolve.h"

enum { PATIENCE_S = 20 };

/* One that ends when the test says so. */
struct probe {
    struct errand errand;
    sem_t *go;
    unsigned number;
    pthread_t ran_on;
};

static struct counters counters;
static struct loop loop;
static struct errands errands;
static sem_t stopped;
static sem_t freed;
static atomic_uint stops;
static unsigned answers;
static unsigned last;
static unsigned again; /* errands that done() still begins */
static sem_t open_gate;

static void run(struct errand *errand)
{
    struct probe *p = LIST_ENTRY_OF(errand, struct probe, errand);

    p->ran_on = pthread_self();
    while (sem_wait(p->go))
        ;
}

static void stop(struct errand *errand)
{
    (void)errand;
    atomic_fetch_add(&stops, 1);
    sem_post(&stopped);
}

static void free_probe(struct errand *errand)
{
    free(LIST_ENTRY_OF(errand, struct probe, errand));
    sem_post(&freed);
}

static const struct errand_kind kind = {
    .run = run, .stop = stop, .free = free_probe};
static const struct errand_kind unstoppable = {
    .run = run, .stop = NULL, .free = free_probe};

static void begin(sem_t *go, unsigned number, const struct errand_kind *of)
{
    struct probe *p = memory_zeroed(1, sizeof(*p));

    p->go = go;
    p->number = number;
    assert_true(errands_begin(&errands, &p->errand, of));
}

static void on_done(struct errands *e, struct errand *errand)
{
    const struct probe *p = LIST_ENTRY_OF(errand, struct probe, errand);

    assert_ptr_equal(e, &errands);
    assert_false(pthread_equal(p->ran_on, pthread_self()));
    answers++;
    last = p->number;
    if (again) {
        again--;
        begin(&open_gate, p->number + 1, &kind);
    } else {
        loop.stop = true;
    }
}

static void wait_for(sem_t *what)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    assert_int_equal(sem_timedwait(what, &until), 0);
}

static void on_late(struct timer *timer)
{
    (void)timer;
    loop.stop = true;
}

static void turn_until_answered(void)
{
    struct timer late;

    timer_init(&late, on_late);
    loop.stop = false;
    loop_tick(&loop);
    loop_timer_set(&loop, &late, PATIENCE_S * 1000);
    loop_run(&loop);
    timer_end(&late);
}

static int start(void **state)
{
    (void)state;
    sem_init(&stopped, 0, 0);
    sem_init(&freed, 0, 0);
    sem_init(&open_gate, 0, 1000);
    answers = last = again = 0;
    atomic_store(&stops, 0);
    errands = (struct errands){.done = on_done};
    return loop_init(&loop, &counters) && errands_init(&errands, &loop) ? 0
                                                                        : -1;
}

static int end(void **state)
{
    (void)state;
    errands_end(&errands);
    loop_end(&loop);
    return 0;
}

static void test_an_answer_comes_once_and_on_the_loop(void **state)
{
    (void)state;
    begin(&open_gate, 7, &kind);
    turn_until_answered();
    wait_for(&freed);
    assert_int_equal(answers, 1);
    assert_int_equal(last, 7);
    assert_int_equal(atomic_load(&stops), 0);
    assert_null(errands.current);
}

static void test_another_may_begin_when_one_is_done(void **state)
{
    (void)state;
    again = 3;
    begin(&open_gate, 1, &kind);
    turn_until_answered();
    for (unsigned i = 0; i < 4; i++)
        wait_for(&freed);
    assert_int_equal(answers, 4);
    assert_int_equal(last, 4);
}

static void test_one_that_begins_makes_the_other_forgotten(void **state)
{
    sem_t gate;

    (void)state;
    sem_init(&gate, 0, 0);
    begin(&gate, 1, &kind);
    begin(&open_gate, 2, &kind);
    wait_for(&stopped);
    turn_until_answered();
    wait_for(&freed);
    sem_post(&gate);
    wait_for(&freed); /* the first, by its own thread */
    assert_int_equal(answers, 1);
    assert_int_equal(last, 2);
    assert_int_equal(atomic_load(&stops), 1);
}

/* Its answer lies in the mailbox already. */
static void test_one_that_has_answered_can_be_forgotten(void **state)
{
    const struct errand *first;
    bool sent = false;

    (void)state;
    begin(&open_gate, 1, &kind);
    first = errands.current;
    while (!sent) {
        pthread_mutex_lock(&errands.mailbox.lock);
        sent = errands.mailbox.waiting.next == &first->message.node;
        pthread_mutex_unlock(&errands.mailbox.lock);
    }
    begin(&open_gate, 2, &kind);
    turn_until_answered();
    wait_for(&freed);
    wait_for(&freed);
    assert_int_equal(answers, 1);
    assert_int_equal(last, 2);
}

static void test_who_ends_waits_for_none(void **state)
{
    sem_t gate;

    (void)state;
    sem_init(&gate, 0, 0);
    begin(&gate, 1, &unstoppable);
    errands_end(&errands);
    assert_int_equal(sem_trywait(&freed), -1);
    errands_end(&errands); /* nothing is left to end */
    sem_post(&gate);
    wait_for(&freed);
    assert_int_equal(answers, 0);
}

/* ---- the errand that the system's resolver is --------------------------- */

static struct address found;
static bool none;

static void on_address(struct resolver *resolver, const struct address *address,
                       const char *why)
{
    (void)resolver;
    none = address == NULL;
    if (address)
        found = *address;
    else
        assert_non_null(why);
    answers++;
    loop.stop = true;
}

static void test_a_name_has_an_address_and_the_port_or_why_not(void **state)
{
    struct resolver resolver;
    char long_name[300];

    (void)state;
    memset(long_name, 'a', sizeof(long_name));
    assert_true(resolver_init(&resolver, &loop, on_address));
    assert_false(resolver_ask(&resolver, str_make(long_name, 300), 80));
    assert_true(resolver_ask(&resolver, STR("a..b"), 80));
    turn_until_answered();
    assert_true(none);
    assert_true(resolver_ask(&resolver, STR("127.0.0.2"), 81));
    assert_true(resolver_ask(&resolver, STR("127.0.0.3"), 82));
    turn_until_answered();
    assert_false(none);
    assert_int_equal(answers, 2);
    assert_int_equal(found.port, 82);
    assert_int_equal(found.family, 4);
    assert_int_equal(found.ip[3], 3);
    resolver_end(&resolver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_an_answer_comes_once_and_on_the_loop, start, end),
        cmocka_unit_test_setup_teardown(test_another_may_begin_when_one_is_done,
                                        start, end),
        cmocka_unit_test_setup_teardown(
            test_one_that_begins_makes_the_other_forgotten, start, end),
        cmocka_unit_test_setup_teardown(
            test_one_that_has_answered_can_be_forgotten, start, end),
        cmocka_unit_test_setup_teardown(test_who_ends_waits_for_none, start,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_a_name_has_an_address_and_the_port_or_why_not, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
