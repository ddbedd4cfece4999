/* SPDX-License-Identifier: Apache-2.0
 *
 * Reals, times, and inputs that are refused as CloudWatch does it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/action.h"
#include "api/query.h"
#include "base/text.h"

static const char *const units[] = {"Seconds", "Count", NULL};
static const struct member datum[] = {
    {.name = "Name", .required = true, .min = 1, .max = 8},
    {.name = "Value", .kind = MEMBER_REAL},
    {.name = "Values", .kind = MEMBER_REALS},
    {.name = "Timestamp", .kind = MEMBER_TIME},
    {.name = "Unit", .kind = MEMBER_WORD, .words = units},
};
static const struct shape datum_shape = SHAPE_OF(datum);
static const struct member members[] = {
    {.name = "Namespace", .required = true, .min = 1, .max = 8},
    {.name = "Data", .kind = MEMBER_STRUCTS, .shape = &datum_shape},
};
static const struct shape shape = SHAPE_OF(members);
static const struct action plain = {.name = "Put", .refusal = REFUSE_PARAMETER};
static const struct action strict = {.name = "Get",
                                     .refusal = REFUSE_PARAMETER_VALIDATION};

static struct region region;
static struct call call;

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static const struct value *check(const struct action *action, const char *form)
{
    struct str text = str_of(form);
    struct error error = {""};
    const struct value *input = query_read(&region, &text, 1, &error);

    assert_non_null(input);
    call = (struct call){.region = &region, .action = action};
    return shape_check(&shape, input, &call);
}

static const struct value *first_of(const char *form)
{
    const struct value *input = check(&plain, form);

    assert_non_null(input);
    return value_get(input, STR("Data"))->first;
}

static void test_reals_are_numbers_that_end(void **state)
{
    static const char *const wrong[] = {"NaN", "Infinity", "1e999", "0x10",
                                        "1,5", "one",      "1.5e"};
    const struct value *one =
        first_of("Namespace=a&Data.member.1.Name=n&Data.member.1.Value=-1.5e3&"
                 "Data.member.1.Values.member.1=1&"
                 "Data.member.1.Values.member.2=.5");

    (void)state;
    assert_true(member_real(one, "Value", 0) == -1500);
    assert_true(member_real(one, "Other", 7) == 7);
    assert_true(value_real(value_get(one, STR("Values"))->last) == 0.5);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char form[200];
        struct text t = text_in(form, sizeof(form));

        text_printf(&t, "Namespace=a&Data.1.Name=n&Data.1.Value=%s", wrong[i]);
        form[t.n] = '\0';
        assert_null(check(&plain, form));
        assert_string_equal(call.fault.code, "InvalidParameterValue");
    }
}

static void test_times_become_seconds(void **state)
{
    const struct value *one =
        first_of("Namespace=a&Data.1.Name=n&"
                 "Data.1.Timestamp=2026-01-02T03:04:05.5Z");

    (void)state;
    assert_int_equal(member_time(one, "Timestamp", 0), 1767323045);
    assert_int_equal(member_time(one, "Other", 5), 5);
    one = first_of("Namespace=a&Data.1.Name=n&Data.1.Timestamp=1767323045");
    assert_string_equal(member_text(one, "Timestamp").p, "1767323045");
    assert_null(check(&plain, "Namespace=a&Data.1.Name=n&"
                              "Data.1.Timestamp=yesterday"));
}

static void test_what_is_missing_is_told_a_line_each(void **state)
{
    (void)state;
    assert_null(check(&plain, "Data.1.Name=n&Data.2.Value=1"));
    assert_string_equal(call.fault.code, "MissingParameter");
    assert_string_equal(call.fault.message.p,
                        "The parameter Namespace is required.\n"
                        "The parameter Data.member.2.Name is required.");
    assert_null(check(&strict, "Data.1.Name=n"));
    assert_string_equal(call.fault.code, "ValidationError");
    assert_string_equal(call.fault.message.p,
                        "The parameter Namespace is required.");
    assert_null(check(NULL, "Data.1.Name=n"));
    assert_non_null(strstr(call.fault.message.p,
                           "Value null at 'namespace' failed to satisfy"));
}

static void test_what_is_wrong_names_its_parameter(void **state)
{
    (void)state;
    assert_null(check(&plain, "Namespace=a&Data.1.Name=n&Data.1.Unit=Miles"));
    assert_string_equal(call.fault.code, "InvalidParameterValue");
    assert_string_equal(call.fault.message.p,
                        "The value 'Miles' for parameter Data.member.1.Unit is "
                        "invalid. Member must satisfy enum value set: "
                        "[Seconds, Count]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reals_are_numbers_that_end),
        cmocka_unit_test(test_times_become_seconds),
        cmocka_unit_test(test_what_is_missing_is_told_a_line_each),
        cmocka_unit_test(test_what_is_wrong_names_its_parameter),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
