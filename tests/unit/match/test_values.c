/* SPDX-License-Identifier: Apache-2.0
 *
 * Plans of values, and the values of one request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match/values.h"
#include "parts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct waf_chain none = {.n = 0};
static const struct waf_chain lower = {1, {WAF_LOWERCASE}};
static const struct waf_chain decode_lower = {2,
                                              {WAF_URL_DECODE, WAF_LOWERCASE}};
static const struct waf_chain decode = {1, {WAF_URL_DECODE}};

static const struct str ab[] = {{"a", 1}, {"b", 1}};
static const struct str AB[] = {{"A", 1}, {"B", 1}};
static const struct str ac[] = {{"a", 1}, {"c", 1}};

/* Pairs of parts, and whether they are one source. */
static void test_equal_parts_are_one_source(void **state)
{
    static const struct {
        struct waf_field a;
        struct waf_field b;
        bool equal;
    } pairs[] = {
        {{.type = WAF_FIELD_METHOD}, {.type = WAF_FIELD_METHOD}, true},
        {{.type = WAF_FIELD_METHOD}, {.type = WAF_FIELD_URI_PATH}, false},
        {{.type = WAF_FIELD_SINGLE_HEADER, .name = {"User-Agent", 10}},
         {.type = WAF_FIELD_SINGLE_HEADER, .name = {"user-agent", 10}},
         true},
        {{.type = WAF_FIELD_SINGLE_HEADER, .name = {"a", 1}},
         {.type = WAF_FIELD_SINGLE_HEADER, .name = {"b", 1}},
         false},
        {{.type = WAF_FIELD_SINGLE_HEADER, .name = {"a", 1}},
         {.type = WAF_FIELD_SINGLE_QUERY_ARGUMENT, .name = {"a", 1}},
         false},
        {{.type = WAF_FIELD_BODY},
         {.type = WAF_FIELD_BODY, .oversize_given = true},
         true},
        {{.type = WAF_FIELD_BODY},
         {.type = WAF_FIELD_BODY, .oversize = WAF_OVERSIZE_MATCH},
         false},
        {{.type = WAF_FIELD_HEADERS}, {.type = WAF_FIELD_COOKIES}, false},
        {{.type = WAF_FIELD_HEADERS},
         {.type = WAF_FIELD_HEADERS, .scope = WAF_SCOPE_KEY},
         false},
        {{.type = WAF_FIELD_HEADERS,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = ab},
         {.type = WAF_FIELD_HEADERS,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = AB},
         true},
        {{.type = WAF_FIELD_HEADERS,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = ab},
         {.type = WAF_FIELD_HEADERS,
          .pattern = WAF_PATTERN_EXCLUDED,
          .nnames = 2,
          .names = ab},
         false},
        {{.type = WAF_FIELD_HEADERS,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = ab},
         {.type = WAF_FIELD_HEADERS,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = ac},
         false},
        {{.type = WAF_FIELD_HEADERS,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = ab},
         {.type = WAF_FIELD_HEADERS,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 1,
          .names = ab},
         false},
        {{.type = WAF_FIELD_COOKIES,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = ab},
         {.type = WAF_FIELD_COOKIES,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = AB},
         false},
        {{.type = WAF_FIELD_JSON_BODY,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = ab},
         {.type = WAF_FIELD_JSON_BODY,
          .pattern = WAF_PATTERN_INCLUDED,
          .nnames = 2,
          .names = AB},
         false},
        {{.type = WAF_FIELD_JSON_BODY},
         {.type = WAF_FIELD_JSON_BODY, .fallback = WAF_FALLBACK_MATCH},
         false},
        {{.type = WAF_FIELD_ALL_QUERY_ARGUMENTS},
         {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS,
          .npre_parse = 1,
          .pre_parse = {WAF_PRE_URL_DECODE}},
         false},
        {{.type = WAF_FIELD_ALL_QUERY_ARGUMENTS,
          .npre_parse = 1,
          .pre_parse = {WAF_PRE_URL_DECODE_UNI}},
         {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS,
          .npre_parse = 1,
          .pre_parse = {WAF_PRE_URL_DECODE}},
         false},
        {{.type = WAF_FIELD_JA3, .fallback = WAF_FALLBACK_MATCH},
         {.type = WAF_FIELD_JA3, .fallback = WAF_FALLBACK_NO_MATCH},
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct value_plan *plan = value_plan_new(&parts_limits);
        unsigned a = value_plan_add(plan, &pairs[i].a, &lower);
        unsigned b = value_plan_add(plan, &pairs[i].b, &lower);

        if ((a == b) != pairs[i].equal)
            fail_msg("pair %zu", i);
        assert_int_equal(value_plan_n(plan), pairs[i].equal ? 2 : 4);
        value_plan_free(plan);
    }
}

static void test_chains_share_how_they_begin(void **state)
{
    static const struct waf_field path = {.type = WAF_FIELD_URI_PATH};
    static const struct waf_chain padded = {
        4, {WAF_NONE, WAF_URL_DECODE, WAF_NONE, WAF_LOWERCASE}};
    struct value_plan *plan = value_plan_new(&parts_limits);
    unsigned both = value_plan_add(plan, &path, &decode_lower);
    unsigned first = value_plan_add(plan, &path, &decode);
    unsigned root = value_plan_add(plan, &path, &none);

    (void)state;
    assert_int_equal(value_plan_parent(plan, both), first);
    assert_int_equal(value_plan_parent(plan, first), root);
    assert_int_equal(value_plan_parent(plan, root), root);
    assert_int_equal(value_plan_add(plan, &path, &padded), both);
    assert_int_equal(value_plan_n(plan), 3);
    assert_int_not_equal(value_plan_add(plan, &path, &lower), both);
    assert_int_equal(value_plan_n(plan), 4);
    value_plan_free(plan);
}

static void test_a_plan_of_many_sources_finds_them_again(void **state)
{
    enum { MANY = 300 };
    static char names[MANY][8];
    static struct waf_field parts[MANY];
    static unsigned sources[MANY];
    struct value_plan *plan = value_plan_new(&parts_limits);

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        names[i][0] = (char)('a' + i % 26);
        names[i][1] = (char)('a' + i / 26);
        parts[i] = (struct waf_field){.type = WAF_FIELD_SINGLE_HEADER,
                                      .name = {names[i], 2}};
        sources[i] = value_plan_add(plan, &parts[i], &decode_lower);
    }
    assert_int_equal(value_plan_n(plan), 3 * MANY);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(value_plan_add(plan, &parts[i], &decode_lower),
                         sources[i]);
    value_plan_free(plan);
}

static void test_a_plan_says_what_it_needs(void **state)
{
    static const struct waf_field path = {.type = WAF_FIELD_URI_PATH},
                                  body = {.type = WAF_FIELD_BODY},
                                  json = {.type = WAF_FIELD_JSON_BODY},
                                  ja3 = {.type = WAF_FIELD_JA3},
                                  ja4 = {.type = WAF_FIELD_JA4};
    static const struct {
        const struct waf_field *part;
        uint32_t body;
        bool fingerprint;
    } needs[] = {
        {&path, 0, false},
        {&body, WAF_BODY_LIMIT + 1, false},
        {&json, WAF_BODY_LIMIT + 1, false},
        {&ja3, 0, true},
        {&ja4, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(needs); i++) {
        struct value_plan *plan = value_plan_new(&parts_limits);

        value_plan_add(plan, needs[i].part, &lower);
        assert_int_equal(value_plan_body(plan), needs[i].body);
        assert_int_equal(value_plan_fingerprint(plan), needs[i].fingerprint);
        value_plan_free(plan);
    }
}

/* ---- of one request -------------------------------------------------------- */

static struct values *values_for(const struct value_plan *plan,
                                 struct parts *parts)
{
    struct values *values = values_new(plan, &parts->inspected, &parts->arena);

    assert_non_null(values);
    return values;
}

static const char *shown(struct values *values, unsigned source)
{
    return parts_show(&values_of(values, source)->values);
}

static void test_transformations_are_applied_in_their_order(void **state)
{
    /* Checklist 64. */
    static const struct waf_field all = {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS};
    static const struct waf_chain trim_lower = {2, {WAF_TRIM, WAF_LOWERCASE}};
    struct value_plan *plan = value_plan_new(&parts_limits);
    struct parts *parts =
        parts_of(STR("GET /?a=%41B&b=x&c=%20Y HTTP/1.1\r\nHost: h\r\n\r\n"));
    unsigned both = value_plan_add(plan, &all, &decode_lower);
    unsigned raw = value_plan_add(plan, &all, &none);
    unsigned trim = value_plan_add(plan, &all, &trim_lower);
    struct values *values = values_for(plan, parts);

    (void)state;
    assert_string_equal(shown(values, both), "a=ab | b=x | c= y");
    assert_string_equal(shown(values, raw), "a=%41B | b=x | c=%20Y");
    assert_string_equal(shown(values, value_plan_parent(plan, both)),
                        "a=AB | b=x | c= Y");
    assert_string_equal(shown(values, trim), "a=%41b | b=x | c=%20y");
    parts_end(parts);
    value_plan_free(plan);
}

static void test_values_that_do_not_change_are_the_parents(void **state)
{
    static const struct waf_field all = {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS};
    struct value_plan *plan = value_plan_new(&parts_limits);
    struct parts *parts =
        parts_of(STR("GET /?a=B&b=x HTTP/1.1\r\nHost: h\r\n\r\n"));
    unsigned both = value_plan_add(plan, &all, &decode_lower);
    unsigned decoded = value_plan_parent(plan, both);
    unsigned raw = value_plan_parent(plan, decoded);
    struct values *values = values_for(plan, parts);
    const struct source_values *made = values_of(values, both);

    (void)state;
    assert_false(made->as_parent); /* "B" is "b" now */
    assert_true(values_of(values, decoded)->as_parent);
    assert_false(values_of(values, raw)->as_parent);
    assert_ptr_equal(values_of(values, decoded)->values.values,
                     values_of(values, raw)->values.values);
    /* Nothing is made twice. */
    assert_ptr_equal(values_of(values, both), made);
    /* The one that did not change has its bytes still. */
    assert_ptr_equal(made->values.values[1].text.p,
                     values_of(values, raw)->values.values[1].text.p);
    assert_string_equal(shown(values, raw), "a=B | b=x");
    parts_end(parts);
    value_plan_free(plan);
}

static void test_states_go_through_chains(void **state)
{
    static const struct waf_field query = {.type = WAF_FIELD_QUERY_STRING},
                                  ja3 = {.type = WAF_FIELD_JA3,
                                         .fallback = WAF_FALLBACK_MATCH},
                                  ja4 = {.type = WAF_FIELD_JA4,
                                         .fallback = WAF_FALLBACK_NO_MATCH};
    struct value_plan *plan = value_plan_new(&parts_limits);
    struct parts *parts = parts_of(STR("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    unsigned a = value_plan_add(plan, &query, &lower);
    unsigned b = value_plan_add(plan, &ja3, &lower);
    unsigned c = value_plan_add(plan, &ja4, &lower);
    struct values *values = values_for(plan, parts);

    (void)state;
    assert_string_equal(shown(values, a), "missing");
    assert_string_equal(shown(values, b), "true");
    assert_string_equal(shown(values, c), "false");
    parts_end(parts);
    value_plan_free(plan);
}

static void test_what_is_oversize_is_known_of_what_was_asked(void **state)
{
    static const struct part_limits limits = {
        .body = 3, .fields = 4, .number = 9};
    static const struct waf_field body = {.type = WAF_FIELD_BODY},
                                  headers = {.type = WAF_FIELD_HEADERS,
                                             .oversize = WAF_OVERSIZE_MATCH};
    struct value_plan *plan = value_plan_new(&limits);
    struct parts *parts = parts_of(
        STR("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nABCD"));
    unsigned a = value_plan_add(plan, &body, &lower);
    unsigned b = value_plan_add(plan, &headers, &none);
    struct values *values = values_for(plan, parts);

    (void)state;
    assert_int_equal(values_oversized(values), 0);
    assert_string_equal(shown(values, a), "abc");
    assert_int_equal(values_oversized(values), PART_OVERSIZE_BODY);
    assert_int_equal(values_of(values, a)->values.oversized,
                     PART_OVERSIZE_BODY);
    assert_string_equal(shown(values, b), "true");
    assert_int_equal(values_oversized(values),
                     PART_OVERSIZE_BODY | PART_OVERSIZE_HEADERS);
    parts_end(parts);
    value_plan_free(plan);
}

static void test_a_full_arena_fails_the_source_alone(void **state)
{
    static const struct waf_field all = {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS};
    struct value_plan *plan = value_plan_new(&parts_limits);
    struct parts *parts =
        parts_of(STR("GET /?a=B HTTP/1.1\r\nHost: h\r\n\r\n"));
    unsigned low = value_plan_add(plan, &all, &lower);
    struct values *values = values_for(plan, parts);

    (void)state;
    values_of(values, value_plan_parent(plan, low));
    parts->arena.limit = parts->arena.size;
    assert_string_equal(shown(values, low), "failed");
    assert_string_equal(shown(values, value_plan_parent(plan, low)), "a=B");
    assert_null(values_new(plan, &parts->inspected, &parts->arena));
    parts_end(parts);
    value_plan_free(plan);
}

/* Values that repeat are left out of one part alone: others find all that was
 * sent. */
static void test_arguments_that_repeat_are_there_for_other_parts(void **state)
{
    static const struct waf_field all = {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS},
                                  one = {.type =
                                             WAF_FIELD_SINGLE_QUERY_ARGUMENT,
                                         .name = {"admin", 5}};
    char head[1024];
    struct text t = text_in(head, sizeof(head));
    struct value_plan *plan = value_plan_new(&parts_limits);
    unsigned every = value_plan_add(plan, &all, &none);
    unsigned admin = value_plan_add(plan, &one, &none);
    struct parts *parts;
    struct values *values;

    (void)state;
    text_printf(&t, "GET /?z=yes&admin=yes");
    for (unsigned i = 0; i < 40; i++)
        text_printf(&t, "&a%u=%u", i, i);
    text_printf(&t, " HTTP/1.1\r\nHost: h\r\n\r\n");
    parts = parts_of(text_str(&t));
    values = values_for(plan, parts);
    assert_int_equal(values_of(values, every)->values.n, 41);
    assert_string_equal(shown(values, admin), "admin=yes");
    parts_end(parts);
    value_plan_free(plan);
}

/* Texts as lists have them: alike but for their last bytes. */
static void test_of_alike_values_those_that_repeat_are_left_out(void **state)
{
    static const struct waf_field all = {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS};
    char head[4096];
    struct text t = text_in(head, sizeof(head));
    struct value_plan *plan = value_plan_new(&parts_limits);
    unsigned every = value_plan_add(plan, &all, &none);
    struct parts *parts;

    (void)state;
    text_printf(&t, "GET /?");
    for (unsigned i = 0; i < 60; i++)
        text_printf(&t, "%s%u=running-shoe-size-%u", i ? "&" : "", i,
                    36 + i % 12);
    text_printf(&t, " HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(text_ok(&t));
    parts = parts_of(text_str(&t));
    assert_in_range(values_of(values_for(plan, parts), every)->values.n, 12,
                    16);
    parts_end(parts);
    value_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_parts_are_one_source),
        cmocka_unit_test(test_chains_share_how_they_begin),
        cmocka_unit_test(test_a_plan_of_many_sources_finds_them_again),
        cmocka_unit_test(test_a_plan_says_what_it_needs),
        cmocka_unit_test(test_transformations_are_applied_in_their_order),
        cmocka_unit_test(test_values_that_do_not_change_are_the_parents),
        cmocka_unit_test(test_of_alike_values_those_that_repeat_are_left_out),
        cmocka_unit_test(test_arguments_that_repeat_are_there_for_other_parts),
        cmocka_unit_test(test_states_go_through_chains),
        cmocka_unit_test(test_what_is_oversize_is_known_of_what_was_asked),
        cmocka_unit_test(test_a_full_arena_fails_the_source_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
