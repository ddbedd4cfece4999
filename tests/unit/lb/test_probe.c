/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lb/probe.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define REST                                                                   \
    "\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\n"           \
    "Accept-Encoding: gzip, compressed\r\n\r\n"

static void allow(struct config_health *health, unsigned from, unsigned to)
{
    for (unsigned code = from; code <= to; code++)
        health->codes.bits[code / 64] |= UINT64_C(1) << code % 64;
}

/* ---- the request --------------------------------------------------------- */

static void check_request(const char *path, uint16_t port, const char *target,
                          const char *expected)
{
    struct config_health health = {.path = str_of(path), .port = port};
    char buffer[PROBE_REQUEST_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct address address;

    assert_true(address_parse(str_of(target), &address));
    probe_put_request(&t, &health, &address);
    assert_true(text_ok(&t));
    assert_int_equal(t.n, strlen(expected));
    assert_memory_equal(buffer, expected, t.n);
}

static void test_the_request_is_albs(void **state)
{
    static const struct {
        const char *path;
        uint16_t port;
        const char *target, *expected;
    } cases[] = {
        {"/", 0, "10.0.0.1:80", "GET / HTTP/1.1\r\nHost: 10.0.0.1:80" REST},
        {"/health?deep=1", 0, "10.0.0.1:8080",
         "GET /health?deep=1 HTTP/1.1\r\nHost: 10.0.0.1:8080" REST},
        {"/", 9000, "10.0.0.1:80",
         "GET / HTTP/1.1\r\nHost: 10.0.0.1:9000" REST},
        {"/", 0, "[2001:db8::1]:443",
         "GET / HTTP/1.1\r\nHost: [2001:db8::1]:443" REST},
        {"/", 0, "[fe80::1%1]:80", /* a zone stays at home */
         "GET / HTTP/1.1\r\nHost: [fe80::1]:80" REST},
        {"", 0, "10.0.0.1:80", "GET / HTTP/1.1\r\nHost: 10.0.0.1:80" REST},
        /* what would make another request of it */
        {"/a b\r\nX: y#z\x7f", 0, "10.0.0.1:80",
         "GET /a%20b%0d%0aX:%20y%23z%7f HTTP/1.1\r\nHost: 10.0.0.1:80" REST},
        {"/\xc3\xa9%41", 0, "10.0.0.1:80",
         "GET /\xc3\xa9%41 HTTP/1.1\r\nHost: 10.0.0.1:80" REST},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_request(cases[i].path, cases[i].port, cases[i].target,
                      cases[i].expected);
}

static void test_the_longest_path_fits_however_it_is_written(void **state)
{
    static char path[1024];
    static const char fill[] = {'a', ' '};

    (void)state;
    for (size_t i = 0; i < COUNT(fill); i++) {
        struct config_health health = {.path = {path, sizeof(path)}};
        char buffer[PROBE_REQUEST_MAX];
        struct text t = text_in(buffer, sizeof(buffer));
        struct address address;

        memset(path, fill[i], sizeof(path));
        assert_true(address_parse(
            STR("[1111:2222:3333:4444:5555:6666:7777:8888]:65535"), &address));
        probe_put_request(&t, &health, &address);
        assert_true(text_ok(&t));
    }
}

static void test_a_probe_goes_to_the_health_port_if_there_is_one(void **state)
{
    struct config_health health = {.port = 0};
    struct address target, to;

    (void)state;
    assert_true(address_parse(STR("10.0.0.1:80"), &target));
    to = probe_address(&health, &target);
    assert_true(address_equal(&to, &target));
    health.port = 9000;
    to = probe_address(&health, &target);
    assert_int_equal(to.port, 9000);
    to.port = 80;
    assert_true(address_equal(&to, &target));
}

static void test_HTTP2_says_the_same_path_and_authority(void **state)
{
    struct config_health health = {.path = STR("/a b"), .port = 9000};
    char buffer[PROBE_REQUEST_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct address target;

    (void)state;
    assert_true(address_parse(STR("[fe80::1%1]:80"), &target));
    probe_put_path(&t, &health);
    text_char(&t, ' ');
    probe_put_authority(&t, &health, &target);
    assert_true(str_eq(text_str(&t), STR("/a%20b [fe80::1]:9000")));
}

/* ---- the answer ---------------------------------------------------------- */

enum { PASS, WRONG, FAIL };

static const struct answer {
    const char *bytes;
    int verdict;
    unsigned code;
} answers[] = {
    {"HTTP/1.1 200 OK\r\n", PASS, 200},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", PASS, 200},
    {"HTTP/1.0 200 OK\r\n", PASS, 200},
    {"HTTP/1.1 200\r\n", PASS, 200},  /* no reason phrase, */
    {"HTTP/1.1 200 \r\n", PASS, 200}, /* an empty one, */
    {"HTTP/1.1 200 \xc3\xa9\tx\r\n", PASS, 200},
    {"HTTP/1.1 200 OK\n", PASS, 200}, /* an end that ALB accepts as well */
    {"HTTP/1.1 302 Found\r\n", WRONG, 302}, /* redirects are not followed */
    {"HTTP/1.1 404 Not Found\r\n", WRONG, 404},
    {"HTTP/1.1 502 Bad Gateway\r\n", WRONG, 502},
    {"HTTP/1.1 999 Whatever\r\n", WRONG, 999},
    {"HTTP/1.1 640 Whatever\r\n", WRONG, 640},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", PASS, 200},
    {"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 102 P\r\n\r\n"
     "HTTP/1.1 503 Busy\r\n",
     WRONG, 503},
    {"HTTP/1.1 101 Switching Protocols\r\n", WRONG, 101},
    {"HTTP/2 200\r\n", FAIL, 0},
    {"HTTP/2.0 200 OK\r\n", FAIL, 0},
    {"http/1.1 200 OK\r\n", FAIL, 0},
    {"HTTP/1.1  200 OK\r\n", FAIL, 0},
    {"HTTP/1.1 20 OK\r\n", FAIL, 0},
    {"HTTP/1.1 2000 OK\r\n", FAIL, 0},
    {"HTTP/1.1 020 OK\r\n", FAIL, 0},
    {"HTTP/1.1 200OK\r\n", FAIL, 0},
    {"HTTP/1.1 2x0 OK\r\n", FAIL, 0},
    {"HTTP/1.1 20\r\n", FAIL, 0},
    {"HTTP/1.1 200 O\x01K\r\n", FAIL, 0},
    {"HTTP/1.1 200 O\rK\r\n", FAIL, 0},
    {"HTTP/1.1 100 Continue\r\n\r\nSSH-2.0-x\r\n", FAIL, 0},
    {"\r\nHTTP/1.1 200 OK\r\n", FAIL, 0},
    {" HTTP/1.1 200 OK\r\n", FAIL, 0},
    {"SSH-2.0-OpenSSH_9.2\r\n", FAIL, 0},
    {"\x15\x03\x01", FAIL, 0}, /* a TLS alert */
    {"hello", FAIL, 0},
};

static void check_verdict(const struct answer *a, bool end)
{
    struct config_health health = {.enabled = true};
    enum probe_result result = PROBE_INTERNAL;
    unsigned code = 12345;

    allow(&health, 200, 200);
    assert_true(probe_judge(&health, str_of(a->bytes), end, &result, &code));
    assert_int_equal(result, a->verdict == PASS    ? PROBE_PASSED
                             : a->verdict == WRONG ? PROBE_WRONG_CODE
                                                   : PROBE_GARBLED);
    assert_int_equal(code, a->code);
}

static void test_the_status_line_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        check_verdict(&answers[i], false);
        check_verdict(&answers[i], true);
    }
}

/* Each copy ends where memory ends. */
static bool judge_begin(const struct config_health *health, const char *bytes,
                        size_t n, bool end, enum probe_result *result)
{
    char *copy = malloc(n ? n : 1);
    unsigned code;
    bool judged;

    assert_non_null(copy);
    memcpy(copy, bytes, n);
    judged = probe_judge(health, str_make(copy, n), end, result, &code);
    free(copy);
    return judged;
}

static void test_a_begin_of_an_answer_is_never_a_verdict_for_it(void **state)
{
    struct config_health health = {.enabled = true};

    (void)state;
    allow(&health, 200, 200);
    for (size_t i = 0; i < COUNT(answers); i++) {
        const struct answer *a = &answers[i];
        size_t line = (size_t)(strrchr(a->bytes, '\n') - a->bytes);
        enum probe_result result;

        if (a->verdict == FAIL || strstr(a->bytes, "\r\n\r\nok"))
            continue;
        for (size_t n = 0; n <= line; n++) {
            assert_false(judge_begin(&health, a->bytes, n, false, &result));
            /* and when that was all, it failed */
            assert_true(judge_begin(&health, a->bytes, n, true, &result));
            assert_int_equal(result, PROBE_FAILED);
        }
    }
}

static void test_garbage_fails_at_its_first_wrong_byte(void **state)
{
    struct config_health health = {.enabled = true};
    enum probe_result result = PROBE_INTERNAL;

    (void)state;
    assert_false(judge_begin(&health, "HTTP/1", 6, false, &result));
    assert_true(judge_begin(&health, "HTTP/2", 6, false, &result));
    assert_int_equal(result, PROBE_GARBLED);
}

static void test_an_answer_without_a_status_line_comes_to_an_end(void **state)
{
    static char bytes[PROBE_RESPONSE_MAX];
    struct config_health health = {.enabled = true};
    enum probe_result result = PROBE_INTERNAL;

    (void)state;
    memset(bytes, 'a', sizeof(bytes));
    memcpy(bytes, "HTTP/1.1 200 ", 13);
    assert_false(
        judge_begin(&health, bytes, sizeof(bytes) - 1, false, &result));
    assert_true(judge_begin(&health, bytes, sizeof(bytes), false, &result));
    assert_int_equal(result, PROBE_GARBLED);

    result = PROBE_INTERNAL;
    memcpy(bytes, "HTTP/1.1 100 \r\n", 15); /* interim, and never more */
    assert_true(judge_begin(&health, bytes, sizeof(bytes), false, &result));
    assert_int_equal(result, PROBE_GARBLED);
}

static void test_the_matcher_says_which_codes_pass(void **state)
{
    struct config_health health = {.enabled = true};

    (void)state;
    allow(&health, 200, 299);
    allow(&health, 404, 404);
    for (unsigned code = 100; code < 1000; code++) {
        bool passes = (code >= 200 && code <= 299) || code == 404;
        enum probe_result result;
        char line[32];
        struct text t = text_in(line, sizeof(line));
        unsigned got;

        text_printf(&t, "HTTP/1.1 %u x\r\n", code);
        if (code < 200 && code != 101) {
            assert_false(
                probe_judge(&health, text_str(&t), false, &result, &got));
            continue;
        }
        assert_true(probe_judge(&health, text_str(&t), false, &result, &got));
        assert_int_equal(result, passes ? PROBE_PASSED : PROBE_WRONG_CODE);
        assert_int_equal(got, code);
    }
}

/* ---- the answer over HTTP/2 ---------------------------------------------- */

static void test_the_group_says_how_its_targets_are_asked(void **state)
{
    static const struct {
        enum protocol_version version;
        enum protocol protocol, of_checks;
        enum probe_type type;
    } cases[] = {
        {VERSION_HTTP1, PROTOCOL_HTTP, PROTOCOL_HTTP, PROBE_HTTP},
        {VERSION_HTTP1, PROTOCOL_HTTPS, PROTOCOL_HTTP, PROBE_HTTP},
        {VERSION_HTTP1, PROTOCOL_HTTP, PROTOCOL_HTTPS, PROBE_HTTPS},
        {VERSION_HTTP1, PROTOCOL_HTTPS, PROTOCOL_HTTPS, PROBE_HTTPS},
        {VERSION_HTTP2, PROTOCOL_HTTP, PROTOCOL_HTTP, PROBE_H2},
        {VERSION_HTTP2, PROTOCOL_HTTP, PROTOCOL_HTTPS, PROBE_H2},
        {VERSION_GRPC, PROTOCOL_HTTP, PROTOCOL_HTTP, PROBE_GRPC},
        {VERSION_GRPC, PROTOCOL_HTTPS, PROTOCOL_HTTPS, PROBE_GRPC},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config_group group = {
            .version = cases[i].version,
            .protocol = cases[i].protocol,
            .health.protocol = cases[i].of_checks,
        };

        assert_int_equal(probe_type(&group), cases[i].type);
    }
}

enum { MORE = -1 };

/* `codes` is a Matcher's; grpc NULL: there is no such field. */
static void check_answer(enum probe_type type, const char *codes,
                         unsigned status, const char *grpc,
                         enum probe_stream stream, int result, unsigned code)
{
    struct config_health health = {.enabled = true};
    struct probe_answer answer = {.status = status};
    enum probe_result got = PROBE_INTERNAL;
    unsigned got_code = 12345;

    assert_true(code_set_parse(&health.codes, str_of(codes), 0, 499));
    if (grpc)
        probe_take_grpc_status(&answer, str_of(grpc));
    if (result == MORE) {
        assert_false(probe_judge_answer(&health, type, &answer, stream, &got,
                                        &got_code));
        return;
    }
    assert_true(
        probe_judge_answer(&health, type, &answer, stream, &got, &got_code));
    assert_int_equal(got, result);
    assert_int_equal(got_code, code);
}

static void
test_the_status_decides_over_HTTP2_as_soon_as_it_is_there(void **state)
{
    (void)state;
    check_answer(PROBE_H2, "200", 0, NULL, PROBE_STREAM_OPEN, MORE, 0);
    for (int stream = PROBE_STREAM_OPEN; stream <= PROBE_STREAM_CUT; stream++) {
        check_answer(PROBE_H2, "200", 200, NULL, stream, PROBE_PASSED, 200);
        check_answer(PROBE_H2, "200", 302, NULL, stream, PROBE_WRONG_CODE, 302);
        check_answer(PROBE_H2, "200-299", 503, "0", stream, PROBE_WRONG_CODE,
                     503);
    }
    check_answer(PROBE_H2, "200", 0, NULL, PROBE_STREAM_CUT, PROBE_FAILED, 0);
    check_answer(PROBE_H2, "200", 0, NULL, PROBE_STREAM_WHOLE, PROBE_GARBLED,
                 0);
}

/* 84 */
static void test_the_gRPC_status_decides_when_the_stream_is_whole(void **state)
{
    static const struct {
        const char *codes;
        unsigned status;
        const char *grpc;
        int result;
        unsigned code;
    } cases[] = {
        {"12", 200, "12", PROBE_PASSED, 12},
        {"12", 200, "0", PROBE_WRONG_CODE, 0},
        {"0", 200, "0", PROBE_PASSED, 0},
        {"0-5,99", 200, "99", PROBE_PASSED, 99},
        {"0-5", 200, "14", PROBE_WRONG_CODE, 14},
        {"0", 200, "00", PROBE_PASSED, 0},
        {"12", 503, "12", PROBE_PASSED, 12}, /* it has the last word */
        {"0-99", 200, "100", PROBE_BAD_GRPC_STATUS, 0},
        {"0-99", 200, "-1", PROBE_BAD_GRPC_STATUS, 0},
        {"0-99", 200, "1 ", PROBE_BAD_GRPC_STATUS, 0},
        {"0-99", 200, "99999999999999999999", PROBE_BAD_GRPC_STATUS, 0},
        {"0-99", 200, "", PROBE_NO_GRPC_STATUS, 200},
        {"0-99", 200, NULL, PROBE_NO_GRPC_STATUS, 200},
        {"0-99", 404, NULL, PROBE_WRONG_CODE, 404},
        {"0-99", 503, "", PROBE_WRONG_CODE, 503},
        {"0-99", 0, NULL, PROBE_GARBLED, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_answer(PROBE_GRPC, cases[i].codes, cases[i].status, cases[i].grpc,
                     PROBE_STREAM_WHOLE, cases[i].result, cases[i].code);
        check_answer(PROBE_GRPC, cases[i].codes, cases[i].status, cases[i].grpc,
                     PROBE_STREAM_OPEN, MORE, 0);
        check_answer(PROBE_GRPC, cases[i].codes, cases[i].status, cases[i].grpc,
                     PROBE_STREAM_CUT, PROBE_FAILED, 0);
    }
}

/* 84 */
static void test_the_last_gRPC_status_counts(void **state)
{
    struct probe_answer answer = {.status = 200};

    (void)state;
    probe_take_grpc_status(&answer, STR("12")); /* in the head */
    probe_take_grpc_status(&answer, STR("2"));  /* in the trailers */
    assert_int_equal(answer.grpc, PROBE_GRPC_GIVEN);
    assert_int_equal(answer.grpc_status, 2);
    probe_take_grpc_status(&answer, STR("x"));
    assert_int_equal(answer.grpc, PROBE_GRPC_BAD);
}

/* 84 */
static void test_trailers_are_looked_through_for_a_gRPC_status(void **state)
{
    static const struct {
        const char *lines;
        int grpc; /* -1: still absent, -2: no number */
    } cases[] = {
        {"", -1},
        {"grpc-status: 12\r\n", 12},
        {"grpc-message: no\r\ngrpc-status: 5\r\nx: y\r\n", 5},
        {"Grpc-Status: 0\r\n", 0},
        {"grpc-status: 1\r\ngrpc-status: 2\r\n", 2},
        {"x-grpc-status: 1\r\n", -1},
        {"grpc-status-details-bin: 1\r\n", -1},
        {"grpc-statu: 1\r\n", -1},
        {"grpc-status: \r\n", -1},
        {"grpc-status: two\r\n", -2},
        {"grpc-status: 12", -1}, /* no line */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct probe_answer answer = {.status = 200};

        probe_take_trailers(&answer, str_of(cases[i].lines));
        if (cases[i].grpc < 0) {
            assert_int_equal(answer.grpc, cases[i].grpc == -1
                                              ? PROBE_GRPC_ABSENT
                                              : PROBE_GRPC_BAD);
        } else {
            assert_int_equal(answer.grpc, PROBE_GRPC_GIVEN);
            assert_int_equal(answer.grpc_status, cases[i].grpc);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_request_is_albs),
        cmocka_unit_test(test_the_longest_path_fits_however_it_is_written),
        cmocka_unit_test(test_a_probe_goes_to_the_health_port_if_there_is_one),
        cmocka_unit_test(test_HTTP2_says_the_same_path_and_authority),
        cmocka_unit_test(test_the_status_line_decides),
        cmocka_unit_test(test_a_begin_of_an_answer_is_never_a_verdict_for_it),
        cmocka_unit_test(test_garbage_fails_at_its_first_wrong_byte),
        cmocka_unit_test(test_an_answer_without_a_status_line_comes_to_an_end),
        cmocka_unit_test(test_the_matcher_says_which_codes_pass),
        cmocka_unit_test(test_the_group_says_how_its_targets_are_asked),
        cmocka_unit_test(
            test_the_status_decides_over_HTTP2_as_soon_as_it_is_there),
        cmocka_unit_test(test_the_gRPC_status_decides_when_the_stream_is_whole),
        cmocka_unit_test(test_the_last_gRPC_status_counts),
        cmocka_unit_test(test_trailers_are_looked_through_for_a_gRPC_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
