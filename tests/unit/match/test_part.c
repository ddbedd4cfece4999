/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts that are one value, and bodies as they came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define PART(kind, ...)                                                        \
    {                                                                          \
        .type = WAF_FIELD_##kind, __VA_ARGS__                                  \
    }
#define POST "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"

static void test_a_part_is_the_bytes_that_came(void **state)
{
    /* Checklist 43, 44. */
    static const struct part_case cases[] = {
        {"/a%2e%2E/./b//C?x=1", PART(URI_PATH), "/a%2e%2E/./b//C"},
        {"/logo.jpg", PART(URI_PATH), "/logo.jpg"},
        {"/?", PART(URI_PATH), "/"},
        {"/p?a=%31&b=+?&c", PART(QUERY_STRING), "a=%31&b=+?&c"},
        {"PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n", PART(METHOD), "PROPFIND"},
        {POST "a b", PART(BODY), "a b"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_what_a_request_does_not_have_is_missing(void **state)
{
    /* Checklist 25. */
    static const struct part_case cases[] = {
        {"/p", PART(QUERY_STRING), "missing"},
        {"/p?", PART(QUERY_STRING), "missing"},
        {"/p", PART(BODY), "missing"},
        {"/p", PART(JSON_BODY), "missing"},
        {"/p", PART(BODY, .oversize = WAF_OVERSIZE_MATCH), "missing"},
        {"/p", PART(JSON_BODY, .fallback = WAF_FALLBACK_MATCH), "missing"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_a_fallback_says_what_is_without_a_fragment(void **state)
{
    /* Checklist 61. */
    static const struct part_case cases[] = {
        {"/p?a=1#f%20x#y", PART(URI_FRAGMENT), "f%20x#y"},
        {"/p#f", PART(URI_FRAGMENT, .fallback = WAF_FALLBACK_MATCH), "f"},
        {"/p", PART(URI_FRAGMENT, .fallback = WAF_FALLBACK_MATCH), "true"},
        {"/p", PART(URI_FRAGMENT, .fallback = WAF_FALLBACK_NO_MATCH), "false"},
        {"/p", PART(URI_FRAGMENT), "missing"},
        {"/p?a#f", PART(QUERY_STRING), "a"},
    };

    (void)state;
    parts_check(cases, COUNT(cases));
}

static void test_a_fallback_says_what_is_without_a_fingerprint(void **state)
{
    /* Checklist 60. */
    static const struct part_case cases[] = {
        {"/", PART(JA3, .fallback = WAF_FALLBACK_MATCH), "true"},
        {"/", PART(JA3, .fallback = WAF_FALLBACK_NO_MATCH), "false"},
        {"/", PART(JA4, .fallback = WAF_FALLBACK_MATCH), "true"},
        {"/", PART(JA4, .fallback = WAF_FALLBACK_NO_MATCH), "false"},
    };
    static const struct waf_field ja3 = PART(JA3), ja4 = PART(JA4);
    struct parts *parts = parts_of(STR("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));

    (void)state;
    parts_check(cases, COUNT(cases));
    parts->inspected.ja3 = STR("e7d705a3286e19ea42f587b344ee6865");
    parts->inspected.ja4 = STR("t13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_string_equal(parts_read(parts, &ja3),
                        "e7d705a3286e19ea42f587b344ee6865");
    assert_string_equal(parts_read(parts, &ja4),
                        "t13d1516h2_8daaf6152771_e5627efa2ab1");
    parts_end(parts);
}

static const char *read_body(struct parts *parts, enum waf_field_type type,
                             enum waf_oversize oversize, uint8_t *oversized)
{
    struct waf_field part = {.type = type, .oversize = oversize};
    struct part_values values;

    part_read(&parts->request, &part, &values);
    *oversized = values.oversized;
    return parts_show(&values);
}

static void test_oversize_handling_decides_of_a_longer_body(void **state)
{
    /* Checklist 42, 119. */
    static char body[WAF_BODY_LIMIT + 1];
    struct parts *parts = parts_of(STR(POST));
    uint8_t oversized;

    (void)state;
    memset(body, 'x', sizeof(body));
    parts->inspected.body = str_make(body, WAF_BODY_LIMIT);
    assert_int_equal(strlen(read_body(parts, WAF_FIELD_BODY, WAF_OVERSIZE_MATCH,
                                      &oversized)),
                     WAF_BODY_LIMIT);
    assert_int_equal(oversized, 0);

    parts->inspected.body.n++;
    for (int whole = 0; whole < 2; whole++) {
        parts->inspected.body_whole = whole;
        assert_string_equal(
            read_body(parts, WAF_FIELD_BODY, WAF_OVERSIZE_MATCH, &oversized),
            "true");
        assert_int_equal(oversized, PART_OVERSIZE_BODY);
        assert_string_equal(
            read_body(parts, WAF_FIELD_BODY, WAF_OVERSIZE_NO_MATCH, &oversized),
            "false");
        assert_string_equal(read_body(parts, WAF_FIELD_JSON_BODY,
                                      WAF_OVERSIZE_MATCH, &oversized),
                            "true");
        assert_int_equal(oversized, PART_OVERSIZE_JSON);
        assert_int_equal(strlen(read_body(parts, WAF_FIELD_BODY,
                                          WAF_OVERSIZE_CONTINUE, &oversized)),
                         WAF_BODY_LIMIT);
        assert_int_equal(oversized, PART_OVERSIZE_BODY);
    }
    parts_end(parts);
}

static void test_a_body_that_is_not_all_here_is_oversize(void **state)
{
    struct parts *parts = parts_of(STR(POST "abc"));
    uint8_t oversized;

    (void)state;
    parts->inspected.body_whole = false;
    assert_string_equal(
        read_body(parts, WAF_FIELD_BODY, WAF_OVERSIZE_MATCH, &oversized),
        "true");
    assert_string_equal(
        read_body(parts, WAF_FIELD_BODY, WAF_OVERSIZE_CONTINUE, &oversized),
        "abc");
    parts_end(parts);
}

static void test_bodies_of_grpc_are_not_looked_at(void **state)
{
    /* Checklist 62. */
    struct parts *parts = parts_of(STR(POST "abc"));
    uint8_t oversized;

    (void)state;
    parts->inspected.grpc = true;
    parts->inspected.body_whole = false;
    assert_string_equal(
        read_body(parts, WAF_FIELD_BODY, WAF_OVERSIZE_MATCH, &oversized),
        "missing");
    assert_string_equal(
        read_body(parts, WAF_FIELD_JSON_BODY, WAF_OVERSIZE_MATCH, &oversized),
        "missing");
    parts_end(parts);
}

static void test_a_full_arena_is_said(void **state)
{
    static const enum waf_field_type types[] = {
        WAF_FIELD_URI_PATH,      WAF_FIELD_ALL_QUERY_ARGUMENTS,
        WAF_FIELD_SINGLE_HEADER, WAF_FIELD_HEADERS,
        WAF_FIELD_HEADER_ORDER,  WAF_FIELD_COOKIES,
        WAF_FIELD_JSON_BODY};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct waf_field part = {.type = types[i], .name = STR("cookie")};
        struct parts *parts =
            parts_of(STR("POST /?a=1 HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n"
                         "Content-Length: 2\r\n\r\n[]"));

        parts->arena.limit = 8;
        assert_string_equal(parts_read(parts, &part), "failed");
        parts->arena.limit = 200;
        while (arena_take(&parts->arena, 8))
            ;
        assert_string_equal(parts_read(parts, &part), "failed");
        parts_end(parts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_is_the_bytes_that_came),
        cmocka_unit_test(test_what_a_request_does_not_have_is_missing),
        cmocka_unit_test(test_a_fallback_says_what_is_without_a_fragment),
        cmocka_unit_test(test_a_fallback_says_what_is_without_a_fingerprint),
        cmocka_unit_test(test_oversize_handling_decides_of_a_longer_body),
        cmocka_unit_test(test_a_body_that_is_not_all_here_is_oversize),
        cmocka_unit_test(test_bodies_of_grpc_are_not_looked_at),
        cmocka_unit_test(test_a_full_arena_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
