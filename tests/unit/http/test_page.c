/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/page.h"
#include "http/server_session.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* What a page was, as the session would have to write it. */
static struct {
    struct loop loop;
    struct server_port port;
    struct server_session session;
    struct response_out out;
    char body[PAGE_MAX];
    size_t body_n;
    bool end;
} x;

static size_t respond(struct server_stream *stream, struct response_out *out,
                      const struct piece *piece)
{
    assert_ptr_equal(stream, &x.session.stream);
    x.out = *out;
    assert_true(piece->data.n <= sizeof(x.body));
    memcpy(x.body, piece->data.p, piece->data.n);
    x.body_n = piece->data.n;
    x.end = piece->end;
    return 1;
}

static const struct server_stream_ops ops = {.respond = respond};

static int start(void **state)
{
    (void)state;
    memset(&x, 0, sizeof(x));
    x.session.stream.ops = &ops;
    x.session.stream.session = &x.session;
    x.session.port = &x.port;
    return 0;
}

static struct str added(const char *name)
{
    for (unsigned i = 0; i < x.out.nadded; i++) {
        if (str_eq(x.out.added[i].name, str_of(name)))
            return x.out.added[i].value;
    }
    return STR("-");
}

/* alb.md 10: 104 */
static void test_each_page_has_the_words_and_the_length_of_alb(void **state)
{
    static const struct {
        const char *reason;
        unsigned status;
        unsigned length;
    } rows[] = {
        {"Moved Permanently", 301, 134},
        {"Found", 302, 110},
        {"Bad Request", 400, 122},
        {"Authorization Required", 401, 144},
        {"Forbidden", 403, 118},
        {"Not Allowed", 405, 122},
        {"Request Time-out", 408, 132},
        {"Request Entity Too Large", 413, 148},
        {"Request-URI Too Large", 414, 142},
        {"Internal Server Error", 500, 142},
        {"Not Implemented", 501, 130},
        {"Bad Gateway", 502, 122},
        {"Service Temporarily Unavailable", 503, 162},
        {"Gateway Time-out", 504, 132},
        {"HTTP Version Not Supported", 505, 152},
    };
    char title[96];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        page_respond(&x.session.stream, &x.loop, rows[i].status, true);
        assert_int_equal(x.out.status, rows[i].status);
        assert_true(str_eq(x.out.reason, str_of(rows[i].reason)));
        assert_int_equal(x.out.length, rows[i].length);
        assert_int_equal(x.body_n, rows[i].length);
        assert_true(x.out.own && x.out.close && x.end);
        assert_true(str_eq(added("Server"), STR("awselb/2.0")));
        assert_true(str_eq(added("Content-Type"), STR("text/html")));
        assert_int_equal(added("Date").n, 29);
        snprintf(title, sizeof(title), "<h1>%u %s</h1>", rows[i].status,
                 rows[i].reason);
        assert_non_null(memmem(x.body, x.body_n, title, strlen(title)));
    }
}

/* alb.md 10: 79 */
static void test_a_status_without_words_has_no_body(void **state)
{
    (void)state;
    for (unsigned status = 460; status < 465; status++) {
        page_respond(&x.session.stream, &x.loop, status, false);
        assert_int_equal(x.out.reason.n, 0);
        assert_int_equal(x.out.body, BODY_LENGTH);
        assert_int_equal(x.out.length, 0);
        assert_int_equal(x.body_n, 0);
        assert_true(str_eq(added("Content-Type"), STR("-")));
        assert_true(str_eq(added("Server"), STR("awselb/2.0")));
        assert_false(x.out.close);
    }
}

/* alb.md 10: 104, 105 */
static void test_a_page_has_what_its_listener_sets(void **state)
{
    struct listener_fields set = {.n = 1,
                                  .v = {{STR("X-Frame-Options"), STR("DENY")}}};

    (void)state;
    page_respond(&x.session.stream, &x.loop, 400, true);
    assert_null(x.out.listener);
    x.port.fields_set = &set;
    page_respond(&x.session.stream, &x.loop, 400, true);
    assert_ptr_equal(x.out.listener, &set);
    assert_true(str_eq(added("Server"), STR("awselb/2.0")));
    set.hide_server = true;
    page_respond(&x.session.stream, &x.loop, 400, true);
    assert_true(str_eq(added("Server"), STR("-")));
    assert_int_equal(added("Date").n, 29);
}

int main(void)
{
#define PAGE(test) cmocka_unit_test_setup(test, start)
    const struct CMUnitTest tests[] = {
        PAGE(test_each_page_has_the_words_and_the_length_of_alb),
        PAGE(test_a_status_without_words_has_no_body),
        PAGE(test_a_page_has_what_its_listener_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
