/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/xml.h"

static const struct service query = {
    .name = "elasticloadbalancing",
    .namespace = "http://elb/doc/",
    .wire = WIRE_QUERY,
};
static const struct service ec2 = {
    .name = "ec2",
    .namespace = "http://ec2/doc/",
    .wire = WIRE_EC2,
};
static struct region region;
static char written[8192];

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static const char *show(const struct xml_answer *answer)
{
    size_t room = xml_room(answer);
    struct text t = text_in(written, room);

    assert_true(room < sizeof(written));
    xml_put(&t, answer);
    assert_true(text_ok(&t));
    written[t.n] = '\0';
    return written;
}

static struct value *example(void)
{
    struct value *result = make_map(&region);
    struct value *list = put_list(&region, result, "Names");

    add_text(&region, list, STR("a"));
    add_text(&region, list, STR("<b>&\""));
    put_list(&region, result, "None");
    put_number(&region, add_map(&region, put_list(&region, result, "Things")),
               "Port", 80);
    put_bool(&region, put_map(&region, result, "State"), "Is", true);
    return result;
}

/* Checklist 2. */
static void test_a_result_stands_in_its_envelope(void **state)
{
    struct xml_answer answer = {
        .service = &query,
        .action = STR("DoIt"),
        .request_id = STR("id-1"),
        .result = example(),
    };

    (void)state;
    assert_string_equal(
        show(&answer),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<DoItResponse xmlns=\"http://elb/doc/\"><DoItResult>"
        "<Names><member>a</member><member>&lt;b&gt;&amp;&quot;</member></Names>"
        "<None/><Things><member><Port>80</Port></member></Things>"
        "<State><Is>true</Is></State></DoItResult>"
        "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>"
        "</DoItResponse>\n");
}

static void test_a_result_without_members_is_there(void **state)
{
    struct xml_answer answer = {
        .service = &query, .action = STR("X"), .request_id = STR("i")};

    (void)state;
    assert_non_null(strstr(show(&answer), "<XResult></XResult>"));
}

static void test_ec2_has_items_and_no_result(void **state)
{
    struct xml_answer answer = {
        .service = &ec2,
        .action = STR("DescribeVpcs"),
        .request_id = STR("id-1"),
        .result = example(),
    };

    (void)state;
    assert_non_null(strstr(show(&answer),
                           "<DescribeVpcsResponse xmlns=\"http://ec2/doc/\">"
                           "<requestId>id-1</requestId><Names><item>a</item>"));
    assert_non_null(strstr(written, "<Things><item><Port>80</Port></item>"));
    assert_null(strstr(written, "Result"));
}

/* Checklist 3. */
static void test_faults_have_type_code_message_and_request(void **state)
{
    struct fault fault = {
        .code = "RuleNotFound", .status = 400, .message = STR("One & two")};
    struct xml_answer answer = {.service = &query,
                                .action = STR("X"),
                                .request_id = STR("id-1"),
                                .fault = &fault};

    (void)state;
    assert_string_equal(
        show(&answer),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<ErrorResponse xmlns=\"http://elb/doc/\"><Error><Type>Sender</Type>"
        "<Code>RuleNotFound</Code><Message>One &amp; two</Message></Error>"
        "<RequestId>id-1</RequestId></ErrorResponse>\n");
    fault.status = 503;
    assert_non_null(strstr(show(&answer), "<Type>Receiver</Type>"));
    answer.service = &ec2;
    assert_non_null(strstr(show(&answer),
                           "<Response><Errors><Error><Code>RuleNotFound</Code>"
                           "<Message>One &amp; two</Message></Error></Errors>"
                           "<RequestID>id-1</RequestID></Response>"));
}

static void test_maps_of_the_model_have_entries(void **state)
{
    struct value *result = make_map(&region);
    struct xml_answer answer = {.service = &query,
                                .action = STR("X"),
                                .request_id = STR("i"),
                                .result = result};

    (void)state;
    put_text(&region,
             put_map(&region, result, "AuthenticationRequestExtraParams"),
             "display", STR("page"));
    assert_non_null(strstr(show(&answer),
                           "<AuthenticationRequestExtraParams><entry>"
                           "<key>display</key><value>page</value></entry>"
                           "</AuthenticationRequestExtraParams>"));
}

static void test_what_is_null_is_left_out(void **state)
{
    struct value *result = make_map(&region);
    struct xml_answer answer = {.service = &query,
                                .action = STR("X"),
                                .request_id = STR("i"),
                                .result = result};

    (void)state;
    put_value(&region, result, "Gone", value_new(&region, VALUE_NULL, NULL));
    put_text(&region, result, "Empty", STR(""));
    assert_non_null(
        strstr(show(&answer), "<XResult><Empty></Empty></XResult>"));
}

static void test_texts_are_characters_that_xml_can_have(void **state)
{
    struct text t = text_in(written, sizeof(written) - 1);

    (void)state;
    xml_put_text(&t, str_make("a\0\x1b\t\r\xff\xc3\xa9\xef\xbf\xbf", 11));
    written[t.n] = '\0';
    assert_string_equal(written,
                        "a\xef\xbf\xbd\xef\xbf\xbd\t&#xD;\xef\xbf\xbd\xc3\xa9"
                        "\xef\xbf\xbd");
}

static void test_the_room_is_enough_when_everything_is_escaped(void **state)
{
    struct value *result = make_map(&region);
    struct xml_answer answer = {.service = &query,
                                .action = STR("X"),
                                .request_id = STR("i"),
                                .result = result};
    char quotes[512];

    (void)state;
    memset(quotes, '"', sizeof(quotes));
    put_text(&region, result, "Text", str_make(quotes, sizeof(quotes)));
    assert_non_null(strstr(show(&answer), "&quot;&quot;</Text>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_result_stands_in_its_envelope),
        cmocka_unit_test(test_a_result_without_members_is_there),
        cmocka_unit_test(test_ec2_has_items_and_no_result),
        cmocka_unit_test(test_faults_have_type_code_message_and_request),
        cmocka_unit_test(test_maps_of_the_model_have_entries),
        cmocka_unit_test(test_what_is_null_is_left_out),
        cmocka_unit_test(test_texts_are_characters_that_xml_can_have),
        cmocka_unit_test(test_the_room_is_enough_when_everything_is_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
