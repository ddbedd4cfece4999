/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies: counted, chunked, until close.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bodies.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define END "0\r\n\r\n"

static void test_a_body_of_a_length_ends_after_it(void **state)
{
    struct body_reader r;

    (void)state;
    body_begin(&r, BODY_LENGTH, 5);
    body_feed(&r, "ab", 2);
    assert_int_equal(r.result, H1_BODY_MORE);
    body_feed(&r, "cdeGET", 6);
    assert_int_equal(r.result, H1_BODY_DONE);
    assert_int_equal(r.used, 5);
    assert_int_equal(r.out_n, 5);
    assert_memory_equal(r.out, "abcde", 5);
    body_free(&r);

    body_begin(&r, BODY_LENGTH, 0);
    body_feed(&r, "GET", 3);
    assert_int_equal(r.result, H1_BODY_DONE);
    assert_int_equal(r.used, 0);
    body_free(&r);

    body_begin(&r, BODY_LENGTH, INT64_MAX);
    body_feed(&r, "abc", 3);
    assert_int_equal(r.result, H1_BODY_MORE);
    assert_true(r.body.left == INT64_MAX - 3);
    body_free(&r);
}

static void test_no_body_is_done_at_once_and_until_close_never(void **state)
{
    struct body_reader r;

    (void)state;
    body_begin(&r, BODY_NONE, 0);
    body_feed(&r, "GET", 3);
    assert_int_equal(r.result, H1_BODY_DONE);
    assert_int_equal(r.used, 0);
    body_free(&r);

    body_begin(&r, BODY_CLOSE, 0);
    body_feed(&r, "abc", 3);
    body_feed(&r, "", 0);
    body_feed(&r, "def", 3);
    assert_int_equal(r.result, H1_BODY_MORE);
    assert_int_equal(r.out_n, 6);
    assert_memory_equal(r.out, "abcdef", 6);
    body_free(&r);
}

static void test_chunks_are_put_together(void **state)
{
    static const struct {
        struct str raw; /* then "NEXT" follows */
        struct str out;
        struct str trailers;
    } rows[] = {
        {STR(END), STR(""), STR("")},
        {STR("5\r\nhello\r\n" END), STR("hello"), STR("")},
        {STR("1\r\na\r\n2\r\nbc\r\nA\r\n0123456789\r\na\r\n9876543210\r\n" END),
         STR("abc01234567899876543210"), STR("")},
        {STR("0000000000000003\r\n\r\n0\r\n" END), STR("\r\n0"), STR("")},
        {STR("2\r\nab\r\n0000\r\n\r\n"), STR("ab"), STR("")},
        /* extensions */
        {STR("2;a\r\nab\r\n0;b=c\r\n\r\n"), STR("ab"), STR("")},
        {STR("2;a;b=c;d=\"e;\\\"\\\\\xc3\xbc\t\"\r\nab\r\n" END), STR("ab"),
         STR("")},
        {STR("2 ; a = b\t;\tc = \"\" ; d\r\nab\r\n" END), STR("ab"), STR("")},
        /* trailers */
        {STR("2\r\nab\r\n0\r\nX-A: 1\r\nb:\r\n\r\n"), STR("ab"),
         STR("X-A: 1\r\nb:\r\n")},
        {STR("0\r\nx_y.z:\t caf\xc3\xa9 \r\n\r\n"), STR(""),
         STR("x_y.z:\t caf\xc3\xa9 \r\n")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct body_reader r;
        char raw[256];
        struct text t = text_in(raw, sizeof(raw));

        text_str_put(&t, rows[i].raw);
        TEXT_LITERAL(&t, "NEXT");
        body_begin(&r, BODY_CHUNKED, 0);
        body_feed(&r, t.p, t.n);
        if (r.result != H1_BODY_DONE)
            fail_msg("%.*s\nresult %d, %s", STR_ARG(rows[i].raw), r.result,
                     r.fault.why ? r.fault.why : "no fault");
        assert_int_equal(r.used, rows[i].raw.n);
        assert_int_equal(r.out_n, rows[i].out.n);
        assert_int_equal(r.trailers_n, rows[i].trailers.n);
        if (r.out_n)
            assert_memory_equal(r.out, rows[i].out.p, r.out_n);
        if (r.trailers_n)
            assert_memory_equal(r.trailers, rows[i].trailers.p, r.trailers_n);
        body_free(&r);
    }
}

static void test_malformed_chunks_are_refused(void **state)
{
    static const struct str rows[] = {
        /* sizes */
        STR("\r\n"),
        STR("x"),
        STR("0x5\r\n"),
        STR("+5\r\n"),
        STR("-5\r\n"),
        STR("0_5\r\n"),
        STR(" 5\r\n"),
        STR("\t5\r\n"),
        STR("5 \r\n"),
        STR("5\t\r\n"),
        STR("5Z\r\n"),
        STR("5h\r\n"),
        STR("5.\r\n"),
        STR("5,\r\n"),
        STR(";a\r\n"),
        STR("5\n"),
        STR("5\r5"),
        STR("5\r\r\n"),
        STR("5\0\r\n"),
        STR("\0"),
        STR("G\r\n"),
        STR("\xb2\r\n"),
        STR("8000000000000000\r\n"),
        STR("ffffffffffffffff\r\n"),
        STR("10000000000000000\r\n"),
        STR("00000000000000001\r\n"),
        STR("10000000000000005\r\n"),
        /* extensions */
        STR("5;\r\n"),
        STR("5;;a\r\n"),
        STR("5;a;\r\n"),
        STR("5;=a\r\n"),
        STR("5;a=\r\n"),
        STR("5;a=b=c\r\n"),
        STR("5;a b\r\n"),
        STR("5;a=b c\r\n"),
        STR("5;a \r\n"),
        STR("5;a=b \r\n"),
        STR("5;a=\"b\"c\r\n"),
        STR("5;a=\"b\" \r\n"),
        STR("5;a=\"b\r\n"),
        STR("5;a=\"\x01\""),
        STR("5;a=\"\\\r"),
        STR("5;a=\"\x7f\""),
        STR("5;\nx"),
        STR("5;a\rb"),
        STR("5\r\r;a"),
        STR("2;\nxx\r\n"),
        STR("5;a\n"),
        STR("5;a\0\r\n"),
        STR("5 a\r\n"),
        STR("5;(\r\n"),
        STR("5;\xc3\r\n"),
        /* ends of data */
        STR("2\r\nab\n"),
        STR("2\r\nabXX"),
        STR("2\r\nab\rX"),
        STR("2\r\nabc\r\n"),
        STR("2\r\nab0\r\n\r\n"),
        STR("2\r\nab\r\n\r\n"),
        STR("1\r\na\r\nx"),
        /* trailers */
        STR("0\r\nbad trailer\r\n"),
        STR("0\r\nX : 1\r\n"),
        STR("0\r\n: 1\r\n"),
        STR("0\r\nX: 1\n\r\n"),
        STR("0\r\nX: 1\r\n\n"),
        STR("0\r\n\n"),
        STR("0\r\nX: a\rb\r\n"),
        STR("0\r\nX: a\0b\r\n"),
        STR("0\r\nX: a\x01\r\n"),
        STR("0\r\nX: 1\r\n y\r\n"),
        STR("0\r\n X: 1\r\n"),
        STR("0\r\nX\xc3\xbc: 1\r\n"),
        STR("0\r\n\rX\r\n"),
        STR("0\r\n\r\r\n"),
        STR("0\r\nX\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct body_reader r;

        body_begin(&r, BODY_CHUNKED, 0);
        body_feed(&r, rows[i].p, rows[i].n);
        if (r.result != H1_BODY_BAD)
            fail_msg("%.*s\nresult %d", STR_ARG(rows[i]), r.result);
        assert_int_equal(r.fault.status, 400);
        assert_non_null(r.fault.why);
        body_free(&r);
    }
}

static void test_nothing_of_a_bad_chunk_is_passed_on(void **state)
{
    struct body_reader r;

    (void)state;
    body_begin(&r, BODY_CHUNKED, 0);
    body_feed(&r, "2\r\nab\r\n5Z\r\nhello", 17);
    assert_int_equal(r.result, H1_BODY_BAD);
    assert_int_equal(r.out_n, 2);
    body_free(&r);
}

static void test_a_bad_body_stays_bad(void **state)
{
    struct h1_body body;
    struct h1_fault fault;
    struct str out, trailers;
    size_t used;
    char raw[] = "x5\r\nhello\r\n";

    (void)state;
    h1_body_begin(&body, BODY_CHUNKED, 0);
    assert_int_equal(
        h1_body_decode(&body, raw, 1, &used, &out, &trailers, &fault),
        H1_BODY_BAD);
    assert_int_equal(
        h1_body_decode(&body, raw + 1, 10, &used, &out, &trailers, &fault),
        H1_BODY_BAD);
    assert_int_equal(used, 0);
    assert_int_equal(out.n, 0);
}

static void test_a_done_body_takes_nothing_more(void **state)
{
    struct h1_body body;
    struct h1_fault fault;
    struct str out, trailers;
    size_t used;
    char raw[] = END END;

    (void)state;
    h1_body_begin(&body, BODY_CHUNKED, 0);
    assert_int_equal(
        h1_body_decode(&body, raw, 10, &used, &out, &trailers, &fault),
        H1_BODY_DONE);
    assert_int_equal(used, 5);
    assert_int_equal(
        h1_body_decode(&body, raw + 5, 5, &used, &out, &trailers, &fault),
        H1_BODY_DONE);
    assert_int_equal(used, 0);
}

/* Feeds `head`, `n` times 'a', `tail`. */
static void feed_stretched(struct body_reader *r, const char *head, size_t n,
                           const char *tail)
{
    size_t a = strlen(head), b = strlen(tail);
    char *raw = malloc(a + n + b);

    assert_non_null(raw);
    memcpy(raw, head, a);
    memset(raw + a, 'a', n);
    memcpy(raw + a + n, tail, b);
    body_feed(r, raw, a + n + b);
    free(raw);
}

static void test_extensions_have_256_bytes_in_a_chunk(void **state)
{
    struct body_reader r;

    (void)state;
    for (size_t n = 255; n <= 256; n++) {
        body_begin(&r, BODY_CHUNKED, 0);
        feed_stretched(&r, "1;", n, "\r\nx\r\n" END);
        assert_int_equal(r.result, n == 255 ? H1_BODY_DONE : H1_BODY_BAD);
        body_free(&r);
    }
    body_begin(&r, BODY_CHUNKED, 0);
    feed_stretched(&r, "1;", 65536, "");
    assert_int_equal(r.result, H1_BODY_BAD);
    body_free(&r);
}

static void test_extensions_have_16_kib_in_a_message(void **state)
{
    struct body_reader r;
    unsigned chunks = 0;

    (void)state;
    body_begin(&r, BODY_CHUNKED, 0);
    while (r.result == H1_BODY_MORE && chunks < 3000) {
        feed_stretched(&r, "1;", 31, "\r\nx\r\n");
        chunks++;
    }
    assert_int_equal(r.result, H1_BODY_BAD);
    assert_int_equal(chunks, 16384 / 32 + 1);
    body_free(&r);
}

static void test_trailers_have_16_kib(void **state)
{
    struct body_reader r;

    (void)state;
    for (size_t n = 16384 - 6; n <= 16384 - 5; n++) {
        body_begin(&r, BODY_CHUNKED, 0);
        feed_stretched(&r, "0\r\nX:", n, "\r\n\r\n");
        assert_int_equal(r.result, n == 16384 - 6 ? H1_BODY_DONE : H1_BODY_BAD);
        body_free(&r);
    }
    body_begin(&r, BODY_CHUNKED, 0);
    feed_stretched(&r, "0\r\nX:", 16384 - 3, "");
    assert_int_equal(r.result, H1_BODY_KEEP);
    body_feed(&r, "a", 1);
    assert_int_equal(r.result, H1_BODY_BAD);
    body_free(&r);
}

static void test_trailers_are_kept_until_they_are_complete(void **state)
{
    struct body_reader r;

    (void)state;
    body_begin(&r, BODY_CHUNKED, 0);
    body_feed(&r, "2\r\nab\r\n0\r\nX-A", 13);
    assert_int_equal(r.result, H1_BODY_KEEP);
    assert_int_equal(r.out_n, 2);
    assert_int_equal(r.used, 10);
    body_feed(&r, ": 1\r\n\r", 6);
    assert_int_equal(r.result, H1_BODY_KEEP);
    body_feed(&r, "\nNEXT", 5);
    assert_int_equal(r.result, H1_BODY_DONE);
    assert_int_equal(r.used, 20);
    assert_int_equal(r.trailers_n, 8);
    assert_memory_equal(r.trailers, "X-A: 1\r\n", 8);
    body_free(&r);
}

static void test_a_chunk_larger_than_memory_goes_by(void **state)
{
    static char data[65536];
    struct body_reader r;

    (void)state;
    body_begin(&r, BODY_CHUNKED, 0);
    body_feed(&r, "7fffffffffffffff\r\n", 18);
    body_feed(&r, data, sizeof(data));
    assert_int_equal(r.result, H1_BODY_MORE);
    assert_int_equal(r.out_n, sizeof(data));
    assert_true(r.body.left == INT64_MAX - sizeof(data));
    body_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_of_a_length_ends_after_it),
        cmocka_unit_test(test_no_body_is_done_at_once_and_until_close_never),
        cmocka_unit_test(test_chunks_are_put_together),
        cmocka_unit_test(test_malformed_chunks_are_refused),
        cmocka_unit_test(test_nothing_of_a_bad_chunk_is_passed_on),
        cmocka_unit_test(test_a_bad_body_stays_bad),
        cmocka_unit_test(test_a_done_body_takes_nothing_more),
        cmocka_unit_test(test_extensions_have_256_bytes_in_a_chunk),
        cmocka_unit_test(test_extensions_have_16_kib_in_a_message),
        cmocka_unit_test(test_trailers_have_16_kib),
        cmocka_unit_test(test_trailers_are_kept_until_they_are_complete),
        cmocka_unit_test(test_a_chunk_larger_than_memory_goes_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
