/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define COOKIES(...)                                                           \
    {                                                                          \
        .type = WAF_FIELD_COOKIES, __VA_ARGS__                                 \
    }
#define GET(headers) "GET / HTTP/1.1\r\nHost: h\r\n" headers "\r\n"

static const struct str words[] = {{"Sid", 3}, {"b", 1}};

#define INCLUDED .pattern = WAF_PATTERN_INCLUDED, .nnames = 2, .names = words
#define EXCLUDED .pattern = WAF_PATTERN_EXCLUDED, .nnames = 2, .names = words

static void test_cookies_are_pieces_between_semicolons(void **state)
{
    /* Checklist 52. */
    static const struct part_case cases[] = {
        {GET("Cookie: a=1; b=2\r\n"), COOKIES(), "a: | a=1 | b: | b=2"},
        {GET("Cookie: a=1; b=2\r\n"), COOKIES(.scope = WAF_SCOPE_KEY),
         "a: | b:"},
        {GET("Cookie: a=1; b=2\r\n"), COOKIES(.scope = WAF_SCOPE_VALUE),
         "a=1 | b=2"},
        {GET("cookie: a=1\r\nCOOKIE:b=x=y;c=\r\n"),
         COOKIES(.scope = WAF_SCOPE_VALUE), "a=1 | b=x=y | c="},
        {GET("Cookie:  a = \"1 2\" ;; ;b=%3b\r\n"),
         COOKIES(.scope = WAF_SCOPE_VALUE), "a=\"1 2\" | b=%3b"},
        {GET("Cookie: a=1, b=2\r\n"), COOKIES(.scope = WAF_SCOPE_VALUE),
         "a=1, b=2"},
        {GET("Cookie: a=1; a=2\r\n"), COOKIES(.scope = WAF_SCOPE_VALUE),
         "a=1 | a=2"},
        {GET("Connection: cookie\r\nCookie: a=1\r\n"),
         COOKIES(.scope = WAF_SCOPE_VALUE), "a=1"},
        {GET("Cookie: ; ;\r\n"), COOKIES(), "missing"},
        {GET("Cookie:\r\n"), COOKIES(), "missing"},
        {GET("Cookie2: a=1\r\n"), COOKIES(), "missing"},
        {GET(""), COOKIES(), "missing"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_a_piece_without_a_name_is_a_value(void **state)
{
    static const struct part_case cases[] = {
        {GET("Cookie: <script>; b=2\r\n"), COOKIES(), "<script> | b: | b=2"},
        {GET("Cookie: =x\r\n"), COOKIES(), "x"},
        {GET("Cookie: x\r\n"), COOKIES(.scope = WAF_SCOPE_KEY), "missing"},
        {GET("Cookie: x\r\n"), COOKIES(EXCLUDED), "x"},
        {GET("Cookie: x\r\n"), COOKIES(INCLUDED), "missing"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_names_of_cookies_have_a_case(void **state)
{
    /* Checklist 51. */
    static const struct part_case cases[] = {
        {GET("Cookie: Sid=1; sid=2; b=3; B=4\r\n"), COOKIES(INCLUDED),
         "Sid: | Sid=1 | b: | b=3"},
        {GET("Cookie: Sid=1; sid=2; b=3; B=4\r\n"),
         COOKIES(EXCLUDED, .scope = WAF_SCOPE_VALUE), "sid=2 | B=4"},
        {GET("Cookie: sid=2\r\n"), COOKIES(INCLUDED), "missing"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

/* ---- limits (checklist 54) ------------------------------------------------ */

struct limit {
    const char *request;
    struct part_limits limits;
    const char *want;
    bool oversize;
};

static const struct limit limits[] = {
    {GET("Cookie: a=12; b=34\r\n"), {0, 6, 2}, "a: | a=12 | b: | b=34", false},
    {GET("Cookie: a=12; b=34\r\n"), {0, 5, 2}, "a: | a=12 | b: | b=3", true},
    {GET("Cookie: a=12; b=34\r\n"), {0, 4, 2}, "a: | a=12 | b: | b=", true},
    {GET("Cookie: a=12; b=34\r\n"), {0, 3, 2}, "a: | a=12", true},
    {GET("Cookie: a=12; b=34\r\n"), {0, 6, 1}, "a: | a=12", true},
    {GET("Cookie: a=12\r\nCookie: b=34\r\n"), {0, 6, 1}, "a: | a=12", true},
    {GET("Cookie: a=12;;\r\n"), {0, 3, 1}, "a: | a=12", false},
    {GET("Cookie: a=12\r\n"), {0, 0, 9}, "missing", true},
};

static void test_cookies_end_at_the_first_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++) {
        const struct limit *l = &limits[i];
        struct waf_field part = COOKIES();
        struct parts *parts = parts_of(str_of(l->request));
        struct part_values values;

        parts->request.limits = &l->limits;
        part_read(&parts->request, &part, &values);
        assert_string_equal(parts_show(&values), l->want);
        assert_int_equal(values.oversized,
                         l->oversize ? PART_OVERSIZE_COOKIES : 0);
        part.oversize = WAF_OVERSIZE_MATCH;
        part_read(&parts->request, &part, &values);
        assert_int_equal(values.state == PART_TRUE, l->oversize);
        part.oversize = WAF_OVERSIZE_NO_MATCH;
        part_read(&parts->request, &part, &values);
        assert_int_equal(values.state == PART_FALSE, l->oversize);
        parts_end(parts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookies_are_pieces_between_semicolons),
        cmocka_unit_test(test_a_piece_without_a_name_is_a_value),
        cmocka_unit_test(test_names_of_cookies_have_a_case),
        cmocka_unit_test(test_cookies_end_at_the_first_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
