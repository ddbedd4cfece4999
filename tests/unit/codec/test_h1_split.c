/* SPDX-License-Identifier: Apache-2.0
 *
 * It does not matter in what pieces a message arrives.
 *
 * Every message of the collection is cut at every byte; a head that is not
 * complete must be PARTIAL or already have the fault that the whole has.  Then
 * the client's half of the codec writes what the server's half reads, and the
 * other way round, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bodies.h"
#include "heads.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define H "Host: h\r\n"
#define GET "GET / HTTP/1.1\r\n" H
#define POST "POST / HTTP/1.1\r\n" H
#define OK "HTTP/1.1 200 OK\r\n"

static const struct str requests[] = {
    STR(GET "\r\n"),
    STR("GET / HTTP/1.1\nHost: h\n\n"),
    STR("\r\n" GET "\r\n"),
    STR("\n" GET "\r\n"),
    STR("GET /c\r\n"),
    STR("\r\nGET /c\n"),
    STR("GET /a\tb\r\n"),
    STR("GET /c HTTP/0.9\r\nX: 1\r\n\r\n"),
    STR("GET /a b#c HTTP/1.2 \r\n" H "\r\n"),
    STR("GET http://user.example:8080?q=1 HTTP/1.1\r\n" H "\r\n"),
    STR("OPTIONS http://h HTTP/1.1\r\n" H "\r\n"),
    STR("CONNECT h:443 HTTP/1.1\r\n" H "\r\n"),
    STR(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    STR(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"),
    STR(POST "Transfer-Encoding: identity,\t chunked\r\nTE: trailers\r\n\r\n"),
    STR(POST "Expect: 100-continue\r\nContent-Length:\r\n\r\n"),
    STR(GET "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"),
    STR(GET "X-A:1\r\nX-B:  2  \r\nX-C: \x01\r\n fold: 3\r\n: 4\r\nno colon"
            "\r\nX_D: caf\xc3\xa9\r\nE\x01: 5\r\n\r\n"),
    STR(GET "X-Long-Name-Over-Sixteen-Bytes: a value of more than sixteen "
            "bytes, so that the wide scans have something to do\r\n\r\n"),
    STR(POST "Transfer_Encoding: chunked\r\nContent-Length : 3\r\n\r\n"),
    /* refused */
    STR("\x16\x03\x01"),
    STR("G=(T / HTTP/1.1\r\n"),
    STR("GET\r\n"),
    STR("GET x HTTP/1.1\r\n"),
    STR("GET / HTTP/1.10\r\n"),
    STR("GET / HTTP/2.0\r\n"),
    STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    STR("GET /\0 HTTP/1.1\r\n"),
    STR("GET /\r HTTP/1.1\r\n"),
    STR("POST /c\r\n"),
    STR("\r\n\r\n"),
    STR("\r\r\n"),
    STR(GET "X: a\rb\r\n"),
    STR(GET "X: a\0b\r\n"),
    STR(GET "\r\rX"),
    STR(GET H "\r\n"),
    STR("GET / HTTP/1.1\r\nX: 1\r\n\r\n"),
    STR("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    STR(POST "Content-Length: 5, 5\r\n\r\n"),
    STR(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    STR(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
    STR(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    STR(POST "Transfer-Encoding:\r\n chunked\r\n\r\n"),
};

static const struct str answers[] = {
    STR(OK "\r\n"),
    STR(OK "Content-Length: 5\r\n\r\nhello"),
    STR("HTTP/1.0 404\r\nX: 1\r\n\r\n"),
    STR("HTTP/1.1 200 \nX: 1\n\n"),
    STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\n\r\n\x81\x05hello"),
    STR(OK "X-A:1\r\nX-B:  2  \r\nX_C: caf\xc3\xa9\r\nConnection: close\r\n"
           "\r\nbody"),
    STR("HTTP/1.2 200 OK\r\n"),
    STR("HTTP/1.1 2000 OK\r\n"),
    STR("HTTP/1.1 200 O\x01K\r\n"),
    STR("HTTP/1.1 200 O\rK\r\n"),
    STR("ICY 200 OK\r\n"),
    STR(OK "X : 1\r\n"),
    STR(OK "X: \0\r\n"),
    STR(OK "X: \x01\r\n"),
    STR(OK " fold\r\n"),
    STR(OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
    STR(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
};

static const struct str chunked[] = {
    STR("0\r\n\r\n"),
    STR("5\r\nhello\r\n0\r\n\r\nNEXT"),
    STR("1\r\na\r\n2\r\nbc\r\n3;x=\"y;\\\"z\" ; w\r\ndef\r\n0;end\r\nT: 1\r\n"
        "u-v_w: 2 \r\n\r\nNEXT"),
    STR("0000000000000010\r\n0123456789abcdef\r\n00\r\n\r\n"),
    STR("2\r\nab\r\n5Z\r\nhello"),
    STR("2\r\nab\r\n2\r\ncdX"),
    STR("1;\n"),
    STR("1;a=\"b\x01"),
    STR("1\r\na\r\n0\r\nT: 1\r\nbad trailer\r\n\r\n"),
    STR("0\r\nT: 1\r\n\n"),
    STR("0\r\nT: a\0\r\n\r\n"),
    STR("8000000000000000\r\n"),
};

/* ---- heads cut --------------------------------------------------------- */

static struct head *parse(struct str raw, bool answer)
{
    return answer ? head_response(raw, METHOD_GET) : head_request(raw);
}

static void check_cuts(struct str raw, bool answer)
{
    struct head *whole = parse(raw, answer);

    for (size_t n = 0; n <= raw.n; n++) {
        struct head *part = parse(str_make(raw.p, n), answer);
        const char *why = head_difference(part, whole);
        bool early = whole->result == H1_OK ? n < whole->len : n < raw.n;

        if (early ? part->result != H1_PARTIAL && why : why != NULL)
            fail_msg("%.*s\nthe first %zu bytes differ in %s", STR_ARG(raw), n,
                     why);
        if (whole->result == H1_OK && early)
            assert_int_equal(part->result, H1_PARTIAL);
        head_free(part);
    }
    head_free(whole);
}

static void test_heads_may_be_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++)
        check_cuts(requests[i], false);
    for (size_t i = 0; i < COUNT(answers); i++)
        check_cuts(answers[i], true);
}

static void check_head_end(struct str raw, const struct head *head)
{
    size_t scanned = 0, end = 0, whole = 0;

    for (size_t n = 0; n <= raw.n && end == 0; n++) {
        char *data = malloc(n + !n);

        assert_non_null(data);
        memcpy(data, raw.p, n);
        end = h1_head_end(data, n, &scanned);
        assert_true(end == 0 || end == n);
        assert_int_equal(scanned, n);
        free(data);
    }
    assert_int_equal(h1_head_end(raw.p, raw.n, &whole), end);
    if (head->result == H1_OK)
        assert_int_equal(end, head->len);
}

static void test_the_end_of_a_head_is_where_the_parser_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct head *h = head_request(requests[i]);

        check_head_end(requests[i], h);
        head_free(h);
    }
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct head *h = head_response(answers[i], METHOD_GET);

        check_head_end(answers[i], h);
        head_free(h);
    }
}

/* ---- bodies cut -------------------------------------------------------- */

static void feed_pieces(struct body_reader *r, struct str raw, size_t piece)
{
    body_begin(r, BODY_CHUNKED, 0);
    for (size_t at = 0; at < raw.n; at += piece)
        body_feed(r, raw.p + at, raw.n - at < piece ? raw.n - at : piece);
}

static void test_bodies_may_be_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(chunked); i++) {
        struct body_reader whole, parts;
        const char *why;

        feed_pieces(&whole, chunked[i], chunked[i].n);
        for (size_t piece = 1; piece < chunked[i].n; piece++) {
            feed_pieces(&parts, chunked[i], piece);
            why = body_difference(&parts, &whole);
            if (why)
                fail_msg("%.*s\nin pieces of %zu: %s", STR_ARG(chunked[i]),
                         piece, why);
            body_free(&parts);
        }
        for (size_t cut = 0; cut <= chunked[i].n; cut++) {
            body_begin(&parts, BODY_CHUNKED, 0);
            body_feed(&parts, chunked[i].p, cut);
            body_feed(&parts, chunked[i].p + cut, chunked[i].n - cut);
            why = body_difference(&parts, &whole);
            if (why)
                fail_msg("%.*s\ncut at %zu: %s", STR_ARG(chunked[i]), cut, why);
            body_free(&parts);
        }
        body_free(&whole);
    }
}

/* ---- one role wired to the other --------------------------------------- */

/* A message as one role writes it: head, framing, chunks or bytes. */
struct wire {
    char data[4096];
    struct text t;
};

static void put_framing(struct text *t, enum body_kind kind, uint64_t length)
{
    char digits[24];
    struct text number = text_in(digits, sizeof(digits));

    text_u64(&number, length);
    if (kind == BODY_LENGTH)
        h1_put_field(t, STR("Content-Length"), text_str(&number));
    if (kind == BODY_CHUNKED)
        h1_put_field(t, STR("Transfer-Encoding"), STR("chunked"));
    TEXT_LITERAL(t, "\r\n");
}

static void put_body(struct text *t, enum body_kind kind, struct str body,
                     size_t piece)
{
    if (kind != BODY_CHUNKED) {
        text_str_put(t, body);
        return;
    }
    while (body.n) {
        size_t n = body.n < piece ? body.n : piece;

        h1_put_chunk_head(t, n);
        text_put(t, body.p, n);
        TEXT_LITERAL(t, "\r\n");
        body.p += n;
        body.n -= n;
    }
    TEXT_LITERAL(t, "0\r\n");
    h1_put_trailers(t, STR("Host: evil\r\nX-Sum:  1\r\n"));
    TEXT_LITERAL(t, "\r\n");
}

/* Reads what stands on the wire one byte at a time, head then body. */
static void read_wire(struct wire *w, bool answer, struct head **head,
                      struct body_reader *r)
{
    size_t n = 0;

    for (;; head_free(*head)) {
        assert_true(n <= w->t.n);
        *head = parse(str_make(w->data, n++), answer);
        if ((*head)->result != H1_PARTIAL)
            break;
    }
    assert_int_equal((*head)->result, H1_OK);
    assert_int_equal((*head)->len, n - 1);
    if (answer)
        body_begin(r, (*head)->res.body, (*head)->res.content_length);
    else
        body_begin(r, (*head)->req.body, (*head)->req.content_length);
    body_feed(r, "", 0);
    for (n = (*head)->len; n < w->t.n; n++)
        body_feed(r, w->data + n, 1);
}

static void check_body(const struct body_reader *r, enum body_kind kind,
                       struct str body)
{
    assert_int_equal(r->result,
                     kind == BODY_CLOSE ? H1_BODY_MORE : H1_BODY_DONE);
    assert_int_equal(r->out_n, body.n);
    if (body.n)
        assert_memory_equal(r->out, body.p, body.n);
    if (kind == BODY_CHUNKED) {
        assert_int_equal(r->trailers_n, 10);
        assert_memory_equal(r->trailers, "X-Sum: 1\r\n", 10);
    }
}

static void test_the_server_reads_what_the_client_writes(void **state)
{
    static const enum body_kind kinds[] = {BODY_NONE, BODY_LENGTH,
                                           BODY_CHUNKED};
    static struct wire w;

    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct head *first = head_request(requests[i]), *second;

        for (size_t k = 0; first->result == H1_OK && k < COUNT(kinds); k++) {
            struct str body =
                kinds[k] == BODY_NONE ? STR("") : STR("hello, world");
            struct body_reader r;

            if (first->req.method == METHOD_CONNECT)
                break;
            w.t = text_in(w.data, sizeof(w.data));
            text_str_put(&w.t, head_forward_request(first));
            if (!fields_find(&first->req.fields, FIELD_HOST))
                h1_put_field(&w.t, STR("Host"), STR("h"));
            put_framing(&w.t, kinds[k], body.n);
            put_body(&w.t, kinds[k], body, 5);
            assert_true(text_ok(&w.t));
            read_wire(&w, false, &second, &r);
            check_body(&r, kinds[k], body);
            assert_int_equal(second->req.method, first->req.method);
            assert_int_equal(second->req.version, 11);
            assert_false(second->req.encode_target);
            body_free(&r);
            head_free(second);
        }
        head_free(first);
    }
}

static void test_the_client_reads_what_the_server_writes(void **state)
{
    static const enum body_kind kinds[] = {BODY_LENGTH, BODY_CHUNKED,
                                           BODY_CLOSE};
    static struct wire w;

    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct head *first = head_response(answers[i], METHOD_GET), *second;

        for (size_t k = 0; first->result == H1_OK && k < COUNT(kinds); k++) {
            struct str body = STR("hello, world");
            struct body_reader r;

            if (first->res.status < 200)
                break;
            w.t = text_in(w.data, sizeof(w.data));
            text_str_put(&w.t, head_forward_response(first));
            put_framing(&w.t, kinds[k], body.n);
            put_body(&w.t, kinds[k], body, 5);
            assert_true(text_ok(&w.t));
            read_wire(&w, true, &second, &r);
            check_body(&r, kinds[k], body);
            assert_int_equal(second->res.status, first->res.status);
            body_free(&r);
            head_free(second);
        }
        head_free(first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_may_be_cut_at_every_byte),
        cmocka_unit_test(test_the_end_of_a_head_is_where_the_parser_ends),
        cmocka_unit_test(test_bodies_may_be_cut_at_every_byte),
        cmocka_unit_test(test_the_server_reads_what_the_client_writes),
        cmocka_unit_test(test_the_client_reads_what_the_server_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
