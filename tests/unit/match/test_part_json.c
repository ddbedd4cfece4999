/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON bodies as parts: what is looked at of one that is whole, and of one
 * that is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct attempt {
    const char *body;
    enum waf_scope scope;
    const char *want;
    const char *pointers[4]; /* none: all of it */
    enum waf_fallback fallback;
};

static void check(const struct attempt *a)
{
    struct str names[4];
    struct waf_field part = {.type = WAF_FIELD_JSON_BODY,
                             .scope = a->scope,
                             .fallback = a->fallback,
                             .names = names};
    struct parts *parts = parts_of(STR("POST / HTTP/1.1\r\nHost: h\r\n\r\n"));
    const char *got;

    while (part.nnames < 4 && a->pointers[part.nnames]) {
        names[part.nnames] = str_of(a->pointers[part.nnames]);
        part.nnames++;
        part.pattern = WAF_PATTERN_INCLUDED;
    }
    parts->inspected.body = str_of(a->body);
    got = parts_read(parts, &part);
    if (strcmp(got, a->want) != 0)
        fail_msg("%s, scope %d, pointer %s: got `%s`, want `%s`", a->body,
                 a->scope, a->pointers[0] ? a->pointers[0] : "-", got, a->want);
    parts_end(parts);
}

static void check_all(const struct attempt *attempts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(&attempts[i]);
}

#define ALL WAF_SCOPE_ALL
#define KEY WAF_SCOPE_KEY
#define VALUE WAF_SCOPE_VALUE

static void test_scopes_choose_keys_and_values(void **state)
{
    static const struct attempt attempts[] = {
        {"{\"a\":{\"c\":\"d\",\"b\":[1,true,null,\"\"]}}",
         ALL,
         "a: | c: | c=d | b: | b=1 | b=true | b=null | b=",
         {0},
         WAF_FALLBACK_NONE},
        {"{\"a\":{\"c\":\"d\",\"b\":[1,-2.5e+3]}}",
         KEY,
         "a: | c: | b:",
         {0},
         WAF_FALLBACK_NONE},
        {"{\"a\":{\"c\":\"d\",\"b\":[1,-2.5e+3]}}",
         VALUE,
         "c=d | b=1 | b=-2.5e+3",
         {0},
         WAF_FALLBACK_NONE},
        {"[\"x\",[\"y\"],{\"k\":\"z\"}]",
         ALL,
         "x | y | k: | k=z",
         {0},
         WAF_FALLBACK_NONE},
        {"{\"a\":[{\"b\":1},2]}", VALUE, "b=1 | a=2", {0}, WAF_FALLBACK_NONE},
        {"{}", ALL, "missing", {0}, WAF_FALLBACK_NONE},
        {"[[],{}]", ALL, "missing", {0}, WAF_FALLBACK_NONE},
        {"[1]", KEY, "missing", {0}, WAF_FALLBACK_NONE},
    };

    (void)state;
    check_all(attempts, COUNT(attempts));
}

static void test_pointers_choose_what_is_below_them(void **state)
{
    /* Checklist 56: the guide's example. */
    static const char guide[] =
        "{\"a\":{\"c\":\"d\",\"b\":{\"e\":{\"f\":\"g\"}}}}";
    static const char dogs[] =
        "{\"dogs\":[{\"name\":\"Rex\",\"age\":3},{\"name\":\"Tim\"},\"x\"]}";
    static const char odd[] = "{\"a/b\":1,\"m~n\":2,\"\":3,\"\\u0063\":4}";
    const struct attempt attempts[] = {
        {guide, ALL, "e: | f: | f=g", {"/a/b"}, WAF_FALLBACK_NONE},
        {guide, KEY, "e: | f:", {"/a/b"}, WAF_FALLBACK_NONE},
        {guide, VALUE, "f=g", {"/a/b"}, WAF_FALLBACK_NONE},
        {guide, ALL, "c=d", {"/a/c"}, WAF_FALLBACK_NONE},
        {guide, KEY, "missing", {"/a/c"}, WAF_FALLBACK_NONE},
        {guide, ALL, "missing", {"/a/x"}, WAF_FALLBACK_NONE},
        {guide, ALL, "missing", {"/a/c/d"}, WAF_FALLBACK_NONE},
        {guide, ALL, "missing", {"a"}, WAF_FALLBACK_NONE},
        {guide, VALUE, "c=d | f=g", {""}, WAF_FALLBACK_NONE},
        {guide,
         VALUE,
         "c=d | f=g",
         {"/a/b/e", "/a", "/a", "/a/c"},
         WAF_FALLBACK_NONE},
        {guide, VALUE, "f=g | c=d", {"/a/b/e/f", "/a/c"}, WAF_FALLBACK_NONE},
        {dogs,
         ALL,
         "name=Rex | name=Tim",
         {"/dogs/0/name", "/dogs/1/name"},
         WAF_FALLBACK_NONE},
        {dogs, VALUE, "dogs=x", {"/dogs/2"}, WAF_FALLBACK_NONE},
        {dogs, VALUE, "name=Tim", {"/dogs/1"}, WAF_FALLBACK_NONE},
        {dogs, ALL, "missing", {"/dogs/3"}, WAF_FALLBACK_NONE},
        {dogs, ALL, "missing", {"/dogs/01"}, WAF_FALLBACK_NONE},
        {dogs, ALL, "missing", {"/dogs/-"}, WAF_FALLBACK_NONE},
        {dogs,
         ALL,
         "missing",
         {"/dogs/99999999999999999999"},
         WAF_FALLBACK_NONE},
        {odd, VALUE, "a/b=1", {"/a~1b"}, WAF_FALLBACK_NONE},
        {odd, VALUE, "m~n=2", {"/m~0n"}, WAF_FALLBACK_NONE},
        {odd, VALUE, "3", {"/"}, WAF_FALLBACK_NONE},
        {odd, VALUE, "c=4", {"/c"}, WAF_FALLBACK_NONE},
    };

    (void)state;
    check_all(attempts, COUNT(attempts));
}

static void test_texts_with_escapes_are_there_twice(void **state)
{
    static const struct attempt attempts[] = {
        {"[\"\\u003cscript>\"]",
         VALUE,
         "\\u003cscript> | <script>",
         {0},
         WAF_FALLBACK_NONE},
        {"{\"\\u0061\":1}", ALL, "\\u0061: | a: | a=1", {0}, WAF_FALLBACK_NONE},
        {"[\"<script>\"]", VALUE, "<script>", {0}, WAF_FALLBACK_NONE},
        {"[\"\\\"\\\\\\/\\t\"]",
         VALUE,
         "\\\"\\\\\\/\\t | \"\\/\t",
         {0},
         WAF_FALLBACK_NONE},
    };

    (void)state;
    check_all(attempts, COUNT(attempts));
}

static void test_what_is_tolerated_is_no_failure(void **state)
{
    /* Checklist 57. */
    static const char *const bodies[] = {
        "{\"k1\":\"v1\"\"k2\":\"v2\"}",      "{\"k1\":\"v1\",\"k2\"\"v2\"}",
        "{\"k1\"::\"v1\",\"k2\"\"v2\"}",     "{\"k1\":\"v1\",,\"k2\":\"v2\",}",
        "{\"k1\" : \"v1\" \n \"k2\"\"v2\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++)
        check(&(struct attempt){bodies[i],
                                ALL,
                                "k1: | k1=v1 | k2: | k2=v2",
                                {0},
                                WAF_FALLBACK_MATCH});
}

static void test_a_failure_has_a_fallback(void **state)
{
    /* Checklist 58, 59. */
    static const struct {
        const char *body;
        const char *before; /* the elements that came before it */
    } broken[] = {
        {"{\"a\":1,\"b\":2,\"a\":3,\"c\":4}", "a=1 | b=2"},
        {"{\"a\":1,\"b\":[2,3", "a=1 | b=2 | b=3"},
        {"{\"a\":1,\"b\":\"xy", "a=1 | b=xy"},
        {"{\"a\":1} x", "a=1"},
        {"[\"x\\q\"]", "x"},
        {"{\"a\":1,b:2}", "a=1"},
        {"[1,@]", "1"},
        {"\"text\"", "missing"},
        {"17", "missing"},
        {"user=x&y=z", "missing"},
        {" ", "missing"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct attempt a = {
            broken[i].body, VALUE, "true", {0}, WAF_FALLBACK_MATCH};

        check(&a);
        a.fallback = WAF_FALLBACK_NO_MATCH;
        a.want = "false";
        check(&a);
        a.fallback = WAF_FALLBACK_AS_STRING;
        a.want = a.body;
        check(&a);
        a.fallback = WAF_FALLBACK_NONE;
        a.want = broken[i].before;
        check(&a);
    }
}

static void test_a_body_cut_at_the_limit_is_a_failure(void **state)
{
    static const struct part_limits limits = {.body = 7};
    struct waf_field part = {.type = WAF_FIELD_JSON_BODY,
                             .scope = WAF_SCOPE_VALUE};
    struct parts *parts = parts_of(STR("POST / HTTP/1.1\r\nHost: h\r\n\r\n"));

    (void)state;
    parts->request.limits = &limits;
    parts->inspected.body = STR("[\"abc\",1]");
    assert_string_equal(parts_read(parts, &part), "abc");
    part.fallback = WAF_FALLBACK_MATCH;
    assert_string_equal(parts_read(parts, &part), "true");
    part.fallback = WAF_FALLBACK_AS_STRING;
    assert_string_equal(parts_read(parts, &part), "[\"abc\",");
    part.oversize = WAF_OVERSIZE_NO_MATCH; /* has its say first */
    part.fallback = WAF_FALLBACK_MATCH;
    assert_string_equal(parts_read(parts, &part), "false");
    parts_end(parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scopes_choose_keys_and_values),
        cmocka_unit_test(test_pointers_choose_what_is_below_them),
        cmocka_unit_test(test_texts_with_escapes_are_there_twice),
        cmocka_unit_test(test_what_is_tolerated_is_no_failure),
        cmocka_unit_test(test_a_failure_has_a_fallback),
        cmocka_unit_test(test_a_body_cut_at_the_limit_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
