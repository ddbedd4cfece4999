/* SPDX-License-Identifier: Apache-2.0
 *
 * What was found as a change of the account.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/found.h"
#include "calls.h"

#define GROUP(properties, sluice)                                              \
    "Tg: {Type: TG, Properties: {TargetType: ip, Port: 80, Protocol: "         \
    "HTTP" properties "}" sluice "}"
#define FOUND(list) ", Metadata: {Sluice: {Found: [" list "]}}"

struct test {
    struct calls calls;
    struct account *then; /* NULL: nothing changed */
    struct found_done done;
};

static const struct config_group *group(const struct test *t)
{
    return t->calls.config->groups[0];
}

/* "10.0.0.1 10.0.0.2": all at port 80. */
static void find(struct test *t, const char *resources, const char *ids,
                 bool all, unsigned max)
{
    struct found_target targets[16] = {{.port = 0}};
    struct str rest = str_of(ids);
    struct region region = {NULL};
    struct edit edit = {NULL, NULL};
    struct found_wanted wanted = {.targets = targets, .all = all, .max = max};
    unsigned n = 0;

    *t = (struct test){.then = NULL};
    calls_begin(&t->calls, resources);
    while (rest.p && rest.n) {
        targets[n].id = str_cut(&rest, ' ');
        targets[n++].port = 80;
    }
    wanted.n = found_sort(targets, n);
    if (found_edit(&region, &edit, t->calls.account, group(t), &wanted,
                   &t->done))
        t->then = account_edit(t->calls.account, &edit);
    region_end(&region);
}

static void end(struct test *t)
{
    account_release(t->then);
    calls_end(&t->calls);
}

/* "10.0.0.1 ..." of Targets, and "10.0.0.1:80 ..." of Found. */
static void expect(const struct test *t, const char *targets, const char *found)
{
    const struct account_resource *r = account_find(t->then, STR("Tg"));
    const struct value *list = value_get(account_properties(r), STR("Targets"));
    char buffer[1024];
    struct text text = text_in(buffer, sizeof(buffer) - 1);

    for (const struct value *v = list ? list->first : NULL; v; v = v->next)
        text_printf(&text, "%s" STR_FMT, v == list->first ? "" : " ",
                    STR_ARG(member_text(v, "Id")));
    buffer[text_str(&text).n] = '\0';
    assert_string_equal(buffer, targets);
    text = text_in(buffer, sizeof(buffer) - 1);
    list = value_get(account_sluice(r), STR("Found"));
    for (const struct value *v = list ? list->first : NULL; v; v = v->next)
        text_printf(&text, "%s" STR_FMT, v == list->first ? "" : " ",
                    STR_ARG(v->text));
    buffer[text_str(&text).n] = '\0';
    assert_string_equal(buffer, found);
}

static void test_what_is_new_is_registered_once(void **state)
{
    struct test t;

    (void)state;
    find(&t, GROUP("", ""), "10.0.0.2 10.0.0.1 10.0.0.2", true, 1000);
    expect(&t, "10.0.0.1 10.0.0.2", "10.0.0.1:80 10.0.0.2:80");
    assert_int_equal(t.done.added, 2);
    end(&t);
}

static void test_what_is_there_already_changes_nothing(void **state)
{
    struct test t;

    (void)state;
    find(&t, GROUP(", Targets: [{Id: 10.0.0.1}]", FOUND("'10.0.0.1:80'")),
         "10.0.0.1", true, 1000);
    assert_null(t.then);
    end(&t);
}

static void test_only_what_was_found_goes(void **state)
{
    struct test t;

    (void)state;
    find(&t,
         GROUP(", Targets: [{Id: 10.0.0.1}, {Id: 10.0.0.2}, {Id: 10.0.0.3}]",
               FOUND("'10.0.0.1:80', '10.0.0.2:80'")),
         "10.0.0.2", true, 1000);
    expect(&t, "10.0.0.2 10.0.0.3", "10.0.0.2:80");
    assert_int_equal(t.done.removed, 1);
    end(&t);
}

static void test_nothing_goes_while_not_all_is_known(void **state)
{
    struct test t;

    (void)state;
    find(&t, GROUP(", Targets: [{Id: 10.0.0.1}]", FOUND("'10.0.0.1:80'")),
         "10.0.0.2", false, 1000);
    expect(&t, "10.0.0.1 10.0.0.2", "10.0.0.1:80 10.0.0.2:80");
    end(&t);
}

static void test_a_target_of_people_stays_theirs(void **state)
{
    struct test t;

    (void)state;
    find(&t, GROUP(", Targets: [{Id: 10.0.0.1}]", ""), "10.0.0.1", true, 1000);
    assert_null(t.then);
    end(&t);
}

static void test_what_a_call_took_out_stays_out(void **state)
{
    struct test t;

    (void)state;
    find(&t, GROUP("", FOUND("'10.0.0.1:80'")), "10.0.0.1", true, 1000);
    assert_null(t.then);
    end(&t);
    find(&t, GROUP("", FOUND("'10.0.0.1:80'")), "", true, 1000);
    expect(&t, "", ""); /* until it is gone */
    assert_null(
        value_get(account_find(t.then, STR("Tg"))->value, STR("Metadata")));
    end(&t);
}

static void test_more_than_a_group_may_have_is_left_out(void **state)
{
    struct test t;

    (void)state;
    find(&t, GROUP(", Targets: [{Id: 10.0.0.9}]", ""),
         "10.0.0.1 10.0.0.2 10.0.0.3", true, 2);
    expect(&t, "10.0.0.9 10.0.0.1", "10.0.0.1:80");
    assert_int_equal(t.done.left_out, 2);
    end(&t);
}

static void test_what_is_registered_is_listed(void **state)
{
    struct region region = {NULL};
    struct found_target *targets;
    struct test t;

    (void)state;
    find(&t,
         GROUP(", Targets: [{Id: 10.0.0.1}]",
               FOUND("'10.0.0.1:80', '10.0.0.2:80'")),
         "10.0.0.1", false, 1000);
    assert_int_equal(found_list(&region, t.calls.account, group(&t), &targets),
                     1);
    assert_true(str_eq(targets[0].id, STR("10.0.0.1")));
    region_end(&region);
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_new_is_registered_once),
        cmocka_unit_test(test_what_is_there_already_changes_nothing),
        cmocka_unit_test(test_only_what_was_found_goes),
        cmocka_unit_test(test_nothing_goes_while_not_all_is_known),
        cmocka_unit_test(test_a_target_of_people_stays_theirs),
        cmocka_unit_test(test_what_a_call_took_out_stays_out),
        cmocka_unit_test(test_more_than_a_group_may_have_is_left_out),
        cmocka_unit_test(test_what_is_registered_is_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
