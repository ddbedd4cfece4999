/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/network.h"

static struct region region;

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static void test_each_zone_has_a_subnet_of_the_default_vpc(void **state)
{
    struct network_vpc vpc = network_vpc(STR("eu-west-1"));
    struct network_subnet before = {.id = STR("")};

    (void)state;
    assert_int_equal(strlen(vpc.id), strlen("vpc-0123456789abcdef0"));
    for (unsigned i = 0; i < NETWORK_ZONES; i++) {
        struct network_subnet s =
            network_default_subnet(&region, STR("eu-west-1"), i);
        struct network_subnet same;

        assert_string_equal(s.vpc.p, vpc.id);
        assert_int_equal(s.zone.p[s.zone.n - 1], 'a' + (int)i);
        assert_false(str_eq(s.id, before.id));
        assert_true(network_subnet(&region, STR("eu-west-1"), s.id, &same));
        assert_true(str_eq(same.zone, s.zone));
        assert_true(str_eq(same.cidr, s.cidr));
        before = s;
    }
}

static void test_regions_have_their_own_network(void **state)
{
    struct network_vpc a = network_vpc(STR("eu-west-1"));
    struct network_vpc b = network_vpc(STR("us-east-1"));

    (void)state;
    assert_string_not_equal(a.id, b.id);
    assert_string_not_equal(a.security_group, b.security_group);
    assert_string_equal(a.id, network_vpc(STR("eu-west-1")).id);
}

static void test_zones_have_ids_as_aws_writes_them(void **state)
{
    static const struct {
        const char *name;
        const char *id;
    } rows[] = {
        {"us-east-1", "use1-az1"},       {"ap-southeast-2", "apse2-az1"},
        {"us-gov-west-1", "usgw1-az1"},  {"eu-central-1", "euc1-az1"},
        {"ap-northeast-3", "apne3-az1"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct network_subnet s =
            network_default_subnet(&region, str_of(rows[i].name), 0);

        assert_string_equal(s.zone_id.p, rows[i].id);
    }
}

static void test_any_subnet_id_stands_for_one(void **state)
{
    struct network_subnet a, b, c;

    (void)state;
    assert_true(network_subnet(&region, STR("us-east-1"), STR("subnet-a"), &a));
    assert_true(network_subnet(&region, STR("us-east-1"), STR("subnet-b"), &b));
    assert_true(network_subnet(&region, STR("us-east-1"), STR("subnet-c"), &c));
    assert_false(str_eq(a.zone, b.zone));
    assert_false(str_eq(b.zone, c.zone));
    assert_false(str_eq(a.zone, c.zone));
    assert_string_equal(a.id.p, "subnet-a");
}

static void test_what_is_no_id_stands_for_nothing(void **state)
{
    static const char *const ids[] = {
        "",           "subnet",
        "subnet-",    "subnetx",
        "vpc-1",      "subnet a",
        "subnet-a b", "subnet-<a>",
        "Subnet-a",   "subnet-0123456789012345678901234",
    };
    struct network_subnet s;

    (void)state;
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        assert_false(
            network_subnet(&region, STR("us-east-1"), str_of(ids[i]), &s));
    assert_true(network_id_fits("sg", STR("sg-0a1b")));
    assert_false(network_id_fits("sg", STR("subnet-0a1b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_zone_has_a_subnet_of_the_default_vpc),
        cmocka_unit_test(test_regions_have_their_own_network),
        cmocka_unit_test(test_zones_have_ids_as_aws_writes_them),
        cmocka_unit_test(test_any_subnet_id_stands_for_one),
        cmocka_unit_test(test_what_is_no_id_stands_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
