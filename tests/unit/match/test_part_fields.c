/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers, their order, their limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "parts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ONE(word)                                                              \
    {                                                                          \
        .type = WAF_FIELD_SINGLE_HEADER, .name = {(word), sizeof(word) - 1 }   \
    }
#define HEADERS(...)                                                           \
    {                                                                          \
        .type = WAF_FIELD_HEADERS, __VA_ARGS__                                 \
    }
#define GET(headers) "GET / HTTP/1.1\r\nHost: h\r\n" headers "\r\n"

static const struct str words[] = {{"X-A", 3}, {" host ", 6}};

#define INCLUDED .pattern = WAF_PATTERN_INCLUDED, .nnames = 2, .names = words
#define EXCLUDED .pattern = WAF_PATTERN_EXCLUDED, .nnames = 2, .names = words

static void test_a_header_is_found_in_any_case_and_each_time(void **state)
{
    /* Checklist 25, 50. */
    static const struct part_case cases[] = {
        {GET("User-Agent: x\r\n"), ONE("user-agent"), "User-Agent=x"},
        {GET("a: 1\r\nA: 2\r\nab: 3\r\n"), ONE("A"), "a=1 | A=2"},
        {GET("A:  %41 b \r\n"), ONE(" a "), "A=%41 b"},
        {GET("A:\r\n"), ONE("a"), "A="},
        {GET("A: 1\r\n"), ONE("b"), "missing"},
        {GET(""), ONE("host"), "Host=h"},
        {GET("Cookie: a=1; b=2\r\n"), ONE("cookie"), "Cookie=a=1; b=2"},
        /* That it is not passed on changes nothing. */
        {GET("Connection: X-A, close\r\nX-A: 1\r\nKeep-Alive: 2\r\n"),
         ONE("keep-alive"), "Keep-Alive=2"},
        {GET("Connection: X-A, close\r\nX-A: 1\r\n"), ONE("x-a"), "X-A=1"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

/* RFC 9112 §3.2.2: such a request goes to the host of its target. */
static void
test_the_host_of_the_target_is_looked_at_like_the_field(void **state)
{
    static const struct waf_field host = ONE("Host"), other = ONE("x-a"),
                                  all = HEADERS(.scope = WAF_SCOPE_VALUE);
    static const struct waf_field some =
        HEADERS(.pattern = WAF_PATTERN_INCLUDED, .nnames = 1, .names = words);
    static const struct {
        const char *raw;
        const char *host, *all;
    } rows[] = {
        {"GET http://to/ HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n",
         "Host=h | host=to", "Host=h | X-A=1 | host=to"},
        {"GET http://to/ HTTP/1.0\r\nX-A: 1\r\n\r\n", "host=to",
         "X-A=1 | host=to"},
        {"GET http://to:81/ HTTP/1.1\r\nX-A: 1\r\nHost: to\r\n\r\n",
         "Host=to | host=to:81", "X-A=1 | Host=to | host=to:81"},
        {"GET http://to/ HTTP/1.1\r\nX-A: 1\r\nHost: TO:\r\n\r\n",
         "Host=TO:", "X-A=1 | Host=TO:"},
        {"GET / HTTP/1.1\r\nX-A: 1\r\nHost: to:80\r\n\r\n", "Host=to:80",
         "X-A=1 | Host=to:80"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct parts *parts = parts_of(str_of(rows[i].raw));

        assert_string_equal(parts_read(parts, &host), rows[i].host);
        assert_string_equal(parts_read(parts, &all), rows[i].all);
        assert_string_equal(parts_read(parts, &other), "X-A=1");
        assert_string_equal(parts_read(parts, &some), "X-A: | X-A=1");
        parts_end(parts);
    }
}

static void test_the_host_is_there_without_a_field(void **state)
{
    /* Checklist 50. */
    static const struct waf_field host = ONE("Host"), other = ONE("host2");
    struct parts *parts = parts_of(STR("GET / HTTP/1.0\r\nA: b\r\n\r\n"));

    (void)state;
    assert_string_equal(parts_read(parts, &host), "missing");
    parts->inspected.host = STR("h:8080");
    assert_string_equal(parts_read(parts, &host), "host=h:8080");
    assert_string_equal(parts_read(parts, &other), "missing");
    parts_end(parts);
}

static void test_patterns_choose_headers_in_any_case(void **state)
{
    /* Checklist 51, 52. */
    static const struct part_case cases[] = {
        {GET("x-a: 1\r\nB: 2\r\n"), HEADERS(),
         "Host: | Host=h | x-a: | x-a=1 | B: | B=2"},
        {GET("x-a: 1\r\nB: 2\r\n"), HEADERS(INCLUDED),
         "Host: | Host=h | x-a: | x-a=1"},
        {GET("x-a: 1\r\nB: 2\r\n"), HEADERS(EXCLUDED), "B: | B=2"},
        {GET("x-a: 1\r\n"), HEADERS(EXCLUDED), "missing"},
        {GET("B: 2\r\n"), HEADERS(.scope = WAF_SCOPE_KEY), "Host: | B:"},
        {GET("B: 2\r\n"), HEADERS(.scope = WAF_SCOPE_VALUE), "Host=h | B=2"},
        {GET("x-a: 1\r\n"), HEADERS(INCLUDED, .scope = WAF_SCOPE_KEY),
         "Host: | x-a:"},
        {GET("Cookie: a=1\r\n"), HEADERS(.scope = WAF_SCOPE_VALUE),
         "Host=h | Cookie=a=1"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_the_order_is_names_with_colons(void **state)
{
    /* Checklist 53. */
    static const struct part_case cases[] = {
        {GET("User-Agent: x\r\nACCEPT: y\r\nuser-agent: z\r\n"),
         {.type = WAF_FIELD_HEADER_ORDER},
         "host:user-agent:accept:user-agent"},
        {GET(""), {.type = WAF_FIELD_HEADER_ORDER}, "host"},
        {"GET / HTTP/1.0\r\n\r\n", {.type = WAF_FIELD_HEADER_ORDER}, "missing"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

/* ---- limits (checklist 54) ------------------------------------------------ */

struct limit {
    const char *request;
    const char *want;
    struct part_limits limits;
    bool oversize;
};

/* The body's limit takes no part. */
static const struct limit limits[] = {
    {GET("a: 12\r\nb: 34\r\n"),
     "Host: | Host=h | a: | a=12 | b: | b=34",
     {0, 11, 3},
     false},
    {GET("a: 12\r\nb: 34\r\n"),
     "Host: | Host=h | a: | a=12 | b: | b=3",
     {0, 10, 3},
     true},
    {GET("a: 12\r\nb: 34\r\n"),
     "Host: | Host=h | a: | a=12 | b: | b=",
     {0, 9, 3},
     true},
    {GET("a: 12\r\nb: 34\r\n"), "Host: | Host=h | a: | a=12", {0, 8, 3}, true},
    {GET("a: 12\r\nb: 34\r\n"), "Host: | Host=h | a: | a=12", {0, 11, 2}, true},
    {GET("a: 12\r\nb: 34\r\n"), "Host: | Host=h | a: | a=1", {0, 7, 2}, true},
    {GET("a: 12\r\nb: 34\r\n"), "missing", {0, 3, 9}, true},
    {GET("a:\r\n"), "Host: | Host=h | a: | a=", {0, 6, 2}, false},
};

static void check_limit(const struct limit *l)
{
    struct waf_field part = {.type = WAF_FIELD_HEADERS};
    struct parts *parts = parts_of(str_of(l->request));
    struct part_values values;

    parts->request.limits = &l->limits;
    part_read(&parts->request, &part, &values);
    assert_string_equal(parts_show(&values), l->want);
    assert_int_equal(values.oversized, l->oversize ? PART_OVERSIZE_HEADERS : 0);
    for (int i = 0; i < 2; i++) {
        part.type = i ? WAF_FIELD_HEADERS : WAF_FIELD_HEADER_ORDER;
        part.oversize = WAF_OVERSIZE_MATCH;
        part_read(&parts->request, &part, &values);
        assert_int_equal(values.state == PART_TRUE, l->oversize);
        part.oversize = WAF_OVERSIZE_NO_MATCH;
        part_read(&parts->request, &part, &values);
        assert_int_equal(values.state == PART_FALSE, l->oversize);
    }
    parts_end(parts);
}

static void test_headers_end_at_the_first_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++)
        check_limit(&limits[i]);
}

/* A request with `n` headers "a: b" behind Host. */
static struct parts *with_headers(unsigned n)
{
    static const char *lines[WAF_PARTS_NUMBER + 3];

    lines[0] = "GET / HTTP/1.1";
    lines[1] = "Host: h";
    for (unsigned i = 0; i < n; i++)
        lines[2 + i] = "a: b";
    return parts_of_lines(lines, n + 2);
}

static void test_headers_beyond_200_are_oversize(void **state)
{
    struct waf_field part = {.type = WAF_FIELD_HEADERS,
                             .scope = WAF_SCOPE_VALUE};
    struct part_values values;

    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        struct parts *parts = with_headers(WAF_PARTS_NUMBER - 1 + extra);

        part.oversize = WAF_OVERSIZE_CONTINUE;
        part_read(&parts->request, &part, &values);
        assert_int_equal(values.n, WAF_PARTS_NUMBER);
        assert_int_equal(values.oversized, extra ? PART_OVERSIZE_HEADERS : 0);
        part.oversize = WAF_OVERSIZE_MATCH;
        part_read(&parts->request, &part, &values);
        assert_int_equal(values.state, extra ? PART_TRUE : PART_VALUES);
        parts_end(parts);
    }
}

static void test_a_single_header_has_no_limit(void **state)
{
    static const struct part_limits none = {0, 0, 0};
    static const struct waf_field part = ONE("b");
    struct parts *parts = parts_of(STR(GET("a: 12\r\nb: 34\r\n")));

    (void)state;
    parts->request.limits = &none;
    assert_string_equal(parts_read(parts, &part), "b=34");
    parts_end(parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header_is_found_in_any_case_and_each_time),
        cmocka_unit_test(test_the_host_is_there_without_a_field),
        cmocka_unit_test(
            test_the_host_of_the_target_is_looked_at_like_the_field),
        cmocka_unit_test(test_patterns_choose_headers_in_any_case),
        cmocka_unit_test(test_the_order_is_names_with_colons),
        cmocka_unit_test(test_headers_end_at_the_first_limit),
        cmocka_unit_test(test_headers_beyond_200_are_oversize),
        cmocka_unit_test(test_a_single_header_has_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
