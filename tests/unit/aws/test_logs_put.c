/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/logs_put.h"
#include "model/json.h"

static char buffer[2 * LOGS_PUT_BYTES];

static void test_events_are_messages_with_times(void **state)
{
    struct text text = text_in(buffer, sizeof(buffer));
    struct logs_put put;

    (void)state;
    logs_put_begin(&put, &text, STR("group"), STR("a/b"));
    assert_true(logs_put_add(&put, 1700000040000, STR("{\"a\":1}")));
    assert_true(logs_put_add(&put, 1700000040000, STR("x")));
    assert_true(
        str_eq(logs_put_end(&put),
               STR("{\"logGroupName\":\"group\",\"logStreamName\":\"a/b\","
                   "\"logEvents\":[{\"timestamp\":1700000040000,\"message\":"
                   "\"{\\\"a\\\":1}\"},{\"timestamp\":1700000040000,"
                   "\"message\":\"x\"}]}")));
}

static void test_events_beyond_a_call_find_it_full(void **state)
{
    static char message[1000];
    struct text text = text_in(buffer, sizeof(buffer));
    struct logs_put put;

    (void)state;
    memset(message, 'x', sizeof(message));
    logs_put_begin(&put, &text, STR("group"), STR("stream"));
    while (logs_put_add(&put, 1, str_make(message, sizeof(message))))
        ;
    assert_int_equal(put.n,
                     LOGS_PUT_BYTES / (sizeof(message) + LOGS_EVENT_BYTES));
    logs_put_begin(&put, &text, STR("group"), STR("stream"));
    while (logs_put_add(&put, 1, STR("")))
        ;
    assert_int_equal(put.n, LOGS_PUT_EVENTS);
}

static unsigned rejected(const char *info)
{
    struct region region = {NULL};
    struct error error;
    size_t used;
    const struct value *answer =
        json_value_read(&region, str_of(info), &used, &error);
    unsigned n = logs_put_rejected(answer, 10);

    assert_non_null(answer);
    region_end(&region);
    return n;
}

static void test_rejected_events_are_counted(void **state)
{
    (void)state;
    assert_int_equal(logs_put_rejected(NULL, 10), 0);
    assert_int_equal(rejected("{}"), 0);
    assert_int_equal(rejected("{\"rejectedLogEventsInfo\":7}"), 0);
    assert_int_equal(rejected("{\"rejectedLogEventsInfo\":{}}"), 0);
    assert_int_equal(
        rejected("{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":3}}"),
        3);
    assert_int_equal(
        rejected("{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":3,"
                 "\"expiredLogEventEndIndex\":4,"
                 "\"tooNewLogEventStartIndex\":9}}"),
        5);
    assert_int_equal(
        rejected("{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":999,"
                 "\"tooNewLogEventStartIndex\":0}}"),
        10);
    assert_int_equal(
        rejected("{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":"
                 "\"zebra\",\"expiredLogEventEndIndex\":-1}}"),
        0);
}

static void test_names_of_groups_are_awss(void **state)
{
    const char *why;

    (void)state;
    assert_true(logs_group_is_one(STR("/sluice/metrics-1_a.b#c"), &why));
    assert_false(logs_group_is_one(STR(""), &why));
    assert_false(logs_group_is_one(STR("aws/x"), &why));
    assert_false(logs_group_is_one(STR("a:b"), &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_messages_with_times),
        cmocka_unit_test(test_events_beyond_a_call_find_it_full),
        cmocka_unit_test(test_rejected_events_are_counted),
        cmocka_unit_test(test_names_of_groups_are_awss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
