/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/action.h"
#include "api/cbor.h"
#include "model/account_json.h"

static const char *const words[] = {"a", "b", NULL};
static const struct member inner[] = {{.name = "Text"}};
static const struct shape inner_shape = SHAPE_OF(inner);
static const struct member members[] = {
    {.name = "Text"},
    {.name = "Word", .kind = MEMBER_WORD, .words = words},
    {.name = "Number", .kind = MEMBER_NUMBER},
    {.name = "Real", .kind = MEMBER_REAL},
    {.name = "Time", .kind = MEMBER_TIME},
    {.name = "Bool", .kind = MEMBER_BOOL},
    {.name = "Texts", .kind = MEMBER_TEXTS},
    {.name = "Words", .kind = MEMBER_WORDS, .words = words},
    {.name = "Numbers", .kind = MEMBER_NUMBERS},
    {.name = "Reals", .kind = MEMBER_REALS},
    {.name = "Struct", .kind = MEMBER_STRUCT, .shape = &inner_shape},
    {.name = "Structs", .kind = MEMBER_STRUCTS, .shape = &inner_shape},
    {.name = "Map", .kind = MEMBER_MAP},
    {.name = "Shapes", .kind = MEMBER_MAP, .shape = &inner_shape},
};
static const struct shape shape = SHAPE_OF(members);

static struct region region;
static struct call call;

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static const struct value *check(const struct value *input)
{
    assert_non_null(input);
    call = (struct call){.region = &region, .typed = true};
    return shape_check(&shape, input, &call);
}

static const struct value *from_json(const char *json)
{
    struct error error = {""};

    return account_json_read_client(&region, str_of(json), &error);
}

/* What is said of {MEMBER: VALUE}; "": it fits. */
static const char *said(const char *member, const char *value)
{
    struct str json = region_printf(&region, "{\"%s\": %s}", member, value);

    if (check(from_json(json.p)))
        return "";
    assert_string_equal(call.fault.code, "SerializationException");
    assert_int_equal(call.fault.status, 400);
    return call.fault.message.p;
}

#define NO_LIST "Start of list found where not expected"
#define NO_MAP "Start of structure or map found where not expected."
#define TO_STRING " can not be converted to a String"
#define TO_INTEGER " can not be converted to an Integer"
#define TO_DOUBLE " can not be converted to a Double"
#define TO_BOOLEAN " can not be converted to a Boolean"
#define TO_TIME " can not be converted to milliseconds since epoch"

/* By value: "a", 1, 1.5, true, [], {}. */
enum { VALUES = 6 };
static const char *const values[VALUES] = {"\"a\"", "1",  "1.5",
                                           "true",  "[]", "{}"};

#define OF_TEXT                                                                \
    {                                                                          \
        "", "NUMBER_VALUE" TO_STRING, "NUMBER_VALUE" TO_STRING,                \
            "TRUE_VALUE" TO_STRING, NO_LIST, NO_MAP                            \
    }
#define OF_LIST                                                                \
    {                                                                          \
        "Expected list or null", "Expected list or null",                      \
            "Expected list or null", "Expected list or null", "", NO_MAP       \
    }
#define OF_MAP                                                                 \
    {                                                                          \
        "Expected null", "Expected null", "Expected null", "Expected null",    \
            NO_LIST, ""                                                        \
    }

static const struct {
    const char *member;
    const char *says[VALUES];
} table[] = {
    {"Text", OF_TEXT},
    {"Word", OF_TEXT},
    {"Number",
     {"STRING_VALUE" TO_INTEGER, "", "", "TRUE_VALUE" TO_INTEGER, NO_LIST,
      NO_MAP}},
    {"Real",
     {"STRING_VALUE" TO_DOUBLE, "", "", "TRUE_VALUE" TO_DOUBLE, NO_LIST,
      NO_MAP}},
    {"Time",
     {"STRING_VALUE" TO_TIME, "", "", "TRUE_VALUE" TO_TIME, NO_LIST, NO_MAP}},
    {"Bool",
     {"STRING_VALUE" TO_BOOLEAN, "NUMBER_VALUE" TO_BOOLEAN,
      "NUMBER_VALUE" TO_BOOLEAN, "", NO_LIST, NO_MAP}},
    {"Texts", OF_LIST},
    {"Words", OF_LIST},
    {"Numbers", OF_LIST},
    {"Reals", OF_LIST},
    {"Structs", OF_LIST},
    {"Struct", OF_MAP},
    {"Map", OF_MAP},
    {"Shapes", OF_MAP},
};

static void test_a_value_of_another_kind_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        for (unsigned k = 0; k < VALUES; k++)
            assert_string_equal(said(table[i].member, values[k]),
                                table[i].says[k]);
}

static void test_elements_and_entries_are_looked_at_too(void **state)
{
    static const struct {
        const char *member;
        const char *value;
        const char *says;
    } rows[] = {
        {"Texts", "[\"a\", 1]", "NUMBER_VALUE" TO_STRING},
        {"Texts", "[[\"a\"]]", NO_LIST},
        {"Texts", "[\"a\", null]", ""},
        {"Words", "[\"a\", false]", "FALSE_VALUE" TO_STRING},
        {"Numbers", "[1, \"1\"]", "STRING_VALUE" TO_INTEGER},
        {"Reals", "[1, 1.5, {}]", NO_MAP},
        {"Structs", "[{}, \"a\"]", "Expected null"},
        {"Structs", "[{}, null, {\"Text\": 1}]", "NUMBER_VALUE" TO_STRING},
        {"Struct", "{\"Text\": []}", NO_LIST},
        {"Map", "{\"a\": \"b\", \"c\": 1}", "NUMBER_VALUE" TO_STRING},
        {"Map", "{\"a\": null}", ""},
        {"Shapes", "{\"a\": {}, \"c\": 1}", "Expected null"},
        {"Shapes", "{\"a\": {\"Text\": true}}", "TRUE_VALUE" TO_STRING},
        {"Texts", "\"\"", "Expected list or null"},
        {"Number", "\"\"", "STRING_VALUE" TO_INTEGER},
        {"Number", "null", ""},
        {"Unknown", "1", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(said(rows[i].member, rows[i].value), rows[i].says);
}

static void test_it_comes_before_all_other_faults(void **state)
{
    (void)state;
    assert_null(check(from_json("{\"Word\": \"z\", \"Number\": \"1\"}")));
    assert_string_equal(call.fault.code, "SerializationException");
    assert_string_equal(call.fault.message.p, "STRING_VALUE" TO_INTEGER);
}

static void test_a_fraction_of_an_integer_is_cut_off(void **state)
{
    static const struct {
        const char *json;
        unsigned is;
    } rows[] = {
        {"60", 60}, {"60.0", 60}, {"60.9", 60}, {"6e1", 60}, {"0.5", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str json =
            region_printf(&region, "{\"Number\": %s}", rows[i].json);
        const struct value *v = check(from_json(json.p));

        assert_non_null(v);
        assert_int_equal(member_number(v, "Number", 999), rows[i].is);
    }
}

static const struct value *from_cbor(const char *bytes, size_t n)
{
    struct error error = {""};

    return cbor_read(&region, str_make(bytes, n), &error);
}

#define CBOR(bytes) from_cbor((bytes), sizeof(bytes) - 1)

static void test_cbor_has_times_of_its_own(void **state)
{
    (void)state;
    assert_non_null(check(CBOR("\xa1\x64Time\xc1\x01")));
    assert_non_null(check(CBOR("\xa1\x64Time\x01")));
    assert_non_null(check(CBOR("\xa1\x66Number\xf9\x3e\x00"))); /* 1.5 */
    assert_null(check(CBOR("\xa1\x64Text\xc1\x01")));
    assert_string_equal(call.fault.message.p, "TIMESTAMP_VALUE" TO_STRING);
    assert_null(check(CBOR("\xa1\x66Number\xc1\x01")));
    assert_string_equal(call.fault.message.p, "TIMESTAMP_VALUE" TO_INTEGER);
}

static void test_forms_have_no_kinds(void **state)
{
    const struct value *v;

    (void)state;
    call = (struct call){.region = &region};
    v = shape_check(&shape, from_json("{\"Number\": \"1\", \"Texts\": \"\"}"),
                    &call);
    assert_non_null(v);
    assert_int_equal(member_number(v, "Number", 0), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_value_of_another_kind_is_refused),
        cmocka_unit_test(test_elements_and_entries_are_looked_at_too),
        cmocka_unit_test(test_it_comes_before_all_other_faults),
        cmocka_unit_test(test_a_fraction_of_an_integer_is_cut_off),
        cmocka_unit_test(test_cbor_has_times_of_its_own),
        cmocka_unit_test(test_forms_have_no_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
