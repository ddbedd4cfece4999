/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/queue.h"

enum { MS = 1000, SECOND = 1000 * MS };

static struct log_queue queue;

static int teardown(void **state)
{
    (void)state;
    log_queue_end(&queue);
    return 0;
}

static void add(uint64_t ms, uint64_t number, const char *bucket)
{
    log_queue_add(&queue,
                  &(struct log_item){.ms = ms, .number = number, .bytes = 10},
                  str_of(bucket));
}

static struct log_item *next(uint64_t now)
{
    return log_queue_next(&queue, now);
}

static void check_next(uint64_t now, uint64_t number)
{
    struct log_item *item = next(now);

    assert_non_null(item);
    assert_int_equal(item->number, number);
}

static void the_oldest_goes_first(void **state)
{
    (void)state;
    add(30, 1, "a");
    add(10, 2, "a");
    add(20, 3, "b");
    check_next(0, 2);
    check_next(0, 3);
    check_next(0, 1);
    assert_null(next(0));
}

static void a_file_is_known_by_all_of_its_name(void **state)
{
    (void)state;
    add(10, 1, "a");
    add(10, 2, "a");
    assert_true(log_queue_has(&queue, 10, 1, 0));
    assert_true(log_queue_has(&queue, 10, 2, 0));
    assert_false(log_queue_has(&queue, 10, 3, 0));
    assert_false(log_queue_has(&queue, 10, 1, 1));
    assert_false(log_queue_has(&queue, 11, 1, 0));
    assert_int_equal(log_queue_count(&queue, 0), 2);
    assert_int_equal(log_queue_count(&queue, 1), 0);
}

static void few_go_at_once(void **state)
{
    struct log_item *first;

    (void)state;
    for (unsigned i = 0; i < LOG_SENT_AT_ONCE + 2; i++)
        add(i, i, "a");
    first = next(0);
    for (unsigned i = 1; i < LOG_SENT_AT_ONCE; i++)
        check_next(0, i);
    assert_null(next(0));
    log_queue_sent(&queue, first);
    log_queue_drop(&queue, first);
    assert_int_equal(queue.n, LOG_SENT_AT_ONCE + 1);
    check_next(0, LOG_SENT_AT_ONCE);
    assert_null(next(0));
}

/* Random 0 is the shortest time, half of it. */
static void a_bucket_that_fails_is_left_alone_ever_longer(void **state)
{
    uint64_t now = 5 * SECOND;
    uint64_t pause = LOG_WAIT_FIRST_MS;

    (void)state;
    add(1, 1, "a");
    for (unsigned i = 0; i < 12; i++) {
        struct log_item *item = next(now);

        assert_non_null(item);
        log_queue_failed(&queue, item, now, 0);
        assert_null(next(now));
        assert_null(next(now + pause * MS / 2 - 1));
        now += pause * MS / 2;
        pause = 2 * pause < LOG_WAIT_MAX_MS ? 2 * pause : LOG_WAIT_MAX_MS;
    }
    assert_int_equal(pause, LOG_WAIT_MAX_MS);
    assert_int_equal(queue.n, 1);
}

static void chance_makes_the_wait_up_to_twice_as_long(void **state)
{
    struct log_item *item;

    (void)state;
    add(1, 1, "a");
    item = next(0);
    log_queue_failed(&queue, item, 0, LOG_WAIT_FIRST_MS / 2);
    assert_null(next(LOG_WAIT_FIRST_MS * MS - 1));
    assert_non_null(next(LOG_WAIT_FIRST_MS * MS));
}

static void a_bucket_that_failed_is_tried_with_one(void **state)
{
    struct log_item *item;

    (void)state;
    add(1, 1, "a");
    add(2, 2, "a");
    add(3, 3, "a");
    item = next(0);
    log_queue_failed(&queue, item, 0, 0);
    item = next(SECOND);
    assert_int_equal(item->number, 1);
    assert_null(next(SECOND));
    log_queue_sent(&queue, item);
    check_next(SECOND, 2);
    check_next(SECOND, 3);
}

static void several_that_fail_together_count_once(void **state)
{
    struct log_item *a;
    struct log_item *b;

    (void)state;
    add(1, 1, "a");
    add(2, 2, "a");
    a = next(0);
    b = next(0);
    log_queue_failed(&queue, a, 10, 0);
    log_queue_failed(&queue, b, 20, 0);
    assert_int_equal(log_queue_bucket(&queue, STR("a"))->failures, 1);
    assert_int_equal(queue.sending, 0);
}

static void other_buckets_go_on(void **state)
{
    struct log_item *item;

    (void)state;
    add(1, 1, "a");
    add(2, 2, "b");
    item = next(0);
    log_queue_failed(&queue, item, 0, 0);
    check_next(0, 2);
    assert_null(next(0));
}

static void at_the_end_all_may_be_tried(void **state)
{
    struct log_item *item;

    (void)state;
    add(1, 1, "a");
    item = next(0);
    log_queue_failed(&queue, item, 0, 0);
    assert_null(next(0));
    log_queue_hurry(&queue);
    assert_non_null(next(0));
}

static void the_oldest_is_given_up(void **state)
{
    struct log_item *item;

    (void)state;
    add(1, 1, "a");
    add(2, 2, "a");
    add(3, 3, "a");
    assert_null(log_queue_excess(&queue, 0, 30));
    assert_null(log_queue_excess(&queue, 5, 35));
    item = log_queue_excess(&queue, 6, 35);
    assert_int_equal(item->number, 1);
    log_queue_give_up(&queue, item);
    log_queue_drop(&queue, item);
    assert_int_equal(queue.bytes, 20);
    assert_null(log_queue_excess(&queue, 6, 35));
}

static void what_is_on_its_way_is_not_given_up(void **state)
{
    (void)state;
    add(1, 1, "a");
    add(2, 2, "a");
    check_next(0, 1);
    assert_int_equal(log_queue_excess(&queue, 0, 0)->number, 2);
    check_next(0, 2);
    assert_null(log_queue_excess(&queue, 0, 0));
}

static void on_a_full_disk_only_what_a_bucket_refuses_is_given_up(void **state)
{
    (void)state;
    add(1, 1, "a");
    add(2, 2, "b");
    add(3, 3, "b");
    assert_null(log_queue_overflow(&queue, 0, 0));
    check_next(0, 1);
    log_queue_failed(&queue, next(0), 0, 0);
    assert_null(log_queue_overflow(&queue, 5, 35));
    assert_int_equal(log_queue_overflow(&queue, 6, 35)->number, 2);
}

/* Its file may stay for long, and takes room. */
static void what_is_over_is_neither_sent_nor_given_up_again(void **state)
{
    struct log_item *sent;
    struct log_item *given_up;

    (void)state;
    add(1, 1, "a");
    add(2, 2, "a");
    add(3, 3, "a");
    sent = next(0);
    log_queue_sent(&queue, sent);
    given_up = log_queue_excess(&queue, 0, 29);
    assert_int_equal(given_up->number, 2);
    log_queue_give_up(&queue, given_up);
    assert_int_equal(queue.over, 2);
    assert_int_equal(queue.bytes, 30);
    assert_int_equal(log_queue_count(&queue, 0), 3);
    assert_true(log_queue_has(&queue, 1, 1, 0));
    check_next(0, 3);
    assert_null(next(0));
    assert_null(log_queue_excess(&queue, 0, 29));
    log_queue_drop(&queue, sent);
    assert_int_equal(queue.over, 1);
    assert_int_equal(queue.bytes, 20);
}

static void there_are_not_too_many(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LOG_FILES_MAX; i++)
        add(i, i, "a");
    assert_null(log_queue_excess(&queue, 0, UINT64_MAX));
    add(LOG_FILES_MAX, 0, "a");
    assert_int_equal(log_queue_excess(&queue, 0, UINT64_MAX)->number, 0);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_teardown(t, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_oldest_goes_first),
        TEST(a_file_is_known_by_all_of_its_name),
        TEST(few_go_at_once),
        TEST(a_bucket_that_fails_is_left_alone_ever_longer),
        TEST(chance_makes_the_wait_up_to_twice_as_long),
        TEST(a_bucket_that_failed_is_tried_with_one),
        TEST(several_that_fail_together_count_once),
        TEST(other_buckets_go_on),
        TEST(at_the_end_all_may_be_tried),
        TEST(the_oldest_is_given_up),
        TEST(what_is_on_its_way_is_not_given_up),
        TEST(on_a_full_disk_only_what_a_bucket_refuses_is_given_up),
        TEST(what_is_over_is_neither_sent_nor_given_up_again),
        TEST(there_are_not_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
