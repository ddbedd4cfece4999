/* SPDX-License-Identifier: Apache-2.0
 *
 * What ALB accepts of a request, what it makes of it, and what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "heads.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define H "Host: h\r\n"
#define GET "GET / HTTP/1.1\r\n" H
#define POST "POST / HTTP/1.1\r\n" H

static const char *const class_names[] = {"compliant", "acceptable",
                                          "ambiguous", "severe"};

static struct head *accepted(struct str raw)
{
    struct head *h = head_request(raw);

    if (h->result != H1_OK)
        fail_msg("%.*s\nresult %d, %s", STR_ARG(raw), h->result,
                 h->fault.why ? h->fault.why : "no fault");
    return h;
}

static void assert_desync(const struct head *h, enum desync_class class,
                          enum desync_reason reason)
{
    if (h->req.desync_class != class || h->req.desync_reason != reason)
        fail_msg("%.*s\n%s %s, wanted %s %s", (int)h->n, h->data,
                 class_names[h->req.desync_class],
                 desync_reason_word(h->req.desync_reason), class_names[class],
                 desync_reason_word(reason));
}

/* ---- accepted ---------------------------------------------------------- */

struct passing {
    struct str raw;
    enum desync_class class;
    enum desync_reason reason;
    struct str forwarded; /* request line and fields, without framing */
};

#define PASSES(raw, class, reason, forwarded)                                  \
    {                                                                          \
        STR(raw), DESYNC_##class, DESYNC_##reason, STR(forwarded)              \
    }

static void check_passing(const struct passing *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct head *h = accepted(rows[i].raw);
        struct str sent;

        assert_desync(h, rows[i].class, rows[i].reason);
        assert_int_equal(h->len, rows[i].raw.n);
        sent = head_forward_request(h);
        if (!str_eq(sent, rows[i].forwarded))
            fail_msg("%.*s\nsent on as\n%.*s", STR_ARG(rows[i].raw),
                     STR_ARG(sent));
        head_free(h);
    }
}

static void test_plain_requests_pass_as_they_are(void **state)
{
    static const struct passing rows[] = {
        PASSES(GET "\r\n", COMPLIANT, NONE, GET),
        PASSES("GET /a/b?c=d&e=%0D+f HTTP/1.1\r\nhOsT: h:80\r\nX-A: 1\r\n\r\n",
               COMPLIANT, NONE,
               "GET /a/b?c=d&e=%0D+f HTTP/1.1\r\nhOsT: h:80\r\nX-A: 1\r\n"),
        PASSES("BREW /pot HTTP/1.1\r\n" H "\r\n", COMPLIANT, NONE,
               "BREW /pot HTTP/1.1\r\n" H),
        PASSES("M!#$%&'*+-.^_`|~9 / HTTP/1.1\r\n" H "\r\n", COMPLIANT, NONE,
               "M!#$%&'*+-.^_`|~9 / HTTP/1.1\r\n" H),
        PASSES("get / HTTP/1.1\r\n" H "\r\n", COMPLIANT, NONE,
               "get / HTTP/1.1\r\n" H),
        PASSES("OPTIONS * HTTP/1.1\r\n" H "\r\n", COMPLIANT, NONE,
               "OPTIONS * HTTP/1.1\r\n" H),
        PASSES("GET /\xc3\xbc HTTP/1.1\r\n" H "\r\n", COMPLIANT, NONE,
               "GET /\xc3\xbc HTTP/1.1\r\n" H),
        PASSES(GET "X-A: caf\xc3\xa9\tx\r\n\r\n", COMPLIANT, NONE,
               GET "X-A: caf\xc3\xa9\tx\r\n"),
        PASSES(GET "my_name.x: 1\r\n\r\n", COMPLIANT, NONE,
               GET "my_name.x: 1\r\n"),
        PASSES("GET / HTTP/1.0\r\n\r\n", COMPLIANT, NONE, "GET / HTTP/1.1\r\n"),
        /* One empty line before the request. */
        PASSES("\r\n" GET "\r\n", COMPLIANT, NONE, GET),
    };

    (void)state;
    check_passing(rows, COUNT(rows));
}

static void test_fields_are_trimmed_and_end_in_cr_lf(void **state)
{
    static const struct passing rows[] = {
        PASSES(GET "X-A:1\r\nX-B:\t 2 \t\r\nX-C:\r\nX-D: \r\nX-E:   \r\n\r\n",
               COMPLIANT, NONE,
               GET "X-A: 1\r\nX-B: 2\r\nX-C: \r\nX-D: \r\nX-E: \r\n"),
        PASSES("GET / HTTP/1.1\nHost: h\nX-A: 1\n\n", ACCEPTABLE,
               NON_CRLF_LINE_TERMINATION, GET "X-A: 1\r\n"),
        PASSES(GET "X-A: 1\nX-B: 2\r\n\r\n", ACCEPTABLE,
               NON_CRLF_LINE_TERMINATION, GET "X-A: 1\r\nX-B: 2\r\n"),
        PASSES(GET "\n", ACCEPTABLE, NON_CRLF_LINE_TERMINATION, GET),
        PASSES("\n" GET "\r\n", ACCEPTABLE, NON_CRLF_LINE_TERMINATION, GET),
    };

    (void)state;
    check_passing(rows, COUNT(rows));
}

static void test_versions_of_http_1_are_served_as_1_1(void **state)
{
    static const struct passing rows[] = {
        PASSES("GET / HTTP/1.2\r\n" H "\r\n", ACCEPTABLE, NON_COMPLIANT_VERSION,
               GET),
        PASSES("GET / HTTP/1.9\r\n" H "\r\n", ACCEPTABLE, NON_COMPLIANT_VERSION,
               GET),
        PASSES("GET / HTTP/1.1 \r\n" H "\r\n", ACCEPTABLE,
               NON_COMPLIANT_VERSION, GET),
        PASSES("GET / HTTP/1.1   \r\n" H "\r\n", ACCEPTABLE,
               NON_COMPLIANT_VERSION, GET),
        PASSES("GET /x HTTP/0.9\r\n" H "X-A: 1\r\n\r\n", ACCEPTABLE,
               NON_COMPLIANT_VERSION, "GET /x HTTP/1.1\r\n" H "X-A: 1\r\n"),
        PASSES("POST /x HTTP/0.9\r\n" H "\r\n", ACCEPTABLE,
               NON_COMPLIANT_VERSION, "POST /x HTTP/1.1\r\n" H),
    };

    (void)state;
    check_passing(rows, COUNT(rows));
}

static void test_odd_bytes_of_the_target_leave_encoded(void **state)
{
    static const struct passing rows[] = {
        PASSES("GET /a b HTTP/1.1\r\n" H "\r\n", ACCEPTABLE, SPACE_IN_URI,
               "GET /a%20b HTTP/1.1\r\n" H),
        PASSES("GET /a  b  HTTP/1.1\r\n" H "\r\n", ACCEPTABLE, SPACE_IN_URI,
               "GET /a%20%20b%20 HTTP/1.1\r\n" H),
        PASSES("GET /a#b HTTP/1.1\r\n" H "\r\n", COMPLIANT, NONE,
               "GET /a%23b HTTP/1.1\r\n" H),
        PASSES("GET /a\tHTTP/1.1 HTTP/1.1\r\n" H "\r\n", AMBIGUOUS,
               AMBIGUOUS_URI, "GET /a%09HTTP/1.1 HTTP/1.1\r\n" H),
        PASSES("GET /\x01\x7f HTTP/1.1\r\n" H "\r\n", AMBIGUOUS, AMBIGUOUS_URI,
               "GET /%01%7F HTTP/1.1\r\n" H),
        PASSES("GET http://h/a b HTTP/1.1\r\n" H "\r\n", ACCEPTABLE,
               SPACE_IN_URI, "GET /a%20b HTTP/1.1\r\n" H),
    };

    (void)state;
    check_passing(rows, COUNT(rows));
}

static void test_lines_that_are_no_fields_are_not_sent_on(void **state)
{
    static const struct passing rows[] = {
        /* Names that are no tokens. */
        PASSES(GET "X A: 1\r\nX-B: 2\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER,
               GET "X-B: 2\r\n"),
        PASSES(GET "X-A : 1\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER, GET),
        PASSES(GET "X-A\t: 1\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER, GET),
        PASSES(GET "X\x01-A: 1\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER, GET),
        PASSES(GET "X\xc3\xbc: 1\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER,
               GET),
        PASSES(GET "\"X\": 1\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER, GET),
        PASSES(GET "(x)\x01: 1\x02\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER,
               GET),
        /* No name, no colon, folds. */
        PASSES(GET ": 1\r\n\r\n", AMBIGUOUS, EMPTY_HEADER, GET),
        PASSES(GET ":X: 1\r\n\r\n", AMBIGUOUS, EMPTY_HEADER, GET),
        PASSES(GET " \t : 1\r\n\r\n", AMBIGUOUS, EMPTY_HEADER, GET),
        PASSES(GET "X-A\r\n\r\n", AMBIGUOUS, MISSING_HEADER_COLON, GET),
        PASSES(GET "Content-Length\r\n\r\n", AMBIGUOUS, MISSING_HEADER_COLON,
               GET),
        PASSES(GET "X A 1\r\n\r\n", AMBIGUOUS, MISSING_HEADER_COLON, GET),
        PASSES(GET "X-A: 1\r\n two\r\nX-B: 2\r\n\r\n", AMBIGUOUS,
               MULTILINE_HEADER, GET "X-A: 1\r\nX-B: 2\r\n"),
        PASSES(GET "X-A: 1\r\n\ttwo: 2\r\n\r\n", AMBIGUOUS, MULTILINE_HEADER,
               GET "X-A: 1\r\n"),
        PASSES(GET " \r\nX-A: 1\r\n\r\n", AMBIGUOUS, MULTILINE_HEADER,
               GET "X-A: 1\r\n"),
        PASSES("GET / HTTP/1.1\r\n X-A: 1\r\n" H "\r\n", AMBIGUOUS,
               MULTILINE_HEADER, GET),
        /* Control bytes in a value. */
        PASSES(GET "X-A: 1\x01\r\nX-B: 2\r\n\r\n", ACCEPTABLE,
               NON_COMPLIANT_HEADER, GET "X-B: 2\r\n"),
        PASSES(GET "X-A: \x7f\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER, GET),
        PASSES(GET "Cookie: \x1b[0m\r\n\r\n", ACCEPTABLE, NON_COMPLIANT_HEADER,
               GET),
    };

    (void)state;
    check_passing(rows, COUNT(rows));
}

static void test_names_that_look_like_framing_are_not_sent_on(void **state)
{
    static const struct passing rows[] = {
        PASSES(POST "Transfer_Encoding: chunked\r\n\r\n", AMBIGUOUS,
               SUSPICIOUS_HEADER, POST),
        PASSES(POST "Content_Length: 5\r\n\r\n", AMBIGUOUS, SUSPICIOUS_HEADER,
               POST),
        PASSES(POST "ContentLength: 5\r\n\r\n", AMBIGUOUS, SUSPICIOUS_HEADER,
               POST),
        PASSES(POST "-content--LENGTH-: 5\r\n\r\n", AMBIGUOUS,
               SUSPICIOUS_HEADER, POST),
        PASSES(POST "Transfer-Encoding : chunked\r\n\r\n", AMBIGUOUS,
               SUSPICIOUS_HEADER, POST),
        PASSES(POST "Content-Length\t: 5\r\n\r\n", AMBIGUOUS, SUSPICIOUS_HEADER,
               POST),
        PASSES(POST "X-A: 1\r\n Transfer-Encoding: chunked\r\n\r\n", AMBIGUOUS,
               SUSPICIOUS_HEADER, POST "X-A: 1\r\n"),
        PASSES(POST "\x01Transfer-Encoding: chunked\r\n\r\n", AMBIGUOUS,
               SUSPICIOUS_HEADER, POST),
        PASSES(POST "Transfer-Encoding\xa0: chunked\r\n\r\n", AMBIGUOUS,
               SUSPICIOUS_HEADER, POST),
        PASSES(POST "Tran\xc5\xbf"
                    "fer-Encoding: chunked\r\n\r\n",
               AMBIGUOUS, SUSPICIOUS_HEADER, POST),
        PASSES(POST "Transfer-Encod\xc4\xb1ng: chunked\r\n\r\n", AMBIGUOUS,
               SUSPICIOUS_HEADER, POST),
        PASSES(POST "Content-Length: 5\r\nContent-Length : 5\r\n\r\n",
               AMBIGUOUS, SUSPICIOUS_HEADER, POST),
        /* Near misses are fields like any other. */
        PASSES(POST "X-Content-Length: 5\r\nContent-Lengths: 5\r\n"
                    "Content-Lengt: 5\r\nTransfer-Encodin: a\r\n\r\n",
               COMPLIANT, NONE,
               POST "X-Content-Length: 5\r\nContent-Lengths: 5\r\n"
                    "Content-Lengt: 5\r\nTransfer-Encodin: a\r\n"),
    };

    (void)state;
    check_passing(rows, COUNT(rows));
    for (size_t i = 0; i + 1 < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw);
        bool length = h->req.fields.present & 1u << FIELD_CONTENT_LENGTH;

        assert_int_equal(h->req.body, length ? BODY_LENGTH : BODY_NONE);
        head_free(h);
    }
}

/* ---- bodies ------------------------------------------------------------ */

static void test_framing_decides_the_body(void **state)
{
    static const struct {
        struct str raw;
        enum body_kind body;
        uint64_t length;
        enum desync_class class;
        enum desync_reason reason;
    } rows[] = {
#define ROW(raw, body, length, class, reason)                                  \
    {STR(raw), BODY_##body, length, DESYNC_##class, DESYNC_##reason}
        ROW(GET "\r\n", NONE, 0, COMPLIANT, NONE),
        ROW(POST "\r\n", NONE, 0, COMPLIANT, NONE),
        ROW(POST "Content-Length: 5\r\n\r\n", LENGTH, 5, COMPLIANT, NONE),
        ROW(POST "content-length:0\r\n\r\n", LENGTH, 0, COMPLIANT, NONE),
        ROW(POST "Content-Length:  \t\r\n\r\n", LENGTH, 0, COMPLIANT, NONE),
        ROW(POST "Content-Length: 0000000000000000000000042\r\n\r\n", LENGTH,
            42, COMPLIANT, NONE),
        ROW(POST "Content-Length: 9223372036854775807\r\n\r\n", LENGTH,
            INT64_MAX, COMPLIANT, NONE),
        ROW(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", LENGTH, 5,
            AMBIGUOUS, DUPLICATE_CONTENT_LENGTH),
        ROW(POST "Content-Length: 0\r\nContent-Length:\r\n\r\n", LENGTH, 0,
            AMBIGUOUS, DUPLICATE_CONTENT_LENGTH),
        ROW(POST "Transfer-Encoding: chunked\r\n\r\n", CHUNKED, 0, COMPLIANT,
            NONE),
        ROW(POST "transfer-encoding:CHunked \r\n\r\n", CHUNKED, 0, COMPLIANT,
            NONE),
        ROW(POST "Transfer-Encoding: identity, chunked\r\n\r\n", CHUNKED, 0,
            COMPLIANT, NONE),
        ROW(POST "Transfer-Encoding: chunked;a=b\r\n\r\n", CHUNKED, 0,
            COMPLIANT, NONE),
        ROW(POST "Transfer-Encoding: identity;, chunked ; a;\r\n\r\n", CHUNKED,
            0, COMPLIANT, NONE),
        ROW(POST "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"
                 "\r\n",
            CHUNKED, 0, COMPLIANT, NONE),
        ROW(POST "Transfer-Encoding: identity\r\n\r\n", NONE, 0, AMBIGUOUS,
            UNDEFINED_TRANSFER_ENCODING_SEMANTICS),
        ROW(POST "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n",
            LENGTH, 3, AMBIGUOUS, BOTH_TE_CL_PRESENT),
        ROW(POST "Content-Length: 34\r\nTransfer-Encoding: chunked\r\n\r\n",
            CHUNKED, 0, AMBIGUOUS, BOTH_TE_CL_PRESENT),
        ROW(POST "Transfer-Encoding: chunked\r\nContent-Length: 34\r\n\r\n",
            CHUNKED, 0, AMBIGUOUS, BOTH_TE_CL_PRESENT),
        ROW("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNKED, 0,
            AMBIGUOUS, UNDEFINED_TRANSFER_ENCODING_SEMANTICS),
        ROW("POST / HTTP/1.0\r\nContent-Length: 7\r\nTransfer-Encoding: "
            "chunked\r\n\r\n",
            CHUNKED, 0, AMBIGUOUS, UNDEFINED_TRANSFER_ENCODING_SEMANTICS),
        ROW("POST / HTTP/1.0\r\nContent-Length: 7\r\n\r\n", LENGTH, 7,
            COMPLIANT, NONE),
        ROW("POST / HTTP/0.9\r\nContent-Length: 7\r\n\r\n", LENGTH, 7,
            AMBIGUOUS, UNDEFINED_CONTENT_LENGTH_SEMANTICS),
        ROW(GET "Content-Length: 5\r\n\r\n", LENGTH, 5, AMBIGUOUS,
            UNDEFINED_CONTENT_LENGTH_SEMANTICS),
        ROW(GET "Content-Length: 0\r\n\r\n", LENGTH, 0, ACCEPTABLE,
            GET_HEAD_ZERO_CONTENT_LENGTH),
        ROW(GET "Transfer-Encoding: chunked\r\n\r\n", CHUNKED, 0, AMBIGUOUS,
            UNDEFINED_TRANSFER_ENCODING_SEMANTICS),
        ROW("HEAD / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n", LENGTH, 5,
            AMBIGUOUS, UNDEFINED_CONTENT_LENGTH_SEMANTICS),
        ROW("HEAD / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", LENGTH, 0,
            ACCEPTABLE, GET_HEAD_ZERO_CONTENT_LENGTH),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw);
        struct field *length, *coding;

        assert_desync(h, rows[i].class, rows[i].reason);
        assert_int_equal(h->req.body, rows[i].body);
        assert_true(h->req.content_length == rows[i].length);
        /* Never both, and each only once, in what is left to look at. */
        length = fields_find(&h->req.fields, FIELD_CONTENT_LENGTH);
        coding = fields_find(&h->req.fields, FIELD_TRANSFER_ENCODING);
        assert_int_equal(length != NULL, rows[i].body == BODY_LENGTH);
        assert_int_equal(coding != NULL, rows[i].body == BODY_CHUNKED);
        h1_mark_hop_by_hop(&h->req.fields);
        assert_null(fields_find(&h->req.fields, FIELD_CONTENT_LENGTH));
        assert_null(fields_find(&h->req.fields, FIELD_TRANSFER_ENCODING));
        head_free(h);
    }
}

/* ---- refused ----------------------------------------------------------- */

struct refusal {
    struct str raw;
    unsigned status;
    enum desync_reason reason;
};

#define REFUSED(raw, status, reason)                                           \
    {                                                                          \
        STR(raw), status, DESYNC_##reason                                      \
    }

static void check_refused(const struct refusal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct head *h = head_request(rows[i].raw);

        if (h->result != H1_BAD)
            fail_msg("%.*s\nresult %d", STR_ARG(rows[i].raw), h->result);
        if (h->fault.status != rows[i].status ||
            h->fault.reason != rows[i].reason ||
            h->fault.class != head_class_of(rows[i].reason))
            fail_msg("%.*s\n%d %s: %s", STR_ARG(rows[i].raw), h->fault.status,
                     desync_reason_word(h->fault.reason), h->fault.why);
        head_free(h);
    }
}

static void test_request_lines_that_are_none_are_refused(void **state)
{
    static const struct refusal rows[] = {
        REFUSED("\x16\x03\x01\x02", 400, BAD_METHOD), /* a TLS hello */
        REFUSED("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", 400, BAD_VERSION),
        REFUSED("\r\n\r\n" GET "\r\n", 400, BAD_METHOD),
        REFUSED(" GET / HTTP/1.1\r\n" H "\r\n", 400, BAD_METHOD),
        REFUSED("G(T / HTTP/1.1\r\n" H "\r\n", 400, BAD_METHOD),
        REFUSED("G\xc3\xa9T / HTTP/1.1\r\n" H "\r\n", 400, BAD_METHOD),
        REFUSED("GET\t/ HTTP/1.1\r\n" H "\r\n", 400, BAD_METHOD),
        REFUSED("G\0T / HTTP/1.1\r\n" H "\r\n", 400, BAD_METHOD),
        REFUSED("GET\r\n\r\n", 400, BAD_METHOD),
        REFUSED("GET  / HTTP/1.1\r\n" H "\r\n", 400, SPACE_IN_URI),
        REFUSED("GET HTTP/1.1\r\n" H "\r\n", 400, NON_COMPLIANT_VERSION),
        REFUSED("GET \0/ HTTP/1.1\r\n" H "\r\n", 400, BAD_URI),
        REFUSED("GET  HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET x HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET * HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("OPTIONS ** HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET ftp://h/ HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET http:/h/ HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET h:80 HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET /\0 HTTP/1.1\r\n" H "\r\n", 400, BAD_URI),
        REFUSED("GET /\r HTTP/1.1\r\n" H "\r\n", 400, BAD_URI),
        REFUSED("GET /a\rX HTTP/1.1\r\n" H "\r\n", 400, BAD_URI),
        REFUSED("GET / HTTP/1.1\r\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("\rGET / HTTP/1.1\r\n" H "\r\n", 400, BAD_METHOD),
        REFUSED("POST /c\r\n", 400, NON_COMPLIANT_VERSION),
        REFUSED("GET / HTTP/1.10\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / HTTP/1.\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / HTTP/11\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / HTTP/1.x\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / HTTP/0.8\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / HTTP/3.0\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / http/1.1\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET /a b\r\n", 400, BAD_VERSION),
        REFUSED("GET / FOO\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / HTTP/1.1\t\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / HTTP/1.1 HTTP/1.1\r\n" H "\r\n", 400, BAD_VERSION),
        REFUSED("GET / HTTP/2.0\r\n" H "\r\n", 505, BAD_VERSION),
        REFUSED("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, BAD_VERSION),
    };

    (void)state;
    check_refused(rows, COUNT(rows));
}

static void test_cr_and_nul_are_refused_wherever_they_stand(void **state)
{
#define HOSTLESS "GET / HTTP/1.1\r\n"
    static const struct refusal rows[] = {
        REFUSED(GET "X-A: 1\rTransfer-Encoding: chunked\r\n\r\n", 400,
                BAD_HEADER),
        REFUSED(GET "X-A: 1\r\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "\rX-A: 1\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "X\r-A: 1\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "X-A\r: 1\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "X-A:\r 1\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "no colon\r here\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "\r\rX\n\n", 400, BAD_HEADER),
        REFUSED(GET "X-A: a\0b\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "X-A: a\x01\0b\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "X\0: a\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "\0X: a\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET " fold \0\r\n\r\n", 400, BAD_HEADER),
        REFUSED(GET "X-A: 1\n\r\r\n\r\n", 400, BAD_HEADER),
        /* Fields come before the framing, and both before the target. */
        REFUSED("GET /\0 HTTP/1.1\r\n" H "X-A: \0\r\n\r\n", 400, BAD_HEADER),
        REFUSED(POST "X-A: \0\r\nContent-Length: x\r\n\r\n", 400, BAD_HEADER),
        REFUSED("POST /\0 HTTP/1.1\r\n" H "Content-Length: x\r\n\r\n", 400,
                BAD_CONTENT_LENGTH),
        REFUSED(HOSTLESS "Host: a\0\r\n\r\n", 400, BAD_HEADER),
    };

    (void)state;
    check_refused(rows, COUNT(rows));
}

static void test_lengths_that_are_no_numbers_are_refused(void **state)
{
#define CL(value) POST "Content-Length: " value "\r\n\r\n"
    static const struct refusal rows[] = {
        REFUSED(CL("+5"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("-5"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("0x5"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("0_5"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5e0"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5.0"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5 0"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5, 5"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5,5"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL(","), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("\"5\""), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5;"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("\x01"
                   "5"),
                400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5\x01"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5\xa0"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("5\0"), 400, BAD_HEADER),
        REFUSED(CL("9223372036854775808"), 400, NONE),
        REFUSED(CL("18446744073709551615"), 400, NONE),
        REFUSED(CL("18446744073709551616"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("18446744073709551617"), 400, BAD_CONTENT_LENGTH),
        REFUSED(CL("10000000000000000000000000000000000000000"), 400,
                BAD_CONTENT_LENGTH),
        REFUSED(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400,
                MULTIPLE_CONTENT_LENGTH),
        REFUSED(POST "Content-Length: 5\r\nContent-Length:\r\n\r\n", 400,
                MULTIPLE_CONTENT_LENGTH),
        /* Look-alikes may not contradict. */
        REFUSED(POST "Content-Length : 5\r\nContent-Length: 6\r\n\r\n", 400,
                MULTIPLE_CONTENT_LENGTH),
        REFUSED(POST "Content-Length: 5\r\nContent_Length: 6\r\n\r\n", 400,
                MULTIPLE_CONTENT_LENGTH),
        REFUSED(POST "X: 1\r\n Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
                400, MULTIPLE_CONTENT_LENGTH),
        REFUSED(POST "Content-Length : x\r\n\r\n", 400, BAD_CONTENT_LENGTH),
    };
#undef CL

    (void)state;
    check_refused(rows, COUNT(rows));
}

static void test_codings_that_are_not_chunked_once_are_refused(void **state)
{
#define TE(value) POST "Transfer-Encoding: " value "\r\n\r\n"
#define TWO "Transfer-Encoding: chunked\r\n"
    static const struct refusal rows[] = {
        REFUSED(TE("xchunked"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunkedx"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunk"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("\"chunked\""), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("'chunked'"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("[chunked]"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("\x0b"
                   "chunked"),
                400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked\x0c"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked\xa0"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked\0"), 400, BAD_HEADER),
        REFUSED(TE(""), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE(","), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE(",chunked"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked,"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked chunked"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked;a=\"b,c\""), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked;a\x01"), 400, NON_COMPLIANT_HEADER),
        REFUSED(TE(";chunked"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("x;chunked"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked, identity"), 400, NONE),
        REFUSED(TE("chunked, gzip"), 400, NONE),
        REFUSED(TE("gzip, cow"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("\r\n chunked"), 400, BAD_TRANSFER_ENCODING),
        REFUSED(TE("chunked, chunked"), 400,
                MULTIPLE_TRANSFER_ENCODING_CHUNKED),
        REFUSED(TE("chunked,Chunked"), 400, MULTIPLE_TRANSFER_ENCODING_CHUNKED),
        REFUSED(POST TWO TWO "\r\n", 400, MULTIPLE_TRANSFER_ENCODING_CHUNKED),
        REFUSED(POST TWO "Transfer_Encoding: chunked\r\n\r\n", 400,
                MULTIPLE_TRANSFER_ENCODING_CHUNKED),
        REFUSED(POST "Transfer-Encoding : cow\r\n\r\n", 400,
                BAD_TRANSFER_ENCODING),
        REFUSED(TE("gzip"), 501, NONE),
        REFUSED(TE("gzip, chunked"), 501, NONE),
        REFUSED(TE("gzip;q=1, deflate , compress, identity, chunked"), 501,
                NONE),
        REFUSED("POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n", 501,
                UNDEFINED_TRANSFER_ENCODING_SEMANTICS),
        REFUSED(POST "Content-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\n",
                501, BOTH_TE_CL_PRESENT),
    };
#undef TWO
#undef TE

    (void)state;
    check_refused(rows, COUNT(rows));
}

static void test_hosts_must_be_one_and_sane(void **state)
{
#define HOST(value) "GET / HTTP/1.1\r\nHost: " value "\r\n\r\n"
    static const struct refusal rows[] = {
        REFUSED("GET / HTTP/1.1\r\n\r\n", 400, NONE),
        REFUSED("GET http://h/ HTTP/1.1\r\n\r\n", 400, NONE),
        REFUSED("GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", 400,
                UNDEFINED_CONTENT_LENGTH_SEMANTICS),
        REFUSED("GET / HTTP/1.2\r\n\r\n", 400, NON_COMPLIANT_VERSION),
        REFUSED(GET H "\r\n", 400, NONE),
        REFUSED(GET "host: other\r\n\r\n", 400, NONE),
        REFUSED("GET / HTTP/1.0\r\n" H H "\r\n", 400, NONE),
        REFUSED("GET / HTTP/1.0\r\nHost:\r\n\r\n", 400, NONE),
        REFUSED(HOST(""), 400, NONE),
        REFUSED(HOST("a@b"), 400, NONE),
        REFUSED(HOST("a b"), 400, NONE),
        REFUSED(HOST("a/b"), 400, NONE),
        REFUSED(HOST("a?b"), 400, NONE),
        REFUSED(HOST("a#b"), 400, NONE),
        REFUSED(HOST("a\\b"), 400, NONE),
        REFUSED(HOST("a\"b"), 400, NONE),
        REFUSED(HOST("a:99999"), 400, NONE),
        REFUSED(HOST("a:65536"), 400, NONE),
        REFUSED(HOST("a:000080"), 400, NONE),
        REFUSED(HOST("a:x"), 400, NONE),
        REFUSED(HOST("a:-1"), 400, NONE),
        REFUSED(HOST("a:80:80"), 400, NONE),
        REFUSED(HOST(":80"), 400, NONE),
        REFUSED(HOST("a%2"), 400, NONE),
        REFUSED(HOST("a%zz"), 400, NONE),
        REFUSED(HOST("\xc3\xbc"), 400, NONE),
        REFUSED(HOST("a\x01"), 400, NON_COMPLIANT_HEADER),
        REFUSED(HOST("[::1"), 400, NONE),
        REFUSED(HOST("[]"), 400, NONE),
        REFUSED(HOST("[a]"), 400, NONE),
        REFUSED(HOST("[::1]x"), 400, NONE),
        REFUSED(HOST("[::1%25eth0]"), 400, NONE),
        REFUSED(HOST("::1"), 400, NONE),
        REFUSED("GET http:// HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET http:///x HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET http://a@b/ HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET http://a b/ HTTP/1.1\r\n" H "\r\n", 400, SPACE_IN_URI),
        REFUSED("GET http://a:99999/ HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET http://a\\b/ HTTP/1.1\r\n" H "\r\n", 400, NONE),
        REFUSED("GET http://a#b HTTP/1.1\r\n" H "\r\n", 400, NONE),
    };

    (void)state;
    check_refused(rows, COUNT(rows));
}

static void test_the_authority_is_of_the_target_else_of_host(void **state)
{
    static const struct {
        struct str raw;
        struct str authority;
        struct str path;
        struct str target;
    } rows[] = {
#define ROW(raw, authority, path, target)                                      \
    {STR(raw), STR(authority), STR(path), STR(target)}
        ROW(HOST("a"), "a", "/", "/"),
        ROW(HOST("A.example.com:8080"), "A.example.com:8080", "/", "/"),
        ROW(HOST("a:"), "a", "/", "/"),
        ROW(HOST("127.0.0.1:65535"), "127.0.0.1:65535", "/", "/"),
        ROW(HOST("[::1]"), "[::1]", "/", "/"),
        ROW(HOST("[2001:db8::1.2.3.4]:80"), "[2001:db8::1.2.3.4]:80", "/", "/"),
        ROW(HOST("[::1]:"), "[::1]", "/", "/"),
        ROW(HOST("a_b~!$&'()*+,;=%2f"), "a_b~!$&'()*+,;=%2f", "/", "/"),
        ROW("GET / HTTP/1.0\r\n\r\n", "", "/", "/"),
        ROW("GET http://other:81/p?q HTTP/1.1\r\n" H "\r\n", "other:81", "/p?q",
            "http://other:81/p?q"),
        ROW("GET HTTPS://other: HTTP/1.1\r\n" H "\r\n", "other", "",
            "HTTPS://other:"),
        ROW("GET http://other?a=b HTTP/1.1\r\n" H "\r\n", "other", "/?a=b",
            "http://other/?a=b"),
        ROW("OPTIONS http://other HTTP/1.1\r\n" H "\r\n", "other", "",
            "http://other"),
        ROW("GET http://other/ HTTP/1.0\r\n\r\n", "other", "/",
            "http://other/"),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw);
        const struct fields *fs = &h->req.fields;

        assert_true(str_eq(slice_of(fs, h->req.authority), rows[i].authority));
        assert_true(str_eq(slice_of(fs, h->req.path), rows[i].path));
        assert_true(str_eq(slice_of(fs, h->req.target), rows[i].target));
        assert_int_equal(h->req.absolute_form, rows[i].target.p[0] != '/');
        assert_int_equal(h->req.https_scheme, rows[i].target.p[0] == 'H');
        head_free(h);
    }
}
#undef HOST

/* ---- limits ------------------------------------------------------------ */

/* A head with `n` bytes of 'a' between two texts. */
static struct head *stretched(const char *before, size_t n, const char *after)
{
    size_t a = strlen(before), b = strlen(after);
    char *raw = malloc(a + n + b);
    struct head *h;

    assert_non_null(raw);
    memcpy(raw, before, a);
    memset(raw + a, 'a', n);
    memcpy(raw + a + n, after, b);
    h = head_request(str_make(raw, a + n + b));
    free(raw);
    return h;
}

static void assert_result(struct head *h, enum h1_result result,
                          unsigned status)
{
    assert_int_equal(h->result, result);
    if (result == H1_BAD)
        assert_int_equal(h->fault.status, status);
    head_free(h);
}

static void test_the_request_line_may_have_16_kib(void **state)
{
    const size_t rest = sizeof("GET / HTTP/1.1") - 1;

    (void)state;
    assert_result(stretched("GET /", 16384 - rest, " HTTP/1.1\r\n" H "\r\n"),
                  H1_OK, 0);
    assert_result(stretched("GET /", 16385 - rest, " HTTP/1.1\r\n" H "\r\n"),
                  H1_BAD, 414);
    assert_result(stretched("GET /", 16384 - rest, " HTTP/1.1\n" H "\n"), H1_OK,
                  0);
    assert_result(stretched("GET /", 16385 - rest, " HTTP/1.1\n" H "\n"),
                  H1_BAD, 414);
    assert_result(stretched("", 16384 - 11, " / HTTP/1.1\r\n" H "\r\n"), H1_OK,
                  0);
    assert_result(stretched("", 16385, ""), H1_BAD, 414);
    assert_result(stretched("", 16384, ""), H1_PARTIAL, 0);
    assert_result(stretched("GET /", 16384 - 5, ""), H1_PARTIAL, 0);
    assert_result(stretched("GET /", 16385 - 5, ""), H1_BAD, 414);
    assert_result(stretched("GET /", 65536, ""), H1_BAD, 414);
}

static void test_a_field_line_may_have_16_kib(void **state)
{
    const size_t rest = sizeof("X: ") - 1;

    (void)state;
    assert_result(stretched(GET "X: ", 16384 - rest, "\r\n\r\n"), H1_OK, 0);
    assert_result(stretched(GET "X: ", 16385 - rest, "\r\n\r\n"), H1_BAD, 400);
    assert_result(stretched(GET "X: ", 16384 - rest, "\r"), H1_PARTIAL, 0);
    assert_result(stretched(GET "X: ", 16384 - rest, ""), H1_PARTIAL, 0);
    assert_result(stretched(GET "X: ", 16385 - rest, ""), H1_BAD, 400);
    assert_result(stretched(GET "", 16384 - 1, ":\r\n\r\n"), H1_OK, 0);
    assert_result(stretched(GET "", 16384, ":\r\n\r\n"), H1_BAD, 400);
    /* A line that is no field is no longer either. */
    assert_result(stretched(GET " ", 16384, "\r\n\r\n"), H1_BAD, 400);
}

static void test_a_head_may_have_64_kib(void **state)
{
    static char raw[65537];
    const size_t line = 4096;
    size_t n = sizeof(GET) - 1;

    (void)state;
    memcpy(raw, GET, n);
    while (n + line < 65536 - 2) {
        memset(raw + n, 'a', line);
        memcpy(raw + n, "X: ", 3);
        memcpy(raw + n + line - 2, "\r\n", 2);
        n += line;
    }
    memset(raw + n, 'a', 65536 - n);
    memcpy(raw + n, "X: ", 3);
    memcpy(raw + 65532, "\r\n\r\n", 4);
    raw[65536] = 'x';
    assert_result(head_request(str_make(raw, 65536)), H1_OK, 0);
    assert_result(head_request(str_make(raw, 65537)), H1_OK, 0);
    assert_result(head_request(str_make(raw, 65535)), H1_PARTIAL, 0);
    memcpy(raw + 65532, "a\r\n\r\n", 5);
    assert_result(head_request(str_make(raw, 65535)), H1_PARTIAL, 0);
    assert_result(head_request(str_make(raw, 65536)), H1_BAD, 400);
    assert_result(head_request(str_make(raw, 65537)), H1_BAD, 400);
}

static void test_no_more_fields_than_there_is_room_for(void **state)
{
    char raw[] = GET "a:\nb:\n\n";
    struct field v[3];
    struct h1_fault fault;
    size_t len;

    (void)state;
    for (unsigned cap = 0; cap <= COUNT(v); cap++) {
        struct request req = {.fields = {.v = v, .cap = cap}};

        assert_int_equal(h1_parse_request(&req, raw, sizeof(raw) - 1,
                                          &h1_request_limits,
                                          DESYNC_MODE_DEFENSIVE, &len, &fault),
                         cap < 3 ? H1_BAD : H1_OK);
        if (cap < 3)
            assert_int_equal(fault.status, 400);
    }
}

static void test_the_most_fields_of_a_head_fit_h1_fields_max(void **state)
{
    static char raw[65536];
    struct field *v = calloc(H1_FIELDS_MAX, sizeof(*v));
    struct request req = {.fields = {.v = v, .cap = H1_FIELDS_MAX}};
    struct h1_fault fault;
    size_t n = sizeof(GET) - 1, len;

    (void)state;
    assert_non_null(v);
    memcpy(raw, GET, n);
    while (n + 3 < sizeof(raw)) {
        memcpy(raw + n, "a:\n", 3);
        n += 3;
    }
    raw[n++] = '\n';
    assert_int_equal(h1_parse_request(&req, raw, n, &h1_request_limits,
                                      DESYNC_MODE_DEFENSIVE, &len, &fault),
                     H1_OK);
    assert_int_equal(len, n);
    assert_true(req.fields.n <= H1_FIELDS_MAX);
    free(v);
}

/* ---- what the connection does ------------------------------------------ */

static void test_keep_alive_follows_version_and_connection(void **state)
{
    static const struct {
        struct str raw;
        bool keep;
    } rows[] = {
        {STR(GET "\r\n"), true},
        {STR(GET "Connection: close\r\n\r\n"), false},
        {STR(GET "Connection: Keep-Alive, CLOSE\r\n\r\n"), false},
        {STR(GET "Connection: x\r\nConnection: close\r\n\r\n"), false},
        {STR(GET "Connection: closed\r\n\r\n"), true},
        {STR("GET / HTTP/1.5\r\n" H "\r\n"), true},
        {STR("GET / HTTP/1.0\r\n\r\n"), false},
        {STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), true},
        {STR("GET / HTTP/1.0\r\nConnection: x ,\tKeep-Alive\r\n\r\n"), true},
        {STR("GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n"), false},
        {STR("GET / HTTP/0.9\r\nConnection: keep-alive\r\n\r\n"), false},
        {STR("GET /\r\n"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw);

        if (h->req.keep_alive != rows[i].keep)
            fail_msg("%.*s", STR_ARG(rows[i].raw));
        head_free(h);
    }
}

static void test_connection_may_list_64_tokens(void **state)
{
    char raw[1024];
    struct text t;

    (void)state;
    for (unsigned tokens = 64; tokens <= 65; tokens++) {
        t = text_in(raw, sizeof(raw));
        TEXT_LITERAL(&t, GET "Connection: x\r\nConnection: a");
        for (unsigned i = 2; i < tokens; i++)
            TEXT_LITERAL(&t, ", a");
        TEXT_LITERAL(&t, "\r\n\r\n");
        assert_result(head_request(text_str(&t)), tokens == 64 ? H1_OK : H1_BAD,
                      400);
    }
}

static void test_http_0_9_is_one_line(void **state)
{
    static const struct {
        struct str raw;
        size_t len;
        struct str path;
        enum desync_class class;
    } rows[] = {
        {STR("GET /c\r\n"), 8, STR("/c"), DESYNC_ACCEPTABLE},
        {STR("GET /c\n"), 7, STR("/c"), DESYNC_ACCEPTABLE},
        {STR("GET /c \r\nHost: h\r\n\r\n"), 9, STR("/c"), DESYNC_ACCEPTABLE},
        {STR("GET /a\tHTTP/1.1\r\nHost: h\r\n\r\n"), 17, STR("/a\tHTTP/1.1"),
         DESYNC_AMBIGUOUS},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw);

        assert_int_equal(h->len, rows[i].len);
        assert_int_equal(h->req.version, 9);
        assert_int_equal(h->req.fields.n, 0);
        assert_int_equal(h->req.body, BODY_NONE);
        assert_int_equal(h->req.desync_class, rows[i].class);
        assert_true(
            str_eq(slice_of(&h->req.fields, h->req.path), rows[i].path));
        head_free(h);
    }
}

static void test_expect_is_never_sent_on(void **state)
{
    static const struct {
        struct str raw;
        bool go_on;
        bool unknown;
    } rows[] = {
        {STR(POST "Expect: 100-continue\r\n\r\n"), true, false},
        {STR(POST "expect: 100-Continue\r\n\r\n"), true, false},
        {STR(POST "Expect: y 100-continue\r\n\r\n"), false, true},
        {STR(POST "Expect: 100-continue, x\r\n\r\n"), false, true},
        {STR(POST "Expect:\r\n\r\n"), false, true},
        {STR(POST "Expect: x\x01\r\n\r\n"), false, false},
        {STR("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), false, false},
        {STR("POST / HTTP/1.0\r\nExpect: x\r\n\r\n"), false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw);

        assert_int_equal(h->req.expect_continue, rows[i].go_on);
        assert_int_equal(h->req.expect_unknown, rows[i].unknown);
        assert_null(fields_find(&h->req.fields, FIELD_EXPECT));
        head_free(h);
    }
}

static void test_only_a_get_may_become_a_websocket(void **state)
{
#define UP "Connection: x, Upgrade\r\nUpgrade: "
    static const struct {
        struct str raw;
        bool websocket;
    } rows[] = {
        {STR(GET UP "websocket\r\n\r\n"), true},
        {STR(GET UP "h2c, WebSocket\r\n\r\n"), true},
        {STR(GET UP "websocket\r\nContent-Length: 0\r\n\r\n"), true},
        {STR(GET UP "h2c\r\n\r\n"), false},
        {STR(GET UP "websocket/13\r\n\r\n"), false},
        {STR(GET "Upgrade: websocket\r\n\r\n"), false},
        {STR(GET "Connection: upgrade\r\n\r\n"), false},
        {STR(POST UP "websocket\r\n\r\n"), false},
        {STR(GET UP "websocket\r\nContent-Length: 1\r\n\r\n"), false},
        {STR(GET UP "websocket\r\nTransfer-Encoding: chunked\r\n\r\n"), false},
        {STR("GET / HTTP/1.0\r\n" UP "websocket\r\n\r\n"), false},
    };
#undef UP

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw);

        assert_int_equal(h->req.wants_websocket, rows[i].websocket);
        head_free(h);
    }
}

static void test_te_trailers_is_seen(void **state)
{
    struct head *h;

    (void)state;
    h = accepted(STR(GET "TE: deflate;q=0.5, Trailers\r\n\r\n"));
    assert_true(h->req.te_trailers);
    head_free(h);
    h = accepted(STR(GET "TE: trailersx\r\n\r\n"));
    assert_false(h->req.te_trailers);
    head_free(h);
}

static void test_methods_have_their_numbers(void **state)
{
    static const struct {
        const char *name;
        enum method method;
    } rows[] = {
        {"GET", METHOD_GET},         {"HEAD", METHOD_HEAD},
        {"POST", METHOD_POST},       {"PUT", METHOD_PUT},
        {"DELETE", METHOD_DELETE},   {"OPTIONS", METHOD_OPTIONS},
        {"PATCH", METHOD_PATCH},     {"TRACE", METHOD_TRACE},
        {"CONNECT", METHOD_CONNECT}, {"GETS", METHOD_OTHER},
        {"GE", METHOD_OTHER},        {"Get", METHOD_OTHER},
        {"PROPFIND", METHOD_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char raw[64];
        struct text t = text_in(raw, sizeof(raw));
        struct head *h;

        text_printf(&t, "%s /x HTTP/1.1\r\n" H "\r\n", rows[i].name);
        h = accepted(text_str(&t));
        assert_int_equal(h->req.method, rows[i].method);
        assert_true(str_eq(slice_of(&h->req.fields, h->req.method_name),
                           str_of(rows[i].name)));
        head_free(h);
    }
}

static void test_connect_may_name_a_host(void **state)
{
    struct head *h = accepted(STR("CONNECT h:443 HTTP/1.1\r\n" H "\r\n"));

    (void)state;
    assert_int_equal(h->req.method, METHOD_CONNECT);
    head_free(h);
}

static void test_the_first_reason_of_the_highest_class_is_kept(void **state)
{
    static const struct {
        struct str raw;
        enum desync_class class;
        enum desync_reason reason;
    } rows[] = {
        {STR("GET /a b HTTP/1.2\r\n" H "X-A: \x01\r\nContent-Length: 0\r\n\n"),
         DESYNC_ACCEPTABLE, DESYNC_NON_COMPLIANT_HEADER},
        {STR("GET /a b HTTP/1.2\n" H "Content-Length: 0\r\n\r\n"),
         DESYNC_ACCEPTABLE, DESYNC_GET_HEAD_ZERO_CONTENT_LENGTH},
        {STR("GET /a b HTTP/1.2\n" H "\r\n"), DESYNC_ACCEPTABLE,
         DESYNC_NON_COMPLIANT_VERSION},
        {STR("GET /a b HTTP/1.1\n" H "\r\n"), DESYNC_ACCEPTABLE,
         DESYNC_SPACE_IN_URI},
        {STR("GET /a\tb HTTP/1.1\n" H "X-A: \x01\r\nContent-Length: 1\r\n\n"),
         DESYNC_AMBIGUOUS, DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS},
        {STR("GET /a\tb HTTP/1.1\n" H ": \r\nContent-Length: 1\r\n\r\n"),
         DESYNC_AMBIGUOUS, DESYNC_EMPTY_HEADER},
        {STR("GET /a\tb HTTP/1.2\n" H "\r\n"), DESYNC_AMBIGUOUS,
         DESYNC_AMBIGUOUS_URI},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct head *h = accepted(rows[i].raw);

        assert_desync(h, rows[i].class, rows[i].reason);
        head_free(h);
    }
}

static void test_fields_that_stand_canonically_are_marked(void **state)
{
    struct head *h = accepted(STR(GET "a: 1\r\nb:1\r\nc:  1\r\nd: 1 \r\n"
                                      "e: 1\nf:\r\ng: \r\nh_: 1\r\n\r\n"));
    static const unsigned flags[] = {FIELD_CANONICAL,
                                     FIELD_CANONICAL,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     FIELD_CANONICAL,
                                     FIELD_CANONICAL | FIELD_ODD_NAME};

    (void)state;
    assert_int_equal(h->req.fields.n, COUNT(flags));
    for (unsigned i = 0; i < COUNT(flags); i++)
        assert_int_equal(h->req.fields.v[i].flags, flags[i]);
    head_free(h);
}

static void test_present_has_what_was_not_dropped(void **state)
{
    struct head *h =
        accepted(STR(GET "Cookie: a\x01\r\nExpect: 100-continue\r\n"
                         "Date: x\r\nDate : y\r\n\r\n"));

    (void)state;
    assert_int_equal(h->req.fields.present,
                     1u << FIELD_HOST | 1u << FIELD_DATE);
    head_free(h);
}

static void test_what_follows_the_head_is_left_alone(void **state)
{
    struct head *h = accepted(STR(GET "\r\nGET /next"));

    (void)state;
    assert_int_equal(h->len, sizeof(GET "\r\n") - 1);
    head_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_requests_pass_as_they_are),
        cmocka_unit_test(test_fields_are_trimmed_and_end_in_cr_lf),
        cmocka_unit_test(test_versions_of_http_1_are_served_as_1_1),
        cmocka_unit_test(test_odd_bytes_of_the_target_leave_encoded),
        cmocka_unit_test(test_lines_that_are_no_fields_are_not_sent_on),
        cmocka_unit_test(test_names_that_look_like_framing_are_not_sent_on),
        cmocka_unit_test(test_framing_decides_the_body),
        cmocka_unit_test(test_request_lines_that_are_none_are_refused),
        cmocka_unit_test(test_cr_and_nul_are_refused_wherever_they_stand),
        cmocka_unit_test(test_lengths_that_are_no_numbers_are_refused),
        cmocka_unit_test(test_codings_that_are_not_chunked_once_are_refused),
        cmocka_unit_test(test_hosts_must_be_one_and_sane),
        cmocka_unit_test(test_the_authority_is_of_the_target_else_of_host),
        cmocka_unit_test(test_the_request_line_may_have_16_kib),
        cmocka_unit_test(test_a_field_line_may_have_16_kib),
        cmocka_unit_test(test_a_head_may_have_64_kib),
        cmocka_unit_test(test_no_more_fields_than_there_is_room_for),
        cmocka_unit_test(test_the_most_fields_of_a_head_fit_h1_fields_max),
        cmocka_unit_test(test_keep_alive_follows_version_and_connection),
        cmocka_unit_test(test_connection_may_list_64_tokens),
        cmocka_unit_test(test_http_0_9_is_one_line),
        cmocka_unit_test(test_expect_is_never_sent_on),
        cmocka_unit_test(test_only_a_get_may_become_a_websocket),
        cmocka_unit_test(test_te_trailers_is_seen),
        cmocka_unit_test(test_methods_have_their_numbers),
        cmocka_unit_test(test_connect_may_name_a_host),
        cmocka_unit_test(test_the_first_reason_of_the_highest_class_is_kept),
        cmocka_unit_test(test_fields_that_stand_canonically_are_marked),
        cmocka_unit_test(test_present_has_what_was_not_dropped),
        cmocka_unit_test(test_what_follows_the_head_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
