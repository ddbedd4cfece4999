/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of targets: read in one way only, or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "heads.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define OK "HTTP/1.1 200 OK\r\n"

static struct head *accepted(struct str raw, enum method method)
{
    struct head *h = head_response(raw, method);

    if (h->result != H1_OK)
        fail_msg("%.*s\nresult %d, %s", STR_ARG(raw), h->result,
                 h->fault.why ? h->fault.why : "no fault");
    return h;
}

static void test_answers_pass_as_they_are(void **state)
{
    static const struct {
        struct str raw;
        unsigned status;
        struct str forwarded;
    } rows[] = {
        {STR(OK "\r\n"), 200, STR(OK)},
        {STR("HTTP/1.1 404 Not  Found at all \r\nX-A: 1\r\n\r\n"), 404,
         STR("HTTP/1.1 404 Not  Found at all \r\nX-A: 1\r\n")},
        {STR("HTTP/1.0 200\r\nServer: x\r\n\r\n"), 200,
         STR("HTTP/1.1 200 \r\nServer: x\r\n")},
        {STR("HTTP/1.1 299 \r\n\r\n"), 299, STR("HTTP/1.1 299 \r\n")},
        {STR("HTTP/1.1 999 caf\xc3\xa9\r\n\r\n"), 999,
         STR("HTTP/1.1 999 caf\xc3\xa9\r\n")},
        {STR("HTTP/1.1 200 OK\nX-A:1\nX-B: 2 \n\n"), 200,
         STR(OK "X-A: 1\r\nX-B: 2\r\n")},
        {STR(OK "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\nmy_x.y: 1\r\n\r\n"), 200,
         STR(OK "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\nmy_x.y: 1\r\n")},
        {STR(OK "Connection: x-hop, close\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
                "Content-Length: 3\r\nDate: today\r\n\r\nabc"),
         200, STR(OK "Date: today\r\n")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw, METHOD_GET);
        struct str sent;

        assert_int_equal(h->res.status, rows[i].status);
        sent = head_forward_response(h);
        if (!str_eq(sent, rows[i].forwarded))
            fail_msg("%.*s\nsent on as\n%.*s", STR_ARG(rows[i].raw),
                     STR_ARG(sent));
        head_free(h);
    }
}

static void test_status_method_and_framing_decide_the_body(void **state)
{
#define CL "Content-Length: 5\r\n"
#define TE "Transfer-Encoding: chunked\r\n"
    static const struct {
        struct str raw;
        enum method method;
        enum body_kind body;
        uint64_t length;
        bool keep_alive;
    } rows[] = {
        {STR(OK CL "\r\n"), METHOD_GET, BODY_LENGTH, 5, true},
        {STR(OK CL "\r\n"), METHOD_HEAD, BODY_NONE, 5, true},
        {STR(OK "Content-Length: 0\r\n\r\n"), METHOD_GET, BODY_LENGTH, 0, true},
        {STR(OK TE "\r\n"), METHOD_GET, BODY_CHUNKED, 0, true},
        {STR(OK "transfer-encoding: Chunked\r\n\r\n"), METHOD_GET, BODY_CHUNKED,
         0, true},
        {STR(OK TE "\r\n"), METHOD_HEAD, BODY_NONE, 0, true},
        {STR(OK "\r\n"), METHOD_GET, BODY_CLOSE, 0, false},
        {STR(OK "\r\n"), METHOD_HEAD, BODY_NONE, 0, true},
        {STR("HTTP/1.1 204 No\r\n\r\n"), METHOD_GET, BODY_NONE, 0, true},
        {STR("HTTP/1.1 204 No\r\n" CL "\r\n"), METHOD_GET, BODY_NONE, 5, true},
        {STR("HTTP/1.1 304 Same\r\n" CL "\r\n"), METHOD_GET, BODY_NONE, 5,
         true},
        {STR("HTTP/1.1 100 Continue\r\n\r\n"), METHOD_GET, BODY_NONE, 0, true},
        {STR("HTTP/1.1 103 Early\r\n\r\n"), METHOD_GET, BODY_NONE, 0, true},
        {STR("HTTP/1.1 205 Reset\r\n" CL "\r\n"), METHOD_GET, BODY_LENGTH, 5,
         true},
        {STR(OK "\r\n"), METHOD_CONNECT, BODY_NONE, 0, true},
        {STR("HTTP/1.1 403 No\r\n" CL "\r\n"), METHOD_CONNECT, BODY_LENGTH, 5,
         true},
        {STR(OK CL "Connection: close\r\n\r\n"), METHOD_GET, BODY_LENGTH, 5,
         false},
        {STR(OK CL "Connection: x\r\nConnection: Close\r\n\r\n"), METHOD_GET,
         BODY_LENGTH, 5, false},
        {STR("HTTP/1.0 200 OK\r\n" CL "\r\n"), METHOD_GET, BODY_LENGTH, 5,
         false},
        {STR("HTTP/1.0 200 OK\r\n" CL "Connection: keep-alive\r\n\r\n"),
         METHOD_GET, BODY_LENGTH, 5, true},
        {STR("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"), METHOD_GET,
         BODY_CLOSE, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw, rows[i].method);

        if (h->res.body != rows[i].body ||
            h->res.content_length != rows[i].length ||
            h->res.keep_alive != rows[i].keep_alive)
            fail_msg("row %zu: body %d, length %d, keep %d", i, h->res.body,
                     (int)h->res.content_length, h->res.keep_alive);
        head_free(h);
    }
}

static void test_answers_with_two_readings_are_refused(void **state)
{
    static const struct str rows[] = {
        /* framing */
        STR(OK CL TE "\r\n"),
        STR(OK TE CL "\r\n"),
        STR(OK CL CL "\r\n"),
        STR(OK CL "Content-Length: 6\r\n\r\n"),
        STR(OK "Content-Length: 5, 5\r\n\r\n"),
        STR(OK "Content-Length: +5\r\n\r\n"),
        STR(OK "Content-Length:\r\n\r\n"),
        STR(OK "Content-Length: 9223372036854775808\r\n\r\n"),
        STR(OK TE TE "\r\n"),
        STR(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"),
        STR(OK "Transfer-Encoding: identity\r\n\r\n"),
        STR(OK "Transfer-Encoding: chunked, chunked\r\n\r\n"),
        STR(OK "Transfer-Encoding: \x0b"
               "chunked\r\n\r\n"),
        STR(OK "Transfer-Encoding:\r\n\r\n"),
        STR("HTTP/1.0 200 OK\r\n" TE "\r\n"),
        STR("HTTP/1.1 204 No\r\n" CL TE "\r\n"),
        /* status line */
        STR("\r\n" OK "\r\n"),
        STR(" " OK "\r\n"),
        STR("HTTP/1.1 200\0OK\r\n\r\n"),
        STR("HTTP/1.1 200 O\0K\r\n\r\n"),
        STR("HTTP/1.1 200 O\rK\r\n\r\n"),
        STR("HTTP/1.1 200 O\x01K\r\n\r\n"),
        STR("HTTP/1.1 200\r\r\n\r\n"),
        STR("HTTP/1.1  200 OK\r\n\r\n"),
        STR("HTTP/1.1\t200 OK\r\n\r\n"),
        STR("HTTP/1.1 200\tOK\r\n\r\n"),
        STR("HTTP/1.1 099 OK\r\n\r\n"),
        STR("HTTP/1.1 20 OK\r\n\r\n"),
        STR("HTTP/1.1 2000 OK\r\n\r\n"),
        STR("HTTP/1.1 -20 OK\r\n\r\n"),
        STR("HTTP/1.1 20x OK\r\n\r\n"),
        STR("HTTP/1.1\r\n\r\n"),
        STR("HTTP/1.2 200 OK\r\n\r\n"),
        STR("HTTP/2.0 200 OK\r\n\r\n"),
        STR("HTTP/0.9 200 OK\r\n\r\n"),
        STR("HTTP/1.10 200 OK\r\n\r\n"),
        STR("http/1.1 200 OK\r\n\r\n"),
        STR("ICY 200 OK\r\n\r\n"),
        STR("<html>"),
        STR("GET / HTTP/1.1\r\n\r\n"),
        /* fields */
        STR(OK "X-A : 1\r\n\r\n"),
        STR(OK "Content-Length : 5\r\n\r\n"),
        STR(OK " X-A: 1\r\n\r\n"),
        STR(OK "X-A: 1\r\n two\r\n\r\n"),
        STR(OK ": 1\r\n\r\n"),
        STR(OK "no colon\r\n\r\n"),
        STR(OK "X\xa0: 1\r\n\r\n"),
        STR(OK "X-A: a\0b\r\n\r\n"),
        STR(OK "X-A: a\rb\r\n\r\n"),
        STR(OK "X-A: a\x01"
               "b\r\n\r\n"),
        STR(OK "X-A: a\x7f\r\n\r\n"),
        STR(OK "\r\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = head_response(rows[i], METHOD_GET);

        if (h->result != H1_BAD)
            fail_msg("%.*s\nresult %d", STR_ARG(rows[i]), h->result);
        assert_int_equal(h->fault.status, 502);
        assert_int_equal(h->fault.reason, DESYNC_NONE);
        assert_non_null(h->fault.why);
        head_free(h);
    }
}
#undef CL
#undef TE

static void test_a_head_may_have_32_kib(void **state)
{
    static char raw[32769];
    const size_t n = sizeof(OK "X: ") - 1;
    struct head *h;

    (void)state;
    memset(raw, 'a', sizeof(raw));
    memcpy(raw, OK "X: ", n);
    h = head_response(str_make(raw, 32767), METHOD_GET);
    assert_int_equal(h->result, H1_PARTIAL);
    head_free(h);
    memcpy(raw + 32764, "\r\n\r\n", 4);
    h = accepted(str_make(raw, 32768), METHOD_GET);
    head_free(h);
    memcpy(raw + 32764, "a\r\n\r\n", 5);
    h = head_response(str_make(raw, 32769), METHOD_GET);
    assert_int_equal(h->result, H1_BAD);
    head_free(h);
}

static void test_connection_may_list_64_tokens(void **state)
{
    char raw[1024];

    (void)state;
    for (unsigned tokens = 64; tokens <= 65; tokens++) {
        struct text t = text_in(raw, sizeof(raw));
        struct head *h;

        TEXT_LITERAL(&t, OK "Connection: a");
        for (unsigned i = 1; i < tokens; i++)
            TEXT_LITERAL(&t, ", a");
        TEXT_LITERAL(&t, "\r\n\r\n");
        h = head_response(text_str(&t), METHOD_GET);
        assert_int_equal(h->result, tokens == 64 ? H1_OK : H1_BAD);
        head_free(h);
    }
}

static void test_upgraded_is_101_to_websocket(void **state)
{
    static const struct {
        struct str raw;
        bool upgraded;
    } rows[] = {
        {STR("HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\n"
             "Connection: Upgrade\r\n\r\n"),
         true},
        {STR("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"), false},
        {STR("HTTP/1.1 101 Switching\r\n\r\n"), false},
        {STR("HTTP/1.1 200 OK\r\nUpgrade: websocket\r\n\r\n"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw, METHOD_GET);

        assert_int_equal(h->res.upgraded, rows[i].upgraded);
        head_free(h);
    }
}

static void test_no_more_fields_than_there_is_room_for(void **state)
{
    char raw[] = OK "a:\r\nb:\r\n\r\n";
    struct field v[2];
    struct h1_fault fault;
    size_t len;

    (void)state;
    for (unsigned cap = 0; cap <= COUNT(v); cap++) {
        struct response res = {.fields = {.v = v, .cap = cap}};

        assert_int_equal(h1_parse_response(&res, raw, sizeof(raw) - 1,
                                           &h1_response_limits, METHOD_GET,
                                           &len, &fault),
                         cap < 2 ? H1_BAD : H1_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_pass_as_they_are),
        cmocka_unit_test(test_status_method_and_framing_decide_the_body),
        cmocka_unit_test(test_answers_with_two_readings_are_refused),
        cmocka_unit_test(test_a_head_may_have_32_kib),
        cmocka_unit_test(test_connection_may_list_64_tokens),
        cmocka_unit_test(test_upgraded_is_101_to_websocket),
        cmocka_unit_test(test_no_more_fields_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
