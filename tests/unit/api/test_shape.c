/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/action.h"
#include "api/query.h"

static bool is_plain(struct str text)
{
    return text.n == 0 || text.p[0] != '-';
}

static const char *const types[] = {"forward", "redirect", NULL};
static const struct member inner[] = {
    {.name = "Type", .kind = MEMBER_WORD, .required = true, .words = types},
    {.name = "Order", .kind = MEMBER_NUMBER, .min = 1, .max = 50000},
};
static const struct shape inner_shape = SHAPE_OF(inner);
static const struct member outer[] = {
    {.name = "Name",
     .kind = MEMBER_TEXT,
     .required = true,
     .min = 1,
     .max = 4,
     .fits = is_plain,
     .pattern = "[^-].*"},
    {.name = "Actions", .kind = MEMBER_STRUCTS, .shape = &inner_shape},
    {.name = "Names", .kind = MEMBER_TEXTS, .max = 3},
    {.name = "Include", .kind = MEMBER_WORDS, .words = types},
    {.name = "Enabled", .kind = MEMBER_BOOL},
    {.name = "Port", .kind = MEMBER_NUMBER, .min = 1, .max = 65535},
    {.name = "State", .kind = MEMBER_STRUCT, .shape = &inner_shape},
    {.name = "SSLPolicy", .kind = MEMBER_TEXT, .max = 2},
    {.name = "Extra", .kind = MEMBER_MAP},
};
static const struct shape shape = SHAPE_OF(outer);

static struct region region;
static struct call call;

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static const struct value *check(const char *form)
{
    struct str text = str_of(form);
    struct error error = {""};
    const struct value *input = query_read(&region, &text, 1, &error);

    assert_non_null(input);
    call = (struct call){.region = &region};
    return shape_check(&shape, input, &call);
}

static const char *message_of(const char *form)
{
    assert_null(check(form));
    assert_string_equal(call.fault.code, "ValidationError");
    assert_int_equal(call.fault.status, 400);
    return call.fault.message.p;
}

static void test_what_fits_comes_through(void **state)
{
    const struct value *v =
        check("Name=web&Actions.member.1.Type=forward&Names.member.1=a&"
              "Enabled=True&Port=80&Extra.entry.1.key=k&Extra.entry.1.value=v");

    (void)state;
    assert_non_null(v);
    assert_true(str_eq(member_text(v, "Name"), STR("web")));
    assert_true(member_true(v, "Enabled"));
    assert_int_equal(member_number(v, "Port", 0), 80);
    assert_int_equal(value_get(v, STR("Port"))->kind, VALUE_NUMBER);
    assert_true(str_eq(member_text(value_get(v, STR("Actions"))->first, "Type"),
                       STR("forward")));
    assert_true(str_eq(member_text(value_get(v, STR("Extra")), "k"), STR("v")));
    assert_null(value_get(v, STR("State")));
}

static void test_unknown_members_are_left_out(void **state)
{
    const struct value *v = check("Name=w&Shoe=9&Actions.member.1.Type=forward"
                                  "&Actions.member.1.Size=9");

    (void)state;
    assert_int_equal(value_count(v), 2);
    assert_int_equal(value_count(value_get(v, STR("Actions"))->first), 1);
}

/* Checklist 5. */
static void test_a_blank_list_is_an_empty_one(void **state)
{
    const struct value *v = check("Name=w&Names=&Actions=&Extra=&Include=");

    (void)state;
    assert_int_equal(value_get(v, STR("Names"))->kind, VALUE_LIST);
    assert_int_equal(value_count(value_get(v, STR("Names"))), 0);
    assert_int_equal(value_get(v, STR("Actions"))->kind, VALUE_LIST);
    assert_int_equal(value_get(v, STR("Extra"))->kind, VALUE_MAP);
}

static void test_what_is_required_must_be_there(void **state)
{
    (void)state;
    assert_string_equal(message_of("Port=1"),
                        "1 validation error detected: Value null at 'name' "
                        "failed to satisfy constraint: Member must not be "
                        "null");
    assert_string_equal(message_of("Name=w&Actions.member.1.Order=1"),
                        "1 validation error detected: Value null at "
                        "'actions.1.member.type' failed to satisfy "
                        "constraint: Member must not be null");
}

static void test_words_are_of_a_set(void **state)
{
    (void)state;
    assert_string_equal(
        message_of("Name=w&Actions.member.1.Type=forward&"
                   "Actions.member.2.Type=fly"),
        "1 validation error detected: Value 'fly' at 'actions.2.member.type' "
        "failed to satisfy constraint: Member must satisfy enum value set: "
        "[forward, redirect]");
    assert_string_equal(
        message_of("Name=w&Include.member.1=redirect&Include.member.2=x"),
        "1 validation error detected: Value '[redirect, x]' at 'include' "
        "failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must satisfy enum value set: [forward, redirect]]");
}

static void test_texts_have_lengths_and_patterns(void **state)
{
    (void)state;
    assert_non_null(strstr(message_of("Name="),
                           "Value '' at 'name' failed to satisfy constraint: "
                           "Member must have length greater than or equal to "
                           "1"));
    assert_non_null(strstr(message_of("Name=abcde"),
                           "Member must have length less than or equal to 4"));
    assert_non_null(check("Name=%C3%A9%C3%A9%C3%A9%C3%A9")); /* characters */
    assert_non_null(strstr(message_of("Name=-a"),
                           "Member must satisfy regular expression pattern: "
                           "[^-].*"));
    assert_non_null(strstr(message_of("Name=w&Names.member.1=abcd"),
                           "Value '[abcd]' at 'names' failed to satisfy "
                           "constraint: Member must satisfy constraint: "
                           "[Member must have length less than or equal to 3"
                           "]"));
    assert_non_null(strstr(message_of("Name=w&SSLPolicy=abc"), "'sSLPolicy'"));
}

static void test_numbers_have_bounds(void **state)
{
    (void)state;
    assert_non_null(strstr(message_of("Name=w&Port=0"),
                           "Value '0' at 'port' failed to satisfy constraint: "
                           "Member must have value greater than or equal to "
                           "1"));
    assert_non_null(strstr(message_of("Name=w&Port=-3"), "greater than"));
    assert_non_null(strstr(message_of("Name=w&Port=65536"),
                           "Member must have value less than or equal to "
                           "65535"));
    assert_non_null(strstr(message_of("Name=w&Port=99999999999999999999"),
                           "must be a number"));
    assert_non_null(strstr(message_of("Name=w&Port=http"), "must be a number"));
    assert_non_null(strstr(message_of("Name=w&Enabled=yes"), "true or false"));
    assert_null(value_get(check("Name=w&Port="), STR("Port")));
}

static void test_several_faults_are_told_at_once(void **state)
{
    (void)state;
    assert_string_equal(message_of("Name=abcde&Port=0"),
                        "2 validation errors detected: Value 'abcde' at 'name' "
                        "failed to satisfy constraint: Member must have length "
                        "less than or equal to 4; Value '0' at 'port' failed "
                        "to satisfy constraint: Member must have value greater "
                        "than or equal to 1");
}

static void test_things_of_another_kind_are_refused(void **state)
{
    static const char *const forms[] = {
        "Name.x=1",           "Name.member.1=1",
        "Name=w&Names=a",     "Name=w&Names.x=a",
        "Name=w&State=a",     "Name=w&State.member.1=a",
        "Name=w&Actions.x=a", "Name=w&Actions.member.1=a",
        "Name=w&Extra=x",     "Name=w&Names.member.1.x=a",
        "Name=w&Extra.k.l=x",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (check(forms[i]))
            fail_msg("%s was taken", forms[i]);
        assert_string_equal(call.fault.code, "ValidationError");
    }
}

static void test_many_faults_and_long_values_make_no_long_message(void **state)
{
    static char form[64 * 1024];
    size_t n = (size_t)snprintf(form, sizeof(form), "Name=");

    (void)state;
    memset(form + n, 'x', 5000);
    n += 5000;
    for (unsigned i = 1; i < 500; i++)
        n += (size_t)snprintf(form + n, sizeof(form) - n,
                              "&Actions.member.%u.Type=x", i);
    assert_null(check(form));
    assert_true(str_starts(call.fault.message,
                           STR("500 validation errors detected: ")));
    assert_true(call.fault.message.n < 8000);
}

static void test_ids_are_new_each_time(void **state)
{
    struct str a, b;

    (void)state;
    call = (struct call){.region = &region};
    random_seed(&call.random);
    a = call_new_id(&call);
    b = call_new_id(&call);
    assert_int_equal(a.n, 16);
    assert_false(str_eq(a, b));
    a = call_new_uuid(&call);
    assert_int_equal(a.n, 36);
    assert_int_equal(a.p[14], '4');
    assert_non_null(strchr("89ab", a.p[19]));
    assert_int_equal(a.p[8], '-');
    assert_int_equal(a.p[23], '-');
    assert_false(str_eq(a, call_new_uuid(&call)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_fits_comes_through),
        cmocka_unit_test(test_unknown_members_are_left_out),
        cmocka_unit_test(test_a_blank_list_is_an_empty_one),
        cmocka_unit_test(test_what_is_required_must_be_there),
        cmocka_unit_test(test_words_are_of_a_set),
        cmocka_unit_test(test_texts_have_lengths_and_patterns),
        cmocka_unit_test(test_numbers_have_bounds),
        cmocka_unit_test(test_several_faults_are_told_at_once),
        cmocka_unit_test(test_things_of_another_kind_are_refused),
        cmocka_unit_test(test_many_faults_and_long_values_make_no_long_message),
        cmocka_unit_test(test_ids_are_new_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
