/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base64.h"
#include "model/account_json.h"
#include "model/diff.h"
#include "model/waf_words.h"

static const struct value *parse(struct region *region, const char *json)
{
    struct error error = {""};
    const struct value *v = account_json_read(region, str_of(json), &error);

    if (v == NULL)
        fail_msg("%s: %s", error.text, json);
    return v;
}

static void from_api(const char *api, const char *words)
{
    struct region region = {NULL};
    struct error error = {""};
    const struct value *made =
        waf_words_from_api(parse(&region, api), &region, &error);

    if (made == NULL)
        fail_msg("%s", error.text);
    assert_true(diff_equal(made, parse(&region, words)));
    assert_true(
        diff_equal(waf_words_to_api(made, &region), parse(&region, api)));
    region_end(&region);
}

static void refused(const char *api, const char *text)
{
    struct region region = {NULL};
    struct error error = {""};

    assert_null(waf_words_from_api(parse(&region, api), &region, &error));
    assert_string_equal(error.text, text);
    region_end(&region);
}

/* ---- what differs --------------------------------------------------------------- */

static void test_search_strings_are_base64_on_both_sides(void **state)
{
    (void)state;
    from_api("{\"Statement\":{\"ByteMatchStatement\":{\"SearchString\":"
             "\"L2E=\",\"PositionalConstraint\":\"EXACTLY\"}}}",
             "{\"Statement\":{\"ByteMatchStatement\":{\"SearchStringBase64\":"
             "\"L2E=\",\"PositionalConstraint\":\"EXACTLY\"}}}");
}

static void test_a_text_of_a_template_becomes_base64(void **state)
{
    struct region region = {NULL};
    const struct value *from =
        parse(&region, "{\"ByteMatchStatement\":{\"SearchString\":\"/a\"}}");
    const struct value *to =
        parse(&region, "{\"ByteMatchStatement\":{\"SearchString\":\"L2E=\"}}");

    (void)state;
    assert_true(diff_equal(waf_words_to_api(from, &region), to));
    region_end(&region);
}

static void test_only_references_have_another_spelling_of_arn(void **state)
{
    (void)state;
    from_api(
        "[{\"IPSetReferenceStatement\":{\"ARN\":\"a\"}},"
        "{\"RegexPatternSetReferenceStatement\":{\"ARN\":\"b\"}},"
        "{\"NotStatement\":{\"Statement\":{\"RuleGroupReferenceStatement\":"
        "{\"ARN\":\"c\"}}}},"
        "{\"CustomResponseBodies\":{\"ARN\":{\"Content\":\"SearchString\"}}}]",
        "[{\"IPSetReferenceStatement\":{\"Arn\":\"a\"}},"
        "{\"RegexPatternSetReferenceStatement\":{\"Arn\":\"b\"}},"
        "{\"NotStatement\":{\"Statement\":{\"RuleGroupReferenceStatement\":"
        "{\"Arn\":\"c\"}}}},"
        "{\"CustomResponseBodies\":{\"ARN\":{\"Content\":\"SearchString\"}}}]");
}

static void test_patterns_of_a_set_are_texts(void **state)
{
    (void)state;
    from_api("{\"Name\":\"n\",\"RegularExpressionList\":[{\"RegexString\":"
             "\"^a\"},{\"RegexString\":\"b\"}]}",
             "{\"Name\":\"n\",\"RegularExpressionList\":[\"^a\",\"b\"]}");
}

static void test_what_is_no_base64_is_refused_with_its_path(void **state)
{
    (void)state;
    refused(
        "{\"Rules\":[{},{\"Name\":\"x\",\"Statement\":{"
        "\"ByteMatchStatement\":{\"SearchString\":\"/login\"}}}]}",
        "Rules[1].Statement.ByteMatchStatement.SearchString of rule x is no "
        "base64: the API has it so");
    refused("{\"RegularExpressionList\":[\"a\"]}",
            "RegularExpressionList is a list of {\"RegexString\": \"...\"}");
}

/* ---- any tree --------------------------------------------------------------------- */

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static struct value *text(struct region *region, uint32_t *seed)
{
    uint8_t bytes[8];
    char room[BASE64_LEN(sizeof(bytes))];
    struct text t = text_in(room, sizeof(room));

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)next(seed);
    base64_put(&t, bytes, next(seed) % (sizeof(bytes) + 1));
    return value_string(region, text_str(&t), NULL);
}

/* A statement as the API has it, with what may stand in others at random. */
static struct value *statement(struct region *region, uint32_t *seed,
                               unsigned depth)
{
    static const char *const references[] = {
        "IPSetReferenceStatement",
        "RegexPatternSetReferenceStatement",
        "RuleGroupReferenceStatement",
        "ARN",
        "SearchString",
        "Arn2"};
    struct value *map = value_new(region, VALUE_MAP, NULL);
    struct value *inner = value_new(region, VALUE_MAP, NULL);
    struct value *list = value_new(region, VALUE_LIST, NULL);
    unsigned which = next(seed) % 9;

    if (which < 6) {
        value_put(region, inner, STR("ARN"), text(region, seed));
        value_put(region, map, str_of(references[which]),
                  which < 3 ? inner : text(region, seed));
    } else if (which == 6) {
        value_put(region, inner, STR("SearchString"), text(region, seed));
        value_put(region, map, STR("ByteMatchStatement"), inner);
    } else {
        for (unsigned i = next(seed) % 4; i && depth; i--)
            value_append(list, statement(region, seed, depth - 1));
        value_put(region, inner, STR("Statements"), list);
        value_put(region, map,
                  which == 7 ? STR("AndStatement") : STR("ByteMatchStatements"),
                  inner);
    }
    return map;
}

static void test_any_tree_comes_back_as_it_was(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        struct region region = {NULL};
        struct error error = {""};
        const struct value *api = statement(&region, &seed, 12);
        const struct value *words = waf_words_from_api(api, &region, &error);
        const struct value *back;

        assert_non_null(words);
        back = waf_words_to_api(words, &region);
        assert_true(diff_equal(back, api));
        assert_true(
            diff_equal(waf_words_from_api(back, &region, &error), words));
        region_end(&region);
    }
}

static void test_what_is_nested_too_deeply_is_refused(void **state)
{
    struct region region = {NULL};
    struct error error = {""};
    struct value *v = value_new(&region, VALUE_MAP, NULL);

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        struct value *outer = value_new(&region, VALUE_LIST, NULL);

        value_append(outer, v);
        v = outer;
    }
    assert_null(waf_words_from_api(v, &region, &error));
    assert_non_null(strstr(error.text, "is nested too deeply"));
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search_strings_are_base64_on_both_sides),
        cmocka_unit_test(test_a_text_of_a_template_becomes_base64),
        cmocka_unit_test(test_only_references_have_another_spelling_of_arn),
        cmocka_unit_test(test_patterns_of_a_set_are_texts),
        cmocka_unit_test(test_what_is_no_base64_is_refused_with_its_path),
        cmocka_unit_test(test_any_tree_comes_back_as_it_was),
        cmocka_unit_test(test_what_is_nested_too_deeply_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
