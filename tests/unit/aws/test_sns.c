/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws/sns.h"

static void test_topics_are_told_from_other_ARNs(void **state)
{
    (void)state;
    assert_true(sns_is_topic(STR("arn:aws:sns:eu-west-1:123456789012:pager")));
    assert_true(
        sns_is_topic(STR("arn:aws-cn:sns:cn-north-1:123456789012:a.fifo")));
    assert_false(sns_is_topic(STR("arn:aws:sns:eu-west-1:123456789012:")));
    assert_false(sns_is_topic(STR("arn:aws:sns:eu-west-1")));
    assert_false(sns_is_topic(STR("arn:aws:lambda:eu-west-1:1:function:f")));
    assert_false(sns_is_topic(STR("")));
    assert_true(str_eq(sns_topic_region(STR("arn:aws:sns:eu-west-1:1:pager")),
                       STR("eu-west-1")));
}

static void check_body(const struct sns_message *message, const char *wanted)
{
    struct region region = {NULL};
    struct aws_call call;

    sns_publish(&region, message, &call);
    assert_int_equal(call.service, AWS_SNS);
    assert_string_equal(call.action, "Publish");
    assert_true(str_eq(call.region, STR("eu-west-1")));
    assert_int_equal(call.body.n, strlen(wanted));
    assert_memory_equal(call.body.p, wanted, call.body.n);
    region_end(&region);
}

static void test_a_message_is_a_form(void **state)
{
    struct sns_message message = {.topic = STR("arn:aws:sns:eu-west-1:1:pager"),
                                  .subject = STR("ALARM: \"\xc3\xa4\"\n"),
                                  .text = STR("{\"a\": 1} + \xe2\x80\xa6"),
                                  .group = STR("g"),
                                  .once = STR("1")};

    (void)state;
    check_body(&message,
               "TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3Apager&Subject="
               "ALARM%3A%20%22%3F%3F%22%3F&Message=%7B%22a%22%3A%201%7D%20%2B"
               "%20%E2%80%A6");
    message.topic = STR("arn:aws:sns:eu-west-1:1:a.fifo");
    message.subject = STR("");
    message.text = STR("m");
    check_body(&message,
               "TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3Aa.fifo&Message=m&"
               "MessageGroupId=g&MessageDeduplicationId=1");
}

static void test_the_longest_message_has_room(void **state)
{
    struct region region = {NULL};
    char *text = malloc(SNS_MESSAGE_MAX);
    struct aws_call call;
    struct sns_notification it = {.id = STR("id")};
    struct str body;

    (void)state;
    memset(text, '\x01', SNS_MESSAGE_MAX);
    it.message =
        (struct sns_message){.topic = STR("arn:aws:sns:eu-west-1:1:pager"),
                             .subject = str_make(text, 1000),
                             .text = str_make(text, SNS_MESSAGE_MAX)};
    sns_publish(&region, &it.message, &call);
    assert_true(call.body.n > (size_t)3 * SNS_MESSAGE_MAX);
    assert_memory_equal(call.body.p + call.body.n - 6, "%01%01", 6);
    body = sns_notification_body(&region, &it);
    assert_memory_equal(body.p + body.n - 2, "\n}", 2);
    region_end(&region);
    free(text);
}

static void test_the_id_of_an_answer_is_read(void **state)
{
    struct region region = {NULL};
    struct aws_call call = {
        .answer = STR("<PublishResponse xmlns=\"a\"><PublishResult>"
                      "<MessageId>94f20ce6</MessageId></PublishResult>"
                      "</PublishResponse>")};

    (void)state;
    assert_true(str_eq(sns_message_id(&region, &call), STR("94f20ce6")));
    call.answer = STR("<html>");
    assert_int_equal(sns_message_id(&region, &call).n, 0);
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics_are_told_from_other_ARNs),
        cmocka_unit_test(test_a_message_is_a_form),
        cmocka_unit_test(test_the_longest_message_has_room),
        cmocka_unit_test(test_the_id_of_an_answer_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
