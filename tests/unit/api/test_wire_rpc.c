/* SPDX-License-Identifier: Apache-2.0
 *
 * A service that speaks forms, JSON 1.0 and CBOR.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "api/wire.h"

static const struct action rows[] = {{.name = "ListMetrics"}};
static const struct action_table table = ACTION_TABLE(rows);
static const struct action_table *const tables[] = {&table, NULL};
static const struct fault_name faults[] = {
    {"MissingParameter", "MissingRequiredParameterException", 400},
    {"ResourceNotFound", "ResourceNotFound", 404},
    {NULL, NULL, 0},
};
static const struct service metrics = {
    .name = "monitoring",
    .policy = "cloudwatch",
    .version = "2010-08-01",
    .namespace = "http://metrics/",
    .wire = WIRE_QUERY,
    .target = "Granite",
    .shapes = "com.example",
    .faults = faults,
    .tables = tables,
};
static const struct service acm = {
    .name = "acm",
    .target = "CertificateManager",
    .wire = WIRE_JSON,
    .tables = tables,
};
static const struct service *const all[] = {&metrics, &acm, NULL};

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

static struct wire_request cbor(const char *path, struct str body)
{
    return (struct wire_request){
        .method = STR("POST"),
        .path = str_of(path),
        .content_type = STR("application/cbor"),
        .target = STR(""),
        .service = STR("monitoring"),
        .protocol = STR("rpc-v2-cbor"),
        .encoding = STR(""),
        .body = body,
    };
}

static struct wire_request form(struct str body)
{
    struct wire_request request = cbor("/", body);

    request.protocol = STR("");
    request.content_type = STR("application/x-www-form-urlencoded");
    return request;
}

static struct wire_request json(const char *target, struct str body)
{
    struct wire_request request = cbor("/", body);

    request.protocol = STR("");
    request.target = str_of(target);
    request.content_type = STR("application/x-amz-json-1.0");
    return request;
}

static struct str answered(void)
{
    return region_copy(&region, wire_answer(&wire, &call));
}

static struct str content_type(void)
{
    return wire_content_type(&wire, &call);
}

static struct str gzip_of(struct str plain)
{
    char *to = region_take(&region, plain.n + 1024);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)plain.p,
                  .avail_in = (uInt)plain.n};

    assert_int_equal(
        deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)plain.n + 1024;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return str_make(to, (size_t)((char *)z.next_out - to));
}

static void test_all_three_say_the_same(void **state)
{
    const struct wire_request requests[] = {
        form(STR("Action=ListMetrics&Version=2010-08-01&Namespace=A")),
        json("Granite.ListMetrics", STR("{\"Namespace\":\"A\"}")),
        cbor("/service/Granite/operation/ListMetrics",
             STR("\xa1\x69Namespace\x61"
                 "A")),
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(read_it(requests[i]), WIRE_OURS);
        assert_ptr_equal(wire.service, &metrics);
        assert_ptr_equal(wire.action, &rows[0]);
        assert_true(str_eq(member_text(wire.input, "Namespace"), STR("A")));
        assert_true(wire_is_call(&requests[i]));
    }
}

static void test_a_body_may_be_compressed_in_all_three(void **state)
{
    struct wire_request requests[] = {
        form(STR("Action=ListMetrics&Version=2010-08-01&Namespace=A")),
        json("Granite.ListMetrics", STR("{\"Namespace\":\"A\"}")),
        cbor("/service/Granite/operation/ListMetrics",
             STR("\xa1\x69Namespace\x61"
                 "A")),
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        requests[i].body = gzip_of(requests[i].body);
        requests[i].encoding = STR("gzip");
        assert_int_equal(read_it(requests[i]), WIRE_OURS);
        assert_true(str_eq(member_text(wire.input, "Namespace"), STR("A")));
        requests[i].body.n--;
        assert_int_equal(read_it(requests[i]), WIRE_BAD);
        assert_string_equal(call.fault.code, i == 0 ? "MalformedQueryString"
                                                    : "SerializationException");
    }
}

static void test_results_have_the_types_of_the_protocol(void **state)
{
    struct value *result = make_map(&region);

    (void)state;
    put_time(&region, result, "T", 1767323045);
    put_real(&region, result, "R", 2);
    read_it(form(STR("Action=ListMetrics")));
    call.result = result;
    assert_non_null(
        strstr(answered().p, "<T>2026-01-02T03:04:05Z</T><R>2.0</R>"));
    assert_true(str_eq(content_type(), STR("text/xml")));
    read_it(json("Granite.ListMetrics", STR("{}")));
    call.result = result;
    assert_string_equal(answered().p, "{\"T\":1767323045,\"R\":2.0}");
    assert_true(str_eq(content_type(), STR("application/x-amz-json-1.0")));
    read_it(cbor("/service/Granite/operation/ListMetrics", STR("")));
    call.result = result;
    assert_true(str_eq(
        answered(), STR("\xa2\x61T\xc1\x1a\x69\x57\x35\xa5\x61R\xfb\x40\0\0\0"
                        "\0\0\0\0")));
    assert_true(str_eq(content_type(), STR("application/cbor")));
}

static void test_an_action_without_a_result_has_no_body_in_cbor(void **state)
{
    (void)state;
    read_it(cbor("/service/Granite/operation/ListMetrics", STR("\xa0")));
    assert_int_equal(answered().n, 0);
    assert_int_equal(content_type().n, 0);
}

static void test_faults_have_the_names_of_the_protocol(void **state)
{
    struct str text;

    (void)state;
    read_it(form(STR("Action=ListMetrics")));
    call_refuse(&call, "MissingParameter", "x");
    assert_non_null(strstr(answered().p, "<Code>MissingParameter</Code>"));
    read_it(json("Granite.ListMetrics", STR("{}")));
    call_refuse(&call, "MissingParameter", "x");
    assert_string_equal(
        answered().p,
        "{\"__type\":\"com.example#MissingRequiredParameterException\","
        "\"message\":\"x\"}");
    assert_string_equal(call.fault.query, "MissingParameter");
    read_it(cbor("/service/Granite/operation/ListMetrics", STR("")));
    call_refuse(&call, "ValidationError", "x");
    text = answered();
    assert_true(str_starts(
        text, STR("\xa2\x66__type\x78\x1f"
                  "com.example#ValidationException\x67message\x61x")));
    assert_string_equal(call.fault.query, "ValidationError");
    read_it(form(STR("Action=ListMetrics")));
    call_refuse(&call, "ResourceNotFound", "x");
    answered();
    assert_int_equal(call.fault.status, 404);
}

static void test_other_paths_and_services_are_told_in_cbor(void **state)
{
    struct wire_request request =
        cbor("/service/Granite/operation/Bake", STR(""));

    (void)state;
    assert_int_equal(read_it(request), WIRE_FOREIGN);
    assert_int_equal(wire.reader, READER_CBOR);
    assert_true(str_eq(wire.name, STR("Bake")));
    assert_true(str_starts(answered(), STR("\xa2\x66__type\x78")));
    request.path = STR("/service/Logs/operation/Bake");
    assert_int_equal(read_it(request), WIRE_FOREIGN);
    request.path = STR("/service/CertificateManager/operation/ListMetrics");
    assert_int_equal(read_it(request), WIRE_FOREIGN);
    assert_null(wire.service);
    request.path = STR("/service/Granite/operation/ListMetrics/more");
    assert_int_equal(read_it(request), WIRE_BAD);
    request.path = STR("/service/Granite/operation/");
    assert_int_equal(read_it(request), WIRE_BAD);
    request.path = STR("/");
    assert_int_equal(read_it(request), WIRE_BAD);
    request = cbor("/service/Granite/operation/ListMetrics", STR("\x01"));
    assert_int_equal(read_it(request), WIRE_BAD);
    request.body = STR("\xa1");
    assert_int_equal(read_it(request), WIRE_BAD);
    request.method = STR("GET");
    assert_int_equal(read_it(request), WIRE_BAD);
    assert_int_equal(call.fault.status, 405);
}

/* Who is asked about one action must not be made to take another. */
static void test_two_names_of_an_action_are_bad(void **state)
{
    struct wire_request request =
        cbor("/service/Granite/operation/Bake?Action=ListQueues", STR(""));

    (void)state;
    assert_int_equal(read_it(request), WIRE_BAD);
    request.path = STR("/service/Granite/operation/Bake");
    request.target = STR("Granite.Broil");
    assert_int_equal(read_it(request), WIRE_BAD);
    request = form(STR("Action=Bake"));
    request.service = STR("sqs");
    request.path = STR("/service/Granite/operation/Broil");
    assert_int_equal(read_it(request), WIRE_BAD);
    request.path = STR("/?Action=ListQueues");
    request.body = gzip_of(STR("Action=Bake"));
    request.encoding = STR("gzip");
    assert_int_equal(read_it(request), WIRE_BAD);
    request.path = STR("/");
    assert_int_equal(read_it(request), WIRE_FOREIGN);
    assert_int_equal(wire.name.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_three_say_the_same),
        cmocka_unit_test(test_a_body_may_be_compressed_in_all_three),
        cmocka_unit_test(test_results_have_the_types_of_the_protocol),
        cmocka_unit_test(test_an_action_without_a_result_has_no_body_in_cbor),
        cmocka_unit_test(test_faults_have_the_names_of_the_protocol),
        cmocka_unit_test(test_other_paths_and_services_are_told_in_cbor),
        cmocka_unit_test(test_two_names_of_an_action_are_bad),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
