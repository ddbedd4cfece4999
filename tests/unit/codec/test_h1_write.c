/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads, trailers and chunk heads out, and what stays behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "heads.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define GET "GET / HTTP/1.1\r\nHost: h\r\n"

static void assert_str(struct str got, struct str want)
{
    if (!str_eq(got, want))
        fail_msg("got\n%.*s\nwanted\n%.*s", STR_ARG(got), STR_ARG(want));
}

static void test_hop_by_hop_fields_stay_behind(void **state)
{
    static const struct {
        struct str raw;
        struct str sent;
    } rows[] = {
        {STR(GET "Connection: keep-alive\r\nKeep-Alive: 5\r\nX-A: 1\r\n"
                 "Proxy-Connection: close\r\nTE: trailers\r\n"
                 "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
                 "Trailer: X-T\r\nProxy-Authorization: p\r\n\r\n"),
         STR(GET "X-A: 1\r\nTrailer: X-T\r\nProxy-Authorization: p\r\n")},
        /* What Connection names, whatever its case and place. */
        {STR(GET "X-Hop: 1\r\nConnection: x-hop , X-HOP2,bad name\r\n"
                 "x-hop2: 2\r\nX-Hop: 3\r\nX-Hop3: 4\r\nbadname: 5\r\n"
                 "Connection: TRAILER\r\nTrailer: X-T\r\n\r\n"),
         STR(GET "X-Hop3: 4\r\nbadname: 5\r\n")},
        /* What it may not name. */
        {STR(GET "Connection: close, Host, X-Forwarded-For, X-Forwarded-Proto,"
                 "X-Forwarded-Port, X-Forwarded-Host, X-Amzn-Trace-Id,"
                 "X-Amzn-Oidc-Data, Content-Type, Content-Encoding, Forwarded,"
                 "Authorization, Cookie, Set-Cookie, Date, Server\r\n"
                 "X-Forwarded-For: 1\r\nX-Forwarded-Proto: 2\r\n"
                 "X-Forwarded-Port: 3\r\nX-Forwarded-Host: 4\r\n"
                 "X-Amzn-Trace-Id: 5\r\nX-Amzn-Oidc-Data: 6\r\n"
                 "Content-Type: 7\r\nContent-Encoding: 8\r\nForwarded: 9\r\n"
                 "Authorization: 10\r\nCookie: 11\r\nSet-Cookie: 12\r\n"
                 "Date: 13\r\nServer: 14\r\n\r\n"),
         STR(GET "X-Forwarded-For: 1\r\nX-Forwarded-Proto: 2\r\n"
                 "X-Forwarded-Port: 3\r\nX-Forwarded-Host: 4\r\n"
                 "X-Amzn-Trace-Id: 5\r\nX-Amzn-Oidc-Data: 6\r\n"
                 "Content-Type: 7\r\nContent-Encoding: 8\r\nForwarded: 9\r\n"
                 "Authorization: 10\r\nCookie: 11\r\nSet-Cookie: 12\r\n"
                 "Date: 13\r\nServer: 14\r\n")},
        /* A Connection that is dropped itself names nothing. */
        {STR(GET "Connection: X-A\x01, X-A\r\nX-A: 1\r\n\r\n"),
         STR(GET "X-A: 1\r\n")},
        {STR(GET "Connection: User-Agent\r\nUser-Agent: curl\r\n\r\n"),
         STR(GET)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = head_request(rows[i].raw);

        assert_int_equal(h->result, H1_OK);
        assert_str(head_forward_request(h), rows[i].sent);
        head_free(h);
    }
}

static void test_framing_stays_although_connection_names_it(void **state)
{
    struct head *h = head_request(
        STR("POST / HTTP/1.1\r\nHost: h\r\nConnection: Content-Length, "
            "Transfer-Encoding\r\nContent-Length: 5\r\n\r\n"));

    (void)state;
    assert_int_equal(h->req.body, BODY_LENGTH);
    assert_true(h->req.content_length == 5);
    head_free(h);
    h = head_request(
        STR("POST / HTTP/1.1\r\nHost: h\r\nConnection: Content-Length, "
            "Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n"));
    assert_int_equal(h->req.body, BODY_CHUNKED);
    head_free(h);
}

/* alb.md 10: 91 */
static void test_names_from_http2_get_the_spelling_of_alb(void **state)
{
    static const char raw[] =
        GET "x-forwarded-for: 1\r\nx-forwarded-proto: 2\r\n"
            "x-forwarded-port: 3\r\nhost-x: 4\r\nx-amzn-trace-id: 5\r\n"
            "upgrade: 6\r\nconnection: 7\r\nuser-agent: 8\r\n"
            "x-forwarded-host: 9\r\ncookie: 10\r\ncontent-type: 11\r\n"
            "x-amzn-trace-idx: 12\r\n\r\n";
    static const char want[] =
        "Host: h\r\nX-Forwarded-For: 1\r\nX-Forwarded-Proto: 2\r\n"
        "X-Forwarded-Port: 3\r\nhost-x: 4\r\nX-Amzn-Trace-Id: 5\r\n"
        "Upgrade: 6\r\nConnection: 7\r\nuser-agent: 8\r\n"
        "x-forwarded-host: 9\r\ncontent-type: 11\r\n"
        "x-amzn-trace-idx: 12\r\n";
    struct head *h = head_request(STR(raw));
    char buffer[1024];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    fields_find(&h->req.fields, FIELD_COOKIE)->flags |= FIELD_DROPPED;
    h1_put_fields_recased(&t, &h->req.fields);
    assert_str(text_str(&t), STR(want));
    /* Those of HTTP/1.1 keep theirs. */
    t.n = 0;
    h1_put_fields(&t, &h->req.fields);
    assert_true(str_starts(text_str(&t), STR("Host: h\r\nx-forwarded-for: 1")));
    head_free(h);
}

static void test_marking_keeps_present_true(void **state)
{
    struct head *h =
        head_request(STR(GET "Connection: Date, X-A, close\r\nX-A: 1\r\n"
                             "Date: 2\r\nCookie: 3\r\nTE: x\r\n\r\n"));

    (void)state;
    h1_mark_hop_by_hop(&h->req.fields);
    /* Date is end-to-end; X-A was the only one without a number. */
    assert_int_equal(h->req.fields.present,
                     1u << FIELD_HOST | 1u << FIELD_DATE | 1u << FIELD_COOKIE);
    h1_mark_hop_by_hop(&h->req.fields);
    assert_int_equal(h->req.fields.present,
                     1u << FIELD_HOST | 1u << FIELD_DATE | 1u << FIELD_COOKIE);
    head_free(h);
}

static void test_64_tokens_meet_20000_fields_in_no_time(void **state)
{
    static char raw[65536];
    struct field *v = calloc(H1_FIELDS_MAX, sizeof(*v));
    struct request req = {.fields = {.v = v, .cap = H1_FIELDS_MAX}};
    struct text t = text_in(raw, sizeof(raw) - 1);
    struct h1_fault fault;
    size_t len;
    unsigned dropped = 0;

    (void)state;
    assert_non_null(v);
    TEXT_LITERAL(&t, GET "Connection: a");
    for (unsigned i = 1; i < 64; i++)
        text_printf(&t, ",%c", "bcdefghijklm"[i % 12]);
    TEXT_LITERAL(&t, "\n");
    while (text_ok(&t))
        TEXT_LITERAL(&t, "z:\nm:\n");
    t.overflow = false;
    t.cap++;
    TEXT_LITERAL(&t, "\n");
    assert_int_equal(h1_parse_request(&req, raw, t.n, &h1_request_limits,
                                      DESYNC_MODE_DEFENSIVE, &len, &fault),
                     H1_OK);
    h1_mark_hop_by_hop(&req.fields);
    for (unsigned i = 0; i < req.fields.n; i++)
        dropped += (req.fields.v[i].flags & FIELD_DROPPED) != 0;
    assert_in_range(dropped, req.fields.n / 2 - 2, req.fields.n / 2 + 2);
    free(v);
}

static void test_the_request_line_is_written_clean(void **state)
{
    static const struct {
        struct str raw;
        struct str line;
    } rows[] = {
#define ROW(raw, line) {STR(raw " HTTP/1.1\r\nHost: h\r\n\r\n"), STR(line)}
        ROW("GET /", "GET / HTTP/1.1\r\n"),
        ROW("GET http://h", "GET / HTTP/1.1\r\n"),
        ROW("GET http://h?a", "GET /?a HTTP/1.1\r\n"),
        ROW("GET HTTP://h/x?y", "GET /x?y HTTP/1.1\r\n"),
        ROW("OPTIONS http://h", "OPTIONS * HTTP/1.1\r\n"),
        ROW("OPTIONS http://h/", "OPTIONS / HTTP/1.1\r\n"),
        ROW("OPTIONS *", "OPTIONS * HTTP/1.1\r\n"),
        ROW("GET / #\t\x1f\x7f\x80%41", "GET /%20%23%09%1F%7F\x80%41 "
                                        "HTTP/1.1\r\n"),
        ROW("GET http://h?a b", "GET /?a%20b HTTP/1.1\r\n"),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = head_request(rows[i].raw);
        char out[128];
        struct text t = text_in(out, sizeof(out));

        assert_int_equal(h->result, H1_OK);
        h1_put_request_line(&t, &h->req, STR(""));
        assert_str(text_str(&t), rows[i].line);
        head_free(h);
    }
}

static void test_fields_are_copied_in_runs(void **state)
{
    struct head *h = head_request(
        STR(GET "a: 1\r\nb: 2\r\nc:3\r\nd: 4\r\n: odd\r\ne: 5\r\nf: 6\n"
                "g: 7\r\nTE: x\r\nh: 8\r\n\r\n"));

    (void)state;
    assert_str(head_forward_request(h),
               STR(GET "a: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\ne: 5\r\nf: 6\r\n"
                       "g: 7\r\nh: 8\r\n"));
    head_free(h);
}

static void test_a_field_that_was_replaced_ends_a_run(void **state)
{
    struct head *h = head_request(STR(GET "a: 1\r\nb: 2\r\nc: 3\r\n\r\n"));
    struct fields *fs = &h->req.fields;
    char out[128];
    struct text t = text_in(out, sizeof(out));

    (void)state;
    fs->v[2].flags |= FIELD_DROPPED;
    fs->v[3].value_len = 0; /* changed by a caller: not canonical any more */
    fs->v[3].flags &= (uint16_t)~FIELD_CANONICAL;
    h1_put_fields(&t, fs);
    assert_str(text_str(&t), STR("Host: h\r\na: 1\r\nc: \r\n"));
    head_free(h);
}

static void test_a_head_that_does_not_fit_is_an_overflow(void **state)
{
    struct head *h = head_request(STR(GET "a: 1\r\n\r\n"));
    char out[64];

    (void)state;
    for (size_t cap = 0; cap < 16 + 9 + 6; cap++) {
        struct text t = text_in(out, cap);

        h1_put_request_line(&t, &h->req, STR(""));
        h1_put_fields(&t, &h->req.fields);
        assert_false(text_ok(&t));
    }
    head_free(h);
}

static void test_status_lines_and_fields_are_written(void **state)
{
    char out[128];
    struct text t = text_in(out, sizeof(out));

    (void)state;
    h1_put_status_line(&t, 200, STR("OK"));
    h1_put_status_line(&t, 463, STR(""));
    h1_put_field(&t, STR("Date"), STR("now"));
    h1_put_field(&t, STR("X"), STR(""));
    assert_str(text_str(&t),
               STR("HTTP/1.1 200 OK\r\nHTTP/1.1 463 \r\nDate: now\r\nX: \r\n"));
}

static void test_chunk_heads_fit_their_maximum(void **state)
{
    static const struct {
        uint64_t n;
        struct str head;
    } rows[] = {
        {1, STR("1\r\n")},
        {16, STR("10\r\n")},
        {65536, STR("10000\r\n")},
        {UINT64_MAX, STR("ffffffffffffffff\r\n")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[H1_CHUNK_HEAD_MAX];
        struct text t = text_in(out, sizeof(out));

        h1_put_chunk_head(&t, rows[i].n);
        assert_true(text_ok(&t));
        assert_str(text_str(&t), rows[i].head);
    }
}

static void test_only_harmless_trailers_are_passed_on(void **state)
{
    static const char *const forbidden[] = {
        "Transfer-Encoding",
        "content-length",
        "HOST",
        "Content-Type",
        "Content-Encoding",
        "Content-Range",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "HTTP2-Settings",
        "Authorization",
        "Proxy-Authorization",
        "WWW-Authenticate",
        "Cookie",
        "Set-Cookie",
        "Expect",
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-Amzn-Trace-Id",
        "X-Amzn-Oidc-Data",
        "Cache-Control",
        "If-Match",
        "Range",
        "Max-Forwards",
        "Date",
        "Location",
        "Transfer_Encoding",
        "Content.Length",
        "Server",
    };
    char raw[256], out[256];
    struct text t = text_in(out, sizeof(out));

    (void)state;
    h1_put_trailers(&t, STR("grpc-status: 0\r\ngrpc-message:\r\n"
                            "my_key.x:\t v \r\nDigest:a=b\r\n"));
    assert_str(text_str(&t), STR("grpc-status: 0\r\ngrpc-message: \r\n"
                                 "my_key.x: v\r\nDigest: a=b\r\n"));
    for (size_t i = 0; i < COUNT(forbidden); i++) {
        struct text r = text_in(raw, sizeof(raw));

        text_printf(&r, "a: 1\r\n%s: x\r\nb: 2\r\n", forbidden[i]);
        t = text_in(out, sizeof(out));
        h1_put_trailers(&t, text_str(&r));
        assert_str(text_str(&t), STR("a: 1\r\nb: 2\r\n"));
    }
    t = text_in(out, sizeof(out));
    h1_put_trailers(&t, STR(""));
    assert_int_equal(t.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hop_by_hop_fields_stay_behind),
        cmocka_unit_test(test_framing_stays_although_connection_names_it),
        cmocka_unit_test(test_names_from_http2_get_the_spelling_of_alb),
        cmocka_unit_test(test_marking_keeps_present_true),
        cmocka_unit_test(test_64_tokens_meet_20000_fields_in_no_time),
        cmocka_unit_test(test_the_request_line_is_written_clean),
        cmocka_unit_test(test_fields_are_copied_in_runs),
        cmocka_unit_test(test_a_field_that_was_replaced_ends_a_run),
        cmocka_unit_test(test_a_head_that_does_not_fit_is_an_overflow),
        cmocka_unit_test(test_status_lines_and_fields_are_written),
        cmocka_unit_test(test_chunk_heads_fit_their_maximum),
        cmocka_unit_test(test_only_harmless_trailers_are_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
