/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/cookie.h"
#include "codec/h1.h"

enum { FIELDS = 32 };

/* A head parsed as the proxy parses it. */
struct head {
    char text[1024];
    struct field v[FIELDS];
    struct request req;
    struct response res;
};

static struct fields *request(struct head *h, const char *lines)
{
    struct h1_fault fault;
    size_t n;

    snprintf(h->text, sizeof(h->text), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n",
             lines);
    h->req = (struct request){.fields = {.v = h->v, .cap = FIELDS}};
    assert_int_equal(h1_parse_request(&h->req, h->text, strlen(h->text),
                                      &h1_request_limits, DESYNC_MODE_DEFENSIVE,
                                      &n, &fault),
                     H1_OK);
    return &h->req.fields;
}

static struct fields *response(struct head *h, const char *lines)
{
    struct h1_fault fault;
    size_t n;

    snprintf(h->text, sizeof(h->text), "HTTP/1.1 200 OK\r\n%s\r\n", lines);
    h->res = (struct response){.fields = {.v = h->v, .cap = FIELDS}};
    assert_int_equal(h1_parse_response(&h->res, h->text, strlen(h->text),
                                       &h1_response_limits, METHOD_GET, &n,
                                       &fault),
                     H1_OK);
    return &h->res.fields;
}

/* All cookies as "name=value|name=value|". */
static const char *all(const struct fields *fields, char *room, size_t cap)
{
    struct cookie_walk walk = cookie_walk(fields);
    struct text t = text_in(room, cap - 1);
    struct str name, value;

    while (cookie_next(&walk, &name, &value))
        text_printf(&t, STR_FMT "=" STR_FMT "|", STR_ARG(name), STR_ARG(value));
    assert_true(text_ok(&t));
    room[t.n] = '\0';
    return room;
}

static void test_every_cookie_of_every_field_is_seen(void **state)
{
    static const struct {
        const char *lines;
        const char *cookies;
    } cases[] = {
        {"", ""},
        {"Cookie: a=1\r\n", "a=1|"},
        {"Cookie: a=1; b=2\r\n", "a=1|b=2|"},
        {"Cookie: a=1;b=2;\r\n", "a=1|b=2|"},
        {"cookie: a=1\r\nAccept: */*\r\nCOOKIE: b=2\r\n", "a=1|b=2|"},
        {"Cookie: \t a = 1 ;  b\t=\t2 \r\n", "a=1|b=2|"},
        {"Cookie: a=\r\n", "a=|"},
        {"Cookie: a=b=c==\r\n", "a=b=c==|"},
        {"Cookie: a=\"x y\"; b=\"\"\r\n", "a=\"x y\"|b=\"\"|"},
        {"Cookie: a=\"1;2\"\r\n", "a=\"1|"},
        {"Cookie: lonely; a=1; =2; ;;; b\r\n", "a=1|"},
        {"Cookie: \r\n", ""},
        {"Cookie: ;\r\nCookie: a=1\r\n", "a=1|"},
        {"X-Cookie: a=1\r\n", ""},
        {"Cookie: a=1, b=2\r\n", "a=1, b=2|"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct head h;
        char room[256];

        assert_string_equal(
            all(request(&h, cases[i].lines), room, sizeof(room)),
            cases[i].cookies);
    }
}

static void test_a_dropped_field_has_no_cookies(void **state)
{
    struct head h;
    char room[64];
    struct fields *fields =
        request(&h, "Cookie: a=1\r\nCookie: b=2\r\nCookie: c=3\r\n");

    (void)state;
    fields->v[2].flags |= FIELD_DROPPED;
    assert_string_equal(all(fields, room, sizeof(room)), "a=1|c=3|");
}

static void test_a_response_sets_what_its_fields_begin_with(void **state)
{
    static const struct {
        const char *lines;
        bool set;
    } cases[] = {
        {"", false},
        {"Set-Cookie: SID=1\r\n", true},
        {"set-cookie: SID=1; Path=/\r\n", true},
        {"Set-Cookie: SID=\r\n", true},
        {"Set-Cookie: SID =1\r\n", true},
        {"Set-Cookie: SID\r\n", false},
        {"Set-Cookie: sid=1\r\n", false},
        {"Set-Cookie: SIDE=1\r\n", false},
        {"Set-Cookie: XSID=1\r\n", false},
        {"Set-Cookie: a=1; SID=1\r\n", false},
        {"Set-Cookie: a; SID=1\r\n", false},
        {"Set-Cookie: a=1\r\nSet-Cookie: SID=1\r\n", true},
        {"Cookie: SID=1\r\nSet-Cookie2: SID=1\r\n", false},
        {"Set-Cookie: \r\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct head h;

        assert_int_equal(
            cookie_is_set(response(&h, cases[i].lines), STR("SID")),
            cases[i].set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cookie_of_every_field_is_seen),
        cmocka_unit_test(test_a_dropped_field_has_no_cookies),
        cmocka_unit_test(test_a_response_sets_what_its_fields_begin_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
