/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue with a client of AWS that this file makes up: a call ends when the
 * test says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "control/put_queue.h"

/* ---- the client ------------------------------------------------------------------ */

static struct aws_call *going;
static unsigned begun;

void aws_call_begin(struct aws_client *client, struct aws_call *call)
{
    (void)client;
    assert_null(going);
    going = call;
    begun++;
}

void aws_call_cancel(struct aws_client *client, struct aws_call *call)
{
    (void)client;
    assert_ptr_equal(going, call);
    going = NULL;
}

bool aws_call_is_forbidden(const struct aws_call *call)
{
    return str_eq(call->code, STR("AccessDenied"));
}

struct str aws_call_permission(struct region *region,
                               const struct aws_call *call)
{
    (void)call;
    return region_copy(region, STR("cloudwatch:PutMetricData"));
}

static void end_call(enum aws_outcome outcome, unsigned status,
                     const char *code)
{
    struct aws_call *call = going;

    assert_non_null(call);
    going = NULL;
    call->outcome = outcome;
    call->status = status;
    call->code = str_of(code);
    call->message = STR("as the test says");
    call->done(call);
}

/* ---- a queue ----------------------------------------------------------------------- */

struct bench {
    struct counters counters;
    struct loop loop;
    struct put_queue queue;
    unsigned refusals;
};

static unsigned rejected(const struct aws_call *call, unsigned items)
{
    (void)call;
    return items > 5 ? 2 : 0;
}

static bool refused(void *owner, const struct aws_call *call)
{
    struct bench *b = owner;

    if (!str_eq(call->code, STR("ResourceNotFoundException")))
        return false;
    b->refusals++;
    return true;
}

static int begin(void **state)
{
    struct bench *b = memory_zeroed(1, sizeof(*b));

    assert_true(loop_init(&b->loop, &b->counters));
    b->queue = (struct put_queue){.loop = &b->loop,
                                  .service = AWS_CLOUDWATCH,
                                  .action = "PutMetricData",
                                  .what = "metrics",
                                  .oldest_s = 14 * 86400,
                                  .rejected = rejected,
                                  .refused = refused,
                                  .owner = b};
    put_queue_init(&b->queue);
    going = NULL;
    begun = 0;
    *state = b;
    return 0;
}

static int end(void **state)
{
    struct bench *b = *state;

    put_queue_end(&b->queue);
    loop_settle(&b->loop);
    loop_end(&b->loop);
    free(b);
    return 0;
}

static void add(struct bench *b, const char *body, unsigned items)
{
    put_queue_add(&b->queue, str_of(body), items, clock_wall_seconds());
}

/* The time that it waits for to try again is over. */
static void wait_over(struct bench *b)
{
    struct timer *timer = &b->queue.timer;

    assert_true(timer->deadline != UINT64_MAX);
    timer_cancel(timer);
    timer->fire(timer);
}

/* ---- what it does -------------------------------------------------------------------- */

static void test_calls_go_one_after_the_other(void **state)
{
    struct bench *b = *state;

    add(b, "first", 3);
    add(b, "second", 4);
    assert_int_equal(begun, 1);
    assert_true(str_eq(going->body, STR("first")));
    assert_true(going->gzip);
    end_call(AWS_OK, 200, "");
    assert_true(str_eq(going->body, STR("second")));
    end_call(AWS_OK, 200, "");
    assert_null(going);
    assert_true(put_queue_is_empty(&b->queue));
    assert_int_equal(b->queue.counts.sent, 7);
    assert_int_equal(b->queue.counts.bytes, 0);
}

static void test_what_fails_stays_first_and_is_tried_later(void **state)
{
    static const struct {
        enum aws_outcome outcome;
        unsigned status;
        const char *code;
    } failures[] = {
        {AWS_UNREACHABLE, 0, ""},
        {AWS_REFUSED, 503, "ServiceUnavailable"},
        {AWS_REFUSED, 400, "ThrottlingException"},
        {AWS_REFUSED, 403, "AccessDenied"},
        {AWS_REFUSED, 403, "InvalidClientTokenId"},
        {AWS_NOT_READY, 0, ""},
        {AWS_UNREADABLE, 200, ""},
        {AWS_BUSY, 0, ""},
    };
    struct bench *b = *state;

    add(b, "first", 1);
    for (unsigned i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        end_call(failures[i].outcome, failures[i].status, failures[i].code);
        assert_null(going);
        add(b, "later", 1); /* does not try before its time */
        assert_null(going);
        wait_over(b);
        assert_true(str_eq(going->body, STR("first")));
    }
    end_call(AWS_OK, 200, "");
    assert_int_equal(b->queue.counts.dropped, 0);
    assert_true(str_eq(going->body, STR("later")));
}

static void test_waits_double_up_to_a_minute_and_begin_anew(void **state)
{
    struct bench *b = *state;

    add(b, "first", 1);
    for (unsigned i = 0; i < 8; i++) {
        end_call(AWS_UNREACHABLE, 0, "");
        wait_over(b);
    }
    assert_int_equal(b->queue.again_ms, PUT_AGAIN_MAX_MS);
    end_call(AWS_OK, 200, "");
    assert_int_equal(b->queue.again_ms, PUT_AGAIN_MS);
}

static void test_what_is_wrong_is_dropped_and_counted(void **state)
{
    struct bench *b = *state;

    add(b, "wrong", 3);
    add(b, "right", 1);
    end_call(AWS_REFUSED, 400, "InvalidParameterValue");
    assert_int_equal(b->queue.counts.dropped, 3);
    assert_true(str_eq(going->body, STR("right")));
}

static void test_items_that_were_not_taken_are_counted(void **state)
{
    struct bench *b = *state;

    add(b, "many", 10);
    end_call(AWS_OK, 200, "");
    assert_int_equal(b->queue.counts.sent, 8);
    assert_int_equal(b->queue.counts.dropped, 2);
}

static void test_the_owner_may_see_to_a_refusal(void **state)
{
    struct bench *b = *state;

    add(b, "first", 1);
    end_call(AWS_REFUSED, 400, "ResourceNotFoundException");
    assert_int_equal(b->refusals, 1);
    add(b, "second", 1);
    assert_null(going);
    put_queue_go(&b->queue);
    assert_true(str_eq(going->body, STR("first")));
}

static void test_beyond_the_room_the_oldest_go(void **state)
{
    struct bench *b = *state;

    add(b, "sent", 1); /* on its way: stays */
    for (unsigned i = 0; i < PUT_QUEUE_CALLS + 50; i++)
        add(b, i == 0 ? "oldest" : "x", 2);
    assert_int_equal(b->queue.counts.waiting, PUT_QUEUE_CALLS);
    assert_int_equal(b->queue.counts.dropped, 2 * 51);
    end_call(AWS_OK, 200, "");
    assert_true(str_eq(going->body, STR("x")));
}

static void test_bytes_are_bounded(void **state)
{
    struct bench *b = *state;
    const size_t n = 900 * 1000;
    char *body = memory_zeroed(1, n);

    for (unsigned i = 0; i < 100; i++)
        put_queue_add(&b->queue, str_make(body, n), 1, clock_wall_seconds());
    assert_true(b->queue.counts.bytes <= PUT_QUEUE_BYTES);
    assert_true(b->queue.counts.bytes > PUT_QUEUE_BYTES / 2);
    assert_int_equal(b->queue.counts.dropped + b->queue.counts.waiting, 100);
    free(body);
}

static void test_what_is_too_old_is_never_sent(void **state)
{
    struct bench *b = *state;

    put_queue_add(&b->queue, STR("old"), 5, clock_wall_seconds() - 15 * 86400);
    assert_null(going);
    assert_int_equal(b->queue.counts.dropped, 5);
    assert_true(put_queue_is_empty(&b->queue));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_calls_go_one_after_the_other),
        TEST(test_what_fails_stays_first_and_is_tried_later),
        TEST(test_waits_double_up_to_a_minute_and_begin_anew),
        TEST(test_what_is_wrong_is_dropped_and_counted),
        TEST(test_items_that_were_not_taken_are_counted),
        TEST(test_the_owner_may_see_to_a_refusal),
        TEST(test_beyond_the_room_the_oldest_go),
        TEST(test_bytes_are_bounded),
        TEST(test_what_is_too_old_is_never_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
