/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/wire.h"

#define FORM "application/x-www-form-urlencoded; charset=utf-8"

static const struct action elb_rows[] = {{.name = "DescribeRules"},
                                         {.name = "CreateRule"}};
static const struct action acm_rows[] = {{.name = "ListCertificates"}};
static const struct action_table elb_table = ACTION_TABLE(elb_rows);
static const struct action_table acm_table = ACTION_TABLE(acm_rows);
static const struct action_table *const elb_tables[] = {&elb_table, NULL};
static const struct action_table *const acm_tables[] = {&acm_table, NULL};
static const struct service elb = {
    .name = "elasticloadbalancing",
    .version = "2015-12-01",
    .namespace = "http://elb/",
    .wire = WIRE_QUERY,
    .tables = elb_tables,
};
static const struct service acm = {
    .name = "acm",
    .target = "CertificateManager",
    .wire = WIRE_JSON,
    .tables = acm_tables,
};
static const struct service compute = {
    .name = "ec2",
    .version = "2016-11-15",
    .namespace = "http://ec2/",
    .wire = WIRE_EC2,
    .tables = elb_tables,
};
static const struct service *const all[] = {&elb, &acm, &compute, NULL};

static struct region region;
static struct call call;
static struct wire_call wire;

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static enum wire_verdict read_it(struct wire_request request)
{
    call = (struct call){.region = &region, .request_id = STR("id-1")};
    return wire_read(all, &request, &wire, &call);
}

static struct wire_request form(const char *service, const char *body)
{
    return (struct wire_request){
        .method = STR("POST"),
        .path = STR("/"),
        .content_type = STR(FORM),
        .target = STR(""),
        .service = str_of(service),
        .body = str_of(body),
    };
}

static struct wire_request json(const char *target, const char *body)
{
    return (struct wire_request){
        .method = STR("POST"),
        .path = STR("/"),
        .content_type = STR("application/x-amz-json-1.1"),
        .target = str_of(target),
        .service = STR("acm"),
        .body = str_of(body),
    };
}

static const char *answered(void)
{
    struct str text = wire_answer(&wire, &call);

    return region_copy(&region, text).p;
}

/* Checklist 1. */
static void test_a_form_names_its_action(void **state)
{
    struct wire_request request =
        form("elasticloadbalancing",
             "Action=DescribeRules&Version=2015-12-01&RuleArns.member.1=a");

    (void)state;
    assert_int_equal(read_it(request), WIRE_OURS);
    assert_string_equal(wire.action->name, "DescribeRules");
    assert_ptr_equal(wire.service, &elb);
    assert_int_equal(value_count(value_get(wire.input, STR("RuleArns"))), 1);
}

static void test_the_query_string_is_a_part_of_the_form(void **state)
{
    struct wire_request request =
        form("elasticloadbalancing", "Version=2015-12-01");

    (void)state;
    request.path = STR("/?Action=DescribeRules");
    assert_int_equal(read_it(request), WIRE_OURS);
    request.method = STR("GET");
    request.body = STR("");
    assert_int_equal(read_it(request), WIRE_OURS);
    request.method = STR("DELETE");
    assert_int_equal(read_it(request), WIRE_BAD);
    assert_int_equal(call.fault.status, 405);
}

static void test_a_target_names_a_service_of_json(void **state)
{
    (void)state;
    assert_int_equal(
        read_it(json("CertificateManager.ListCertificates", "{\"A\": 1}")),
        WIRE_OURS);
    assert_ptr_equal(wire.service, &acm);
    assert_int_equal(read_it(json("CertificateManager.ListCertificates", "")),
                     WIRE_OURS);
    assert_int_equal(
        read_it(json("CertificateManager.ListCertificates", "[1]")), WIRE_BAD);
    assert_string_equal(call.fault.code, "SerializationException");
    assert_string_equal(answered(), "{\"__type\":\"SerializationException\","
                                    "\"message\":\"The body is no JSON "
                                    "object\"}");
}

/* Checklist 1. */
static void test_other_versions_are_foreign(void **state)
{
    (void)state;
    assert_int_equal(read_it(form("elasticloadbalancing",
                                  "Action=DescribeRules&Version=2012-06-01")),
                     WIRE_FOREIGN);
    assert_string_equal(call.fault.code, "InvalidAction");
    assert_non_null(strstr(call.fault.message.p, "aws elbv2"));
    assert_int_equal(
        read_it(form("elasticloadbalancing", "Action=DescribeRules&Version=x")),
        WIRE_FOREIGN);
    assert_int_equal(
        read_it(form("elasticloadbalancing", "Action=DescribeRules")),
        WIRE_OURS);
}

static void test_unknown_actions_are_foreign_and_have_a_neighbour(void **state)
{
    (void)state;
    assert_int_equal(
        read_it(form("elasticloadbalancing", "Action=DescribeRule")),
        WIRE_FOREIGN);
    assert_non_null(
        strstr(call.fault.message.p, "did you mean DescribeRules? "));
    assert_int_equal(read_it(json("CertificateManager.Bake", "{}")),
                     WIRE_FOREIGN);
    assert_string_equal(call.fault.code, "UnknownOperationException");
}

static void
test_unknown_services_are_refused_as_their_callers_read(void **state)
{
    struct wire_request request = form("sqs", "Action=ListQueues");

    (void)state;
    assert_int_equal(read_it(request), WIRE_FOREIGN);
    assert_true(str_eq(wire.name, STR("ListQueues")));
    assert_non_null(strstr(answered(), "<ErrorResponse"));
    assert_non_null(strstr(answered(), "'sqs'"));
    assert_non_null(strstr(answered(), "--passthrough"));
    assert_int_equal(read_it(json("DynamoDB_20120810.ListTables", "{}")),
                     WIRE_FOREIGN);
    assert_non_null(strstr(answered(), "UnknownOperationException"));
    request = form("s3", "");
    request.content_type = STR("");
    assert_int_equal(read_it(request), WIRE_FOREIGN);
    assert_non_null(strstr(answered(), "<Error><Code>NotImplemented"));
    assert_int_equal(call.fault.status, 501);
    request.service = STR("lambda");
    assert_int_equal(read_it(request), WIRE_FOREIGN);
    assert_int_equal(wire.reader, READER_JSON);
}

static void test_forms_that_are_none_are_bad(void **state)
{
    (void)state;
    assert_int_equal(read_it(form("elasticloadbalancing", "Action=%zz")),
                     WIRE_BAD);
    assert_string_equal(call.fault.code, "MalformedQueryString");
    assert_int_equal(read_it(form("elasticloadbalancing", "Version=x")),
                     WIRE_BAD);
    assert_string_equal(call.fault.code, "MissingAction");
    assert_int_equal(
        read_it(form("elasticloadbalancing", "Action.member.1=DescribeRules")),
        WIRE_BAD);
}

static void test_codes_are_those_of_the_protocol(void **state)
{
    (void)state;
    read_it(json("CertificateManager.ListCertificates", "{}"));
    call_refuse(&call, "ValidationError", "x");
    assert_non_null(strstr(answered(), "\"ValidationException\""));
    read_it(form("ec2", "Action=DescribeRules&Version=2016-11-15"));
    call_refuse(&call, "ValidationError", "x");
    assert_non_null(strstr(answered(), "<Code>InvalidParameterValue</Code>"));
    read_it(form("elasticloadbalancing", "Action=DescribeRules"));
    call_refuse(&call, "ValidationError", "x");
    assert_non_null(strstr(answered(), "<Code>ValidationError</Code>"));
}

static void test_a_result_of_json_is_an_object(void **state)
{
    struct value *result = make_map(&region);

    (void)state;
    read_it(json("CertificateManager.ListCertificates", "{}"));
    assert_string_equal(answered(), "{}");
    put_number(&region, result, "N", 5);
    put_bool(&region, result, "B", true);
    add_text(&region, put_list(&region, result, "L"), STR("a\"\n"));
    call.result = result;
    assert_string_equal(answered(),
                        "{\"N\":5,\"B\":true,\"L\":[\"a\\\"\\u000a\"]}");
    assert_true(str_eq(wire_content_type(&wire, &call),
                       STR("application/x-amz-json-1.1")));
}

static void test_calls_are_known_by_their_head(void **state)
{
    struct wire_request request = form("", "");

    (void)state;
    assert_true(wire_is_call(&request));
    request.path = STR("/healthz");
    assert_false(wire_is_call(&request));
    request.path = STR("/x?a=1&Action=y");
    assert_true(wire_is_call(&request));
    request.path = STR("/x?a=Action=");
    assert_false(wire_is_call(&request));
    request.service = STR("s3");
    assert_true(wire_is_call(&request));
    request = form("", "");
    request.method = STR("GET");
    assert_false(wire_is_call(&request));
    request.target = STR("A.B");
    assert_true(wire_is_call(&request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_form_names_its_action),
        cmocka_unit_test(test_the_query_string_is_a_part_of_the_form),
        cmocka_unit_test(test_a_target_names_a_service_of_json),
        cmocka_unit_test(test_other_versions_are_foreign),
        cmocka_unit_test(test_unknown_actions_are_foreign_and_have_a_neighbour),
        cmocka_unit_test(
            test_unknown_services_are_refused_as_their_callers_read),
        cmocka_unit_test(test_forms_that_are_none_are_bad),
        cmocka_unit_test(test_codes_are_those_of_the_protocol),
        cmocka_unit_test(test_a_result_of_json_is_an_object),
        cmocka_unit_test(test_calls_are_known_by_their_head),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
