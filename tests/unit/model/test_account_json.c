/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/account_json.h"
#include "model/diff.h"
#include "values.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void release_text(struct str text)
{
    free((char *)(uintptr_t)text.p);
}

/* What is read from `text` is written as `text` again. */
static void check_stays(const char *text)
{
    struct region region = {NULL};
    struct error error = {""};
    struct value *v = account_json_read(&region, str_of(text), &error);
    struct str again;

    if (v == NULL)
        fail_msg("%s: %s", text, error.text);
    again = account_json_of_value(v);
    assert_string_equal(again.p, text);
    release_text(again);
    region_end(&region);
}

static void test_a_text_that_was_written_is_written_again(void **state)
{
    static const char *const texts[] = {
        "null",
        "true",
        "\"\"",
        "[]",
        "{}",
        "0",
        "-5",
        "999999999999999",
        "{\"b\":1,\"a\":[2,\"2\",false,null]}",
        "\"\xc3\xa4 \\\" \\u0001 \\u0000 /\"",
        "{\"Sluice::Unknown\":\"Vpc exists only in AWS\"}",
        "{\"Sluice::Number\":\"1.50\"}",
        "{\"Sluice::Number\":\"007\"}",
        "{\"Sluice::Number\":\"1234567890123456\"}",
        "{\"Sluice::Sluice::Unknown\":\"a key\"}",
        "{\"Sluice::Sluice::Sluice::X\":1}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        check_stays(texts[i]);
}

static void test_every_kind_of_value_comes_back_as_it_was(void **state)
{
    static const char text[] =
        "A: {Type: TG, Properties: {Port: 80, Name: '80', On: true, "
        "Vpc: ?Vpc exists only in AWS?, Targets: [{Id: 10.0.0.1}, []]}, "
        "Metadata: {Sluice: {Id: 0123456789abcdef}}}, "
        "B: {Type: LB, Properties: {}}";
    struct region region = {NULL};
    struct error error = {""};
    struct place mark = {NULL, 0, 0};
    const struct value *before = values_parse(&region, text, &mark);
    struct account *account = account_new(before, 7);
    struct str json = account_json_of_resources(account);
    struct account *again = account_json_read_resources(json, 9, &error);

    (void)state;
    assert_non_null(again);
    assert_int_equal(again->revision, 9);
    assert_int_equal(again->n, 2);
    assert_true(str_eq(again->resources[0]->id, STR("A")));
    for (unsigned i = 0; i < 2; i++)
        assert_true(diff_equal(again->resources[i]->value,
                               account->resources[i]->value));
    assert_int_equal(
        value_get(account_properties(again->resources[0]), STR("Vpc"))->kind,
        VALUE_UNKNOWN);
    assert_int_equal(
        value_get(account_properties(again->resources[0]), STR("Name"))->kind,
        VALUE_STRING);
    release_text(json);
    account_release(account);
    account_release(again);
    region_end(&region);
}

static void test_bytes_that_are_no_text_still_make_json(void **state)
{
    struct region region = {NULL};
    struct error error = {""};
    struct value *v = value_string(&region, STR("a\xff\xc3"), NULL);
    struct str json = account_json_of_value(v);

    (void)state;
    assert_string_equal(json.p, "\"a\\u00ff\\u00c3\"");
    assert_non_null(account_json_read(&region, json, &error));
    release_text(json);
    region_end(&region);
}

static void test_of_two_entries_with_one_key_the_first_is_kept(void **state)
{
    struct region region = {NULL};
    struct value *map = value_new(&region, VALUE_MAP, NULL);
    struct str json;

    (void)state;
    value_put(&region, map, STR("K"), value_string(&region, STR("1"), NULL));
    value_put(&region, map, STR("K"), value_string(&region, STR("2"), NULL));
    json = account_json_of_value(map);
    assert_string_equal(json.p, "{\"K\":\"1\"}");
    release_text(json);
    region_end(&region);
}

static void test_a_large_account_fits(void **state)
{
    enum { MANY = 3000 };
    struct region region = {NULL};
    struct value *map = value_new(&region, VALUE_MAP, NULL);
    struct error error = {""};
    struct account *account;
    struct account *again;
    struct str json;

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        struct value *v = value_new(&region, VALUE_MAP, NULL);

        value_put(&region, v, STR("Type"),
                  value_string(&region, STR("A::B::C"), NULL));
        value_put(&region, map, region_printf(&region, "R%u", i), v);
    }
    account = account_new(map, 1);
    json = account_json_of_resources(account);
    assert_non_null(json.p);
    again = account_json_read_resources(json, 1, &error);
    assert_non_null(again);
    assert_int_equal(again->n, MANY);
    release_text(json);
    account_release(account);
    account_release(again);
    region_end(&region);
}

/* ---- texts from anywhere ---------------------------------------------------- */

static void test_what_is_no_account_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *text;
        const char *why; /* in the message */
    } cases[] = {
        {"", "end of file"},
        {"{", "line 1"},
        {"{} {}", "end of file"},
        {"[]", "no resources"},
        {"7", "no resources"},
        {"{\"A\": 1}", "\"A\" is no resource"},
        {"{\"A\": {\"Properties\": {}}}", "\"A\" is no resource"},
        {"{\"A\": {\"Type\": 1}}", "\"A\" is no resource"},
        {"{\"A\": {\"Type\": \"T\", \"Properties\": []}}", "is no resource"},
        {"{\"A\": {\"Type\": \"T\", \"Metadata\": 0}}", "is no resource"},
        {"{\"\": {\"Type\": \"T\"}}", "0 characters"},
        {"{\"A\": {\"Type\": \"T\"}, \"A\": {\"Type\": \"T\"}}", "duplicate"},
        {"{\"A\": {\"Type\": \"T\", \"Properties\": {\"P\": 1.5}}}",
         "fraction"},
        {"{\"A\": {\"Type\": \"T\", \"Properties\": {\"P\": 1e400}}}",
         "overflow"},
        {"{\"A\": {\"Type\": \"T\", \"X\": {\"Sluice::Else\": \"\"}}}",
         "Sluice::Else"},
        {"{\"A\": {\"Type\": \"T\", \"X\": {\"Sluice::Unknown\": 5}}}",
         "Sluice::Unknown"},
        {"{\"A\": \"\xff\"}", "decode byte 0xff"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {""};

        assert_null(
            account_json_read_resources(str_of(cases[i].text), 1, &error));
        if (strstr(error.text, cases[i].why) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text,
                     error.text, cases[i].why);
    }
}

static void check_nested(unsigned depth, bool fits)
{
    struct region region = {NULL};
    struct error error = {""};
    char *text = malloc(2 * (size_t)depth + 1);

    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * (size_t)depth] = '\0';
    assert_int_equal(account_json_read(&region, str_of(text), &error) != NULL,
                     fits);
    assert_int_equal(error.text[0] == '\0', fits);
    free(text);
    region_end(&region);
}

static void test_what_is_nested_too_deep_is_refused(void **state)
{
    (void)state;
    check_nested(200, true);
    check_nested(300, false);
    check_nested(100000, false);
}

/* ---- digests ----------------------------------------------------------------- */

static struct str digest_of(struct region *region, const char *text)
{
    struct place mark = {NULL, 0, 0};
    struct account *account = account_new(values_parse(region, text, &mark), 1);
    struct str digest = account_json_digest(account, region);

    account_release(account);
    return digest;
}

static void test_a_digest_is_of_what_the_resources_say(void **state)
{
    struct region region = {NULL};
    struct str digest = digest_of(&region, "A: {Type: T}");

    (void)state;
    /* printf '{"A":{"Type":"T"}}' | sha256sum */
    assert_string_equal(digest.p, "2c414eebaf71ae3552f227bc9aff7bec"
                                  "e633e3f186973c42b4fc576a26525e71");
    assert_true(str_eq(digest, digest_of(&region, "A:   {Type: 'T'}")));
    assert_false(str_eq(digest, digest_of(&region, "A: {Type: U}")));
    region_end(&region);
}

static void test_what_a_client_sends_means_itself(void **state)
{
    struct region region = {NULL};
    struct error error = {""};
    struct str text = STR("{\"Sluice::Unknown\": \"x\", \"n\": 1.5, "
                          "\"m\": 1e3}");
    const struct value *v = account_json_read_client(&region, text, &error);

    (void)state;
    assert_non_null(v);
    assert_int_equal(v->kind, VALUE_MAP);
    assert_true(str_eq(value_get(v, STR("Sluice::Unknown"))->text, STR("x")));
    assert_true(str_eq(value_get(v, STR("n"))->text, STR("1.5")));
    assert_true(str_eq(value_get(v, STR("m"))->text, STR("1000")));
    assert_int_equal(value_get(v, STR("m"))->kind, VALUE_NUMBER);
    assert_null(account_json_read(&region, STR("1.5"), &error));
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_that_was_written_is_written_again),
        cmocka_unit_test(test_every_kind_of_value_comes_back_as_it_was),
        cmocka_unit_test(test_bytes_that_are_no_text_still_make_json),
        cmocka_unit_test(test_of_two_entries_with_one_key_the_first_is_kept),
        cmocka_unit_test(test_a_large_account_fits),
        cmocka_unit_test(test_what_is_no_account_is_refused_with_its_reason),
        cmocka_unit_test(test_what_is_nested_too_deep_is_refused),
        cmocka_unit_test(test_a_digest_is_of_what_the_resources_say),
        cmocka_unit_test(test_what_a_client_sends_means_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
