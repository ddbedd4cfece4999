/* SPDX-License-Identifier: Apache-2.0
 *
 * What each desync mitigation mode makes of the same request, and what leaves
 * in monitor mode of those that the others refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "heads.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define H "Host: h\r\n"
#define POST "POST / HTTP/1.1\r\n" H

static const enum desync_mode modes[] = {
    DESYNC_MODE_MONITOR, DESYNC_MODE_DEFENSIVE, DESYNC_MODE_STRICTEST};

static void test_a_mode_lets_pass_what_its_classes_are(void **state)
{
    static const struct {
        struct str raw;
        enum desync_class class;
        enum desync_reason reason;
        bool passes[3]; /* in the order of the modes */
    } rows[] = {
        {STR(POST "\r\n"), DESYNC_COMPLIANT, DESYNC_NONE, {true, true, true}},
        {STR("GET /a b HTTP/1.1\r\n" H "\r\n"),
         DESYNC_ACCEPTABLE,
         DESYNC_SPACE_IN_URI,
         {true, true, false}},
        {STR(POST "X\n\n"),
         DESYNC_AMBIGUOUS,
         DESYNC_MISSING_HEADER_COLON,
         {true, true, false}},
        {STR(POST "X: \0\r\n\r\n"),
         DESYNC_SEVERE,
         DESYNC_BAD_HEADER,
         {true, false, false}},
        {STR("GET /\0 HTTP/1.1\r\n" H "\r\n"),
         DESYNC_SEVERE,
         DESYNC_BAD_URI,
         {true, false, false}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows) * COUNT(modes); i++) {
        size_t row = i / COUNT(modes), mode = i % COUNT(modes);
        struct head *h = head_request_in(modes[mode], rows[row].raw);
        bool ok = h->result == H1_OK;

        assert_int_equal(ok, rows[row].passes[mode]);
        assert_int_equal(ok ? h->req.desync_class : h->fault.class,
                         rows[row].class);
        assert_int_equal(ok ? h->req.desync_reason : h->fault.reason,
                         rows[row].reason);
        if (ok)
            assert_int_equal(h->req.close_both,
                             rows[row].class == DESYNC_AMBIGUOUS &&
                                 modes[mode] == DESYNC_MODE_DEFENSIVE);
        else
            assert_int_equal(h->fault.status, 400);
        head_free(h);
    }
}

static void
test_a_refusal_for_its_class_waits_for_the_end_of_the_head(void **state)
{
    static const char raw[] = "GET /\0 HTTP/1.1\r\n" H "X: \r-\r\n\r\n";

    (void)state;
    for (size_t n = 0; n < sizeof(raw) - 1; n++) {
        struct head *h =
            head_request_in(DESYNC_MODE_STRICTEST, str_make(raw, n));

        assert_int_equal(h->result, H1_PARTIAL);
        head_free(h);
    }
}

static void test_what_leaves_in_monitor_mode_has_no_odd_byte(void **state)
{
    static const struct {
        struct str raw;
        struct str forwarded;
        enum body_kind body;
    } rows[] = {
        {STR("GET /a\0b\rc\x01\x7f HTTP/1.1\r\n" H "\r\n"),
         STR("GET /a%00b%0Dc%01%7F HTTP/1.1\r\n" H), BODY_NONE},
        {STR("GET http://h/\r?\0 HTTP/1.1\r\n" H "\r\n"),
         STR("GET /%0D?%00 HTTP/1.1\r\n" H), BODY_NONE},
        {STR("GET /a\rb\r\n"), STR("GET /a%0Db HTTP/1.1\r\n"), BODY_NONE},
        {STR(POST "X: a\rTransfer-Encoding: chunked\r\nY: z\r\n\r\n"),
         STR(POST "Y: z\r\n"), BODY_NONE},
        {STR(POST "X: a\r\r\n\rTransfer-Encoding: chunked\r\nY: z\r\n\r\n"),
         STR(POST "Y: z\r\n"), BODY_NONE},
        {STR(POST "X\0: a\r\n\0Y: b\r\nno colon\0\r\n \0\r\nX: a\0b\r\n"
                  "Y: z\r\n\r\n"),
         STR(POST "Y: z\r\n"), BODY_NONE},
        {STR(POST "\r\r\r\nContent-Length: 5\r\n\r\n"), STR(POST), BODY_LENGTH},
        {STR(POST "X: \0\r\nContent-Length: 5\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n"),
         STR(POST), BODY_CHUNKED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = head_request_in(DESYNC_MODE_MONITOR, rows[i].raw);
        struct str sent;

        if (h->result != H1_OK)
            fail_msg("row %zu: %d, %s", i, h->result,
                     h->fault.why ? h->fault.why : "no fault");
        assert_int_equal(h->req.desync_class, DESYNC_SEVERE);
        assert_false(h->req.close_both);
        assert_int_equal(h->req.body, rows[i].body);
        assert_int_equal(h->len, rows[i].raw.n);
        sent = head_forward_request(h);
        if (!str_eq(sent, rows[i].forwarded))
            fail_msg("row %zu leaves as\n%.*s", i, STR_ARG(sent));
        head_free(h);
    }
}

static void test_what_is_open_is_refused_in_every_mode(void **state)
{
    static const struct {
        struct str raw;
        unsigned status;
        enum desync_reason reason;
    } rows[] = {
        {STR(POST "Content-Length: x\r\n\r\n"), 400, DESYNC_BAD_CONTENT_LENGTH},
        {STR(POST "Content-Length: 1\r\nContent_Length: 2\r\n\r\n"), 400,
         DESYNC_MULTIPLE_CONTENT_LENGTH},
        {STR(POST "Content-Length: 1\r\n\rContent-Length: 2\r\n\r\n"), 400,
         DESYNC_BAD_HEADER},
        {STR(POST "Content-Length: 1\0\r\n\r\n"), 400, DESYNC_BAD_HEADER},
        {STR(POST "Transfer-Encoding: cow\r\n\r\n"), 400,
         DESYNC_BAD_TRANSFER_ENCODING},
        {STR(POST "Transfer-Encoding: chunked;\0\r\n\r\n"), 400,
         DESYNC_BAD_HEADER},
        {STR(POST "Transfer-Encoding: chunked, identity\r\n\r\n"), 400,
         DESYNC_NONE},
        {STR(POST "Transfer-Encoding: chunked\r\nX: \0\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n"),
         400, DESYNC_BAD_HEADER},
        {STR(POST "X: \0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 501,
         DESYNC_BAD_HEADER},
        {STR("G\0T / HTTP/1.1\r\n" H "\r\n"), 400, DESYNC_BAD_METHOD},
        {STR("GET / HTTP/1.1\r\r\n" H "\r\n"), 400, DESYNC_BAD_VERSION},
        {STR("GET / HTTP/2.0\r\n" H "\r\n"), 505, DESYNC_BAD_VERSION},
        {STR("GET \0 HTTP/1.1\r\n" H "\r\n"), 400, DESYNC_BAD_URI},
        {STR("GET http://\0/ HTTP/1.1\r\n" H "\r\n"), 400, DESYNC_BAD_URI},
        {STR("GET / HTTP/1.1\r\nHost: h\0\r\n\r\n"), 400, DESYNC_BAD_HEADER},
        {STR("GET / HTTP/1.1\r\nHost\0: h\r\n\r\n"), 400, DESYNC_BAD_HEADER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows) * COUNT(modes); i++) {
        size_t row = i / COUNT(modes);
        struct head *h =
            head_request_in(modes[i % COUNT(modes)], rows[row].raw);

        if (h->result != H1_BAD || h->fault.status != rows[row].status ||
            h->fault.reason != rows[row].reason)
            fail_msg("row %zu: result %d, status %d, %s", row, h->result,
                     h->fault.status,
                     desync_reason_word((enum desync_reason)h->fault.reason));
        assert_int_equal(h->fault.class, head_class_of(rows[row].reason));
        head_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mode_lets_pass_what_its_classes_are),
        cmocka_unit_test(
            test_a_refusal_for_its_class_waits_for_the_end_of_the_head),
        cmocka_unit_test(test_what_leaves_in_monitor_mode_has_no_odd_byte),
        cmocka_unit_test(test_what_is_open_is_refused_in_every_mode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
