/* SPDX-License-Identifier: Apache-2.0
 *
 * --target: what an id stands for here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/local_targets.h"
#include "values.h"

#define I "i-0123456789abcdef0"

static const char groups[] =
    "In: {Type: TG, Properties: {Port: 80, Protocol: HTTP, Targets: [{Id: " I
    "}, {Id: " I ", Port: 81}, {Id: i-01234567}]}}, Ip: {Type: TG, Properties: "
    "{TargetType: ip, Port: 80, Protocol: HTTP, Targets: [{Id: 10.0.0.1}]}}";

/* A config with these --target options, "ID=HOST" each, then NULL. */
static struct config *build(const char *const *options, struct report *report)
{
    struct local_target_id given[8];
    struct local local = {.targets = given};
    struct region region = {NULL};
    struct place mark;
    struct config *config;

    for (; options[local.ntargets]; local.ntargets++) {
        struct str value = str_of(options[local.ntargets]);

        given[local.ntargets].id = str_cut(&value, '=');
        given[local.ntargets].value = value;
    }
    *report = (struct report){.strict = false};
    config = config_build(values_parse(&region, groups, &mark), STR("test"),
                          &local, report);
    region_end(&region);
    return config;
}

static void is_at(const struct config_target *target, const char *text)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    address_put(&t, &target->address);
    assert_int_equal(t.n, strlen(text));
    assert_memory_equal(t.p, text, t.n);
}

static void test_a_host_alone_has_the_ports_of_the_registrations(void **state)
{
    static const char *const options[] = {I "=127.0.0.1", NULL};
    struct report report;
    struct config *config = build(options, &report);
    const struct config_group *group;

    (void)state;
    assert_non_null(config);
    group = config->groups[0];
    assert_int_equal(group->ntargets, 2);
    assert_int_equal(group->nelsewhere, 1);
    is_at(&group->targets[0], "127.0.0.1:80");
    is_at(&group->targets[1], "127.0.0.1:81");
    assert_string_equal(group->targets[1].id.p, I);
    assert_true(group->targets[1].registered);
    config_release(config);
    report_end(&report);
}

static void test_an_address_with_a_port_stands_for_one_registration(void **v)
{
    static const char *const options[] = {
        I "=[::1]:3000", "10.0.0.1=localhost:4000", "i-01234567=:5000", NULL};
    struct report report;
    struct config *config = build(options, &report);

    (void)v;
    assert_non_null(config);
    assert_int_equal(config->groups[0]->ntargets, 2);
    assert_int_equal(config->groups[0]->nelsewhere, 1);
    is_at(&config->groups[0]->targets[0], "[::1]:3000");
    assert_int_equal(config->groups[0]->targets[0].port, 80);
    is_at(&config->groups[0]->targets[1], "127.0.0.1:5000");
    is_at(&config->groups[1]->targets[0], "127.0.0.1:4000");
    assert_string_equal(config->groups[1]->targets[0].id.p, "10.0.0.1");
    config_release(config);
    report_end(&report);
}

static void test_ids_of_no_group_are_for_later(void **state)
{
    static const char *const options[] = {"i-0fedcba9876543210=127.0.0.1",
                                          NULL};
    struct report report;
    struct config *config = build(options, &report);

    (void)state;
    assert_non_null(config);
    assert_int_equal(report.errors + report.warnings, 0);
    config_release(config);
    report_end(&report);
}

static void test_what_is_no_address_is_told(void **state)
{
    static const struct {
        const char *options[3];
        const char *what;
    } wrong[] = {
        {{I "=", NULL},
         "--target " I "=: there is no address, such as 127.0.0.1:3000"},
        {{I "=host:80", NULL},
         "--target " I "=host:80: the host is no IPv4 or [IPv6] address and "
         "not localhost; names are not looked up, so write its address"},
        {{I "=127.0.0.1:0", NULL},
         "--target " I "=127.0.0.1:0: the port is no number from 1 to 65535"},
        {{I "=:1", I "=:2", NULL}, "--target " I " is given twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct report report;

        assert_null(build(wrong[i].options, &report));
        assert_int_equal(report.errors, 1);
        assert_string_equal(report.first->what.p, wrong[i].what);
        report_end(&report);
    }
}

static void test_lists_name_targets_by_id_and_port(void **state)
{
    struct region region = {NULL};
    struct place mark;
    const struct value *list =
        values_parse(&region, "L: [10.0.0.1:80, '::1:81', x, [], ':82']", &mark)
            ->first;

    (void)state;
    assert_true(local_names_target(list, STR("10.0.0.1"), 80));
    assert_true(local_names_target(list, STR("::1"), 81));
    assert_false(local_names_target(list, STR("10.0.0.1"), 81));
    assert_false(local_names_target(list, STR("10.0.0.2"), 80));
    assert_false(local_names_target(list, STR("x"), 0));
    assert_false(local_names_target(NULL, STR("10.0.0.1"), 80));
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_alone_has_the_ports_of_the_registrations),
        cmocka_unit_test(
            test_an_address_with_a_port_stands_for_one_registration),
        cmocka_unit_test(test_ids_of_no_group_are_for_later),
        cmocka_unit_test(test_what_is_no_address_is_told),
        cmocka_unit_test(test_lists_name_targets_by_id_and_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
