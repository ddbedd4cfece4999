/* SPDX-License-Identifier: Apache-2.0
 *
 * What shapes of wafv2 have more than those of ELBv2: shapes in themselves,
 * maps of structures, times, lists of numbers, numbers of elements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/action.h"
#include "base/text.h"
#include "model/account_json.h"

static const struct shape shape;
static const struct member members[] = {
    {.name = "Not", .kind = MEMBER_STRUCT, .shape = &shape},
    {.name = "All", .kind = MEMBER_STRUCTS, .shape = &shape, .most = 2},
    {.name = "Bodies", .kind = MEMBER_MAP, .shape = &shape, .least = 1},
    {.name = "When", .kind = MEMBER_TIME},
    {.name = "Numbers",
     .kind = MEMBER_NUMBERS,
     .least = 1,
     .most = 3,
     .max = 4294967295},
    {.name = "Size", .kind = MEMBER_NUMBER, .max = 21474836480},
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

static const struct value *check(struct str json)
{
    struct error error = {""};
    const struct value *input = account_json_read_client(&region, json, &error);

    assert_non_null(input);
    call = (struct call){.region = &region};
    return shape_check(&shape, input, &call);
}

static void refuses(const char *json, const char *says)
{
    assert_null(check(str_of(json)));
    assert_string_equal(call.fault.code, "ValidationError");
    if (!strstr(call.fault.message.p, says))
        fail_msg("%s: %s", json, call.fault.message.p);
}

static struct str nested(unsigned depth)
{
    size_t room = (size_t)depth * 8 + 16;
    struct text t = text_in(region_take(&region, room), room);

    for (unsigned i = 0; i < depth; i++)
        TEXT_LITERAL(&t, "{\"Not\":");
    TEXT_LITERAL(&t, "{}");
    for (unsigned i = 0; i < depth; i++)
        TEXT_LITERAL(&t, "}");
    assert_true(text_ok(&t));
    return text_str(&t);
}

static void test_a_shape_in_itself_has_an_end(void **state)
{
    const struct value *v = check(nested(159));
    unsigned depth = 0;

    (void)state;
    assert_non_null(v);
    for (; value_count(v); v = value_get(v, STR("Not")))
        depth++;
    assert_int_equal(depth, 159);
    assert_null(check(nested(160)));
    assert_non_null(strstr(call.fault.message.p,
                           "Member must not be nested deeper than 160"));
    assert_null(check(nested(250)));
}

static void test_maps_have_structures(void **state)
{
    const struct value *v =
        check(STR("{\"Bodies\": {\"a\": {\"Size\": 1, \"More\": 2}}}"));
    const struct value *a = value_get(value_get(v, STR("Bodies")), STR("a"));

    (void)state;
    assert_int_equal(member_number(a, "Size", 0), 1);
    assert_int_equal(value_count(a), 1);
    refuses("{\"Bodies\": {\"a\": {\"Size\": \"x\"}}}",
            "Value 'x' at 'bodies.a.member.size' failed");
    refuses("{\"Bodies\": {\"a\": 1}}",
            "at 'bodies.a.member' failed to satisfy constraint: Member must "
            "be a structure");
    refuses("{\"Bodies\": {}}", "length greater than or equal to 1");
}

static void test_lists_have_a_length(void **state)
{
    (void)state;
    assert_non_null(check(STR("{\"All\": [{}, {}]}")));
    refuses("{\"All\": [{}, {}, {}]}",
            "at 'all' failed to satisfy constraint: Member must have length "
            "less than or equal to 2");
    refuses("{\"Numbers\": []}", "length greater than or equal to 1");
}

static void test_numbers_are_beyond_32_bits(void **state)
{
    const struct value *v =
        check(STR("{\"Numbers\": [0, 4294967295], \"Size\": 21474836480}"));
    const struct value *first = value_get(v, STR("Numbers"))->first;

    (void)state;
    assert_int_equal(first->kind, VALUE_NUMBER);
    assert_true(str_eq(first->next->text, STR("4294967295")));
    assert_true(str_eq(member_text(v, "Size"), STR("21474836480")));
    refuses("{\"Numbers\": [4294967296]}", "less than or equal to 4294967295");
    refuses("{\"Numbers\": [\"x\"]}", "Member must be a number");
    refuses("{\"Size\": 21474836481}", "less than or equal to 21474836480");
    refuses("{\"Size\": -1}", "greater than or equal to 0");
}

static void test_times_are_seconds(void **state)
{
    static const char *const good[] = {"0", "1790000000", "1790000000.5",
                                       "1.79E9"};
    static const char *const bad[] = {"\"today\"", "-1",      "1e300",
                                      "\"1x\"",    "\"nan\"", "\"inf\""};

    (void)state;
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_non_null(
            check(region_printf(&region, "{\"When\": %s}", good[i])));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuses(region_printf(&region, "{\"When\": %s}", bad[i]).p,
                "Member must be a timestamp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_shape_in_itself_has_an_end, tear_down),
        cmocka_unit_test_teardown(test_maps_have_structures, tear_down),
        cmocka_unit_test_teardown(test_lists_have_a_length, tear_down),
        cmocka_unit_test_teardown(test_numbers_are_beyond_32_bits, tear_down),
        cmocka_unit_test_teardown(test_times_are_seconds, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
