/* SPDX-License-Identifier: Apache-2.0
 *
 * Which heads are messages (RFC 9113 §8.2, §8.3), and what they say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "h2_side.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define END 1
#define START ":method: GET\r\n:scheme: https\r\n:path: /\r\n"
#define GET START ":authority: h\r\n"
#define POST ":method: POST\r\n:scheme: https\r\n:path: /\r\n:authority: h\r\n"

/* A head (HEADERS with END_STREAM unless it is a POST) and what is told, or
 * NULL: the stream is reset with PROTOCOL_ERROR, and no request is seen. */
struct row {
    const char *lines;
    const char *told;
};

static void try(const struct row *row)
{
    struct side *s = side_new(false);
    struct frames f = frames_begin();
    bool post = strstr(row->lines, ":method: POST") != NULL;
    struct str said;

    s->answer = SIDE_SILENT;
    frames_headers(&f, post ? 0 : END, 1, row->lines);
    side_give(s, str_make(f.p, f.n));
    said = side_take(s);
    if (!s->alive)
        fail_msg("the session ended: %s", row->lines);
    if (row->told && !side_was_told(s, row->told))
        fail_msg("%s\nnot told \"%s\" but\n%.*s", row->lines, row->told,
                 (int)s->log.n, s->log.p);
    if (row->told == NULL && (frames_reset(said, 1) != H2_PROTOCOL_ERROR ||
                              s->requests || s->h2.streams))
        fail_msg("%s\nnot reset but\n%.*s", row->lines, (int)s->log.n,
                 s->log.p);
    if (row->told == NULL && !side_was_told(s, "refused 1 400 "))
        fail_msg("%s\nreset without a word\n", row->lines);
    frames_end(&f);
    side_free(s);
}

static void heads_that_are_let_in(void **state)
{
    static const struct row rows[] = {
        {GET, "request 1 GET / h host=h; "},
        {":path: /a/b?c=d&e\r\n:authority: Example.COM:8443\r\n"
         ":scheme: HTTPS\r\n:method: DELETE\r\n",
         "request 1 DELETE /a/b?c=d&e Example.COM:8443 host=Example.COM:8443"},
        {":method: OPTIONS\r\n:scheme: http\r\n:path: *\r\n:authority: h\r\n",
         "request 1 OPTIONS * h "},
        {START "host: only.host\r\n",
         "request 1 GET / only.host host=only.host"},
        {GET "host: H\r\n", "request 1 GET / h host=h; "},
        {":method: M-SEARCH\r\n:scheme: https\r\n:path: /\r\n"
         ":authority: [::1]:80\r\n",
         "request 1 M-SEARCH / [::1]:80 "},
        {GET "te: trailers\r\n", "te=trailers;"},
        {GET "expect: 100-continue\r\n", "-expect=100-continue;"},
        {GET "x: \r\ny: a b\tc\r\n", "x=;y=a b\tc;"},
        {GET "x: caf\xc3\xa9\r\n", "x=caf\xc3\xa9;"},
        {GET "a_b.c~: 1\r\n", "a_b.c~=1;"},
        {GET "content_length: 5\r\ntransfer_encoding: chunked\r\n",
         "-content_length=5;-transfer_encoding=chunked;"},
        {GET "content-length: 0\r\n", "content-length=0;"},
        {POST "content-length: 9223372036854775807\r\n",
         "content-length=9223372036854775807;"},
        {":method: CONNECT\r\n:authority: h:443\r\n",
         "request 1 CONNECT  h:443 host=h:443; "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        try(&rows[i]);
}

static void heads_that_are_reset(void **state)
{
    static const struct row rows[] = {
        /* pseudo-header fields */
        {":scheme: https\r\n:path: /\r\n:authority: h\r\n", NULL},
        {":method: GET\r\n:path: /\r\n:authority: h\r\n", NULL},
        {":method: GET\r\n:scheme: https\r\n:authority: h\r\n", NULL},
        {START, NULL},
        {GET ":method: GET\r\n", NULL},
        {GET ":path: /\r\n", NULL},
        {GET ":authority: h\r\n", NULL},
        {START "accept: a\r\n:authority: h\r\n", NULL},
        {GET ":status: 200\r\n", NULL},
        {GET ":unknown: 1\r\n", NULL},
        {GET ":protocol: websocket\r\n", NULL},
        {":method: \r\n:scheme: https\r\n:path: /\r\n:authority: h\r\n", NULL},
        {":method: GET\r\n:scheme: https\r\n:path: \r\n:authority: h\r\n",
         NULL},
        {":method: GET\r\n:scheme: ftp\r\n:path: /\r\n:authority: h\r\n", NULL},
        {":method: GET\r\n:scheme: https\r\n:path: *\r\n:authority: h\r\n",
         NULL},
        {":method: CONNECT\r\n:authority: h\r\n:path: /\r\n", NULL},
        /* what would be a second line, or a second request */
        {":method: GET / HTTP/1.1\r\n:scheme: https\r\n:path: /\r\n"
         ":authority: h\r\n",
         NULL},
        {":method: G=T(\r\n:scheme: https\r\n:path: /\r\n:authority: h\r\n",
         NULL},
        {":method: GET\r\n:scheme: https\r\n:path: /a b\r\n:authority: h\r\n",
         NULL},
        {":method: GET\r\n:scheme: https\r\n:path: /a#b\r\n:authority: h\r\n",
         NULL},
        {":method: GET\r\n:scheme: https\r\n:path: a\r\n:authority: h\r\n",
         NULL},
        {":method: GET\r\n:scheme: https\r\n:path: http://h/\r\n"
         ":authority: h\r\n",
         NULL},
        {":method: GET\r\n:scheme: https\r\n:path: /\x01\r\n:authority: h\r\n",
         NULL},
        {":method: GET\r\n:scheme: https\r\n:path: /\r\n:authority: a@b\r\n",
         NULL},
        {":method: GET\r\n:scheme: https\r\n:path: /\r\n:authority: a/b\r\n",
         NULL},
        {":method: GET\r\n:scheme: https\r\n:path: /\r\n"
         ":authority: a:99999\r\n",
         NULL},
        {GET "host: other\r\n", NULL},
        {GET "host: h\r\nhost: h\r\n", NULL},
        /* fields */
        {GET "X: 1\r\n", NULL},
        {GET "x y: 1\r\n", NULL},
        {GET "x\x01: 1\r\n", NULL},
        {GET "x:  1\r\n", NULL},
        {GET "x: 1 \r\n", NULL},
        {GET "x: 1\t\r\n", NULL},
        {GET "x: a\rb\r\n", NULL},
        {GET "x: a\x7f\r\n", NULL},
        {GET "connection: close\r\n", NULL},
        {GET "keep-alive: 1\r\n", NULL},
        {GET "proxy-connection: close\r\n", NULL},
        {GET "transfer-encoding: chunked\r\n", NULL},
        {GET "upgrade: h2c\r\n", NULL},
        {GET "te: gzip\r\n", NULL},
        {GET "te: trailers, gzip\r\n", NULL},
        /* framing */
        {GET "content-length: 1\r\n", NULL},
        {POST "content-length: +5\r\n", NULL},
        {POST "content-length: 5, 5\r\n", NULL},
        {POST "content-length: 5\r\ncontent-length: 5\r\n", NULL},
        {POST "content-length: 9223372036854775808\r\n", NULL},
        {POST "content-length: 0x5\r\n", NULL},
        {POST "content-length: \r\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        try(&rows[i]);
}

/* Bytes that C's texts cannot hold, and an empty name. */
static void controls_are_reset(void **state)
{
    static const struct {
        struct str name, value;
    } fields[] = {
        {STR("x"), STR("a\nb")},    {STR("x"), STR("a\r\nb: c")},
        {STR("x"), STR("a\0b")},    {STR("x\n"), STR("a")},
        {STR("x\r\ny"), STR("a")},  {STR(""), STR("a")},
        {STR("x\0"), STR("a")},     {STR("x:"), STR("a")},
        {STR(":path"), STR("/\n")}, {STR("x\xc3\xa9"), STR("a")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct side *s = side_new(false);
        struct frames f = frames_begin();
        struct str head = frames_block(GET);
        char block[256];
        struct text t = text_in(block, sizeof(block));

        text_str_put(&t, head);
        text_char(&t, 0);
        text_char(&t, (char)fields[i].name.n);
        text_str_put(&t, fields[i].name);
        text_char(&t, (char)fields[i].value.n);
        text_str_put(&t, fields[i].value);
        frames_add(&f, 1, 4 | END, 1, text_str(&t));
        side_give(s, str_make(f.p, f.n));
        if (frames_reset(side_take(s), 1) != H2_PROTOCOL_ERROR || s->requests)
            fail_msg("field %zu is let in", i);
        frames_end(&f);
        side_free(s);
    }
}

static char *long_line(const char *begin, size_t n)
{
    size_t have = strlen(begin);
    char *p = malloc(have + n + 3);

    memcpy(p, begin, have);
    memset(p + have, 'a', n);
    memcpy(p + have + n, "\r\n", 3);
    return p;
}

/* In frames of the size that we take. */
static void send_block(struct side *s, const char *lines)
{
    struct frames f = frames_begin();
    struct str block = frames_block(lines);
    size_t first = block.n < 16384 ? block.n : 16384, at = first;

    frames_add(&f, 1, END | (at == block.n ? 4 : 0), 1,
               str_make(block.p, first));
    while (at < block.n) {
        size_t n = block.n - at < 16384 ? block.n - at : 16384;

        frames_add(&f, 9, at + n == block.n ? 4 : 0, 1,
                   str_make(block.p + at, n));
        at += n;
    }
    side_give(s, str_make(f.p, f.n));
    frames_end(&f);
}

/* ALB: 16K of a request line, 16K of a field. */
static void limits_are_answered(void **state)
{
    static const struct {
        const char *begin;
        size_t n;
        const char *told;
    } rows[] = {
        {":method: GET\r\n:scheme: https\r\n:authority: h\r\n:path: /",
         H2_FIELD_MAX - 1, "request 1 GET /aaa"},
        {":method: GET\r\n:scheme: https\r\n:authority: h\r\n:path: /",
         H2_FIELD_MAX, "refused 1 414 the path is too long\n"},
        {GET "x: ", H2_FIELD_MAX - 1, "request 1 GET / h host=h;x=aaa"},
        {GET "x: ", H2_FIELD_MAX, "refused 1 400 a field is too long\n"},
        {GET "cookie: a\r\nx: y\r\ncookie: ", H2_FIELD_MAX - 8,
         "refused 1 400 a field is too long\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct side *s = side_new(false);
        char *lines = long_line(rows[i].begin, rows[i].n);

        s->answer = SIDE_SILENT;
        send_block(s, lines);
        if (!s->alive || !side_was_told(s, rows[i].told))
            fail_msg("%zu: not told %s but %.*s", i, rows[i].told, 200,
                     s->log.p);
        free(lines);
        side_free(s);
    }
}

static void trailers_are_checked_too(void **state)
{
    static const char *const bad[] = {":path: /\r\n", "X: y\r\n",
                                      "connection: close\r\n", "x: a\rb\r\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct side *s = side_new(false);
        struct frames f = frames_begin();

        s->answer = SIDE_SILENT;
        frames_headers(&f, 0, 1, POST);
        frames_headers(&f, END, 1, bad[i]);
        side_give(s, str_make(f.p, f.n));
        assert_int_equal(frames_reset(side_take(s), 1), H2_PROTOCOL_ERROR);
        assert_true(side_was_told(s, "closed 1 1\n"));
        assert_int_equal(s->requests, 1);
        frames_end(&f);
        side_free(s);
    }
}

/* RFC 9113 §8.1.1. */
static void a_body_must_be_as_long_as_it_says(void **state)
{
    static const struct {
        struct str data;
        bool ok;
    } rows[] = {{STR("hello"), true},
                {STR("hell"), false},
                {STR("hello!"), false},
                {STR(""), false}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct side *s = side_new(false);
        struct frames f = frames_begin();

        s->answer = SIDE_SILENT;
        frames_headers(&f, 0, 1, POST "content-length: 5\r\n");
        frames_add(&f, 0, END, 1, rows[i].data);
        side_give(s, str_make(f.p, f.n));
        assert_int_equal(frames_reset(side_take(s), 1),
                         rows[i].ok ? -1 : H2_PROTOCOL_ERROR);
        assert_true(side_was_told(s, " end\n") == rows[i].ok);
        frames_end(&f);
        side_free(s);
    }
}

static void websockets_are_asked_for_where_they_are_offered(void **state)
{
    static const struct row rows[] = {
        {":method: CONNECT\r\n:protocol: websocket\r\n:scheme: https\r\n"
         ":path: /chat\r\n:authority: h\r\n",
         "request 1 GET /chat h "},
        {":method: CONNECT\r\n:protocol: other\r\n:scheme: https\r\n"
         ":path: /chat\r\n:authority: h\r\n",
         "refused 1 501 "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct side *s = side_new_websocket();
        struct frames f = frames_begin();

        s->answer = SIDE_SILENT;
        frames_headers(&f, 0, 1, rows[i].lines);
        side_give(s, str_make(f.p, f.n));
        assert_true(side_was_told(s, rows[i].told));
        frames_end(&f);
        side_free(s);
    }
}

/* ---- responses -------------------------------------------------------------- */

static void responses_are_checked(void **state)
{
    static const struct row rows[] = {
        {":status: 200\r\nServer: x\r\n", NULL},
        {"server: x\r\n", NULL},
        {":status: 20\r\n", NULL},
        {":status: 099\r\n", NULL},
        {":status: 101\r\n", NULL},
        {":status: 2x0\r\n", NULL},
        {":status: 200\r\n:status: 200\r\n", NULL},
        {":status: 200\r\nconnection: close\r\n", NULL},
        {":status: 200\r\ntransfer-encoding: chunked\r\n", NULL},
        {":status: 200\r\ncontent-length: 1\r\n", NULL},
        {":status: 204\r\n", "response 1 204 "},
        {":status: 404\r\nx-a: b\r\n", "response 1 404 x-a=b; "},
        {":status: 200\r\ncontent-length: 0\r\n",
         "response 1 200 content-length=0; "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct side *s = side_new(true);
        struct frames f = {NULL, 0, 0};

        side_ask(s, "GET", "/", "", (struct h2_piece){.end = true});
        side_take(s);
        frames_add(&f, 4, 0, 0, STR(""));
        frames_headers(&f, END, 1, rows[i].lines);
        side_give(s, str_make(f.p, f.n));
        if (rows[i].told && !side_was_told(s, rows[i].told))
            fail_msg("%s: %.*s", rows[i].lines, (int)s->log.n, s->log.p);
        if (!rows[i].told &&
            (frames_reset(side_take(s), 1) == -1 ||
             !side_was_told(s, "refused 1 ") || side_was_told(s, "response")))
            fail_msg("%s: %.*s", rows[i].lines, (int)s->log.n, s->log.p);
        frames_end(&f);
        side_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_that_are_let_in),
        cmocka_unit_test(heads_that_are_reset),
        cmocka_unit_test(controls_are_reset),
        cmocka_unit_test(limits_are_answered),
        cmocka_unit_test(trailers_are_checked_too),
        cmocka_unit_test(a_body_must_be_as_long_as_it_says),
        cmocka_unit_test(websockets_are_asked_for_where_they_are_offered),
        cmocka_unit_test(responses_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
