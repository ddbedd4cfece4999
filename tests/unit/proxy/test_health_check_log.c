/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proxy/log_ring.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define LB "app/my-loadbalancer/50dc6c495c0c9188"
#define PASS                                                                   \
    "http 2025-10-31T12:44:59.875678Z 0.019584011 172.31.20.97:80 "            \
    "HCLogsTestIPs PASS 200 -"

static char line[LOG_LINE_MAX];

static struct address address_of(const char *text)
{
    struct address a;

    assert_true(address_parse(str_of(text), &a));
    return a;
}

static void assert_line(const struct health_check_record *r, const char *want)
{
    struct text t = text_in(line, sizeof(line) - 1);

    health_check_put_line(&t, r);
    assert_true(text_ok(&t));
    assert_int_equal(line[t.n - 1], '\n');
    line[t.n - 1] = '\0';
    assert_string_equal(line, want);
}

/* The first example of 7.5, with what came later. */
static struct health_check_record example(void)
{
    struct health_check_record r = {
        .time = 1761914699875678,
        .latency_ns = 19584011,
        .code = 200,
        .result = PROBE_PASSED,
    };

    r.target = address_of("172.31.20.97:80");
    r.local = address_of("172.31.0.4:80");
    r.texts[HEALTH_CHECK_LOAD_BALANCER] = STR(LB);
    r.texts[HEALTH_CHECK_TARGET_GROUP] = STR("HCLogsTestIPs");
    return r;
}

/* 117 */
static void test_a_pass_is_the_documented_line(void **state)
{
    struct health_check_record r = example();

    (void)state;
    assert_line(&r, PASS " " LB " 172.31.0.4");
}

/* 117 */
static void test_an_error_of_the_target_is_the_documented_line(void **state)
{
    struct health_check_record r = example();

    (void)state;
    r.time = 1761914698901409;
    r.latency_ns = 1121980746;
    r.target = address_of("172.31.31.9:80");
    r.code = 502;
    r.result = PROBE_WRONG_CODE;
    assert_line(&r, "http 2025-10-31T12:44:58.901409Z 1.121980746 "
                    "172.31.31.9:80 HCLogsTestIPs FAIL 502 TargetError " LB
                    " 172.31.0.4");
}

/* 117 */
static void test_every_result_has_its_reason(void **state)
{
    static const struct {
        enum probe_result result;
        uint16_t code;
        const char *fields;
    } cases[] = {
        {PROBE_PASSED, 200, "PASS 200 -"},
        {PROBE_PASSED, 404, "PASS 404 -"}, /* the matcher has it */
        {PROBE_WRONG_CODE, 404, "FAIL 404 ResponseCodeMismatch"},
        {PROBE_WRONG_CODE, 101, "FAIL 101 ResponseCodeMismatch"},
        {PROBE_WRONG_CODE, 499, "FAIL 499 ResponseCodeMismatch"},
        {PROBE_WRONG_CODE, 500, "FAIL 500 TargetError"},
        {PROBE_WRONG_CODE, 599, "FAIL 599 TargetError"},
        {PROBE_WRONG_CODE, 600, "FAIL 600 ResponseCodeMismatch"},
        {PROBE_TIMEOUT, 0, "FAIL - TimedOut"},
        {PROBE_FAILED, 0, "FAIL - ConnectionReset"},
        {PROBE_GARBLED, 0, "FAIL - TargetError"},
        {PROBE_INTERNAL, 0, "FAIL - InternalError"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct health_check_record r = example();
        char want[512];
        struct text t = text_in(want, sizeof(want) - 1);

        r.result = cases[i].result;
        r.code = cases[i].code;
        text_printf(&t,
                    "http 2025-10-31T12:44:59.875678Z 0.019584011 "
                    "172.31.20.97:80 HCLogsTestIPs %s " LB " 172.31.0.4",
                    cases[i].fields);
        want[t.n] = '\0';
        assert_line(&r, want);
    }
}

/* 84, 117 */
static void test_every_kind_of_probe_has_its_type_and_reasons(void **state)
{
    static const struct {
        enum probe_type type;
        enum probe_result result;
        uint16_t code;
        const char *type_word, *fields;
    } cases[] = {
        {PROBE_HTTP, PROBE_PASSED, 200, "http", "PASS 200 -"},
        {PROBE_HTTPS, PROBE_PASSED, 200, "https", "PASS 200 -"},
        {PROBE_HTTPS, PROBE_FAILED, 0, "https", "FAIL - ConnectionReset"},
        {PROBE_H2, PROBE_PASSED, 204, "h2", "PASS 204 -"},
        {PROBE_H2, PROBE_WRONG_CODE, 404, "h2",
         "FAIL 404 ResponseCodeMismatch"},
        {PROBE_H2, PROBE_WRONG_CODE, 503, "h2", "FAIL 503 TargetError"},
        {PROBE_GRPC, PROBE_PASSED, 12, "grpc", "PASS 12 -"},
        {PROBE_GRPC, PROBE_PASSED, 0, "grpc", "PASS 0 -"},
        {PROBE_GRPC, PROBE_WRONG_CODE, 0, "grpc",
         "FAIL 0 GRPCUnexpectedStatus"},
        {PROBE_GRPC, PROBE_WRONG_CODE, 99, "grpc",
         "FAIL 99 GRPCUnexpectedStatus"},
        {PROBE_GRPC, PROBE_BAD_GRPC_STATUS, 0, "grpc",
         "FAIL - GRPCUnexpectedStatus"},
        {PROBE_GRPC, PROBE_NO_GRPC_STATUS, 200, "grpc",
         "FAIL 200 GRPCStatusHeaderEmpty"},
        {PROBE_GRPC, PROBE_WRONG_CODE, 404, "grpc",
         "FAIL 404 GRPCStatusHeaderEmpty"},
        {PROBE_GRPC, PROBE_WRONG_CODE, 503, "grpc", "FAIL 503 TargetError"},
        {PROBE_GRPC, PROBE_TIMEOUT, 0, "grpc", "FAIL - TimedOut"},
        {PROBE_GRPC, PROBE_FAILED, 0, "grpc", "FAIL - ConnectionReset"},
        {PROBE_GRPC, PROBE_GARBLED, 0, "grpc", "FAIL - TargetError"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct health_check_record r = example();
        char want[512];
        struct text t = text_in(want, sizeof(want) - 1);

        r.type = cases[i].type;
        r.result = cases[i].result;
        r.code = cases[i].code;
        text_printf(&t,
                    "%s 2025-10-31T12:44:59.875678Z 0.019584011 "
                    "172.31.20.97:80 HCLogsTestIPs %s " LB " 172.31.0.4",
                    cases[i].type_word, cases[i].fields);
        want[t.n] = '\0';
        assert_line(&r, want);
    }
}

static void test_latency_has_nanoseconds(void **state)
{
    static const struct {
        uint64_t ns;
        const char *field;
    } cases[] = {
        {0, "0.000000000"},
        {1, "0.000000001"},
        {999999999, "0.999999999"},
        {UINT64_C(120000000007), "120.000000007"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct health_check_record r = example();
        char want[512];
        struct text t = text_in(want, sizeof(want) - 1);

        r.latency_ns = cases[i].ns;
        text_printf(&t,
                    "http 2025-10-31T12:44:59.875678Z %s 172.31.20.97:80 "
                    "HCLogsTestIPs PASS 200 - " LB " 172.31.0.4",
                    cases[i].field);
        want[t.n] = '\0';
        assert_line(&r, want);
    }
}

static void test_what_is_not_known_is_a_dash(void **state)
{
    struct health_check_record r = example();

    (void)state;
    r.local = (struct address){.family = 0};
    r.target = address_of("[2001:db8::7]:8080");
    r.texts[HEALTH_CHECK_LOAD_BALANCER] = STR("");
    r.texts[HEALTH_CHECK_TARGET_GROUP] = STR("");
    assert_line(&r, "http 2025-10-31T12:44:59.875678Z 0.019584011 "
                    "2001:db8::7:8080 - PASS 200 - - -");
}

static void test_a_line_without_room_is_not_begun(void **state)
{
    struct health_check_record r = example();
    struct text t = text_in(line, 800);

    (void)state;
    health_check_put_line(&t, &r);
    assert_false(text_ok(&t));
    assert_int_equal(t.n, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pass_is_the_documented_line),
        cmocka_unit_test(test_an_error_of_the_target_is_the_documented_line),
        cmocka_unit_test(test_every_result_has_its_reason),
        cmocka_unit_test(test_every_kind_of_probe_has_its_type_and_reasons),
        cmocka_unit_test(test_latency_has_nanoseconds),
        cmocka_unit_test(test_what_is_not_known_is_a_dash),
        cmocka_unit_test(test_a_line_without_room_is_not_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
